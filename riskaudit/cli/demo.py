"""demo: the built-in example, end to end."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from riskaudit.cli.options import (
    Country,
    Seed,
    ascii_only,
    colour,
    command_line,
    default_folder,
    progress,
    show,
    width,
)


def demo(
    seed: Seed = 0,
    country: Country = "",
    out: Annotated[
        Path | None,
        typer.Option(
            "-o", "--out", metavar="FOLDER", help="Where to write (default: reports/<time>-<hash>)."
        ),
    ] = None,
    example: Annotated[
        bool,
        typer.Option(
            "--example", hidden=True, help="Write only the risky model's report, as reports/example has it."
        ),
    ] = False,
) -> None:
    """Audit the built-in example, end to end, before and after mending.

    No file and no network needed. A random forest that sees a proxy of the group is audited, then a mended
    logistic regression; both reports are written. Always exits 0, and prints what `audit` would have returned.
    """
    from riskaudit.demo import run_demo
    from riskaudit.writers import save

    with progress() as tell:
        done = run_demo(
            seed=seed, country=country, command="riskaudit demo" if example else command_line(), progress=tell
        )
    if example:
        save(done.before, out or Path("reports/example"), formats=("json", "md", "html"))
        return
    folder = out or default_folder(done.before.data.sha256 or "demo")
    written = [
        path
        for name, report in (("risky", done.before), ("mended", done.after))
        for path in save(report, folder / name, formats=("json", "md", "html"))
    ]
    _tell(done, written)


def _tell(done: Any, written: list[Path]) -> None:
    """The risky model's findings, the two side by side, and where to go from here."""
    from riskaudit.writers.terminal import side_by_side
    from riskaudit.writers.words import measure_line

    print(f"riskaudit demo: a loan model on made-up rows whose harms are known (seed {done.before.seed})\n")
    print("Before: a random forest that sees 'district', which gives the group away in 9 of 10 rows\n")
    show(done.before, written=[path for path in written if path.parent.name == "risky"])
    print("\nAfter: a logistic regression without it\n")
    cost = f"What the mending cost: {measure_line(done.cost)}"
    print(
        side_by_side(
            done.before, done.after, lines=[cost], colour=colour(), width=width(), ascii_only=ascii_only()
        ),
        end="",
    )
    pages = [path for path in written if path.suffix == ".html"]
    print(
        "\n".join(
            [
                "",
                *(f"Report  {path}" for path in pages),
                f"riskaudit audit would have returned {done.before.gate.code} ({done.before.gate.name}) before, {done.after.gate.code} ({done.after.gate.name}) after.",
            ]
        )
    )
    print(
        "Next    riskaudit explain selection-rate-ratio   ·   riskaudit audit --help"
        if not ascii_only()
        else "Next    riskaudit explain selection-rate-ratio  |  riskaudit audit --help"
    )
