"""init: look at a table and write a commented riskaudit.toml; it proposes, and never asks or decides."""

from __future__ import annotations

import os
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from riskaudit.cli.ci import ci_place, write_ci
from riskaudit.cli.options import Decimal, Decimals, Encoding
from riskaudit.cli.settings_file import NAME
from riskaudit.errors import UsageError

Homes = StrEnum("Homes", ["github", "gitlab", "azure"])


def init(
    data: Annotated[
        str, typer.Option("--data", metavar="FILE", help="The table: CSV, JSON Lines, Parquet or Arrow.")
    ] = "",
    out: Annotated[
        Path, typer.Option("-o", "--out", metavar="FILE", help="The file to write; - prints it.")
    ] = Path(NAME),
    decimal: Decimal = Decimals.point,
    encoding: Encoding = "",
    force: Annotated[bool, typer.Option("--force", help="Write over settings that are there.")] = False,
    ci: Annotated[
        Homes | None, typer.Option("--ci", help="Also write the file with which this CI audits.")
    ] = None,
) -> None:
    """Look at a table, propose roles with reasons, write a commented riskaudit.toml.

    Nothing is asked. Which outcome is good for the person is never guessed: it is proposed as a choice of two
    comments, and an audit asks for it until one is made. With --ci alone the settings that are there stay.
    """
    if not data and not ci:
        raise UsageError("no table is named", "give --data FILE, or --ci for a CI file alone", where="--data")
    if ci:
        _check_ci(ci.value, out)
    if data:
        _settings(data, out, decimal=decimal.value, encoding=encoding, force=force)
    if ci:
        path, left = write_ci(ci.value, out.parent)
        print(f"Wrote  {path}" + (f"\nNext   {left}" if left else ""))


def _check_ci(ci: str, out: Path) -> None:
    """Nothing is written where the CI's file cannot be."""
    if str(out) == "-":
        raise UsageError("--ci writes a file, and -o - prints", "leave one of them out", where="--ci")
    ci_place(ci, out.parent)


def _settings(data: str, out: Path, *, decimal: str, encoding: str, force: bool) -> None:
    """Write riskaudit.toml, or print it."""
    if str(out) != "-" and out.exists() and not force:
        raise UsageError(f"{out} is there already", "name another with -o, or write over it with --force")
    from riskaudit.datasets.proposals import proposals
    from riskaudit.datasets.tables import read_table

    table = read_table(data, decimal=decimal, encoding=encoding)
    found = proposals(table)
    text = settings_text(table, found, data=_seen_from(data, out), decimal=decimal, encoding=encoding)
    if str(out) == "-":
        print(text, end="")
        return
    from riskaudit.files import write_whole

    write_whole(out, text.encode("utf-8"))
    _tell(table, found, out)


def _seen_from(data: str, out: Path) -> str:
    """The path of the data relative to the file that names it."""
    if data == "-" or str(out) == "-" or Path(data).is_absolute():
        return data
    return Path(os.path.relpath(data, out.parent)).as_posix()


def settings_text(table: Any, found: Any, *, data: str, decimal: str = ".", encoding: str = "") -> str:
    """riskaudit.toml: every proposal with its reason, every choice that is the reader's own as a comment."""
    rows = f"{len(table.frame):,} rows, {len(table.frame.columns):,} columns"
    lines = [
        f"# Settings of riskaudit, proposed from {quoted(table.name)} ({rows}).",
        "# A flag beats RISKAUDIT_AUDIT_... in the environment, and that beats this file. Paths are relative to it.",
        *(f"# note: {_bare(note)}" for note in table.notes),
        "",
        f"data = {quoted(data)}",
        *(['decimal = ","'] if decimal == "," else []),
        *([f"encoding = {quoted(encoding)}"] if encoding else []),
        *_target(found),
        *_subject(found),
        *_sensitive(found),
        *_training(found),
    ]
    return "\n".join(lines) + "\n"


