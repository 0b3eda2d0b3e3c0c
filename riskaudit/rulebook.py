"""Rulebook: what is acceptable, as data that a risk officer can edit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, FiniteFloat, ValidationError, model_validator

from riskaudit.errors import RulebookError, UsageError, did_you_mean
from riskaudit.measure import Document

Severity = Literal["low", "medium", "high", "critical"]
SEVERITIES: tuple[Severity, ...] = ("low", "medium", "high", "critical")
Task = Literal["binary", "multiclass", "regression"]
Line = int


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
    tasks: tuple[Task, ...] = ("binary", "multiclass", "regression")
    optional: bool = False
    ideal: FiniteFloat
    limit: FiniteFloat
    severity: Severity
    when_unsure: Literal["pass", "warn", "fail"]
    finding: str = ""
    why: Annotated[str, Field(min_length=1)]
    remedy: Annotated[str, Field(min_length=1)]
    reference: Annotated[str, Field(min_length=1)]

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

    rules = TypeAdapter(list[Rule]).json_schema(ref_template="#/$defs/{model}")
    definitions = rules.pop("$defs")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:riskaudit:schema:rulebook:1",
        "type": "object",
        "required": ["rules"],
        "additionalProperties": False,
        "properties": {"title": {"type": "string"}, "about": {"type": "string"}, "rules": rules},
        "$defs": definitions,
    }


def rules_in(sources: Iterable[Source]) -> tuple[Rule, ...]:
    """The rules that these texts hold; a text that is not well-formed holds none."""
    faults: list[tuple[str, str, str]] = []
    return tuple(rule for source in sources for rule, _ in _rules_of(source, source.name, faults))


def read_rulebooks(names: Iterable[str], *, measures: Mapping[str, str]) -> Rulebook:
    """Read rulebooks by name or path and refuse every fault in them at once.

    Parameters
    ----------
    names : iterable of str
        Names of shipped rulebooks (`default`) or paths of YAML files.
    measures : mapping of str to str
        The measures that audits declare; a rule on any other is refused.

    Raises
    ------
    UsageError
        If a file is not there or is no text.
    RulebookError
        With every unknown key, measure, duplicate id and bad value, each with file and line.
    """
    sources: list[Source] = []
    rules: list[Rule] = []
    problems: list[tuple[str, str, str]] = []
    seen: dict[str, str] = {}
    for name in dict.fromkeys(names):
        source, label = _open(name)
        sources.append(source)
        for rule, line in _rules_of(source, label, problems):
            place = f"{label}:{line}"
            if rule.id in seen:
                problems.append(
                    (
                        place,
                        f"rule id '{rule.id}' is used twice",
                        f"it stands at {seen[rule.id]} too; give one another id",
                    )
                )
            seen.setdefault(rule.id, place)
            if rule.measure not in measures:
                problems.append(
                    (
                        place,
                        f"rule '{rule.id}' names unknown measure '{rule.measure}'",
                        did_you_mean(rule.measure, sorted(measures)),
                    )
                )
            rules.append(rule)
    if not problems and not rules:
        problems.append(
            (
                ", ".join(s.name for s in sources) or "--rules",
                "no rules: nothing would be judged",
                "see rules/README.md for the form of a rule",
            )
        )
    if problems:
        raise RulebookError(problems)
    return Rulebook(sources=tuple(sources), rules=tuple(rules))


def _open(name: str) -> tuple[Source, str]:
    """A rulebook's text, and the name its problems are told under."""
    from hashlib import sha256

    shipped = name in shipped_rulebooks()
    path = rules_folder() / f"{name}.yaml" if shipped else Path(name)
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
    return Source(name=name if shipped else path.name, sha256=sha256(text.encode()).hexdigest(), text=text), (
        f"rules/{name}.yaml" if shipped else str(path)
    )


def _rules_of(source: Source, label: str, problems: list[tuple[str, str, str]]) -> list[tuple[Rule, Line]]:
    """The well-formed rules of one file; what is not goes into `problems`."""
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError, YAMLError

    try:
        tree = YAML(typ="rt").load(source.text)
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        problems.append(
            (
                f"{label}:{line}",
                f"not valid YAML: {error.problem or error.context}",
                "mend the line; see rules/README.md",
            )
        )
        return []
    except YAMLError as error:
        problems.append((label, f"not valid YAML: {error}", "mend the file; see rules/README.md"))
        return []
    if not isinstance(tree, dict) or not isinstance(tree.get("rules"), list):
        problems.append(
            (
                f"{label}:1",
                "a rulebook is a mapping with a list 'rules'",
                "see rules/README.md for the form of a rule",
            )
        )
        return []
    for key in tree:
        if key not in ("rules", "title", "about"):
            problems.append(
                (
                    f"{label}:{_line(tree, key)}",
                    f"unknown key '{key}'",
                    did_you_mean(str(key), ["title", "about", "rules"]),
                )
            )
    return [
        pair
        for at, entry in enumerate(tree["rules"])
        if (pair := _rule(entry, label, tree["rules"].lc.item(at)[0] + 1, problems))
    ]


def _line(entry: Any, key: object) -> int:
    """The 1-based line of a key."""
    try:
        return int(entry.lc.key(key)[0]) + 1
    except (KeyError, AttributeError):
        return 1


def _rule(
    entry: Any, label: str, line: int, problems: list[tuple[str, str, str]]
) -> tuple[Rule, Line] | None:
    """One rule, or None with its faults told."""
    if not isinstance(entry, dict):
        problems.append(
            (f"{label}:{line}", "a rule is a mapping of keys", "see rules/README.md for the form of a rule")
        )
        return None
    known = list(Rule.model_fields)
    name = entry.get("id", "?")
    plain = {str(key): _plain(value) for key, value in entry.items()}
    try:
        return Rule.model_validate(plain), line
    except ValidationError as error:
        for fault in error.errors():
            key = str(fault["loc"][0]) if fault["loc"] else ""
            place = f"{label}:{_line(entry, key) if key in entry else line}"
            if fault["type"] == "extra_forbidden":
                problems.append((place, f"rule '{name}' has unknown key '{key}'", did_you_mean(key, known)))
            elif fault["type"] == "missing":
                problems.append(
                    (
                        place,
                        f"rule '{name}' lacks '{key}'",
                        f"a rule needs {', '.join(k for k, f in Rule.model_fields.items() if f.is_required())}",
                    )
                )
            else:
                message = fault["msg"].removeprefix("Value error, ")
                problems.append(
                    (
                        place,
                        f"rule '{name}': {key + ': ' if key else ''}{message}",
                        f"found {fault['input']!r}" if key else "see rules/README.md",
                    )
                )
    return None


def _plain(value: Any) -> Any:
    """ruamel's annotated scalars and lists as plain Python."""
    if isinstance(value, dict):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, list):
        return [_plain(v) for v in value]
    if isinstance(value, bool) or value is None:
        return value
    for kind in (int, float, str):
        if isinstance(value, kind):
            return kind(value)
    return value
