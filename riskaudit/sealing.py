"""Sealing: a report carries the digest of all that stands in it, so that an edit is seen."""

from __future__ import annotations

import json
from hashlib import sha256
from typing import Any

from riskaudit.report import Report


def sealed(report: Report) -> Report:
    """The report with its digest.

    It shows accidents and careless edits; whoever can compute a sha256 can seal an edited report anew. Against
    that there is `riskaudit sign`.
    """
    told = digest(report.model_dump(mode="json", by_alias=True))
    return report.model_copy(update={"run": report.run.model_copy(update={"digest": told})})


def digest(plain: dict[str, Any]) -> str:
    """The sha256 of a report's canonical JSON, its own digest left out: keys sorted, no blanks."""
    run = {key: value for key, value in plain["run"].items() if key != "digest"}
    return _sha256({**plain, "run": run})


def content_digest(plain: dict[str, Any]) -> str:
    """The same of everything outside `run`: equal inputs, rules and seed give an equal one."""
    return _sha256({key: value for key, value in plain.items() if key != "run"})


def _sha256(plain: dict[str, Any]) -> str:
    text = json.dumps(plain, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
