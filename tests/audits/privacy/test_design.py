"""Privacy: which rows go into which refit, and what the signals do with the answers."""

import numpy as np
import pytest
from audits.privacy.worlds import table
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC, LinearSVC

from riskaudit.audits.privacy import bench, design, pool, signals
from riskaudit.audits.privacy.bags import is_bagged_forest
from riskaudit.audits.privacy.blind import numbers


@pytest.mark.parametrize(("refits", "folds"), [(8, 2), (4, 2), (8, 3), (8, 5)])
def test_each_row_is_out_once_a_round(refits, folds):
    """Complementary: in each round every row is left out of exactly one refit."""
    made = design.complementary(
        np.zeros(101, dtype=int), rng=np.random.default_rng(0), refits=refits, folds=folds
    )
    for one in set(made.round_of.tolist()):
        assert ((~made.fitted[made.round_of == one]).sum(axis=0) == 1).all()
    assert np.ptp(made.fitted.sum(axis=1)) <= 1


def test_halves_keep_the_classes():
    """Every refit has its share of a rare class."""
    strata = np.repeat([0, 1], [90, 10])
    made = design.complementary(strata, rng=np.random.default_rng(1), refits=8)
    assert (made.fitted[:, strata == 1].sum(axis=1) == 5).all()


def test_the_cost_rule_knows_learners():
    """Dear learners get fewer rows, wide tables too, more effort more; never fewer than the floor."""
    rows = lambda model, effort="normal", columns=10: design.most_rows(model, effort, columns=columns)  # noqa: E731
    assert rows(MLPClassifier()) < rows(HistGradientBoostingClassifier()) < rows(LogisticRegression())
    assert rows(LinearSVC()) == rows(LogisticRegression()) > rows(SVC())
    assert rows(RandomForestClassifier(1000)) < rows(RandomForestClassifier(100))
    assert rows(LogisticRegression(), columns=400) < rows(LogisticRegression())
    assert rows(MLPClassifier(), "quick", 10_000) == design.FEWEST_ROWS
    assert rows(make_pipeline(StandardScaler(), MLPClassifier())) == rows(MLPClassifier())


def test_votes_are_counted_through_pipelines():
    """Trees of a forest and neighbours vote; a logistic model does not; single ones take more refits."""
    assert design.votes(make_pipeline(StandardScaler(), RandomForestClassifier(30))) == 30
    assert design.votes(KNeighborsClassifier(1)) == 1
    assert design.votes(LogisticRegression()) == 0
    assert design.refits(KNeighborsClassifier(1), "normal") == 32
    assert design.refits(LogisticRegression(), "normal") == 8


def test_one_forest_stands_for_many_only_where_its_trees_draw_rows():
    """Bagged forests, in pipelines too; not without bootstrap, not inside a search."""
    assert is_bagged_forest(make_pipeline(StandardScaler(), RandomForestClassifier()))
    assert not is_bagged_forest(RandomForestClassifier(bootstrap=False))
    assert not is_bagged_forest(LogisticRegression())
    assert not is_bagged_forest(GridSearchCV(RandomForestClassifier(), {}))


def test_base_is_the_ratio_of_probabilities():
    """BASE = log of p_target over the middle of mean p_in and mean p_out."""
    fitted = np.array([[True], [True], [False]])
    references = signals.of_probabilities(np.array([[0.9], [0.7], [0.4]]), np.array([[0.1], [0.3], [0.6]]), 0)
    target = signals.of_probabilities(np.array([0.8]), np.array([0.2]), 0)
    assert signals.compared(target, references, fitted, "BASE")[0] == pytest.approx(np.log(0.8 / 0.6))


def test_half_a_vote_is_the_least_a_forest_can_say():
    """No tree for the actual class: clipped at half a vote, not at the smallest float."""
    signal = signals.of_probabilities(np.array([0.0]), np.array([1.0]), 99)
    assert signal.probability[0] == pytest.approx(0.5 / 100)
    assert np.isfinite(signal.logit[0])


