"""How fast the core trains, against scikit-learn and PyTorch: ratios from one run, at one thread.

    OPENBLAS_NUM_THREADS=1 PYTHONPATH=. python benchmarks/training.py [one|many|growth|memory ...]
        [--rounds 5] [--epochs 60] [--models 64]

one     epochs per CPU-second of the perceptron against MLPClassifier and, where it can be imported,
        PyTorch on the CPU: the same layers, rows, Adam, rate, batch, penalty and epochs, in float32
many    models per CPU-second of `train_many` against a joblib loop of scikit-learn fits and against
        single fits of our own, each model on a random half of the rows
growth  what `train_many` costs as n, d, h and K double
memory  the most that `train_many` holds beside table and models, against its budget

Peers take turns within a round; a ratio is the median over rounds, with its range. Held-out accuracy
stands beside every figure: speed at another accuracy would be no comparison.
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
import tracemalloc
import warnings
from functools import partial

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from joblib import Parallel, delayed
from sklearn.base import clone, is_classifier
from sklearn.datasets import load_digits, make_classification
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier

from riskaudit.training.linear import NumpyLinearRegression
from riskaudit.training.logistic import NumpyLogisticRegression
from riskaudit.training.many import BUDGET, train_many
from riskaudit.training.perceptron import NumpyPerceptronClassifier

HIDDEN, RATE, L2 = (64, 32), 1e-3, 1e-4


def tables():
    """Two tables: a wide-ish binary one, and small images of ten digits."""
    X, y = make_classification(20_000, 30, n_informative=12, flip_y=0.02, class_sep=1.2, random_state=0)
    yield "15,000 x 30, 2 classes", X, y
    X, y = load_digits(return_X_y=True)
    yield "digits 1,347 x 64, 10 classes", X / 16, y


def ours(epochs, seed, batch=200):
    return NumpyPerceptronClassifier(
        HIDDEN,
        learning_rate=RATE,
        batch_size=batch,
        l2=L2 / batch,
        epochs=epochs,
        patience=None,
        random_state=seed,
    )


def scikit_learn(epochs, seed, batch=200):
    return MLPClassifier(
        HIDDEN,
        learning_rate_init=RATE,
        batch_size=batch,
        alpha=L2,  # divided by the batch there
        max_iter=epochs,
        n_iter_no_change=epochs + 1,
        random_state=seed,
    )


class PyTorch:
    """The same network in PyTorch's eager mode, with its fused Adam."""

    def __init__(self, epochs, seed, batch=200):
        self.n_iter_, self.seed, self.batch = epochs, seed, batch

    def fit(self, X, y):
        import torch

        torch.set_num_threads(1)
        torch.manual_seed(self.seed)
        few = y.max() == 1
        self.net = torch.nn.Sequential(
            torch.nn.Linear(X.shape[1], HIDDEN[0]),
            torch.nn.ReLU(),
            torch.nn.Linear(*HIDDEN),
            torch.nn.ReLU(),
            torch.nn.Linear(HIDDEN[1], 1 if few else int(y.max()) + 1),
        )
        walker = torch.optim.Adam(self.net.parameters(), lr=RATE, weight_decay=L2 / self.batch, fused=True)
        loss = torch.nn.BCEWithLogitsLoss() if few else torch.nn.CrossEntropyLoss()
        X, y = torch.tensor(X), torch.tensor(y, dtype=torch.float32 if few else torch.int64)
        for _ in range(self.n_iter_):
            for chosen in torch.randperm(len(X)).split(self.batch):
                walker.zero_grad()
                z = self.net(X[chosen])
                loss(z[:, 0] if few else z, y[chosen]).backward()
                walker.step()
        return self

    def score(self, X, y):
        import torch

        with torch.no_grad():
            z = self.net(torch.tensor(X)).numpy()
        return np.mean((z[:, 0] > 0 if z.shape[1] == 1 else z.argmax(axis=1)) == y)


def peers():
    found = {"ours": ours, "scikit-learn": scikit_learn}
    try:
        import torch  # noqa: F401 only asked whether it is there
    except ImportError:
        print("(PyTorch cannot be imported here: left out)")
        return found
    return {**found, "PyTorch": PyTorch}


def cpu(work):
    """CPU-seconds, and what the work gave."""
    start = time.process_time()
    result = work()
    return time.process_time() - start, result


def told(title, speeds, scores, unit):
    """Ratios to each peer, and each one's own figures."""
    first = next(iter(speeds))
    print(title)
    for who, speed in speeds.items():
        ratios = [a / b for a, b in zip(speeds[first], speed, strict=True)]
        against = f"{statistics.median(ratios):6.2f} x ({min(ratios):.2f} to {max(ratios):.2f})"
        accuracy = f"held-out score {np.mean(scores[who]):.4f} ± {np.std(scores[who]):.4f}"
        print(f"    {who:22} {statistics.median(speed):8.1f} {unit}; {first} is {against}; {accuracy}")


def one(args):
    """One model."""
    makers = peers()
    for name, X, y in tables():
        X, held, y, truth = train_test_split(X.astype(np.float32), y, random_state=0, stratify=y)
        speeds, scores = {who: [] for who in makers}, {who: [] for who in makers}
        for seed in range(args.rounds):
            for who, make in makers.items():
                seconds, model = cpu(partial(make(args.epochs, seed).fit, X, y))
                speeds[who].append(model.n_iter_ / seconds)
                scores[who].append(model.score(held, truth))
        told(f"one perceptron, {name}", speeds, scores, "epochs per CPU-second")


