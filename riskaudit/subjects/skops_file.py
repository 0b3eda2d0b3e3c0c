"""Skops files: models saved as data, opened without running anything they hold."""

from __future__ import annotations

import hashlib
import io
import json
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from riskaudit.errors import InputError, RefusedError
from riskaudit.subjects.pickled.allowed import CALLED, PARTIAL, is_allowed
from riskaudit.subjects.record import TrainingRecord
from riskaudit.subjects.scan.judging import refuse_dangers, unknown
from riskaudit.subjects.scan.others import nodes
from riskaudit.subjects.source import Source, read_source
from riskaudit.subjects.subject import Subject, subject_of
from riskaudit.subjects.trust import NOBODY, Trust
from riskaudit.subjects.trusted import (
    PLAIN_TYPES,
    TRUSTED_TYPES,
    check_parts,
    check_trees,
    must_be_boxed,
    splits_by_category,
)

RECORD = "riskaudit.json"
MOST_RECORD_BYTES = 50_000_000
MOST_DIRECTORY = 20 * 2**20
# Their memory cannot be looked at from outside, and compiled code follows it: they live in a sandbox.
COMPILED = ("KDTree", "BallTree", "BSpline")
CALLING = ("MethodNode", "OperatorFuncNode", "PartialNode")
_ALLOWED = (*TRUSTED_TYPES, *PLAIN_TYPES, ".".join(PARTIAL))  # what is partial is looked at in the schema
_HINT = "save the model with 'riskaudit train' or skops.io.dump"


def save_model(path: Path, estimator: Any, record: TrainingRecord) -> str:
    """Write a fitted estimator and its training record, whole or not at all; gives the file's sha256.

    The record is one more member of the skops archive, so `skops.io.load` reads the file as it is.

    Raises
    ------
    InputError
        If the file cannot be written.
    """
    from riskaudit.files import write_whole

    buffer = io.BytesIO(dumped(estimator))
    with zipfile.ZipFile(buffer, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo(RECORD), json.dumps(record.model_dump(mode="json"), indent=1))
    raw = buffer.getvalue()
    write_whole(path, raw)
    return hashlib.sha256(raw).hexdigest()


def dumped(estimator: Any) -> bytes:
    """An estimator as a skops archive, the same bytes for the same model.

    skops names objects by their address in memory and stamps members with the time: both would make equal
    trainings differ, so objects are numbered in the order they are met and the stamps are left out.
    """
    import skops.io

    source = zipfile.ZipFile(io.BytesIO(skops.io.dumps(estimator)))
    numbers: dict[str, str] = {}
    tree = _numbered(json.loads(source.read("schema.json")), numbers)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr(zipfile.ZipInfo("schema.json"), json.dumps(tree))
        named = {f"{numbers.get(Path(n).stem, Path(n).stem)}{Path(n).suffix}": n for n in source.namelist()}
        for name in sorted(named.keys() - {"schema.json"}):
            archive.writestr(zipfile.ZipInfo(name), source.read(named[name]))
    return buffer.getvalue()


def _numbered(node: Any, numbers: dict[str, str]) -> Any:
    """A skops schema with its memory addresses replaced by 1, 2, 3, ..."""
    if isinstance(node, list):
        return [_numbered(item, numbers) for item in node]
    if not isinstance(node, dict):
        return node
    told: dict[str, Any] = {}
    for key, value in node.items():
        if key == "__id__" and isinstance(value, int):
            told[key] = int(numbers.setdefault(str(value), str(len(numbers) + 1)))
        elif key == "file" and isinstance(value, str):
            stem, dot, suffix = value.partition(".")
            told[key] = numbers.setdefault(stem, str(len(numbers) + 1)) + dot + suffix
        else:
            told[key] = _numbered(value, numbers)
    return told


class SkopsFormat:
    """Skops archives."""

    name = "skops"

    def recognise(self, head: bytes, path: Path) -> bool:
        """A zip with a schema.json in its directory."""
        return head.startswith(b"PK\x03\x04") and b"schema.json" in head[-MOST_DIRECTORY:]

    def load(self, source: Source, *, flag: str, trust: Trust) -> Subject:
        """The model in a skops archive."""
        return _loaded(source, flag, trust)


