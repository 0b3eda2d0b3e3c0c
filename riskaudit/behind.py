"""Behind: groups that are beyond a limit too, where a widest gap names only the worst pair."""

from __future__ import annotations

from collections.abc import Iterable

from riskaudit.datasets.dataset import label_of
from riskaudit.judge import beyond
from riskaudit.measure import Measure
from riskaudit.rulebook import Rule

# The groups' own rates behind a widest gap, which names one pair of groups and is silent of all others.
RATES: dict[str, tuple[str, ...]] = {
    "bias.selection_rate_ratio": ("bias.selection_rate",),
    "bias.selection_rate_difference": ("bias.selection_rate",),
    "bias.intersection_selection_rate_ratio": ("bias.selection_rate",),
    "bias.intersection_selection_rate_difference": ("bias.selection_rate",),
    "bias.equalized_odds_difference": ("bias.true_positive_rate", "bias.false_positive_rate"),
    "bias.intersection_equalized_odds_difference": ("bias.true_positive_rate", "bias.false_positive_rate"),
    "bias.equal_opportunity_difference": ("bias.equal_opportunity_rate",),
    "bias.accuracy_difference": ("bias.accuracy",),
}


def behind(
    measure: Measure, rule: Rule, measures: Iterable[Measure], *, sure: bool = False
) -> dict[str, float]:
    """The other groups of a comparison whose own rates are beyond the limit, with their ratio or gap.

    Against the best group's rate. With `sure` only those whose whole interval is beyond it.
    """
    if not {"attribute", "group", "reference"} <= measure.where.keys():
        return {}
    found: dict[str, float] = {}
    for name in RATES.get(measure.name, ()):
        rates = {
            label_of(m.where): m
            for m in measures
            if m.name == name and " x ".join(m.where) == measure.where["attribute"] and m.value is not None
        }
        best = max((m.value or 0.0 for m in rates.values()), default=0.0)
        for group, one in rates.items():
            rate = one.interval.high if sure and one.interval else one.value or 0.0
            value = _against(rate, best, ratio=measure.name.endswith("_ratio"))
            if group != measure.where["group"] and beyond(rule, value, rule.limit):
                found[group] = value
    return found


def _against(rate: float, best: float, *, ratio: bool) -> float:
    """A rate as its share of the best, or its distance from it."""
    if not ratio:
        return best - rate
    return rate / best if best > 0 else 1.0
