"""Fail closed: what a rule needs and does not get is never a pass, told through the command line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from cli_helpers import ANSWERS, run, scored

import riskaudit.audits

RULES = """
rules:
  - id: ratio
    measure: bias.selection_rate_ratio
    ideal: 1.0
    limit: 0.8
    severity: high
    when_unsure: warn
    why: w
    remedy: r
    reference: s
"""


@pytest.fixture
def book(tmp_path: Path) -> str:
    path = tmp_path / "one.yaml"
    path.write_text(RULES)
    return str(path)


def audited(monkeypatch: pytest.MonkeyPatch, folder: Path, book: str, audit: str, *more: str) -> tuple[int, str, str]:  # fmt: skip
    """The command line with another audit in the place of the bias audit."""
    monkeypatch.setattr(riskaudit.audits, "AUDITS", {"bias": f"gate_audits:{audit}"})
    table = scored(folder / "p.csv")
    words = (
        "--data",
        str(table),
        *ANSWERS,
        "--rules",
        book,
    )
    return run("audit", *words, "--sensitive", "sex", "-o", str(folder / "out"), "-f", "json,md,html", *more)


def test_a_whole_measure_passes(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, book: str) -> None:
    """The control: with its number the rule holds."""
    assert audited(monkeypatch, tmp_path, book, "Whole")[0] == 0


@pytest.mark.parametrize(
    "audit", ["Empty", "Raises", "Exits", "Skips", "Nan", "Silent", "Undeclared", "Garbage"]
)
def test_what_is_missing_crashed_skipped_or_nan_is_incomplete(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, book: str, audit: str
) -> None:
    """Exit 3, the report is written, and the gate on the stored report says the same."""
    code, out, _ = audited(monkeypatch, tmp_path, book, audit)
    assert (code, "INCOMPLETE" in out) == (3, True)
    path = tmp_path / "out" / "report.json"
    assert json.loads(path.read_text())["gate"]["code"] == 3
    assert run("gate", str(path))[0] == 3
    assert 'content="3"' in (tmp_path / "out" / "report.html").read_text()
    assert "INCOMPLETE" in (tmp_path / "out" / "report.md").read_text()


def test_a_sensitive_column_that_a_measure_passes_over_is_missing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, book: str
) -> None:
    """Two columns declared, one spoken of: no pass."""
    monkeypatch.setattr(riskaudit.audits, "AUDITS", {"bias": "gate_audits:Forgets"})
    table = tmp_path / "p.csv"
    table.write_text("y,yhat,sex,race\n" + "1,1,f,a\n0,0,m,b\n" * 60)
    words = (
        "--data",
        str(table),
        *ANSWERS,
        "--rules",
        book,
    )
    code, out, _ = run("audit", *words, "--sensitive", "sex,race", "-o", str(tmp_path / "out"))
    assert code == 3
    assert "gave no bias.selection_rate_ratio for race" in " ".join(out.split())


@pytest.mark.parametrize("flag", [("--skip", "bias"), ("--only", "privacy")])
def test_a_skipped_audit_is_incomplete(tmp_path: Path, book: str, flag: tuple[str, str]) -> None:
    """Leaving the audit out does not pass its rules."""
    table = scored(tmp_path / "p.csv")
    words = (
        "--data",
        str(table),
        *ANSWERS,
        "--sensitive",
        "sex",
    )
    assert run("audit", *words, "--rules", book, *flag, "-o", str(tmp_path / "out"))[0] == 3


@pytest.mark.parametrize("limit", [".nan", ".inf", "true", "'0.8'", "1e999", "nan", "~", "[0.8]"])
def test_a_limit_that_is_no_number_is_refused(tmp_path: Path, limit: str) -> None:
    """NaN, infinity, yes and quoted numbers: exit 2 before anything is audited."""
    path = tmp_path / "bad.yaml"
    path.write_text(RULES.replace("limit: 0.8", f"limit: {limit}"))
    table = scored(tmp_path / "p.csv")
    code, _, err = run(
        "audit", "--data", str(table), "--target", "y", "--prediction", "yhat", "--rules", str(path)
    )
    assert code == 2
    assert "bad.yaml:6" in err


@pytest.mark.parametrize("text", ["NaN", "Infinity", "1e999", '"0.9"', "true", "null"])
def test_a_report_whose_number_is_none_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, book: str, text: str
) -> None:
    """A measure edited to NaN, infinity, text, yes or null: exit 4, never a pass."""
    audited(monkeypatch, tmp_path, book, "Whole")
    path = tmp_path / "out" / "report.json"
    path.write_text(path.read_text().replace('"value": 0.95', f'"value": {text}'))
    assert run("gate", str(path))[0] == 4


def leaves(tree: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The places of all numbers and outcomes in a document."""
    if isinstance(tree, dict):
        return [place for key, value in tree.items() for place in leaves(value, (*at, key))]
    if isinstance(tree, list):
        return [place for i, value in enumerate(tree) for place in leaves(value, (*at, i))]
    return [at]


