"""Predict from a riskaudit `.npz` model with NumPy alone. Copy this file where you need it.

    model = read("model.npz")
    predict(model, {"age": [31, None], "sex": ["f", "m"]})  # probabilities (n, K), or numbers (n,)

Columns are lists or arrays by name: numbers (gaps None or NaN), booleans (True, 1, "yes"), words, texts, and
ISO 8601 dates or numpy.datetime64 (UTC; an offset in the words is not read here).
"""

import json
import re
from typing import Any

import numpy as np

Model = dict[str, Any]

WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)*")
TRUE = {"true", "yes", "t", "y", "1", "1.0"}


def read(path: str) -> Model:
    """The header as a dict, and the layers [(W, b), ...] in double precision."""
    with np.load(path, allow_pickle=False) as archive:
        header = json.loads(archive["header"].tobytes())
        if (header["format"], header["version"]) != ("riskaudit-core", 1):
            raise ValueError("not a riskaudit-core file of version 1")
        layers = [
            (archive[f"weights.{at}"].astype(float), archive[f"biases.{at}"].astype(float))
            for at in range(header["model"]["layers"])
        ]
        header["embedding"] = archive["embedding"].astype(float) if "embedding" in archive else None
    return {**header, "layers": layers}


def prepare(model: Model, table: dict[str, Any]) -> Any:
    """The rows of a dict of columns as the numbers (n, d) that the first layer takes."""
    parts = []
    for group in model["prepare"]:
        if group["kind"] == "text":
            return np.array([_pooled(model, text) for text in table[group["columns"][0]]])
        if group["kind"] == "category":
            for one in group["columns"]:
                words = np.array([_word(v) for v in table[one["column"]]], dtype=object)
                hits = [words == value for value in one["values"]]
                parts += hits + ([~np.isin(words.astype(str), one["values"])] if one["rest"] else [])
            continue
        number = {"number": _number, "boolean": _truth, "date": _days}[group["kind"]]
        x = np.array([[number(v) for v in table[name]] for name in group["columns"]]).T
        gaps = np.isnan(x)
        x = np.where(gaps, group["fill"], x)
        if group["kind"] != "boolean":
            x = (np.hstack([x, gaps[:, group["gaps"]]]) - group["mean"]) / group["scale"]
        parts += list(x.T)
    return np.column_stack(parts).astype(float)


def forward(model: Model, x: Any) -> Any:
    """Prepared rows (n, d) through the layers: probabilities (n, K) of the classes, or numbers (n,)."""
    told = model["model"]
    bend: Any = {
        "relu": lambda z: np.maximum(z, 0),
        "tanh": np.tanh,
        "sigmoid": _sigmoid,
        "identity": lambda z: z,
    }[told["activation"]]
    for at, (w, b) in enumerate(model["layers"]):
        x = (bend(x) if at else x) @ w + b
    if told["output"] == "identity":
        return x[:, 0] * told["target_scale"] + told["target_mean"]
    if told["output"] == "sigmoid":
        return np.hstack([_sigmoid(-x), _sigmoid(x)])
    e = np.exp(x - x.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def predict(model: Model, table: dict[str, Any]) -> Any:
    """`forward` of `prepare`; the classes are model["model"]["classes"]["labels"]."""
    return forward(model, prepare(model, table))


def _pooled(model: Model, text: Any) -> Any:
    vectors, rows = model["model"]["vectors"], model["embedding"]
    at = model.setdefault("at", {word: 1 + k for k, word in enumerate(vectors["words"])})
    tokens = [] if _gap(text) else WORD.findall(text.lower().replace("\u2019", "'"))[: vectors["max_tokens"]]
    found = rows[[at.get(token[:40], 0) for token in tokens]]
    return found.mean(axis=0) if len(found) else np.zeros(rows.shape[1])


def _sigmoid(z: Any) -> Any:
    e = np.exp(-np.abs(z))
    return np.maximum(e, z >= 0) / (1 + e)


def _gap(v: Any) -> bool:
    return v is None or bool(v != v)  # NaN and NaT differ from themselves


def _number(v: Any) -> float:
    return np.nan if _gap(v) else float(v)


def _truth(v: Any) -> float:
    return np.nan if _gap(v) else float(str(v).strip().lower() in TRUE)


def _days(v: Any) -> float:
    return np.nan if _gap(v) else float(np.datetime64(v, "us").astype(np.int64)) / 86_400e6


def _word(v: Any) -> str:
    if _gap(v):
        return "(missing)"
    return str(int(v)) if isinstance(v, (float, np.floating)) and float(v).is_integer() else str(v)
