"""Predictions alone: a column of decisions, or a condition on one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from riskaudit.datasets.dataset import Dataset
from riskaudit.datasets.roles import check_columns
from riskaudit.datasets.tables import condition, holds
from riskaudit.errors import InputError, UsageError
from riskaudit.evidence import Evidence
from riskaudit.loading.gathering import evidence_of, plain
from riskaudit.loading.tables import check_number, dataset_in, table_in, with_edges
from riskaudit.request import Request
from riskaudit.subjects.subject import Subject

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def from_predictions(request: Request, frames: Mapping[str, Any]) -> Evidence:
    """Predictions alone: a column of decisions, or a condition such as `decile_score >= 5`."""
    table = table_in(request, request.data, "--data", frames=frames)
    request = with_edges(request, table)
    test = condition(request.prediction) if request.prediction not in table.frame.columns else None
    column = test[0] if test else request.prediction
    own = {"--prediction": [column], "--score": [request.score] if request.score else []}
    own["--member"] = [request.member] if request.member else []
    data = dataset_in(table, request, subject=None, flag="--data", more=own)
    data = _with_prediction(data, request.prediction, test)
    if request.score:
        check_number(data, request.score, "--score")
    subject = Subject(
        name=f"predictions in {table.name} ({request.prediction})",
        kind="predictions",
        regression=data.task == "regression",
        classes=data.classes,
    )
    evidence = _members_told(request, subject, replace(data, score=request.score))
    if not request.against:
        return evidence
    older = condition(request.against) if request.against not in table.frame.columns else None
    check_columns(table, {"--against": [older[0] if older else request.against]})
    then = _with_prediction(evidence.test, request.against, older)
    return replace(evidence, against=plain(replace(evidence, test=replace(then, score=""))))


def _members_told(request: Request, subject: Subject, data: Dataset) -> Evidence:
    """Predictions with members and held-out rows told apart by a column, where there is one."""
    if not request.member:
        return evidence_of(request, subject, data, None)
    member = _membership(data, request.member)
    data = replace(data, frame=data.frame.drop(columns=request.member))
    return evidence_of(
        request, subject, data.take(~member), data.take(member, name=f"members of {data.name}")
    )


def _membership(data: Dataset, column: str) -> NDArray[np.bool_]:
    """Which rows the column says the model was trained on (n,).

    Raises
    ------
    InputError
        If it is no 0/1 column, or all rows are of one kind.
    """
    from riskaudit.datasets.labels import texts

    said = texts(data.frame[column]).astype(str)
    truth = {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}
    strange = sorted({word for word in set(said.tolist()) if word.lower() not in truth})
    if strange:
        raise InputError(
            f"column '{column}' has '{strange[0]}', which is neither 0 nor 1",
            "give a column with 1 for rows the model was trained on and 0 for the others",
            where="--member",
        )
    import numpy as np

    mask: NDArray[np.bool_] = np.array([truth[word.lower()] for word in said], dtype=bool)
    if mask.all() or not mask.any():
        raise InputError(
            f"column '{column}' says the same of every row",
            "give members and held-out rows in one table",
            where="--member",
        )
    return mask


def _with_prediction(data: Dataset, prediction: str, test: tuple[str, str, str] | None) -> Dataset:
    """The dataset with its decisions in place, each of them a label of the target."""
    from riskaudit.datasets.labels import MISSING, encode, texts

    frame = data.frame
    if test is not None:
        if data.task != "binary":
            raise UsageError(
                "a condition is a prediction only where the target has two values",
                "name a column of predictions",
                where="--prediction",
            )
        other = next(label for label in data.classes if label != data.positive)
        chosen = holds(frame[test[0]], test[1], test[2]).map({True: data.positive, False: other})
        return replace(data, frame=frame.assign(**{prediction: chosen}), prediction=prediction)
    if data.task == "regression":
        check_number(data, prediction, "--prediction")
    elif (same := _same_truth(frame[prediction], data)) is not None:
        note = f"'{prediction}' and '{data.target}' write truth in two ways: 1 was read as True, 0 as False"
        frame = frame.assign(**{prediction: same})
        return replace(data, frame=frame, prediction=prediction, notes=(*data.notes, note))
    elif (encode(frame[prediction], data.classes) < 0).any():
        strange = sorted(set(texts(frame[prediction])) - set(data.classes))
        told = "missing values" if strange == [MISSING] else f"'{strange[0][:60]}'"
        raise InputError(
            f"column '{prediction}' has {told}, which the target '{data.target}' never has (it has {', '.join(data.classes[:6])})",
            f"give predictions in the target's own labels, or a condition such as --prediction '{prediction}>=0.5'",
            where="--prediction",
        )
    return replace(data, prediction=prediction)


def _same_truth(column: Any, data: Dataset) -> Any:
    """Predictions in the target's own labels, where one has True and False and the other 1 and 0."""
    from riskaudit.datasets.labels import texts

    ways = {"True": "1", "False": "0"}
    if set(data.classes) == {"0", "1"}:
        said = ways
    elif set(data.classes) == {"True", "False"}:
        said = {number: truth for truth, number in ways.items()}
    else:
        return None
    words = texts(column)
    return [said[word] for word in words] if set(words) <= set(said) else None
