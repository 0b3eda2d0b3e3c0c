"""The sandbox: what its process cannot do, and how the parent takes what comes out of it."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from riskaudit.errors import InputError
from riskaudit.subjects.sandbox.box import Box, BoxError
from riskaudit.subjects.sandbox.estimator import loaded
from riskaudit.subjects.sandbox.rows import packed, unpacked

linux = pytest.mark.skipif(sys.platform != "linux", reason="the layers are Linux's")


@pytest.fixture
def box() -> Iterator[Any]:
    """Makes boxes and closes them."""
    made: list[Box] = []

    def make(loader: str, **rest: Any) -> Box:
        made.append(Box(f"naive:{loader}", name="m", flag="--model", **rest))
        return made[-1]

    yield make
    for one in made:
        one.close()


@linux
def test_the_process_can_do_nothing(box: Any, tmp_path: Path) -> None:
    """It cannot write, delete, rename, read a person's files or the parent's environment, run, fork, connect,
    signal, or take 4 GiB."""
    (tmp_path / "there").write_text("secret")
    one = box("attempts")
    layers = one.layers()
    assert set(layers) >= {"limits", "landlock"}
    told = f"{tmp_path}|{os.getpid()}".encode()
    worked = json.loads(one.ask(b"L", told, seconds=10, most=10_000, doing="try"))
    assert worked == []
    assert (tmp_path / "there").read_text() == "secret"
    assert [path.name for path in tmp_path.iterdir()] == ["there"]


@linux
def test_the_same_attempts_work_unlocked(box: Any, tmp_path: Path) -> None:
    """The attempts are real: without the lock they succeed."""
    (tmp_path / "there").write_text("x")
    one = box("attempts", lock=False)
    assert one.layers() == ()
    told = f"{tmp_path}|{os.getpid()}".encode()
    worked = json.loads(one.ask(b"L", told, seconds=10, most=10_000, doing="try"))
    assert {"write", "delete", "mkdir", "run", "system", "socket", "kill"} <= set(worked)


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("crash", "died by SIG"),
        ("hang", "took more than"),
        ("exit", "ended by itself"),
        ("raise", "was refused: Odd"),
        ("long", "are the most"),
    ],
)
def test_a_load_that_goes_wrong_is_one_error(box: Any, kind: str, words: str) -> None:
    """A crash, a hang, an exit, an odd error, an endless answer; and asked again it says the same."""
    one = box("hostile")
    one.layers()
    for _ in range(2):
        with pytest.raises(BoxError, match=words):
            one.ask(b"L", kind.encode(), seconds=2, most=2**20, doing="load")


@pytest.mark.parametrize("kind", ["classes", "deep"])
def test_what_it_says_of_itself_is_checked(box: Any, kind: str) -> None:
    """Classes that are lists, and JSON without end."""
    one = box("hostile")
    with pytest.raises(InputError, match="cannot be"):
        loaded(one, kind.encode(), one.layers())


@pytest.mark.parametrize(
    ("kind", "method", "words"),
    [
        ("strange", "predict", "none of its classes"),
        ("liar", "predict_proba", "outside 0 to 1"),
        ("few", "predict_proba", "bytes where"),
        ("predict-crash", "predict", "died by SIG"),
    ],
)
def test_answers_are_checked(box: Any, kind: str, method: str, words: str) -> None:
    """Classes, ranges and counts; a crash while predicting."""
    one = box("hostile", imports=("numpy", "pandas"))
    model = loaded(one, kind.encode(), one.layers())
    with pytest.raises(InputError, match=words):
        getattr(model, method)(pd.DataFrame({"a": [1.0, 2.0]}))


def test_rows_arrive_as_they_left() -> None:
    """Numbers, words with gaps, booleans, dates and categories, of the same dtypes."""
    frame = pd.DataFrame(
        {
            "f": [1.5, np.nan, 2.0],
            "i": np.array([1, 2, 3], dtype=np.int32),
            "b": [True, False, True],
            "s": ["x", None, "y"],
            "o": pd.Series([1, "a", None], dtype=object),
            "d": pd.to_datetime(["2020-01-01", None, "2021-05-05"]),
            "c": pd.Categorical(["u", "v", "u"], categories=["v", "u"], ordered=True),
            "n": pd.array([1, None, 3], dtype="Int64"),
        }
    )
    again = unpacked(packed(frame))
    assert again.dtypes.astype(str).tolist() == frame.dtypes.astype(str).tolist()
    pd.testing.assert_frame_equal(again, frame)
    array = np.arange(6.0).reshape(2, 3)
    np.testing.assert_array_equal(unpacked(packed(array)), array)
