"""Translations: Chinese is complete, numbers and names stay what they are, machines' formats stay English."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections import Counter
from html import unescape
from pathlib import Path

import pytest
from cli_helpers import run
from rich.cells import cell_len
from writers import fakes
from writers.test_formats import harmless
from writers.untranslated import untranslated

from riskaudit.errors import UsageError
from riskaudit.measure import Exhibit
from riskaudit.report import Report, read_report
from riskaudit.rulebook import Rulebook, read_rulebooks, shipped_rulebooks
from riskaudit.writers import SPOKEN, WRITERS, lingo, svg, write
from riskaudit.writers.lingo.sentences import Sentences
from riskaudit.writers.svg.canvas import LETTER, fold
from riskaudit.writers.terminal import terminal

ROOT = Path(__file__).parents[2]
SAMPLES = [ROOT / "reports" / "example" / "report.json", *sorted((ROOT / "tests" / "samples" / "reports").glob("*.json"))]  # fmt: skip
TEMPLATE = ROOT / "riskaudit" / "writers" / "templates" / "report.html.j2"
LANGUAGES = sorted(set(lingo.LANGUAGES) - {"en"})
# What stays English: commands, names of remedies with their places in a picture, and labels of pictures that were
# cut or broken into lines before they are told.
ALLOWED = re.compile(
    r"riskaudit( .*)?|[+\u2212]?[\d.]+ [\w-]+|.*\u2026.*|.* <=?|[\w=]+ \u5bf9 .*|membership TPR at|mean effect, one row .*"
)
# How energy was metered is told by the library that meters, in words that no catalogue can list.
TOLD_ELSEWHERE = re.compile(r"Method: |CPU time|codecarbon|estimated: ")
SLOT = re.compile(r"\{([a-z_]+\d*)\}")


def left_over(report: Report, language: str = "zh") -> list[str]:
    """Sentences of a report that stay English and may not."""
    return [one for one in sorted(untranslated(report, language)) if not ALLOWED.fullmatch(one) and not TOLD_ELSEWHERE.search(one)]  # fmt: skip


@pytest.mark.parametrize("path", SAMPLES, ids=lambda p: p.parent.name + "/" + p.stem)
def test_no_english_sentence_is_left(path: Path) -> None:
    """Page, Markdown, summary and terminal of the example and of every sample; see tests/writers/untranslated.py."""
    assert left_over(read_report(path)) == []


SPELT = "membership TPR at 01% FPR"  # a measure's name has no dots


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_number_is_lost_or_made_up(language: str) -> None:
    """Slots carry the numbers of a report, each once; those that stand in a sentence itself are the same."""
    for english, own in lingo.catalogue(language).items():
        assert sorted(SLOT.findall(english)) == sorted(SLOT.findall(own)), english
        if english != SPELT:
            there, here = (
                Counter(re.findall(r"\d[\d,.]*\d|\d", SLOT.sub("", one))) for one in (english, own)
            )
            assert here == there, english


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_entry_of_a_catalogue_fits(language: str) -> None:
    """No entry twice, none empty; a sentence is said in the language's own letters."""
    seen: Counter[str] = Counter()
    plain = json.loads((ROOT / f"riskaudit/writers/lingo/{language}.json").read_text(encoding="utf-8"))
    for section in plain.values():
        for english, own in section.items():
            seen[english] += 1
            assert own.strip(), english
            literal = SLOT.sub("", english)
            if len(re.findall(r"(?<!-)\b[a-z]{3,}\b(?!-)", literal)) > 2:
                assert re.search("[\u4e00-\u9fff]", own), english
    assert [one for one, times in seen.items() if times > 1] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_template_is_in_the_catalogue(language: str) -> None:
    """Every text that stands in the template itself."""
    text = TEMPLATE.read_text(encoding="utf-8")
    text = re.sub(r"\{%.*?%\}|\{#.*?#\}", "\n", text, flags=re.DOTALL)
    text = re.sub(r"\{\{.*?\}\}", "\0", text, flags=re.DOTALL)
    speaking = Sentences(language, lingo.catalogue(language))
    for part in re.split(r"<[^>]*>|\n", unescape(text)):
        core = part.strip()
        if "\0" not in core and len(re.findall("[A-Za-z]{2,}", core)) > 1:
            speaking.said(core)
    assert {one for one in speaking.missed if not ALLOWED.fullmatch(one)} == set()


JUDGING = [
    n
    for n in shipped_rulebooks()
    if n in ("default", "strict", "predictions", "service", "no-worse", "nyc-ll144", "budget")
]


@pytest.mark.parametrize("name", JUDGING)
def test_every_rule_is_in_the_catalogue(name: str) -> None:
    """What shipped rules find, why it matters and what to do."""
    from riskaudit.audits import audits, declared_measures

    book: Rulebook = read_rulebooks([name], measures=declared_measures(audits()))
    speaking = Sentences("zh", lingo.catalogue("zh"))
    for rule in book.rules:
        for text in (SLOT.sub("0.5", rule.finding), rule.why, rule.remedy):
            speaking.said(text)
    assert speaking.missed == set()


def test_every_measure_and_question_has_a_name() -> None:
    """Declared measures as table heads, audits as headings, their questions."""
    from riskaudit.audits import AUDITS, audits, declared_measures
    from riskaudit.writers.findings import in_words

    ours = {name: audit for name, audit in audits().items() if name in AUDITS}
    speaking = Sentences("zh", lingo.catalogue("zh"))
    for name in declared_measures(ours):
        speaking.said(in_words(name.partition(".")[2]))
    for name, audit in ours.items():
        speaking.said(name)
        speaking.said(audit.question)
    assert speaking.missed == set()


