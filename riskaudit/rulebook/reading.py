"""Reading: rulebooks by name or path, and all that they extend, every fault told at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from riskaudit.errors import RulebookError, UsageError, did_you_mean
from riskaudit.lines import Problems, yaml_tree
from riskaudit.measure import Document
from riskaudit.rulebook.assembling import HELP, assembled, extended
from riskaudit.rulebook.overriding import overridden, with_settings
from riskaudit.rulebook.rule import Override, Rulebook, Source
from riskaudit.rulebook.shipped import rules_folder, shipped_rulebooks


def read_rulebooks(
    names: Iterable[str], *, measures: Mapping[str, str], settings: Mapping[str, str] | None = None
) -> Rulebook:
    """Read rulebooks by name or path, and all that they extend, and refuse every fault in them at once.

    Parameters
    ----------
    names : iterable of str
        Names of shipped rulebooks (`default`) or paths of YAML files.
    measures : mapping of str to str
        The measures that audits declare; a rule on any other is refused.
    settings : mapping of str to str, optional
        `rule.limit` to its value, as `--set` gives them: laid over all rulebooks, and recorded.

    Raises
    ------
    UsageError
        If a file is not there or is no text, or rulebooks extend one another in a circle.
    RulebookError
        With every unknown key, measure, duplicate id and bad value, each with file and line.
    """
    sources: dict[str, _Opened] = {}
    for name in dict.fromkeys(names):
        _open(name, None, sources, ())
    problems: Problems = []
    book = assembled([one.source for one in sources.values()], {o.source.name: o.label for o in sources.values()}, problems, measures)  # fmt: skip
    if not problems and not book.rules and not book.points:
        place = ", ".join(one.source.name for one in sources.values()) or "--rules"
        problems.append((place, "no rules: nothing would be judged", HELP))
    if problems:
        raise RulebookError(problems)
    return with_settings(book, settings or {})


def rulebook_of(sources: Iterable[Source], overrides: Iterable[Override] = ()) -> Rulebook:
    """The rulebook that these texts make, with the overrides of the command line laid over it.

    A text that is not well-formed holds nothing, so that what a report carries can be held against it.
    """
    book = assembled(tuple(sources), {}, [], None)
    return overridden(book, [o for o in overrides if o.by.startswith("--")])


class _Opened(Document):
    """A rulebook file that was read, and the name its problems are told under."""

    source: Source
    label: str
    path: str


def _open(name: str, beside: Path | None, found: dict[str, _Opened], chain: tuple[str, ...]) -> None:
    """Read a rulebook and, before it, all that it extends."""
    shipped = name in shipped_rulebooks()
    path = rules_folder() / f"{name}.yaml" if shipped else (beside or Path()) / name
    key = str(path.resolve())
    if key in chain:
        names = " -> ".join(Path(one).name for one in (*chain[chain.index(key) :], key))
        raise UsageError(f"rulebooks extend one another in a circle: {names}", "take one 'extends' out", where=str(path))  # fmt: skip
    if key in found:
        return
    source = _source(name, path, shipped=shipped)
    clash = next((one for one in found.values() if one.source.name == source.name), None)
    if clash is not None:
        raise UsageError(
            f"two rulebooks are called '{source.name}': {clash.path} and {path}",
            "rename one",
            where="--rules",
        )
    label = f"rules/{name}.yaml" if shipped else str(path)
    for parent in extended(yaml_tree(source.text, label, [], help_=HELP), label, []):
        _open(parent, None if shipped else path.parent, found, (*chain, key))
    found[key] = _Opened(source=source, label=label, path=str(path))


def _source(name: str, path: Path, *, shipped: bool) -> Source:
    """A rulebook's text."""
    from hashlib import sha256

    if not path.is_file():
        raise UsageError(
            f"there is no rulebook '{name}'",
            f"{did_you_mean(name, shipped_rulebooks())}; or give the path of a YAML file",
            where="--rules",
        )
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            f"rulebook '{name}' cannot be read: {error}", "a rulebook is UTF-8 YAML", where="--rules"
        ) from error
    return Source(name=name if shipped else path.name, sha256=sha256(text.encode()).hexdigest(), text=text)
