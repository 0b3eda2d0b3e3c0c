"""Pictures: rates by group as dots with intervals, selection by intersection as a heat map."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from riskaudit.datasets.dataset import label_of
from riskaudit.measure import Cell, Exhibit, Measure

DRAWN = 4  # groups at both ends of an attribute that are drawn, where there are more
WIDE = 16  # groups of an attribute that are all drawn
ERRORS = {"bias.true_positive_rate": "true positive rate", "bias.false_positive_rate": "false positive rate"}


def dots(measures: Sequence[Measure], attribute: str, number: int, *, positive: str) -> Iterator[Exhibit]:
    """Selection rates of an attribute's groups, then their true and false positive rates."""
    selection = extremes([m for m in measures if m.name == "bias.selection_rate"])
    drawn = {label_of(m.where) for m in selection}
    errors = [m for m in measures if m.name in ERRORS and label_of(m.where) in drawn]
    yield Exhibit(
        name=f"bias.selection-{number}",
        kind="dots",
        title=f"Selection rate by {attribute}",
        caption=_finding(selection, attribute, "the rate of favourable predictions"),
        axes={"x": "share predicted a favourable outcome", "y": attribute},
        columns=_columns(selection, {"bias.selection_rate": "selection rate"}),
    )
    if len(selection) < len([m for m in measures if m.name == "bias.selection_rate"]):
        return  # of very many groups one picture is enough; the rates stand in the table of measures
    of_true = [m for m in errors if m.name == "bias.true_positive_rate"]
    yield Exhibit(
        name=f"bias.errors-{number}",
        kind="dots",
        title=f"True and false positive rate by {attribute}",
        caption=f"{_finding(of_true, attribute, 'the true positive rate')} ({positive})",
        axes={"x": "rate", "y": attribute},
        columns=_columns(errors, ERRORS),
    )


def extremes(measures: Sequence[Measure]) -> list[Measure]:
    """All groups where they are few; else the lowest and the highest: the rest stands in the table of measures."""
    if len(measures) <= WIDE:
        return list(measures)
    order = sorted((m.value, at) for at, m in enumerate(measures) if m.value is not None)
    kept = {at for _, at in (*order[: DRAWN // 2], *order[len(order) - DRAWN // 2 :])}
    return [m for at, m in enumerate(measures) if at in kept]


def cell_dots(measures: Sequence[Measure], attribute: str, number: int) -> Exhibit:
    """The selection rates of a crossing with too many cells for a heat map."""
    cells = extremes([m for m in measures if m.name == "bias.selection_rate"])
    return Exhibit(
        name=f"bias.intersection-{number}",
        kind="dots",
        title=f"Selection rate by {attribute}, lowest and highest",
        caption=_finding(cells, attribute, "the rate of favourable predictions"),
        axes={"x": "share predicted a favourable outcome", "y": attribute},
        columns=_columns(cells, {"bias.selection_rate": "selection rate"}),
    )


def numbers(
    name: str,
    measures: Sequence[Measure],
    *,
    title: str,
    caption: str,
    axes: dict[str, str | float],
    series: dict[str, str],
) -> Exhibit:
    """Any groups' numbers as dots with whiskers."""
    return Exhibit(
        name=name, kind="dots", title=title, caption=caption, axes=axes, columns=_columns(measures, series)
    )


def error_dots(measures: Sequence[Measure], attribute: str, number: int) -> Exhibit:
    """A regression's mean error by group."""
    chosen = [m for m in measures if m.name == "bias.mean_error"]
    return Exhibit(
        name=f"bias.mean-error-{number}",
        kind="dots",
        title=f"Mean error by {attribute}",
        caption=_finding(chosen, attribute, "the mean error", shares=False),
        axes={"x": "prediction minus outcome, in target units", "y": attribute, "x_mark": 0.0},
        columns=_columns(chosen, {"bias.mean_error": "mean error"}),
    )


def heatmap(measures: Sequence[Measure], by: tuple[str, str], number: int) -> Exhibit:
    """The selection rate of each intersection cell; cells that are not assessed are empty."""
    cells = [m for m in measures if m.name == "bias.selection_rate"]
    assessed = [m for m in cells if m.value is not None]
    attribute = " x ".join(by)
    told = _finding(cells, attribute, "the rate of favourable predictions")
    empty = len(cells) - len(assessed)
    left = f" {empty} cell{'s' if empty != 1 else ''} too small to assess." if empty else ""
    return Exhibit(
        name=f"bias.intersection-{number}",
        kind="heatmap",
        title=f"Selection rate by {attribute}",
        caption=told + left,
        axes={"x": by[1], "y": by[0]},
        columns={
            "row": [m.where[by[0]] for m in cells],
            "column": [m.where[by[1]] for m in cells],
            "value": [m.value for m in cells],
        },
    )


def _columns(measures: Sequence[Measure], series: dict[str, str]) -> dict[str, list[Cell]]:
    """Dots as columns; groups without a value are left out."""
    shown = [m for m in measures if m.value is not None and m.interval is not None]
    return {
        "label": [label_of(m.where) for m in shown],
        "value": [m.value for m in shown],
        "low": [m.interval.low if m.interval else None for m in shown],
        "high": [m.interval.high if m.interval else None for m in shown],
        "series": [series[m.name] for m in shown],
        "n": [m.n for m in shown],
    }


def _finding(measures: Sequence[Measure], attribute: str, what: str, *, shares: bool = True) -> str:
    """The picture's finding in a sentence."""
    known = sorted((m.value, label_of(m.where), m.n) for m in measures if m.value is not None)
    if len(known) < 2:
        return f"Fewer than two groups of {attribute} can be assessed."
    (low, lowest, few), (high, highest, many) = known[0], known[-1]
    form = ".1%" if shares else ".4g"
    if high - low <= 1e-12:
        return f"Among {attribute}, {what} is {low:{form}} in every assessed group."
    return f"Among {attribute}, {what} is lowest for {lowest} ({low:{form}}, n = {few:,}) and highest for {highest} ({high:{form}}, n = {many:,})."
