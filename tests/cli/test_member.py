"""--member, --quasi and --prior from the command line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from cli_helpers import run


def answers(folder: Path, *, leak: bool) -> str:
    """A table of answers with a member flag; members are answered more surely where it leaks."""
    rng = np.random.default_rng(0)
    n = 1200
    member, y = np.arange(n) % 2, rng.integers(2, size=n)
    sure = 1.5 * member if leak else 0
    score = 1 / (1 + np.exp(-(rng.normal(size=n) + (1 + sure) * (2 * y - 1))))
    frame = pd.DataFrame(
        {
            "y": y,
            "score": score,
            "yhat": (score > 0.5).astype(int),
            "in_training": member,
            "age": rng.integers(20, 80, n),
        }
    )
    path = folder / "answers.csv"
    frame.to_csv(path, index=False)
    return str(path)


def audited(folder: Path, data: str, *words: str, code: tuple[int, ...] = (0, 1, 3)) -> dict[str, Any]:
    ended, out, err = run(
        "audit", "--data", data, "--target", "y", "--prediction", "yhat", "--only", "privacy", "--favourable", "1",
        "-o", str(folder / "out"), *words,
    )  # fmt: skip
    assert ended in code, out + err
    found: dict[str, Any] = json.loads((folder / "out" / "report.json").read_text())["results"][0]
    return found


def value(result: dict[str, Any], name: str, **where: str) -> dict[str, Any]:
    return next(
        m
        for m in result["measures"]
        if m["name"] == f"privacy.{name}" and where.items() <= m["where"].items()
    )


@pytest.mark.parametrize("leak", [True, False])
def test_predictions_with_a_member_flag_are_attacked(tmp_path: Path, *, leak: bool) -> None:
    """No model, only answers and who was in: the attacks that ask are made, the flag itself is never a clue."""
    result = audited(tmp_path, answers(tmp_path, leak=leak), "--score", "score", "--member", "in_training")
    assert result["status"] == "measured", result["reason"]
    best = value(result, "membership_auc", attack="strongest")
    if leak:
        assert best["interval"]["low"] > 0.6
    if not leak:
        assert best["value"] is None
        assert "proves nothing" in best["note"]
    blind = value(result, "blind_auc")
    assert blind["interval"]["low"] <= 0.5
    assert value(result, "attacks_tried")["value"] >= 3


def test_decisions_alone_give_the_gap_attack(tmp_path: Path) -> None:
    """Without a score the loss is right or wrong."""
    result = audited(tmp_path, answers(tmp_path, leak=True), "--member", "in_training")
    assert "gap attack" in value(result, "membership_auc", attack="loss")["note"]


def test_quasi_and_prior_are_taken(tmp_path: Path) -> None:
    """--quasi gives k-anonymity on that column, --prior the worth of an accusation there."""
    result = audited(
        tmp_path, answers(tmp_path, leak=True), "--score", "score", "--member", "in_training", "--quasi", "age",
        "--prior", "0.1",
    )  # fmt: skip
    assert value(result, "k_anonymity", quasi="age")["value"] >= 1
    precision = [value(result, "membership_precision", prior=p)["value"] for p in ("0.1", "0.5")]
    assert precision[0] < precision[1]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--member", "nobody"), "nobody"),
        (("--member", "age"), "neither 0 nor 1"),
        (("--member", "y"), "--target and --member"),
        (("--quasi", "nothing"), "nothing"),
    ],
)
def test_a_wrong_column_is_refused(tmp_path: Path, words: tuple[str, ...], said: str) -> None:
    """One clear error, and nothing written."""
    data = answers(tmp_path, leak=False)
    ended, out, err = run(
        "audit", "--data", data, "--target", "y", "--prediction", "yhat", "-o", str(tmp_path / "out"), *words
    )
    assert ended in (2, 4), out + err
    assert said in err
    assert not (tmp_path / "out").exists()
