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

from riskaudit.audits.compute.training import curve
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
        *("--hidden", "6,3", "--activation", "relu", "--optimizer", "sgd", "--learning-rate", "1e-2"),
        *("--momentum", "0.5", "--schedule", "exponential", "--decay", "0.9", "--l1", "1e-5", "--l2", "1e-4"),
        *("--epochs", "7", "--batch-size", "32", "--dropout", "0.1", "--early-stopping"),
    )
    settings = subject.estimator["model"].get_params()
    expected = {
        "hidden": (6, 3), "activation": "relu", "optimizer": "sgd", "learning_rate": 1e-2, "momentum": 0.5,
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
        (("--momentum", "1"), "from 0 to below 1"),
        (("--schedule", "linear"), "constant, exponential, step or cosine"),
        (("--decay", "2"), "a number above 0 to 1"),
        (("--l1", "-1"), "a number from 0"),
        (("--l2", "nan"), "a number from 0"),
        (("--epochs", "0"), "a whole number from 1"),
        (("--batch-size", "1.5"), "a whole number"),
        (("--dropout", "1"), "from 0 to below 1"),
        (("--epochs", "3", "--param", "epochs=4"), "not both"),
        (("--dp-epsilon", "0"), "a number above 0"),
        (("--dp-epsilon", "1", "--dp-delta", "1"), "a number above 0 to below 1"),
        (("--dp-epsilon", "inf"), "a number above 0, and finite"),
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
        (("--from", "source.npz", "--freeze", "9"), "a whole number from 0 to 2"),
        (("--from", "source.npz", "--activation", "relu"), "activation"),
        (("--from", "source.npz", "--features", "a,b"), "other columns: 'sex'"),
        (("--pretrain", "0"), "a whole number from 1"),
        (("--learning-rate", "1e10"), "a number above 0 to 100"),
        (("--teacher", "source.npz", "--alpha", "2"), "a number from 0 to 1"),
        (("--alpha", "0.3"), "give --teacher too"),
        (("--client-column", "hosp", "--local-epochs", "0"), "a whole number from 1"),
        (("--client-column", "hosp", "--client-share", "0"), "a number above 0 to 1"),
        (("--local-epochs", "2"), "give --client-column too"),
        (("--export", "m.txt"), "is no .onnx file"),
        (("--seed", "4294967296"), "less than or equal to 4294967295"),
        (("--hidden", "1000000,1000000"), "does not fit into memory"),
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
        ("text", "y", ("--export", "m.onnx"), "no words for a model of texts"),
        ("random-forest", "y", ("--dp-epsilon", "1"), "it does with: perceptron"),
        ("random-forest", "y", ("--from", "source.npz"), "it does with: perceptron"),
        ("random-forest", "y", ("--pretrain", "2"), "it does with: perceptron"),
        ("random-forest", "y", ("--client-column", "hosp"), "it does with: perceptron"),
        ("random-forest", "y", ("--teacher", "source.npz"), "it does with: perceptron"),
        ("linear", "z", ("--reweigh", "sex"), "needs a target with classes"),
        ("linear", "z", ("--teacher", "source.npz"), "the teacher predicts classes"),
        ("perceptron", "sex", ("--teacher", "source.npz", "--features", "a,b"), "the teacher knows no, yes"),
        ("logistic", "y", ("--save-curve", "c.csv"), "by an exact solver"),
        ("logistic", "y", ("--param", "solver=newton", "--param", "l1_ratio=1"), "--> --param"),
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
    shown = exhibits["compute.learning_curve"]
    assert (shown["kind"], shown["metered"]) == ("curve", False)
    assert shown["columns"]["x"] == [1, 2, 3, 4] * 2
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
    assert [shown.axes["x"] for shown in curve(record)] == ["round"]


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
        folder,
        *("--teacher", "teacher.skops", "--temperature", "3", "--alpha", "0.3", *more),
        learner=learner,
    )
    assert record.teacher_sha256 == teacher.sha256
    assert "temperature 3, the teacher's weight 0.3" in record.recipe
    assert student.classes == ("no", "yes")


