"""Ladder: smaller models that could stand in for the audited one, fitted to its own members or made of itself."""

from riskaudit.training.ladder.climbing import ladder

__all__ = ["ladder"]
