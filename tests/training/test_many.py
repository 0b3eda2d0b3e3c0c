"""Many: a batch of models is the models one by one, and what a batch cannot take is fitted alone."""

import tracemalloc
import warnings

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_array
from sklearn.datasets import load_iris
from sklearn.exceptions import ConvergenceWarning
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from riskaudit.training import many
from riskaudit.training.linear import NumpyLinearRegression
from riskaudit.training.logistic import NumpyLogisticRegression
from riskaudit.training.many import logistic, train_many
from riskaudit.training.many.conjugate import conjugate
from riskaudit.training.many.counterparts import counterpart
from riskaudit.training.many.recipes import single
from riskaudit.training.perceptron import NumpyPerceptronClassifier, NumpyPerceptronRegressor

RNG = np.random.default_rng(0)
X = RNG.normal(size=(240, 6)) * [1, 2, 0.5, 1, 1, 3] + [0, 5, 0, -2, 0, 0]
SIGNAL = X @ [1.0, -0.5, 1.0, 0.3, 0.0, 0.2] + 2.5
BINARY = np.where(SIGNAL + RNG.normal(size=240) > 0, "yes", "no")
THREE = np.digitize(SIGNAL, np.quantile(SIGNAL, [0.3, 0.7]))
NUMBERS = 100 + 30 * (SIGNAL + RNG.normal(size=240))
SEEDS = np.array([3, 1, 4, 15, 9])
# Members of unequal numbers: 30, 90, ... rows, so batches end at unequal places.
MASKS = RNG.random((5, 240)) < np.array([0.12, 0.4, 0.5, 0.55, 0.95])[:, None]


def numbers_of(model):
    return (
        model.parameters_
        if hasattr(model, "parameters_")
        else np.append(np.ravel(model.coef_), model.intercept_)
    )


def assert_same(recipe, y, *, rtol=1e-9, masks=MASKS, batched=True, table=X, **options):
    """Every model of the batch equals its single fit, attribute for attribute."""
    seeds = np.resize(SEEDS, len(masks))
    alone = [single(recipe, table, y, mask=mask, seed=seed) for mask, seed in zip(masks, seeds, strict=True)]
    with pytest.MonkeyPatch.context() as patch:
        if batched:  # then nothing is left for single fits
            patch.setattr(many, "_alone", None)
        together = train_many(recipe, table, y, masks, seeds, **options)
    for one, other in zip(alone, together, strict=True):
        assert type(other) is type(one)
        assert vars(other).keys() == vars(one).keys()
        assert other.get_params() == one.get_params()
        assert other.n_iter_ == one.n_iter_
        assert other.n_features_in_ == one.n_features_in_
        scale = np.abs(numbers_of(one)).max()
        np.testing.assert_allclose(numbers_of(other), numbers_of(one), rtol=rtol, atol=rtol * scale)
        np.testing.assert_array_equal(other.predict(table), one.predict(table)) if y.dtype != float else None
        for curve in ("loss_curve_", "validation_curve_"):
            if hasattr(one, curve):
                np.testing.assert_allclose(getattr(other, curve), getattr(one, curve), rtol=max(rtol, 1e-12))
    return together


PERCEPTRON = {"hidden": (8, 5), "epochs": 6, "batch_size": 20, "learning_rate": 0.01}


@pytest.mark.parametrize(("dtype", "rtol"), [("float64", 1e-9), ("float32", 2e-4)])
@pytest.mark.parametrize("y", [BINARY, THREE], ids=["binary", "three"])
@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"optimizer": "sgd", "schedule": "cosine", "activation": "tanh", "init": "he"},
        {"l1": 1e-3, "l2": 1e-2, "activation": "sigmoid", "schedule": "exponential"},
        {"class_weight": "balanced", "hidden": ()},
        {"batch_size": None, "optimizer": "sgd", "learning_rate": 0.1, "hidden": (4,)},
        {"batch_size": 1, "epochs": 1},
    ],
    ids=str,
)
def test_perceptrons_are_the_single_fits(settings, y, dtype, rtol):
    """Same weights at first, same shuffles, same batches: the same classifiers, for unequal members."""
    assert_same(NumpyPerceptronClassifier(**PERCEPTRON | settings, dtype=dtype), y, rtol=rtol)


