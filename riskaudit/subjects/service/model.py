"""ServiceModel: a service as audits see a model; the same row is never sent twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from riskaudit.errors import Unanswered
from riskaudit.subjects.norefit import NoRefit
from riskaudit.subjects.service.address import Address
from riskaudit.subjects.service.answers import Answer, Form
from riskaudit.subjects.service.asking import NOT_ASKED, Source
from riskaudit.subjects.service.journal import Journal
from riskaudit.subjects.service.rows import key_of, rows_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SECONDS_PER_ROW = 5e-4
"""What a row costs, for audits that plan by cost: 20 batches of 100 a second. By definition and not by the
clock, so that equal runs ask the same."""


@dataclass(frozen=True, kw_only=True)
class Repeats:
    """Rows that were asked twice: how many, how many got another answer, and the largest change of a score."""

    asked: int
    differing: int
    largest: float


@dataclass(kw_only=True)
class Coverage:
    """Which rows of a table have an answer, and why the others have none."""

    answered: NDArray[np.bool_]
    reasons: Counter[str] = field(default_factory=Counter)
    groups: list[tuple[dict[str, str], int, int]] = field(default_factory=list)
    """Of each group of a sensitive column: its slice, its rows, those of them without an answer."""

    @property
    def reason(self) -> str:
        """The commonest reason, before that of rows that were no longer asked for."""
        asked = Counter({reason: n for reason, n in self.reasons.items() if not reason.startswith(NOT_ASKED)})
        reason, count = (asked or self.reasons).most_common(1)[0]
        return f"{count:,}: {reason}"


class ServiceModel(NoRefit):
    """A model behind an address that gives labels.

    Attributes
    ----------
    withheld : str
        Why no more is answered from here: too many rows had no answer for any number to stand.
    """

    no_refit = "a service cannot be fitted again"
    remote = True
    seconds_per_row = SECONDS_PER_ROW
    most_rows: int | None = None
    """As many rows as all requests hold that may be sent."""

    def __init__(self, source: Source, *, features: tuple[str, ...], kinds: tuple[str, ...]) -> None:
        self.source = source
        self.features = features
        self.kinds = kinds
        self.known: dict[str, Answer | str] = {}
        self.again: dict[str, Answer | str] = {}
        self.withheld = ""
        self.coverage: dict[str, Coverage] = {}
        self.address: Address | None = None
        self.cassette_sha256: str | None = None
        self.recorder: Callable[[], str] | None = None

    @property
    def n_features_in_(self) -> int:
        """How many columns it is sent."""
        return len(self.features)

    @property
    def feature_names_in_(self) -> NDArray[Any]:
        """Their names."""
        import numpy as np

        return np.array(self.features, dtype=object)

    @property
    def journal(self) -> Journal:
        """What was seen of it."""
        return self.source.journal

    @property
    def form(self) -> Form:
        """What its answers are.

        Raises
        ------
        Unanswered
            Before the first answer.
        """
        if self.source.form is None:
            raise Unanswered("the service has answered nothing yet")
        return self.source.form

    def ask(self, table: Any) -> list[Answer | str]:
        """An answer for each row, or why there is none; only rows that are new are sent."""
        rows = rows_of(table, self.kinds)
        keys = [key_of(row) for row in rows]
        new = {key: row for key, row in zip(keys, rows, strict=True) if key not in self.known}
        if new:
            said = self.source.answers(list(new.values()), list(new), purpose="rows")
            self.known.update(zip(new, said, strict=True))
        return [self.known[key] for key in keys]

    def cover(self, table: Any, role: str) -> Coverage:
        """Ask for all rows of a role, and keep which have an answer."""
        import numpy as np

        said = self.ask(table)
        told = Coverage(answered=np.array([isinstance(one, Answer) for one in said], dtype=bool))
        told.reasons.update(one for one in said if isinstance(one, str))
        self.coverage[role] = told
        return told

    def repeat(self, table: Any) -> None:
        """Send some rows once more, in the opposite order: a deterministic service says the same."""
        rows = rows_of(table, self.kinds)
        once = {key_of(row): row for row in rows if isinstance(self.known.get(key_of(row)), Answer)}
        keys = list(reversed(once))
        if keys:
            said = self.source.answers([once[key] for key in keys], keys, purpose="again")
            self.again.update(zip(keys, said, strict=True))

    @property
    def repeats(self) -> Repeats:
        """How the second answers differ from the first."""
        pairs = [
            (one, two)
            for key, two in self.again.items()
            if isinstance(two, Answer) and isinstance(one := self.known.get(key), Answer)
        ]
        changes = [
            max((abs(a - b) for a, b in zip(one.scores, two.scores, strict=False)), default=0.0)
            for one, two in pairs
        ]
        differing = sum(one.label != two.label or one.scores != two.scores for one, two in pairs)
        return Repeats(asked=len(pairs), differing=differing, largest=max(changes, default=0.0))

    def close(self) -> None:
        """Hang up."""
        self.source.close()

    def finish(self) -> None:
        """Write the cassette, where one is recorded: once the audit is whole."""
        if self.recorder is not None:
            self.cassette_sha256 = self.recorder()

    def _answers(self, table: Any) -> list[Answer]:
        """Answers of rows that must all have one.

        Raises
        ------
        Unanswered
            If one has none, or too many rows of the audit had none.
        """
        if self.withheld:
            raise Unanswered(self.withheld)
        said = self.ask(table)
        failed = Counter(one for one in said if isinstance(one, str))
        if failed:
            reason, times = failed.most_common(1)[0]
            raise Unanswered(
                f"the service gave no answer to {failed.total():,} of {len(said):,} rows ({times:,}: {reason})",
                "ask again, with more --retries, a larger --timeout or more --max-requests",
            )
        return [one for one in said if isinstance(one, Answer)]


class LabelService(ServiceModel):
    """A service of a classifier that tells labels alone."""

    @property
    def classes_(self) -> NDArray[Any]:
        """The classes, as text."""
        import numpy as np

        return np.array(self.form.classes, dtype=object)

    def predict(self, table: Any) -> NDArray[Any]:
        """Labels (n,)."""
        import numpy as np

        return np.array([one.label for one in self._answers(table)], dtype=object)


class ScoreService(LabelService):
    """A service of a classifier that tells probabilities."""

    def predict_proba(self, table: Any) -> NDArray[np.float64]:
        """Probabilities (n, k), in the order of the classes."""
        import numpy as np

        return np.array([one.scores for one in self._answers(table)], dtype=np.float64).reshape(
            -1, len(self.form.classes)
        )


class ValueService(ServiceModel):
    """A service of a regressor."""

    def predict(self, table: Any) -> NDArray[np.float64]:
        """Values (n,)."""
        import numpy as np

        return np.array([one.scores[0] for one in self._answers(table)], dtype=np.float64)
