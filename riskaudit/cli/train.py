"""train: train a model with the training core and save it with its training record."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from riskaudit.cli.options import Country, Seed, Tasks, pairs, progress, told, words


def train(
    data: Annotated[str, typer.Argument(metavar="DATA", help="A table: CSV, .csv.gz or Parquet.")],
    target: Annotated[str, typer.Option("--target", metavar="COLUMN", help="What to predict.")],
    learner: Annotated[
        str, typer.Option("--learner", metavar="NAME", help="One of: riskaudit list learners.")
    ],
    out: Annotated[Path, typer.Option("-o", "--out", metavar="MODEL", help="The file to write (.skops).")],
    features: Annotated[
        list[str],
        typer.Option(
            "--features",
            metavar="COLUMN",
            help="What the model may see (default: every column without a role).",
        ),
    ] = [],  # noqa: B006 -- typer copies it
    drop: Annotated[list[str], typer.Option("--drop", metavar="COLUMN", help="What it may not see.")] = [],  # noqa: B006
    sensitive: Annotated[
        list[str],
        typer.Option(
            "--sensitive", metavar="COLUMN", help="Columns of groups: kept beside the features, and recorded."
        ),
    ] = [],  # noqa: B006
    favourable: Annotated[
        list[str],
        typer.Option("--favourable", metavar="VALUE", help="The good outcome; recorded for audits."),
    ] = [],  # noqa: B006
    positive: Annotated[
        str,
        typer.Option("--positive", metavar="VALUE", help="The positive class (default: the last in order)."),
    ] = "",
    group_column: Annotated[
        str,
        typer.Option(
            "--group-column",
            metavar="COLUMN",
            help="Rows that share a value (a person) stay on one side of the split.",
        ),
    ] = "",
    task: Annotated[
        Tasks | None, typer.Option("--task", help="What the target is, where it cannot be told from it.")
    ] = None,
    param: Annotated[
        list[str], typer.Option("--param", metavar="KEY=VALUE", help="A setting of the learner: max_depth=6.")
    ] = [],  # noqa: B006
    test_share: Annotated[
        float, typer.Option("--test-share", min=0.01, max=0.99, help="The share of rows held out.")
    ] = 0.3,
    country: Country = "",
    seed: Seed = 0,
) -> None:
    """Train a model with the training core and save it with its record.

    The record keeps rows, columns, seconds, energy, parameters, seed and the hash of the data and of its split,
    so that an audit knows later which rows are members and which were held out.
    """
    from riskaudit.loading import training_data
    from riskaudit.request import Request
    from riskaudit.training.fit import train as fit

    request = Request(
        data=data,
        target=target,
        learner=learner,
        features=words(features),
        drop=words(drop),
        sensitive=words(sensitive),
        favourable=tuple(favourable),
        positive=positive,
        group_column=group_column,
        task="regression" if task == "regression" else "multiclass" if task else None,
        test_share=test_share,
        seed=seed,
    )
    with progress() as tell:
        tell("reading the data")
        rows = training_data(request)
        trained = fit(
            rows,
            learner=learner,
            settings=pairs(param, flag="--param"),
            seed=seed,
            test_share=test_share,
            country=country,
            progress=tell,
        )
    _finish(trained, out)


def _finish(trained: Any, out: Path) -> None:
    """Save the model, and say how good it is on rows it has not seen."""
    from riskaudit.evidence import Evidence
    from riskaudit.subjects.skops_file import save_model
    from riskaudit.training.quality import quality

    digest = save_model(out, trained.subject.estimator, trained.record)
    record = trained.record
    print(
        f"{record.learner} on {record.rows:,} rows, {len(record.features)} columns; {record.held_out:,} rows held out (seed {record.seed})"
    )
    for measure in quality(Evidence(subject=trained.subject, test=trained.held_out)):
        print(f"  {told(measure)}")
    energy = record.energy
    if energy is not None:
        drawn = (
            f"{energy.kwh * 1000:.3g} Wh, {energy.method}"
            if energy.kwh is not None
            else f"energy not assessed: {energy.note}"
        )
        print(f"  took {record.seconds:.2f} s, {drawn}")
    print(f"Saved  {out}  sha256:{digest}")
