"""train: train a model with the training core and save it with its training record."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from riskaudit.cli import learning
from riskaudit.cli.config import ConfigFile
from riskaudit.cli.options import (
    Country,
    Decimal,
    Decimals,
    Encoding,
    ReducedSandbox,
    Seed,
    Tasks,
    TrustPickle,
    TrustType,
    pairs,
    shown,
    task_of,
    told,
    words,
)


def train(
    data: Annotated[str, typer.Argument(metavar="DATA", help="A table: CSV, .csv.gz or Parquet.")],
    target: Annotated[str, typer.Option("--target", metavar="COLUMN", help="What to predict.")],
    learner: Annotated[
        str, typer.Option("--learner", metavar="NAME", help="One of: riskaudit list learners.")
    ],
    out: Annotated[
        Path,
        typer.Option(
            "-o", "--out", metavar="MODEL", help="The file to write: .skops, or .npz for the NumPy core."
        ),
    ],
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
    hidden: learning.Hidden = "",
    activation: learning.Activation = "",
    optimizer: learning.Optimizer = "",
    learning_rate: learning.Rate = "",
    momentum: learning.Momentum = "",
    schedule: learning.Schedule = "",
    decay: learning.Decay = "",
    l1: learning.L1 = "",
    l2: learning.L2 = "",
    epochs: learning.Epochs = "",
    batch_size: learning.Batch = "",
    dropout: learning.Dropout = "",
    early_stopping: learning.Stopping = False,
    param: Annotated[
        list[str],
        typer.Option("--param", metavar="KEY=VALUE", help="Any setting of the learner: max_depth=6."),
    ] = [],  # noqa: B006
    pretrain: learning.Pretrain = None,
    from_: learning.Source = None,
    freeze: learning.Freeze = None,
    teacher: learning.Teacher = None,
    trust: TrustType = [],  # noqa: B006
    trust_pickle: TrustPickle = "",
    allow_reduced_sandbox: ReducedSandbox = False,
    temperature: learning.Temperature = None,
    alpha: learning.Alpha = None,
    dp_epsilon: learning.Epsilon = None,
    dp_delta: learning.Delta = None,
    dp_clip: learning.Clip = None,
    client_column: learning.Clients = "",
    rounds: learning.Rounds = None,
    local_epochs: learning.LocalEpochs = None,
    client_share: learning.ClientShare = None,
    reweigh: learning.Reweigh = "",
    save_curve: learning.Curve = None,
    export: learning.Export = None,
    test_share: Annotated[
        float, typer.Option("--test-share", min=0.01, max=0.99, help="The share of rows held out.")
    ] = 0.3,
    country: Country = "",
    seed: Seed = 0,
    decimal: Decimal = Decimals.point,
    encoding: Encoding = "",
    config: ConfigFile = "",
) -> None:
    """Train a model with the training core and save it with its record.

    The record keeps rows, columns, seconds, energy, parameters, seed and the hash of the data and of its split,
    so that an audit knows later which rows are members and which were held out.

    The settings of each learner, with their ranges: riskaudit list learners.
    """
    from riskaudit.request import Request
    from riskaudit.subjects.trust import trust_of
    from riskaudit.training.recipes import Asked

    flags: dict[str, str | bool] = {
        "hidden": hidden,
        "activation": activation,
        "optimizer": optimizer,
        "learning_rate": learning_rate,
        "momentum": momentum,
        "schedule": schedule,
        "decay": decay,
        "l1": l1,
        "l2": l2,
        "epochs": epochs,
        "batch_size": batch_size,
        "dropout": dropout,
        "early_stopping": early_stopping,
    }
    request = Request(
        data=data,
        decimal=decimal.value,
        encoding=encoding,
        target=target,
        learner=learner,
        learner_settings=learning.merged(flags, pairs(param, flag="--param")),
        features=words(features),
        drop=words(drop),
        sensitive=words(sensitive),
        favourable=tuple(favourable),
        positive=positive,
        group_column=group_column,
        task=task_of(task),
        test_share=test_share,
        seed=seed,
        country=country,
    )
    asked = Asked(
        pretrain=pretrain,
        source=from_,
        freeze=freeze,
        teacher=teacher,
        trust=trust_of(types=words(trust), pickle=trust_pickle, reduced_sandbox=allow_reduced_sandbox),
        temperature=temperature,
        alpha=alpha,
        epsilon=dp_epsilon,
        delta=dp_delta,
        clip=dp_clip,
        clients=client_column,
        rounds=rounds,
        local_epochs=local_epochs,
        client_share=client_share,
        reweigh=reweigh,
    )
    with learning.at_their_flags(flags):
        _run(request, asked, out=out, save_curve=save_curve, export=export)


def _run(request: Any, asked: Any, *, out: Path, save_curve: Path | None, export: Path | None) -> None:
    """Check what can be checked at once; read, train, save, tell."""
    from riskaudit.loading import training_data
    from riskaudit.training.fit import train as fit
    from riskaudit.training.recipes import way_of
    from riskaudit.training.saving import check_files
    from riskaudit.training.watching import watching

    read = {"the table": Path(request.data), "--from": asked.source, "--teacher": asked.teacher}
    check_files(request.learner, out, save_curve, export, read=read)
    with learning.training_bar() as (tell, epoch), watching(epoch):
        way = way_of(asked, seed=request.seed)
        tell("reading the data")
        rows = way.roles(training_data(request, grouped=False), named=request.features)
        trained = fit(
            rows,
            learner=request.learner,
            settings=request.learner_settings,
            seed=request.seed,
            test_share=request.test_share,
            country=request.country,
            way=way,
            progress=tell,
        )
    _finish(trained, out, save_curve=save_curve, export=export)


def _finish(trained: Any, out: Path, *, save_curve: Path | None, export: Path | None) -> None:
    """Save the model, and say how good it is on rows it has not seen."""
    import sys

    from riskaudit.evidence import Evidence
    from riskaudit.training.quality import quality
    from riskaudit.training.saving import save_all
    from riskaudit.writers.harmless import escape_terminal

    saved = save_all(trained, out, curve=save_curve, export=export)
    record = trained.record
    print(
        f"{record.learner} on {record.rows:,} rows, {len(record.features)} columns; {record.held_out:,} rows held out (seed {record.seed})"
    )
    if record.recipe:
        print(f"  {escape_terminal(record.recipe)}")
    if record.guarantee:
        print(f"  {record.guarantee}")
    for layer in record.layers:
        print(f"  {layer}")
    for caution in record.cautions:
        print(f"warning: {escape_terminal(caution)}", file=sys.stderr)
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
    for note in trained.held_out.notes:
        print(f"  note: {shown(note)}")
    for path, digest in saved.items():
        print(f"Saved  {path}  sha256:{digest}")
