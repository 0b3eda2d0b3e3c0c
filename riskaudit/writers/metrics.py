"""Metrics: one flat mapping of names to numbers, for DVC, MLflow and whoever plots."""

from __future__ import annotations

import json
import re

from riskaudit.report import Report
from riskaudit.writers.reading import Reading


def metrics(report: Report) -> str:
    """The report's headline numbers as flat JSON: exit code, counts, scores, each rule's worst slice, measures.

    Every value is a finite number. What is not assessed has no entry, never a 0; `count.not_assessed` counts it.
    Keys hold letters, digits, `_`, `-` and `.` only, which every reader takes.
    """
    reading = Reading(report)
    told: dict[str, float] = {"exit_code": report.gate.code}
    told |= {f"count.{_key(name)}": number for name, number in _counts(reading).items()}
    if report.headline is not None:
        told["score"] = report.headline
    told |= {f"score.{_key(a)}": s.value for a, s in report.all_scores.items() if s.value is not None}
    told |= {f"rule.{rule}": value for rule, value in _worst(report).items()}
    for measure in report.measures():
        if not measure.where and measure.value is not None:
            told.setdefault(_key(measure.name), measure.value)
    return json.dumps(told, indent=1, allow_nan=False) + "\n"


def _counts(reading: Reading) -> dict[str, int]:
    """How many verdicts ended how."""
    return {"not_assessed" if name == "missing" else name: number for name, number in reading.counts.items()}


def _worst(report: Report) -> dict[str, float]:
    """Each rule's worst value; none for a rule of which a slice is not assessed."""
    rules = {rule.id: rule for rule in report.rulebook.rules}
    found: dict[str, list[float | None]] = {}
    for verdict in report.all_verdicts:
        found.setdefault(verdict.rule, []).append(verdict.measure.value if verdict.measure else None)
    return {
        id: max(known, key=lambda value: value * rules[id].sign)
        for id, values in found.items()
        if id in rules and len(known := [v for v in values if v is not None]) == len(values)
    }


def _key(text: str) -> str:
    """A name that every reader takes."""
    return re.sub(r"[^A-Za-z0-9_.-]+", "_", text)
