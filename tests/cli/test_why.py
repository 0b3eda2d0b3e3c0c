"""riskaudit why: rows by their place in the file, every format, and one clear error for each thing that cannot be."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from cli_helpers import run
from service_helpers import honest, people, serving


@pytest.fixture(scope="module")
def loans(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A model that riskaudit trained, and the table it was split from."""
    folder = tmp_path_factory.mktemp("why")
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "income": rng.normal(30, 8, 400).round(1),
            "debts": rng.integers(0, 6, 400),
            "job": rng.choice(["clerk", "cook<b>", "driver"], 400),
            "sex": rng.choice(["f", "m"], 400),
        }
    )
    score = 0.2 * (frame.income - 30) - 0.6 * (frame.debts - 2) + (frame.job == "clerk")
    frame["repaid"] = np.where(score + rng.logistic(size=400) > 0, "yes", "no")
    frame.to_csv(folder / "loans.csv", index=False)
    code, _, err = run(
        "train", str(folder / "loans.csv"), "--target", "repaid", "--sensitive", "sex", "--learner", "logistic",
        "-o", str(folder / "m.npz"), "--config", "none",
    )  # fmt: skip
    assert code == 0, err
    return folder / "m.npz", folder / "loans.csv"


def why(loans: tuple[Path, Path], *words: str) -> tuple[int, str, str]:
    return run("why", str(loans[0]), str(loans[1]), "--favourable", "yes", *words)


def told(loans: tuple[Path, Path], *words: str) -> dict[str, object]:
    code, out, err = why(loans, "-f", "json", *words)
    assert code == 0, err
    found: dict[str, object] = json.loads(out)
    return found


def test_a_row_is_that_of_the_file(loans: tuple[Path, Path]) -> None:
    """Row 17 is the 18th below the header, though the model's split parts the table."""
    table = pd.read_csv(loans[1])
    for row in (0, 17, 399):
        one = told(loans, "--row", str(row))["decisions"][0]  # type: ignore[index]
        values = {c["column"]: c["value"] for c in one["contributions"]}
        assert one["row"] == row
        assert values["income"] == table.income[row]
        assert values["debts"] == table.debts[row]


def test_without_rows_it_takes_representative_ones_that_were_not_learned_from(loans: tuple[Path, Path]) -> None:  # fmt: skip
    """Typical of both decisions, borderline and the worst error."""
    code, out, _ = why(loans)
    assert code == 0
    for word in ("typical 'no'", "typical 'yes'", "borderline", "worst error", "did not learn from"):
        assert word in out
    assert "Principal reasons" in out
    assert "What would change it" in out


def test_every_format_tells_the_same(loans: tuple[Path, Path], tmp_path: Path) -> None:
    """Text, Markdown and the page name the same reasons; strangers' words are escaped in all."""
    table = pd.read_csv(loans[1])
    row = str(int(np.flatnonzero((table.job == "cook<b>") & (table.income < 24))[0]))
    document = told(loans, "--row", row)
    reasons = [r["words"] for d in document["decisions"] for r in d["reasons"]]  # type: ignore[attr-defined]
    assert reasons
    _, text, _ = why(loans, "--row", row)
    _, markdown, _ = why(loans, "--row", row, "-f", "md")
    assert why(loans, "--row", row, "-f", "html", "-o", str(tmp_path / "w.html"))[0] == 0
    page = (tmp_path / "w.html").read_text(encoding="utf-8")
    flat = " ".join(text.split())
    assert all(" ".join(reason.split()) in flat for reason in reasons)
    assert markdown.startswith("# Why")
    assert "<b>" not in markdown.replace(r"\<b\>", "")
    assert "cook<b>" not in page
    assert "cook&lt;b&gt;" in page
    assert "<script" not in page
    assert page.count('<h2 id="row-') == 1


def test_sensitive_columns_never_change(loans: tuple[Path, Path]) -> None:
    """What the record calls sensitive is immutable, and so is what is said to be."""
    found = told(loans, "--row", "3", "--immutable", "debts,job")
    assert found["immutable"] == ["sex", "debts", "job"]
    changed = {c["column"] for d in found["decisions"] for cf in d["counterfactuals"] for c in cf["changes"]}  # type: ignore[attr-defined]  # fmt: skip
    assert changed <= {"income"}


def test_rows_yet_to_be_decided_need_no_outcome(loans: tuple[Path, Path], tmp_path: Path) -> None:
    """A table without the target: the decision is explained, and nothing is said of what happened."""
    pd.read_csv(loans[1]).drop(columns="repaid").head(60).to_csv(tmp_path / "new.csv", index=False)
    code, out, err = run("why", str(loans[0]), str(tmp_path / "new.csv"), "--row", "2", "--favourable", "yes")
    assert code == 0, err
    assert "row 2 (asked for): the model says" in out
    assert "what happened" not in out
    assert "worst error" not in run("why", str(loans[0]), str(tmp_path / "new.csv"), "--favourable", "yes")[1]


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (("--row", "400"), 2, "there is no row 400: the table has rows 0 to 399"),
        (("--row", "-1"), 2, "there is no row -1"),
        (("--immutable", "incme"), 2, "did you mean 'income'"),
        (("--wanted", "maybe"), 2, "the target has no value 'maybe'"),
        (("--wanted", "yes", "--wanted", "no"), 2, "every outcome is wanted"),
        (("--threshold", "3"), 2, "--threshold is for a model that predicts a value"),
        (("--below",), 2, "--below means nothing without --threshold"),
    ],
)
def test_what_cannot_be_is_one_clear_error(
    loans: tuple[Path, Path], words: tuple[str, ...], code: int, says: str
) -> None:
    """Its exit code, its flag, and what to type."""
    got, out, err = why(loans, *words)
    assert (got, out) == (code, "")
    assert err.startswith("error: ")
    assert says in err
    assert "Traceback" not in err


