"""Sweeps: how time grows with the batch, with training rows and with columns, measured."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from riskaudit.audits.compute.batch import asking
from riskaudit.audits.compute.operations import decider
from riskaudit.errors import RiskAuditError
from riskaudit.evidence import Evidence
from riskaudit.measure import Measure
from riskaudit.statistics import Undefined
from riskaudit.statistics.scaling import exponent

NAME = "compute.scaling_exponent"
TROUBLE = (ValueError, TypeError, AttributeError, NotImplementedError, RuntimeError, MemoryError)


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What an effort may spend: sizes of batches, rounds, and seconds of one sweep."""

    batches: tuple[int, ...]
    rounds: int
    seconds: float
    parts: tuple[float, ...]  # of the training rows


PLANS = {
    "normal": Plan(batches=(256, 1024, 4096), rounds=6, seconds=0.6, parts=(0.25, 0.5, 1.0)),
    "deep": Plan(
        batches=(64, 256, 1024, 4096, 16384), rounds=12, seconds=20.0, parts=(0.125, 0.25, 0.5, 1.0)
    ),
}
FEWEST_ROUNDS = 3
MOST_ROWS = {"normal": 20_000, "deep": 200_000}  # of training, in one refit
LEAST_COLUMNS = 8


@dataclass(frozen=True, kw_only=True)
class Sweep:
    """What was timed against what: `rounds` of seconds at `sizes`, or the reason why not."""

    of: str
    by: str
    sizes: tuple[int, ...] = ()
    rounds: tuple[tuple[float, ...], ...] = ()
    reason: str = ""


def sweeps(evidence: Evidence) -> list[Sweep]:
    """The sweeps that this effort has time for; columns at effort deep alone."""
    plan = PLANS[evidence.effort]
    found = [by_batch(evidence, plan), by_rows(evidence, plan)]
    return [*found, by_columns(evidence, plan)] if evidence.effort == "deep" else found


def measures(found: Sequence[Sweep]) -> Iterator[Measure]:
    """One exponent for each sweep."""
    for sweep in found:
        where = {"of": sweep.of, "by": sweep.by}
        reason, sizes = sweep.reason, sweep.sizes
        if not reason:
            try:
                value, interval = exponent(sizes, sweep.rounds)
            except Undefined as why:
                reason = str(why)
            else:
                yield Measure(
                    name=NAME, value=value, interval=interval, n=len(sweep.rounds), unit="ratio", where=where, metered=True,
                    note=f"Time grows as {sweep.by} to this power (1: in proportion, below 1: a fixed cost shared out), from {sizes[0]:,} to {sizes[-1]:,} in {len(sizes)} steps and {len(sweep.rounds)} rounds; over these sizes, no law beyond them.",
                )  # fmt: skip
                continue
        yield Measure(
            name=NAME,
            value=None,
            n=0,
            unit="ratio",
            where=where,
            note=f"Not assessed: {reason}.",
            metered=True,
        )


def by_batch(evidence: Evidence, plan: Plan) -> Sweep:
    """Prediction, by rows in one call."""
    calls = {rows: asking(evidence, rows) for rows in plan.batches}
    return swept("prediction time", "batch", calls, plan)


def by_rows(evidence: Evidence, plan: Plan) -> Sweep:
    """Training, by rows: the recipe fitted again to parts of the members."""
    of, by = "training time", "rows"
    members, subject = evidence.train, evidence.subject
    if members is None:
        return Sweep(of=of, by=by, reason="there are no member rows to refit the recipe on; pass --train")
    most = min(len(members), MOST_ROWS[evidence.effort])
    order = evidence.rng("compute sweep rows").permutation(len(members))[:most]
    labels, frame = members.labels, members.frame

    def refit(rows: int) -> Callable[[], Any]:
        at = np.sort(order[:rows])
        return lambda: subject.retrained(
            frame.iloc[at].reset_index(drop=True), labels[at], seed=evidence.seed
        )

    sizes = sorted({int(part * most) for part in plan.parts})
    if sizes[0] < 50:
        return Sweep(of=of, by=by, reason=f"{most:,} member rows are too few for steps of 50 rows and more")
    return swept(of, by, {rows: refit(rows) for rows in sizes}, plan)


def by_columns(evidence: Evidence, plan: Plan) -> Sweep:
    """Training, by prepared columns: what decides, fitted again to the first quarter, half and all of them."""
    of, by = "training time", "prepared columns"
    members = evidence.train
    if members is None:
        return Sweep(of=of, by=by, reason="there are no member rows to refit the recipe on; pass --train")
    try:
        from sklearn.base import clone

        prepare, model = decider(evidence.subject.estimator)
        at = evidence.rng("compute sweep columns").permutation(len(members))[: MOST_ROWS[evidence.effort]]
        rows = evidence.subject.rows(members.frame.iloc[np.sort(at)])
        seen = rows if prepare is None else prepare.transform(rows)
        X = np.asarray(seen.toarray() if hasattr(seen, "toarray") else seen, dtype=np.float64)
        y, clone_of = members.labels[np.sort(at)], clone(model)
    except (RiskAuditError, *TROUBLE) as error:
        return Sweep(
            of=of, by=by, reason=f"the model cannot be fitted to numbers alone ({type(error).__name__})"
        )
    if X.shape[1] < LEAST_COLUMNS:
        return Sweep(
            of=of, by=by, reason=f"{X.shape[1]} prepared columns are too few; it takes {LEAST_COLUMNS}"
        )
    widths = sorted({max(2, int(part * X.shape[1])) for part in plan.parts})
    calls = {width: partial(_fit, clone_of, X[:, :width], y) for width in widths}
    return swept(of, by, calls, plan)


def swept(of: str, by: str, calls: Mapping[int, Callable[[], Any]], plan: Plan, *, clock: Callable[[], float] = time.perf_counter) -> Sweep:  # fmt: skip
    """Every size timed once a round, until the rounds are done or the seconds are spent (three rounds at least).

    The first call of all, at the smallest size, warms up and is not counted. Where three rounds of what that took would be
    far beyond the seconds, nothing is timed.
    """
    sizes = tuple(sorted(calls))
    rounds: list[tuple[float, ...]] = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a solver may stop early on a part of the rows
        try:
            calls[sizes[0]]()
            start = clock()
            calls[sizes[0]]()
            first = clock() - start
            foreseen = FEWEST_ROUNDS * len(sizes) * first
            if foreseen > 2 * plan.seconds:
                return Sweep(of=of, by=by, reason=f"three rounds would take {foreseen:.1f} s and more, beyond this effort's {plan.seconds:g} s")  # fmt: skip
            began = clock()
            while len(rounds) < FEWEST_ROUNDS or (
                len(rounds) < plan.rounds and clock() - began < plan.seconds
            ):
                rounds.append(tuple(_seconds(calls[size], clock) for size in sizes))
        except (RiskAuditError, *TROUBLE) as error:
            words = getattr(error, "problem", "") or str(error)
            return Sweep(of=of, by=by, reason=(words.splitlines() or [type(error).__name__])[0][:200])
    return Sweep(of=of, by=by, sizes=sizes, rounds=tuple(rounds))


def _fit(model: Any, X: Any, y: Any) -> None:
    """A fresh copy, fitted."""
    from sklearn.base import clone

    clone(model).fit(X, y)


def _seconds(call: Callable[[], Any], clock: Callable[[], float]) -> float:
    start = clock()
    call()
    return clock() - start
