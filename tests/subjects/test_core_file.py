"""Core files: the same predictions to the last bit, by riskaudit and by NumPy alone; hostile files refused."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import zipfile
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from riskaudit.datasets.dataset import Dataset
from riskaudit.errors import InputError, RefusedError
from riskaudit.subjects import numpy_reader
from riskaudit.subjects.core_archive import pack, unpack
from riskaudit.subjects.core_file import core_bytes, described, load_core, save_core
from riskaudit.subjects.opening import open_model
from riskaudit.training.fit import Trained, fit

SAMPLES = Path(__file__).parents[1] / "samples"
FEATURES = ("town", "age", "since", "income", "sex", "owner")
MODELS = [
    ("repaid", "logistic", {}),
    ("band", "logistic", {}),
    ("repaid", "perceptron", {"epochs": "3", "hidden": "8,4", "activation": "tanh"}),
    ("band", "perceptron", {"epochs": "3", "early_stopping": "true", "dtype": "float64"}),
    ("amount", "perceptron", {"epochs": "3", "hidden": "none"}),
    ("amount", "linear", {"l2": "0.5"}),
    (
        "repaid",
        "text",
        {"epochs": "3", "embedding": "6", "vocabulary": "20", "max_tokens": "5", "min_count": "1"},
    ),
    ("band", "text", {"epochs": "2", "hidden": "none", "dtype": "float64"}),
]


def table(n: int = 500) -> pd.DataFrame:
    """Every kind of column, gaps in some, a vocabulary too long for columns of its own; three targets."""
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "age": rng.normal(40, 10, n),
            "income": rng.lognormal(10, 1, n),
            "sex": rng.choice(["f", "m"], n),
            "town": [f"t{k}" for k in np.minimum(rng.geometric(0.03, n), 90)],
            "since": pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.integers(0, 900, n), unit="D"),
            "owner": rng.choice([True, False], n),
        }
    )
    frame["amount"] = frame.age * 2 + rng.normal(0, 1, n)
    frame["band"] = np.digitize(frame.age, [35, 45])
    frame["repaid"] = np.where(frame.age + 10 * (frame.sex == "f") + rng.normal(0, 5, n) > 42, "yes", "no")
    said = ["paid back", "late again", "don\u2019t know", "NEW_customer, of 2024", "\u00fcber alles gut"]
    frame["story"] = [" ".join(rng.choice(said, 3)) for _ in range(n)]
    frame.loc[::13, "story"] = None
    frame.loc[::7, "income"] = np.nan
    frame.loc[::11, "sex"] = None
    frame["since"] = frame["since"].dt.strftime("%Y-%m-%d")
    return frame


FRAME = table()
UNSEEN = FRAME.head(40).assign(
    town="elsewhere", sex="x", income=np.nan, age=np.nan, story="all new words, but paid"
)


def columns(learner: str) -> tuple[str, ...]:
    return ("story",) if learner == "text" else FEATURES


@cache
def fitted(target: str, learner: str, settings: tuple[tuple[str, str], ...]) -> Trained:
    task = {"amount": "regression", "band": "multiclass", "repaid": "binary"}[target]
    classes = () if task == "regression" else tuple(sorted(map(str, set(FRAME[target]))))
    data = Dataset(
        name="t", frame=FRAME, target=target, task=task, features=columns(learner), classes=classes
    )  # type: ignore[arg-type]
    return fit(data, learner=learner, settings=dict(settings), seed=3)


def trained(
    target: str = "repaid", learner: str = "logistic", settings: dict[str, str] | None = None
) -> Trained:
    return fitted(target, learner, tuple((settings or {}).items()))


def parts() -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """A good file's header and arrays, to be spoilt."""
    one = trained()
    header, arrays = described(one.subject.estimator, one.record)
    return json.loads(header.model_dump_json()), arrays


def packed(folder: Path, header: Any, arrays: dict[str, np.ndarray]) -> Path:
    path = folder / "m.npz"
    path.write_bytes(pack(json.dumps(header), arrays))
    return path


@pytest.mark.parametrize(("target", "learner", "settings"), MODELS)
def test_it_comes_back_to_the_last_bit(tmp_path: Path, target: str, learner: str, settings: Any) -> None:
    """Predictions, record and hash, on rows it knows and on rows of gaps and unseen words."""
    one = trained(target, learner, settings)
    digest = save_core(tmp_path / "m.npz", one.subject.estimator, one.record)
    again = open_model(tmp_path / "m.npz")
    assert (again.training, again.sha256, again.classes) == (one.record, digest, one.subject.classes)
    for frame in (FRAME, UNSEEN):
        np.testing.assert_array_equal(again.predict_scores(frame), one.subject.predict_scores(frame))
        np.testing.assert_array_equal(
            again.estimator.predict(frame[list(columns(learner))]),
            one.subject.estimator.predict(frame[list(columns(learner))]),
        )
    assert core_bytes(again.estimator, again.training) == (tmp_path / "m.npz").read_bytes()


