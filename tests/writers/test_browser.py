"""The page in a real browser: nothing asked for, nothing refused, nothing run."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from writers import fakes

from riskaudit.writers import write

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium: apt-get install chromium")
FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--enable-logging=stderr", "--log-level=0",
    "--host-resolver-rules=MAP * ~NOTFOUND",
]  # fmt: skip


def browse(page: Path, folder: Path, *flags: str) -> subprocess.CompletedProcess[str]:
    """Open a page in a fresh profile."""
    command = [str(CHROMIUM), *FLAGS, f"--user-data-dir={folder / 'profile'}", *flags, page.as_uri()]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)


@pytest.fixture
def page(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    path = tmp_path / "report.html"
    path.write_text(write(fakes.ALL[request.param](), "html"), encoding="utf-8")
    return path


@pytest.mark.parametrize("page", ["demo", "hostile"], indirect=True)
def test_nothing_is_asked_for_refused_or_run(page: Path, tmp_path: Path) -> None:
    """No request leaves, the policy refuses nothing of ours, no script of a stranger's runs."""
    log = tmp_path / "net.json"
    done = browse(page, tmp_path, f"--log-net-log={log}", "--dump-dom")
    assert "CONSOLE" not in done.stderr
    events = json.loads(log.read_text())["events"]
    asked = {e["params"]["url"] for e in events if "url" in e.get("params", {})}
    assert not [url for url in asked if "evil.example" in url]
    assert not [
        url for url in asked if url.startswith("http") and not re.search(r"google|gstatic|chrom", url)
    ]
    assert "<script" not in done.stdout.lower()
    assert "exit 1 (fail)" in done.stdout


@pytest.mark.parametrize("page", ["demo"], indirect=True)
def test_it_prints(page: Path, tmp_path: Path) -> None:
    """The page prints to a PDF of several pages."""
    browse(page, tmp_path, f"--print-to-pdf={tmp_path / 'report.pdf'}", "--no-pdf-header-footer")
    pdf = (tmp_path / "report.pdf").read_bytes()
    assert pdf.startswith(b"%PDF")
    assert 2 <= len(re.findall(rb"/Type\s*/Page\b", pdf)) <= 12


@pytest.mark.parametrize("page", ["demo"], indirect=True)
@pytest.mark.parametrize("width", [390, 1200])
def test_it_is_seen(page: Path, tmp_path: Path, width: int) -> None:
    """A screenshot on a phone and on a desk is no blank page."""
    browse(page, tmp_path, f"--screenshot={tmp_path / 'shot.png'}", f"--window-size={width},1600")
    assert (tmp_path / "shot.png").stat().st_size > 30_000
