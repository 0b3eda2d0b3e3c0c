"""The app: every command in one place, and every way it can end as an exit code."""

from __future__ import annotations

import errno
import io
import os
import sys
from collections.abc import Collection
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperGroup

from riskaudit.cli.config import CONFIGURED, Configured
from riskaudit.cli.help import root_help
from riskaudit.cli.sections import Sectioned
from riskaudit.errors import RiskAuditError

INTERRUPTED = 130
COMMANDS = {  # in the order of the help
    "demo": "demo:demo",
    "init": "init:init",
    "train": "train:train",
    "audit": "audit:audit",
    "meter": "meter:meter",
    "mend": "mend:mend",
    "why": "why:why",
    "gate": "gate:gate",
    "render": "render:render",
    "diff": "diff:diff",
    "verify": "verify:verify",
    "sign": "sign:sign",
    "explain": "explain:explain",
    "inspect": "inspect:inspect",
    "schema": "schema:schema",
    "list": "listing:list_",
    "baseline": "baseline:baseline",
    "waiver": "waiver:waiver",
}


class Root(TyperGroup):
    """The root command, whose help is the text that the fast path prints."""

    def get_help(self, ctx: Any) -> str:
        """The same text as `riskaudit --help` gives at once."""
        return root_help().rstrip("\n")


def made(names: Collection[str] = tuple(COMMANDS)) -> typer.Typer:
    """The app with these commands; one that is not asked for is not even imported, which a light one would wait for."""
    app = typer.Typer(
        name="riskaudit",
        cls=Root,
        add_completion=False,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        no_args_is_help=True,
        context_settings={
            "help_option_names": ["-h", "--help"],
            "auto_envvar_prefix": "RISKAUDIT",
            "max_content_width": 100,
        },
    )
    app.callback()(root)
    for name, home in COMMANDS.items():
        if name in names:
            module, _, word = home.partition(":")
            command = getattr(import_module(f"riskaudit.cli.{module}"), word)
            if isinstance(command, typer.Typer):
                app.add_typer(command, name=name)
            else:
                app.command(name=name, cls=_kind(name))(command)
    return app


def _kind(name: str) -> Any:
    """The class of a command that is read in a way of its own."""
    if name == "meter":
        from riskaudit.cli.meter import AfterDashes

        return AfterDashes
    return Configured if name in CONFIGURED else Sectioned


def root(
    version: bool = typer.Option(False, "--version", help="Show the version and exit.", is_eager=True),
) -> None:
    """Audit a machine-learning model."""
    if version:
        from riskaudit import __version__

        print(f"riskaudit {__version__}")
        raise typer.Exit(0)


def run_command(words: list[str]) -> int:
    """Run one command line and give its exit code; nothing but that leaves here.

    Expected trouble is two lines and its own code, Ctrl-C is 130, a reader who left early (`| head`) changes no
    code, and a bug is 70, its traceback shown with --debug (or RISKAUDIT_DEBUG=1) and never with locals.
    """
    ours, others = _ours(words)
    debug = "--debug" in ours or bool(os.environ.get("RISKAUDIT_DEBUG"))
    words = [word for word in ours if word != "--debug"] + others
    sys.stdout, sys.stderr = _patient(sys.stdout), _patient(sys.stderr)
    if not debug:
        import warnings

        warnings.simplefilter("ignore")  # libraries' warnings are for their developers, not for this terminal
        warnings.showwarning = lambda *_, **__: None  # nor where a library's threads empty the filters
    try:
        asked = words[:1] if words and words[0] in COMMANDS else COMMANDS
        code = typer.main.get_command(made(asked)).main(
            args=words, prog_name="riskaudit", standalone_mode=False
        )
        if sys.stdout is not None:  # closed by the caller (`>&-`)
            sys.stdout.flush()
        if code == INTERRUPTED and not others:  # the parser's own way of telling of Ctrl-C
            raise KeyboardInterrupt
        return int(code or 0)
    except RiskAuditError as error:
        return _told("\n".join(error.lines()), error.exit_code)
    except (KeyboardInterrupt, typer.Abort):
        return _told("interrupted: nothing that was not finished was written", INTERRUPTED)
    except BaseException as error:  # noqa: BLE001 -- the last door: a bug, even a stray SystemExit(0), must end as 70
        return _unexpected(error, debug)


def _ours(words: list[str]) -> tuple[list[str], list[str]]:
    """Our own words, and those of another command, which follow `meter ... --`."""
    at = words.index("--") if words[:1] == ["meter"] and "--" in words else len(words)
    return words[:at], words[at:]


class _Patient(io.FileIO):
    """A stream whose reader may leave (`| head -1`): the rest goes nowhere, and the exit code stays what it is."""

    def write(self, content: Any) -> int:
        """Write, or drop what nobody reads any more."""
        try:
            return super().write(content) or 0
        except BrokenPipeError:
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, self.fileno())
            os.close(nowhere)
            return len(memoryview(content).cast("B"))


def _patient(stream: Any) -> Any:
    """The stream, able to show any character and to lose its reader; one that is no file of its own is left alone."""
    buffer = getattr(stream, "buffer", None)
    raw = getattr(buffer, "raw", buffer)  # PYTHONUNBUFFERED leaves the buffer out
    if not isinstance(raw, io.FileIO):
        return stream
    stream.flush()
    return io.TextIOWrapper(
        io.BufferedWriter(_Patient(raw.fileno(), "w", closefd=False)),
        encoding=stream.encoding,
        errors="replace",
        line_buffering=stream.line_buffering,
        write_through=stream.write_through,
    )


def _unexpected(error: BaseException, debug: bool) -> int:
    """The parser's own errors are usage, a full disk under stdout is the system's, all others are bugs."""
    if _of_stdout(error):
        _silence()
        return _told(f"error: the answer could not be written to stdout: {os.strerror(error.errno)}", 4)  # type: ignore[attr-defined]
    if (
        type(error).__name__ == "NoArgsIsHelpError"
    ):  # a command of commands without one: its help is the answer
        return _told(str(error.format_message()), 2)  # type: ignore[attr-defined]
    if hasattr(error, "format_message") and hasattr(error, "exit_code"):
        context = getattr(error, "ctx", None)
        name = context.command_path if context else "riskaudit"
        return _told(f"error: {error.format_message()}\n  = help: {name} --help", 2)
    if debug:
        import traceback

        traceback.print_exception(error)
    return _told(
        f"error: a bug in riskaudit: {type(error).__name__}: {error}\n  = help: repeat with --debug and report what it prints",
        70,
    )


def _told(text: str, code: int) -> int:
    """Say why on stderr, control characters taken out, and give the code."""
    from riskaudit.writers.words import escape_terminal

    for line in text.split("\n"):
        words = line.lstrip(" ")
        print(" " * (len(line) - len(words)) + escape_terminal(words), file=sys.stderr)
    return code


def _of_stdout(error: BaseException) -> bool:
    """Whether what was printed could not reach its end: trouble of a stream, which names no file."""
    full = (errno.ENOSPC, errno.EFBIG, errno.EIO, errno.EDQUOT)
    return isinstance(error, OSError) and error.filename is None and error.errno in full


def _silence() -> None:
    """Keep the interpreter from complaining of the closed pipe once more at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
