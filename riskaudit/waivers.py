"""Waivers: findings that somebody answers for, with a reason and an end."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, FiniteFloat, field_validator

from riskaudit.errors import FaultsError, UsageError
from riskaudit.lines import Problems, item_line, validated, yaml_tree
from riskaudit.measure import Document, no_bool
from riskaudit.rulebook import Source

Said = Annotated[str, Field(min_length=1, pattern=r"\S")]
HELP = "a waiver needs rule, match, reason, owner and expires; see rules/README.md"


class Waiver(Document):
    """One finding that is let be until a day, and who answers for it.

    Attributes
    ----------
    rule : str
        The rule's id.
    match : dict
        The slices it speaks of: those that have all these entries; `{}` is every slice of the rule.
    reason, owner : str
        Why, and who answers for it.
    expires : date
        The last day on which it holds.
    limit : float or None
        The waiver is void once the number is worse than this.
    missing : bool
        Whether it also covers that the number is not assessed; else that stays a gap.
    """

    rule: Said
    match: dict[str, str]
    reason: Said
    owner: Said
    expires: date
    limit: FiniteFloat | None = None
    missing: bool = False
    approved_by: str = ""
    created: date | None = None

    _number = field_validator("limit", mode="before")(no_bool)

    @field_validator("match", mode="before")
    @classmethod
    def _words(cls, match: object) -> object:
        """A group called 1 or yes is a word here as it is in a report."""
        if not isinstance(match, dict):
            return match
        return {
            str(k): str(v) if isinstance(v, int | float) and not isinstance(v, bool) else v
            for k, v in match.items()
        }

    @property
    def slice(self) -> str:
        """The slices in words."""
        return ", ".join(f"{k}={v}" for k, v in self.match.items()) or "every slice"


def waiver_source(path: str | Path) -> Source:
    """A waiver file's text.

    Raises
    ------
    UsageError
        If it is not there or is no text: a waiver file that is named and absent is no empty one.
    """
    path = Path(path)
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise UsageError(
            f"waivers '{path}' cannot be read: {reason}",
            "give a YAML list of waivers; riskaudit waiver add makes one",
            where="--waivers",
        ) from error
    return Source(name=path.name, sha256=sha256(text.encode()).hexdigest(), text=text)


def read_waivers(sources: Iterable[Source]) -> tuple[Waiver, ...]:
    """The waivers of these texts.

    Raises
    ------
    FaultsError
        With every fault and its line.
    """
    found, problems = _read(tuple(sources))
    if problems:
        raise FaultsError(list(problems))
    return found


@lru_cache(maxsize=64)
def _read(sources: tuple[Source, ...]) -> tuple[tuple[Waiver, ...], tuple[tuple[str, str, str], ...]]:
    """The waivers of these texts and what is wrong with them; a text is parsed once, however often it is judged by."""
    problems: Problems = []
    found = [waiver for source in sources for waiver, _ in waivers_in(source, problems)]
    return tuple(found), tuple(problems)


def waivers_in(source: Source, problems: Problems) -> list[tuple[Waiver, int]]:
    """The well-formed waivers of one text with their lines; the rest goes into `problems`."""
    tree: Any = yaml_tree(source.text, source.name, problems, help_=HELP)
    if tree is None:
        return []
    if not isinstance(tree, list):
        problems.append((f"{source.name}:1", "a waiver file is a list of waivers", HELP))
        return []
    made = []
    for at, entry in enumerate(tree):
        line = item_line(tree, at)
        name = f"waiver of '{entry.get('rule', '?')}'" if isinstance(entry, dict) else "waiver"
        waiver = validated(Waiver, entry, (source.name, line, name), problems, help_=HELP)
        if waiver is not None:
            made.append((waiver, line))
    return made


def waivers_schema() -> dict[str, Any]:
    """The JSON Schema of a waiver file."""
    from pydantic import TypeAdapter

    schema = TypeAdapter(list[Waiver]).json_schema(ref_template="#/$defs/{model}")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:riskaudit:schema:waivers:1",
        **schema,
    }
