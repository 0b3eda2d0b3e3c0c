"""Wire: every hostile way to answer ends soon, with a reason, and within its bounds."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from service_helpers import Handler, reply, serving

from riskaudit.errors import UsageError
from riskaudit.subjects.service.address import address_of
from riskaudit.subjects.service.wire import Trouble, Wire


def wire(url: str, **settings: Any) -> Wire:
    return Wire(address_of(url), headers={}, **({"timeout": 0.4, "most_bytes": 10_000} | settings))


@contextlib.contextmanager
def wired(url: str, **settings: Any) -> Iterator[Wire]:
    """A wire that is closed."""
    line = wire(url, **settings)
    yield line
    line.close()


def trouble(behave: Any, **settings: Any) -> Trouble:
    """How a request to a server that behaves so fails."""
    with serving(behave) as (url, _), pytest.raises(Trouble) as caught:
        wire(url, **settings).send(b"{}")
    return caught.value


def endless(handler: Handler, _: bytes) -> None:
    handler.send_response(200)
    handler.end_headers()
    while True:
        handler.wfile.write(b" " * 4096)


def dripping(handler: Handler, _: bytes) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", "5000")
    handler.end_headers()
    for _ in range(100):
        handler.wfile.write(b" ")
        time.sleep(0.05)


def dripping_headers(handler: Handler, _: bytes) -> None:
    for letter in b"HTTP/1.1 200 OK\r\nX-Slow: " + b"a" * 200:
        handler.wfile.write(bytes([letter]))
        time.sleep(0.05)


def truncated(handler: Handler, _: bytes) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", "5000")
    handler.end_headers()
    handler.wfile.write(b"[1, 2")
    handler.close_connection = True


def half_chunk(handler: Handler, _: bytes) -> None:
    handler.send_response(200)
    handler.send_header("Transfer-Encoding", "chunked")
    handler.end_headers()
    handler.wfile.write(b"ff\r\n[1, 2")
    handler.close_connection = True


def large(handler: Handler, _: bytes) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", "999999999999")
    handler.end_headers()


def continuing(handler: Handler, _: bytes) -> None:
    while True:
        handler.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")


def silent(handler: Handler, _: bytes) -> None:
    time.sleep(1.0)


@pytest.mark.parametrize(
    ("behave", "told", "passing"),
    [
        (endless, "larger than", False),
        (large, "larger than", False),
        (dripping, "timeout", True),
        (dripping_headers, "timeout", True),
        (silent, "timeout", True),
        (continuing, "timeout", True),
        (truncated, "cut short", True),
        (half_chunk, "cut short", True),
        (lambda h, _: h.wfile.write(b"SSH-2.0-nothing\r\n\r\n"), "no HTTP answer", False),
        (
            lambda h, _: h.wfile.write(b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 500 + b"\r\n"),
            "no HTTP answer",
            False,
        ),
        (lambda h, _: reply(h, b"", status=302, Location="http://127.0.0.1:1/"), "redirect", False),
        (lambda h, _: reply(h, b"", status=307, Location="/predict"), "redirect", False),
        (lambda h, _: reply(h, b"x", Content_Encoding="gzip"), "packed", False),
        (lambda h, _: setattr(h, "close_connection", True), "no connection", True),
    ],
)
def test_a_hostile_answer_is_a_trouble_with_a_name(behave: Any, told: str, passing: bool) -> None:
    """Bounded in bytes and in seconds, whatever the server does."""
    began = time.perf_counter()
    found = trouble(behave)
    assert told in found.kind
    assert found.passing is passing
    assert time.perf_counter() - began < 3


def test_a_redirect_is_not_followed() -> None:
    """The other address hears nothing, so that no header reaches another host."""
    with serving(lambda h, _: reply(h, {})) as (other, heard):
        found = trouble(lambda h, _: reply(h, b"", status=308, Location=other))
    assert "redirect" in found.kind
    assert heard == []


def test_proxies_of_the_environment_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy would read every row."""
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    with serving(lambda h, _: reply(h, {})) as (url, _), wired(url) as line:
        assert line.send(b"{}").status == 200


def test_a_connection_is_kept_and_renewed() -> None:
    """Two requests, the second after the server hung up in between."""
    with serving(lambda h, _: reply(h, {}, Connection="close")) as (url, seen), wired(url) as line:
        assert [line.send(b"{}").status for _ in range(2)] == [200, 200]
    assert len(seen) == 2


@pytest.fixture
def untrusted() -> Iterator[str]:
    """A TLS server with a certificate that nobody signed."""
    import ssl

    trustme = pytest.importorskip("cryptography", reason="no library to make a certificate")
    del trustme
    listener = socket.create_server(("127.0.0.1", 0))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with _certificate() as files:
        context.load_cert_chain(*files)

    def accept() -> None:
        try:
            held, _ = listener.accept()
            context.wrap_socket(held, server_side=True)
        except OSError:
            return

    thread = threading.Thread(target=accept, daemon=True)
    thread.start()
    yield f"https://127.0.0.1:{listener.getsockname()[1]}/"
    listener.close()
    thread.join(2)


def _certificate() -> Any:
    import contextlib
    import datetime
    import tempfile
    from pathlib import Path

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    @contextlib.contextmanager
    def made() -> Iterator[tuple[str, str]]:
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
        now = datetime.datetime.now(datetime.UTC)
        signed = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(1)
            .not_valid_before(now)
            .not_valid_after(now + datetime.timedelta(days=1))
            .sign(key, hashes.SHA256())
        )
        with tempfile.TemporaryDirectory() as folder:
            paths = Path(folder, "c.pem"), Path(folder, "k.pem")
            paths[0].write_bytes(signed.public_bytes(serialization.Encoding.PEM))
            plain = serialization.NoEncryption()
            form = serialization.PrivateFormat.PKCS8
            paths[1].write_bytes(key.private_bytes(serialization.Encoding.PEM, form, plain))
            yield str(paths[0]), str(paths[1])

    return made()


def test_a_certificate_that_nobody_signed_is_refused(untrusted: str) -> None:
    """Verification is always on, and no second try mends it."""
    with pytest.raises(Trouble, match="certificate") as caught:
        wire(untrusted, timeout=3).send(b"{}")
    assert not caught.value.passing


@pytest.mark.parametrize(
    "url",
    [
        "ftp://host/x",
        "file:///etc/passwd",
        "gopher://host",
        "http://",
        "http://user:secret@host/",
        "http://host/?key=secret",
        "http://host/#x",
        "http://host:99999/",
        "http://ho st/",
        "http://host/a\r\nX: y",
        "https://[::1/",
        "http://h\u00f6st/",
    ],
)
def test_an_address_with_room_for_harm_is_a_usage_error(url: str) -> None:
    """Only http and https, no secret, nothing that a header could be smuggled in; no secret is repeated."""
    with pytest.raises(UsageError) as caught:
        address_of(url)
    assert "secret" not in caught.value.problem.split("hold a secret")[0]


@pytest.mark.parametrize(
    ("url", "open_to_others"),
    [
        ("http://127.0.0.1/", False),
        ("http://localhost:1/", False),
        ("http://[::1]/", False),
        ("https://a.b/", False),
        ("http://a.b/", True),
    ],
)
def test_plain_http_to_another_machine_is_readable_by_others(url: str, open_to_others: bool) -> None:
    """Loopback and https are not."""
    assert address_of(url).readable_by_others is open_to_others
