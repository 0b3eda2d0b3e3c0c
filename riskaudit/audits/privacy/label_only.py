"""Label-only attack: right about the record and about many copies of it, so a member."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from riskaudit.audits.privacy.asked import Asked
from riskaudit.audits.privacy.bench import unquoted
from riskaudit.audits.privacy.pool import thinned
from riskaudit.audits.privacy.told import Attack
from riskaudit.datasets.labels import encode
from riskaudit.errors import RiskAuditError
from riskaudit.evidence import Evidence

if TYPE_CHECKING:
    import pandas as pd

COPIES = {"quick": 6, "normal": 12, "deep": 40}
ROWS = {"quick": 300, "normal": 1_500, "deep": 5_000}  # of either side
FAR = 100  # rows of either side of a model that is asked over a network, where each copy costs a request
WIDEST = 0.6  # standard deviations of noise on a number; a share of that of categories is drawn anew


def attack(evidence: Evidence, given: Asked) -> Attack | str:
    """The label-only attack by augmentation, on what hides its scores.

    Each record is asked about with its columns disturbed, very little in the first copies and more in the later
    (as the square of their number): numbers by noise of up to 0.6 standard deviations, categories drawn anew
    with a chance of up to 0.3, words of a text left out with a chance of up to 0.3. Score = share of copies
    that the model still labels with the actual outcome, the copies' weights falling from the record itself to
    the last: a model is right further around what it was fitted to.

    The attacker needs the record, its outcome and 1 + C decisions of the model (12 copies at normal effort);
    no probabilities. Costs no fit. Not for regression, which decides nothing.

    References
    ----------
    Choquette-Choo, C. et al. (2021). Label-only membership inference attacks. ICML, section 4.2.
    """
    if given.kind == "residual":
        return "a regression gives no labels to count"
    if not evidence.subject.can_predict:
        return "there is no model to ask again"
    rng = evidence.rng("privacy label-only copies")
    sides = [np.flatnonzero(given.member), np.flatnonzero(~given.member)]
    far = bool(getattr(evidence.subject, "remote", False))
    size, copies = (FAR, COPIES["quick"]) if far else (ROWS[evidence.effort], COPIES[evidence.effort])
    mine = given.rows(np.concatenate([thinned(side, size, rng) for side in sides]))
    rows = records(evidence, mine)
    right = np.zeros(len(mine))
    try:
        for copy in range(copies + 1):
            asked = rows if copy == 0 else disturbed(rows, (copy / copies) ** 2, rng)
            said = encode(evidence.subject.predict_labels(asked), evidence.test.classes)
            right += (said == mine.outcome) * (1 - copy / (copies + 1))
    except RiskAuditError as error:
        return f"the model refuses disturbed rows ({unquoted(error.problem)})"
    return mine.attack(
        "label-only",
        right + 1e-9 * rng.random(len(mine)),
        note=f"Guesses 'member' where the model stays right about {copies} disturbed copies of the record; it uses "
        "decisions alone, and ties are broken by lot.",
        needs=f"{copies + 1} decisions of the model",
    )


def records(evidence: Evidence, mine: Asked) -> pd.DataFrame:
    """The columns of the rows, members first."""
    import pandas as pd

    sides = ((evidence.rows("train"), mine.member), (evidence.test, ~mine.member))
    parts = [evidence.subject.columns(data.frame).iloc[mine.at[side]] for data, side in sides]
    return pd.concat(parts, ignore_index=True)


def disturbed(rows: pd.DataFrame, strength: float, rng: np.random.Generator) -> pd.DataFrame:
    """A copy with every column disturbed; `strength` in 0..1."""
    return rows.assign(**{str(name): _column(rows[name], strength, rng) for name in rows.columns})


def _column(column: Any, strength: float, rng: np.random.Generator) -> Any:
    import pandas as pd

    n = len(column)
    if pd.api.types.is_bool_dtype(column) or not pd.api.types.is_numeric_dtype(column):
        if _is_text(column):
            return [_thinner(str(words), 0.3 * strength, rng) for words in column]
        anew = rng.random(n) < 0.3 * strength
        drawn = column.iloc[rng.integers(n, size=n)].set_axis(column.index)
        return column.where(~anew, drawn)
    values = column.to_numpy(dtype=np.float64, na_value=np.nan)
    known = values[np.isfinite(values)]
    if not known.size:
        return column
    noise = WIDEST * strength * known.std() * rng.normal(size=n)
    if pd.api.types.is_integer_dtype(column):
        moved: NDArray[Any] = np.clip(np.round(values + noise), known.min(), known.max())
        return pd.Series(moved, index=column.index).astype(column.dtype)
    return pd.Series(values + noise, index=column.index).astype(column.dtype)


def _is_text(column: Any) -> bool:
    """Whether a column of words is text: mostly different values of several words."""
    head = column.dropna().astype(str).head(200)
    return (
        bool(len(head)) and head.nunique() > 0.8 * len(head) and bool((head.str.count(" ") >= 2).mean() > 0.5)
    )


def _thinner(words: str, share: float, rng: np.random.Generator) -> str:
    parts = words.split()
    kept = [part for part, out in zip(parts, rng.random(len(parts)) < share, strict=True) if not out]
    return " ".join(kept or parts[:1])