def test_a_regressor_is_distilled(folder: Path) -> None:
    """Values teach where there are no classes; there is nothing to soften, and no temperature is told."""
    model(folder, "--param", "n_estimators=5", name="values.skops", learner="random-forest", target="z")
    _, record, _ = model(folder, "--teacher", "values.skops", learner="linear", target="z")
    assert record.teacher_sha256
    assert "temperature" not in record.recipe
    code, _, err = train(
        *(folder, "-o", "never.npz", "--teacher", "values.skops", "--temperature", "3"),
        learner="linear",
        target="z",
    )
    assert code == 2
    assert "--> --temperature\n" in err


def test_fine_tuning_keeps_frozen_layers_to_the_bit(folder: Path) -> None:
    """Shape, activation and preparation are the source's; only the upper layers move."""
    source = open_model(folder / "source.npz")
    subject, record, _ = model(folder, "--from", "source.npz", "--freeze", "1", "--epochs", "3")
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
    assert settings["learning_rate"] == "a number above 0 to 100"


def test_help_names_every_flag() -> None:
    """`riskaudit train --help`."""
    out = run("train", "--help")[1]
    for flag in ("--hidden", "--early-stopping", "--dp-epsilon", "--client-column", "--from", "--export"):
        assert flag in out


@pytest.mark.parametrize(
    ("words", "flag"),
    [
        (("--epochs", "0"), "--epochs"),
        (("--param", "epochs=0"), "--param"),
        (("--learning-rate", "1e10"), "--learning-rate"),
        (("--from", "source.npz", "--freeze", "9"), "--freeze"),
        (("--dp-epsilon", "1e-7"), "--dp-epsilon"),
        (("--client-column", "hosp", "--early-stopping"), "--early-stopping"),
        (("--client-column", "hosp", "--epochs", "9"), "--epochs"),
        (("--client-column", "gaps"), "--client-column"),
        (("--client-column", "one"), "--client-column"),
        (("--pretrain", "2", "--hidden", "none"), "--pretrain"),
        (("--reweigh", "one"), "--reweigh"),
        (("--early-stopping", "--param", "validation_fraction=0.0001"), "--early-stopping"),
        (("--reweigh", "rare"), "--reweigh"),
        (("--optimizer", "sgd", "--learning-rate", "90", "--hidden", "64,64"), "--learning-rate"),
    ],
)
def test_a_setting_that_cannot_work_is_told_at_its_flag(
    folder: Path, words: tuple[str, ...], flag: str
) -> None:
    """Exit 2, one error of a few lines, nothing written."""
    lines = (folder / "d.csv").read_text().splitlines()
    more = ["gaps,one,rare", *(f"{'' if at == 7 else 'h'},h,{'x' if at == 7 else 'y'}" for at in range(300))]
    wide = folder / "wide.csv"
    wide.write_text("\n".join(f"{a},{b}" for a, b in zip(lines, more, strict=True)) + "\n")
    said = [str(folder / word) if word.endswith(".npz") else word for word in words]
    code, out, err = run(
        *("train", str(folder / ("d.csv" if "--from" in words else "wide.csv")), "--target", "y"),
        *("--learner", "perceptron", "--features", "a,b,sex", "-o", str(folder / "never.npz"), *said),
    )
    assert (code, out) == (2, ""), err
    assert f"--> {flag}\n" in err
    assert err.count("error:") == 1
    assert len(err) < 300
    assert not (folder / "never.npz").exists()


@pytest.mark.parametrize("learner", ["logistic", "linear"])
def test_clients_of_a_linear_model_are_told_the_way(folder: Path, learner: str) -> None:
    """A perceptron without hidden layers is the same model."""
    target = "y" if learner == "logistic" else "z"
    code, _, err = train(folder, "-o", "never.npz", "--client-column", "hosp", learner=learner, target=target)
    assert code == 2
    assert "--learner perceptron --hidden none" in err


