"""demo: the built-in example, end to end."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from riskaudit.cli.options import (
    Country,
    Lang,
    Languages,
    Seed,
    command_line,
    default_folder,
    look,
    progress,
    show,
    told,
)

LESSON = """
The labels themselves carry the planted gap, so a model that treats both groups alike disagrees with them
more often in one group than in the other: here equal selection and equal error rates cannot hold together.
Which of them counts is for people to say.
"""


def demo(
    seed: Seed = 0,
    country: Country = "",
    lang: Lang = Languages.en,
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
    from riskaudit.writers.lingo import speaking

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
        for path in save(report, folder / name, formats=("json", "md", "html"), lang=lang.value)
    ]
    with speaking(lang.value, done.before, done.after):
        _tell(done, written, lang.value)


def _tell(done: Any, written: list[Path], lang: str) -> None:
    """The risky model's findings, the two side by side, and where to go from here."""
    from riskaudit.writers.lingo import tr
    from riskaudit.writers.terminal import side_by_side

    codes = [f"{report.gate.code} ({report.gate.name})" for report in (done.before, done.after)]
    print(tr(f"riskaudit demo: a loan model on made-up rows whose harms are known (seed {done.before.seed})"))
    print(tr("\nBefore: a random forest that sees 'district', which gives the group away in 9 of 10 rows\n"))
    show(done.before, lang=lang)
    print(tr("\nAfter: a logistic regression that does not\n"))
    cost = told(done.cost)
    names = ("risky forest", "mended logistic")
    print(side_by_side(done.before, done.after, names=names, cost=[cost], **look()), end="")
    print(tr(LESSON))
    for path in written:
        if path.suffix == ".html":
            print(tr(f"Report  {path}"))
    print(tr("Next    riskaudit explain selection-rate-ratio"))
    print(
        tr(
            f"riskaudit audit would have ended with {codes[0]} before and {codes[1]} after; the demo ends with 0."
        )
    )
