"""Guarantee: what a private training promises and what it does not, in words for its record."""

from __future__ import annotations

from dataclasses import dataclass

from riskaudit.training.private.accountant import epsilon
from riskaudit.training.private.descent import Privacy


@dataclass(frozen=True, kw_only=True)
class Spent:
    """A mechanism, the (epsilon, delta) it spent on that many rows, and what lay outside it."""

    privacy: Privacy
    epsilon: float
    delta: float
    rows: int
    outside: tuple[str, ...] = ()
    seeded: bool = False

    @property
    def words(self) -> str:
        """The whole statement."""
        return " ".join([self._promise(), self._mechanism(), self._limits(), *self._warnings()])

    def _promise(self) -> str:
        return (
            f"The learnt parameters are ({self.epsilon:.4g}, {self.delta:.3g})-differentially private for tables "
            "that differ by one row, there or not there."
        )

    def _mechanism(self) -> str:
        p = self.privacy
        renyi = epsilon(p.noise, p.rate, p.steps, self.delta, method="renyi")
        return (
            f"DP-SGD: {p.steps} steps; each row drawn with probability {p.rate:.4g}; gradients clipped to length "
            f"{p.clip:g}; noise multiplier {p.noise:.4g}; counted by privacy loss distribution (by Renyi divergence: "
            f"epsilon {renyi:.4g})."
        )

    def _limits(self) -> str:
        outside = (
            "the number of rows",
            *self.outside,
            "scaling, filled gaps and categories learnt from the rows by a preparation before the model",
            "a split, a validation or a choice of settings made by looking at the rows",
        )
        return f"Not covered: {'; '.join(outside)}. A person with k rows has k times the epsilon, and a delta larger by far more than k."

    def _warnings(self) -> list[str]:
        told = []
        if self.seeded:
            told.append("Void for whoever knows noise_seed: the noise can be taken off again.")
        if self.delta * self.rows >= 1:
            told.append(f"Weak: delta is not below 1/{self.rows}, one over the rows.")
        return told