def test_clients_walk_epochs_of_their_own(folder: Path) -> None:
    """Local epochs and the share of clients reach the model and the record."""
    plain, _, _ = model(folder, "--client-column", "hosp", "--rounds", "3", name="fed1.npz")
    words = ("--local-epochs", "2", "--client-share", "0.5")
    other, record, _ = model(folder, "--client-column", "hosp", "--rounds", "3", *words, name="fed2.npz")
    assert "2 epochs each" in record.recipe
    assert "50% of the clients" in record.recipe
    assert not np.array_equal(plain.estimator["model"].parameters_, other.estimator["model"].parameters_)


@pytest.fixture(scope="module")
def noise(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A table of pure noise, and a large perceptron that knows its members by heart."""
    place = tmp_path_factory.mktemp("noise")
    rng = np.random.default_rng(0)
    rows = [
        ",".join([*(f"{x:.4f}" for x in rng.normal(size=12)), rng.choice(["no", "yes"]), f"p{at // 2}"])
        for at in range(400)
    ]
    header = ",".join([*(f"x{k}" for k in range(12)), "y", "person"])
    (place / "d.csv").write_text("\n".join([header, *rows]) + "\n")
    assert noisy(place, "-o", "source.npz", "--epochs", "200")[0] == 0
    return place


def noisy(place: Path, *words: str, table: str = "d.csv") -> tuple[int, str, str]:
    """A wide perceptron on the noise."""
    said = [str(place / word) if word.endswith(".npz") else word for word in words]
    return run(
        *("train", str(place / table), "--target", "y", "--drop", "person", "--learner", "perceptron"),
        *("--hidden", "128", "--param", "patience=none", *said),
    )


@pytest.mark.parametrize("flag", ["--from", "--teacher"])
@pytest.mark.parametrize("other", [("--seed", "1"), ("--test-share", "0.5"), ("--group-column", "person")])
def test_rows_that_trained_the_source_are_not_held_out(
    noise: Path, flag: str, other: tuple[str, str]
) -> None:
    """On pure noise they would tell of an accuracy far above one half; the hint is the source's own split."""
    code, _, err = noisy(noise, "-o", "never.npz", flag, "source.npz", *other)
    assert code == 2
    assert "--seed 0 --test-share 0.3" in err
    assert f"--> {flag}\n" in err
    assert not (noise / "never.npz").exists()


@pytest.mark.parametrize("flag", ["--from", "--teacher"])
def test_the_sources_own_split_is_honest(noise: Path, flag: str) -> None:
    """Noise is told as noise, without a caution."""
    code, out, err = noisy(noise, "-o", "tuned.npz", flag, "source.npz", "--epochs", "3")
    assert (code, err) == (0, "")
    accuracy = float(out.split("accuracy ")[1].split(",")[0])
    assert 0.35 < accuracy < 0.65


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--group-column", "person"), "not whole groups of 'person'"),
        (("--from", "source.npz"), "rows that may have trained source.npz"),
        ((), ""),
    ],
)
def test_what_early_stopping_watched_is_told(noise: Path, words: tuple[str, ...], told: str) -> None:
    """Persons on both sides of its split, or rows the source has learnt: it may stop too late, and says so."""
    code, _, err = noisy(noise, "-o", "watched.npz", "--epochs", "2", "--early-stopping", *words)
    assert code == 0
    assert told in err
    assert bool(err) == bool(told)