@pytest.mark.parametrize(("dtype", "rtol"), [("float64", 1e-9), ("float32", 2e-4)])
def test_regressors_are_the_single_fits(dtype, rtol):
    """Each model standardises the target by its own members."""
    together = assert_same(NumpyPerceptronRegressor(**PERCEPTRON, dtype=dtype), NUMBERS, rtol=rtol)
    assert together[0].target_mean_ == pytest.approx(NUMBERS[MASKS[0]].mean())


@pytest.mark.parametrize("weight", [None, "balanced", {"yes": 3.0}])
def test_each_model_stops_by_itself(weight):
    """With early stopping, models end after unequal numbers of epochs, each at its own best one."""
    recipe = NumpyPerceptronClassifier(
        (8,), epochs=60, patience=3, early_stopping=True, dtype="float64", class_weight=weight,
        learning_rate=0.02, validation_fraction=0.2,
    )  # fmt: skip
    together = assert_same(recipe, BINARY)
    assert len({model.n_iter_ for model in together}) > 1
    assert any(model.best_epoch_ < model.n_iter_ for model in together)


def test_stopping_on_the_training_loss():
    """Without rows held out the training loss is watched, and the last parameters stay."""
    recipe = NumpyPerceptronClassifier((6,), epochs=200, patience=2, tol=0.02, dtype="float64")
    together = assert_same(recipe, BINARY)
    assert len({model.n_iter_ for model in together}) > 1


@pytest.mark.parametrize(
    "settings", [{}, {"C": 0.01}, {"class_weight": "balanced"}, {"class_weight": {"no": 2.0}},
                 {"fit_intercept": False}, {"C": np.inf}, {"solver": "newton", "tol": 1e-6}], ids=str,
)  # fmt: skip
def test_logistic_regressions_are_the_single_fits(settings):
    """Newton's iterates of all models at once: the same minimum after the same number of iterations."""
    assert_same(NumpyLogisticRegression(**settings), BINARY, masks=MASKS[1:], rtol=1e-8)


# Enough models and features for conjugate gradients; columns of unlike scales.
WIDE = np.random.default_rng(4).normal(size=(1500, 24)) * np.logspace(-1, 1, 24) + 5
PLAIN = (WIDE - WIDE.mean(axis=0)) / WIDE.std(axis=0) @ np.linspace(-1, 1, 24)
WIDE_LABELS = np.where(PLAIN + 2 * np.random.default_rng(5).normal(size=1500) > -1, "yes", "no")
WIDE_MASKS = np.random.default_rng(6).random((20, 1500)) < np.linspace(0.3, 0.9, 20)[:, None]


@pytest.mark.parametrize(
    "settings", [{}, {"C": 0.01}, {"class_weight": "balanced"}, {"class_weight": {"no": 2.0}},
                 {"fit_intercept": False}, {"C": np.inf}, {"solver": "newton", "tol": 1e-6}], ids=str,
)  # fmt: skip
def test_logistic_regressions_of_many_features_are_the_single_fits(settings):
    """Directions from conjugate gradients lead through Newton's iterates, as many of them, to its minimum."""
    with pytest.MonkeyPatch.context() as patch:
        if settings.get("C") != np.inf and "tol" not in settings:
            patch.setattr(logistic.Likelihoods, "_hessians", None)  # then no model had to have its own
        assert_same(NumpyLogisticRegression(**settings), WIDE_LABELS, masks=WIDE_MASKS, table=WIDE, rtol=1e-8)


