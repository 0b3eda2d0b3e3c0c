"""Fitted models on planted tables, and the explainability audit's answers by name and column."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import ColumnTransformer
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from riskaudit.audits.audit import examine
from riskaudit.audits.explainability import ExplainabilityAudit
from riskaudit.datasets.dataset import Dataset
from riskaudit.datasets.labels import sort_labels, texts
from riskaudit.evidence import Evidence
from riskaudit.subjects.subject import subject_of


def planted_rows(n=600, seed=0):
    """Two numbers and a category that matter, one number that does not."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "age": rng.normal(40, 10, n),
            "income": rng.normal(0, 1, n),
            "job": rng.choice(["clerk", "cook", "driver"], n),
            "noise": rng.normal(0, 1, n),
        }
    )
    score = 0.1 * (frame.age - 40) + frame.income + 0.8 * (frame.job == "cook")
    frame["value"] = score + 0.3 * rng.normal(size=n)
    frame["y"] = np.where(score + rng.logistic(size=n) > 0.3, "yes", "no")
    frame["band"] = np.array(["high", "low", "mid"])[np.digitize(score, [-0.5, 0.8])]
    return frame


def pipeline(model, frame, target="y", *, numbers=("age", "income", "noise"), words=("job",)):
    """One-hot and scaling before a model, fitted to the first half of the rows."""
    prepare = ColumnTransformer(
        [("n", StandardScaler(), list(numbers)), ("w", OneHotEncoder(sparse_output=False), list(words))]
    )
    half = frame.iloc[: len(frame) // 2]
    return Pipeline([("prepare", prepare), ("model", model)]).fit(half[[*numbers, *words]], half[target])


def evidence_of(
    estimator, frame, *, target="y", task="binary", positive="yes", favourable=None, sensitive=(), **rest
):
    classes = () if task == "regression" else sort_labels(texts(frame[target]))
    wanted = favourable or ({"binary": ("yes",), "multiclass": ("high",)}.get(task, ()))
    data = Dataset(
        name="planted",
        frame=frame.iloc[len(frame) // 2 :].reset_index(drop=True),
        target=target,
        task=task,
        classes=classes,
        positive=positive if task == "binary" else "",
        favourable=wanted,
        sensitive=sensitive,
    )
    return Evidence(subject=subject_of(estimator, name="planted"), test=data, **rest)


class Answers:
    """The audit's result, asked by measure and column."""

    def __init__(self, evidence):
        self.result = examine(ExplainabilityAudit(), evidence)
        self.measures = self.result.measures

    def one(self, name, column=None):
        where = {} if column is None else {"column": column}
        found = [m for m in self.measures if m.name == f"explainability.{name}" and m.where == where]
        assert len(found) == 1, (f"{len(found)} of {name} {where}", self.result.reason)
        return found[0]

    def one_where(self, name, where):
        found = [m for m in self.measures if m.name == f"explainability.{name}" and m.where == where]
        assert len(found) == 1, (f"{len(found)} of {name} {where}", self.result.reason)
        return found[0]

    def first(self, name="importance"):
        """The column that is named first."""
        return next(m for m in self.measures if m.name == f"explainability.{name}").where["column"]

    def exhibit(self, kind):
        return next(e for e in self.result.exhibits if e.kind == kind)


@pytest.fixture
def answers():
    return lambda estimator, frame, **rest: Answers(evidence_of(estimator, frame, **rest))


@pytest.fixture
def evidence():
    return evidence_of


@pytest.fixture
def pipe():
    return pipeline


@pytest.fixture
def rows():
    return planted_rows
