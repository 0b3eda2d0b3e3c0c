"""Kinds: what each feature column holds, as a learner will read it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from riskaudit.datasets.tables import column_kind
from riskaudit.training.learners import LEARNERS
from riskaudit.training.tokens import reads_as_text

if TYPE_CHECKING:
    import pandas as pd


def feature_kinds(frame: pd.DataFrame, features: Iterable[str], *, learner: str) -> dict[str, str]:
    """The kind of each feature column, as `recipe` takes them.

    For a learner of tables: number, boolean, category or date. For a learner of texts, a category of four
    words or more on average is a text (`tokens.reads_as_text`).
    """
    kinds = {name: column_kind(frame[name]) for name in features}
    if learner in LEARNERS and LEARNERS[learner].reads == "text":
        texts = (name for name, kind in kinds.items() if kind == "category" and reads_as_text(frame[name]))
        kinds.update(dict.fromkeys(texts, "text"))
    return kinds
