"""gate: apply a rulebook, waivers and a baseline to an existing report.json; no model, no data, instant."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from riskaudit.cli.config import ConfigFile, tell_softer
from riskaudit.cli.options import (
    BaselineFile,
    FailOn,
    Formats,
    Lang,
    Languages,
    Rules,
    Set,
    Severities,
    State,
    StrictBaseline,
    Tolerance,
    Waivers,
    formats,
    pairs,
    show,
    speak_up,
    words,
)


def gate(
    report: Annotated[Path, typer.Argument(metavar="REPORT", help="A report.json.")],
    rules: Rules = [],  # noqa: B006 -- typer copies it
    set_: Set = [],  # noqa: B006
    waivers: Waivers = [],  # noqa: B006
    no_waivers: Annotated[
        bool, typer.Option("--no-waivers", help="Not even those that the report carries.")
    ] = False,
    baseline: BaselineFile = "",
    no_baseline: Annotated[
        bool, typer.Option("--no-baseline", help="Not even the one that the report carries.")
    ] = False,
    strict_baseline: StrictBaseline = False,
    tolerance: Tolerance = None,
    state: State = [],  # noqa: B006
    strict: Annotated[
        bool | None,
        typer.Option(
            "--strict/--no-strict", help="An unsure rule fails too (default: as the report was judged)."
        ),
    ] = None,
    fail_on: FailOn = Severities.low,
    out: Annotated[
        Path | None, typer.Option("-o", "--out", metavar="FOLDER", help="Write the judged report there.")
    ] = None,
    format_: Formats = ["json"],  # noqa: B006
    model_sha256: Annotated[
        str | None, typer.Option("--model-sha256", metavar="SHA256", help="Refuse a report on another model.")
    ] = None,
    data_sha256: Annotated[
        str | None, typer.Option("--data-sha256", metavar="SHA256", help="Refuse a report on other rows.")
    ] = None,
    max_age: Annotated[
        str | None, typer.Option("--max-age", metavar="AGE", help="Refuse an older report: 12h, 30d, 6w.")
    ] = None,
    key: Annotated[
        Path | None, typer.Option("--key", metavar="PUB.PEM", help="Refuse a report not signed by this key.")
    ] = None,
    policy_digest: Annotated[
        str | None,
        typer.Option(
            "--policy-digest",
            metavar="SHA256",
            help="Refuse any other rules, waivers, baseline or strictness (riskaudit verify tells the digest).",
        ),
    ] = None,
    lang: Lang = Languages.en,
    config: ConfigFile = "",
) -> None:
    """Apply a rulebook to an existing report.json (no model, no data).

    Without --rules, --waivers or --baseline those that the report carries are applied again, waivers as of
    today, and what was judged strictly is judged so again; a report that contradicts itself is refused.
    """
    from riskaudit.believing import refuse_foreign, refuse_softened
    from riskaudit.cli.judging import book_for, policy
    from riskaudit.cli.step_summary import append_summary
    from riskaudit.cli.verify import by_key
    from riskaudit.pipeline import rejudge
    from riskaudit.rulebook import SEVERITIES, check_statements
    from riskaudit.verify import read_verified
    from riskaudit.writers import save
    from riskaudit.writers.anchors import repository

    chosen = formats(format_)
    measured = read_verified(report)
    refuse_foreign(measured, model_sha256=model_sha256, data_sha256=data_sha256, max_age=max_age)
    if key:
        by_key(report, key)
    book = book_for(measured, rules, pairs(set_, flag="--set"))
    held = policy(
        measured, waivers=None if no_waivers else words(waivers), baseline=None if no_baseline else baseline,
        tolerance=tolerance, strict=strict_baseline,
    )  # fmt: skip
    stated = pairs(state, flag="--state")
    check_statements(book, stated)
    judged = rejudge(
        measured.model_copy(update={"statements": {**measured.statements, **stated}}),
        book,
        strict=measured.gate.strict if strict is None else strict,
        fail_on=SEVERITIES[list(Severities).index(fail_on)],
        policy=held,
    )
    refuse_softened(judged, policy_digest)
    written = save(judged, out, formats=chosen, lang=lang.value, root=repository(Path.cwd())) if out else ()
    append_summary(judged, lang.value)
    tell_softer()
    speak_up(judged)
    show(judged, written=written, lang=lang.value)
    raise typer.Exit(judged.gate.code)
