"""Headlines: the largest disparity of each rate among the groups of an attribute, with its interval."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from riskaudit.audits.bias.cells import GroupRate
from riskaudit.audits.bias.coverage import MOST_NAMED
from riskaudit.datasets.dataset import label_of
from riskaudit.measure import Measure
from riskaudit.statistics import (
    Comparison,
    Undefined,
    bonferroni,
    equivalence,
    head_count_to_ratio,
    largest_difference_from,
    largest_difference_of,
    smallest_ratio,
    smallest_ratio_to,
    smallest_visible_gap,
)
from riskaudit.statistics.power import DELTA

Families = Mapping[str, Sequence[GroupRate]]
FOUR_FIFTHS = 0.8


def difference(
    name: str, families: Families, *, attribute: str, note: str, reference: str = ""
) -> Iterator[Measure]:
    """The widest gap over all pairs of groups (and over families of rates), or why there is none.

    With a reference, each group is compared with that one alone.
    """
    assessed = {family: _assessed(groups) for family, groups in families.items()}
    rows = sum(one.rows for groups in families.values() for one in groups if one.value is not None)
    tables = {f: {key: (g.hits, g.n) for key, g in groups.items()} for f, groups in assessed.items()}
    try:
        gap = _against(tables, assessed, reference) if reference else largest_difference_of(tables)
    except Undefined:
        yield _not_compared(name, families, attribute)
        return
    named = f"the widest gap is in the {gap.family}" if gap.family else ""
    told = _join(named, sight(tables, gap), note)
    yield _compared(name, gap, assessed[gap.family], attribute, unit="difference", n=rows, note=told)


def _against(
    tables: Mapping[str, Mapping[str, tuple[float, float]]],
    assessed: Mapping[str, Mapping[str, GroupRate]],
    reference: str,
) -> Comparison:
    """The widest gap to the chosen group over all families, which share the level between them."""
    level = bonferroni(0.95, len(tables))
    found = []
    for family, groups in tables.items():
        key = next((k for k, g in assessed[family].items() if label_of(g.where) == reference), "")
        found.append(replace(largest_difference_from(groups, key, level=level), family=family))
    best = max(found, key=lambda gap: gap.value)
    low, high = (max(getattr(g.interval, end) for g in found) for end in ("low", "high"))
    interval = best.interval.model_copy(update={"low": low, "high": high, "level": 0.95})
    return replace(best, interval=interval)


def sight(tables: Mapping[str, Mapping[str, tuple[float, float]]], gap: Comparison) -> str:
    """What the interval says of a gap: shown, shown to be small, or neither; and what these rows could see."""
    bound = max(equivalence(groups).bound for groups in tables.values())
    if gap.interval.low > 0:
        small = f"a gap is shown, and shown within {DELTA:g} (two one-sided tests: at most {bound:.3f})"
        return small if bound <= DELTA else ""
    visible = max(smallest_visible_gap(groups) for groups in tables.values())
    seen = f"these rows could have seen a gap of {visible:.3f} or more (80 % power)"
    if bound <= DELTA:
        return f"no gap shown, and shown within {DELTA:g} (two one-sided tests: at most {bound:.3f}); {seen}"
    return (
        f"no gap shown, which is not the same as none: equality within {DELTA:g} is not shown either; {seen}"
    )


def ratio(
    name: str, groups: Sequence[GroupRate], *, attribute: str, note: str, reference: str = ""
) -> Iterator[Measure]:
    """The lowest selection rate over the highest (or over the chosen group's), with the head count behind it."""
    assessed = _assessed(groups)
    counts = {key: (g.hits, g.n) for key, g in assessed.items()}
    rows = sum(g.rows for g in assessed.values())
    if len(counts) < 2:
        yield _not_compared(name, {"": groups}, attribute)
        return
    try:
        key = next((k for k, g in assessed.items() if label_of(g.where) == reference), "")
        least = smallest_ratio_to(counts, key) if reference else smallest_ratio(counts)
    except Undefined as why:
        nobody = f"nobody among {rows:,} rows is selected, so the ratio of rates is 0/0; needs selections"
        yield Measure(
            name=name,
            value=None,
            n=rows,
            unit="ratio",
            where={"attribute": attribute},
            note=_join(str(why) if reference else nobody, note),
        )
        return
    yield _compared(
        name, least, assessed, attribute, unit="ratio", n=rows, note=_join(_heads(assessed, least), note)
    )


def left_out(name: str, families: Families, *, attribute: str, unit: str) -> Iterator[Measure]:
    """The headline as not assessed for each group that is too small, so that no rule passes it silently."""
    reasons: dict[str, str] = {}
    for family, groups in families.items():
        for one in groups:
            if one.value is None and label_of(one.where) not in reasons:
                reasons[label_of(one.where)] = _join(
                    f"{family} is not assessed" if family else "", one.reason
                )
    for label, reason in reasons.items():
        size = max(g.rows for groups in families.values() for g in groups if label_of(g.where) == label)
        where = {"attribute": attribute, "group": label}
        yield Measure(name=name, value=None, n=size, unit=unit, where=where, note=reason)


def _assessed(groups: Sequence[GroupRate]) -> dict[str, GroupRate]:
    """Groups with a value, keyed by position: two slices may read alike, and keys sort as names do."""
    return {f"{at:06d}": one for at, one in enumerate(groups) if one.value is not None}


def _compared(
    name: str,
    gap: Comparison,
    groups: Mapping[str, GroupRate],
    attribute: str,
    *,
    unit: str,
    n: int,
    note: str,
) -> Measure:
    """The comparison as a measure, its groups named."""
    low, high = groups[gap.group], groups[gap.reference]
    rates = f"{label_of(low.where)} {low.value:.1%} against {label_of(high.where)} {high.value:.1%}"
    return Measure(
        name=name,
        value=gap.value,
        interval=gap.interval,
        n=n,
        unit=unit,
        where={"attribute": attribute, "group": label_of(low.where), "reference": label_of(high.where)},
        note=_join(rates, note),
    )


def _not_compared(name: str, families: Families, attribute: str) -> Measure:
    """A headline with fewer than two groups to compare."""
    short = [(family, groups) for family, groups in families.items() if len(_assessed(groups)) < 2]
    family, groups = (short or list(families.items()))[0]
    short_of = [f"{label_of(g.where)}: {g.reason}" for g in groups if g.value is None]
    why = "; ".join(short_of[:MOST_NAMED]) + (
        f"; and {len(short_of) - MOST_NAMED:,} more" if len(short_of) > MOST_NAMED else ""
    )
    of = f" for the {family}" if family else ""
    few = f"{len(_assessed(groups))} of {len(groups)} groups can be assessed{of}; a comparison needs 2"
    lacking = few if short else "the reference group cannot be assessed"
    return Measure(
        name=name,
        value=None,
        n=sum(g.rows for g in groups),
        unit="ratio" if name.endswith("ratio") else "difference",
        where={"attribute": attribute},
        note=_join(lacking, why),
    )


def _heads(groups: Mapping[str, GroupRate], least: Comparison) -> str:
    """How many people stand behind the ratio."""
    counts = {key: (float(g.row_hits), float(g.rows)) for key, g in groups.items()}
    low = groups[least.group]
    pair = {least.group: counts[least.group], least.reference: counts[least.reference]}
    needed = head_count_to_ratio(pair, FOUR_FIFTHS)
    of = f"{low.row_hits:,} of {low.rows:,} in {label_of(low.where)} are selected"
    if least.value >= FOUR_FIFTHS - 1e-9 or needed == 0:
        return f"{of}; four fifths is reached"
    return f"{of}; {needed:,} more selection{'s' if needed > 1 else ''} would reach four fifths"


def _join(*parts: str) -> str:
    """Sentences of a note."""
    return "; ".join(part for part in parts if part)
