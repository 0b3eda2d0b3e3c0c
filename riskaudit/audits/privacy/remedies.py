"""Remedies: what would stop the attack, tried, and what it costs."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from riskaudit.audits.privacy import design, price, references, twins
from riskaudit.audits.privacy.bags import is_bagged_forest, one_forest
from riskaudit.audits.privacy.bench import REFUSALS, Bench, Floats, References, answers, in_order
from riskaudit.audits.privacy.distilled import OutOfFold
from riskaudit.audits.privacy.people import by_person, means
from riskaudit.audits.privacy.references import Fitted
from riskaudit.audits.privacy.signals import compared
from riskaudit.audits.privacy.told import Attack, tpr
from riskaudit.evidence import Evidence
from riskaudit.measure import Measure
from riskaudit.statistics import auc
from riskaudit.workers import map_work

ROWS = {"normal": 2_000, "deep": 6_000}  # pooled rows on which a remedied recipe is tried
REFITS = {"normal": 4, "deep": 8}
DEAR = 1.5  # cost of a row, in `design.COST`, from which on normal effort tries no refit
AS_IT_IS, ROUNDED, LABELS = "as it is", "rounded to one digit", "labels only"
COPIES = "duplicates removed"
LEAF = 20
BUDGETS = (8.0, 3.0, 1.0)


@dataclass(frozen=True, kw_only=True)
class Trial:
    """A recipe, audited model or remedied one, attacked on rows of its own.

    Attributes
    ----------
    right : array (n,)
        Of its held-out rows: whether it is right, or the squared error.
    people : int array (n,) or None
        Whose rows those are, where people have several.
    """

    attack: Attack
    right: NDArray[np.float64]
    people: NDArray[np.int64] | None = None


def measures(evidence: Evidence, made: Fitted | None) -> Iterator[Measure]:
    """Attack before and after each remedy, with its price in accuracy.

    First what needs no training: answers rounded to one digit, and labels alone, given out by the audited
    model and the references alike. Then, from normal effort on, recipes fitted anew: the audited recipe and
    each remedied one on the same random half of up to 2,000 pooled rows (6,000 at deep), attacked by
    4 (8) refits or, a bagged forest, by one, so the two differ by the remedy and by nothing else. Deep tries all: the brakes the recipe has, distillation on
    out-of-fold labels, and DP-SGD at epsilon 8, 3 and 1. Where rows stand more than once, the removal of copies is
    tried on those rows.
    """
    if made is None or not evidence.subject.can_predict:
        return
    before = by_person(references.best(made), made.pooled.people)
    yield from _told(before, AS_IT_IS, "answers of the audited model")
    if evidence.probabilistic:
        for name, change in ((ROUNDED, _rounded), (LABELS, _labels)):
            yield from _told(_given_out(made, change), name, "answers of the audited model")
            yield _given_out_price(evidence, made, name)
    if evidence.effort == "quick":
        return
    yield from _refitted(evidence, made)


def _given_out(made: Fitted, change: Any) -> Attack:
    """The reference attack where the model and the references answer in another way."""
    target, given = change(made.target), np.stack([change(part) for part in made.references.given])
    told = replace(made.references, given=given)
    mine, others = references.signals(target, told, made.bench)
    changed = replace(made, target=target, references=told, mine=mine, others=others)
    return by_person(references.best(changed), made.pooled.people)


def _given_out_price(evidence: Evidence, made: Fitted, name: str) -> Measure:
    """What deciding by the changed answers costs; ties of rounded answers go to the first class."""
    at = made.pooled.others
    scores, outcome = evidence.scores(), evidence.outcome()[at]
    assert scores is not None  # noqa: S101 -- asked for only where the model gives probabilities
    right = (evidence.decisions()[at] == outcome).astype(np.float64)
    after = right
    if name == ROUNDED:
        after = (np.round(scores[at], 1).argmax(axis=1) == outcome).astype(np.float64)
    people = made.pooled.people
    return price.measure(
        right,
        after,
        name,
        regression=False,
        rng=evidence.rng(f"privacy price {name}"),
        people=None if people is None else people[1][at],
    )


def _rounded(given: Floats) -> Floats:
    return np.asarray(np.round(given, 1))


def _labels(given: Floats) -> Floats:
    """1 where the actual class is the largest, 0 elsewhere."""
    hit = (given[0] > given[2]).astype(np.float64)
    return np.stack([hit, 1 - hit, 1 - hit])


def _refitted(evidence: Evidence, made: Fitted) -> Iterator[Measure]:
    """Remedied recipes beside the recipe itself, all on the same rows."""
    bench, rng = made.bench, evidence.rng("privacy remedy rows")
    kind = type(design.final_step(bench.subject.estimator)).__name__
    cost = next((design.COST[word] for word in design.COST if word in kind), 1.0)
    if evidence.effort == "normal" and cost > DEAR:
        return
    try:
        pair = twins.trials(evidence, bench, made.pooled.others)
    except REFUSALS:
        pair = None
    if pair is not None:
        for name, attack in ((AS_IT_IS, pair.before), (COPIES, pair.after)):
            yield from _told(attack, name, "rows that stand more than once")
        if pair.right_before.size:
            yield price.measure(
                pair.right_before,
                pair.right_after,
                COPIES,
                regression=bench.subject.regression,
                rng=rng,
                people=pair.people,
            )
    size = min(ROWS[evidence.effort], len(bench))
    if size < 200:
        return
    rows = np.sort(rng.permutation(len(bench))[:size])
    small = replace(
        bench,
        frame=bench.frame.iloc[rows].reset_index(drop=True),
        labels=bench.labels[rows],
        outcome=bench.outcome[rows],
        people=None if bench.people is None else bench.people[rows],
    )
    plan = design.complementary(
        np.zeros(size, dtype=np.int64) if bench.subject.regression else small.outcome,
        rng=rng,
        refits=REFITS[evidence.effort] + 2,
        people=small.people,
    )
    seeds = rng.integers(2**31, size=len(plan.fitted))
    first: Trial | None = None
    where = f"fitted anew to half of {size:,} rows"
    try:
        tried = recipes(evidence, bench)
    except REFUSALS:  # a recipe made in a way that its parts cannot be changed
        return
    for name, recipe in {AS_IT_IS: bench.subject.estimator, **tried}.items():
        try:
            trial = _trial(
                replace(small, subject=replace(small.subject, estimator=recipe)), plan, seeds, evidence
            )
        except REFUSALS:
            continue
        yield from _told(trial.attack, name, where)
        if first is None:
            first = trial
        else:
            yield price.measure(
                first.right,
                trial.right,
                name,
                regression=bench.subject.regression,
                rng=rng,
                people=trial.people,
            )


def recipes(evidence: Evidence, bench: Bench) -> dict[str, Any]:
    """The remedied recipes: the brake that the recipe has at normal effort, everything at deep."""
    found = brakes(bench.subject.estimator)
    if evidence.effort == "normal":
        return dict(list(found.items())[:1])
    if not bench.subject.regression:
        found["distilled on out-of-fold labels"] = OutOfFold(bench.subject.estimator)
        found |= _private(evidence, bench)
    return found


def brakes(estimator: Any) -> dict[str, Any]:
    """The recipe with each brake that it has put on: leaf size, depth, penalty, early stopping, neighbours."""
    known = design.final_step(estimator).get_params()
    wanted: list[tuple[str, dict[str, Any]]] = []
    if known.get("min_samples_leaf", LEAF) != LEAF:
        wanted.append((f"min_samples_leaf {LEAF}", {"min_samples_leaf": LEAF}))
    if "max_depth" in known:
        wanted.append(("max_depth 4", {"max_depth": 4}))
    if "C" in known:
        wanted.append((f"C {known['C'] / 100:g}", {"C": known["C"] / 100}))
    for name in ("alpha", "l2"):
        if name in known and isinstance(known[name], int | float):
            value = max(100 * known[name], 1e-2)
            wanted.append((f"{name} {value:g}", {name: value}))
    if known.get("early_stopping") is False:
        wanted.append(("early stopping", {"early_stopping": True}))
    elif "epochs" in known and isinstance(known["epochs"], int):
        few = max(1, known["epochs"] // 10)
        wanted.append((f"epochs {few}", {"epochs": few}))
    if "n_neighbors" in known:
        wanted.append(("n_neighbors 25", {"n_neighbors": 25}))
    return {name: _with(estimator, settings) for name, settings in wanted}


def _with(estimator: Any, settings: dict[str, Any]) -> Any:
    from sklearn.base import clone

    changed = clone(estimator)
    design.final_step(changed).set_params(**settings)
    return changed


def _private(evidence: Evidence, bench: Bench) -> dict[str, Any]:
    """A perceptron trained by DP-SGD in the place of the model, at three budgets; none where it cannot be had."""
    from sklearn.base import clone
    from sklearn.pipeline import make_pipeline

    if evidence.private_learner is None:
        return {}
    whole = bench.subject.estimator
    found = {}
    for budget in BUDGETS:
        model = evidence.private_learner(budget)
        plain = design.final_step(whole) is whole
        found[f"DP-SGD perceptron, epsilon {budget:g}"] = (
            model if plain else make_pipeline(clone(whole[:-1]), model)
        )
    return found


def _trial(bench: Bench, plan: design.Design, seeds: NDArray[np.int64], evidence: Evidence) -> Trial:
    """The first refit of the plan stands as the target; its references are those of the other rounds.

    For a bagged forest they are the trees of one forest with and without each row, as for the audited model.
    """
    jobs = [(bench, rows, int(seed)) for rows, seed in zip(plan.fitted, seeds, strict=True)]
    bagged = is_bagged_forest(bench.subject.estimator)
    keep = [0] if bagged else [0, *np.flatnonzero(plan.round_of != plan.round_of[0]).tolist()]
    workers = (
        evidence.workers if evidence.effort == "deep" else 1
    )  # small fits end before a process has started
    given = np.stack(map_work(_fit, [jobs[k] for k in keep], workers=workers, threads=False))
    inside = plan.fitted[0]
    told = (
        one_forest(evidence, replace(bench, trained=int(inside.sum())))
        if bagged
        else References(
            given=given[1:],
            fitted=plan.fitted[keep[1:]],
            round_of=plan.round_of[keep[1:]],
            rows=int(inside.sum()),
            told="",
        )
    )
    mine, others = references.signals(given[0], told, bench)
    score = compared(mine, others, told.fitted, "BASE")
    owners = [None if bench.people is None else bench.people[side] for side in (inside, ~inside)]
    sides = [means(score[side], who) for side, who in zip((inside, ~inside), owners, strict=True)]
    attack = Attack(name="reference", members=sides[0], others=sides[1], note="", needs="")
    if bench.subject.regression:
        return Trial(attack=attack, right=given[0][0][~inside] ** 2, people=owners[1])
    return Trial(
        attack=attack, right=(given[0][0] > given[0][2])[~inside].astype(np.float64), people=owners[1]
    )


def _fit(job: tuple[Bench, NDArray[np.bool_], int]) -> Floats:
    """One refit's answers about all rows (3, n)."""
    from threadpoolctl import threadpool_limits

    bench, rows, seed = job
    with threadpool_limits(1), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        shadow = bench.subject.retrained(
            bench.frame[rows].reset_index(drop=True), bench.labels[rows], seed=seed
        )
        scores = shadow.predict_scores(bench.frame)
    if not shadow.regression:
        scores = in_order(scores, shadow.classes, bench.classes)
    return answers(scores, bench.outcome)


def _told(attack: Attack, remedy: str, where: str) -> Iterator[Measure]:
    """AUC and TPR of the attack under a remedy."""
    slice_ = {"remedy": remedy, "tried on": where}
    value, interval = auc(attack.members, attack.others)
    yield Measure(
        name="privacy.remedy_auc",
        value=value,
        interval=interval,
        n=attack.n,
        unit="auc",
        where=slice_,
        note=f"Reference attack, {where}.",
    )
    rate = tpr(attack)
    yield rate.model_copy(update={"name": "privacy.remedy_tpr_at_1pct_fpr", "where": slice_})