def test_the_score_that_attacks_the_refits_best_is_chosen():
    """Saturated probabilities that differ on the logit scale: the logit midpoint is chosen."""
    rng = np.random.default_rng(0)
    made = design.complementary(np.zeros(400, dtype=int), rng=rng, refits=8)
    logit = 12 + 4 * made.fitted + rng.normal(size=made.fitted.shape)
    right, wrong = 1 / (1 + np.exp(-logit)), 1 / (1 + np.exp(logit))
    others = signals.of_probabilities(np.minimum(right, 1 - 1e-7), wrong, 0)
    score, strength = signals.chosen(others, made.fitted, made.round_of)
    assert score == "logit midpoint"
    assert strength[score] > 0.95


def test_rows_are_equal_where_all_columns_are():
    """Missing values equal one another; 1 and 1.0 too; a different outcome is a different row."""
    import pandas as pd

    frame = pd.DataFrame({"a": [1, 1.0, None, None, 1], "b": ["x", "x", "y", "y", "z"]})
    codes = pool.row_codes(frame)
    assert codes[0] == codes[1] != codes[4]
    assert codes[2] == codes[3] != codes[0]


def test_words_dates_and_truths_become_numbers():
    """The blind control reads every kind of column; a missing word stays missing."""
    import pandas as pd

    frame = pd.DataFrame(
        {
            "word": ["b", "a", None],
            "truth": [True, False, True],
            "day": pd.to_datetime(["2020-01-01", "2020-01-03", None]),
            "number": [1.5, np.nan, 2],
        }
    )
    values, categorical = numbers(frame)
    assert values.shape == (3, 4)
    assert categorical.tolist() == [True, False, False, False]
    assert np.isnan(values[2, 0])
    assert values[1, 2] - values[0, 2] == 2
    assert np.isnan(values[2, 2])


def test_a_small_pool_is_taken_whole():
    """Thinning never takes more than there is and keeps the order."""
    rng = np.random.default_rng(0)
    assert pool.thinned(np.arange(5), 10, rng).tolist() == [0, 1, 2, 3, 4]
    few = pool.thinned(np.arange(100), 10, rng)
    assert len(few) == 10
    assert (np.diff(few) > 0).all()


def test_tables_of_the_tests_have_their_classes():
    """The helper's own fact: classes are text, sorted."""
    assert table(np.zeros((2, 1)), [1, 0]).classes == ("0", "1")


@pytest.mark.parametrize("learner", ["logistic", "perceptron"])
def test_refits_of_the_core_go_through_one_pass_and_say_the_same(learner):
    """Shadow models of our own core are fitted together; answers equal those of single refits."""
    from dataclasses import replace

    from riskaudit.audits.privacy import bench as benches
    from riskaudit.audits.privacy.pool import once_only
    from riskaudit.audits.privacy.refits import complementary_refits
    from riskaudit.datasets.credit import credit
    from riskaudit.evidence import Evidence
    from riskaudit.training.fit import fit
    from riskaudit.training.many import fit_many

    members, held_out = credit(seed=0)
    members, held_out = members.take(np.arange(300)), held_out.take(np.arange(300))
    settings = {"epochs": "20"} if learner == "perceptron" else {}
    subject = fit(members, learner=learner, settings=settings).subject
    asked = {"many": 0}

    def counted(*given):
        asked["many"] += 1
        return fit_many(*given)

    alone = Evidence(subject=subject, test=held_out, train=members, effort="quick")
    together = replace(alone, fit_many=counted)
    found = []
    for evidence in (alone, together):
        pooled = once_only(evidence)
        found.append(complementary_refits(evidence, benches.bench_of(evidence, pooled), pooled))
    assert asked["many"] == 1
    np.testing.assert_array_equal(found[0].fitted, found[1].fitted)
    # Columns are prepared once instead of per refit: the same models but for scales and medians.
    assert np.corrcoef(found[0].given[:, 0].ravel(), found[1].given[:, 0].ravel())[0, 1] > 0.99
    assert "prepared once" in found[1].told


def test_a_refusal_quotes_no_cell():
    """What a library quotes of the table is a member's; it stays out of the report."""
    error = bench.refusal(ValueError("could not convert string to float: 'Ann Lee'"))
    assert error.problem == "ValueError: could not convert string to float: '...'"
