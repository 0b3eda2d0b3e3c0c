"""Hostile model files: nothing in them runs, whoever is trusted, and each of the two layers is enough alone."""

from __future__ import annotations

import contextlib
import hashlib
import time
from pathlib import Path

import hostile
import pandas as pd
import pytest
from cli_helpers import run

from riskaudit.errors import InputError, RiskAuditError
from riskaudit.loading import load
from riskaudit.request import Request
from riskaudit.subjects.inspecting import inspected
from riskaudit.subjects.opening import open_model
from riskaudit.subjects.pickled.making import content_of, made
from riskaudit.subjects.pickled.restricted import Refused
from riskaudit.subjects.sandbox.box import Box, BoxError
from riskaudit.subjects.scan.judging import judge
from riskaudit.subjects.source import Source
from riskaudit.subjects.trust import trust_of


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, bytes]]:
    """The canary and the files."""
    canary = tmp_path_factory.mktemp("canary") / "sang"
    return canary, hostile.files(canary)


def sha(raw: bytes) -> str:
    return hashlib.sha256(raw).hexdigest()


def judged(name: str, raw: bytes) -> bool:
    return judge(Source(name=name, path=Path(name), raw=raw)).load


def test_none_is_loaded_unasked(corpus: tuple[Path, dict[str, bytes]], tmp_path: Path) -> None:
    """Every file is one clear error of exit code 4, and nothing runs."""
    canary, files = corpus
    path = tmp_path / "model"
    for name, raw in files.items():
        path.write_bytes(raw)
        with pytest.raises(InputError) as caught:
            load(Request(model=str(path), data="absent.csv", target="y"))
        assert caught.value.exit_code == 4
        assert caught.value.hint, name
        assert not canary.exists(), name


@pytest.mark.parametrize(
    "name",
    [
        "os.system",
        "joblib-zlib",
        "zip-in-zip",
        "torch-old",
        "skops-function",
        "tree-loop",
        "junk",
        "keras-lambda",
        "onnx-external",
        "zlib-cut-0.7",
    ],
)
def test_the_command_line_tells_it_in_one_error(
    corpus: tuple[Path, dict[str, bytes]], tmp_path: Path, name: str
) -> None:
    """`audit` ends with 4, one error and no traceback; `inspect` with a verdict."""
    path, data = tmp_path / "model", tmp_path / "d.csv"
    data.write_text("a,y\n1,0\n2,1\n")
    path.write_bytes(corpus[1][name])
    code, out, err = run("audit", "--model", str(path), "--data", str(data), "--target", "y")
    assert (code, out, err.count("error:")) == (4, "", 1), err
    assert "Traceback" not in err
    code, out, err = run("inspect", str(path))
    assert code == (0 if name == "tree-loop" else 4), err
    assert "Verdict" in out


def test_gadgets_are_refused_with_their_hash_too(
    corpus: tuple[Path, dict[str, bytes]], tmp_path: Path
) -> None:
    """What the scan refuses, no flag loads, and `inspect` says so with exit 4."""
    canary, files = corpus
    path, refused = tmp_path / "model", 0
    for name, raw in files.items():
        if judged(name, raw):
            continue
        refused += 1
        path.write_bytes(raw)
        with pytest.raises(InputError):
            open_model(path, trust=trust_of(pickle=sha(raw), reduced_sandbox=True))
        assert not inspected(path)["loads"], name
        assert not canary.exists(), name
    assert refused > 160


def test_the_loader_alone_is_enough(corpus: tuple[Path, dict[str, bytes]]) -> None:
    """With the sandbox and the scan switched off, the restricted loader refuses every gadget."""
    canary, files = corpus
    names = [name for name, _ in hostile.gadgets("x")] + [n for n in files if n.startswith(("joblib", "in-"))]
    for name in names:
        if name == "codec":
            continue  # it encodes a text, and is refused by what the scan knows
        with pytest.raises(Refused):
            made(content_of(files[name]))
        assert not canary.exists(), name


