"""Plugins that raise, hang, leave, allocate, print or lie: each costs only its own result, and none makes a pass."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
from cli_helpers import run, scored

HEAD = '''
import mmap, os, signal, sys, time, ctypes
from riskaudit.measure import Measure
print("IMPORTED: PASS exit 0 (pass)")

class Toy:
    """What it asks. How it measures. What it cannot see."""
    name = "toy"
    question = "does it misbehave?"
    measures = {"toy.rows": "rows"}

    def examine(self, evidence):
        good = Measure(name="toy.rows", value=3.0, n=3, unit="count", note="a count")
'''
BODIES = {
    "raises": ("raise ValueError('boom')\n        yield good", "ValueError: boom"),
    "leaves": ("yield good\n        sys.exit(0)", "SystemExit: 0"),
    "leaves at once": ("yield good\n        os._exit(0)", "ended by itself with code 0"),
    "kills itself": ("yield good\n        os.kill(os.getpid(), signal.SIGKILL)", "SIGKILL"),
    "crashes": ("yield good\n        ctypes.string_at(0)", "SIGSEGV"),
    "hangs": ("yield good\n        time.sleep(600)", "time budget of 8 seconds"),
    "hangs and swallows": (
        "yield good\n        while True:\n            try:\n                time.sleep(600)\n            except BaseException:\n                pass",
        "time budget of 8 seconds",
    ),
    "hangs deaf": (
        "signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 32))\n        signal.signal(signal.SIGTERM, signal.SIG_IGN)\n        time.sleep(600)\n        yield good",
        "time budget of 8 seconds",
    ),
    "allocates": ("hoard = [mmap.mmap(-1, 1 << 30) for _ in range(4000)]\n        yield good", "Cannot allocate memory"),
    "yields rubbish": ("yield {'verdict': 'pass'}", "TypeError"),
    "yields nan": ("yield Measure(name='toy.rows', value=float('nan'), n=3, unit='count', note='x')", "finite"),
    "speaks of others": (
        "yield Measure(name='bias.selection_rate_ratio', value=1.0, n=9, unit='ratio', note='x')", "do not declare"
    ),
    "says too much": ("yield good.model_copy(update={'note': 'x' * (300 << 20)})", "larger than"),
    "leaves a child": (
        "yield good\n        if not os.fork():\n            time.sleep(600)\n        os._exit(3)", "ended by itself|time budget"
    ),
    "closes all": ("yield good\n        os.closerange(0, 256)", "ended|without an answer|Bad file"),
}  # fmt: skip
PATIENT = ("allocates", "says too much", "raises")  # what ends by itself, however busy the machine
ASKED = ("--target", "y", "--prediction", "yhat", "--sensitive", "sex", "--favourable", "1", "--only", "bias,toy", "--fail-on", "critical")  # fmt: skip


def install(folder: Path, body: str, monkeypatch: pytest.MonkeyPatch, head: str = HEAD) -> None:
    """A plugin package as pip would leave it: a module, and an entry point in its metadata."""
    about = folder / "toy_plugin-1.0.dist-info"
    about.mkdir(parents=True)
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: toy-plugin\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text("[riskaudit.audits]\ntoy = toy_plugin_module:Toy\n")
    (folder / "toy_plugin_module.py").write_text(head + "        " + body + "\n")
    monkeypatch.syspath_prepend(folder)
    monkeypatch.delitem(__import__("sys").modules, "toy_plugin_module", raising=False)


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Predictions without a gap."""
    return scored(tmp_path_factory.mktemp("rows") / "scored.csv", n=3000, gap=0.0)


def audit(table: Path, out: Path, *more: str) -> tuple[int, str, dict]:  # type: ignore[type-arg]
    book = table.parent / "book.yaml"
    book.write_text(
        "rules:\n- {id: selection-rate-ratio, measure: bias.selection_rate_ratio, ideal: 1.0, limit: 0.1, severity: low,"
        " when_unsure: warn, why: w, remedy: r, reference: s}\n"
    )
    words = ("audit", "--data", str(table), *ASKED, "--rules", str(book), "-o", str(out), "-f", "junit")
    code, told, err = run(*words, *more)
    report = out / "report.json"
    return code, told + err, json.loads(report.read_text()) if report.exists() else {}


