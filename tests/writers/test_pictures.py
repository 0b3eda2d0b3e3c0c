"""Scatters, waterfalls, arrows and trees: what they draw, and that nothing leaves the sheet."""

from __future__ import annotations

import re

import pytest
from writers import pictures

from riskaudit.measure import Exhibit
from riskaudit.writers import svg
from riskaudit.writers.svg import palette
from riskaudit.writers.svg.canvas import WIDTH, measure
from riskaudit.writers.svg.tree import nodes
from riskaudit.writers.svg.waterfall import levels
from riskaudit.writers.tables import exhibit_table


@pytest.mark.parametrize("made", pictures.ALL)
def test_it_stays_on_its_sheet_and_speaks(made: object) -> None:
    """Every kind is drawn with a title, a sentence with a number, and nothing off the sheet."""
    exhibit = made()  # type: ignore[operator]
    drawing = svg.draw(exhibit, "x")
    height = float(re.search(r'height="([\d.]+)"', drawing)[1])  # type: ignore[index]
    for axis, end in (("x", 420.0), ("y", height)):
        assert all(0 <= float(v) <= end for v in re.findall(rf'\b{axis}="([-\d.]+)"', drawing))
    assert f'<title id="x-t">{exhibit.title}</title>' in drawing
    assert re.search(r"\d", svg.describe(exhibit))
    assert svg.describe(exhibit) in drawing.replace("&quot;", '"')


@pytest.mark.parametrize("made", pictures.ALL)
def test_it_lives_without_style(made: object) -> None:
    """Every class has its colour as an attribute too."""
    drawing = svg.draw(made(), "x")  # type: ignore[operator]
    for shape in re.findall(r"<(?:g|path|rect|text|circle)[^>]*>", drawing):
        for letter, colour in re.findall(
            r"\b([fk])-([a-z0-9-]+)", "".join(re.findall(r'class="([^"]*)"', shape))
        ):
            assert f'{"fill" if letter == "f" else "stroke"}="{palette.LIGHT[colour]}"' in shape


def test_a_cloud_counts_people() -> None:
    """Of 3,000 points 1,000 are drawn, and the table counts tenths of them instead of listing any."""
    exhibit = pictures.dependence(3000)
    assert svg.draw(exhibit, "x").count("h0") <= 1000
    assert svg.omitted(exhibit) == "1,000 of 3,000 points drawn."
    made = exhibit_table(exhibit)
    assert [row[1].text for row in made.rows] == ["300"] * 10


def test_named_points_are_listed_and_have_error_bars() -> None:
    """A Pareto front lists each learner, names it in the picture and draws its interval."""
    exhibit = pictures.pareto()
    drawing = svg.draw(exhibit, "x")
    assert len(exhibit_table(exhibit).rows) == 5
    assert all(f">{name}<" in drawing for name in ("logistic", "tree", "forest of 2,000"))
    assert len(re.findall(r"M[\d.]+ [\d.]+V[\d.]+", drawing)) >= 5


def test_a_waterfall_keeps_its_sum() -> None:
    """Beyond twenty the smallest steps become one; start plus steps is still the end."""
    start, steps, end = levels(pictures.decision(45))
    assert len(steps) == 20
    assert steps[-1].label == "26 smaller steps"
    whole = [v for v in pictures.decision(45).columns["value"] if isinstance(v, float)]
    assert steps[-1].end == pytest.approx(start + sum(whole))
    assert end == -0.25


def test_arrows_tell_both_numbers() -> None:
    """Each row says before and after; one without a before has only its after."""
    drawing = svg.draw(pictures.remedies(), "x")
    assert "0.62 \u2192 0.83" in drawing
    assert "n/a \u2192 0.90" in drawing


def test_a_ring_is_no_tree() -> None:
    """A node that is its own ancestor, or whose parent is missing, is left out; nothing hangs."""
    columns = {
        "node": ["a", "b", "c", "d", "a"],
        "parent": [None, "c", "b", "zz", "a"],
        "label": list("ABCDE"),
    }
    exhibit = Exhibit(name="x.y", kind="tree", title="t", caption="c", columns=columns)
    assert [n.label for n in nodes(exhibit)] == ["A", "E"]
    assert svg.draw(exhibit, "x")


def test_a_deep_tree_stays_on_its_sheet() -> None:
    """Two hundred levels: the first sixty are drawn, indented no further than there is room."""
    ids = [str(i) for i in range(200)]
    columns = {"node": ids, "parent": [None, *ids[:-1]], "branch": ids, "label": ids, "value": [0.5] * 200}
    exhibit = Exhibit(name="x.y", kind="tree", title="t", caption="c", columns=columns)
    assert svg.omitted(exhibit) == "60 of 200 nodes drawn; the table has all."
    assert all(float(x) <= 420 for x in re.findall(r'\bx="([-\d.]+)"', svg.draw(exhibit, "x")))


def test_the_last_tick_stays_on_the_sheet() -> None:
    """A long label at the end of an axis is moved inwards, not cut by the sheet's edge."""
    columns: dict[str, list[str | int | float | None]] = {
        "x": [100.0, 1_000.0, 10_000.0],
        "y": [1.0, 2.0, 3.0],
    }
    exhibit = Exhibit(
        name="compute.scaling", kind="curve", title="How time grows", caption="Time.",
        axes={"x": "rows", "y": "milliseconds", "x_scale": "log"}, columns=columns,
    )  # fmt: skip
    for x, label in re.findall(r'x="([\d.]+)"[^>]*>([\d,]+)<', svg.draw(exhibit, "x")):
        assert float(x) + measure(label) / 2 <= WIDTH or label.startswith("milli")


def test_a_row_with_one_series_stands_beside_its_name() -> None:
    """Where each row is of another series none leaves an empty lane: dot and name are on one height."""
    exhibit = Exhibit(
        name="compute.latency", kind="dots", title="How long a call takes", caption="Calls.",
        axes={"x": "milliseconds"},
        columns={"label": ["1 row", "32 rows"], "value": [2.0, 5.0], "series": ["p50", "p95"]},
    )  # fmt: skip
    drawing = svg.draw(exhibit, "x")
    names = [float(y) for y in re.findall(r'y="([\d.]+)"[^>]*>(?:1 row|32 rows)<', drawing)]
    values = [float(y) for y in re.findall(r'y="([\d.]+)"[^>]*>(?:2|5)(?:\.0+)?<', drawing)]
    assert len(names) == 2
    assert all(name in values for name in names)
