"""Hypothesis strategies: reports of every shape a plugin could give, judged by the real judge.

Use `reports()`; `measures()`, `exhibits()`, `rules()` and `results()` are its parts.
"""

from __future__ import annotations

from hypothesis import strategies as st
from writers.fakes import HOSTILE, assemble

from riskaudit.measure import Exhibit, Interval, Measure
from riskaudit.report import AuditResult, Report
from riskaudit.rulebook import Rule

AREAS = ("bias", "privacy", "compute", "plugin_x")
NOUNS = ("rate", "rate_ratio", "rate_difference", "auc", "energy", "size")
UNITS = ("fraction", "ratio", "difference", "auc", "kWh", "seconds", "bytes", "share", "percent", "rows", "count", "",
         "kg_co2e", "g CO2e", "kWh per 1,000 predictions", "furlongs")  # fmt: skip

numbers = st.one_of(
    st.floats(-1, 1), st.floats(0, 1), st.floats(-1e9, 1e9), st.sampled_from([0.0, -0.0, 0.5, 0.8, 0.7996, 1e-12, 1.0, 1e9])
)  # fmt: skip
words = st.one_of(
    st.text(max_size=24), st.sampled_from(HOSTILE), st.sampled_from(["female", "male", "black", "age 18-25"])
)
names = st.builds("{}.{}".format, st.sampled_from(AREAS), st.sampled_from(NOUNS))


@st.composite
def wheres(draw: st.DrawFn) -> dict[str, str]:
    """A slice: the whole, a group, a comparison, or anything."""
    kind = draw(st.integers(0, 3))
    if kind == 0:
        return {}
    if kind == 1:
        return {draw(words): draw(words)}
    if kind == 2:
        return {"attribute": draw(words), "group": draw(words), "reference": draw(words)}
    return draw(st.dictionaries(words, words, max_size=3))


@st.composite
def measures(draw: st.DrawFn, name: str | None = None) -> Measure:
    """A measure with an interval around its value, with a value alone, or with neither."""
    kind = draw(st.integers(0, 3))
    value = None if kind == 0 else draw(numbers)
    interval = None
    if kind > 1 and value is not None:
        down, up = (draw(st.one_of(st.floats(0, 0.3), st.floats(0, 1e6))) for _ in range(2))
        interval = Interval(
            low=value - down, high=value + up, level=draw(st.sampled_from([0.9, 0.95, 0.99])), method="wilson"
        )
    return Measure(
        name=name or draw(names), value=value, interval=interval, n=draw(st.integers(0, 10**7)), unit=draw(st.sampled_from(UNITS)),
        where=draw(wheres()), note="because " + draw(words), metered=draw(st.booleans()),
    )  # fmt: skip


_COLUMNS = {
    "bars": ("label", "value", "low", "high", "series"), "dots": ("label", "value", "low", "high", "series"),
    "curve": ("series", "x", "y", "low", "high"), "swarm": ("row", "x", "shade"), "heatmap": ("row", "column", "value"),
    "scatter": ("x", "y", "low", "high", "series", "label", "shade"), "waterfall": ("label", "value"),
    "arrows": ("label", "before", "after", "before_low", "before_high", "after_low", "after_high"),
    "tree": ("node", "parent", "branch", "label", "value", "share"), "table": ("a", "b"),
}  # fmt: skip


@st.composite
def exhibits(draw: st.DrawFn, area: str) -> Exhibit:
    """A picture of any kind with cells of any kind: empty, textual, on logarithmic axes."""
    kind = draw(st.sampled_from(list(_COLUMNS)))
    size = draw(st.integers(0, 12))
    columns = _COLUMNS[kind]
    kept = [c for c in columns if draw(st.integers(0, 5))]
    cells = {
        "label": words, "series": st.sampled_from(["", "one", "two"]), "row": words, "column": words, "a": words,
        "node": st.sampled_from("abcd"), "parent": st.sampled_from([None, *"abcd"]), "branch": words,
    }  # fmt: skip
    figures = st.one_of(st.none(), numbers, st.integers(-5, 5), words) if draw(st.booleans()) else numbers
    axes: dict[str, str | float] = {"x": draw(words), "y": draw(words)}
    if draw(st.booleans()):
        axes |= {"x_scale": "log", "y_scale": "log", "x_mark": 0.01, "mark_label": draw(words)}
    elif draw(st.booleans()):
        axes |= {"x_mark": draw(numbers), "y_mark": draw(numbers), "diagonal": 1}
    if draw(st.booleans()):
        axes |= {"start": draw(numbers), "end": draw(numbers)}
    return Exhibit(
        name=f"{area}.picture", kind=kind, title=draw(words), caption=draw(words), axes=axes, metered=draw(st.booleans()),
        columns={c: draw(st.lists(cells.get(c, figures), min_size=size, max_size=size)) for c in kept},
    )  # fmt: skip


@st.composite
def results(draw: st.DrawFn, area: str) -> AuditResult:
    """What one audit gave: measures, or a reason."""
    status = draw(st.sampled_from(["measured", "measured", "measured", "not_applicable", "failed"]))
    if status != "measured":
        return AuditResult(audit=area, question=draw(words), status=status, reason=draw(words))
    found = draw(st.lists(st.sampled_from(NOUNS).flatmap(lambda n: measures(f"{area}.{n}")), max_size=6))
    pictures = draw(st.lists(exhibits(area), max_size=2))
    return AuditResult(
        audit=area, question=draw(words), status=status, measures=tuple(found), exhibits=tuple(pictures)
    )


@st.composite
def rules(draw: st.DrawFn, at: int) -> Rule:
    """A limit on any measure, in either direction."""
    ideal, step = (
        draw(st.sampled_from([0.0, 0.5, 1.0])),
        draw(st.sampled_from([0.2, -0.2, 0.05, 1 / 3, 1e-3, 50.0])),
    )
    return Rule(
        id=f"rule-{at}", measure=draw(names), ideal=ideal, limit=ideal + step,
        severity=draw(st.sampled_from(["low", "medium", "high", "critical"])),
        when_unsure=draw(st.sampled_from(["pass", "warn", "fail"])),
        finding=draw(st.sampled_from(["", "{group} has {value}, {reference} not", "{value} of {n}"])),
        why="why " + draw(words), remedy="do " + draw(words), reference="see " + draw(words),
    )  # fmt: skip


@st.composite
def reports(draw: st.DrawFn) -> Report:
    """A whole report: its verdicts, scores and gate follow from its measures and rules."""
    areas = draw(st.lists(st.sampled_from(AREAS), unique=True, max_size=4))
    book = [draw(rules(at)) for at in range(draw(st.integers(0, 5)))]
    return assemble(
        [draw(results(a)) for a in areas], book, strict=draw(st.booleans()), name=draw(words) or "m"
    )
