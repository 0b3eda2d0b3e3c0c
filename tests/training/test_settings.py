"""Settings: words from a terminal become the right Python values."""

import re
from math import inf

import pytest

from riskaudit.training import build
from riskaudit.training.settings import Setting

WORDS = [
    ("random-forest", "max_depth", "5", 5),
    ("random-forest", "max_depth", "none", None),
    ("random-forest", "bootstrap", "false", False),
    ("random-forest", "min_samples_leaf", "5", 5),
    ("random-forest", "min_samples_leaf", "0.1", 0.1),
    ("random-forest", "max_features", "sqrt", "sqrt"),
    ("random-forest", "max_features", "1.0", 1.0),
    ("random-forest", "max_features", "1", 1),
    ("random-forest", "class-weight", "balanced", "balanced"),
    ("perceptron", "hidden", "64,32", (64, 32)),
    ("perceptron", "hidden", "16", (16,)),
    ("perceptron", "hidden", "none", ()),
    ("perceptron", "hidden", [8, 4], (8, 4)),
    ("perceptron", "batch_size", "none", None),
    ("boosting", "learning_rate", "0.1", 0.1),
    ("boosting", "learning_rate", "1", 1.0),
    ("boosting", "early_stopping", "auto", "auto"),
    ("boosting", "early_stopping", "true", True),
    ("logistic", "C", "inf", inf),
]


@pytest.mark.parametrize(("learner", "name", "word", "value"), WORDS)
def test_words_become_values(learner, name, word, value):
    """The estimator holds the value, of the right type."""
    held = build(learner, task="classification", seed=0, settings={name: word}).get_params()[
        name.replace("-", "_")
    ]
    assert held == value
    assert type(held) is type(value)


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        (Setting(whole=(1, inf)), "0"),
        (Setting(whole=(1, inf)), "2.5"),
        (Setting(whole=(1, inf)), True),
        (Setting(whole=(1, inf)), "inf"),
        (Setting(whole=(1, inf)), None),
        (Setting(real=(0, 1), above=True), "0"),
        (Setting(real=(0, 1)), "1.01"),
        (Setting(real=(0, inf)), "inf"),
        (Setting(real=(0, inf)), "nan"),
        (Setting(flag=True), "perhaps"),
        (Setting(several=True), "8,0"),
        (Setting(words=("a", "b")), "c"),
        (Setting(whole=(1, inf)), [3]),
    ],
)
def test_values_out_of_range(setting, value):
    """Each is refused, and the refusal tells the range."""
    with pytest.raises(ValueError, match=re.escape(setting.range)):
        setting.parsed(value)


def test_ranges_in_words():
    """What a setting takes is told in a sentence."""
    assert Setting(whole=(1, inf), none=True).range == "a whole number from 1 or none"
    assert Setting(real=(0, 1), above=True).range == "a number above 0 to 1"
    assert Setting(whole=(1, inf), real=(0, 1), words=("sqrt",), none=True).range == (
        "a whole number from 1, a number from 0 to 1, sqrt or none"
    )


@pytest.mark.parametrize(
    ("learner", "name", "word", "value"),
    [
        ("perceptron", "batch_size", "0", 0),
        ("perceptron", "batch_size", "all", "all"),
        ("perceptron", "dropout", "0.25", 0.25),
        ("text", "column", "Comment Text", "Comment Text"),
        ("text", "column", "none", None),
        ("k-nearest", "weights", "distance", "distance"),
        ("linear-svm", "C", "2", 2.0),
    ],
)
def test_words_of_the_newer_learners(learner, name, word, value):
    """Their settings become values too; a column's name keeps its capitals."""
    held = build(learner, task="classification", seed=0, settings={name: word}).get_params()[name]
    assert (held, type(held)) == (value, type(value))
