"""Answers: what a service said of a row, in one of four forms that is fixed by its first answers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from riskaudit.datasets.labels import text_of
from riskaudit.errors import InputError
from riskaudit.subjects.service.settings import FormName

SUM_SLACK = 1e-3
EDGE_SLACK = 1e-6
_LABELS = ("label", "class", "prediction", "predicted_label")
_SCORES = ("probabilities", "scores", "predict_proba", "probability", "score")


@dataclass(frozen=True, kw_only=True)
class Answer:
    """A row's answer: a label, scores of the classes, or for a regression one value.

    `digits` is the largest number of significant digits among the numbers.
    """

    label: str = ""
    scores: tuple[float, ...] = ()
    digits: int = 0


@dataclass(frozen=True, kw_only=True)
class Form:
    """What the answers are.

    Attributes
    ----------
    name : str
        `labels`; `probabilities` of each class; `score`, the probability of the last class; `values`.
    classes : tuple of str
        In the order that a list of probabilities has; empty for values.
    """

    name: FormName
    classes: tuple[str, ...]

    @property
    def graded(self) -> bool:
        """Whether there is more than a label."""
        return self.name != "labels"

    def read(self, raw: Any) -> Answer | str:
        """The answer that a raw one means, or in few words why it means none."""
        label, scores = _parts(raw, self.classes)
        if self.name == "labels":
            return Answer(label=label) if label in self.classes else _not("a label that the target has", raw)
        if scores is None or not scores:
            return _not("a number", raw)
        if not all(math.isfinite(one) for one in scores):
            return "the answer is NaN or infinite"
        digits = max(_digits(one) for one in scores)
        if self.name == "values":
            return (
                Answer(scores=scores, digits=digits)
                if len(scores) == 1
                else f"{len(scores)} values for a row"
            )
        if self.name == "score" and len(scores) == 1:
            scores = (1 - scores[0], scores[0])
        if len(scores) != len(self.classes):
            return f"{len(scores)} probabilities for {len(self.classes)} classes"
        if min(scores) < -EDGE_SLACK or max(scores) > 1 + EDGE_SLACK:
            return "a probability outside 0..1"
        if abs(sum(scores) - 1) > SUM_SLACK:
            return "probabilities that do not add up to 1"
        at = scores.index(max(scores)) if self.name == "probabilities" else int(scores[1] >= 0.5)
        said = label if label in self.classes and isinstance(raw, dict) else self.classes[at]
        return Answer(label=said, scores=tuple(min(max(one, 0.0), 1.0) for one in scores), digits=digits)


def form_of(
    raw: Sequence[Any], classes: tuple[str, ...], *, regression: bool, named: bool, asked: str = ""
) -> Form:
    """The form of the first answers.

    Parameters
    ----------
    classes : tuple of str
        Of `--classes`, in that order, or of the target.
    named : bool
        Whether the order was given by `--classes`.
    asked : str
        What `--answers` says.

    Raises
    ------
    InputError
        If it cannot be told, or only by guessing which class a column stands for.
    """
    if regression:
        return Form(name="values", classes=())
    parts = [_parts(one, classes) for one in raw]
    told: Any = asked or _told(parts, classes)
    if not told:
        words = ", ".join(dict.fromkeys(kind_of(one) for one in raw[:100]))
        raise InputError(
            f"the service's answers ({words}) are neither labels of the target ({', '.join(classes[:6])}) nor probabilities",
            "say what they are with --answers labels|probabilities|score, and name the classes with --classes A,B",
            where="--answers",
        )
    keyed = all(isinstance(one, dict) and set(classes) <= {text_of(k) for k in one} for one in raw)
    if told != "labels" and not named and not keyed and not ordered_by_nature(classes):
        raise InputError(
            f"the service gives numbers for classes that it does not name ({', '.join(classes[:6])})",
            "say their order with --classes, for instance --classes " + ",".join(classes[:6]),
            where="--classes",
        )
    if told == "score" and len(classes) != 2:
        raise InputError(
            f"one score cannot tell {len(classes)} classes apart", "give --answers labels", where="--answers"
        )
    return Form(name=told, classes=classes)


def ordered_by_nature(classes: tuple[str, ...]) -> bool:
    """Whether the classes are 0, 1, ..., k-1 or False, True: then their order is no guess."""
    return classes == tuple(str(at) for at in range(len(classes))) or classes == ("False", "True")


def _told(parts: Sequence[tuple[str, tuple[float, ...] | None]], classes: tuple[str, ...]) -> str:
    """The form by what the answers look like; empty where it cannot be told."""
    if all(label in classes for label, _ in parts) and all(s is None or len(s) == 1 for _, s in parts):
        return "labels"
    known = [scores for _, scores in parts if scores and all(math.isfinite(one) for one in scores)]
    if not known or 2 * len(known) < len(parts):
        return ""
    widths = {len(scores) for scores in known}
    if widths == {len(classes)}:
        return "probabilities"
    within = all(0 <= scores[0] <= 1 for scores in known)
    return "score" if widths == {1} and within and len(classes) == 2 else ""


def _parts(raw: Any, classes: tuple[str, ...]) -> tuple[str, tuple[float, ...] | None]:
    """A raw answer's label (empty where it has none) and its numbers (None where it has none)."""
    if isinstance(raw, dict):
        return _of_mapping(raw, classes)
    if isinstance(raw, list):
        if len(raw) == 1:
            return _parts(raw[0], classes) if not isinstance(raw[0], list) else ("", None)
        numbers = tuple(float(one) for one in raw if _is_number(one))
        return "", numbers if len(numbers) == len(raw) else None
    if isinstance(raw, (bool, str)):
        return text_of(raw), None
    if _is_number(raw):
        return text_of(raw) if math.isfinite(raw) else "", (float(raw),)
    return "", None


