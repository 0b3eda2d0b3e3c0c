"""The root help, kept as text so that it costs nothing to show."""

from __future__ import annotations

from pathlib import Path


def root_help() -> str:
    """What `riskaudit --help` prints."""
    return (Path(__file__).parent / "help.txt").read_text(encoding="utf-8")