@pytest.mark.parametrize(("target", "learner", "settings"), MODELS)
def test_numpy_alone_gives_the_same(tmp_path: Path, target: str, learner: str, settings: Any) -> None:
    """The reader beside the format, from columns as lists."""
    one = trained(target, learner, settings)
    save_core(tmp_path / "m.npz", one.subject.estimator, one.record)
    model = numpy_reader.read(str(tmp_path / "m.npz"))
    for frame in (FRAME, UNSEEN):
        told = numpy_reader.predict(model, {name: frame[name].to_list() for name in columns(learner)})
        np.testing.assert_allclose(told, one.subject.predict_scores(frame), rtol=1e-12, atol=1e-12)


def test_a_retrained_shadow_of_a_loaded_model_is_that_of_the_model(tmp_path: Path) -> None:
    """Settings and seed come back too: the privacy audit makes the same shadows."""
    one = trained("repaid", "perceptron", {"epochs": "3", "l1": "0.001", "batch_size": "none"})
    save_core(tmp_path / "m.npz", one.subject.estimator, one.record)
    shadows = [
        m.retrained(FRAME, FRAME["repaid"].to_numpy(), seed=5)
        for m in (one.subject, load_core(tmp_path / "m.npz"))
    ]
    np.testing.assert_array_equal(*(shadow.predict_scores(FRAME) for shadow in shadows))


def test_it_loads_in_a_python_with_numpy_only() -> None:
    """The reader by itself, in a process that has neither riskaudit, pandas nor scikit-learn."""
    code = f"""
import json, sys
sys.path.insert(0, {str(Path(numpy_reader.__file__).parent)!r})
import numpy_reader, numpy
told = json.load(open({str(SAMPLES / "core-v1.json")!r}))
model = numpy_reader.read({str(SAMPLES / "core-v1.npz")!r})
expected = numpy.array(told.pop("expected"))
numpy.testing.assert_allclose(numpy_reader.predict(model, told), expected, rtol=1e-9)
prepared = numpy_reader.prepare(model, told)
numpy.testing.assert_allclose(numpy_reader.forward(model, prepared), expected, rtol=1e-9)
heavy = {{"sklearn", "pandas", "scipy", "skops", "riskaudit", "pydantic"}} & set(sys.modules)
assert not heavy, heavy
"""
    done = subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("name", ["core-v1.npz", "model.skops"])
def test_committed_samples_of_each_format_keep_loading(name: str) -> None:
    """Files of the first release, with the predictions they gave then."""
    told = json.loads((SAMPLES / name).with_suffix(".json").read_text())
    expected = np.array(told.pop("expected"))
    subject = open_model(SAMPLES / name)
    assert subject.training is not None
    np.testing.assert_allclose(subject.predict_scores(pd.DataFrame(told)), expected, rtol=1e-9)


def test_the_header_tells_of_the_preparation() -> None:
    """Medians, means, scales and vocabularies, by column."""
    header, _ = parts()
    groups = {group["kind"]: group for group in header["prepare"]}
    assert groups["number"]["columns"] == ["age", "income"]
    assert groups["number"]["fill"][1] == FRAME.income.median()
    assert groups["number"]["gaps"] == [1]
    assert groups["boolean"]["columns"] == ["owner"]
    town, sex = groups["category"]["columns"]
    assert (len(town["values"]), sex["values"]) == (49, ["(missing)", "f", "m"])
    assert set(town["values"]) | set(town["rest"]) == set(FRAME.town)


def test_numpy_opens_it_without_pickle(tmp_path: Path) -> None:
    """It is a plain .npz."""
    one = trained()
    save_core(tmp_path / "m.npz", one.subject.estimator, one.record)
    with np.load(tmp_path / "m.npz", allow_pickle=False) as archive:
        assert archive.files == ["header", "weights.0", "biases.0"]


def test_other_models_are_refused_by_name(tmp_path: Path) -> None:
    """A forest is no core model."""
    one = trained("repaid", "random-forest", {"n_estimators": "2"})
    with pytest.raises(InputError, match="RandomForestClassifier is no model of the NumPy core"):
        save_core(tmp_path / "m.npz", one.subject.estimator, one.record)
    with pytest.raises(InputError, match="only a model that riskaudit trained"):
        save_core(tmp_path / "m.npz", one.subject.estimator["model"], one.record)
    assert not list(tmp_path.iterdir())


