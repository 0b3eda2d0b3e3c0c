"""Bias: how differently a model treats groups of people, and how sure that is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from riskaudit.audits.audit import NotApplicable
from riskaudit.audits.bias.meanings import DETAILS, MEANINGS
from riskaudit.evidence import Evidence
from riskaudit.measure import Exhibit, Measure


class BiasAudit:
    """Group fairness of decisions and of errors.

    What it asks
        Are groups of people selected, or mistaken, at different rates: by each sensitive column, and
        by each two and three of them? Do scores rank and mean the same in every group? Would a decision change with the
        column alone? In which groups that nobody named is the model worst? For a regression: are errors
        and predictions different?

    How it measures
        One pass counts held-out rows by group, actual and predicted class; fairlearn gives the rates of
        each group from those counts; intervals of our own (Wilson, simultaneous Newcombe and
        Koopman over all pairs of groups) say how sure each rate and each gap is. Where no gap is shown, the note says how
        small a gap these rows could have seen, and whether equality within 0.1 is shown. A group with fewer rows
        or events than it takes is *not assessed*, by name, and never counts as fair. With survey
        weights, intervals use Kish's effective n; where people come more than once (--unit), the rows
        that people are worth. With a control column, selection is also compared within
        its strata and pooled (Mantel-Haenszel). Scores: AUC within and across groups, debiased calibration
        error, distances of distributions. Slices of up to three conditions are found on one half of the rows and measured
        on the other. Gaps of a regression are in standard deviations of the target.

    What it cannot see
        Whether the outcome itself was recorded fairly: a model that copies a biased past has no error to
        show. Groups that no column and no slice of three conditions names. Harm to
        a single person. Why a gap is there: a gap is no proof of discrimination, and no gap is none
        of its absence. That equal rates of one kind rule out equal rates of another where groups' base
        rates differ.
    """

    name = "bias"
    question = "Are groups of people selected, or mistaken, at different rates?"
    measures: Mapping[str, str] = MEANINGS
    details: Mapping[str, str] = DETAILS

    def examine(self, evidence: Evidence) -> Iterator[Measure | Exhibit]:
        """Yield every group's numbers, the headlines over them, and pictures.

        Raises
        ------
        NotApplicable
            Without sensitive columns, without a favourable outcome, or without rows.
        """
        data = evidence.test
        if not data.sensitive and len(data) and reads_text(evidence):
            from riskaudit.audits.bias.texts import text_measures

            yield from text_measures(evidence)  # the words for groups stand in the texts themselves
            return
        if not data.sensitive:
            raise NotApplicable("no column says which group a person is in", "pass --sensitive")
        if not len(data):
            raise NotApplicable("there are no held-out rows", "pass --data with rows")
        if data.task == "regression":
            from riskaudit.audits.bias.beyond import beyond_groups
            from riskaudit.audits.bias.regression import value_measures
            from riskaudit.audits.bias.rows import row_measures

            yield from row_measures(evidence, None)
            yield from value_measures(evidence)
            yield from beyond_groups(evidence)
            return
        if not data.favourable:
            raise NotApplicable("nobody said which outcome is favourable", "pass --favourable")
        from riskaudit.audits.bias.beyond import beyond_groups
        from riskaudit.audits.bias.cells import question_of
        from riskaudit.audits.bias.decisions import decision_measures
        from riskaudit.audits.bias.rows import row_measures
        from riskaudit.audits.bias.scores import score_measures

        yield from decision_measures(evidence)
        yield from row_measures(evidence, question_of(evidence.test))
        yield from score_measures(evidence)
        yield from beyond_groups(evidence)


def reads_text(evidence: Evidence) -> bool:
    """Whether the model is a classifier of one column of texts."""
    record = evidence.subject.training
    one = record is not None and len(record.features) == 1
    return one and record is not None and record.learner == "text" and evidence.task == "binary"
