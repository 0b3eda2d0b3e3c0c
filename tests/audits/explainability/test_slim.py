"""A model that is asked with less ceremony answers the same, and leaves the process's warnings alone."""

import warnings

import numpy as np
import pytest
from scipy.stats import weightedtau
from sklearn.ensemble import ExtraTreesRegressor, RandomForestClassifier

from riskaudit.audits.explainability.agreement import weighted_tau
from riskaudit.audits.explainability.slim import slimmed


@pytest.fixture
def table():
    return np.random.default_rng(0).normal(size=(500, 6))


def test_a_slim_forest_answers_exactly_as_the_forest(table):
    """Three classes, and gaps: the same shares to the last bit, over one core or two."""
    table[:50, 0] = np.nan
    forest = RandomForestClassifier(20, random_state=0).fit(table, np.digitize(table[:, 1], [-0.5, 0.5]))
    many = np.tile(table, (60, 1)).astype(np.float32)
    for workers in (1, 2):
        assert np.array_equal(slimmed(forest, workers).predict_proba(many), forest.predict_proba(many))


def test_a_slim_forest_of_a_regression_answers_as_the_forest(table):
    """Extremely random trees: the same values."""
    forest = ExtraTreesRegressor(20, random_state=0).fit(table, table[:, 0])
    told = slimmed(forest).predict(table.astype(np.float32))
    assert told == pytest.approx(forest.predict(table), rel=1e-12)


def test_other_models_are_asked_as_they_are(table):
    """Two outcomes at once have no slim form."""
    assert slimmed(ExtraTreesRegressor(2).fit(table, table[:, :2])) is None


def test_asking_a_forest_over_two_cores_leaves_the_warning_filters_alone(rows, pipe, evidence):
    """scikit-learn's own threads would empty them, and then print warnings of their own."""
    from riskaudit.audits.explainability.bench import lay_out

    frame = rows(400)
    model = pipe(RandomForestClassifier(60, random_state=0, n_jobs=2), frame)
    bench = lay_out(evidence(model, frame, workers=2), np.arange(100), np.arange(100, 200))
    before = list(warnings.filters)
    for _ in range(5):
        bench.see(np.tile(bench.rows, (100, 1)))
    assert warnings.filters == before


def test_the_correlation_is_scipys():
    """With ties and without, few columns and many: scipy's weighted tau."""
    rng = np.random.default_rng(0)
    for d in (2, 3, 7, 30, 60):
        one, other = rng.integers(0, d, d) * 1.0, rng.integers(0, d, d) * 1.0
        told = float(weightedtau(one, other).statistic)
        assert weighted_tau(one, other) == pytest.approx(told, abs=1e-12, nan_ok=True)


def test_no_librarys_warning_reaches_the_terminal_though_filters_are_emptied(capsys):
    """Where a library's threads have emptied the filters, the command line still keeps its warnings to itself."""
    from riskaudit.cli.app import run_command

    with warnings.catch_warnings():
        assert run_command(["list", "audits"]) == 0
        warnings.resetwarnings()
        warnings.warn("of a library", UserWarning, stacklevel=1)
    assert "of a library" not in capsys.readouterr().err
