"""Keras model: a `.keras` archive read in safe mode, as a network that is asked; runs inside the sandbox."""

from __future__ import annotations

import io
import json
from typing import Any

from riskaudit.subjects.pickled.restricted import Refused
from riskaudit.subjects.tensors.asked import Network

BATCH = 4096


def made(raw: bytes) -> tuple[Any, bytes]:
    """The model in an archive, and what is told of it, as JSON.

    Raises
    ------
    Refused
        If Keras cannot read it, or it takes something else than one table.
    """
    import keras
    from keras.src.saving import saving_lib

    try:
        model = saving_lib._load_model_from_fileobj(
            io.BytesIO(raw), custom_objects=None, compile=False, safe_mode=True
        )
    except Refused:
        raise
    except Exception as error:
        first = str(error).splitlines()[0][:200] if str(error) else type(error).__name__
        raise Refused(f"Keras cannot read it: {first}") from error
    shape = getattr(model, "input_shape", None)
    if not isinstance(shape, tuple) or len(shape) != 2 or not isinstance(shape[1], int):
        raise Refused("it takes something else than one table of numbers (n, d)")

    def ask(table: Any) -> Any:
        import numpy as np

        said = [
            keras.ops.convert_to_numpy(model(table[at : at + BATCH].astype("float32"), training=False))
            for at in range(0, len(table), BATCH)
        ]
        return np.concatenate(said)

    network = Network(ask, features=shape[1], parameters=int(model.count_params()), kind="Keras model")
    return network, json.dumps(network.about()).encode()
