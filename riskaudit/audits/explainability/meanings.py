"""Meanings: what each further number of the explainability audit says, in a line."""

FURTHER = {
    "explainability.effective_features": "how many equally important columns would be as spread out as these",
    "explainability.proxy_share": "importance of columns that tell a sensitive one, weighted by how well they tell it",
    "explainability.single_column_auc": "how well a column alone tells the outcome, on rows not learnt from",
    "explainability.leak_suspicion": "the smaller of a column's share of importance and of what it alone tells (2 AUC - 1); the largest of the columns",
    "explainability.surrogate_r2": "held-out R2 of a small stand-in for the model, against the model's own output",
    "explainability.surrogate_agreement": "share of held-out rows that a small stand-in decides as the model does",
    "explainability.simplicity": "how much of the model's output ten lines can say: held-out R2 of the best small stand-in",
    "explainability.faithfulness": "how much sooner the output moves when columns go (or come) in the order of the values than in a random one",
    "explainability.stability": "how alike the order of columns stays when something small changes",
    "explainability.interaction": "Friedman's H of a pair of columns: the part of their joint effect that is no sum of theirs",
    "explainability.monotonicity": "how far a column's mean effect goes one way only: 1 always, 0 up as much as down",
    "explainability.drop_column_importance": "mean absolute change of the output when the recipe is fitted again with the column shuffled",
    "explainability.drop_column_agreement": "weighted Kendall correlation of SHAP and drop-column importance",
    "explainability.randomised_labels_share": "importance of all columns in a model fitted to shuffled labels, as a share of this model's",
}
