"""Opening: settings, an address and the roles of a table become a model that can be asked."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from riskaudit.errors import UsageError
from riskaudit.subjects.service.address import Address, address_of
from riskaudit.subjects.service.answers import Form, form_of
from riskaudit.subjects.service.asking import Live, Planned, Replayed, Source
from riskaudit.subjects.service.cassette import Cassette, read_cassette, write_cassette
from riskaudit.subjects.service.journal import Journal
from riskaudit.subjects.service.model import LabelService, ScoreService, ServiceModel, ValueService
from riskaudit.subjects.service.pace import Pace
from riskaudit.subjects.service.protocols import protocol_of, target_of
from riskaudit.subjects.service.settings import Endpoint
from riskaudit.subjects.service.wire import Wire

_OURS = frozenset(
    {
        *("host", "content-length", "transfer-encoding", "connection", "content-type", "accept-encoding"),
        *("expect", "upgrade", "te", "trailer", "keep-alive", "proxy-connection"),
    }
)


@dataclass(frozen=True, kw_only=True)
class Meaning:
    """What the answers are about: columns to send, and the outcomes they speak of.

    `named` tells whether the order of the classes was given (`--classes`) or is only the target's.
    """

    features: tuple[str, ...]
    kinds: tuple[str, ...]
    classes: tuple[str, ...]
    regression: bool
    named: bool


def reach(url: str, endpoint: Endpoint) -> Address:
    """The whole address that will be asked.

    Raises
    ------
    UsageError
        If it is none, or no protocol is named.
    """
    if not endpoint.protocol:
        protocol_of(endpoint, (), ())
    assert endpoint.protocol  # noqa: S101 -- for the type checker: protocol_of() has refused the empty one
    return target_of(address_of(url), endpoint.protocol)


def open_service(url: str, endpoint: Endpoint, meaning: Meaning) -> ServiceModel:
    """The service, its cassette, or its plan; nothing is sent yet.

    Raises
    ------
    UsageError
        If a setting or an environment variable is missing.
    InputError
        If a cassette cannot be read.
    """
    address = reach(url, endpoint)
    source, cassette = _source(address, endpoint, meaning)
    model = _kind(source, meaning)(source, features=meaning.features, kinds=meaning.kinds)
    model.address = address
    model.most_rows = endpoint.max_requests * endpoint.batch
    if cassette is not None:
        model.cassette_sha256 = cassette.sha256
    if endpoint.cassette and isinstance(source, Live):
        model.recorder = _recorder(model, Path(endpoint.cassette), _head(address, endpoint, meaning))
    return model


def settled(model: ServiceModel) -> ServiceModel:
    """The same model, with `predict_proba` where its first answers were graded."""
    if not isinstance(model, LabelService) or not model.form.graded:
        return model
    graded = ScoreService(model.source, features=model.features, kinds=model.kinds)
    vars(graded).update(vars(model))
    return graded


def _kind(source: Source, meaning: Meaning) -> type[ServiceModel]:
    """What the service can be asked for, as far as it is known before its first answer."""
    if meaning.regression:
        return ValueService
    return ScoreService if source.form is not None and source.form.graded else LabelService


def _source(address: Address, endpoint: Endpoint, meaning: Meaning) -> tuple[Source, Cassette | None]:
    """A plan, a cassette or the service."""
    protocol = protocol_of(endpoint, meaning.features, meaning.kinds)
    if endpoint.dry_run:
        return Planned(_planned_form(endpoint, meaning), batch=endpoint.batch), None
    tape = Path(endpoint.cassette) if endpoint.cassette else None
    if tape is not None and tape.exists() and not endpoint.record:
        held = read_cassette(tape, head=_head(address, endpoint, meaning))
        name = held.head.get("form")
        recorded = Form(name=name if name else "labels", classes=meaning.classes)
        return Replayed(held, recorded, name=tape.name), held
    wire = Wire(
        address,
        headers=headers_of(endpoint.headers, os.environ),
        timeout=endpoint.timeout,
        most_bytes=endpoint.most_bytes,
    )
    pace = Pace(
        wire=wire,
        journal=Journal(),
        rate=endpoint.rate,
        retries=endpoint.retries,
        max_requests=endpoint.max_requests,
    )

    def form(raw: Sequence[Any]) -> Form:
        return form_of(
            raw,
            meaning.classes,
            regression=meaning.regression,
            named=meaning.named,
            asked=endpoint.answers,
        )

    return Live(pace, protocol, form, batch=endpoint.batch), None


def _planned_form(endpoint: Endpoint, meaning: Meaning) -> Form:
    """What a plan supposes: probabilities, which cost most to explain, unless it is said."""
    if meaning.regression:
        return Form(name="values", classes=())
    return Form(name=endpoint.answers or "probabilities", classes=meaning.classes)


def headers_of(named: Mapping[str, str], environment: Mapping[str, str]) -> dict[str, str]:
    """Headers with their values from the environment.

    Raises
    ------
    UsageError
        If a name is no header's or one of ours, a variable is not set, or a value cannot stand in a header.
        No message holds a value.
    """
    found = {}
    for header, variable in named.items():
        if not re.fullmatch(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}", header) or header.lower() in _OURS:
            raise UsageError(
                f"'{header[:60]}' is no header that may be set",
                "write --header-env Authorization=MY_VARIABLE",
                where="--header-env",
            )
        value = environment.get(variable)
        if not value:
            raise UsageError(
                f"header {header} is to come from the environment, but there is no variable of the name that was given",
                "give the variable's name, not its value, and export it first",
                where="--header-env",
            )
        if not value.isascii() or not value.isprintable():
            raise UsageError(
                f"the environment variable for header {header} holds letters that no header may",
                "export it again without line breaks",
                where="--header-env",
            )
        found[header] = value
    return found


def _head(address: Address, endpoint: Endpoint, meaning: Meaning) -> dict[str, Any]:
    """What a cassette must agree in."""
    return {
        "address": address.text,
        "protocol": endpoint.protocol,
        "columns": list(meaning.features),
        "kinds": list(meaning.kinds),
        "classes": list(meaning.classes),
    }


def _recorder(model: ServiceModel, path: Path, head: dict[str, Any]) -> Any:
    """What writes the cassette, once all is asked."""

    def write() -> str:
        form = model.source.form
        tape = Cassette(
            head={**head, "form": form.name if form else ""},
            rows=model.known,
            repeats=model.again,
            journal=model.journal,
        )
        return write_cassette(path, tape)

    return write
