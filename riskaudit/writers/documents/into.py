"""Into: a model card put between its markers in a README that is there already; everything else stays byte for byte."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from riskaudit.errors import InputError
from riskaudit.files import write_whole
from riskaudit.report import Report
from riskaudit.writers.documents.front_matter import keys_of, metadata, result, yaml_text
from riskaudit.writers.documents.model_card import BEGIN, END, YAML_BEGIN, YAML_END, body


def put(report: Report, path: Path, *, front_matter: bool = True) -> bool:
    """Patch a file; whether that changed it.

    Raises
    ------
    InputError
        If the file cannot be read or written, a marker is missing or stands twice, or its front matter is none.
    """
    try:
        before = path.read_bytes().decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise InputError(f"{path} cannot be read: {reason}", "name a UTF-8 Markdown file that is there", where="--into") from error  # fmt: skip
    after = patched(before, report, name=str(path), front_matter=front_matter)
    if after != before:
        write_whole(path.resolve(), after.encode())
    return after != before


def patched(text: str, report: Report, *, name: str = "README.md", front_matter: bool = True) -> str:
    """The text with the card's body between its markers and, where asked, its keys in the front matter.

    Raises
    ------
    InputError
        As `put`.
    """
    end = "\r\n" if "\r\n" in text else "\n"
    text = _between(text, BEGIN, END, body(report).strip("\n"), name=name, end=end)
    return _with_keys(text, report, name=name, end=end) if front_matter else text


def _between(text: str, begin: str, last: str, told: str, *, name: str, end: str) -> str:
    """The text with what stands between two marker lines replaced.

    Raises
    ------
    InputError
        Unless each marker is one whole line, the first before the last.
    """
    lines = text.splitlines(keepends=True)
    found = {mark: [at for at, line in enumerate(lines) if line.strip() == mark] for mark in (begin, last)}
    for mark, places in found.items():
        if len(places) != 1:
            numbers = ", ".join(str(at + 1) for at in places)
            problem = (
                f"has '{mark}' {len(places)} times (lines {numbers})" if places else f"has no line '{mark}'"
            )
            raise InputError(
                f"{name} {problem}",
                f"put '{begin}' and '{last}' once each, on lines of their own, where the card should stand",
                where=f"{name}:{places[1] + 1}" if places else "--into",
            )
    (first,), (after,) = found[begin], found[last]
    if first > after:
        raise InputError(f"{name} has '{last}' before '{begin}'", "exchange the two lines", where=f"{name}:{after + 1}")  # fmt: skip
    made = [lines[first], end, *(line + end for line in told.split("\n")), end]
    return "".join([*lines[:first], *made, *lines[after:]])


def _with_keys(text: str, report: Report, *, name: str, end: str) -> str:
    """The text with our keys in its front matter: in their region, in a new one, or in front matter of its own.

    Keys that stand outside our region are their author's and stay; a model index of others keeps its results.
    """
    told = metadata(report)
    whole = re.match(r"\ufeff?---[ \t]*\r?\n(.*?)^---[ \t]*\r?$", text, re.DOTALL | re.MULTILINE)
    if whole is None:
        if text.startswith("---"):
            raise InputError(f"{name} opens front matter and does not close it", "end it with a line '---'", where=f"{name}:1")  # fmt: skip
        made = ["---", YAML_BEGIN, *yaml_text(told).rstrip("\n").split("\n"), YAML_END, "---", ""]
        return "".join(line + end for line in made) + text
    inner = _patched_yaml(whole[1], told, report, name=name, end=end)
    _parsed(inner, name)
    return text[: whole.start(1)] + inner + text[whole.end(1) :]


def _patched_yaml(inner: str, told: dict[str, Any], report: Report, *, name: str, end: str) -> str:
    """The lines of a front matter with our region in it anew."""
    lines = inner.splitlines(keepends=True)
    marks = {
        mark: [at for at, line in enumerate(lines) if line.strip() == mark] for mark in (YAML_BEGIN, YAML_END)
    }
    opened, closed = marks[YAML_BEGIN], marks[YAML_END]
    if len(opened) > 1 or len(opened) != len(closed) or (opened and opened[0] > closed[0]):
        places = ", ".join(str(at + 2) for at in (*opened, *closed))
        raise InputError(
            f"{name}: the front matter does not have '{YAML_BEGIN}' and '{YAML_END}' once each, in this order",
            "take out what is left over, or say --no-front-matter", where=f"{name}:{places}",
        )  # fmt: skip
    if opened:
        first, last = opened[0], closed[0]
        indent = lines[first][: len(lines[first]) - len(lines[first].lstrip())]
        rest = "".join([*lines[:first], *lines[last + 1 :]])
        fresh = _item(report, indent) if indent or _in_results(lines[:first]) else _keys(told, rest, name)
        return "".join([*lines[: first + 1], *(line + end for line in fresh), *lines[last:]])
    known = _parsed(inner, name)
    if "model-index" in known:
        at, indent = _end_of_results(known, lines, name)
        added = [f"{indent}{YAML_BEGIN}", *_item(report, indent), f"{indent}{YAML_END}"]
    else:
        at, added = len(lines), [YAML_BEGIN, *_keys(told, inner, name), YAML_END]
    return "".join([*lines[:at], *(line + end for line in added), *lines[at:]])


def _keys(told: dict[str, Any], others: str, name: str) -> list[str]:
    """Our keys but for those that are their author's."""
    made = keys_of(told, without=_parsed(others, name))
    return made.rstrip("\n").split("\n") if made else []


