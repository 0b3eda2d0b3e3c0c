"""Evidence: all that an audit may look at, predictions made once and kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from riskaudit.datasets.dataset import Dataset
from riskaudit.energy.costs import Costs
from riskaudit.errors import RiskAuditError
from riskaudit.metered.run import MeteredRun
from riskaudit.rulebook import Task
from riskaudit.subjects.rung import Rung
from riskaudit.subjects.subject import Subject

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Role = Literal["test", "train"]
Effort = Literal["quick", "normal", "deep"]
Mend = Callable[["Evidence", str], tuple[list[Any], list[tuple[str, str]]]]
FitMany = Callable[[Any, Any, Any, Any, Any, int], list[Any]]
PrivateLearner = Callable[[float], Any]
Smaller = Callable[["Evidence"], tuple[list[Rung], list[tuple[str, str]]]]
T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Tally:
    """Counts over group x actual class x predicted class: one pass over all rows, merged by addition.

    Attributes
    ----------
    groups : tuple of dict
        The slices, in the order of the first axis.
    counts : int array (groups, k, k)
        Rows by group, actual class, predicted class.
    weights, squares : float arrays (groups, k, k)
        Sums of the survey weights and of their squares (equal to `counts` without weights), from which
        rates and Kish's effective n come.
    """

    by: tuple[str, ...]
    groups: tuple[dict[str, str], ...]
    counts: NDArray[np.int64]
    weights: NDArray[np.float64]
    squares: NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Comparing:
    """How groups are to be compared, where the default is not wanted.

    Attributes
    ----------
    cost : dict
        What a false positive and a false negative cost: {"fp": 1, "fn": 5}; empty where nobody said.
    reference : dict
        The group that others are compared with, by sensitive column; else the highest rate is.
    threshold : float or None
        A regression's value from which on a person is selected.
    top_k : int or None
        How many of the highest scores are taken.
    terms : tuple of str
        Words to put into sentence templates, for a classifier of texts.
    """

    cost: Mapping[str, float] = field(default_factory=dict)
    reference: Mapping[str, str] = field(default_factory=dict)
    threshold: float | None = None
    top_k: int | None = None
    terms: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Explaining:
    """How the explainability audit attributes, where its own choice is not wanted.

    Attributes
    ----------
    background : str
        "sample" or "kmeans": what rows are compared with; "" is the choice that fits the model.
    backgrounds : int
        How many background rows; 0 is as many as the effort affords.
    group_correlated : float or None
        The |Spearman| correlation from which on columns are explained as one.
    """

    background: str = ""
    backgrounds: int = 0
    group_correlated: float | None = None


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """The subject, its rows and everything derived from them once.

    Attributes
    ----------
    test : Dataset
        Held-out rows: every number about quality or harm is measured on these.
    train : Dataset or None
        Members: rows the model was trained on, for privacy audits.
    against : Evidence or None
        The last release on the very same held-out rows, for the release audit.
    min_group, min_events : int
        A group is assessed for a rate only with this many rows, and this many of the class the rate
        conditions on.
    country, intensity
        Where the model runs: ISO 3166 alpha-3, or grams CO2e per kWh; for the compute audit.
    refit : bool
        Whether the compute audit may fit the recipe once more to meter its training.
    costs : Costs
        What no meter can tell: the site, the hardware's making, the price of power, how the model will be used.
    training_run : MeteredRun or None
        The training as `riskaudit meter`, `riskaudit.meter` or codecarbon metered it.
    fit_many : callable or None
        How to fit one recipe of the training core to many subsets of one table at once:
        (estimator, X, y, masks (K, n), seeds (K,), workers) to K fitted estimators. Handed in from above,
        because audits and evidence know nothing of the training core.
    comparing : Comparing
        How the bias audit is to compare groups, where its defaults are not wanted.
    explaining : Explaining
        How the explainability audit is to attribute, where its defaults are not wanted.
    mend : callable or None
        How to refit the model without the gap by a sensitive column: gives what was measured (`Remedied`) and what
        could not be tried, with the reason. Handed in from above, as `fit_many` is.
    private_learner : callable or None
        An unfitted classifier trained with differential privacy, given epsilon; handed in likewise.
    smaller : callable or None
        How to fit smaller models that could stand in for this one: gives them, and which could not be had with the
        reason. Handed in likewise.
    model_file : str
        The path the model was opened from, where it is a file.
    quasi : tuple of str
        Columns that outsiders may know of a person, for the privacy audit's look at the table.
    prior : float
        The share of members among those whom an attacker asks about.
    """

    subject: Subject
    test: Dataset
    train: Dataset | None = None
    against: Evidence | None = None
    seed: int = 0
    workers: int = 1
    effort: Effort = "normal"
    min_group: int = 30
    min_events: int = 10
    country: str = ""
    intensity: float | None = None
    refit: bool = False
    costs: Costs = field(default_factory=Costs)
    training_run: MeteredRun | None = None
    fit_many: FitMany | None = None
    comparing: Comparing = field(default_factory=Comparing)
    explaining: Explaining = field(default_factory=Explaining)
    mend: Mend | None = None
    private_learner: PrivateLearner | None = None
    smaller: Smaller | None = None
    model_file: str = ""
    quasi: tuple[str, ...] = ()
    prior: float = 0.5
    progress: Callable[[str], None] = field(default=lambda _: None)
    _kept: dict[str, Any] = field(default_factory=dict, repr=False)

    @property
    def task(self) -> Task:
        """binary, multiclass or regression."""
        return self.test.task

    def rows(self, role: Role = "test") -> Dataset:
        """The dataset of a role.

        Raises
        ------
        RiskAuditError
            If there are no members.
        """
        dataset = self.test if role == "test" else self.train
        if dataset is None:
            raise RiskAuditError("there are no members to look at", "pass --train")
        return dataset

    def rng(self, purpose: str) -> np.random.Generator:
        """A random stream of this purpose's own, so that a new audit moves no other number."""
        import hashlib

        import numpy as np

        digest = hashlib.sha256(purpose.encode()).digest()
        words = [int.from_bytes(digest[at : at + 4], "big") for at in range(0, 16, 4)]
        return np.random.default_rng([self.seed, *words])

    def outcome(self, role: Role = "test") -> NDArray[Any]:
        """Actual class codes (n,), or values (n,) for regression."""
        return self._keep(f"{role}.outcome", lambda: self.rows(role).outcome)

    def scores(self, role: Role = "test") -> NDArray[np.float64] | None:
        """Class scores (n, k), or predicted values (n,) for regression; None where only decisions are known.

        For predictions alone with a binary `--score` the two columns are (-s, s): an order, no probability.
        """
        return self._keep(f"{role}.scores", lambda: self._scores(self.rows(role)))

    def positive_scores(self, role: Role = "test") -> NDArray[np.float64] | None:
        """The positive class's score (n,) of a binary model, or the values of a regression; None elsewhere."""
        scores = self.scores(role)
        if scores is None or self.task == "regression":
            return scores
        return scores[:, self.test.positive_code] if self.task == "binary" else None

    @property
    def probabilistic(self) -> bool:
        """Whether scores are probabilities."""
        return self.subject.gives_probabilities if self.subject.can_predict else False

    def decisions(self, role: Role = "test") -> NDArray[Any]:
        """Predicted class codes (n,), or predicted values (n,) for regression."""
        return self._keep(f"{role}.decisions", lambda: self._decisions(role))

    def losses(self, role: Role = "test") -> NDArray[np.float64]:
        """Per-row loss (n,): -log p of the actual class (p clipped at 1e-12), or the squared error."""
        return self._keep(f"{role}.losses", lambda: self._losses(role))

    def factors(self, column: str, role: Role = "test") -> tuple[NDArray[Any], list[str]]:
        """A column's codes (n,), in the smallest type, into its sorted words; read once."""

        def made() -> tuple[NDArray[Any], list[str]]:
            from riskaudit.datasets.labels import factors
            from riskaudit.statistics.counting import small_codes

            codes, words = factors(self.rows(role).frame[column])
            return small_codes(codes, len(words)), words

        return self._keep(f"{role}.factors.{column}", made)

    def tally(self, *by: str, role: Role = "test") -> Tally:
        """Counts over the groups of these columns (all rows in one group without any).

        The sensitive columns and the control are counted together in one pass, and every tally of them is
        a margin of that; where that cube would have too many cells, each tally is a pass of its own.
        """
        return self._keep(f"{role}.tally.{by}", lambda: self._tallied(by, role))

    def _tallied(self, by: tuple[str, ...], role: Role) -> Tally:
        data = self.rows(role)
        roles = tuple(dict.fromkeys((*data.sensitive, *filter(None, (data.control,)))))
        cells = len(data.classes) ** 2
        for column in roles:
            cells *= len(self.factors(column, role)[1])
        columns = roles if set(by) <= set(roles) and cells <= MOST_CELLS else tuple(dict.fromkeys(by))

        def made() -> _Cube:
            return _cube(
                data, columns, lambda c: self.factors(c, role), self.outcome(role), self.decisions(role)
            )

        return self._keep(f"{role}.cube.{columns}", made).tally(by)

    def sample(self, n: int, purpose: str, role: Role = "test") -> NDArray[np.int64]:
        """At most n row positions, drawn once for this purpose, in ascending order."""
        import numpy as np

        total = len(self.rows(role))
        if n >= total:
            return np.arange(total)
        return np.sort(self.rng(f"sample {purpose} {role}").choice(total, size=n, replace=False))

    def narrowed(self, *, test: Any, train: Any = None) -> Evidence:
        """The evidence on these rows alone (positions); what the model said of them is not asked again.

        Without `train` the members stay as they are.
        """
        kept: dict[str, Any] = {}
        for role, at in (("test", test), ("train", train)):
            for part in ("outcome", "scores", "decisions", "losses"):
                made = self._kept.get(f"{role}.{part}")
                if made is not None:
                    kept[f"{role}.{part}"] = made if at is None else made[at]
        members = self.train if self.train is None or train is None else self.train.take(train)
        return replace(self, test=self.test.take(test), train=members, against=None, _kept=kept)

    def _keep(self, name: str, make: Callable[[], T]) -> T:
        """A derived thing, made once and read-only afterwards."""
        if name not in self._kept:
            made = make()
            if hasattr(made, "setflags"):
                made.setflags(write=False)
            self._kept[name] = made
        kept: T = self._kept[name]
        return kept

    def _scores(self, data: Dataset) -> NDArray[np.float64] | None:
        import numpy as np

        if self.subject.can_predict and not self.subject.gives_scores:
            return None
        if self.subject.can_predict:
            scores = self.subject.predict_scores(data.frame)
            if self.task == "regression":
                return scores
            order = [
                self.subject.classes.index(label) if label in self.subject.classes else -1
                for label in data.classes
            ]
            padded = np.column_stack(
                [scores, np.zeros(len(scores))]
            )  # a class the model does not know has score 0
            return padded[:, order]
        if self.task == "regression":
            return np.asarray(data.frame[data.prediction], dtype=np.float64)
        if not data.score or self.task != "binary":
            return None
        upper = np.asarray(data.frame[data.score], dtype=np.float64)
        return np.column_stack([upper if data.positive_code == code else -upper for code in (0, 1)])

    def _decisions(self, role: Role) -> NDArray[Any]:
        data = self.rows(role)
        if self.task == "regression":
            values = self.scores(role)
            assert values is not None, "a regression always has values"  # noqa: S101 -- for the type checker
            return values
        from riskaudit.datasets.labels import encode

        said = (
            self.subject.predict_labels(data.frame)
            if self.subject.can_predict
            else data.frame[data.prediction]
        )
        return encode(said, data.classes)

    def _losses(self, role: Role) -> NDArray[np.float64]:
        import numpy as np

        scores, outcome = self.scores(role), self.outcome(role)
        if scores is None:
            raise RiskAuditError("there are no scores to take a loss of", "pass --model or --score")
        if self.task == "regression":
            squared: NDArray[np.float64] = (scores - outcome) ** 2
            return squared
        actual = np.clip(scores[np.arange(len(scores)), outcome], 1e-12, 1.0)
        losses: NDArray[np.float64] = -np.log(actual)
        return losses


