"""Tables: read right or refused, never read wrong in silence."""

from __future__ import annotations

import gzip
from pathlib import Path

import pandas as pd
import pytest

from riskaudit.datasets.tables import column_kind, condition, holds, read_table
from riskaudit.errors import InputError


def csv(folder: Path, text: str | bytes, name: str = "t.csv") -> Path:
    path = folder / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b"\n \n", "is empty"),
        (b"a,b\n", "no rows"),
        (b"a,b\n1,2,3\n4,5,6\n", "line 2: 3 cells, but the header has 2"),
        (b"a,b\n1,2\n3\n", "line 3: 1 cells"),
        (b"a,a\n1,2\n", "more than one column named 'a'"),
        (b"a,\n1,2\n", "column 2 of t.csv has no name"),
        (b"a,b\n1,\x00\n", "NUL"),
        (b"a,b\n1,\x01\xfe\n", "not UTF-8"),
        (b"\x1f\x8bnot gzip", "broken gzip"),
        (b"PAR1junk", "not a readable Parquet"),
    ],
)
def test_what_could_be_misread_is_refused(tmp_path: Path, content: bytes, words: str) -> None:
    """One clear error for each; pandas would shift, rename or fill in silence."""
    with pytest.raises(InputError, match=words):
        read_table(csv(tmp_path, content))


def test_a_missing_file_suggests_its_neighbour(tmp_path: Path) -> None:
    """loans.cvs is told of loans.csv."""
    csv(tmp_path, "a\n1\n", "loans.csv")
    with pytest.raises(InputError) as caught:
        read_table(tmp_path / "loans.cvs")
    assert "did you mean 'loans.csv'" in caught.value.hint


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found(tmp_path: Path, delimiter: str) -> None:
    """Comma, semicolon, tab and bar all work, BOM or not."""
    text = "﻿" + "\n".join(delimiter.join(row) for row in (("a", "b"), ("1", "x"), ("2", "y")))
    frame = read_table(csv(tmp_path, text)).frame
    assert list(frame.columns) == ["a", "b"]
    assert frame["a"].tolist() == [1, 2]


def test_gzip_and_parquet_read_like_csv(tmp_path: Path) -> None:
    """The same rows from all three."""
    text = "a,b\n1,x\n2,y\n"
    plain = read_table(csv(tmp_path, text)).frame
    packed = read_table(csv(tmp_path, gzip.compress(text.encode()), "t.csv.gz")).frame
    plain.to_parquet(tmp_path / "t.parquet")
    stored = read_table(tmp_path / "t.parquet").frame
    pd.testing.assert_frame_equal(plain, packed)
    assert stored["a"].tolist() == [1, 2]
    assert stored["b"].tolist() == ["x", "y"]


def test_groups_named_na_stay_groups(tmp_path: Path) -> None:
    """Only an empty cell of a sensitive column is missing: NA and None are words."""
    frame = read_table(csv(tmp_path, "g,x\nNA,1\nNone,2\n,3\nnull,4\n"), text_columns=["g"]).frame
    assert frame["g"].isna().sum() == 1
    assert set(frame["g"].dropna()) == {"NA", "None", "null"}


def test_a_numeric_column_with_na_words_is_numeric(tmp_path: Path) -> None:
    """1, NA, ? and 2.5 are numbers with two missing."""
    frame = read_table(csv(tmp_path, "x,y\n1,a\nNA,b\n?,c\n2.5,d\n")).frame
    assert column_kind(frame["x"]) == "number"
    assert frame["x"].isna().sum() == 2


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([1, 2.5], "number"),
        (["a", "b"], "category"),
        ([True, False], "boolean"),
        ([True, None], "boolean"),
        (["2024-01-31", "2024-02-29"], "date"),
        (["2024-01-31", "soon"], "category"),
    ],
)
def test_columns_have_kinds(values: list[object], kind: str) -> None:
    """Numbers, words, booleans and ISO dates are told apart."""
    assert column_kind(pd.Series(values)) == kind


def test_a_condition_is_a_prediction() -> None:
    """decile_score >= 5 and score_text != Low both say who was flagged."""
    assert condition("decile_score >= 5") == ("decile_score", ">=", "5")
    assert condition("score_text!=Low") == ("score_text", "!=", "Low")
    assert condition("plain") is None
    assert holds(pd.Series([4, 5, 6]), ">=", "5").tolist() == [False, True, True]
    assert holds(pd.Series(["Low", "High"]), "!=", "Low").tolist() == [False, True]
    with pytest.raises(InputError):
        holds(pd.Series([1, 2]), ">=", "five")