def _target(found: Any) -> list[str]:
    """The outcome, and the choice of the good one."""
    lines = ["", "# The actual outcome."]
    if found.target:
        lines += [f"# {_bare(found.target.reason)}", f"target = {quoted(found.target.column)}"]
    else:
        lines += ["# No column looks like it; name it.", '# target = "..."']
    lines += [f"# or: target = {quoted(p.column)}  # {_bare(p.reason)}" for p in found.others]
    if found.labels:
        lines += ["", "# Which outcome is good for the person it falls on? Never guessed: uncomment one."]
        lines += [
            f"# favourable = [{quoted(label)}]  # {share:.0%} of rows" for label, share in found.labels[:8]
        ]
    return lines


def _subject(found: Any) -> list[str]:
    """The model, or the predictions."""
    lines = ["", "# What is audited: a model, or predictions alone."]
    if not found.prediction:
        return [*lines, '# model = "model.skops"', '# prediction = "yhat"']
    lines += [
        '# model = "model.skops"',
        f"prediction = {quoted(found.prediction.column)}  # {_bare(found.prediction.reason)}",
    ]
    if found.score:
        lines.append(f"score = {quoted(found.score.column)}  # {_bare(found.score.reason)}")
    return lines


def _sensitive(found: Any) -> list[str]:
    """Columns of groups, and where to cut the numbers among them."""
    lines = ["", "# Groups of people to compare."]
    if found.sensitive:
        lines += ["sensitive = ["]
        lines += [f"    {quoted(p.column)},  # {_bare(p.reason)}" for p in found.sensitive]
        lines += ["]"]
    else:
        lines += [
            "# No column is named after one; what is not named cannot be compared.",
            '# sensitive = ["..."]',
        ]
    lines += [f"# perhaps also: {quoted(p.column)}, {_bare(p.reason)}" for p in found.proxies]
    if found.bins:
        edges = ", ".join(
            f"{quoted(name)} = [{', '.join(f'{e:g}' for e in cuts)}]" for name, cuts in found.bins
        )
        lines += [
            "",
            '# Numbers are cut into ranges only where this says so; or e.g. age = "quantiles:4".',
            f"bins = {{ {edges} }}",
        ]
    if found.unit:
        lines += ["", f"# {_bare(found.unit.reason)}", f"# unit = {quoted(found.unit.column)}"]
    return lines


def _training(found: Any) -> list[str]:
    """What a model should not see."""
    if not found.identifiers and not found.leaks:
        return []
    lines = ["", "[train]", "# What the model may not see."]
    if found.identifiers:
        lines += ["drop = ["]
        lines += [f"    {quoted(p.column)},  # {_bare(p.reason)}" for p in found.identifiers]
        lines += [f"    # {quoted(p.column)},  # {_bare(p.reason)}: a leak?" for p in found.leaks]
        return [*lines, "]"]
    return [*lines, *(f"# drop = [{quoted(p.column)}]  # {_bare(p.reason)}: a leak?" for p in found.leaks)]


def quoted(word: str) -> str:
    """A word as a TOML string: whatever is in it, it stays on its line and is seen."""
    import json

    return "".join(c if c.isprintable() else _escape(c) for c in json.dumps(word, ensure_ascii=False))


def _bare(text: str) -> str:
    """Text for a comment."""
    return "".join(c if c.isprintable() else _escape(c) for c in text)


def _escape(letter: str) -> str:
    """An unprintable letter as TOML writes it."""
    return f"\\u{ord(letter):04X}" if ord(letter) < 0x10000 else f"\\U{ord(letter):08X}"


def _tell(table: Any, found: Any, out: Path) -> None:
    """What was found, and what is left to do."""
    from riskaudit.cli.options import shown

    print(f"{shown(table.name)}: {len(table.frame):,} rows, {len(table.frame.columns):,} columns")
    rows = [found.target, found.prediction, found.score, *found.sensitive, *found.identifiers, *found.leaks]
    for proposal in filter(None, rows):
        print(f"  {proposal.role:<10} {shown(proposal.column)}: {shown(proposal.reason)}")
    if not found.target:
        print("  target     not found: name it")
    print(f"Wrote  {out}")
    if found.labels:
        print(
            f"Next   choose in it which outcome is good ({' or '.join(shown(label) for label, _ in found.labels[:4])}),"
        )
        print("       then: riskaudit audit" + ("" if found.prediction else " --model FILE"))
    else:
        print("Next   name the target in it, then: riskaudit audit")
