"""No refit: what a model says that cannot be fitted again, whatever it is asked by."""

from __future__ import annotations

from typing import Any

from riskaudit.errors import RiskAuditError


class NoRefit:
    """A model without a recipe: `sklearn.base.clone` is refused, with the reason in `no_refit`."""

    no_refit = "a model from a file holds no recipe: it cannot be fitted again"

    def __sklearn_clone__(self) -> Any:
        """Never.

        Raises
        ------
        RiskAuditError
            With the reason.
        """
        raise RiskAuditError(self.no_refit, "audit the model itself, saved as .skops, for what needs refits")
