"""Catalogue: one entry for each learner; what it is, where its class is, what may be set."""

from riskaudit.training import ranges
from riskaudit.training.learner import Learner
from riskaudit.training.settings import Setting

CATALOGUE = (
    Learner(
        name="logistic",
        summary="logistic and softmax regression in NumPy, exact",
        tasks=("classification",),
        factory={"classification": "riskaudit.training.logistic:NumpyLogisticRegression"},
        settings={
            "all": {
                **ranges.LOGISTIC,
                "l1_ratio": Setting(real=(0, 1)),
                "solver": Setting(words=("auto", "newton", "proximal", "adam", "sgd")),
                "learning_rate": ranges.RATE,
                "batch_size": ranges.COUNT,
                "epochs": ranges.COUNT,
            }
        },
    ),
    Learner(
        name="perceptron",
        summary="multilayer perceptron in NumPy, any depth",
        tasks=("classification", "regression"),
        factory={
            "classification": "riskaudit.training.perceptron:NumpyPerceptronClassifier",
            "regression": "riskaudit.training.perceptron:NumpyPerceptronRegressor",
        },
        settings={"all": ranges.PERCEPTRON, "classification": ranges.BALANCED},
    ),
    Learner(
        name="linear",
        summary="linear least squares in NumPy, with a ridge penalty where wanted",
        tasks=("regression",),
        factory={"regression": "riskaudit.training.linear:NumpyLinearRegression"},
        settings={
            "all": {
                "l2": ranges.FROM_ZERO,
                "fit_intercept": ranges.FLAG,
                "solver": Setting(words=("exact", "gradient")),
                "tol": ranges.FROM_ZERO,
                "max_iter": ranges.COUNT,
            }
        },
        seeded=False,
    ),
    Learner(
        name="sklearn-logistic",
        summary="scikit-learn's LogisticRegression",
        tasks=("classification",),
        factory={"classification": "sklearn.linear_model:LogisticRegression"},
        defaults={"all": {"max_iter": 1000}},
        settings={
            "all": {
                **ranges.LOGISTIC,
                "solver": Setting(words=("lbfgs", "newton-cg", "newton-cholesky", "sag", "saga")),
            }
        },
    ),
    Learner(
        name="sklearn-linear",
        summary="scikit-learn's LinearRegression, without a penalty",
        tasks=("regression",),
        factory={"regression": "sklearn.linear_model:LinearRegression"},
        settings={"all": {"fit_intercept": ranges.FLAG, "positive": ranges.FLAG}},
        seeded=False,
    ),
    Learner(
        name="random-forest",
        summary="scikit-learn's random forest, 100 unpruned trees",
        tasks=("classification", "regression"),
        factory={
            "classification": "sklearn.ensemble:RandomForestClassifier",
            "regression": "sklearn.ensemble:RandomForestRegressor",
        },
        defaults={"all": {"n_estimators": 100, "n_jobs": None}},
        settings={
            "all": ranges.FOREST,
            "classification": {
                "criterion": Setting(words=("gini", "entropy", "log_loss")),
                "class_weight": Setting(words=("balanced", "balanced_subsample"), none=True),
            },
            "regression": {"criterion": Setting(words=("squared_error", "absolute_error", "poisson"))},
        },
    ),
    Learner(
        name="boosting",
        summary="scikit-learn's histogram gradient boosting",
        tasks=("classification", "regression"),
        factory={
            "classification": "sklearn.ensemble:HistGradientBoostingClassifier",
            "regression": "sklearn.ensemble:HistGradientBoostingRegressor",
        },
        settings={
            "all": ranges.BOOSTING,
            "classification": ranges.BALANCED,
            "regression": {"loss": Setting(words=("squared_error", "absolute_error", "poisson", "gamma"))},
        },
    ),
    Learner(
        name="text",
        summary="text classifier in NumPy: word vectors, their mean, dense layers",
        tasks=("classification",),
        factory={"classification": "riskaudit.training.text:NumpyTextClassifier"},
        settings={"all": ranges.TEXT},
        reads="text",
    ),
    Learner(
        name="naive-bayes",
        summary="scikit-learn's Gaussian naive Bayes",
        tasks=("classification",),
        factory={"classification": "sklearn.naive_bayes:GaussianNB"},
        settings={"all": {"var_smoothing": ranges.FROM_ZERO}},
        seeded=False,
    ),
    Learner(
        name="k-nearest",
        summary="scikit-learn's k nearest neighbours, which keeps all rows it was shown",
        tasks=("classification", "regression"),
        factory={
            "classification": "sklearn.neighbors:KNeighborsClassifier",
            "regression": "sklearn.neighbors:KNeighborsRegressor",
        },
        # No search tree: a saved one holds raw indices that compiled code would follow unchecked.
        defaults={"all": {"algorithm": "brute"}},
        settings={"all": ranges.NEIGHBOURS},
        seeded=False,
    ),
    Learner(
        name="linear-svm",
        summary="scikit-learn's linear support vector machine, without probabilities",
        tasks=("classification", "regression"),
        factory={
            "classification": "sklearn.svm:LinearSVC",
            "regression": "sklearn.svm:LinearSVR",
        },
        # The primal problem is solved by Newton's method: it converges where liblinear's dual crawls.
        defaults={
            "all": {"max_iter": 10_000, "dual": False},
            "regression": {"loss": "squared_epsilon_insensitive"},
        },
        settings={
            "all": ranges.MARGIN,
            "classification": ranges.BALANCED,
            "regression": {"epsilon": ranges.FROM_ZERO},
        },
    ),
)
