"""Evidence of predictions alone, and the bias audit's answers by name and slice."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from riskaudit.audits.audit import examine
from riskaudit.audits.bias import BiasAudit
from riskaudit.datasets.dataset import Dataset
from riskaudit.datasets.labels import sort_labels, texts
from riskaudit.evidence import Evidence
from riskaudit.subjects.subject import Subject, subject_of


def evidence_of(frame, *, sensitive=("group",), task="binary", favourable=("1",), positive="1", **rest):
    classes = () if task == "regression" else sort_labels(texts(frame["y"]))
    keys = ("control", "weight", "unit", "score", "features")
    roles = {key: rest.pop(key) for key in keys if key in rest}
    subject = rest.pop("subject", None) or Subject(name="predictions", kind="predictions")
    data = Dataset(
        name="planted",
        frame=frame,
        target="y",
        task=task,
        classes=classes,
        positive=positive if task == "binary" else "",
        favourable=() if task == "regression" else favourable,
        sensitive=tuple(sensitive),
        prediction="" if subject.can_predict else "yhat",
        **roles,
    )
    return Evidence(subject=subject, test=data, **rest)


def fitted(frame, features, model=None):
    """A scikit-learn model of `y` on these columns, and the arguments that put it under audit."""
    from sklearn.compose import make_column_transformer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder

    words = [c for c in features if frame[c].dtype.kind not in "if"]
    prepare = make_column_transformer(
        (OneHotEncoder(handle_unknown="ignore"), words), remainder="passthrough"
    )
    pipeline = make_pipeline(prepare, model or LogisticRegression()).fit(frame[list(features)], frame["y"])
    return {
        "subject": subject_of(pipeline, name="model", features=tuple(features)),
        "features": tuple(features),
    }


class Answers:
    """The audit's result, asked by measure and slice."""

    def __init__(self, evidence):
        self.result = examine(BiasAudit(), evidence)
        self.measures = self.result.measures

    def one(self, name, **where):
        found = [m for m in self.measures if m.name == f"bias.{name}" and m.where == where]
        assert len(found) == 1, f"{len(found)} of {name} at {where}"
        return found[0]

    def headline(self, name, attribute="group"):
        """The comparison itself, or why there is none: not the groups left out of it."""
        found = [
            m
            for m in self.measures
            if m.name == f"bias.{name}"
            and m.where.get("attribute") == attribute
            and ("reference" in m.where or "group" not in m.where)
        ]
        assert len(found) == 1, f"{len(found)} headlines {name} of {attribute}"
        return found[0]


@pytest.fixture
def answers():
    return lambda frame, **rest: Answers(evidence_of(frame, **rest))


def planted(n=2000, *, rates, seed=0):
    """Rows of groups with these selection rates; the outcome is independent of the group."""
    rng = np.random.default_rng(seed)
    group = rng.choice(list(rates), n)
    selected = rng.random(n) < np.array([rates[g] for g in group])
    return pd.DataFrame({"group": group, "y": rng.integers(0, 2, n), "yhat": selected.astype(int)})


@pytest.fixture
def plant():
    return planted


@pytest.fixture
def evidence():
    return evidence_of


@pytest.fixture
def fit():
    return fitted


@pytest.fixture(scope="session")
def compas():
    """COMPAS as the shared data folder has it; skipped where there is none."""
    named = os.environ.get("RISKAUDIT_DATA")
    folders = [Path(named)] if named else [p / "shared" / "data" for p in Path(__file__).resolve().parents]
    for folder in folders:
        path = folder / "compas" / "compas_two_years.csv.gz"
        if path.is_file():
            return pd.read_csv(path)
    pytest.skip("COMPAS is not here: no shared/data above the tests and no RISKAUDIT_DATA")
