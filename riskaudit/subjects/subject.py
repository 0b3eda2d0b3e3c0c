"""Subject: the model under audit, and how to make its shadows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Protocol

from riskaudit.datasets.labels import text_of
from riskaudit.errors import InputError, RiskAuditError
from riskaudit.subjects.record import TrainingRecord

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray


FAULTS = (
    *(ValueError, TypeError, AttributeError, LookupError, ArithmeticError),
    *(RuntimeError, MemoryError, AssertionError, ImportError),
)
"""What a damaged model may raise when it is asked: its arrays need not fit one another."""


class Predictor(Protocol):
    """The least that a subject's estimator must do; it may live in another process or on another machine.

    One that gives probabilities has `predict_proba` (and `decision_function` for a margin) as well, a
    classifier `classes_`. What it lacks (`fit`, `get_params`, trees, coefficients) is *not assessed*: to fit
    it again `sklearn.base.clone` must take it, or it says why not (`no_refit`). Rows come as a DataFrame, or as an array
    where the model knows no column names. Errors of the rows are ValueError, of the model InputError.
    """

    def predict(self, rows: Any, /) -> Any:
        """Labels or values (n,)."""


@dataclass(frozen=True, kw_only=True)
class Subject:
    """A model, or the predictions of one.

    Attributes
    ----------
    name, kind : str
        What it is called; `scikit-learn model` or `predictions`.
    estimator : Predictor or None
        scikit-learn-shaped, here or elsewhere; None for predictions alone.
    regression : bool
        Whether it predicts a number.
    classes : tuple of str
        Class labels as text, in the order of the columns of `predict_scores`; empty for regression.
    numbered : bool
        Whether it knows its classes only as 0..k-1: `relabelled` says what they stand for.
    either : bool
        Whether its one number a row may be a score of the second class or a value: `as_values` makes it one.
    sha256, size_bytes
        Of the saved model; None where there is no file.
    named : bool
        False where the model was fitted to a bare array: `features` are then said by the user.
    training : TrainingRecord or None
        What the training core wrote down.
    rebuilt : estimator or None
        The recipe as an unfitted estimator of its own, where the model itself cannot be fitted again.
    """

    name: str
    kind: str
    estimator: Any = None
    regression: bool = False
    classes: tuple[str, ...] = ()
    features: tuple[str, ...] = ()
    named: bool = True
    numbered: bool = False
    either: bool = False
    sha256: str | None = None
    size_bytes: int | None = None
    training: TrainingRecord | None = None
    rebuilt: Any = None

    @property
    def no_refit(self) -> str:
        """Why the model cannot be fitted again; empty where it can."""
        if self.rebuilt is not None:
            return ""
        said = str(getattr(self.estimator, "no_refit", ""))
        return said or (
            "" if hasattr(self.estimator, "fit") else "there is no recipe to fit again, only answers"
        )

    @property
    def recipe(self) -> Any:
        """The estimator that a refit clones: the one rebuilt from its settings, else the model's own.

        Raises
        ------
        RiskAuditError
            If there is none.
        """
        if self.no_refit:
            raise RiskAuditError(
                self.no_refit, "audit the model itself, saved as .skops, for what needs refits"
            )
        return self.estimator if self.rebuilt is None else self.rebuilt

    @property
    def refits_are(self) -> str:
        """What a refit of the estimator leaves out of how the model was made; empty where it repeats all of it."""
        record = self.training
        if record is None or record.repeatable:
            return ""
        return (
            f"The model was {record.recipe}; refits repeat its learner and settings alone, without that, so they "
            "stand for the plain learner."
        )

    @property
    def can_predict(self) -> bool:
        """Whether there is a model to ask."""
        return self.estimator is not None

    @property
    def remote(self) -> bool:
        """Whether the model is asked over a network, where each row costs a request."""
        return bool(getattr(self.estimator, "remote", False))

    @property
    def gives_scores(self) -> bool:
        """Whether there is more than a decision: a value, a probability or a decision function."""
        return self.regression or self.gives_probabilities or hasattr(self.estimator, "decision_function")

    @property
    def gives_probabilities(self) -> bool:
        """Whether the model gives class probabilities."""
        return not self.regression and hasattr(self.estimator, "predict_proba")

    def close(self) -> None:
        """Let go of what the model holds open: a connection, another process."""
        if hasattr(self.estimator, "close"):
            self.estimator.close()

    def predict_scores(self, frame: pd.DataFrame) -> NDArray[np.float64]:
        """Class probabilities (n, k) for a classifier, values (n,) for a regressor.

        A classifier without probabilities gives its decision function through a logistic or softmax
        link: an order, not a probability (`gives_probabilities` tells).

        Raises
        ------
        InputError
            If a feature is absent, the model refuses the rows, or a score is not finite.
        """
        import numpy as np

        scores = np.asarray(self._asked(self._raw_scores, frame), dtype=np.float64)
        if self.regression:
            scores = (
                scores.reshape(len(scores), -1)[:, 0] if scores.ndim == 2 and scores.shape[1] == 1 else scores
            )
        if self.regression and scores.ndim != 1:
            raise InputError(
                f"model '{self.name}' predicts {scores.shape[1]} values for each row",
                "save a model of one outcome",
            )
        if not np.isfinite(scores).all():
            raise InputError(
                f"model '{self.name}' gave {int((~np.isfinite(scores)).sum())} scores that are NaN or infinite",
                "mend the model; such rows cannot be audited",
            )
        return scores

    def predict_labels(self, frame: pd.DataFrame) -> Any:
        """What the model decides (n,), by its own `predict`: thresholds and votes of its own included.

        Raises
        ------
        InputError
            As `predict_scores`.
        """
        return self._asked(lambda rows: self.estimator.predict(rows), frame)

    def probe(self, frame: pd.DataFrame) -> None:
        """Ask a model that lives elsewhere once, before audits rely on it.

        Raises
        ------
        InputError
            If it hangs, dies, or does not take the rows.
        """
        self._asked(lambda rows: self.estimator.probe(rows), frame)

    def relabelled(self, labels: tuple[str, ...]) -> Subject:
        """The same model, its classes 0..k-1 under the names they stand for.

        Raises
        ------
        InputError
            If it knows its own classes, or has another number of them.
        """
        import numpy as np

        if not self.numbered:
            raise InputError(
                f"model '{self.name}' knows its own classes ({', '.join(self.classes[:6]) or 'none: it predicts values'})",
                "leave --classes out",
                where="--classes",
            )
        if len(labels) != len(self.classes):
            raise InputError(
                f"model '{self.name}' has {len(self.classes)} classes; --classes names {len(labels)}",
                "name each of them, in the order 0, 1, ...",
                where="--classes",
            )
        if hasattr(self.estimator, "tree_nodes_"):
            self.estimator.labels = np.array(labels, dtype=object)
        else:
            self.estimator.classes_ = np.array(labels, dtype=object)
        return replace(self, classes=labels, numbered=False)

    def as_values(self) -> Subject:
        """The same model as one of values, where it could be either."""
        return replace(
            self,
            estimator=self.estimator.values(),
            regression=True,
            classes=(),
            numbered=False,
            either=False,
        )

    def columns(self, frame: pd.DataFrame) -> pd.DataFrame:
        """The model's features, in its own order.

        Raises
        ------
        InputError
            If the table lacks one of them.
        """
        absent = [name for name in self.features if name not in frame.columns]
        if absent:
            from riskaudit.errors import did_you_mean

            raise InputError(
                f"the table lacks {len(absent)} column(s) that model '{self.name}' was trained on: {', '.join(map(repr, absent[:5]))}",
                did_you_mean(absent[0], [str(c) for c in frame.columns]),
                where="--data",
            )
        return frame[list(self.features)] if self.features else frame

    def _raw_scores(self, rows: Any) -> Any:
        """Values, probabilities or linked decision values."""
        if self.regression:
            return self.estimator.predict(rows)
        if self.gives_probabilities:
            return self.estimator.predict_proba(rows)
        return _linked(self.estimator.decision_function(rows))

    def rows(self, frame: pd.DataFrame) -> Any:
        """The model's features as it was fitted to them: a frame, or an array where it knows no names."""
        chosen = self.columns(frame)
        return chosen if self.named else chosen.to_numpy()

    def _asked(self, ask: Callable[[Any], Any], frame: pd.DataFrame) -> Any:
        """What the estimator says, its own errors told in our words."""
        try:
            return ask(self.rows(frame))
        except FAULTS as error:
            first = str(error).splitlines()[0][:200] if str(error) else type(error).__name__
            raise InputError(
                f"model '{self.name}' cannot predict this table: {first}",
                "give a table with the columns and types it was trained on",
                where="--data",
            ) from error

    def retrained(self, frame: pd.DataFrame, labels: Any, *, seed: int) -> Subject:
        """The same recipe fitted to other rows: a shadow of this model.

        Parameters
        ----------
        frame : DataFrame (n, d)
            With at least the features.
        labels : array (n,)
            The outcome, in the labels the model was trained on.

        Raises
        ------
        RiskAuditError
            If it cannot be fitted again.
        """
        from sklearn.base import clone

        shadow = clone(self.recipe)
        seeds = {
            key: seed
            for key in shadow.get_params()
            if key == "random_state" or key.endswith("__random_state")
        }
        shadow.set_params(**seeds)
        shadow.fit(self.rows(frame), labels)
        classes = () if self.regression else tuple(text_of(c) for c in shadow.classes_)
        return replace(
            self,
            name=f"{self.name} (shadow)",
            estimator=shadow,
            classes=classes,
            sha256=None,
            size_bytes=None,
            training=None,
            rebuilt=None,
        )


