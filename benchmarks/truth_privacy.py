"""Known truth: worlds whose leak is known, and what the privacy audit says of them.

    OPENBLAS_NUM_THREADS=1 PYTHONPATH=. python benchmarks/truth_privacy.py [--runs 200] [--write]
    OPENBLAS_NUM_THREADS=1 PYTHONPATH=. python benchmarks/truth_privacy.py --keep FOLDER --only shifted,forest_strangers

Each line is a world, what is true of it, and what was found. With --write the table goes to truth_privacy.md beside
this script. With --keep each part's lines stay in a folder until the audit or this script changes, so that a run that
was stopped goes on, and several may share the parts. Shares of runs come with their 95 % Clopper-Pearson interval. A
fast version is in tests/audits/privacy.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import math
import os
import time
import warnings
from functools import partial
from pathlib import Path
from statistics import NormalDist

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import pandas as pd
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.tree import DecisionTreeClassifier

from riskaudit.audits.privacy import attacks, blind, canaries, matched, pool, references, strongest
from riskaudit.datasets.dataset import Dataset
from riskaudit.evidence import Evidence
from riskaudit.statistics import auc, clopper_pearson, epsilon_from_counts, epsilon_one_run
from riskaudit.subjects.subject import subject_of
from riskaudit.training.private.perceptron import PrivatePerceptronClassifier

LINES: list[tuple[str, str, str, str]] = []


def say(world: str, truth: str, found: str, good: bool) -> None:
    LINES.append((world, truth, found, "yes" if good else "NO"))
    print(" | ".join(LINES[-1]), flush=True)


def share(hits, runs):
    """A share of runs and its interval."""
    edge = clopper_pearson(hits, runs)
    return f"{hits / runs:.1%} ({edge.low:.1%} to {edge.high:.1%})"


def table(X, y):
    frame = pd.DataFrame(X, columns=[f"x{i}" for i in range(np.shape(X)[1])]).assign(y=y)
    classes = tuple(str(label) for label in np.unique(y))
    task = "binary" if len(classes) == 2 else "multiclass"
    return Dataset(
        name="rows", frame=frame, target="y", task=task, features=tuple(frame.columns[:-1]), classes=classes,
        positive=classes[-1] if task == "binary" else "",
    )  # fmt: skip


def linear(rng, n, *, columns=4, shift=0.0):
    X = rng.normal(size=(n, columns)) + shift
    return table(X, (X[:, 0] + rng.normal(size=n) > shift).astype(int))


def world(model, train, test, *, fitted_on=None, **rest):
    rows = fitted_on or train
    fitted = model.fit(rows.frame[list(rows.features)], rows.labels)
    return Evidence(
        subject=subject_of(fitted, name="model", features=train.features), train=train, test=test, **rest
    )


def learnt_by_heart(runs):
    """1-NN and unpruned trees on C random classes: AUC = 1 - accuracy outside / 2."""
    for name, model in (
        ("unpruned tree", DecisionTreeClassifier(random_state=0)),
        ("1-NN", KNeighborsClassifier(1)),
    ):
        for classes in (2, 10, 100):
            rng = np.random.default_rng(classes)
            n = max(1000, 20 * classes)
            train, test = (
                table(
                    rng.normal(size=(n, 5)),
                    np.concatenate([np.arange(classes), rng.integers(classes, size=n - classes)]),
                )
                for _ in "ab"
            )
            given = world(model, train, test, effort="quick")
            outside = float((given.decisions() == given.outcome()).mean())
            attack = attacks.loss.attack(given, pool.once_only(given))
            value = auc(attack.members, attack.others)[0]
            wanted = 1 - outside / 2
            say(
                f"{name}, {classes} random classes",
                f"loss AUC 1 - a / 2 = {wanted:.4f}",
                f"{value:.4f}",
                abs(value - wanted) < 1e-9 and (classes < 10 or value > 0.94),
            )
    rng = np.random.default_rng(0)
    train, test = (linear(rng, 2000, columns=10) for _ in "ab")
    given = world(RandomForestClassifier(100, random_state=0, n_jobs=1), train, test)
    best = next(strongest.measures(attacks.tried(given, pool.once_only(given)).attacks, quiet(given)))
    say("random forest, unpruned", "AUC > 0.95", f"{best.value:.3f}", best.value > 0.95)


def quiet(given):
    return blind.look(given, pool.once_only(given)).measure


STRANGERS = {
    "logistic": lambda: LogisticRegression(),
    "tree": lambda: DecisionTreeClassifier(random_state=0),
    "forest": lambda: RandomForestClassifier(20, random_state=0),
    "constant": lambda: DummyClassifier(strategy="prior"),
}


def strangers(name, runs):
    """Models of other people, and constant ones: false alarms of every attack and of the strongest."""
    count: dict[str, int] = {}
    tprs, epsilons = [], 0
    for seed in range(runs):
        rng = np.random.default_rng([7, seed])
        train, test, others = (linear(rng, 300) for _ in "abc")
        given = world(STRANGERS[name](), train, test, fitted_on=others, seed=seed, effort="quick")
        rows = pool.once_only(given)
        tried = attacks.tried(given, rows)
        best = next(strongest.measures(tried.attacks, quiet(given)))
        alarms = {one.name: auc(one.members, one.others)[1].low > 0.5 for one in tried.attacks}
        alarms["strongest"] = best.interval is not None and best.interval.low > 0.5
        count = {key: count.get(key, 0) + int(hit) for key, hit in alarms.items()}
        tprs.append(float((tried.main.members > np.sort(tried.main.others)[-4]).mean()))
        epsilons += strongest.epsilon(tried.main, given).value > 0
    worst = max(count, key=lambda key: count[key])
    told = ", ".join(f"{k} {v / runs:.1%}" for k, v in count.items())
    say(
        f"{name} of other people, {runs} runs",
        "alarms <= 5 % (AUC interval above 0.5), of each attack and of the strongest",
        f"strongest {share(count['strongest'], runs)}; most: {worst} {share(count[worst], runs)}; all: {told}",
        max(count.values()) / runs <= 0.05,
    )
    say(
        f"{name} of other people, {runs} runs",
        f"TPR at 1 % as an order statistic has it, {4 / 301:.4f}; epsilon > 0 in <= 5 %",
        f"{np.mean(tprs):.4f}; {share(epsilons, runs)}",
        np.mean(tprs) < 4 / 301 + 0.004 and epsilons / runs <= 0.05,
    )


def private(runs):
    """DP-SGD: canaries planted by coin, the proven epsilon never above the claimed."""
    for budget in (1.0, 4.0):
        above, bounds, many = 0, [], runs
        for seed in range(many):
            rng = np.random.default_rng([11, seed])
            train, test = (linear(rng, 800) for _ in "ab")
            model = PrivatePerceptronClassifier(
                (8,), epsilon=budget, epochs=4, noise_seed=seed, random_state=seed
            )
            given = world(model, train, test, seed=seed, effort="quick")
            rows = pool.once_only(given)
            made = references.Fitted(
                pooled=rows, bench=references.bench_of(given, rows), references=None, target=None, mine=None,
                others=None, note="",
            )  # fmt: skip
            found = {m.name: m for m in canaries.measures(given, made)}
            bounds.append(found["privacy.epsilon_lower_bound"].value)
            above += bounds[-1] > budget
        say(
            f"DP-SGD perceptron, epsilon {budget:g}, {many} runs with canaries",
            "bound above it in <= 5 %",
            f"{share(above, many)}; mean bound {np.mean(bounds):.2f}",
            above / many <= 0.05,
        )
    for epsilon in (0.5, 1.0, 2.0, 4.0):
        rng, bounds = np.random.default_rng(3), []
        for _ in range(runs):
            member = rng.random(2000) < 0.5
            told = member ^ (rng.random(2000) > 1 / (1 + math.exp(-epsilon)))
            bounds.append(epsilon_one_run(*(lambda s, m=member: (s[m], s[~m]))(told + rng.random(2000) / 2)))
        above = int((np.array(bounds) > epsilon).sum())
        say(
            f"randomised response, epsilon {epsilon:g}, {runs} runs",
            "one-run bound above it in <= 5 %",
            f"{share(above, runs)}; mean bound {np.mean(bounds):.2f}",
            above / runs <= 0.05,
        )
    for mu in (0.5, 1.0, 2.0, 4.0):
        gaussian(mu, runs)
    value = epsilon_from_counts(500, 500, 0, 500, level=0.99)
    say(
        "500 of 500, 0 of 500, alpha 0.01", "4.54 (Jagielski 2020)", f"{value:.3f}", abs(value - 4.54) < 0.005
    )


def gaussian(mu, runs):
    """A Gaussian mechanism of known mu: canaries' AUC is Phi(mu / sqrt 2), the bound below its epsilon."""
    normal, delta, rng, bounds, areas = NormalDist(), 1e-5, np.random.default_rng(5), [], []
    spent = lambda e: normal.cdf(mu / 2 - e / mu) - math.exp(e) * normal.cdf(-mu / 2 - e / mu)  # noqa: E731
    low, high = 0.0, 100.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if spent(middle) > delta else (low, middle)
    for _ in range(runs):
        member = rng.random(2000) < 0.5
        told = mu * member + rng.normal(size=2000)
        areas.append(auc(told[member], told[~member])[0])
        bounds.append(epsilon_one_run(told[member], told[~member], delta=delta))
    above, wanted = int((np.array(bounds) > high).sum()), normal.cdf(mu / math.sqrt(2))
    say(
        f"Gaussian mechanism, mu {mu:g}, epsilon {high:.2f} at delta 1e-5, {runs} runs",
        f"one-run bound above it in <= 5 %; AUC {wanted:.3f}",
        f"{share(above, runs)}; mean bound {np.mean(bounds):.2f}; AUC {np.mean(areas):.3f}",
        above / runs <= 0.05 and abs(np.mean(areas) - wanted) < 0.002 + 0.03 / math.sqrt(runs),
    )


