"""Golden files: each format of one small report, byte for byte.

`RISKAUDIT_UPDATE_GOLDEN=1 python -m pytest tests/writers/test_golden.py` writes them anew; read the diff.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from writers import fakes
from writers.excusing import excuse

from riskaudit.report import Report, from_json, to_json
from riskaudit.writers import WRITERS, write

GOLDEN = Path(__file__).parent / "golden"
FORMATS = ("sarif", "junit", "gitlab", "github", "metrics", "summary", "text")
UPDATE = bool(os.environ.get("RISKAUDIT_UPDATE_GOLDEN"))


def small() -> Report:
    """Every outcome once: fails, unsure, holds, not assessed, crashed, waived, known; no pictures."""
    report = fakes.rich()
    names = {v.rule: v.fingerprint for v in report.all_verdicts}
    report = excuse(report, {names["generalisation-gap"]}, {names["proxy-share"]})
    results = tuple(r.model_copy(update={"exhibits": ()}) for r in report.results)
    run = report.run.model_copy(update={"exhibits": ()})
    return report.model_copy(update={"results": results, "run": run})


def fixture() -> Report:
    path = GOLDEN / "report.json"
    if UPDATE:
        path.write_text(to_json(small()), encoding="utf-8")
    return from_json(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", FORMATS)
def test_a_format_of_the_fixture_is_its_golden_file(name: str) -> None:
    """What a format says changes only on purpose."""
    path = GOLDEN / WRITERS[name].file_name
    text = write(fixture(), name)
    if UPDATE:
        path.write_text(text, encoding="utf-8")
    assert path.read_text(encoding="utf-8") == text, f"read the diff, then update: {__doc__}"
