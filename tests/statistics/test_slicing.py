"""The worst slices are those of the full search, and of the sliceline package."""

from itertools import combinations, product

import numpy as np
import pytest

from riskaudit.statistics.slicing import worst_slices


def rows(seed, n=1500, widths=(3, 4, 2, 5)):
    rng = np.random.default_rng(seed)
    codes = [rng.integers(0, w, n) for w in widths]
    bad = (codes[0] == 1) & (codes[3] == 2)
    return codes, (rng.random(n) < np.where(bad, 0.7, 0.15)).astype(float)


def by_hand(codes, errors, *, k, support, alpha=0.95, conditions=3):
    n, mean = len(errors), errors.mean()
    found = []
    for level in range(1, conditions + 1):
        for by in combinations(range(len(codes)), level):
            for values in product(*(range(codes[at].max() + 1) for at in by)):
                inside = np.logical_and.reduce([codes[at] == v for at, v in zip(by, values, strict=True)])
                size = inside.sum()
                if size < support:
                    continue
                score = alpha * (errors[inside].mean() / mean - 1) - (1 - alpha) * (n / size - 1)
                if score > 0:
                    found.append((score, tuple(zip(by, values, strict=True))))
    return sorted(found, key=lambda s: -s[0])[:k]


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("losses", ["0/1", "real"])
def test_the_top_ten_are_those_of_every_slice(seed, losses):
    """Pruning loses nothing: scores equal those of all slices counted one by one."""
    codes, errors = rows(seed)
    if losses == "real":
        errors = errors * np.random.default_rng(seed).exponential(size=len(errors))
    told = worst_slices(codes, errors, k=10, support=20)
    expected = by_hand(codes, errors, k=10, support=20)
    np.testing.assert_allclose([s.score for s in told.slices], [s for s, _ in expected], rtol=1e-12)


def test_the_planted_slice_is_first():
    """The slice that was made worse is found, by its conditions."""
    codes, errors = rows(0, n=6000)
    assert worst_slices(codes, errors, k=3, support=60).slices[0].literals == ((0, 1), (3, 2))


def test_sizes_and_errors_are_exact():
    """A slice's size and errors are what its conditions say of the rows."""
    codes, errors = rows(3)
    for one in worst_slices(codes, errors, k=8, support=10).slices:
        inside = np.logical_and.reduce([codes[at] == v for at, v in one.literals])
        assert (one.size, one.errors) == (inside.sum(), errors[inside].sum())


def test_pruning_prunes():
    """With a clear worst slice some combinations are never counted."""
    codes, errors = rows(1, n=4000, widths=(3,) * 8)
    assert worst_slices(codes, errors, k=1, support=300).pruned > 0


def test_no_error_no_slice():
    """A perfect model has no worst slice."""
    codes, _ = rows(0)
    assert worst_slices(codes, np.zeros(1500), k=3).slices == ()


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_sliceline_finds_the_same_top_ten():
    """The sliceline package's scores are ours."""
    package = pytest.importorskip("sliceline.slicefinder")
    codes, errors = rows(2, n=3000)
    finder = package.Slicefinder(alpha=0.95, k=10, max_l=3, min_sup=30, verbose=False)
    finder.fit(np.column_stack(codes), errors)
    theirs = [float(s["slice_score"]) for s in finder.top_slices_statistics_]
    told = worst_slices(codes, errors, k=10, support=30)
    np.testing.assert_allclose([s.score for s in told.slices][: len(theirs)], theirs, atol=1e-9)
    assert len(theirs) == len(told.slices)