def test_another_table_is_told_of(noise: Path) -> None:
    """On the screen and in the record: whether its rows trained the source is not known."""
    (noise / "other.csv").write_text((noise / "d.csv").read_text() + "\n")
    code, _, err = noisy(noise, "-o", "other.npz", "--from", "source.npz", "--epochs", "2", table="other.csv")
    assert code == 0
    assert "warning: source.npz was trained on another table (d.csv)" in err
    record = open_model(noise / "other.npz").training
    assert record is not None
    assert "may be too good" in record.cautions[0]
    said = ("--model", str(noise / "other.npz"), "--data", str(noise / "other.csv"), "--only", "compute")
    run("audit", *said, "-o", str(noise / "out"), "-f", "json")
    report = (noise / "out" / "report.json").read_text()
    assert "may be too good" in report
    assert "started from the layers of source.npz" in report


def test_a_caution_is_handed_on(noise: Path) -> None:
    """A model that starts from one of doubtful rows is of doubtful rows too."""
    if not (noise / "other.npz").exists():
        test_another_table_is_told_of(noise)
    _, _, err = noisy(noise, "-o", "third.npz", "--from", "other.npz", "--epochs", "2", table="other.csv")
    assert "source.npz was trained on another table" in err


def test_another_target_keeps_the_sources_split(folder: Path) -> None:
    """The same rows are held out, and an audit finds them again."""
    from riskaudit.datasets.splits import mask_sha256
    from riskaudit.loading import training_data
    from riskaudit.request import Request
    from riskaudit.training.fit import members_of

    source = open_model(folder / "source.npz").training
    _, record, _ = model(folder, "--from", "source.npz", "--epochs", "2", name="z.npz", target="z")
    assert source is not None
    assert source.split is not None
    assert record.split is not None
    assert (record.split.sha256, record.split.labels) == (source.split.sha256, "y")
    data = training_data(Request(data=str(folder / "d.csv"), target="z", learner="linear"))
    mask = members_of(record, data)
    assert mask is not None
    assert mask_sha256(mask) == source.split.sha256


def test_a_private_sources_promise_does_not_carry_over(folder: Path) -> None:
    """It is said on the screen."""
    model(folder, "--dp-epsilon", "3", "--epochs", "3", name="promise.npz")
    code, _, err = train(folder, "-o", "m.npz", "--from", "promise.npz", "--epochs", "2")
    assert code == 0
    assert "does not carry over" in err


def test_the_origin_of_layers_is_told(folder: Path) -> None:
    """In the record and on the screen."""
    _, record, out = model(folder, "--from", "source.npz", "--freeze", "1", "--epochs", "2")
    assert record.layers[0] == "layer 1 (4, 8): copied, frozen"
    assert record.layers[0] in out


@pytest.mark.parametrize("more", [(), ("--batch-size", "all")])
def test_a_training_that_went_astray_is_told_of(folder: Path, more: tuple[str, ...]) -> None:
    """The last loss above the first, or far above guessing: a warning on the screen and in the record."""
    words = ("--learning-rate", "100", "--epochs", "12", "--param", "patience=none", *more)
    code, _, err = train(folder, "-o", "astray.npz", *words)
    assert code == 0
    assert "warning: the loss of the last epoch" in err
    record = open_model(folder / "astray.npz").training
    assert record is not None
    assert (record.loss_curve[-1] > record.loss_curve[0]) == bool(more)
    assert "gone astray" in record.cautions[0]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("-o", "d.npz"), "-o would write over"),
        (("-o", "link.npz"), "-o would write over"),
        (("-o", "hard.npz"), "-o would write over"),
        (("-o", "new.npz", "--save-curve", "link.csv"), "--save-curve would write over"),
        (("-o", "source.npz", "--from", "source.npz"), "(--from)"),
        (("-o", "source.npz", "--teacher", "source.npz"), "(--teacher)"),
        (("-o", "x.npz", "--export", "x-link.onnx"), "--export would write over"),
        (("-o", "model.pkl"), ".skops or .npz"),
        (("-o", "new.npz", "--save-curve", "c.npz"), "no .csv file"),
        (("-o", "folder.npz"), "is a folder"),
    ],
)
def test_nothing_that_is_read_or_written_is_written_over(
    folder: Path, tmp_path: Path, words: tuple[str, ...], told: str
) -> None:
    """By any name, links included; refused before any work, and every file is as it was."""
    table = tmp_path / "d.npz"  # a table by another name
    table.write_bytes((folder / "d.csv").read_bytes())
    (tmp_path / "source.npz").write_bytes((folder / "source.npz").read_bytes())
    (tmp_path / "link.npz").symlink_to(table)
    (tmp_path / "link.csv").symlink_to(table)
    (tmp_path / "hard.npz").hardlink_to(table)
    (tmp_path / "x-link.onnx").symlink_to(tmp_path / "x.npz")
    (tmp_path / "folder.npz").mkdir()
    before = {path: path.read_bytes() for path in tmp_path.iterdir() if path.is_file()}
    said = [str(tmp_path / word) if "." in word else word for word in words]
    code, _, err = run("train", str(table), "--target", "y", "--learner", "perceptron", *said)
    assert code == 2, err
    assert told in err
    assert {path: path.read_bytes() for path in tmp_path.iterdir() if path.is_file()} == before


