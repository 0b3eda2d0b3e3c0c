"""Text: it learns sentiments it was not shown, repeats itself, and answers scikit-learn's API."""

import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import skops.io
from sklearn.base import clone
from sklearn.model_selection import cross_val_score
from sklearn.utils import estimator_checks
from sklearn.utils.estimator_checks import check_estimator

from riskaudit.subjects.trusted import TRUSTED_TYPES
from riskaudit.training import parameter_count
from riskaudit.training.text import NumpyTextClassifier

GOOD = ["great", "lovely", "superb", "charming", "brilliant", "moving", "witty", "warm"]
BAD = ["dull", "awful", "boring", "clumsy", "dreadful", "tedious", "stale", "weak"]
PLAIN = ["the", "film", "was", "a", "plot", "and", "its", "actors", "music", "in", "story", "of"]
MADLIBS = Path(__file__).parents[3] / "shared/data/text/bias_madlibs_77k.csv.gz"


def reviews(n=800, seed=0, kinds=(GOOD, BAD)):
    """Texts of plain words with three words of one sentiment and one of another among them."""
    rng = np.random.default_rng(seed)
    y = rng.integers(0, len(kinds), n)
    texts = []
    for at in y:
        words = [*rng.choice(PLAIN, 8), *rng.choice(kinds[at], 3), rng.choice(kinds[(at + 1) % len(kinds)])]
        texts.append(" ".join(rng.permutation(words)))
    return np.array(texts, object), np.array(["good", "bad", "none"])[y]


X, Y = reviews()
FRESH, TRUTH = reviews(400, seed=1)


@pytest.mark.parametrize("hidden", [(), (16,), (16, 8)])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_learns_sentiment(hidden, dtype):
    """More than 95 of 100 texts it has not seen."""
    model = NumpyTextClassifier(hidden, dtype=dtype, random_state=0).fit(X, Y)
    assert model.score(FRESH, TRUTH) > 0.95
    assert model.parameters_.dtype == dtype
    assert model.n_iter_ == len(model.loss_curve_)


def test_learns_three_kinds():
    """Softmax: each row's probabilities sum to 1, in the order of the classes."""
    kinds = (GOOD, BAD, ["table", "chair", "lamp", "desk", "shelf"])
    texts, labels = reviews(900, kinds=kinds)
    model = NumpyTextClassifier(random_state=0).fit(texts, labels)
    fresh, truth = reviews(300, seed=2, kinds=kinds)
    P = model.predict_proba(fresh)
    assert model.score(fresh, truth) > 0.95
    np.testing.assert_allclose(P.sum(axis=1), 1)
    np.testing.assert_array_equal(model.classes_[P.argmax(axis=1)], model.predict(fresh))


def test_unknown_words_and_empty_texts_have_answers():
    """A text of words never seen answers as an empty one does, for the unknown word was never met."""
    model = NumpyTextClassifier(epochs=3, random_state=0).fit(X, Y)
    P = model.predict_proba(["zyzzyva qoph", "", None])
    np.testing.assert_array_equal(P[0], P[1])
    np.testing.assert_array_equal(P[0], P[2])


@pytest.mark.parametrize("early", [True, False])
def test_same_seed_same_bytes(early):
    """Equal seeds, equal bytes; another seed, others."""

    def answers(seed):
        model = NumpyTextClassifier(epochs=3, early_stopping=early, dropout=0.3, random_state=seed)
        return model.fit(X, Y).predict_proba(FRESH).tobytes()

    assert answers(1) == answers(1) != answers(2)


def test_rows_of_no_weight_are_not_there():
    """Neither their labels nor their words are learnt."""
    texts, labels = np.append(X, ["secret secret word"] * 5), np.append(Y, ["odd"] * 5)
    weights = np.append(np.ones(len(X)), np.zeros(5))
    model = NumpyTextClassifier(epochs=2, random_state=0).fit(texts, labels, sample_weight=weights)
    plain = NumpyTextClassifier(epochs=2, random_state=0).fit(X, Y)
    assert "secret" not in model.words_
    np.testing.assert_array_equal(model.parameters_, plain.parameters_)


def test_balanced_classes_find_the_rare_one():
    """Balanced weights raise the recall of a class of one in thirty."""
    rows = np.flatnonzero((Y == "good") | (np.arange(len(Y)) % 30 == 0))

    def recall(weight):
        model = NumpyTextClassifier(epochs=6, class_weight=weight, random_state=0).fit(X[rows], Y[rows])
        return (model.predict(FRESH[TRUTH == "bad"]) == "bad").mean()

    assert recall("balanced") > recall(None) + 0.1


