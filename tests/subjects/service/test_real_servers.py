"""Real servers: MLflow's scoring server and MLServer (Open Inference Protocol), started on loopback.

They live in environments of their own: `$RISKAUDIT_MLFLOW` and `$RISKAUDIT_MLSERVER` name their folders, else
`.venv-mlflow` and `.venv-mlserver` beside the checkout's README are looked for:

    python -m venv .venv-mlflow   && .venv-mlflow/bin/pip install mlflow scikit-learn
    python -m venv .venv-mlserver && .venv-mlserver/bin/pip install mlserver mlserver-sklearn
"""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
from service_helpers import people

from riskaudit.pipeline import run as audit
from riskaudit.report import Report
from riskaudit.request import Request
from riskaudit.subjects.service.settings import Endpoint, ProtocolName

ROOT = Path(__file__).parents[3]
pytestmark = pytest.mark.slow


def home(name: str) -> Path:
    """A server's environment, or a skip that says how to make it."""
    place = Path(os.environ.get(f"RISKAUDIT_{name.upper()}") or ROOT / f".venv-{name}")
    if not (place / "bin" / "python").exists():
        pytest.skip(f"{name} is not installed in {place.name} (see this file's first lines)")
    return place


def free_ports(count: int) -> list[int]:
    """Ports that nobody listens on."""
    with contextlib.ExitStack() as held:
        sockets = [held.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(count)]
        return [one.getsockname()[1] for one in sockets]


@contextlib.contextmanager
def started(command: list[str], *, place: Path, folder: Path, port: int, ready: str) -> Iterator[None]:
    """A server until it is ready, and all its processes gone afterwards."""
    environment = {
        "PATH": f"{place / 'bin'}:{os.environ['PATH']}",
        "HOME": str(folder),
        "NO_PROXY": "*",
        "MLFLOW_TRACKING_URI": f"file://{folder}/mlruns",
    }
    with (folder / "server.log").open("wb") as log:
        server = subprocess.Popen(
            command, cwd=folder, env=environment, stdout=log, stderr=log, start_new_session=True
        )
        try:
            _wait(port, ready, server, folder / "server.log")
            yield
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(server.pid, signal.SIGTERM)
            try:
                server.wait(10)
            except subprocess.TimeoutExpired:
                os.killpg(server.pid, signal.SIGKILL)
                server.wait(10)


