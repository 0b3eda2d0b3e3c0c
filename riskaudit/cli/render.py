"""render: turn report.json into other formats."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from riskaudit.cli.options import Formats, Lang, Languages, formats
from riskaudit.errors import UsageError


def render(
    report: Annotated[Path, typer.Argument(metavar="REPORT", help="A report.json.")],
    format_: Formats = ["html"],  # noqa: B006 -- typer copies it
    out: Annotated[
        str,
        typer.Option(
            "-o", "--out", metavar="FOLDER", help="Where to write (default: beside the report; '-' prints)."
        ),
    ] = "",
    into: Annotated[
        Path | None,
        typer.Option(
            "--into",
            metavar="FILE",
            help="With -f model-card: put the card between its markers in this README, and leave all else.",
        ),
    ] = None,
    front_matter: Annotated[
        bool,
        typer.Option("--front-matter/--no-front-matter", help="With --into: our keys in its YAML too."),
    ] = True,
    lang: Lang = Languages.en,
) -> None:
    """Turn report.json into html, md, sarif, junit or another format."""
    from riskaudit.verify import read_verified
    from riskaudit.writers import save, write
    from riskaudit.writers.anchors import repository

    chosen = formats(format_)
    if into is not None and (chosen != ("model-card",) or out):
        raise UsageError("only a model card goes into a file", "say -f model-card, and no -o", where="--into")
    measured = read_verified(report)
    if into is not None:
        from riskaudit.writers.documents.into import put

        changed = put(measured, into, front_matter=front_matter)
        print(f"{into}{'' if changed else ' (as it was)'}")
        return
    if out == "-":
        if len(chosen) != 1:
            raise UsageError(
                f"{len(chosen)} formats cannot share stdout", "give one -f, or a folder", where="--out"
            )
        print(write(measured, chosen[0], lang=lang.value, root=repository(Path.cwd())), end="")
        return
    for path in save(
        measured,
        Path(out) if out else report.parent,
        formats=chosen,
        lang=lang.value,
        root=repository(Path.cwd()),
    ):
        print(path)