def test_models_unlike_the_others_have_their_own_hessians():
    """Members of 30 and 60 rows among hundreds, and those of one side of the table: still the single fits."""
    masks = WIDE_MASKS.copy()
    masks[3, 30:], masks[7, 60:] = False, False
    masks[11] = WIDE[:, 23] > np.quantile(WIDE[:, 23], 0.7)
    scaled = WIDE / WIDE.std(axis=0)
    assert_same(NumpyLogisticRegression(), WIDE_LABELS, masks=masks, table=scaled, rtol=1e-8)


def test_conjugate_gradients_tell_who_is_unlike():
    """Directions are H^-1 g to a hundredth of lambda^2 for models that are alike; the one that is not is named."""
    rng = np.random.default_rng(0)
    A, bend = rng.normal(size=(30, 900)), (rng.random((20, 900)) < 0.5) / 1800
    bend[4, 20:] = 0
    ridge, g = np.full((20, 30), 1e-6), 1e-2 * rng.normal(size=(20, 30))
    d, arrived = conjugate(A, bend.astype(np.float32), ridge, g)
    assert np.flatnonzero(~arrived).tolist() == [4]
    for k in np.flatnonzero(arrived):
        H = (A * bend[k]) @ A.T + np.diag(ridge[k])
        exact = np.linalg.solve(H, -g[k])
        off, size = ((v @ H @ v) ** 0.5 for v in (d[k] - exact, exact))
        assert off <= 1.5e-2 * size**2


@pytest.mark.parametrize("settings", [{}, {"l2": 3.0}, {"fit_intercept": False}, {"l2": 1e-3}], ids=str)
def test_linear_regressions_are_the_single_fits(settings):
    """Refined normal equations give what the orthogonal factorisation gives."""
    assert_same(NumpyLinearRegression(**settings), NUMBERS, rtol=1e-10)


def test_normal_equations_refined_keep_their_digits():
    """At a condition number of 1e4, squared in the normal equations, ten digits still agree."""
    skewed = X @ np.diag([1, 1e-2, 1, 1, 1, 1])
    skewed[:, 3] = skewed[:, 0] + 1e-3 * skewed[:, 3]
    assert_same(NumpyLinearRegression(), NUMBERS, rtol=1e-9, table=skewed + 50)


def test_singular_systems_are_fitted_alone():
    """Where columns depend on one another, the batch leaves the model to the solution of smallest norm."""
    double = np.column_stack([X, X[:, 0]])
    assert_same(NumpyLinearRegression(), NUMBERS, table=double, batched=False)


@pytest.mark.parametrize(
    "settings",
    [{"l1_ratio": 0.5, "C": 0.1}, {"solver": "adam", "epochs": 3}, {"solver": "proximal", "C": 0.1}],
    ids=str,
)
def test_other_solvers_are_fitted_alone(settings):
    """Seeds included, they are the single fits."""
    assert_same(NumpyLogisticRegression(**settings), BINARY, batched=False)


def test_settings_unknown_to_the_batch_are_not_left_out():
    """A perceptron with a setting that the batch does not know (dropout) is fitted alone."""
    if "dropout" not in NumpyPerceptronClassifier().get_params():
        pytest.skip("this perceptron has no dropout")
    assert_same(NumpyPerceptronClassifier((6,), epochs=3, dropout=0.5), BINARY, batched=False)


def test_a_model_without_a_class_is_fitted_alone():
    """It learns the classes it has rows of; the others do not mind."""
    masks = MASKS.copy()
    masks[2] &= THREE < 2
    recipe = NumpyPerceptronClassifier(**PERCEPTRON, dtype="float64")
    together = assert_same(recipe, THREE, masks=masks, batched=False)
    assert [len(model.classes_) for model in together] == [3, 3, 2, 3, 3]


