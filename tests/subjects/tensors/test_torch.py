"""PyTorch: exported programs and TorchScript load, answer and are audited; what could act is refused unopened."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from cli_helpers import run

from riskaudit.errors import InputError, RefusedError
from riskaudit.subjects.opening import open_model
from riskaudit.subjects.pickled.restricted import Refused
from riskaudit.subjects.scan import look_at
from riskaudit.subjects.source import read_source
from riskaudit.subjects.subject import Subject
from riskaudit.subjects.tensors.script import checked
from riskaudit.subjects.tensors.weights import read_weights
from riskaudit.subjects.trust import trust_of

torch = pytest.importorskip("torch", reason="the extra torch is not installed")
pytestmark = pytest.mark.filterwarnings("ignore")
FRAME = pd.DataFrame(np.random.default_rng(0).normal(size=(50, 4)), columns=list("abcd"))


def net(*last: Any, out: int = 1) -> Any:
    """A small network with a normalization that has seen nothing."""
    torch.manual_seed(0)
    nn = torch.nn
    return nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.BatchNorm1d(8), nn.Linear(8, out), *last).eval()


def exported(module: Any, path: Path, *, rows: int = 3, dynamic: bool = True) -> Path:
    """The module as an exported program."""
    shapes = ({0: torch.export.Dim("n")},) if dynamic else None
    torch.export.save(torch.export.export(module, (torch.randn(rows, 4),), dynamic_shapes=shapes), path)
    return path


def opened(path: Path) -> Subject:
    """The model, trusted by its hash, with its columns named."""
    sha = hashlib.sha256(path.read_bytes()).hexdigest()
    subject = open_model(path, trust=trust_of(pickle=sha, reduced_sandbox=True))
    return replace(subject, features=tuple("abcd"))


def said(module: Any) -> Any:
    """What the network itself answers for the frame."""
    with torch.no_grad():
        return module(torch.tensor(FRAME.to_numpy(), dtype=torch.float32)).numpy()


def changed(raw: bytes, member: str, change: Callable[[Any], Any]) -> bytes:
    """An archive with one member of JSON, or of text, changed."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(raw)) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            if name.endswith(member):
                content = change(json.loads(content) if member.endswith(".json") else content.decode())
                content = content.encode() if isinstance(content, str) else json.dumps(content).encode()
            new.writestr(zipfile.ZipInfo(name), content)
    return out.getvalue()


def test_an_exported_program_answers_as_its_network(tmp_path: Path) -> None:
    """Margins of three classes with any number of rows; no flag is needed, for nothing in it is run."""
    module = net(out=3)
    subject = replace(open_model(exported(module, tmp_path / "m.pt2")), features=tuple("abcd"))
    try:
        np.testing.assert_allclose(subject.estimator.decision_function(FRAME), said(module), atol=1e-5)
        assert (subject.predict_labels(FRAME) == said(module).argmax(axis=1)).all()
        assert not subject.gives_probabilities
        assert subject.numbered
        assert subject.classes == ("0", "1", "2")
        assert subject.estimator.counted == {"network weights": 4 * 8 + 8 + 16 + 16 + 1 + 8 * 3 + 3}
        with pytest.raises(InputError, match="cannot predict this table"):
            subject.predict_labels(FRAME.assign(a="word"))
    finally:
        subject.close()


def test_a_program_of_one_batch_size_answers_any_number_of_rows(tmp_path: Path) -> None:
    """Rows go in pieces of the size it was exported with; probabilities of two classes from one sigmoid."""
    module = net(torch.nn.Sigmoid(), torch.nn.Flatten(0))
    subject = opened(exported(module, tmp_path / "m.pt2", rows=7, dynamic=False))
    try:
        assert subject.gives_probabilities
        assert subject.either
        np.testing.assert_allclose(subject.predict_scores(FRAME)[:, 1], said(module), atol=1e-6)
        np.testing.assert_allclose(subject.as_values().predict_scores(FRAME), said(module), atol=1e-6)
    finally:
        subject.close()


def test_torchscript_runs_only_by_its_hash(tmp_path: Path) -> None:
    """Refused unasked with the flag that would load it; with it, it answers as the network."""
    module = net(torch.nn.Softmax(1), out=2)
    path = tmp_path / "m.pt"
    torch.jit.save(torch.jit.script(module), path)
    with pytest.raises(RefusedError, match="not run unasked") as caught:
        open_model(path)
    assert "--trust-pickle sha256:" in caught.value.hint
    assert "--trust-pickle sha256:" in run("inspect", str(path))[1]
    subject = opened(path)
    try:
        np.testing.assert_allclose(subject.predict_scores(FRAME), said(module), atol=1e-6)
    finally:
        subject.close()


