"""ONNX check: a graph of known operators, tensors as long as they say, trees that are trees; run in the sandbox."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from riskaudit.errors import RefusedError
from riskaudit.subjects.native.shape import MOST_NODES, reached, refuse

DOMAINS = ("", "ai.onnx", "ai.onnx.ml")
# Nothing here makes more numbers than it is given but in products of matrices: no Expand, Tile, Range, Resize,
# ConstantOfShape, no randomness, no control flow, no sequences, no text functions.
OPERATORS = frozenset(
    [
        "Abs",
        "Add",
        "And",
        "ArgMax",
        "ArgMin",
        "BatchNormalization",
        "Cast",
        "CastLike",
        "Clip",
        "Concat",
        "Constant",
        "Div",
        "Dropout",
        "Elu",
        "Equal",
        "Erf",
        "Exp",
        "Flatten",
        "Floor",
        "Gather",
        "GatherElements",
        "Gelu",
        "Gemm",
        "Greater",
        "GreaterOrEqual",
        "HardSigmoid",
        "HardSwish",
        "Identity",
        "IsNaN",
        "LayerNormalization",
        "LeakyRelu",
        "Less",
        "LessOrEqual",
        "Log",
        "LogSoftmax",
        "MatMul",
        "Max",
        "Mean",
        "Min",
        "Mish",
        "Mul",
        "Neg",
        "Not",
        "Or",
        "PRelu",
        "Pow",
        "Reciprocal",
        "ReduceL1",
        "ReduceL2",
        "ReduceLogSumExp",
        "ReduceMax",
        "ReduceMean",
        "ReduceMin",
        "ReduceProd",
        "ReduceSum",
        "ReduceSumSquare",
        "Relu",
        "Reshape",
        "Round",
        "Selu",
        "Shape",
        "Sigmoid",
        "Sign",
        "Slice",
        "Softmax",
        "Softplus",
        "Softsign",
        "Split",
        "Sqrt",
        "Squeeze",
        "Sub",
        "Sum",
        "Tanh",
        "TopK",
        "Transpose",
        "Unsqueeze",
        "Where",
        "Xor",
        "ArrayFeatureExtractor",
        "Binarizer",
        "DictVectorizer",
        "FeatureVectorizer",
        "Imputer",
        "LabelEncoder",
        "LinearClassifier",
        "LinearRegressor",
        "Normalizer",
        "OneHotEncoder",
        "SVMClassifier",
        "SVMRegressor",
        "Scaler",
        "TreeEnsembleClassifier",
        "TreeEnsembleRegressor",
        "ZipMap",
    ]
)
MOST_OPERATORS = 20_000
MODES = frozenset(
    {b"LEAF", b"BRANCH_LEQ", b"BRANCH_LT", b"BRANCH_GTE", b"BRANCH_GT", b"BRANCH_EQ", b"BRANCH_NEQ"}
)


def checked(model: Any, *, name: str) -> None:
    """Refuse a model with anything in it that is not known.

    Raises
    ------
    RefusedError
        Naming what it is.
    """
    for domain in model.opset_import:
        if domain.domain not in DOMAINS:
            raise _fault(name, f"it wants operators of '{domain.domain[:60]}'")
    if len(model.functions) or len(model.training_info) or len(model.graph.sparse_initializer):
        raise _fault(name, "it holds functions, training steps or sparse tensors")
    nodes = model.graph.node
    if not 0 < len(nodes) <= MOST_OPERATORS:
        raise _fault(name, f"it has {len(nodes):,} operators")
    for node in nodes:
        if node.domain not in DOMAINS or node.op_type not in OPERATORS:
            raise _fault(name, f"it uses the operator '{node.op_type[:60]}', which is not on the list")
        for attribute in node.attribute:
            if attribute.HasField("g") or len(attribute.graphs) or attribute.HasField("sparse_tensor"):
                raise _fault(name, f"operator '{node.op_type}' holds a graph of its own")
    for tensor in _tensors(model):
        _check_tensor(tensor, name)
    for node in nodes:
        if node.op_type in ("TreeEnsembleClassifier", "TreeEnsembleRegressor"):
            fault = _ensemble_fault(node)
            if fault:
                raise _fault(name, f"{node.op_type}: {fault}")


def _fault(name: str, what: str) -> RefusedError:
    return refuse(name, what, "--model")


def _tensors(model: Any) -> Iterator[Any]:
    """All constants."""
    yield from model.graph.initializer
    for node in model.graph.node:
        for attribute in node.attribute:
            if attribute.HasField("t"):
                yield attribute.t
            yield from attribute.tensors


def _check_tensor(tensor: Any, name: str) -> None:
    """A tensor in the file itself, as long as its shape."""
    from onnx import TensorProto, helper

    if tensor.data_location != TensorProto.DEFAULT or len(tensor.external_data):
        raise _fault(name, "a tensor lies in another file")
    if any(side < 0 for side in tensor.dims):
        raise _fault(name, "a tensor has a negative side")
    size = math.prod(tensor.dims)
    if tensor.data_type == TensorProto.STRING:
        held = len(tensor.string_data)
    elif tensor.HasField("raw_data"):
        try:
            held = len(tensor.raw_data) / np.dtype(helper.tensor_dtype_to_np_dtype(tensor.data_type)).itemsize
        except (KeyError, TypeError):
            raise _fault(name, "a tensor of a type that is not known") from None
    else:
        held = sum(
            len(part)
            for part in (
                tensor.float_data,
                tensor.int32_data,
                tensor.int64_data,
                tensor.double_data,
                tensor.uint64_data,
            )
        )
    if held != size:
        raise _fault(name, f"a tensor is to hold {size:,} values and holds {held:,.0f}")


def _ensemble_fault(node: Any) -> str:
    """What is wrong with a forest; empty where nothing is."""
    told = {one.name: one for one in node.attribute}

    def ints(key: str) -> Any:
        return np.array(told[key].ints, dtype=np.int64) if key in told else np.empty(0, dtype=np.int64)

    trees, ids = ints("nodes_treeids"), ints("nodes_nodeids")
    n = len(trees)
    modes = list(told["nodes_modes"].strings) if "nodes_modes" in told else []
    if not 0 < n <= MOST_NODES or len(modes) != n or not set(modes) <= MODES:
        return "it has no nodes, or of a kind that is not known"
    parts = {key: ints(f"nodes_{key}") for key in ("featureids", "truenodeids", "falsenodeids")}
    values = len(told["nodes_values"].floats) if "nodes_values" in told else 0
    if len(ids) != n or values != n or any(len(one) != n for one in parts.values()):
        return "its arrays differ in length"
    leaf = np.array([mode == b"LEAF" for mode in modes])
    if (parts["featureids"] < 0).any():
        return "it asks for a feature that is not there"
    fault = _structure_fault(
        trees, ids, np.where(leaf, -1, parts["truenodeids"]), np.where(leaf, -1, parts["falsenodeids"])
    )
    return fault or _votes_fault(told, ints, trees, ids)


def _structure_fault(trees: Any, ids: Any, left: Any, right: Any) -> str:
    """Each tree's nodes, by their numbers, make one tree."""
    order = np.argsort(trees, kind="stable")
    for block in np.split(order, np.flatnonzero(np.diff(trees[order])) + 1):
        numbers = ids[block]
        if (numbers != np.arange(len(block))).any():
            return "its nodes are not numbered from 0 on"
        kept = reached(left[block], right[block])
        if isinstance(kept, str):
            return kept
    return ""


def _votes_fault(told: Any, ints: Any, trees: Any, ids: Any) -> str:
    """Votes are of nodes that are there, for classes or targets that are there."""
    kind = "class" if "class_ids" in told else "target"
    parts = [ints(f"{kind}_{key}") for key in ("ids", "nodeids", "treeids")]
    votes = len(told[f"{kind}_weights"].floats) if f"{kind}_weights" in told else 0
    if len({*map(len, parts), votes}) != 1:
        return "its votes differ in length"
    if kind == "class":
        most = max(
            len(ints("classlabels_int64s")),
            len(told["classlabels_strings"].strings) if "classlabels_strings" in told else 0,
        )
    else:
        most = int(told["n_targets"].i) if "n_targets" in told else 1
    if len(parts[0]) and not ((parts[0] >= 0) & (parts[0] < max(1, most))).all():
        return "it votes for a class that is not there"
    there = set(zip(trees.tolist(), ids.tolist(), strict=True))
    if not set(zip(parts[2].tolist(), parts[1].tolist(), strict=True)) <= there:
        return "a node that is not there votes"
    return ""
