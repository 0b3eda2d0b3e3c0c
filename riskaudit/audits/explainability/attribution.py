"""Attribution: what each column adds to each row's output, by the explainer that fits the model."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from riskaudit.audits.explainability.bench import Bench, Table, lay_out
from riskaudit.audits.explainability.budget import Plan, plan
from riskaudit.audits.explainability.linear import linear_values
from riskaudit.audits.explainability.permutations import permutation_values
from riskaudit.audits.explainability.trees import Forest, forest_of, tree_values
from riskaudit.evidence import Evidence

TOLERANCE = 1e-3  # of the output's spread: further off, an explainer speaks of another function


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
    method, rows_because : str
        How they were made, and why of this many rows.
    """

    bench: Bench
    rows: NDArray[np.int64]
    values: Table
    base: Table
    errors: Table | None
    method: str
    rows_because: str

    @property
    def columns(self) -> tuple[str, ...]:
        """The user's columns (d,)."""
        return self.bench.columns

    @property
    def noise(self) -> Table | None:
        """Typical standard error of a column's values (d,), where they are sampled."""
        if self.errors is None:
            return None
        typical: Table = np.sqrt((self.errors**2).mean(axis=(0, 2)))
        return typical


def attribute(evidence: Evidence, rows: NDArray[np.int64] | None = None) -> Attribution:
    """The SHAP values of these held-out rows, or of a seeded sample of them.

    A linear model is explained in closed form, trees by shap's TreeExplainer where its cost allows, all else
    (and any model whose values do not add up to its output) by permutations.

    Parameters
    ----------
    rows : int array (n,), optional
        Positions among the held-out rows; without, as many are drawn as the effort affords.
    """
    start = _bench(evidence, evidence.sample(1, "explainability rows"), backgrounds=100)
    forest = forest_of(start) if start.family == "trees" else None
    chosen = _for_rows(plan(evidence, start, forest), rows)
    drawn = _drawn(evidence, chosen, rows)
    bench = _bench(evidence, drawn, backgrounds=chosen.backgrounds)
    exact, why = _exact(evidence, bench, forest if chosen.by_trees else None)
    if exact is not None:
        values, base, method = exact
        return Attribution(
            bench=bench,
            rows=drawn,
            values=values,
            base=base,
            errors=None,
            method=method,
            rows_because=chosen.because,
        )
    if why:
        chosen = _for_rows(plan(evidence, bench, forest, exact=False), rows)
        drawn = _drawn(evidence, chosen, rows)
        bench = _bench(evidence, drawn, backgrounds=chosen.backgrounds)
    return _sampled(evidence, bench, drawn, chosen, why=why or chosen.instead)


def _for_rows(chosen: Plan, rows: NDArray[np.int64] | None) -> Plan:
    """The plan for rows that were asked for."""
    if rows is None:
        return chosen
    return replace(chosen, rows=len(rows), because=f"{len(rows):,} rows that were asked for")


def _drawn(evidence: Evidence, chosen: Plan, rows: NDArray[np.int64] | None) -> NDArray[np.int64]:
    """The rows asked for, or as many as planned, by seed."""
    if rows is not None:
        return np.asarray(rows, dtype=np.int64)
    return evidence.sample(chosen.rows, "explainability rows")


def _bench(evidence: Evidence, rows: NDArray[np.int64], *, backgrounds: int) -> Bench:
    """These rows and the first of the audit's background rows."""
    background = evidence.sample(100, "explainability background")
    mixed = evidence.rng("explainability background order").permutation(background)
    return lay_out(evidence, rows, mixed[:backgrounds])


def _exact(
    evidence: Evidence, bench: Bench, forest: Forest | None
) -> tuple[tuple[Table, Table, str] | None, str]:
    """Values, base and method of shap's own explainer; None, and why, where it does not fit the model."""
    if bench.family == "linear":
        name, found = "LinearExplainer", linear_values(evidence, bench)
    elif forest is not None:
        name, found = "TreeExplainer", tree_values(bench, forest)
    else:
        return None, ""
    if found is None:
        return None, f"shap's {name} cannot read this model"
    values, base, _ = found
    off = additivity_error(bench, values, base)
    if off is not None and off > TOLERANCE:
        return None, f"the values of shap's {name} miss the model's output by {off:.1e} of its spread"
    return found, ""


def additivity_error(bench: Bench, values: Table, base: Table) -> float | None:
    """The largest |base + sum of values - output| over rows, in SDs of the output; None if it is constant."""
    spread = float(bench.output.std(axis=0).max())
    off = float(np.abs(base + values.sum(axis=1) - bench.output).max())
    if spread <= 1e-12 * max(1.0, float(np.abs(bench.output).max())):
        return None
    return off / spread


def _sampled(
    evidence: Evidence, bench: Bench, rows: NDArray[np.int64], chosen: Plan, *, why: str
) -> Attribution:
    """By permutations."""
    estimate = permutation_values(bench, evidence.rng("explainability permutations"))
    instead = f" ({why})" if why else ""
    players = "" if bench.parts.apart else "; the pipeline mixes columns, so that raw columns are exchanged"
    method = (
        f"SHAP by {2 * len(bench.background)} antithetic permutations over {len(bench.background)} "
        f"held-out background rows{instead}{players}"
    )
    return Attribution(
        bench=bench,
        rows=rows,
        values=estimate.values,
        base=estimate.base,
        errors=estimate.errors,
        method=method,
        rows_because=chosen.because,
    )
