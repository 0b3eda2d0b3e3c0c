"""Size: how many bytes the saved model takes."""

from __future__ import annotations

from riskaudit.measure import Measure
from riskaudit.subjects.subject import Subject

NAME = "compute.model_size"


def measure(subject: Subject) -> Measure:
    """Bytes of the model's file; without a file, of the skops form it would be saved in."""
    if subject.size_bytes is not None:
        return _of(subject.size_bytes, "Size of the model's file. Counted, so without an interval.")
    from riskaudit.subjects.skops_file import dumped

    try:
        size = len(dumped(subject.estimator))
    except (TypeError, ValueError, AttributeError, NotImplementedError, RuntimeError, OSError) as error:
        return _of(
            None,
            f"Not assessed: there is no file, and the model cannot be serialised ({type(error).__name__}).",
        )
    return _of(
        size,
        "There is no file: size of the skops form (no pickle) it would be saved in. Counted, so without an "
        "interval.",
    )


def _of(value: int | None, note: str) -> Measure:
    return Measure(name=NAME, value=value, n=0 if value is None else 1, unit="bytes", note=note)
