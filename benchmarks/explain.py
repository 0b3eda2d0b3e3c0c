"""SHAP values at equal error: CPU seconds per 1,000 rows of riskaudit's explainers and of their peers.

Usage: python benchmarks/explain.py [12] [20] [perceptron] [forest] [boosting] [linear] [--shapiq]

Black boxes (a perceptron, a forest and boosting, asked for outputs only): every method at several sizes of
sample, against the interventional Shapley values of the same 50 background rows by enumeration of all
coalitions (12 columns) or by 1,024 permutations a background row (20 columns). Error is the RMSE over the mean
absolute value. The peers' CPU at an error is read off ours at the same error, on a line through the
logarithms; compiling (numba) is warmed up before the clock.

White boxes (trees, linear models): whole calls of the audit's path and of shap's, on the same 1,000 rows (100 where interventional).
One thread each. scikit-learn's permutation importance is beside it: another quantity, its CPU is what it takes.
"""

from __future__ import annotations

import sys
import time
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from riskaudit.audits.explainability.bench import Bench, slimmed
from riskaudit.audits.explainability.permutations import permutation_values
from riskaudit.audits.explainability.trees import forest_of, tree_values
from riskaudit.subjects.anatomy import Parts, model_family

Table = Any
BACKGROUND, ROWS = 50, 8
REPEATS = 3


def bench_of(model: Any, ask: Callable[[Table], Table], rows: Table, background: Table) -> Bench:
    """The audit's bench around any function."""
    names = tuple(f"x{at}" for at in range(rows.shape[1]))
    slim = slimmed(model)  # as the audit does

    def see(table: Table) -> Table:
        if slim is not None:
            small = table.astype(np.float32, copy=False)
            return np.asarray(slim.predict_proba(small)[:, 1:], dtype=np.float64)
        return np.asarray(ask(table), dtype=np.float64).reshape(len(table), -1)

    return Bench(
        rows=rows,
        background=background,
        owner=np.arange(rows.shape[1]),
        columns=names,
        output=see(rows),
        see=see,
        words="probability of '1'",
        family=model_family(model),
        parts=Parts(prepare=None, model=model, origins=names),
        at=1,
        numbers=[None] * rows.shape[1],
        single=slim is not None,
    )


