"""diff: what changed from one report to the next."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

Forms = StrEnum("Forms", ["table", "json", "md"])


def diff(
    before: Annotated[Path, typer.Argument(metavar="BEFORE", help="A report.json.")],
    after: Annotated[Path, typer.Argument(metavar="AFTER", help="A later report.json.")],
    form: Annotated[Forms, typer.Option("-f", "--format", help="table, json or md.")] = Forms.table,
    tolerance: Annotated[
        float | None,
        typer.Option(
            "--tolerance", min=0, help="Share of the way from ideal to limit that is no change (0.02)."
        ),
    ] = None,
) -> None:
    """Compare two reports: new, worse, gone, better, fixed, with intervals."""
    from riskaudit.baseline import TOLERATED, compared
    from riskaudit.cli.options import look
    from riskaudit.verify import read_verified
    from riskaudit.writers import changes

    one, two = read_verified(before), read_verified(after)
    found = compared(one, two, tolerance=TOLERATED if tolerance is None else tolerance)
    if form is Forms.json:
        print(changes.as_json(found, one, two), end="")
    elif form is Forms.md:
        print(changes.markdown(found, one, two), end="")
    else:
        print(changes.terminal(found, one, two, **look()), end="")
