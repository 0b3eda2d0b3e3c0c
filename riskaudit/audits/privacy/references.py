"""Reference attack: surer than its own recipe fitted with and without the row, so a member."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from riskaudit.audits.privacy import kept, lira, rmia, shadow
from riskaudit.audits.privacy.bags import is_bagged_forest, one_forest
from riskaudit.audits.privacy.bench import (
    Bench,
    Floats,
    NotRefittable,
    References,
    bench_of,
    recipe,
    target_answers,
)
from riskaudit.audits.privacy.design import most_rows, votes
from riskaudit.audits.privacy.pool import Pool, thinned
from riskaudit.audits.privacy.refits import complementary_refits, fits_together
from riskaudit.audits.privacy.signals import Signal, chosen, compared, of_probabilities, of_residuals
from riskaudit.audits.privacy.told import Attack
from riskaudit.evidence import Evidence

FEWEST = 50  # of either side


@dataclass(frozen=True, kw_only=True)
class Fitted:
    """The references of one run, and what the audited model says of the same rows.

    Attributes
    ----------
    pooled : Pool
        The rows drawn for them.
    target : float array (3, n)
        The audited model's answers.
    mine, others : Signal
        The same, and the references' answers, as confidences.
    """

    pooled: Pool
    bench: Bench
    references: References
    target: Floats
    mine: Signal
    others: Signal
    note: str


def fitted(evidence: Evidence, rows: Pool) -> Fitted | str:
    """The references, fitted once for all attacks that need some, or the reason why there are none."""
    pooled = drawn(evidence, rows)
    if min(len(pooled.members), len(pooled.others)) < FEWEST:
        return f"references need {FEWEST} members and {FEWEST} held-out rows without twins"
    try:
        bench = bench_of(evidence, pooled)
        target = target_answers(evidence, pooled)
        references = kept.references(evidence, bench, target, lambda: _fits(evidence, bench, pooled))
    except NotRefittable as error:
        return f"the model cannot be refitted ({error.problem})"
    mine, others = signals(target, references, bench)
    return Fitted(
        pooled=pooled,
        bench=bench,
        references=references,
        target=target,
        mine=mine,
        others=others,
        note=_note(evidence, pooled, references),
    )


def _fits(evidence: Evidence, bench: Bench, pooled: Pool) -> References:
    """One forest for a bagged forest, complementary refits for anything else."""
    if is_bagged_forest(bench.subject.estimator):
        return one_forest(evidence, bench)
    return complementary_refits(evidence, bench, pooled)


def attack(evidence: Evidence, rows: Pool) -> Attack | str:
    """The reference attack, or the reason why the model cannot be refitted.

    Pools members and held-out rows, fits the recipe again so that each row is in some of the models and
    out of others, and scores a row by how far the target's confidence lies above the middle of the two.
    Costs K fits (8 at normal effort), for bagged forests one of 300 trees. The attacker needs the
    recipe, rows like those of the training data, the record, its outcome and one answer of the model.

    References
    ----------
    Carlini, N. et al. (2022). Membership inference attacks from first principles. IEEE S&P.
    Zarifzadeh, S. et al. (2024). Low-cost high-power membership inference attacks. ICML.
    """
    made = fitted(evidence, rows)
    return made if isinstance(made, str) else best(made)


def best(made: Fitted) -> Attack:
    """The attack with the score that attacks the references themselves best."""
    scores, how = judged(made)
    return _attack(made, "reference", scores, f"{made.note} Score: {how}.", corrected=True)


def family(evidence: Evidence, made: Fitted) -> Iterator[Attack]:
    """The published attacks on the same references: a shadow classifier, LiRA, RMIA offline."""
    rng, inside = evidence.rng("privacy shadow classifier"), made.references.fitted
    told = "On the references of the attack 'reference'"
    scores = shadow.scores(made.target, made.references, made.bench, rng=rng)
    yield _attack(made, "shadow", scores, f"{told}: boosted trees learnt on them how a member is answered.")
    scores, a = rmia.offline(made.mine, made.others, inside, made.references.round_of)
    note = f"{told}: probability beside that of those without the row, a = {a:g}."
    yield _attack(made, "rmia-offline", scores, note)
    if len(made.references.given) < 4:
        return  # one forest gives means of two kinds of trees, no spread to take a likelihood of
    own = inside.sum(axis=0).min() >= lira.OWN_VARIANCE <= (~inside).sum(axis=0).min()
    spread = f"{'per-record' if own else 'pooled'} variance"
    for name, score in (("lira", lira.online), ("lira-offline", lira.offline)):
        values = score(made.mine.logit, made.others.logit, inside)
        yield _attack(made, name, values, f"{told}: likelihood ratio, {spread}.", corrected=name == "lira")


def _attack(made: Fitted, name: str, scores: Floats, note: str, *, corrected: bool = False) -> Attack:
    members = len(made.pooled.members)
    return Attack(
        name=name,
        members=scores[:members],
        others=scores[members:],
        member_at=made.pooled.members,
        other_at=made.pooled.others,
        note=" ".join(filter(None, (note, made.pooled.note))),
        needs="the recipe and rows like the members",
        corrected=corrected,
    )


def drawn(evidence: Evidence, rows: Pool) -> Pool:
    """The rows to refit on: all, or as many as the cost rule lets, evenly from both sides."""
    model = recipe(evidence.subject.recipe)
    most = most_rows(
        model,
        evidence.effort,
        columns=len(evidence.subject.features) or evidence.test.frame.shape[1],
        fits=1 if is_bagged_forest(model) else 8,
        together=evidence.fit_many is not None and fits_together(model),
    )
    if is_bagged_forest(model):  # so that its trees can draw as many rows as those of the audited forest
        most = min(max(most, len(evidence.rows("train"))), 2 * most)
    if len(rows.members) + len(rows.others) <= most:
        return rows
    rng = evidence.rng("privacy reference rows")
    others = thinned(rows.others, max(most // 2, most - len(rows.members)), rng)
    return replace(rows, members=thinned(rows.members, most - len(others), rng), others=others)


def signals(target: Floats, references: References, bench: Bench) -> tuple[Signal, Signal]:
    """Confidences of the audited model (n,) and of the references (K, n)."""
    if bench.subject.regression:
        scale = float(np.median(references.given[:, 0][~references.fitted])) or 1.0
        return of_residuals(target[0], scale), of_residuals(references.given[:, 0], scale)
    ballots = votes(bench.subject.estimator)
    given = references.given
    return of_probabilities(target[0], target[1], ballots), of_probabilities(
        given[:, 0], given[:, 1], ballots
    )


def judged(made: Fitted) -> tuple[Floats, str]:
    """Every pooled row's score (n,), and which score it is."""
    mine, others, inside = made.mine, made.others, made.references.fitted
    if len(set(made.references.round_of.tolist())) < 2:
        return compared(mine, others, inside, "BASE"), "BASE"
    score, strength = chosen(others, inside, made.references.round_of)
    told = f"{score}, AUC {strength[score]:.2f} against the refits themselves"
    return compared(mine, others, inside, score), told


def _note(evidence: Evidence, pooled: Pool, references: References) -> str:
    """How the references were made, and what that leaves out."""
    said = [f"By {references.told}.", evidence.subject.refits_are]
    trained = len(evidence.rows("train"))
    if references.rows < 0.8 * trained:
        said.append(
            f"The model was trained on {trained:,} rows, references on fewer: they fit their own rows closer "
            "than it does, and the attack may be weaker than it could be."
        )
    if not (evidence.probabilistic or evidence.task == "regression"):
        said.append("The model gives no probabilities; its decision values stand in.")
    return " ".join(filter(None, said))
