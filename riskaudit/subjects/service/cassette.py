"""Cassette: a service's answers in a file, so that an audit can be repeated without the service.

One JSON object a line: a head (address, protocol, columns, classes), then a line for each row with the
SHA-256 of its values and its answer, rows asked again, the journal, and last the SHA-256 of all lines before
it. It holds no row, no header and no text that the service wrote beside its answers.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from riskaudit.errors import InputError
from riskaudit.subjects.service.answers import Answer
from riskaudit.subjects.service.journal import Journal

VERSION = 1
MOST_BYTES = 2**30
_FLAG = "--cassette"
_AGAIN = "record it again with --record"


@dataclass(kw_only=True)
class Cassette:
    """What was said of which row, by the row's key; a text instead of an answer says why there is none."""

    head: dict[str, Any]
    rows: dict[str, Answer | str] = field(default_factory=dict)
    repeats: dict[str, Answer | str] = field(default_factory=dict)
    journal: Journal = field(default_factory=Journal)
    sha256: str = ""


def write_cassette(path: Path, cassette: Cassette) -> str:
    """Write it whole or not at all; gives the file's sha256.

    Raises
    ------
    InputError
        If it cannot be written.
    """
    from riskaudit.files import write_whole

    lines = [_line({"riskaudit_cassette": VERSION, **cassette.head})]
    for name in ("rows", "repeats"):
        lines += [
            _line({"again" if name == "repeats" else "row": key, **_plain(answer)})
            for key, answer in getattr(cassette, name).items()
        ]
    lines.append(_line({"journal": cassette.journal.told()}))
    content = b"".join(lines)
    content += _line({"sha256": hashlib.sha256(content).hexdigest()})
    write_whole(path, content)
    return hashlib.sha256(content).hexdigest()


def read_cassette(path: Path, *, head: dict[str, Any]) -> Cassette:
    """A cassette of this very service, protocol and columns.

    Raises
    ------
    InputError
        If it cannot be read, was cut or changed, or is of something else.
    """
    try:
        if path.stat().st_size > MOST_BYTES:
            raise InputError(f"{path.name} is too large for a cassette", _AGAIN, where=_FLAG)
        content = path.read_bytes()
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}", _AGAIN, where=_FLAG) from error
    body, _, last = content.rstrip(b"\n").rpartition(b"\n")
    try:
        sealed = json.loads(last)["sha256"]
        lines = [json.loads(line) for line in body.split(b"\n")]
        if sealed != hashlib.sha256(body + b"\n").hexdigest():
            raise InputError(f"{path.name} was changed after it was recorded", _AGAIN, where=_FLAG)
        made = _made(lines)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise InputError(f"{path.name} is no whole cassette", _AGAIN, where=_FLAG) from None
    made.sha256 = hashlib.sha256(content).hexdigest()
    _same(made.head, head, path)
    return made


def _made(lines: list[dict[str, Any]]) -> Cassette:
    """The cassette of these lines."""
    first = dict(lines[0])
    if first.pop("riskaudit_cassette") != VERSION:
        raise ValueError("another version")
    made = Cassette(head=first)
    for line in lines[1:]:
        if "journal" in line:
            made.journal = _journal(line["journal"])
        elif "again" in line:
            made.repeats[str(line["again"])] = _answer(line)
        else:
            made.rows[str(line["row"])] = _answer(line)
    return made


def _same(recorded: dict[str, Any], asked: dict[str, Any], path: Path) -> None:
    """Refuse a cassette of another service: its answers would be foreign evidence."""
    for name, meaning in asked.items():
        if recorded.get(name) != meaning:
            raise InputError(
                f"{path.name} was recorded with another {name}: {str(recorded.get(name))[:120]}, not {str(meaning)[:120]}",
                f"give the same, or {_AGAIN}",
                where=_FLAG,
            )


def _plain(answer: Answer | str) -> dict[str, Any]:
    """An answer as a line has it; empty parts are left out."""
    if isinstance(answer, str):
        return {"failed": answer}
    told = {"label": answer.label, "scores": list(answer.scores), "digits": answer.digits}
    return {name: part for name, part in told.items() if part}


def _answer(line: dict[str, Any]) -> Answer | str:
    """The same back."""
    if "failed" in line:
        return str(line["failed"])
    return Answer(
        label=str(line.get("label", "")),
        scores=tuple(float(one) for one in line.get("scores", ())),
        digits=int(line.get("digits", 0)),
    )


def _journal(told: dict[str, Any]) -> Journal:
    """A journal as it was recorded."""
    made = Journal(
        waits=[(str(a), int(b), float(c), int(d)) for a, b, c, d in told["waits"]],
        errors=int(told["errors"]),
        versions=set(told["versions"]),
    )
    for name in ("troubles", "leaks", "drift"):
        getattr(made, name).update({str(key): int(count) for key, count in told[name].items()})
    return made


def _line(document: dict[str, Any]) -> bytes:
    return json.dumps(document, ensure_ascii=True, allow_nan=False).encode() + b"\n"