def load_model(path: Path, *, flag: str = "--model", trust: Trust = NOBODY) -> Subject:
    """The model in a skops file; any other file is refused without being opened by its library.

    Raises
    ------
    InputError
        If the file is absent, broken, or no model.
    RefusedError
        If it is a pickle in any disguise, or holds types that are not on the list.
    """
    return _loaded(read_source(path, flag=flag), flag, trust)


def _loaded(source: Source, flag: str, trust: Trust) -> Subject:
    """The model in a skops archive's bytes."""
    refuse_dangers(source, flag)
    raw, path = source.raw, source.path
    if not raw.startswith(b"PK\x03\x04"):
        raise unknown(source, flag)
    record = _record(raw, path, flag)
    types = _checked_types(raw, path, flag, trust)
    boxed = any(name.endswith(COMPILED) for name in types) or must_be_boxed(schema_types(raw))
    estimator = None if boxed else _estimator(raw, path, flag, types)
    if boxed or splits_by_category(estimator):
        subject = _boxed(source, types, flag, trust)
        return replace(
            subject, training=record, features=tuple(record.features) if record else subject.features
        )
    features = tuple(record.features) if record else None
    return subject_of(
        estimator,
        name=path.name,
        features=features,
        sha256=source.sha256,
        size_bytes=len(raw),
        training=record,
    )


def _boxed(source: Source, types: list[str], flag: str, trust: Trust) -> Subject:
    """A model with parts whose insides cannot be checked: it loads and predicts in a sandbox."""
    from riskaudit.subjects.sandbox.loading import PARTS, sandboxed

    told = json.dumps(types).encode()
    return sandboxed(
        source,
        loader="riskaudit.subjects.skops_file:made_in_box",
        payload=len(told).to_bytes(8, "little") + told + source.raw,
        kind="a skops file",
        imports=(*PARTS, "skops.io", "sklearn.neighbors", "riskaudit.subjects.skops_file"),
        flag=flag,
        reduced=trust.reduced_sandbox,
    )


def made_in_box(payload: bytes) -> tuple[Any, bytes]:
    """The estimator, and what is told of it; runs inside the sandbox."""
    import skops.io

    from riskaudit.subjects.pickled.making import about, check

    length = int.from_bytes(payload[:8], "little")
    estimator = skops.io.loads(payload[8 + length :], trusted=json.loads(payload[8 : 8 + length]))
    check(estimator)
    return estimator, json.dumps(about(estimator)).encode()


def _record(raw: bytes, path: Path, flag: str) -> TrainingRecord | None:
    """The training record, where riskaudit saved the file."""
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            names = archive.namelist()
            if "schema.json" not in names:
                if any(name.endswith((".pkl", "data.pkl", ".npy")) for name in names):
                    raise RefusedError(
                        f"{path.name} is an archive with pickles inside; it was not opened",
                        "save the model with skops.io.dump",
                        where=flag,
                    )
                raise InputError(f"{path.name} is a zip archive, but no skops model", _HINT, where=flag)
            if RECORD in names and archive.getinfo(RECORD).file_size > MOST_RECORD_BYTES:
                raise InputError(
                    f"the training record in {path.name} is too large to be one", _HINT, where=flag
                )
            text = archive.read(RECORD) if RECORD in names else None
    except (zipfile.BadZipFile, EOFError, OSError, NotImplementedError, RuntimeError) as error:
        raise InputError(f"{path.name} is a broken archive: {error}", _HINT, where=flag) from error
    try:
        return TrainingRecord.model_validate_json(text) if text is not None else None
    except ValidationError as error:
        raise InputError(
            f"the training record in {path.name} cannot be read: {error.errors()[0]['msg']}",
            "train the model again",
            where=flag,
        ) from error


def _held(raw: bytes) -> int:
    """How many different compiled trees the archive's schema names."""
    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        return len(set(_tree_ids(json.loads(archive.read("schema.json")))))


def _tree_ids(schema: Any) -> Iterator[object]:
    """The identity of each tree in a schema; one that stands in two places has one."""
    for node in nodes(schema):
        if node.get("__class__") in ("Tree", "TreePredictor") and "__loader__" in node:
            yield node.get("__id__")


