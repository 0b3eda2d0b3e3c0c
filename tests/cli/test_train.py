"""train: every flag reaches the model and its record; every refusal comes before anything is written."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cli_helpers import run

from riskaudit.subjects.opening import open_model
from riskaudit.subjects.record import TrainingRecord
from riskaudit.subjects.subject import Subject


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A table d.csv (a, b, sex, hosp; y depends on sex, z is a number), and a trained perceptron source.npz."""
    place = tmp_path_factory.mktemp("train")
    rng = np.random.default_rng(0)
    lines = []
    for a, b in rng.normal(size=(300, 2)):
        sex, hosp = rng.choice(["f", "m"]), rng.choice(["h1", "h2", "h3"])
        y = "yes" if a + b + (sex == "f") + rng.normal(0, 0.5) > 0.5 else "no"
        lines.append(f"{a:.3f},{b:.3f},{sex},{hosp},{y},{a - b:.3f}")
    (place / "d.csv").write_text("\n".join(["a,b,sex,hosp,y,z", *lines]) + "\n")
    assert (
        train(place, "-o", "source.npz", "--hidden", "8,4", "--activation", "tanh", "--epochs", "5")[0] == 0
    )
    return place


def train(place: Path, *words: str, learner: str = "perceptron", target: str = "y") -> tuple[int, str, str]:
    """`riskaudit train` on the table; names of files are in its folder."""
    files = {"-o", "--export", "--save-curve", "--teacher", "--from"}
    said = [
        str(place / word) if before in files else word
        for before, word in zip(("", *words), words, strict=False)
    ]
    features = () if "--features" in words else ("--features", "a,b,sex")
    return run("train", str(place / "d.csv"), "--target", target, "--learner", learner, *features, *said)


def model(
    place: Path, *words: str, name: str = "m.npz", **options: str
) -> tuple[Subject, TrainingRecord, str]:
    """The model that a command line made, its record, and what was printed."""
    code, out, err = train(place, "-o", name, *words, **options)
    assert (code, err) == (0, ""), err
    subject = open_model(place / name)
    assert subject.training is not None
    return subject, subject.training, out


