"""Strongest: the best of all attacks, honestly counted as a choice, and whom it names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from riskaudit.audits.privacy.told import Attack, best_threshold, halves, missing, tpr
from riskaudit.evidence import Evidence
from riskaudit.measure import Interval, Measure
from riskaudit.statistics import (
    auc,
    bonferroni,
    epsilon_from_counts,
    epsilon_one_run,
    precision_at_prior,
    wilson,
)

Floats = NDArray[np.float64]
PRIORS = (0.5, 0.01)
ALARMS = 0.01  # false-alarm rate at which the attack names people
GUESSING = {
    "privacy.membership_auc": 0.5,
    "privacy.membership_tpr_at_1pct_fpr": ALARMS,
    "privacy.membership_tpr_at_01pct_fpr": 0.001,
}
CERTAIN = 0.9  # precision from which a named member counts as exposed
SHIFTED = (
    "members and held-out rows differ without the model too, and no attack that compares each row with refits "
    "could be made: what is told apart may be shift, not leakage. Hold out rows at random from the same table"
)


@dataclass(frozen=True, kw_only=True)
class Named:
    """Whom the attack names, counted on rows on which neither it nor its threshold was chosen."""

    attack: Attack
    hits: int
    members: int
    alarms: int
    others: int
    exposed: int


def comparable(attacks: Sequence[Attack], blind: Measure) -> list[Attack]:
    """The attacks whose success can only be leakage: all, or where the tables differ those corrected by refits."""
    shifted = blind.interval is not None and blind.interval.low > 0.5
    return [attack for attack in attacks if attack.corrected] if shifted else list(attacks)


def measures(attacks: Sequence[Attack], blind: Measure) -> Iterator[Measure]:
    """AUC and TPR at 1 % and 0.1 % FPR of the strongest attack; the intervals hold for all that were tried.

    The choice is paid for by Bonferroni: each of A attacks has an interval at level 1 - 0.05 / A, the best
    value is given with its own, so it covers whichever was chosen.
    """
    chosen = comparable(attacks, blind)
    names = ("privacy.membership_auc", "privacy.membership_tpr_at_1pct_fpr")
    if not chosen:
        yield from (missing(name, SHIFTED, attack="strongest") for name in names)
        return
    level = bonferroni(0.95, len(chosen))
    found = [(*auc(one.members, one.others, level=level), one) for one in chosen]
    value, interval, best = max(found, key=lambda triple: triple[0])
    yield Measure(
        name=names[0],
        value=value,
        interval=_together(interval, chosen),
        n=best.n,
        unit="auc",
        where={"attack": "strongest"},
        note=f"'{best.name}', the strongest of {_all(chosen)}; the interval holds for all of them together. {best.note}",
    )
    for fpr, name in ((ALARMS, names[1]), (0.001, "privacy.membership_tpr_at_01pct_fpr")):
        yield _of_rates([tpr(one, fpr=fpr, level=level) for one in chosen], name, chosen)


def is_found(measure: Measure) -> bool:
    """Whether the attack surely does better than guessing."""
    return measure.interval is not None and measure.interval.low > GUESSING[measure.name]


def silence(twin: Measure, refused: str) -> str:
    """Why silence of the attacks proves nothing, and what would help; empty where an overfit twin was found.

    Attacks that find nothing reassure only where the same rows, recipe and means find a leak that is there.
    """
    if refused:
        return (
            f"{refused}, so only weaker attacks were made and no overfit twin shows what they would find. What "
            "helps: --train with rows enough, and a model that riskaudit can fit again, saved as .skops"
        )
    if twin.interval is None:
        return f"there is no positive control ({twin.note.removeprefix('Not assessed: ').rstrip('.')})"
    if twin.interval.low > GUESSING["privacy.membership_auc"]:
        return ""
    return "an overfit twin of the recipe, a leak that is there, was not found either; more rows would help"


def vouched(best: Iterable[Measure], why: str) -> Iterator[Measure]:
    """What the strongest attack found, and where silence proves nothing (`why`) nothing else.

    A leak that was found stands, whatever the attack; beside it stands that more was not assessed, so a small
    leak seen by a weak attack passes no rule. No leak found by such an attack is not assessed.
    """
    for measure in best:
        if not why or measure.value is None:
            yield measure
        elif is_found(measure):
            yield measure
            yield missing(
                measure.name, f"what stronger attacks would find: {why}", **measure.where, beyond="these"
            )
        else:
            yield missing(measure.name, f"no leak was found, which proves nothing: {why}", **measure.where)


def unless_proven(measure: Measure, why: str) -> Measure:
    """A measure that rests on attacks whose silence proves nothing (`why`): not assessed, unless it shows a leak."""
    guess = {
        "privacy.group_membership_gap": 0.0,
        "privacy.epsilon_claim_excess": 0.0,
        "privacy.group_membership_auc": 0.5,
        "privacy.membership_precision": float(measure.where.get("prior", 1)),
    }.get(measure.name, 1.0)
    low = measure.interval.low if measure.interval else measure.value
    if not why or low is None or low > guess:
        return measure
    note = f"Not assessed: no leak was found, which proves nothing: {why}."
    return measure.model_copy(update={"value": None, "interval": None, "n": 0, "note": note})


def _of_rates(rates: list[Measure], name: str, chosen: Sequence[Attack]) -> Measure:
    """The largest of the rates that could be measured."""
    known = [rate for rate in rates if rate.value is not None]
    if not known:
        return missing(name, rates[0].note.removeprefix("Not assessed: ").rstrip("."), attack="strongest")
    best = max(known, key=lambda rate: rate.value or 0.0)
    note = f"'{best.where['attack']}', the strongest of {_all(chosen)}. {best.note}"
    edge = _together(best.interval, chosen)
    return best.model_copy(update={"where": {"attack": "strongest"}, "interval": edge, "note": note})


def _together(interval: Interval | None, chosen: Sequence[Attack]) -> Interval | None:
    """The interval as one of several that hold together at 95 %."""
    if interval is None or len(chosen) == 1:
        return interval
    method = f"{interval.method}, Bonferroni over {len(chosen)} attacks"
    return interval.model_copy(update={"level": 0.95, "method": method})


def _all(chosen: Sequence[Attack]) -> str:
    names = ", ".join(one.name for one in chosen)
    return f"{len(chosen)} attacks ({names})" if len(chosen) > 1 else f"one attack ({names})"


def named(attacks: Sequence[Attack], evidence: Evidence) -> Named:
    """Attack and thresholds chosen on a random half of the rows, people counted on the other half."""
    rng, cut = evidence.rng("privacy named people"), {}
    for one in attacks:
        sides = [scores[rng.permutation(scores.size)] for scores in (one.members, one.others)]
        cut[one.name] = [(scores[: scores.size // 2], scores[scores.size // 2 :]) for scores in sides]
    tuned = {name: (sides[0][0], sides[1][0]) for name, sides in cut.items()}
    name, threshold = chosen(tuned)
    best = next(one for one in attacks if one.name == name)
    (tune_in, judge_in), (tune_out, judge_out) = cut[name]
    sure = certain(tune_in, tune_out)
    return Named(
        attack=best,
        hits=int((judge_in > threshold).sum()),
        members=judge_in.size,
        alarms=int((judge_out > threshold).sum()),
        others=judge_out.size,
        exposed=int((judge_in > sure).sum()),
    )


def chosen(tuned: dict[str, tuple[Floats, Floats]]) -> tuple[str, float]:
    """The attack that finds most at 1 % false alarms, and that threshold.

    Where none finds half as many members again as others, or the rows are too few to tell, the attack and
    threshold of the largest TPR - FPR.
    """
    strict = {
        name: float(np.sort(others)[::-1][int(ALARMS * others.size)])
        for name, (_, others) in tuned.items()
        if int(ALARMS * others.size) >= 1
    }
    found = {name: float((tuned[name][0] > cut).mean()) for name, cut in strict.items()}
    best = max(found, key=lambda name: found[name], default="")
    if best and found[best] > 1.5 * ALARMS:
        return best, strict[best]
    cuts = {name: best_threshold(*sides) for name, sides in tuned.items()}
    best = max(cuts, key=lambda name: _gain(*tuned[name], cuts[name]))
    return best, cuts[best]


def _gain(members: Floats, others: Floats, threshold: float) -> float:
    return float((members > threshold).mean() - (others > threshold).mean())


def certain(members: Floats, others: Floats) -> float:
    """The lowest threshold from which on nine of ten named are members at even odds; infinite where none is.

    One more false alarm is counted than was seen: the surest rows always look sure.
    """
    cuts = np.unique(np.concatenate([members, others]))
    hits = members.size - np.searchsorted(np.sort(members), cuts, side="right")
    alarms = others.size - np.searchsorted(np.sort(others), cuts, side="right") + 1
    sure = hits / members.size * (1 - CERTAIN) >= CERTAIN * alarms / others.size
    return float(cuts[np.argmax(sure)]) if sure.any() else float("inf")


def people(who: Named, prior: float) -> Iterator[Measure]:
    """Precision of the accusations at each prior, and the share of members who are exposed."""
    counts = who.hits, who.members, who.alarms, who.others
    n = who.members + who.others
    for one in dict.fromkeys((prior, *PRIORS)):
        value, interval = precision_at_prior(*counts, prior=one)
        yield Measure(
            name="privacy.membership_precision",
            value=value,
            interval=interval,
            n=n,
            unit="fraction",
            where={"prior": f"{one:g}"},
            note=sentence(who, one, value),
        )
    yield Measure(
        name="privacy.exposed_share",
        value=who.exposed / who.members,
        interval=wilson(who.exposed, who.members),
        n=n,
        unit="fraction",
        note=f"Share of members that '{who.attack.name}' names where nine of ten named are members (at even odds); the "
        "threshold was set on other rows.",
    )


def sentence(who: Named, prior: float, value: float) -> str:
    """What a manager understands."""
    if who.hits + who.alarms == 0:
        return "The attack names nobody, so it teaches nothing beyond the prior."
    odds = (
        "as many outsiders as members are asked about"
        if prior == 0.5
        else (f"{100 * prior:.3g} in 100 people asked about are members")
    )
    return (
        f"Of 100 people the attack names as members, {100 * value:.0f} are, where {odds}. '{who.attack.name}' names "
        f"{who.hits / who.members:.1%} of members and {who.alarms / who.others:.1%} of others; attack and threshold "
        "were chosen on other rows."
    )


def epsilon(attack: Attack, evidence: Evidence) -> Measure:
    """What one training proves of epsilon, as if each row's membership had been a coin toss."""
    rng = evidence.rng("privacy epsilon rows")
    size = min(attack.members.size, attack.others.size)
    sides = [rng.permutation(scores)[:size] for scores in (attack.members, attack.others)]
    record = evidence.subject.training
    delta = (record.delta or 0.0) if record else 0.0
    value = epsilon_one_run(sides[0], sides[1], delta=delta)
    return Measure(
        name="privacy.epsilon_lower_bound",
        value=value,
        n=2 * size,
        unit="epsilon",
        where={"by": "one run"},
        note=f"A lower bound at 95 % confidence, so no interval: the model behaves as if its privacy loss were at least "
        f"this (delta {delta:g}){', of a person with all rows, not of a row' if attack.by_person else ''}. By '{attack.name}', six numbers of guesses fixed beforehand (Steinke 2023). Indicative: "
        "it takes the split for a random one. No audit can show that epsilon is small.",
    )


