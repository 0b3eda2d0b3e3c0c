"""mend: try remedies for a gap in decisions, say what each leaves and costs, and save the model of one."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from riskaudit.cli.options import Efforts, Seed, command_line, progress, words
from riskaudit.errors import RiskAuditError, UsageError


class Gaps(StrEnum):
    """Gaps that a remedy is chosen by."""

    selection = "selection"
    error_rates = "error-rates"


def mend(
    model: Annotated[
        str, typer.Option("--model", metavar="FILE", help="A model that riskaudit train saved.")
    ],
    data: Annotated[
        str,
        typer.Option(
            "--data", metavar="FILE", help="The table it was split from, or held-out rows with --train."
        ),
    ],
    train: Annotated[str, typer.Option("--train", metavar="FILE", help="Rows to train on again.")] = "",
    sensitive: Annotated[
        list[str],
        typer.Option("--sensitive", metavar="COLUMN", help="Columns of groups; default: as recorded."),
    ] = [],  # noqa: B006 -- typer copies it
    favourable: Annotated[
        list[str],
        typer.Option("--favourable", metavar="VALUE", help="The good outcome; default: as recorded."),
    ] = [],  # noqa: B006
    by: Annotated[
        str,
        typer.Option(
            "--by", metavar="COLUMN", help="The gap to mend; default: that of the first sensitive column."
        ),
    ] = "",
    gap: Annotated[
        Gaps,
        typer.Option("--gap", help="The gap that the default remedy is to leave least of."),
    ] = Gaps.selection,
    remedy: Annotated[
        str,
        typer.Option(
            "--remedy", metavar="NAME", help="reweigh or drop-proxies; default: the one that leaves least."
        ),
    ] = "",
    most: Annotated[
        float,
        typer.Option(
            "--most-accuracy",
            min=0,
            max=1,
            metavar="SHARE",
            help="Accuracy that may be given up, by default 0.05.",
        ),
    ] = 0.05,
    effort: Annotated[
        Efforts, typer.Option("--effort", help="deep also tries exponentiated gradient.")
    ] = Efforts.normal,
    min_group: Annotated[int, typer.Option("--min-group", min=2, help="Rows a group needs.")] = 30,
    seed: Seed = 0,
    out: Annotated[
        Path | None,
        typer.Option("-o", "--out", metavar="FILE", help="Where to save the mended model (.skops or .npz)."),
    ] = None,
) -> None:
    """Try remedies for a gap, with their price, and save the mended model.

    All are measured on held-out rows that none was tuned on. Reweighing and leaving proxies out give a model that needs no sensitive column; thresholds by group do need it, so they
    are measured and never saved. Without -o nothing is written.
    """
    from riskaudit.request import Request
    from riskaudit.training.remedies.measured import REFITS

    if remedy and remedy not in REFITS:
        raise UsageError(
            f"there is no model of remedy '{remedy}'", f"one of: {', '.join(REFITS)}", where="--remedy"
        )
    request = Request(
        model=model,
        data=data,
        train=train,
        sensitive=words(sensitive),
        favourable=tuple(favourable),
        effort=effort.value,
        min_group=min_group,
        seed=seed,
        command=command_line(),
    )
    done = _done(request, by)
    _tell(done)
    if out is not None:
        _save(done, remedy, out, most, gap)


def _done(request: Any, by: str) -> Any:
    """All remedies, measured."""
    from dataclasses import replace

    from riskaudit.loading import load
    from riskaudit.training.remedies import mend as tried

    with progress() as tell:
        evidence = load(request, progress=tell)
        if not evidence.test.sensitive:
            raise UsageError("no sensitive column is named", "give --sensitive COLUMN", where="--sensitive")
        return tried(replace(evidence, progress=tell), by or evidence.test.sensitive[0])


def _tell(done: Any) -> None:
    """What each remedy leaves of the gap, and what it costs."""
    from riskaudit.writers.words import escape_terminal

    def say(text: str) -> None:
        words_of = text.lstrip(" ")
        print(" " * (len(text) - len(words_of)) + escape_terminal(words_of))

    if not done.measured:
        say(f"No remedy for the gap by '{done.column}' could be tried.")
    else:
        before, rows = done.measured[0].before, done.measured[0].rows
        say(f"Gap in selection rates by '{done.column}': {_told(before)}, n = {rows:,} held-out rows")
    for one in done.measured:
        price = one.price_interval
        say(
            f"  {one.name}: gap {_told(one.after)}; accuracy {one.accuracy:.3f}, {one.price:+.3f} given up ({price.low:+.3f} to {price.high:+.3f})"
        )
        if one.odds_before and one.odds_after:
            say(f"    gap in error rates {_told(one.odds_after)}; before {one.odds_before.value:.3f}")
        say(f"    {one.words}")
        if one.caution:
            say(f"    caution: {one.caution}")
    for name, why in done.skipped:
        say(f"  {name}: not tried: {why}")


def _told(gap: Any) -> str:
    """A gap with its interval."""
    return f"{gap.value:.3f} (95% interval {gap.interval.low:.3f} to {gap.interval.high:.3f})"


def _left(one: Any, gap: Gaps) -> tuple[float, float]:
    """A gap before and after a remedy; none where too few rows tell the gap in error rates."""
    if gap is Gaps.selection:
        return one.before.value, one.after.value
    if one.odds_before is None or one.odds_after is None:
        return 0.0, 0.0
    return one.odds_before.value, one.odds_after.value


def _save(done: Any, remedy: str, out: Path, most: float, gap: Gaps) -> None:
    """Write the model of the chosen remedy, or of the best that is affordable.

    Raises
    ------
    RiskAuditError
        If none narrows the gap at that price: then nothing is written.
    """
    from riskaudit.training.saving import check_files, save_all

    able = [m for m in done.measured if m.name in done.models]
    if remedy:
        chosen = next((m for m in able if m.name == remedy), None)
        why = next((reason for name, reason in done.skipped if name == remedy), "it was not measured")
        if chosen is None:
            raise RiskAuditError(f"remedy '{remedy}' gives no model here: {why}", "try another --remedy")
    else:
        left = {m.name: _left(m, gap) for m in able}
        good = [m for m in able if m.price <= most and left[m.name][1] < left[m.name][0]]
        if not good:
            raise RiskAuditError(
                f"no remedy that gives a model narrows the gap for {most:g} of accuracy or less",
                "raise --most-accuracy, or name one with --remedy",
            )
        chosen = min(good, key=lambda m: left[m.name][1])
    trained = done.models[chosen.name].trained
    check_files(trained.record.learner, out, None, None)
    for path, digest in save_all(trained, out, curve=None, export=None).items():
        print(f"Saved  {path}  sha256:{digest}  ({chosen.name})")
    print(f"Next   riskaudit audit --model {out} --data <the same table>")
