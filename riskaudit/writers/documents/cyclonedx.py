"""CycloneDX: the model, the rows and the evidence as an ML bill of materials, version 1.7."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from riskaudit.measure import Measure
from riskaudit.report import DataCard, Report
from riskaudit.sealing import sealed
from riskaudit.writers.harmless import escape_terminal
from riskaudit.writers.limits import cannot_see
from riskaudit.writers.reading import Reading

SCHEMA = "http://cyclonedx.org/schema/bom-1.7.schema.json"
MODEL, ROWS, MEMBERS = "model", "data-evaluation", "data-training"
_TONNES = {"kg co2e": 1e-3, "g co2e": 1e-6, "t co2e": 1.0}

Plain = dict[str, Any]


def cyclonedx(report: Report) -> str:
    """The report as a CycloneDX 1.7 ML-BOM: one model with its model card, its data as components.

    The serial number comes from the report's digest and the time from its run, so that one report gives one BOM.
    What nobody knows (license, supplier, users) is left out, for an empty word would read as known.
    """
    digest = report.run.digest or sealed(report).run.digest
    data = [_data(report.data, ROWS), *([_members(report.data)] if report.data.members is not None else [])]
    told = {
        "$schema": SCHEMA,
        "bomFormat": "CycloneDX",
        "specVersion": "1.7",
        "serialNumber": f"urn:uuid:{uuid5(NAMESPACE_URL, f'urn:riskaudit:report:{digest}')}",
        "version": 1,
        "metadata": {
            "timestamp": _instant(report.run.started),
            "tools": {
                "components": [
                    {
                        "type": "application",
                        "name": "riskaudit",
                        "version": report.run.versions.get("riskaudit", "unknown"),
                    }
                ]
            },
            "component": _model(Reading(report)),
            "properties": _properties({"report_sha256": digest, **_verdict(report)}),
        },
        "components": data,
        "dependencies": [
            {"ref": MODEL, "dependsOn": [one["bom-ref"] for one in data]},
            *({"ref": one["bom-ref"]} for one in data),
        ],
    }
    return json.dumps(told, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def _verdict(report: Report) -> dict[str, str]:
    """What the gate said."""
    return {
        "gate": report.gate.name, "exit_code": str(report.gate.code), "rulebook": report.rulebook.name,
        "seed": str(report.seed), "schema_version": report.schema_version,
    }  # fmt: skip


def _model(reading: Reading) -> Plain:
    """The model as a component."""
    subject, report = reading.report.subject, reading.report
    made: Plain = {
        "type": "machine-learning-model", "bom-ref": MODEL, "name": _line(subject.name) or "model",
        "description": _line(f"{subject.kind}, {subject.task}"),
    }  # fmt: skip
    license_ = report.statements.get("license", "").strip()
    if license_:
        made["licenses"] = [{"license": {"name": _line(license_)}}]
    if report.statements.get("model_version", "").strip():
        made["version"] = _line(report.statements["model_version"])
    if subject.sha256:
        made["hashes"] = [{"alg": "SHA-256", "content": subject.sha256}]
    made["modelCard"] = {
        "bom-ref": "model-card",
        "modelParameters": _parameters(report),
        "quantitativeAnalysis": {"performanceMetrics": [_metric(m) for m in report.measures() if m.assessed]},
        "considerations": _considerations(reading),
        "properties": _properties(_units(report.measures())),
    }
    return made


def _parameters(report: Report) -> Plain:
    """How it learns, what it takes and gives, and which rows belong to it."""
    subject = report.subject
    refs = [ROWS, *([MEMBERS] if report.data.members is not None else [])]
    made: Plain = {"approach": {"type": "supervised"}, "task": "regression" if subject.task == "regression" else "classification"}  # fmt: skip
    if subject.learner:
        made["architectureFamily"] = _line(subject.learner)
    made["datasets"] = [{"ref": ref} for ref in refs]
    made["inputs"] = [{"format": _line(f"column {name}")} for name in subject.features]
    made["outputs"] = [{"format": _line(f"class {name}")} for name in subject.classes]
    return made


def _metric(measure: Measure) -> Plain:
    """One number with its slice and interval."""
    made: Plain = {"type": measure.name, "value": _number(measure.value)}
    if measure.where:
        made["slice"] = _line(measure.slice)
    if measure.interval is not None:
        low, high = measure.interval.low, measure.interval.high
        made["confidenceInterval"] = {"lowerBound": _number(low), "upperBound": _number(high)}
    return made


def _considerations(reading: Reading) -> Plain:
    """Uses as stated, limits, harms found, groups at risk, and what training cost."""
    said = {key: _line(text) for key, text in reading.report.statements.items() if text.strip()}
    limits = [_line(text) for _, told in cannot_see(reading) for text in told]
    gaps = [_line(f"not assessed: {', '.join(g.rules) or g.area}: {g.reason}") for g in reading.gaps]
    found = (*reading.findings, *reading.waived)
    groups = [f for f in found if f.verdict.area == "bias" and f.measure and "group" in f.measure.where]
    made: Plain = {
        "users": [said[k] for k in ("intended_users",) if k in said],
        "useCases": [said[k] for k in ("intended_use", "purpose") if k in said],
        "technicalLimitations": [*limits, *gaps],
        "ethicalConsiderations": [
            {"name": _line(f"{f.word}: {f.title}"), **_remedy(f.rule.remedy if f.rule else "")}
            for f in found
            if f not in groups
        ],
        "fairnessAssessments": [
            {
                "groupAtRisk": _line(f.measure.where["group"] if f.measure else ""),
                "harms": _line(f"{f.word}: {f.title} ({f.numbers})"),
                **_remedy(f.rule.remedy if f.rule else ""),
            }
            for f in groups
        ],
    }
    spent = _training(reading.report)
    told = {key: value for key, value in made.items() if value}
    return told | ({"environmentalConsiderations": {"energyConsumptions": [spent]}} if spent else {})


def _remedy(text: str) -> Plain:
    """What to do, where the rule says it."""
    return {"mitigationStrategy": _line(text)} if text.strip() else {}


def _training(report: Report) -> Plain | None:
    """Energy and carbon of one training run; nobody knows who provided it, so no provider is named."""
    energy, carbon = report.find("compute.training_energy"), report.find("compute.training_carbon")
    if energy is None or energy.value is None or energy.unit.lower() != "kwh":
        return None
    made: Plain = {
        "activity": "training",
        "energyProviders": [],
        "activityEnergyCost": {"value": energy.value, "unit": "kWh"},
    }
    tonnes = _TONNES.get(carbon.unit.lower()) if carbon is not None else None
    if carbon is not None and carbon.value is not None and tonnes is not None:
        made["co2CostEquivalent"] = {"value": carbon.value * tonnes, "unit": "tCO2eq"}
    return made | {"properties": _properties({"note": energy.note})}


def _data(data: DataCard, ref: str) -> Plain:
    """The rows that it was evaluated on."""
    facts = {
        "rows": str(data.rows), "target": data.target, "favourable": ", ".join(data.favourable),
        "sensitive": ", ".join(data.sensitive), "notes": "; ".join(data.notes),
    }  # fmt: skip
    return _rows(ref, data.name, data.sha256, facts, data.sensitive)


def _members(data: DataCard) -> Plain:
    """The rows that it was trained on."""
    facts = {"rows": str(data.members), "target": data.target}
    return _rows(MEMBERS, data.members_name or "training rows", data.members_sha256, facts, data.sensitive)


def _rows(ref: str, name: str, sha256: str | None, facts: dict[str, str], sensitive: Iterable[str]) -> Plain:
    """A table as a data component."""
    content: Plain = {"type": "dataset", "name": _line(name) or ref}
    columns = [_line(column) for column in sensitive]
    made: Plain = {"type": "data", "bom-ref": ref, "name": _line(name) or ref}
    if sha256:
        made["hashes"] = [{"alg": "SHA-256", "content": sha256}]
    made["data"] = [content | ({"sensitiveData": columns} if columns else {})]
    return made | {"properties": _properties(facts)}


def _units(measures: Iterable[Measure]) -> dict[str, str]:
    """The units of measures that have one; the schema gives a metric no place for it."""
    return {f"unit:{m.name}": m.unit for m in measures if m.assessed and m.unit}


def _properties(facts: dict[str, str]) -> list[Plain]:
    """Facts of our own, under our own prefix."""
    return [{"name": f"riskaudit:{key}", "value": _line(value)} for key, value in facts.items() if value]


def _number(value: float | None) -> str:
    """A number as text, in all its digits."""
    return repr(value)


def _instant(started: str) -> str:
    """The time of the run in UTC; the epoch where it is no time."""
    try:
        found = datetime.fromisoformat(started)
    except ValueError:
        found = datetime.fromtimestamp(0, UTC)
    return (
        (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    )


def _line(text: str) -> str:
    """A text on one line, without control characters."""
    return escape_terminal(text)