def schema_of(raw: bytes) -> Any:
    """The schema.json of an archive.

    Raises
    ------
    ValueError
        If there is none.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            return json.loads(archive.read("schema.json"))
    except (
        zipfile.BadZipFile,
        KeyError,
        EOFError,
        OSError,
        RuntimeError,
        NotImplementedError,
        RecursionError,
    ) as error:
        raise ValueError("it has no schema") from error


def schema_types(raw: bytes) -> tuple[str, ...]:
    """Every type that the schema names, without asking skops or importing it."""
    pairs = {(node.get("__module__"), node.get("__class__")) for node in nodes(schema_of(raw))}
    return tuple(sorted(f"{module}.{name}" for module, name in pairs if module and name))


def untrusted(raw: bytes) -> tuple[str, ...]:
    """The types that would need --trust."""
    import skops.io

    _check_schema(schema_of(raw), Path("it"), "MODEL")
    try:
        types = sorted(set(skops.io.get_untrusted_types(data=raw)))
    except Exception as error:
        raise ValueError("skops cannot read it") from error
    return tuple(name for name in types if not (name in _ALLOWED or _listed(name)))


def _checked_types(raw: bytes, path: Path, flag: str, trust: Trust) -> list[str]:
    """The types in the file that skops itself does not trust, if each is on a list or named by the person."""
    import skops.io

    try:
        _check_schema(schema_of(raw), path, flag)
        types = sorted(set(skops.io.get_untrusted_types(data=raw)))
    except RefusedError:
        raise
    except Exception as error:
        raise InputError(
            f"{path.name} cannot be read as a skops model: {type(error).__name__}", _HINT, where=flag
        ) from error
    strange = [name for name in types if not (name in _ALLOWED or _listed(name) or _trusted(name, trust))]
    if strange:
        raise RefusedError(
            f"{path.name} holds types that riskaudit does not trust: {', '.join(strange[:5])}",
            _how_to_trust(strange),
            where=flag,
        )
    return types


def _check_schema(schema: Any, path: Path, flag: str) -> None:
    """Refuse parts that call something, and plain values that are as large as they say."""
    for node in nodes(schema):
        loader, kind = node.get("__loader__"), (node.get("__module__"), node.get("__class__"))
        sized = kind[0] == "numpy" and kind[1] in ("void", "bytes_", "str_") and loader != "TypeNode"
        if (loader in CALLING or kind == PARTIAL) and _checks_arrays(node):
            continue
        if loader in CALLING or kind == PARTIAL or sized:
            raise RefusedError(
                f"{path.name} holds a {loader} of {kind[0]}.{kind[1]}, which no model of scikit-learn needs; it was not opened",
                "no flag loads it: save the model without functions of your own",
                where=flag,
            )


def _checks_arrays(node: dict[str, Any]) -> bool:
    """Whether a node is the one partial call that models keep: boosting with categories checks its columns by it."""
    content = node.get("content")
    called = content.get("func") if isinstance(content, dict) else None
    if not isinstance(called, dict) or node.get("__loader__") != "PartialNode":
        return False
    kind = (called.get("__module__"), called.get("__class__"))
    return kind == CALLED and called.get("__loader__") == "FunctionNode"


def _listed(name: str) -> bool:
    """Whether a type is on the list that pickles are held to, and a part of scikit-learn, SciPy or ours."""
    module, _, last = name.rpartition(".")
    return module.startswith(("sklearn.", "scipy.", "riskaudit.")) and is_allowed(module, last)


def _trusted(name: str, trust: Trust) -> bool:
    """Whether the person named this type; names of Python's own library are never types of a model."""
    return name in trust.types and name.partition(".")[0] not in sys.stdlib_module_names


def _how_to_trust(strange: list[str]) -> str:
    if any(name.partition(".")[0] in sys.stdlib_module_names for name in strange):
        return "no flag loads parts of Python's own library: save the model without functions of your own"
    flags = " ".join(f"--trust {name}" for name in strange[:5])
    return f"if you trust these types, and whoever wrote the file, add {flags}"


def _estimator(raw: bytes, path: Path, flag: str, types: list[str]) -> Any:
    """The estimator, its parts looked at before compiled code may follow them."""
    import skops.io

    try:
        estimator = skops.io.loads(raw, trusted=sorted({*types, *_ALLOWED}))
    except Exception as error:
        raise InputError(
            f"{path.name} cannot be loaded: {type(error).__name__}: {str(error).splitlines()[0][:150] if str(error) else ''}",
            "it may be of another scikit-learn version; train it again",
            where=flag,
        ) from error
    check_trees(estimator, name=path.name, held=_held(raw))
    check_parts(estimator, name=path.name)
    return estimator
