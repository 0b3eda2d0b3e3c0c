"""Pictures of attacks: the log-log ROC and the AUCs beside chance."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from riskaudit.audits.privacy.controls import Twin
from riskaudit.audits.privacy.told import Attack
from riskaudit.measure import Cell, Exhibit, Measure
from riskaudit.statistics import auc

POINTS = 24  # of a series, evenly on the log scale: what an eye tells apart and a reader looks up
READ_OFF = (0.001, 0.01, 0.1)  # false-alarm rates that the measures speak of

DRAWN = ("loss", "reference", "quantile", "leave-one-out")


def curves(attacks: Sequence[Attack], twin: Twin | None = None) -> Exhibit:
    """True against false positives on log scales: the left end is where people are named for sure.

    Drawn are the best known attacks and whichever orders the rows best.
    """
    best = max(attacks, key=lambda attack: auc(attack.members, attack.others)[0])
    shown = [attack for attack in attacks if attack.name in DRAWN or attack is best]
    controls = [fresh for fresh in (outsiders(shown[-1]),) if fresh.members.size] + (
        [twin.attack] if twin else []
    )
    drawn = {attack.name: roc(attack) for attack in (*shown, *controls)}
    columns: dict[str, list[Cell]] = {"series": [], "x": [], "y": []}
    for name, (x, y) in drawn.items():
        columns["series"] += [name] * len(x)
        columns["x"] += [float(f"{v:.3g}") for v in x]
        columns["y"] += [float(f"{v:.3g}") for v in y]
    return Exhibit(
        name="privacy.roc",
        kind="curve",
        title="How many members an attack finds, and how many others it accuses",
        caption="On both axes each step is a tenfold. Above the dotted line of chance the attack works; the far left is "
        "where it names members and hardly anybody else. Rows tied with the threshold are not accused. The negative "
        "control has outsiders on both sides and must follow the line of chance; the positive control is an overfit "
        "twin of the recipe and must rise above it.",
        axes={
            "x": "share of held-out rows accused (false positives)",
            "y": "share of members found (true positives)",
            "x_scale": "log",
            "y_scale": "log",
            "diagonal": 1.0,
        },
        columns=columns,
    )


def outsiders(attack: Attack) -> Attack:
    """The attack with every other held-out row in the place of a member: there is nothing to find."""
    order = np.random.default_rng(attack.others.size).permutation(attack.others)
    half = order.size // 2
    return Attack(name="negative control", members=order[:half], others=order[half:], note="", needs="")


def roc(attack: Attack) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """False- and true-positive rates of the attack, both rising, from one false alarm to all."""
    n = attack.others.size
    read_off = [rate for rate in READ_OFF if rate * n >= 1 - 1e-9]
    x = np.unique([*np.geomspace(1 / n, 1.0, POINTS)[:-1], *read_off, 1.0])
    ranked = np.append(np.sort(attack.others)[::-1], -np.inf)
    cuts = ranked[np.minimum(np.floor(x * n + 1e-9).astype(np.int64), n)]
    y = 1 - np.searchsorted(np.sort(attack.members), cuts, side="right") / attack.members.size
    seen = y > 0  # 0 has no place on a log axis
    return x[seen], y[seen]


def bars(attacks: Sequence[Attack], blind: Measure) -> Exhibit:
    """The AUC of every attack beside the control that never asks the model."""
    rows = [(attack.name, *_edges(attack), attack.n, attack.needs) for attack in attacks]
    if blind.value is not None and blind.interval is not None:
        edge = blind.interval
        rows.append(("blind (control)", blind.value, edge.low, edge.high, blind.n, "the two tables alone"))
    names = ("label", "value", "low", "high", "n", "needs")
    return Exhibit(
        name="privacy.attacks",
        kind="bars",
        title="How well members are told from others",
        caption="AUC of each attack with its 95 % interval; 0.5 is guessing. The control never asks the model: "
        "it should be at 0.5.",
        axes={"x": "AUC", "x_mark": 0.5, "mark_label": "guessing"},
        columns={name: list(column) for name, column in zip(names, zip(*rows, strict=True), strict=True)},
    )


def _edges(attack: Attack) -> tuple[float, float, float]:
    value, interval = auc(attack.members, attack.others)
    return value, interval.low, interval.high
