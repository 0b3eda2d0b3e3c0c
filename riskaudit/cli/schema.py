"""schema: print the JSON Schema of a document."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

Documents = StrEnum("Documents", ["report", "rulebook"])


def schema(document: Annotated[Documents, typer.Argument(help="report or rulebook.")]) -> None:
    """Print the JSON Schema of report.json or of a rulebook."""
    import json

    if document is Documents.report:
        from riskaudit.report import report_schema

        print(json.dumps(report_schema(), indent=1))
        return
    from riskaudit.rulebook import rulebook_schema

    print(json.dumps(rulebook_schema(), indent=1))