def planted(runs):
    """Canaries in what remembers and in what cannot; duplicates across the split."""
    for name, model, low, high in (
        ("unpruned tree", DecisionTreeClassifier(random_state=0), 0.7, 1.0),
        ("forest, no bootstrap", RandomForestClassifier(50, bootstrap=False, random_state=0), 0.9, 1.0),
        ("boosting to the end", HistGradientBoostingClassifier(max_iter=200, early_stopping=False, min_samples_leaf=1, random_state=0), 0.75, 1.0),
        ("constant", DummyClassifier(strategy="prior"), 0.5, 0.5),
    ):  # fmt: skip
        rng = np.random.default_rng(13)
        train, test = (linear(rng, 2000) for _ in "ab")
        given = world(model, train, test, effort="quick")
        rows = pool.once_only(given)
        made = references.Fitted(
            pooled=rows, bench=references.bench_of(given, rows), references=None, target=None, mine=None,
            others=None, note="",
        )  # fmt: skip
        found = {m.name: m for m in canaries.measures(given, made)}
        area, exposure = found["privacy.canary_auc"], found["privacy.canary_exposure"]
        say(
            f"planted canaries, {name}",
            f"AUC {low:g} to {high:g}",
            f"{area.value:.3f}; exposure {exposure.value:.2f} bits",
            area.interval.low <= high and area.value >= low - (high == 0.5) * 0.05,
        )
    base = None
    for share in (0.0, 0.1, 0.3, 0.6):
        rng = np.random.default_rng(17)
        train, test = (table(rng.normal(size=(2000, 5)), rng.integers(10, size=2000)) for _ in "ab")
        twins = int(share * 2000)
        mixed = Dataset(
            **{**vars(test), "frame": pd.concat([test.frame[twins:], train.frame[:twins]], ignore_index=True)}
        )
        given = world(DecisionTreeClassifier(random_state=0), train, mixed, effort="quick")
        rows = pool.once_only(given)
        attack = attacks.loss.attack(given, rows)
        value = auc(attack.members, attack.others)[0]
        raw = auc(-given.losses("train"), -given.losses("test"))[0]
        base = value if base is None else base
        say(
            f"{share:.0%} of held-out rows are members",
            f"{twins} counted; AUC as without ({base:.3f})",
            f"{rows.shared} counted; {value:.3f} (raw {raw:.3f})",
            rows.shared == twins and abs(value - base) < 0.012,
        )


