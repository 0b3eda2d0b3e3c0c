"""Origin: where a table came from, and how it is refused; the limits that every reader keeps."""

from __future__ import annotations

from dataclasses import dataclass, field

from riskaudit.errors import InputError

MOST_BYTES = 2 << 30  # 2 GiB of text or of values once unpacked
MOST_JSON = 256 << 20  # of JSON text, whose objects take some ten times as much
MOST_RATIO = 250  # times that a compressed file may grow; honest tables stay below 60
FREE_BYTES = 32 << 20  # below this much text no ratio is asked for: a short table may repeat itself
MOST_COLUMNS = 20_000
MOST_CELLS = 250_000_000
MOST_NAME = 500  # characters in a column's name, or in that of a group
MOST_CELL = 1_000_000  # characters in one cell
A_TABLE = "give a CSV, JSON Lines, Parquet or Arrow file with a header line"


@dataclass(frozen=True, kw_only=True)
class Origin:
    """The table's name and the flag that named it, with what was noticed on the way."""

    name: str
    flag: str = "--data"
    notes: list[str] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)

    def refused(self, problem: str, hint: str = A_TABLE) -> InputError:
        """The error that says why this table is not read: `{name}` stands for the table."""
        return InputError(problem.replace("{name}", self.name), hint, where=self.flag)

    def note(self, told: str) -> None:
        """Say something of the table in the report's data notes."""
        self.notes.append(told)

    def leave_out(self, columns: list[str], kind: str) -> None:
        """Say which columns were not taken along, because they hold no plain values."""
        self.left_out.extend(columns)
        self.note(f"columns that hold {kind} were left out: {', '.join(columns)}")


def first_line(error: BaseException) -> str:
    """The first line of an error, short: parsers quote whole rows of people's data in the rest."""
    return str(error).splitlines()[0][:120] if str(error) else type(error).__name__


def check_header(names: list[str], origin: Origin) -> list[str]:
    """Column names: each there, each once, not too many.

    Raises
    ------
    InputError
        Naming the first that is at fault.
    """
    names = [str(name).strip() for name in names]
    if len(names) > MOST_COLUMNS:
        raise origin.refused(
            f"{{name}} has {len(names):,} columns; at most {MOST_COLUMNS:,} can be audited",
            "leave out columns that the audit does not need",
        )
    long = next((at for at, name in enumerate(names) if len(name) > MOST_NAME), None)
    if long is not None:
        raise origin.refused(
            f"column {long + 1} of {{name}} has a name of {len(names[long]):,} characters",
            "does the file lack a header line? Give each column a short name",
        )
    if "" in names:
        raise origin.refused(
            f"column {names.index('') + 1} of {{name}} has no name",
            "name it, or leave the index out when saving",
        )
    if len(set(names)) < len(names):
        seen: set[str] = set()
        twice = next(name for name in names if name in seen or seen.add(name))  # type: ignore[func-returns-value]
        raise origin.refused(
            f"{{name}} has more than one column named '{twice}'", "give each column a name of its own"
        )
    return names


def check_size(rows: int, columns: int, origin: Origin) -> None:
    """Refuse more cells than fit into bounded memory.

    Raises
    ------
    InputError
        With both counts.
    """
    if rows * columns > MOST_CELLS:
        raise origin.refused(
            f"{{name}} has {rows:,} rows of {columns:,} columns; at most {MOST_CELLS:,} cells are read",
            "leave out columns that the audit does not need, or draw a seeded sample of rows",
        )
