"""Attribution: what each column adds to each row's output, by the explainer that fits the model."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from riskaudit.audits.explainability.background import (
    SUMMED,
    Background,
    drawn_background,
    summed_background,
)
from riskaudit.audits.explainability.bench import Bench, Table, lay_out
from riskaudit.audits.explainability.budget import ROWS, SECONDS, Plan, because, plan
from riskaudit.audits.explainability.enough import TOLERANCE, Explain, in_batches
from riskaudit.audits.explainability.estimate import Estimate
from riskaudit.audits.explainability.grouping import grouped, groups_of
from riskaudit.audits.explainability.linear import linear_method, linear_values
from riskaudit.audits.explainability.permutations import permutation_values
from riskaudit.audits.explainability.trees import Forest, forest_of, tree_values
from riskaudit.evidence import Evidence

CORRELATED = 5_000  # rows that correlations are taken over
MISS = 1e-3  # of the output's spread: further off, an explainer speaks of another function

Rows = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class Attribution:
    """SHAP values of the bench's rows.

    Attributes
    ----------
    rows : int array (n,)
        Which of the held-out rows were explained.
    values : array (n, d, m)
        By row, user's column, output.
    base : array (m,)
        The output that the values start from.
    errors : array (n, d, m) or None
        Standard errors of the values, where they are sampled.
    pulls : array (b, d) or None
        How far each background row, were it the only one, would pull each column's mean |value|; None where
        there is no draw of background rows.
    sizes : array (n, d) or None
        |value|, mean over outputs, less what noise adds to it on average over rows; None where values are exact.
    method, rows_because : str
        How they were made, and why of this many rows.
    """

    bench: Bench
    rows: Rows
    values: Table
    base: Table
    errors: Table | None
    method: str
    rows_because: str
    pulls: Table | None = None
    sizes: Table | None = None

    @property
    def columns(self) -> tuple[str, ...]:
        """The user's columns (d,), or the groups they were put into."""
        return self.bench.columns

    @property
    def noise(self) -> Table | None:
        """Typical standard error of a column's values (d,), where they are sampled."""
        if self.errors is None:
            return None
        typical: Table = np.sqrt((self.errors**2).mean(axis=(0, 2)))
        return typical


def attribute(evidence: Evidence, rows: Rows | None = None) -> Attribution:
    """The SHAP values of these held-out rows, or of as many as settle the ranking.

    A linear model is explained in closed form, trees by shap's TreeExplainer where its cost allows, all else
    (and any model whose values do not add up to its output) by permutations.

    Parameters
    ----------
    rows : int array (n,), optional
        Positions among the held-out rows; without, rows are drawn until the ranking is known well enough or
        the budget of the effort is spent.
    """
    background = _background(evidence)
    start = _bench(evidence, _order(evidence)[:1], background)
    wanted = evidence.explaining.background
    trees = start.family == "trees" and wanted != "kmeans"
    forest = forest_of(start, interventional=wanted == "sample") if trees else None
    chosen = _for_rows(plan(evidence, start, forest), rows)
    exact, why = _exact(evidence, chosen, background, rows, forest=forest)
    if exact is not None:
        return exact
    if why:
        chosen = _for_rows(plan(evidence, start, forest, exact=False), rows)
    return _sampled(evidence, chosen, background, rows, why=why or chosen.instead)


def _order(evidence: Evidence) -> Rows:
    """The rows that may be explained, in the order in which they are drawn."""
    most = evidence.sample(ROWS[evidence.effort][1], "explainability rows")
    return evidence.rng("explainability row order").permutation(most)


def _for_rows(chosen: Plan, rows: Rows | None) -> Plan:
    """The plan for rows that were asked for: what the budget gives beyond one pass goes into more of them."""
    if rows is None:
        return chosen
    passes = int(np.clip(chosen.rows / max(1, len(rows)), 1, 10))
    return replace(chosen, rows=len(rows), passes=passes, because=f"{len(rows):,} rows that were asked for")


def _background(evidence: Evidence) -> Background:
    """The background rows that were asked for, or a hundred."""
    n = evidence.explaining.backgrounds or 100
    if evidence.explaining.background != "kmeans":
        return drawn_background(evidence, n)
    drawn = evidence.sample(SUMMED, "explainability k-means")
    bench = lay_out(evidence, drawn, drawn[:1])
    return summed_background(evidence, bench, n if evidence.explaining.backgrounds else 25)