@pytest.mark.parametrize("kind", list(BODIES))
def test_a_plugin_costs_only_its_own_result(
    kind: str, table: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Failed with its reason and exit 3; the other audit's result is whole; nothing it printed is in the answer."""
    import re

    body, words = BODIES[kind]
    install(tmp_path / "site", body, monkeypatch)
    began = time.monotonic()
    code, told, report = audit(table, tmp_path / "out", "--time-budget", "30" if kind in PATIENT else "8")
    assert code == 3, told
    assert time.monotonic() - began < 120
    results = {result["audit"]: result for result in report["results"]}
    assert results["toy"]["status"] == "failed"
    assert re.search(words, results["toy"]["reason"]), results["toy"]["reason"]
    assert results["bias"]["status"] == "measured"
    assert results["bias"]["measures"]
    assert "exit 3 (incomplete)" in " ".join(told.split())


def test_an_honest_plugin_is_measured_and_what_it_prints_is_not_shown(
    table: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """Its measure is in the report, its chatter on stdout nowhere."""
    install(
        tmp_path / "site",
        "print('PASS exit 0'); os.system('echo PASS exit 0')\n        yield good",
        monkeypatch,
    )
    code, told, report = audit(table, tmp_path / "out")
    assert code == 0, told
    assert [m["name"] for m in report["results"][-1]["measures"]] == ["toy.rows"]
    assert "PASS exit 0" not in told.replace("PASS exit 0 (pass)", "") + capfd.readouterr().out


@pytest.mark.parametrize(
    "line",
    [
        "raise SystemExit(0)",
        "raise KeyError('x')",
        "1/0",
        "import no_such_thing",
        "import os; os._exit(0)",
        "import os; os.abort()",
    ],
)
def test_a_plugin_that_cannot_be_imported_is_a_failed_result(
    line: str, table: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Even one that leaves with 0 as it is imported: exit 3."""
    install(tmp_path / "site", "yield good", monkeypatch, head=f"{line}\n{HEAD}")
    code, told, report = audit(table, tmp_path / "out")
    assert code == 3, told
    assert report["results"][-1]["status"] == "failed"


def test_an_audit_of_ours_is_stopped_by_its_time_budget(table: Path, tmp_path: Path) -> None:
    """A millisecond is too little: failed, its rules missing, exit 3, and the reason names the budget."""
    book = table.parent / "book.yaml"
    if not book.exists():
        audit(table, tmp_path / "first", "--only", "bias")
    words = ("--data", str(table), *ASKED[:8], "--only", "bias", "--rules", str(book))
    code, out, err = run("audit", *words, "-o", str(tmp_path / "out"), "--time-budget", "0.001")
    assert code == 3, out + err
    report = json.loads((tmp_path / "out" / "report.json").read_text())
    assert report["results"][0]["status"] == "failed"
    assert "time budget of 0.001 seconds" in report["results"][0]["reason"]
    assert [v["outcome"] for v in report["verdicts"]] == ["missing"]


def test_a_generous_time_budget_changes_nothing(table: Path, tmp_path: Path) -> None:
    """The same bytes outside `run`."""
    audit(table, tmp_path / "first", "--only", "bias")
    book = table.parent / "book.yaml"
    words = ("audit", "--data", str(table), *ASKED[:8], "--only", "bias", "--rules", str(book))
    reports = []
    for name, more in (("a", ()), ("b", ("--time-budget", "100"))):
        run(*words, "-o", str(tmp_path / name), *more)
        plain = json.loads((tmp_path / name / "report.json").read_text())
        plain.pop("run")
        reports.append(plain)
    assert reports[0] == reports[1]
