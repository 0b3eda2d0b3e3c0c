"""Refits: the model's own recipe trained once more, rows reweighed, proxies left out, or under a constraint."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from riskaudit.datasets.dataset import Dataset
from riskaudit.errors import RiskAuditError, UsageError
from riskaudit.subjects.record import TrainingRecord

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from riskaudit.training.fit import Trained

PROXY = 0.6  # AUC from which a column tells the group well enough to be left out
MOST_DROPPED = 3
LEARNT = 6000


@dataclass(frozen=True, kw_only=True)
class Refit:
    """A remedy that is a model: how to make it, in words."""

    trained: Trained
    words: str


def check_refittable(record: TrainingRecord | None) -> TrainingRecord:
    """The record of a plain training; other models cannot be trained again here.

    Raises
    ------
    RiskAuditError
        Without a record, or where a recipe beyond the plain one made the model.
    """
    if record is None:
        raise RiskAuditError(
            "this model has no training record, so it cannot be trained again",
            "train it with riskaudit train",
        )
    if record.recipe:
        raise RiskAuditError(
            f"this model was trained otherwise ({record.recipe}); a refit would undo that",
            "mend the plain model",
        )
    return record


def reweighed(members: Dataset, record: TrainingRecord, column: str) -> Refit:
    """Rows weighed so that group and outcome are independent (Kamiran and Calders 2012)."""
    from riskaudit.training.recipes.reweighed import Reweighed

    trained = _again(replace(members, features=tuple(record.features)), record, Reweighed(column))
    return Refit(
        trained=trained,
        words=f"rows reweighed so that '{column}' and the outcome are independent, model refitted",
    )


def without_proxies(members: Dataset, record: TrainingRecord, column: str, *, seed: int) -> Refit:
    """The column itself, and the columns that best give it away, left out."""
    from riskaudit.training.recipes.way import Way

    gone = proxies_of(members, tuple(record.features), column, seed=seed)
    left = tuple(name for name in record.features if name not in gone)
    if not gone or not left:
        raise UsageError(
            f"no column tells '{column}' with an AUC of {PROXY:g}, so none is left out"
            if not gone
            else "all features would be left out",
            "look at the other remedies",
        )
    trained = _again(replace(members, features=left), record, Way())
    return Refit(trained=trained, words=f"without {', '.join(repr(name) for name in gone)}, model refitted")


def proxies_of(members: Dataset, features: tuple[str, ...], column: str, *, seed: int) -> list[str]:
    """The column, where it is a feature, and up to three features that tell its largest group best on rows not learnt from."""
    import numpy as np

    from riskaudit.datasets.encoding import encoded
    from riskaudit.datasets.labels import factors
    from riskaudit.statistics import auc
    from riskaudit.statistics.proxies import telling_scores

    rng = np.random.default_rng([seed, 4711])
    taken = np.sort(rng.permutation(len(members))[:LEARNT])
    codes, words = factors(members.frame[column])
    mine = codes[taken]
    sizes = np.bincount(mine, minlength=len(words))
    group = mine == int(np.argmax(np.minimum(sizes, len(taken) - sizes)))
    half = rng.random(len(taken)) < 0.5
    told = []
    for name in features:
        if name == column:
            continue
        scores = telling_scores(encoded(members.frame.iloc[taken], [name]), half, group)
        if (group & ~half).any() and (~group & ~half).any():
            told.append((auc(scores[group & ~half], scores[~group & ~half])[0], name))
    found = [name for value, name in sorted(told, reverse=True) if value >= PROXY][:MOST_DROPPED]
    return [*([column] if column in features else []), *found]


def _again(members: Dataset, record: TrainingRecord, way: Any) -> Trained:
    """The same learner and settings fitted to these members; the split stays the one on record."""
    from riskaudit.training.fit import fit

    made = fit(members, learner=record.learner, settings=record.settings, seed=record.seed, way=way)
    kept: dict[str, Any] = {
        "split": record.split,
        "held_out": record.held_out,
        "data_sha256": record.data_sha256,
        "data_name": record.data_name,
    }
    kept |= {"sensitive": record.sensitive or members.sensitive}
    known = made.record.model_copy(update=kept)
    return replace(made, record=known, subject=replace(made.subject, training=known))


def constrained(
    members: Dataset, held: Any, record: TrainingRecord, estimator: Any, column: str
) -> NDArray[np.float64]:
    """The chance of the positive class for each held-out row (n,), under fairlearn's exponentiated gradient.

    The model step of the pipeline is fitted again and again under a demographic parity constraint of 0.02; the
    result decides by lot among those models, so it is measured by its chances, and not saved.

    References
    ----------
    Agarwal, A. et al. (2018). A reductions approach to fair classification. ICML, algorithm 1.
    """
    import warnings

    import numpy as np
    from fairlearn.reductions import DemographicParity, ExponentiatedGradient
    from sklearn.base import clone
    from sklearn.pipeline import Pipeline

    from riskaudit.datasets.labels import texts

    if not isinstance(estimator, Pipeline):
        raise RiskAuditError(
            "the model is no pipeline of preparation and learner", "train it with riskaudit train"
        )
    features = list(record.features)
    prepare, model = estimator[:-1], clone(estimator[-1])
    labels = (members.outcome == members.positive_code).astype(int)
    reduced = ExponentiatedGradient(model, DemographicParity(difference_bound=0.02), max_iter=12)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # fairlearn writes to pandas in a way that pandas is about to leave
        reduced.fit(
            prepare.transform(members.frame[features]),
            labels,
            sensitive_features=texts(members.frame[column]).astype(str),
        )
    chances = reduced._pmf_predict(prepare.transform(held[features]))
    found: NDArray[np.float64] = np.asarray(chances, dtype=np.float64)[:, 1]
    return found
