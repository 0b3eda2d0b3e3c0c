"""Reference attack: surer than its own recipe fitted with and without the row, so a member."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

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
from riskaudit.audits.privacy.refits import complementary_refits
from riskaudit.audits.privacy.signals import Signal, chosen, compared, of_probabilities, of_residuals
from riskaudit.audits.privacy.told import Attack
from riskaudit.evidence import Evidence

FEWEST = 50  # of either side


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
    pooled = drawn(evidence, rows)
    if min(len(pooled.members), len(pooled.others)) < FEWEST:
        return f"references need {FEWEST} members and {FEWEST} held-out rows without twins"
    try:
        bench = bench_of(evidence, pooled)
        if is_bagged_forest(bench.subject.estimator):
            references = one_forest(evidence, bench)
        else:
            references = complementary_refits(evidence, bench, pooled)
    except NotRefittable as error:
        return f"the model cannot be refitted ({error.problem})"
    scores, how = judged(target_answers(evidence, pooled), references, bench)
    return Attack(
        name="reference",
        members=scores[: len(pooled.members)],
        others=scores[len(pooled.members) :],
        note=_note(evidence, pooled, references, how),
        needs="the recipe and rows like the members",
    )


def drawn(evidence: Evidence, rows: Pool) -> Pool:
    """The rows to refit on: all, or as many as the cost rule lets, evenly from both sides."""
    model = recipe(evidence.subject.estimator)
    most = most_rows(
        model,
        evidence.effort,
        columns=len(evidence.subject.features) or evidence.test.frame.shape[1],
        fits=1 if is_bagged_forest(model) else 8,
    )
    if len(rows.members) + len(rows.others) <= most:
        return rows
    rng = evidence.rng("privacy reference rows")
    others = thinned(rows.others, max(most // 2, most - len(rows.members)), rng)
    return replace(rows, members=thinned(rows.members, most - len(others), rng), others=others)


def judged(target: Floats, references: References, bench: Bench) -> tuple[Floats, str]:
    """Every pooled row's score (n,), and which score it is."""
    if bench.subject.regression:
        scale = float(np.median(references.given[:, 0][~references.fitted])) or 1.0
        signals = [of_residuals(given, scale) for given in (target[0], references.given[:, 0])]
    else:
        ballots = votes(bench.subject.estimator)
        signals = [
            of_probabilities(right, wrong, ballots)
            for right, wrong in (target, (references.given[:, 0], references.given[:, 1]))
        ]
    mine, others = signals
    if len(set(references.round_of.tolist())) < 2:
        return compared(mine, others, references.fitted, "BASE"), "BASE"
    return _by_choice(mine, others, references)


def _by_choice(mine: Signal, others: Signal, references: References) -> tuple[Floats, str]:
    score, strength = chosen(others, references.fitted, references.round_of)
    told = f"{score}, AUC {strength[score]:.2f} against the refits themselves"
    return compared(mine, others, references.fitted, score), told


def _note(evidence: Evidence, pooled: Pool, references: References, score: str) -> str:
    """How the references were made, and what that leaves out."""
    said = [f"By {references.told}. Score: {score}.", evidence.subject.refits_are]
    trained = len(evidence.rows("train"))
    if references.rows < 0.8 * trained:
        said.append(
            f"The model was trained on {trained:,} rows, references on fewer: they fit their own rows closer "
            "than it does, and the attack may be weaker than it could be."
        )
    if not (evidence.probabilistic or evidence.task == "regression"):
        said.append("The model gives no probabilities; its decision values stand in.")
    return " ".join(filter(None, [*said, pooled.note]))
