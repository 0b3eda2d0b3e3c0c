"""Trade: the ladder of smaller models as measures, a table, and a picture of quality against energy."""

from __future__ import annotations

from collections.abc import Iterator

from riskaudit.audits.compute.smaller import AS_IT_IS, Ladder, Step
from riskaudit.measure import Cell, Exhibit, Measure
from riskaudit.statistics import median_order
from riskaudit.statistics.scaling import gain, median

PRICE, ENERGY = "compute.smaller_price", "compute.smaller_energy"
SIZE, GAP, TOLD = "compute.smaller_size", "compute.smaller_gap", "compute.smaller_membership_auc"
ALONE = "Each interval stands alone; several models were tried."


def measures(ladder: Ladder) -> Iterator[Measure]:
    """The price of each smaller model, then energy, size, gap and leak of all, the audited one among them."""
    for name, why in ladder.skipped:
        yield _unknown(PRICE, why, "difference", {"model": name})
    for step in ladder.steps:
        where = {"model": step.name}
        if step.name != AS_IT_IS:
            yield _price(ladder, step, where)
        yield _energy(ladder, step, where)
        yield _size(step, where)
        for column, gap in step.gaps.items():
            yield Measure(
                name=GAP, value=gap.value, interval=gap.interval, n=ladder.rows, unit="difference",
                where={**where, "attribute": column, "group": gap.group, "reference": gap.reference},
                note="Widest gap in mean predicted values." if ladder.regression else "Widest gap in selection rates.",
            )  # fmt: skip
        if step.told:
            yield Measure(
                name=TOLD, value=step.told[0], interval=step.told[1], n=step.told_n, unit="auc", where=where,
                note="How well the loss alone tells the rows a model learned from; weaker than the privacy audit's attacks, so "
                "compare the models with one another only.",
            )  # fmt: skip


def _price(ladder: Ladder, step: Step, where: dict[str, str]) -> Measure:
    """How much worse it is than the audited model."""
    now, before = step.quality, ladder.steps[0].quality
    what = "Mean absolute error added" if ladder.regression else "Accuracy given up"
    note = (
        f"{what}, paired by row: {now:.4g} beside {before:.4g} of the audited model, on {ladder.rows:,} held-out rows from which "
        f"no model was fitted and none was chosen. {step.words[:1].upper()}{step.words[1:]}. {ALONE}"
    )
    return Measure(
        name=PRICE,
        value=step.price,
        interval=step.price_interval,
        n=ladder.rows,
        unit="difference",
        where=where,
        note=f"{note} {_unlike(ladder)}".strip(),
    )


def _unlike(ladder: Ladder) -> str:
    return f"{ladder.unlike[0].upper()}{ladder.unlike[1:]}." if ladder.unlike else ""


def _energy(ladder: Ladder, step: Step, where: dict[str, str]) -> Measure:
    """Wh of 1,000 predictions."""
    unit = "Wh per 1,000 predictions"
    if step.watts is None:
        why = (
            "its weights are simulated in the dense arithmetic of this machine, which makes no use of them"
            if ladder.steps[0].watts
            else "no meter gave a reading"
        )
        return _unknown(ENERGY, why, unit, where, metered=True)
    told = "The audited model, metered as the others are."
    if step.name != AS_IT_IS and ladder.steps[0].watts:
        share, within = gain(step.watts, ladder.steps[0].watts)
        told = (
            f"{share:.3g} times the audited model's ({within.low:.3g} to {within.high:.3g}, {within.method})."
        )
    return Measure(
        name=ENERGY,
        value=median(step.watts),
        interval=median_order(step.watts),
        n=len(step.watts),
        unit=unit,
        where=where,
        note=f"{told} Median of {len(step.watts)} short meterings on one thread, in turns with the other models, preparation "
        "of the rows included; the interval covers repeats only.",
        metered=True,
    )


def _size(step: Step, where: dict[str, str]) -> Measure:
    """Bytes in memory."""
    if step.size is None:
        return _unknown(
            SIZE, "a compiled library keeps the model where Python does not see it", "bytes", where
        )
    return Measure(
        name=SIZE,
        value=step.size,
        n=1,
        unit="bytes",
        where=where,
        note="In memory, preparation of the rows included. Counted, so without an interval.",
    )