def test_every_truncation_is_one_error(tmp_path: Path) -> None:
    """Cut anywhere: an InputError, never another."""
    raw = core_bytes(trained().subject.estimator, None)
    path = tmp_path / "m.npz"
    for end in [*range(64), *range(64, len(raw), 97), len(raw) - 1]:
        path.write_bytes(raw[:end])
        with pytest.raises(InputError):
            open_model(path)


def test_flipped_bytes_never_crash_the_loader(tmp_path: Path) -> None:
    """A byte changed anywhere: refused, or read as a model whose numbers are finite."""
    raw = core_bytes(trained().subject.estimator, None)
    rng, path = np.random.default_rng(0), tmp_path / "m.npz"
    for at in rng.choice(len(raw), 60, replace=False):
        spoilt = bytearray(raw)
        spoilt[at] ^= 1 << rng.integers(8)
        path.write_bytes(bytes(spoilt))
        try:
            subject = open_model(path)
        except InputError:
            continue
        assert np.isfinite(subject.predict_scores(FRAME)).all()


def test_python_objects_are_refused_unopened(tmp_path: Path) -> None:
    """An object array is a pickle; it is never unpickled."""

    class Bomb:
        def __reduce__(self) -> Any:
            return (Path.touch, (tmp_path / "fired",))

    header, arrays = parts()
    path = tmp_path / "m.npz"
    told = np.frombuffer(json.dumps(header).encode(), np.uint8)
    np.savez(path, header=told, **{**arrays, "weights.0": np.array([Bomb()], dtype=object)})
    assert zipfile.ZipFile(path).namelist()[0] == "header.npy"
    with pytest.raises(RefusedError, match="Python objects"):
        open_model(path)
    assert not (tmp_path / "fired").exists()


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("../evil.npy", "evil"),
        ("/etc/passwd.npy", "passwd"),
        ("weights.0.npy/../x.npy", "x.npy"),
        ("a\\b.npy", "which no core model does"),
        ("notes.txt", "notes.txt"),
        ("weights.0.npy", "one name twice"),
    ],
)
def test_strange_names_in_the_archive_are_refused(tmp_path: Path, name: str, words: str) -> None:
    """Paths, other files, and one name twice."""
    header, arrays = parts()
    path = packed(tmp_path, header, arrays)
    with zipfile.ZipFile(path, "a") as archive:
        import warnings

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # zipfile itself warns of a name that is there twice
            archive.writestr(name, b"x")
    with pytest.raises(RefusedError, match=words):
        open_model(path)


def test_compressed_members_are_refused(tmp_path: Path) -> None:
    """So nothing unpacks to more than the file is long."""
    path = tmp_path / "m.npz"
    np.savez_compressed(path, header=np.zeros(50_000_000, np.uint8))
    with pytest.raises(RefusedError, match="compressed"):
        open_model(path)


def npy(shape: str, descr: str = "<f8", *, data: bytes = b"", by_columns: bool = False) -> bytes:
    """A .npy with whatever header."""
    told = f"{{'descr': '{descr}', 'fortran_order': {by_columns}, 'shape': {shape}, }}\n".encode()
    return b"\x93NUMPY\x01\x00" + len(told).to_bytes(2, "little") + told + data


@pytest.mark.parametrize(
    "member",
    [
        npy("(2,)", data=b"\0" * 8),
        npy("(99999999999, 99999999999)", data=b"\0" * 8),
        npy("(-1, -8)", data=b"\0" * 64),
        npy("(1, 1, 1)", data=b"\0" * 8),
        npy("(1,)", "<f2", data=b"\0" * 2),
        npy("(1,)", "<c16", data=b"\0" * 16),
        npy("(1,)", "<U1", data=b"\0" * 4),
        npy("(2, 2)", data=b"\0" * 32, by_columns=True),
        npy("(" * 500 + ")" * 500),
        npy("__import__('os')"),
        b"\x93NUMPY\x09\x00",
        b"",
        b"junk",
    ],
)
def test_arrays_that_are_not_what_they_say_are_refused(tmp_path: Path, member: bytes) -> None:
    """Wrong lengths, types, orders and headers: one InputError."""
    header, arrays = parts()
    path = tmp_path / "m.npz"
    good = packed(tmp_path, header, {"biases.0": arrays["biases.0"]}).read_bytes()
    path.write_bytes(good)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("weights.0.npy", member)
    with pytest.raises(InputError, match=r"weights\.0"):
        open_model(path)


def spoil(header: dict[str, Any], place: str, value: Any) -> None:
    """Set `model.layers` or `prepare.0.scale.1` to another value."""
    *way, last = place.split(".")
    at: Any = header
    for step in way:
        at = at[int(step) if isinstance(at, list) else step]
    at[int(last) if isinstance(at, list) else last] = value


