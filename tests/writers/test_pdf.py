"""PDF: printed by a real browser, whole or not at all, and a clear word where there is none."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from cli_helpers import run
from writers import fakes

from riskaudit.errors import InputError, UsageError
from riskaudit.writers import save
from riskaudit.writers.documents import pdf

SAMPLE = Path(__file__).parents[1] / "samples" / "reports" / "predictions-1.0.json"


def _browser() -> str:
    try:
        return pdf.browser()
    except UsageError:
        return ""


needs_browser = pytest.mark.skipif(
    not _browser(), reason="no Chromium, Chrome or Edge: apt-get install chromium"
)


def program(path: Path, script: str) -> str:
    """A stand-in for a browser that goes wrong."""
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return str(path)


@pytest.mark.slow
@needs_browser
def test_a_pdf_is_printed_and_stands_in_the_manifest(tmp_path: Path) -> None:
    """`render -f pdf`: pages, the report's words, no profile left behind; the manifest has its sha256."""
    code, out, _ = run("render", str(SAMPLE), "-f", "pdf", "-o", str(tmp_path / "o"))
    assert code == 0
    made = tmp_path / "o" / "report.pdf"
    assert out.strip() == str(made)
    content = made.read_bytes()
    assert content.startswith(b"%PDF-")
    assert content.rstrip().endswith(b"%%EOF")
    assert len(content) > 20_000
    assert "report.pdf" in (tmp_path / "o" / "manifest.json").read_text()
    assert sorted(p.name for p in (tmp_path / "o").iterdir()) == ["manifest.json", "report.pdf"]


def test_without_a_browser_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Exit 2 before anything is read or written: what to install and which variable names one."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv(pdf.VARIABLE, raising=False)
    monkeypatch.setattr(pdf, "PLACES", ())
    with pytest.raises(UsageError, match="no browser") as caught:
        pdf.browser()
    assert "apt-get install chromium" in caught.value.hint
    assert pdf.VARIABLE in caught.value.hint
    done = subprocess.run(
        [sys.executable, "-m", "riskaudit", "audit", "--data", "none.csv", "-f", "pdf"], capture_output=True, text=True,
        env={**os.environ, pdf.VARIABLE: "/no/such/browser"}, check=False, cwd=Path(__file__).parents[2],
    )  # fmt: skip
    assert done.returncode == 2
    assert "names '/no/such/browser', which is no program" in done.stderr


def test_a_browser_that_fails_costs_only_the_pdf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything else is written before the error; no half PDF."""
    monkeypatch.setenv(pdf.VARIABLE, program(tmp_path / "bad", "echo cannot open display >&2; exit 3"))
    folder = tmp_path / "o"
    with pytest.raises(InputError, match="printed no PDF: cannot open display"):
        save(fakes.clean(), folder, ["json", "md", "pdf"])
    assert sorted(p.name for p in folder.iterdir()) == ["manifest.json", "report.json", "report.md"]


def test_a_browser_that_hangs_is_ended_with_its_children(tmp_path: Path) -> None:
    """After its time it and what it started are gone."""
    slow = program(
        tmp_path / "slow", f"echo $$ > {tmp_path}/pid; sleep 60 & echo $! > {tmp_path}/child; wait"
    )
    began = time.monotonic()
    with pytest.raises(InputError, match="took more than 1 seconds"):
        pdf.printed("<p>", slow, seconds=1)
    assert time.monotonic() - began < 20
    for name in ("pid", "child"):
        number = int((tmp_path / name).read_text())
        state = Path(f"/proc/{number}/stat")
        assert not state.exists() or state.read_text().split()[2] == "Z"


def test_a_pdf_cannot_be_printed_on_stdout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is no text: exit 2."""
    monkeypatch.setenv(pdf.VARIABLE, sys.executable)
    code, _, err = run("render", str(SAMPLE), "-f", "pdf", "-o", "-")
    assert code == 2
    assert "a PDF is no text" in err


def test_only_a_model_card_goes_into_a_file(tmp_path: Path) -> None:
    """--into with another format is usage; with the card it says whether anything changed."""
    readme = tmp_path / "README.md"
    readme.write_text("# Mine\n<!-- riskaudit:card -->\n<!-- /riskaudit:card -->\n")
    assert run("render", str(SAMPLE), "-f", "md", "--into", str(readme))[0] == 2
    assert run("render", str(SAMPLE), "-f", "model-card", "--into", str(readme))[1].strip() == str(readme)
    assert "(as it was)" in run("render", str(SAMPLE), "-f", "model-card", "--into", str(readme))[1]
    code, _, err = run("render", str(SAMPLE), "-f", "model-card", "--into", str(tmp_path / "none.md"))
    assert (code, "none.md cannot be read" in err) == (4, True)
