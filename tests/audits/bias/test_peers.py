"""By-group rates and gaps on COMPAS, German credit and Adult equal those of Aequitas 1.1.0 and AIF360 0.6.1.

The figures were computed once with both libraries, not by this project, from `Group().get_crosstabs(frame)` and
`ClassificationMetric(labels, decisions, unprivileged_groups=[first], privileged_groups=[second])` on the two columns
made below. Where definitions part ways: AIF360 signs its differences (unprivileged minus privileged) where ours are
the highest minus the lowest; its average odds difference is a mean of two signed gaps where equalized odds is the wider one;
its false omission and discovery rates are 1 minus our NPV and precision; Aequitas' `ppr` is a group's share of all
who are selected, its `pprev` is our selection rate.
"""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

RATES = ("selection_rate", "true_positive_rate", "false_positive_rate", "false_negative_rate", "precision", "negative_predictive_value")  # fmt: skip
# Aequitas: pprev, tpr, fpr, fnr, precision, npv of two groups.
AEQUITAS = {
    "compas": {
        "African-American": (
            0.5882034632034632,
            0.7201472908995266,
            0.44846796657381616,
            0.27985270910047344,
            0.6297148114075437,
            0.6504599211563732,
        ),
        "Caucasian": (
            0.3480032599837001,
            0.5227743271221532,
            0.23454301075268819,
            0.4772256728778468,
            0.5913348946135831,
            0.711875,
        ),
    },
    "german": {
        "female": (
            0.8225806451612904,
            0.8756218905472637,
            0.7247706422018348,
            0.12437810945273632,
            0.6901960784313725,
            0.5454545454545454,
        ),
        "male": (
            0.7463768115942029,
            0.7935871743486974,
            0.6230366492146597,
            0.20641282565130262,
            0.7689320388349514,
            0.4114285714285714,
        ),
    },
    "adult": {
        "Black": (
            0.18292422625400215,
            0.48056537102473496,
            0.14202476329206118,
            0.519434628975265,
            0.31738623103850644,
            0.9231974921630094,
        ),
        "White": (
            0.32505627125137687,
            0.5792401244461205,
            0.23851709195955706,
            0.4207598755538795,
            0.45259668508287293,
            0.8416645971547168,
        ),
    },
}
# AIF360: statistical parity, disparate impact, equal opportunity, FPR, false omission, false discovery, error rate.
AIF360 = {
    "compas": (
        0.2402002032197631,
        1.6902240031631133,
        0.19737296377737334,
        0.21392495582112797,
        0.06141507884362679,
        -0.03837991679396058,
        0.03166907460917234,
    ),
    "german": (
        0.07620383356708749,
        1.1020983401190103,
        0.08203471619856628,
        0.10173399298717511,
        -0.134025974025974,
        0.07873596040357891,
        0.013744740532959265,
    ),
    "adult": (
        -0.14213204499737472,
        0.5627463378872661,
        -0.09867475342138554,
        -0.09649232866749588,
        -0.08153289500829268,
        0.1352104540443665,
        -0.09718430357276386,
    ),
}


def folder_of(name: str) -> Path:
    named = os.environ.get("RISKAUDIT_DATA")
    roots = [Path(named)] if named else [p / "shared" / "data" for p in Path(__file__).resolve().parents]
    found = next((root / name for root in roots if (root / name).is_dir()), None)
    if found is None:
        pytest.skip(f"{name} is not here: no shared/data above the tests and no RISKAUDIT_DATA")
    return found


def frame_of(name: str) -> pd.DataFrame:
    """Group, outcome, decision."""
    if name == "compas":
        frame = pd.read_csv(folder_of(name) / "compas_two_years.csv.gz")
        return pd.DataFrame(
            {"group": frame.race, "y": frame.two_year_recid, "yhat": (frame.decile_score >= 5).astype(int)}
        )
    if name == "german":
        frame = pd.read_csv(folder_of(name) / "german_credit.csv.gz")
        sex = np.where(frame.personal_status.isin(["A92", "A95"]), "female", "male")
        return pd.DataFrame(
            {"group": sex, "y": (frame.credit == 1).astype(int), "yhat": (frame.month <= 24).astype(int)}
        )
    frame = pd.read_csv(folder_of(name) / "adult.csv.gz", skipinitialspace=True)
    said = (frame["education-num"] >= 13) | (frame["hours-per-week"] >= 55)
    earns = frame.income.str.contains(">50K")
    return pd.DataFrame({"group": frame.race.str.strip(), "y": earns.astype(int), "yhat": said.astype(int)})


@pytest.fixture(scope="module", params=["compas", "german", "adult"])
def told(request):
    """The data set's name, and the audit's answers on it."""
    from riskaudit.audits.audit import examine
    from riskaudit.audits.bias import BiasAudit
    from riskaudit.datasets.dataset import Dataset
    from riskaudit.evidence import Evidence
    from riskaudit.subjects.subject import Subject

    data = Dataset(
        name=request.param, frame=frame_of(request.param), target="y", task="binary", classes=("0", "1"),
        positive="1", favourable=("1",), sensitive=("group",), prediction="yhat",
    )  # fmt: skip
    subject = Subject(name="predictions", kind="predictions")
    return request.param, examine(BiasAudit(), Evidence(subject=subject, test=data, effort="quick")).measures


def rate(measures, name, group):
    return next(m.value for m in measures if m.name == f"bias.{name}" and m.where == {"group": group})


def test_rates_by_group_are_those_of_aequitas(told):
    """Six rates of the two largest groups, to 1e-12."""
    name, measures = told
    for group, figures in AEQUITAS[name].items():
        for measure, figure in zip(RATES, figures, strict=True):
            assert rate(measures, measure, group) == pytest.approx(figure, abs=1e-12)


def test_gaps_between_two_groups_are_those_of_aif360(told):
    """Seven differences and ratios follow from our rates as its definitions say, to 1e-12."""
    name, measures = told
    low, high = ({r: rate(measures, r, group) for r in (*RATES, "accuracy")} for group in AEQUITAS[name])
    ours = (
        low["selection_rate"] - high["selection_rate"],
        low["selection_rate"] / high["selection_rate"],
        low["true_positive_rate"] - high["true_positive_rate"],
        low["false_positive_rate"] - high["false_positive_rate"],
        high["negative_predictive_value"] - low["negative_predictive_value"],
        high["precision"] - low["precision"],
        high["accuracy"] - low["accuracy"],
    )
    assert ours == pytest.approx(AIF360[name], abs=1e-12)


def test_headlines_of_two_groups_are_aif360s_without_sign(told):
    """German credit has two groups: our headlines are |statistical parity| and min(impact, 1 / impact)."""
    name, measures = told
    if name != "german":
        pytest.skip("more than two groups: the headline is of the two farthest apart")
    gap = next(m for m in measures if m.name == "bias.selection_rate_difference")
    ratio = next(m for m in measures if m.name == "bias.selection_rate_ratio")
    assert gap.value == pytest.approx(abs(AIF360[name][0]), abs=1e-12)
    assert ratio.value == pytest.approx(min(AIF360[name][1], 1 / AIF360[name][1]), abs=1e-12)
