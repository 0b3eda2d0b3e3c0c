"""Services on loopback, honest and hostile, and tables to ask them about."""

from __future__ import annotations

import contextlib
import json
import math
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np


class Handler(BaseHTTPRequestHandler):
    """Hands each request to the server's `behave`."""

    protocol_version = "HTTP/1.1"
    timeout = 20

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.seen.append((self.path, dict(self.headers), body))  # type: ignore[attr-defined]
        with contextlib.suppress(OSError):
            self.server.behave(self, body)  # type: ignore[attr-defined]

    def log_message(self, *_: Any) -> None:
        """Silence."""


Behaviour = Callable[[Handler, bytes], None]


@contextlib.contextmanager
def serving(behave: Behaviour) -> Iterator[tuple[str, list[tuple[str, dict[str, str], bytes]]]]:
    """A server's address and the requests it has seen."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.block_on_close = False
    server.seen, server.behave = [], behave  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/predict", server.seen  # type: ignore[attr-defined]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def reply(handler: Handler, document: Any, *, status: int = 200, **headers: str) -> None:
    """A JSON answer."""
    content = document if isinstance(document, bytes) else json.dumps(document).encode()
    handler.send_response(status)
    for name, value in ({"Content-Length": str(len(content))} | headers).items():
        handler.send_header(name.replace("_", "-"), value)
    handler.end_headers()
    handler.wfile.write(content)


def chance(row: dict[str, Any]) -> float:
    """What the honest model says: older people pay."""
    return 1 / (1 + math.exp(-(row["age"] - 40) / 10))


def honest(handler: Handler, body: bytes) -> None:
    """Probabilities of no and yes; an error of its own for a request without rows."""
    told = json.loads(body)
    if "instances" not in told:
        reply(handler, {"error": "instances are missing"}, status=400)
        return
    reply(handler, {"predictions": [[1 - chance(row), chance(row)] for row in told["instances"]]})


def people(path: Path, *, n: int = 240, seed: int = 0) -> Path:
    """A table: age, job, sex and whether they paid; every row different."""
    rng = np.random.default_rng(seed)
    lines = ["id,age,job,sex,paid"]
    for at in range(n):
        age = int(rng.integers(18, 70))
        paid = rng.random() < chance({"age": age})
        lines.append(f"{at},{age},{'abc'[at % 3]},{'fm'[int(rng.integers(2))]},{'yes' if paid else 'no'}")
    path.write_text("\n".join(lines) + "\n")
    return path
