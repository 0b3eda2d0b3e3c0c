"""Statistics: every way we have of saying how sure a number is."""

from riskaudit.statistics.calibration import Reliability, calibration_error, calibration_slope, reliability
from riskaudit.statistics.clusters import cluster_sizes
from riskaudit.statistics.correlation import spearman
from riskaudit.statistics.counting import cell_bootstrap, count_cells, resampled_cells, small_codes
from riskaudit.statistics.distances import abroca, kolmogorov_smirnov, wasserstein
from riskaudit.statistics.epsilon import epsilon_from_counts, epsilon_one_run
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
from riskaudit.statistics.power import Equivalence, equivalence, max_gap_p, smallest_visible_gap
from riskaudit.statistics.precision import precision_at_prior
from riskaudit.statistics.proportions import clopper_pearson, newcombe, wilson
from riskaudit.statistics.ranking import auc, auc_difference
from riskaudit.statistics.ratios import UNBOUNDED, koopman
from riskaudit.statistics.references import largest_difference_from, smallest_ratio_to
from riskaudit.statistics.resampling import bootstrap
from riskaudit.statistics.spread import bounded_mean, largest_spread
from riskaudit.statistics.strata import Pooled, mantel_haenszel
from riskaudit.statistics.terms import Undefined, critical
from riskaudit.statistics.thresholds import OperatingPoint, advantage, balanced_accuracy, tpr_at_fpr
from riskaudit.statistics.weights import kish

__all__ = [
    "UNBOUNDED",
    "Comparison",
    "Equivalence",
    "OperatingPoint",
    "Pooled",
    "Reliability",
    "Undefined",
    "abroca",
    "advantage",
    "auc",
    "auc_difference",
    "balanced_accuracy",
    "benjamini_hochberg",
    "bonferroni",
    "bootstrap",
    "bounded_mean",
    "calibration_error",
    "calibration_slope",
    "cell_bootstrap",
    "clopper_pearson",
    "cluster_sizes",
    "count_cells",
    "critical",
    "difference_of_paired",
    "epsilon_from_counts",
    "epsilon_one_run",
    "equivalence",
    "head_count_to_ratio",
    "kish",
    "kolmogorov_smirnov",
    "koopman",
    "largest_difference",
    "largest_difference_from",
    "largest_difference_of",
    "largest_mean_difference",
    "largest_spread",
    "mantel_haenszel",
    "max_gap_p",
    "mcnemar",
    "mean_t",
    "median_order",
    "newcombe",
    "paired_difference",
    "precision_at_prior",
    "reliability",
    "resampled_cells",
    "small_codes",
    "smallest_ratio",
    "smallest_ratio_to",
    "smallest_visible_gap",
    "spearman",
    "tpr_at_fpr",
    "wasserstein",
    "welch",
    "wilson",
]
