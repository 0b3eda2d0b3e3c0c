"""Price: what a remedy costs in quality, on rows that neither model was fitted to."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from riskaudit.measure import Interval, Measure
from riskaudit.statistics import Undefined, bootstrap, paired_difference

Floats = NDArray[np.float64]


def measure(
    before: Floats,
    after: Floats,
    remedy: str,
    *,
    regression: bool,
    rng: np.random.Generator,
    people: NDArray[np.int64] | None = None,
) -> Measure:
    """By how much accuracy changes, or of a regression the mean squared error (as a share of itself, falls above 0).

    Both are judged on the same rows, so the interval is one of pairs: Tango's score interval, or the bootstrap for
    errors and where people have several rows.

    Parameters
    ----------
    before, after : float arrays (n,)
        Whether each held-out row is answered right without and with the remedy, or its squared error.
    people : int array (n,) or None
        Whose row each is, where people have several.
    """
    n = len(before)
    told = (
        f"Mean squared error {after.mean():.4g} with the remedy, {before.mean():.4g} without"
        if regression
        else f"Accuracy {after.mean():.3f} with the remedy, {before.mean():.3f} without"
    )
    interval, why = _interval(before, after, regression=regression, rng=rng, people=people)
    return Measure(
        name="privacy.remedy_quality_change",
        value=float(fall(before, after) if regression else (after - before).mean()),
        interval=interval,
        n=n,
        unit="ratio" if regression else "difference",
        where={"remedy": remedy},
        note=f"{told}, on the same {n:,} held-out rows.{why}",
    )


def fall(before: Floats, after: Floats, axis: int = -1) -> Floats:
    """By how much of itself the mean error falls, along an axis; 0 where there was none."""
    was = before.mean(axis=axis)
    with np.errstate(divide="ignore", invalid="ignore"):
        change: Floats = np.where(was > 0, 1 - after.mean(axis=axis) / was, 0.0)
    return change


def gain(before: Floats, after: Floats, axis: int = -1) -> Floats:
    """By how much the mean rises, along an axis."""
    change: Floats = (after - before).mean(axis=axis)
    return change


def _interval(
    before: Floats,
    after: Floats,
    *,
    regression: bool,
    rng: np.random.Generator,
    people: NDArray[np.int64] | None,
) -> tuple[Interval | None, str]:
    """How sure the change is, and why not where there is no interval."""
    if not regression and people is None:
        better, worse = int((after > before).sum()), int((after < before).sum())
        return paired_difference(better, worse, len(before)), ""
    try:
        return bootstrap(fall if regression else gain, before, after, rng=rng, unit=people), ""
    except Undefined as reason:
        return None, f" No interval: {reason}."
