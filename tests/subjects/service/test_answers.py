"""Answers: four forms, told from the first answers and never guessed."""

from __future__ import annotations

import json
from typing import Any

import pytest

from riskaudit.errors import InputError
from riskaudit.subjects.service.answers import Answer, Form, form_of
from riskaudit.subjects.service.protocols import Protocol
from riskaudit.subjects.service.wire import Trouble

WORDS, NUMBERS = ("no", "yes"), ("0", "1")


def form(raw: list[Any], classes: tuple[str, ...] = WORDS, **settings: Any) -> Form:
    return form_of(raw, classes, **({"regression": False, "named": False} | settings))


@pytest.mark.parametrize(
    ("raw", "classes", "named", "name"),
    [
        (["no", "yes"], WORDS, False, "labels"),
        ([0, 1, 1.0], NUMBERS, False, "labels"),
        ([True, False], ("False", "True"), False, "labels"),
        ([[0.2, 0.8]], NUMBERS, False, "probabilities"),
        ([[0.2, 0.8]], WORDS, True, "probabilities"),
        ([{"no": 0.2, "yes": 0.8}], WORDS, False, "probabilities"),
        ([0.3, 0.25], NUMBERS, False, "score"),
        ([[0.3], [0.25]], NUMBERS, False, "score"),
        ([{"label": "no", "probabilities": [0.9, 0.1]}], WORDS, True, "probabilities"),
    ],
)
def test_the_form_is_told_from_the_answers(
    raw: Any, classes: tuple[str, ...], named: bool, name: str
) -> None:
    """Labels, probabilities or a score, where there is one reading alone."""
    assert form(raw, classes, named=named).name == name


@pytest.mark.parametrize("raw", [[[0.2, 0.8]], [0.3, 0.4]])
def test_numbers_for_words_need_their_order_said(raw: Any) -> None:
    """Which of no and yes is 0.8? Never guessed."""
    with pytest.raises(InputError) as caught:
        form(raw)
    assert caught.value.where == "--classes"


@pytest.mark.parametrize("raw", [["perhaps"], [[1, 2, 3]], [None], [{"a": {"b": 1}}], [3.5], [[0.1, [0.9]]]])
def test_answers_that_mean_nothing_are_one_clear_error(raw: Any) -> None:
    """With what to say."""
    with pytest.raises(InputError, match="neither labels"):
        form(raw)


@pytest.mark.parametrize(
    ("raw", "told"),
    [
        ([float("nan"), 0.5], "NaN"),
        ([float("inf"), 0.0], "NaN or infinite"),
        ([0.5, 0.4], "add up"),
        ([1.2, -0.2], "outside"),
        ([0.2, 0.3, 0.5], "3 probabilities for 2"),
        ("yes", "not a number"),
        (None, "nothing"),
        ([True, False], "not a number"),
    ],
)
def test_a_row_with_a_wrong_answer_has_none(raw: Any, told: str) -> None:
    """And the reason says why, without repeating what was said."""
    said = Form(name="probabilities", classes=NUMBERS).read(raw)
    assert isinstance(said, str)
    assert told in said


def test_probabilities_decide_by_the_largest_and_a_score_by_a_half() -> None:
    """Of two classes the second from 0.5 on."""
    assert Form(name="probabilities", classes=("a", "b", "c")).read([0.2, 0.5, 0.3]).label == "b"  # type: ignore[union-attr]
    assert Form(name="score", classes=WORDS).read(0.5).label == "yes"  # type: ignore[union-attr]
    assert Form(name="score", classes=WORDS).read(0.49).scores == (0.51, 0.49)  # type: ignore[union-attr]


def test_a_label_that_comes_with_probabilities_is_the_decision() -> None:
    """The service's own threshold counts."""
    said = Form(name="probabilities", classes=WORDS).read({"label": "yes", "probabilities": [0.7, 0.3]})
    assert said == Answer(label="yes", scores=(0.7, 0.3), digits=1)


