"""Top: who is among the highest scores, and how much of the attention each group gets in the ranking."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from riskaudit.audits.bias.cells import GroupRate
from riskaudit.audits.bias.headlines import difference, ratio
from riskaudit.evidence import Evidence
from riskaudit.measure import Measure
from riskaudit.statistics import Undefined, largest_mean_difference, mean_t, wilson


def top_measures(evidence: Evidence) -> Iterator[Measure]:
    """With --top-k: each attribute's representation among the k highest scores, and exposure in the ranking.

    Ties at the k-th score are broken by a seeded draw; rank 1 is the score most in favour of the person.
    """
    k, scores = evidence.comparing.top_k, evidence.positive_scores()
    if k is None:
        return
    if scores is None or k >= len(scores):
        why = (
            "there are no scores to rank by"
            if scores is None
            else f"all {len(scores):,} rows are among the first {k:,}"
        )
        yield Measure(name="bias.top_k_selection_ratio", value=None, n=0, unit="ratio", note=why)
        return
    data = evidence.test
    turned = data.task == "binary" and data.positive_code not in data.favourable_codes
    order = np.lexsort((evidence.rng("bias top-k ties").random(len(scores)), scores if turned else -scores))
    rank = np.empty(len(scores), dtype=np.int64)
    rank[order] = np.arange(1, len(scores) + 1)
    attention = 1 / np.log2(rank + 1.0)
    attention /= attention.mean()
    for column in data.sensitive:
        yield from _attribute(evidence, column, rank <= k, attention, k)


def _attribute(
    evidence: Evidence,
    column: str,
    chosen: np.typing.NDArray[np.bool_],
    attention: np.typing.NDArray[np.float64],
    k: int,
) -> Iterator[Measure]:
    """One attribute's groups and gaps."""
    codes, names = evidence.factors(column)
    groups, seen = [], {}
    for at, name in enumerate(names):
        mine = codes == at
        rows, hits, where = int(mine.sum()), int(chosen[mine].sum()), {column: name}
        few = f"{rows} rows; needs {evidence.min_group}" if rows < evidence.min_group else ""
        groups.append(
            GroupRate(
                where=where,
                value=None if few else hits / rows,
                hits=hits,
                n=max(rows, 1),
                rows=rows,
                row_hits=hits,
                reason=few,
            )
        )
        yield Measure(
            name="bias.top_k_rate", value=None if few else hits / rows, interval=None if few else wilson(hits, rows), n=rows,
            unit="fraction", where=where, note=few or f"share of the group among the {k:,} highest scores: {hits:,} of them",
        )  # fmt: skip
        if not few:
            seen[name] = attention[mine]
        yield Measure(
            name="bias.exposure", value=None if few else float(attention[mine].mean()), interval=None if few else mean_t(attention[mine]),
            n=rows, unit="ratio", where=where, note=few or "mean of 1 / log2(rank + 1), over that of all rows: 1 is an even share of attention",
        )  # fmt: skip
    reference = evidence.comparing.reference.get(column, "")
    yield from ratio("bias.top_k_selection_ratio", groups, attribute=column, note="", reference=reference)
    yield from difference(
        "bias.top_k_difference", {"": groups}, attribute=column, note="", reference=reference
    )
    try:
        gap = largest_mean_difference(seen)
    except Undefined as why:
        yield Measure(
            name="bias.exposure_difference",
            value=None,
            n=len(codes),
            unit="difference",
            where={"attribute": column},
            note=str(why),
        )
        return
    yield Measure(
        name="bias.exposure_difference", value=gap.value, interval=gap.interval, n=len(codes), unit="difference",
        where={"attribute": column, "group": gap.group, "reference": gap.reference},
    )  # fmt: skip