def _bench(evidence: Evidence, rows: Rows, background: Background) -> Bench:
    """These rows before this background, correlated columns as one where that is asked for."""
    bench = replace(lay_out(evidence, rows, background.rows), weights=background.weights)
    threshold = evidence.explaining.group_correlated
    if threshold is None:
        return bench
    known = evidence.sample(CORRELATED, "explainability correlations")
    frame = evidence.subject.columns(evidence.test.frame).iloc[known]
    return grouped(bench, groups_of(frame, bench.columns, threshold))


def _explained(
    evidence: Evidence, chosen: Plan, bench: Bench, rows: Rows | None, explain: Explain, *, method: str
) -> Attribution | None:
    """The rows asked for, or those drawn until there are enough."""
    total, effort = len(evidence.test), evidence.effort
    at_once = rows is not None or bench.family == "linear"  # in closed form more rows cost next to nothing
    if at_once or evidence.subject.remote:  # what a service is sent is told beforehand
        found, end = explain(bench), "all"
    else:
        fewest, seconds = ROWS[effort][0], SECONDS[effort]
        told = in_batches(bench, explain, fewest=fewest, tolerance=TOLERANCE[effort], seconds=seconds)
        found, end = (None, "") if told is None else told
    if found is None:
        return None
    n = len(found.values)
    return Attribution(
        bench=bench.part(slice(0, n)),
        rows=_order(evidence)[:n] if rows is None else np.asarray(rows, dtype=np.int64),
        values=found.values,
        base=found.base,
        errors=found.errors,
        pulls=None if found.pulls is None or bench.weights is not None else found.pulls / n,
        sizes=found.sizes,
        method=method,
        rows_because=chosen.because if end == "all" else because(n, total, effort, end),
    )


def _exact(
    evidence: Evidence,
    chosen: Plan,
    background: Background,
    rows: Rows | None,
    *,
    forest: Forest | None,
) -> tuple[Attribution | None, str]:
    """The values of shap's own explainer; None, and why, where it does not fit the model."""
    drawn = _order(evidence)[: chosen.rows] if rows is None else rows
    bench = _bench(evidence, drawn, background)
    if bench.family == "linear":
        name, method = "the closed form", linear_method(evidence)
        explain: Explain = lambda part: linear_values(evidence, part)  # noqa: E731
    elif forest is not None and chosen.by_trees:
        name, method, trees = "shap's TreeExplainer", forest.method, forest
        explain = lambda part: tree_values(part, trees)  # noqa: E731
    else:
        return None, ""
    found = _explained(evidence, chosen, bench, rows, explain, method=f"{method}{_grouped(bench)}")
    if found is None:
        return None, f"{name} cannot read this model"
    off = additivity_error(found.bench, found.values, found.base)
    if off is not None and off > MISS:
        return None, f"the values of {name} miss the model's output by {off:.1e} of its spread"
    return found, ""


def additivity_error(bench: Bench, values: Table, base: Table) -> float | None:
    """The largest |base + sum of values - output| over rows, in SDs of the output; None if it is constant."""
    spread = float(bench.output.std(axis=0).max())
    off = float(np.abs(base + values.sum(axis=1) - bench.output).max())
    if spread <= 1e-12 * max(1.0, float(np.abs(bench.output).max())):
        return None
    return off / spread


def _sampled(
    evidence: Evidence, chosen: Plan, background: Background, rows: Rows | None, *, why: str
) -> Attribution:
    """By permutations."""
    drawn = _order(evidence)[: chosen.rows] if rows is None else rows
    kept = background.first(chosen.backgrounds)
    bench, rng = _bench(evidence, drawn, kept), evidence.rng("explainability permutations")
    instead = f" ({why})" if why else ""
    players = "" if bench.parts.apart else "; the pipeline mixes columns, so that raw columns are exchanged"
    method = (
        f"SHAP by {2 * chosen.passes * len(kept.rows)} antithetic permutations over {len(kept.rows)} "
        f"{kept.words}{instead}{players}{_grouped(bench)}"
    )

    def explain(part: Bench) -> Estimate:
        return permutation_values(part, rng, passes=chosen.passes)

    found = _explained(evidence, chosen, bench, rows, explain, method=method)
    assert found is not None, "permutations explain any model"  # noqa: S101 -- for the type checker
    return found


def _grouped(bench: Bench) -> str:
    """Which columns were put together, in words."""
    many = [" + ".join(names) for names in bench.members if len(names) > 1]
    return f"; correlated columns as one: {'; '.join(many)}" if many else ""
