"""Options of training: the learner's settings as flags of their own, and the recipes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from riskaudit.errors import UsageError


def _setting(flag: str, metavar: str, about: str) -> Any:
    return typer.Option(flag, metavar=metavar, help=about, rich_help_panel="Settings of the learner")


# Words, not numbers: the settings' own ranges check them, and say what they take.
Hidden = Annotated[str, _setting("--hidden", "SIZES", "Hidden layers: 64,32, or none.")]
Activation = Annotated[str, _setting("--activation", "NAME", "relu, tanh, sigmoid or identity.")]
Optimizer = Annotated[str, _setting("--optimizer", "NAME", "adam or sgd.")]
Rate = Annotated[str, _setting("--learning-rate", "NUMBER", "The first epoch's.")]
Momentum = Annotated[str, _setting("--momentum", "NUMBER", "For sgd: 0 to 1.")]
Schedule = Annotated[str, _setting("--schedule", "NAME", "constant, exponential, step or cosine.")]
Decay = Annotated[str, _setting("--decay", "NUMBER", "For exponential and step: a factor, 0 to 1.")]
L1 = Annotated[str, _setting("--l1", "NUMBER", "Penalty on the size of weights.")]
L2 = Annotated[str, _setting("--l2", "NUMBER", "Penalty on the squares of weights.")]
Epochs = Annotated[str, _setting("--epochs", "COUNT", "Most walks over the rows.")]
Batch = Annotated[str, _setting("--batch-size", "COUNT", "Rows a step; all for all at once.")]
Dropout = Annotated[str, _setting("--dropout", "SHARE", "Hidden neurons left out a step.")]
Stopping = Annotated[
    bool, typer.Option("--early-stopping", help="Keep the best epoch on rows kept aside for it.")
]

Epsilon = Annotated[
    float | None,
    typer.Option("--dp-epsilon", metavar="NUMBER", help="Train with differential privacy of this epsilon."),
]
Delta = Annotated[float | None, typer.Option("--dp-delta", metavar="NUMBER", help="With --dp-epsilon.")]
Clip = Annotated[
    float | None,
    typer.Option("--dp-clip", metavar="NUMBER", help="Longest gradient of one row (default: 1)."),
]
Clients = Annotated[
    str,
    typer.Option("--client-column", metavar="COLUMN", help="Federated averaging: each value is a client."),
]
Rounds = Annotated[int | None, typer.Option("--rounds", metavar="COUNT", help="With --client-column.")]
LocalEpochs = Annotated[
    int | None,
    typer.Option(
        "--local-epochs", metavar="COUNT", help="With --client-column: a client's walks in a round."
    ),
]
ClientShare = Annotated[
    float | None,
    typer.Option("--client-share", metavar="SHARE", help="With --client-column: clients asked in a round."),
]
Reweigh = Annotated[
    str,
    typer.Option("--reweigh", metavar="COLUMN", help="Weigh rows so that its groups and the target part."),
]
Teacher = Annotated[
    Path | None, typer.Option("--teacher", metavar="MODEL", help="Distil this model into the learner.")
]
Temperature = Annotated[
    float | None, typer.Option("--temperature", metavar="NUMBER", help="With --teacher: how soft.")
]
Alpha = Annotated[
    float | None,
    typer.Option(
        "--alpha", metavar="SHARE", help="With --teacher: its weight beside the labels (default: 0.5)."
    ),
]
Source = Annotated[
    Path | None, typer.Option("--from", metavar="MODEL", help="Start from this model's layers.")
]
Freeze = Annotated[
    int | None, typer.Option("--freeze", metavar="COUNT", help="With --from: layers that do not move.")
]
Pretrain = Annotated[
    int | None,
    typer.Option("--pretrain", metavar="EPOCHS", help="First learn the columns, as an autoencoder."),
]
Curve = Annotated[
    Path | None, typer.Option("--save-curve", metavar="FILE.csv", help="Write the loss of each epoch.")
]
Export = Annotated[
    Path | None,
    typer.Option("--export", metavar="FILE.onnx", help="Also write the model part as ONNX (extra: onnx)."),
]


def merged(flags: Mapping[str, str | bool], params: Mapping[str, str]) -> dict[str, str]:
    """Settings given as flags and those given as --param, as one.

    Raises
    ------
    UsageError
        If one is given both ways.
    """
    given = {name: "true" if value is True else str(value) for name, value in flags.items() if value}
    for name in params:
        if name.replace("-", "_") in given:
            flag = f"--{name.replace('_', '-')}"
            raise UsageError(
                f"{name} is given twice", f"give {flag} or --param {name}=..., not both", where=flag
            )
    return {**given, **params}


@contextmanager
def at_their_flags(flags: Mapping[str, str | bool]) -> Iterator[None]:
    """Errors of settings told at the flag that gave them, or at --param."""
    from riskaudit.training.settings import SettingError

    try:
        yield
    except SettingError as error:
        given = bool(flags.get(error.setting))
        flag = f"--{error.setting.replace('_', '-')}" if given else "--param"
        raise UsageError(error.problem, error.hint, where=error.where or flag) from error


@contextmanager
def training_bar() -> Iterator[tuple[Any, Any]]:
    """Two callables, for what is being done and for epochs: a bar with loss and time left on a terminal,
    silence in a pipe (then the second is None)."""
    import sys

    from riskaudit.cli.options import colour

    if not colour(sys.stderr):
        yield lambda _: None, None
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        Progress,
        SpinnerColumn,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    with Progress(
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=20),
        TextColumn("{task.fields[loss]}", markup=False),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
    ) as bar:
        task = bar.add_task("starting", total=None, loss="")

        def epoch(ended: Any) -> None:
            loss = f"loss {ended.loss:.4g}" if ended.loss == ended.loss else ""  # private ones are NaN
            bar.update(task, total=ended.of, completed=ended.done, loss=loss)

        yield lambda said: bar.update(task, description=said), epoch