def _wait(port: int, ready: str, server: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + 120
    while time.monotonic() < until and server.poll() is None:
        line = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
        try:
            line.request("GET", ready)
            if line.getresponse().status == 200:
                return
        except OSError:
            time.sleep(0.3)
        finally:
            line.close()
    raise AssertionError(f"the server did not start: {log.read_text()[-2000:]}")


MLFLOW = """
import sys, mlflow, pandas as pd
from sklearn.compose import make_column_transformer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder
frame = pd.read_csv(sys.argv[1])
rows = frame[["age", "job"]]
split = make_column_transformer((OneHotEncoder(), ["job"]), remainder="passthrough")
model = make_pipeline(split, LogisticRegression(max_iter=1000)).fit(rows, frame.paid)
signature = mlflow.models.infer_signature(rows, model.predict(rows))
mlflow.sklearn.save_model(model, "model", pyfunc_predict_fn=sys.argv[2], pip_requirements=["scikit-learn"],
    signature=signature if sys.argv[2] == "predict" else mlflow.models.infer_signature(rows, model.predict_proba(rows)))
pd.DataFrame({"said": model.predict(rows)}).to_csv("said.csv", index=False)
"""
MLSERVER = """
import sys, joblib, pandas as pd
from sklearn.linear_model import LogisticRegression
frame = pd.read_csv(sys.argv[1])
rows = frame[["age", "id"]].to_numpy()
model = LogisticRegression(max_iter=1000).fit(rows, (frame.paid == "yes").astype(int))
joblib.dump(model, "model.joblib")
pd.DataFrame({"said": model.predict(rows)}).to_csv("said.csv", index=False)
"""


def prepared(place: Path, folder: Path, code: str, *words: str) -> None:
    """Train in the server's own environment."""
    subprocess.run(
        [str(place / "bin" / "python"), "-W", "ignore", "-c", code, *words],
        cwd=folder,
        check=True,
        capture_output=True,
        env={"PATH": os.environ["PATH"], "HOME": str(folder)},
    )


def report(url: str, data: Path, protocol: ProtocolName, **settings: object) -> Report:
    """A quick audit of all but refits."""
    fields = {name: settings.pop(name) for name in list(settings) if name in Endpoint.model_fields}
    given: dict[str, object] = {
        "model": url,
        "data": str(data),
        "target": "paid",
        "favourable": ("yes",),
        "sensitive": ("sex",),
        "endpoint": Endpoint.model_validate({"protocol": protocol, **fields}),
        "effort": "quick",
        "skip": ("privacy",),
    }
    return audit(Request.model_validate(given | settings))


def rates(told: Report) -> dict[str, float | None]:
    return {
        m.where["sex"]: m.value
        for r in told.all_results
        for m in r.measures
        if m.name == "bias.selection_rate"
    }


def expected(data: Path, folder: Path, favourable: str) -> dict[str, float]:
    """Selection rates by what the model itself said where it was trained."""
    said = pd.read_csv(folder / "said.csv", dtype=str).said
    found: dict[str, float] = (said == favourable).groupby(pd.read_csv(data).sex).mean().to_dict()
    return found


@pytest.mark.parametrize("method", ["predict", "predict_proba"])
def test_a_real_mlflow_server_is_audited(method: str, tmp_path: Path) -> None:
    """Labels and probabilities; the numbers of bias are those of the model, no row without an answer."""
    place, data = home("mlflow"), people(tmp_path / "people.csv")
    prepared(place, tmp_path, MLFLOW, str(data), method)
    (port,) = free_ports(1)
    command = [
        str(place / "bin" / "mlflow"),
        "models",
        "serve",
        "-m",
        "model",
        "-p",
        str(port),
        "--env-manager",
        "local",
    ]
    with started(command, place=place, folder=tmp_path, port=port, ready="/ping"):
        classes = ("no", "yes") if method == "predict_proba" else ()
        told = report(f"http://127.0.0.1:{port}", data, "mlflow", features=("age", "job"), classes=classes)
    assert rates(told) == pytest.approx(expected(data, tmp_path, "yes"))
    states = {result.audit: result.status for result in told.all_results}
    graded = "measured" if method == "predict_proba" else "not_applicable"
    assert states == {
        "bias": "measured",
        "explainability": graded,
        "compute": "measured",
        "exposure": "measured",
    }
    assert told.data.rows == 240


@pytest.mark.parametrize("output", ["", "predict_proba"])
@pytest.mark.parametrize("tensors", ["matrix", "columns"])
def test_a_real_open_inference_server_is_audited(output: str, tensors: str, tmp_path: Path) -> None:
    """MLServer, rows as a matrix and as columns, labels and probabilities."""
    place, data = home("mlserver"), people(tmp_path / "people.csv")
    prepared(place, tmp_path, MLSERVER, str(data))
    http_port, grpc_port, metrics_port = free_ports(3)
    settings = {
        "http_port": http_port,
        "grpc_port": grpc_port,
        "metrics_port": metrics_port,
        "host": "127.0.0.1",
    }
    (tmp_path / "settings.json").write_text(json.dumps(settings | {"parallel_workers": 0}))
    model = {
        "name": "credit",
        "implementation": "mlserver_sklearn.SKLearnModel",
        "parameters": {"uri": "./model.joblib"},
    }
    (tmp_path / "model-settings.json").write_text(json.dumps(model))
    command = [str(place / "bin" / "mlserver"), "start", "."]
    url = f"http://127.0.0.1:{http_port}/v2/models/credit"
    numbered = tmp_path / "numbered.csv"
    frame = pd.read_csv(data)
    frame.assign(paid=(frame.paid == "yes").astype(int)).to_csv(numbered, index=False)
    with started(command, place=place, folder=tmp_path, port=http_port, ready="/v2/models/credit/ready"):
        told = report(
            url, numbered, "oip-v2", features=("age", "id"), favourable=("1",), output=output, tensors=tensors
        )
    assert rates(told) == pytest.approx(expected(data, tmp_path, "1"))
    assert told.data.rows == 240
