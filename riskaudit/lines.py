"""Lines: YAML that people edit, every fault told with its line."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from riskaudit.errors import did_you_mean

Problems = list[tuple[str, str, str]]
MOST_NODES = 100_000
Model = TypeVar("Model", bound=BaseModel)


def yaml_tree(text: str, label: str, problems: Problems, *, help_: str) -> Any:
    """The YAML tree of a text with its lines kept, to be read and not changed; or None with the fault told."""
    tree, line, fault = _parsed(text)
    if fault:
        problems.append((f"{label}:{line}" if line else label, fault, help_))
    return tree


@lru_cache(maxsize=16)
def _parsed(text: str) -> tuple[Any, int, str]:
    """A text's tree, or the line and words of its fault; a rulebook is read for its parents, its rules and its check."""
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError, YAMLError

    try:
        tree = YAML(typ="rt").load(text)
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        return None, line, f"not valid YAML: {error.problem or error.context}"
    except (YAMLError, ValueError, RecursionError) as error:  # a value such as 2026-13-45 is a ValueError
        return None, 0, f"not valid YAML: {error}"
    if _grown(tree):
        return None, 0, f"more than {MOST_NODES:,} values once its aliases are written out"
    return tree, 0, ""


def _grown(tree: Any) -> bool:
    """Whether aliases of aliases make more of a few lines than anybody can read, or something without an end."""
    waiting, seen = [tree], 0
    while waiting and seen <= MOST_NODES:
        one = waiting.pop()
        parts = list(one.values()) if isinstance(one, dict) else one if isinstance(one, list) else ()
        seen += len(parts)
        waiting.extend(parts)
    return seen > MOST_NODES


def line_of(entry: Any, key: object) -> int:
    """The 1-based line of a key; 1 where it is not to be found."""
    try:
        return int(entry.lc.key(key)[0]) + 1
    except (KeyError, AttributeError, TypeError):
        return 1


def item_line(entries: Any, at: int) -> int:
    """The 1-based line of an item of a list."""
    return int(entries.lc.item(at)[0]) + 1


def unknown_keys(tree: Mapping[Any, Any], known: list[str], label: str, problems: Problems) -> None:
    """Tell of every key that is not known."""
    for key in tree:
        if key not in known:
            problems.append(
                (f"{label}:{line_of(tree, key)}", f"unknown key '{key}'", did_you_mean(str(key), known))
            )


def validated(
    model: type[Model], entry: Any, place: tuple[str, int, str], problems: Problems, *, help_: str
) -> Model | None:
    """One document of a YAML mapping, or None with all its faults told.

    `place` is the file, the line of the entry, and what it is called in a message.
    """
    label, line, name = place
    if not isinstance(entry, dict):
        problems.append((f"{label}:{line}", f"{name.split(' ')[0]}: a mapping of keys is needed", help_))
        return None
    try:
        return model.model_validate({str(key): plain(value) for key, value in entry.items()})
    except ValidationError as error:
        needed = [key for key, field in model.model_fields.items() if field.is_required()]
        for fault in error.errors():
            key = str(fault["loc"][0]) if fault["loc"] else ""
            where = f"{label}:{line_of(entry, key) if key in entry else line}"
            if fault["type"] == "extra_forbidden":
                told = (f"{name} has unknown key '{key}'", did_you_mean(key, list(model.model_fields)))
            elif fault["type"] == "missing":
                told = (f"{name} lacks '{key}'", f"needed: {', '.join(needed)}")
            else:
                message = fault["msg"].removeprefix("Value error, ")
                found = f"found {str(fault['input'])[:80]!r}" if key else help_
                told = (f"{name}: {key + ': ' if key else ''}{message}", found)
            problems.append((where, *told))
    return None


def plain(value: Any) -> Any:
    """ruamel's annotated scalars, lists and mappings as plain Python."""
    if isinstance(value, dict):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, list):
        return [plain(v) for v in value]
    if isinstance(value, bool) or value is None:
        return value
    for kind in (int, float, str):
        if isinstance(value, kind):
            return kind(value)
    return value