def _item(report: Report, indent: str) -> list[str]:
    """Our result as one item of somebody's list of results."""
    found = result(report)
    return [indent + line for line in yaml_text([found]).rstrip("\n").split("\n")] if found else []


def _in_results(before: list[str]) -> bool:
    """Whether an unindented region stands in a list of results: the key last opened above it is the model index."""
    keys = [line for line in before if re.match(r"[A-Za-z_]", line)]
    return bool(keys) and keys[-1].startswith("model-index:")


def _end_of_results(known: Any, lines: list[str], name: str) -> tuple[int, str]:
    """After which line the results of somebody's model index end, and how far they are indented.

    Raises
    ------
    InputError
        If the index is written in a way that no item can be added to line by line.
    """
    index = known["model-index"]
    results = (
        index[0].get("results") if isinstance(index, list) and index and isinstance(index[0], dict) else None
    )
    place = getattr(results, "lc", None)
    flow = getattr(getattr(results, "fa", None), "flow_style", lambda: None)()
    if not isinstance(results, list) or not results or place is None or flow or len(index) != 1:
        raise InputError(
            f"{name}: its model-index is not one model with a list of results in lines",
            "write it so, or say --no-front-matter", where=name,
        )  # fmt: skip
    column, at = place.col, place.line
    while at < len(lines) and (not lines[at].strip() or _inside(lines[at], column)):
        at += 1
    while not lines[at - 1].strip():
        at -= 1
    return at, " " * column


def _inside(line: str, column: int) -> bool:
    """Whether a line belongs to a list whose dashes stand in that column."""
    own = len(line) - len(line.lstrip(" "))
    return own > column or (own == column and line.lstrip().startswith(("- ", "-\n", "-\r", "#")))


def _parsed(inner: str, name: str) -> Any:
    """The front matter as a mapping.

    Raises
    ------
    InputError
        If it is none.
    """
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    try:
        known = YAML(typ="rt").load(inner)
    except YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 2 if mark else 1
        raise InputError(
            f"{name}: the front matter is not YAML: {getattr(error, 'problem', None) or error}",
            "mend it, or say --no-front-matter", where=f"{name}:{line}",
        ) from error  # fmt: skip
    if known is None:
        return {}
    if not isinstance(known, dict):
        raise InputError(f"{name}: the front matter is no list of keys", "mend it, or say --no-front-matter", where=f"{name}:2")  # fmt: skip
    return known
