"""What every format owes: the gate's verdict, harmless strings, the same text again."""

from __future__ import annotations

import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from writers import fakes
from writers.strategies import reports

from riskaudit.errors import UsageError
from riskaudit.report import Report, from_json, to_json
from riskaudit.writers import WRITERS, write
from riskaudit.writers.reading import Reading

slow = settings(deadline=None, max_examples=60, suppress_health_check=list(HealthCheck))


class Page(HTMLParser):
    """The tags, attributes and balance of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.texts: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in ("meta", "link"):
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


TAGS = {
    "html", "head", "meta", "title", "link", "style", "body", "a", "div", "header", "main", "nav", "section", "article", "footer",
    "h1", "h2", "h3", "h4", "p", "span", "b", "small", "bdi", "ul", "ol", "li", "dl", "dt", "dd", "pre", "figure", "figcaption",
    "details", "summary", "table", "caption", "thead", "tbody", "tr", "th", "td",
    "svg", "g", "desc", "path", "rect", "circle", "text",
}  # fmt: skip


def harmless(text: str) -> Page:
    """A page that holds only our own tags, each closed, and asks for nothing."""
    page = Page(text)
    assert not page.open
    assert {tag for tag, _ in page.tags} <= TAGS
    ids = [a["id"] for _, a in page.tags if "id" in a]
    assert len(ids) == len(set(ids))
    for tag, attributes in page.tags:
        assert not [
            name
            for name in attributes
            if name.startswith("on") or name in ("style", "src", "srcset", "action")
        ]
        if "href" in attributes:
            href = attributes["href"] or ""
            assert href == "data:," if tag == "link" else href[:1] == "#" and href[1:] in ids
    return page


@slow
@given(reports())
def test_json_round_trip_is_the_identity(report: Report) -> None:
    """Report to JSON to Report is the same report, and the same text again."""
    text = to_json(report)
    assert from_json(text) == report
    assert to_json(from_json(text)) == text


@slow
@given(reports())
def test_any_report_is_a_harmless_page(report: Report) -> None:
    """Whatever a plugin yields, the page has only our tags, balanced, and asks for nothing."""
    harmless(write(fakes.saying(report, "It <b>cannot</b>."), "html"))


@pytest.mark.parametrize("name", list(fakes.ALL))
@pytest.mark.parametrize("format", list(WRITERS))
def test_same_report_same_text(name: str, format: str) -> None:
    """A writer is pure: a report read back from JSON gives the same text."""
    report = fakes.ALL[name]()
    assert write(report, format) == write(from_json(to_json(report)), format)


def test_hostile_strings_are_text_in_html() -> None:
    """Every hostile name is on the page as the text it is, and none of it lives."""
    page = harmless(write(fakes.saying(fakes.hostile(), " ".join(fakes.HOSTILE)), "html"))
    shown = "".join(page.texts)
    for text in (
        "<script>alert(1)</script>",
        "[click](http://evil.example/)",
        "{{ 7*7 }}{% raw %}",
        '" onmouseover="alert(1)',
    ):
        assert text in shown
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", shown)


@pytest.mark.parametrize("format", ["md", "summary"])
def test_hostile_strings_are_text_in_markdown(format: str) -> None:
    """A Markdown parser finds no link, picture or heading of a stranger's, and no HTML but details."""
    from markdown_it import MarkdownIt

    text = write(fakes.saying(fakes.hostile(), " ".join(fakes.HOSTILE)), format)
    tokens = MarkdownIt("commonmark", {"html": True}).enable("table").parse(text)
    flat = [*tokens, *(child for t in tokens for child in t.children or ())]
    assert not [t for t in flat if t.type in ("link_open", "image", "html_inline")]
    tags = re.findall(r"</?(\w+)", "".join(t.content for t in flat if t.type == "html_block"))
    assert set(tags) <= {"details", "summary"}
    assert sum(t.type == "heading_open" and t.tag == "h1" for t in tokens) == 1
    outside = re.sub(r"(`+).*?\1", "", text)
    assert not re.search(r"https?://|@everyone", outside)
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", text)


def test_markdown_tables_are_rectangular() -> None:
    """A pipe in a name moves no cell: every row of a table has as many cells as its head."""
    from markdown_it import MarkdownIt

    tokens = MarkdownIt("commonmark").enable("table").parse(write(fakes.hostile(), "md"))
    cells, width = 0, 0
    for token in tokens:
        cells = 0 if token.type == "tr_open" else cells + (token.type in ("th_open", "td_open"))
        if token.type == "thead_close":
            width = cells
        if token.type == "tr_close":
            assert cells == width or not width or token.level <= 2
    assert sum(t.type == "table_open" for t in tokens) > 8


@pytest.mark.parametrize("format", ["md", "summary", "text", "html"])
def test_details_and_tables_are_closed(format: str) -> None:
    """What opens is closed."""
    text = write(fakes.crowded(), format)
    assert text.count("<details") == text.count("</details>")


def test_summary_fits_a_step_summary() -> None:
    """However many findings there are, the summary is 60 KB at most and counts what it leaves out."""
    text = write(fakes.crowded(900), "summary")
    assert len(text.encode()) <= 60_000
    left = int(re.search(r"\.\.\. and ([\d,]+) more findings", text)[1].replace(",", ""))  # type: ignore[index]
    assert left + text.count("\n- **") == len(Reading(fakes.crowded(900)).findings)


def test_no_writer_imports_numpy_or_pandas(tmp_path: Path) -> None:
    """Rendering from report.json is light: neither numpy nor pandas is imported."""
    path = tmp_path / "report.json"
    path.write_text(to_json(fakes.rich()), encoding="utf-8")
    code = (
        "import sys; from pathlib import Path; from riskaudit.report import read_report;"
        "from riskaudit.writers import WRITERS, write; r = read_report(Path(sys.argv[1]));"
        "[write(r, f) for f in WRITERS]; print({'numpy', 'pandas', 'sklearn', 'scipy'} & set(sys.modules))"
    )
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", code, path], capture_output=True, text=True, check=True, cwd=root
    )
    assert done.stdout.strip() == "set()"


def test_size() -> None:
    """A report like the demo's is at most 150 KB of HTML; 40 groups stay under 400 KB."""
    assert len(write(fakes.demo(), "html").encode()) <= 150_000
    assert len(write(fakes.crowded(40), "html").encode()) <= 400_000


def test_unknown_format_is_a_usage_error() -> None:
    """A misspelt format is refused with the nearest one."""
    with pytest.raises(UsageError, match="there is no format 'htm'") as caught:
        write(fakes.clean(), "htm")
    assert "did you mean 'html'?" in caught.value.hint