@pytest.mark.parametrize(
    "name", ["tree-loop", "tree-outside", "tree-negative", "tree-feature", "tree-feature-negative"]
)
def test_trees_that_lead_outside_are_refused_once_loaded(
    corpus: tuple[Path, dict[str, bytes]], name: str
) -> None:
    """Honest types, hostile indices: `predict` is never reached."""
    with pytest.raises(Refused, match="tree that is not one"):
        made(corpus[1][name])


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("forest-of-wide-trees", "feature that is not there"),
        ("boosting-loop", "does not come after"),
        ("svm-counts", "counts disagree"),
        ("svm-weights", "counts disagree"),
        ("sparse-outside", "sparse matrix that is none"),
        ("not-fitted", "not fitted"),
        ("no-model", "no model"),
        ("a-class", "no model"),
        ("build-a-class", "state to a class"),
    ],
)
def test_parts_that_disagree_are_refused_once_loaded(
    corpus: tuple[Path, dict[str, bytes]], name: str, words: str
) -> None:
    """The same for support vectors, sparse matrices, and what is no model."""
    with pytest.raises(Refused, match=words):
        made(corpus[1][name])


def boxed(raw: bytes, *, loader: str = "naive:loads", lock: bool = True, seconds: float = 15.0) -> bytes:
    box = Box(loader, name="m", flag="--model", lock=lock)
    try:
        box.layers()
        return box.ask(b"L", raw, seconds=seconds, most=2**20, doing="load")
    finally:
        box.close()


LIVE = (
    "os.system",
    "stack-global",
    "subprocess",
    "eval",
    "timeit",
    "pydoc",
    "nested-loads",
    "numpy-dotted-stack",
)


@pytest.mark.parametrize("name", LIVE)
def test_payloads_are_live_where_nothing_holds_them(corpus: tuple[Path, dict[str, bytes]], name: str) -> None:
    """Plain pickle.loads without the sandbox touches the canary: the files are no straw men."""
    canary, files = corpus
    with contextlib.suppress(BoxError):
        boxed(files[name], lock=False)
    assert canary.exists()
    canary.unlink()


@pytest.mark.parametrize("name", LIVE)
def test_the_sandbox_alone_is_enough(corpus: tuple[Path, dict[str, bytes]], name: str) -> None:
    """Plain pickle.loads inside the sandbox, and nothing happens outside."""
    canary, files = corpus
    with contextlib.suppress(BoxError):
        boxed(files[name])
    assert not canary.exists()


@pytest.mark.slow
def test_the_sandbox_alone_is_enough_for_all_gadgets(corpus: tuple[Path, dict[str, bytes]]) -> None:
    """Every gadget through plain pickle.loads inside the sandbox."""
    canary, files = corpus
    for name, _ in hostile.gadgets("x"):
        try:
            boxed(files[name])
        except (RiskAuditError, ValueError):
            continue
        finally:
            assert not canary.exists(), name


@pytest.mark.slow
def test_what_passes_the_scan_dies_in_the_sandbox(
    corpus: tuple[Path, dict[str, bytes]], tmp_path: Path
) -> None:
    """Trusted files of honest types: a clear error within 20 s each, a crash or a hang included."""
    path, tried = tmp_path / "model", 0
    for name, raw in corpus[1].items():
        if not judged(name, raw) or "skops" in name:
            continue
        path.write_bytes(raw)
        tried += 1
        began = time.monotonic()
        with pytest.raises(InputError):
            open_model(path, trust=trust_of(pickle=sha(raw))).probe(
                pd.DataFrame(hostile.X, columns=list("abc"))
            )
        assert time.monotonic() - began < 20, name
        assert not corpus[0].exists(), name
    assert tried > 10


@pytest.mark.slow
def test_bombs_end_in_time(tmp_path: Path) -> None:
    """Files that eat memory or time are one clear error within 20 s."""
    path = tmp_path / "model"
    for name, raw in hostile.bombs():
        path.write_bytes(raw)
        began = time.monotonic()
        with pytest.raises(InputError):
            open_model(path, trust=trust_of(pickle=sha(raw)))
        assert time.monotonic() - began < 20, name