def test_a_table_that_lacks_a_column_is_an_input_error(loans: tuple[Path, Path], tmp_path: Path) -> None:
    """It is named."""
    pd.read_csv(loans[1]).drop(columns="income").to_csv(tmp_path / "less.csv", index=False)
    code, _, err = run("why", str(loans[0]), str(tmp_path / "less.csv"), "--favourable", "yes")
    assert code == 4
    assert "income" in err


def test_the_audits_report_holds_no_row(loans: tuple[Path, Path], tmp_path: Path) -> None:
    """Single decisions are in the answer to why alone: no exhibit of the audit names a row or a person's value."""
    code, _, err = run(
        "audit", "--model", str(loans[0]), "--data", str(loans[1]), "--favourable", "yes", "--only", "explainability",
        "-o", str(tmp_path / "r"), "-f", "json", "--config", "none",
    )  # fmt: skip
    assert code in (0, 1, 3), err
    report = json.loads((tmp_path / "r" / "report.json").read_text(encoding="utf-8"))
    exhibits = [e for r in report["results"] for e in r["exhibits"]]
    assert exhibits
    assert not [e["name"] for e in exhibits if e["kind"] == "waterfall"]
    assert all(min(e["columns"]["n"]) >= 10 for e in exhibits if e["kind"] == "scatter")


def test_a_service_is_asked_within_its_budget(tmp_path: Path) -> None:
    """It is explained and flipped through its address; a budget that is too small is one clear error."""
    table = people(tmp_path / "people.csv")
    words = ("--features", "age,job", "--target", "paid", "--favourable", "yes", "--classes", "no,yes")
    with serving(honest) as (url, seen):
        asked = ("why", url, str(table), "--protocol", "json", *words, "--row", "3")
        code, out, err = run(*asked)
        assert code == 0, err
        assert "age from 44 to 40: then 'no'" in out
        assert len(seen) < 30
        code, out, err = run(*asked, "--max-requests", "4")
    assert (code, out) == (4, "")
    assert "the budget of 4 requests is spent" in err


def test_a_value_is_explained_and_flips_across_a_threshold(tmp_path: Path) -> None:
    """A regression that riskaudit trained: without --threshold no flip is assessed."""
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"area": rng.integers(20, 90, 200), "floor": rng.integers(0, 9, 200)})
    frame["rent"] = 10 * frame.area + 5 * frame.floor + rng.normal(0, 5, 200)
    frame.to_csv(tmp_path / "flats.csv", index=False)
    saved = str(tmp_path / "r.npz")
    flats = str(tmp_path / "flats.csv")
    assert (
        run("train", flats, "--target", "rent", "--learner", "linear", "-o", saved, "--config", "none")[0]
        == 0
    )
    row = str(int(frame.area.argmin()))
    assert "not assessed: a value has no other side" in run("why", saved, flats, "--row", row)[1]
    code, out, err = run("why", saved, flats, "--row", row, "--threshold", "500", "-f", "json")
    assert code == 0, err
    found = json.loads(out)["decisions"][0]["counterfactuals"][0]
    assert float(found["outcome"]) >= 500


def test_reasons_are_numbered_once_and_changes_marked_once(loans: tuple[Path, Path], tmp_path: Path) -> None:
    """No format puts a mark before a mark, and bars start at one place whichever way they go."""
    table = pd.read_csv(loans[1])
    row = str(int(np.flatnonzero(table.income < 20)[0]))
    _, text, _ = why(loans, "--row", row)
    _, markdown, _ = why(loans, "--row", row, "-f", "md")
    assert why(loans, "--row", row, "-f", "html", "-o", str(tmp_path / "w.html"))[0] == 0
    page = (tmp_path / "w.html").read_text(encoding="utf-8")
    assert "    1. income is low" in text
    assert "\n1. income is low" in markdown
    assert "<ol><li>income is low" in page
    assert "<li>- " not in page
    assert "- - " not in markdown
    bars = [line.rstrip("+-") for line in text.splitlines() if line.endswith(("++", "--"))]
    assert len(bars) > 1
    assert len({len(bar) for bar in bars}) == 1


def test_no_more_rows_are_tried_than_allowed(loans: tuple[Path, Path]) -> None:
    """--trials counts the last look at each flip too."""
    for trials in (20, 90):
        searched = told(loans, "--row", "3", "--trials", str(trials))["decisions"][0]["searched"]  # type: ignore[index]
        number = next(word for word in searched.replace(",", "").split() if word.isdigit())
        assert int(number) <= trials


def test_a_word_that_the_model_cannot_read_is_an_input_error(
    loans: tuple[Path, Path], tmp_path: Path
) -> None:
    """Also where it is in the very row that is asked for."""
    import skops.io
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder

    table = pd.read_csv(loans[1])
    model = make_pipeline(OneHotEncoder(), LogisticRegression()).fit(table[["job", "sex"]], table.repaid)
    skops.io.dump(model, tmp_path / "m.skops")
    table.loc[4, "job"] = "astronaut"
    table.to_csv(tmp_path / "odd.csv", index=False)
    words = ("--target", "repaid", "--favourable", "yes", "--row", "4")
    code, _, err = run("why", str(tmp_path / "m.skops"), str(tmp_path / "odd.csv"), *words)
    assert code == 4
    assert "astronaut" in err
