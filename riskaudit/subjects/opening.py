"""Opening: a model file's loader, picked by what the file holds and never by its name."""

from __future__ import annotations

from pathlib import Path

from riskaudit.subjects.core_file import is_core, load_core
from riskaudit.subjects.skops_file import load_model
from riskaudit.subjects.subject import Subject


def open_model(path: Path, *, flag: str = "--model") -> Subject:
    """The model in a file of any format that is known.

    Raises
    ------
    InputError
        If the file is absent, broken, or no model.
    RefusedError
        If it could run code when opened, or holds what no honest model does.
    """
    return load_core(path, flag=flag) if is_core(path) else load_model(path, flag=flag)