@dataclass(frozen=True, kw_only=True)
class _Cube:
    """Counts over several columns x actual x predicted class, from one pass; tallies are its margins."""

    columns: tuple[str, ...]
    words: tuple[list[str], ...]
    counts: NDArray[np.int64]
    weights: NDArray[np.float64]
    squares: NDArray[np.float64]

    def tally(self, by: tuple[str, ...]) -> Tally:
        """The margin over these columns; groups that do not occur are left out."""
        import numpy as np

        axes = [self.columns.index(name) for name in by]
        rest = tuple(at for at in range(len(self.columns)) if at not in axes)
        order = sorted(axes)
        turn = [order.index(at) for at in axes]

        def margin(cells: NDArray[Any]) -> NDArray[Any]:
            summed = cells.sum(axis=rest)
            k = summed.shape[-1]
            turned: NDArray[Any] = summed.transpose([*turn, len(turn), len(turn) + 1]).reshape(-1, k, k)
            return turned

        counts = margin(self.counts)
        used = np.flatnonzero(counts.sum(axis=(1, 2)))
        shape = [len(self.words[at]) for at in axes]
        names = []
        for code in used:
            place = np.unravel_index(int(code), shape) if shape else ()
            names.append({name: self.words[a][int(i)] for name, a, i in zip(by, axes, place, strict=True)})
        weights = margin(self.weights)[used].astype(float)
        squares = margin(self.squares)[used].astype(float)
        return Tally(by=by, groups=tuple(names), counts=counts[used], weights=weights, squares=squares)


MOST_CELLS = 1 << 20  # a cube of more cells than this is counted margin by margin


def _cube(
    data: Dataset,
    columns: tuple[str, ...],
    factors: Callable[[str], tuple[NDArray[Any], list[str]]],
    outcome: NDArray[Any],
    decisions: NDArray[Any],
) -> _Cube:
    """One pass over the rows."""
    from riskaudit.statistics.counting import count_cells, small_codes

    k = len(data.classes)
    if (len(outcome) and outcome.min() < 0) or (len(decisions) and decisions.min() < 0):
        raise RiskAuditError(
            "a label is none of the classes, so it cannot be counted",
            "give the target and the predictions in the same labels",
        )
    found = [factors(name) for name in columns]
    codes = [*(codes for codes, _ in found), small_codes(outcome, k), small_codes(decisions, k)]
    sizes = [*(len(words) for _, words in found), k, k]
    counts = count_cells(codes, sizes)
    weights = data.weights
    sums = counts if weights is None else count_cells(codes, sizes, weights=weights)
    squares = counts if weights is None else count_cells(codes, sizes, weights=weights**2)
    return _Cube(
        columns=columns,
        words=tuple(words for _, words in found),
        counts=counts,
        weights=sums,
        squares=squares,
    )
