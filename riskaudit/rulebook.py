"""Rulebook: what is acceptable, as data that a risk officer can edit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import Field, FiniteFloat, field_validator, model_validator

from riskaudit.errors import RulebookError, UsageError, did_you_mean
from riskaudit.lines import Problems, item_line, line_of, plain, unknown_keys, validated, yaml_tree
from riskaudit.measure import Document, no_bool

Severity = Literal["low", "medium", "high", "critical"]
SEVERITIES: tuple[Severity, ...] = ("low", "medium", "high", "critical")
Task = Literal["binary", "multiclass", "regression"]
HELP = "see rules/README.md for the form of a rulebook"
KEYS = ["title", "about", "extends", "overrides", "points", "rules"]
Entry = TypeVar("Entry", bound=Document)
SETTINGS = ("ideal", "limit", "severity", "when_unsure")


class Rule(Document):
    """One limit on one measure.

    `ideal` is where no risk is found (score 100), `limit` the last acceptable value (score 50);
    which of the two is larger gives the direction. `when_unsure` speaks when the interval straddles
    the limit. `optional` rules are left out, not missing, where their audit measured and gave no such measure
    (an intersection of one attribute); a crash or a skip still makes them missing. `where` narrows the rule to slices that have these entries. `finding` is the sentence of
    a violation; `{value}`, `{group}`, `{reference}`, `{attribute}`, `{column}` stand for the slice's own.
    """

    id: Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]
    measure: str
    where: dict[str, str] = {}
    tasks: Annotated[tuple[Task, ...], Field(min_length=1)] = ("binary", "multiclass", "regression")
    optional: bool = False
    ideal: FiniteFloat
    limit: FiniteFloat
    severity: Severity
    when_unsure: Literal["pass", "warn", "fail"]
    finding: str = ""
    why: Annotated[str, Field(min_length=1)]
    remedy: Annotated[str, Field(min_length=1)]
    reference: Annotated[str, Field(min_length=1)]

    _numbers = field_validator("ideal", "limit", mode="before")(no_bool)

    @model_validator(mode="after")
    def _has_direction(self) -> Rule:
        if self.ideal == self.limit:
            raise ValueError("ideal and limit are equal, so the rule has no direction")
        return self

    @property
    def area(self) -> str:
        """The audit whose measure this rule judges."""
        return self.measure.split(".", 1)[0]

    @property
    def sign(self) -> int:
        """+1 where larger is worse, -1 where smaller is worse."""
        return 1 if self.limit > self.ideal else -1


class Source(Document):
    """One rulebook file as it was read, its whole text with it."""

    name: str
    sha256: str
    text: str


class Override(Document):
    """One setting of a rule that a rulebook, or the command line, changed, and why."""

    rule: str
    key: Literal["ideal", "limit", "severity", "when_unsure"]
    was: FiniteFloat | str
    now: FiniteFloat | str
    reason: Annotated[str, Field(min_length=1)]
    by: str


class Changed(Document):
    """What a rulebook says of a rule that it extends: new settings, and why."""

    ideal: FiniteFloat | None = None
    limit: FiniteFloat | None = None
    severity: Severity | None = None
    when_unsure: Literal["pass", "warn", "fail"] | None = None
    reason: Annotated[str, Field(min_length=1, pattern=r"\S")]

    _numbers = field_validator("ideal", "limit", mode="before")(no_bool)

    @property
    def settings(self) -> dict[str, float | str]:
        """What is changed."""
        return {key: value for key in SETTINGS if (value := getattr(self, key)) is not None}


class Point(Document):
    """One point that a law or standard asks for; `evidence` are the measures that fill it.

    `statement` is the key under which somebody may say what no measure can (`--state KEY=TEXT`). A `required`
    point that nothing fills makes the gate incomplete.
    """

    id: Annotated[str, Field(min_length=1)]
    title: Annotated[str, Field(min_length=1)]
    source: Annotated[str, Field(min_length=1)]
    evidence: tuple[str, ...] = ()
    statement: str = ""
    provider: str = "provider"
    required: bool = False
    note: str = ""


class Rulebook(Document):
    """Rules that are judged together, and the files they came from, parents before children."""

    sources: tuple[Source, ...]
    rules: tuple[Rule, ...]
    overrides: tuple[Override, ...] = ()
    points: tuple[Point, ...] = ()

    @property
    def name(self) -> str:
        """The rulebooks' names, as given."""
        return " + ".join(source.name for source in self.sources)

    def rule(self, rule_id: str) -> Rule:
        """The rule of that id.

        Raises
        ------
        KeyError
            If there is none.
        """
        for rule in self.rules:
            if rule.id == rule_id:
                return rule
        raise KeyError(rule_id)


