"""Importance names what the model rests on: a leak first, noise last, sensitive columns by their share."""

import numpy as np
import pandas as pd
import pytest
from sklearn.decomposition import PCA
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from riskaudit.audits.audit import examine
from riskaudit.audits.explainability import ExplainabilityAudit
from riskaudit.audits.explainability.agreement import agreement
from riskaudit.audits.explainability.importance import share_measure
from riskaudit.evidence import Evidence
from riskaudit.statistics import bootstrap
from riskaudit.subjects.subject import Subject

NUMBERS = ("age", "income", "noise", "followup")


@pytest.mark.parametrize(
    "model",
    [
        LogisticRegression(),
        RandomForestClassifier(30, random_state=0),
        HistGradientBoostingClassifier(max_iter=20),
        MLPClassifier((8,), max_iter=1000, tol=1e-3, learning_rate_init=0.02, random_state=0),
    ],
)
def test_a_planted_leak_is_named_first(pipe, rows, answers, model):
    """A column known only afterwards comes first by both methods, whatever the model."""
    frame = rows().assign(followup=lambda f: (f.y == "yes") + np.random.default_rng(1).normal(0, 0.2, len(f)))
    told = answers(pipe(model, frame, numbers=NUMBERS), frame)
    assert told.first() == told.first("permutation_importance") == "followup"
    assert told.one("importance_share", "followup").interval.low > 0.4
    assert told.one("top_share").note.startswith("the 3 largest of 5 columns: followup")


def test_without_the_leak_no_column_has_it_all(pipe, rows, answers):
    """The clean twin: the columns that matter share, and noise is last."""
    frame = rows(1000)
    told = answers(pipe(LogisticRegression(), frame), frame)
    shares = {m.where["column"]: m.value for m in told.measures if m.name.endswith("importance_share")}
    assert sum(shares.values()) == pytest.approx(1)
    assert min(shares, key=shares.get) == "noise"
    assert max(shares.values()) < 0.55
    assert told.one("importance_agreement").value > 0.8


def test_a_model_of_random_labels_rests_on_no_column(rows, pipe, answers):
    """Labels by coin: a forest spreads its importance, no column's share stands out."""
    frame = rows().assign(y=np.random.default_rng(5).choice(["yes", "no"], 600))
    told = answers(pipe(RandomForestClassifier(30, random_state=0), frame), frame)
    shares = [m.value for m in told.measures if m.name.endswith("importance_share")]
    assert max(shares) < 0.45


def test_sensitive_share_counts_features_only(pipe, rows, answers):
    """A sensitive feature has its share; one that is no feature has 0, and the note warns of proxies."""
    frame = rows()
    model = pipe(LogisticRegression(), frame)
    used = answers(model, frame, sensitive=("job",)).one("sensitive_share")
    assert used.value == pytest.approx(answers(model, frame).one("importance_share", "job").value)
    beside = answers(model, frame.assign(sex="f"), sensitive=("sex",)).one("sensitive_share")
    assert beside.value == 0
    assert "proxies are not seen here" in beside.note
    assert answers(model, frame).one("sensitive_share").value is None


def test_intervals_cover_the_importance_of_all_rows(pipe, rows, evidence):
    """Over 40 samples of 100 rows, the t interval holds the mean over all rows in at least 34."""
    from riskaudit.audits.explainability.attribution import attribute
    from riskaudit.audits.explainability.importance import by_row, mean_measure

    frame = rows(4000)
    found = attribute(evidence(pipe(LogisticRegression(), frame), frame, effort="deep"))
    sizes, rng = by_row(found), np.random.default_rng(0)
    truth, held = sizes[:, 0].mean(), 0
    for _ in range(40):
        some = sizes[rng.choice(len(sizes), 100, replace=False), 0]
        interval = mean_measure("explainability.importance", some, unit="", where={}, note="").interval
        held += interval.low <= truth <= interval.high
    assert held >= 34


def test_intervals_of_shares_are_those_of_a_ratio():
    """A share's interval is the bootstrap's of the ratio of two sums, to a tenth of its width."""
    sizes = np.random.default_rng(0).gamma(1.0, [3.0, 2.0, 1.0], size=(300, 3))
    told = share_measure("explainability.importance_share", sizes, [0], note="").interval
    drawn = bootstrap(lambda s: s[:, 0].sum() / s.sum(), sizes, rng=np.random.default_rng(1), resamples=2000)
    assert told.high - told.low == pytest.approx(drawn.high - drawn.low, rel=0.1)
    assert told.low == pytest.approx(drawn.low, abs=0.1 * (drawn.high - drawn.low))


