"""Answering: a service is asked for all rows of an audit first; rows without an answer are counted and left out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from riskaudit.datasets.dataset import Dataset
from riskaudit.errors import InputError
from riskaudit.evidence import Evidence, Role
from riskaudit.subjects.service.settings import Endpoint

if TYPE_CHECKING:
    from riskaudit.subjects.service.model import Coverage, ServiceModel


@dataclass(frozen=True, kw_only=True)
class Sent:
    """What a part of an audit would send: rows that are new, and requests without further tries."""

    what: str
    rows: int
    requests: int


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What an audit of a service would send, and may send at most."""

    address: str
    parts: tuple[Sent, ...]
    most: int
    rate: float | None

    @property
    def requests(self) -> int:
        """Of all parts, if no try fails."""
        return sum(part.requests for part in self.parts)


def answered(evidence: Evidence, endpoint: Endpoint) -> Evidence:
    """The evidence with only the rows that have an answer; why the others have none stands in the notes.

    Where more than `max_unanswered` of all rows, or of a group, have none, the model gives no answer from
    then on: what would rest on the rest is *not assessed*, never taken from the rows that happened to work.

    Raises
    ------
    InputError
        If no row has an answer.
    """
    from riskaudit.subjects.service.opening import settled

    model: ServiceModel = evidence.subject.estimator
    _refuse_silence(model, endpoint, evidence.test)
    found = {
        role: _covered(evidence, model, role, endpoint)
        for role in ("test", "train")
        if role == "test" or evidence.train is not None
    }
    if endpoint.repeats:
        again = evidence.sample(endpoint.repeats, "service repeats")
        model.repeat(evidence.test.frame.iloc[again][list(model.features)])
    if endpoint.probe:
        model.source.probe()
    subject = replace(evidence.subject, estimator=settled(model))
    return replace(evidence, subject=subject, test=found["test"], train=found.get("train"))


def _refuse_silence(model: ServiceModel, endpoint: Endpoint, data: Dataset) -> None:
    """Ask for all held-out rows; none answered is an error of the input, not a finding."""
    held = model.cover(data.frame[list(model.features)], "test")
    if not held.answered.any():
        raise InputError(
            f"the service answered none of {len(data):,} rows ({held.reason})",
            _hint(held.reason),
            where="--model",
        )


def _hint(reason: str) -> str:
    """What to try."""
    if "401" in reason or "403" in reason:
        return "it wants credentials: --header-env Authorization=MY_VARIABLE"
    if "redirect" in reason:
        return "give the address it redirects to"
    if "404" in reason or "405" in reason:
        return "check the path of --model"
    if "output tensor" in reason:
        return "name one with --output"
    return "check --model, --protocol, --features and --timeout"


def _covered(evidence: Evidence, model: ServiceModel, role: Role, endpoint: Endpoint) -> Dataset:
    """The rows of a role that have an answer."""
    data = evidence.rows(role)
    held = model.coverage.get(role) or model.cover(data.frame[list(model.features)], role)
    held.groups = _by_group(data, held)
    gaps = int((~held.answered).sum())
    if not gaps:
        return data
    note = (
        f"{gaps:,} of {len(data):,} rows of {data.name} have no answer from the service and are not assessed "
        f"({held.reason})"
    )
    model.withheld = model.withheld or _withheld(held, evidence, endpoint, role)
    kept = data.take(held.answered)
    return replace(kept, notes=(*data.notes, note))


def _by_group(data: Dataset, held: Coverage) -> list[tuple[dict[str, str], int, int]]:
    """Of each group of each sensitive column: rows, and rows without an answer."""
    found = []
    for column in data.sensitive:
        grouping = data.groups(column)
        for code, where in enumerate(grouping.names):
            mine = grouping.codes == code
            found.append((where, int(mine.sum()), int((mine & ~held.answered).sum())))
    return found


def _withheld(held: Coverage, evidence: Evidence, endpoint: Endpoint, role: Role) -> str:
    """Why nothing may be judged; empty where few enough rows have no answer."""
    most, words = endpoint.max_unanswered, "held-out rows" if role == "test" else "member rows"
    say: Callable[[int, int, str], str] = lambda gaps, rows, whose: (  # noqa: E731 -- one sentence in two places
        f"{gaps:,} of {rows:,} {words}{whose} have no answer from the service, more than the {most:.0%} that "
        "--max-unanswered allows"
    )
    gaps, rows = int((~held.answered).sum()), len(held.answered)
    if gaps > most * rows:
        return say(gaps, rows, "")
    for where, size, without in held.groups:
        if size >= evidence.min_group and without > most * size:
            return say(without, size, f" of {', '.join(f'{k}={v}' for k, v in where.items())}")
    return ""
