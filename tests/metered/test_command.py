"""The metered command: its streams, signals and exit code are its own, and its energy is written down."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from cli_helpers import run

from riskaudit.errors import UsageError
from riskaudit.metered import command
from riskaudit.metered.command import run_command
from riskaudit.metered.run import read_run

ROOT = Path(__file__).parents[2]
BURN = "import time\nwhile time.process_time() < {}: pass"


def metered(*words: str, cwd: Path, stdin: bytes = b"", **env: str) -> subprocess.CompletedProcess[bytes]:
    """`riskaudit meter` in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "riskaudit", "meter", *words],
        cwd=cwd, input=stdin, capture_output=True, check=False, timeout=120,
        env={**os.environ, "PYTHONPATH": str(ROOT), **env},
    )  # fmt: skip


def test_streams_and_exit_code_are_the_commands(tmp_path):
    """stdin, stdout and the exit code pass through untouched, bytes that are no text included; stderr gets one line."""
    script = "import sys; b = sys.stdin.buffer.read(); sys.stdout.buffer.write(b * 2); sys.stderr.write('err\\n'); sys.exit(7)"
    got = metered("-o", "r.json", "--", sys.executable, "-c", script, cwd=tmp_path, stdin=b"\xff\x00\n")
    assert (got.returncode, got.stdout) == (7, b"\xff\x00\n" * 2)
    first, last = got.stderr.decode().splitlines()
    assert first == "err"
    assert last.startswith("metered: ")
    run = read_run(tmp_path / "r.json")
    assert (run.exit_code, run.meter) == (7, "riskaudit meter")
    assert run.energy.kwh > 0
    assert "exit code 7" in run.told


