"""Verify: a report that contradicts itself is refused, wherever it was touched."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cli_helpers import run

EXAMPLE = Path(__file__).parents[1] / "reports" / "example" / "report.json"


def weaker(report: dict[str, Any]) -> None:
    report["rulebook"]["rules"] = report["rulebook"]["rules"][1:]


def laxer(report: dict[str, Any]) -> None:
    report["rulebook"]["rules"][0]["limit"] = 0.0001


def retold(report: dict[str, Any]) -> None:
    report["rulebook"]["sources"][0]["text"] = report["rulebook"]["sources"][0]["text"].replace(
        "limit: 0.8", "limit: 0.1"
    )


def passed(report: dict[str, Any]) -> None:
    report["gate"] |= {"code": 0, "name": "pass"}


def odd(report: dict[str, Any]) -> None:
    report["gate"]["code"] = 77


def better(report: dict[str, Any]) -> None:
    report["run"]["headline"] = 100.0


def forgiven(report: dict[str, Any]) -> None:
    report["verdicts"][0]["outcome"] = "pass"


def emptied(report: dict[str, Any]) -> None:
    report["results"] = []


def crashed(report: dict[str, Any]) -> None:
    report["results"][0] |= {"status": "failed", "measures": []}


def outside(report: dict[str, Any]) -> None:
    next(m for m in report["results"][0]["measures"] if m["interval"])["value"] = 5.0


@pytest.mark.parametrize(
    "edit", [weaker, laxer, retold, passed, odd, better, forgiven, emptied, crashed, outside]
)
@pytest.mark.parametrize("command", ["gate", "render"])
def test_an_edited_report_is_refused(
    tmp_path: Path, edit: Callable[[dict[str, Any]], None], command: str
) -> None:
    """Exit 4 from gate and from render, never a pass."""
    report = json.loads(EXAMPLE.read_text(encoding="utf-8"))
    edit(report)
    path = tmp_path / "report.json"
    path.write_text(json.dumps(report), encoding="utf-8")
    code, out, err = run(command, str(path))
    assert code == 4, out
    assert "contradicts itself" in err or "not a whole report" in err


def test_the_example_as_it_is_ends_as_it_says() -> None:
    """Unedited: the gate gives the stored code."""
    assert run("gate", str(EXAMPLE))[0] == json.loads(EXAMPLE.read_text(encoding="utf-8"))["gate"]["code"]