def test_the_settings_of_a_perceptron_are_flags(folder: Path) -> None:
    """The whole command line of the README, each setting in the estimator and in the record."""
    subject, record, _ = model(
        folder,
        *("--hidden", "6,3", "--activation", "relu", "--optimizer", "sgd", "--learning-rate", "1e-3"),
        *("--momentum", "0.5", "--schedule", "exponential", "--decay", "0.9", "--l1", "1e-5", "--l2", "1e-4"),
        *("--epochs", "7", "--batch-size", "32", "--dropout", "0.1", "--early-stopping"),
    )
    settings = subject.estimator["model"].get_params()
    expected = {
        "hidden": (6, 3), "activation": "relu", "optimizer": "sgd", "learning_rate": 1e-3, "momentum": 0.5,
        "schedule": "exponential", "decay": 0.9, "l1": 1e-5, "l2": 1e-4, "epochs": 7, "batch_size": 32,
        "dropout": 0.1, "early_stopping": True,
    }  # fmt: skip
    assert {name: settings[name] for name in expected} == expected
    assert record.settings["schedule"] == "exponential"
    assert len(record.loss_curve) == len(record.validation_curve) == 7


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--hidden", "0"), "64,32"),
        (("--hidden", "a"), "64,32"),
        (("--activation", "gelu"), "relu, tanh, sigmoid or identity"),
        (("--optimizer", "lbfgs"), "adam or sgd"),
        (("--learning-rate", "0"), "a number above 0"),
        (("--momentum", "1"), "from 0 to"),
        (("--schedule", "linear"), "constant, exponential, step or cosine"),
        (("--decay", "2"), "a number above 0 to 1"),
        (("--l1", "-1"), "a number from 0"),
        (("--l2", "nan"), "a number from 0"),
        (("--epochs", "0"), "a whole number from 1"),
        (("--batch-size", "1.5"), "a whole number"),
        (("--dropout", "1"), "from 0 to"),
        (("--epochs", "3", "--param", "epochs=4"), "not both"),
        (("--dp-epsilon", "0"), "a number above 0"),
        (("--dp-epsilon", "1", "--dp-delta", "1"), "a number above 0"),
        (("--dp-epsilon", "1", "--dp-clip", "-1"), "a number above 0"),
        (("--dp-delta", "1e-5"), "give --dp-epsilon too"),
        (("--dp-clip", "1"), "give --dp-epsilon too"),
        (("--dp-epsilon", "1", "--early-stopping"), "early_stopping"),
        (("--dp-epsilon", "1", "--reweigh", "sex"), "one recipe a training"),
        (("--client-column", "hosp", "--rounds", "0"), "a whole number from 1"),
        (("--client-column", "hops"), "did you mean 'hosp'"),
        (("--client-column", "y"), "another column"),
        (("--rounds", "3"), "give --client-column too"),
        (("--reweigh", "gender"), "there is no column 'gender'"),
        (("--teacher", "source.npz", "--temperature", "0"), "a number above 0"),
        (("--temperature", "2"), "give --teacher too"),
        (("--freeze", "1"), "give --from too"),
        (("--from", "source.npz", "--freeze", "-1"), "from 0"),
        (("--from", "source.npz", "--freeze", "9"), "frozen=9"),
        (("--from", "source.npz", "--activation", "relu"), "activation"),
        (("--from", "source.npz", "--features", "a,b"), "other columns: 'sex'"),
        (("--pretrain", "0"), "a whole number from 1"),
        (("--export", "m.txt"), "is no .onnx file"),
    ],
)
def test_what_is_out_of_range_is_refused_with_the_range(
    folder: Path, words: tuple[str, ...], told: str
) -> None:
    """Exit 2, one error, nothing written."""
    code, out, err = train(folder, "-o", "never.npz", *words)
    assert (code, out) == (2, ""), err
    assert err.count("error:") == 1
    assert told in err
    assert not (folder / "never.npz").exists()


@pytest.mark.parametrize(
    ("learner", "target", "words", "told"),
    [
        ("logistic", "y", ("--hidden", "8"), "there is: C, batch_size"),
        ("logistic", "y", ("--dp-epsilon", "1", "--hidden", "8"), "has no setting 'hidden'"),
        ("random-forest", "y", ("--epochs", "3"), "no setting 'epochs'"),
        ("random-forest", "y", ("--dropout", "0.1"), "no setting 'dropout'"),
        ("random-forest", "y", ("--save-curve", "c.csv"), "walks no epochs"),
        ("random-forest", "y", ("--export", "m.onnx"), "NumPy core alone"),
        ("random-forest", "y", ("--dp-epsilon", "1"), "it does with: perceptron"),
        ("random-forest", "y", ("--from", "source.npz"), "it does with: perceptron"),
        ("random-forest", "y", ("--pretrain", "2"), "it does with: perceptron"),
        ("random-forest", "y", ("--client-column", "hosp"), "it does with: perceptron"),
        ("random-forest", "y", ("--teacher", "source.npz"), "it does with: perceptron"),
        ("linear", "z", ("--reweigh", "sex"), "needs a target with classes"),
        ("linear", "z", ("--teacher", "source.npz"), "the teacher predicts classes"),
        ("perceptron", "sex", ("--teacher", "source.npz", "--features", "a,b"), "the teacher knows no, yes"),
        ("logistic", "y", ("--save-curve", "c.csv"), "by an exact solver"),
        (
            "perceptron",
            "y",
            ("--dp-epsilon", "9", "--epochs", "1", "--save-curve", "c.csv"),
            "keeps no losses",
        ),
    ],
)
def test_what_a_learner_has_not_is_refused(
    folder: Path, learner: str, target: str, words: tuple[str, ...], told: str
) -> None:
    """Exit 2, with what it has; no file of the three is written."""
    code, _, err = train(folder, "-o", "never.skops", *words, learner=learner, target=target)
    assert code == 2, err
    assert told in err
    assert not any((folder / name).exists() for name in ("never.skops", "c.csv", "m.onnx"))


