"""Overriding: settings laid over rules, each recorded, none of which may turn a rule around."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from riskaudit.errors import UsageError, did_you_mean
from riskaudit.rulebook.rule import SETTINGS, SEVERITIES, Override, Rule, Rulebook


def check_statements(book: Rulebook, keys: Iterable[str]) -> None:
    """Refuse a statement that no point of the rulebook asks for: a typing error would leave the point unfilled.

    Raises
    ------
    UsageError
        With the nearest key there is.
    """
    known = sorted({point.statement for point in book.points if point.statement})
    for key in keys:
        if key not in known:
            told = did_you_mean(key, known) if known else "a rulebook with points does, such as eu-ai-act"
            raise UsageError(f"rulebook '{book.name}' asks for no statement '{key}'", told, where="--state")


def with_settings(book: Rulebook, settings: Mapping[str, str], *, flag: str = "--set") -> Rulebook:
    """The rulebook with `rule.limit=0.85` words laid over it, each recorded as an override by that flag.

    Raises
    ------
    UsageError
        If a rule, a setting or a value cannot be meant.
    """
    made = [_setting(book, word, value, flag) for word, value in settings.items()]
    try:
        return overridden(book, made)
    except ValueError as error:
        message = str(error).split("Value error, ")[-1].split(" [")[0]
        raise UsageError(message, "give another value", where=flag) from None


def _setting(book: Rulebook, word: str, value: str, flag: str) -> Override:
    """One `rule.key` word as an override."""
    rule_id, dot, key = word.rpartition(".")
    ids = [rule.id for rule in book.rules]
    if not dot or key not in SETTINGS:
        raise UsageError(f"'{word}' is not RULE.SETTING", did_you_mean(key, SETTINGS), where=flag)
    if rule_id not in ids:
        raise UsageError(f"there is no rule '{rule_id}'", did_you_mean(rule_id, ids), where=flag)
    now: float | str = value
    if key in ("ideal", "limit"):
        try:
            now = float(value)
        except ValueError:
            now = float("nan")
        if now != now or now in (float("inf"), float("-inf")):
            raise UsageError(f"'{value}' is not a number", f"write {flag} {word}=0.85", where=flag)
    else:
        known = SEVERITIES if key == "severity" else ("pass", "warn", "fail")
        if value not in known:
            raise UsageError(f"'{value}' is no {key}", did_you_mean(value, known), where=flag)
    was = getattr(book.rule(rule_id), key)
    return Override(rule=rule_id, key=key, was=was, now=now, reason="set on the command line", by=flag)


def overridden(book: Rulebook, overrides: Iterable[Override]) -> Rulebook:
    """The rulebook with these overrides laid over it, each recorded."""
    by_rule: dict[str, dict[str, float | str]] = {}
    overrides = tuple(overrides)
    for one in overrides:
        by_rule.setdefault(one.rule, {})[one.key] = one.now
    rules = tuple(altered(rule, by_rule[rule.id]) if rule.id in by_rule else rule for rule in book.rules)
    return book.model_copy(update={"rules": rules, "overrides": book.overrides + overrides})


def altered(rule: Rule, settings: Mapping[str, float | str]) -> Rule:
    """The rule with other settings; none of them may turn it around, or what was worse would pass as better.

    Raises
    ------
    ValueError
        If the rule would have no direction, or the opposite one.
    """
    made = Rule.model_validate(rule.model_dump() | dict(settings))
    if made.sign != rule.sign:
        side = "above" if rule.sign > 0 else "below"
        raise ValueError(
            f"limit {made.limit:g} is not {side} ideal {made.ideal:g}, which would turn the rule '{rule.id}' around"
        )
    return made
