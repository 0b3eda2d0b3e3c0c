"""The release audit: a planted loss in one group is found there, its clean twin passes."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from cli_helpers import run


def table(path: Path, *, harm: float = 0.0, n: int = 4000, seed: int = 3) -> Path:
    """Columns y, old, new, sex, x, z; the new model takes the favourable outcome from so many women."""
    rng = np.random.default_rng(seed)
    sex = rng.choice(["f", "m"], n)
    x, z = rng.normal(size=n), rng.normal(size=n)
    y = (x + 0.5 * rng.normal(size=n) > 0).astype(int)
    old = (x + 0.3 * z > 0).astype(int)
    new = np.where((sex == "f") & (rng.random(n) < harm), 0, old)
    rows = [
        f"{a},{b},{c},{d},{e:.4f},{f:.4f}" for a, b, c, d, e, f in zip(y, old, new, sex, x, z, strict=True)
    ]
    path.write_text("y,old,new,sex,x,z\n" + "\n".join(rows) + "\n")
    return path


def audited(folder: Path, data: Path, *more: str) -> tuple[int, dict[str, object], str]:
    words = (
        "--data",
        str(data),
        "--target",
        "y",
        "--prediction",
        "new",
        "--favourable",
        "1",
        "--sensitive",
        "sex",
    )
    code, out, err = run(
        "audit", *words, "--rules", "no-worse", "--only", "release", "-o", str(folder / "o"), *more
    )
    path = folder / "o" / "report.json"
    return code, json.loads(path.read_text()) if path.exists() else {}, out + err


def measures(report: dict, name: str) -> dict[str, dict]:  # type: ignore[type-arg]
    """The measures of a name by their slice."""
    return {
        ",".join(m["where"].values()): m
        for r in report["results"]
        for m in r["measures"]
        if m["name"] == f"release.{name}"
    }


def test_the_same_model_is_not_worse(tmp_path: Path) -> None:
    """The clean twin: no row differs, every rule holds, nobody flipped."""
    code, report, out = audited(tmp_path, table(tmp_path / "t.csv"), "--against", "old")
    assert code == 0, out
    assert {m["value"] for m in measures(report, "churn").values()} == {0.0}


def test_a_loss_that_was_planted_is_found_in_its_group_and_only_there(tmp_path: Path) -> None:
    """Women lose, men do not; the lag says by how much more; the table says who flipped."""
    code, report, _ = audited(tmp_path, table(tmp_path / "t.csv", harm=0.2), "--against", "old")
    assert code == 1
    lost = measures(report, "favourable_loss")
    assert lost["f"]["interval"]["low"] > 0.07
    assert lost["m"]["value"] == 0
    lag = measures(report, "favourable_lag")
    assert lag["sex,f"]["interval"]["low"] > 0.07
    assert lag["sex,m"]["value"] == pytest.approx(-lag["sex,f"]["value"])
    assert measures(report, "churn")["f"]["value"] == lost["f"]["value"]
    failing = {
        (v["rule"], v["measure"]["where"].get("sex")) for v in report["verdicts"] if v["outcome"] == "fail"
    }  # type: ignore[attr-defined]
    assert ("opportunity-lost", "f") in failing
    assert ("opportunity-lost", "m") not in failing
    flips = next(e for r in report["results"] for e in r["exhibits"] if e["name"] == "release.flips")  # type: ignore[attr-defined]
    assert flips["columns"]["to favourable"] == [0, 0, 0]
    assert flips["columns"]["from favourable"][2] == 0


def test_counts_are_those_of_the_rows(tmp_path: Path) -> None:
    """The accuracy loss is exactly old accuracy less new accuracy."""
    data = table(tmp_path / "t.csv", harm=0.2)
    _, report, _ = audited(tmp_path, data, "--against", "old")
    rows = np.genfromtxt(data, delimiter=",", names=True, usecols=(0, 1, 2))
    expected = (rows["old"] == rows["y"]).mean() - (rows["new"] == rows["y"]).mean()
    assert measures(report, "accuracy_loss")[""]["value"] == pytest.approx(expected)


def test_delta_sets_the_limit_and_too_few_rows_do_not_pass(tmp_path: Path) -> None:
    """The same loss: borne with a wide delta, failed with a narrow one; 60 equal rows show nothing."""
    data = table(tmp_path / "t.csv", harm=0.05)
    code, report, _ = audited(tmp_path, data, "--against", "old", "--delta", "0.2")
    assert code == 0
    assert {o["by"] for o in report["rulebook"]["overrides"]} == {"--delta"}  # type: ignore[index]
    assert audited(tmp_path, data, "--against", "old", "--delta", "0.001")[0] == 1
    few = table(tmp_path / "few.csv", n=120)
    code, report, out = audited(tmp_path, few, "--against", "old", "--delta", "0.01")
    assert code == 1  # not shown is not "not worse"
    assert "rows would decide it" in out or "may not decide" in out


def test_a_small_group_is_not_assessed(tmp_path: Path) -> None:
    """Nine women: no number and no pass."""
    data = tmp_path / "t.csv"
    data.write_text("y,old,new,sex\n" + "1,1,1,f\n" * 9 + "1,1,1,m\n0,0,0,m\n" * 200)
    code, report, _ = audited(tmp_path, data, "--against", "old")
    assert code == 3
    assert measures(report, "accuracy_loss")["f"]["value"] is None


def test_saved_models_are_compared_on_the_rows_that_neither_learned_from(tmp_path: Path) -> None:
    """Two models of one split: the note counts the rows that the old one saw: none."""
    data = str(table(tmp_path / "t.csv", n=1500))
    for name, learner in (("old", "logistic"), ("new", "naive-bayes")):
        code, out, err = run("train", data, "--target", "y", "--learner", learner, "--drop", "old,new,sex", "-o", str(tmp_path / f"{name}.skops"))  # fmt: skip
        assert code == 0, out + err
    words = ("--model", str(tmp_path / "new.skops"), "--data", data, "--against", str(tmp_path / "old.skops"))
    code, out, err = run("audit", *words, "--favourable", "1", "--sensitive", "sex", "--only", "release", "--rules", "no-worse", "-o", str(tmp_path / "o"), "-f", "json,md,html")  # fmt: skip
    assert code == 0, out + err
    report = json.loads((tmp_path / "o" / "report.json").read_text())
    assert any("learned from 0 of these" in note for note in report["data"]["notes"])
    assert measures(report, "accuracy_loss")[""]["interval"]["method"] == "Tango paired score"


def test_a_regression_is_compared_by_its_errors(tmp_path: Path) -> None:
    """Twice the noise: the mean absolute error grows; the same predictions: not at all."""
    rng = np.random.default_rng(4)
    y = rng.normal(size=600) * 10
    near, far = y + rng.normal(size=600), y + 4 * rng.normal(size=600)
    data = tmp_path / "t.csv"
    data.write_text("y,old,new,sex\n" + "".join(f"{a:.3f},{b:.3f},{c:.3f},{s}\n" for a, b, c, s in zip(y, near, far, ["f", "m"] * 300, strict=True)))  # fmt: skip
    words = ("--data", str(data), "--target", "y", "--task", "regression", "--sensitive", "sex", "--only", "release", "--rules", "no-worse", "-o", str(tmp_path / "o"))  # fmt: skip
    assert run("audit", *words, "--prediction", "new", "--against", "old")[0] == 1
    assert run("audit", *words, "--prediction", "old", "--against", "new")[0] == 0
    assert run("audit", *words, "--prediction", "old", "--against", "old")[0] == 0


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--only", "release"), "no last release"),
        (("--delta", "0.1"), "means nothing without --against"),
        (("--against", "old", "--delta", "0"), "above 0"),
        (("--against", "odl"), "did you mean 'old'"),
    ],
)
def test_what_cannot_be_meant_is_refused(tmp_path: Path, words: tuple[str, ...], told: str) -> None:
    """Exit 2 with the flag."""
    data = table(tmp_path / "t.csv", n=100)
    base = ("--data", str(data), "--target", "y", "--prediction", "new", "--favourable", "1")
    code, _, err = run("audit", *base, *words)
    assert code == 2
    assert told in err


def test_nobody_asked_no_gap(tmp_path: Path) -> None:
    """Without --against the report has no release audit, and no rule of one."""
    words = ("--data", str(table(tmp_path / "t.csv", n=300)), "--target", "y", "--prediction", "new", "--favourable", "1", "--sensitive", "sex")  # fmt: skip
    run("audit", *words, "--rules", "predictions", "-o", str(tmp_path / "o"))
    report = json.loads((tmp_path / "o" / "report.json").read_text())
    assert "release" not in {r["audit"] for r in report["results"]}
