"""Words of texts: their values are right, planted words lead, and rare words are not told."""

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import ColumnTransformer
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import MultinomialNB
from sklearn.pipeline import make_pipeline

from riskaudit.audits.explainability.tokens import text_columns, word_values

FILLER = ("the", "form", "was", "sent", "by", "post", "today", "again", "from", "home")


def letters(n=600, seed=0):
    """Texts in which 'refund' means no and 'thanks' means yes; each has a name of its own."""
    rng = np.random.default_rng(seed)
    kinds = rng.choice(["refund", "thanks", ""], n)
    texts = [
        " ".join([*rng.choice(FILLER, 6, replace=False), kind, f"name{at}"]) for at, kind in enumerate(kinds)
    ]
    y = np.where(kinds == "refund", "no", np.where(kinds == "thanks", "yes", rng.choice(["yes", "no"], n)))
    return pd.DataFrame({"letter": texts, "pages": rng.integers(1, 9, n), "y": y})


def fitted(vectoriser, model, frame):
    half = frame.iloc[:300]
    prepare = ColumnTransformer([("t", vectoriser, "letter"), ("n", "passthrough", ["pages"])])
    return make_pipeline(prepare, model).fit(half[["letter", "pages"]], half.y)


def test_words_of_a_linear_model_have_their_weights():
    """Counts before a linear model: a word's value is its weight times its count, exactly."""
    frame = pd.DataFrame({"letter": ["good good bad day", "bad night, good day"]})
    weight = {"good": 2.0, "bad": -3.0, "day": 0.5, "night": 0.0}
    vectoriser = CountVectorizer().fit(frame.letter)
    weights = np.array([weight[word] for word in vectoriser.get_feature_names_out()])

    def ask(rows):
        return vectoriser.transform(rows.letter) @ weights

    first, second = word_values(frame, "letter", ask, pairs=2, rng=np.random.default_rng(0))
    assert dict(zip(*first, strict=True)) == pytest.approx({"good": 4.0, "bad": -3.0, "day": 0.5})
    assert dict(zip(*second, strict=True)) == pytest.approx(
        {"bad": -3.0, "night": 0.0, "good": 2.0, "day": 0.5}
    )


@pytest.mark.parametrize("model", [LogisticRegression(), MultinomialNB()])
def test_planted_words_lead_and_names_are_not_told(answers, model):
    """The two words that decide come first, each with its sign; words of fewer than five texts stay unsaid."""
    frame = letters()
    told = answers(fitted(TfidfVectorizer(), model, frame), frame)
    effects = [m for m in told.measures if m.name == "explainability.token_effect"]
    assert {m.where["word"] for m in effects[:2]} == {"refund", "thanks"}
    by_word = {m.where["word"]: m for m in effects}
    assert by_word["refund"].interval.high < 0 < by_word["thanks"].interval.low
    assert not [word for word in by_word if word.startswith("name")]
    assert len(effects) <= 10


def test_only_texts_are_taken_apart(evidence):
    """A column of codes is no text."""
    frame = letters().assign(pages=lambda f: f.pages.astype(str))
    assert text_columns(evidence(_two(frame), frame)) == ["letter"]


def _two(frame):
    from sklearn.preprocessing import OneHotEncoder

    half = frame.iloc[:300]
    prepare = ColumnTransformer(
        [
            ("t", TfidfVectorizer(), "letter"),
            ("n", OneHotEncoder(handle_unknown="ignore"), ["pages"]),
        ]
    )
    return make_pipeline(prepare, LogisticRegression()).fit(half[["letter", "pages"]], half.y)
