"""verify: whether a report was edited, and whether it speaks of these very files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def verify(
    report: Annotated[Path, typer.Argument(metavar="REPORT", help="A report.json.")],
    model: Annotated[
        Path | None, typer.Option("--model", metavar="FILE", help="Is it about this model?")
    ] = None,
    data: Annotated[
        Path | None, typer.Option("--data", metavar="FILE", help="Is it about these rows?")
    ] = None,
    train: Annotated[
        Path | None, typer.Option("--train", metavar="FILE", help="And about these members?")
    ] = None,
    key: Annotated[
        Path | None,
        typer.Option("--key", metavar="PUB.PEM", help="Is it signed by this key? See riskaudit sign."),
    ] = None,
) -> None:
    """Tell whether a report was edited, and of which files it speaks.

    Its verdicts must follow from its measures, its digest from its text, the manifest beside it from the files
    there; and each file given must be the one that was audited. Ends with 0 if all of it holds, else with 4.
    """
    from riskaudit.believing import Check, checks
    from riskaudit.cli.options import ascii_only
    from riskaudit.errors import InputError
    from riskaudit.policy import policy_words
    from riskaudit.verify import read_verified
    from riskaudit.writers.words import ascii_words, escape_terminal

    believed = read_verified(report)
    named = {name: path for name, path in (("model", model), ("data", data), ("train", train)) if path}
    found = checks(report, believed, named)
    found.append(Check(name="policy", holds=True, told=policy_words(believed)))
    if key:
        found.append(Check(name="signature", holds=True, told=by_key(report, key)))
    for one in found:
        line = f"{'ok ' if one.holds else 'NOT'}  {one.name:<9}  {escape_terminal(one.told)}"
        print(ascii_words(line) if ascii_only() else line)
    wrong = [one.name for one in found if not one.holds]
    if wrong:
        raise InputError(f"{report} cannot be relied on for this: {', '.join(wrong)}", "audit again, and use that report")  # fmt: skip
    signed = "" if key else " (a digest shows accidents; against forgery, sign: riskaudit sign)"
    print(f"VERIFIED  {report}{signed}")


def by_key(report: Path, key: Path) -> str:
    """What the signature beside a report says, once it is by this key and about this report.

    Raises
    ------
    InputError
        If it is not, or is not there.
    """
    from riskaudit.report import read_text
    from riskaudit.signing import envelope_path, public_key, verified

    trusted = public_key(key)
    place = envelope_path(report)
    told = verified(read_text(place), report.read_bytes(), trusted, name=str(place))
    return f"signed by {key}; the audit ended with {told['predicate']['gate']['code']} ({told['predicate']['gate']['name']})"
