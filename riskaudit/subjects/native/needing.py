"""Needing: a library that an extra brings, or the line that installs it."""

from __future__ import annotations

import importlib
from typing import Any

from riskaudit.errors import InputError

EXTRAS = {
    "xgboost": "xgboost",
    "lightgbm": "lightgbm",
    "catboost": "catboost",
    "onnx": "onnx",
    "onnxruntime": "onnx",
    "torch": "torch",
}


def needed(library: str, what: str, flag: str) -> Any:
    """The library.

    Raises
    ------
    InputError
        With the line that installs it, where it is absent.
    """
    try:
        return importlib.import_module(library)
    except ImportError as error:
        raise InputError(
            f"{what} need the library {library}, which is not here",
            f"pip install 'riskaudit[{EXTRAS[library]}]'",
            where=flag,
        ) from error