@pytest.mark.parametrize(
    ("place", "value", "words"),
    [
        ("version", 2, "version 2 of the format"),
        ("format", "other", "format"),
        ("surprise", 1, "surprise"),
        ("model.layers", 2, "2 layers, but these arrays"),
        ("model.layers", 10**9, "model.layers"),
        ("model.learner", "os.system", "none of the NumPy core"),
        ("model.learner", "perceptron", "no setting"),
        ("model.output", "identity", "does not fit"),
        ("model.output", "softmax", "the header speaks of 2"),
        ("model.classes", None, "needs classes"),
        ("model.classes.labels", ["no", "no"], "there twice"),
        ("model.classes.labels", [0, 1], "class labels"),
        ("model.classes.dtype", "O8,O8", "dtype"),
        ("model.settings", {"C": "-1"}, "C of learner"),
        ("model.settings", {"n_jobs": "4"}, "not a setting"),
        ("features", ["age"], "features"),
        ("prepare.0.scale.0", 0.0, "scale"),
        ("prepare.0.mean", [0.0], "other counts"),
        ("prepare.0.gaps", [7], "gaps name columns"),
        ("prepare.0.kind", "text", "prepare.0"),
        ("prepare.1.fill", [], "0 fills"),
        ("prepare.2.columns.0.rest", [], "does not follow|cannot be made"),
        ("prepare.2.columns.1.values", ["m", "f"], "out of order"),
        ("record.rows", "many", "record.rows"),
    ],
)
def test_a_header_that_contradicts_itself_is_refused(
    tmp_path: Path, place: str, value: Any, words: str
) -> None:
    """One InputError that names the field or the contradiction."""
    header, arrays = parts()
    spoil(header, place, value)
    with pytest.raises(InputError, match=words):
        open_model(packed(tmp_path, header, arrays))


@pytest.mark.parametrize(
    ("place", "value", "words"),
    [
        ("model.vectors", None, "texts need vectors"),
        ("model.vectors.words", ["paid"], "an embedding"),
        ("model.vectors.words.0", "again", "there twice"),
        ("model.vectors.max_tokens", 9, "settings of texts"),
        ("model.learner", "perceptron", "none of the NumPy core"),
        ("prepare.0.columns", ["story", "story"], "prepare.0"),
    ],
)
def test_vectors_that_do_not_fit_are_refused(tmp_path: Path, place: str, value: Any, words: str) -> None:
    """A text classifier's vocabulary, embedding and settings agree."""
    target, learner, settings = MODELS[-2]
    one = trained(target, learner, settings)  # type: ignore[arg-type]
    told, arrays = described(one.subject.estimator, None)
    header = json.loads(told.model_dump_json())
    spoil(header, place, value)
    with pytest.raises(InputError, match=words):
        open_model(packed(tmp_path, header, arrays))


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"a": ' * 5000, '{"format": NaN}', "\ud800"])
def test_a_header_that_is_no_header_is_refused(tmp_path: Path, text: str) -> None:
    """Broken JSON, depth, NaN, broken text."""
    raw = io.BytesIO()
    with zipfile.ZipFile(raw, "w") as archive:
        told = text.encode("utf-8", "surrogatepass")
        archive.writestr("header.npy", npy(f"({len(told)},)", "|u1", data=told))
    (tmp_path / "m.npz").write_bytes(raw.getvalue())
    with pytest.raises(InputError, match="cannot be read as a core model"):
        open_model(tmp_path / "m.npz")


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_weights_that_are_no_numbers_are_refused(tmp_path: Path, value: float) -> None:
    """NaN and infinity."""
    header, arrays = parts()
    arrays["weights.0"] = np.full_like(arrays["weights.0"], value)
    with pytest.raises(InputError, match="NaN or infinity"):
        open_model(packed(tmp_path, header, arrays))


def test_layers_that_do_not_follow_one_another_are_refused(tmp_path: Path) -> None:
    """A first layer of another width than the preparation gives."""
    header, arrays = parts()
    arrays["weights.0"] = arrays["weights.0"][:-1]
    with pytest.raises(InputError, match="does not follow"):
        open_model(packed(tmp_path, header, arrays))


def test_a_hundred_random_models_survive_the_round_trip() -> None:
    """pack and unpack are inverse for any finite arrays."""
    rng = np.random.default_rng(1)
    for _ in range(100):
        arrays = {
            f"weights.{k}": rng.normal(size=tuple(rng.integers(0, 5, 2))).astype(rng.choice(["f4", "f8"]))
            for k in range(rng.integers(1, 4))
        }
        text, again = unpack(pack("{}", arrays), name="m", flag="")
        assert text == b"{}"
        assert all(np.array_equal(again[k], arrays[k]) and again[k].dtype == arrays[k].dtype for k in arrays)
