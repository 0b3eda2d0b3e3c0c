"""What many tests need: no network, and the real data where it is."""

from __future__ import annotations

import os
import socket
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

settings.register_profile("shared", deadline=None)  # a busy machine is no fault of the code
settings.load_profile("shared")


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing here talks to another machine; local sockets (worker pools) may."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6) and str(address[0]) not in (
            "127.0.0.1",
            "::1",
            "localhost",
        ):
            raise AssertionError(f"a test tried to reach {address}")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)


def real_data() -> Path | None:
    """The folder of real data sets: $RISKAUDIT_DATA, or shared/data beside the checkout."""
    named = os.environ.get("RISKAUDIT_DATA")
    places = (
        [Path(named)]
        if named
        else [parent / "shared" / "data" for parent in Path(__file__).resolve().parents]
    )
    return next((place for place in places if (place / "adult").is_dir()), None)


@pytest.fixture
def data_folder() -> Path:
    """The real data, or a skip that says why."""
    found = real_data()
    if found is None:
        pytest.skip("the real data sets are not here (set RISKAUDIT_DATA to their folder)")
    return found
