"""Scan: what a model's file holds and would run, read without importing or making anything of it."""

from __future__ import annotations

import gc

from riskaudit.subjects.scan.look import Budget, Finding, Look, TooMuch

__all__ = ["Budget", "Finding", "Look", "look_at"]


def look_at(raw: bytes, budget: Budget | None = None) -> Look:
    """All that is in some bytes; what stopped the scan, if something did, is the look's fault."""
    from riskaudit.subjects.scan.content import examine

    look = Look()
    collects = gc.isenabled()
    gc.disable()  # nothing in here is cyclic, and a million nested tuples are walked through again and again
    try:
        look.format = examine(raw, look, budget=budget or Budget())
    except TooMuch as error:
        look.found("more than an honest file has:", str(error), runs=True)
        look.broke(str(error))
        look.format = look.format or "file that could not be read through"
    except (MemoryError, RecursionError) as error:
        look.found("more than an honest file has:", type(error).__name__, runs=True)
        look.format = look.format or "file that could not be read through"
    finally:
        if collects:
            gc.enable()
    return look
