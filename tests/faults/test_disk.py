"""Disks that fill, folders that may not be written, runs that are killed or meet: never half a report believed."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import time
from pathlib import Path

import pytest
from faults import kill
from writers import fakes

from riskaudit.errors import InputError
from riskaudit.files import locked
from riskaudit.manifest import faults, read_manifest
from riskaudit.report import read_report
from riskaudit.sealing import sealed
from riskaudit.writers import save

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "reports" / "example" / "report.json"


def riskaudit(*words: str, cwd: Path | None = None, **more: object) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(  # type: ignore[call-overload,no-any-return]
        [sys.executable, "-m", "riskaudit", *words], capture_output="stdout" not in more,
        text=True, check=False, cwd=cwd, env=env, **more,
    )  # fmt: skip


def test_a_kill_in_mid_write_is_never_believed() -> None:
    """Killed at some of its file operations and at random: 24 times here, 300 by tests/faults/kill.py."""
    found = kill.main(24)
    assert sum(found.values()) == 24
    assert found.keys() - {"nothing yet"}, "every kill came before the first write"


@pytest.mark.slow
def test_many_kills_in_mid_write() -> None:
    """Killed at every file operation of two saves, and as often at random."""
    assert sum(kill.main(120, seed=1).values()) == 120


def test_a_set_that_was_cut_short_is_told_by_its_manifest(tmp_path: Path) -> None:
    """Killed between two renames: report.json is one of the two and whole, and the manifest tells of the mixture."""
    told = 0
    for operation in range(8, 26):
        folder = tmp_path / str(operation)
        save(fakes.clean(), folder, ["json", "md", "junit"])
        child = os.fork()
        if not child:
            kill.die_at(operation, folder)
            try:
                save(fakes.demo(), folder, ["json", "md", "junit"])
            finally:
                os._exit(70)
        os.waitpid(child, 0)
        told += bool(faults(folder))
        assert read_report(folder / "report.json") in (sealed(fakes.clean()), sealed(fakes.demo()))
        whole = {sealed(made()).run.digest for made in (fakes.clean, fakes.demo)}
        assert faults(folder) or (read_manifest(folder) or {})["report"] in whole
    assert told >= 3


def limited(size: int) -> object:
    """A child that may write no file larger than so many bytes: the kernel's own `file too large`."""

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))

    return limit


@pytest.mark.parametrize("size", [0, 1, 4096, 20_000])
def test_a_file_size_limit_is_an_input_error_and_leaves_what_was_there(tmp_path: Path, size: int) -> None:
    """RLIMIT_FSIZE: exit 4, one error, no half file, the old report whole."""
    save(fakes.clean(), tmp_path / "out", ["json", "md"])
    before = {p.name: p.read_bytes() for p in (tmp_path / "out").iterdir()}
    words = ("render", str(EXAMPLE), "-f", "json,html", "-o", str(tmp_path / "out"))
    done = riskaudit(*words, preexec_fn=limited(size))
    assert done.returncode == 4, done.stderr
    assert "cannot be written" in done.stderr
    assert "Traceback" not in done.stderr
    assert {p.name: p.read_bytes() for p in (tmp_path / "out").iterdir()} == before


@pytest.fixture
def small_disk(tmp_path: Path) -> Path:
    """A disk of 256 KB, where this machine lets one be mounted."""
    place = tmp_path / "disk"
    place.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(place)], capture_output=True, check=False
    )
    if done.returncode:
        pytest.skip("this user may mount no small disk")
    yield place  # type: ignore[misc]
    subprocess.run(["umount", str(place)], check=True)


def test_a_full_disk_is_an_input_error_and_leaves_what_was_there(small_disk: Path) -> None:
    """Real ENOSPC: exit 4, no half file, the old report whole and believed."""
    out = small_disk / "out"
    save(fakes.clean(), out, ["json", "md"])
    before = {p.name: p.read_bytes() for p in out.iterdir()}
    (small_disk / "filler").write_bytes(b"x" * 100_000)
    done = riskaudit("render", str(EXAMPLE), "-f", "json,html,md", "-o", str(out))
    assert done.returncode == 4, done.stdout
    assert "No space left on device" in done.stderr
    assert {p.name: p.read_bytes() for p in out.iterdir()} == before
    assert faults(out) == []


def test_a_read_only_disk_is_an_input_error(small_disk: Path) -> None:
    """Even for root: exit 4, before any work is lost on it."""
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    done = riskaudit("render", str(EXAMPLE), "-f", "md", "-o", str(small_disk / "out"))
    assert done.returncode == 4
    assert "cannot be written" in done.stderr


def test_a_folder_that_may_not_be_written_is_an_input_error(tmp_path: Path) -> None:
    """The kernel's own file system takes no report."""
    done = riskaudit("render", str(EXAMPLE), "-f", "md", "-o", "/proc/riskaudit")
    assert done.returncode == 4
    assert "cannot be written" in done.stderr


@pytest.mark.parametrize(
    "words",
    [("--help",), ("--version",), ("list", "measures"), ("gate", str(EXAMPLE)), ("verify", str(EXAMPLE)),
     ("render", str(EXAMPLE), "-f", "md", "-o", "-")],
)  # fmt: skip
def test_a_full_stdout_is_never_a_pass(words: tuple[str, ...]) -> None:
    """/dev/full: exit 4 and one error, no traceback and no 0."""
    with Path("/dev/full").open("w") as full:
        done = riskaudit(*words, stdout=full, stderr=subprocess.PIPE)
    assert done.returncode == 4, done.stderr
    assert done.stderr.startswith("error: ")
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr


def test_two_runs_into_one_folder_leave_one_whole_set(tmp_path: Path) -> None:
    """Writers that meet take turns: whoever reads by the manifest never finds a mixture."""
    reports = (sealed(fakes.clean()), sealed(fakes.demo()))
    children = []
    for report in reports:
        child = os.fork()
        if not child:
            code = 1
            try:
                for _ in range(12):
                    save(report, tmp_path / "out", ["json", "md", "junit", "metrics"], alone=True)
                code = 0
            finally:
                os._exit(code)
        children.append(child)
    seen, deadline = 0, time.monotonic() + 60
    while children and time.monotonic() < deadline:
        if (tmp_path / "out" / "report.json").exists():
            assert read_report(tmp_path / "out" / "report.json") in reports
            seen += 1
        for child in list(children):
            done, status = os.waitpid(child, os.WNOHANG)
            if done:
                assert os.waitstatus_to_exitcode(status) == 0
                children.remove(child)
    assert seen > 10
    assert faults(tmp_path / "out") == []
    told = read_manifest(tmp_path / "out")
    assert told is not None
    assert told["report"] == read_report(tmp_path / "out" / "report.json").run.digest


def test_a_run_that_hangs_in_a_folder_is_waited_for_only_so_long(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Then it is an input error that names the folder."""
    monkeypatch.setattr("riskaudit.files.PATIENCE", 0.1)
    with locked(tmp_path), pytest.raises(InputError, match="another run"):
        save(fakes.clean(), tmp_path, ["json"])
    save(fakes.clean(), tmp_path, ["json"])


def test_what_a_killed_run_left_is_swept(tmp_path: Path) -> None:
    """Half-written files of ours go with the next run; a stranger's stay."""
    for name in (".report.json.abc.part", ".report.html.x.part", ".theirs.part", "notes.part"):
        (tmp_path / name).write_text("half")
    save(fakes.clean(), tmp_path, ["json"])
    assert {p.name for p in tmp_path.iterdir()} == {
        "report.json",
        "manifest.json",
        ".theirs.part",
        "notes.part",
    }
