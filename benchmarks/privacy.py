"""What a membership attack costs: CPU-seconds and what it finds, beside sacroml's LiRA and ART's black-box attack.

    OPENBLAS_NUM_THREADS=1 PYTHONPATH=. python benchmarks/privacy.py [--peer PYTHON] [--rows 10000] [--only forest]
    OPENBLAS_NUM_THREADS=1 PYTHONPATH=. python benchmarks/privacy.py --memory 50000
    OPENBLAS_NUM_THREADS=1 PYTHONPATH=. python benchmarks/privacy.py --growth

Every line is a process of its own on the same rows and the same fitted recipe; imports and the fit of the audited
model are not counted, one core is used. Peers run in the interpreter of --peer, an environment that has sacroml 2.0
and adversarial-robustness-toolbox 1.20 (sacroml as it is shipped: LiRA offline, 64 shadows). TPR at 1 % FPR never
splits ties. "To reach": the CPU-seconds of our cheapest effort that finds as much as the peer.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import warnings

for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(name, "1")

import numpy as np  # noqa: E402 -- threads are limited first

MODELS = ("forest", "logistic", "perceptron", "core perceptron")
OURS = ("riskaudit quick", "riskaudit normal")
PEERS = ("sacroml LiRA 64", "ART black-box")


def rows(n, columns=20):
    from sklearn.datasets import make_classification

    X, y = make_classification(n, columns, random_state=0)
    order = np.random.default_rng(0).permutation(n)
    inside, outside = order[: n // 2], order[n // 2 :]
    return X[inside], y[inside], X[outside], y[outside]


def recipe(model):
    if model == "forest":
        from sklearn.ensemble import RandomForestClassifier

        return RandomForestClassifier(100, random_state=0)
    if model == "logistic":
        from sklearn.linear_model import LogisticRegression

        return LogisticRegression(max_iter=1000)
    if model == "perceptron":
        from sklearn.neural_network import MLPClassifier

        return MLPClassifier((100,), max_iter=100, random_state=0)
    from riskaudit.training.perceptron import NumpyPerceptronClassifier

    return NumpyPerceptronClassifier((100,), epochs=100, patience=None, l2=0.0, random_state=0)


def told(members, others):
    """AUC and TPR at 1 % FPR."""
    both = np.concatenate([members, others])
    _, place, times = np.unique(both, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(times) - (times - 1) / 2)[place]
    m, n = len(members), len(others)
    area = (ranks[:m].sum() - m * (m + 1) / 2) / (m * n)
    return float(area), float((members > np.sort(others)[::-1][int(0.01 * n)]).mean())


def cpu():
    own, children = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime


def ours(effort, model, data):
    import pandas as pd

    from riskaudit.audits.privacy import leave_one_out, pool, references
    from riskaudit.datasets.dataset import Dataset
    from riskaudit.evidence import Evidence
    from riskaudit.subjects.subject import subject_of
    from riskaudit.training.many import fit_many

    X, y, Z, t = data
    columns = [f"x{i}" for i in range(X.shape[1])]
    tables = [
        Dataset(
            name="rows", frame=pd.DataFrame(A, columns=columns).assign(y=b), target="y", task="binary",
            features=tuple(columns), classes=("0", "1"), positive="1",
        )
        for A, b in ((X, y), (Z, t))
    ]  # fmt: skip
    fitted = recipe(model).fit(tables[0].frame[columns], y)
    given = Evidence(
        subject=subject_of(fitted, name="m"),
        train=tables[0],
        test=tables[1],
        effort=effort,
        fit_many=fit_many,
    )
    given.scores("train"), given.scores("test")
    began = cpu()
    if model == "logistic" and effort == "quick":
        attack = leave_one_out.attack(given, pool.once_only(given))
    else:
        attack = references.attack(given, pool.once_only(given))
    return cpu() - began, *told(attack.members, attack.others)


def sacroml(model, data):
    import logging

    logging.disable(logging.CRITICAL)
    from sacroml.attacks.likelihood_attack import LIRAAttack
    from sacroml.attacks.target import Target

    X, y, Z, t = data
    fitted = recipe(model).fit(X, y)
    target = Target(model=fitted, dataset_name="rows", X_train=X, y_train=y, X_test=Z, y_test=t)
    with tempfile.TemporaryDirectory() as folder:
        attack = LIRAAttack(output_dir=folder, write_report=False, n_shadow_models=64, report_individual=True)
        began = cpu()
        attack.attack(target)
        took = cpu() - began
    scores = np.array(attack.result["member_prob"])
    return took, *told(scores[: len(X)], scores[len(X) :])


def art(model, data):
    from art.attacks.inference.membership_inference import MembershipInferenceBlackBox
    from art.estimators.classification import SklearnClassifier

    X, y, Z, t = data
    fitted = recipe(model).fit(X, y)
    half, other = len(X) // 2, len(Z) // 2
    began = cpu()
    attack = MembershipInferenceBlackBox(SklearnClassifier(fitted), attack_model_type="rf")
    attack.fit(X[:half], y[:half], Z[:other], t[:other])
    found = [
        attack.infer(A, b, probabilities=True).ravel()
        for A, b in ((X[half:], y[half:]), (Z[other:], t[other:]))
    ]
    return cpu() - began, *told(*found)


def child(tool, model, n, columns):
    """One measurement, as JSON on the last line."""
    warnings.simplefilter("ignore")
    data = rows(n, columns)
    if tool.startswith("riskaudit"):
        took, area, tpr = ours(tool.split()[1], model, data)
    else:
        took, area, tpr = (sacroml if tool.startswith("sacroml") else art)(model, data)
    peak = (
        max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
        / 1024
    )
    print("\n" + json.dumps({"cpu": took, "auc": area, "tpr": tpr, "peak": peak}))


def memory(n):
    """The whole privacy audit of a forest, CPU-seconds and peak memory of the process."""
    import pandas as pd
    from sklearn.ensemble import RandomForestClassifier

    from riskaudit.audits.audit import examine
    from riskaudit.audits.privacy import PrivacyAudit
    from riskaudit.datasets.dataset import Dataset
    from riskaudit.evidence import Evidence
    from riskaudit.subjects.subject import subject_of

    columns = [f"x{i}" for i in range(20)]
    X, y, Z, t = rows(n)
    tables = [
        Dataset(
            name="rows", frame=pd.DataFrame(A, columns=columns).assign(y=b), target="y", task="binary",
            features=tuple(columns), classes=("0", "1"), positive="1",
        )
        for A, b in ((X, y), (Z, t))
    ]  # fmt: skip
    fitted = RandomForestClassifier(100, random_state=0, min_samples_leaf=1).fit(tables[0].frame[columns], y)
    began = cpu()
    result = examine(
        PrivacyAudit(), Evidence(subject=subject_of(fitted, name="m"), train=tables[0], test=tables[1])
    )
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{n:,} rows, forest: {result.status}, {cpu() - began:.1f} CPU-s, peak {peak:.0f} MB")


def measured(tool, model, n, peer, *, columns=20):
    python = sys.executable if tool.startswith("riskaudit") else peer
    done = subprocess.run(
        [python, __file__, "--child", tool, model, str(n), str(columns)],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        return {"error": (done.stderr.strip().splitlines() or ["?"])[-1][:150]}
    return json.loads(done.stdout.strip().splitlines()[-1])


def compare(args):
    for model in MODELS:
        if args.only and args.only != model:
            continue
        found = {}
        for tool in (*OURS, *(PEERS if args.peer else ())):
            found[tool] = one = measured(tool, model, args.rows, args.peer)
            if "error" in one:
                print(f"{model:16} {tool:18} {one['error']}", flush=True)
                continue
            print(
                f"{model:16} {tool:18} {one['cpu']:8.2f} CPU-s  AUC {one['auc']:.3f}  TPR@1% {one['tpr']:.3f}  "
                f"peak {one['peak']:.0f} MB",
                flush=True,
            )
        for peer in PEERS:
            theirs = found.get(peer, {"error": ""})
            if "error" in theirs:
                continue
            able = [found[t] for t in OURS if "error" not in found[t] and found[t]["tpr"] >= theirs["tpr"]]
            if able:
                least = min(one["cpu"] for one in able)
                print(
                    f"{model:16} to reach {peer}: {least:.2f} CPU-s, {theirs['cpu'] / least:.1f} times less"
                )
            else:
                print(f"{model:16} to reach {peer}: not reached")


def growth():
    """How cost grows with rows, with features and with references (4, 8 and 64 at the three efforts), on one core."""
    for model in ("forest", "logistic", "core perceptron"):
        runs = [("normal", n, 20) for n in (2_500, 10_000, 40_000)]
        runs += [("normal", 2_500, columns) for columns in (80, 320)]
        runs += [("quick", 2_500, 20), ("deep", 2_500, 20)]
        for effort, n, columns in runs:
            one = measured(f"riskaudit {effort}", model, n, "", columns=columns)
            print(
                f"{model:16} {effort:7} {n:7,} rows {columns:4} columns {one.get('cpu', float('nan')):7.2f} CPU-s  "
                f"peak {one.get('peak', 0):.0f} MB",
                flush=True,
            )


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--peer", default="")
    parser.add_argument("--rows", type=int, default=10_000)
    parser.add_argument("--only", default="")
    parser.add_argument("--memory", type=int, default=0)
    parser.add_argument("--growth", action="store_true")
    parser.add_argument("--child", nargs=4, default=None)
    args = parser.parse_args()
    if args.child:
        child(args.child[0], args.child[1], *map(int, args.child[2:]))
    elif args.memory:
        memory(args.memory)
    elif args.growth:
        growth()
    else:
        compare(args)


if __name__ == "__main__":
    main()
