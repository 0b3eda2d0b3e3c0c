"""Boosted trees of XGBoost and LightGBM are explained by their libraries' own values."""

import numpy as np
import pytest

from riskaudit.audits.explainability.attribution import attribute

FEATURES = ["age", "income", "noise"]


def table(rows):
    """Planted rows with gaps and a numeric outcome of two values."""
    frame = rows(800)
    frame.loc[::7, "income"] = np.nan
    return frame.assign(y=(frame.y == "yes").astype(int))


@pytest.mark.parametrize("kind", ["xgboost", "lightgbm"])
def test_values_are_the_librarys_own(rows, evidence, kind):
    """Path-dependent values, gaps included, are `pred_contribs` to single precision."""
    library = pytest.importorskip(kind, reason=f"the extra {kind} is not installed")
    frame = table(rows)
    half = frame.iloc[:400]
    given = {"n_estimators": 20, "max_depth": 3, "n_jobs": 1, "random_state": 0}
    if kind == "xgboost":
        model = library.XGBClassifier(**given).fit(half[FEATURES], half.y)
    else:
        model = library.LGBMClassifier(verbose=-1, **given).fit(half[FEATURES], half.y)
    found = attribute(evidence(model, frame, positive="1", favourable=("1",)))
    asked = frame.iloc[400:].reset_index(drop=True)[FEATURES].iloc[found.rows]
    if kind == "xgboost":
        own = model.get_booster().predict(library.DMatrix(asked), pred_contribs=True)
    else:
        own = model.booster_.predict(asked, pred_contrib=True)
    assert "TreeExplainer, path-dependent" in found.method
    np.testing.assert_allclose(found.values[:, :, 0], own[:, :-1], atol=1e-5)
    assert found.base[0] == pytest.approx(own[0, -1], abs=1e-5)
