"""Words of strangers in waivers, baselines, statements and diffs are shown and never obeyed."""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path

import pytest
from cli_helpers import run
from gate_reports import RULES, ratio, report, saved
from writers.fakes import HOSTILE

from riskaudit.pipeline import rejudge
from riskaudit.policy import Policy
from riskaudit.report import Waivers, to_json
from riskaudit.rulebook import Source
from riskaudit.writers import write

CONTROL = {chr(c) for c in range(32) if chr(c) not in "\n\t"} | {"\x7f", "\u202e", "\x9b"}
POINTS = RULES + "points:\n  - {id: x, title: t, source: s, statement: said}\n"


@pytest.mark.parametrize("words", HOSTILE)
@pytest.mark.parametrize("format_", ["text", "md", "summary", "html"])
def test_waivers_and_statements_are_escaped(words: str, format_: str) -> None:
    """No tag, no escape code, no cell of a table that a reason, an owner or a statement opens."""
    entry = {
        "rule": "ratio",
        "match": {},
        "reason": f"x{words}",
        "owner": f"y{words}",
        "expires": "2999-01-01",
    }
    text = json.dumps([entry])
    waivers = Waivers(sources=(Source(name="w", sha256=sha256(text.encode()).hexdigest(), text=text),))
    bare = report(ratio(0.5), ratio(0.6, group=words), rules=POINTS)
    judged = rejudge(
        bare.model_copy(update={"statements": {"said": f"z{words}"}}),
        bare.rulebook,
        policy=Policy(waivers=waivers),
    )
    assert judged.gate.waived == 2
    told = write(judged, format_)
    assert not CONTROL & set(told)
    if format_ == "html":
        assert "<script>" not in told.lower()
        assert "<img" not in told.lower()
    elif format_ != "text":
        assert "<" not in told.replace("<details>", "").replace("</details>", "").replace("<summary>", "").replace("</summary>", "").replace("\\<", "")  # fmt: skip


@pytest.mark.parametrize("form", ["table", "md"])
def test_a_diff_of_hostile_groups_is_harmless(tmp_path: Path, form: str) -> None:
    """Group names that would live if they could."""
    paths = []
    for name, value in (("then", 0.6), ("now", 0.4)):
        path = tmp_path / f"{name}.json"
        path.write_text(to_json(report(*(ratio(value, group=words) for words in HOSTILE))), encoding="utf-8")
        paths.append(str(path))
    code, out, _ = run("diff", *paths, "-f", form)
    assert code == 0
    assert not CONTROL & set(out)
    assert "<script" not in out.replace("\\<", "") or form == "table"
    base = str(tmp_path / "b.json")
    run("baseline", "write", paths[0], "-o", base)
    assert not CONTROL & set(run("baseline", "show", base)[1])


def test_a_warning_on_stderr_is_harmless(tmp_path: Path) -> None:
    """An owner with an escape code."""
    text = json.dumps([{"rule": "ratio", "match": {}, "reason": "r", "owner": "\x1b[31m\u202eana", "expires": "2020-01-01"}])  # fmt: skip
    (tmp_path / "w.yaml").write_text(text)
    err = run("gate", saved(tmp_path, "r", ratio(0.6)), "--waivers", str(tmp_path / "w.yaml"))[2]
    assert "expired" in err
    assert not CONTROL & set(err)
