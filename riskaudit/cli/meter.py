"""meter: run a command, and write down what energy it took."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from riskaudit.cli.options import Country
from riskaudit.cli.sections import Sectioned
from riskaudit.errors import InputError, UsageError

DEFAULT = Path("training-record.json")
UNWRITTEN = 4


class AfterDashes(Sectioned):
    """A command line of two parts: ours, then -- and somebody else's, of which no word is read."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Refuse a line without the dashes: whose flags are whose could only be guessed."""
        ours = args[: args.index("--")] if "--" in args else args
        if "--" not in args and not {"-h", "--help"} & set(ours):
            raise UsageError(
                "the command to meter comes after --",
                "riskaudit meter -o FILE -- python train.py",
                where="--",
            )
        return super().parse_args(ctx, args)


def meter(
    command: Annotated[
        list[str], typer.Argument(metavar="-- COMMAND...", help="The program and its arguments, as ever.")
    ],
    out: Annotated[
        Path,
        typer.Option(
            "-o",
            "--out",
            metavar="FILE",
            help="The record to write; an audit of MODEL finds MODEL.training.json by itself.",
        ),
    ] = DEFAULT,
    country: Country = "",
    carbon_intensity: Annotated[
        float | None,
        typer.Option(
            "--carbon-intensity", min=0, metavar="G/KWH", help="Grams of CO2e per kWh, if you know better."
        ),
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing at the end.")] = False,
) -> None:
    """Run a command, and write down what energy it took.

    Its input, output and signals are its own, and it ends with its own exit code: 128 + N where signal N ended it,
    127 where there is no such command, 126 where it cannot be run (as of env, nohup and timeout). Only where the
    command went well and the record cannot be written is the exit code 4. What is wrong with the line itself is
    told before anything runs: 2, or 4 where FILE cannot be written.
    """
    from datetime import UTC, datetime

    from riskaudit.metered.command import run_command

    _check_out(out)
    started = datetime.now(UTC).isoformat(timespec="seconds")
    ended = run_command(command, country=country or None, intensity=carbon_intensity)
    if ended.energy is None:
        _say(f"error: {ended.trouble}")
        raise typer.Exit(ended.code)
    try:
        run = _kept(command, ended, started=started, out=out)
    except InputError as error:
        _say("\n".join(error.lines()))
        raise typer.Exit(ended.code or UNWRITTEN) from error
    if not quiet:
        _tell(run.energy, out)
    raise typer.Exit(ended.code)


def _check_out(out: Path) -> None:
    """Refuse, before anything runs, a record that could not be written."""
    import tempfile

    if out.is_dir():
        raise UsageError(f"{out} is a folder", f"name a file in it: -o {out}/NAME.training.json", where="-o")
    folder = out.parent
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    try:
        tempfile.TemporaryFile(dir=folder).close()
    except OSError as error:
        raise InputError(
            f"{out} cannot be written: {error.strerror}",
            "name a folder you may write to, with -o",
            where="-o",
        ) from error


def _kept(command: list[str], ended: Any, *, started: str, out: Path) -> Any:
    """The run, written down."""
    import shlex

    from riskaudit.cli.secrets import cut
    from riskaudit.metered.run import MeteredRun, circumstances, file_sha256, model_of, write_run

    model = model_of(out)
    what = shlex.join(cut(command)).encode("utf-8", "backslashreplace").decode()
    run = MeteredRun(
        what=what,
        started=started,
        exit_code=ended.code,
        model_sha256=file_sha256(model) if model else "",
        meter="riskaudit meter",
        energy=ended.energy,
        **circumstances(),
    )
    write_run(out, run)
    return run


def _tell(energy: Any, out: Path) -> None:
    """One line of what it took."""
    if energy.kwh is None:
        drawn = f"energy not assessed: {energy.note}"
    else:
        drawn = f"{1000 * energy.kwh:.3g} Wh, {1000 * (energy.kg_co2e or 0):.3g} g CO2e ({energy.method})"
    _say(f"metered: {energy.seconds:.2f} s, {drawn}; record: {out}")


def _say(text: str) -> None:
    """On stderr: stdout is the command's."""
    from riskaudit.cli.options import shown

    print("\n".join(shown(line) for line in text.split("\n")), file=sys.stderr)
