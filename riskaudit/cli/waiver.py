"""waiver: add, list and prune findings that somebody answers for."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from riskaudit.cli.options import pairs

waiver = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Let findings be, with a reason, an owner and an end: add, list, prune.")  # fmt: skip

WaiverFile = Annotated[
    Path,
    typer.Option("--file", "-w", metavar="FILE", help="The waiver file."),
]


@waiver.command()
def add(
    rule: Annotated[str, typer.Option("--rule", metavar="RULE", help="The rule's id.")],
    reason: Annotated[str, typer.Option("--reason", help="Why it may be.")],
    owner: Annotated[str, typer.Option("--owner", help="Who answers for it.")],
    expires: Annotated[
        str, typer.Option("--expires", metavar="YYYY-MM-DD", help="The last day on which it holds.")
    ],
    match: Annotated[
        list[str],
        typer.Option(
            "--match", metavar="KEY=VALUE", help="The slice: attribute=age, group=18-24. Repeatable."
        ),
    ] = [],  # noqa: B006 -- typer copies it
    every: Annotated[
        bool, typer.Option("--every-slice", help="Instead of --match: every slice of the rule.")
    ] = False,
    limit: Annotated[
        float | None, typer.Option("--limit", help="Void once the number is worse than this.")
    ] = None,
    missing: Annotated[
        bool, typer.Option("--missing", help="It also covers that the number is not assessed.")
    ] = False,
    file: WaiverFile = Path("riskaudit-waivers.yaml"),
) -> None:
    """Add a waiver; comments in the file stay."""
    from pydantic import ValidationError

    from riskaudit.errors import UsageError
    from riskaudit.policy import this_day
    from riskaudit.waiver_file import add_waiver
    from riskaudit.waivers import Waiver

    if bool(match) == every:
        raise UsageError(
            "which slices are meant?", "give --match KEY=VALUE, or --every-slice", where="--match"
        )
    try:
        made = Waiver.model_validate(
            {
                "rule": rule,
                "match": pairs(match, flag="--match"),
                "reason": reason,
                "owner": owner,
                "expires": expires,
                "limit": limit,
                "missing": missing,
                "created": this_day(),
            }
        )
    except ValidationError as error:
        fault = error.errors()[0]
        name = str(fault["loc"][0])
        raise UsageError(f"{name}: {fault['msg']}", "see 'riskaudit waiver add --help'", where=f"--{name}") from None  # fmt: skip
    if made.expires < this_day():
        raise UsageError(f"{made.expires} is past", "give a day to come", where="--expires")
    add_waiver(file, made)
    print(f"{file}: {made.rule} ({made.slice}) is waived until {made.expires}")


@waiver.command(name="list")
def list_(
    report: Annotated[
        Path | None,
        typer.Option(
            "--report", metavar="REPORT", help="A report.json: which waivers hold, and which excuse nothing."
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    file: WaiverFile = Path("riskaudit-waivers.yaml"),
) -> None:
    """List waivers and whether they hold today."""
    import json

    from riskaudit.policy import this_day
    from riskaudit.waivers import read_waivers, waiver_source
    from riskaudit.writers.words import escape_terminal

    source, today = waiver_source(file), this_day()
    found = read_waivers([source])
    told = _told_by(report, source) if report else {}
    rows: list[dict[str, Any]] = [
        {
            **one.model_dump(mode="json"),
            "state": told.get(at, "expired" if one.expires < today else "holds" if report else "open"),
            "days": (one.expires - today).days,
        }
        for at, one in enumerate(found)
    ]
    if as_json:
        print(json.dumps(rows, indent=1, ensure_ascii=False))
        return
    for one, row in zip(found, rows, strict=True):
        left = f"{row['days']} days left" if row["days"] >= 0 else f"{-row['days']} days ago"
        line = f"{row['state']:<10} {one.rule} ({one.slice}) until {one.expires}, {left}; {one.owner}: {one.reason}"
        print(escape_terminal(line))
    print(f"{len(found)} waivers in {file}" if found else f"no waivers in {file}")


def _told_by(report: Path, source: Any) -> dict[int, str]:
    """The state of each waiver that does not simply hold, by its place in the file."""
    from riskaudit.pipeline import rejudge
    from riskaudit.policy import Policy
    from riskaudit.report import Waivers
    from riskaudit.verify import read_verified
    from riskaudit.waivers import read_waivers

    measured = read_verified(report)
    judged = rejudge(measured, measured.rulebook, policy=Policy(waivers=Waivers(sources=(source,))))
    notes = judged.waivers.notes if judged.waivers else ()
    states = [next((n.state for n in notes if n.waiver == one), "") for one in read_waivers([source])]
    return {at: state for at, state in enumerate(states) if state}


@waiver.command()
def prune(file: WaiverFile = Path("riskaudit-waivers.yaml")) -> None:
    """Take expired waivers out; other lines and comments stay."""
    from riskaudit.policy import this_day
    from riskaudit.waiver_file import prune_waivers
    from riskaudit.writers.words import escape_terminal

    for one in prune_waivers(file, this_day()):
        print(
            escape_terminal(
                f"taken out: {one.rule} ({one.slice}), expired after {one.expires}, of {one.owner}"
            )
        )
