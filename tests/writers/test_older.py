"""Older reports: what riskaudit wrote under each minor version of the schema, rendered today into every format.

tests/samples/reports/<what>-<version>.json were written by the commit that had that version, on 400 made-up rows.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from cli_helpers import run

from riskaudit.report import SCHEMA_VERSION, from_json
from riskaudit.verify import read_verified
from riskaudit.writers import WRITERS, write

SAMPLES = sorted((Path(__file__).parents[1] / "samples" / "reports").glob("*.json"))
VERSIONS = {path: json.loads(path.read_text(encoding="utf-8"))["schema_version"] for path in SAMPLES}


def test_each_version_of_the_schema_has_a_sample() -> None:
    """From 1.0 to today's, none left out."""
    major, minor = map(int, SCHEMA_VERSION.split("."))
    assert set(VERSIONS.values()) == {f"{major}.{n}" for n in range(minor + 1)}


@pytest.mark.parametrize("path", SAMPLES, ids=lambda p: p.stem)
def test_an_older_report_is_believed_and_rendered_to_every_format(path: Path, tmp_path: Path) -> None:
    """`render` takes it, each format says its gate, and its numbers are the ones it was written with."""
    report = read_verified(path)
    wanted = ",".join(WRITERS)
    code, out, err = run("render", str(path), "-f", wanted, "-o", str(tmp_path))
    assert code == 0, err
    assert {Path(line).name for line in out.splitlines()} == {w.file_name for w in WRITERS.values()}
    for name in ("html", "md", "summary", "text"):
        text = (tmp_path / WRITERS[name].file_name).read_text(encoding="utf-8")
        assert f"exit {report.gate.code} ({report.gate.name})" in re.sub(r"\s+", " ", text)
    written = from_json((tmp_path / "report.json").read_text(encoding="utf-8"))
    assert list(written.measures()) == list(report.measures())
    assert json.loads(write(report, "metrics"))["exit_code"] == report.gate.code


@pytest.mark.parametrize("path", SAMPLES, ids=lambda p: p.stem)
def test_an_older_report_keeps_its_verdict_under_its_own_rules(path: Path) -> None:
    """`gate` on it ends with the code that it was written with."""
    plain = json.loads(path.read_text(encoding="utf-8"))
    assert run("gate", str(path))[0] == plain["gate"]["code"]
