"""A curve's table and picture show a line's ends and evenly between, and say that the rest is in report.json."""

from riskaudit.measure import Exhibit
from riskaudit.writers.svg.columns import spaced
from riskaudit.writers.tables import CURVE, exhibit_table


def line(points: int) -> Exhibit:
    """Two lines of so many points."""
    xs = [i / points for i in range(points)]
    columns = {"series": ["a"] * points + ["b"] * points, "x": xs * 2, "y": xs * 2}
    return Exhibit(
        name="t.curve", kind="curve", title="t", caption="c", axes={"x": "x", "y": "y"}, columns=columns
    )


def test_a_long_curve_lists_its_ends_and_some_between() -> None:
    """500 points a line: twelve of each, ends among them, with a word on the rest."""
    made = exhibit_table(line(500))
    assert len(made.rows) == CURVE
    assert made.rows[CURVE - 1][0].text.startswith(("0.99", "1"))
    assert made.more.startswith("24 of 1,000 points")


def test_a_short_curve_is_listed_whole() -> None:
    """twelve points a line: all, without a word."""
    made = exhibit_table(line(CURVE))
    assert len(made.rows) == CURVE
    assert not made.more


def test_spaced_keeps_both_ends() -> None:
    """The last point of a line is never lost."""
    for count in (2, 20, 21, 119, 1000):
        kept = spaced(count, 20)
        assert kept[0] == 0
        assert kept[-1] == count - 1
        assert len(kept) == min(count, 20)


def test_lines_over_the_same_x_share_their_rows() -> None:
    """Two lines of twelve points over one x: twelve rows, a column for each line, bounds behind their number."""
    exhibit = line(CURVE)
    bounds = {"low": [y - 1 for y in exhibit.columns["y"]], "high": [y + 1 for y in exhibit.columns["y"]]}  # type: ignore[operator]
    made = exhibit_table(exhibit.model_copy(update={"columns": {**exhibit.columns, **bounds}}))
    assert made.head == ["x", "a", "b"]
    assert len(made.rows) == CURVE
    assert made.rows[0][2].small


def test_lines_over_other_xs_are_listed() -> None:
    """Where the x differ, each point has its row."""
    columns = {"series": ["a", "a", "b", "b"], "x": [0, 1, 0, 2], "y": [1, 2, 3, 4]}
    exhibit = Exhibit(name="t.curve", kind="curve", title="t", caption="c", axes={}, columns=columns)
    assert len(exhibit_table(exhibit).rows) == 4
