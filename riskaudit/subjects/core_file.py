"""Core files: models of the NumPy core as a plain .npz, which any Python with NumPy can read.

The layout, version 1 (`core_header.py` has every field):

- `header.npy`: UTF-8 JSON as bytes: `features`, `prepare` (medians, means, scales, vocabularies),
  `model` (activation, output, classes, settings) and `record` (the training record);
- `weights.0.npy`, `biases.0.npy`, ...: the layers, float32 or float64.

There is no pickle in it: `numpy.load(path, allow_pickle=False)` opens it. `numpy_reader.py` beside this
file predicts from it with NumPy alone; copy it where you need it.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from riskaudit.errors import InputError
from riskaudit.subjects.record import TrainingRecord
from riskaudit.subjects.source import Source, read_source
from riskaudit.subjects.subject import Subject, subject_of
from riskaudit.subjects.trust import Trust

if TYPE_CHECKING:
    from riskaudit.subjects.core_archive import Arrays
    from riskaudit.subjects.core_header import Header

SUFFIX = ".npz"
_HINT = "save the model again with 'riskaudit train ... -o model.npz'"


class CoreFormat:
    """Files of the NumPy core."""

    name = "riskaudit core"
    stricter = True  # than the scan: every member is a plain array, or the file is refused

    def recognise(self, head: bytes, path: Path) -> bool:
        """A zip that starts with header.npy."""
        return head.startswith(b"PK\x03\x04") and head[30:40] == b"header.npy"

    def load(self, source: Source, *, flag: str, trust: Trust) -> Subject:
        """The model in a core file."""
        return _loaded(source, flag)


def save_core(path: Path, estimator: Any, record: TrainingRecord | None) -> str:
    """Write a fitted pipeline of our preparation and a core model, whole or not at all; gives its sha256.

    Raises
    ------
    InputError
        If it is another sort of model, or the file cannot be written.
    """
    from riskaudit.files import write_whole

    raw = core_bytes(estimator, record)
    write_whole(path, raw)
    return hashlib.sha256(raw).hexdigest()


def core_bytes(estimator: Any, record: TrainingRecord | None) -> bytes:
    """The file's bytes; equal models and records give equal bytes."""
    from riskaudit.subjects.core_archive import pack

    header, arrays = described(estimator, record)
    return pack(header.model_dump_json(indent=1), arrays)


def described(estimator: Any, record: TrainingRecord | None) -> tuple[Header, Arrays]:
    """A fitted pipeline as a header and arrays.

    Raises
    ------
    InputError
        If it is another sort of model.
    """
    from riskaudit.subjects.core_header import Header
    from riskaudit.subjects.core_models import told_model
    from riskaudit.subjects.core_preparation import told_preparation

    steps = dict(getattr(estimator, "steps", ()))
    if list(steps) != ["prepare", "model"]:
        raise InputError(
            "only a model that riskaudit trained itself can be written to .npz or .onnx", "save it as .skops"
        )
    model, arrays = told_model(steps["model"])
    header = Header(
        features=tuple(str(name) for name in steps["prepare"].feature_names_in_),
        prepare=tuple(told_preparation(steps["prepare"])),
        model=model,
        record=record,
    )
    return header, arrays


def load_core(path: Path, *, flag: str = "--model") -> Subject:
    """The model in a core file.

    Raises
    ------
    InputError
        If the file is absent, broken, of another version, or contradicts itself.
    RefusedError
        If it holds Python objects, compressed members, or names of paths.
    """
    return _loaded(read_source(path, flag=flag), flag)


def _loaded(source: Source, flag: str) -> Subject:
    """The model in a core file's bytes."""
    from riskaudit.subjects.core_archive import unpack

    text, arrays = unpack(source.raw, name=source.name, flag=flag)
    header = _header(text, source.name, flag)
    try:
        estimator = _made(header, arrays)
    except (ValueError, TypeError, OverflowError) as error:
        raise _broken(source.name, error, flag) from error
    return subject_of(
        estimator,
        name=source.name,
        features=header.features,
        sha256=source.sha256,
        size_bytes=source.size,
        training=header.record,
    )


def _header(text: bytes, name: str, flag: str) -> Header:
    """The header, if it is of a version that is known and every field is as it should be."""
    from riskaudit.subjects.core_header import FORMAT, VERSION, Header

    try:
        return Header.model_validate_json(text)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        if place == "version" and isinstance(first["input"], int):
            raise InputError(
                f"{name} has version {first['input']} of the format {FORMAT}; this riskaudit reads version {VERSION}",
                "read it with a newer riskaudit, or train the model again",
                where=flag,
            ) from error
        raise _broken(name, f"{place or 'header'}: {first['msg']}", flag) from error


def _made(header: Header, arrays: Arrays) -> Any:
    """The fitted pipeline."""
    from sklearn.pipeline import Pipeline

    from riskaudit.subjects.core_models import made_model
    from riskaudit.subjects.core_preparation import made_preparation

    model = made_model(header.model, arrays, width=header.width)
    return Pipeline([("prepare", made_preparation(header)), ("model", model)])


def _broken(name: str, why: object, flag: str) -> InputError:
    told = str(why).splitlines()[0][:200] if str(why) else type(why).__name__
    return InputError(f"{name} cannot be read as a core model: {told}", _HINT, where=flag)
