"""Workers: order, errors that name their item, and cores that are asked once."""

from __future__ import annotations

import os
import threading

import pytest
from worker_helpers import environment, invert, library_threads, refuse, square, where

from riskaudit.errors import InputError, UsageError
from riskaudit.workers import default_workers, map_work

BOTH = pytest.mark.parametrize("threads", [True, False])


@pytest.mark.parametrize("workers", [1, 2, 3])
@BOTH
def test_order_is_kept(workers, threads):
    """Results come in the order of their items, whoever finishes first."""
    assert map_work(square, iter(range(9)), workers=workers, threads=threads) == [n * n for n in range(9)]


@BOTH
def test_nothing_to_do(threads):
    """No items, no results."""
    assert map_work(square, [], workers=2, threads=threads) == []


def test_one_worker_is_this_one():
    """One worker is the caller itself: no thread, no process, no pickling."""
    assert set(map_work(where, range(2))) == {(os.getpid(), threading.get_ident())}


def test_threads_or_processes():
    """Threads share the process; processes do not."""
    threads = map_work(where, range(6), workers=2)
    assert {process for process, _ in threads} == {os.getpid()}
    assert len(set(threads)) == 2
    processes = map_work(where, range(2), workers=2, threads=False)
    assert os.getpid() not in {process for process, _ in processes}


@pytest.mark.parametrize("workers", [1, 2])
@BOTH
def test_an_exception_names_its_item(workers, threads):
    """An exception keeps its type and carries a note that names the item."""
    with pytest.raises(ZeroDivisionError) as caught:
        map_work(invert, [1, 0, 2], workers=workers, threads=threads)
    assert caught.value.__notes__ == ["while working on item 1, 0"]


@BOTH
def test_expected_trouble_says_where(threads):
    """Expected trouble without a place gets the item as its place, and keeps its hint."""
    with pytest.raises(InputError) as caught:
        map_work(refuse, ["a.csv", "a.csv"], workers=2, threads=threads)
    assert caught.value.where.endswith(", 'a.csv'")
    assert caught.value.hint == "give another"


def test_cores_are_shared_out_among_threads():
    """Two threads leave each library half of the cores in each, and all of them afterwards."""
    before = library_threads(None)
    assert set(before) == {"openmp", "blas"}
    for pools in map_work(library_threads, range(4), workers=2):
        assert set(pools.values()) == {max(1, default_workers() // 2)}
    assert library_threads(None) == before


def test_cores_are_shared_out_among_processes():
    """Two processes are told to use half of the cores each."""
    told = map_work(environment, ["OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"], workers=2, threads=False)
    assert told == [str(max(1, default_workers() // 2))] * 2


def test_default_is_what_we_may_use():
    """By default as many workers as cores this process may run on."""
    assert default_workers() == len(os.sched_getaffinity(0))


@pytest.mark.parametrize("wrong", [0, -2])
def test_no_workers(wrong):
    """Fewer than one worker is a usage error."""
    with pytest.raises(UsageError, match="cannot work"):
        map_work(square, [1], workers=wrong)
