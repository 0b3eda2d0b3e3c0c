"""Remedies: ways to mend a gap in selection rates, each refitted, measured and priced on rows it was not tuned on."""

from riskaudit.training.remedies.measured import Mended, mend, refitted, remedies

__all__ = ["Mended", "mend", "refitted", "remedies"]
