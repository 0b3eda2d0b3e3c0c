"""Outside: models that know neither their columns nor their classes: a service, or the user's own code."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from riskaudit.subjects.service.settings import Endpoint
from riskaudit.subjects.subject import Subject

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, kw_only=True)
class Outside:
    """What is said of a model from outside.

    Attributes
    ----------
    frame : DataFrame (n, d)
        The columns it is shown, for their types.
    named : bool
        Whether the order of the classes was given.
    """

    frame: pd.DataFrame
    features: tuple[str, ...]
    classes: tuple[str, ...]
    regression: bool
    named: bool


def service_subject(url: str, endpoint: Endpoint, meaning: Outside) -> Subject:
    """The subject that `service.opening.open_service` makes of an address; it tells what is raised."""
    from riskaudit.subjects.service.opening import Meaning, open_service
    from riskaudit.subjects.service.rows import kinds_of

    model = open_service(
        url,
        endpoint,
        Meaning(
            features=meaning.features,
            kinds=kinds_of(meaning.frame),
            classes=meaning.classes,
            regression=meaning.regression,
            named=meaning.named,
        ),
    )
    assert model.address is not None  # noqa: S101 -- for the type checker
    return Subject(
        name=model.address.text,
        kind=f"service ({endpoint.protocol})",
        estimator=model,
        regression=meaning.regression,
        classes=meaning.classes,
        features=meaning.features,
        sha256=model.cassette_sha256,
    )


def weights_subject(spec: str, weights: str, meaning: Outside) -> Subject:
    """A PyTorch class of the user's own, with weights from a file; the class is imported and run, the file only read.

    Raises
    ------
    UsageError, InputError
        If either is not there, or they do not fit.
    """
    from riskaudit.subjects.callable_model import found
    from riskaudit.subjects.scan.judging import refuse_dangers
    from riskaudit.subjects.source import read_source
    from riskaudit.subjects.tensors.own import own_network

    source = read_source(Path(weights), flag="--weights")
    refuse_dangers(source, "--weights")
    model = own_network(
        found(spec),
        source,
        spec=spec,
        features=len(meaning.features),
        classes=meaning.classes,
        regression=meaning.regression,
    )
    return Subject(
        name=f"{spec} with {source.name}",
        kind="PyTorch class (the user's own code, run with all rights) with weights from a file",
        estimator=model,
        regression=meaning.regression,
        classes=meaning.classes,
        features=meaning.features,
        sha256=source.sha256,
        size_bytes=source.size,
    )


def callable_subject(spec: str, meaning: Outside) -> Subject:
    """The user's own code; it is imported and run.

    Raises
    ------
    UsageError, InputError
        If it is not there, fails, or gives no answers.
    """
    from riskaudit.subjects.callable_model import CallableLabels, found, model_of

    model = model_of(
        found(spec),
        meaning.frame,
        spec=spec,
        classes=meaning.classes,
        regression=meaning.regression,
        named=meaning.named,
    )
    return Subject(
        name=spec,
        kind="Python callable (the user's own code, run with all rights)",
        estimator=model,
        regression=meaning.regression,
        classes=model.form.classes if isinstance(model, CallableLabels) else (),
        features=meaning.features,
    )
