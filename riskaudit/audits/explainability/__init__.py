"""Explainability: which columns a model's output rests on, and how far that can be trusted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from riskaudit.audits.audit import NotApplicable
from riskaudit.audits.explainability.meanings import FURTHER
from riskaudit.evidence import Evidence
from riskaudit.measure import Exhibit, Measure


class ExplainabilityAudit:
    """Feature attributions of the whole model, with intervals.

    What it asks
        Which columns move the model's output, and how much of it do a few columns, or the sensitive ones, hold?
        Do two unlike methods name the same columns? Does one column explain nearly all, do proxies of a sensitive
        one? How much of the model can be said in ten lines, and can its explanations be relied on?

    How it measures
        SHAP values of a seeded sample of held-out rows, summed from prepared columns (one-hot, scaled) back
        to the columns of the table: linear models in closed form, trees by shap's TreeExplainer, all else by
        antithetic permutations over a stated background. Importance is the mean absolute value, with a t
        interval over rows. That values add up to the output is checked on every row, against the whole
        pipeline. Permutation importance on the same rows is the second opinion; a weighted Kendall
        correlation, bootstrapped over rows, says how far the two agree.

        The entropy of shares says over how many columns importance is spread; columns that tell a sensitive one
        count as its proxies by how well they tell it; a column with most importance that tells the outcome alone
        is a suspected leak. Faithfulness: columns go from rows, or come into the background, in the order of
        the values and in a random one; the area between both curves of the output is 0 by chance. Stability: the
        order across draws of rows, beside rows a little different, and across refits (at effort deep; of a linear
        recipe at normal), with the recipe fitted again without each column and to shuffled labels. Friedman's
        H of the first pairs, monotonicity of the first effects, and the fidelity of a small tree, a short list of
        rules and a short sum, on rows that they were not fitted to.

    What it cannot see
        Causes: a column that moves the output need not move the world. Proxies made of several columns together:
        each is looked at alone. Correlated columns share or swap their credit, and rows mixed of two people may be
        such as nobody is. Interactions of three columns and more. Single decisions: 'riskaudit why' explains
        those, and no report holds them. The background of the values is a choice, and other choices give
        other values.
    """

    name = "explainability"
    question = "Which columns does the model's output rest on, and do two methods agree on that?"
    measures: Mapping[str, str] = {
        "explainability.importance": "mean absolute SHAP value of a column",
        "explainability.importance_share": "a column's share of the importance of all columns",
        "explainability.top_share": "share of the three most important columns",
        "explainability.sensitive_share": "share of the sensitive columns that are features",
        "explainability.token_effect": "of a text: how far a word moves the output where it occurs",
        "explainability.rows_explained": "how many held-out rows were explained, and why so many",
        "explainability.additivity_error": "largest miss of base + SHAP values from the output, in SDs of the output",
        "explainability.permutation_importance": "mean absolute change of the output when a column is shuffled",
        "explainability.importance_agreement": "weighted Kendall correlation of SHAP and permutation importance",
        **FURTHER,
    }

    def examine(self, evidence: Evidence) -> Iterator[Measure | Exhibit]:
        """Yield importances, shares, checks and pictures.

        Raises
        ------
        NotApplicable
            Where there are only predictions, no rows, or a positive class the model does not know.
        """
        if not evidence.subject.can_predict:
            raise NotApplicable("there is no model to explain", "pass --model")
        if known_only_by_class(evidence.subject.estimator):
            raise NotApplicable(
                "the model gives classes only", "use one with predict_proba or decision_function"
            )
        if len(evidence.test) < 2:
            raise NotApplicable("there are fewer than two held-out rows to explain", "pass --data with rows")
        known, positive = evidence.subject.classes, evidence.test.positive
        if evidence.task == "binary" and positive not in known:
            named = ", ".join(known)
            raise NotApplicable(
                f"the model does not know the positive class '{positive}'", f"it knows {named}"
            )
        from riskaudit.audits.explainability.examination import explain

        yield from explain(evidence)


def known_only_by_class(estimator: object) -> bool:
    """Whether a classifier gives neither probabilities nor a margin: nothing graded to explain."""
    graded = hasattr(estimator, "predict_proba") or hasattr(estimator, "decision_function")
    return hasattr(estimator, "classes_") and not graded
