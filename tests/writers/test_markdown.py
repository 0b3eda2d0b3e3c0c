"""Markdown: short enough for a comment, only <details> of HTML, and nothing that a linter complains of."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from writers import fakes

from riskaudit.report import Report, read_report
from riskaudit.writers import write
from riskaudit.writers.markdown import SUMMARY_BYTES

EXAMPLE = Path(__file__).parents[2] / "reports" / "example" / "report.json"
REPORTS = {**fakes.ALL, "example": lambda: read_report(EXAMPLE), "crowd of 300": lambda: fakes.crowded(300)}
FORMATS = ("md", "summary", "model-card", "annex-iv", "ll144")
# Off, each for a reason: MD013 a sentence stays on one line, so that a diff shows what changed; MD033 `<details>` and
# `<summary>` are the two tags we use (the test below allows no other); MD024 only among siblings, for each audit's name
# heads a section in two chapters; MD060 takes the colon of `---:` for a dash (markdownlint-cli2 0.22 does not).
OFF = ("md013", "md033", "md060")


def linted(path: Path) -> list[str]:
    """What the linter finds wrong with a file."""
    api = pytest.importorskip("pymarkdown.api", reason="pip install pymarkdownlnt")
    scan = api.PyMarkdownApi().enable_extension_by_identifier("front-matter")
    scan = scan.enable_extension_by_identifier("markdown-tables")
    for rule in OFF:
        scan = scan.disable_rule_by_identifier(rule)
    found = scan.set_boolean_property("plugins.md024.siblings_only", True).scan_path(str(path))
    assert not found.pragma_errors
    return [f"{one.line_number}: {one.rule_id} {one.rule_description} {one.extra_error_information}" for one in found.scan_failures]  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "format"), [*(("rich", one) for one in FORMATS), ("hostile", "md"), ("example", "summary")]
)
def test_a_linter_finds_nothing(name: str, format: str, tmp_path: Path) -> None:
    """pymarkdown, all rules but those that are off for a reason."""
    path = tmp_path / "it.md"
    path.write_text(write(REPORTS[name](), format), encoding="utf-8")
    assert linted(path) == []


@pytest.mark.parametrize("name", list(REPORTS))
def test_report_and_summary_fit_into_a_comment(name: str) -> None:
    """60 KB at most; what is cut is counted."""
    report: Report = REPORTS[name]()
    for format in ("md", "summary"):
        text = write(report, format)
        assert len(text.encode()) <= SUMMARY_BYTES
        assert len(re.findall(r"(?m)^<details>$", text)) == len(re.findall(r"(?m)^</details>$", text))
    if name == "crowd of 300":
        assert re.search(r"more findings: all are in report.json", write(report, "md"))


@pytest.mark.parametrize("name", list(REPORTS))
def test_no_html_but_details(name: str) -> None:
    """Every other `<` is escaped, or stands in code."""
    report: Report = REPORTS[name]()
    for format in ("md", "summary"):
        bare = re.sub(r"(`+).*?\1", "", write(report, format))
        assert set(re.findall(r"(?<!\\)<[^\n>]*>?", bare)) <= {
            "<details>",
            "</details>",
            "<summary>",
            "</summary>",
        }
