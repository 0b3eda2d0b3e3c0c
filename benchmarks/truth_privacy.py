"""Known truth: worlds whose leak is known, and what the privacy audit says of them.

    OPENBLAS_NUM_THREADS=1 PYTHONPATH=. python benchmarks/truth_privacy.py [--runs 200] [--write]

Each line is a world, what is true of it, and what was found. With --write the table goes to truth_privacy.md beside
this script. A fast version is in tests/audits/privacy.
"""

from __future__ import annotations

import argparse
import math
import os
import time
import warnings
from pathlib import Path

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
from riskaudit.statistics import auc, epsilon_from_counts, epsilon_one_run
from riskaudit.subjects.subject import subject_of
from riskaudit.training.private.perceptron import PrivatePerceptronClassifier

LINES: list[tuple[str, str, str, str]] = []


def say(world: str, truth: str, found: str, good: bool) -> None:
    LINES.append((world, truth, found, "yes" if good else "NO"))
    print(" | ".join(LINES[-1]), flush=True)


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


def strangers(runs):
    """Models of other people, and constant ones: false alarms of every attack and of the strongest."""
    for name, make in (
        ("logistic", lambda: LogisticRegression()),
        ("tree", lambda: DecisionTreeClassifier(random_state=0)),
        ("forest", lambda: RandomForestClassifier(20, random_state=0)),
        ("constant", lambda: DummyClassifier(strategy="prior")),
    ):
        count: dict[str, int] = {}
        tprs, epsilons, known = [], 0, 0
        many = max(runs // {"logistic": 1, "tree": 2}.get(name, 4), 10)
        for seed in range(many):
            rng = np.random.default_rng([7, seed])
            train, test, others = (linear(rng, 300) for _ in "abc")
            given = world(make(), train, test, fitted_on=others, seed=seed, effort="quick")
            rows = pool.once_only(given)
            tried = attacks.tried(given, rows)
            for attack in tried.attacks:
                count[attack.name] = count.get(attack.name, 0) + (
                    auc(attack.members, attack.others)[1].low > 0.5
                )
            best = next(strongest.measures(tried.attacks, quiet(given)))
            known += best.value is not None
            count["strongest"] = count.get("strongest", 0) + (
                best.interval is not None and best.interval.low > 0.5
            )
            main = tried.main
            tprs.append(float((main.members > np.sort(main.others)[-4]).mean()))
            epsilons += strongest.epsilon(main, given).value > 0
        told = ", ".join(f"{k} {v / many:.1%}" for k, v in count.items())
        # 2.5 % above are nominal; the strongest may be wrong in 5 %; three standard errors of chance are allowed
        slack = 3 * math.sqrt(0.05 * 0.95 / many)
        say(
            f"{name} of other people, {many} runs",
            "alarms <= 5 % (AUC interval above 0.5)",
            told,
            count["strongest"] / many <= 0.05 + slack * 0.34 and max(count.values()) / many <= 0.05 + slack,
        )
        say(
            f"{name} of other people, {many} runs",
            f"TPR at 1 % as an order statistic has it, {4 / 301:.4f}; epsilon > 0 in <= 5 %",
            f"{np.mean(tprs):.4f}; {epsilons / many:.1%}",
            np.mean(tprs) < 4 / 301 + 0.004 and epsilons / many <= 0.05 + slack,
        )


def private(runs):
    """DP-SGD: canaries planted by coin, the proven epsilon never above the claimed."""
    for budget in (1.0, 4.0):
        above, bounds, many = 0, [], max(runs // 10, 10)
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
            f"{above / many:.1%}; mean bound {np.mean(bounds):.2f}",
            above / many <= 0.05,
        )
    for epsilon in (0.5, 1.0, 2.0, 4.0):
        rng, bounds = np.random.default_rng(3), []
        for _ in range(runs):
            member = rng.random(2000) < 0.5
            told = member ^ (rng.random(2000) > 1 / (1 + math.exp(-epsilon)))
            bounds.append(epsilon_one_run(*(lambda s, m=member: (s[m], s[~m]))(told + rng.random(2000) / 2)))
        above = float((np.array(bounds) > epsilon).mean())
        say(
            f"randomised response, epsilon {epsilon:g}, {runs} runs",
            "one-run bound above it in <= 5 %",
            f"{above:.1%}; mean bound {np.mean(bounds):.2f}",
            above <= 0.05,
        )
    value = epsilon_from_counts(500, 500, 0, 500, level=0.99)
    say(
        "500 of 500, 0 of 500, alpha 0.01", "4.54 (Jagielski 2020)", f"{value:.3f}", abs(value - 4.54) < 0.005
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
        leaks, unknown, many, fair = 0, 0, max(runs // 5, 10), []
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
            f"called one in {leaks / many:.1%}, not assessed in {unknown / many:.1%}{told}",
            leaks / many <= 0.05,
        )


def written(runs, took):
    """The table so far, beside this script."""
    rows = [("world", "what is true", "what was found", "holds"), ("---",) * 4, *LINES]
    text = "# Known truth of the privacy audit\n\nMade by `benchmarks/truth_privacy.py`"
    text += f" with {runs} runs in {took:.0f} CPU seconds.\n\n"
    text += "\n".join("| " + " | ".join(row) + " |" for row in rows) + "\n"
    (Path(__file__).parent / "truth_privacy.md").write_text(text, encoding="utf-8")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--only", default="")
    parser.add_argument("--write", action="store_true")
    args = parser.parse_args()
    warnings.simplefilter("ignore")
    began = time.process_time()
    for part in (learnt_by_heart, private, planted, shifted, strangers):
        if args.only in part.__name__:
            part(args.runs)
            if args.write:
                written(args.runs, time.process_time() - began)
    took = time.process_time() - began
    print(f"{took:.0f} CPU seconds; {sum(line[3] == 'yes' for line in LINES)} of {len(LINES)} hold")
    raise SystemExit(any(line[3] == "NO" for line in LINES))


if __name__ == "__main__":
    main()
