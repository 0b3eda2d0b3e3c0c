"""Anatomy: a fitted model taken apart into what prepares rows and what decides, column by column."""

from __future__ import annotations

import copy
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

Family = Literal["linear", "trees", "other"]
TREES = (
    "DecisionTree",
    "ExtraTree",
    "RandomForest",
    "GradientBoosting",
    "HistGradientBoosting",
    "XGB",
    "LGBM",
)
# They keep a column's name but fill or scale it from its neighbours: no longer that column alone.
MIXING = ("Normalizer", "KNNImputer", "IterativeImputer")


@dataclass(frozen=True, kw_only=True)
class Parts:
    """A model as two parts.

    Attributes
    ----------
    prepare : transformer or None
        All steps but the last; None where the model takes rows as they are.
    model : estimator
        What decides; the whole estimator where it could not be taken apart.
    origins : tuple of str
        For each column that the model sees, the user's column it comes from.
    apart : bool
        False for a pipeline whose prepared columns mix several of the user's.
    """

    prepare: Any
    model: Any
    origins: tuple[str, ...]
    apart: bool = True

    def prepared(self, frame: pd.DataFrame) -> NDArray[Any]:
        """The rows as the model sees them (n, len(origins)), dense.

        Raises
        ------
        ValueError
            If they are not numbers.
        """
        import numpy as np

        seen: Any = frame if self.prepare is None else self.prepare.transform(frame)
        return np.asarray(seen.toarray() if hasattr(seen, "toarray") else seen, dtype=np.float64)

    def named(self, prepared: NDArray[Any]) -> Any:
        """Prepared rows under the names the model was fitted with, where it was fitted with names."""
        names = getattr(self.model, "feature_names_in_", None)
        if names is None:
            return prepared
        import pandas as pd

        return pd.DataFrame(prepared, columns=list(names))


def take_apart(estimator: Any, columns: Sequence[str] = ()) -> Parts:
    """A fitted estimator's preparing and deciding parts.

    Parameters
    ----------
    estimator : scikit-learn-shaped
        A search is looked into for its best estimator; a pipeline is cut before its last step.
    columns : sequence of str
        The user's columns, for estimators that were fitted without names.
    """
    whole = getattr(estimator, "best_estimator_", estimator)
    names = tuple(str(name) for name in getattr(whole, "feature_names_in_", ())) or tuple(columns)
    if not names:
        names = tuple(f"x{at}" for at in range(int(getattr(whole, "n_features_in_", 0))))
    if not hasattr(whole, "steps"):
        return Parts(prepare=None, model=whole, origins=names)
    steps = [step for _, step in whole.steps[:-1] if step not in (None, "passthrough")]
    origins = _through(steps, names)
    if origins is None:
        return Parts(prepare=None, model=whole, origins=names, apart=False)
    return Parts(prepare=whole[:-1] if steps else None, model=whole.steps[-1][1], origins=origins)


def model_family(model: Any) -> Family:
    """Which explainer fits: `linear` (coef_ and intercept_), `trees`, or `other`."""
    if hasattr(model, "steps"):
        return "other"
    kinds = [
        c.__name__
        for c in type(model).__mro__
        if c.__module__.startswith(("sklearn.", "xgboost", "lightgbm"))
    ]
    if any(kind.startswith(TREES) for kind in kinds):
        return "trees"
    return "linear" if hasattr(model, "coef_") and hasattr(model, "intercept_") else "other"


def _through(steps: Sequence[Any], names: Sequence[str]) -> tuple[str, ...] | None:
    """Origins of the columns after these steps; None where a column comes from several."""
    origins: tuple[str, ...] | None = tuple(names)
    for step in steps:
        origins = None if origins is None else _step(step, origins)
    return origins


def _step(step: Any, names: tuple[str, ...]) -> tuple[str, ...] | None:
    """Origins after one step."""
    if step in (None, "passthrough"):
        return names
    if hasattr(step, "transformers_"):
        return _columns(step, names)
    if hasattr(step, "transformer_list"):
        return _joined([_step(part, names) for _, part in step.transformer_list if part != "drop"])
    if hasattr(step, "steps"):
        return _through([part for _, part in step.steps], names)
    return _by_name(step, names)


def _columns(transformer: Any, names: tuple[str, ...]) -> tuple[str, ...] | None:
    """Origins after a ColumnTransformer, whose parts each take some of the columns."""
    width = max((part.stop for part in transformer.output_indices_.values()), default=0)
    origins: list[str] = [""] * width
    given = [str(name) for name in getattr(transformer, "feature_names_in_", range(len(names)))]
    for name, part, chosen in transformer.transformers_:
        place = transformer.output_indices_[name]
        if place.stop == place.start:
            continue
        found = _step(part, tuple(names[at] for at in _positions(chosen, given)))
        if found is None or len(found) != place.stop - place.start:
            return None
        origins[place] = found
    return tuple(origins)


def _positions(chosen: Any, names: list[str]) -> list[int]:
    """Which columns a ColumnTransformer's entry names: by name, position, slice or mask."""
    import numpy as np

    if isinstance(chosen, slice):
        if isinstance(chosen.start, str) or isinstance(chosen.stop, str):
            first = 0 if chosen.start is None else names.index(chosen.start)
            last = len(names) if chosen.stop is None else names.index(chosen.stop) + 1
            return list(range(first, last))
        return list(range(len(names)))[chosen]
    listed = [chosen] if isinstance(chosen, (str, int)) else list(chosen)
    if listed and isinstance(listed[0], (bool, np.bool_)):
        return [int(at) for at in np.flatnonzero(listed)]
    return [names.index(one) if isinstance(one, str) else int(one) % len(names) for one in listed]


def _joined(parts: Sequence[tuple[str, ...] | None]) -> tuple[str, ...] | None:
    """The columns of several parts side by side."""
    known = [part for part in parts if part is not None]
    return tuple(name for part in known for name in part) if len(known) == len(parts) else None


def _by_name(step: Any, names: tuple[str, ...]) -> tuple[str, ...] | None:
    """Origins by asking a transformer for its output's names, with marks as the input's names."""
    import numpy as np

    if type(step).__name__ in MIXING:
        return None
    marks = np.array([f"\N{SECTION SIGN}{at}\N{SECTION SIGN}" for at in range(len(names))], dtype=object)
    twin = copy.copy(step)  # shallow, so that the marks do not reach the audited model
    if hasattr(twin, "feature_names_in_"):
        twin.feature_names_in_ = marks
    try:
        told = _names_out(twin, marks)
    except (AttributeError, TypeError, ValueError, NotImplementedError):
        return None  # it cannot say what its columns are
    if len(names) == 1:
        return names * len(told)
    found = [set(re.findall("\N{SECTION SIGN}(\\d+)\N{SECTION SIGN}", str(name))) for name in told]
    if any(len({names[int(at)] for at in one}) != 1 for one in found):
        return None
    return tuple(names[int(next(iter(one)))] for one in found)


def _names_out(step: Any, marks: NDArray[Any]) -> Sequence[Any]:
    """A transformer's output names; text vectorisers take no argument."""
    if hasattr(step, "vocabulary_"):
        told: Sequence[Any] = step.get_feature_names_out()
        return told
    told = step.get_feature_names_out(marks)
    return told
