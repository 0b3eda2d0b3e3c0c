"""explain: what an audit asks, what a measure means, why a rule is there; offline."""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Mapping
from typing import Annotated

import typer

from riskaudit.audits import audits, declared_measures
from riskaudit.audits.audit import Audit
from riskaudit.cli.options import width
from riskaudit.errors import UsageError, did_you_mean
from riskaudit.rulebook import Rule, read_rulebooks, shipped_rulebooks

SCORES = """A score is 0 to 100, and 100 means no risk found.

score = 100 * clip(1 - 0.5 * (value - ideal) / (limit - ideal), 0, 1)

So a measure at its ideal scores 100, at its limit exactly 50, at twice the distance 0; the interval gives the score its range.
An area's score is the severity-weighted mean of its rules (low 1, medium 2, high 4, critical 8), a rule counting with its worst slice.
The headline is the worst area, never a mean: privacy must not pay for bias.
A rule that is not assessed makes its area's score, and the headline, unknown."""


def explain(
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="An audit, a measure, a rule, 'exit-codes' or 'scores'.")
    ],
    rules: Annotated[
        list[str], typer.Option("--rules", metavar="NAME|PATH", help="Where to look for a rule.")
    ] = [],  # noqa: B006 -- typer copies it
) -> None:
    """Explain an audit, a measure, a rule or a word, offline."""
    print(explained(name, rules or shipped_rulebooks()))


def explained(name: str, rulebooks: list[str]) -> str:
    """The text on a name.

    Raises
    ------
    UsageError
        If nothing has that name.
    """
    found = audits()
    measures = declared_measures(found)
    by_id = _rules(rulebooks, measures)
    if name in found:
        return _audit(found[name])
    if name in measures:
        return _measure(name, measures, by_id, details=_details(found, name))
    if name in by_id:
        return "\n\n".join(_rule(book, rule) for book, rule in by_id[name])
    if name == "scores":
        return "\n".join(textwrap.fill(line, width()) for line in SCORES.split("\n"))
    if name == "exit-codes":
        return _exit_codes()
    raise UsageError(
        f"nothing is called '{name}'", did_you_mean(name, [*found, *by_id, *measures, "scores", "exit-codes"])
    )


def _rules(rulebooks: list[str], measures: Mapping[str, str]) -> dict[str, list[tuple[str, Rule]]]:
    """Every rule by id, with the rulebooks that have it."""
    found: dict[str, list[tuple[str, Rule]]] = {}
    for name in rulebooks:
        for rule in read_rulebooks([name], measures=measures).rules:
            found.setdefault(rule.id, []).append((name, rule))
    return found


def _audit(audit: Audit) -> str:
    """An audit's question, its own docstring, and what it measures."""
    told = inspect.cleandoc(type(audit).__doc__ or "")
    measures = "\n".join(_item(name, meaning) for name, meaning in audit.measures.items())
    return f"{audit.name}: {audit.question}\n\n{told}\n\nMeasures\n{measures}"


def _details(found: Mapping[str, Audit], name: str) -> str:
    """What an audit has to say of a measure beyond its meaning: formula, when to prefer it, sources."""
    audit = found.get(name.partition(".")[0])
    details: Mapping[str, str] = getattr(audit, "details", {})
    return details.get(name, "")


def _measure(
    name: str, measures: Mapping[str, str], by_id: Mapping[str, list[tuple[str, Rule]]], *, details: str
) -> str:
    """A measure's meaning and the rules that judge it."""
    judged = [(book, rule) for rules in by_id.values() for book, rule in rules if rule.measure == name]
    lines = [f"{name}", textwrap.fill(measures[name], width()), ""]
    if details:
        lines += [textwrap.fill(details, width(), break_long_words=False), ""]
    lines += [
        f"judged by {rule.id} ({book}): limit {rule.limit:g}, ideal {rule.ideal:g}" for book, rule in judged
    ] or ["no shipped rule judges it"]
    return "\n".join([*lines, "", f"how it is measured: riskaudit explain {name.split('.', 1)[0]}"])


def _rule(book: str, rule: Rule) -> str:
    """A rule in full."""
    better = "at most" if rule.sign > 0 else "at least"
    parts = [
        ("judges", f"{rule.measure}" + "".join(f" where {k} = {v}" for k, v in rule.where.items())),
        (
            "limit",
            f"{better} {rule.limit:g}; no risk found at {rule.ideal:g}; severity {rule.severity}; when unsure: {rule.when_unsure}",
        ),
        ("why", rule.why),
        ("what to do", rule.remedy),
        ("source", rule.reference),
        ("how it is measured", f"riskaudit explain {rule.area}"),
    ]
    return "\n".join([f"{rule.id}  (rulebook {book})", *(_item(key, text) for key, text in parts)])


def _item(key: str, text: str) -> str:
    """A word and what it says, indented."""
    return textwrap.fill(
        text, width(), initial_indent=f"  {key}: ", subsequent_indent="      ", break_long_words=False
    )


def _exit_codes() -> str:
    """The table that README and --help have too."""
    from riskaudit.report import EXIT_CODES

    return "\n".join(f"{code:>5}  {name:<12} {meaning}" for code, (name, meaning) in EXIT_CODES.items())
