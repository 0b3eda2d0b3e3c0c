"""riskaudit: responsible-AI risk audits for the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING

__version__ = "0.1.0"

if TYPE_CHECKING:
    from riskaudit.metered.block import meter
    from riskaudit.pipeline import run
    from riskaudit.report import Report
    from riskaudit.request import Request

__all__ = ["Report", "Request", "__version__", "meter", "run"]

_HOMES = {
    "run": "riskaudit.pipeline",
    "Request": "riskaudit.request",
    "Report": "riskaudit.report",
    "meter": "riskaudit.metered.block",
}


def __getattr__(name: str) -> object:
    """Import a public name when it is first asked for, so that importing riskaudit costs nothing."""
    if name not in _HOMES:
        raise AttributeError(f"module 'riskaudit' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)
