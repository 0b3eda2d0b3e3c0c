"""Settings: a flag beats the environment beats the file, and a fault names its line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cli_helpers import run, scored

BASE = """data = "preds.csv"
target = "y"
prediction = "yhat"
favourable = [1]
sensitive = "sex"
rules = "predictions"
seed = 3

[audit]
only = ["bias"]
format = ["json"]
out = "out"
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    scored(tmp_path / "preds.csv")
    (tmp_path / "riskaudit.toml").write_text(BASE)
    (tmp_path / ".git").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def report(folder: Path) -> dict[str, object]:
    loaded: dict[str, object] = json.loads((folder / "out" / "report.json").read_text())
    return loaded


def test_a_file_says_it_all(folder: Path) -> None:
    """`riskaudit audit` alone: every setting from the file, and the report says so."""
    code, _, err = run("audit")
    assert code in (0, 1, 3), err
    told = report(folder)
    assert told["seed"] == 3
    assert told["run"]["settings_from"]["target"] == "riskaudit.toml"  # type: ignore[index]


def test_flag_beats_environment_beats_file(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The seed is 3 in the file, 4 in the environment, 5 on the command line."""
    monkeypatch.setenv("RISKAUDIT_AUDIT_SEED", "4")
    run("audit")
    assert report(folder)["seed"] == 4
    assert report(folder)["run"]["settings_from"]["seed"] == "environment"  # type: ignore[index]
    run("audit", "--seed", "5")
    assert report(folder)["seed"] == 5
    assert report(folder)["run"]["settings_from"]["seed"] == "flag"  # type: ignore[index]


def test_the_same_settings_give_the_same_report_wherever_they_stand(folder: Path) -> None:
    """Outside `run`, a report does not know where its settings came from."""
    run("audit")
    one = report(folder)
    words = "--target y --prediction yhat --favourable 1 --sensitive sex --rules predictions --seed 3 --only bias -f json"
    run("audit", "--config", "none", "--data", "preds.csv", "-o", "out", *words.split())
    two = report(folder)
    assert {k: v for k, v in one.items() if k != "run"} == {k: v for k, v in two.items() if k != "run"}


def test_paths_are_relative_to_the_file(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From a folder below, the file above is found, and what it names beside it."""
    (folder / "deep" / "er").mkdir(parents=True)
    monkeypatch.chdir(folder / "deep" / "er")
    code, _, err = run("audit")
    assert code in (0, 1, 3), err
    assert (folder / "out" / "report.json").exists()


def test_pyproject_has_a_table_of_its_own(folder: Path) -> None:
    """[tool.riskaudit] and [tool.riskaudit.audit] are the same settings; riskaudit.toml wins beside it."""
    (folder / "riskaudit.toml").unlink()
    text = BASE.replace("[audit]", "[tool.riskaudit.audit]")
    (folder / "pyproject.toml").write_text("[project]\nname = 'x'\n[tool.riskaudit]\n" + text)
    code, _, err = run("audit")
    assert code in (0, 1, 3), err
    assert report(folder)["run"]["settings_from"]["seed"] == "pyproject.toml"  # type: ignore[index]


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("targt = 'y'", ("there is no setting 'targt'", "did you mean 'target'", "riskaudit.toml:1")),
        ("strict = 'yes'", ("'strict' is neither true nor false", "riskaudit.toml:1", "strict = true")),
        ("target2 = ['y']\nsede = 1", ("'target2'", "also: there is no setting 'sede'", "riskaudit.toml:2")),
        ("control = ['y']", ("'control' is a list", "riskaudit.toml:1")),
        ("control = 2020-01-01", ("'control' is a date",)),
        ("control = {a = 1}", ("'control' is a table",)),
        ("a = = 1", ("is not TOML", "riskaudit.toml:1")),
        ("target = 'y'\ntarget = 'z'", ("is not TOML", "riskaudit.toml:2")),
    ],
)
def test_a_fault_is_told_with_its_line(folder: Path, line: str, told: tuple[str, ...]) -> None:
    """Exit 2, one error, nothing audited."""
    (folder / "riskaudit.toml").write_text(line + "\n" + BASE.replace('target = "y"\n', ""))
    code, out, err = run("audit")
    assert (code, out) == (2, "")
    assert err.count("error:") == 1
    for word in told:
        assert word in err


def test_an_unknown_key_of_a_table_is_told(folder: Path) -> None:
    """In [audit] too, with the line."""
    (folder / "riskaudit.toml").write_text(BASE + "sikp = ['privacy']\n")
    code, _, err = run("audit")
    assert code == 2
    assert "there is no setting 'sikp' in [audit]" in err
    assert "riskaudit.toml:13" in err
    assert "did you mean 'skip'" in err


def test_an_unknown_table_is_told(folder: Path) -> None:
    """[adit] is no command."""
    (folder / "riskaudit.toml").write_text(BASE.replace("[audit]", "[adit]"))
    code, _, err = run("audit")
    assert code == 2
    assert "riskaudit.toml:9" in err
    assert "did you mean 'audit'" in err


def test_an_unknown_variable_is_told(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """RISKAUDIT_AUDIT_SEEED would be ignored in silence otherwise."""
    monkeypatch.setenv("RISKAUDIT_AUDIT_SEEED", "4")
    code, _, err = run("audit")
    assert code == 2
    assert "did you mean 'RISKAUDIT_AUDIT_SEED'" in err


def test_a_subject_on_the_command_line_puts_the_files_aside(folder: Path) -> None:
    """The file has predictions; --learner asks for another subject, and the file's does not contradict it."""
    code, _, err = run("audit", "--learner", "logistic", "--seed", "1", "--drop", "yhat", "--skip", "compute")
    assert code in (0, 1, 3), err


def test_gate_and_train_read_the_file_too(folder: Path) -> None:
    """[gate] strict, [train] learner."""
    run("audit")
    (folder / "riskaudit.toml").write_text(
        'target = "y"\ndata = "preds.csv"\nsensitive = ["sex"]\n[gate]\nrules = ["predictions"]\nstrict = true\n'
        '[train]\nlearner = "logistic"\nout = "m.skops"\n'
    )
    assert run("gate", "out/report.json")[0] in (0, 1, 3)
    code, _, err = run("train")
    assert code == 0, err
    assert (folder / "m.skops").exists()


def test_bins_and_params_may_be_tables(folder: Path) -> None:
    """bins = {score = [0.3, 0.6]} is --bins score=0.3,0.6."""
    text = BASE.replace('sensitive = "sex"', 'sensitive = ["score"]\nbins = {score = [0.3, 0.6]}')
    (folder / "riskaudit.toml").write_text(text)
    code, _, err = run("audit")
    assert code in (0, 1, 3), err
    assert report(folder)["data"]["sensitive"] == ["score (cut)"]  # type: ignore[index]


def test_config_none_reads_nothing(folder: Path) -> None:
    """--config none: as if there were no file; a named one that is absent is an error."""
    assert "Missing option" in run("audit", "--config", "none")[2]
    code, _, err = run("audit", "--config", "absent.toml")
    assert code == 2
    assert "--config" in err