def test_penalties_leave_words_alone():
    """L2 shrinks the dense weights; the embedding is not in the penalty."""

    def sizes(l2):
        model = NumpyTextClassifier(epochs=10, l2=l2, random_state=0).fit(X, Y)
        return np.abs(model.coefs_[1]).sum(), np.abs(model.embedding_).sum()

    (dense, words), (small, kept) = sizes(0.0), sizes(0.1)
    assert small < 0.5 * dense
    assert kept > 0.8 * words


def test_shapes_and_sizes():
    """Every parameter is counted: embedding, dense weights, biases."""
    model = NumpyTextClassifier((7,), embedding=5, vocabulary=20, epochs=1).fit(X, Y)
    assert model.embedding_.shape == (21, 5)
    assert parameter_count(model) == model.parameters_.size == 21 * 5 + 5 * 7 + 7 + 7 * 1 + 1


def test_columns_and_names():
    """A frame's column by name, or its only one; another name is refused at prediction."""
    frame = pd.DataFrame({"age": np.arange(len(X)), "note": X})
    named = NumpyTextClassifier(epochs=2, column="note", random_state=0).fit(frame, Y)
    alone = NumpyTextClassifier(epochs=2, random_state=0).fit(frame[["note"]], Y)
    np.testing.assert_array_equal(named.parameters_, alone.parameters_)
    assert alone.feature_names_in_.tolist() == ["note"]
    unnamed = NumpyTextClassifier(epochs=2, random_state=0).fit(X, Y)
    np.testing.assert_array_equal(
        unnamed.predict_proba(frame[["note"]]), alone.predict_proba(frame[["note"]])
    )
    with pytest.raises(ValueError, match="feature names should match"):
        alone.predict(frame[["note"]].rename(columns={"note": "memo"}))
    with pytest.raises(ValueError, match="reads one column"):
        alone.predict(frame)


def test_scikit_learn_drives_it():
    """Cross-validation, cloning and files: the same model."""
    model = NumpyTextClassifier(epochs=15, random_state=0)
    assert cross_val_score(model, X, Y, cv=3).min() > 0.9
    fitted = clone(model).fit(X, Y)
    again = skops.io.loads(skops.io.dumps(fitted), trusted=list(TRUSTED_TYPES))
    assert again.predict_proba(FRESH).tobytes() == fitted.predict_proba(FRESH).tobytes()


@pytest.mark.parametrize(
    "check",
    [
        "check_estimator_cloneable",
        "check_valid_tag_types",
        "check_estimator_repr",
        "check_no_attributes_set_in_init",
        "check_get_params_invariance",
        "check_set_params",
        "check_parameters_default_constructible",
        "check_mixin_order",
    ],
)
def test_checks_without_data(check):
    """Those of scikit-learn's checks that show no table of numbers hold."""
    getattr(estimator_checks, check)("NumpyTextClassifier", NumpyTextClassifier())


def test_scikit_learn_has_no_texts_to_check_with():
    """`check_estimator` has only tables of numbers, and says that it leaves this one out."""
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        check_estimator(NumpyTextClassifier())
    assert any("Can't test estimator NumpyTextClassifier" in str(one.message) for one in said)


@pytest.mark.parametrize(
    ("texts", "labels", "settings", "said"),
    [
        (X, Y[:5], {}, "inconsistent numbers of samples"),
        (X, np.full(len(X), "good"), {}, "at least two classes"),
        (X, np.where(Y == "good", np.nan, 1.0), {}, "NaN"),
        (np.eye(3), [0, 1, 1], {}, "reads one column"),
        ([1.0, np.inf, 2.0], [0, 1, 1], {}, "found 1.0, a float"),
        (X, Y, {"embedding": 0}, "'embedding' parameter"),
        (X, Y, {"min_count": 10**6}, "no word occurs"),
        (["", "🙂 !", ""], [0, 1, 1], {}, "letters and digits"),
    ],
)
def test_what_cannot_be_learnt(texts, labels, settings, said):
    """Each is refused in words."""
    with pytest.raises(ValueError, match=said):
        NumpyTextClassifier(**settings).fit(texts, labels)


def test_more_words_than_vectors_are_refused():
    """A file whose vocabulary outgrew its embedding does not make compiled code read beyond it."""
    model = NumpyTextClassifier(epochs=1, random_state=0).fit(X, Y)
    model.words_ = np.append(model.words_, [f"w{i}" for i in range(10_000)])
    with pytest.raises(ValueError, match="parameters are not those of 100"):
        model.predict(["w9999"])


@pytest.mark.skipif(not MADLIBS.exists(), reason="the real data set is not here")
def test_learns_the_madlibs():
    """The real set, a tenth of it: bad words from not bad ones, on rows not seen."""
    table = pd.read_csv(MADLIBS).sample(n=9000, random_state=0)
    label = table.columns[1]
    model = NumpyTextClassifier(epochs=5, random_state=0).fit(table["Text"][:7000], table[label][:7000])
    assert model.score(table["Text"][7000:], table[label][7000:]) > 0.99
