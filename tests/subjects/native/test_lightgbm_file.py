"""LightGBM files: honest ones answer as LightGBM does, hostile ones never reach it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from native_helpers import refused, table

from riskaudit.errors import InputError
from riskaudit.subjects.opening import open_model

lightgbm = pytest.importorskip("lightgbm", reason="the extra lightgbm is not installed")
FRAME, OUTCOME = table(600)
THREE = np.asarray(FRAME.age // 20 - FRAME.age.min() // 20)
JOBS = FRAME.assign(job=np.random.default_rng(1).choice(list("abcdefghijkl"), len(FRAME)))


def honest() -> dict[str, tuple[Any, Any]]:
    """Unfitted models of every kind, and what they learn."""
    small: dict[str, Any] = {"n_estimators": 6, "verbose": -1, "n_jobs": 1}
    rest: dict[str, Any] = {"boosting_type": "rf", "bagging_freq": 1, "bagging_fraction": 0.5}
    return {
        "binary": (lightgbm.LGBMClassifier(**small), OUTCOME),
        "multi": (lightgbm.LGBMClassifier(**small), THREE),
        "forest": (lightgbm.LGBMClassifier(**rest, **small), OUTCOME),
        "stump": (lightgbm.LGBMClassifier(min_child_samples=599, **small), OUTCOME),
        "values": (lightgbm.LGBMRegressor(**small), FRAME.age * 2.5),
        "dart": (lightgbm.LGBMRegressor(boosting_type="dart", objective="poisson", **small), FRAME.age),
        "quantile": (lightgbm.LGBMRegressor(objective="quantile", **small), FRAME.age),
    }


@pytest.mark.parametrize("kind", list(honest()))
def test_an_honest_model_answers_as_lightgbm_does(kind: str, tmp_path: Path) -> None:
    """To the last digits, gaps included."""
    model, outcome = honest()[kind]
    model.fit(FRAME, outcome)
    path = tmp_path / "model.txt"
    model.booster_.save_model(path)
    subject = open_model(path)
    graded = hasattr(model, "predict_proba")
    expected = model.predict_proba(FRAME) if graded else model.predict(FRAME)
    assert np.allclose(subject.predict_scores(FRAME), expected, atol=1e-12, rtol=1e-12)
    assert (subject.predict_labels(FRAME) == model.predict(FRAME)).all()


def test_columns_of_words_have_the_codes_of_training(tmp_path: Path) -> None:
    """A model trained on categories takes the table as it is."""
    outcome = OUTCOME | JOBS.job.isin(["c", "k"]).to_numpy()
    trained = JOBS.assign(job=JOBS.job.astype("category"))
    small: dict[str, Any] = {"n_estimators": 8, "verbose": -1, "n_jobs": 1, "min_data_per_group": 5}
    model = lightgbm.LGBMClassifier(**small).fit(trained, outcome)
    path = tmp_path / "model.txt"
    model.booster_.save_model(path)
    assert "num_cat=1" in path.read_text()
    assert np.allclose(open_model(path).predict_scores(JOBS), model.predict_proba(trained))


@pytest.fixture(scope="module")
def text(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A model's text."""
    path = tmp_path_factory.mktemp("lgbm") / "model.txt"
    model = lightgbm.LGBMClassifier(n_estimators=3, num_leaves=6, verbose=-1, n_jobs=1).fit(FRAME, OUTCOME)
    model.booster_.save_model(path)
    return path.read_text()


def line(key: str, value: str) -> Any:
    """Replace the first line of a key."""
    return lambda text: re.sub(rf"(?m)^{key}=.*$", f"{key}={value}", text, count=1)


