"""Bench: rows laid out as numbers, column by column, so that a model can be asked about mixtures of them."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from riskaudit.audits.explainability.slim import slimmed
from riskaudit.evidence import Evidence
from riskaudit.subjects.anatomy import Family, Parts, model_family, take_apart

Table = NDArray[np.float64]
CHUNK = 20_000_000  # numbers handed to the model at once: bounds memory, not results


@dataclass(frozen=True, kw_only=True)
class Bench:
    """Rows on the bench and what is seen of the model.

    Attributes
    ----------
    rows, background : arrays (n, p) and (b, p)
        As the model sees them, or as codes of the user's values where the model could not be taken apart.
    owner : int array (p,)
        Which of `columns` each of the p belongs to.
    columns : tuple of str
        The user's columns.
    output : array (n, m)
        What the whole model says of the rows: m is 1, or a class each.
    see : callable
        The same of any table (n, p).
    words : str
        What is seen: "probability of 'yes'".
    at : int or None
        Which class of a binary model is looked at; None where all outputs are.
    numbers : list of array (n,) or None
        The rows' values of each of `columns` that holds numbers without gaps, for their order alone.
    members : tuple of tuples of str
        The user's columns behind each of `columns`, where correlated ones were grouped; else empty.
    weights : array (b,) or None
        Weights of the background rows, adding up to 1, where they are not equal.
    single : bool
        Whether the model is asked in single precision: see `slimmed`.
    """

    rows: Table
    background: Table
    owner: NDArray[np.intp]
    columns: tuple[str, ...]
    output: Table
    see: Callable[[Table], Table]
    words: str
    family: Family
    parts: Parts
    at: int | None
    numbers: list[Table | None]
    members: tuple[tuple[str, ...], ...] = ()
    weights: Table | None = None
    single: bool = False

    @property
    def weighting(self) -> Table:
        """Weights of the background rows (b,) that add up to 1."""
        b = len(self.background)
        return np.full(b, 1 / b) if self.weights is None else self.weights

    def part(self, rows: slice) -> Bench:
        """Some of the rows."""
        return replace(
            self,
            rows=self.rows[rows],
            output=self.output[rows],
            numbers=[None if one is None else one[rows] for one in self.numbers],
        )

    def members_of(self, column: int) -> tuple[str, ...]:
        """The user's columns behind one of `columns`: itself, or those it was grouped with."""
        return self.members[column] if self.members else (self.columns[column],)

    def by_column(self, values: Table) -> Table:
        """Values (n, p, m) summed to the user's columns (n, d, m)."""
        summed = np.zeros((len(values), len(self.columns), values.shape[2]))
        for column in range(len(self.columns)):
            summed[:, column] = values[:, self.owner == column].sum(axis=1)
        return summed


