"""What differential privacy costs: time and accuracy of the same network with and without it.

    OPENBLAS_NUM_THREADS=1 PYTHONPATH=. python benchmarks/private.py [--rounds 5] [--epochs 20]

Epochs per CPU-second, in turns, median over rounds: the plain perceptron, private descent with repeatable noise, and
with the operating system's secret noise; beside them held-out accuracy at three budgets, and how long the accountant
takes to find the noise (once for each setting). Where Opacus is installed, its ghost clipping runs on the same
layers, rows and sampling.
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
import warnings

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
from sklearn.datasets import make_classification
from sklearn.model_selection import train_test_split

from riskaudit.training.perceptron import NumpyPerceptronClassifier
from riskaudit.training.private.accountant import epsilon, noise_for
from riskaudit.training.private.perceptron import PrivatePerceptronClassifier

HIDDEN, RATE = (64, 32), 3e-3
NAMES = ("plain", "private", "private, secret noise")


def model_of(name, epochs, batch, seed, budget=3.0):
    common = {"learning_rate": RATE, "batch_size": batch, "epochs": epochs, "random_state": seed}
    if name == "plain":
        return NumpyPerceptronClassifier(HIDDEN, activation="tanh", patience=None, l2=0, **common)
    noise_seed = None if "secret" in name else seed
    return PrivatePerceptronClassifier(HIDDEN, epsilon=budget, noise_seed=noise_seed, **common)


def opacus_speed(X, y, epochs, batch):
    """Epochs per CPU-second of Opacus; None where it is not installed."""
    try:
        import torch
        from opacus import PrivacyEngine
    except ImportError:
        return None
    torch.set_num_threads(1)
    warnings.simplefilter("ignore")
    widths = (X.shape[1], *HIDDEN)
    layers = [
        part
        for a, b in zip(widths, HIDDEN, strict=False)
        for part in (torch.nn.Linear(a, b), torch.nn.Tanh())
    ]
    model = torch.nn.Sequential(*layers, torch.nn.Linear(HIDDEN[-1], 1))
    rows = torch.utils.data.TensorDataset(torch.tensor(X), torch.tensor(y[:, None].astype(np.float32)))
    model, optimizer, loss, loader = PrivacyEngine().make_private(
        module=model,
        optimizer=torch.optim.Adam(model.parameters(), RATE),
        criterion=torch.nn.BCEWithLogitsLoss(),
        data_loader=torch.utils.data.DataLoader(rows, batch_size=batch),
        noise_multiplier=1.0,
        max_grad_norm=1.0,
        grad_sample_mode="ghost",
    )
    start = time.process_time()
    for _ in range(epochs):
        for part, target in loader:
            optimizer.zero_grad()
            loss(model(part), target).backward()
            optimizer.step()
    return epochs / (time.process_time() - start)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--epochs", type=int, default=20)
    args = parser.parse_args()
    X, y = make_classification(20_000, 30, n_informative=12, flip_y=0.02, class_sep=1.2, random_state=0)
    X, held, y, truth = train_test_split(X.astype(np.float32), y, random_state=0, stratify=y)
    for batch in (200, 1024):
        rate, steps = batch / len(X), round(args.epochs * len(X) / batch)
        start = time.process_time()
        noise = noise_for(3.0, rate, steps, 1e-5)
        print(
            f"batch {batch}: the accountant took {time.process_time() - start:.2f} s; noise {noise:.3f}, "
            f"epsilon {epsilon(noise, rate, steps, 1e-5):.3f} "
            f"(by Renyi {epsilon(noise, rate, steps, 1e-5, method='renyi'):.3f})"
        )
        speed = {name: [] for name in NAMES}
        for seed in range(args.rounds):
            for name in NAMES:
                model = model_of(name, args.epochs, batch, seed)
                start = time.process_time()
                model.fit(X, y)
                speed[name].append(args.epochs / (time.process_time() - start))
        for name in NAMES:
            print(f"    {name:24} {statistics.median(speed[name]):7.1f} epochs per CPU-second")
        theirs = opacus_speed(X, y, min(args.epochs, 5), batch)
        print("    Opacus is not installed" if theirs is None else f"    {'Opacus, ghost':24} {theirs:7.1f}")
        plain = np.mean(
            [model_of("plain", args.epochs, batch, s).fit(X, y).score(held, truth) for s in range(3)]
        )
        told = [f"without noise {plain:.3f}"]
        for budget in (1.0, 3.0, 8.0):
            models = [model_of("private", args.epochs, batch, s, budget).fit(X, y) for s in range(3)]
            told.append(f"epsilon {budget:g}: {np.mean([m.score(held, truth) for m in models]):.3f}")
        print("    held-out accuracy:", "; ".join(told))


if __name__ == "__main__":
    main()
