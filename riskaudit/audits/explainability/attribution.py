"""Attribution: what each column adds to each row's output, by the explainer that fits the model."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

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
    values : array (n, d, m)
        By row, user's column, output.
    base : array (m,)
        The output that the values start from.
    noise : array (d,) or None
        Mean standard error of a value, where values are sampled.
    method, rows_because : str
        How they were made, and why of this many rows.
    """

    bench: Bench
    values: Table
    base: Table
    noise: Table | None
    method: str
    rows_because: str


def attribute(evidence: Evidence) -> Attribution:
    """The SHAP values of a seeded sample of held-out rows.

    A linear model is explained in closed form, trees by shap's TreeExplainer where its cost allows, all else
    (and any model whose values do not add up to its output) by permutations.
    """
    bench = _bench(evidence, rows=1, backgrounds=100)
    forest = forest_of(bench) if bench.family == "trees" else None
    chosen = plan(evidence, bench, forest)
    bench = _bench(evidence, rows=chosen.rows, backgrounds=chosen.backgrounds)
    exact, why = _exact(evidence, bench, forest if chosen.by_trees else None)
    if exact is not None:
        values, base, method = exact
        return _made(bench, values, base, method=method, because=chosen.because)
    if why:
        chosen = plan(evidence, bench, forest, exact=False)
        bench = _bench(evidence, rows=chosen.rows, backgrounds=chosen.backgrounds)
    return _sampled(evidence, bench, chosen, why=why or chosen.instead)


def _bench(evidence: Evidence, *, rows: int, backgrounds: int) -> Bench:
    """The audit's rows and the first of its background rows."""
    background = evidence.sample(100, "explainability background")
    mixed = evidence.rng("explainability background order").permutation(background)
    return lay_out(evidence, evidence.sample(rows, "explainability rows"), mixed[:backgrounds])


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


def _sampled(evidence: Evidence, bench: Bench, chosen: Plan, *, why: str) -> Attribution:
    """By permutations."""
    estimate = permutation_values(bench, evidence.rng("explainability permutations"))
    instead = f" ({why})" if why else ""
    players = "" if bench.parts.apart else "; the pipeline mixes columns, so that raw columns are exchanged"
    method = (
        f"SHAP by {2 * len(bench.background)} antithetic permutations over {len(bench.background)} "
        f"held-out background rows{instead}{players}"
    )
    noise = np.sqrt((estimate.errors**2).mean(axis=(0, 2)))
    return _made(
        bench,
        estimate.values,
        estimate.base,
        method=method,
        because=chosen.because,
        noise=noise,
    )


def _made(
    bench: Bench,
    values: Table,
    base: Table,
    *,
    method: str,
    because: str,
    noise: Table | None = None,
) -> Attribution:
    """The attribution, complete."""
    return Attribution(
        bench=bench,
        values=values,
        base=base,
        noise=noise,
        method=method,
        rows_because=because,
    )