def shifted(runs):
    """Held-out rows of another place, a model of other people: no leak, and none is told."""
    for shift in (0.3, 0.8):
        leaks, unknown, many, fair = 0, 0, runs, []
        for seed in range(many):
            rng = np.random.default_rng([19, seed])
            train, others = linear(rng, 500), linear(rng, 500)
            test = linear(rng, 500, shift=shift)
            given = world(LogisticRegression(), train, test, fitted_on=others, seed=seed, effort="quick")
            rows = pool.once_only(given)
            tried, control = attacks.tried(given, rows), blind.look(given, rows)
            best = next(strongest.measures(tried.attacks, control.measure))
            leaks += best.interval is not None and best.interval.low > 0.6
            unknown += best.value is None
            fair += [m.value for m in matched.measures(tried.attacks, control, given) if m.value is not None]
        told = f"; matched AUC {np.mean(fair):.3f} on average" if fair else ""
        say(
            f"held-out rows shifted by {shift:g} deviations, {many} runs",
            "not called a leak (interval above the limit 0.6) in >= 95 %",
            f"called one in {share(leaks, many)}, not assessed in {unknown / many:.1%}{told}",
            leaks / many <= 0.05,
        )


PARTS = {
    "learnt_by_heart": learnt_by_heart,
    "private": private,
    "planted": planted,
    "shifted": shifted,
    **{f"{name}_strangers": partial(strangers, name) for name in STRANGERS},
}