@pytest.mark.skipif(os.name == "nt", reason="descriptors are handed on by number on POSIX alone")
def test_what_the_shell_opened_stays_open(tmp_path):
    """A descriptor beyond the three streams reaches the command, as `3<file` and `<(...)` of a shell need it."""
    (tmp_path / "rows.txt").write_text("from three\n")
    line = f"exec {sys.executable} -m riskaudit meter -q -- sh -c 'cat <&3' 3<rows.txt"
    got = subprocess.run(
        ["sh", "-c", line], cwd=tmp_path, capture_output=True, check=False, timeout=120,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert (got.returncode, got.stdout, got.stderr) == (0, b"from three\n", b"")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes here")
def test_a_record_may_go_down_a_pipe(tmp_path):
    """A FILE that is no file (a pipe, a device) is written to, and is what it was afterwards."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        got = metered("-q", "-o", str(pipe), "--", "true", cwd=tmp_path)
        told = os.read(reader, 1 << 16)
    finally:
        os.close(reader)
    assert (got.returncode, got.stderr, pipe.is_fifo()) == (0, b"", True)
    assert json.loads(told)["what"] == "true"


def test_a_quiet_meter_adds_nothing(tmp_path):
    """With --quiet the command's stderr is all there is, and flags after -- are the command's, --debug included."""
    got = metered(
        "-q",
        "--",
        sys.executable,
        "-c",
        "import sys; print(sys.argv[1:])",
        "--debug",
        "-o",
        "x",
        "--",
        cwd=tmp_path,
    )
    assert (got.returncode, got.stderr) == (0, b"")
    assert got.stdout.decode().strip() == "['--debug', '-o', 'x', '--']"
    assert (tmp_path / "training-record.json").exists()


@pytest.mark.parametrize(("words", "code"), [(["no-such-program"], 127), (["./plain"], 126)])
def test_a_command_that_cannot_start(tmp_path, monkeypatch, words, code):
    """127 where there is none, 126 where it cannot be run, as of env and nohup; no record, one line."""
    (tmp_path / "plain").write_text("text")
    monkeypatch.chdir(tmp_path)
    got, said, told = run("meter", "--", *words)
    assert (got, said) == (code, "")
    assert told.startswith(f"error: '{words[0]}' cannot be run: ")
    assert told.count("\n") == 1
    assert not (tmp_path / "training-record.json").exists()


def test_a_killed_command_is_128_plus_its_signal(tmp_path):
    """What signal 9 ended has exit code 137; 130 is the command's own and no tale of ours."""
    assert run_command(["sh", "-c", "kill -9 $$"]).code == 137
    got = metered("-q", "--", "sh", "-c", "exit 130", cwd=tmp_path)
    assert (got.returncode, got.stderr) == (130, b"")


@pytest.mark.parametrize(
    "name",
    ["SIGTERM", "SIGINT", *(pytest.param(n, marks=pytest.mark.slow) for n in ("SIGHUP", "SIGUSR1"))],
)
def test_signals_are_passed_on(tmp_path, name):
    """A signal for the meter reaches the command, which ends as it likes; the record is written then."""
    number = getattr(signal, name)
    script = (
        "import signal, sys, time\n"
        f"signal.signal({int(number)}, lambda *_: sys.exit(42))\n"
        "open('ready', 'w').close()\n"
        "end = time.monotonic() + 60\n"
        "while time.monotonic() < end: time.sleep(0.01)\n"
    )
    running = subprocess.Popen(
        [sys.executable, "-m", "riskaudit", "meter", "-q", "-o", "r.json", "--", sys.executable, "-c", script],
        cwd=tmp_path, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    try:
        end = time.monotonic() + 60
        while not (tmp_path / "ready").exists() and time.monotonic() < end:
            time.sleep(0.02)
        running.send_signal(number)
        _, told = running.communicate(timeout=60)
    finally:
        running.kill()
    assert (running.returncode, told) == (42, b"")
    assert read_run(tmp_path / "r.json").exit_code == 42


@pytest.mark.slow
def test_a_key_is_pressed_once(tmp_path):
    """Ctrl-C at a terminal reaches the command once, by the terminal; its own exit code is the meter's."""
    pty = pytest.importorskip("pty")
    script = (
        "import sys, time\n"
        "try:\n    print('ready', flush=True)\n    time.sleep(60)\nexcept KeyboardInterrupt:\n    time.sleep(1)\n    sys.exit(41)\n"
    )
    words = [sys.executable, "-m", "riskaudit", "meter", "-o", "r.json", "--", sys.executable, "-c", script]
    child, terminal = pty.fork()
    if child == 0:
        os.chdir(tmp_path)
        os.execvpe(words[0], words, {**os.environ, "PYTHONPATH": str(ROOT)})
    said = b""
    while True:
        try:
            chunk = os.read(terminal, 1000)
        except OSError:  # the terminal's other end is closed
            break
        if b"ready" in chunk:
            os.write(terminal, b"\x03")
        said += chunk
        if not chunk:
            break
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 41
    assert b"KeyboardInterrupt" not in said
    assert read_run(tmp_path / "r.json").exit_code == 41


@pytest.mark.slow
def test_an_ignored_signal_stays_ignored(tmp_path):
    """Under nohup the command ignores SIGHUP too, as it would without the meter."""
    script = "import signal; print(signal.getsignal(signal.SIGHUP) is signal.SIG_IGN)"
    got = subprocess.run(
        ["nohup", sys.executable, "-m", "riskaudit", "meter", "-q", "--", sys.executable, "-c", script],
        cwd=tmp_path, capture_output=True, check=False, timeout=120, env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert got.stdout.strip() == b"True"


def test_the_commands_cpu_time_counts():
    """Twice the CPU time is about twice the energy above idle, grandchildren included."""
    nested = (
        f"import subprocess, sys; subprocess.run([sys.executable, '-c', {BURN.format(0.6)!r}], check=True)"
    )
    one = run_command([sys.executable, "-c", BURN.format(0.6)])
    two = run_command([sys.executable, "-c", BURN.format(1.2)])
    inner = run_command([sys.executable, "-c", nested])
    assert 0.6 <= one.energy.cpu_seconds < 1.0
    assert inner.energy.cpu_seconds >= 0.6
    if one.energy.boundary == "process":
        assert 1.4 < two.energy.above_idle_kwh / one.energy.above_idle_kwh < 2.6


def test_a_long_run_is_read_in_legs(monkeypatch):
    """A run of several legs is one reading, of all of them."""
    monkeypatch.setattr(command, "LEG", 0.5)
    ended = run_command([sys.executable, "-c", "import time; time.sleep(1.2)"])
    assert ended.code == 0
    assert ended.energy.seconds > 0.6  # more than one leg; between legs the meter takes some hundredths
    assert ended.energy.kwh > 0


def test_the_line_is_checked_before_anything_runs(tmp_path, monkeypatch):
    """No dashes, an unknown country or a place that cannot be written: told at once, and nothing runs."""
    monkeypatch.chdir(tmp_path)
    touch = ["--", "touch", "ran"]
    (tmp_path / "file").write_text("")
    for words, code in (
        (["touch", "ran"], 2),
        (["--country", "XXQ", *touch], 2),
        (["-o", ".", *touch], 2),
        (["-o", "file/r.json", *touch], 4),
        (["-o", "/proc/none/r.json", *touch], 4),
        (["--"], 2),
    ):
        assert run("meter", *words)[0] == code, words
    assert not (tmp_path / "ran").exists()
    with pytest.raises(UsageError):
        run_command(["touch", "ran"], country="XXQ")


@pytest.mark.slow
def test_a_record_that_cannot_be_written_afterwards(tmp_path):
    """The command's own failure comes first; where it went well the exit code is 4."""
    for end, code in (("exit 3", 3), ("exit 0", 4)):
        spoil = f"rm -rf out; : > out; {end}"  # a file where the record's folder was to be
        (tmp_path / "out").unlink(missing_ok=True)
        got = metered("-q", "-o", "out/r.json", "--", "sh", "-c", spoil, cwd=tmp_path)
        assert got.returncode == code
        assert b"cannot be written" in got.stderr


def test_secrets_are_cut_from_the_record(tmp_path, monkeypatch):
    """A token on the command's line is not kept; the command gets it all the same."""
    got = metered(
        "-q",
        "--",
        sys.executable,
        "-c",
        "import sys; print(sys.argv[2])",
        "--api-key",
        "hunter2",
        cwd=tmp_path,
    )
    assert got.stdout.strip() == b"hunter2"
    kept = (tmp_path / "training-record.json").read_text()
    assert "hunter2" not in kept
    assert "***" in json.loads(kept)["what"]


def test_it_works_without_sockets(tmp_path):
    """Where a socket raises, the first metering of a process is had all the same."""
    (tmp_path / "sitecustomize.py").write_text(
        "import socket, sys\n"
        "def no(*a, **k): raise OSError('no network here')\n"
        "socket.socket.connect = no; socket.getaddrinfo = no; socket.create_connection = no\n"
    )
    got = metered(
        "-o",
        "r.json",
        "--",
        "true",
        cwd=tmp_path,
        PYTHONPATH=f"{tmp_path}{os.pathsep}{ROOT}",
        HOME=str(tmp_path),
    )
    assert got.returncode == 0, got.stderr
    assert "energy" in json.loads((tmp_path / "r.json").read_text())