def test_a_column_too_large_to_be_scaled_is_named(tmp_path: Path) -> None:
    """Not told as NaN, which it does not hold."""
    lines = [f"{age}e300,{age % 7},{'yes' if age % 3 else 'no'}" for age in range(20, 80)]
    (tmp_path / "d.csv").write_text("\n".join(["age,b,y", *lines]) + "\n")
    for learner in ("perceptron", "boosting"):
        code, _, err = run(
            *("train", str(tmp_path / "d.csv"), "--target", "y", "--learner", learner),
            *("-o", str(tmp_path / "m.skops")),
        )
        assert code == 4
        assert "column 'age' holds numbers up to 7.9e+301" in err


@pytest.mark.parametrize(
    ("texts", "code", "told"),
    [
        ([f"w{at}a w{at}b w{at}c w{at}d" for at in range(40)], 2, "--param min_count=1"),
        (["🙂 🙂 🙃"] * 40, 4, "letters and digits"),
    ],
)
def test_texts_without_words_to_learn(tmp_path: Path, texts: list[str], code: int, told: str) -> None:
    """None twice: a setting. None at all: the table."""
    lines = [f"{text},{'yes' if at % 2 else 'no'}" for at, text in enumerate(texts)]
    (tmp_path / "d.csv").write_text("\n".join(["note,mood", *lines]) + "\n")
    ended, _, err = run(
        *(
            "train",
            str(tmp_path / "d.csv"),
            "--target",
            "mood",
            "--learner",
            "text",
            "--param",
            "column=note",
        ),
        *("-o", str(tmp_path / "m.npz")),
    )
    assert ended == code, err
    assert told in err


@pytest.mark.parametrize("unit", ["e200", "e-200"])
def test_a_target_that_cannot_be_squared_is_named(tmp_path: Path, unit: str) -> None:
    """Before anything is trained or written."""
    rows = "".join(f"{at % 7},{at % 5}.5{unit}\n" for at in range(60))
    (tmp_path / "t.csv").write_text("a,z\n" + rows)
    out = tmp_path / "never.npz"
    code, _, err = run(
        *("train", str(tmp_path / "t.csv"), "--target", "z", "--learner", "linear", "-o", str(out)),
        *("--task", "regression"),
    )
    assert code == 4
    assert "--> --target\n" in err
    assert not out.exists()


def test_a_class_of_one_row_is_named(tmp_path: Path) -> None:
    """In words of our own."""
    lines = [f"{at},{'yes' if at % 2 else 'no'}" for at in range(40)]
    (tmp_path / "d.csv").write_text("\n".join(["a,y", *lines, "3,maybe"]) + "\n")
    code, _, err = run(
        *("train", str(tmp_path / "d.csv"), "--target", "y", "--learner", "logistic"),
        *("-o", str(tmp_path / "m.npz")),
    )
    assert code == 4
    assert "class 'maybe' of the target has one row" in err


