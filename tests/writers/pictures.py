"""Exhibits of the kinds that show two directions, a path or a branching, to try the drawings on."""

from __future__ import annotations

import random

from riskaudit.measure import Cell, Exhibit


def dependence(points: int = 600) -> Exhibit:
    """A feature's value against its SHAP value, another feature as the shade."""
    draw = random.Random(2)
    xs = [draw.uniform(0, 9) for _ in range(points)]
    shades = [draw.random() for _ in xs]
    ys: list[Cell] = [0.2 * x - 0.9 + 0.5 * s + draw.gauss(0, 0.1) for x, s in zip(xs, shades, strict=True)]
    return Exhibit(
        name="explainability.dependence", kind="scatter", title="What a year of work moves",
        caption="More years raise the score, most in district 9.",
        axes={"x": "years employed (years)", "y": "SHAP value (log odds)", "shade": "district", "y_mark": 0},
        columns={"x": list(xs), "y": ys, "shade": list(shades)},
    )  # fmt: skip


def pareto() -> Exhibit:
    """Learners by cost and quality, named, with error bars."""
    return Exhibit(
        name="compute.pareto", kind="scatter", title="Quality against energy", caption="The small forest is enough.",
        axes={"x": "training energy (Wh)", "y": "AUC", "x_scale": "log"},
        columns={
            "x": [0.02, 0.4, 1.1, 1.2, 40.0], "y": [0.71, 0.78, 0.80, 0.801, 0.81],
            "low": [0.69, 0.76, 0.78, 0.78, 0.79], "high": [0.73, 0.80, 0.82, 0.82, 0.83],
            "label": ["logistic", "tree", "forest of 50", "forest of 60", "forest of 2,000"],
            "series": ["frontier", "frontier", "frontier", "beaten", "frontier"],
        },
    )  # fmt: skip


def decision(steps: int = 6) -> Exhibit:
    """One decision as steps from the base value."""
    names = ["district", "income", "debt to income ratio, monthly, as declared", "years employed", "skill"]
    sizes = [-0.9, 0.45, -0.31, 0.12, -0.02]
    labels: list[Cell] = [*names[:steps], *(f"column {i}" for i in range(len(names), steps))]
    values: list[Cell] = [*sizes[:steps], *(0.01 * (-1) ** i for i in range(len(names), steps))]
    return Exhibit(
        name="explainability.decision", kind="waterfall", title="Why row 17 was refused",
        caption="District takes most away.", axes={"x": "log odds", "start": 0.4, "end": -0.25},
        columns={"label": labels, "value": values},
    )  # fmt: skip


def remedies() -> Exhibit:
    """What two remedies would change."""
    return Exhibit(
        name="bias.remedies", kind="arrows", title="What each remedy changes", caption="Thresholds per group reach the limit.",
        axes={"x": "selection rate ratio", "x_mark": 0.8, "mark_label": "limit 0.80"},
        columns={
            "label": ["thresholds per group", "without the proxies", "reweighing", "a longer name than there is room for"],
            "before": [0.62, 0.62, 0.62, None], "after": [0.83, 0.70, 0.615, 0.9],
            "before_low": [0.57] * 3 + [None], "before_high": [0.67] * 3 + [None],
            "after_low": [0.78, 0.64, 0.56, 0.85], "after_high": [0.89, 0.76, 0.67, 0.95],
        },
    )  # fmt: skip


def surrogate() -> Exhibit:
    """A small tree that says what a model does."""
    return Exhibit(
        name="explainability.surrogate", kind="tree", title="The model in five questions",
        caption="District decides first.", axes={"value": "approved"},
        columns={
            "node": ["0", "1", "2", "3", "4", "5", "6"], "parent": [None, "0", "0", "1", "1", "2", "2"],
            "branch": ["", "district is 9 or 12", "district is another", "income up to 31,000",
                       "income above 31,000", "debt to income ratio, monthly, as declared, up to 0.4", "above 0.4"],
            "label": ["all rows", "income?", "debt?", "refused", "approved", "approved", "refused"],
            "value": [0.4, 0.2, 0.6, 0.05, 0.5, 0.8, 0.3], "share": [1, 0.4, 0.6, 0.2, 0.2, 0.36, 0.24],
        },
    )  # fmt: skip


ALL = (dependence, pareto, decision, remedies, surrogate)
