"""Noticing: overlap, leaks, polarity and drift are told with their numbers, or refused."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from cli_helpers import run

import riskaudit
from riskaudit.datasets.credit import credit
from riskaudit.datasets.dataset import Dataset
from riskaudit.datasets.noticing import noticed
from riskaudit.datasets.roles import dataset_of, lookalikes, quantile_edges
from riskaudit.datasets.tables import Table, table_of
from riskaudit.errors import InputError, UsageError

FEATURES = ("skill", "district", "noise_1")


def table(**columns: object) -> Table:
    return Table(name="t.csv", frame=pd.DataFrame(columns), sha256="0" * 64)


def told(test: Dataset, train: Dataset | None = None, features: tuple[str, ...] = ()) -> str:
    return " / ".join(noticed(test, train, features=features))


def binary(n: int = 400, **columns: Any) -> Dataset:
    y = np.arange(n) % 2
    roles = {key: key for key in ("score", "prediction", "unit") if key in columns}
    return dataset_of(table(y=y, **columns), target="y", **roles)


def test_a_leak_is_told_and_its_clean_twin_is_not() -> None:
    """followup, known only afterwards, has an AUC of 0.998 alone; skill and the rest have none near it."""
    _, held_out = credit()
    assert "'followup' alone gives 'repaid' away (AUC 0.99" in told(
        held_out, features=(*FEATURES, "followup")
    )
    assert "alone gives" not in told(held_out, features=FEATURES)


def test_an_identifier_is_no_leak_though_it_splits_the_rows_perfectly() -> None:
    """Values that are new on the other half are worth nothing."""
    data = binary(name=[f"id{k}" for k in range(400)])
    assert "alone gives" not in told(data, features=("name",))


def test_a_leak_in_words_and_in_what_is_missing_is_told() -> None:
    """A category that follows the outcome, and a date that is only there where it happened."""
    y = np.arange(400) % 2
    data = binary(word=np.where(y, "paid", "open"), when=np.where(y, "2026-01-01", None))
    notes = told(data, features=("word", "when"))
    assert "'word' alone" in notes
    assert "'when' alone" in notes


def test_a_leak_of_a_number_is_a_rank_correlation() -> None:
    """For regression; the square of the outcome gives it away, noise does not."""
    rng = np.random.default_rng(0)
    value = rng.random(600)
    data = dataset_of(table(y=value, x=value**2, z=rng.random(600)), target="y")
    assert "'x' alone gives 'y' away (rank correlation" in told(data, features=("x", "z"))
    assert "'z'" not in told(data, features=("x", "z"))


def test_copies_among_members_are_counted() -> None:
    """30 of 100 held-out rows copied from the members; none where there are none."""
    members, held_out = credit()
    few = replace(held_out, frame=held_out.frame.iloc[:100].reset_index(drop=True))
    assert "equal a member" not in told(few, members, FEATURES)
    mixed = pd.concat([few.frame.iloc[:70], members.frame.iloc[:30]], ignore_index=True)
    assert "30 of 100 held-out rows (30.0%) equal a member" in told(
        replace(few, frame=mixed), members, FEATURES
    )


def test_held_out_rows_that_are_all_members_are_refused() -> None:
    """Nothing would be told of rows the model has not seen."""
    members, _ = credit()
    with pytest.raises(InputError, match="1,500 of 1,500 rows"):
        noticed(members, members, features=FEATURES)


def test_people_on_both_sides_are_counted() -> None:
    """20 people among members and held-out rows alike; none with a clean cut."""
    train, test = binary(unit=np.arange(400) // 4), binary(unit=np.arange(400) // 4 + 80)
    assert "20 values of 'unit' are among members and held-out rows alike (80 held-out rows, 20.0%)" in told(
        test, train
    )
    assert told(binary(unit=np.arange(400) + 1000), train) == ""


def test_a_score_that_runs_the_wrong_way_is_told() -> None:
    """AUC clearly below one half, with what to type; the right way round nothing is said."""
    y = np.arange(400) % 2
    noise = np.random.default_rng(0).random(400)
    assert "say --positive '0'" in told(binary(score=noise - y))
    assert told(binary(score=noise + y)) == ""
    assert told(binary(score=noise)) == ""


def test_predictions_turned_round_or_equal_to_the_target_are_told() -> None:
    """10 % right, and 100 % right."""
    y = np.arange(400) % 2
    turned = np.where(np.arange(400) < 40, y, 1 - y)
    assert "are its labels swapped?" in told(binary(prediction=turned))
    assert "is it the outcome itself" in told(binary(prediction=y))
    assert told(binary(prediction=np.where(np.arange(400) < 300, y, 1 - y))) == ""


def test_groups_that_look_alike_are_told() -> None:
    """Blanks, capitals, another coding of a letter, a zero-width sign."""
    assert lookalikes(["f", "F ", "m", "é", "e\u0301", "x\u200b", "x"]) == [
        ("f", "F "),
        ("é", "e\u0301"),
        ("x\u200b", "x"),
    ]


def test_quantiles_are_even_and_ties_are_no_empty_part() -> None:
    """Quarters of 0..99; a column of few values has fewer parts; a constant one is refused."""
    edges = quantile_edges(table(a=np.arange(100), b=[0] * 90 + [1] * 10), {"a": 4})
    assert edges == {"a": (24.0, 49.0, 74.0)}
    assert quantile_edges(table(b=[0] * 40 + [1] * 60), {"b": 4}) == {"b": (1.0,)}
    with pytest.raises(UsageError, match="cannot be cut"):
        quantile_edges(table(b=[1] * 9), {"b": 4})


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model of a number and a word, trained from the command line."""
    folder = tmp_path_factory.mktemp("trained")
    people(folder / "train.csv", seed=1)
    words = ["--target", "y", "--learner", "logistic", "--drop", "sex", "-o", str(folder / "m.skops")]
    code, _, err = run("train", str(folder / "train.csv"), *words)
    assert code == 0, err
    return folder


