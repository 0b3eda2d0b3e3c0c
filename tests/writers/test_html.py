"""The page: policy, anchors, landmarks, colours, pictures."""

from __future__ import annotations

import base64
import re
from hashlib import sha256
from itertools import combinations, pairwise

import pytest
from writers import fakes
from writers.eyes import EYES, apart
from writers.test_formats import Page, harmless

from riskaudit.measure import Exhibit
from riskaudit.writers import svg, write
from riskaudit.writers.html import anchor
from riskaudit.writers.reading import Reading
from riskaudit.writers.svg import palette
from riskaudit.writers.svg.shades import NO_SHADE, SHADES
from riskaudit.writers.tables import exhibit_table

THEMES = [pytest.param(palette.LIGHT, id="light"), pytest.param(palette.DARK, id="dark")]


def test_the_policy_lets_in_exactly_the_style() -> None:
    """The policy's hash is that of the page's only style block."""
    text = write(fakes.demo(), "html")
    (style,) = re.findall(r"<style>(.*?)</style>", text, re.DOTALL)
    told = base64.b64encode(sha256(style.encode()).digest()).decode()
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', text)[1]  # type: ignore[index]
    assert policy == (
        f"default-src 'none'; style-src 'sha256-{told}'; img-src data:; base-uri 'none'; form-action 'none'"
    )


@pytest.mark.parametrize("name", list(fakes.ALL))
def test_the_page_is_built_for_everyone(name: str) -> None:
    """One h1, one main, a language, a skip link, scoped heads, headings without gaps, pictures with words."""
    page = harmless(write(fakes.ALL[name](), "html"))
    tags = [tag for tag, _ in page.tags]
    assert tags.count("h1") == tags.count("main") == 1
    assert next(a for t, a in page.tags if t == "html")["lang"] == "en"
    assert next(a for t, a in page.tags if t == "a")["href"] == "#main"
    assert all(a.get("scope") in ("col", "row") for t, a in page.tags if t == "th")
    levels = [int(t[1]) for t in tags if re.fullmatch("h[1-6]", t)]
    assert all(b - a <= 1 for a, b in pairwise(levels))
    for tag, attributes in page.tags:
        if tag == "svg":
            assert attributes.get("aria-hidden") == "true" or attributes.get("aria-labelledby")
            assert {"width", "height"} <= attributes.keys()


def test_the_first_screen_answers() -> None:
    """Before the contents: verdict, exit code, counts, a score for each area, three findings."""
    first = write(fakes.demo(), "html").split('<nav class="toc"')[0]
    shown = " ".join("".join(Page(first[first.index("<body>") :] + "</main></div></body>").texts).split())
    for text in (
        "FAIL",
        "exit 1 (fail)",
        "4 failed",
        "2 unsure",
        "0 not assessed",
        "0 waived",
        "of 100, range",
        "The three worst",
    ):
        assert text in shown


def test_anchors_stay_between_runs() -> None:
    """A finding's anchor is its rule and slice: it holds while the numbers move."""
    anchors = [f.verdict.key for f in Reading(fakes.demo()).findings]
    text = write(fakes.demo(), "html")
    assert 'id="selection-rate-ratio-attribute-sex-group-female"' in text
    assert len(anchors) == text.count('<article class="finding"')


def test_anchor_of_a_strange_key() -> None:
    """A key that cannot stand in a link is shortened with a hash of the whole; equal keys get numbers."""
    taken: set[str] = set()
    made = [anchor(key, taken) for key in ("rule-a", "rule-a", "rule <b>", "rule {b}", "x" * 300)]
    assert made[:2] == ["rule-a", "rule-a-2"]
    assert len(set(made)) == 5
    assert all(re.fullmatch(r"[A-Za-z0-9_.-]{1,90}", a) for a in made)