def test_names_are_never_translated() -> None:
    """A column called `score` and groups called `high` and `failed` keep their names, inside sentences too."""
    report = fakes.assemble(
        [fakes.bias_result({"failed": (400, 0.2), "high": (500, 0.4)})], fakes.RULES[:1], name="unknown"
    )
    with lingo.speaking("zh", report) as speaking:
        assert lingo.tr("failed") == "failed"
        assert lingo.tr("unknown") == "unknown"
        assert lingo.tr("race=high vs race=failed") == "race=high 对 race=failed"
        assert lingo.tr("medium") == "中"
        told = lingo.tr("failed gets the favourable outcome 0.65 times as often as high (race)")
    assert told == "failed 得到有利结果的频率是 high 的 0.65 倍（race）"
    assert speaking is not None


def test_what_is_not_known_stays_english_and_is_noted() -> None:
    """No crash and no gap: the clause that is known is told, the other stays; the list says which."""
    with lingo.speaking("zh") as speaking:
        assert lingo.tr("Zebras graze at dawn.") == "Zebras graze at dawn."
        assert lingo.tr("no interval; zebras graze") == "无区间；zebras graze"
        assert speaking is not None
        assert speaking.missed == {"Zebras graze at dawn.", "zebras graze"}
    assert lingo.tr("no interval") == "no interval"


def test_what_a_way_that_fails_has_missed_is_not_missed() -> None:
    """A sentence that is known after another way of parting it failed leaves nothing in the list."""
    with lingo.speaking("zh") as speaking:
        told = lingo.tr(
            "--> attack=strongest   membership TPR at 1% FPR 0.35, 95% interval 0.28\u20130.41, n = 3,000"
        )
        assert "成员推断" in told
        assert speaking is not None
        assert speaking.missed == set()


def test_a_label_is_told_before_it_is_cut() -> None:
    """A label too long for its room in English is told whole where it has room in Chinese, and only once."""
    labels = ("answers of the model about people who are not in", "not assessed")
    exhibit = Exhibit(
        name="bias.x", kind="dots", title="Rates", caption="Rates.", axes={"x": "rate"},
        columns={"label": list(labels), "value": [0.2, 0.4]},
    )  # fmt: skip
    with lingo.speaking("zh"):
        drawing = svg.draw(exhibit, "x")
        assert ">模型对非成员的应答<" in drawing
        assert ">未评估<" in drawing
        assert lingo.page(drawing) == drawing
    assert "\u2026" in svg.draw(exhibit, "x")


def test_wide_letters_fold_anywhere() -> None:
    """A long Chinese label, which has no blanks, takes two lines as an English one does."""
    label = "每个群体单设阈值在另一半留出行上"
    first, second = fold(label, 120)
    assert first + second == label
    assert cell_len(first) * LETTER <= 120


@pytest.mark.parametrize("made", list(fakes.ALL.values()), ids=list(fakes.ALL))
def test_a_translated_page_is_as_harmless(made: object) -> None:
    """Hostile names are still text, every tag is ours and closed, the language is said."""
    html = write(made(), "html", lang="zh")  # type: ignore[operator]
    harmless(html)
    assert '<html lang="zh-CN">' in html
    assert "<script" not in html


def test_formats_for_machines_stay_english() -> None:
    """The same bytes whatever the language; those for people are other ones."""
    report = fakes.rich()
    for name in WRITERS:
        same = write(report, name, lang="zh") == write(report, name)
        assert same == (name not in SPOKEN), name


@pytest.mark.parametrize("width", [40, 80, 120])
def test_no_line_is_wider_than_the_terminal(width: int) -> None:
    """Wide letters count two columns, as rich counts them too; no line starts with a mark that closes."""
    report = read_report(SAMPLES[0])
    with lingo.speaking("zh", report):
        lines = terminal(report, width=width, report_path="report.html").splitlines()
    assert max(map(cell_len, lines)) <= width
    assert [line for line in lines if re.match("\\s*[，。；：）、]", line)] == []


def test_the_language_is_chosen_by_a_flag_or_the_settings_file(tmp_path: Path) -> None:
    """--lang on render and gate, `lang` in riskaudit.toml; never the locale; another language is refused."""
    sample = str(SAMPLES[-1])
    assert "测量了什么" in run("render", sample, "-f", "md", "-o", "-", "--lang", "zh")[1]
    _, out, err = run("gate", sample, "--lang", "zh")  # into a stream without an encoding
    assert "why unsure" in out
    assert "cannot show" in err
    (tmp_path / "riskaudit.toml").write_text('lang = "zh"\n', encoding="utf-8")
    told = {}
    for folder in (tmp_path, ROOT):
        done = subprocess.run(
            [sys.executable, "-m", "riskaudit", "gate", sample], cwd=folder, capture_output=True, text=True, check=False,
            env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT), "LANG": "zh_CN.UTF-8", "PYTHONIOENCODING": "utf-8"},
        )  # fmt: skip
        told[folder] = done.stdout
    assert "判定不确定的原因" in told[tmp_path]
    assert "why unsure" in told[ROOT]
    assert run("render", sample, "--lang", "tlh")[0] == 2
    with pytest.raises(UsageError, match="there is no language 'tlh'"):
        write(fakes.clean(), "md", lang="tlh")