@pytest.mark.parametrize("workers", [1, 2])
def test_any_estimator_is_mapped(workers):
    """A pipeline's seeds are set and its fits are mapped over processes, in order."""
    recipe = make_pipeline(StandardScaler(), NumpyPerceptronClassifier((4,), epochs=2))
    together = train_many(recipe, X, BINARY, MASKS, SEEDS, workers=workers)
    for k, model in enumerate(together):
        alone = single(recipe, X, BINARY, mask=MASKS[k], seed=int(SEEDS[k]))
        np.testing.assert_array_equal(model.predict_proba(X), alone.predict_proba(X))
        assert model[-1].random_state == SEEDS[k]


def test_sparse_tables_and_frames():
    """Sparse tables and data frames are taken as single fits take them; column names are kept."""
    frame = pd.DataFrame(X, columns=list("abcdef"))
    assert len(train_many(GaussianNB(), frame, BINARY, MASKS, SEEDS)) == 5
    assert_same(
        NumpyLogisticRegression(), pd.Series(BINARY).to_numpy(), masks=MASKS[1:], table=frame, rtol=1e-8
    )
    with pytest.raises(TypeError, match=r"[Ss]parse"):
        train_many(NumpyLogisticRegression(), csr_array(X), BINARY, MASKS, SEEDS)


def test_the_same_over_workers_and_budgets():
    """Stacks of any size, on any number of threads, give the same models; the recipe stays unfitted."""
    recipe = NumpyPerceptronClassifier(**PERCEPTRON, dtype="float64")
    first = train_many(recipe, X, THREE, MASKS, SEEDS)
    for options in ({"workers": 2}, {"budget": 1}):
        for one, other in zip(first, train_many(recipe, X, THREE, MASKS, SEEDS, **options), strict=True):
            np.testing.assert_allclose(other.parameters_, one.parameters_, rtol=1e-10, atol=1e-12)
    assert not [name for name in vars(recipe) if name.endswith("_")]


def test_divergence_is_told_as_by_a_single_fit():
    """A learning rate beyond reason ends in the same sentence, with the model's number."""
    recipe = NumpyPerceptronClassifier((4,), optimizer="sgd", learning_rate=1e30)
    with pytest.raises(ValueError, match="lower learning_rate") as caught:
        train_many(recipe, X, BINARY, MASKS, SEEDS)
    assert "item 0" in caught.value.__notes__[0]


def test_a_separable_class_warns_as_a_single_fit():
    """Without a penalty there is no minimum to arrive at: the single fit that is tried says so."""
    recipe = NumpyLogisticRegression(C=np.inf, max_iter=3)
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        train_many(recipe, X, BINARY, MASKS[3:], SEEDS[3:])
    assert {warning.category for warning in told} == {ConvergenceWarning}


def test_gaps_in_rows_of_no_model_do_not_matter():
    """Only rows that some model learns from are looked at."""
    holed, masks = X.copy(), MASKS.copy()
    holed[7], masks[:, 7] = np.nan, False
    assert len(train_many(NumpyLinearRegression(), holed, NUMBERS, masks, SEEDS)) == 5
    masks[0, 7] = True
    with pytest.raises(ValueError, match="NaN"):
        train_many(NumpyLinearRegression(), holed, NUMBERS, masks, SEEDS)


@pytest.mark.parametrize(
    ("masks", "seeds", "said"),
    [
        (MASKS[:, :9], SEEDS, r"shape \(models, 240 rows\)"),
        (MASKS.astype(int), SEEDS, "must be bool"),
        (MASKS, SEEDS[:2], "5 masks need 5 seeds"),
    ],
)
def test_masks_and_seeds_must_fit(masks, seeds, said):
    """What does not fit is refused in words."""
    with pytest.raises(ValueError, match=said):
        train_many(GaussianNB(), X, BINARY, masks, seeds)


