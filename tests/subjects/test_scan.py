"""The scan: what it names in a file, and what it leaves alone."""

from __future__ import annotations

import struct
from pathlib import Path

import hostile
import numpy as np
import pytest

from riskaudit.subjects.scan import look_at
from riskaudit.subjects.scan.judging import judge
from riskaudit.subjects.source import Source


def why(raw: bytes) -> str:
    return judge(Source(name="m", path=Path("m"), raw=raw)).why


def test_a_payload_is_named_with_its_byte() -> None:
    """`posix.system at byte 2`, and within archives the member too."""
    evil = hostile.call("posix", "system", "x")
    assert "posix.system at byte 2" in why(evil)
    nested = hostile.zipped({"a.zip": hostile.zipped({"b/c.pkl": evil})})
    assert "posix.system in a.zip/b/c.pkl at byte 2" in why(nested)


@pytest.mark.parametrize("kind", ["zlib", "gzip", "bz2", "lzma", "xz"])
def test_every_compression_is_looked_through(kind: str) -> None:
    """The names inside are the same as without it."""
    plain = look_at(hostile.dumped(hostile.forest()))
    packed = look_at(hostile.dumped(hostile.forest(), (kind, 3)))
    assert packed.format == f"joblib pickle ({kind})"
    assert packed.names.keys() == plain.names.keys()
    assert packed.versions.keys() == {"scikit-learn"}
    assert not packed.fault


def test_names_behind_raw_arrays_are_seen() -> None:
    """joblib's arrays are stepped over by their own length, in both orders and with odd dtypes."""
    odd = np.zeros(3, dtype=[("a", "<i4"), ("b", "<f8", (2,))])
    arrays = [
        np.asfortranarray(np.ones((3, 4))),
        np.array(["ab", "c"]),
        np.zeros((0, 3)),
        odd,
        np.arange(9) > 4,
    ]
    look = look_at(hostile.dumped([*arrays, hostile.Calls(print, "x")]))
    assert ("builtins", "print") in look.names
    assert not look.fault


@pytest.mark.parametrize(
    "raw",
    [
        b"tree\nversion=v4\nnum_class=1\n",
        b'{"learner":{"attributes":{}}}',
        b"CBM1" + b"\x20\x01\x00\x00" + bytes(300),
        struct.pack("<Q", 384)
        + b'{"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}'.ljust(384)
        + bytes(4),
        b"a,b,c\n1,2,3\n",
        b"I am a text that ends with a full stop.",
        b"(c) 2024 by somebody\n",
        b"{L\x00\x00" + bytes(50) + b"PK\x05\x06" + bytes(60),
    ],
    ids=["lightgbm", "xgboost", "catboost", "safetensors", "csv", "text", "copyright", "by-chance-a-zip"],
)
def test_other_formats_are_no_pickles(raw: bytes) -> None:
    """Native formats and tables go to their own loaders, without a finding."""
    look = look_at(raw)
    assert not look.pickled
    assert not look.findings
    assert judge(Source(name="m", path=Path("m"), raw=raw)).load


def test_bounds_are_findings() -> None:
    """Twenty thousand members, six archives deep, two hundred times the size: told, not followed."""
    for name, raw in (
        ("deep", hostile._deep(b"x", 12)),
        ("many", hostile.zipped(dict.fromkeys(map(str, range(20_500)), b""))),
    ):
        assert "more than" in why(raw), name