def rules_folder() -> Path:
    """Where the shipped rulebooks are: in the package once installed, beside it in a checkout."""
    inside = Path(__file__).parent / "rules"
    return inside if inside.is_dir() else Path(__file__).parents[1] / "rules"


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
    book = _assembled([one.source for one in sources.values()], {o.source.name: o.label for o in sources.values()}, problems, measures)  # fmt: skip
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
    book = _assembled(tuple(sources), {}, [], None)
    return _overridden(book, [o for o in overrides if o.by.startswith("--")])


def with_settings(book: Rulebook, settings: Mapping[str, str], *, flag: str = "--set") -> Rulebook:
    """The rulebook with `rule.limit=0.85` words laid over it, each recorded as an override by that flag.

    Raises
    ------
    UsageError
        If a rule, a setting or a value cannot be meant.
    """
    made = [_setting(book, word, value, flag) for word, value in settings.items()]
    try:
        return _overridden(book, made)
    except ValueError as error:
        message = str(error).split("Value error, ")[-1].split(" [")[0]
        raise UsageError(message, "give another value", where="--set") from None


def _setting(book: Rulebook, word: str, value: str, flag: str) -> Override:
    """One `rule.key` word as an override."""
    rule_id, dot, key = word.rpartition(".")
    ids = [rule.id for rule in book.rules]
    if not dot or key not in SETTINGS:
        raise UsageError(f"'{word}' is not RULE.SETTING", did_you_mean(key, SETTINGS), where="--set")
    if rule_id not in ids:
        raise UsageError(f"there is no rule '{rule_id}'", did_you_mean(rule_id, ids), where="--set")
    now: float | str = value
    if key in ("ideal", "limit"):
        try:
            now = float(value)
        except ValueError:
            now = float("nan")
        if now != now or now in (float("inf"), float("-inf")):
            raise UsageError(f"'{value}' is not a number", f"write --set {word}=0.85", where="--set")
    else:
        known = SEVERITIES if key == "severity" else ("pass", "warn", "fail")
        if value not in known:
            raise UsageError(f"'{value}' is no {key}", did_you_mean(value, known), where="--set")
    was = getattr(book.rule(rule_id), key)
    return Override(rule=rule_id, key=key, was=was, now=now, reason="set on the command line", by=flag)


def _overridden(book: Rulebook, overrides: Iterable[Override]) -> Rulebook:
    """The rulebook with these overrides laid over it, each recorded."""
    by_rule: dict[str, dict[str, float | str]] = {}
    overrides = tuple(overrides)
    for one in overrides:
        by_rule.setdefault(one.rule, {})[one.key] = one.now
    rules = tuple(
        changed(rule, by_rule[rule.id]) if rule.id in by_rule else rule for rule in book.rules
    )
    return book.model_copy(update={"rules": rules, "overrides": book.overrides + overrides})


def changed(rule: Rule, settings: Mapping[str, float | str]) -> Rule:
    """The rule with other settings; none of them may turn it around, or what was worse would pass as better.

    Raises
    ------
    ValueError
        If the rule would have no direction, or the opposite one.
    """
    made = Rule.model_validate(rule.model_dump() | settings)
    if made.sign != rule.sign:
        side = "above" if rule.sign > 0 else "below"
        raise ValueError(
            f"limit {made.limit:g} is not {side} ideal {made.ideal:g}, which would turn the rule '{rule.id}' around"
        )
    return made


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
    for parent in _extends(yaml_tree(source.text, label, [], help_=HELP), label, []):
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


def _extends(tree: Any, label: str, problems: Problems) -> list[str]:
    """What a rulebook says it extends."""
    said = tree.get("extends", []) if isinstance(tree, dict) else []
    names = [said] if isinstance(said, str) else plain(said)
    if not isinstance(names, list) or not all(isinstance(name, str) and name for name in names):
        problems.append(
            (f"{label}:{line_of(tree, 'extends')}", "'extends' is a name, or a list of names", HELP)
        )
        return []
    return names


def _assembled(
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
        parents = {Path(name).name for name in _extends(tree, label, self.problems)}
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
            self.rules[rule_id] = changed(rule, said.settings)
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
