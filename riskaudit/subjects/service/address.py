"""Address: where a service is, with nothing secret in it."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from urllib.parse import urlsplit

from riskaudit.errors import UsageError

_PORTS = {"http": 80, "https": 443}
_FLAG = "--model"


@dataclass(frozen=True, kw_only=True)
class Address:
    """A checked URL: `http` or `https`, no user, no query, no fragment."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def text(self) -> str:
        """The URL as it is shown; it holds no secret."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        port = "" if self.port == _PORTS[self.scheme] else f":{self.port}"
        return f"{self.scheme}://{host}{port}{self.path}"

    @property
    def loopback(self) -> bool:
        """Whether it is this very machine."""
        if self.host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False

    @property
    def readable_by_others(self) -> bool:
        """Whether rows and headers would cross a network unencrypted."""
        return self.scheme == "http" and not self.loopback


def is_address(model: str) -> bool:
    """Whether --model means a service and not a file."""
    return "://" in model


def address_of(url: str) -> Address:
    """The address that a URL means.

    Raises
    ------
    UsageError
        For any other scheme, or a URL that has room for secrets (user, password, query) or a fragment.
    """
    if any(ord(letter) < 33 or ord(letter) == 127 for letter in url) or not url.isascii():
        raise UsageError(
            "the address has blanks or other strange letters in it", "percent-encode them", where=_FLAG
        )
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise UsageError(
            "the address cannot be read", "write http(s)://HOST:PORT/PATH", where=_FLAG
        ) from None
    if parts.scheme not in _PORTS:
        raise UsageError(
            f"a service is asked over http or https, not '{parts.scheme[:20]}'",
            "give --model https://...",
            where=_FLAG,
        )
    if not parts.hostname:
        raise UsageError("the address names no host", "write http(s)://HOST:PORT/PATH", where=_FLAG)
    if parts.username is not None or parts.password is not None:
        raise UsageError(
            "the address holds a user or a password, which would show in process lists",
            "put it into the environment: --header-env Authorization=MY_VARIABLE",
            where=_FLAG,
        )
    if parts.query or parts.fragment or "?" in url or "#" in url:
        raise UsageError(
            "the address has a query or a fragment, which may hold a secret and would stand in the report",
            "give it without; keys go into a header: --header-env NAME=ENVVAR",
            where=_FLAG,
        )
    return Address(
        scheme=parts.scheme, host=parts.hostname, port=port or _PORTS[parts.scheme], path=parts.path or "/"
    )
