"""Shipped: the rulebooks that come with riskaudit, and the form that every rulebook has."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from riskaudit.rulebook.rule import Changed, Point, Rule


def rules_folder() -> Path:
    """Where the shipped rulebooks are: in the package once installed, beside it in a checkout."""
    inside = Path(__file__).parents[1] / "rules"
    return inside if inside.is_dir() else Path(__file__).parents[2] / "rules"


def shipped_rulebooks() -> list[str]:
    """The names that `--rules NAME` knows."""
    return sorted(path.stem for path in rules_folder().glob("*.yaml"))


def about_rulebook(name: str) -> str:
    """What a shipped rulebook says of itself."""
    from ruamel.yaml import YAML

    tree = YAML(typ="safe", pure=True).load((rules_folder() / f"{name}.yaml").read_text(encoding="utf-8"))
    return str(tree.get("about", ""))


def rulebook_schema() -> dict[str, Any]:
    """The JSON Schema of a rulebook file."""
    from pydantic import TypeAdapter

    rules, points, changed = (
        TypeAdapter(of).json_schema(ref_template="#/$defs/{model}")
        for of in (list[Rule], list[Point], dict[str, Changed])
    )
    definitions = {**rules.pop("$defs"), **points.pop("$defs"), **changed.pop("$defs")}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:riskaudit:schema:rulebook:1",
        "type": "object",
        "anyOf": [{"required": ["rules"]}, {"required": ["extends"]}, {"required": ["points"]}],
        "additionalProperties": False,
        "properties": {
            "title": {"type": "string"},
            "about": {"type": "string"},
            "extends": {"type": ["string", "array"], "items": {"type": "string"}},
            "overrides": changed,
            "points": points,
            "rules": rules,
        },
        "$defs": definitions,
    }
