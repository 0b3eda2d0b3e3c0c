"""Assembling: the rules, overrides and points of several texts as one rulebook, parents first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from riskaudit.errors import did_you_mean
from riskaudit.lines import Problems, item_line, line_of, plain, unknown_keys, validated, yaml_tree
from riskaudit.measure import Document
from riskaudit.rulebook.overriding import altered
from riskaudit.rulebook.rule import SETTINGS, Changed, Override, Point, Rule, Rulebook, Source

HELP = "see rules/README.md for the form of a rulebook"
KEYS = ["title", "about", "extends", "overrides", "points", "rules"]
Entry = TypeVar("Entry", bound=Document)


def assembled(
    sources: Iterable[Source],
    labels: Mapping[str, str],
    problems: Problems,
    measures: Mapping[str, str] | None,
) -> Rulebook:
    """The rules, overrides and points of these texts, parents first; what is wrong goes into `problems`."""
    made = _Assembly(problems, measures)
    sources = tuple(sources)
    for source in sources:
        made.add(source, labels.get(source.name, source.name))
    book = Rulebook(sources=sources, rules=tuple(made.rules.values()), points=tuple(made.points.values()))
    return book.model_copy(update={"overrides": tuple(made.overrides)})


class _Assembly:
    """Rulebooks laid one over the other."""

    def __init__(self, problems: Problems, measures: Mapping[str, str] | None) -> None:
        self.problems, self.measures = problems, measures
        self.rules: dict[str, Rule] = {}
        self.points: dict[str, Point] = {}
        self.overrides: list[Override] = []
        self._places: dict[str, str] = {}
        self._owners: dict[str, str] = {}
        self._above: dict[str, set[str]] = {}

    def add(self, source: Source, label: str) -> None:
        """One text: its rules, its points, and what it changes of those it extends."""
        tree = yaml_tree(source.text, label, self.problems, help_=HELP)
        if not isinstance(tree, dict) or not {"rules", "extends", "points"} & set(tree):
            if tree is not None or not self.problems:
                self.problems.append((f"{label}:1", "a rulebook is a mapping with a list 'rules'", HELP))
            return
        unknown_keys(tree, KEYS, label, self.problems)
        parents = {Path(name).name for name in extended(tree, label, self.problems)}
        self._above[source.name] = parents.union(*(self._above.get(name, set()) for name in parents))
        self._change(tree, source.name, label)
        for rule, line in _entries(tree, "rules", Rule, label, self.problems):
            self._rule(rule, f"{label}:{line}", source.name)
        for point, line in _entries(tree, "points", Point, label, self.problems):
            self._point(point, f"{label}:{line}")

    def _rule(self, rule: Rule, place: str, source: str) -> None:
        """One rule, its id and its measure looked at."""
        if rule.id in self.rules:
            self.problems.append(
                (place, f"rule id '{rule.id}' is used twice",
                 f"it stands at {self._places[rule.id]} too; give one another id, or change that one under 'overrides'")
            )  # fmt: skip
            return
        self._known(rule.measure, f"rule '{rule.id}'", place)
        self.rules[rule.id], self._places[rule.id], self._owners[rule.id] = rule, place, source

    def _point(self, point: Point, place: str) -> None:
        """One point of a law or standard."""
        if point.id in self.points:
            self.problems.append((place, f"point '{point.id}' is used twice", "give one another id"))
        for measure in point.evidence:
            self._known(measure, f"point '{point.id}'", place)
        self.points.setdefault(point.id, point)

    def _known(self, measure: str, who: str, place: str) -> None:
        """Refuse a measure that no audit declares."""
        if self.measures is not None and measure not in self.measures:
            told = did_you_mean(measure, sorted(self.measures))
            self.problems.append((place, f"{who} names unknown measure '{measure}'", told))

    def _change(self, tree: Any, source: str, label: str) -> None:
        """The overrides of one text."""
        said = tree.get("overrides", {})
        if not isinstance(said, dict):
            self.problems.append(
                (f"{label}:{line_of(tree, 'overrides')}", "'overrides' maps rule ids to settings", HELP)
            )
            return
        for rule_id, entry in said.items():
            line = line_of(said, rule_id)
            changed = validated(
                Changed, entry, (label, line, f"override of '{rule_id}'"), self.problems, help_=HELP
            )
            if changed is not None:
                self._lay(str(rule_id), changed, source, f"{label}:{line}")

    def _lay(self, rule_id: str, changed: Changed, source: str, place: str) -> None:
        """One rule's new settings."""
        above = [one for one, owner in self._owners.items() if owner in self._above[source]]
        if rule_id not in above:
            known = did_you_mean(rule_id, above) if above else "name the rulebook that has it under 'extends'"
            self.problems.append((place, f"override of '{rule_id}', which no extended rulebook has", known))
            return
        if not changed.settings:
            self.problems.append(
                (place, f"override of '{rule_id}' changes nothing", f"give one of {', '.join(SETTINGS)}")
            )
            return
        rule = self.rules[rule_id]
        for key, now in changed.settings.items():
            other = next((o for o in reversed(self.overrides) if (o.rule, o.key) == (rule_id, key)), None)
            if other is not None and other.by not in self._above[source]:
                self.problems.append(
                    (place, f"{key} of '{rule_id}' is {now} here and {other.now} in '{other.by}'",
                     f"extend '{other.by}', or take one of the two out")
                )  # fmt: skip
                return
        made = [
            Override.model_validate(
                {
                    "rule": rule_id,
                    "key": key,
                    "was": getattr(rule, key),
                    "now": now,
                    "reason": changed.reason,
                    "by": source,
                }
            )
            for key, now in changed.settings.items()
        ]
        try:
            self.rules[rule_id] = altered(rule, changed.settings)
        except ValueError as error:
            message = str(error).split("Value error, ")[-1].split(" [")[0]
            self.problems.append((place, f"override of '{rule_id}': {message}", HELP))
            return
        self.overrides += made


def _entries(
    tree: Any, key: str, model: type[Entry], label: str, problems: Problems
) -> list[tuple[Entry, int]]:
    """The well-formed entries of a list, each with its line."""
    entries = tree.get(key)
    if entries is None and key not in tree:
        return []
    if not isinstance(entries, list):
        problems.append((f"{label}:{line_of(tree, key)}", f"'{key}' is a list", HELP))
        return []
    made = []
    for at, entry in enumerate(entries):
        line = item_line(entries, at)
        name = (
            f"{key.removesuffix('s')} '{entry.get('id', '?')}'"
            if isinstance(entry, dict)
            else f"a {key.removesuffix('s')}"
        )
        one = validated(model, entry, (label, line, name), problems, help_=HELP)
        if one is not None:
            made.append((one, line))
    return made


def extended(tree: Any, label: str, problems: Problems) -> list[str]:
    """What a rulebook says it extends."""
    said = tree.get("extends", []) if isinstance(tree, dict) else []
    names = [said] if isinstance(said, str) else plain(said)
    if not isinstance(names, list) or not all(isinstance(name, str) and name for name in names):
        problems.append(
            (f"{label}:{line_of(tree, 'extends')}", "'extends' is a name, or a list of names", HELP)
        )
        return []
    return names