def epsilon_at_threshold(attack: Attack, evidence: Evidence) -> Measure:
    """The classical bound: Clopper-Pearson on both rates, at a threshold that other rows chose.

    A threshold chosen on the same rows would prove what is not there (above 0 in 13 to 20 of 100 leak-free runs).
    """
    rng = evidence.rng("privacy epsilon threshold")
    (tune_in, judge_in), (tune_out, judge_out) = (
        halves(scores, rng) for scores in (attack.members, attack.others)
    )
    record = evidence.subject.training
    delta = (record.delta or 0.0) if record else 0.0
    cut = best_threshold(tune_in, tune_out)
    counts = int((judge_in > cut).sum()), judge_in.size, int((judge_out > cut).sum()), judge_out.size
    return Measure(
        name="privacy.epsilon_lower_bound",
        value=epsilon_from_counts(*counts, delta=delta),
        n=judge_in.size + judge_out.size,
        unit="epsilon",
        where={"by": "one threshold"},
        note=f"A lower bound at 95 % confidence, so no interval (delta {delta:g}): Clopper-Pearson on {counts[0]:,} of "
        f"{counts[1]:,} members and {counts[2]:,} of {counts[3]:,} others accused by '{attack.name}' at a threshold "
        "chosen on other rows (Jagielski 2020; Nasr 2021). Indicative: it takes each row for a training of its own.",
    )
