"""Quality: how good a model is on rows it has not seen, with intervals."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from riskaudit.evidence import Evidence
from riskaudit.measure import Measure

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

    from riskaudit.statistics import auc, mean_t, wilson

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
            name="quality.log_loss", value=float(losses.mean()), interval=mean_t(losses), n=n, unit="nats"
        )


def _regression(evidence: Evidence) -> Iterator[Measure]:
    import numpy as np

    from riskaudit.statistics import bootstrap, mean_t

    actual, said = evidence.outcome(), evidence.decisions()
    error = np.abs(said - actual)
    unit = f"units of {evidence.test.target}"
    yield Measure(
        name="quality.mean_absolute_error",
        value=float(error.mean()),
        interval=mean_t(error),
        n=len(error),
        unit=unit,
    )

    def r2(y: NDArray[np.float64], p: NDArray[np.float64]) -> float:
        return float(1 - ((y - p) ** 2).sum() / ((y - y.mean()) ** 2).sum())

    interval = bootstrap(r2, actual, said, rng=evidence.rng("quality r2"))
    yield Measure(
        name="quality.r2",
        value=r2(actual, said),
        interval=interval,
        n=len(error),
        unit="fraction",
        note="the mean of the rows has 0",
    )
