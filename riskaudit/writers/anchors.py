"""Anchors: the line of a committed file that a finding is pinned to, since a model has no source line."""

from __future__ import annotations

import re
import shlex
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from itertools import pairwise
from pathlib import Path
from urllib.parse import quote

from riskaudit.report import Report
from riskaudit.rulebook import Rule, Source

FALLBACK = "riskaudit.toml"
_KEEPERS = (FALLBACK, "pyproject.toml", ".gitlab-ci.yml", "README.md")


@dataclass(frozen=True, kw_only=True)
class Anchor:
    """A file's path from the repository's root, with `/`, and a line of it."""

    path: str
    line: int = 1

    @property
    def uri(self) -> str:
        """The path as a relative URI."""
        return quote(self.path)


class Anchors:
    """Where each rule stands: in its rulebook where that is a file of the repository, else in its settings.

    With `root` only files that are there are named, symbolic links resolved. Without it, the names are taken
    at their word: a pure function of the report.
    """

    def __init__(self, report: Report, root: Path | None = None) -> None:
        self._root = root.resolve() if root else None
        self._found = {source.name: self._home(source, report) for source in report.rulebook.sources}
        self._sources = report.rulebook.sources
        self._default = Anchor(path=self._keeper(report.run.command))

    def of(self, rule: Rule | None) -> Anchor:
        """The anchor of a rule; of none, the settings file."""
        for source in self._sources if rule else ():
            line = _line_of(rule.id, source.text) if rule else 0
            path = self._found[source.name]
            if line and path:
                return Anchor(path=path, line=line if self._same(path, source) else 1)
        return self._default

    def _home(self, source: Source, report: Report) -> str:
        """The path of a rulebook's file; empty for one that is no file of the repository."""
        named = [word for word in _named_rules(report.run.command) if Path(word).name == source.name]
        tried = [*named, source.name, f"rules/{source.name}"]
        if not source.name.endswith((".yaml", ".yml")):
            tried = [f"rules/{source.name}.yaml"] if self._root else []
        return next((path for word in tried if (path := self._inside(word))), "")

    def _inside(self, word: str) -> str:
        """A path from the root, if the word names a file under it."""
        if self._root is None:
            return "" if Path(word).is_absolute() or ".." in Path(word).parts else Path(word).as_posix()
        for start in (Path.cwd(), self._root):
            with suppress(OSError, ValueError):  # a word that can be no path
                place = (start / word).resolve()
                if place.is_file() and place.is_relative_to(self._root):
                    return place.relative_to(self._root).as_posix()
        return ""

    def _keeper(self, command: str) -> str:
        """The file that stands for the settings; where there is none, a file that the command names."""
        if self._root is None:
            return FALLBACK
        workflows = sorted(self._root.glob(".github/workflows/*.y*ml"))
        tried = [*_KEEPERS[:2], *(str(path) for path in workflows), *_KEEPERS[2:], *_words(command)]
        return next((path for word in tried if (path := self._inside(word))), FALLBACK)

    def _same(self, path: str, source: Source) -> bool:
        """Whether the file still is the rulebook that was applied, so that its line numbers hold."""
        if self._root is None:
            return True
        return sha256((self._root / path).read_bytes()).hexdigest() == source.sha256


def repository(start: Path) -> Path:
    """The nearest folder above that holds a repository; the start itself where there is none."""
    return next((place for place in (start, *start.parents) if (place / ".git").exists()), start)


def _named_rules(command: str) -> list[str]:
    """What a command line names with --rules."""
    words = _words(command)
    after = [b for a, b in pairwise(words) if a == "--rules"]
    return after + [word.partition("=")[2] for word in words if word.startswith("--rules=")]


def _words(command: str) -> list[str]:
    """A command line's words; none of one that cannot be read."""
    try:
        return shlex.split(command)
    except ValueError:
        return []


def _line_of(rule: str, text: str) -> int:
    """The line on which a rule's id stands; 0 where it does not."""
    mark = re.compile(rf"^\s*(?:-\s*)?id:\s*['\"]?{re.escape(rule)}['\"]?\s*(?:#.*)?$")
    return next((at for at, line in enumerate(text.splitlines(), 1) if mark.match(line)), 0)
