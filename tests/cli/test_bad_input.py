"""Bad input: one clear error, the documented exit code, nothing half-written."""

from __future__ import annotations

import pickle
import shutil
from pathlib import Path

import numpy as np
import pytest
from cli_helpers import ANSWERS, run, scored

PREDICTIONS = (
    *ANSWERS,
    "--sensitive",
    "sex",
    "--rules",
    "predictions",
)


def audit(folder: Path, *words: str) -> tuple[int, str, str]:
    return run("audit", "-o", str(folder / "out"), *words)


def refused(folder: Path, code: int, *told: str, words: tuple[str, ...]) -> None:
    """The command ends with this code, one error that tells these words, and no report."""
    ended, out, err = audit(folder, *words)
    assert ended == code, err
    assert out == ""
    assert err.count("error:") == 1
    assert "Traceback" not in err
    for word in told:
        assert word in err
    assert not (folder / "out").exists()


def test_a_missing_file(tmp_path: Path) -> None:
    """Exit 4, with the nearest file that is there."""
    scored(tmp_path / "preds.csv")
    refused(
        tmp_path,
        4,
        "there is no file",
        "did you mean 'preds.csv'",
        words=("--data", str(tmp_path / "perds.csv"), *PREDICTIONS),
    )


def test_an_empty_file(tmp_path: Path) -> None:
    """Exit 4."""
    (tmp_path / "empty.csv").write_text("")
    refused(tmp_path, 4, "is empty", words=("--data", str(tmp_path / "empty.csv"), *PREDICTIONS))


@pytest.mark.parametrize(
    ("flag", "name", "near"),
    [("--sensitive", "sx", "sex"), ("--target", "z", ""), ("--prediction", "yhatt", "yhat")],
)
def test_a_missing_column(tmp_path: Path, flag: str, name: str, near: str) -> None:
    """Exit 2, naming the flag, with the nearest column."""
    path = scored(tmp_path / "preds.csv")
    words = list(PREDICTIONS)
    words[words.index(flag) + 1] = name
    refused(
        tmp_path,
        2,
        f"column '{name}' is not in preds.csv",
        f"--> {flag}",
        f"did you mean '{near}'" if near else "there is:",
        words=("--data", str(path), *words),
    )


def test_a_constant_target(tmp_path: Path) -> None:
    """Exit 4: nothing can be learned of an outcome that is always the same."""
    path = scored(tmp_path / "preds.csv", y="1")
    refused(tmp_path, 4, "is '1' in every row", words=("--data", str(path), *PREDICTIONS))


def test_a_target_with_missing_values(tmp_path: Path) -> None:
    """Exit 4, with how many."""
    path = scored(tmp_path / "preds.csv")
    path.write_text(path.read_text() + ",1,m,0\n")
    refused(tmp_path, 4, "is missing in 1 of", words=("--data", str(path), *PREDICTIONS))


def test_a_sensitive_column_of_5000_values(tmp_path: Path) -> None:
    """Exit 4, with how to cut it."""
    path = tmp_path / "preds.csv"
    path.write_text("y,yhat,sex\n" + "".join(f"{k % 2},{k % 2},{k}\n" for k in range(5000)))
    refused(tmp_path, 4, "5,000 different values", "--bins", words=("--data", str(path), *PREDICTIONS))


def test_duplicate_column_names(tmp_path: Path) -> None:
    """Exit 4: pandas would rename one of them in silence."""
    path = tmp_path / "preds.csv"
    path.write_text("y,yhat,sex,sex\n1,1,f,m\n0,0,m,f\n")
    refused(tmp_path, 4, "more than one column named 'sex'", words=("--data", str(path), *PREDICTIONS))


def test_an_unknown_rule_file(tmp_path: Path) -> None:
    """Exit 2, before anything is read."""
    words = ("--data", str(tmp_path / "absent.csv"), *PREDICTIONS[:-1], "strickt")
    refused(tmp_path, 2, "there is no rulebook 'strickt'", "did you mean 'strict'", words=words)


def test_a_faulty_rulebook_is_told_before_any_work(tmp_path: Path) -> None:
    """Exit 2 with file and line, though the data is absent too."""
    book = tmp_path / "mine.yaml"
    book.write_text(
        "rules:\n  - id: x\n    measure: bias.selection_rat\n    ideal: 1\n    limit: 0.8\n    severity: high\n    when_unsure: warn\n    why: w\n    remedy: r\n    reference: s\n"
    )
    words = ("--data", str(tmp_path / "absent.csv"), *PREDICTIONS[:-1], str(book))
    refused(tmp_path, 2, "unknown measure 'bias.selection_rat'", "mine.yaml:2", words=words)