@pytest.mark.parametrize("theme", THEMES)
def test_contrast(theme: dict[str, str]) -> None:
    """Text has 4.5:1 on every ground it stands on, signs and series have 3:1."""
    for ground in ("ground", "panel"):
        for name in palette.TEXT:
            assert palette.contrast(theme[name], theme[ground]) >= 4.5, (name, ground)
    for name in (*(f"s{i}" for i in range(palette.SERIES)), "edge", *SHADES, NO_SHADE):
        assert palette.contrast(theme[name], theme["ground"]) >= 3, name
    for name in ("fail", "unsure", "ink"):
        assert palette.contrast(theme[name], theme["zone"]) >= 3, name
    for hue in "hw":
        for at in range(palette.STEPS):
            ink = theme["on-deep" if at >= palette.STEPS // 2 else "on-pale"]
            assert palette.contrast(ink, theme[f"{hue}{at}"]) >= 4.5, (hue, at)


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("eyes", EYES)
def test_series_are_told_apart_by_every_eye(theme: dict[str, str], eyes: str) -> None:
    """Any two series differ clearly with or without each kind of cone; so do low and high, failed and passed."""
    pairs = [*combinations([f"s{i}" for i in range(palette.SERIES)], 2), ("b0", "b4"), ("fail", "pass")]
    for one, other in pairs:
        assert apart(theme[one], theme[other], eyes) >= (12 if one == "fail" else 16), (one, other)


def test_both_themes_have_every_colour() -> None:
    """Light and dark know the same names."""
    assert palette.LIGHT.keys() == palette.DARK.keys()


def test_pictures_live_without_style() -> None:
    """Every class of a picture has its colour as an attribute too."""
    for exhibit in (
        *fakes.bias_result().exhibits,
        *fakes.explainability_result().exhibits,
        fakes.roc_exhibit(),
    ):
        for shape in re.findall(r"<(?:g|path|rect|text|circle)[^>]*>", svg.draw(exhibit, "x")):
            for letter, colour in re.findall(r"\b([fk])-([a-z0-9-]+)", re.search(r'class="([^"]*)"', shape)[1] if "class=" in shape else ""):  # fmt: skip
                assert f'{"fill" if letter == "f" else "stroke"}="{palette.LIGHT[colour]}"' in shape


def test_a_swarm_draws_two_thousand_at_most() -> None:
    """However many people there are, 2,000 points are drawn, and the caption says so."""
    exhibit = fakes.swarm_exhibit(2000)
    drawing = svg.draw(exhibit, "x")
    assert drawing.count("h0") <= 2000
    assert svg.omitted(exhibit) == "2,000 of 16,000 points drawn."
    assert drawing.count("<path") < 120


@pytest.mark.parametrize("groups", [1, 2, 40, 400])
def test_height_grows_with_the_groups(groups: int) -> None:
    """Each group has its own row, up to 60; no text or shape leaves the sheet."""
    data = {f"group {i}": (100, 0.2 + (i % 7) / 20) for i in range(groups)}
    drawing = svg.draw(fakes.rate_exhibit("race", data), "x")
    height = float(re.search(r'height="([\d.]+)"', drawing)[1])  # type: ignore[index]
    assert height >= 24 * min(groups, 60)
    assert all(0 <= float(y) <= height for y in re.findall(r'\by="([-\d.]+)"', drawing))
    assert all(0 <= float(x) <= 420 for x in re.findall(r'\bx="([-\d.]+)"', drawing))


def test_long_labels_are_cut_and_kept() -> None:
    """A long name takes two lines; a longer one is cut in the picture, whole in its title and in the table."""
    drawing = svg.draw(fakes.importance_exhibit(), "x")
    assert ">debt to income ratio,<" in drawing
    assert ">monthly, as declared<" in drawing
    name = "debt to income ratio, monthly, as declared by the applicant on the form of 2019"
    longer = {"label": [name], "value": [0.5]}
    exhibit = fakes.importance_exhibit().model_copy(update={"columns": longer})
    assert f"<title>{name}</title>" in svg.draw(exhibit, "x")
    assert exhibit_table(exhibit).rows[0][0].text == name


def test_a_broken_exhibit_is_a_table() -> None:
    """A picture without its columns, or without one number, is shown as a table only."""
    broken = Exhibit(name="x.y", kind="bars", title="t", caption="c", columns={"value": [1]})
    empty = Exhibit(name="x.y", kind="curve", title="t", caption="c", columns={"x": [None], "y": ["a"]})
    assert svg.draw(broken, "x") == svg.draw(empty, "x") == ""


def test_people_are_not_listed() -> None:
    """The table under a swarm counts people by feature and lists none."""
    text = write(fakes.demo(), "html")
    assert "median" in text
    assert text.count("<tr>") < 250
