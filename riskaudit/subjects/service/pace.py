"""Pace: how often a service is asked: a rate, a budget, and tries that back off with full jitter."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime

from riskaudit.errors import Unanswered
from riskaudit.subjects.service.journal import Journal
from riskaudit.subjects.service.wire import PASSING, Reply, Trouble, Wire

FIRST, MOST = 0.5, 20.0
"""Seconds: the back-off's base and its cap."""
PATIENCE = 60.0
"""Seconds that a Retry-After may ask for; one that asks for more is given up."""


@dataclass(kw_only=True)
class Pace:
    """One way to the wire for all audits, so that they share rate and budget.

    Waits are uniform between 0 and min(cap, base 2^try): "full jitter" (Brooker 2015, Exponential Backoff
    And Jitter, AWS Architecture Blog). They move no number of any audit, so they are not seeded.
    """

    wire: Wire
    journal: Journal
    rate: float | None
    retries: int
    max_requests: int
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic
    spent: int = 0
    _next: float = field(default=0.0)

    def send(self, body: bytes, *, rows: int, purpose: str, tries: int | None = None) -> Reply:
        """An answer of state 200.

        Raises
        ------
        Trouble
            If there is none after all tries.
        Unanswered
            If the budget of requests is spent.
        """
        most = self.retries if tries is None else tries
        for attempt in range(most + 1):
            try:
                return self._once(body, rows=rows, purpose=purpose)
            except Trouble as trouble:
                wait = self._wait(trouble, attempt)
                if not trouble.passing or attempt == most or wait is None:
                    raise
                self.sleep(wait)
        raise AssertionError("unreachable")

    def _once(self, body: bytes, *, rows: int, purpose: str) -> Reply:
        """One try, within rate and budget, written into the journal."""
        if self.spent >= self.max_requests:
            raise Unanswered(
                f"the budget of {self.max_requests:,} requests is spent",
                "give more with --max-requests; --dry-run tells how many are needed",
            )
        self._keep_rate()
        self.spent += 1
        try:
            reply = self.wire.send(body)
        except Trouble as trouble:
            self.journal.failed(trouble.kind, rows=rows, purpose=purpose)
            raise
        if reply.status != 200:
            self.journal.answered(reply, rows=rows, purpose=purpose)
            self.journal.failed(f"HTTP {reply.status}", rows=rows, purpose="")
            raise Trouble(f"HTTP {reply.status}", passing=reply.status in PASSING, reply=reply)
        self.journal.answered(reply, rows=rows, purpose=purpose)
        return reply

    def _keep_rate(self) -> None:
        """Wait for this request's turn."""
        if self.rate is None:
            return
        now = self.clock()
        if now < self._next:
            self.sleep(self._next - now)
        self._next = max(now, self._next) + 1 / self.rate

    def _wait(self, trouble: Trouble, attempt: int) -> float | None:
        """Seconds until the next try: what the service asks for, else back-off; None where it asks too much."""
        asked = retry_after(trouble.reply)
        if asked is not None:
            return asked if asked <= PATIENCE else None
        return random.SystemRandom().uniform(0, min(MOST, FIRST * 2**attempt))


def retry_after(reply: Reply | None) -> float | None:
    """Seconds that a Retry-After header asks for, as a number or a date; None where there is none."""
    told = reply.headers.get("retry-after", "").strip() if reply else ""
    if told.isascii() and told.isdigit():
        return float(told[:9])
    try:
        return max(0.0, parsedate_to_datetime(told).timestamp() - time.time()) if told else None
    except (ValueError, TypeError, OverflowError):
        return None
