"""Options that say how groups are compared, and how their words are read."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer

from riskaudit.cli.options import pairs, words
from riskaudit.errors import InputError, UsageError

MOST_TERMS = 200

Unit = Annotated[
    str,
    typer.Option("--unit", metavar="COLUMN", help="Whom a row is of, where people come more than once."),
]
Reference = Annotated[
    list[str],
    typer.Option(
        "--reference", metavar="COLUMN=GROUP", help="Compare with this group, not with the highest rate."
    ),
]
Cost = Annotated[
    list[str], typer.Option("--cost", metavar="fp=N,fn=N", help="What each kind of error costs a person.")
]
Threshold = Annotated[
    float | None,
    typer.Option("--threshold", metavar="NUMBER", help="Regression: who is predicted this much is selected."),
]
TopK = Annotated[
    int | None, typer.Option("--top-k", min=1, metavar="COUNT", help="Also look at the highest scores alone.")
]
Terms = Annotated[
    Path | None,
    typer.Option(
        "--terms", metavar="FILE", help="Text models: words of groups to put into sentences, one a line."
    ),
]


def costs(given: Iterable[str]) -> dict[str, float]:
    """`fp=1,fn=5` as numbers.

    Raises
    ------
    UsageError
        If one is no number.
    """
    found = {}
    for kind, text in pairs(words(given), flag="--cost").items():
        try:
            found[kind] = float(text)
        except ValueError:
            raise UsageError(f"'{text}' is no number", "write --cost fp=1,fn=5", where="--cost") from None
    return found


def term_list(path: Path | None) -> tuple[str, ...]:
    """The words of a file, one a line; empty lines and `#` lines are left out.

    Raises
    ------
    InputError
        If the file cannot be read, or has fewer than two words or too many.
    """
    if path is None:
        return ()
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path} cannot be read: {error}", "give a text file", where="--terms") from error
    found = tuple(dict.fromkeys(line.strip() for line in lines if line.strip() and not line.startswith("#")))
    if not 2 <= len(found) <= MOST_TERMS:
        raise InputError(
            f"{path} has {len(found)} terms; it takes 2 to {MOST_TERMS}", "one term a line", where="--terms"
        )
    return found