GRAPHS: dict[str, Callable[[Any], Any]] = {
    "another function": lambda m: _targets(m, "torch.load"),
    "a file": lambda m: _targets(m, "torch.ops.aten.from_file.default"),
    "python's own": lambda m: _targets(m, "builtins.eval"),
    "an attribute of an operator": lambda m: _targets(m, "torch.ops.aten.linear.__class__"),
    "an operator of nobody": lambda m: _targets(m, "torch.ops.mine.run.default"),
    "two inputs": lambda m: _inputs(m),
    "no graph": lambda m: {},
    "a list": lambda m: [m],
}


def _targets(model: Any, target: str) -> Any:
    model["graph_module"]["graph"]["nodes"][1]["target"] = target
    return model


def _inputs(model: Any) -> Any:
    specs = model["graph_module"]["signature"]["input_specs"]
    specs.append(specs[-1])
    return model


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """An honest exported program."""
    return exported(net(), tmp_path_factory.mktemp("pt2") / "m.pt2").read_bytes()


@pytest.mark.parametrize("name", GRAPHS)
def test_a_strange_graph_is_refused(program: bytes, name: str) -> None:
    """Anything but ATen functions of the list, on one table."""
    from riskaudit.subjects.tensors.torch_model import made_program

    with pytest.raises(Refused):
        made_program(changed(program, "models/model.json", GRAPHS[name]))


@pytest.mark.parametrize(
    "change",
    [
        {"use_pickle": True},
        {"path_name": "../../../etc/passwd"},
        {"sizes": [{"as_int": 10**12}]},
        {"stride": -1},
        {"dtype": 99},
    ],
)
def test_strange_weights_are_refused(program: bytes, change: dict[str, Any]) -> None:
    """Pickles, other members, sizes and strides beyond the bytes there are."""
    from riskaudit.subjects.tensors.torch_model import made_program

    def strange(config: Any) -> Any:
        told = config["config"]["0.weight"]
        if "sizes" in change:
            told["tensor_meta"] |= {"sizes": change["sizes"], "strides": [{"as_int": 1}]}
        elif "stride" in change:
            told["tensor_meta"]["strides"] = [{"as_int": -1}, {"as_int": 1}]
        elif "dtype" in change:
            told["tensor_meta"]["dtype"] = 99
        else:
            told |= change
        return config

    with pytest.raises(Refused):
        made_program(changed(program, "model_weights_config.json", strange))


def test_a_pickle_in_an_exported_program_is_seen_before_it_is_opened(program: bytes, tmp_path: Path) -> None:
    """Where torch.export.load would run it: in a weight, in the sample inputs."""
    import os

    class Payload:
        def __reduce__(self) -> Any:
            return os.system, ("true",)

    inner = io.BytesIO()
    torch.save(Payload(), inner)
    for member in ("data/weights/weight_0", "data/sample_inputs/model.pt"):
        out = io.BytesIO()
        with zipfile.ZipFile(io.BytesIO(program)) as old, zipfile.ZipFile(out, "w") as new:
            for name in old.namelist():
                content = inner.getvalue() if name.endswith(member) else old.read(name)
                new.writestr(zipfile.ZipInfo(name), content)
        path = tmp_path / "bad.pt2"
        path.write_bytes(out.getvalue())
        with pytest.raises(RefusedError, match=r"(posix|nt)\.system"):
            open_model(path)


@pytest.mark.parametrize(
    "line",
    [
        'torch.save(input, "x")',
        'torch.from_file("/etc/passwd")',
        "ops.mine.run(input)",
        "ops.aten.from_file(input)",
        "_9 = torch\n    return _9",
        "torch.jit.load(input)",
        "not python (",
    ],
)
def test_strange_code_of_torchscript_is_refused_before_it_is_loaded(tmp_path: Path, line: str) -> None:
    """Calls of what is not on the list, and the library itself handed about."""
    path = tmp_path / "m.pt"
    torch.jit.save(torch.jit.script(torch.nn.ReLU()), path)
    checked(path.read_bytes())
    with pytest.raises(Refused):
        checked(
            changed(
                path.read_bytes(),
                "activation.py",
                lambda code: code + f"\n  def more(self, input):\n    {line}\n",
            )
        )


