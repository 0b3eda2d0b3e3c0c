"""Needing: a library that an extra brings, or the line that installs it."""

from __future__ import annotations

import importlib
import importlib.util
from typing import Any

from riskaudit.errors import InputError

EXTRAS = {
    "xgboost": "xgboost",
    "lightgbm": "lightgbm",
    "catboost": "catboost",
    "onnx": "onnx",
    "onnxruntime": "onnx",
    "torch": "torch",
    "keras": "keras",
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
        raise _absent(library, what, flag) from error


def check_there(library: str, what: str, flag: str) -> None:
    """Refuse early where the sandbox would not find a library; it is not imported here.

    Raises
    ------
    InputError
        With the line that installs it.
    """
    if importlib.util.find_spec(library) is None:
        raise _absent(library, what, flag)


def _absent(library: str, what: str, flag: str) -> InputError:
    return InputError(
        f"{what} need the library {library}, which is not here",
        f"pip install 'riskaudit[{EXTRAS[library]}]'",
        where=flag,
    )
