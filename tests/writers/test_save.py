"""Saving: whole or not at all."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest
from writers import fakes

from riskaudit.errors import InputError, UsageError
from riskaudit.manifest import MANIFEST
from riskaudit.report import read_report
from riskaudit.sealing import sealed
from riskaudit.writers import WRITERS, save


def test_save_makes_the_folder_and_every_file(tmp_path: Path) -> None:
    """Every format lands under its name, report.json last, nothing else beside them."""
    folder = tmp_path / "a" / "b"
    paths = save(fakes.rich(), folder, ["json", *WRITERS])
    assert [p.name for p in paths][-1] == "report.json"
    assert {p.name for p in folder.iterdir()} == {w.file_name for w in WRITERS.values()} | {MANIFEST}
    assert read_report(folder / "report.json") == sealed(fakes.rich())


def test_report_json_moves_last_but_for_the_manifest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever finds a report.json finds the others; the manifest comes after all of them."""
    moved: list[str] = []
    real = os.replace
    monkeypatch.setattr(os, "replace", lambda a, b: (moved.append(Path(b).name), real(a, b))[1])
    save(fakes.clean(), tmp_path, ["json", "html", "md"])
    assert moved == ["report.html", "report.md", "report.json", MANIFEST]


@pytest.mark.parametrize("call", ["fsync", "replace", "fdopen"])
def test_a_failing_save_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str) -> None:
    """A full disk is an input error with path and reason; no half file and no new folder stay."""

    def full(*args: object, **kwargs: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, call, full)
    with pytest.raises(InputError, match="No space left on device") as caught:
        save(fakes.clean(), tmp_path / "new" / "deep", ["html", "json"])
    assert str(tmp_path / "new" / "deep") in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_a_failing_save_keeps_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The files of the run before stay whole when the disk is full."""
    save(fakes.clean(), tmp_path, ["html", "json"])
    before = {p.name: p.read_bytes() for p in tmp_path.iterdir()}
    calls: list[int] = []

    def second_fails(handle: int) -> None:
        calls.append(handle)
        if len(calls) == 2:
            raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(os, "fsync", second_fails)
    with pytest.raises(InputError):
        save(fakes.rich(), tmp_path, ["html", "json"])
    assert {p.name: p.read_bytes() for p in tmp_path.iterdir()} == before


def test_an_interrupted_save_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C while writing leaves no temporary file."""

    def interrupt(handle: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        save(fakes.clean(), tmp_path, ["html"])
    assert list(tmp_path.iterdir()) == []


def test_a_file_in_the_way(tmp_path: Path) -> None:
    """A folder's name that is a file is told, and the file stays."""
    (tmp_path / "out").write_text("mine")
    with pytest.raises(InputError, match="cannot be written"):
        save(fakes.clean(), tmp_path / "out", ["json"])
    assert (tmp_path / "out").read_text() == "mine"


def test_an_unknown_format_writes_nothing(tmp_path: Path) -> None:
    """A misspelt format is refused before anything is written."""
    with pytest.raises(UsageError):
        save(fakes.clean(), tmp_path / "out", ["json", "pdfx"])
    assert not (tmp_path / "out").exists()


def test_files_have_the_usual_mode(tmp_path: Path) -> None:
    """A saved file can be read by whom the umask lets, not only by its owner."""
    (path,) = save(fakes.clean(), tmp_path, ["md"])
    mask = os.umask(0)
    os.umask(mask)
    assert path.stat().st_mode & 0o777 == 0o666 & ~mask