def test_weights_are_read_without_pickle(tmp_path: Path) -> None:
    """A state dict of every type torch saves, views and bfloat16 included, is NumPy arrays of the same numbers."""
    base = torch.arange(24, dtype=torch.float32)
    held = {
        "plain": base.reshape(4, 6),
        "view": base.reshape(4, 6)[1:3, ::2].t(),
        "half": base.half(),
        "brain": base.bfloat16(),
        "whole": torch.arange(5),
        "one": torch.tensor(3.5),
        "none": torch.empty(0, 3),
    }
    torch.save(held, tmp_path / "w.pt")
    found = read_weights(read_source(tmp_path / "w.pt", flag="--weights"))
    assert set(found) == set(held)
    for name, tensor in held.items():
        np.testing.assert_array_equal(
            found[name], tensor.float().numpy() if name == "brain" else tensor.numpy()
        )
    torch.save(net(), tmp_path / "whole.pt")
    with pytest.raises(InputError, match=r"names torch\.nn"):
        read_weights(read_source(tmp_path / "whole.pt", flag="--weights"))
    assert look_at((tmp_path / "w.pt").read_bytes()).format == "PyTorch archive"


def test_a_class_of_ones_own_takes_a_state_dict(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`--model python:...:Class --weights FILE`: its own answers are audited, and that code runs is said."""
    (tmp_path / "ownnet.py").write_text(
        "import torch\n\n\nclass Net(torch.nn.Sequential):\n    def __init__(self):\n"
        "        super().__init__(torch.nn.Linear(2, 1), torch.nn.Sigmoid())\n"
    )
    layer = torch.nn.Sequential(torch.nn.Linear(2, 1), torch.nn.Sigmoid())
    torch.save(layer.state_dict(), tmp_path / "w.pt")
    rows = FRAME[["a", "b"]].assign(
        sex=np.where(FRAME["c"] > 0, "f", "m"), y=np.where(FRAME["a"] > 0, "yes", "no")
    )
    rows.to_csv(tmp_path / "d.csv", index=False)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    words = (
        "--data",
        "d.csv",
        "--target",
        "y",
        "--features",
        "a,b",
        "--classes",
        "no,yes",
        "--favourable",
        "yes",
    )
    words += ("--sensitive", "sex", "--only", "bias", "--rules", "predictions", "-o", "out")
    code, _, err = run("audit", "--model", "python:ownnet:Net", "--weights", "w.pt", *words)
    assert code in (0, 1, 3), err
    report = json.loads((tmp_path / "out" / "report.json").read_text())
    assert "run with all rights" in report["subject"]["kind"]
    code, _, err = run("audit", "--model", "w.pt", *words)
    assert code == 4
    assert "--weights w.pt" in err
    assert run("audit", "--model", "w.pt", "--weights", "w.pt", *words)[0] == 2


@pytest.mark.slow
def test_all_audits_run_on_an_exported_program(tmp_path: Path) -> None:
    """Bias, attributions, privacy by answers, energy, size; refits are not assessed, with the reason."""
    rng = np.random.default_rng(0)
    for at, name in enumerate(("train", "test")):
        rows = pd.DataFrame(rng.normal(size=(150, 4)), columns=list("abcd"))
        rows["sex"], rows["y"] = rng.choice(["f", "m"], 150), np.where(rows["a"] + at * 0 > 0, "yes", "no")
        rows.to_csv(tmp_path / f"{name}.csv", index=False)
    path = exported(net(torch.nn.Sigmoid()), tmp_path / "m.pt2")
    words = ("--data", str(tmp_path / "test.csv"), "--train", str(tmp_path / "train.csv"), "--target", "y")
    words += ("--features", "a,b,c,d", "--classes", "no,yes", "--favourable", "yes", "--sensitive", "sex")
    code, _, err = run(
        "audit", "--model", str(path), *words, "--effort", "quick", "-o", str(tmp_path / "out")
    )
    assert code in (0, 1, 3), err
    report = json.loads((tmp_path / "out" / "report.json").read_text())
    assert {one["audit"]: one["status"] for one in report["results"]} == dict.fromkeys(
        ("bias", "explainability", "privacy", "compute"), "measured"
    )
    notes = [m["note"] for one in report["results"] for m in one["measures"] if m["value"] is None]
    assert any("cannot be fitted again" in note for note in notes)


@pytest.mark.slow
def test_torchscript_that_never_ends_is_stopped(tmp_path: Path) -> None:
    """A loop in it costs one clear error within 20 s."""
    import time

    @torch.jit.script
    def endless(x: torch.Tensor) -> torch.Tensor:
        step = 0
        while step < 1_000_000_000_000_000:
            x = x * 0.5 + step
            step += 1
        return x

    class Loop(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer = torch.nn.Linear(4, 1)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return endless(self.layer(x))

    path = tmp_path / "loop.pt"
    torch.jit.save(torch.jit.script(Loop()), path)
    began = time.monotonic()
    with pytest.raises(InputError, match="took more than"):
        opened(path)
    assert time.monotonic() - began < 60
