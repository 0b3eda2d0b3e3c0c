"""Asking: a request that contradicts itself is told so before any file is read."""

from __future__ import annotations

from collections.abc import Sequence

from riskaudit.datasets.reading.encodings import known_encoding
from riskaudit.energy.costs import Costs
from riskaudit.errors import UsageError
from riskaudit.request import Request
from riskaudit.subjects.callable_model import is_callable
from riskaudit.subjects.service.address import is_address
from riskaudit.subjects.service.settings import Endpoint

TRUST = ("trust", "trust_pickle", "allow_reduced_sandbox")
RECORDS = ("training_record", "emissions", "emissions_run")
SUBJECTS = {"model": "--model", "learner": "--learner", "prediction": "--prediction"}
# Flags that mean nothing for a kind of subject; a flag that is ignored in silence misleads.
STRANGE = {
    "model": ("drop", "learner_settings", "group_column", "score", "task", "member"),
    "learner": ("train", "score", "member", *RECORDS, *TRUST),
    "prediction": (
        *TRUST,
        "features",
        "drop",
        "learner_settings",
        "group_column",
        "train",
        "country",
        "intensity",
        "refit",
        *RECORDS,
    ),
}
FLAGS = {
    "learner_settings": "--param",
    "group_column": "--group-column",
    "intensity": "--carbon-intensity",
    "trust_pickle": "--trust-pickle",
    "allow_reduced_sandbox": "--allow-reduced-sandbox",
    "training_record": "--training-record",
    "emissions_run": "--emissions-run",
}


def check_request(request: Request) -> None:
    """One of model, learner and prediction, a target, and no flag that could not count.

    Raises
    ------
    UsageError
        Naming the flags.
    """
    given = [name for name in SUBJECTS if getattr(request, name)]
    if not given:
        raise UsageError(
            "nothing to audit: no model and no predictions",
            "give --model FILE, or --prediction COLUMN for predictions alone, or --learner NAME to train one first; "
            "or try 'riskaudit demo'",
        )
    if len(given) > 1:
        raise UsageError(
            f"{' and '.join(SUBJECTS[name] for name in given)} cannot go together", "give one of them"
        )
    if request.delta is not None and not request.against:
        raise UsageError(
            "--delta means nothing without --against", "give --against OLD_MODEL", where="--delta"
        )
    for name in ("strict_baseline", "tolerance"):
        if getattr(request, name) not in (False, None) and not request.baseline:
            flag = f"--{name.replace('_', '-')}"
            raise UsageError(f"{flag} means nothing without a baseline", "give --baseline FILE", where=flag)
    if not request.target and not request.model:
        raise UsageError(
            "no target column is named", "give --target COLUMN: the actual outcome", where="--target"
        )
    if request.data == request.train == "-":
        raise UsageError("stdin can be read once", "give --train as a file", where="--train")
    known_encoding(request.encoding)
    _check_outside(request)
    _check_costs(request)
    for name in STRANGE[given[0]]:
        if name == "task" and _outside(request):
            continue
        if getattr(request, name) not in ("", (), {}, None, False):
            flag = FLAGS.get(name, f"--{name}")
            raise UsageError(
                f"{flag} means nothing with {SUBJECTS[given[0]]}", f"leave {flag} out", where=flag
            )


def _check_costs(request: Request) -> None:
    """Refuse costs of predictions alone, and two records of one training."""
    if request.prediction and request.costs != Costs():
        raise UsageError(
            "--pue, --embodied, --water, --price and a plan of use mean nothing with --prediction",
            "there is no model to meter: leave them out",
            where="--prediction",
        )
    if is_address(request.model) and request.costs != Costs():
        raise UsageError(
            "--pue, --embodied, --water, --price and a plan of use mean nothing of a model behind an address",
            "its energy cannot be metered from here: leave them out, or audit the model's file",
            where="--model",
        )
    if request.training_record and request.emissions:
        raise UsageError(
            "--training-record and --emissions are two records of one training",
            "give one",
            where="--emissions",
        )
    if request.emissions_run and not request.emissions:
        raise UsageError(
            "--emissions-run means nothing without --emissions",
            "give --emissions FILE",
            where="--emissions-run",
        )
    if request.refit and (request.training_record or request.emissions):
        raise UsageError(
            "--refit meters the training once more, and a record of it is given", "give one", where="--refit"
        )


def _outside(request: Request) -> bool:
    """Whether the model is a service or code, which does not say what it predicts."""
    return is_address(request.model) or is_callable(request.model)


def _check_outside(request: Request) -> None:
    """Refuse settings of a service where there is none, and a service without a target."""
    if request.endpoint != Endpoint() and not is_address(request.model):
        strange = next(iter(request.endpoint.model_fields_set), "protocol")
        raise UsageError(
            f"'{strange.replace('_', '-')}' is a setting of a service, but --model is no address",
            "give --model http(s)://..., or leave it out",
            where="--model",
        )
    if request.weights and not is_callable(request.model):
        raise UsageError(
            "--weights goes with a class of your own",
            "write --model python:package.module:Class --weights FILE",
            where="--weights",
        )
    if request.classes and not request.model:
        raise UsageError("--classes means nothing without --model", "leave it out", where="--classes")
    if len(set(request.classes)) != len(request.classes) or len(request.classes) == 1:
        raise UsageError(
            "--classes names one class twice, or only one", "name each once, in order", where="--classes"
        )
    if _outside(request) and not request.target:
        raise UsageError(
            "no target column is named", "give --target COLUMN: the actual outcome", where="--target"
        )


def check_roles(request: Request, target: str, sensitive: Sequence[str]) -> None:
    """Refuse one column in two roles that exclude each other, and a sensitive column named twice.

    Raises
    ------
    UsageError
        Naming the column and both flags.
    """
    roles = {
        "--target": [target],
        "--prediction": [request.prediction],
        "--score": [request.score],
        "--weight": [request.weight],
        "--member": [request.member],
    }
    roles |= {"--sensitive": list(sensitive)}
    seen: dict[str, str] = {}
    for flag, names in roles.items():
        for name in filter(None, names):
            if seen.get(name, flag) != flag:
                raise UsageError(
                    f"column '{name}' cannot be {seen[name]} and {flag}", "name another column", where=flag
                )
            if name in seen:
                raise UsageError(f"column '{name}' is named twice", "name each column once", where=flag)
            seen[name] = flag
