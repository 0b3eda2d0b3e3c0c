"""why: single decisions of a model, with what moved them, what would flip them, and the reasons in words."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from riskaudit.cli import service
from riskaudit.cli.options import (
    Decimal,
    Decimals,
    Efforts,
    Encoding,
    ReducedSandbox,
    Seed,
    Tasks,
    TrustPickle,
    TrustType,
    command_line,
    look,
    progress,
    task_of,
    words,
)
from riskaudit.errors import UsageError, did_you_mean

Shapes = StrEnum("Shapes", ["text", "json", "md", "html"])
POOL = 3_000
TRIALS, REMOTE_TRIALS = 6_000, 300


def why(
    model: Annotated[
        str, typer.Argument(metavar="MODEL", help="A saved model's file; http(s)://... ; python:module:name.")
    ],
    data: Annotated[str, typer.Argument(metavar="DATA", help="The table that the rows are in.")],
    row: Annotated[
        list[int],
        typer.Option(
            "--row",
            metavar="N",
            help="A row, counted from 0 below the header; repeatable. Without: typical ones, the borderline, the worst error.",
        ),
    ] = [],  # noqa: B006 -- typer copies it
    immutable: Annotated[
        list[str],
        typer.Option(
            "--immutable",
            metavar="COLUMN",
            help="Columns that nobody can change; sensitive ones are so anyway. Repeat, or separate by commas.",
        ),
    ] = [],  # noqa: B006
    wanted: Annotated[
        list[str],
        typer.Option("--wanted", metavar="VALUE", help="The outcome to reach; default: the favourable one."),
    ] = [],  # noqa: B006
    threshold: Annotated[
        float | None, typer.Option("--threshold", help="Of a regression: the value to reach.")
    ] = None,
    below: Annotated[
        bool, typer.Option("--below", help="With --threshold: less than it is what is wanted.")
    ] = False,
    target: Annotated[
        str, typer.Option("--target", metavar="COLUMN", help="The actual outcome; default: as recorded.")
    ] = "",
    favourable: Annotated[
        list[str],
        typer.Option("--favourable", metavar="VALUE", help="The outcome that is good for the person."),
    ] = [],  # noqa: B006
    sensitive: Annotated[
        list[str],
        typer.Option("--sensitive", metavar="COLUMN", help="Columns of groups; default: as recorded."),
    ] = [],  # noqa: B006
    features: Annotated[
        list[str],
        typer.Option(
            "--features", metavar="COLUMN", help="With a service or your own code: what it may see."
        ),
    ] = [],  # noqa: B006
    classes: service.Classes = "",
    task: Annotated[
        Tasks | None, typer.Option("--task", help="What the target is, where it cannot be told from it.")
    ] = None,
    trials: Annotated[
        int | None,
        typer.Option(
            "--trials", min=1, max=1_000_000, help=f"Changed rows to try for each row (default {TRIALS:,})."
        ),
    ] = None,
    protocol: service.ProtocolOption = None,
    header_env: service.HeaderEnv = [],  # noqa: B006
    batch: service.Batch = None,
    rate: service.Rate = None,
    max_requests: service.MaxRequests = None,
    answers: service.AnswersOption = None,
    output: service.Output = "",
    cassette: service.CassetteOption = "",
    trust: TrustType = [],  # noqa: B006
    trust_pickle: TrustPickle = "",
    allow_reduced_sandbox: ReducedSandbox = False,
    effort: Annotated[Efforts, typer.Option("--effort", help="How much work to put in.")] = Efforts.normal,
    seed: Seed = 0,
    decimal: Decimal = Decimals.point,
    encoding: Encoding = "",
    format_: Annotated[Shapes, typer.Option("-f", "--format", help="How to write it.")] = Shapes.text,
    out: Annotated[
        Path | None, typer.Option("-o", "--out", metavar="FILE", help="Where to write; default: stdout.")
    ] = None,
) -> None:
    """Explain single decisions: what moved them, what would flip them, the reasons in words.

    The answer holds the rows' own values: give it to nobody but those it is about. No file is written without -o.
    """
    from riskaudit.request import Request

    endpoint = service.endpoint(
        protocol=protocol,
        headers=service.headers(header_env),
        batch=batch,
        rate=rate,
        max_requests=max_requests,
        answers=answers,
        output=output,
        cassette=cassette,
    )
    request = Request(
        model=model,
        data=data,
        endpoint=endpoint,
        classes=words([classes]),
        target=target,
        favourable=tuple(favourable),
        sensitive=words(sensitive),
        features=words(features),
        task=task_of(task),
        trust=words(trust),
        trust_pickle=trust_pickle,
        allow_reduced_sandbox=allow_reduced_sandbox,
        effort=effort.value,
        seed=seed,
        decimal=decimal.value,
        encoding=encoding,
        command=command_line(),
    )
    service.warn(model)
    with progress() as tell:
        found = _found(
            request, tuple(row), words(immutable), wanted=tuple(wanted), threshold=threshold, below=below,
            trials=trials, tell=tell,
        )  # fmt: skip
    _write(found, format_, out)


def _found(
    request: Any, rows: tuple[int, ...], immutable: tuple[str, ...], *, wanted: tuple[str, ...],
    threshold: float | None, below: bool, trials: int | None, tell: Any,
) -> Any:  # fmt: skip
    """The decisions, every word of the request checked against the table first."""
    from dataclasses import replace

    from riskaudit.audits.explainability.decisions import decided, small
    from riskaudit.audits.explainability.decisions.wish import wish_of
    from riskaudit.datasets.labels import match_label
    from riskaudit.loading.deciding import load_whole

    evidence, names, outcomes = load_whole(request, tell, unseen=not rows)
    try:
        places = _places(rows, names)
        _check(evidence, immutable, wanted, threshold, below)
        classes = evidence.subject.classes
        chosen = tuple(match_label(word, classes, flag="--wanted") for word in wanted)
        if chosen and set(chosen) >= set(classes):
            raise UsageError(
                "every outcome is wanted, so none can be flipped", "name fewer", where="--wanted"
            )
        wish = wish_of(evidence, wanted=chosen, threshold=threshold, below=below)
        part, taken, asked = small(evidence, places, most=POOL)
        fixed = tuple(dict.fromkeys((*evidence.test.sensitive, *immutable)))
        return decided(
            replace(part, progress=tell), names[taken], asked=asked, wish=wish, immutable=fixed,
            trials=trials or (REMOTE_TRIALS if evidence.subject.remote else TRIALS), outcomes=outcomes,
        )  # fmt: skip
    finally:
        _finish(evidence)


def _finish(evidence: Any) -> None:
    """Let go of the model; a service's cassette is written first."""
    if evidence.subject.remote:
        evidence.subject.estimator.finish()
    evidence.subject.close()