def _linked(decision: Any) -> Any:
    """Decision values as numbers in 0..1 that keep their order."""
    import numpy as np
    from scipy.special import expit, softmax

    decision = np.asarray(decision, dtype=np.float64)
    if decision.ndim == 1:
        upper = expit(decision)
        return np.column_stack([1 - upper, upper])
    return softmax(decision, axis=1)


def subject_of(estimator: Any, *, name: str, features: tuple[str, ...] | None = None, **rest: Any) -> Subject:
    """The subject that a fitted scikit-learn-shaped estimator is.

    Raises
    ------
    InputError
        If the object is no fitted classifier or regressor.
    """
    from sklearn.base import is_classifier, is_regressor

    try:
        classifies, regression = bool(is_classifier(estimator)), bool(is_regressor(estimator))
    except FAULTS as error:  # some ask their settings, which a damaged file may lack
        raise InputError(
            f"the model in '{name}' is damaged: {type(error).__name__}: {str(error)[:100]}", "save it again"
        ) from error
    if not (classifies or regression):
        raise InputError(
            f"'{name}' holds a {type(estimator).__name__}, which is neither a classifier nor a regressor",
            "save a fitted scikit-learn estimator or pipeline",
        )
    if not regression and not hasattr(estimator, "classes_"):
        raise InputError(f"the model in '{name}' is not fitted", "fit it before saving it")
    if not regression and not (hasattr(estimator.classes_, "__len__") and len(estimator.classes_)):
        raise InputError(f"the model in '{name}' has no classes", "train it again")
    if not regression and isinstance(estimator.classes_, list):
        raise InputError(
            f"the model in '{name}' decides several outcomes at once", "save a model of one outcome"
        )
    named = getattr(estimator, "feature_names_in_", ())
    return Subject(
        name=name,
        kind="scikit-learn model",
        estimator=estimator,
        regression=regression,
        classes=() if regression else tuple(text_of(c) for c in estimator.classes_),
        features=tuple(str(c) for c in named) if features is None else features,
        **rest,
    )