def _of_mapping(raw: dict[str, Any], classes: tuple[str, ...]) -> tuple[str, tuple[float, ...] | None]:
    """The same of an object: `{class: probability}`, or one with a label and probabilities in it."""
    if classes and set(classes) == set(raw) and all(_is_number(one) for one in raw.values()):
        return "", tuple(float(raw[name]) for name in classes)
    if classes and len(raw) == len(classes) and tuple(raw) == tuple(str(at) for at in range(len(raw))):
        return _parts(list(raw.values()), classes)
    if len(raw) == 1:
        inner = next(iter(raw.values()))
        return _parts(inner, classes) if not isinstance(inner, dict) else ("", None)
    label = next((text_of(raw[key]) for key in _LABELS if isinstance(raw.get(key), str | int | bool)), "")
    inner = next((raw[key] for key in _SCORES if key in raw), None)
    if isinstance(inner, dict) and any(key in _SCORES for key in inner):
        return label, None
    return label, _parts(inner, classes)[1] if inner is not None else None


def kind_of(raw: Any) -> str:
    """What a raw answer is, in words of ours: `a text`, `3 numbers`, `an object of 2`."""
    if isinstance(raw, dict):
        return f"an object of {len(raw)}"
    if isinstance(raw, list):
        return f"{len(raw)} {'numbers' if all(_is_number(one) for one in raw) else 'things'}"
    if isinstance(raw, bool):
        return "true or false"
    return "a text" if isinstance(raw, str) else "a number" if _is_number(raw) else "nothing"


def _is_number(raw: Any) -> bool:
    if isinstance(raw, int) and not isinstance(raw, bool):
        return abs(raw) < 2**1000
    return isinstance(raw, float)


def _not(what: str, raw: Any) -> str:
    return f"the answer is {kind_of(raw)}, not {what}"


def _digits(value: float) -> int:
    """Significant decimal digits of a number as it was written (its shortest form)."""
    mantissa = repr(abs(value)).split("e")[0].replace(".", "").strip("0")
    return len(mantissa)