class Bomb:
    """A pickle of this writes a file when it is opened."""

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return (exec, ("open('opened', 'w').close()",))


@pytest.mark.parametrize("name", ["model.pkl", "model.joblib", "model.skops"])
def test_a_pickle_offered_as_a_model_is_refused_unopened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """Exit 4 whatever it is called, and the code inside never runs."""
    monkeypatch.chdir(tmp_path)
    Path(name).write_bytes(pickle.dumps(Bomb()))
    refused(
        tmp_path,
        4,
        "is a pickle that would run",
        "it was not opened",
        words=("--model", name, "--data", str(scored(tmp_path / "d.csv")), "--target", "y"),
    )
    assert not Path("opened").exists()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b"GIF89a", "not a model of a format"),
        (b"PK\x03\x04junk", "broken zip archive"),
        (b"\x1f\x8bjunk", "compressed"),
    ],
)
def test_what_is_no_model_is_refused(tmp_path: Path, content: bytes, words: str) -> None:
    """Exit 4 with what it looks like."""
    path = tmp_path / "model.skops"
    path.write_bytes(content)
    refused(
        tmp_path,
        4,
        words,
        words=("--model", str(path), "--data", str(scored(tmp_path / "d.csv")), "--target", "y"),
    )


def test_an_untrusted_type_in_a_skops_file_is_refused(tmp_path: Path) -> None:
    """Exit 4, naming the type."""
    import skops.io
    from sklearn.preprocessing import FunctionTransformer

    skops.io.dump(FunctionTransformer(func=shutil.rmtree), tmp_path / "model.skops")
    refused(
        tmp_path,
        4,
        "does not trust",
        "rmtree",
        words=(
            "--model",
            str(tmp_path / "model.skops"),
            "--data",
            str(scored(tmp_path / "d.csv")),
            "--target",
            "y",
        ),
    )


def test_one_row_groups_are_incomplete_with_the_report_written(tmp_path: Path) -> None:
    """Exit 3: a group of one is not assessed, says so, and is never a pass."""
    path = scored(tmp_path / "preds.csv", n=400)
    path.write_text(path.read_text() + "1,1,x,0.9\n")
    code, out, _ = audit(tmp_path, "--data", str(path), *PREDICTIONS)
    assert code in (1, 3)
    assert "not assessed" in out
    assert (tmp_path / "out" / "report.json").exists()


def test_nothing_but_one_row_groups_is_incomplete(tmp_path: Path) -> None:
    """Exit 3 where no group can be assessed at all."""
    path = tmp_path / "preds.csv"
    path.write_text("y,yhat,sex\n" + "".join(f"{k % 2},{k // 2 % 2},{'abcdefgh'[k]}\n" for k in range(8)))
    code, out, _ = audit(tmp_path, "--data", str(path), *PREDICTIONS)
    assert code == 3
    assert "INCOMPLETE" in out


def test_the_favourable_outcome_is_asked_for(tmp_path: Path) -> None:
    """Exit 2 without --favourable: on COMPAS the positive is the harm."""
    path = scored(tmp_path / "preds.csv")
    refused(
        tmp_path,
        2,
        "which outcome of 'y' is good",
        "--favourable '0' or --favourable '1'",
        words=("--data", str(path), "--target", "y", "--prediction", "yhat", "--sensitive", "sex"),
    )


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ((), "Missing option"),
        (("--data", "d.csv", "--nonsense"), "No such option"),
        (("--data", "d.csv"), "nothing to audit"),
        (("--data", "d.csv", "--model", "m", "--prediction", "p"), "cannot go together"),
        (("--data", "d.csv", "--prediction", "p"), "no target column"),
        (
            ("--data", "d.csv", "--prediction", "p", "--target", "y", "--only", "byas"),
            "there is no audit 'byas'",
        ),
        (
            ("--data", "d.csv", "--prediction", "p", "--target", "y", "-f", "docx"),
            "there is no format 'docx'",
        ),
        (("--data", "d.csv", "--prediction", "p", "--target", "y", "--bins", "age"), "is not KEY=VALUE"),
    ],
)
def test_usage_errors(tmp_path: Path, words: tuple[str, ...], told: str) -> None:
    """Exit 2 for each."""
    refused(tmp_path, 2, told, words=words)


