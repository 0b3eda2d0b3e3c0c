"""Making: a pickle becomes an estimator, inside the sandbox, and is looked at before it may predict."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from riskaudit.subjects.pickled.allowed import is_allowed
from riskaudit.subjects.pickled.restricted import Refused, load_restricted

MOST_FEATURES = 100_000


def made(raw: bytes) -> tuple[Any, bytes]:
    """The estimator in a file, and what is told of it, as JSON.

    Raises
    ------
    Refused
        If it is no fitted estimator, or holds trees or sparse matrices that lead outside.
    """
    estimator = load_restricted(content_of(raw))
    check(estimator)
    return estimator, json.dumps(about(estimator)).encode()


def content_of(raw: bytes) -> bytes:
    """A file's pickle, unpacked within the caps."""
    from riskaudit.subjects.scan.look import Budget, TooMuch
    from riskaudit.subjects.scan.unpacking import Broken, compression, unpacked

    kind = compression(raw)
    if not kind:
        return raw
    try:
        content, after = unpacked(raw, kind, Budget(seconds=60))
    except (Broken, TooMuch) as error:
        raise Refused(str(error)) from error
    if after:
        raise Refused("something follows its end")
    return content


def check(estimator: Any) -> None:
    """Refuse what is no estimator of the list, and parts that compiled code would follow outside."""
    from riskaudit.errors import RiskAuditError
    from riskaudit.subjects.subject import subject_of
    from riskaudit.subjects.trusted import check_parts, check_trees

    kind = type(estimator)
    if not is_allowed(kind.__module__, kind.__name__) or not hasattr(kind, "predict"):
        raise Refused(f"it holds a {kind.__name__}, which is no model")
    try:
        subject_of(estimator, name="the pickle")
        check_trees(estimator, name="it")
        check_parts(estimator, name="it")
    except RiskAuditError as error:
        raise Refused(error.problem) from error
    except RecursionError as error:
        raise Refused("it is nested too deep") from error
    for part in parts(estimator):
        if "n_jobs" in vars(part):
            part.n_jobs = 1  # there are no more threads in here


def parts(thing: Any, seen: set[int] | None = None) -> Iterator[Any]:
    """Every object with attributes, anywhere inside."""
    from riskaudit.subjects.trusted import insides

    seen, waiting = set(), [thing]
    while waiting:
        one = waiting.pop()
        if id(one) in seen or isinstance(one, str | bytes | int | float | type(None)):
            continue
        seen.add(id(one))
        if hasattr(one, "__dict__") and not isinstance(one, type):
            yield one
        waiting += insides(one)


def about(estimator: Any) -> dict[str, Any]:
    """What the parent needs to know, in plain words and numbers."""
    import numpy as np
    from sklearn.base import is_classifier

    from riskaudit.subjects.size import count, numbers_in

    classes = np.asarray(estimator.classes_) if is_classifier(estimator) else None
    names = getattr(estimator, "feature_names_in_", None)
    features = int(getattr(estimator, "n_features_in_", 0) or 0)
    if features > MOST_FEATURES:
        raise Refused(f"it wants {features:,} features")
    methods = [name for name in ("predict_proba", "decision_function") if _has(estimator, name, classes)]
    return {
        "type": type(estimator).__name__,
        "classes": None if classes is None else {"dtype": _kind(classes), "values": classes.tolist()},
        "features": None if names is None else [str(name) for name in names],
        "n_features": features,
        "methods": methods,
        "counted": dict(count(estimator)),
        "numbers": numbers_in(estimator),
        **_recipe(estimator),
    }


def _recipe(estimator: Any) -> dict[str, Any]:
    """How it would be fitted again, or why that cannot be told."""
    from riskaudit.subjects.unfitted import NotPlain, told

    try:
        return {"recipe": told(estimator)}
    except NotPlain as error:
        return {"no_recipe": str(error)}
    except Exception as error:  # noqa: BLE001 -- settings of a strange file may fail in any way
        return {"no_recipe": type(error).__name__}


def _kind(classes: Any) -> str:
    return "object" if classes.dtype.hasobject else str(classes.dtype.kind)


def _has(estimator: Any, name: str, classes: Any) -> bool:
    """Whether scores of this sort can be asked for, in a shape that can be checked."""
    if classes is None or not callable(getattr(estimator, name, None)):
        return False
    if name == "decision_function" and len(classes) > 2:
        # One against one gives a column for each pair of classes.
        return getattr(estimator, "decision_function_shape", "ovr") == "ovr"
    return True
