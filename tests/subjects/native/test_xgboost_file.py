"""XGBoost files: honest ones answer as XGBoost does, hostile ones never reach it."""

from __future__ import annotations

import copy
import json
import struct
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from native_helpers import refused, table

from riskaudit.errors import RiskAuditError
from riskaudit.subjects.native.ubj import NotUbj, read_ubj
from riskaudit.subjects.opening import open_model

xgboost = pytest.importorskip("xgboost", reason="the extra xgboost is not installed")
FRAME, OUTCOME = table()
THREE = np.asarray(FRAME.age // 20 - FRAME.age.min() // 20)


def honest() -> dict[str, tuple[Any, Any]]:
    """Unfitted models of every kind, and what they learn."""
    small: dict[str, Any] = {"n_estimators": 6, "n_jobs": 1}
    return {
        "binary": (xgboost.XGBClassifier(**small), OUTCOME),
        "pruned": (xgboost.XGBClassifier(max_depth=8, tree_method="exact", gamma=3, **small), OUTCOME),
        "multi": (xgboost.XGBClassifier(**small), THREE),
        "dart": (xgboost.XGBClassifier(booster="dart", rate_drop=0.5, **small), OUTCOME),
        "linear": (xgboost.XGBClassifier(booster="gblinear", **small), OUTCOME),
        "forest": (xgboost.XGBRFClassifier(**small), OUTCOME),
        "values": (xgboost.XGBRegressor(**small), FRAME.age * 2.5),
        "counts": (xgboost.XGBRegressor(objective="count:poisson", **small), FRAME.age),
    }


@pytest.mark.parametrize("kind", list(honest()))
@pytest.mark.parametrize("ending", ["json", "ubj"])
def test_an_honest_model_answers_as_xgboost_does(kind: str, ending: str, tmp_path: Path) -> None:
    """Probabilities to 1e-6, decisions exactly, gaps included."""
    model, outcome = honest()[kind]
    model.fit(FRAME, outcome)
    path = tmp_path / f"model.{ending}"
    model.save_model(path)
    subject = open_model(path)
    graded = hasattr(model, "predict_proba")
    expected = model.predict_proba(FRAME) if graded else model.predict(FRAME)
    assert np.allclose(subject.predict_scores(FRAME), expected, atol=1e-6, rtol=1e-6)
    assert (subject.predict_labels(FRAME) == model.predict(FRAME)).all()
    assert subject.features == ("age", "income")
    assert subject.numbered is graded


@pytest.fixture(scope="module")
def document(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """A model's JSON."""
    path = tmp_path_factory.mktemp("xgb") / "model.json"
    xgboost.XGBClassifier(n_estimators=3, max_depth=3, n_jobs=1).fit(FRAME, OUTCOME).save_model(path)
    told: dict[str, Any] = json.loads(path.read_text())
    return told


def tree(told: Any) -> Any:
    return told["learner"]["gradient_booster"]["model"]["trees"][0]


def gbtree(told: Any) -> Any:
    return told["learner"]["gradient_booster"]["model"]


HOSTILE: dict[str, Callable[[Any], Any]] = {
    "cycle": lambda d: tree(d)["left_children"].__setitem__(1, 0),
    "self": lambda d: tree(d)["left_children"].__setitem__(0, 0),
    "shared": lambda d: tree(d)["right_children"].__setitem__(0, 1),
    "child beyond": lambda d: tree(d)["left_children"].__setitem__(0, 10**6),
    "child below": lambda d: tree(d)["left_children"].__setitem__(0, -7),
    "one child": lambda d: tree(d)["left_children"].__setitem__(0, -1),
    "huge child": lambda d: tree(d)["left_children"].__setitem__(0, 2**70),
    "float child": lambda d: tree(d)["left_children"].__setitem__(0, 1.5),
    "feature beyond": lambda d: tree(d)["split_indices"].__setitem__(0, 2),
    "feature below": lambda d: tree(d)["split_indices"].__setitem__(0, -1),
    "short": lambda d: tree(d)["split_conditions"].pop(),
    "words": lambda d: tree(d).__setitem__("split_conditions", ["x"] * len(tree(d)["split_conditions"])),
    "count": lambda d: tree(d)["tree_param"].__setitem__("num_nodes", "99999999999"),
    "no nodes": lambda d: tree(d)["tree_param"].__setitem__("num_nodes", "0"),
    "vector leaves": lambda d: tree(d)["tree_param"].__setitem__("size_leaf_vector", "1000000"),
    "trees": lambda d: gbtree(d)["gbtree_model_param"].__setitem__("num_trees", "4000000000"),
    "class": lambda d: gbtree(d)["tree_info"].__setitem__(0, 77),
    "rounds": lambda d: gbtree(d)["iteration_indptr"].__setitem__(-1, 10**9),
    "rounds back": lambda d: gbtree(d)["iteration_indptr"].__setitem__(1, -5),
    "tree is a word": lambda d: gbtree(d)["trees"].__setitem__(0, "tree"),
    "features": lambda d: d["learner"]["learner_model_param"].__setitem__("num_feature", "4000000000"),
    "fewer features": lambda d: d["learner"]["learner_model_param"].__setitem__("num_feature", "1"),
    "classes": lambda d: d["learner"]["learner_model_param"].__setitem__("num_class", "2147483647"),
    "base": lambda d: d["learner"]["learner_model_param"].__setitem__("base_score", "nan"),
    "objective": lambda d: d["learner"]["objective"].__setitem__("name", "multi:softprob"),
    "no objective": lambda d: d["learner"].pop("objective"),
    "names": lambda d: d["learner"].__setitem__("feature_names", ["a"] * 1000),
    "learner": lambda d: d.__setitem__("learner", [1, 2]),
    "category nodes": lambda d: tree(d).update(
        categories=[1], categories_nodes=[10**6], categories_segments=[0], categories_sizes=[1]
    ),
    "category span": lambda d: (
        tree(d)["split_type"].__setitem__(0, 1),
        tree(d).update(
            categories=[1], categories_nodes=[0], categories_segments=[0], categories_sizes=[10**9]
        ),
    ),
    "category code": lambda d: (
        tree(d)["split_type"].__setitem__(0, 1),
        tree(d).update(
            categories=[2**31 - 1], categories_nodes=[0], categories_segments=[0], categories_sizes=[1]
        ),
    ),
}


@pytest.mark.parametrize("harm", list(HOSTILE))
def test_a_hostile_model_is_refused(harm: str, document: dict[str, Any], tmp_path: Path) -> None:
    """Cycles, indices beyond, counts that lie: refused before XGBoost sees them."""
    told = copy.deepcopy(document)
    HOSTILE[harm](told)
    assert "model.json" in refused(tmp_path / "model.json", json.dumps(told).encode())


@pytest.mark.parametrize(
    "content",
    [
        b'{"learner": {"gradient_booster": ' + b"[" * 200_000,
        b'{"learner": {"gradient_booster": ' + b'{"a":' * 100_000 + b"1" + b"}" * 100_002,
        b'{"learner": {"gradient_booster": NaN}}',
        b'{"learner": {"gradient_booster": {}}',
        b'{"learner": null, "gradient_booster": 1, "x": "learner"}',
        b'{"learner": {}, "gradient_booster": {}}' + b" " * 10 + b"tail",
    ],
)
def test_json_that_is_no_model_is_one_clear_error(content: bytes, tmp_path: Path) -> None:
    """Depth, NaN, cut, tails."""
    refused(tmp_path / "model.json", content)


def test_a_chain_a_hundred_thousand_deep_is_refused(document: dict[str, Any], tmp_path: Path) -> None:
    """Code that recurses would run out of its stack."""
    told = copy.deepcopy(document)
    inner = 50_000
    n = 2 * inner + 1
    left = [at + 1 if at % 2 == 0 and at < n - 1 else -1 for at in range(n)]
    right = [at + 2 if at % 2 == 0 and at < n - 1 else -1 for at in range(n)]
    for key in ("base_weights", "loss_changes", "split_conditions", "sum_hessian"):
        tree(told)[key] = [0.0] * n
    for key in ("default_left", "split_indices", "split_type", "parents"):
        tree(told)[key] = [0] * n
    tree(told).update(left_children=left, right_children=right)
    tree(told)["tree_param"]["num_nodes"] = str(n)
    assert "deeper" in refused(tmp_path / "model.json", json.dumps(told).encode())


def test_a_second_key_does_not_slip_past(document: dict[str, Any], tmp_path: Path) -> None:
    """The library is handed what was checked, not the file: a doubled key cannot mean two things."""
    text = json.dumps(document)
    hostile = json.dumps([10**6] * len(tree(document)["left_children"]))
    place = text.index('"left_children"')
    path = tmp_path / "model.json"
    path.write_text(f'{text[:place]}"left_children": {hostile}, {text[place:]}')
    subject = open_model(path)
    assert np.isfinite(subject.predict_scores(FRAME)).all()


def test_a_model_from_a_file_cannot_be_refitted(document: dict[str, Any], tmp_path: Path) -> None:
    """Its settings are not in the file, so another recipe would be fitted: refused with the reason."""
    from sklearn.base import clone

    path = tmp_path / "model.json"
    path.write_text(json.dumps(document))
    with pytest.raises(RiskAuditError, match="cannot be fitted again"):
        clone(open_model(path).estimator)


def test_its_trees_are_explained_as_trees(document: dict[str, Any], tmp_path: Path) -> None:
    """TreeSHAP adds up to the margin."""
    import shap

    path = tmp_path / "model.json"
    path.write_text(json.dumps(document))
    model = open_model(path).estimator
    explainer = shap.TreeExplainer(model)
    whole = explainer.shap_values(FRAME.head(20)).sum(axis=1) + explainer.expected_value
    assert np.allclose(whole, model.decision_function(FRAME.head(20)), atol=1e-4)


def ubj(**parts: bytes) -> bytes:
    """An object of raw parts."""
    keys = b"".join(b"i" + bytes([len(key)]) + key.encode() + part for key, part in parts.items())
    return b"{" + keys + b"}"


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{",
        b"{L" + struct.pack(">q", 2**60),
        b"{L" + struct.pack(">q", -1) + b"}",
        ubj(learner=b"[$l#L" + struct.pack(">q", 2**40)),
        ubj(learner=b"[$Z#L" + struct.pack(">q", 2**20)),
        ubj(learner=b"[$[#i\x7f" + b"[" * 50),
        ubj(learner=b"[" * 100 + b"]" * 100),
        ubj(learner=b"S" + b"l" + struct.pack(">i", 2**31 - 1)),
        ubj(learner=b"Si\x01\xff"),
        ubj(learner=b"?"),
        ubj(learner=b"Z") + b"tail",
        b"{i\x01aZi\x01aZ}",
        b"[" + b"Z" * 1_001 + b"]",
    ],
)
def test_broken_ubj_is_refused_within_bounds(raw: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """Counts of a thousand million in ten bytes, depth, doubled keys, tails, too many things."""
    monkeypatch.setattr("riskaudit.subjects.native.ubj.MOST_ITEMS", 1_000)
    with pytest.raises(NotUbj):
        read_ubj(raw)


def test_the_library_is_imported_only_for_its_own_files(tmp_path: Path) -> None:
    """Looking at other files loads no xgboost."""
    code = (
        "import sys\nfrom riskaudit.subjects.opening import open_model\n"
        "try: open_model(sys.argv[1])\nexcept Exception: pass\nprint('xgboost' in sys.modules, 'lightgbm' in sys.modules)"
    )
    path = tmp_path / "x"
    path.write_bytes(b"nothing")
    done = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]
