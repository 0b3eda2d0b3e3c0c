"""Sections: every option of a large command is under a heading of its help."""

from __future__ import annotations

from itertools import chain

import pytest
import typer
from cli_helpers import run

from riskaudit.cli.app import made
from riskaudit.cli.config import CONFIGURED
from riskaudit.cli.sections import OTHERS, SECTIONS


def flags(command: str) -> list[str]:
    """The long flags that a command takes."""
    group = typer.main.get_command(made(("audit", "train", "gate")))
    params = group.commands[command].params  # type: ignore[attr-defined]
    return [word for p in params for word in p.opts if word.startswith("--")]


@pytest.mark.parametrize("command", CONFIGURED)
def test_every_option_is_told_under_a_heading(command: str) -> None:
    """One that is added later and put under none would stand at the end, under a heading that says nothing."""
    code, out, _ = run(command, "--help")
    assert code == 0
    assert all(f"{flag} " in out or f"{flag}\n" in out or f"{flag}," in out for flag in flags(command))
    assert OTHERS not in out


def test_no_option_is_told_twice() -> None:
    """Each name stands under one heading."""
    names = list(chain.from_iterable(SECTIONS.values()))
    assert len(names) == len(set(names))


def test_the_environment_is_told_once() -> None:
    """Not at each of ninety options."""
    out = run("audit", "--help")[1]
    assert out.count("RISKAUDIT_AUDIT_") == 1
    assert "env var" not in out
