"""Meanings: what each number of the bias audit says, and for whom it is the right one."""

from __future__ import annotations

MEANINGS: dict[str, str] = {
    "bias.selection_rate": "share of a group that is predicted a favourable outcome",
    "bias.true_positive_rate": "share of a group's actual positives that is predicted positive",
    "bias.false_positive_rate": "share of a group's actual negatives that is predicted positive",
    "bias.false_negative_rate": "share of a group's actual positives that is predicted negative",
    "bias.precision": "share of a group's predicted positives that is actually positive",
    "bias.negative_predictive_value": "share of a group's predicted negatives that is actually negative",
    "bias.accuracy": "share of a group that is predicted right",
    "bias.equal_opportunity_rate": "share of those who earned the favourable outcome that is predicted it",
    "bias.distinct_decisions": "how many different decisions the model makes; 1 is a constant model",
    "bias.selection_rate_difference": "highest minus lowest selection rate (demographic parity difference)",
    "bias.selection_rate_ratio": "lowest over highest selection rate (impact ratio; four-fifths rule), or over that of --reference",
    "bias.selection_rate_gap_p": "probability that chance alone parts the groups' selection rates as widely (permutation)",
    "bias.equalized_odds_difference": "the wider of the gaps in true and in false positive rates",
    "bias.equal_opportunity_difference": "gap in the true positive rate of the favourable outcome",
    "bias.predictive_parity_difference": "the wider of the gaps in precision and in negative predictive value",
    "bias.accuracy_difference": "highest minus lowest accuracy",
    "bias.balanced_accuracy_difference": "highest minus lowest mean of true positive and true negative rate",
    "bias.error_balance_difference": "gap in the share of errors that are false negatives (treatment equality)",
    "bias.error_cost": "what a group's errors cost, by row, at the prices of --cost",
    "bias.error_cost_difference": "highest minus lowest cost of errors",
    "bias.class_prediction_difference": "one class of several: gap in how often it is predicted",
    "bias.class_recall_difference": "one class of several: gap in how often it is recognised",
    "bias.macro_recall": "mean over all classes of the share recognised, in a group",
    "bias.macro_recall_difference": "highest minus lowest macro recall",
    "bias.stratified_selection_rate_difference": "gap in selection rates within control strata, pooled",
    "bias.intersection_selection_rate_ratio": "lowest over highest selection rate among intersection cells",
    "bias.intersection_selection_rate_difference": "gap in selection rates among intersection cells",
    "bias.intersection_equalized_odds_difference": "gap in error rates among intersection cells",
    "bias.intersection_coverage": "share of rows in intersection cells large enough to assess",
    "bias.intersections_left_out": "how many crossings of three columns are too fine for the rows at hand",
    "bias.representation": "a group's share of the held-out rows",
    "bias.label_rate": "share of a group with the favourable outcome in the data, whatever the model says",
    "bias.label_rate_difference": "highest minus lowest share with the favourable outcome in the data",
    "bias.missing_difference": "widest gap between groups in the share of missing values, over all columns",
    "bias.auc": "how well scores order a group's positives above its negatives",
    "bias.bnsp_auc": "how well scores order a group's positives above all other groups' negatives",
    "bias.bpsn_auc": "how well scores order all other groups' positives above a group's negatives",
    "bias.auc_difference": "highest minus lowest AUC within groups",
    "bias.abroca": "area between two groups' ROC curves",
    "bias.calibration_error": "distance of promised and actual shares within a group, counting error taken off",
    "bias.calibration_in_the_large": "a group's share of positives minus its mean score",
    "bias.calibration_slope": "how far a group's outcomes spread for the spread of its scores; 1 is ideal",
    "bias.calibration_difference": "widest gap between groups of positives minus mean score",
    "bias.score_distance_ks": "largest distance of two groups' score distributions (Kolmogorov-Smirnov)",
    "bias.score_distance_wasserstein": "how far scores of one group would have to move to be another's (Wasserstein)",
    "bias.top_k_rate": "share of a group among the k highest scores",
    "bias.top_k_selection_ratio": "lowest over highest share of a group among the k highest scores",
    "bias.top_k_difference": "highest minus lowest share of a group among the k highest scores",
    "bias.exposure": "a group's mean attention in the ranking, over that of all rows",
    "bias.exposure_difference": "widest gap in mean attention in the ranking",
    "bias.flip_rate": "share of people whose decision changes when only the sensitive column does",
    "bias.flip_shift": "how far a predicted number moves at most when only the sensitive column does",
    "bias.consistency": "how alike the decisions on people who resemble one another are; 1 is wholly",
    "bias.proxy_auc": "how well all other columns together tell a group from the rest",
    "bias.proxy_column_auc": "how well one other column alone tells a group from the rest",
    "bias.gap_carried": "how much of the selection gap goes when one column is shuffled over all rows",
    "bias.slice_error_difference": "a slice nobody named: its error rate minus that of all other rows",
    "bias.slice_refusal_difference": "a slice nobody named: share refused minus that of all other rows",
    "bias.slice_wrongful_refusal_difference": "a slice nobody named: share refused though deserving, minus that of other rows",
    "bias.slice_calibration_difference": "a slice nobody named: distance of probability and outcome minus that of other rows",
    "bias.term_shift": "how far a text's score moves when only the word for a group changes",
    "bias.remedy_gap": "the selection gap that a remedy leaves, on rows it was not tuned on",
    "bias.remedy_accuracy_price": "the accuracy that a remedy costs, on rows it was not tuned on",
    "bias.mean_error": "a group's mean of prediction minus outcome",
    "bias.mean_absolute_error": "a group's mean distance of prediction and outcome",
    "bias.root_mean_squared_error": "a group's root mean squared distance of prediction and outcome",
    "bias.mean_prediction": "a group's mean prediction",
    "bias.mean_error_gap": "widest gap in mean error, in standard deviations of the target",
    "bias.mean_absolute_error_gap": "widest gap in mean absolute error, in standard deviations of the target",
    "bias.root_mean_squared_error_gap": "widest gap in root mean squared error, in standard deviations of the target",
    "bias.mean_prediction_gap": "widest gap in mean prediction, in standard deviations of the target",
    "bias.prediction_parity_distance": "largest distance of two groups' distributions of predictions",
}

