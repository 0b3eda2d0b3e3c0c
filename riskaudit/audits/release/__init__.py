"""Release: whether a model is worse than the one before it, row by row, and for whom."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from riskaudit.audits.audit import NotApplicable
from riskaudit.evidence import Evidence
from riskaudit.measure import Exhibit, Measure


class ReleaseAudit:
    """The old model and the new one on the same held-out rows.

    What it asks
        Is the new model worse than the last release by more than one is ready to bear, for everybody and
        for each group? Whose decision flipped, and which way?

    How it measures
        Both models decide every held-out row. Rows on which they agree say nothing of a change, rows on
        which they differ say all: Tango's score interval of the paired difference, McNemar's exact p-value
        in the note; for a regression Student's interval of the paired difference of absolute errors. A
        rule that wants the whole interval within its limit is a non-inferiority test: it passes only
        where "worse by more than the limit" is ruled out, at 97.5 % confidence on that one side.
        Asking it of every group needs no correction: all of them must pass (Berger 1982).
        Groups with fewer rows than it takes are not assessed, by name.

    What it cannot see
        Whether the old model was good: no change of a harmful model is harm unchanged. Rows that the old
        model learned from flatter it; the report says where they are known. People who no longer come, since
        neither model saw them. With survey weights: rows are counted once, whatever they weigh.
    """

    name = "release"
    question = "Is it worse than the last release, and for whom?"
    measures: Mapping[str, str] = {
        "release.accuracy_loss": "share of rows that only the old model gets right, less that only the new one does",
        "release.favourable_loss": "share that only the old model gives the favourable outcome, less that only the new one does",
        "release.opportunity_loss": "the same among those who earned the favourable outcome",
        "release.false_positive_growth": "share of actual negatives that only the new model calls positive, less only the old",
        "release.favourable_lag": "how much more of the favourable outcome a group loses than everybody else",
        "release.churn": "share of rows whose decision flips",
        "release.absolute_error_growth": "how much the mean absolute error grows, in standard deviations of the target",
    }

    def examine(self, evidence: Evidence) -> Iterator[Measure | Exhibit]:
        """Every measure over all rows and by each group of each sensitive column."""
        from riskaudit.audits.release.pairs import classifier, regression

        if evidence.against is None:
            raise NotApplicable("there is no older model to compare with", "pass --against OLD_MODEL")
        yield from (regression if evidence.task == "regression" else classifier)(evidence, evidence.against)