def test_shuffling_moves_a_linear_model_by_its_weight(pipe, rows, answers):
    """The change of a linear model is |w| times the mean distance of two rows' values."""
    frame = rows(2000)
    model = pipe(LinearRegression(), frame, "value")
    told = answers(model, frame, target="value", task="regression").one("permutation_importance", "age")
    scaled = model[:-1].transform(frame.iloc[1000:])[:, 0]
    distance = np.abs(scaled[:, None] - scaled[None, :]).mean()
    assert told.value == pytest.approx(abs(model[-1].coef_[0]) * distance, rel=0.05)
    assert told.interval.low < told.value < told.interval.high


def test_pipelines_that_mix_columns_are_asked_with_raw_ones(rows, answers):
    """After a rotation no prepared column is the user's: raw columns are exchanged, and the note says so."""
    frame = rows()
    numbers = ["age", "income", "noise"]
    model = make_pipeline(StandardScaler(), PCA(2), LogisticRegression()).fit(frame[numbers], frame.y)
    told = answers(model, frame)
    assert told.one("additivity_error").value < 1e-9
    assert "the pipeline mixes columns" in told.one("importance", "age").note
    assert told.one("importance", "age").value > told.one("importance", "noise").value / 2


def test_a_constant_model_has_nothing_to_explain(rows, answers):
    """No spread: shares and additivity are not assessed, importance is 0."""
    frame = rows()
    model = LogisticRegression(C=1e-9).fit(frame[["age", "income", "noise"]], frame.y)
    model.coef_ = np.zeros_like(model.coef_)
    told = answers(model, frame)
    assert told.one("importance", "age").value == 0
    for name in ("additivity_error", "top_share", "importance_agreement"):
        assert told.one(name).value is None
        assert told.one(name).note


def test_agreement_is_one_for_one_order_and_falls_for_the_reverse():
    """The same order agrees wholly; the reverse disagrees; one column has but one order."""
    rng = np.random.default_rng(0)
    sizes = np.abs(rng.normal(size=(200, 5))) * np.array([16, 8, 4, 2, 1])
    same = agreement(sizes, sizes * 3, rng=np.random.default_rng(1))
    assert same.value == pytest.approx(1)
    assert same.interval.low > 0.9
    assert agreement(sizes, sizes[:, ::-1], rng=np.random.default_rng(1)).interval.high < 0
    assert agreement(sizes[:, :2], sizes[:, 1::-1], rng=rng).value == pytest.approx(-1)
    alone = agreement(sizes[:, :1], sizes[:, :1], rng=rng)
    assert (alone.value, alone.interval) == (1.0, None)


def test_predictions_alone_have_no_model_to_explain(rows, evidence, pipe):
    """The reason says what to pass."""
    frame = rows()
    data = evidence(pipe(LogisticRegression(), frame), frame).test
    alone = Evidence(subject=Subject(name="p", kind="predictions"), test=data)
    result = examine(ExplainabilityAudit(), alone)
    assert (result.status, result.reason) == (
        "not_applicable",
        "there is no model to explain; pass --model",
    )


def test_equal_seeds_give_equal_results(pipe, rows, answers):
    """The same seed gives the same report to the last digit; another seed draws other permutations."""
    frame = rows(400)
    model = pipe(MLPClassifier((4,), max_iter=500, tol=1e-2, random_state=0), frame)
    assert answers(model, frame, seed=1).result == answers(model, frame, seed=1).result
    one, other = (answers(model, frame, seed=s).one("importance", "age").value for s in (1, 2))
    assert one != other


def test_the_audited_model_is_left_as_it_is(pipe, rows, answers):
    """Threads are set on a copy."""
    frame = rows(400)
    model = pipe(RandomForestClassifier(5, n_jobs=None), frame)
    answers(model, frame, workers=2)
    assert model[-1].n_jobs is None


def test_pictures_hold_no_raw_values(pipe, rows, answers):
    """The swarm has at most 2,000 points; numbers appear as ranks, categories without any shade."""
    frame = rows(3000)
    told = answers(pipe(LogisticRegression(), frame), frame)
    swarm = told.exhibit("swarm").columns
    assert len(swarm["x"]) <= 2000
    shades = pd.DataFrame(swarm).groupby("row").shade
    assert shades.count()["job"] == 0
    assert shades.min()["age"] >= 0
    assert shades.max()["age"] <= 1
    assert told.exhibit("bars").columns["label"][0] == told.first()
    assert told.exhibit("table").columns["rank by SHAP"] == [1, 2, 3, 4]


def test_every_declared_measure_is_yielded(pipe, rows, answers):
    """What is declared is measured, words of texts only where there are texts."""
    frame = rows(400)
    told = answers(pipe(LogisticRegression(), frame), frame, sensitive=("job",))
    declared = set(ExplainabilityAudit.measures) - {"explainability.token_effect"}
    assert {m.name for m in told.measures} == declared
    for part in ("What it asks", "How it measures", "What it cannot see"):
        assert part in ExplainabilityAudit.__doc__