@pytest.mark.parametrize(
    ("name", "learner", "told"),
    [("m.npz", "random-forest", "every model can be saved as .skops"), ("m.onnx", "perceptron", "--export")],
)
def test_a_format_that_cannot_hold_it_is_refused(folder: Path, name: str, learner: str, told: str) -> None:
    """Before anything is trained."""
    code, _, err = train(folder, "-o", f"never-{name}", learner=learner)
    assert code == 2
    assert told in err


@pytest.mark.parametrize("flag", ["--teacher", "--from"])
def test_a_model_to_start_from_that_is_not_there_is_input(folder: Path, flag: str) -> None:
    """Exit 4, under its own flag."""
    code, _, err = train(folder, "-o", "never.npz", flag, "nobody.npz")
    assert code == 4
    assert f"--> {flag}" in err


def test_a_forest_has_no_layers_to_start_from(folder: Path) -> None:
    """Exit 4."""
    model(folder, "--param", "n_estimators=3", name="forest.skops", learner="random-forest")
    code, _, err = train(folder, "-o", "never.npz", "--from", "forest.skops")
    assert code == 4
    assert "no layers to start from" in err


def test_the_curve_is_a_csv(folder: Path) -> None:
    """A line an epoch, the numbers of the record to the last digit."""
    _, record, out = model(folder, "--epochs", "4", "--early-stopping", "--save-curve", "curve.csv")
    rows = list(csv.DictReader(io.StringIO((folder / "curve.csv").read_text())))
    assert [int(row["epoch"]) for row in rows] == [1, 2, 3, 4]
    assert tuple(float(row["loss"]) for row in rows) == record.loss_curve
    assert tuple(float(row["validation_loss"]) for row in rows) == record.validation_curve
    assert "curve.csv" in out


def test_the_curve_is_shown_in_the_report(folder: Path, tmp_path: Path) -> None:
    """The compute audit exhibits what the record holds, and does not call it metered."""
    model(folder, "--epochs", "4", "--early-stopping", name="curved.npz")
    words = (
        "--model",
        str(folder / "curved.npz"),
        "--data",
        str(folder / "d.csv"),
        "--only",
        "compute",
        "--skip",
        "bias",
    )
    run("audit", *words, "-o", str(tmp_path), "-f", "html,json")
    report = json.loads((tmp_path / "report.json").read_text())
    exhibits = {e["name"]: e for result in report["results"] for e in result["exhibits"]}
    curve = exhibits["compute.learning_curve"]
    assert (curve["kind"], curve["metered"]) == ("curve", False)
    assert curve["columns"]["x"] == [1, 2, 3, 4] * 2
    assert "How training went" in (tmp_path / "report.html").read_text()


def test_export_writes_onnx_beside_the_model(folder: Path) -> None:
    """Both files, both named with their hashes."""
    pytest.importorskip("onnx", reason="the extra 'onnx' is not installed")
    _, _, out = model(folder, "--epochs", "2", "--export", "m.onnx")
    assert (folder / "m.onnx").exists()
    assert out.count("sha256:") == 2


