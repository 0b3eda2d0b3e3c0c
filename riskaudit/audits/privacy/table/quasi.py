"""Quasi-identifiers: how well a few known columns pick out one person."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from riskaudit.audits.privacy.people import people_of
from riskaudit.audits.privacy.pool import row_codes
from riskaudit.evidence import Evidence
from riskaudit.measure import Measure

SMALL = 5  # the smallest group that statistics offices usually let out
MOST_VALUES = 50  # of a sensitive column; one with more is no category


def look(evidence: Evidence) -> Iterator[Measure]:
    """k-anonymity, l-diversity, t-closeness and re-identification risk of the members on the declared columns.

    With the members grouped into equivalence classes by the quasi-identifiers, of sizes f_j: k = min f_j
    (Samarati 2001, Sweeney 2002); l = the fewest different sensitive values in a class
    (Machanavajjhala 2007, distinct form); t = the largest total variation distance between a class's sensitive
    values and those of all (Li 2007, with equal distances between values). A prosecutor, who knows
    that his target is a member, is right with chance 1 / f_j; a journalist, who only knows the population, with
    1 / F_j, F_j counted in members and held-out rows together (El Emam and Dankar 2008).
    """
    train, names = evidence.rows("train"), list(evidence.quasi)
    both = [evidence.rows(role).frame[names] for role in ("train", "test")]
    import pandas as pd

    codes = row_codes(pd.concat(both, ignore_index=True))
    inside = np.unique(codes[: len(train)], return_inverse=True)[1]
    people = people_of(evidence)
    sizes = _persons(inside, None if people is None else people[0])
    everyone = _persons(codes, None if people is None else np.concatenate(people))
    mine, population = sizes[inside], everyone[codes[: len(train)]]
    where, n = {"quasi": ", ".join(names)}, len(train)
    note = (
        f"Counted, not estimated: {len(sizes):,} combinations of {', '.join(names)} among {n:,} members."
        + ("" if people is None else f" Sizes count people ('{evidence.test.unit}'), not rows.")
    )
    below, alone = int((mine < SMALL).sum()), int((mine == 1).sum())
    yield _counted("k_anonymity", int(sizes.min()), n, "count", where, note)
    told = f"{note} {below:,} members share theirs with fewer than {SMALL - 1} others."
    yield _counted("below_k5_share", below / n, n, "fraction", where, told)
    yield _counted("unique_share", alone / n, n, "fraction", where, f"{note} {alone:,} members are alone.")
    for attacker, risk in (("prosecutor", 1 / mine), ("journalist", 1 / population)):
        told = (
            f"{note} Largest risk {risk.max():.3g}; {(risk > 0.2).mean():.1%} of members stand above 0.2. "
            + (
                "Knows that the person is a member."
                if attacker == "prosecutor"
                else "Knows the person only as one of members and held-out rows together, the population at hand."
            )
        )
        yield _counted(
            "reidentification_risk", float(risk.mean()), n, "fraction", {**where, "attacker": attacker}, told
        )
    for column in (train.target, *train.sensitive):
        if column not in names:
            yield from _sensitive(evidence, column, inside, where)


def _persons(codes: NDArray[np.int64], people: NDArray[np.int64] | None) -> NDArray[np.int64]:
    """How many people stand in each combination; how many rows, where each is a person."""
    if people is not None:
        codes = np.unique(np.column_stack([codes, people]), axis=0)[:, 0]
    return np.bincount(codes)


def _sensitive(
    evidence: Evidence, column: str, inside: NDArray[np.int64], where: dict[str, str]
) -> Iterator[Measure]:
    """l-diversity and t-closeness of one sensitive column."""
    import pandas as pd

    values, words = pd.factorize(evidence.rows("train").frame[column], use_na_sentinel=False)
    if not 2 <= len(words) <= MOST_VALUES:
        return
    table = np.zeros((int(inside.max()) + 1, len(words)))
    np.add.at(table, (inside, values), 1)
    diversity = (table > 0).sum(axis=1)
    apart = np.abs(table / table.sum(axis=1, keepdims=True) - table.sum(axis=0) / table.sum()).sum(axis=1) / 2
    n, slice_ = len(inside), {**where, "sensitive": column}
    alike = int((diversity == 1)[inside].sum())
    yield _counted(
        "l_diversity",
        int(diversity.min()),
        n,
        "count",
        slice_,
        f"Counted, not estimated: for {alike:,} members the combination alone gives '{column}' away.",
    )
    yield _counted(
        "t_closeness",
        float(apart.max()),
        n,
        "fraction",
        slice_,
        f"Counted, not estimated: total variation distance; mean over members {apart[inside].mean():.3f}.",
    )


def _counted(name: str, value: float, n: int, unit: str, where: dict[str, str], note: str) -> Measure:
    return Measure(name=f"privacy.{name}", value=value, n=n, unit=unit, where=where, note=note)
