"""Asking: rows in batches, bad rows found by halving, and an end to it where a service does not answer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any
from typing import Protocol as Shape

from riskaudit.errors import InputError, Unanswered
from riskaudit.subjects.service.answers import Answer, Form
from riskaudit.subjects.service.cassette import Cassette
from riskaudit.subjects.service.journal import Journal
from riskaudit.subjects.service.pace import Pace
from riskaudit.subjects.service.protocols import PROBE, Protocol, Row
from riskaudit.subjects.service.wire import Trouble

NOT_ASKED = "not asked"
GIVE_UP = (5, 25)
"""Troubles in a row after which no more is asked: before the first answer, and after it."""
Said = list[Answer | str]
FormMaker = Callable[[Sequence[Any]], Form]


class Source(Shape):
    """Where answers come from: the service, a cassette, or a plan that sends nothing."""

    journal: Journal
    form: Form | None

    @property
    def requests(self) -> int:
        """Requests sent, or planned, so far."""
        ...

    def answers(self, rows: Sequence[Row], keys: Sequence[str], *, purpose: str) -> Said:
        """An answer, or why there is none, for each row."""
        ...

    def probe(self) -> None:
        """One request without rows, for what its error gives away."""
        ...

    def close(self) -> None:
        """Hold nothing open."""
        ...


class Live:
    """The service itself."""

    def __init__(self, pace: Pace, protocol: Protocol, form: FormMaker, *, batch: int) -> None:
        self.journal = pace.journal
        self.form: Form | None = None
        self._pace = pace
        self._protocol = protocol
        self._make = form
        self._batch = batch
        self._failures = 0
        self._answered = False

    @property
    def requests(self) -> int:
        """Requests sent so far, tries included."""
        return self._pace.spent

    def answers(self, rows: Sequence[Row], keys: Sequence[str], *, purpose: str) -> Said:
        """Batch by batch."""
        found: Said = []
        for at in range(0, len(rows), self._batch):
            found += self._of(list(rows[at : at + self._batch]), purpose)
        return found

    def probe(self) -> None:
        """One malformed request, not repeated."""
        try:
            self._pace.send(PROBE, rows=0, purpose="probe", tries=0)
        except (Trouble, Unanswered):
            return

    def close(self) -> None:
        """Hang up."""
        self._pace.wire.close()

    def _of(self, rows: list[Row], purpose: str) -> Said:
        """One batch; where the service chokes on it, its halves, until the row is found."""
        if self._failures >= GIVE_UP[self._answered]:
            return [f"{NOT_ASKED}: the service failed {self._failures} times in a row"] * len(rows)
        try:
            reply = self._pace.send(self._protocol.body(rows), rows=len(rows), purpose=purpose)
            raw = self._protocol.read(reply.body, len(rows))
        except Unanswered as spent:
            return [spent.problem] * len(rows)
        except Trouble as trouble:
            return self._halves(rows, trouble, purpose)
        said = self._read(raw)
        self._answered, self._failures = True, 0
        return said

    def _halves(self, rows: list[Row], trouble: Trouble, purpose: str) -> Said:
        """What a batch that failed gives in parts; a row alone fails with the reason."""
        state = trouble.reply.status if trouble.reply else 0
        whole = trouble.passing or state in (401, 403, 404, 405) or len(rows) == 1
        if whole or (trouble.reply is None and "HTTP" in trouble.kind):
            self._failures += 1
            return [trouble.kind] * len(rows)
        half = len(rows) // 2
        return self._of(rows[:half], purpose) + self._of(rows[half:], purpose)

    def _read(self, raw: Sequence[Any]) -> Said:
        """Raw answers in the form that the first ones had; others are drift."""
        if self.form is None:
            self.form = self._make(raw)
        said = [self.form.read(one) for one in raw]
        drifted = [one for one in said if isinstance(one, str)]
        self.journal.drift.update(drifted)
        return said


class Replayed:
    """A cassette in the place of the service; nothing is sent."""

    requests = 0

    def __init__(self, cassette: Cassette, form: Form, *, name: str) -> None:
        self.journal = cassette.journal
        self.form: Form | None = form
        self._cassette = cassette
        self._name = name

    def answers(self, rows: Sequence[Row], keys: Sequence[str], *, purpose: str) -> Said:
        """As recorded.

        Raises
        ------
        InputError
            If a row is not in the cassette.
        """
        held = self._cassette.repeats if purpose == "again" else self._cassette.rows
        absent = sum(key not in held for key in keys)
        if absent:
            raise InputError(
                f"{absent:,} of {len(keys):,} rows are not in the cassette {self._name}",
                "replay with the data, seed, effort and audits it was recorded with, or record it again with --record",
                where="--cassette",
            )
        return [held[key] for key in keys]

    def probe(self) -> None:
        """What a probe showed is in the journal."""

    def close(self) -> None:
        """Nothing is open."""


class Planned:
    """A plan: rows and requests are counted, answers made up from the rows' keys, nothing is sent."""

    def __init__(self, form: Form, *, batch: int) -> None:
        self.journal = Journal()
        self.form: Form | None = form
        self.requests = 0
        self._batch = batch

    def answers(self, rows: Sequence[Row], keys: Sequence[str], *, purpose: str) -> Said:
        """Made up, the same for the same row."""
        self.requests += -(-len(rows) // self._batch)
        return [self._made_up(key) for key in keys]

    def probe(self) -> None:
        """Counted."""
        self.requests += 1

    def close(self) -> None:
        """Nothing is open."""

    def _made_up(self, key: str) -> Answer:
        """An answer of the right form; never reported."""
        assert self.form is not None  # noqa: S101 -- for the type checker
        chance = int(key[:8], 16) / 2**32
        classes = self.form.classes
        if not classes:
            return Answer(scores=(chance,), digits=1)
        at = int(chance * len(classes))
        rest = 0.4 / max(1, len(classes) - 1)
        scores = tuple(0.6 if one == at else rest for one in range(len(classes)))
        return Answer(label=classes[at], scores=scores, digits=1)
