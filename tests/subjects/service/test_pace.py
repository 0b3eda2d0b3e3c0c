"""Pace: rate, budget, and tries that back off."""

from __future__ import annotations

import time
from collections.abc import Iterator
from email.utils import formatdate
from typing import Any

import pytest
from service_helpers import reply, serving

from riskaudit.errors import Unanswered
from riskaudit.subjects.service.address import address_of
from riskaudit.subjects.service.journal import Journal
from riskaudit.subjects.service.pace import FIRST, MOST, Pace
from riskaudit.subjects.service.wire import Trouble, Wire

OPEN: list[Wire] = []


def pace(url: str, naps: list[float], **settings: Any) -> Pace:
    made = {"rate": None, "retries": 4, "max_requests": 100} | settings
    OPEN.append(Wire(address_of(url), headers={}, timeout=2, most_bytes=10_000))
    return Pace(
        wire=OPEN[-1],
        journal=Journal(),
        sleep=naps.append,
        **made,
    )


@pytest.fixture(autouse=True)
def _hang_up() -> Iterator[None]:
    """Every wire of a test is closed."""
    yield
    while OPEN:
        OPEN.pop().close()


def failing(times: int, status: int, **headers: str) -> Any:
    """A server that fails so often, then answers."""
    left = [times]

    def behave(handler: Any, _: bytes) -> None:
        left[0] -= 1
        reply(handler, {}, status=status if left[0] >= 0 else 200, **(headers if left[0] >= 0 else {}))

    return behave


@pytest.mark.parametrize("status", [408, 425, 429, 502, 503, 504])
def test_passing_trouble_is_tried_again(status: int) -> None:
    """Twice failed, then answered; waits are within the jittered back-off."""
    naps: list[float] = []
    with serving(failing(2, status)) as (url, seen):
        assert pace(url, naps).send(b"{}", rows=1, purpose="rows").status == 200
    assert len(seen) == 3
    assert all(0 <= nap <= min(MOST, FIRST * 2**at) for at, nap in enumerate(naps))
    assert len(naps) == 2


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 422, 500, 501])
def test_lasting_trouble_is_not(status: int) -> None:
    """One request, no wait."""
    naps: list[float] = []
    with serving(failing(9, status)) as (url, seen), pytest.raises(Trouble, match=f"HTTP {status}"):
        pace(url, naps).send(b"{}", rows=1, purpose="rows")
    assert (len(seen), naps) == (1, [])


@pytest.mark.parametrize("dated", [False, True])
def test_retry_after_is_honoured(dated: bool) -> None:
    """As seconds and as a date."""
    naps: list[float] = []
    asked = formatdate(time.time() + 8, usegmt=True) if dated else "7"
    with serving(failing(1, 429, Retry_After=asked)) as (url, _):
        pace(url, naps).send(b"{}", rows=1, purpose="rows")
    assert len(naps) == 1
    assert 5 <= naps[0] <= 8


def test_retry_after_beyond_patience_is_given_up() -> None:
    """A service cannot make an audit sleep for a day."""
    naps: list[float] = []
    with serving(failing(9, 503, Retry_After="86400")) as (url, seen), pytest.raises(Trouble):
        pace(url, naps).send(b"{}", rows=1, purpose="rows")
    assert (len(seen), naps) == (1, [])


@pytest.mark.parametrize("asked", ["soon", "-1", "", "9" * 400, "Mon, 99 Foo 2000"])
def test_a_strange_retry_after_does_no_harm(asked: str) -> None:
    """It is ignored, or too long."""
    naps: list[float] = []
    with serving(failing(1, 429, Retry_After=asked)) as (url, _):
        try:
            pace(url, naps).send(b"{}", rows=1, purpose="rows")
        except Trouble:
            assert naps == []
        assert all(nap <= MOST for nap in naps)


def test_the_budget_counts_every_try() -> None:
    """Three requests: the fourth is never sent."""
    with serving(failing(99, 503)) as (url, seen), pytest.raises(Unanswered, match="budget of 3 requests"):
        pace(url, [], max_requests=3).send(b"{}", rows=1, purpose="rows")
    assert len(seen) == 3


def test_the_rate_is_kept() -> None:
    """Ten requests at four a second wait nine quarters of a second in all."""
    naps: list[float] = []
    now = [0.0]
    with serving(failing(0, 200)) as (url, _):
        line = pace(url, naps, rate=4.0)
        line.clock = lambda: now[0]
        line.sleep = lambda seconds: (naps.append(seconds), now.__setitem__(0, now[0] + seconds))[0]
        for _ in range(10):
            line.send(b"{}", rows=1, purpose="rows")
    assert sum(naps) == pytest.approx(9 / 4)
