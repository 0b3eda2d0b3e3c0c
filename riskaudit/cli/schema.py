"""schema: print the JSON Schema of a document."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

Documents = StrEnum("Documents", ["report", "rulebook", "waivers", "baseline"])


def schema(
    document: Annotated[Documents, typer.Argument(help="report, rulebook, waivers or baseline.")],
) -> None:
    """Print the JSON Schema of a report, rulebook, waiver file or baseline."""
    import json

    if document is Documents.report:
        from riskaudit.report import report_schema

        print(json.dumps(report_schema(), indent=1))
        return
    if document is Documents.waivers:
        from riskaudit.waivers import waivers_schema

        print(json.dumps(waivers_schema(), indent=1))
        return
    if document is Documents.baseline:
        from riskaudit.baseline import baseline_schema

        print(json.dumps(baseline_schema(), indent=1))
        return
    from riskaudit.rulebook import rulebook_schema

    print(json.dumps(rulebook_schema(), indent=1))
