"""Waiver file: added to and pruned line by line, so that every comment and blank line stays."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from pathlib import Path
from typing import Any

from riskaudit.errors import FaultsError, UsageError
from riskaudit.files import write_whole
from riskaudit.lines import Problems, item_line, yaml_tree
from riskaudit.rulebook import Source
from riskaudit.waivers import HELP, Waiver, read_waivers, waiver_source, waivers_in

FILE = "riskaudit-waivers.yaml"
HEAD = """\
# Findings that are let be, each with a reason, an owner and an end. They stay visible in every report.
# riskaudit audit ... --waivers {name}      riskaudit waiver list      riskaudit waiver prune
"""


def add_waiver(path: Path, waiver: Waiver) -> None:
    """Append a waiver to a file, which is made where there is none.

    Raises
    ------
    UsageError
        If the file has faults, or has a waiver of that rule and slice.
    """
    text = waiver_source(path).text if path.exists() else HEAD.format(name=path.name)
    before = read_waivers([_source(path, text)])
    if any((w.rule, w.match) == (waiver.rule, waiver.match) for w in before):
        raise UsageError(
            f"{path} waives {waiver.rule} ({waiver.slice}) already",
            "change that entry, or take it out with 'riskaudit waiver prune'",
        )
    tree = yaml_tree(text, str(path), [], help_=HELP)
    indent = " " * (tree.lc.item(0)[1] - 2) if before else ""
    if before and getattr(tree.fa, "flow_style", lambda: False)():
        raise UsageError(f"{path} is one line in brackets", "write it as a list with dashes", where=str(path))
    text += ("" if text.endswith("\n") else "\n") + _yaml(waiver, indent)
    _write(path, text, (*before, waiver))


def prune_waivers(path: Path, today: date) -> tuple[Waiver, ...]:
    """Take the expired waivers out of a file and give them; the comment right above each goes with it.

    Raises
    ------
    UsageError
        If the file has faults.
    """
    source = waiver_source(path)
    problems: Problems = []
    found = [waiver for waiver, _ in waivers_in(source, problems)]
    if problems:
        raise FaultsError(problems)
    expired = {at for at, waiver in enumerate(found) if waiver.expires < today}
    if not expired:
        return ()
    tree = yaml_tree(source.text, str(path), [], help_=HELP)
    text = "".join(_without(source.text.splitlines(keepends=True), tree, expired))
    _write(path, text, tuple(w for at, w in enumerate(found) if at not in expired))
    return tuple(found[at] for at in sorted(expired))


def _without(lines: list[str], tree: Any, out: Collection[int]) -> list[str]:
    """The lines that are not those of these items."""
    starts = [item_line(tree, at) - 1 for at in range(len(tree))]
    heads = [_head(lines, start) for start in starts]
    ends = [*heads[1:], _tail(lines, starts[-1])]
    gone = {line for at in out for line in range(heads[at], ends[at])}
    return [line for at, line in enumerate(lines) if at not in gone]


def _head(lines: list[str], start: int) -> int:
    """Where the comment right above an item starts; a comment that opens the file is the file's own."""
    at = start
    while at > 0 and lines[at - 1].lstrip().startswith("#"):
        at -= 1
    return at if at > 0 else start


def _tail(lines: list[str], start: int) -> int:
    """Where the last item ends and the file's own last comments start."""
    end = len(lines)
    while end > start + 1 and (not lines[end - 1].strip() or lines[end - 1].startswith("#")):
        end -= 1
    return end


def _yaml(waiver: Waiver, indent: str) -> str:
    """One waiver as an item of a YAML list."""
    from io import StringIO

    from ruamel.yaml import YAML

    yaml = YAML(typ="safe", pure=True)
    yaml.default_flow_style, yaml.width, yaml.sort_base_mapping_type_on_output = False, 4096, False  # type: ignore[assignment]
    plain = {k: v for k, v in waiver.model_dump().items() if v not in ("", None, False) or k == "match"}
    stream = StringIO()
    yaml.dump([plain], stream)
    return "".join(f"{indent}{line}\n" for line in stream.getvalue().splitlines())


def _source(path: Path, text: str) -> Source:
    """A text as it will stand in the file."""
    return Source(name=path.name, sha256="", text=text)


def _write(path: Path, text: str, expected: tuple[Waiver, ...]) -> None:
    """Write the file once it says exactly what is meant."""
    if read_waivers([_source(path, text)]) != expected:
        raise UsageError(
            f"{path} cannot be changed without losing something",
            "change it by hand: it is a YAML list",
            where=str(path),
        )
    write_whole(path, text.encode())
