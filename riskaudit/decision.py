"""Decision: one row's outcome with what moved it, what would flip it, and the reasons in words."""

from __future__ import annotations

from riskaudit.measure import Cell, Document, Exhibit, Number

MINUS = "\N{MINUS SIGN}"
SHOWN = 10  # columns of a waterfall; the rest is one step


class Contribution(Document):
    """What a column adds to a row's output: its value, signed, and how sure a sampled one is (standard error)."""

    column: str
    value: Cell
    adds: Number
    error: Number | None = None
    sensitive: bool = False


class Change(Document):
    """One column set to another value; `cost` in median absolute deviations, 1 for a word."""

    column: str
    before: Cell
    after: Cell
    cost: Number


class Counterfactual(Document):
    """Changes after which the model decides otherwise, as it did when it was asked once more at the end."""

    changes: tuple[Change, ...]
    outcome: str
    cost: Number


class Reason(Document):
    """A principal reason in words; `sensitive` where the column must not be one."""

    column: str
    words: str
    adds: Number
    sensitive: bool = False


class Decision(Document):
    """One row.

    Attributes
    ----------
    row : int
        Counted from 0, the first row below the header.
    picked : str
        Why this row: `asked for`, `typical 'yes'`, ...
    decision, actual : str
        What the model decides, and what happened where that is known.
    score : float or None
        The probability of the decision, or the predicted value.
    explains : str
        What the contributions add up to: `probability of 'yes'`.
    base, output : float
        base + the contributions = output.
    searched : str
        How the counterfactuals were looked for, or why not.
    adverse : bool or None
        Whether the decision is the bad one for the person; None where it is not known which that is.
    """

    row: int
    picked: str
    decision: str
    score: Number | None
    actual: str = ""
    explains: str
    base: Number
    output: Number
    contributions: tuple[Contribution, ...]
    counterfactuals: tuple[Counterfactual, ...] = ()
    searched: str
    adverse: bool | None = None
    reasons: tuple[Reason, ...] = ()
    cautions: tuple[str, ...] = ()

    def waterfall(self) -> Exhibit:
        """The contributions as steps from base to output, the largest first, small ones as one."""
        steps = sorted(self.contributions, key=lambda one: -abs(one.adds))
        first, rest = steps[:SHOWN], steps[SHOWN:]
        labels: list[Cell] = [f"{one.column} = {told(one.value)}" for one in first]
        values: list[Cell] = [one.adds for one in first]
        if rest:
            labels.append(f"{len(rest)} other columns")
            values.append(sum(one.adds for one in rest))
        return Exhibit(
            name=f"why.row-{self.row}",
            kind="waterfall",
            title=f"Row {self.row}: how the output came about",
            caption=f"From the mean over the background, {self.base:.3g}, to this row's {self.explains}, {self.output:.3g}.",
            axes={"x": self.explains, "start": self.base, "end": self.output},
            columns={"label": labels, "value": values},
        )


class Decisions(Document):
    """Some rows of a table, explained; unlike a report it holds people's own values, because they were asked for."""

    format: str = "riskaudit decisions 1"
    model: str
    model_sha256: str | None
    data: str
    data_sha256: str | None
    rows: int
    seed: int
    method: str
    compared_with: str
    immutable: tuple[str, ...]
    notes: tuple[str, ...] = ()
    decisions: tuple[Decision, ...]


def told(value: Cell) -> str:
    """A value in words: numbers in at most six digits, a gap as what it is."""
    if value is None:
        return "missing"
    if isinstance(value, str):
        return f"'{value}'"
    whole = isinstance(value, int) or (value.is_integer() and abs(value) < 1e15)
    return (f"{value:,.0f}" if whole else f"{value:.6g}").replace("-", MINUS, 1 if value < 0 else 0)
