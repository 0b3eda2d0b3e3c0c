"""MLflow folders: the description is read, the native model in it is loaded by its own format, without mlflow."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

from riskaudit.errors import InputError, RefusedError
from riskaudit.subjects.source import Source, read_source
from riskaudit.subjects.subject import Subject
from riskaudit.subjects.trust import Trust

NAMES = {
    "sklearn": ("pickled_model",),
    "xgboost": ("data", "model_data"),
    "lightgbm": ("data", "lgb_model"),
    "catboost": ("data",),
    "onnx": ("data",),
}
"""Flavours, and what their description calls the model's file."""
MOST_BYTES = 2**20
DEEPEST = 64
_HINT = "give the model's own file, or ask a server of it: --model http://... --protocol mlflow"


class MlflowFormat:
    """A folder with an `MLmodel` in it."""

    name = "MLflow folder"

    def recognise(self, head: bytes, path: Path) -> bool:
        """By that file."""
        return not head and (path / "MLmodel").is_file()

    def load(self, source: Source, *, flag: str, trust: Trust) -> Subject:
        """The native model of the first flavour that is known; its file goes the way of any file.

        Raises
        ------
        InputError
            If the description is broken, or has no flavour that is known.
        RefusedError
            If it names a file outside the folder, or that file is refused.
        """
        from riskaudit.subjects.opening import open_source

        flavour, name = _native(_description(source.path, flag), source.name, flag)
        inner = read_source(_inside(source.path, name, flag), flag=flag)
        subject = open_source(inner, flag=flag, trust=trust)
        return replace(
            subject, name=f"{source.name}/{name}", kind=f"{subject.kind}, of an MLflow folder ({flavour})"
        )


def _description(folder: Path, flag: str) -> dict[str, Any]:
    """The `MLmodel` file as plain data: no tag in it makes an object."""
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    raw = read_source(folder / "MLmodel", flag=flag, most=MOST_BYTES).raw
    if _depth(raw) > DEEPEST:
        raise InputError(f"{folder.name}/MLmodel is nested too deep", _HINT, where=flag)
    try:
        told = YAML(typ="safe", pure=True).load(raw.decode("utf-8"))
    except (YAMLError, ValueError, RecursionError) as error:
        raise InputError(f"{folder.name}/MLmodel cannot be read", _HINT, where=flag) from error
    if not isinstance(told, dict) or not isinstance(told.get("flavors"), dict):
        raise InputError(f"{folder.name}/MLmodel names no flavour", _HINT, where=flag)
    return told


def _depth(raw: bytes) -> int:
    """How deep its brackets go; the parser's time grows with the square of it."""
    depth = deepest = 0
    for byte in raw:
        if byte in b"[{":
            depth += 1
            deepest = max(deepest, depth)
        elif byte in b"]}":
            depth = max(0, depth - 1)
    return deepest


def _native(told: dict[str, Any], folder: str, flag: str) -> tuple[str, str]:
    """A flavour that is known, and its file."""
    flavours = told["flavors"]
    for flavour, keys in NAMES.items():
        held = flavours.get(flavour)
        for key in keys:
            if isinstance(held, dict) and isinstance(held.get(key), str):
                return flavour, held[key]
    there = ", ".join(str(name)[:40] for name in list(flavours)[:6])
    raise InputError(
        f"{folder} has no flavour that is loaded without mlflow (it has {there}; known: {', '.join(NAMES)})",
        _HINT,
        where=flag,
    )


def _inside(folder: Path, name: str, flag: str) -> Path:
    """The path of a file of the folder.

    Raises
    ------
    RefusedError
        If the name leads outside, by itself or by a link.
    """
    path = folder / name
    home = os.path.realpath(folder)
    plain = name and "\\" not in name and "\0" not in name and not os.path.isabs(name)
    if (
        not plain
        or ".." in Path(name).parts
        or os.path.realpath(path) != os.path.join(home, *Path(name).parts)
    ):
        raise RefusedError(
            f"{folder.name}/MLmodel names a file outside its folder: {name[:80]!r}",
            "the folder is damaged or hostile",
            where=flag,
        )
    return path
