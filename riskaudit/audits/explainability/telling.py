"""Telling: what single columns give away, of a sensitive column (proxies) or of the outcome (leaks)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from riskaudit.audits.explainability.attribution import Attribution
from riskaudit.audits.explainability.bench import Table
from riskaudit.audits.explainability.importance import order, share_measure
from riskaudit.evidence import Evidence
from riskaudit.measure import Interval, Measure
from riskaudit.statistics import Undefined, auc

ROWS = 5_000
LOOKED_AT = 3  # columns suspected of a leak: it would be among the first
FEWEST = 20  # rows of either side on either half


def proxy_shares(evidence: Evidence, attribution: Attribution, sizes: Table) -> Iterator[Measure]:
    """For each sensitive column, the importance of the others weighted by how well each tells it.

    The weight of a column is 2 AUC - 1 of telling the group that is best measured, learnt on one half of
    sampled rows and measured on the other; 0 where the AUC's interval holds 0.5.
    """
    columns = attribution.bench.columns
    for attribute in evidence.test.sensitive:
        name, where = "explainability.proxy_share", {"attribute": attribute}
        taken = evidence.sample(ROWS, f"explainability proxies {attribute}")
        codes, words = evidence.factors(attribute)
        group, of = _largest(codes[taken], words)
        half = _halves(evidence, len(taken), f"explainability proxies {attribute}")
        if not _enough(group, half):
            why = f"no group of {attribute} has {FEWEST} rows in it and outside, on either half"
            yield Measure(name=name, value=None, n=len(taken), unit="fraction", where=where, note=why)
            continue
        weights, told = np.zeros(len(columns)), []
        for at, column in enumerate(columns):
            if attribute in attribution.bench.members_of(at):
                continue
            found = _best(evidence, taken, attribution.bench.members_of(at), half, group)
            if found is not None and found[1].low > 0.5:
                weights[at] = 2 * found[0] - 1
                told.append((weights[at], f"{column} (AUC {found[0]:.2f})"))
        named = ", ".join(word for _, word in sorted(told, reverse=True)[:5]) or "no column tells it"
        note = (
            f"'{of}' against the rest of {attribute} is told by: {named}; each column's share counts with "
            f"2 AUC - 1, measured on rows not learnt from; the interval takes the AUCs as they are"
        )
        pulls = None if attribution.pulls is None else _weighed(attribution.pulls, weights)
        yield share_measure(
            name, _weighed(sizes, weights), range(len(columns)), pulls=pulls, where=where, note=note
        )


def _weighed(sizes: Table, weights: Table) -> Table:
    """Each column parted in two (n, 2 d): what counts, and the rest."""
    return np.hstack([sizes * weights, sizes * (1 - weights)])


def _best(
    evidence: Evidence, taken: NDArray[np.int64], members: tuple[str, ...], half: NDArray[np.bool_],
    group: NDArray[np.bool_],
) -> tuple[float, Interval] | None:  # fmt: skip
    """What the most telling of a group's columns tells; None where it has none in the table."""
    known = [name for name in members if name in evidence.test.frame]
    found = [told for name in known if (told := told_by(evidence, taken, name, half, group)) is not None]
    return max(found, key=lambda one: one[0], default=None)