def models(d: int) -> tuple[Table, dict[str, Any]]:
    """A table and three models of it."""
    from sklearn.datasets import make_classification
    from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
    from sklearn.neural_network import MLPClassifier

    X, y = make_classification(6_000, d, n_informative=d // 2, n_clusters_per_class=4, random_state=0)
    made = {
        "perceptron": MLPClassifier((64, 32), max_iter=60, random_state=0),
        "forest": RandomForestClassifier(100, max_depth=8, random_state=0),
        "boosting": HistGradientBoostingClassifier(max_iter=100, random_state=0),
    }
    return X, {name: model.fit(X[:4_000], y[:4_000]) for name, model in made.items()}


def truth_of(bench: Bench) -> Table:
    """Shapley values (n, d): by enumeration up to 12 columns, else by very many permutations."""
    d = len(bench.columns)
    if d > 12:
        return permutation_values(bench, np.random.default_rng(99), passes=512).values[:, :, 0]
    from math import comb

    bits = (np.arange(2**d)[:, None] >> np.arange(d)) & 1 > 0
    size = bits.sum(axis=1)
    values = np.empty(bench.rows.shape)
    for at, row in enumerate(bench.rows):
        worth = np.zeros(2**d)
        for other in bench.background:
            worth += bench.see(np.where(bits, row, other))[:, 0]
        worth /= len(bench.background)
        for j in range(d):
            without = np.flatnonzero(~bits[:, j])
            weight = np.array([1 / (d * comb(d - 1, k)) for k in size[without]])
            values[at, j] = weight @ (worth[without + (1 << j)] - worth[without])
    return values


def timed(make: Callable[[], Table]) -> tuple[Table, float]:
    """What is made, and its CPU seconds."""
    began = time.process_time()
    made = make()
    return made, time.process_time() - began


def peers(
    ask: Callable[[Table], Table], rows: Table, background: Table, *, shapiq: bool
) -> dict[str, Callable[[], Table]]:
    """shap's explainers of any function, at their own defaults and around; shapiq's where it is installed."""
    import shap

    d = rows.shape[1]
    plain = lambda t: np.asarray(ask(np.asarray(t)))  # noqa: E731
    masker = shap.maskers.Independent(background, max_samples=len(background))
    kernel = shap.KernelExplainer(plain, background)
    sampling = shap.SamplingExplainer(plain, background)

    def permutation(times: int) -> Table:
        made = shap.explainers.Permutation(plain, masker, seed=0)
        return made(rows, max_evals=times * (2 * d + 1), silent=True).values

    found: dict[str, Callable[[], Table]] = {
        f"shap Permutation {times}x{2 * d + 1}": lambda times=times: permutation(times)
        for times in (1, 5, 10)
    }
    found |= {
        f"shap Kernel {label}": lambda n=n: np.asarray(
            kernel.shap_values(rows, nsamples=n, silent=True, l1_reg=False)
        )
        for label, n in (("256", 256), ("default", 2 * d + 2048))
    }
    found |= {
        f"shap Sampling {n}": lambda n=n: np.asarray(sampling.shap_values(rows, nsamples=n, silent=True))
        for n in (1_000, 10_000)
    }
    if shapiq:
        found |= _shapiq(plain, rows, background)
    return found


def _shapiq(ask: Callable[[Table], Table], rows: Table, background: Table) -> dict[str, Callable[[], Table]]:
    """shapiq's permutation sampling and regression over a marginal imputer of the whole background."""
    import shapiq

    imputer = shapiq.MarginalImputer(
        model=ask, data=background, sample_size=len(background), joint_marginal_distribution=True
    )
    kinds = {"PermutationSamplingSV": "permutation", "KernelSHAP": "regression"}

    def explained(kind: str, budget: int) -> Table:
        told = []
        for row in rows:
            imputer.fit(row)
            made = getattr(shapiq, kind)(n=rows.shape[1], random_state=0).approximate(
                budget=budget, game=imputer
            )
            told.append(made.get_n_order_values(1))
        return np.array(told)

    return {
        f"shapiq {word} {budget}": lambda kind=kind, budget=budget: explained(kind, budget)
        for kind, word in kinds.items()
        for budget in (256, 1_000)
    }


def black_box(name: str, model: Any, X: Table, *, shapiq: bool) -> None:
    """One model asked for its outputs only."""
    ask = lambda t: model.predict_proba(t)[:, 1]  # noqa: E731
    rows, background = X[5_000 : 5_000 + ROWS], X[4_500 : 4_500 + BACKGROUND]
    bench = bench_of(model, ask, rows, background)
    truth = truth_of(bench)
    scale = np.abs(truth).mean()
    error = lambda told: float(np.sqrt(((told - truth) ** 2).mean()) / scale)  # noqa: E731

    ours = []
    for passes in (1, 2, 4, 8, 16):
        told = [
            timed(
                lambda p=passes, seed=seed: permutation_values(bench, np.random.default_rng(seed), passes=p)
            )
            for seed in range(REPEATS)
        ]
        cpu = min(spent for _, spent in told) * 1_000 / ROWS
        ours.append((np.sqrt(np.mean([error(t.values[:, :, 0]) ** 2 for t, _ in told])), cpu))
        print(
            f"{name:<11}{X.shape[1]:>3}  riskaudit {2 * passes}x{BACKGROUND:<19}{cpu:9.2f} CPU s/1,000 rows   error {ours[-1][0]:.4f}"
        )
    for label, run in peers(ask, rows, background, shapiq=shapiq).items():
        run() if "Permutation" in label else None  # compiled before the clock
        told, spent = timed(run)
        cpu, off = spent * 1_000 / ROWS, error(told)
        same = _at(ours, off)
        print(
            f"{name:<11}{X.shape[1]:>3}  {label:<32}{cpu:9.2f} CPU s/1,000 rows   error {off:.4f}   ours at that error {same:8.2f}   ratio {cpu / same:6.1f}"
        )


def _at(ours: list[tuple[float, float]], error: float) -> float:
    """Our CPU at an error, along a line through logarithms; beyond the largest error our cheapest."""
    off, cpu = np.log([one for one, _ in ours]), np.log([spent for _, spent in ours])
    if np.log(error) >= off[0]:
        return float(np.exp(cpu[0]))
    slope, start = np.polyfit(off, cpu, 1)
    return float(np.exp(start + slope * np.log(error)))


def white_box(name: str, model: Any, X: Table) -> None:
    """Trees by the audit's path and by shap alone, path-dependent and interventional."""
    import shap

    background = X[4_500 : 4_500 + BACKGROUND]
    margin = name == "boosting"
    ask = model.decision_function if margin else lambda t: model.predict_proba(t)[:, 1]
    for word, deep in (("path-dependent", False), ("interventional", True)):
        if deep and margin:
            continue  # shap's interventional values of histogram boosting miss the output: the audit asks instead

        rows = X[5_000:5_100] if deep else X[5_000:6_000]
        bench = bench_of(model, ask, rows, background)

        def ours(deep: bool = deep, bench: Bench = bench) -> Table:
            return tree_values(bench, forest_of(bench, interventional=deep)).values

        def theirs(deep: bool = deep, rows: Table = rows) -> Table:
            made = (
                shap.TreeExplainer(model, background, feature_perturbation="interventional")
                if deep
                else shap.TreeExplainer(model)
            )
            told = np.asarray(made.shap_values(rows, check_additivity=False))
            return told[:, :, 1] if told.ndim == 3 else told

        (one, a), (two, b) = timed(ours), timed(theirs)
        a, b = a * 1_000 / len(rows), b * 1_000 / len(rows)
        off = np.abs(one[:, :, 0] - two).max()
        print(
            f"{name:<11}{X.shape[1]:>3}  TreeExplainer {word:<18}{b:9.2f} CPU s/1,000 rows   ours {a:.2f}   ratio {b / a:.2f}   differ by {off:.0e}"
        )


def linear_box(X: Table) -> None:
    """The closed form, both through shap; scikit-learn's permutation importance beside it."""
    import shap
    from sklearn.inspection import permutation_importance
    from sklearn.linear_model import LogisticRegression

    from riskaudit.audits.explainability.linear import closed_form

    y = (X[:, 0] + X[:, 1] > 0).astype(int)
    model = LogisticRegression().fit(X[:4_000], y[:4_000])
    rows, mean = X[5_000:6_000], X[4_000:].mean(axis=0)
    ours = lambda: closed_form(model.coef_, model.intercept_, mean, rows)[0]  # noqa: E731

    def theirs() -> Table:
        made = shap.LinearExplainer((model.coef_[0], model.intercept_[0]), (mean, np.zeros((1, 1))))
        return made.shap_values(rows)

    ours(), theirs()
    (one, a), (two, b) = (timed(lambda f=f: [f() for _ in range(50)][-1]) for f in (ours, theirs))
    print(
        f"linear     {X.shape[1]:>3}  LinearExplainer                 {b / 50:9.5f} CPU s/1,000 rows   ours {a / 50:.5f}   ratio {b / a:.2f}   differ by {np.abs(one[:, :, 0] - two).max():.0e}"
    )
    _, c = timed(lambda: permutation_importance(model, rows, y[5_000:6_000], n_repeats=5, random_state=0))
    print(
        f"linear     {X.shape[1]:>3}  scikit-learn permutation_importance, 5 repeats {c:.2f} CPU s/1,000 rows"
    )


def main() -> None:
    """Print the figures."""
    warnings.simplefilter("ignore")
    chosen = {"perceptron", "forest", "boosting", "linear"}
    chosen = chosen & set(sys.argv) or chosen
    sizes = [int(word) for word in sys.argv[1:] if word.isdigit()] or [12, 20]
    with threadpool_limits(1):
        for d in sizes:
            X, made = models(d)
            for name, model in made.items():
                if name not in chosen:
                    continue
                black_box(name, model, X, shapiq="--shapiq" in sys.argv)
                if name != "perceptron":
                    white_box(name, model, X)
            if "linear" in chosen:
                linear_box(X)


if __name__ == "__main__":
    main()