def _unknown(name: str, why: str, unit: str, where: dict[str, str], *, metered: bool = False) -> Measure:
    return Measure(
        name=name, value=None, n=0, unit=unit, where=where, note=f"Not assessed: {why}.", metered=metered
    )


def exhibits(ladder: Ladder) -> Iterator[Exhibit]:
    """Quality against energy, and all numbers in a table."""
    metered = [step for step in ladder.steps if step.watts]
    if len(metered) > 1:
        yield _pareto(ladder, metered)
    if len(ladder.steps) > 1:
        yield _table(ladder)


def _pareto(ladder: Ladder, steps: list[Step]) -> Exhibit:
    """One point a model: cheap to the left, good at the top (a regression's error: at the bottom)."""
    ends = [
        (s.quality_interval.low, s.quality_interval.high) if s.quality_interval else (None, None)
        for s in steps
    ]
    columns: dict[str, list[Cell]] = {
        "x": [median(step.watts or [0.0]) for step in steps],
        "y": [step.quality for step in steps],
        "low": [low for low, _ in ends],
        "high": [high for _, high in ends],
        "series": ["audited" if step.name == AS_IT_IS else "smaller" for step in steps],
        "label": [step.name for step in steps],
    }  # fmt: skip
    quality = "mean absolute error" if ladder.regression else "accuracy"
    return Exhibit(
        name="compute.smaller",
        kind="scatter",
        title="What a smaller model would lose",
        caption=f"{sentence(ladder, steps)} {_front(ladder, steps)} On {ladder.rows:,} held-out rows that made none of them.",
        axes={"x": "Wh per 1,000 predictions", "y": quality, "x_scale": "log"},
        columns=columns,
        metered=True,
    )


def sentence(ladder: Ladder, steps: list[Step]) -> str:
    """Every smaller model in one breath, none picked out: that choice would need rows of its own."""
    first = steps[0]
    parts = []
    for step in steps[1:]:
        share, _ = gain(step.watts or [0.0], first.watts or [1.0])
        kept = step.quality / first.quality if first.quality else 1.0
        said = f"{kept:.2f} times the error" if ladder.regression else f"{100 * kept:.0f} % of the accuracy"
        room = f" and {_percent(step.size / first.size)} of the memory" if step.size and first.size else ""
        parts.append(f"{step.name}: {said} for {_percent(share)} of the energy{room}")
    return "; ".join(parts) + "."


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %" if share >= 0.01 else f"{100 * share:.2g} %"


def _front(ladder: Ladder, steps: list[Step]) -> str:
    """Models that no other beats in both quality and energy."""
    sign = 1 if ladder.regression else -1
    told = [(step.name, sign * step.quality, median(step.watts or [0.0])) for step in steps]
    front = [
        name
        for name, bad, cost in told
        if not any(b <= bad and c <= cost and (b, c) != (bad, cost) for _, b, c in told)
    ]
    return f"No other is both cheaper and as good: {', '.join(front)}."


def _table(ladder: Ladder) -> Exhibit:
    """Every model and every number."""
    steps = ladder.steps
    attributes = sorted({column for step in steps for column in step.gaps})
    quality = "mean absolute error" if ladder.regression else "accuracy"
    within = [None if step.name == AS_IT_IS else step.price_interval for step in steps]
    columns: dict[str, list[Cell]] = {
        "model": [step.name for step in steps],
        quality: [step.quality for step in steps],
        "worse by": [None if step.name == AS_IT_IS else step.price for step in steps],
        "low": [one.low if one else None for one in within],
        "high": [one.high if one else None for one in within],
    }
    for name in attributes:
        columns[f"gap by {name}"] = [step.gaps[name].value if name in step.gaps else None for step in steps]
    columns["membership AUC"] = [step.told[0] if step.told else None for step in steps]
    columns["Wh per 1,000"] = [median(step.watts) if step.watts else None for step in steps]
    columns["bytes"] = [step.size for step in steps]
    return Exhibit(
        name="compute.smaller_models",
        kind="table",
        title="Smaller models, number by number",
        caption=f"Measured on {ladder.rows:,} held-out rows that made none of them; 'worse by' is paired by row, with its 95 % interval.",
        columns=columns,
        metered=True,
    )