@pytest.mark.parametrize(
    ("number", "digits"), [(0.5, 1), (0.123, 3), (1e-7, 1), (0.1 + 0.2, 17), (0.0, 0), (1.0, 1)]
)
def test_digits_are_those_that_were_written(number: float, digits: int) -> None:
    """Zeros at either end do not count."""
    assert Form(name="values", classes=()).read(number).digits == digits  # type: ignore[union-attr]


MLFLOW = Protocol(name="mlflow", columns=("age", "job"), kinds=("int", "str"))
MATRIX = Protocol(name="oip-v2", columns=("a", "b"), kinds=("int", "float"), matrix=True)
COLUMNS = Protocol(name="oip-v2", columns=("age", "job"), kinds=("int", "str"))
JSON = Protocol(name="json", columns=("age", "job"), kinds=("int", "str"))


@pytest.mark.parametrize("protocol", [MLFLOW, JSON])
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"nonsense",
        b"<html>",
        b"\xff\xfe",
        b"null",
        b"3",
        b"{}",
        b'{"predictions": 3}',
        b'{"predictions": []}',
        b'{"predictions": [1]}',
        b'{"predictions": [1, 2, 3]}',
        b"[" * 100_000,
        b'{"a":' * 50_000,
        b'{"predictions": [' + b"9" * 5000 + b", 1]}",
    ],
)
def test_a_body_that_is_no_answer_to_two_rows_is_trouble(protocol: Protocol, body: bytes) -> None:
    """Never an exception of another kind, never a row too few."""
    with pytest.raises(Trouble):
        protocol.read(body, 2)


@pytest.mark.parametrize(
    "tensor",
    [
        {"shape": [3], "data": [1, 2, 3]},
        {"shape": [2], "data": [1]},
        {"shape": [-2, -1], "data": [1, 2]},
        {"shape": [2, 10**9], "data": [1, 2]},
        {"shape": "2", "data": [1, 2]},
        {"shape": [2]},
        {"shape": [], "data": []},
        {"shape": [2, 2, 2, 2], "data": [1] * 16},
        {"shape": [True, 2], "data": [1, 2]},
    ],
)
def test_a_tensor_that_belies_its_shape_is_trouble(tensor: Any) -> None:
    """A shape is believed only where the data bear it out."""
    with pytest.raises(Trouble):
        MATRIX.read(json.dumps({"outputs": [{"name": "o", **tensor}]}).encode(), 2)


def test_tensors_come_flat_or_nested() -> None:
    """Both are allowed by the protocol."""
    for data in ([0.1, 0.9, 0.2, 0.8], [[0.1, 0.9], [0.2, 0.8]]):
        body = json.dumps({"outputs": [{"name": "o", "shape": [2, 2], "datatype": "FP64", "data": data}]})
        assert MATRIX.read(body.encode(), 2) == [[0.1, 0.9], [0.2, 0.8]]


def test_rows_go_as_each_protocol_has_them() -> None:
    """Numbers stay numbers, a gap is null, a matrix is of floats, integers with gaps are floats."""
    rows = [(35, "a"), (None, None)]
    assert json.loads(MLFLOW.body(rows)) == {
        "dataframe_split": {"columns": ["age", "job"], "data": [[35, "a"], [None, None]]}
    }
    assert json.loads(JSON.body(rows)) == {"instances": [{"age": 35, "job": "a"}, {"age": None, "job": None}]}
    columns = json.loads(COLUMNS.body(rows))["inputs"]
    assert [(one["datatype"], one["data"]) for one in columns] == [
        ("FP64", [35.0, None]),
        ("BYTES", ["a", None]),
    ]
    matrix = json.loads(MATRIX.body([(1, 2.5), (3, None)]))["inputs"][0]
    assert (matrix["shape"], matrix["data"]) == ([2, 2], [1.0, 2.5, 3.0, None])
