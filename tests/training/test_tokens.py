"""Tokens: words, vocabulary, numbers, and which columns are texts."""

import numpy as np
import pandas as pd
import pytest

from riskaudit.training.tokens import encode, one_text_a_row, reads_as_text, tokens, vocabulary


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Don't panic, 42 times!", ["don't", "panic", "42", "times"]),
        ("snake_case and-dash", ["snake", "case", "and", "dash"]),
        ("Zoë’s café ÜBER", ["zoë's", "café", "über"]),
        ("это тест", ["это", "тест"]),
        ("'quoted' ' ", ["quoted"]),
        ("", []),
        ("x" * 100, ["x" * 40]),
    ],
)
def test_words(text, words):
    """Lower case, letters and digits of any script, apostrophes inside."""
    assert tokens(text) == words


def test_vocabulary_is_the_most_frequent_words():
    """By frequency, then by alphabet; rare words and words beyond the size left out."""
    texts = ["b a c", "b a d", "b z"]
    assert vocabulary(texts, size=10).tolist() == ["b", "a", "c", "d", "z"]
    assert vocabulary(texts, size=10, at_least=2).tolist() == ["b", "a"]
    assert vocabulary(texts, size=1).tolist() == ["b"]
    with pytest.raises(ValueError, match=r"no word occurs 4 time\(s\)"):
        vocabulary(texts, size=1, at_least=4)


def test_numbers_of_words():
    """0 pads, 1 is unknown, words count from 2; long texts are cut."""
    words = np.array(["b", "a"])
    ids = encode(["a b ?", "", "new b", "a a a a a"], words, longest=3)
    np.testing.assert_array_equal(ids, [[3, 2, 0], [0, 0, 0], [1, 2, 0], [3, 3, 3]])
    assert encode([""], words, longest=3).shape == (1, 1)


@pytest.mark.parametrize(
    ("cells", "text"),
    [
        (["one two three four", None, "five six seven eight"], True),
        (["one two three", "four five six"], False),
        (["one two three", "four five six seven eight"], True),
        ([1.0, 2.0], False),
        ([None, None], False),
        (["a b c d e", 3], False),
    ],
)
def test_a_text_column_has_four_words_or_more(cells, text):
    """On average, over cells that are not empty; anything but words is none."""
    assert reads_as_text(pd.Series(cells, dtype=object)) is text


@pytest.mark.parametrize(
    "given",
    [
        ["a b", "c", None],
        np.array(["a b", "c", np.nan], object),
        np.array([["a b"], ["c"], [""]], object),
        pd.Series(["a b", "c", None], name="note"),
        pd.Series(["a b", "c", None], dtype="str"),
        pd.Series(["a b", "c", None], dtype="category"),
        pd.DataFrame({"note": ["a b", "c", pd.NA]}),
        pd.DataFrame({"note": ["a b", "c", None], "age": [1, 2, 3]}),
    ],
)
def test_texts_come_in_many_shapes(given):
    """One column of texts, missing ones empty."""
    table = one_text_a_row(given, "note")
    assert np.asarray(table).tolist() == [["a b"], ["c"], [""]]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (pd.DataFrame({"a": ["x"], "b": ["y"]}), r"reads one column; got an input of shape \(1, 2\)"),
        (np.zeros((3, 2)), r"shape \(3, 2\)"),
        ([1.5, 2.5], "found 1.5, a float"),
        ("one text", r"shape \(\)"),
    ],
)
def test_what_is_no_text(given, said):
    """Numbers, several columns and a bare string are refused."""
    with pytest.raises(ValueError, match=said):
        one_text_a_row(given)