def test_the_quality_of_a_regressor(folder: Path) -> None:
    """MAE, RMSE and R2, none below what it can be."""
    out = model(folder, name="line.npz", learner="linear", target="z")[2]
    assert "root mean square error" in out
    assert "r2" in out


def test_a_constant_held_out_target_has_no_r2(tmp_path: Path) -> None:
    """Not assessed, with the reason; no division by zero."""
    (tmp_path / "d.csv").write_text(
        "\n".join(["a,y", *(f"{at},{1.5 + (at < 2)}" for at in range(60))]) + "\n"
    )
    code, out, err = run(
        *("train", str(tmp_path / "d.csv"), "--target", "y", "--learner", "linear"),
        *("--task", "regression", "-o", str(tmp_path / "m.npz")),
    )
    assert code == 0, err
    assert "no variation to explain" in out


@pytest.mark.parametrize(
    ("learner", "words", "told"),
    [
        ("logistic", ("--param", "max_iter=1"), "the solver stopped before it was done: solver 'newton'"),
        ("sklearn-logistic", ("--param", "max_iter=1"), "the solver stopped before it was done: lbfgs"),
        ("logistic", ("--epochs", "5"), "epochs was given and has no say: solver is auto"),
        (
            "logistic",
            ("--param", "solver=adam", "--param", "max_iter=9"),
            "max_iter was given and has no say",
        ),
        ("perceptron", ("--momentum", "0.5"), "momentum was given and has no say: optimizer is adam"),
        ("perceptron", ("--decay", "0.5"), "decay was given and has no say: schedule is constant"),
        ("perceptron", ("--param", "validation-fraction=0.2"), "early_stopping is false"),
        ("perceptron", ("--schedule", "step", "--decay", "0.5", "--param", "decay_every=2"), ""),
        ("perceptron", ("--optimizer", "sgd", "--momentum", "0.5"), ""),
        ("logistic", ("--dp-epsilon", "9", "--epochs", "2"), ""),
    ],
)
def test_what_was_asked_for_and_not_done_is_told(
    folder: Path, learner: str, words: tuple[str, ...], told: str
) -> None:
    """A solver that did not arrive, a setting without effect: on the screen and in the record."""
    code, _, err = train(folder, "-o", "told.skops", *words, learner=learner)
    record = open_model(folder / "told.skops").training
    assert (code, bool(err)) == (0, bool(told)), err
    assert record is not None
    assert len(record.cautions) == bool(told)
    assert told in err
    assert told in " ".join(record.cautions)


def test_the_bar_of_a_private_training_tells_no_loss(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its losses are nobody's to know, and a NaN is no news."""
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
        epoch(Epoch(3, 10, float("nan")))
    assert "nan" not in screen.getvalue()


@pytest.mark.parametrize(
    ("words", "plain"),
    [(("--reweigh", "hosp"), True), (("--teacher", "source.npz"), True), (("--pretrain", "1"), False)],
)
def test_an_audit_says_what_its_refits_are(
    folder: Path, tmp_path: Path, words: tuple[str, ...], plain: bool
) -> None:
    """Reference models do not repeat weights, teachers, clients or sources; what is a setting they do repeat."""
    model(folder, "--epochs", "3", "--favourable", "yes", *words, name="recipe.npz")
    said = ("--model", str(folder / "recipe.npz"), "--data", str(folder / "d.csv"), "--only", "privacy")
    run("audit", *said, "--effort", "quick", "-o", str(tmp_path), "-f", "json")
    report = json.loads((tmp_path / "report.json").read_text())
    notes = [
        one["note"]
        for result in report["results"]
        for one in result["measures"]
        if one["name"] == "privacy.membership_auc" and one["where"]["attack"] == "reference"
    ]
    assert len(notes) == 1
    assert ("they stand for the plain learner" in notes[0]) == plain
