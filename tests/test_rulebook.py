"""Rulebooks: what ships is sound, and every fault in another is told at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from riskaudit.audits import audits, declared_measures
from riskaudit.errors import RulebookError, UsageError
from riskaudit.rulebook import read_rulebooks, rulebook_schema, shipped_rulebooks

KNOWN = {"bias.gap": "a gap"}
RULE = """
  - id: {id}
    measure: {measure}
    ideal: {ideal}
    limit: {limit}
    severity: {severity}
    when_unsure: warn
    why: because
    remedy: mend
    reference: somebody
"""


def written(folder: Path, *rules: str, head: str = "rules:\n") -> str:
    path = folder / "mine.yaml"
    path.write_text(head + "".join(rules), encoding="utf-8")
    return str(path)


def one(**changes: object) -> str:
    return RULE.format(
        **({"id": "a-rule", "measure": "bias.gap", "ideal": 0, "limit": 0.1, "severity": "high"} | changes)
    )


PACKS = ["us-four-fifths", "nyc-ll144", "eu-ai-act", "nist-ai-rmf", "sci", "model-card"]


@pytest.mark.parametrize("name", ["default", "strict", "predictions", "service", *PACKS])
def test_what_ships_names_only_measures_that_audits_declare(name: str) -> None:
    """Every shipped rule judges something that can be measured."""
    assert name in shipped_rulebooks()
    book = read_rulebooks([name], measures=declared_measures(audits()))
    assert book.rules or book.points


def test_strict_is_nowhere_laxer_than_default() -> None:
    """Every strict limit is at or inside the default one; strict has rules of its own besides."""
    measures = declared_measures(audits())
    default, strict = (
        read_rulebooks(["default"], measures=measures),
        read_rulebooks(["strict"], measures=measures),
    )
    assert {r.id for r in strict.rules} >= {r.id for r in default.rules}
    for rule in default.rules:
        tight = strict.rule(rule.id)
        assert (tight.limit - rule.limit) * rule.sign <= 0, rule.id
        assert tight.ideal == rule.ideal


def test_a_rulebook_keeps_its_whole_text(tmp_path: Path) -> None:
    """A report can be re-read with the rules it was judged by."""
    path = written(tmp_path, one())
    book = read_rulebooks([path], measures=KNOWN)
    assert book.sources[0].text == Path(path).read_text(encoding="utf-8")
    assert len(book.sources[0].sha256) == 64


def test_every_fault_is_told_at_once_with_its_line(tmp_path: Path) -> None:
    """Unknown key, unknown measure, duplicate id and bad value come in one error."""
    faulty = (
        one(id="twice")
        + "    limitt: 3\n"
        + one(measure="bias.gpa")
        + one(id="twice", severity="grave")
        + one(id="same", ideal=0.1)
        + one(id="twice")
        + one(id="twice")
    )
    with pytest.raises(RulebookError) as caught:
        read_rulebooks([written(tmp_path, faulty)], measures=KNOWN)
    told = "\n".join(caught.value.lines())
    for words in (
        "unknown key 'limitt'",
        "did you mean 'limit'",
        "unknown measure 'bias.gpa'",
        "did you mean 'bias.gap'",
        "used twice",
        "no direction",
        "severity",
    ):
        assert words in told
    assert "mine.yaml:12" in told  # the line of the misspelt key


@pytest.mark.parametrize(
    "text",
    ["", "rules: 3\n", "rules:\n  - just words\n", "a: [\n", "rules: []\n", "rules:\n  - id: x\n    id: y\n"],
)
def test_what_is_no_rulebook_is_refused(tmp_path: Path, text: str) -> None:
    """An empty, broken or ruleless file is a usage error, never zero rules that all hold."""
    with pytest.raises(RulebookError):
        read_rulebooks([written(tmp_path, head=text)], measures=KNOWN)


def test_an_unknown_rulebook_suggests_a_known_one() -> None:
    """strikt is told of strict."""
    with pytest.raises(UsageError, match="no rulebook 'strikt'") as caught:
        read_rulebooks(["strikt"], measures=KNOWN)
    assert "did you mean 'strict'" in caught.value.hint


def test_an_id_in_two_rulebooks_is_refused(tmp_path: Path) -> None:
    """Two rules of one id would hide each other."""
    other = tmp_path / "other.yaml"
    other.write_text("rules:\n" + one(), encoding="utf-8")
    with pytest.raises(RulebookError, match="used twice"):
        read_rulebooks([written(tmp_path, one()), str(other)], measures=KNOWN)


def test_shipped_rulebooks_fit_the_schema_that_is_printed() -> None:
    """An editor that checks by the schema accepts what ships."""
    jsonschema = pytest.importorskip("jsonschema")
    from ruamel.yaml import YAML

    from riskaudit.rulebook import rules_folder

    for name in shipped_rulebooks():
        tree = YAML(typ="safe", pure=True).load((rules_folder() / f"{name}.yaml").read_text(encoding="utf-8"))
        jsonschema.validate(tree, rulebook_schema())
