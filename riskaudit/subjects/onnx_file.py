"""ONNX files: the model part of a core model, for runtimes that know no Python.

The graph takes prepared rows, not the table: `prepared` (n, d) of float32, which are what the
preparation makes of the columns. Its description (medians, means, scales, vocabularies) travels in the
file's metadata under `riskaudit`, the same JSON as the header of the `.npz` form; `numpy_reader.prepare`
follows it.

    classifier    probabilities (n, K) float32, in the order of the classes; class_index (n,) int64
    regressor     value (n,) float32, in the target's unit

Weights are float32, so answers agree with riskaudit's own to about 1e-6; values of a regressor relative
to the target's spread. Needs the extra: pip install 'riskaudit[onnx]'.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from riskaudit.errors import InputError, UsageError

if TYPE_CHECKING:
    from riskaudit.subjects.core_header import Header
    from riskaudit.subjects.record import TrainingRecord

OPSET = 17
SUFFIX = ".onnx"
_BEND = {"relu": "Relu", "tanh": "Tanh", "sigmoid": "Sigmoid"}


def check_onnx() -> None:
    """Refuse to promise an export where the onnx library is absent."""
    from importlib.util import find_spec

    if find_spec("onnx") is None:
        raise UsageError(
            "writing ONNX needs the library onnx", "pip install 'riskaudit[onnx]'", where="--export"
        )


def export_onnx(path: Path, estimator: Any, record: TrainingRecord | None) -> str:
    """Write the model part of a fitted core pipeline, whole or not at all; gives the file's sha256.

    Raises
    ------
    UsageError
        If the library onnx is absent.
    InputError
        If it is another sort of model, or the file cannot be written.
    """
    check_onnx()
    import onnx

    from riskaudit.files import write_whole
    from riskaudit.subjects.core_file import described

    header, arrays = described(estimator, record)
    if header.model.vectors:
        raise InputError(
            "a text classifier cannot be written as ONNX", "-o model.npz holds it", where="--export"
        )
    model = onnx_model(header, arrays)
    try:
        onnx.checker.check_model(model, full_check=True)
    except (onnx.checker.ValidationError, onnx.shape_inference.InferenceError) as error:
        raise InputError(
            f"{path.name} would be no valid ONNX: {error}", "use .npz", where="--export"
        ) from error
    raw = model.SerializeToString(deterministic=True)
    write_whole(path, raw)
    return hashlib.sha256(raw).hexdigest()


def onnx_model(header: Header, arrays: dict[str, Any]) -> Any:
    """The layers as an onnx ModelProto."""
    from onnx import TensorProto, helper, numpy_helper

    graph = _Graph()
    z = "prepared"
    for at in range(header.model.layers):
        W = graph.constant(f"weights_{at}", arrays[f"weights.{at}"])
        b = graph.constant(f"biases_{at}", arrays[f"biases.{at}"])
        z = graph.node("Gemm", [z, W, b], f"z_{at}")
        if at < header.model.layers - 1 and header.model.activation in _BEND:
            z = graph.node(_BEND[header.model.activation], [z], f"a_{at}")
    given = helper.make_tensor_value_info("prepared", TensorProto.FLOAT, ["n", header.width])
    made = helper.make_graph(
        graph.nodes,
        header.model.learner,
        [given],
        _answers(graph, z, header),
        [numpy_helper.from_array(array, name) for name, array in graph.constants.items()],
    )
    model = helper.make_model(
        made, opset_imports=[helper.make_opsetid("", OPSET)], producer_name="riskaudit", ir_version=8
    )
    helper.set_model_props(model, {"riskaudit": header.model_dump_json()})
    return model


def _answers(graph: _Graph, z: str, header: Header) -> list[Any]:
    """The last nodes, and what they give."""
    import numpy as np
    from onnx import TensorProto, helper

    if header.model.output == "identity":
        scale = graph.constant("target_scale", np.array([[header.model.target_scale]]))
        mean = graph.constant("target_mean", np.array([[header.model.target_mean]]))
        column = graph.node("Add", [graph.node("Mul", [z, scale], "scaled"), mean], "column")
        graph.node("Reshape", [column, graph.constant("flat", np.array([-1]), kind="int64")], "value")
        return [helper.make_tensor_value_info("value", TensorProto.FLOAT, ["n"])]
    if header.model.output == "sigmoid":
        lower = graph.node("Sigmoid", [graph.node("Neg", [z], "minus_z")], "first")
        graph.node("Concat", [lower, graph.node("Sigmoid", [z], "second")], "probabilities", axis=1)
    else:
        graph.node("Softmax", [z], "probabilities", axis=1)
    graph.node("ArgMax", ["probabilities"], "class_index", axis=1, keepdims=0)
    K = len(header.model.classes.labels) if header.model.classes else 0
    return [
        helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, ["n", K]),
        helper.make_tensor_value_info("class_index", TensorProto.INT64, ["n"]),
    ]


class _Graph:
    """Nodes and constants, gathered."""

    def __init__(self) -> None:
        self.nodes: list[Any] = []
        self.constants: dict[str, Any] = {}

    def constant(self, name: str, array: Any, *, kind: str = "float32") -> str:
        """A constant, by name."""
        import numpy as np

        self.constants[name] = np.ascontiguousarray(array, dtype=kind)
        return name

    def node(self, operator: str, inputs: list[str], output: str, **attributes: Any) -> str:
        """A node with one output, by the output's name."""
        from onnx import helper

        self.nodes.append(helper.make_node(operator, inputs, [output], name=output, **attributes))
        return output
