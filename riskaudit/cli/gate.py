"""gate: apply a rulebook to an existing report.json; no model, no data, instant."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from riskaudit.cli.config import ConfigFile
from riskaudit.cli.options import FailOn, Rules, Severities, Strict, show


def gate(
    report: Annotated[Path, typer.Argument(metavar="REPORT", help="A report.json.")],
    rules: Rules = [],  # noqa: B006 -- typer copies it
    strict: Strict = False,
    fail_on: FailOn = Severities.low,
    config: ConfigFile = "",
) -> None:
    """Apply a rulebook to an existing report.json (no model, no data).

    Without --rules the rulebook that the report carries is applied again; a report that contradicts itself is
    refused.
    """
    from riskaudit.audits import audits, declared_measures
    from riskaudit.pipeline import rejudge
    from riskaudit.rulebook import SEVERITIES, read_rulebooks
    from riskaudit.verify import read_verified

    measured = read_verified(report)
    rulebook = measured.rulebook
    if rules:
        known = {**declared_measures(audits()), **{m.name: "" for m in measured.measures()}}
        rulebook = read_rulebooks(rules, measures=known)
    judged = rejudge(measured, rulebook, strict=strict, fail_on=SEVERITIES[list(Severities).index(fail_on)])
    show(judged)
    raise typer.Exit(judged.gate.code)
