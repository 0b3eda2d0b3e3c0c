"""Thinned: a perceptron with its smallest weights cut, or with weights of 8 bits, its answers exact.

The thinned weights are written back into dense arrays of floats: what such a model answers is exact, and how many bytes
its weights take is counted, but nothing here multiplies in 8 bits or passes over zeros, so its energy is not measured.

Sources: Han, Pool, Tran, Dally (2015), Learning both weights and connections (magnitude pruning, here without
retraining); Jacob et al. (2018), Quantization and training of neural networks, section 2.1 (symmetric, one scale a column).
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from riskaudit.subjects.rung import Rung
from riskaudit.subjects.subject import Subject

Weights = NDArray[Any]
LEVELS = 127  # of either sign in 8 bits, symmetric


def thinned(subject: Subject) -> Iterator[Rung]:
    """Half and four fifths of the weights pruned, and weights of 8 bits; nothing for other models."""
    ways: dict[str, tuple[str, Callable[[list[Weights]], int]]] = {
        "pruned by half": ("the smaller half of its weights set to zero, not retrained", lambda w: prune(w, 0.5)),
        "pruned by four fifths": (
            "the smallest four fifths of its weights set to zero, not retrained",
            lambda w: prune(w, 0.8),
        ),
        "8-bit weights": ("its weights rounded to 8 bits, one scale for each output column", quantise),
    }  # fmt: skip
    if not _layers(subject.estimator):
        return
    for name, (words, change) in ways.items():
        twin = copy.deepcopy(subject.estimator)
        layers = _layers(twin)
        dense = sum(layer.nbytes for layer in layers)
        left = change(layers)
        yield Rung(
            name=name,
            words=words,
            subject=replace(subject, name=name, estimator=twin, sha256=None, size_bytes=None, training=None),
            saved=max(0, dense - left),
            simulated=True,
        )


def _layers(estimator: Any) -> list[Weights]:
    """The weight matrices of a perceptron, as views or arrays that may be written to; empty for other models."""
    model = estimator.steps[-1][1] if hasattr(estimator, "steps") else estimator
    if hasattr(model, "counted") or not hasattr(model, "coefs_"):
        return []
    return [layer for layer in model.coefs_ if isinstance(layer, np.ndarray) and layer.ndim == 2]


def prune(layers: list[Weights], share: float) -> int:
    """Set this share of the weights, the smallest of all layers together, to zero, in place.

    Returns
    -------
    int
        Bytes of what is left: the values, and one bit a weight that says which are there.
    """
    sizes = np.concatenate([np.abs(layer).ravel() for layer in layers])
    gone = int(share * sizes.size)
    edge = np.partition(sizes, gone)[gone] if gone < sizes.size else np.inf
    left = 0
    for layer in layers:
        layer[np.abs(layer) < edge] = 0
        left += int(np.count_nonzero(layer)) * layer.itemsize + math.ceil(layer.size / 8)
    return left


def quantise(layers: list[Weights]) -> int:
    """Round each weight to the nearest of 255 steps of its column's largest, in place.

    Returns
    -------
    int
        Bytes of the weights, one each, and of a scale of 4 bytes for each column.
    """
    left = 0
    for layer in layers:
        scale = np.abs(layer).max(axis=0) / LEVELS
        steps = np.rint(layer / np.where(scale > 0, scale, 1)).astype(np.int8)
        layer[:] = steps * scale
        left += steps.nbytes + 4 * scale.size
    return left
