"""Silence of weak attacks passes no rule: what cannot be fitted again is told to leak, or is not assessed."""

from __future__ import annotations

import json
import pickle
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from cli_helpers import run

RULES = ("membership-told", "few-members-certain")


def audited(folder: Path, model: Any, *words: str) -> tuple[int, dict[str, list[str]]]:
    """Exit code of a privacy audit of a pickled model, and the outcomes of each rule."""
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.normal(size=(1000, 4)), columns=list("abcd"))
    y = (frame.a + rng.normal(size=1000) > 0).astype(int)
    rows = frame.assign(y=y)
    rows[:500].to_csv(folder / "train.csv", index=False)
    rows[500:].to_csv(folder / "held.csv", index=False)
    dump = pickle.dumps(model.fit(frame[:500], y[:500]))
    (folder / "model.pkl").write_bytes(dump)
    code, out, err = run(
        "audit", "--model", str(folder / "model.pkl"), "--trust-pickle", f"sha256:{sha256(dump).hexdigest()}",
        "--allow-reduced-sandbox", "--data", str(folder / "held.csv"), "--train", str(folder / "train.csv"),
        "--target", "y", "--favourable", "1", "--only", "privacy", "--effort", "quick", "-o", str(folder / "out"),
    )  # fmt: skip
    assert code in (0, 1, 3), out + err
    report = json.loads((folder / "out" / "report.json").read_text())
    told: dict[str, list[str]] = {}
    for verdict in report["verdicts"]:
        told.setdefault(verdict["rule"], []).append(verdict["outcome"])
    return code, told


def own_code(model: Any) -> Any:
    """The model behind a function: a recipe that no sandbox tells in plain words."""
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import FunctionTransformer

    return make_pipeline(FunctionTransformer(np.negative), model)


def test_no_leak_found_in_a_pickle_without_a_recipe_is_a_gap(tmp_path: Path) -> None:
    """A logistic model of much noise: both rules are missing, exit 3."""
    from sklearn.linear_model import LogisticRegression

    code, told = audited(tmp_path, own_code(LogisticRegression()))
    assert code == 3
    assert {rule: told[rule] for rule in RULES} == {rule: ["missing"] for rule in RULES}


def test_a_leak_found_in_a_pickle_without_a_recipe_fails(tmp_path: Path) -> None:
    """A forest of full trees: exit 1, and that stronger attacks were not made is said beside it."""
    from sklearn.ensemble import RandomForestClassifier

    code, told = audited(tmp_path, own_code(RandomForestClassifier(20, random_state=0)))
    assert code == 1
    assert sorted(told["membership-told"]) == ["fail", "missing"]


def test_a_pickle_with_a_recipe_is_assessed(tmp_path: Path) -> None:
    """The same logistic model without the function is fitted again: both rules hold."""
    from sklearn.linear_model import LogisticRegression

    _, told = audited(tmp_path, LogisticRegression())

    assert {rule: told[rule] for rule in RULES} == {rule: ["pass"] for rule in RULES}


@pytest.mark.parametrize(
    ("leak", "outcomes", "code"), [(True, ["fail", "missing"], 1), (False, ["missing"], 3)]
)
def test_answers_with_a_member_flag(tmp_path: Path, leak: bool, outcomes: list[str], code: int) -> None:
    """Answers alone, judged by the default rules."""
    rng = np.random.default_rng(1)
    n = 1200
    member, y = np.arange(n) % 2, rng.integers(2, size=n)
    score = 1 / (1 + np.exp(-(rng.normal(size=n) + (1 + 1.5 * leak * member) * (2 * y - 1))))
    frame = pd.DataFrame({"y": y, "score": score, "yhat": (score > 0.5).astype(int), "in": member})
    frame.to_csv(tmp_path / "answers.csv", index=False)
    ended, _, _ = run(
        "audit", "--data", str(tmp_path / "answers.csv"), "--target", "y", "--prediction", "yhat", "--score", "score",
        "--member", "in", "--favourable", "1", "--only", "privacy", "--rules", "default", "-o", str(tmp_path / "out"),
    )  # fmt: skip
    report = json.loads((tmp_path / "out" / "report.json").read_text())
    assert sorted(v["outcome"] for v in report["verdicts"] if v["rule"] == "membership-told") == outcomes
    assert ended == code
