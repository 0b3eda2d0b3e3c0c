"""Core header: what an .npz of the NumPy core says of itself, in JSON, every field checked."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import Field, FiniteFloat, model_validator

from riskaudit.measure import Document
from riskaudit.subjects.record import TrainingRecord

FORMAT: Final = "riskaudit-core"
VERSION: Final = 1
Word = Annotated[str, Field(max_length=100_000)]
Output = Literal["sigmoid", "softmax", "identity"]


class Numbers(Document):
    """Columns of numbers, or of dates as days since 1970-01-01 (UTC), d of them.

    A gap takes `fill`; after the d columns comes a 0/1 column for each of `gaps` (positions of columns
    that had gaps in training); then (x - mean) / scale over all d + g of them.
    """

    kind: Literal["number", "date"]
    columns: tuple[Word, ...]
    fill: tuple[FiniteFloat, ...]
    gaps: tuple[Annotated[int, Field(ge=0)], ...]
    mean: tuple[FiniteFloat, ...]
    scale: tuple[Annotated[FiniteFloat, Field(gt=0)], ...]

    @model_validator(mode="after")
    def _fits(self) -> Numbers:
        d, g = len(self.columns), len(self.gaps)
        if len(self.fill) != d or len(self.mean) != d + g or len(self.scale) != d + g:
            raise ValueError(f"{d} {self.kind} columns and {g} with gaps, but other counts of numbers")
        if list(self.gaps) != sorted(set(self.gaps)) or any(at >= d for at in self.gaps):
            raise ValueError(f"gaps name columns that are not there: {self.gaps[:5]}")
        return self

    @property
    def names(self) -> tuple[str, ...]:
        """The columns it reads."""
        return self.columns

    @property
    def width(self) -> int:
        """How many numbers a row becomes."""
        return len(self.mean)


class Booleans(Document):
    """Columns of true and false as 1 and 0; a gap takes `fill`."""

    kind: Literal["boolean"]
    columns: tuple[Word, ...]
    fill: tuple[FiniteFloat, ...]

    @model_validator(mode="after")
    def _fits(self) -> Booleans:
        if len(self.fill) != len(self.columns):
            raise ValueError(f"{len(self.columns)} boolean columns, but {len(self.fill)} fills")
        return self

    @property
    def names(self) -> tuple[str, ...]:
        """The columns it reads."""
        return self.columns

    @property
    def width(self) -> int:
        """How many numbers a row becomes."""
        return len(self.columns)


class Vocabulary(Document):
    """A column of words: a 0/1 column for each of `values`, in order, then one for all of `rest`, if any.

    A word in neither counts as `rest`; without a rest it has 0 everywhere. A gap is the word "(missing)".
    """

    column: Word
    values: tuple[Word, ...]
    rest: tuple[Word, ...] = ()

    @model_validator(mode="after")
    def _once(self) -> Vocabulary:
        if len({*self.values, *self.rest}) != len(self.values) + len(self.rest):
            raise ValueError(f"a value of column '{self.column}' is there twice")
        if not self.values or list(self.values) != sorted(self.values):
            raise ValueError(f"the values of column '{self.column}' are absent or out of order")
        return self


class Categories(Document):
    """Columns of words, each with its vocabulary."""

    kind: Literal["category"]
    columns: tuple[Vocabulary, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The columns it reads."""
        return tuple(one.column for one in self.columns)

    @property
    def width(self) -> int:
        """How many numbers a row becomes."""
        return sum(len(one.values) + bool(one.rest) for one in self.columns)


class Texts(Document):
    """A column of texts, left as they are; a gap is the empty one."""

    kind: Literal["text"]
    columns: Annotated[tuple[Word], Field(min_length=1)]

    @property
    def names(self) -> tuple[str, ...]:
        """The column it reads."""
        return self.columns

    @property
    def width(self) -> int:
        """A text is one thing."""
        return 1


Group = Annotated[Numbers | Booleans | Categories | Texts, Field(discriminator="kind")]
Scalar = bool | int | FiniteFloat | Word


