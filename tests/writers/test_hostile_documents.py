"""Strangers' strings in documents for others: card, sheets, ML-BOM and explained decisions show them as text."""

from __future__ import annotations

import json
import re

import pytest
from writers import fakes
from writers.test_formats import harmless

from riskaudit.decision import Change, Contribution, Counterfactual, Decision, Decisions, Reason
from riskaudit.report import Report
from riskaudit.writers import why, write
from riskaudit.writers.documents.into import patched
from riskaudit.writers.documents.model_card import BEGIN, END, YAML_BEGIN, YAML_END

LIVE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2028\u2029\u2066-\u2069]")
ENDERS = (
    f"a\n{END}",
    f"b\n{YAML_END}\n---\n",
    f"{BEGIN}",
    "--- ",
    f"x\u2028{END}\u2028",
    f"y\x0b{YAML_END}\x0c---\x85",
)
STATED = (
    "license", "intended_use", "intended_users", "out_of_scope", "developers", "model_date", "contact", "citation", "purpose",
    "auditor", "audit_date", "distribution_date", "data_source", "risks", "caveats", "training_data", "evaluation_data",
)  # fmt: skip


def hostile() -> Report:
    """Hostile names of columns, classes, files and groups, and hostile statements; markers of ours among them."""
    report = fakes.hostile()
    every = (*fakes.HOSTILE, *ENDERS)
    subject = report.subject.model_copy(
        update={
            "features": every,
            "classes": every[:6],
            "learner": every[0],
            "kind": every[1],
            "name": ENDERS[5],
        }
    )
    data = report.data.model_copy(
        update={
            "name": ENDERS[1], "target": every[2], "favourable": every[3:5], "sensitive": every[:8], "control": every[20],
            "weight": every[5], "members_name": ENDERS[4], "members": 9, "notes": every,
        }
    )  # fmt: skip
    said = {key: every[at] for at, key in enumerate(STATED)} | {"license": ENDERS[1], "contact": "\n# h\n<b>"}
    return report.model_copy(update={"subject": subject, "data": data, "statements": said})


@pytest.mark.parametrize("name", ["md", "summary", "model-card", "annex-iv", "ll144"])
def test_no_name_is_markup_in_a_document(name: str) -> None:
    """No link, picture, heading or HTML of a stranger's, and no letter that moves a cursor or turns a line."""
    from markdown_it import MarkdownIt

    text = write(hostile(), name)
    body = text.split("\n---\n", 1)[1] if name == "model-card" else text
    tokens = MarkdownIt("commonmark", {"html": True}).enable("table").parse(body)
    flat = [*tokens, *(child for t in tokens for child in t.children or ())]
    assert not [t for t in flat if t.type in ("link_open", "image", "html_inline")]
    blocks = {t.content.strip() for t in flat if t.type == "html_block"}
    assert all(
        re.fullmatch(r"(</?(details|summary)>.*|<!-- /?riskaudit:card -->)", b, re.DOTALL) for b in blocks
    )
    assert sum(t.type == "heading_open" and t.tag == "h1" for t in tokens) == 1
    assert not LIVE.search(text)


def test_no_name_ends_the_front_matter() -> None:
    """A license or a file's name that holds three dashes or our markers is one quoted word of the YAML."""
    yaml = pytest.importorskip("yaml")
    text = write(hostile(), "model-card")
    lines = text.split("\n")
    assert [lines.count(mark) for mark in (BEGIN, END, YAML_BEGIN, YAML_END, "---")] == [1, 1, 1, 1, 2]
    told = yaml.safe_load(text.split("---\n")[1])
    assert "riskaudit:card" in told["license"]
    assert told["tags"] == ["riskaudit"]
    after = patched(f"# A\n{BEGIN}\n{END}\n", hostile())
    assert patched(after, hostile()) == after


def test_no_name_is_markup_in_the_bom() -> None:
    """JSON of one document, no letter in it that moves a cursor, ids and links of our own only."""
    text = write(hostile(), "cyclonedx")
    assert not LIVE.search(text)
    found = json.dumps(json.loads(text))
    assert not re.search(r'"(url|\$ref)": "(http://evil|javascript)', found)


def decisions() -> Decisions:
    """A row whose columns, values, reasons and outcomes are hostile, more of them than a picture shows."""
    every = (*fakes.HOSTILE, *ENDERS)
    steps = tuple(
        Contribution(column=text, value=text, adds=0.1 - 0.01 * at, sensitive=True)
        for at, text in enumerate(every)
    )
    change = Change(column=every[0], before=every[1], after=every[3], cost=1.0)
    one = Decision(
        row=3, picked=every[0], decision=every[1], score=0.4, actual=every[3], explains=f"probability of '{every[4]}'",
        base=0.5, output=0.9, contributions=steps, searched=every[5], adverse=True, cautions=every[6:8],
        counterfactuals=(Counterfactual(changes=(change,), outcome=every[7], cost=1.0),),
        reasons=(Reason(column=every[0], words=every[8], adds=-0.1, sensitive=True),),
    )  # fmt: skip
    return Decisions(
        model=every[0], data=every[17], decisions=(one,), method=every[1], compared_with=every[3], immutable=every[:4],
        notes=every, model_sha256=None, data_sha256=None, rows=9, seed=0,
    )  # fmt: skip


def test_a_decisions_page_is_harmless() -> None:
    """Only our tags, balanced, no request; strangers' tags are text on it."""
    page = harmless(why.page(decisions()))
    shown = "".join(page.texts)
    assert "<script>alert(1)</script>" in shown
    assert not LIVE.search(shown)


def test_a_decision_is_harmless_in_markdown_and_terminal() -> None:
    """No HTML, link or heading of a stranger's in Markdown; no escape code in the terminal's text."""
    from markdown_it import MarkdownIt

    text = why.markdown(decisions())
    tokens = MarkdownIt("commonmark", {"html": True}).enable("table").parse(text)
    flat = [*tokens, *(child for t in tokens for child in t.children or ())]
    assert not [t for t in flat if t.type in ("link_open", "image", "html_inline", "html_block")]
    assert sum(t.type == "heading_open" for t in tokens) == 2
    assert not LIVE.search(text)
    assert not LIVE.search(why.text(decisions()))
