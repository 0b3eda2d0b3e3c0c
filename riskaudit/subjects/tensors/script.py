"""Script: the code of a TorchScript archive, read as text before anything runs: only calls of a list.

TorchScript is a program: PyTorch says to run none from strangers, and its reader has crashed on damaged
files. So a file needs the person's word and the whole sandbox, and this look comes before both.
"""

from __future__ import annotations

import ast
import io
import re
import zipfile
from typing import Any

from riskaudit.subjects.pickled.restricted import Refused
from riskaudit.subjects.tensors.operators import SCRIPT, is_aten

MOST_CODE = 20 * 2**20


def checked(raw: bytes) -> None:
    """Read all code of an archive.

    Raises
    ------
    Refused
        If it calls what is not on the list, or is no code that torch writes.
    """
    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        code = [one for one in archive.infolist() if one.filename.endswith(".py")]
        if not code or sum(one.file_size for one in code) > MOST_CODE:
            raise Refused("it has no code, or more than any model")
        for one in code:
            _check(archive.read(one).decode("utf-8", "replace"), one.filename)


def _check(text: str, name: str) -> None:
    """Every call in one file."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise Refused(f"{name[:100]} is no code that torch writes") from error
    rooted: set[int] = set()
    for node in ast.walk(tree):  # from the outside in: an attribute before the name it begins with
        if isinstance(node, ast.Attribute):
            _check_name(node, name)
            if isinstance(node.value, ast.Name):
                rooted.add(id(node.value))
        elif isinstance(node, ast.Name) and node.id in ("torch", "ops") and id(node) not in rooted:
            raise Refused(f"{name[:100]} hands '{node.id}' itself about")


def _check_name(node: ast.Attribute, name: str) -> None:
    """`torch.f` and `ops.space.f` name functions of the library; all else are parts of the archive's own."""
    words = _dotted(node)
    if not words:
        return
    asked = words[1:] if words[0] == "torch" else words[2:] if words[0] == "ops" and len(words) > 2 else None
    if not asked:
        return
    known = words[0] == "torch" or words[1] in ("aten", "prim")
    if not known or not (is_aten(asked[0]) or asked[0] in SCRIPT):
        raise Refused(f"{name[:100]} calls {'.'.join(words)[:80]}, which is not on the list of operators")


def _dotted(node: Any) -> list[str]:
    """a.b.c as words; empty where it begins with something else than a name."""
    words: list[str] = []
    while isinstance(node, ast.Attribute):
        words.append(node.attr)
        node = node.value
    return [node.id, *reversed(words)] if isinstance(node, ast.Name) and re.fullmatch(r"\w+", node.id) else []
