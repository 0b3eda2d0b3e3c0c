"""Bias: how differently a model treats groups of people, and how sure that is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from riskaudit.audits.audit import NotApplicable
from riskaudit.evidence import Evidence
from riskaudit.measure import Exhibit, Measure


class BiasAudit:
    """Group fairness of decisions and of errors.

    What it asks
        Are groups of people selected, or mistaken, at different rates: by each sensitive column, and
        by each pair of them? For a regression: are errors and predictions different?

    How it measures
        One pass counts held-out rows by group, actual and predicted class; fairlearn gives the rates of
        each group from those counts; intervals of our own (Wilson, simultaneous Newcombe and
        Koopman over all pairs of groups) say how sure each rate and each gap is. A group with fewer rows
        or events than it takes is *not assessed*, by name, and never counts as fair. With survey
        weights, intervals use Kish's effective n. With a control column, selection is also compared within
        its strata and pooled (Mantel-Haenszel). Gaps of a regression are in standard deviations of
        the target.

    What it cannot see
        Whether the outcome itself was recorded fairly: a model that copies a biased past has no error to
        show. Groups that no column names, and intersections of more than two columns. Harm to
        a single person. Why a gap is there: a gap is no proof of discrimination, and no gap is none
        of its absence. That equal rates of one kind rule out equal rates of another where groups' base
        rates differ.
    """

    name = "bias"
    question = "Are groups of people selected, or mistaken, at different rates?"
    measures: Mapping[str, str] = {
        "bias.selection_rate": "share of a group that is predicted a favourable outcome",
        "bias.true_positive_rate": "share of a group's actual positives that is predicted positive",
        "bias.false_positive_rate": "share of a group's actual negatives that is predicted positive",
        "bias.false_negative_rate": "share of a group's actual positives that is predicted negative",
        "bias.precision": "share of a group's predicted positives that is actually positive",
        "bias.accuracy": "share of a group that is predicted right",
        "bias.equal_opportunity_rate": "share of those who earned the favourable outcome that is predicted it",
        "bias.distinct_decisions": "how many different decisions the model makes; 1 is a constant model",
        "bias.selection_rate_difference": "highest minus lowest selection rate (demographic parity difference)",
        "bias.selection_rate_ratio": "lowest over highest selection rate (impact ratio; four-fifths rule)",
        "bias.equalized_odds_difference": "the wider of the gaps in true and in false positive rates",
        "bias.equal_opportunity_difference": "gap in the true positive rate of the favourable outcome",
        "bias.accuracy_difference": "highest minus lowest accuracy",
        "bias.stratified_selection_rate_difference": "gap in selection rates within control strata, pooled",
        "bias.intersection_selection_rate_ratio": "lowest over highest selection rate among intersection cells",
        "bias.intersection_selection_rate_difference": "gap in selection rates among intersection cells",
        "bias.intersection_equalized_odds_difference": "gap in error rates among intersection cells",
        "bias.intersection_coverage": "share of rows in intersection cells large enough to assess",
        "bias.mean_error": "a group's mean of prediction minus outcome",
        "bias.mean_absolute_error": "a group's mean distance of prediction and outcome",
        "bias.mean_prediction": "a group's mean prediction",
        "bias.mean_error_gap": "widest gap in mean error, in standard deviations of the target",
        "bias.mean_absolute_error_gap": "widest gap in mean absolute error, in standard deviations of the target",
        "bias.mean_prediction_gap": "widest gap in mean prediction, in standard deviations of the target",
    }

    def examine(self, evidence: Evidence) -> Iterator[Measure | Exhibit]:
        """Yield every group's numbers, the headlines over them, and pictures.

        Raises
        ------
        NotApplicable
            Without sensitive columns, without a favourable outcome, or without rows.
        """
        data = evidence.test
        if not data.sensitive:
            raise NotApplicable("no column says which group a person is in", "pass --sensitive")
        if not len(data):
            raise NotApplicable("there are no held-out rows", "pass --data with rows")
        if data.task == "regression":
            from riskaudit.audits.bias.regression import value_measures

            yield from value_measures(evidence)
            return
        if not data.favourable:
            raise NotApplicable("nobody said which outcome is favourable", "pass --favourable")
        from riskaudit.audits.bias.decisions import decision_measures

        yield from decision_measures(evidence)