def people(path: Path, *, seed: int, n: int = 200, **changes: Any) -> Path:
    rng = np.random.default_rng(seed)
    income, job = rng.normal(size=n).round(3), rng.choice(["a", "b", "1"], n)
    y = (income + (job == "a") + rng.normal(size=n) > 0.3).astype(int)
    frame = pd.DataFrame({"income": income, "job": job, "sex": rng.choice(["f", "m"], n), "y": y})
    for name, change in changes.items():
        frame[name] = frame[name].map(change)
    frame.to_csv(path, index=False)
    return path


def audited(trained: Path, path: Path, out: Path, *more: str) -> tuple[int, str, str]:
    roles = ["--model", str(trained / "m.skops"), "--sensitive", "sex", "--favourable", "1"]
    return run("audit", "--data", str(path), *roles, "--only", "bias", "-f", "json", "-o", str(out), *more)


def test_a_number_that_became_words_is_refused(trained: Path, tmp_path: Path) -> None:
    """Decimal commas: the error names the column, what it held, and how many cells are no numbers."""
    path = people(tmp_path / "t.csv", seed=2, income=lambda v: f"{v}".replace(".", ","))
    code, _, err = audited(trained, path, tmp_path / "out")
    assert code == 4
    assert "feature 'income' of t.csv holds words; when the model was trained it held numbers" in err
    assert "cells are no number: write 1234.5" in err


def test_words_that_look_like_numbers_here_stay_words(trained: Path, tmp_path: Path) -> None:
    """All jobs of this table are `1`, a word in training: read as a word, not refused, not another category."""
    path = people(tmp_path / "t.csv", seed=2, job=lambda _: "1")
    code, _, err = audited(trained, path, tmp_path / "out")
    assert code in (0, 1, 3), err


