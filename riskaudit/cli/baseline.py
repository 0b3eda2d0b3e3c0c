"""baseline: keep a report's verdicts, so that only what is new or worse fails."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

baseline = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Keep a report's verdicts so that only new and worse ones fail: write, show.")  # fmt: skip


@baseline.command()
def write(
    report: Annotated[Path, typer.Argument(metavar="REPORT", help="A report.json.")],
    out: Annotated[Path, typer.Option("-o", "--out", metavar="FILE", help="Where to write.")] = Path(
        "riskaudit-baseline.json"
    ),
) -> None:
    """Write a report's verdicts as the baseline to hold later ones against."""
    from riskaudit.baseline import FINDINGS, baseline_json, baseline_of
    from riskaudit.files import write_whole
    from riskaudit.policy import this_day
    from riskaudit.verify import read_verified

    made = baseline_of(read_verified(report), written=this_day().isoformat())
    write_whole(out, baseline_json(made).encode())
    found = sum(entry.outcome in FINDINGS for entry in made.entries)
    print(f"wrote {out}: {len(made.entries)} verdicts, {found} of them findings; commit it")
    gaps = sum(entry.outcome == "missing" for entry in made.entries)
    if gaps:
        typer.echo(f"warning: {gaps} verdicts are not assessed; a baseline does not excuse that", err=True)
    waived = sum(entry.waived for entry in made.entries)
    if waived:
        typer.echo(f"warning: {waived} findings are waived; they need their waiver still", err=True)


@baseline.command()
def show(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A baseline.")] = Path(
        "riskaudit-baseline.json"
    ),
) -> None:
    """Show what a baseline keeps."""
    from riskaudit.baseline import read_baseline
    from riskaudit.cli.options import look
    from riskaudit.writers.changes import kept

    found, digest = read_baseline(file)
    print(kept(found, digest, **look()), end="")
