"""Small worlds whose leak is known: tables, models, and what the audit says of them."""

import numpy as np
import pandas as pd

from riskaudit.audits.audit import examine
from riskaudit.audits.privacy import PrivacyAudit, kept
from riskaudit.datasets.dataset import Dataset
from riskaudit.evidence import Evidence
from riskaudit.subjects.subject import subject_of


def table(X, y, *, task="binary", name="rows"):
    """A dataset of columns x0, x1, ... and an outcome y."""
    frame = pd.DataFrame(X, columns=[f"x{i}" for i in range(np.shape(X)[1])]).assign(y=y)
    classes = () if task == "regression" else tuple(str(label) for label in sorted(set(y)))
    return Dataset(
        name=name,
        frame=frame,
        target="y",
        task=task,
        features=tuple(frame.columns[:-1]),
        classes=classes,
        positive=classes[-1] if task == "binary" else "",
    )


def evidence(model, train, test, *, fitted_on=None, **rest):
    """Evidence on a model fitted to the members, or to other rows."""
    rows = fitted_on or train
    fitted = model.fit(rows.frame[list(rows.features)], rows.labels)
    subject = subject_of(fitted, name="model", features=tuple(train.features))
    return Evidence(subject=subject, test=test, train=train, **rest)


def audited(model, train, test, **rest):
    """The result of the privacy audit, of references of its own."""
    kept._KEPT.clear()
    return examine(PrivacyAudit(), evidence(model, train, test, **rest))


def found(result, name, attack=None):
    """One measure of a result."""
    return next(
        m for m in result.measures if m.name == f"privacy.{name}" and attack in (None, m.where.get("attack"))
    )


def random_labels(seed, n, classes, columns=5):
    """Members and held-out rows whose outcome has nothing to do with their columns."""
    rng = np.random.default_rng(seed)
    task = "binary" if classes == 2 else "multiclass"
    labels = [np.concatenate([np.arange(classes), rng.integers(classes, size=n - classes)]) for _ in "ab"]
    return tuple(table(rng.normal(size=(n, columns)), y, task=task) for y in labels)


def linear(seed, n, *, shift=0.0, columns=4):
    """Rows with a noisy linear outcome."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, columns)) + shift
    return table(X, (X[:, 0] + rng.normal(size=n) > shift).astype(int))
