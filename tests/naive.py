"""Loaders that believe everything, for tests of the sandbox alone; they run inside it."""

from __future__ import annotations

import ctypes
import json
import mmap
import os
import pickle
import socket
import subprocess
import time
from pathlib import Path
from typing import Any


def loads(raw: bytes) -> tuple[Any, bytes]:
    """Plain pickle.loads, as no code of riskaudit does."""
    return pickle.loads(raw), b"{}"


def attempts(raw: bytes) -> tuple[Any, bytes]:
    """Try what a payload would, and tell which of it worked."""
    folder, parent = raw.decode().split("|")
    tries: dict[str, Any] = {
        "write": lambda: Path(folder, "written").write_text("x"),
        "delete": lambda: os.unlink(Path(folder, "there")),
        "rename": lambda: os.rename(Path(folder, "there"), Path(folder, "elsewhere")),
        "chmod": lambda: os.chmod(Path(folder, "there"), 0o777),
        "mkdir": lambda: os.mkdir(Path(folder, "made")),
        "truncate": lambda: os.truncate(Path(folder, "there"), 0),
        "read": lambda: Path(folder, "there").read_text(),
        "list": lambda: os.listdir(folder),
        "environment": lambda: Path(f"/proc/{parent}/environ").read_bytes(),
        "run": lambda: subprocess.run(["/bin/true"], check=True),
        "system": lambda: os.system("true") == 0 or 1 / 0,
        "fork": fork,
        "socket": lambda: socket.socket(),
        "connect": lambda: socket.create_connection(("127.0.0.1", 9)),
        "kill": lambda: os.kill(int(parent), 0),
        "memory": lambda: mmap.mmap(-1, 4 * 2**30).close() or 1,
        "leave": lambda: ctypes.CDLL(None).unshare(0x20000) == 0 or 1 / 0,
    }
    worked = []
    for name, attempt in tries.items():
        try:
            attempt()
        except (OSError, MemoryError, ZeroDivisionError, subprocess.SubprocessError):
            continue
        worked.append(name)
    return None, json.dumps(worked).encode()


def fork() -> None:
    """A child that ends at once."""
    pid = os.fork()
    if pid == 0:
        os._exit(0)
    os.waitpid(pid, 0)


def hostile(raw: bytes) -> tuple[Any, bytes]:
    """Misbehave as told while loading."""
    kind = raw.decode()
    if kind == "crash":
        ctypes.string_at(0)
    if kind == "hang":
        while True:
            time.sleep(1)
    if kind == "exit":
        os._exit(0)
    if kind == "raise":
        raise Odd
    about: dict[str, Any] = {
        "type": "M",
        "classes": {"dtype": "i", "values": [0, 1]},
        "features": ["a"],
        "n_features": 1,
        "methods": ["predict_proba"],
        "counted": {},
        "numbers": 1,
    }
    if kind == "classes":
        about["classes"] = {"dtype": "object", "values": [[1], [2]]}
    if kind == "long":
        return None, b"x" * 2**23
    if kind == "deep":
        return None, b"[" * 100_000
    return Liar(kind), json.dumps(about).encode()


class Odd(Exception):
    """An error whose own text fails."""

    def __str__(self) -> str:
        raise RuntimeError


class Liar:
    """A model that answers nonsense."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.classes_ = [0, 1]

    def predict(self, rows: Any) -> Any:
        """Classes that are none."""
        if self.kind == "predict-hang":
            time.sleep(100)
        if self.kind == "predict-crash":
            ctypes.string_at(0)
        return [7] * len(rows) if self.kind == "strange" else [0] * len(rows)

    def predict_proba(self, rows: Any) -> Any:
        """Probabilities that are none."""
        if self.kind == "few":
            return [[0.5, 0.5]]
        return [[2.0, -1.0]] * len(rows)