def leak_suspects(evidence: Evidence, attribution: Attribution, sizes: Table) -> Iterator[Measure]:
    """What the first columns tell of the outcome alone, and whether one of them explains nearly all."""
    name, columns = "explainability.leak_suspicion", attribution.bench.columns
    bench = attribution.bench
    first = [at for at in order(sizes) if set(bench.members_of(at)) <= set(evidence.test.frame)][:LOOKED_AT]
    if evidence.task == "regression" or not first:
        why = (
            "an outcome that is a number has no AUC"
            if first
            else "no column of the table is a feature by itself"
        )
        yield Measure(name="explainability.single_column_auc", value=None, n=0, unit="auc", note=why)
        yield Measure(name=name, value=None, n=0, unit="fraction", note=why)
        return
    taken = evidence.sample(ROWS, "explainability leaks")
    actual = evidence.outcome()[taken] == _looked_for(evidence)
    half = _halves(evidence, len(taken), "explainability leaks")
    found: list[tuple[float, str, Interval]] = []
    for at in first:
        where = {"column": columns[at]}
        told = _best(evidence, taken, bench.members_of(at), half, actual) if _enough(actual, half) else None
        if told is None:
            why = f"fewer than {FEWEST} rows of either outcome on either half"
            yield Measure(name="explainability.single_column_auc", value=None, n=0, unit="auc", where=where, note=why)  # fmt: skip
            continue
        value, interval = told
        note = "0.5 tells nothing, 1 all; learnt on one half of sampled rows, measured on the other"
        yield Measure(
            name="explainability.single_column_auc", value=value, interval=interval, n=int((~half).sum()), unit="auc",
            where=where, note=note,
        )  # fmt: skip
        found += _suspicion(sizes, at, columns[at], told)
    yield _most_suspect(found, len(sizes))


def told_by(
    evidence: Evidence, taken: NDArray[np.int64], column: str, half: NDArray[np.bool_], group: NDArray[np.bool_]
) -> tuple[float, Interval] | None:  # fmt: skip
    """The AUC of telling a group by one column alone, on the half that was not learnt from."""
    from riskaudit.datasets.encoding import encoded
    from riskaudit.statistics.proxies import telling_scores

    scores = telling_scores(encoded(evidence.test.frame.iloc[taken], [column]), half, group)
    try:
        return auc(scores[~half & group], scores[~half & ~group])
    except (Undefined, ValueError):
        return None


def _suspicion(
    sizes: Table, at: int, column: str, told: tuple[float, Interval]
) -> list[tuple[float, str, Interval]]:
    """The smaller of a column's share and of 2 AUC - 1, bounds alike."""
    share = share_measure("explainability.importance_share", sizes, [at], note="")
    if share.value is None or share.interval is None:
        return []
    gini = 2 * told[0] - 1
    value = max(min(share.value, gini), 0.0)
    low = max(min(share.interval.low, 2 * told[1].low - 1), 0.0)
    high = max(min(share.interval.high, 2 * told[1].high - 1), 0.0)
    interval = Interval(low=min(low, value), high=max(high, value), method="the smaller of both bounds")
    return [(value, f"'{column}': {share.value:.0%} of importance, alone AUC {told[0]:.2f}", interval)]


def _most_suspect(found: list[tuple[float, str, Interval]], n: int) -> Measure:
    """The column of which most is to be suspected."""
    name = "explainability.leak_suspicion"
    if not found:
        why = "no column's share and AUC could be measured"
        return Measure(name=name, value=None, n=n, unit="fraction", note=why)
    value, words, interval = max(found, key=lambda one: one[0])
    note = f"{words}; of the {len(found)} most important columns; near 1 one column explains nearly all: ask when it becomes known"
    return Measure(name=name, value=value, interval=interval, n=n, unit="fraction", note=note)


def _looked_for(evidence: Evidence) -> int:
    """The class that is told from the rest: the positive one, or the first favourable, or the commonest."""
    data = evidence.test
    if data.positive:
        return data.positive_code
    if data.favourable:
        return data.favourable_codes[0]
    return int(np.bincount(evidence.outcome()).argmax())


def _largest(codes: NDArray[Any], words: list[str]) -> tuple[NDArray[np.bool_], str]:
    """The group that can be told best from the rest: most rows on its smaller side."""
    sizes = np.bincount(codes, minlength=len(words))
    at = int(np.argmax(np.minimum(sizes, len(codes) - sizes)))
    return codes == at, words[at]


def _halves(evidence: Evidence, n: int, purpose: str) -> NDArray[np.bool_]:
    """Which of the rows are learnt from."""
    chosen: NDArray[np.bool_] = evidence.rng(f"{purpose} halves").permutation(n) < n // 2
    return chosen


def _enough(group: NDArray[np.bool_], half: NDArray[np.bool_]) -> bool:
    """Whether either half has rows of either side."""
    return all(int((side & part).sum()) >= FEWEST for side in (group, ~group) for part in (half, ~half))
