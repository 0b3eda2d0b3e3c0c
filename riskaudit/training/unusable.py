"""Unusable: a setting that turns out, on these rows, to be one that cannot work."""

from __future__ import annotations


class Unusable(ValueError):
    """A `ValueError` that knows which flag it was asked for at, and what to give instead.

    Estimators raise it as the `ValueError` that scikit-learn's API wants; the command line tells it as an
    error of usage, at its flag.
    """

    def __init__(self, problem: str, flag: str = "", hint: str = "") -> None:
        super().__init__(problem)
        self.flag, self.hint = flag, hint
