"""init: proposes roles with reasons, decides nothing, asks nothing."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from cli_helpers import run, scored

from riskaudit.cli.ci import HOMES, ci_text
from riskaudit.datasets.proposals import proposals
from riskaudit.datasets.tables import Table

ROOT = Path(__file__).parents[2]


def people(n: int = 300) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    approved = rng.random(n) < 0.4
    return pd.DataFrame(
        {
            "customer_id": [f"c{k}" for k in range(n)],
            "Geschlecht": np.where(rng.random(n) < 0.5, "w", "m"),
            "âge": rng.integers(18, 80, n),
            "x7": np.where(rng.random(n) < 0.5, "female", "male"),
            "plz": rng.integers(10000, 10040, n),
            "salary": rng.normal(3000, 400, n).round(2),
            "payout": approved * rng.normal(9000, 400, n),
            "approved": np.where(approved, "yes", "no"),
        }
    )


def table(frame: pd.DataFrame) -> Table:
    return Table(name="t.csv", frame=frame, sha256="0" * 64)


def test_roles_are_proposed_with_reasons() -> None:
    """Outcome by name, groups by name in several languages and by values, a leak by its AUC."""
    found = proposals(table(people()))
    assert found.target is not None
    assert found.target.column == "approved"
    assert [p.column for p in found.sensitive] == ["Geschlecht", "âge", "x7"]
    assert [p.column for p in found.identifiers] == ["customer_id"]
    assert [p.column for p in found.leaks] == ["payout"]
    assert [p.column for p in found.proxies] == ["plz"]
    assert dict(found.bins) == {"âge": (25.0, 45.0, 65.0)}
    assert [label for label, _ in found.labels] == ["no", "yes"]
    assert all(p.reason for p in (*found.sensitive, *found.identifiers, *found.leaks))


@pytest.mark.parametrize("name", ["sexe", "género", "płeć", "Kön", "пол", "性别", "applicantGender", "SEX_2"])
def test_sex_is_known_in_many_languages(name: str) -> None:
    """By the column's name, whatever its accents and capitals."""
    found = proposals(table(people().rename(columns={"Geschlecht": name})))
    assert name in [p.column for p in found.sensitive]


@pytest.mark.parametrize("name", ["message", "average", "sextant", "trace", "percentage"])
def test_a_part_of_a_word_is_no_sign(name: str) -> None:
    """message is no age, trace no race."""
    frame = people().rename(columns={"salary": name})
    assert name not in [p.column for p in proposals(table(frame)).sensitive]


def test_the_file_is_toml_and_the_good_outcome_is_left_to_choose(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It reads as TOML, favourable stands in comments, and the audit asks for it until it is chosen."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".git").mkdir()
    scored(tmp_path / "preds.csv")
    code, out, err = run("init", "--data", "preds.csv")
    assert code == 0, err
    text = (tmp_path / "riskaudit.toml").read_text()
    read = tomllib.loads(text)
    assert (read["data"], read["target"], read["prediction"], read["sensitive"]) == (
        "preds.csv",
        "y",
        "yhat",
        ["sex"],
    )
    assert "favourable" not in read
    assert '# favourable = ["1"]' in text
    assert "Wrote  riskaudit.toml" in out
    assert "which outcome of 'y' is good" in run("audit")[2]
    (tmp_path / "riskaudit.toml").write_text(text.replace('# favourable = ["1"]', 'favourable = ["1"]'))
    code, _, err = run("audit", "--rules", "predictions", "--only", "bias", "-o", "out")
    assert code in (0, 1, 3), err


def test_a_proposed_file_trains_and_audits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a learner named, nothing else is needed; the age is cut as proposed."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".git").mkdir()
    people().to_csv("t.csv", index=False)
    assert run("init", "--data", "t.csv")[0] == 0
    path = tmp_path / "riskaudit.toml"
    path.write_text(path.read_text().replace('# favourable = ["yes"]', 'favourable = ["yes"]'))
    code, _, err = run("train", "--learner", "logistic", "-o", "m.skops")
    assert code == 0, err
    code, _, err = run("audit", "--model", "m.skops", "--only", "bias", "-o", "out", "-f", "json")
    assert code in (0, 1, 3), err


def test_a_file_that_is_there_is_not_written_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Exit 2 without --force, and the file stays as it was."""
    monkeypatch.chdir(tmp_path)
    scored(tmp_path / "preds.csv")
    (tmp_path / "riskaudit.toml").write_text("# mine\n")
    code, _, err = run("init", "--data", "preds.csv")
    assert code == 2
    assert "--force" in err
    assert (tmp_path / "riskaudit.toml").read_text() == "# mine\n"
    assert run("init", "--data", "preds.csv", "--force")[0] == 0


def test_names_and_values_cannot_write_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Quotes, line ends and brackets in a name stay in it."""
    monkeypatch.chdir(tmp_path)
    frame = people().rename(
        columns={"Geschlecht": 'sex"]\nstrict = true\n[x', "approved": "target\x1b\u202e\x7f"}
    )
    frame.to_csv("t.csv", index=False)
    code, out, err = run("init", "--data", "t.csv")
    assert code == 0, err
    read = tomllib.loads((tmp_path / "riskaudit.toml").read_text(encoding="utf-8"))
    assert "strict" not in read
    assert 'sex"]\nstrict = true\n[x' in read["sensitive"]
    assert read["target"] == "target\x1b\u202e\x7f"
    assert "\x1b" not in out + (tmp_path / "riskaudit.toml").read_text()


def test_it_never_waits_for_an_answer(tmp_path: Path) -> None:
    """With no terminal and a closed stdin it ends by itself, and prints to stdout with -o -."""
    scored(tmp_path / "preds.csv")
    done = subprocess.run(
        [sys.executable, "-m", "riskaudit", "init", "--data", "preds.csv", "-o", "-"],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, cwd=tmp_path, check=True,
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert tomllib.loads(done.stdout)["target"] == "y"
    assert not (tmp_path / "riskaudit.toml").exists()


@pytest.mark.parametrize("ci", list(HOMES))
def test_with_ci_the_workflow_is_written_beside_the_settings(
    ci: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both files in one go; with --ci alone the settings stay, and what is taken goes aside or is refused."""
    monkeypatch.chdir(tmp_path)
    scored(tmp_path / "p.csv")
    code, out, _ = run("init", "--data", "p.csv", "--ci", ci)
    path = tmp_path / HOMES[ci].path
    assert (code, path.read_text("utf-8")) == (0, ci_text(ci))
    assert HOMES[ci].path in out
    settings = (tmp_path / "riskaudit.toml").read_bytes()
    code, out, err = run("init", "--ci", ci)
    assert (tmp_path / "riskaudit.toml").read_bytes() == settings
    if HOMES[ci].aside:
        assert code == 0
        assert HOMES[ci].told in out
    else:
        assert code == 2
        assert "is there already" in err


def test_a_ci_that_cannot_be_written_writes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No settings without the workflow that was asked for; neither a table nor a CI is no request."""
    monkeypatch.chdir(tmp_path)
    scored(tmp_path / "p.csv")
    (tmp_path / ".github/workflows").mkdir(parents=True)
    (tmp_path / ".github/workflows/riskaudit.yml").write_text("mine")
    assert run("init", "--data", "p.csv", "--ci", "github")[0] == 2
    assert not (tmp_path / "riskaudit.toml").exists()
    assert run("init", "--data", "p.csv", "-o", "-", "--ci", "gitlab")[0] == 2
    assert run("init")[0] == 2
