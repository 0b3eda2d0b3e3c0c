"""ONNX and CatBoost: honest files answer from the sandbox, hostile ones are refused or die in it alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from native_helpers import refused, table

from riskaudit.errors import InputError
from riskaudit.subjects.opening import open_model

FRAME, OUTCOME = table(200)
WHOLE = FRAME.fillna(0.5)


def graph(
    nodes: Any, constants: dict[str, Any], *, output: str = "value", width: int | None = 1, **model: Any
) -> bytes:
    """An ONNX file of two columns."""
    onnx = pytest.importorskip("onnx", reason="the extra onnx is not installed")
    pytest.importorskip("onnxruntime", reason="the extra onnx is not installed")
    from onnx import TensorProto, helper, numpy_helper

    made = helper.make_graph(
        nodes(helper),
        "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", 2])],
        [helper.make_tensor_value_info(output, TensorProto.FLOAT, ["n", width])],
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid("ai.onnx.ml", 3)]
    proto = helper.make_model(made, opset_imports=model.get("opsets", opsets), ir_version=8)
    del onnx
    raw: bytes = proto.SerializeToString()
    return raw


LINE = {"W": np.array([[0.1], [2.0]], dtype=np.float32), "b": np.array([-5.0], dtype=np.float32)}


def harmful(raw: bytes) -> str:
    """What the check that runs in the sandbox says of a file, here, where the library is not yet asked."""
    import onnx

    from riskaudit.errors import RefusedError
    from riskaudit.subjects.native.onnx_check import checked

    with pytest.raises(RefusedError) as caught:
        checked(onnx.load_model_from_string(raw), name="it")
    return caught.value.problem


def linear(end: str) -> Any:
    """x W + b, through a function."""
    return lambda h: [h.make_node("Gemm", ["x", "W", "b"], ["z"]), h.make_node(end, ["z"], ["value"])]


def test_an_onnx_model_of_values_answers_from_the_sandbox(tmp_path: Path) -> None:
    """As NumPy would, and says where it lives."""
    path = tmp_path / "model.onnx"
    path.write_bytes(graph(linear("Identity"), LINE))
    from dataclasses import replace

    subject = replace(open_model(path), features=("age", "income"), named=False)
    expected = WHOLE.to_numpy() @ LINE["W"][:, 0] - 5
    assert subject.regression
    assert "sandbox" in subject.kind
    assert np.allclose(subject.predict_scores(WHOLE), expected, atol=1e-4)
    subject.close()


def test_a_sigmoid_is_the_probability_of_the_second_class(tmp_path: Path) -> None:
    """Its classes are 0 and 1 until they are named."""
    from dataclasses import replace

    path = tmp_path / "model.onnx"
    path.write_bytes(graph(linear("Sigmoid"), LINE))
    subject = replace(open_model(path), features=("age", "income"), named=False)
    assert (subject.classes, subject.numbered) == (("0", "1"), True)
    named = subject.relabelled(("no", "yes"))
    upper = named.predict_scores(WHOLE)[:, 1]
    assert np.allclose(upper, 1 / (1 + np.exp(-(WHOLE.to_numpy() @ LINE["W"][:, 0] - 5))), atol=1e-5)
    assert set(named.predict_labels(WHOLE)) <= {"no", "yes"}
    subject.close()


@pytest.mark.slow
def test_our_own_export_is_audited_with_its_preparation(tmp_path: Path) -> None:
    """`train --export model.onnx` gives the numbers of the .npz beside it."""
    pytest.importorskip("onnx", reason="the extra onnx is not installed")
    pytest.importorskip("onnxruntime", reason="the extra onnx is not installed")
    from cli_helpers import run
    from service_helpers import people

    data = people(tmp_path / "people.csv")
    plain, exported = tmp_path / "m.npz", tmp_path / "m.onnx"
    code, _, err = run(
        *("train", str(data), "--target", "paid", "--learner", "logistic", "--drop", "id"),
        *("-o", str(plain), "--export", str(exported)),
    )
    assert code == 0, err
    import pandas as pd

    frame = pd.read_csv(data)
    ours, theirs = open_model(plain), open_model(exported)
    assert theirs.classes == ours.classes
    assert np.allclose(theirs.predict_scores(frame), ours.predict_scores(frame), atol=1e-5)
    theirs.close()


def forest(**changes: Any) -> bytes:
    """A tree of three nodes, with some attributes changed."""
    told: dict[str, Any] = {
        "n_targets": 1,
        "nodes_treeids": [0, 0, 0],
        "nodes_nodeids": [0, 1, 2],
        "nodes_featureids": [0, 0, 0],
        "nodes_modes": ["BRANCH_LEQ", "LEAF", "LEAF"],
        "nodes_values": [40.0, 0.0, 0.0],
        "nodes_truenodeids": [1, 0, 0],
        "nodes_falsenodeids": [2, 0, 0],
        "target_ids": [0, 0],
        "target_nodeids": [1, 2],
        "target_treeids": [0, 0],
        "target_weights": [1.0, 2.0],
    } | changes
    return graph(
        lambda h: [h.make_node("TreeEnsembleRegressor", ["x"], ["value"], domain="ai.onnx.ml", **told)], {}
    )


@pytest.mark.slow
def test_an_honest_tree_of_onnx_answers(tmp_path: Path) -> None:
    """1 up to 40, 2 beyond."""
    from dataclasses import replace

    path = tmp_path / "model.onnx"
    path.write_bytes(forest())
    subject = replace(open_model(path), features=("age", "income"), named=False)
    assert (subject.predict_scores(WHOLE) == np.where(WHOLE.age <= 40, 1.0, 2.0)).all()
    subject.close()


@pytest.mark.parametrize(
    "changes",
    [
        {"nodes_truenodeids": [0, 0, 0]},
        {"nodes_truenodeids": [99999, 0, 0]},
        {"nodes_truenodeids": [-4, 0, 0]},
        {"nodes_falsenodeids": [1, 0, 0]},
        {"nodes_featureids": [-1, 0, 0]},
        {"nodes_nodeids": [0, 1, 1]},
        {"nodes_values": [1.0]},
        {"target_nodeids": [1, 77]},
        {"target_ids": [0, 5]},
    ],
)
def test_a_hostile_tree_of_onnx_is_refused(changes: dict[str, Any]) -> None:
    """Cycles, children and features that are not there."""
    assert "TreeEnsembleRegressor" in harmful(forest(**changes))


def loop(helper: Any) -> Any:
    from onnx import TensorProto

    body = helper.make_graph(
        [helper.make_node("Identity", ["c"], ["d"])],
        "body",
        [
            helper.make_tensor_value_info("i", TensorProto.INT64, []),
            helper.make_tensor_value_info("c", TensorProto.BOOL, []),
        ],
        [helper.make_tensor_value_info("d", TensorProto.BOOL, [])],
    )
    return [
        helper.make_node("Loop", ["", "t"], [], body=body),
        helper.make_node("Identity", ["x"], ["value"]),
    ]


@pytest.mark.parametrize(
    ("nodes", "constants", "told"),
    [
        (loop, {"t": np.array(True)}, "Loop"),
        (lambda h: [h.make_node("Evil", ["x"], ["value"], domain="com.evil")], {}, "Evil"),
        (lambda h: [h.make_node("Expand", ["x", "s"], ["value"])], {"s": np.array([10**9, 2])}, "Expand"),
        (lambda h: [h.make_node("RandomNormal", [], ["value"], shape=[10**9, 10**3])], {}, "RandomNormal"),
    ],
)
def test_operators_that_are_not_on_the_list_are_refused(nodes: Any, constants: Any, told: str) -> None:
    """Loops, foreign ones, those that make memory out of nothing."""
    assert told in harmful(graph(nodes, constants, width=2))


def test_tensors_that_lie_are_refused() -> None:
    """A thousand million values in four bytes; data in another file."""
    onnx = pytest.importorskip("onnx", reason="the extra onnx is not installed")
    for harm in ("size", "external"):
        proto = onnx.load_model_from_string(graph(linear("Identity"), LINE))
        held = proto.graph.initializer[0]
        if harm == "size":
            held.dims[0] = 10**9
        else:
            held.data_location = onnx.TensorProto.EXTERNAL
            held.external_data.add(key="location", value="../../etc/passwd")
        harmful(proto.SerializeToString())


def test_a_hostile_file_is_refused_whole(tmp_path: Path) -> None:
    """Through every layer: the scan, the sandbox, the check in it."""
    assert "TreeEnsembleRegressor" in refused(tmp_path / "model.onnx", forest(nodes_truenodeids=[0, 0, 0]))


@pytest.mark.slow
def test_broken_onnx_is_one_clear_error(tmp_path: Path) -> None:
    """Cut anywhere, or with bytes changed: an error of the input, and this process lives."""
    raw = forest()
    rng = np.random.default_rng(0)
    refused(tmp_path / "model.onnx", raw[: len(raw) // 2])
    for _ in range(2):
        harmed = bytearray(raw)
        for at in rng.integers(20, len(raw), 5):
            harmed[at] ^= 0xFF
        path = tmp_path / "model.onnx"
        path.write_bytes(bytes(harmed))
        try:
            open_model(path).close()
        except InputError as error:
            assert error.hint  # noqa: PT017 -- most are refused, some changes do no harm


@pytest.fixture(scope="module")
def catboost_file(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Any]:
    catboost = pytest.importorskip("catboost", reason="the extra catboost is not installed")
    path = tmp_path_factory.mktemp("cat") / "model.cbm"
    small: dict[str, Any] = {"iterations": 10, "verbose": 0, "allow_writing_files": False, "thread_count": 1}
    model = catboost.CatBoostClassifier(**small).fit(WHOLE, np.where(OUTCOME, "yes", "no"))
    model.save_model(path)
    return path, model


def test_a_catboost_model_answers_from_the_sandbox(catboost_file: tuple[Path, Any]) -> None:
    """With its own classes and names."""
    path, model = catboost_file
    subject = open_model(path)
    assert (subject.classes, subject.features) == (("no", "yes"), ("age", "income"))
    assert np.allclose(subject.predict_scores(WHOLE), model.predict_proba(WHOLE))
    assert "not looked through" in subject.kind
    subject.close()


@pytest.mark.slow
def test_harmed_catboost_files_harm_the_sandbox_alone(
    catboost_file: tuple[Path, Any], tmp_path: Path
) -> None:
    """Ten files with bytes changed: refused, dead in the sandbox, or loaded; this process lives."""
    raw = catboost_file[0].read_bytes()
    rng = np.random.default_rng(0)
    for _ in range(10):
        harmed = bytearray(raw)
        for at in rng.integers(8, len(raw), 20):
            harmed[at] ^= 0xFF
        path = tmp_path / "model.cbm"
        path.write_bytes(bytes(harmed))
        try:
            subject = open_model(path)
        except InputError as error:
            assert error.hint  # noqa: PT017
            continue
        try:
            subject.predict_labels(WHOLE)
        except InputError as error:
            assert error.problem  # noqa: PT017
        subject.close()
