"""Told: what an attack's scores amount to, each number with how sure it is."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from riskaudit.evidence import Evidence
from riskaudit.measure import Interval, Measure
from riskaudit.statistics import advantage, auc, tpr_at_fpr, wilson

FPR = 0.01
SOLID = 10  # expected false positives from which a TPR is more than indicative
TPR_NAMES = {0.01: "privacy.membership_tpr_at_1pct_fpr", 0.001: "privacy.membership_tpr_at_01pct_fpr"}
UNITS = {
    "privacy.membership_auc": "auc",
    "privacy.membership_advantage": "difference",
    "privacy.membership_tpr_at_1pct_fpr": "fraction",
    "privacy.membership_tpr_at_01pct_fpr": "fraction",
    "privacy.membership_balanced_accuracy": "fraction",
    "privacy.blind_auc": "auc",
}
PER_ATTACK = tuple(UNITS)[:3]


@dataclass(frozen=True, kw_only=True)
class Attack:
    """An attack's scores, higher for "member", of rows whose membership is known.

    Attributes
    ----------
    members, others : float arrays
    note : str
        What it does, and what a careful reader must know.
    needs : str
        What the attacker must have.
    member_at, other_at : int arrays or None
        Which rows of the two tables they are, where groups are to be told apart.
    corrected : bool
        Whether each row is compared with refits that had and had not seen it, so that a mere difference
        between the two tables cannot pass for a leak.
    by_person : bool
        Whether scores are of people with several rows; `member_at` then has the first row of each.
    """

    name: str
    members: NDArray[np.float64]
    others: NDArray[np.float64]
    note: str
    needs: str
    member_at: NDArray[np.int64] | None = None
    other_at: NDArray[np.int64] | None = None
    corrected: bool = False
    by_person: bool = False

    @property
    def n(self) -> int:
        """How many rows, or people, it was judged on."""
        return self.members.size + self.others.size

    @property
    def sides(self) -> str:
        """Both sides in words."""
        others = "people held out" if self.by_person else "held-out rows"
        return f"{self.members.size:,} members against {self.others.size:,} {others}"


def measures(attack: Attack, evidence: Evidence, blind: Measure) -> Iterator[Measure]:
    """AUC, advantage, balanced accuracy and TPR at 1 % and 0.1 % FPR of an attack."""
    value, interval = auc(attack.members, attack.others)
    yield _of(
        attack,
        "privacy.membership_auc",
        value,
        interval,
        f"{attack.sides}. {attack.note}{shift_warning(blind)}",
    )
    gain = _advantage(attack, evidence)
    yield gain
    yield balanced(gain)
    yield tpr(attack)
    if attack.others.size >= 1000:
        yield tpr(attack, fpr=0.001)


def shift_warning(blind: Measure) -> str:
    """What the blind control says against reading an AUC as leakage; empty where it says nothing."""
    if blind.value is None or blind.interval is None:
        return f" Whether the two tables differ anyway is not known: {blind.note}"
    if blind.interval.low <= 0.5:
        return ""
    return (
        f" Careful: members and held-out rows differ without the model too (blind AUC {blind.value:.2f}, "
        f"{blind.interval.low:.2f} to {blind.interval.high:.2f}): this AUC may be shift, not leakage. Hold out "
        "rows at random from the same table as the members."
    )


def _advantage(attack: Attack, evidence: Evidence) -> Measure:
    """The threshold is chosen on a seeded half of the rows and judged on the other."""
    rng = evidence.rng(f"privacy threshold {attack.name}")
    (tune_in, judge_in), (tune_out, judge_out) = (
        halves(scores, rng) for scores in (attack.members, attack.others)
    )
    value, interval = advantage(judge_in, judge_out, best_threshold(tune_in, tune_out))
    note = (
        f"Threshold chosen on {tune_in.size + tune_out.size:,} rows, judged on the other "
        f"{judge_in.size + judge_out.size:,}."
    )
    return _of(attack, "privacy.membership_advantage", value, interval, note).model_copy(
        update={"n": judge_in.size + judge_out.size}
    )


def balanced(gain: Measure) -> Measure:
    """Balanced accuracy (1 + advantage) / 2 at the same threshold."""
    assert gain.value is not None  # noqa: S101 -- an advantage always has one
    assert gain.interval is not None  # noqa: S101
    edge = gain.interval
    return gain.model_copy(
        update={
            "name": "privacy.membership_balanced_accuracy",
            "value": (1 + gain.value) / 2,
            "interval": edge.model_copy(update={"low": (1 + edge.low) / 2, "high": (1 + edge.high) / 2}),
            "unit": "fraction",
        }
    )


def tpr(attack: Attack, *, fpr: float = FPR, level: float = 0.95) -> Measure:
    """The share of members found at a false-alarm rate; none where that is less than one held-out row."""
    name, expected = TPR_NAMES[fpr], fpr * attack.others.size
    ties = "Rows tied with the threshold are not accused."
    if expected < 1 - 1e-9:
        reason = f"{attack.others.size} held-out rows would give {expected:.2g} false alarms; {1 / fpr:,.0f} would do"
        return missing(name, reason, attack=attack.name)
    if expected >= SOLID - 1e-9:
        point = tpr_at_fpr(attack.members, attack.others, fpr, level=level)
        if point.value is None:
            return missing(name, point.reason, attack=attack.name)
        return _of(attack, name, point.value, point.interval, f"{attack.sides}. {ties}")
    value, interval = indicative_tpr(attack.members, attack.others, fpr=fpr, level=level)
    needed = math.ceil(SOLID / fpr - 1e-9)
    note = f"Indicative: only {expected:.3g} expected false alarms ({needed:,} held-out rows would make it solid)."
    return _of(attack, name, value, interval, f"{note} {attack.sides}. {ties}")


def indicative_tpr(
    members: NDArray[np.float64], others: NDArray[np.float64], *, fpr: float = FPR, level: float = 0.95
) -> tuple[float, Interval]:
    """TPR at a low FPR from few held-out rows, with a wide interval.

    From the lower Wilson bound at the strictest threshold that the FPR may mean to the upper one at
    the laxest: order statistics of the held-out scores that hold the true point with that confidence.
    """
    from scipy.special import bdtrik

    ranked = np.append(np.sort(others)[::-1], -np.inf)
    n, m, tail = others.size, members.size, (1 - level) / 2
    fewest, most = (math.ceil(float(bdtrik(p, n, fpr)) - 1e-9) for p in (tail, 1 - tail))
    found = [
        int((members > ranked[k]).sum())
        for k in (max(fewest - 1, 0), math.floor(fpr * n + 1e-9), min(most, n))
    ]
    low, high = wilson(found[0], m, level=level).low, wilson(found[2], m, level=level).high
    method = "Wilson score over all thresholds it may mean"
    return found[1] / m, Interval(low=low, high=high, level=level, method=method)


def halves(
    scores: NDArray[np.float64], rng: np.random.Generator
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The scores in two random halves."""
    order = rng.permutation(scores.size)
    return scores[order[: scores.size // 2]], scores[order[scores.size // 2 :]]


def best_threshold(members: NDArray[np.float64], others: NDArray[np.float64]) -> float:
    """The score above which accusing gives the largest TPR - FPR."""
    cuts = np.unique(np.concatenate([members, others]))
    above_in = 1 - np.searchsorted(np.sort(members), cuts, side="right") / members.size
    above_out = 1 - np.searchsorted(np.sort(others), cuts, side="right") / others.size
    return float(cuts[int(np.argmax(above_in - above_out))])


def _of(attack: Attack, name: str, value: float, interval: Interval | None, note: str) -> Measure:
    return Measure(
        name=name,
        value=value,
        interval=interval,
        n=attack.n,
        unit=UNITS[name],
        where={"attack": attack.name},
        note=note,
    )


def missing(name: str, reason: str, **where: str) -> Measure:
    """A measure that is not assessed."""
    return Measure(
        name=name,
        value=None,
        n=0,
        unit=UNITS.get(name, "fraction"),
        where=where,
        note=f"Not assessed: {reason}.",
    )


def unassessed(reason: str, attacks: tuple[str, ...]) -> Iterator[Measure]:
    """All measures of these attacks, not assessed for one reason."""
    for attack in attacks:
        for name in PER_ATTACK:
            yield missing(name, reason, attack=attack)
