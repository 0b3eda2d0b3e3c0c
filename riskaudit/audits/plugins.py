"""Plugins' audits: put in a process of their own, so that whatever they do costs only their own result."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from riskaudit.apart import POSSIBLE, Ended, apart
from riskaudit.audits.audit import Audit, cannot_see, examine
from riskaudit.errors import InputError
from riskaudit.report import AuditResult

if TYPE_CHECKING:
    from riskaudit.evidence import Evidence

HOUR = 3600.0


def examine_apart(audit: Audit, evidence: Evidence, *, seconds: float = 0) -> AuditResult:
    """Run a stranger's audit in a child process; what it gives is read as data and checked again here.

    It may hang (an hour at most, or `seconds`), crash, leave by `os._exit(0)`, print, or allocate: then its
    result is `failed` and the run goes on. It is no sandbox: a plugin is code that somebody installed, and can
    read and write what this user can. Where the system cannot fork, it runs in this process.
    """
    if not POSSIBLE:
        return examine(audit, evidence, seconds=seconds)
    try:
        answer = apart(lambda: _alone(audit, evidence), seconds=seconds or HOUR)
        return _believed(AuditResult.model_validate_json(answer), audit)
    except Ended as error:
        return _failed(audit, str(error))
    except (ValueError, InputError, OSError) as error:
        return _failed(audit, f"what it gave is no result: {str(error).splitlines()[0]}")


def _alone(audit: Audit, evidence: Evidence) -> bytes:
    """In the child: on one thread, because a fork leaves thread pools behind."""
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1):
        return examine(audit, replace(evidence, workers=1)).model_dump_json().encode()


def _believed(result: AuditResult, audit: Audit) -> AuditResult:
    """The child's result, if it keeps to what its audit declares."""
    strange = [m.name for m in result.measures if m.name not in audit.measures]
    if result.audit != audit.name or strange:
        raise InputError(f"it speaks of {', '.join(strange) or result.audit}, which it does not declare")
    return result


def _failed(audit: Audit, reason: str) -> AuditResult:
    return AuditResult(
        audit=audit.name,
        question=audit.question,
        cannot_see=cannot_see(audit),
        status="failed",
        reason=reason,
    )