@pytest.mark.parametrize(
    ("recipe", "y"),
    [
        (NumpyPerceptronClassifier((40, 40), epochs=1, batch_size=100, early_stopping=True), 0),
        (NumpyLogisticRegression(max_iter=100), 0),
        (NumpyLinearRegression(l2=1.0), 1),
    ],
    ids=["perceptron", "logistic", "linear"],
)
def test_memory_keeps_within_the_budget(recipe, y):
    """Beside table, copy and models, no more than the budget (and 8 MB of shared products) is taken."""
    rng, K, n, d = np.random.default_rng(1), 100, 1500, 40
    table = rng.normal(size=(n, d))
    target = table[:, 0] + rng.normal(size=n) if y else (table[:, 0] + rng.normal(size=n) > 0).astype(int)
    masks, budget, seeds = rng.random((K, n)) < 0.5, 12 << 20, np.arange(K)
    train_many(recipe, table[:50], target[:50], masks[:2, :50], seeds[:2])
    tracemalloc.start()
    try:
        together = train_many(recipe, table, target, masks, seeds, budget=budget)
        left, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(together) == K
    assert peak - left < budget + 3 * table.nbytes + (8 << 20)


def test_iris_is_as_good_as_alone():
    """Three classes of flowers, half of them each time: held-out accuracy above 0.9 for every model."""
    table, y = load_iris(return_X_y=True)
    masks = np.random.default_rng(2).random((8, 150)) < 0.6
    recipe = NumpyPerceptronClassifier((16,), epochs=80, learning_rate=0.02, batch_size=16)
    models = train_many(recipe, table - table.mean(axis=0), y, masks, range(8))
    scores = [m.score((table - table.mean(axis=0))[~k], y[~k]) for m, k in zip(models, masks, strict=True)]
    assert min(scores) > 0.9


@pytest.mark.parametrize("classes", [2, 3])
def test_scikit_learns_perceptron_has_a_counterpart_that_learns_alike(classes):
    """Mean loss on learnt rows and on others within a tenth of each other's, over three seeds."""
    from sklearn.datasets import make_classification
    from sklearn.metrics import log_loss
    from sklearn.neural_network import MLPClassifier

    X, y = make_classification(600, 12, n_informative=6, n_classes=classes, random_state=0)
    found = []
    for seed in range(3):
        theirs = MLPClassifier((30,), max_iter=600, tol=3e-3, alpha=0.1, random_state=seed)
        models = theirs, counterpart(theirs)
        fits = [model.fit(X[:400], y[:400]) for model in models]
        found.append(
            [
                [log_loss(y[part], m.predict_proba(X[part])) for part in (slice(400), slice(400, None))]
                for m in fits
            ]
        )
    one, other = np.mean(found, axis=0)
    np.testing.assert_allclose(one, other, rtol=0.12)


def test_what_would_learn_otherwise_has_no_counterpart():
    """Another solver, early stopping on accuracy, a logistic activation, a regression: fitted as they are."""
    from sklearn.neural_network import MLPClassifier, MLPRegressor

    others = [
        MLPClassifier(solver="lbfgs"),
        MLPClassifier(early_stopping=True),
        MLPClassifier(activation="logistic"),
        MLPRegressor(),
    ]
    assert [counterpart(model) for model in others] == [None] * 4


def test_fits_for_the_audits_go_through_the_counterpart():
    """`fit_many` of scikit-learn's perceptron gives fitted perceptrons of the core, seed by seed."""
    from sklearn.neural_network import MLPClassifier

    from riskaudit.training.many import fit_many

    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(120, 3)), np.arange(120) % 2
    masks = rng.random((3, 120)) < 0.5
    models = fit_many(MLPClassifier((4,), max_iter=5), X, y, masks, np.arange(3), 1)
    alone = counterpart(MLPClassifier((4,), max_iter=5, random_state=1)).fit(X[masks[1]], y[masks[1]])
    np.testing.assert_allclose(models[1].predict_proba(X), alone.predict_proba(X), atol=1e-5)
