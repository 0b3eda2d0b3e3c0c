"""Simplicity: how much of the model can be said in ten lines, and those lines."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from riskaudit.audits.explainability.attribution import Attribution
from riskaudit.audits.explainability.bench import Table, lay_out
from riskaudit.audits.explainability.design import design_of
from riskaudit.audits.explainability.importance import unit_of
from riskaudit.audits.explainability.ratios import ratio_measure
from riskaudit.audits.explainability.surrogates import Surrogate, rule_list, small_tree, sparse_linear
from riskaudit.evidence import Evidence
from riskaudit.measure import Exhibit, Measure
from riskaudit.statistics import wilson

R2, AGREEMENT, BEST = (
    "explainability.surrogate_r2",
    "explainability.surrogate_agreement",
    "explainability.simplicity",
)
ROWS = {"quick": 1_000, "normal": 4_000, "deep": 20_000}
FEWEST = 60


def simplicity(evidence: Evidence, attribution: Attribution, output: int) -> Iterator[Measure | Exhibit]:
    """Fidelity of three small stand-ins on rows they were not fitted to, and the best of them in words.

    References
    ----------
    Craven, M. W. and Shavlik, J. W. (1996). Extracting tree-structured representations of trained networks.
    NeurIPS 8, 24-30.
    """
    if evidence.subject.remote and evidence.effort != "deep":
        taken = attribution.rows  # their answers are known
    else:
        taken = evidence.sample(ROWS[evidence.effort], "explainability surrogates")
    frame = evidence.subject.columns(evidence.test.frame).iloc[taken].reset_index(drop=True)
    bench = lay_out(evidence, taken, taken[:1])
    told = bench.output[:, output]
    design = design_of(frame, tuple(str(name) for name in frame.columns))
    why = _impossible(told) or ("" if design.names else "no column holds numbers, or words that come again")
    if why:
        for name in (R2, AGREEMENT, BEST):
            yield Measure(name=name, value=None, n=len(taken), unit="fraction", note=why)
        return
    learn = evidence.rng("explainability surrogates halves").permutation(len(taken)) < len(taken) // 2
    rows, held = np.flatnonzero(learn), np.flatnonzero(~learn)
    made = [make(design, rows, told[rows]) for make in (small_tree, rule_list, sparse_linear)]
    yes = _decided(evidence, taken, output)
    for one in made:
        yield _fidelity(one, one.says(design.table[held]), told[held])
        yield _agreement(one, one.says(design.table), told, yes, learn)
    best = max(made, key=lambda one: -float(((one.says(design.table[rows]) - told[rows]) ** 2).mean()))
    found = _fidelity(best, best.says(design.table[held]), told[held])
    note = f"a {best.name}, the best of three on the rows they were fitted to; {found.note}"
    yield found.model_copy(update={"name": BEST, "where": {}, "note": note})
    yield _lines(best, found, attribution)
    yield _tree(made[0], attribution)


def _impossible(told: Table) -> str:
    """Why nothing can stand in for these outputs; empty where something can."""
    if len(told) < FEWEST:
        return f"{len(told)} rows are too few to fit a stand-in to one half and measure it on the other: {FEWEST} are needed"
    if np.ptp(told) <= 1e-12 * max(1.0, float(np.abs(told).max())):
        return "the model says the same of every row: there is nothing to stand in for"
    return ""


def _fidelity(one: Surrogate, said: Table, told: Table) -> Measure:
    """R2 of a stand-in on held-out rows, 1 minus the ratio of two mean squares."""
    note = f"on {len(told):,} rows it was not fitted to; 1 is the model itself, 0 no better than its mean"
    return ratio_measure(
        R2, (told - said) ** 2, (told - told.mean()) ** 2, unit="fraction", where={"surrogate": one.name}, note=note,
        complement=True,
    )  # fmt: skip


def _agreement(
    one: Surrogate, said: Table, told: Table, yes: NDArray[np.bool_] | None, learn: NDArray[np.bool_]
) -> Measure:
    """The share of held-out rows decided alike; the stand-in's cut is the best on the rows it was fitted to."""
    where = {"surrogate": one.name}
    if yes is None:
        why = "what is explained is no decision: see R2"
        return Measure(name=AGREEMENT, value=None, n=len(told), unit="fraction", where=where, note=why)
    cut = _cut(said[learn], yes[learn])
    alike = (said[~learn] > cut) == yes[~learn]
    common = max(float(yes[~learn].mean()), float(1 - yes[~learn].mean()))
    note = f"cut where it agrees best on the rows it was fitted to; always saying the commoner decision gives {common:.2f}"
    hits, n = int(alike.sum()), len(alike)
    return Measure(name=AGREEMENT, value=hits / n, interval=wilson(hits, n), n=n, unit="fraction", where=where, note=note)  # fmt: skip


def _cut(said: Table, yes: NDArray[np.bool_]) -> float:
    """Where to part what is said so that most rows fall as the model decides."""
    order = np.argsort(said, kind="stable")
    values, above = said[order], yes[order]
    right = np.concatenate([[above.sum()], above.sum() + np.cumsum(np.where(above, -1, 1))])
    open_ = np.concatenate([[True], np.diff(values) > 0, [True]])
    best = int(np.where(open_, right, -1).argmax())
    if best == 0:
        return float(values[0]) - 1.0
    return float(values[best - 1]) if best == len(values) else float((values[best - 1] + values[best]) / 2)


def _decided(evidence: Evidence, taken: NDArray[np.int64], output: int) -> NDArray[np.bool_] | None:
    """Whether the model decides for the output looked at; None for values."""
    if evidence.task == "regression":
        return None
    data = evidence.test
    label = data.positive or evidence.subject.classes[output]
    return (
        np.asarray(evidence.decisions()[taken] == data.classes.index(label))
        if label in data.classes
        else None
    )


def _lines(best: Surrogate, found: Measure, attribution: Attribution) -> Exhibit:
    """The best stand-in, line by line."""
    held = (
        ""
        if found.value is None
        else f" They hold {max(found.value, 0.0):.0%} of its variation on rows they were not fitted to."
    )
    return Exhibit(
        name="explainability.ten_lines",
        kind="table",
        title="The model in ten lines",
        caption=f"The {attribution.bench.words}, said by a {best.name}.{held}",
        columns={"line": list(range(1, len(best.lines) + 1)), "says": list(best.lines)},
    )


def _tree(tree: Surrogate, attribution: Attribution) -> Exhibit:
    """The tree, to be drawn."""
    keys = ("node", "parent", "branch", "label", "value", "share")
    return Exhibit(
        name="explainability.surrogate_tree",
        kind="tree",
        title="A tree that stands in for the model",
        caption=f"Depth three, fitted to the {attribution.bench.words}; its value in each node, in {unit_of(attribution)}. "
        "Of a question, the branch 'yes' is where it holds.",
        columns={key: [node[key] for node in tree.nodes] for key in keys},
    )