HOSTILE: dict[str, Any] = {
    "cycle": line("left_child", "0 0 0 0 0"),
    "circle": line("left_child", "1 0 -2 -1 -4"),
    "child beyond": line("left_child", "1 3 -2 -1 999999"),
    "leaf beyond": line("left_child", "1 3 -2 -1 -99999"),
    "feature beyond": line("split_feature", "0 0 0 0 99999"),
    "feature below": line("split_feature", "0 0 0 0 -1"),
    "short": line("threshold", "1 2 3"),
    "words": line("threshold", "a b c d e"),
    "nan": line("leaf_value", "nan nan nan nan nan nan"),
    "leaves": line("num_leaves", "2000000000"),
    "no leaves": line("num_leaves", "0"),
    "categories": line("num_cat", "2000000000"),
    "category": line("decision_type", "1 1 1 1 1"),
    "decision": line("decision_type", "99 2 2 2 2"),
    "features": line("max_feature_idx", "2000000000"),
    "classes": line("num_class", "2000000000"),
    "rounds": line("num_tree_per_iteration", "7"),
    "objective": line("objective", "custom"),
    "infos": line("feature_infos", "[0:1]"),
    "linear": line("is_linear", "1"),
    "turn": lambda text: text.replace("Tree=1", "Tree=9"),
    "no end": lambda text: text.replace("end of trees", ""),
    "double": lambda text: text.replace("num_leaves=6", "num_leaves=6\nnum_leaves=2000000000", 1),
    "huge number": line("num_leaves", "9" * 4000),
}


@pytest.mark.parametrize("harm", list(HOSTILE))
def test_a_hostile_model_is_refused(harm: str, text: str, tmp_path: Path) -> None:
    """Cycles, indices beyond, counts that lie: refused before LightGBM sees them."""
    changed = HOSTILE[harm](text)
    assert changed != text
    refused(tmp_path / "model.txt", changed.encode())


@pytest.mark.parametrize(
    "content", [b"tree\nversion=v4\n", b"tree\nversion=\xff\xfe", b"tree\nversion=v4\nend of trees\n" * 3]
)
def test_text_that_is_no_model_is_one_clear_error(content: bytes, tmp_path: Path) -> None:
    """Cut, no text, nonsense."""
    refused(tmp_path / "model.txt", content)


def test_sizes_to_jump_by_are_left_out(text: str, tmp_path: Path) -> None:
    """LightGBM would cut the file by them, whatever the lines say."""
    path = tmp_path / "model.txt"
    path.write_text(re.sub(r"tree_sizes=.*", "tree_sizes=99999999 1 -5", text))
    assert np.isfinite(open_model(path).predict_scores(FRAME)).all()


def test_random_changes_never_crash(text: str, tmp_path: Path) -> None:
    """Two hundred files with a number changed: each is refused, or predicts; this process lives."""
    from riskaudit.errors import InputError

    rng = np.random.default_rng(0)
    numbers = [m.span() for m in re.finditer(r"-?\d+(\.\d+)?", text.partition("end of trees")[0])]
    odd = ["-1", "0", "1", "7", "-7", "2147483648", "1e308", "99999", "-99999", ""]
    path, loaded = tmp_path / "model.txt", 0
    for _ in range(200):
        start, end = numbers[int(rng.integers(len(numbers)))]
        path.write_text(text[:start] + odd[int(rng.integers(len(odd)))] + text[end:])
        try:
            subject = open_model(path)
            subject.predict_scores(FRAME.head(20))
            loaded += 1
        except InputError:
            continue
    assert loaded > 10


def test_whole_numbers_as_categories_keep_their_codes(tmp_path: Path) -> None:
    """Their columns are those whose values the file lists; other values are missing, words are refused."""
    rng = np.random.default_rng(0)
    rows = pd.DataFrame({"a": rng.normal(size=400), "zone": rng.choice([10, 20, 40], 400)})
    target = (rows["zone"] == 20).astype(int)
    trained = rows.assign(zone=rows["zone"].astype("category"))
    model = lightgbm.LGBMClassifier(n_estimators=5, verbose=-1).fit(trained, target)
    model.booster_.save_model(tmp_path / "m.txt")
    subject = open_model(tmp_path / "m.txt")
    np.testing.assert_allclose(subject.predict_scores(rows), model.predict_proba(trained), atol=1e-12)
    strange = rows.assign(zone=np.where(rows["a"] > 0, 99.0, np.nan))
    assert np.isfinite(subject.predict_scores(strange)).all()
    with pytest.raises(InputError, match="held whole numbers in training"):
        subject.predict_scores(rows.assign(zone="20"))
