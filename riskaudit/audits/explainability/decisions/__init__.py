"""Decisions: single rows explained, because somebody asked for them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from riskaudit.audits.explainability import known_only_by_class
from riskaudit.audits.explainability.attribution import Attribution, attribute
from riskaudit.audits.explainability.decisions.choosing import representatives
from riskaudit.audits.explainability.decisions.counterfactual import Search, counterfactuals
from riskaudit.audits.explainability.decisions.levers import Lever, levers_of
from riskaudit.audits.explainability.decisions.reasons import reasons
from riskaudit.audits.explainability.decisions.wish import Answer, Wish
from riskaudit.datasets.labels import text_of
from riskaudit.decision import Change, Contribution, Counterfactual, Decision, Decisions
from riskaudit.errors import InputError, Unanswered
from riskaudit.evidence import Evidence
from riskaudit.measure import Cell

LIKE = 200
GONE = "it is a reason all the same: such a column must not be one without a lawful ground, nor be left out of the notice in silence"


def decided(
    evidence: Evidence, rows: NDArray[np.int64], *, asked: tuple[int, ...], wish: Wish, immutable: tuple[str, ...],
    trials: int, outcomes: bool = True,
) -> Decisions:  # fmt: skip
    """Some rows of the evidence, each with contributions, counterfactuals and reasons.

    Parameters
    ----------
    rows : int array (n,)
        What the rows are called (positions in the whole table), one for each row of `evidence.test`.
    asked : tuple of int
        Positions among `evidence.test` to explain; none for representative ones.
    immutable : tuple of str
        Columns that no counterfactual may change.
    trials : int
        How many changed rows the model may be asked about for each row.
    outcomes : bool
        Whether the target is what happened, and not the model's own decision.

    Raises
    ------
    InputError
        Where the model gives nothing graded to explain.
    """
    if known_only_by_class(evidence.subject.estimator):
        raise InputError(
            f"model '{evidence.subject.name}' gives classes only, so there is nothing graded to explain",
            "use one with predict_proba or decision_function",
            where="--model",
        )
    evidence.decisions()  # of the whole table, so that a row the model cannot read is told in the model's own words
    named = [(at, "asked for") for at in asked] or representatives(evidence, wish, outcomes=outcomes)
    evidence.progress("explaining the rows")
    attribution = attribute(evidence, np.array([at for at, _ in named], dtype=np.int64))
    frame = evidence.subject.columns(evidence.test.frame)
    levers, left = levers_of(frame, tuple(str(c) for c in frame.columns), immutable)
    answer = _answers(evidence, wish)
    made = []
    for place, (at, picked) in enumerate(named):
        evidence.progress(f"row {rows[at]}: {picked}")
        made.append(
            _decision(
                evidence, attribution, place, row=int(rows[at]), picked=picked, wish=wish, answer=answer,
                levers=levers, trials=trials, outcomes=outcomes,
            )
        )  # fmt: skip
    data, subject = evidence.test, evidence.subject
    return Decisions(
        model=subject.name,
        model_sha256=subject.sha256,
        data=data.name,
        data_sha256=data.sha256,
        rows=len(data),
        seed=evidence.seed,
        method=attribution.method,
        compared_with=_compared(attribution, len(data)),
        immutable=(*immutable, *left),
        notes=data.notes,
        decisions=tuple(made),
    )


def _compared(attribution: Attribution, looked_at: int) -> str:
    """How many rows were looked at, and of sampled values how many of these are the background."""
    rows = f"{looked_at:,} rows looked at"
    return (
        rows
        if attribution.errors is None
        else f"{len(attribution.bench.background):,} background rows, of {rows}"
    )


def _answers(evidence: Evidence, wish: Wish) -> Answer | None:
    """What the model says of all rows of the evidence, where there is a side to be on."""
    return wish.answer(evidence, evidence.test.frame) if wish.known else None


def _decision(
    evidence: Evidence, attribution: Attribution, place: int, *, row: int, picked: str, wish: Wish,
    answer: Answer | None, levers: list[Lever], trials: int, outcomes: bool,
) -> Decision:  # fmt: skip
    """One row."""
    at = int(attribution.rows[place])
    data = evidence.test
    decision, score = _said(evidence, at)
    here = _sides(evidence, wish, answer, at, decision)
    output, words, sign = _output(evidence, attribution, here, decision)
    parts = _contributions(evidence, attribution, place, output)
    towards = [one.model_copy(update={"adds": sign * one.adds}) for one in parts]
    adverse = None if not wish.known or not wish.good or answer is None else not bool(answer.there[at])
    against = (
        ()
        if answer is None or adverse is not True
        else reasons(towards, _there(evidence, answer), wish.words)
    )
    found, searched = _flips(evidence, at, here, levers, answer, trials)
    return Decision(
        row=row,
        picked=picked,
        decision=decision,
        score=score,
        actual=_actual(data, at) if outcomes else "",
        explains=words,
        base=round(float(attribution.base[output]), 12) + 0.0,
        output=round(float(attribution.base[output] + attribution.values[place, :, output].sum()), 12) + 0.0,
        contributions=parts,
        counterfactuals=found,
        searched=searched,
        adverse=adverse,
        reasons=against,
        cautions=tuple(f"'{one.column}' is a sensitive column; {GONE}" for one in against if one.sensitive),
    )


def _said(evidence: Evidence, at: int) -> tuple[str, float | None]:
    """The decision in words, and its probability or value."""
    scores = evidence.scores()
    if evidence.task == "regression":
        value = float(evidence.decisions()[at])
        return f"{value:.6g}", value
    code = int(evidence.decisions()[at])
    graded = scores is not None and evidence.probabilistic
    return evidence.test.classes[code], float(scores[at, code]) if graded and scores is not None else None


def _actual(data: Any, at: int) -> str:
    """What happened."""
    value = data.outcome[at]
    return f"{float(value):.6g}" if data.task == "regression" else data.classes[int(value)]


def _sides(evidence: Evidence, wish: Wish, answer: Answer | None, at: int, decision: str) -> Wish | None:
    """The side that the row is to be flipped to; None where there is none."""
    if answer is not None:
        return wish.other(evidence.subject.classes) if answer.there[at] else wish
    if evidence.task == "regression":
        return None
    return Wish(labels=(decision,)).other(evidence.subject.classes)


def _output(
    evidence: Evidence, attribution: Attribution, here: Wish | None, decision: str
) -> tuple[int, str, float]:
    """Which output is explained, its words, and +1 where more of it is more of the side to flip to."""
    words, classes = attribution.bench.words, evidence.subject.classes
    if attribution.values.shape[2] == 1:
        if evidence.task == "regression":
            return 0, words, 1.0 if here is None or here.above else -1.0
        return 0, words, 1.0 if here is not None and evidence.test.positive in here.labels else -1.0
    place = classes.index(decision)
    of = f"{words.removesuffix(' of each class')} of '{decision}'"
    return place, of, -1.0


def _contributions(
    evidence: Evidence, attribution: Attribution, place: int, output: int
) -> tuple[Contribution, ...]:
    """What each column adds, the largest first."""
    frame, errors = evidence.test.frame, attribution.errors
    at = int(attribution.rows[place])
    parts = [
        Contribution(
            column=column,
            value=_cell(frame[column].iloc[at]) if column in frame else None,
            adds=float(attribution.values[place, number, output]),
            error=None if errors is None else float(errors[place, number, output]),
            sensitive=column in evidence.test.sensitive,
        )
        for number, column in enumerate(attribution.bench.columns)
    ]
    return tuple(sorted(parts, key=lambda one: -abs(one.adds)))


def _cell(value: Any) -> Cell:
    """A cell of the table as a document may hold it."""
    if value is None or value != value:
        return None
    if isinstance(value, (bool, np.bool_, str)):
        return str(value)
    if isinstance(value, (int, np.integer)):
        return int(value)
    if isinstance(value, (float, np.floating)):
        return float(value) if np.isfinite(value) else str(value)
    return text_of(value)


def _there(evidence: Evidence, answer: Answer) -> Any:
    """The rows that have the wanted outcome."""
    return evidence.test.frame[answer.there]


def _flips(
    evidence: Evidence, at: int, here: Wish | None, levers: list[Lever], answer: Answer | None, trials: int
) -> tuple[tuple[Counterfactual, ...], str]:
    """The counterfactuals of a row, and how they were looked for."""
    if here is None:
        return (), "not assessed: a value has no other side; give --threshold, the value to be reached"
    if not levers:
        return (), "not assessed: no column may change"
    frame = evidence.subject.columns(evidence.test.frame)
    search = Search(
        evidence=evidence,
        row=frame.iloc[[at]].reset_index(drop=True),
        wish=here,
        levers={lever.column: lever for lever in levers},
        most=trials,
    )
    named = ", ".join(lever.column for lever in levers)
    try:
        sets = counterfactuals(search, frame.iloc[_like(evidence, at, here, answer)])
    except Unanswered as why:
        return (), f"not assessed: after {search.trials:,} trials {why.problem}"
    asked = f"{search.trials:,} changed rows asked about; free to change: {named}"
    if not sets:
        return (
            (),
            f"none found within {search.trials:,} trials (towards {here.words}); free to change: {named}",
        )
    made = tuple(
        Counterfactual(
            changes=tuple(
                Change(
                    column=column, before=_cell(search.before(column)), after=_cell(value),
                    cost=search.levers[column].cost(search.before(column), value),
                )
                for column, value in changes.items()
            ),
            outcome=search.outcomes[tuple(sorted(changes.items()))],
            cost=search.cost(changes),
        )
        for changes in sets
    )  # fmt: skip
    return made, f"{asked}; the smallest found, each asked once more alone; there may be smaller ones"


def _like(evidence: Evidence, at: int, here: Wish, answer: Answer | None) -> NDArray[np.intp]:
    """Rows that are on the wanted side, a seeded few."""
    told = answer.there != answer.there[at] if answer is not None else None
    if told is None:
        words = np.array([evidence.test.classes[int(code)] for code in evidence.decisions()], dtype=object)
        told = np.isin(words, here.labels)
    places = np.flatnonzero(told)
    picked = evidence.rng("explainability like").permutation(len(places))[:LIKE]
    return places[np.sort(picked)]


def small(evidence: Evidence, rows: tuple[int, ...], *, most: int) -> tuple[Evidence, NDArray[np.int64], tuple[int, ...]]:  # fmt: skip
    """The evidence on these rows and a seeded sample of the others, what its rows are called, and where these are."""
    taken = np.unique(np.concatenate([evidence.sample(most, "why"), np.array(rows, dtype=np.int64)]))
    part = evidence.test.take(taken)
    found = tuple(int(at) for at in np.searchsorted(taken, np.array(rows, dtype=np.int64)))
    return replace(evidence, test=part, train=None, _kept={}), taken, found
