"""Quality: how good a model is on rows it has not seen, with intervals."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
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


def _classification(evidence: Evidence) -> Iterator[Measure]:
    import numpy as np

    from riskaudit.statistics import wilson

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
        yield _auc(evidence, scores, actual == evidence.test.positive_code)
    if evidence.probabilistic:
        yield _mean("quality.log_loss", evidence.losses(), unit="nats")


def _auc(evidence: Evidence, scores: NDArray[np.float64], is_positive: NDArray[np.bool_]) -> Measure:
    """How well the scores order the positive class above the rest."""
    from riskaudit.statistics import auc

    name, n, positive = "quality.auc", len(scores), evidence.test.positive
    if is_positive.all() or not is_positive.any():
        note = f"Not assessed: the held-out rows have one class, and '{positive}' is compared with the other"
        return Measure(name=name, value=None, n=n, unit="auc", note=note)
    value, interval = auc(scores[is_positive], scores[~is_positive])
    return Measure(
        name=name, value=value, interval=interval, n=n, unit="auc", note=f"positive class: {positive}"
    )


def _regression(evidence: Evidence) -> Iterator[Measure]:
    import numpy as np

    actual, said = evidence.outcome(), evidence.decisions()
    error, unit = np.abs(said - actual), f"units of {evidence.test.target}"
    yield _mean("quality.mean_absolute_error", error, unit=unit)
    squares = _mean("quality.root_mean_square_error", error**2, unit=unit)
    interval = squares.interval and squares.interval.model_copy(
        update={
            "low": math.sqrt(squares.interval.low),
            "high": math.sqrt(squares.interval.high),
            "method": f"{squares.interval.method}, of the squares",
        }
    )
    yield squares.model_copy(update={"value": math.sqrt(squares.value or 0), "interval": interval})
    yield _r2(evidence, actual, said)


def _r2(evidence: Evidence, actual: NDArray[np.float64], said: NDArray[np.float64]) -> Measure:
    """The share of the variation that the model explains."""
    import numpy as np

    from riskaudit.statistics import bootstrap

    name, n = "quality.r2", len(actual)
    if np.ptp(actual) == 0:
        note = "Not assessed: every held-out row has the same target, so there is no variation to explain"
        return Measure(name=name, value=None, n=n, unit="fraction", note=note)

    def r2(y: NDArray[np.float64], p: NDArray[np.float64]) -> float:
        variation = ((y - y.mean()) ** 2).sum()
        return float(1 - ((y - p) ** 2).sum() / variation) if variation else math.nan  # a draw of equal rows

    interval, why = _sure(lambda: bootstrap(r2, actual, said, rng=evidence.rng("quality r2")))
    note = f"the mean of the rows has 0{why}"
    return Measure(name=name, value=r2(actual, said), interval=interval, n=n, unit="fraction", note=note)


def _mean(name: str, values: NDArray[np.float64], *, unit: str) -> Measure:
    """The mean of values (n,) that cannot be below 0, nor its Student's interval."""
    from riskaudit.statistics import mean_t

    interval, why = _sure(lambda: mean_t(values))
    if interval is not None:
        interval = interval.model_copy(update={"low": max(interval.low, 0.0)})
    value = float(values.mean())
    return Measure(name=name, value=value, interval=interval, n=len(values), unit=unit, note=why.lstrip("; "))


def _sure(find: Callable[[], Interval]) -> tuple[Interval | None, str]:
    """An interval, or why there is none."""
    from riskaudit.statistics import Undefined

    try:
        return find(), ""
    except Undefined as error:
        return None, f"; no interval: {error}"
