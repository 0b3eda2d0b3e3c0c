"""Front matter: what a model card says to machines, in the Hugging Face Hub's own keys; only what is known."""

from __future__ import annotations

import io
import math
import re
from collections.abc import Iterable
from typing import Any

from riskaudit.measure import Measure
from riskaudit.report import Report
from riskaudit.writers import words
from riskaudit.writers.findings import in_words, slice_of
from riskaudit.writers.harmless import escape_terminal

RATES = (
    "accuracy",
    "precision",
    "true_positive_rate",
    "auc",
    "mean_absolute_error",
    "root_mean_squared_error",
)
_HUB = {"true_positive_rate": "recall", "auc": "roc_auc", "mean_absolute_error": "mae", "root_mean_squared_error": "rmse"}  # fmt: skip
_BARE = ("fraction", "ratio", "difference", "auc", "probability", "correlation", "count", "score", "")
_GRAMS = {"kg co2e": 1000.0, "g co2e": 1.0, "t co2e": 1e6}
_LIBRARIES = (("scikit-learn", "sklearn"), ("keras", "keras"), ("skops", "sklearn"))


def metadata(report: Report) -> dict[str, Any]:
    """The card's keys in the order in which they are written.

    The license and the language stand there only where somebody stated them. Every metric carries its slice,
    interval and n in its name, for the Hub has no other place for them.
    """
    task = "tabular-regression" if report.subject.task == "regression" else "tabular-classification"
    license_ = report.statements.get("license", "").strip()
    told: dict[str, Any] = {"license": escape_terminal(license_)} if license_ else {}
    library = next((name for mark, name in _LIBRARIES if mark in report.subject.kind.lower()), "")
    told |= {"library_name": library} if library else {}
    told |= {"pipeline_tag": task, "tags": ["riskaudit"]}
    metrics = sorted({_type(m) for m in _rates(report)})
    told |= {"metrics": metrics} if metrics else {}
    spent = _carbon(report)
    told |= {"co2_eq_emissions": spent} if spent else {}
    found = result(report)
    name = escape_terminal(report.subject.name) or "model"
    return told | ({"model-index": [{"name": name, "results": [found]}]} if found else {})


def result(report: Report) -> dict[str, Any] | None:
    """One result of a model index: the task, the rows, the judged numbers and the groups' own; None without any."""
    judged = [v.measure for v in report.all_verdicts if v.measure is not None]
    every = {(m.name, m.slice): m for m in (*judged, *_rates(report)) if m.value is not None}
    if not every:
        return None
    task = "tabular-regression" if report.subject.task == "regression" else "tabular-classification"
    data = report.data
    name = escape_terminal(data.name) or "evaluation rows"
    dataset: dict[str, Any] = {"type": _slug(name), "name": name, "split": "test"}
    if data.sha256:
        dataset["revision"] = data.sha256
    return {
        "task": {"type": task, "name": task.replace("-", " ").capitalize()},
        "dataset": dataset,
        "metrics": [_metric(m) for m in every.values()],
    }


def yaml_text(plain: Any) -> str:
    """YAML that readers of version 1.1 and 1.2 take for the same: doubtful words are quoted, numbers have a dot."""
    from ruamel.yaml import YAML
    from ruamel.yaml.representer import SafeRepresenter

    class Plain(SafeRepresenter):
        """A representer of our own, so that no other reader of YAML in this process is changed."""

    Plain.add_representer(str, _string)
    Plain.add_representer(float, _float)
    yaml = YAML(typ="safe", pure=True)
    yaml.Representer = Plain
    yaml.default_flow_style = False
    yaml.allow_unicode = True
    yaml.width = 10_000
    yaml.sort_base_mapping_type_on_output = False  # type: ignore[assignment]
    yaml.indent(mapping=2, sequence=2, offset=0)
    out = io.StringIO()
    yaml.dump(plain, out)
    return out.getvalue()


def _string(representer: Any, text: str) -> Any:
    """A word as it is where every reader takes it for one, else in quotes."""
    sure = re.fullmatch(r"[A-Za-z][A-Za-z0-9_-]{3,}", text) and text.lower() not in ("true", "false", "null")
    return representer.represent_scalar("tag:yaml.org,2002:str", text, style=None if sure else '"')


def _float(representer: Any, value: float) -> Any:
    """A number with a dot: without one YAML 1.1 takes 1e-06 for a word."""
    text = repr(value)
    return representer.represent_scalar("tag:yaml.org,2002:float", text if "." in text else text.replace("e", ".0e"))  # fmt: skip


def _rates(report: Report) -> list[Measure]:
    """How well it does, over all rows and for each group."""
    return [
        m for m in report.measures()
        if m.area == "bias" and m.name.partition(".")[2] in RATES and m.value is not None and _of_a_group(m, report)
    ]  # fmt: skip


def _of_a_group(measure: Measure, report: Report) -> bool:
    """Whether a measure is of all rows or of a group that a sensitive column names."""
    return set(measure.where) <= set(report.data.sensitive)


def _type(measure: Measure) -> str:
    """The Hub's own name of a metric, or ours."""
    noun = measure.name.partition(".")[2]
    return _HUB.get(noun, noun) if noun in RATES else measure.name


def _metric(measure: Measure) -> dict[str, Any]:
    """One metric; its name says of whom, how sure, and of how many."""
    value = measure.value if measure.value is not None else math.nan
    noun, number = in_words(measure.name.partition(".")[2]), words.number(measure)
    sure = f"{number.level} interval {number.interval}" if measure.interval else "no interval"
    unit = f"in {measure.unit}" if measure.unit not in _BARE else ""
    about = filter(None, [slice_of(measure), unit, sure, f"n = {words.count(measure.n)}"])
    return {"type": _type(measure), "value": value, "name": escape_terminal(f"{noun} ({'; '.join(about)})")}


def _carbon(report: Report) -> dict[str, Any]:
    """What one training run emitted, in grams, and how that is known."""
    found = report.find("compute.training_carbon")
    factor = _GRAMS.get(found.unit.lower()) if found is not None else None
    if found is None or found.value is None or factor is None:
        return {}
    return {"emissions": found.value * factor, "source": escape_terminal(found.note) or "riskaudit", "training_type": "training"}  # fmt: skip


def _slug(name: str) -> str:
    """A dataset's name as an identifier."""
    return re.sub(r"[^A-Za-z0-9_.-]+", "-", name).strip("-.").lower() or "rows"


def keys_of(told: dict[str, Any], *, without: Iterable[str]) -> str:
    """The metadata as YAML, but for keys that are there already."""
    left = {key: value for key, value in told.items() if key not in set(without)}
    return yaml_text(left) if left else ""
