"""Surrogates: small models that stand in for the big one, so short that they can be said in ten lines."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from riskaudit.audits.explainability.bench import Table
from riskaudit.audits.explainability.design import Design, rounded
from riskaudit.measure import Cell

DEPTH, TERMS, LEAST = 3, 10, 10


@dataclass(frozen=True, kw_only=True)
class Surrogate:
    """A small stand-in: what it says of any rows of the design (n, q), and itself in lines.

    `nodes` is a tree's, for drawing: node, parent, branch, label, value, share.
    """

    name: str
    says: Callable[[Table], Table]
    lines: tuple[str, ...]
    nodes: tuple[dict[str, Cell], ...] = ()


def small_tree(design: Design, rows: NDArray[np.intp], told: Table) -> Surrogate:
    """A regression tree of depth three, its thresholds rounded to what can be said."""
    from sklearn.tree import DecisionTreeRegressor

    X = design.table[rows]
    tree = DecisionTreeRegressor(max_depth=DEPTH, min_samples_leaf=LEAST, random_state=0).fit(X, told).tree_
    spread = np.ptp(X, axis=0)
    cuts = np.array(
        [
            0.0 if f < 0 else 0.5 if design.switches[f] else rounded(float(t), float(spread[f]))
            for f, t in zip(tree.feature, tree.threshold, strict=True)
        ]
    )
    values = _means(tree, cuts, X, told)

    def says(table: Table) -> Table:
        return values[_leaves(tree, cuts, table)]

    nodes, lines = _drawn(design, tree, cuts, values)
    return Surrogate(name=f"tree of depth {DEPTH}", says=says, lines=lines, nodes=nodes)


def _leaves(tree: object, cuts: Table, table: Table) -> NDArray[np.intp]:
    """Which leaf each row falls into, by the rounded thresholds."""
    feature, left, right = (np.asarray(getattr(tree, name)) for name in ("feature", "children_left", "children_right"))  # fmt: skip
    at = np.zeros(len(table), dtype=np.intp)
    for _ in range(DEPTH):
        inner = left[at] >= 0
        goes = table[np.arange(len(table)), np.maximum(feature[at], 0)] <= cuts[at]
        at = np.where(inner, np.where(goes, left[at], right[at]), at).astype(np.intp)
    return at


def _means(tree: object, cuts: Table, X: Table, told: Table) -> Table:
    """Mean output in each node, by the rounded thresholds; of an empty one, what the tree had."""
    leaves = _leaves(tree, cuts, X)
    values = np.asarray(tree.value)[:, 0, 0].copy()  # type: ignore[attr-defined]
    for leaf in np.unique(leaves):
        values[leaf] = told[leaves == leaf].mean()
    return values


def _drawn(design: Design, tree: object, cuts: Table, values: Table) -> tuple[tuple[dict[str, Cell], ...], tuple[str, ...]]:  # fmt: skip
    """The tree as nodes for drawing, and as a line for each leaf."""
    nodes: list[dict[str, Cell]] = []
    lines: list[str] = []
    weights = np.asarray(tree.weighted_n_node_samples)  # type: ignore[attr-defined]
    feature, left, right = (np.asarray(getattr(tree, name)) for name in ("feature", "children_left", "children_right"))  # fmt: skip

    def walk(at: int, parent: Cell, path: tuple[str, ...]) -> None:
        leaf = left[at] < 0
        label = f"{values[at]:.3g}" if leaf else design.part(int(feature[at]), float(cuts[at]), upper=False)
        nodes.append(
            {
                "node": str(at),
                "parent": parent,
                "branch": None if parent is None else ("yes" if path and path[-1].startswith("+") else "no"),
                "label": label,
                "value": float(values[at]),
                "share": float(weights[at] / weights[0]),
            }
        )
        if leaf:
            told = " and ".join(_tightest(path)) or "always"
            lines.append(f"if {told}: {values[at]:.3g} ({weights[at] / weights[0]:.0%} of rows)")
            return
        where, cut = int(feature[at]), float(cuts[at])
        walk(int(left[at]), str(at), (*path, "+" + design.part(where, cut, upper=False)))
        walk(int(right[at]), str(at), (*path, "-" + design.part(where, cut, upper=True)))

    walk(0, None, ())
    return tuple(nodes), tuple(lines)


def _tightest(path: tuple[str, ...]) -> list[str]:
    """The conditions on the way to a leaf, of several on one side of a number the last, which is the tightest."""
    found: dict[str, str] = {}
    for part in path:
        words = part[1:]
        side = next(
            (f"{words.rpartition(sign)[0]}{sign}" for sign in (" <= ", " > ") if sign in words), words
        )
        found.pop(side, None)
        found[side] = words
    return list(found.values())


def sparse_linear(design: Design, rows: NDArray[np.intp], told: Table) -> Surrogate:
    """A sum of at most ten terms, found by orthogonal matching pursuit."""
    from sklearn.linear_model import OrthogonalMatchingPursuit

    X = design.table[rows]
    centre, spread = X.mean(axis=0), X.std(axis=0)
    useful = np.flatnonzero(spread > 1e-12)
    weights, start = np.zeros(X.shape[1]), float(told.mean())
    if len(useful):
        scaled = (X[:, useful] - centre[useful]) / spread[useful]
        # n_nonzero_coefs=None would take a tenth of the columns
        kept = _independent(scaled)
        model = OrthogonalMatchingPursuit(n_nonzero_coefs=min(TERMS, len(kept)))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)  # it ends early where the terms already say all
            model.fit(scaled[:, kept], told)
        weights[useful[kept]] = np.atleast_1d(model.coef_) / spread[useful[kept]]
    weights = np.array([float(f"{w:.4g}") for w in weights])
    start = float(f"{start - float(centre @ weights):.6g}")

    def says(table: Table) -> Table:
        found: Table = start + table @ weights
        return found

    first = sorted(np.flatnonzero(weights), key=lambda at: -abs(weights[at]) * spread[at])
    lines = [f"{start:.4g} to begin with"]
    for at in first:
        times = f" for {design.names[at]}" if design.switches[at] else f" times {design.names[at]}"
        lines.append(f"{weights[at]:+.4g}{times}")
    return Surrogate(name=f"sum of at most {TERMS} terms", says=says, lines=tuple(lines))


def _independent(scaled: Table) -> NDArray[np.intp]:
    """Columns that are no copy, or opposite, of an earlier one: of two only one is needed."""
    alike = np.abs(scaled.T @ scaled) / len(scaled) > 1 - 1e-9
    return np.array([at for at in range(len(alike)) if not alike[at, :at].any()], dtype=np.intp)


def rule_list(design: Design, rows: NDArray[np.intp], told: Table) -> Surrogate:
    """Rules that are asked one after the other, ten conditions in all; the first that holds speaks.

    Greedy: the rule of one or two conditions that parts the rows left most, by squared error.

    References
    ----------
    Rivest, R. L. (1987). Learning decision lists. Machine Learning 2, 229-246.
    """
    X = design.table[rows]
    parts = _conditions(design, X)
    left = np.ones(len(X), dtype=bool)
    chosen: list[tuple[tuple[int, ...], float, float]] = []
    terms = 0
    holds = (
        np.column_stack([_meets(X, part) for part in parts]) if parts else np.zeros((len(X), 0), dtype=bool)
    )
    while terms < TERMS and left.sum() >= 2 * LEAST and parts:
        rule = _best_rule(holds[left], told[left], most=min(2, TERMS - terms))
        if rule is None:
            break
        caught = left & holds[:, list(rule)].all(axis=1)
        chosen.append((rule, float(told[caught].mean()), float(caught.mean())))
        left &= ~caught
        terms += len(rule)
    rest = float(told[left].mean()) if left.any() else float(told.mean())

    def says(table: Table) -> Table:
        found, open_ = np.full(len(table), rest), np.ones(len(table), dtype=bool)
        for rule, value, _ in chosen:
            caught = open_ & np.all([_meets(table, parts[at]) for at in rule], axis=0)
            found[caught] = value
            open_ &= ~caught
        return found

    lines = [
        f"{'else ' if at else ''}if {' and '.join(design.part(parts[c][0], parts[c][1], upper=parts[c][2]) for c in rule)}: "
        f"{value:.3g} ({share:.0%} of rows)"
        for at, (rule, value, share) in enumerate(chosen)
    ]
    lines.append(f"else: {rest:.3g} ({left.mean():.0%} of rows)")
    return Surrogate(name=f"list of rules of at most {TERMS} conditions", says=says, lines=tuple(lines))


Condition = tuple[int, float, bool]


def _conditions(design: Design, X: Table) -> list[Condition]:
    """Candidates: switches on and off, numbers above and below their ninths."""
    found: list[Condition] = []
    for at, switch in enumerate(design.switches):
        if switch:
            found += [(at, 0.5, True), (at, 0.5, False)]
            continue
        spread = float(np.ptp(X[:, at]))
        cuts = {rounded(float(q), spread) for q in np.quantile(X[:, at], np.linspace(0, 1, 11)[1:-1])}
        found += [(at, cut, upper) for cut in sorted(cuts) for upper in (True, False)]
    return found


def _meets(table: Table, part: Condition) -> NDArray[np.bool_]:
    """Which rows meet a condition."""
    at, cut, upper = part
    over: NDArray[np.bool_] = table[:, at] > cut
    return over if upper else ~over


def _best_rule(holds: NDArray[np.bool_], told: Table, *, most: int) -> tuple[int, ...] | None:
    """The rule that parts these rows best; None where none leaves enough rows on its side."""
    gains = _gains(holds, told)
    single = int(gains.argmax())
    if not gains[single] > 0:
        return None
    best = float(gains[single])
    rule: tuple[int, ...] = (single,)
    if most < 2:
        return rule
    for first in np.argsort(-gains, kind="stable")[:8]:
        both = _gains(holds & holds[:, [first]], told)
        second = int(both.argmax())
        if both[second] > 1.1 * best and second != first:  # a second condition must be worth its place
            best, rule = float(both[second]), (int(first), second)
    return rule


def _gains(holds: NDArray[np.bool_], told: Table) -> Table:
    """By how much the squared error falls when rows are parted by each column of `holds`."""
    n, inside = len(told), holds.sum(axis=0)
    centred = told - told.mean()
    sums = centred @ holds
    outside = n - inside
    able = (inside >= LEAST) & (outside >= 1)
    gain: Table = np.where(able, sums**2 * n / np.maximum(inside * outside, 1), 0.0)
    return np.where(gain > 1e-12 * max(float(centred @ centred), 1e-300), gain, 0.0)