def lay_out(evidence: Evidence, rows: NDArray[np.int64], background: NDArray[np.int64]) -> Bench:
    """The rows of these positions, and the background they are compared with."""
    subject, data = evidence.subject, evidence.test
    at = _shown(evidence)
    both = subject.columns(data.frame).iloc[np.concatenate([rows, background])].reset_index(drop=True)
    parts = take_apart(subject.estimator, [str(name) for name in both.columns])
    family = model_family(parts.model) if parts.apart else "other"
    table, columns, owner, show = _table(parts, both)
    margin = _explains_margin(parts.model, family)
    model = _threaded(parts.model, evidence.workers)
    slim = slimmed(parts.model, evidence.workers) if parts.apart else None
    if slim is not None:
        model, show = slim, _single

    def see(mixed: Table) -> Table:
        step = max(1, CHUNK // max(1, mixed.shape[1]))
        pieces = [mixed[start : start + step] for start in range(0, len(mixed), step)]
        return np.concatenate([said(model, show(piece), at, margin=margin) for piece in pieces])

    output = said(subject.estimator, both.iloc[: len(rows)], at, margin=margin)
    return Bench(
        rows=table[: len(rows)],
        background=table[len(rows) :],
        owner=owner,
        columns=columns,
        output=output,
        see=see,
        words=_words(evidence, at, margin=margin),
        family=family,
        parts=parts,
        at=at,
        numbers=[_numbers(both[name].iloc[: len(rows)]) for name in columns],
        single=slim is not None,
    )


def _numbers(column: Any) -> Table | None:
    """A column's values where it is a number without gaps."""
    import pandas as pd

    if not pd.api.types.is_numeric_dtype(column) or column.isna().any():
        return None
    return np.asarray(column, dtype=np.float64)


def _table(
    parts: Parts, frame: Any
) -> tuple[Table, tuple[str, ...], NDArray[np.intp], Callable[[Table], Any]]:
    """Rows as numbers, the user's columns, who owns which, and the way back to what the model takes."""
    try:
        table = parts.prepared(frame)
        if parts.apart and table.shape[1] == len(parts.origins):
            columns = tuple(dict.fromkeys(parts.origins))
            owner = np.array([columns.index(name) for name in parts.origins], dtype=np.intp)
            return table, columns, owner, parts.named
    except (ValueError, TypeError):
        pass  # text or categories that the model itself takes: their codes are mixed instead
    return _coded(frame)


def _coded(frame: Any) -> tuple[Table, tuple[str, ...], NDArray[np.intp], Callable[[Table], Any]]:
    """The user's own values as codes, for models that cannot be taken apart."""
    import pandas as pd

    coded = [pd.factorize(frame[name], use_na_sentinel=False) for name in frame.columns]
    values = [
        pd.Series(uniques).astype(frame[name].dtype) for name, (_, uniques) in zip(frame, coded, strict=True)
    ]
    table = np.column_stack([codes for codes, _ in coded]).astype(np.float64)

    def show(mixed: Table) -> Any:
        whole = mixed.astype(np.intp)
        return pd.DataFrame(
            {name: values[j].take(whole[:, j]).array for j, name in enumerate(frame.columns)}, copy=False
        )

    columns = tuple(str(name) for name in frame.columns)
    return table, columns, np.arange(len(columns)), show


def _shown(evidence: Evidence) -> int | None:
    """Which output of a binary model is looked at; None where all are."""
    if evidence.task != "binary":
        return None
    return evidence.subject.classes.index(evidence.test.positive)


def _explains_margin(model: Any, family: Family) -> bool:
    """Whether the model's additive scale is its margin (linear, boosting), not a probability."""
    boosts = type(model).__name__.startswith(("GradientBoosting", "HistGradientBoosting", "XGB", "LGBM"))
    return family == "linear" or (family == "trees" and boosts) or not hasattr(model, "predict_proba")


def _words(evidence: Evidence, at: int | None, *, margin: bool) -> str:
    """What is explained, as a caption says it."""
    if evidence.task == "regression":
        return "predicted value"
    kind = "margin (log-odds)" if margin else "probability"
    return f"{kind} of each class" if at is None else f"{kind} of '{evidence.subject.classes[at]}'"


def _threaded(model: Any, workers: int) -> Any:
    """The model with its own threads set to the audit's; the audited one is left as it is.

    scikit-learn's get none: in threads, its 1.9 empties the process's warning filters.
    """
    if getattr(model, "n_jobs", 0) == 0 or hasattr(model, "steps"):
        return model
    twin = copy.copy(model)
    twin.n_jobs = 1 if type(model).__module__.startswith("sklearn.") else workers
    return twin


def _single(table: Table) -> Any:
    return np.asarray(table, dtype=np.float32)


def said(model: Any, rows: Any, at: int | None, *, margin: bool) -> Table:
    """The model's output (n, m) for rows in the form it takes."""
    if not hasattr(model, "classes_"):
        return _flat(model.predict(rows))
    if not margin:
        return _flat(model.predict_proba(rows)) if at is None else _flat(model.predict_proba(rows)[:, at])
    if hasattr(model, "decision_function"):
        decision = _flat(model.decision_function(rows))
        return decision if at is None or decision.shape[1] > 1 else decision * (1 if at == 1 else -1)
    odds = np.log(np.clip(model.predict_proba(rows), 1e-300, None))
    return odds if at is None else _flat(odds[:, at] - odds[:, 1 - at])


def _flat(values: Any) -> Table:
    """As (n, m) floats."""
    told = np.asarray(values, dtype=np.float64)
    return told[:, None] if told.ndim == 1 else told
