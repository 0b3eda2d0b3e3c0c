"""ONNX model: a checked graph as an estimator, made and asked inside the sandbox."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from riskaudit.subjects.pickled.restricted import Refused

BATCH = 1_000
_TYPES = {
    "tensor(float)": np.float32,
    "tensor(double)": np.float64,
    "tensor(int64)": np.int64,
    "tensor(int32)": np.int32,
    "tensor(bool)": np.bool_,
    "tensor(string)": object,
}
_NUMBERS = ("tensor(float)", "tensor(double)")


def made(raw: bytes) -> tuple[Any, bytes]:
    """The model in a file, and what is told of it, as JSON.

    Raises
    ------
    Refused
        If it holds what is not known, or is no model of one outcome.
    """
    import onnx
    import onnxruntime

    from riskaudit.errors import RefusedError
    from riskaudit.subjects.native.onnx_check import checked

    try:
        proto = onnx.load_model_from_string(raw)
        checked(proto, name="it")
    except RefusedError as error:
        raise Refused(error.problem.removeprefix("it was not handed to its library: ")) from error
    labels = _unzip(proto)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.enable_cpu_mem_arena = False
    options.log_severity_level = 4
    session = onnxruntime.InferenceSession(
        proto.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
    model = _kind(session, proto, labels)
    return model, json.dumps(model.about()).encode()


class OnnxModel:
    """A session that is asked in batches, from columns or from one matrix."""

    def __init__(self, session: Any, output: str, prepare: Any = None, features: Any = None) -> None:
        self.session, self.output, self.prepare = session, output, prepare
        inputs = session.get_inputs()
        if any(one.type not in _TYPES for one in inputs):
            raise Refused(f"it takes {inputs[0].type}, which no table holds")
        self.matrix = len(inputs) == 1 and (len(inputs[0].shape or ()) == 2 and inputs[0].shape[1] != 1)
        width = inputs[0].shape[1] if self.matrix else len(inputs)
        self.names = features or (None if self.matrix else [one.name for one in inputs])
        self.n_features_in_ = len(features) if features else width if isinstance(width, int) else 0

    def about(self) -> dict[str, Any]:
        """What the parent needs to know."""
        return {
            "type": "ONNX model",
            "classes": None,
            "features": self.names,
            "n_features": self.n_features_in_,
            "methods": [],
            "counted": {},
            "numbers": 10_000,
        }

    def asked(self, rows: Any, output: str) -> Any:
        """An output for all rows, a thousand at a time."""
        told = [
            self.session.run([output], self._fed(rows[at : at + BATCH]))[0]
            for at in range(0, len(rows), BATCH)
        ]
        if any(len(one) != len(rows[at * BATCH : (at + 1) * BATCH]) for at, one in enumerate(told)):
            raise Refused("it gives another number of answers than rows")
        return np.concatenate(told)

    def _fed(self, rows: Any) -> dict[str, Any]:
        """Rows as the session's inputs."""
        inputs = self.session.get_inputs()
        if self.prepare is not None:
            rows = self.prepare.transform(rows)
        if self.matrix:
            return {inputs[0].name: np.ascontiguousarray(np.asarray(rows), dtype=_TYPES[inputs[0].type])}
        return {one.name: self._column(rows, one) for one in inputs}

    @staticmethod
    def _column(rows: Any, one: Any) -> Any:
        """One column in the type and rank that its input has."""
        values = np.asarray(rows[one.name] if hasattr(rows, "columns") else rows)
        kind = _TYPES[one.type]
        column = np.array([str(v) for v in values], dtype=object) if kind is object else values.astype(kind)
        return column.reshape(-1, 1) if len(one.shape or ()) == 2 else column

    def predict(self, rows: Any) -> Any:
        """Values (n,)."""
        said = np.asarray(self.asked(rows, self.output), dtype=np.float64)
        if said.ndim == 2 and said.shape[1] == 1:
            said = said[:, 0]
        if said.ndim != 1:
            raise Refused("it gives several values for a row")
        return said


