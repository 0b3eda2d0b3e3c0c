"""--open: the page opens in a browser where there is one, and its path is told where there is none."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from riskaudit.cli.opening import no_browser


def audited(folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """An audit of a few predictions, with --open."""
    rows = [f"{'ab'[i % 2]},{i % 3 % 2},{i % 5 % 2}" for i in range(200)]
    (folder / "p.csv").write_text("\n".join(["group,y,yhat", *rows]) + "\n", encoding="utf-8")
    command = [
        sys.executable,
        "-m",
        "riskaudit",
        "audit",
        "--data",
        "p.csv",
        "--target",
        "y",
        "--favourable",
        "1",
    ]
    command += ["--prediction", "yhat", "--sensitive", "group", "-o", "out", "-f", "json", "--open"]
    kept = {
        k: v
        for k, v in os.environ.items()
        if k not in ("DISPLAY", "WAYLAND_DISPLAY", "CI", "BROWSER", "GITHUB_ACTIONS")
    }
    found = {**kept, "PYTHONPATH": str(Path(__file__).parents[2]), **environment}
    return subprocess.run(
        command, cwd=folder, env=found, capture_output=True, text=True, timeout=300, check=False
    )


@pytest.mark.skipif(sys.platform != "linux", reason="BROWSER is a shell script here")
def test_the_page_is_opened(tmp_path: Path) -> None:
    """The browser that BROWSER names is given the page, which is written though only json was asked for."""
    script = tmp_path / "browser"
    script.write_text(f'#!/bin/sh\necho "$1" > "{tmp_path}/opened"\n', encoding="utf-8")
    script.chmod(0o755)
    done = audited(tmp_path, BROWSER=f"{script} %s")
    assert done.returncode in (0, 1, 3), done.stderr
    assert (tmp_path / "opened").read_text().strip() == (tmp_path / "out" / "report.html").as_uri()


@pytest.mark.parametrize(
    ("environment", "platform", "said"),
    [
        ({}, "linux", "no display"), ({"DISPLAY": ":0"}, "linux", ""), ({"CI": "1", "DISPLAY": ":0"}, "linux", "this is CI"),
        ({}, "darwin", ""), ({}, "win32", ""), ({"BROWSER": "firefox"}, "linux", ""),
    ],
)  # fmt: skip
def test_where_a_browser_can_be_shown(environment: dict[str, str], platform: str, said: str) -> None:
    """With a display, on a Mac, on Windows or where BROWSER names one; never in CI."""
    assert no_browser(environment, platform) == said


def test_without_a_display_the_path_is_told(tmp_path: Path) -> None:
    """Headless: one line on stderr with the reason and the file, and the exit code of the audit."""
    done = audited(tmp_path)
    assert done.returncode in (0, 1, 3)
    if sys.platform == "linux":
        assert "not opened (no display): out/report.html" in done.stderr