def half_tables(K, n=2000, d=30):
    """A table, K random halves of it as masks, and rows nobody learns from."""
    X, y = make_classification(
        n + 2000, d, n_informative=min(12, d), n_redundant=0, flip_y=0.02, class_sep=1.2, random_state=0
    )
    masks = np.random.default_rng(0).random((K, n)) < 0.5
    return X[:n], y[:n], masks, X[n:], y[n:]


def joblib_loop(recipe, X, y, masks):
    def fit(k):
        model = clone(recipe)
        if "random_state" in model.get_params():
            model.set_params(random_state=k)
        return model.fit(X[masks[k]], y[masks[k]])

    return Parallel(n_jobs=1)(delayed(fit)(k) for k in range(len(masks)))


def ways_of(recipe, peer, X, y, masks):
    """The same work done three ways."""
    return {
        "train_many": lambda: train_many(recipe, X, y, masks, range(len(masks))),
        "joblib of scikit-learn": lambda: joblib_loop(peer, X, y, masks),
        "joblib of our own": lambda: joblib_loop(recipe, X, y, masks),
    }


def many(args):
    """Many models."""
    X, y, masks, held, truth = half_tables(args.models)
    epochs = max(args.epochs // 3, 1)
    numbers = X @ np.linspace(-1, 1, X.shape[1]) + np.random.default_rng(1).normal(size=len(X))
    expected = held @ np.linspace(-1, 1, X.shape[1])
    few = X.astype(np.float32)
    work = {
        f"perceptron 64, 32; batch 50; {epochs} epochs": (
            ours(epochs, 0, 50),
            scikit_learn(epochs, 0, 50),
            few,
        ),
        "logistic regression": (NumpyLogisticRegression(), LogisticRegression(), X),
        "ridge regression": (NumpyLinearRegression(l2=1.0), Ridge(), X),
    }
    for name, (recipe, peer, table) in work.items():
        target, answer = (y, truth) if is_classifier(recipe) else (numbers, expected)
        ways = ways_of(recipe, peer, table, target, masks)
        speeds, scores = {who: [] for who in ways}, {who: [] for who in ways}
        for _ in range(args.rounds):
            for who, way in ways.items():
                seconds, models = cpu(way)
                speeds[who].append(len(masks) / seconds)
                scores[who] += [model.score(held.astype(table.dtype), answer) for model in models[:8]]
        title = f"{len(masks)} x {name}; each on half of {len(X):,} rows x {X.shape[1]}"
        told(title, speeds, scores, "models per CPU-second")


def growth(args):
    """What it costs as sizes double, from 32 models on 1,000 rows x 16, hidden 32."""
    start = {"n": 1000, "d": 16, "h": 32, "K": 32}
    for kind in ("perceptron", "logistic", "linear"):
        print(f"train_many, {kind}: CPU-milliseconds as one size grows from {start}")
        for name in ("n", "d", "h", "K") if kind == "perceptron" else ("n", "d", "K"):
            line = []
            for factor in (1, 2, 4, 8):
                size = start | {name: start[name] * factor}
                X, y, masks, _, _ = half_tables(size["K"], 2 * size["n"], size["d"])
                recipe = {
                    "perceptron": NumpyPerceptronClassifier((size["h"],), epochs=3, patience=None),
                    "logistic": NumpyLogisticRegression(),
                    "linear": NumpyLinearRegression(l2=1.0),
                }[kind]
                seconds = min(
                    cpu(lambda r=recipe, t=X, a=y, m=masks: train_many(r, t, a, m, range(len(m))))[0]
                    for _ in range(args.rounds)
                )
                line.append(f"{size[name]}: {1000 * seconds:.0f}")
            print(f"    {name}  " + "   ".join(line))


def memory(args):
    """The most that is held at once."""
    X, y, masks, _, _ = half_tables(256, 4000, 60)
    for name, recipe in {
        "perceptron 256, 128": NumpyPerceptronClassifier((256, 128), epochs=1),
        "perceptron 256, 128, all rows at once": NumpyPerceptronClassifier(
            (256, 128), batch_size=None, epochs=1
        ),
        "logistic": NumpyLogisticRegression(),
        "ridge": NumpyLinearRegression(l2=1.0),
    }.items():
        for budget in (BUDGET, BUDGET // 16):
            tracemalloc.start()
            models = train_many(recipe, X, y, masks, range(len(masks)), budget=budget)
            left, peak = tracemalloc.get_traced_memory()
            tracemalloc.stop()
            print(
                f"{len(models)} x {name}: {(peak - left) / 2**20:.0f} MB beside {left / 2**20:.0f} MB of models "
                f"and {X.nbytes / 2**20:.0f} MB of table; budget {budget >> 20} MB"
            )


def main():
    parts = {"one": one, "many": many, "growth": growth, "memory": memory}
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("parts", nargs="*", choices=[*parts, []], default=[])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--epochs", type=int, default=60)
    parser.add_argument("--models", type=int, default=64)
    args = parser.parse_args()
    warnings.simplefilter("ignore", ConvergenceWarning)
    for part in args.parts or parts:
        parts[part](args)


if __name__ == "__main__":
    main()