def test_a_verdict_edited_anywhere_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, book: str
) -> None:
    """Every leaf of rulebook, verdicts, scores and gate that decides something: changed, it is exit 4."""
    audited(monkeypatch, tmp_path, book, "Whole")
    path = tmp_path / "out" / "report.json"
    whole = json.loads(path.read_text())
    words = {"why", "remedy", "reason", "finding", "note", "score_low", "score_high"}
    for top in ("verdicts", "rulebook", "scores"):
        for place in leaves(whole[top]):
            if words & {str(p) for p in place} or place[-1] in ("sha256", "rows_to_decide"):
                continue
            if place[0] == "sources" and place[-1] == "name":
                continue  # what a file is called decides nothing
            edited = json.loads(path.read_text())
            node = edited[top]
            for step in place[:-1]:
                node = node[step]
            old = node[place[-1]]
            node[place[-1]] = (not old) if isinstance(old, bool) else old + 1 if isinstance(old, int | float) else f"{old}x"  # fmt: skip
            other = tmp_path / "edited.json"
            other.write_text(json.dumps(edited))
            assert run("gate", str(other))[0] == 4, (top, place, old)


def test_a_report_that_is_not_there_or_half_is_exit_4(tmp_path: Path) -> None:
    """No file, an empty one, half of one: never 0."""
    path = tmp_path / "report.json"
    assert run("gate", str(path))[0] == 4
    for text in ("", "{", "[]", "{}", '{"schema_version": "1.1"}'):
        path.write_text(text)
        assert run("gate", str(path))[0] == 4


def test_two_runs_on_the_same_inputs_are_the_same_outside_run(tmp_path: Path) -> None:
    """Reruns do not gamble: same rows, same seed, same bytes but for the clock."""
    table = scored(tmp_path / "p.csv")
    words = ("audit", "--data", str(table), "--target", "y", "--prediction", "yhat", "--favourable", "1", "--sensitive", "sex", "--rules", "predictions")  # fmt: skip
    told = []
    for name in ("one", "two"):
        code, _, _ = run(*words, "-o", str(tmp_path / name), "-f", "json")
        plain = json.loads((tmp_path / name / "report.json").read_text())
        plain.pop("run")
        told.append((code, json.dumps(plain)))
    assert told[0] == told[1]


def test_near_its_limit_a_rule_says_how_many_rows_would_decide(tmp_path: Path) -> None:
    """The unsure finding has a number of rows, on the terminal and in the report."""
    table = scored(tmp_path / "p.csv", n=300, gap=0.1)
    words = ("audit", "--data", str(table), "--target", "y", "--prediction", "yhat", "--favourable", "1", "--sensitive", "sex", "--rules", "predictions")  # fmt: skip
    _, out, _ = run(*words, "-o", str(tmp_path / "out"), "-f", "json")
    assert "rows would decide it (now 300)" in " ".join(out.split())
    found = json.loads((tmp_path / "out" / "report.json").read_text())["verdicts"]
    assert any(v["rows_to_decide"] and v["rows_to_decide"] > 300 for v in found)
