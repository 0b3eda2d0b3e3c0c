"""Statistics: every way we have of saying how sure a number is."""

from riskaudit.statistics.correlation import spearman
from riskaudit.statistics.gaps import (
    Comparison,
    head_count_to_ratio,
    largest_difference,
    largest_difference_of,
    smallest_ratio,
)
from riskaudit.statistics.means import largest_mean_difference, mean_t, median_order, welch
from riskaudit.statistics.multiplicity import benjamini_hochberg, bonferroni
from riskaudit.statistics.paired import difference_of_paired, mcnemar, paired_difference
from riskaudit.statistics.proportions import clopper_pearson, newcombe, wilson
from riskaudit.statistics.ranking import auc, auc_difference
from riskaudit.statistics.ratios import UNBOUNDED, koopman
from riskaudit.statistics.resampling import bootstrap
from riskaudit.statistics.strata import Pooled, mantel_haenszel
from riskaudit.statistics.terms import Undefined, critical
from riskaudit.statistics.thresholds import OperatingPoint, advantage, balanced_accuracy, tpr_at_fpr
from riskaudit.statistics.weights import kish

__all__ = [
    "UNBOUNDED",
    "Comparison",
    "OperatingPoint",
    "Pooled",
    "Undefined",
    "advantage",
    "auc",
    "auc_difference",
    "balanced_accuracy",
    "benjamini_hochberg",
    "bonferroni",
    "bootstrap",
    "clopper_pearson",
    "critical",
    "difference_of_paired",
    "head_count_to_ratio",
    "kish",
    "koopman",
    "largest_difference",
    "largest_difference_of",
    "largest_mean_difference",
    "mantel_haenszel",
    "mcnemar",
    "mean_t",
    "median_order",
    "newcombe",
    "paired_difference",
    "smallest_ratio",
    "spearman",
    "tpr_at_fpr",
    "welch",
    "wilson",
]
