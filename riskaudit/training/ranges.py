"""Ranges: what each learner lets you set, and from where to where."""

from math import inf

from riskaudit.training.settings import Setting

COUNT = Setting(whole=(1, inf))
COUNT_OR_NONE = Setting(whole=(1, inf), none=True)
POSITIVE = Setting(real=(0, inf), above=True)
FROM_ZERO = Setting(real=(0, inf))
FLAG = Setting(flag=True)
BALANCED = {"class_weight": Setting(words=("balanced",), none=True)}
ACTIVATION = Setting(words=("relu", "tanh", "sigmoid", "identity"))
RATE = Setting(real=(0, 100), above=True)
"""Beyond it no schedule brings a training back: inputs, targets and gradients are of the order of 1."""

LAYERS = {
    "hidden": Setting(several=True),
    "activation": ACTIVATION,
    "init": Setting(words=("glorot", "he", "glorot-biases")),
    "optimizer": Setting(words=("adam", "sgd")),
    "learning_rate": RATE,
    "momentum": Setting(real=(0, 1), below=True),
    "schedule": Setting(words=("constant", "exponential", "step", "cosine")),
    "decay": Setting(real=(0, 1), above=True),
    "decay_every": COUNT,
    "l1": FROM_ZERO,
    "l2": FROM_ZERO,
    "dropout": Setting(real=(0, 1), below=True),
    "batch_size": Setting(whole=(0, inf), words=("all",), none=True),
    "epochs": COUNT,
    "tol": FROM_ZERO,
    "patience": COUNT_OR_NONE,
    "early_stopping": FLAG,
    "validation_fraction": Setting(real=(0, 1), above=True, below=True),
    "dtype": Setting(words=("float32", "float64")),
}
PERCEPTRON = {**LAYERS, "pretrain_epochs": Setting(whole=(0, inf))}
TEXT = {
    **LAYERS,
    **BALANCED,
    "embedding": COUNT,
    "vocabulary": COUNT,
    "min_count": COUNT,
    "max_tokens": COUNT,
    "column": Setting(name=True, none=True),
}
NEIGHBOURS = {
    "n_neighbors": COUNT,
    "weights": Setting(words=("uniform", "distance")),
    "p": Setting(real=(1, inf)),
}
MARGIN = {
    "C": POSITIVE,
    "tol": POSITIVE,
    "max_iter": COUNT,
    "fit_intercept": FLAG,
}
LOGISTIC = {
    "C": Setting(real=(0, inf), above=True, infinite=True),
    "fit_intercept": FLAG,
    "tol": FROM_ZERO,
    "max_iter": COUNT,
    **BALANCED,
}
FOREST = {
    "n_estimators": COUNT,
    "max_depth": COUNT_OR_NONE,
    "max_leaf_nodes": Setting(whole=(2, inf), none=True),
    "min_samples_split": Setting(whole=(2, inf), real=(0, 1), above=True),
    "min_samples_leaf": Setting(whole=(1, inf), real=(0, 1), above=True, below=True),
    "min_weight_fraction_leaf": Setting(real=(0, 0.5)),
    "min_impurity_decrease": FROM_ZERO,
    "max_features": Setting(whole=(1, inf), real=(0, 1), above=True, words=("sqrt", "log2"), none=True),
    "max_samples": Setting(whole=(1, inf), real=(0, 1), above=True, none=True),
    "bootstrap": FLAG,
    "ccp_alpha": FROM_ZERO,
}
BOOSTING = {
    "learning_rate": RATE,
    "max_iter": COUNT,
    "max_leaf_nodes": Setting(whole=(2, inf), none=True),
    "max_depth": COUNT_OR_NONE,
    "min_samples_leaf": COUNT,
    "l2_regularization": FROM_ZERO,
    "max_features": Setting(real=(0, 1), above=True),
    "max_bins": Setting(whole=(2, 255)),
    "early_stopping": Setting(flag=True, words=("auto",)),
    "validation_fraction": Setting(whole=(1, inf), real=(0, 1), above=True, below=True, none=True),
    "n_iter_no_change": COUNT,
    "tol": FROM_ZERO,
}