_RATES = (
    "Where base rates differ, an imperfect model cannot have equal precision, equal true and equal false positive rates at once "
    "(Chouldechova 2017; Kleinberg, Mullainathan, Raghavan 2017)."
)
_PARITY = "Equal selection and equal error rates cannot hold together where base rates differ and the model is any good (Barocas, Hardt, Narayanan 2023, ch. 3)."
_SLICES = (
    "Formula: mean in the slice minus mean in all other rows. The slices of up to three conditions with the highest SliceLine score are "
    "found exactly on one random half and measured on the other, all of them at once (Bonferroni). Prefer it to look for groups that no column "
    "names; a slice that does not hold up on the second half was chance. Source: Sagadeeva, Boehm 2021, SliceLine."
)

DETAILS: dict[str, str] = {
    "bias.selection_rate": "Formula: P(predicted favourable | group), Wilson interval. Prefer it where the decision itself is the good that is shared out. "
    + _PARITY
    + " Sources: Wilson 1927; Brown, Cai, DasGupta 2001.",
    "bias.selection_rate_difference": "Formula: max - min over groups of P(predicted favourable | group); simultaneous Newcombe over all pairs. Prefer it to the ratio where rates are high: it says "
    "how many in a hundred people are treated otherwise. 'No gap shown' is told apart from 'shown within 0.1' (two one-sided tests), with the smallest gap that these rows could have shown. "
    + _PARITY
    + " Sources: Newcombe 1998, method 10; Schuirmann 1987.",
    "bias.selection_rate_ratio": "Formula: lowest over highest selection rate, or lowest over that of --reference; simultaneous Koopman. Prefer it where law asks for four fifths; at low rates a few "
    "people move it much, so read the head count in the note. "
    + _PARITY
    + " Sources: 29 CFR 1607.4(D); Koopman 1984.",
    "bias.selection_rate_gap_p": "Formula: share of permutations of the hits over rows, group sizes kept, whose largest standardised gap is at least the one seen. One number for all pairs (max-statistic). "
    "A small p says the gap is no chance; a large p does not say there is none: see selection_rate_difference. Sources: Westfall, Young 1993; Phipson, Smyth 2010.",
    "bias.equalized_odds_difference": "Formula: the larger of the widest TPR gap and the widest FPR gap. Prefer it where recorded outcomes can be trusted and both errors harm. "
    + _RATES
    + " Source: Hardt, Price, Srebro 2016, def. 2.1.",
    "bias.equal_opportunity_difference": "Formula: max - min of P(predicted favourable | favourable outcome, group). Prefer it where only wrongful refusal harms. "
    + _RATES
    + " Source: Hardt, Price, Srebro 2016, def. 2.2.",
    "bias.predictive_parity_difference": "Formula: the larger of the widest gap in PPV and in NPV. Prefer it where people act on the prediction and must be able to read it alike for every group. "
    + _RATES,
    "bias.true_positive_rate": "Formula: P(predicted positive | positive, group). TNR is 1 - FPR, FNR is 1 - TPR. "
    + _RATES,
    "bias.false_positive_rate": "Formula: P(predicted positive | negative, group). Prefer it where a positive is a penalty. "
    + _RATES,
    "bias.precision": "Formula: P(positive | predicted positive, group), PPV. " + _RATES,
    "bias.negative_predictive_value": "Formula: P(negative | predicted negative, group). " + _RATES,
    "bias.balanced_accuracy_difference": "Formula: max - min of (TPR + TNR) / 2; the two Wilson intervals squared and added. Prefer it to accuracy where classes are rare: accuracy differs "
    "between groups of different base rates even for equally good models. Source: Zou, Donner 2008.",
    "bias.error_balance_difference": "Formula: max - min of FN / (FN + FP), which is the ratio FN / FP as a share. Prefer it where it matters on which side a group's errors fall. "
    "Source: Berk et al. 2021, Fairness in criminal justice risk assessments (treatment equality).",
    "bias.error_cost_difference": "Formula: max - min of (c_fp FP + c_fn FN) / n. Prefer it where the two errors are unlike in harm and somebody can say how much; equal costs by row still depend on base rates. "
    "Source: Elkan 2001, The foundations of cost-sensitive learning.",
    "bias.auc_difference": "Formula: max - min of AUC within groups; DeLong. Prefer it where scores rank within a group; it does not see scores shifted for a whole group: see bnsp_auc and bpsn_auc. "
    "Source: DeLong, DeLong, Clarke-Pearson 1988.",
    "bias.bnsp_auc": "Formula: P(score of a positive of the group > score of a negative of others). Low: the group's positives are scored too low (its false negatives). "
    "Source: Borkan et al. 2019, Nuanced metrics for measuring unintended bias.",
    "bias.bpsn_auc": "Formula: P(score of a positive of others > score of a negative of the group). Low: the group's negatives are scored too high (its false positives). "
    "Source: Borkan et al. 2019.",
    "bias.abroca": "Formula: integral of |ROC_a - ROC_b| over the FPR. Prefer it where the threshold is not yet chosen; it is never below 0, so compare it with what chance gives (in the note). "
    "Source: Gardner, Brooks, Baker 2019.",
    "bias.calibration_error": "Formula: root of sum n_b/n ((rate_b - score_b)^2 - rate_b (1 - rate_b) / (n_b - 1)) over bins of equal mass. The plain sum is above 0 for a perfect model; this one is not on average. "
    "Source: Kumar, Liang, Ma 2019.",
    "bias.calibration_difference": "Formula: max - min over groups of mean(outcome - score). Prefer it where scores are read as probabilities. Calibration within groups and equal mean scores of "
    "positives and of negatives cannot hold together where base rates differ (Kleinberg, Mullainathan, Raghavan 2017).",
    "bias.calibration_slope": "Formula: b in logit P(y) = a + b logit(score), by group. Source: Cox 1958.",
    "bias.score_distance_ks": "Formula: sup |F_a - F_b|: the widest selection gap that any one threshold could make. Interval by Dvoretzky-Kiefer-Wolfowitz, Massart 1990: valid for any shape, wide.",
    "bias.score_distance_wasserstein": "Formula: integral |F_a - F_b|. Source: Vallender 1974.",
    "bias.flip_rate": "Formula: share of sampled people for whom some other value of the sensitive column, all else kept, changes the decision. It sees direct use of the column, not proxies, and keeps columns that would change "
    "with the group in truth: it is no causal counterfactual (Kusner et al. 2017).",
    "bias.consistency": "Formula: mean share of the 5 nearest neighbours with the same decision. Near a sharp threshold a fair model loses some too. Source: Zemel et al. 2013, Learning fair representations, section 5.",
    "bias.proxy_auc": "Formula: AUC of a logistic regression on all other columns, fitted on one half and measured on the other. Near 1, leaving the sensitive column out hides nothing from the model. "
    "Source: Feldman et al. 2015, Certifying and removing disparate impact, section 4.",
    "bias.gap_carried": "Formula: selection gap minus the gap after the column is shuffled over all rows. Columns share what they carry together, so parts need not add up; shuffling makes rows that do not occur. "
    "SHAP values by group are in the explainability audit's data. Source: Breiman 2001; Fisher, Rudin, Dominici 2019.",
    "bias.label_rate_difference": "Formula: max - min of P(favourable outcome | group) in the data. A model right about every row has this gap too: whether the outcome was recorded fairly, no audit of the rows can say. "
    + _PARITY,
    "bias.exposure": "Formula: mean over the group of 1 / log2(rank + 1), over that of all rows. Source: Singh, Joachims 2018, Fairness of exposure in rankings.",
    "bias.remedy_gap": "Formula: the gap in selection rates after the remedy, on rows it was not tuned on. A threshold of its own for each group uses the sensitive column at the decision: in employment and credit that may be "
    "unlawful whatever it mends (US Civil Rights Act of 1991, 42 USC 2000e-2(l); ECOA). Ask counsel. Source: Hardt, Price, Srebro 2016, section 4.",
    "bias.slice_error_difference": _SLICES,
    "bias.slice_refusal_difference": _SLICES,
    "bias.slice_wrongful_refusal_difference": _SLICES,
    "bias.slice_calibration_difference": _SLICES,
    "bias.mean_error_gap": "Formula: max - min over groups of mean(prediction - outcome), over the SD of the outcome; Welch over all pairs. Equal mean errors and equal mean predictions cannot hold together where mean outcomes differ. "
    "Source: Agarwal, Dudik, Wu 2019.",
    "bias.prediction_parity_distance": "Formula: sup |F_a - F_b| of predictions (statistical parity for regression). Source: Agarwal, Dudik, Wu 2019, def. 1.",
    "bias.term_shift": "Formula: difference of the highest and lowest mean score over terms, sentences kept; paired by sentence. It sees words in isolation, as they stand in these sentences only. "
    "Source: Dixon et al. 2018, Measuring and mitigating unintended bias in text classification.",
    "bias.stratified_selection_rate_difference": "Formula: sum W (p_a - p_b) / sum W, W = n_a n_b / (n_a + n_b) over strata (Mantel-Haenszel), Sato's variance. Prefer it where the stratum is legitimate; a stratum that is itself "
    "biased hides harm. Berkeley 1973 is 0.68 overall, and women lead in 4 of 6 departments (Bickel, Hammel, O'Connell 1975).",
}
