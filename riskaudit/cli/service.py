"""Service: the options of a model behind an address, what is said beforehand, and its plan."""

from __future__ import annotations

import sys
from enum import StrEnum
from typing import Annotated, Any

import typer

Protocols = StrEnum("Protocols", [("mlflow", "mlflow"), ("oip", "oip-v2"), ("json", "json")])
AnswerForms = StrEnum("AnswerForms", ["labels", "probabilities", "score", "values"])
TensorForms = StrEnum("TensorForms", ["matrix", "columns"])

Classes = Annotated[
    str,
    typer.Option(
        "--classes", metavar="A,B", help="What a model that knows only 0..k-1 means by them, in that order."
    ),
]
Weights = Annotated[
    str,
    typer.Option(
        "--weights", metavar="FILE", help="With --model python:module:Class, a PyTorch class: its state dict."
    ),
]
ProtocolOption = Annotated[
    Protocols | None, typer.Option("--protocol", help="With a service: how it is spoken to.")
]
HeaderEnv = Annotated[
    list[str],
    typer.Option(
        "--header-env",
        metavar="NAME=ENVVAR",
        help="With a service: a header whose value is in that environment variable. Repeatable.",
    ),
]
Batch = Annotated[
    int | None, typer.Option("--batch", min=1, max=10_000, help="Rows in a request (default 100).")
]
Rate = Annotated[float | None, typer.Option("--rate", min=0.001, help="Requests a second at most.")]
Timeout = Annotated[
    float | None,
    typer.Option("--timeout", min=0.01, max=3600, help="Seconds a whole answer may take (default 30)."),
]
Retries = Annotated[
    int | None,
    typer.Option("--retries", min=0, max=20, help="Further tries after passing trouble (default 4)."),
]
MaxRequests = Annotated[
    int | None,
    typer.Option("--max-requests", min=1, help="Requests of the whole audit, tries included (default 1000)."),
]
MaxUnanswered = Annotated[
    float | None,
    typer.Option(
        "--max-unanswered",
        min=0,
        max=0.99,
        metavar="SHARE",
        help="Rows without an answer, in all or in a group, beyond which nothing is judged (default 0.05).",
    ),
]
Repeats = Annotated[
    int | None, typer.Option("--repeats", min=0, max=1000, help="Rows that are asked twice (default 30).")
]
NoProbe = Annotated[
    bool, typer.Option("--no-probe", help="Send no request without rows to see what errors give away.")
]
AnswersOption = Annotated[
    AnswerForms | None, typer.Option("--answers", help="What the answers are, where it cannot be told.")
]
Output = Annotated[
    str, typer.Option("--output", metavar="NAME", help="With oip-v2: the output tensor that is meant.")
]
TensorsOption = Annotated[
    TensorForms | None, typer.Option("--tensors", help="With oip-v2: rows as one matrix, or as columns.")
]
CassetteOption = Annotated[
    str,
    typer.Option(
        "--cassette",
        metavar="FILE",
        help="Replay a service's answers from this file, offline; record them where it is absent.",
    ),
]
Record = Annotated[bool, typer.Option("--record", help="Record the cassette again.")]
DryRun = Annotated[
    bool,
    typer.Option("--dry-run", help="Tell how many rows and requests each audit would send; send nothing."),
]


def endpoint(**given: Any) -> Any:
    """The settings that were given, the others at their defaults."""
    from riskaudit.subjects.service.settings import Endpoint

    told = {name: str(value) if isinstance(value, StrEnum) else value for name, value in given.items()}
    silent = {name for name in ("record", "dry_run") if not told.get(name)}
    return Endpoint.model_validate(
        {name: value for name, value in told.items() if name not in silent and value not in (None, "", {})}
    )


def headers(given: list[str]) -> dict[str, str]:
    """`NAME=ENVVAR` words as a mapping; no message repeats one, for it might be a secret by mistake.

    Raises
    ------
    UsageError
        If a word has no `=`.
    """
    from riskaudit.errors import UsageError

    if any("=" not in word for word in given):
        raise UsageError(
            "--header-env wants a header and the name of an environment variable",
            "write --header-env Authorization=MY_VARIABLE",
            where="--header-env",
        )
    return {name.strip(): variable.strip() for name, _, variable in (word.partition("=") for word in given)}


def warn(model: str) -> None:
    """Say on stderr what is about to run or to cross a network."""
    from riskaudit.subjects.callable_model import is_callable
    from riskaudit.subjects.service.address import address_of, is_address

    if is_callable(model):
        print("note: --model python:... runs your own code, with all your rights", file=sys.stderr)
    elif is_address(model) and address_of(model).readable_by_others:
        print(
            "warning: plain http: rows, answers and headers can be read and changed on their way; use https",
            file=sys.stderr,
        )


def show_plan(request: Any) -> None:
    """Print what an audit of a service would send."""
    from riskaudit.cli.options import progress
    from riskaudit.errors import UsageError
    from riskaudit.pipeline import plan
    from riskaudit.subjects.service.address import is_address

    if not is_address(request.model):
        raise UsageError(
            "a dry run is the plan of what a service would be sent",
            "give --model http(s)://...",
            where="--dry-run",
        )
    with progress() as tell:
        found = plan(request, progress=tell)
    print(f"plan  {found.address}: nothing was sent\n")
    width = max(len(part.what) for part in found.parts)
    print(f"  {'':{width}}  {'new rows':>10}  {'requests':>8}")
    for part in found.parts:
        print(f"  {part.what:{width}}  {part.rows:>10,}  {part.requests:>8,}")
    print(f"  {'in all':{width}}  {sum(p.rows for p in found.parts):>10,}  {found.requests:>8,}\n")
    if found.rate:
        print(f"At {found.rate:g} requests a second that takes {found.requests / found.rate:,.0f} s or more.")
    verdict = "within" if found.requests <= found.most else "MORE THAN"
    print(f"That is {verdict} --max-requests {found.most:,}; each further try after trouble counts too.")
