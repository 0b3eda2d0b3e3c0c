"""Keras: archives load in safe mode in the sandbox; code and classes of other modules are refused unopened."""

from __future__ import annotations

import io
import json
import os
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from riskaudit.errors import InputError, RefusedError
from riskaudit.subjects.opening import open_model
from riskaudit.subjects.trust import trust_of

pytestmark = pytest.mark.filterwarnings("ignore")
FRAME = pd.DataFrame(np.random.default_rng(0).normal(size=(40, 4)), columns=list("abcd"))


@pytest.fixture(scope="module")
def keras() -> Iterator[Any]:
    """Keras on PyTorch, where both are here."""
    pytest.importorskip("torch", reason="the extra torch is not installed")
    os.environ["KERAS_BACKEND"] = "torch"
    yield pytest.importorskip("keras", reason="the extra keras is not installed")
    del os.environ["KERAS_BACKEND"]


def saved(keras: Any, path: Path, *layers: Any) -> Any:
    """A model of four columns, saved."""
    model = keras.Sequential([keras.layers.Input((4,)), *layers])
    model.save(path)
    return model


def test_a_keras_model_answers_as_itself(keras: Any, tmp_path: Path) -> None:
    """Probabilities of three classes, its weights counted."""
    dense = keras.layers.Dense
    model = saved(
        keras,
        tmp_path / "m.keras",
        dense(8, activation="relu"),
        keras.layers.BatchNormalization(),
        dense(3, activation="softmax"),
    )
    subject = replace(
        open_model(tmp_path / "m.keras", trust=trust_of(reduced_sandbox=True)), features=tuple("abcd")
    )
    try:
        mine = keras.ops.convert_to_numpy(model(FRAME.to_numpy(dtype="float32"), training=False))
        np.testing.assert_allclose(subject.predict_scores(FRAME), mine, atol=1e-5)
        assert subject.estimator.counted == {"network weights": model.count_params()}
    finally:
        subject.close()


def test_lambda_layers_are_refused_unopened(keras: Any, tmp_path: Path) -> None:
    """They carry Python code."""
    saved(keras, tmp_path / "m.keras", keras.layers.Lambda(lambda x: x * 2), keras.layers.Dense(1))
    with pytest.raises(RefusedError, match="Lambda"):
        open_model(tmp_path / "m.keras")


CONFIGS: dict[str, Any] = {
    "a module of the system": {"module": "os", "class_name": "system", "config": "true"},
    "a function": {"module": "builtins", "class_name": "function", "config": "exec"},
    "a downloader": {"module": "keras.src.utils", "class_name": "get_file", "config": {"origin": "http://x"}},
    "a torch module": {"module": "keras.layers", "class_name": "TorchModuleWrapper", "config": {}},
    "a registered stranger": {"module": "mine.code", "class_name": "Layer", "config": {}},
}


def archive(config: Any, *members: tuple[str, bytes]) -> bytes:
    """A .keras archive without weights."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as held:
        held.writestr("metadata.json", json.dumps({"keras_version": "3.15.1"}))
        held.writestr("config.json", config if isinstance(config, str) else json.dumps(config))
        for name, content in members or (("model.weights.h5", b"\x89HDF\r\n\x1a\n"),):
            held.writestr(name, content)
    return out.getvalue()


@pytest.mark.parametrize("name", CONFIGS)
def test_strange_configurations_are_refused_unopened(tmp_path: Path, name: str) -> None:
    """Without Keras being there at all."""
    layer = CONFIGS[name]
    config = {"module": "keras", "class_name": "Sequential", "config": {"layers": [layer]}}
    (tmp_path / "m.keras").write_bytes(archive(config))
    with pytest.raises(RefusedError, match="it was not opened"):
        open_model(tmp_path / "m.keras")


@pytest.mark.parametrize("config", ["[" * 100_000, "no json", '{"module": "keras"'])
def test_broken_configurations_are_refused(tmp_path: Path, config: str) -> None:
    """Deep, or none."""
    (tmp_path / "m.keras").write_bytes(archive(config))
    with pytest.raises(InputError):
        open_model(tmp_path / "m.keras")