class OnnxClassifier(OnnxModel):
    """A graph that gives probabilities, and perhaps labels of its own."""

    def __init__(self, session: Any, output: str, label: str, classes: list[Any], **rest: Any) -> None:
        super().__init__(session, output, **rest)
        self.label = label
        self.classes_ = np.array(classes, dtype=object) if isinstance(classes[0], str) else np.array(classes)

    def about(self) -> dict[str, Any]:
        """With classes."""
        kind = "object" if self.classes_.dtype == object else "i"
        told = {"dtype": kind, "values": self.classes_.tolist()}
        return super().about() | {"classes": told, "methods": ["predict_proba"]}

    def predict_proba(self, rows: Any) -> Any:
        """Probabilities (n, k); of one column, that of the second class."""
        said = np.asarray(self.asked(rows, self.output), dtype=np.float64).reshape(len(rows), -1)
        said = np.column_stack([1 - said[:, 0], said[:, 0]]) if said.shape[1] == 1 else said
        if said.shape[1] != len(self.classes_) or (np.abs(said.sum(axis=1) - 1) > 1e-3).any():
            raise Refused("its scores are no probabilities of its classes")
        return np.clip(said, 0.0, 1.0)

    def predict(self, rows: Any) -> Any:
        """Labels (n,)."""
        if self.label:
            return np.asarray(self.asked(rows, self.label)).reshape(-1)
        chances = self.predict_proba(rows)
        at = (chances[:, 1] >= 0.5).astype(int) if len(self.classes_) == 2 else chances.argmax(axis=1)
        return self.classes_[at]


def _unzip(proto: Any) -> list[Any]:
    """Take a ZipMap off the graph's end, so that it gives a matrix; the labels that it named."""
    from onnx import TensorProto, helper

    for at, node in enumerate(proto.graph.node):
        if node.op_type == "ZipMap":
            labels = _labels(node)
            given = node.input[0]
            for output in proto.graph.output:
                if output.name == node.output[0]:
                    output.CopyFrom(
                        helper.make_tensor_value_info(given, TensorProto.FLOAT, [None, len(labels)])
                    )
            del proto.graph.node[at]
            return labels
    return next(filter(None, map(_labels, proto.graph.node)), []) or _looked_up(proto)


def _labels(node: Any) -> list[Any]:
    """Class labels that a node names."""
    for attribute in node.attribute:
        if attribute.name.startswith("classlabels"):
            found = [one.decode() for one in attribute.strings] or list(attribute.ints)
            if found:
                return found
    return []


def _looked_up(proto: Any) -> list[Any]:
    """Labels that the graph looks up by position at its end, as skl2onnx writes them."""
    from onnx import numpy_helper

    constants = {one.name: one for one in proto.graph.initializer}
    for node in proto.graph.node:
        if node.op_type == "ArrayFeatureExtractor" and node.input[0] in constants:
            found = numpy_helper.to_array(constants[node.input[0]]).ravel().tolist()
            return [one.decode() if isinstance(one, bytes) else one for one in found]
    return []


def _kind(session: Any, proto: Any, labels: list[Any]) -> OnnxModel:
    """A classifier where the graph ends in labels or probabilities, else a regressor."""
    outputs = {one.name: one for one in session.get_outputs()}
    floats = [one for one in outputs.values() if one.type in _NUMBERS]
    words = [
        one for one in outputs.values() if one.type in ("tensor(int64)", "tensor(string)", "tensor(int32)")
    ]
    if len(floats) != 1:
        raise Refused(f"it has {len(floats)} outputs of numbers where one is meant")
    ends = {name: node.op_type for node in proto.graph.node for name in node.output}
    score = floats[0]
    rest = _prepared(proto)
    if not words and ends.get(score.name) not in ("Softmax", "Sigmoid"):
        return OnnxModel(session, score.name, **{k: v for k, v in rest.items() if k != "classes"})
    classes = rest.pop("classes", None) or labels or list(range(_width(score)))
    return OnnxClassifier(session, score.name, words[0].name if words and not rest else "", classes, **rest)


def _width(score: Any) -> int:
    """How many classes an output is of; one column is two classes."""
    width = score.shape[1] if len(score.shape or ()) == 2 else 1
    if not isinstance(width, int):
        raise Refused("it does not say how many classes it has")
    return max(2, width)


def _prepared(proto: Any) -> dict[str, Any]:
    """Of a model that riskaudit exported: how its rows are prepared, from the description that travels with it."""
    told = next((one.value for one in proto.metadata_props if one.key == "riskaudit"), "")
    if not told:
        return {}
    from riskaudit.subjects.core_header import Header
    from riskaudit.subjects.core_preparation import made_preparation

    header = Header.model_validate_json(told)
    found: dict[str, Any] = {"prepare": made_preparation(header), "features": list(header.features)}
    if header.model.classes:
        found["classes"] = list(header.model.classes.labels)
    return found
