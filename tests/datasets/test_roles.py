"""Roles and labels: the same outcome is the same word, and nothing is guessed."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from riskaudit.datasets.labels import MISSING, encode, match_label, sort_labels, text_of, texts
from riskaudit.datasets.roles import check_columns, check_groups, cut, dataset_of, task_of
from riskaudit.datasets.splits import held_out, mask_sha256
from riskaudit.datasets.tables import Table
from riskaudit.errors import InputError, UsageError


def table(**columns: object) -> Table:
    return Table(name="t.csv", frame=pd.DataFrame(columns), sha256="0" * 64)


@pytest.mark.parametrize(
    ("label", "word"),
    [(1, "1"), (1.0, "1"), ("1", "1"), (np.int64(1), "1"), (True, "True"), (0.5, "0.5"), ("yes", "yes")],
)
def test_a_label_is_the_same_word_in_every_type(label: object, word: str) -> None:
    """1, 1.0 and "1" are one outcome."""
    assert text_of(label) == word


def test_labels_sort_as_numbers_then_words() -> None:
    """2 comes before 10, and both before words."""
    assert sort_labels(["10", "b", "2", "a"]) == ("2", "10", "a", "b")


def test_a_missing_value_is_a_group_of_its_own() -> None:
    """None and NaN are counted as (missing), never dropped."""
    assert texts(pd.Series(["a", None, np.nan])).tolist() == ["a", MISSING, MISSING]
    data = dataset_of(table(y=[0, 1, 0, 1], g=["a", None, "a", "b"]), target="y")
    assert [n["g"] for n in data.groups("g").names] == [MISSING, "a", "b"]


def test_groups_coded_0_and_1_and_booleans_stay_groups() -> None:
    """A public tool bins them into one."""
    for values in ([0, 1, 0, 1], [False, True, False, True], [0.0, 1.0, 0.0, 1.0]):
        assert len(dataset_of(table(y=[0, 1, 1, 0], g=values), target="y").groups("g").names) == 2


def test_intersections_have_the_cells_that_occur() -> None:
    """Codes lead to the right pair of values."""
    data = dataset_of(table(y=[0, 1, 0, 1], a=["x", "x", "z", "z"], b=["p", "q", "q", "q"]), target="y")
    groups = data.groups("a", "b")
    assert [groups.names[c] for c in groups.codes] == [
        {"a": "x", "b": "p"},
        {"a": "x", "b": "q"},
        {"a": "z", "b": "q"},
        {"a": "z", "b": "q"},
    ]


def test_unknown_labels_are_minus_one() -> None:
    """A label that the model does not know has no code."""
    assert encode(["a", "b", "c"], ("a", "b")).tolist() == [0, 1, -1]


@pytest.mark.parametrize(
    ("word", "classes"),
    [("1.0", ("0", "1")), ("true", ("False", "True")), ("1", ("False", "True")), ("YES", ("no", "yes"))],
)
def test_the_favourable_word_finds_its_label(word: str, classes: tuple[str, ...]) -> None:
    """Case and a trailing .0 do not matter; a stranger is an error with a suggestion."""
    assert match_label(word, classes, flag="--favourable") == classes[1]
    with pytest.raises(UsageError, match="no value 'maybe'"):
        match_label("maybe", classes, flag="--favourable")


@pytest.mark.parametrize(
    ("values", "task"),
    [
        ([0, 1, 1], "binary"),
        (["a", "b", "c"], "multiclass"),
        ([1, 2, 3, 1], "multiclass"),
        ([0.1, 0.7, 2.3], "regression"),
        (list(range(40)), "regression"),
        ([True, False], "binary"),
    ],
)
def test_the_task_is_read_off_the_target(values: list[object], task: str) -> None:
    """Words and few whole numbers are classes."""
    assert task_of(pd.Series(values)) == task


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ([1, 1, 1], "is '1' in every row"),
        ([1.0, None, 0.0], "missing in 1 of 3 rows"),
        ([str(k) for k in range(200)], "200 different values"),
    ],
)
def test_a_target_that_cannot_be_used_is_refused(values: list[object], words: str) -> None:
    """Constant, missing, or an identifier."""
    with pytest.raises(InputError, match=words):
        dataset_of(table(y=values), target="y")


def test_absent_columns_are_told_with_flag_and_suggestion() -> None:
    """gendr is told of gender."""
    with pytest.raises(UsageError, match="column 'gendr' is not in") as caught:
        check_columns(table(gender=["f"], y=[1]), {"--sensitive": ["gendr"]})
    assert (caught.value.where, "did you mean 'gender'" in caught.value.hint) == ("--sensitive", True)


def test_a_column_of_thousands_of_values_is_no_column_of_groups() -> None:
    """5,000 values are refused with what to do."""
    with pytest.raises(InputError, match="5,000 different values"):
        check_groups(table(zip=range(5000)), ["zip"])


def test_bins_cut_a_number_into_named_ranges() -> None:
    """Edges belong to the upper range; a missing number stays missing."""
    done = cut(table(age=[17, 25, 44, 65, None]), {"age": (25.0, 65.0)})
    assert texts(done.frame["age (cut)"]).tolist() == ["<25", "25-<65", "25-<65", ">=65", MISSING]


def test_a_split_is_the_same_again_and_keeps_people_together() -> None:
    """Seeded, stratified; with groups no person is on both sides."""
    labels = np.array([0, 1] * 50)
    one, two = (held_out(labels, share=0.3, seed=4, stratify=True) for _ in range(2))
    assert mask_sha256(one) == mask_sha256(two)
    assert labels[one].mean() == 0.5
    people = np.repeat(np.arange(20), 5)
    apart = held_out(labels, share=0.3, seed=4, stratify=False, groups=people)
    assert not set(people[apart]) & set(people[~apart])


@pytest.mark.parametrize("seed", range(3))
def test_dense_codes_are_those_of_hashing(seed):
    """Categories and close integers are coded without hashing, to the same words; gaps and unused values too."""
    from riskaudit.datasets.labels import factors

    rng = np.random.default_rng(seed)
    numbers = rng.integers(-3, 9, 500)
    words = pd.Series(rng.choice(["b", "a", "c"], 500))
    gaps = words.mask(rng.random(500) < 0.1)
    unused = pd.Categorical(gaps, categories=["z", "c", "b", "a"])
    pairs = [
        (numbers, numbers.astype(float)),
        (numbers.astype(np.int8), numbers.astype(str)),
        (unused, gaps),
        (rng.integers(0, 2, 9).astype(np.uint8), None),
    ]
    for fast, slow in pairs:
        codes, names = factors(pd.Series(fast))
        slow = pd.Series(fast).astype(object) if slow is None else pd.Series(slow)
        other, same = factors(slow)
        assert names == same
        assert (codes == other).all()
