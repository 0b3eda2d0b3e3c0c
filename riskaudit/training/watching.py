"""Watching: who wants to be told of each epoch as it ends, without any estimator knowing of them.

    with watching(lambda epoch: print(epoch.done, epoch.of, epoch.loss)):
        model.fit(X, y)

Only trainings started in this context are told of; those in other threads or processes are not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(frozen=True)
class Epoch:
    """An epoch that ended: which of how many, and the watched loss."""

    done: int
    of: int
    loss: float


Watcher = Callable[[Epoch], None]
_WATCHER: ContextVar[Watcher | None] = ContextVar("watcher", default=None)


def watcher() -> Watcher | None:
    """Whom to tell, in this context."""
    return _WATCHER.get()


@contextmanager
def watching(told: Watcher | None) -> Iterator[None]:
    """Within this block `told` hears of every epoch."""
    before = _WATCHER.set(told)
    try:
        yield
    finally:
        _WATCHER.reset(before)
