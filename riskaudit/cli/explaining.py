"""Options that say how the explainability audit attributes."""

from __future__ import annotations

from typing import Annotated

import typer

from riskaudit.errors import UsageError

KINDS = ("sample", "kmeans")

Background = Annotated[
    str,
    typer.Option(
        "--background",
        metavar="KIND[:ROWS]",
        help="What SHAP compares rows with: sample:100 or kmeans:25 of held-out rows; else what fits the model.",
    ),
]
GroupCorrelated = Annotated[
    float | None,
    typer.Option(
        "--group-correlated",
        min=0.3,
        max=1.0,
        metavar="RHO",
        help="Explain columns as one from this |Spearman| correlation on, such as 0.8.",
    ),
]


def background_of(given: str) -> tuple[str, int]:
    """`kmeans:25` as kind and number of rows; 0 where none is given.

    Raises
    ------
    UsageError
        If the kind is unknown, or the number is none from 2 to 1,000.
    """
    kind, _, count = given.partition(":")
    number = int(count) if count.isascii() and count.isdigit() else 0
    if not given:
        return "", 0
    if kind not in KINDS or (":" in given and not 2 <= number <= 1_000):
        raise UsageError(
            f"'{given}' is no background",
            "write sample, sample:200, kmeans or kmeans:25 (2 to 1,000 rows)",
            where="--background",
        )
    return kind, number
