"""Quality: how good a model is on rows it has not seen, with intervals."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

from riskaudit.evidence import Evidence
from riskaudit.measure import Interval, Measure

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def quality(evidence: Evidence) -> Iterator[Measure]:
    """Accuracy, AUC and log loss of a classifier; MAE, RMSE and R2 of a regressor; beside the trivial model.

    The trivial model says the commonest class, or the held-out rows' own mean.
    """
    if evidence.task == "regression":
        yield from _regression(evidence)
    else:
        yield from _classification(evidence)


def _not_negative(values: NDArray[np.float64]) -> Interval:
    """Student's interval of the mean of values (n,) that cannot be below 0."""
    from riskaudit.statistics import mean_t

    found = mean_t(values)
    return found.model_copy(update={"low": max(found.low, 0.0)})


def _classification(evidence: Evidence) -> Iterator[Measure]:
    import numpy as np

    from riskaudit.statistics import auc, wilson

    actual, said = evidence.outcome(), evidence.decisions()
    n, hits = len(actual), int((actual == said).sum())
    commonest = int(np.bincount(actual).max())
    yield Measure(
        name="quality.accuracy",
        value=hits / n,
        interval=wilson(hits, n),
        n=n,
        unit="fraction",
        note=f"always saying the commonest class: {commonest / n:.3f}",
    )
    scores = evidence.positive_scores()
    if scores is not None:
        is_positive = actual == evidence.test.positive_code
        value, interval = auc(scores[is_positive], scores[~is_positive])
        yield Measure(
            name="quality.auc",
            value=value,
            interval=interval,
            n=n,
            unit="auc",
            note=f"positive class: {evidence.test.positive}",
        )
    if evidence.probabilistic:
        losses: NDArray[np.float64] = evidence.losses()
        yield Measure(
            name="quality.log_loss",
            value=float(losses.mean()),
            interval=_not_negative(losses),
            n=n,
            unit="nats",
        )


def _regression(evidence: Evidence) -> Iterator[Measure]:
    import numpy as np

    actual, said = evidence.outcome(), evidence.decisions()
    error, unit = np.abs(said - actual), f"units of {evidence.test.target}"
    yield Measure(
        name="quality.mean_absolute_error",
        value=float(error.mean()),
        interval=_not_negative(error),
        n=len(error),
        unit=unit,
    )
    squares = _not_negative(error**2)
    yield Measure(
        name="quality.root_mean_square_error",
        value=float(np.sqrt((error**2).mean())),
        interval=Interval(
            low=math.sqrt(squares.low),
            high=math.sqrt(squares.high),
            level=squares.level,
            method=f"{squares.method}, of the squares",
        ),
        n=len(error),
        unit=unit,
    )
    yield _r2(evidence, actual, said)


def _r2(evidence: Evidence, actual: NDArray[np.float64], said: NDArray[np.float64]) -> Measure:
    """The share of the variation that the model explains."""
    import numpy as np

    from riskaudit.statistics import bootstrap

    if np.ptp(actual) == 0:
        return Measure(
            name="quality.r2",
            value=None,
            n=len(actual),
            unit="fraction",
            note="Not assessed: every held-out row has the same target, so there is no variation to explain",
        )

    def r2(y: NDArray[np.float64], p: NDArray[np.float64]) -> float:
        return float(1 - ((y - p) ** 2).sum() / ((y - y.mean()) ** 2).sum())

    return Measure(
        name="quality.r2",
        value=r2(actual, said),
        interval=bootstrap(r2, actual, said, rng=evidence.rng("quality r2")),
        n=len(actual),
        unit="fraction",
        note="the mean of the rows has 0",
    )
