"""Rulebook: what is acceptable, as data that a risk officer can edit."""

from riskaudit.rulebook.overriding import check_statements, with_settings
from riskaudit.rulebook.reading import read_rulebooks, rulebook_of
from riskaudit.rulebook.rule import (
    SETTINGS,
    SEVERITIES,
    Changed,
    Override,
    Point,
    Rule,
    Rulebook,
    Severity,
    Source,
    Task,
)
from riskaudit.rulebook.shipped import about_rulebook, rulebook_schema, rules_folder, shipped_rulebooks

__all__ = [
    "SETTINGS",
    "SEVERITIES",
    "Changed",
    "Override",
    "Point",
    "Rule",
    "Rulebook",
    "Severity",
    "Source",
    "Task",
    "about_rulebook",
    "check_statements",
    "read_rulebooks",
    "rulebook_of",
    "rulebook_schema",
    "rules_folder",
    "shipped_rulebooks",
    "with_settings",
]