def written(lines, runs):
    """The table, beside this script."""
    rows = [("world", "what is true", "what was found", "holds"), ("---",) * 4, *lines]
    text = "# Known truth of the privacy audit\n\nMade by `benchmarks/truth_privacy.py`"
    text += f" with {runs} runs; a share of runs stands with its 95 % Clopper-Pearson interval.\n\n"
    text += "\n".join("| " + " | ".join(row) + " |" for row in rows) + "\n"
    (Path(__file__).parent / "truth_privacy.md").write_text(text, encoding="utf-8")


def code():
    """What the audit and this script are, in short: kept lines of another code are not taken."""
    here = Path(__file__)
    files = sorted((here.parents[1] / "riskaudit" / "audits" / "privacy").rglob("*.py"))
    return hashlib.sha256(b"".join(path.read_bytes() for path in (*files, here))).hexdigest()[:16]


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--only", default=",".join(PARTS))
    parser.add_argument("--keep", type=Path, default=None)
    parser.add_argument("--write", action="store_true")
    args = parser.parse_args()
    warnings.simplefilter("ignore")
    began, told, now = time.process_time(), [], code()
    for name in args.only.split(","):
        file = args.keep / f"{name}-{args.runs}-{now}.json" if args.keep else None
        LINES.clear()
        if file and file.exists():
            LINES.extend(tuple(line) for line in json.loads(file.read_text(encoding="utf-8")))
        else:
            PARTS[name](args.runs)
            if file:
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(json.dumps(LINES), encoding="utf-8")
        told += LINES
    if args.write:
        written(told, args.runs)
    took = time.process_time() - began
    print(f"{took:.0f} CPU seconds; {sum(line[3] == 'yes' for line in told)} of {len(told)} hold")
    raise SystemExit(any(line[3] == "NO" for line in told))


if __name__ == "__main__":
    main()
