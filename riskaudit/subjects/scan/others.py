"""Others: formats that are no pickles and can still bite: .npy headers, Keras, HDF5, ONNX, TensorFlow graphs."""

from __future__ import annotations

import ast
import json
import re
import struct
from collections.abc import Iterator
from typing import Any

from riskaudit.subjects.scan.look import Look

NPY = b"\x93NUMPY"
HDF5 = b"\x89HDF\r\n\x1a\n"
MOST_JSON = 200 * 2**20
_LAMBDA = re.compile(rb'"class_name"\s*:\s*"(?:[\w.>]*[.>])?Lambda"|"__lambda__"')
_GRAPH = re.compile(rb"\b(PyFunc|PyFuncStateless|EagerPyFunc|ReadFile|WriteFile)\b")


def npy_header(raw: bytes | memoryview) -> tuple[Any, tuple[int, ...], int]:
    """dtype description, shape and where the data begin.

    Raises
    ------
    ValueError
        If the header is none.
    """
    if len(raw) < 12:
        raise ValueError("it is cut short")
    major = raw[6]
    if major not in (1, 2, 3):
        raise ValueError(f"version {major} of the .npy format")
    wide = 2 if major == 1 else 4
    size = int.from_bytes(raw[8 : 8 + wide], "little")
    start = 8 + wide
    if size > 10_000 or start + size > len(raw):
        raise ValueError("its header is longer than any")
    try:
        told = ast.literal_eval(bytes(raw[start : start + size]).decode("latin-1").strip())
    except (SyntaxError, ValueError, MemoryError, RecursionError, TypeError) as error:
        raise ValueError("its header is no literal") from error
    shape = told.get("shape") if isinstance(told, dict) else None
    if not isinstance(shape, tuple) or not all(type(side) is int and side >= 0 for side in shape):
        raise ValueError("its header has no shape")
    return told.get("descr"), shape, start + size


def holds_objects(descr: Any) -> bool:
    """Whether a dtype description has Python objects in it."""
    if isinstance(descr, str):
        return descr.lstrip("<>=|").startswith("O")
    return isinstance(descr, list | tuple) and any(holds_objects(part) for part in descr)


def npy_size(descr: Any, shape: tuple[int, ...]) -> int | None:
    """How many bytes the data must have; None where the dtype is not plain."""
    if not isinstance(descr, str):
        return None
    told = re.fullmatch(r"[<>=|]?([a-zA-Z])(\d{0,9})(\[\w+\])?", descr)
    if told is None:
        return None
    width = int(told[2] or 1) * (4 if told[1] == "U" else 1)
    count = 1
    for side in shape:
        count *= side
    return count * width


def keras_config(content: bytes | memoryview, look: Look, where: str) -> None:
    """Lambda layers, and classes of modules other than Keras's own, in a Keras configuration."""
    if len(content) > MOST_JSON:
        look.broke(f"{where} is too large a configuration")
        return
    try:
        told = json.loads(bytes(content))
    except (ValueError, RecursionError):
        look.broke(f"{where} is no JSON")
        return
    for node in nodes(told):
        kind, module = node.get("class_name"), node.get("module")
        if isinstance(kind, str) and kind.split(">")[-1].split(".")[-1] in (
            "Lambda",
            "__lambda__",
            "TorchModuleWrapper",
        ):
            look.found(f"Keras {kind} layer", f"in {where}", "it carries Python code")
        elif isinstance(module, str) and not re.fullmatch(r"(keras|tf_keras|builtins)(\.\w+)*", module):
            look.found(f"{module}.{kind}", f"in {where}", "a class that is not Keras's own")
        elif isinstance(module, str) and module.startswith(("keras.utils", "keras.src.utils", "builtins")):
            look.found(f"{module}.{kind}", f"in {where}", "a function that is no layer")
        if isinstance(kind, str) and kind == "function" and isinstance(node.get("config"), str):
            look.found(f"function {module}.{node['config']}", f"in {where}", "called when the model is built")


def nodes(told: Any) -> Iterator[dict[str, Any]]:
    """Every mapping in a JSON document, without recursion."""
    waiting = [told]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            yield one
            waiting += one.values()
        elif isinstance(one, list):
            waiting += one


def hdf5(raw: bytes | memoryview, look: Look, where: str) -> None:
    """Lambda layers in the attributes of an HDF5 file, found by their words: HDF5 keeps texts as they are."""
    content = bytes(raw)
    for hit in _LAMBDA.finditer(content):
        look.found("Keras Lambda layer", _place(where, hit.start()), "it carries Python code")
    for hit in re.finditer(rb'"module"\s*:\s*"(?!keras|tf_keras|builtins)([\w.]{1,100})"', content):
        look.found(hit[1].decode() + ", a module that is not Keras's own,", _place(where, hit.start()))


def graph_def(raw: bytes | memoryview, look: Look, where: str) -> None:
    """Operations of a TensorFlow graph that reach beyond it."""
    for hit in _GRAPH.finditer(bytes(raw)):
        look.found(
            f"TensorFlow {hit[1].decode()}", _place(where, hit.start()), "it runs Python or reaches files"
        )