def test_ctrl_c_in_mid_audit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Exit 130, nothing half-written."""
    from riskaudit.audits.bias import BiasAudit

    def interrupted(self: object, evidence: object) -> object:
        raise KeyboardInterrupt

    monkeypatch.setattr(BiasAudit, "examine", interrupted)
    code, out, err = audit(tmp_path, "--data", str(scored(tmp_path / "p.csv")), *PREDICTIONS)
    assert (code, out) == (130, "")
    assert "interrupted" in err
    assert not (tmp_path / "out").exists()


def test_a_bug_is_70_without_a_traceback(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A crash of ours can never read as a finding."""
    monkeypatch.setattr("riskaudit.loading.load", lambda *_, **__: 1 / 0)
    code, _, err = audit(tmp_path, "--data", str(scored(tmp_path / "p.csv")), *PREDICTIONS)
    assert code == 70
    assert "a bug in riskaudit: ZeroDivisionError" in err
    assert "Traceback" not in err


def test_an_unwritable_folder_is_4(tmp_path: Path) -> None:
    """A report that cannot be written is never a silent success."""
    blocked = tmp_path / "file"
    blocked.write_text("")
    code, _, err = run(
        "audit", "-o", str(blocked / "out"), "--data", str(scored(tmp_path / "p.csv")), *PREDICTIONS
    )
    assert code == 4
    assert "cannot be written" in err


def test_a_model_that_needs_a_column_that_is_not_there(tmp_path: Path) -> None:
    """Exit 4, naming the column."""
    rng = np.random.default_rng(0)
    path = tmp_path / "d.csv"
    rows = [f"{a:.3f},{b:.3f},{int(a + b > 0)}" for a, b in rng.normal(size=(80, 2))]
    path.write_text("\n".join(["a,b,y", *rows]) + "\n")
    model = str(tmp_path / "m.skops")
    assert run("train", str(path), "--target", "y", "--learner", "logistic", "-o", model)[0] == 0
    (tmp_path / "less.csv").write_text(
        "\n".join(["a,y", *(r.split(",")[0] + "," + r.split(",")[2] for r in rows)]) + "\n"
    )
    refused(
        tmp_path,
        4,
        "lacks 1 column(s)",
        "'b'",
        words=("--model", model, "--data", str(tmp_path / "less.csv")),
    )


def test_a_real_ctrl_c_ends_quietly(tmp_path: Path) -> None:
    """SIGINT to the process: 130, one line, no traceback, no report."""
    import signal
    import subprocess
    import sys
    import time
    from functools import partial

    words = [sys.executable, "-m", "riskaudit", "demo", "-o", str(tmp_path / "out")]
    heard = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)  # a shell's background job is deaf to it
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen(words, preexec_fn=heard, **pipes) as child:  # type: ignore[call-overload]
        time.sleep(6)
        child.send_signal(signal.SIGINT)
        out, err = child.communicate(timeout=60)
    assert (child.returncode, out) == (130, "")
    assert err.strip() == "interrupted: nothing that was not finished was written"
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        (("--favourable", "0"), "every outcome of 'y' is called favourable"),
        (("--sensitive", "y"), "cannot be --target and --sensitive"),
        (("--features", "score"), "--features means nothing with --prediction"),
        (("--country", "FRA"), "--country means nothing with --prediction"),
    ],
)
def test_what_contradicts_itself_is_a_usage_error(
    tmp_path: Path, changes: tuple[str, ...], told: str
) -> None:
    """Exit 2, before anything is judged."""
    path = scored(tmp_path / "preds.csv")
    refused(tmp_path, 2, told, words=("--data", str(path), *PREDICTIONS, *changes))


def test_a_condition_on_missing_values_is_refused(tmp_path: Path) -> None:
    """NaN >= 0 is False in pandas, and would count as a decision."""
    path = tmp_path / "p.csv"
    path.write_text(
        "y,s,sex\n" + "".join(f"{k % 2},{'' if k % 10 == 0 else k / 100},{'fm'[k % 2]}\n" for k in range(200))
    )
    words = (
        "--data",
        str(path),
        "--target",
        "y",
        "--prediction",
        "s >= 0.5",
        "--favourable",
        "1",
        "--sensitive",
        "sex",
    )
    refused(tmp_path, 4, "is missing in 20 rows", words=words)


def test_a_constant_model_fails(tmp_path: Path) -> None:
    """It has no gap, and is not fair: exit 1 by its own rule."""
    path = scored(tmp_path / "preds.csv")
    words = list(PREDICTIONS)
    words[words.index("--prediction") + 1] = "score > 99"
    code, out, _ = audit(tmp_path, "--data", str(path), *words)
    assert code == 1
    assert "constant-model" in out
