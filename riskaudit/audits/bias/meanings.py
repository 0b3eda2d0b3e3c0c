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
    "bias.remedy_odds_gap": "the gap in error rates (equalized odds) that a remedy leaves, on rows it was not tuned on",
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
    "No choice of thresholds is known to mend both values in general: recalibrate scores within groups, or find columns that predict the worse group. "
    + _RATES
    + " Source: Chouldechova 2017.",
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
    "positives and of negatives cannot hold together where base rates differ (Kleinberg, Mullainathan, Raghavan 2017). What mends it is recalibration within groups (Platt or isotonic, on rows held out for it), which needs the group at prediction: ask counsel.",
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
    "bias.false_negative_rate": "Formula: P(predicted negative | positive, group) = 1 - TPR. Prefer it where a positive that is missed is the harm, as in screening. "
    + _RATES,
    "bias.accuracy": "Formula: P(predicted = actual | group), Wilson interval. Groups of other base rates have other accuracies for equally good models: see balanced_accuracy_difference. Source: Wilson 1927.",
    "bias.accuracy_difference": "Formula: max - min of accuracy; simultaneous Newcombe over all pairs. Prefer it where all errors weigh alike; it says nothing of which errors. No threshold mends a gap in accuracy but by making the "
    "better group worse: more rows and better columns for the other group do. Source: Newcombe 1998, method 10.",
    "bias.equal_opportunity_rate": "Formula: P(predicted favourable | favourable outcome, group). It is the TPR where the favourable outcome is the positive class, and the TNR where it is not. Source: Hardt, Price, Srebro 2016, def. 2.2.",
    "bias.distinct_decisions": "Formula: number of classes that are predicted at all. A constant model has every gap 0 and is not fair: read no gap before this.",
    "bias.error_cost": "Formula: (c_fp FP + c_fn FN) / n, with the prices of --cost; Wilson at the costs' own variance. Source: Elkan 2001.",
    "bias.class_prediction_difference": "Formula: max - min of P(predicted c | group), class c against the rest; simultaneous Newcombe over the pairs of groups, not over classes: with many classes expect a few by chance.",
    "bias.class_recall_difference": "Formula: max - min of P(predicted c | actual c, group); simultaneous Newcombe over the pairs of groups, not over classes. "
    + _RATES,
    "bias.macro_recall": "Formula: mean over classes of P(predicted c | actual c, group): balanced accuracy of several classes. Every class weighs alike, however rare, so a group needs rows of each. "
    "Sources: Brodersen et al. 2010; Zou, Donner 2008 for the interval.",
    "bias.macro_recall_difference": "Formula: max - min of macro recall over groups; the Wilson intervals of all classes squared and added. Prefer it to accuracy where classes are rare. Source: Zou, Donner 2008.",
    "bias.intersection_selection_rate_ratio": "Formula: lowest over highest selection rate among cells of two or three columns; simultaneous Koopman over all pairs of cells. A model may be level by each column and not by both. "
    "Sources: Crenshaw 1989; Kearns et al. 2018, Preventing fairness gerrymandering.",
    "bias.intersection_selection_rate_difference": "Formula: max - min of the selection rate over cells; simultaneous Newcombe. More cells, wider interval: the price of looking everywhere. Source: Kearns et al. 2018.",
    "bias.intersection_equalized_odds_difference": "Formula: the wider of the largest TPR and FPR gaps over cells; simultaneous Newcombe. Read intersection_coverage with it: cells with too few of an outcome are left out. "
    + _RATES,
    "bias.intersection_coverage": "Formula: rows in cells of at least --min-group rows over all rows; an exact count. Low: what the other intersection measures do not see is large, and no gap there is no comfort.",
    "bias.intersections_left_out": "Formula: crossings of three columns where most rows are in cells below --min-group. They are named in the note, not assessed.",
    "bias.representation": "Formula: n_group / n, Wilson interval. Few rows make every other number of the group unsure. Compare with the people the model is for: no audit of the rows knows them. Source: Buolamwini, Gebru 2018.",
    "bias.label_rate": "Formula: P(favourable outcome | group) in the data. Unequal base rates are what makes parity and equal error rates exclude each other. "
    + _PARITY,
    "bias.missing_difference": "Formula: over columns, the widest max - min of P(missing | group); simultaneous Newcombe over all pairs and columns. What is filled in for a group is guessed for that group. "
    "Source: Fernando et al. 2021, Missing the missing values: the ugly duckling of fairness in machine learning.",
    "bias.auc": "Formula: P(score of a positive > score of a negative, both of the group), ties half; DeLong, on the logit scale. It does not see scores shifted for the whole group. Sources: DeLong, DeLong, Clarke-Pearson 1988; Sun, Xu 2014.",
    "bias.calibration_in_the_large": "Formula: mean(outcome - score) in the group, t interval. Above 0: promised too little. A model may be right here and wrong at every score: see calibration_error. Source: Van Calster et al. 2019.",
    "bias.top_k_rate": "Formula: rows of the group among the k highest scores over rows of the group; Wilson. Prefer it where a fixed number of places is given out. Places taken by one group are lost to another, so rates move together.",
    "bias.top_k_selection_ratio": "Formula: lowest over highest top-k rate; simultaneous Koopman. The four-fifths rule for a fixed number of places. Sources: 29 CFR 1607.4(D); Yang, Stoyanovich 2017, Measuring fairness in ranked outputs.",
    "bias.top_k_difference": "Formula: max - min of the top-k rate; simultaneous Newcombe. Where k is small beside the rows it is small whatever the ratio: read both. Source: Yang, Stoyanovich 2017.",
    "bias.exposure_difference": "Formula: max - min over groups of mean exposure; Welch over all pairs. Prefer it where attention falls down a list and nobody is cut off. Equal exposure and exposure by merit cannot both hold where merit differs. "
    "Source: Singh, Joachims 2018.",
    "bias.flip_shift": "Formula: mean over sampled people of the largest change of the prediction when the sensitive column takes another value, all else kept. See flip_rate for what it cannot see.",
    "bias.proxy_column_auc": "Formula: AUC of telling the group from one column by the group's share in its bins or values, learnt on one half and measured on the other. One column may tell nothing that two together tell: see proxy_auc. "
    "Source: Feldman et al. 2015, section 4.",
    "bias.remedy_odds_gap": "Formula: the wider of the TPR and FPR gaps after the remedy, on rows it was not tuned on. Thresholds for equalized odds draw by lot between two thresholds, so two people alike may be decided otherwise, and use the sensitive "
    "column at the decision: ask counsel. A remedy for selection may widen this gap and the other way round. "
    + _PARITY
    + " Source: Hardt, Price, Srebro 2016, section 3.",
    "bias.remedy_accuracy_price": "Formula: mean of (right before - right after) over the same rows; paired t interval. Against the labels as recorded: where these are biased themselves, the price is partly that of a past wrong. "
    "Source: Menon, Williamson 2018, The cost of fairness in binary classification.",
    "bias.mean_error": "Formula: mean(prediction - outcome | group), t interval, in the target's units. Above 0: predicted too high. Source: Agarwal, Dudik, Wu 2019.",
    "bias.mean_absolute_error": "Formula: mean |prediction - outcome| in the group, t interval. A group of larger outcomes has larger errors for an equally good model. Source: Willmott, Matsuura 2005.",
    "bias.mean_absolute_error_gap": "Formula: max - min of the mean absolute error over groups, over the SD of the outcome; Welch over all pairs. Prefer it to RMSE where one large error is no worse than several small ones.",
    "bias.root_mean_squared_error": "Formula: root of mean (prediction - outcome)^2 in the group. Prefer it where large errors do most harm; a few rows may rule it.",
    "bias.root_mean_squared_error_gap": "Formula: max - min of the RMSE over groups, over the SD of the outcome. Prefer it to the mean absolute error where large errors do most harm.",
    "bias.mean_prediction": "Formula: mean prediction in the group, t interval. Equal mean predictions and equal mean errors cannot hold together where mean outcomes differ.",
    "bias.mean_prediction_gap": "Formula: max - min of the mean prediction over groups, over the SD of the outcome; Welch over all pairs. Prefer it where the predicted number itself is the good that is shared out. Source: Agarwal, Dudik, Wu 2019.",
}
