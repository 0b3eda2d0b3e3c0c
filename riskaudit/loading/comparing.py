"""Comparing: how the bias audit is to compare groups, every word of it checked."""

from __future__ import annotations

from riskaudit.datasets.dataset import Dataset
from riskaudit.errors import UsageError
from riskaudit.evidence import Comparing
from riskaudit.request import Request


def comparing_in(request: Request, test: Dataset) -> Comparing:
    """How groups are to be compared, every word of it checked.

    Raises
    ------
    UsageError
        If a cost is unknown or no cost, a reference is no group, or an option does not fit the task.
    """
    for kind, price in request.cost.items():
        if kind not in ("fp", "fn") or not 0 <= price < float("inf"):
            raise UsageError(
                f"'{kind}={price:g}' is no cost of an error", "write --cost fp=1,fn=5", where="--cost"
            )
    if request.cost and test.task != "binary":
        raise UsageError(
            "false positives and negatives need an outcome of two values", "leave --cost out", where="--cost"
        )
    if request.threshold is not None and test.task != "regression":
        raise UsageError(
            "a threshold is for predictions that are numbers", "leave --threshold out", where="--threshold"
        )
    if request.top_k is not None and test.task == "multiclass":
        raise UsageError("more than two classes have no one ranking", "leave --top-k out", where="--top-k")
    return Comparing(
        cost=request.cost,
        reference={c: _reference(c, g, test) for c, g in request.reference.items()},
        threshold=request.threshold,
        top_k=request.top_k,
        terms=request.terms,
    )


def _reference(column: str, group: str, test: Dataset) -> str:
    """A group that a sensitive column has."""
    from riskaudit.errors import did_you_mean

    if column not in test.sensitive:
        raise UsageError(
            f"'{column}' is no sensitive column",
            did_you_mean(column, list(test.sensitive)),
            where="--reference",
        )
    names = [where[column] for where in test.groups(column).names]
    if group not in names:
        raise UsageError(
            f"'{column}' has no group '{group}'", did_you_mean(group, names), where="--reference"
        )
    return group
