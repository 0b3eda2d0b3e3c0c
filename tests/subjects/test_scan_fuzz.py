"""Fuzzing the scanner: whatever the bytes, it ends, tells, and makes nothing."""

from __future__ import annotations

import contextlib
import gzip
import io
import pickle
import time
from functools import cache
from pathlib import Path

import hostile
import pytest
import skops.io
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from riskaudit.subjects.scan import Budget, look_at
from riskaudit.subjects.scan.judging import is_plain_pickle, judge
from riskaudit.subjects.source import Source

QUIET = [HealthCheck.too_slow, HealthCheck.data_too_large]


@cache
def seeds() -> tuple[bytes, ...]:
    """Honest and hostile files of every format."""
    honest = [pickle.dumps(hostile.forest(), protocol) for protocol in (0, 2, 5)]
    honest += [
        hostile.dumped(hostile.forest()),
        hostile.dumped(hostile.forest(), 3),
        skops.io.dumps(hostile.forest()),
    ]
    made = [
        raw for make in (hostile.gadgets, hostile.wrapped, hostile.graphs) for _, raw in make("/nonexistent")
    ]
    return (*honest, *(raw for raw in made if len(raw) < 50_000))


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """A seed with bytes replaced, cut out, doubled, or parts of two put together."""
    raw = bytearray(draw(st.sampled_from(seeds())))
    for _ in range(draw(st.integers(1, 6))):
        at = draw(st.integers(0, max(0, len(raw) - 1)))
        kind = draw(st.integers(0, 4))
        if kind == 0 and raw:
            raw[at] = draw(st.integers(0, 255))
        elif kind == 1:
            del raw[at : at + draw(st.integers(1, 64))]
        elif kind == 2:
            raw[at:at] = draw(st.binary(min_size=1, max_size=16))
        elif kind == 3:
            raw[at:at] = raw[at : at + draw(st.integers(1, 64))]
        else:
            other = draw(st.sampled_from(seeds()))
            raw = raw[:at] + other[draw(st.integers(0, len(other))) :]
    wrap = draw(st.integers(0, 9))
    return gzip.compress(bytes(raw), 1) if wrap == 0 else bytes(raw)


def look(raw: bytes) -> None:
    began = time.process_time()
    found = look_at(raw, Budget(seconds=2))
    assert time.process_time() - began < 6
    assert isinstance(found.format, str)
    for one in found.findings:
        assert one.words


@settings(max_examples=400, deadline=None, suppress_health_check=QUIET)
@given(raw=mutated())
def test_mutated_files_never_break_the_scan(raw: bytes) -> None:
    """400 mutants of honest and hostile files: no exception, no hang."""
    look(raw)


@settings(max_examples=300, deadline=None, suppress_health_check=QUIET)
@given(raw=st.binary(max_size=400))
def test_any_bytes_never_break_the_scan(raw: bytes) -> None:
    """300 random strings of bytes."""
    look(raw)


@settings(max_examples=300, deadline=None, suppress_health_check=QUIET)
@given(codes=st.lists(st.sampled_from([bytes([c]) for c in range(256)]), max_size=60))
def test_any_opcodes_never_break_the_scan(codes: list[bytes]) -> None:
    """300 programs of random opcodes behind a header."""
    look(b"\x80\x04" + b"".join(codes) + b".")


@pytest.mark.slow
@settings(max_examples=8_000, deadline=None, suppress_health_check=QUIET)
@given(raw=mutated())
def test_many_mutants_never_break_the_scan(raw: bytes) -> None:
    """8,000 more."""
    look(raw)


@settings(max_examples=200, deadline=None, suppress_health_check=QUIET)
@given(
    name=st.sampled_from(["os.system", "eval", "stack-global", "inst", "obj", "ext1", "newobj", "popped"]),
    junk=st.binary(max_size=30),
)
def test_a_payload_is_found_wherever_it_stands(name: str, junk: bytes) -> None:
    """A gadget behind any text, in any protocol's clothes, is never a file without findings."""
    evil = dict(hostile.gadgets("/nonexistent"))[name]
    pushed = b"\x80\x02B" + len(junk).to_bytes(4, "little") + junk + b"0"
    body = evil[2:] if evil[:1] == b"\x80" else evil
    assert not judge(Source(name="m", path=Path("m"), raw=pushed + body)).load


class Stub:
    """Takes any arguments and any state."""

    def __new__(cls, *_: object, **__: object) -> Stub:
        return super().__new__(cls)

    def __setstate__(self, state: object) -> None:
        pass

    def append(self, value: object) -> None:
        """As a list has it."""

    def __setitem__(self, key: object, value: object) -> None:
        pass


class Recorder(pickle._Unpickler):  # type: ignore[name-defined,misc]
    """Python's own unpickler, which notes the names it is asked for and makes stubs."""

    def __init__(self, raw: bytes) -> None:
        super().__init__(io.BytesIO(raw))
        self.names: set[tuple[str, str]] = set()

    def find_class(self, module: str, name: str) -> type:
        """A stub."""
        self.names.add((module, name))
        return Stub


@settings(max_examples=400, deadline=None, suppress_health_check=QUIET)
@given(raw=mutated())
def test_what_python_would_import_is_seen(raw: bytes) -> None:
    """400 mutants: each name that Python's own unpickler asks for is in the scan, or the scan refuses the file."""
    if raw[:1] not in (b"\x80", b"c", b"("):
        return
    recorder = Recorder(raw)
    with contextlib.suppress(Exception):
        recorder.load()
    source = Source(name="m", path=Path("m"), raw=raw)
    found = judge(source)
    told = is_plain_pickle(source.look.format) and found.load
    assert not told or recorder.names <= set(source.look.names)
