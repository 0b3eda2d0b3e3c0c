"""mend: remedies with their price from the command line; a mended model that audits better; every refusal before writing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cli_helpers import ANSWERS, run, scored

from riskaudit.subjects.opening import open_model


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example as a table, and a logistic model of it that sees the proxy."""
    import pandas as pd

    from riskaudit.datasets.credit import credit

    place = tmp_path_factory.mktemp("mend")
    members, held_out = credit(seed=0)
    pd.concat([members.frame, held_out.frame]).to_csv(place / "loans.csv", index=False)
    words = (
        "--target",
        "repaid",
        "--learner",
        "logistic",
        "--sensitive",
        "group",
        "--favourable",
        "yes",
        "--drop",
        "followup",
    )
    code, _, err = run("train", str(place / "loans.csv"), *words, "-o", str(place / "model.skops"))
    assert code == 0, err
    return place


def mend(place: Path, *words: str) -> tuple[int, str, str]:
    return run("mend", "--model", str(place / "model.skops"), "--data", str(place / "loans.csv"), *words)


def test_remedies_are_told_with_their_price(folder: Path) -> None:
    """Each remedy's gap, accuracy and caution; without -o nothing is written."""
    before = set(folder.iterdir())
    code, out, err = mend(folder)
    assert code == 0, err
    for name in ("group-thresholds", "reweigh", "drop-proxies"):
        assert f"  {name}: gap 0." in out
    assert "caution: uses the sensitive column at the decision" in out
    assert set(folder.iterdir()) == before


def test_the_mended_model_has_a_narrower_gap(folder: Path, tmp_path: Path) -> None:
    """It loads, does not see the proxy, and its audit on the same held-out rows shows less of a gap."""
    made = tmp_path / "mended.skops"
    code, out, err = mend(folder, "--remedy", "drop-proxies", "-o", str(made))
    assert code == 0, err
    assert f"Saved  {made}" in out
    assert "district" not in open_model(made).features
    gaps = []
    for model in (folder / "model.skops", made):
        run(
            "audit",
            "--model",
            str(model),
            "--data",
            str(folder / "loans.csv"),
            "--only",
            "bias",
            "-o",
            str(tmp_path / model.stem),
        )
        report = json.loads((tmp_path / model.stem / "report.json").read_text())
        assert report["data"]["rows"] == 900
        found = [
            m
            for m in report["results"][0]["measures"]
            if m["name"] == "bias.selection_rate_difference" and "reference" in m["where"]
        ]
        gaps.append(found[0]["value"])
    assert gaps[1] < 0.5 * gaps[0]


def test_nothing_is_saved_at_no_price(folder: Path, tmp_path: Path) -> None:
    """Where no remedy is affordable the command says so, and writes nothing."""
    code, _, err = mend(folder, "--remedy", "thresholds", "-o", str(tmp_path / "m.skops"))
    assert code == 2
    assert "one of: reweigh, drop-proxies" in err
    assert not list(tmp_path.iterdir())


def test_the_column_must_be_sensitive(folder: Path) -> None:
    """--by names a sensitive column."""
    code, _, err = mend(folder, "--by", "skill")
    assert code == 2
    assert "--by" in err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--cost", "fp=1,tp=2"), "tp=2"),
        (("--cost", "fp=cheap"), "'cheap' is no number"),
        (("--reference", "sex=x"), "has no group 'x'"),
        (("--reference", "age=1"), "'age' is no sensitive column"),
        (("--threshold", "1"), "predictions that are numbers"),
        (("--terms", "nowhere.txt"), "cannot be read"),
        (("--unit", "who"), "who"),
    ],
)
def test_options_of_the_audit_are_checked(tmp_path: Path, words: tuple[str, ...], said: str) -> None:
    """A wrong cost, reference, threshold, term file or unit is one clear error, and nothing is written."""
    data = scored(tmp_path / "d.csv")
    base = (
        "--data",
        str(data),
        *ANSWERS,
        "--sensitive",
        "sex",
    )
    code, _, err = run("audit", *base, *words, "-o", str(tmp_path / "out"))
    assert code in (2, 4)
    assert said in err
    assert not (tmp_path / "out").exists()


def test_options_of_the_audit_reach_it(tmp_path: Path) -> None:
    """A cost, a reference and a ranking asked for are in the report."""
    data = scored(tmp_path / "d.csv")
    words = (
        "--cost",
        "fp=1,fn=5",
        "--reference",
        "sex=f",
        "--top-k",
        "50",
        "--score",
        "score",
        "--rules",
        "predictions",
    )
    base = (
        "--data",
        str(data),
        *ANSWERS,
        "--sensitive",
        "sex",
    )
    run("audit", *base, *words, "-o", str(tmp_path / "out"))
    report = json.loads((tmp_path / "out" / "report.json").read_text())
    names = {m["name"] for m in report["results"][0]["measures"]}
    assert {"bias.error_cost", "bias.top_k_rate", "bias.exposure_difference", "bias.auc"} <= names
    ratio = next(m for m in report["results"][0]["measures"] if m["name"] == "bias.selection_rate_ratio")
    assert ratio["where"]["reference"] == "f"


def test_measures_are_explained_with_formula_and_source() -> None:
    """explain tells a measure's formula, when to prefer it, and what it cannot go together with."""
    code, out, _ = run("explain", "bias.equalized_odds_difference")
    assert code == 0
    assert "Formula:" in out
    assert "cannot have equal precision" in " ".join(out.split())


def test_the_remedy_can_be_chosen_by_error_rates(folder: Path, tmp_path: Path) -> None:
    """Both gaps are told; with --gap error-rates either a model is saved that narrows that one, or none is, with the reason."""
    made = tmp_path / "mended.skops"
    code, out, err = mend(folder, "--gap", "error-rates", "--most-accuracy", "1", "-o", str(made))
    assert "gap in error rates" in out
    assert (code == 0) == made.exists()
    if code:
        assert "narrows the gap" in err
