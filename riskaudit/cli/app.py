"""The app: every command in one place, and every way it can end as an exit code."""

from __future__ import annotations

import errno
import os
import sys
from typing import Any

import typer
from typer.core import TyperGroup

from riskaudit.cli import (
    audit,
    baseline,
    demo,
    diff,
    explain,
    gate,
    listing,
    render,
    schema,
    sign,
    train,
    verify,
    waiver,
)
from riskaudit.cli.help import root_help
from riskaudit.errors import RiskAuditError

INTERRUPTED = 130


class Root(TyperGroup):
    """The root command, whose help is the text that the fast path prints."""

    def get_help(self, ctx: Any) -> str:
        """The same text as `riskaudit --help` gives at once."""
        return root_help().rstrip("\n")


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


@app.callback()
def root(
    version: bool = typer.Option(False, "--version", help="Show the version and exit.", is_eager=True),
) -> None:
    """Audit a machine-learning model."""
    if version:
        from riskaudit import __version__

        print(f"riskaudit {__version__}")
        raise typer.Exit(0)


for _command in (
    demo.demo,
    train.train,
    audit.audit,
    gate.gate,
    render.render,
    diff.diff,
    verify.verify,
    sign.sign,
    explain.explain,
    schema.schema,
):
    app.command()(_command)
app.command(name="list")(listing.list_)
app.add_typer(baseline.baseline, name="baseline")
app.add_typer(waiver.waiver, name="waiver")


def run_command(words: list[str]) -> int:
    """Run one command line and give its exit code; nothing but that leaves here.

    Expected trouble is two lines and its own code, Ctrl-C is 130, a reader who left early (`| head`) is no
    error, and a bug is 70, its traceback shown with --debug (or RISKAUDIT_DEBUG=1) and never with locals.
    """
    debug = "--debug" in words or bool(os.environ.get("RISKAUDIT_DEBUG"))
    words = [word for word in words if word != "--debug"]
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    if not debug:
        import warnings

        warnings.simplefilter("ignore")  # libraries' warnings are for their developers, not for this terminal
    try:
        code = typer.main.get_command(app).main(args=words, prog_name="riskaudit", standalone_mode=False)
        sys.stdout.flush()
        if code == INTERRUPTED:  # the parser's own way of telling of Ctrl-C
            raise KeyboardInterrupt
        return int(code or 0)
    except RiskAuditError as error:
        return _told("\n".join(error.lines()), error.exit_code)
    except (KeyboardInterrupt, typer.Abort):
        return _told("interrupted: nothing that was not finished was written", INTERRUPTED)
    except BrokenPipeError:
        _silence()
        return 0
    except SystemExit as error:
        if isinstance(error.__context__, BrokenPipeError):  # the parser's own way of telling of `| head`
            _silence()
            return 0
        return _unexpected(error, debug)
    except BaseException as error:  # noqa: BLE001 -- the last door: a bug, even a stray SystemExit(0), must end as 70
        return _unexpected(error, debug)


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
