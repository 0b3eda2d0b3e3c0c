"""Numbers and strings as writers put them."""

from __future__ import annotations

import re

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from writers.fakes import HOSTILE, rule
from writers.strategies import UNITS, measures, numbers

from riskaudit import judge
from riskaudit.measure import Interval, Measure
from riskaudit.writers import words


def interval(low: float, high: float) -> Interval:
    return Interval(low=low, high=high, method="wilson")


PREFIXES = {"M": 1e6, "k": 1e3, "m": 1e-3, "µ": 1e-6, "G": 1e9, "T": 1e12, "": 1.0}


def read(text: str) -> float:
    """The number a reader takes from a text, its prefix heeded."""
    digits, rest = re.match(r"([−+]?[\d,.]+(?:e[-−+]?\d+)?)(.*)", text, re.DOTALL).groups()  # type: ignore[union-attr]
    prefix = re.match(r" ([TGMkmµ]?)(?:Wh|g|s|B)\b", rest)
    factor = 1e6 if re.match(r" t\b", rest) else PREFIXES[prefix[1]] if prefix else 1.0
    return float(digits.replace(",", "").replace("−", "-")) * factor


@pytest.mark.parametrize(
    ("value", "unit", "bounds", "limit", "told"),
    [
        (0.6213, "ratio", (0.571, 0.668), 0.8, "0.62, 95% interval 0.57–0.67"),
        (0.7996, "ratio", None, 0.8, "0.7996"),
        (0.7999999999999999, "ratio", None, 0.8, "0.80"),
        (0.7, "ratio", (0.6, 0.7996), 0.8, "0.7000, 95% interval 0.6000–0.7996"),
        (0.19, "share", (0.172, 0.21), None, "19%, 95% interval 17–21%"),
        (-0.05, "difference", (-0.08, 0.02), None, "−0.05, 95% interval −0.08 to 0.02"),
        (0.00123, "fraction", (0.001, 0.0015), None, "0.0012, 95% interval 0.0010–0.0015"),
        (0.0123, "kWh", None, None, "12.3 Wh"),
        (1.2e-8, "kWh per 1,000 predictions", None, None, "12 µWh per 1,000 predictions"),
        (0.00034, "kg_co2e", None, None, "340 mg CO2e"),
        (1234567.0, "bytes", None, 5e7, "1.23 MB"),
        (12345.0, "parameters", None, None, "12,345 parameters"),
        (-0.0, "difference", None, None, "0.00"),
        (None, "ratio", None, 0.8, "not assessed"),
    ],
)
def test_number(value: float, unit: str, bounds: tuple[float, float] | None, limit: float, told: str) -> None:
    """A number has the digits its interval supports, more where its limit is near, and a sensible prefix."""
    assert (
        words.shown(value, unit=unit, interval=interval(*bounds) if bounds else None, limit=limit).both
        == told
    )


@given(
    measures(),
    st.sampled_from(UNITS),
    st.sampled_from([0.0, 0.5, 1.0]),
    st.sampled_from([0.2, -0.2, 1 / 3, 1e-3, 50.0]),
)
def test_rounding_never_contradicts_a_verdict(found: Measure, unit: str, ideal: float, step: float) -> None:
    """Value and interval are shown on the side of the limit on which the judge sees them."""
    limit = rule("r", found.name, ideal, ideal + step, "low")
    verdict = judge.verdict(limit, found)
    if found.value is None:
        return
    shown = words.shown(found.value, unit=unit, interval=found.interval, limit=limit.limit)
    line, sign = read(shown.limit), limit.sign

    def beyond(text: str) -> bool:
        return (read(text) - line) * sign > 1e-15 * abs(line)

    assert beyond(shown.value) == judge._beyond(limit, found.value)
    if found.interval:
        low, high = re.split(r"(?<=\d)–|(?<=\d) to ", shown.interval)
        low += re.sub(r"^[−+]?[\d,.]+(e[-−+]?\d+)?", "", high)  # the unit stands once
        assert beyond(low) == judge._beyond(limit, found.interval.low)
        assert beyond(high) == judge._beyond(limit, found.interval.high)
        assert verdict.sure == (beyond(low) == beyond(high))


@given(numbers, st.sampled_from([0.2, -0.2, 1 / 3, 50.0]))
def test_a_shown_score_never_contradicts_its_verdict(value: float, step: float) -> None:
    """A failing value's score is shown under 50, a holding one's at 50 or above; 100 only at the ideal."""
    limit = rule("r", "bias.x", 0.0, step, "low")
    exact = judge.score(limit, value)
    assume(all(not 0 < abs(exact - mark) < 1e-8 for mark in (0, 50, 100)))  # the tolerance's own edge
    shown = float(words.score(exact))
    assert (shown < 50) == (exact < 50 - judge.TOLERANCE)
    assert (shown == 100) == (exact >= 100 - judge.TOLERANCE)
    assert (shown == 0) == (exact <= judge.TOLERANCE)


def test_an_unknown_score_is_unknown() -> None:
    """No score is never 0."""
    assert words.score(None) == "unknown"
    assert words.score_range(None, 3) == ""


@given(st.one_of(st.text(), st.sampled_from(HOSTILE)))
def test_escape_terminal_leaves_nothing_to_obey(text: str) -> None:
    """No control character, no escape code, no line break, no mark that turns the direction."""
    made = words.escape_terminal(text)
    assert not re.search("[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\u200e\u200f\u061c]", made)
    assert words.escape_terminal(made) == made


@given(st.one_of(st.text(), st.sampled_from(HOSTILE)))
def test_escape_markdown_is_text_to_a_parser(text: str) -> None:
    """A Markdown parser finds the string itself in it, as one run of text."""
    from markdown_it import MarkdownIt

    tokens = (
        MarkdownIt("commonmark", {"html": True}).enable("table").parse("x " + words.escape_markdown(text))
    )
    (inline,) = [t for t in tokens if t.type == "inline"]
    assert {child.type for child in inline.children or ()} <= {"text", "text_special"}
    assert inline.children is not None
    said = "".join(child.content for child in inline.children).replace("\u2060", "")
    assert said == ("x " + words.escape_terminal(text)).strip()


@given(st.text(alphabet="ab`|\\ ", max_size=12))
def test_code_markdown_holds_its_text(text: str) -> None:
    """A code span holds its text whatever backticks are in it."""
    from markdown_it import MarkdownIt

    tokens = MarkdownIt("commonmark").parse("x " + words.code_markdown(text))
    (inline,) = [t for t in tokens if t.type == "inline"]
    codes = [child.content for child in inline.children or () if child.type == "code_inline"]
    assert codes == [words.escape_terminal(text)] or not words.escape_terminal(text)


@given(st.text(max_size=40), st.integers(4, 20))
def test_shorten_fits(text: str, width: int) -> None:
    """A shortened text takes no more columns than it may."""
    assert words.cells(words.shorten(text, width)) <= width
