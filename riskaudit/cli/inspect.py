"""inspect: look into a model file without running it."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

Layouts = StrEnum("Layouts", ["text", "json"])
REFUSED = 4


def inspect(
    model: Annotated[str, typer.Argument(metavar="MODEL", help="A model's file, of any kind.")],
    format_: Annotated[Layouts, typer.Option("-f", "--format", help="text or json.")] = Layouts.text,
) -> None:
    """Look into a model file without running it.

    Says what the file is, who wrote it, what it holds, what would run if its own library opened it, and
    whether riskaudit would load it, with which flag. Nothing in it is imported, made or called.

    Exit code 0: it can be loaded, perhaps with the flag that is named. 4: it is refused, or no model.
    """
    import json

    from riskaudit.subjects.inspecting import inspected

    told = inspected(Path(model))
    if format_ is Layouts.json:
        print(json.dumps(told, indent=1, ensure_ascii=True))
    else:
        _show(told)
    raise typer.Exit(0 if told["loads"] else REFUSED)


def _show(told: dict[str, Any]) -> None:
    """The same in lines, control characters taken out."""
    from riskaudit.writers.words import escape_terminal

    lines = [("File", f"{told['name']}, {told['bytes']:,} bytes"), ("sha256", told["sha256"])]
    lines.append(("What", told["format"] or "nothing that is known"))
    if told["written_by"]:
        lines.append(
            ("Written by", ", ".join(f"{name} {number}" for name, number in told["written_by"].items()))
        )
    if told["unpacked_bytes"]:
        lines.append(("Unpacked", f"{told['unpacked_bytes']:,} bytes"))
    if told["opcodes"]:
        lines.append(("Opcodes", f"{told['opcodes']:,}"))
    lines += [("Names", f"{one['name']} {one['where']}") for one in told["names"]]
    lines += [("Holds", one) for one in told["types"]]
    lines += [("Would run", one["words"]) for one in told["would_run"]]
    lines += [("Also", one["words"]) for one in told["also"]]
    if told["fault"]:
        lines.append(("Broken", told["fault"]))
    lines.append(("Verdict", told["verdict"]))
    if told["hint"]:
        lines.append(("Do", told["hint"]))
    last = ""
    for name, text in lines:
        print(f"{name if name != last else '':<11} {escape_terminal(text)}")
        last = name