class Classes(Document):
    """The labels, in the order of the probabilities; `dtype` is NumPy's name of their type."""

    labels: Annotated[tuple[Scalar, ...], Field(min_length=2)]
    dtype: Annotated[str, Field(pattern=r"^(bool|u?int(8|16|32|64)|float(32|64)|str|object)$")]


class Fitted(Document):
    """What a fitted model tells of its training."""

    n_iter: Annotated[int, Field(ge=0)] | None = None
    best_epoch: Annotated[int, Field(ge=0)] | None = None
    loss_curve: tuple[FiniteFloat, ...] | None = None
    validation_curve: tuple[FiniteFloat, ...] | None = None


class Vectors(Document):
    r"""How a text becomes the numbers of the first layer: the mean of its tokens' rows of `embedding`.

    Tokens are what `[^\W_]+(?:'[^\W_]+)*` finds in lower case, a right single quotation mark being an apostrophe,
    each cut at 40 characters, the first `max_tokens` of them. Row 1 + i is `words[i]`, row 0 any other; no token: zeros.
    """

    words: Annotated[tuple[Word, ...], Field(min_length=1)]
    max_tokens: Annotated[int, Field(ge=1)]
    length: Annotated[int, Field(ge=1, le=100_000)]

    @model_validator(mode="after")
    def _once(self) -> Vectors:
        if len(set(self.words)) != len(self.words):
            raise ValueError("a word of the vocabulary is there twice")
        return self


class Model(Document):
    """Layers z = a W + b with `activation` between them and `output` at the end.

    `output`: sigmoid gives the probability of the second class, softmax that of each, identity a number,
    which times `target_scale` plus `target_mean` is in the target's unit. `settings` are those of `learner`.
    """

    learner: Word
    task: Literal["classification", "regression"]
    layers: Annotated[int, Field(ge=1, le=10_000)]
    activation: Literal["relu", "tanh", "sigmoid", "identity"] = "identity"
    output: Output
    target_mean: FiniteFloat = 0.0
    target_scale: Annotated[FiniteFloat, Field(gt=0)] = 1.0
    classes: Classes | None = None
    vectors: Vectors | None = None
    settings: dict[str, str] = {}
    seed: int | None = None
    fitted: Fitted = Fitted()

    @model_validator(mode="after")
    def _agrees(self) -> Model:
        if (self.task == "classification") != (self.classes is not None):
            raise ValueError(f"a {self.task} model {'has' if self.classes else 'needs'} classes")
        if (self.output == "identity") != (self.task == "regression"):
            raise ValueError(f"output {self.output} does not fit {self.task}")
        return self

    @property
    def outputs(self) -> int:
        """How many numbers the last layer gives."""
        return len(self.classes.labels) if self.output == "softmax" and self.classes else 1


class Header(Document):
    """The whole header. `features` has the columns in the order of the training table."""

    format: Literal["riskaudit-core"] = FORMAT
    version: Literal[1] = VERSION
    features: Annotated[tuple[Word, ...], Field(min_length=1)]
    prepare: Annotated[tuple[Group, ...], Field(min_length=1)]
    model: Model
    record: TrainingRecord | None = None

    @model_validator(mode="after")
    def _complete(self) -> Header:
        named = [name for group in self.prepare for name in group.names]
        if len({group.kind for group in self.prepare}) != len(self.prepare):
            raise ValueError("a kind of column is prepared twice")
        if sorted(named) != sorted(set(self.features)) or len(self.features) != len(named):
            raise ValueError("the prepared columns are not the features")
        texts = [group for group in self.prepare if group.kind == "text"]
        if bool(texts) != (self.model.vectors is not None) or (texts and len(self.prepare) > 1):
            raise ValueError("texts need vectors of words, and other columns have none")
        return self

    @property
    def width(self) -> int:
        """How many numbers the model takes a row."""
        vectors = self.model.vectors
        return vectors.length if vectors else sum(group.width for group in self.prepare)
