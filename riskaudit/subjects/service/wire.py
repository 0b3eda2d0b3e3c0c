"""Wire: one request and its answer, bounded in bytes and seconds; no redirect is followed, no proxy used."""

from __future__ import annotations

import contextlib
import http.client
import socket
import ssl
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass

from riskaudit.errors import RiskAuditError
from riskaudit.subjects.service.address import Address

PASSING = frozenset({408, 425, 429, 502, 503, 504})
"""States that a second try may mend; 500 is most often a row the model chokes on."""
BROKEN = ("timeout", "no connection")


@dataclass(frozen=True, kw_only=True)
class Reply:
    """What came back: state, headers (names in lower case), body, seconds from request to last byte."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    seconds: float


class Trouble(RiskAuditError):
    """A request without a usable answer.

    Attributes
    ----------
    kind : str
        In few words, of ours alone: `HTTP 503`, `timeout`, `cut short`. What the service wrote is not in it.
    passing : bool
        Whether a second try may help.
    reply : Reply or None
        What came back, where anything did.
    """

    def __init__(self, kind: str, *, passing: bool = False, reply: Reply | None = None) -> None:
        super().__init__(kind)
        self.kind = kind
        self.passing = passing
        self.reply = reply


class Wire:
    """A connection to one address, kept open between requests.

    The standard library's client is used because it does nothing unasked: it follows no redirect, reads no
    proxy from the environment, unpacks nothing.
    """

    def __init__(
        self, address: Address, *, headers: Mapping[str, str], timeout: float, most_bytes: int
    ) -> None:
        self.address = address
        self._headers = dict(headers)
        self._timeout = timeout
        self._most = most_bytes
        self._open: http.client.HTTPConnection | None = None

    def send(self, body: bytes) -> Reply:
        """POST a JSON body; gives the answer whatever its state, short of a redirect.

        Raises
        ------
        Trouble
            If no whole answer came in time, or it is larger than agreed, packed, or a redirect.
        """
        connection = self._connection()
        late = threading.Event()
        watch = threading.Timer(self._timeout, self._cut, (connection, late))
        watch.daemon = True
        watch.start()
        began = time.perf_counter()
        try:
            reply = self._exchange(connection, body, began)
        except Trouble as trouble:
            self.close()
            if late.is_set():
                raise Trouble("timeout", passing=True) from trouble
            raise
        except (OSError, http.client.HTTPException, ValueError) as error:
            self.close()
            raise self._told(error, late=late.is_set()) from None
        finally:
            watch.cancel()
        if late.is_set():
            self.close()
            raise Trouble("timeout", passing=True)
        return reply

    def close(self) -> None:
        """Hang up."""
        if self._open is not None:
            self._open.close()
            self._open = None

    def _connection(self) -> http.client.HTTPConnection:
        """The open connection, or a new one that connects when it is used."""
        if self._open is None:
            host, port = self.address.host, self.address.port
            if self.address.scheme == "https":
                self._open = http.client.HTTPSConnection(
                    host, port, timeout=self._timeout, context=ssl.create_default_context()
                )
            else:
                self._open = http.client.HTTPConnection(host, port, timeout=self._timeout)
        return self._open

    def _exchange(self, connection: http.client.HTTPConnection, body: bytes, began: float) -> Reply:
        """Send, and read no more than agreed."""
        fixed = {"Content-Type": "application/json", "Accept": "application/json"}
        connection.request(
            "POST",
            self.address.path,
            body,
            {**fixed, "Accept-Encoding": "identity", "User-Agent": "riskaudit", **self._headers},
        )
        with contextlib.closing(connection.getresponse()) as answer:
            reply = self._read(answer, began)
        if answer.will_close:
            self.close()
        return reply

    def _read(self, answer: http.client.HTTPResponse, began: float) -> Reply:
        """The answer, if it is whole, plain, small enough and no redirect."""
        headers = {name.lower(): value for name, value in answer.getheaders()}
        if 300 <= answer.status < 400:
            raise Trouble(f"HTTP {answer.status}, a redirect: not followed")
        if headers.get("content-encoding", "identity").strip().lower() not in ("identity", ""):
            raise Trouble("packed though it was asked not to be")
        if (answer.length or 0) > self._most:
            raise Trouble(f"an answer larger than {self._most:,} bytes")
        content = answer.read(self._most + 1)
        if len(content) > self._most:
            raise Trouble(f"an answer larger than {self._most:,} bytes")
        if answer.length:
            raise Trouble("cut short", passing=True)
        seconds = time.perf_counter() - began
        return Reply(status=answer.status, headers=headers, body=content, seconds=seconds)

    @staticmethod
    def _cut(connection: http.client.HTTPConnection, late: threading.Event) -> None:
        """End a connection whose time is up, wherever it waits: a drop at a time is no answer either."""
        late.set()
        held = connection.sock
        if held is not None:
            with contextlib.suppress(OSError):
                held.shutdown(socket.SHUT_RDWR)

    @staticmethod
    def _told(error: Exception, *, late: bool) -> Trouble:
        """A library's error in our words; certificates are never a passing trouble."""
        if late or isinstance(error, TimeoutError):
            return Trouble("timeout", passing=True)
        if isinstance(error, ssl.SSLCertVerificationError):
            return Trouble("its certificate cannot be verified")
        if isinstance(error, socket.gaierror):
            return Trouble("no such host")
        if isinstance(error, http.client.IncompleteRead):
            return Trouble("cut short", passing=True)
        if isinstance(error, http.client.HTTPException | ValueError) and not isinstance(
            error, http.client.RemoteDisconnected
        ):
            return Trouble("no HTTP answer")
        return Trouble("no connection", passing=True)
