"""reports/example: one seeded run, committed, and rendered again byte for byte."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from riskaudit.report import from_json, report_schema, to_json
from riskaudit.writers import WRITERS, write

EXAMPLE = Path(__file__).parents[1] / "reports" / "example"
TEXT = (EXAMPLE / "report.json").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["json", "md", "html"])
def test_the_example_is_rendered_again_byte_for_byte(name: str) -> None:
    """Every format of the example is what its report.json gives today."""
    assert write(from_json(TEXT), name) == (EXAMPLE / WRITERS[name].file_name).read_text(encoding="utf-8")


def test_the_example_fits_the_schema() -> None:
    """The committed report is valid under the JSON Schema that is printed."""
    jsonschema = pytest.importorskip("jsonschema")
    jsonschema.Draft202012Validator(report_schema()).validate(json.loads(TEXT))


def test_json_to_report_to_json_is_the_identity() -> None:
    """Nothing is lost or changed on the way."""
    assert to_json(from_json(TEXT)) == TEXT


def test_the_example_fits_a_page() -> None:
    """The HTML report takes 12.5 KB a picture at most (150 KB for twelve), its text and tables included.

    Every area has its pictures, and no more than can be looked through: about two dozen in all.
    """
    page = (EXAMPLE / "report.html").read_text(encoding="utf-8")
    assert 20 <= page.count("<figure") <= 30
    assert len(page.encode()) <= 12_500 * page.count("<figure")
