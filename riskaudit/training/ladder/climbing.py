"""Climbing: every rung that the evidence allows; none sees a held-out row, and all are named before any is measured."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from riskaudit.errors import RiskAuditError
from riskaudit.evidence import Evidence
from riskaudit.subjects.anatomy import model_family
from riskaudit.subjects.rung import Rung
from riskaudit.training.recipes.distilled import ALPHA, TEMPERATURE, Distilled

if TYPE_CHECKING:
    from riskaudit.datasets.dataset import Dataset
    from riskaudit.subjects.subject import Subject

# Rows and cells of the members that a rung learns from: rows, not seconds, so that equal runs do equal work.
MOST_ROWS = {"normal": 4_000, "deep": 20_000}
MOST_CELLS = {"normal": 400_000, "deep": 10_000_000}
NEWTON = 200  # prepared columns x classes up to which Newton's method is the cheaper
VALUES = 50  # columns at most that a column of categories becomes
SMALL_TREES = {"max_iter": "20", "max_leaf_nodes": "8"}
STUDENT = {"hidden": "16", "epochs": "40", "batch_size": "64"}
TROUBLE = (ValueError, TypeError, AttributeError, LookupError, NotImplementedError, RuntimeError)


class Student(Distilled):
    """Distillation whose teacher is at hand: the audited model."""

    def __init__(self, teacher: Subject) -> None:
        self.teacher, self.origin = teacher, None
        self.temperature, self.alpha = TEMPERATURE, ALPHA
        self.words = f"distilled from {teacher.name}"


def ladder(evidence: Evidence) -> tuple[list[Rung], list[tuple[str, str]]]:
    """The smaller models, and which could not be had with the reason.

    Rungs: a linear model, 20 small trees (boosting), a perceptron of 16 units that learns from the audited model's own
    scores; of an audited perceptron also itself with half and four fifths of its weights pruned and with weights of 8
    bits. A text model has one rung, a logistic regression on words. A linear model has none: nothing here is smaller.
    """
    from riskaudit.training.ladder.thinned import thinned

    rungs: list[Rung] = []
    model = evidence.subject.estimator
    if model_family(model.steps[-1][1] if hasattr(model, "steps") else model) == "linear":
        return [], [("smaller models", "the model is linear: no smaller one is known here")]
    ways = _ways(evidence) if evidence.train else {}
    skipped = [] if ways else [("fitted models", "there are no member rows to fit them to; pass --train")]
    for name, make in ways.items():
        evidence.progress(f"a smaller model: {name}")
        try:
            rungs.append(make())
        except (RiskAuditError, *TROUBLE) as why:
            said = getattr(why, "problem", "") or str(why)
            skipped.append((name, (said.splitlines() or [type(why).__name__])[0][:200]))
    return [*rungs, *thinned(evidence.subject)], skipped


def _ways(evidence: Evidence) -> dict[str, Callable[[], Rung]]:
    """How each rung is fitted, in the order they are told."""
    whole, subject = evidence.rows("train"), evidence.subject
    text = _text_column(whole, subject)
    members = _sample(evidence, whole, width=1 if text else _width(whole, subject.features))
    if text:
        return {"logistic on words": lambda: _words(evidence, members, text)}

    def fitted(name: str, learner: str, words: str, settings: dict[str, str]) -> Callable[[], Rung]:
        way = Student(subject) if name.startswith("distilled") else None
        return lambda: _fitted(evidence, members, name, learner, words, settings, way)

    width = _width(members, subject.features) * max(1, len(members.classes) - 1)
    linear = "linear" if subject.regression else "logistic" if width <= NEWTON else "sklearn-logistic"
    return {
        linear: fitted(linear, linear, f"{linear} regression", {}),
        "small trees": fitted("small trees", "boosting", "20 boosted trees of 8 leaves", SMALL_TREES),
        "distilled perceptron": fitted(
            "distilled perceptron", "perceptron", "16 units taught by the model's own scores", STUDENT
        ),
    }


def _sample(evidence: Evidence, whole: Dataset, *, width: int) -> Dataset:
    """Members as many as the effort allows, with the model's own features."""
    most = min(MOST_ROWS[evidence.effort], max(500, MOST_CELLS[evidence.effort] // width))
    kept = evidence.sample(most, "compute ladder", "train")
    return replace(whole.take(kept), features=evidence.subject.features or whole.features)


def _width(data: Dataset, features: tuple[str, ...]) -> int:
    """About how many columns the features become when they are prepared."""
    import pandas as pd

    told = (data.frame[name].head(10_000) for name in features or data.features)
    return sum(1 if pd.api.types.is_numeric_dtype(one) else min(VALUES, one.nunique() + 1) for one in told)


def _text_column(data: Dataset, subject: Subject) -> str:
    """The one feature, where it holds texts."""
    from riskaudit.training.tokens import reads_as_text

    features = subject.features or data.features
    return features[0] if len(features) == 1 and reads_as_text(data.frame[features[0]]) else ""


def _fitted(
    evidence: Evidence,
    members: Dataset,
    name: str,
    learner: str,
    words: str,
    settings: dict[str, str],
    way: Any,
) -> Rung:
    """A learner of the training core on the members."""
    from riskaudit.training.fit import fit

    made = fit(members, learner=learner, settings=settings, seed=evidence.seed, way=way)
    subject = replace(made.subject, name=name)
    return Rung(
        name=name, words=f"{words}, on {len(members):,} member rows", subject=subject, members=members
    )


def _words(evidence: Evidence, members: Dataset, column: str) -> Rung:
    """Logistic regression on the frequencies of the 2,000 most frequent words."""
    from sklearn.compose import ColumnTransformer
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import Pipeline

    from riskaudit.subjects.subject import subject_of

    if evidence.subject.regression:
        raise RiskAuditError("no smaller model of texts predicts a number here", "")
    name = "logistic on words"
    prepare = ColumnTransformer([("words", TfidfVectorizer(max_features=2_000), column)])
    model = Pipeline([("prepare", prepare), ("model", LogisticRegression(max_iter=1000))])
    model.fit(members.frame[[column]].fillna(""), members.labels)
    return Rung(
        name=name,
        words=f"logistic regression on 2,000 words at most, on {len(members):,} member rows",
        subject=subject_of(model, name=name, features=(column,)),
        members=members,
    )
