"""Audit: a question put to the evidence, answered by measures and exhibits."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from inspect import cleandoc
from textwrap import dedent
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from riskaudit.apart import TimeUp, within
from riskaudit.errors import RiskAuditError, Unanswered
from riskaudit.measure import Exhibit, Measure
from riskaudit.report import AuditResult

if TYPE_CHECKING:  # a report that is judged again has no evidence, and should not wait for its home
    from riskaudit.evidence import Evidence


class NotApplicable(RiskAuditError):
    """The audit cannot be put to this evidence: say what is lacking and what to pass."""


@runtime_checkable
class Audit(Protocol):
    """What an audit is: a class with these, and a docstring in three parts.

    The docstring says *What it asks*, *How it measures* and *What it cannot see*; `riskaudit explain`
    prints it. `measures` declares every name it may yield with its meaning, so that a rulebook with an
    unknown measure is refused before any training.
    """

    name: str
    question: str
    measures: Mapping[str, str]

    def examine(self, evidence: Evidence) -> Iterator[Measure | Exhibit]:
        """Yield measures and exhibits; raise NotApplicable where the evidence does not allow it."""
        ...


def concerns(audit: Audit, evidence: Evidence) -> bool:
    """Whether the audit has something to look at: some are for services or for two releases alone.

    An audit says so by a method `concerns(evidence)`; one without it always looks. What does not concern the
    evidence is no gap, unless somebody names it with --only or a rule needs its measures.
    """
    told = getattr(audit, "concerns", None)
    return True if told is None else bool(told(evidence))


def examine(audit: Audit, evidence: Evidence, *, seconds: float = 0) -> AuditResult:
    """Run one audit; whatever goes wrong in it becomes a result with its reason, and costs only itself.

    An audit that takes longer than `seconds` (0: no limit) has failed; what it measured until then is kept.
    """
    measures: list[Measure] = []
    exhibits: list[Exhibit] = []
    status, reason = "measured", ""
    try:
        with within(seconds):
            for item in audit.examine(evidence):
                _take(item, audit, measures, exhibits)
    except (NotApplicable, Unanswered) as error:
        status, reason = "not_applicable", "; ".join(filter(None, (error.problem, error.hint)))
    except KeyboardInterrupt:
        raise
    except TimeUp as error:
        status, reason = "failed", str(error)
    except BaseException as error:  # noqa: BLE001 -- the one broad except in the house: a crash is a result, even SystemExit
        status, reason = "failed", told(error)
    return AuditResult.model_validate(
        {
            "audit": audit.name,
            "question": audit.question,
            "cannot_see": cannot_see(audit),
            "status": status,
            "reason": reason,
            "measures": measures,
            "exhibits": exhibits,
        }
    )


def cannot_see(audit: Audit) -> str:
    """The part of an audit's docstring that says what it cannot see; empty where it does not say."""
    _, _, told = cleandoc(type(audit).__doc__ or "").partition("What it cannot see")
    return dedent(told.lstrip(":").strip("\n")).strip()


def told(error: BaseException) -> str:
    """An error's kind and words; an error that cannot even say what it is keeps its kind."""
    try:
        words = str(error)
    except Exception:  # noqa: BLE001 -- a plugin's error can fail in any way
        words = "(it cannot say what went wrong)"
    return f"{type(error).__name__}: {words}" if words else type(error).__name__


def _take(item: object, audit: Audit, measures: list[Measure], exhibits: list[Exhibit]) -> None:
    """Sort one yielded item in, or say why it cannot be."""
    if isinstance(item, Exhibit):
        exhibits.append(item)
    elif not isinstance(item, Measure):
        raise TypeError(f"the audit yielded a {type(item).__name__}; only Measure and Exhibit are results")
    elif item.name not in audit.measures:
        raise ValueError(f"the audit yielded '{item.name}', which its `measures` do not declare")
    else:
        measures.append(item)