def _place(where: str, at: int) -> str:
    return f"in {where} at byte {at}" if where else f"at byte {at}"


# ONNX: just enough of protobuf's wire format to look.

Field = tuple[int, int, Any]


def fields(raw: memoryview) -> Iterator[Field]:
    """(number, wire type, value) of a protobuf message.

    Raises
    ------
    ValueError
        If the bytes are none.
    """
    at, size = 0, len(raw)
    while at < size:
        key, at = _varint(raw, at)
        number, wire = key >> 3, key & 7
        if not 0 < number < 2**29:
            raise ValueError("no field has that number")
        if wire == 0:
            value, at = _varint(raw, at)
            yield number, wire, value
        elif wire in (1, 5):
            width = 8 if wire == 1 else 4
            if at + width > size:
                raise ValueError("cut short")
            yield number, wire, bytes(raw[at : at + width])
            at += width
        elif wire == 2:
            length, at = _varint(raw, at)
            if at + length > size:
                raise ValueError("cut short")
            yield number, wire, raw[at : at + length]
            at += length
        else:
            raise ValueError(f"wire type {wire}")


def _varint(raw: memoryview, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        if at >= len(raw) or shift > 63:
            raise ValueError("cut short")
        byte = raw[at]
        at += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return value, at


def looks_like_onnx(raw: bytes | memoryview) -> bool:
    """Whether the top level is a ModelProto: an IR version first and a graph somewhere."""
    if raw[:1] != b"\x08":
        return False
    known = {1: 0, 2: 2, 3: 2, 4: 2, 5: 0, 6: 2, 7: 2, 8: 2, 14: 2, 20: 2, 25: 2, 26: 2}
    try:
        found = {}
        for number, wire, _ in fields(memoryview(raw)):
            if known.get(number) != wire:
                return False
            found[number] = True
    except (ValueError, struct.error):
        return bool(found.get(7))
    return 7 in found and 1 in found


def onnx(raw: bytes | memoryview, look: Look, where: str) -> None:
    """External data, loops, sub-graphs and foreign operators in an ONNX model."""
    seen: set[str] = set()
    try:
        for number, _, value in fields(memoryview(raw)):
            if number == 2:
                look.versions["producer"] = _text(value)
            elif number == 3 and "producer" in look.versions:
                look.versions["producer"] += f" {_text(value)}"
            elif number == 7:
                _graph(value, look, where, seen, 0)
            elif number == 25:
                look.found("ONNX function of its own", f"in {where}" if where else "", runs=False)
    except ValueError as error:
        look.broke(f"it is a broken ONNX model: {error}")


_DOMAINS = ("", "ai.onnx", "ai.onnx.ml")


def _graph(raw: memoryview, look: Look, where: str, seen: set[str], depth: int) -> None:
    if depth > 8:
        look.found("graphs in graphs in graphs", where)
        return
    for number, wire, value in fields(raw):
        if wire != 2:
            continue
        if number == 1:
            _node(value, look, where, seen, depth)
        elif number in (5,):
            _tensor(value, look, where)
        elif number == 15:
            for inner, kind, part in fields(value):
                if inner in (1, 2) and kind == 2:
                    _tensor(part, look, where)


def _node(raw: memoryview, look: Look, where: str, seen: set[str], depth: int) -> None:
    kind, domain = "", ""
    for number, wire, value in fields(raw):
        if number == 4 and wire == 2:
            kind = _text(value)
        elif number == 7 and wire == 2:
            domain = _text(value)
        elif number == 5 and wire == 2:
            for inner, form, part in fields(value):
                if form == 2 and inner in (6, 11):
                    _graph(part, look, where, seen, depth + 1)
                elif form == 2 and inner in (5, 10):
                    _tensor(part, look, where)
    if (domain not in _DOMAINS or kind in ("Loop", "Scan", "If")) and (
        told := f"{domain}:{kind}"
    ) not in seen:
        seen.add(told)
        name = f"ONNX operator {kind or '?'}" + (f" of domain {domain!r}" if domain not in _DOMAINS else "")
        look.found(
            name,
            f"in {where}" if where else "",
            "it may never end" if domain in _DOMAINS else "it is not ONNX's own",
        )


def _tensor(raw: memoryview, look: Look, where: str) -> None:
    for number, wire, value in fields(raw):
        if (number == 14 and wire == 0 and value == 1) or (number == 13 and wire == 2):
            place = ""
            if number == 13:
                pair = {n: _text(v) for n, w, v in fields(value) if w == 2}
                place = f" {pair.get(2, '')[:100]!r}" if pair.get(1) == "location" else ""
                if not place:
                    continue
            look.found(
                f"ONNX external data{place}", f"in {where}" if where else "", "another file would be read"
            )


def _text(value: Any) -> str:
    return bytes(value[:200]).decode("utf-8", "replace") if not isinstance(value, int) else ""
