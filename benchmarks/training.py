"""How fast the perceptron trains against scikit-learn's MLPClassifier: a ratio, from one run.

    OPENBLAS_NUM_THREADS=1 PYTHONPATH=. python benchmarks/training.py [--rounds 5] [--epochs 60]

Both train the same layers on the same rows with Adam, the same rate, batch, penalty and number of epochs,
in float32 (the table is given to both as float32), in turns; the ratio is of epochs per CPU-second, median
over rounds. Held-out accuracy stands beside it: speed at another accuracy would be no comparison.
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
import warnings

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
from sklearn.datasets import load_digits, make_classification
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier

from riskaudit.training.perceptron import NumpyPerceptronClassifier

HIDDEN, RATE, BATCH, L2 = (64, 32), 1e-3, 200, 1e-4


def tables():
    """Two tables: a wide-ish binary one, and small images of ten digits."""
    X, y = make_classification(20_000, 30, n_informative=12, flip_y=0.02, class_sep=1.2, random_state=0)
    yield "15,000 x 30, 2 classes", X, y
    X, y = load_digits(return_X_y=True)
    yield "digits 1,347 x 64, 10 classes", X / 16, y


def ours(epochs, seed):
    return NumpyPerceptronClassifier(
        HIDDEN,
        learning_rate=RATE,
        batch_size=BATCH,
        l2=L2 / BATCH,
        epochs=epochs,
        patience=None,
        random_state=seed,
    )


def theirs(epochs, seed):
    return MLPClassifier(
        HIDDEN,
        learning_rate_init=RATE,
        batch_size=BATCH,
        alpha=L2,  # divided by the batch there
        max_iter=epochs,
        n_iter_no_change=epochs + 1,
        random_state=seed,
    )


def measured(model, X, y):
    """Epochs per CPU-second."""
    start = time.process_time()
    model.fit(X, y)
    return model.n_iter_ / (time.process_time() - start)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--epochs", type=int, default=60)
    args = parser.parse_args()
    warnings.simplefilter("ignore", ConvergenceWarning)
    for name, X, y in tables():
        X, held, y, truth = train_test_split(X.astype(np.float32), y, random_state=0, stratify=y)
        speed, score = {"ours": [], "theirs": []}, {"ours": [], "theirs": []}
        for seed in range(args.rounds):
            for who, make in (("ours", ours), ("theirs", theirs)):
                model = make(args.epochs, seed)
                speed[who].append(measured(model, X, y))
                score[who].append(model.score(held, truth))
        ratios = [a / b for a, b in zip(speed["ours"], speed["theirs"], strict=True)]
        print(
            f"{name}: {statistics.median(ratios):.2f} x MLPClassifier ({min(ratios):.2f} to {max(ratios):.2f})"
        )
        for who in speed:
            rate, mean, spread = statistics.median(speed[who]), np.mean(score[who]), np.std(score[who])
            print(
                f"    {who:6} {rate:7.1f} epochs per CPU-second, held-out accuracy {mean:.3f} ± {spread:.3f}"
            )


if __name__ == "__main__":
    main()