def test_export_without_the_library_is_refused_before_training(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Exit 2, with what to install."""
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    code, _, err = train(folder, "-o", "never.npz", "--export", "m.onnx")
    assert code == 2
    assert "pip install 'riskaudit[onnx]'" in err


@pytest.mark.parametrize("name", ["dp.npz", "dp.skops"])
def test_private_training_is_in_the_record(folder: Path, name: str) -> None:
    """Epsilon spent, delta, and what it covers; no loss is kept."""
    words = ("--dp-epsilon", "3", "--dp-delta", "1e-4", "--dp-clip", "0.5", "--epochs", "3")
    subject, record, out = model(folder, *words, name=name)
    assert record.epsilon is not None
    assert 2.9 < record.epsilon <= 3
    assert record.delta == 1e-4
    assert "differentially private" in record.guarantee
    assert record.guarantee in out
    assert record.loss_curve == ()
    assert subject.estimator["model"].clip == 0.5


def test_private_logistic_and_linear_regression(folder: Path) -> None:
    """Networks without hidden layers."""
    subject, record, _ = model(folder, "--dp-epsilon", "3", "--epochs", "3", learner="logistic")
    assert subject.estimator["model"].hidden == ()
    assert record.learner == "logistic"
    subject, _, _ = model(
        folder,
        "--dp-epsilon",
        "3",
        "--epochs",
        "3",
        "--param",
        "target_range=-5,5",
        learner="linear",
        target="z",
    )
    assert subject.estimator["model"].target_range == (-5.0, 5.0)


def test_federated_averaging(folder: Path) -> None:
    """Clients are counted; their column is no feature, even where all columns are taken."""
    code, _, err = run(
        *("train", str(folder / "d.csv"), "--target", "y", "--learner", "perceptron", "--drop", "z"),
        *("--client-column", "hosp", "--rounds", "3", "-o", str(folder / "fed.npz")),
    )
    assert code == 0, err
    record = open_model(folder / "fed.npz").training
    assert record is not None
    assert (record.clients, list(record.features)) == (3, ["a", "b", "sex"])
    assert len(record.loss_curve) == 3
    assert "nothing is added" in record.guarantee


@pytest.mark.parametrize("learner", ["logistic", "random-forest"])
def test_reweighing(folder: Path, learner: str) -> None:
    """The group becomes a sensitive column and no feature; the gap in selection shrinks."""
    words = ("--features", "a,b,sex", "--sensitive", "sex", "--favourable", "yes")
    plain, _, _ = model(folder, *words, name="plain.skops", learner=learner)
    fair, record, _ = model(folder, *words, "--reweigh", "sex", name="fair.skops", learner=learner)
    assert "reweighed" in record.recipe
    assert record.sensitive == ("sex",)
    assert gap(fair, folder) < gap(plain, folder)


def gap(subject: Subject, place: Path) -> float:
    """How much more often women are selected."""
    import pandas as pd

    frame = pd.read_csv(place / "d.csv")
    chosen = subject.predict_scores(frame)[:, 1] > 0.5
    women = (frame.sex == "f").to_numpy()
    return float(chosen[women].mean() - chosen[~women].mean())


def test_reweighing_takes_the_column_from_the_features(folder: Path) -> None:
    """Unless it was named as one."""
    code, _, err = run(
        *("train", str(folder / "d.csv"), "--target", "y", "--learner", "logistic", "--drop", "z,hosp"),
        *("--reweigh", "sex", "-o", str(folder / "rw.npz")),
    )
    assert code == 0, err
    record = open_model(folder / "rw.npz").training
    assert record is not None
    assert list(record.features) == ["a", "b"]


@pytest.mark.parametrize(("learner", "more"), [("perceptron", ("--hidden", "2")), ("logistic", ())])
def test_distillation_from_a_black_box(folder: Path, learner: str, more: tuple[str, ...]) -> None:
    """A forest teaches; the record names it by its hash, and the student knows its classes."""
    teacher, _, _ = model(folder, "--param", "n_estimators=10", name="teacher.skops", learner="random-forest")
    student, record, _ = model(
        folder, "--teacher", "teacher.skops", "--temperature", "3", *more, learner=learner
    )
    assert record.teacher_sha256 == teacher.sha256
    assert "temperature 3" in record.recipe
    assert student.classes == ("no", "yes")


def test_a_regressor_is_distilled(folder: Path) -> None:
    """Values teach where there are no classes."""
    model(folder, "--param", "n_estimators=5", name="values.skops", learner="random-forest", target="z")
    _, record, _ = model(folder, "--teacher", "values.skops", learner="linear", target="z")
    assert record.teacher_sha256


def test_fine_tuning_keeps_frozen_layers_to_the_bit(folder: Path) -> None:
    """Shape, activation and preparation are the source's; only the upper layers move."""
    source = open_model(folder / "source.npz")
    subject, record, _ = model(
        folder, "--from", "source.npz", "--freeze", "1", "--epochs", "3", "--seed", "5"
    )
    before, after = (one.estimator["model"].coefs_ for one in (source, subject))
    np.testing.assert_array_equal(before[0], after[0])
    assert not np.array_equal(before[1], after[1])
    assert record.source_sha256 == source.sha256
    assert record.settings["hidden"] == "8,4"


def test_fine_tuning_to_another_target(folder: Path) -> None:
    """The output layer is new where the classes are others; a number can be learnt from a classifier's layers."""
    subject, _, _ = model(folder, "--from", "source.npz", "--epochs", "3", target="z")
    assert subject.regression


def test_pretraining_is_a_setting(folder: Path) -> None:
    """So that shadows of the model do it too."""
    subject, record, _ = model(folder, "--pretrain", "2", "--epochs", "3")
    assert subject.estimator["model"].pretrain_epochs == 2
    assert record.settings["pretrain_epochs"] == "2"


@pytest.mark.parametrize("name", ["one.npz", "one.skops"])
def test_the_two_formats_audit_alike(folder: Path, tmp_path: Path, name: str) -> None:
    """The model's own split is found again from either file."""
    model(folder, "--epochs", "3", "--sensitive", "sex", "--favourable", "yes", name=name)
    words = ("--model", str(folder / name), "--data", str(folder / "d.csv"), "--only", "bias")
    run("audit", *words, "-o", str(tmp_path), "-f", "json")
    report = json.loads((tmp_path / "report.json").read_text())
    assert "own split" in json.dumps(report)


def test_the_same_seed_gives_the_same_npz_model(folder: Path) -> None:
    """All of it but clock and energy."""
    first, _, _ = model(folder, "--epochs", "3")
    second, _, _ = model(folder, "--epochs", "3")
    np.testing.assert_array_equal(first.estimator["model"].parameters_, second.estimator["model"].parameters_)


def test_the_bar_tells_epochs_and_loss(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a terminal there is a bar with the loss; in a pipe there is nothing."""
    import contextlib

    heard: list[Any] = []

    @contextlib.contextmanager
    def bar() -> Any:
        yield lambda _: None, heard.append

    monkeypatch.setattr("riskaudit.cli.learning.training_bar", bar)
    model(folder, "--epochs", "4")
    assert [(one.done, one.of) for one in heard] == [(1, 4), (2, 4), (3, 4), (4, 4)]
    assert all(np.isfinite(one.loss) for one in heard)


def test_a_terminal_sees_the_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    """Loss and time left are drawn, and cleared at the end."""
    from riskaudit.cli.learning import training_bar
    from riskaudit.training.watching import Epoch

    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    screen = Terminal()
    monkeypatch.setattr("sys.stderr", screen)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    with training_bar() as (tell, epoch):
        tell("training")
        epoch(Epoch(3, 10, 0.125))
    assert "loss 0.125" in screen.getvalue()


def test_list_learners_tells_settings_and_ranges() -> None:
    """As text and as JSON."""
    out = run("list", "learners")[1]
    assert "hidden" in out
    assert "whole numbers from 1 with commas (64,32), or none" in out
    learners = {one["name"]: one for one in json.loads(run("list", "learners", "--json")[1])}
    settings = {one["name"]: one["range"] for one in learners["perceptron"]["settings"]}
    assert settings["learning_rate"] == "a number above 0"


def test_help_names_every_flag() -> None:
    """`riskaudit train --help`."""
    out = run("train", "--help")[1]
    for flag in ("--hidden", "--early-stopping", "--dp-epsilon", "--client-column", "--from", "--export"):
        assert flag in out
