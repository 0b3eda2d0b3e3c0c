"""Errors: expected trouble, told in two lines, each with its exit code."""

from __future__ import annotations

from collections.abc import Callable


class RiskAuditError(Exception):
    """Expected trouble: what was found, where, and what to type.

    Parameters
    ----------
    problem : str
        What was found, in one sentence.
    hint : str
        What the reader can do about it.
    where : str
        The flag, file or line it was found at; empty where there is none.
    """

    exit_code = 70

    def __init__(self, problem: str, hint: str = "", *, where: str = "") -> None:
        super().__init__(problem)
        self.problem = problem
        self.hint = hint
        self.where = where

    def lines(self) -> list[str]:
        """The error as the terminal shows it, a line each."""
        told = [f"error: {self.problem}"]
        if self.where:
            told.append(f"  --> {self.where}")
        if self.hint:
            told.append(f"  = help: {self.hint}")
        return told


class UsageError(RiskAuditError):
    """A flag, rule, config key or column name that cannot be meant; nothing was audited."""

    exit_code = 2


class InputError(RiskAuditError):
    """A model, table or report that cannot be read, or must not be used as it is."""

    exit_code = 4


class RefusedError(InputError):
    """A file that could run code when opened, refused unread."""


class Unanswered(RiskAuditError):
    """Something that was asked of a model has no answer: what rests on it is not assessed."""

    exit_code = 4


class FaultsError(UsageError):
    """All that is wrong with a file that people edit, at once.

    Parameters
    ----------
    problems : list of (where, problem, hint)
        One entry for each fault, in file order.
    """

    def __init__(self, problems: list[tuple[str, str, str]]) -> None:
        where, problem, hint = problems[0]
        super().__init__(problem, hint, where=where)
        self.problems = problems

    def lines(self) -> list[str]:
        """Every fault with its own place and help."""
        return [
            line
            for where, problem, hint in self.problems
            for line in RiskAuditError(problem, hint, where=where).lines()
        ]


class RulebookError(FaultsError):
    """All that is wrong with a rulebook, at once."""


def did_you_mean(word: str, known: list[str] | tuple[str, ...]) -> str:
    """A suggestion for a misspelt word: the nearest known one, or the first few there are."""
    from difflib import get_close_matches

    listed = ", ".join(known[:12]) + (", ..." if len(known) > 12 else "")
    lower = {k.lower(): k for k in known}
    near = get_close_matches(word.lower(), list(lower), n=1, cutoff=0.6)
    start = f"did you mean '{lower[near[0]]}'? " if near else ""
    return f"{start}there is: {listed}" if known else "there is none"


class SeveralFaults(InputError):
    """Several independent faults of one request, told at once under one error.

    Its exit code is the gravest of theirs: 4 where a file is at fault, else 2.
    """

    def __init__(self, faults: list[RiskAuditError]) -> None:
        faults = sorted(faults, key=lambda fault: -fault.exit_code)
        super().__init__(faults[0].problem, faults[0].hint, where=faults[0].where)
        self.faults = faults
        self.exit_code = faults[0].exit_code

    def lines(self) -> list[str]:
        """The first fault as an error, the others below it."""
        first, *others = (fault.lines() for fault in self.faults)
        return [*first, *(line.replace("error: ", "  also: ", 1) for told in others for line in told)]


def all_of(*checks: Callable[[], object]) -> None:
    """Make every check, and tell of all that fail at once.

    Raises
    ------
    RiskAuditError
        The one fault as it is, several as `SeveralFaults`.
    """
    faults: list[RiskAuditError] = []
    for check in checks:
        try:
            check()
        except RiskAuditError as fault:
            faults += fault.faults if isinstance(fault, SeveralFaults) else [fault]
    if faults:
        raise faults[0] if len(faults) == 1 else SeveralFaults(faults)