def test_several_drifted_columns_are_told_at_once(trained: Path, tmp_path: Path) -> None:
    """In Parquet, where a column has a type: both faults under one error."""
    csv = people(tmp_path / "t.csv", seed=2, income=lambda v: f"x{v}", job=lambda _: 1)
    pd.read_csv(csv).to_parquet(tmp_path / "t.parquet")
    code, _, err = audited(trained, tmp_path / "t.parquet", tmp_path / "out")
    assert code == 4
    assert err.count("error:") == 1
    assert "feature 'income'" in err
    assert "also: feature 'job'" in err


def test_members_and_held_out_rows_of_other_kinds_are_refused(trained: Path, tmp_path: Path) -> None:
    """--train with numbers where --data has words."""
    train = people(tmp_path / "train2.csv", seed=3)
    data = people(tmp_path / "t.csv", seed=2, income=lambda v: f"{v} EUR")
    code, _, err = audited(trained, data, tmp_path / "out", "--train", str(train))
    assert code == 4
    assert "'income'" in err


def test_an_infinite_feature_is_refused(trained: Path, tmp_path: Path) -> None:
    """With how many rows."""
    path = people(tmp_path / "t.csv", seed=2, income=lambda v: "inf" if v > 1 else v)
    code, _, err = audited(trained, path, tmp_path / "out")
    assert code == 4
    assert "column 'income' is infinite in" in err


def test_a_table_offered_as_members_and_as_held_out_rows_is_refused(trained: Path, tmp_path: Path) -> None:
    """--train and --data are one file."""
    path = people(tmp_path / "t.csv", seed=2)
    code, _, err = audited(trained, path, tmp_path / "out", "--train", str(path))
    assert code == 4
    assert "200 of 200 rows of t.csv are rows of t.csv too" in err


def test_stdin_is_read_once(tmp_path: Path) -> None:
    """--data - and --train - cannot both be it."""
    code, _, err = run("audit", "--model", "m", "--data", "-", "--train", "-")
    assert code == 2
    assert "stdin can be read once" in err


FRAMES = {
    "pandas": lambda frame: frame,
    "pandas with an index": lambda frame: frame.set_index(pd.Index(range(7, 7 + len(frame)))),
    "pyarrow": pa.Table.from_pandas,
    "pyarrow with dictionaries": lambda frame: pa.Table.from_pandas(
        frame.assign(sex=frame["sex"].astype("category"))
    ),
}


@pytest.mark.parametrize("kind", FRAMES)
def test_a_frame_of_any_library_is_audited_like_a_file(tmp_path: Path, kind: str) -> None:
    """`riskaudit.run(request, data=frame)`: the same measures as from the CSV."""
    path = people(tmp_path / "t.csv", seed=2)
    frame = pd.read_csv(path)
    roles = {"target": "y", "prediction": "income > 0", "favourable": ("1",), "sensitive": ("sex",)}
    settings: dict[str, Any] = {**roles, "rules": ("predictions",), "only": ("bias",)}
    by_file = riskaudit.run(riskaudit.Request(data=str(path), **settings))
    by_frame = riskaudit.run(riskaudit.Request(data="people", **settings), data=FRAMES[kind](frame))
    assert by_frame.data.name == "people"
    assert by_frame.data.sha256
    assert json.dumps([m.model_dump() for m in by_frame.measures()]) == json.dumps(
        [m.model_dump() for m in by_file.measures()]
    )


def test_a_polars_frame_is_a_table() -> None:
    """Where polars is installed, eager and lazy."""
    polars = pytest.importorskip("polars", reason="polars is not installed")
    frame = polars.DataFrame({"a": [1, 2], "b": ["x", None]})
    for one in (frame, frame.lazy()):
        assert table_of(one).frame["a"].tolist() == [1, 2]


@pytest.mark.parametrize("what", [[1, 2], {"a": [1]}, "text", None, 7])
def test_what_is_no_frame_is_refused(what: object) -> None:
    """With what it is."""
    with pytest.raises(InputError, match="no data frame"):
        table_of(what)


def test_a_frame_with_a_column_twice_is_refused() -> None:
    """As a file would be."""
    with pytest.raises(InputError, match="more than one column named 'a'"):
        table_of(pd.DataFrame([[1, 2]], columns=["a", "a"]))