def _places(rows: tuple[int, ...], names: Any) -> tuple[int, ...]:
    """Where the rows that are asked for stand among those that are left.

    Raises
    ------
    UsageError
        If there is no such row, or it has no answer.
    """
    at = {int(name): place for place, name in enumerate(names)}
    for row in rows:
        if row not in at:
            last = max(at, default=-1)
            if 0 <= row < last:
                raise UsageError(
                    f"row {row} has no answer from the service", "ask again later", where="--row"
                )
            raise UsageError(
                f"there is no row {row}: the table has rows 0 to {last}",
                "rows are counted from 0, the first below the header",
                where="--row",
            )
    return tuple(at[row] for row in dict.fromkeys(rows))


def _check(
    evidence: Any, immutable: tuple[str, ...], wanted: tuple[str, ...], threshold: float | None, below: bool
) -> None:
    """Refuse columns that are not there, and wishes that a model of this kind cannot have."""
    known = [str(name) for name in evidence.subject.columns(evidence.test.frame).columns]
    every = {str(name) for name in evidence.test.frame.columns}
    for name in immutable:
        if name not in every:
            raise UsageError(f"there is no column '{name}'", did_you_mean(name, known), where="--immutable")
    regression = evidence.task == "regression"
    if wanted and regression:
        raise UsageError("--wanted names a class, but the model predicts a value", "give --threshold", where="--wanted")  # fmt: skip
    if threshold is not None and not regression:
        raise UsageError("--threshold is for a model that predicts a value", "give --wanted", where="--threshold")  # fmt: skip
    if below and threshold is None:
        raise UsageError("--below means nothing without --threshold", "give --threshold", where="--below")


def _write(found: Any, shape: Shapes, out: Path | None) -> None:
    """Print it, or write it whole."""
    from riskaudit.files import write_whole
    from riskaudit.writers import why as writing

    if shape is Shapes.text:
        told = writing.text(found) if out else writing.text(found, **look())
    else:
        told = {"json": writing.as_json, "md": writing.markdown, "html": writing.page}[shape.value](found)
    if out is None:
        print(told, end="")
        return
    write_whole(out, told.encode())
    print(f"Wrote  {out}  (it holds people's own values)")
