"""Pickles: a pickle's program followed symbol by symbol, with nothing imported and nothing called.

A small machine with the stack and the memo of Python's own, in which a global is a name, a call is a note of
what is called, and containers are lists that are never hashed or compared: a tuple nested a million deep
costs memory and nothing else. Bounded in opcodes and time.

References
----------
CPython, Lib/pickle.py and Lib/pickletools.py (opcodes of protocols 0 to 5).
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from riskaudit.subjects.pickled.allowed import CALLED, PARTIAL
from riskaudit.subjects.scan.look import Budget, TooMuch

LONGEST_NAME = 1000
MOST_DEPTH = 5
SLICE = 50_000  # opcodes between two looks at the clock


class Fault(Exception):
    """The program breaks here."""


@dataclass(frozen=True, slots=True)
class Name:
    """A global."""

    module: str
    name: str


@dataclass(slots=True)
class Call:
    """What a callable would give, and the state that it would be given."""

    of: Any
    arguments: Any
    state: Any = None


class Pairs(list[Any]):
    """A mapping's keys and values, in turn."""

    def get(self, key: str) -> Any:
        """The last value of a text key."""
        for at in range(len(self) - 2, -1, -2):
            if isinstance(self[at], str) and self[at] == key:
                return self[at + 1]
        return None


class Blob:
    """Bytes or a long text that stand in the file; only where, not what."""

    __slots__ = ("end", "start")

    def __init__(self, start: int, end: int) -> None:
        self.start, self.end = start, end


@dataclass(kw_only=True)
class Program:
    """What a walk found.

    Attributes
    ----------
    names : list of (module, name, byte)
    calls : list of (what, byte)
        Calls of what is no plain name: an attribute of something, the result of another call.
    forbidden : list of (opcode, byte)
        Opcodes that no plain pickle of a model needs.
    arrays : list of (start, end, object)
        Raw arrays of joblib; `object` where the content is a pickle of its own.
    blobs : list of (start, end)
        Bytes that could hold something.
    end : int
        One past STOP, or where the walk broke.
    """

    names: list[tuple[str, str, int]] = field(default_factory=list)
    calls: list[tuple[str, int]] = field(default_factory=list)
    forbidden: list[tuple[str, int]] = field(default_factory=list)
    arrays: list[tuple[int, int]] = field(default_factory=list)
    nested: list[int] = field(default_factory=list)
    blobs: list[tuple[int, int]] = field(default_factory=list)
    versions: dict[str, str] = field(default_factory=dict)
    protocol: int = 0
    opcodes: int = 0
    end: int = 0
    fault: str = ""
    stopped: bool = False
    value: Any = None


MARK = object()
_WRAPPER = ("NumpyArrayWrapper", "NDArrayWrapper", "ZNDArrayWrapper")


def walk(raw: bytes | memoryview, *, start: int = 0, budget: Budget, depth: int = 0) -> Program:
    """Follow one pickle from `start` to its STOP, its first fault, or the end of the budget."""
    machine = _Machine(raw, start, budget, depth)
    program = machine.program
    try:
        machine.run()
    except (Fault, IndexError, struct.error, ValueError, OverflowError, RecursionError) as error:
        program.fault = str(error) if isinstance(error, Fault) else "it is cut short or broken"
    except TooMuch as error:
        program.fault = str(error)
        raise
    finally:
        program.end = machine.at
        program.opcodes = machine.count
    return program


class _Machine:
    """The stack, the memo and the place in the file."""

    def __init__(self, raw: bytes | memoryview, start: int, budget: Budget, depth: int) -> None:
        if depth > MOST_DEPTH:
            raise TooMuch("it has pickles in pickles in pickles")
        self.depth = depth
        self.raw = memoryview(raw)
        self.at, self.budget = start, budget
        self.stack: list[Any] = []
        self.memo: dict[int, Any] = {}
        self.program = Program()
        self.count = 0
        self.frame = 0  # where the current frame ends
        self.last = ""  # the last short text, for versions
        self.odd: set[int] = set()  # where a partial call is kept that no model keeps

    def run(self) -> None:
        """Opcode by opcode."""
        raw, size, table = self.raw, len(self.raw), _TABLE
        while True:
            if self.at >= size:
                raise Fault("it ends without STOP")
            code = raw[self.at]
            self.at += 1
            self.count += 1
            if self.count % SLICE == 0:
                self.budget.ran(SLICE)
            if code == 0x2E:
                self.program.stopped = True
                self.program.value = self.pop()
                return
            step = table[code]
            if step is None:
                raise Fault(f"byte {self.at - 1} ({code:#04x}) is no pickle opcode")
            step(self)

    # What every step uses

    def take(self, size: int) -> memoryview:
        """The next bytes."""
        if size < 0 or self.at + size > len(self.raw):
            raise Fault("it is cut short")
        found = self.raw[self.at : self.at + size]
        self.at += size
        return found

    def line(self) -> str:
        """A text up to the end of the line."""
        window = bytes(self.raw[self.at : self.at + 4 * LONGEST_NAME])
        end = window.find(b"\n")
        if end < 0:
            end = bytes(self.raw[self.at : self.at + 2**20]).find(b"\n")
            if end < 0:
                raise Fault("a line never ends")
            self.at += end + 1
            return "?"
        self.at += end + 1
        return window[:end].decode("utf-8", "replace")

    def pop(self) -> Any:
        """The top of the stack."""
        if not self.stack or self.stack[-1] is MARK:
            raise Fault("the stack is empty")
        return self.stack.pop()

    def to_mark(self) -> list[Any]:
        """All above the last mark."""
        stack, at = self.stack, len(self.stack) - 1
        while at >= 0 and stack[at] is not MARK:
            at -= 1
        if at < 0:
            raise Fault("a mark is missing")
        found = stack[at + 1 :]
        del stack[at:]
        return found

    def text(self, size: int) -> None:
        """Push a text."""
        start = self.at
        found = self.take(size)
        if size > LONGEST_NAME:
            if size > 64:
                self.program.blobs.append((start, self.at))
            self.stack.append(Blob(start, self.at))
            return
        said = str(found, "utf-8", "surrogatepass")
        if self.last in ("_sklearn_version", "__version__") and len(said) < 40:
            self.program.versions["scikit-learn"] = said
        self.last = said
        self.stack.append(said)

    def blob(self, size: int) -> None:
        """Push bytes."""
        start = self.at
        self.take(size)
        if size > 16:
            self.program.blobs.append((start, self.at))
        self.stack.append(Blob(start, self.at))

    def name(self, module: Any, name: Any, at: int) -> None:
        """Push a global."""
        if not isinstance(module, str) or not isinstance(name, str):
            self.program.forbidden.append(("a name that is made up while it runs", at))
            module, name = "?", "?"
        self.program.names.append((module[:LONGEST_NAME], name[:LONGEST_NAME], at))
        self.stack.append(Name(module, name))

    def call(self, of: Any, arguments: Any, at: int) -> None:
        """Push what a call would give."""
        if not isinstance(of, Name):
            self.program.calls.append(("a call of what is no name", at))
        elif (of.module, of.name) == PARTIAL:
            self.partial(arguments, at)
        self.stack.append(Call(of, arguments))

    def partial(self, held: Any, at: int) -> None:
        """A call that is kept: its name counts for nothing where it is the one that honest models keep."""
        names = self.program.names
        if isinstance(held, tuple) and held[:1] == (Name(*CALLED),):
            names[:] = [one for one in names if one[:2] != PARTIAL or one[2] in self.odd]
            return
        self.odd.add(at)
        names.append((*PARTIAL, at))

    def build(self) -> None:
        """Give the object below its state; joblib's arrays follow in the file."""
        state = self.pop()
        if not self.stack:
            raise Fault("BUILD without an object")
        thing = self.stack[-1]
        if not isinstance(thing, Call):
            return
        thing.state = state
        if isinstance(thing.of, Name) and (thing.of.module, thing.of.name) == PARTIAL:
            self.partial(state, self.at - 1)
        if isinstance(thing.of, Name) and thing.of.name in _WRAPPER and "joblib" in thing.of.module:
            self.array(thing.of.name, state)

    def array(self, kind: str, state: Any) -> None:
        """Step over the raw bytes of an array that joblib wrote behind its wrapper."""
        if kind != "NumpyArrayWrapper" or not isinstance(state, Pairs):
            self.program.forbidden.append((f"joblib's old {kind}, whose array is another file", self.at))
            return
        if self.at < self.frame:
            raise Fault("an array begins inside a frame")
        size, pickled = _array_bytes(state)
        start = self.at
        if pickled:
            self.program.nested.append(start)
            inner = walk(self.raw, start=start, budget=self.budget, depth=self.depth + 1)
            _joined(self.program, inner)
            self.at = inner.end
            if inner.fault:
                raise Fault(inner.fault)
            return
        if state.get("numpy_array_alignment_bytes") is not None:
            padding = self.take(1)[0]
            self.take(padding)
        self.take(size)
        self.program.arrays.append((start, self.at))


def _joined(one: Program, other: Program) -> None:
    """Add what a pickle inside a pickle holds."""
    one.names += other.names
    one.calls += other.calls
    one.forbidden += other.forbidden
    one.blobs += other.blobs
    one.opcodes += other.opcodes


def _array_bytes(state: Pairs) -> tuple[int, bool]:
    """How many bytes an array wrapper's array has, and whether it is a pickle instead."""
    shape, dtype = state.get("shape"), state.get("dtype")
    if not isinstance(shape, tuple) or not all(isinstance(side, int) and side >= 0 for side in shape):
        raise Fault("an array has no shape")
    width, pickled = dtype_width(dtype)
    count = 1
    for side in shape[:64]:
        count *= side
        if count > 2**40:
            raise Fault("an array is larger than any file")
    return count * width, pickled


def dtype_width(dtype: Any) -> tuple[int, bool]:
    """Bytes of an element of a symbolic `numpy.dtype(...)`, and whether it is a Python object."""
    if not isinstance(dtype, Call) or not isinstance(dtype.arguments, tuple) or not dtype.arguments:
        raise Fault("an array has no dtype")
    told = dtype.arguments[0]
    if not isinstance(told, str):
        raise Fault("an array has no plain dtype")
    state = dtype.state if isinstance(dtype.state, tuple) else ()
    fields = state[4] if len(state) > 4 else None
    if isinstance(fields, Pairs) and fields:
        inner = [dtype_width(one[0]) for one in fields[1::2] if isinstance(one, tuple) and one]
        if any(pickled for _, pickled in inner):
            return 0, True
    if told.lstrip("<>=|").startswith("O"):
        return 0, True
    width = int("".join(c for c in told if c.isdigit()) or 0)
    kind = told.lstrip("<>=|")[:1]
    if kind == "U":
        width *= 4
    if isinstance(state, tuple) and len(state) > 5 and isinstance(state[5], int) and state[5] > 0:
        width = state[5]
    if width <= 0 or width > 2**24:
        if kind in ("S", "U", "V") and width == 0:
            return 0, False
        raise Fault("an array's dtype has no width")
    return width, False


# One function for each opcode.

Step = Callable[[_Machine], None]


def _unsigned(width: int) -> Callable[[_Machine], int]:
    return lambda m: int.from_bytes(m.take(width), "little")


_u1, _u2, _u4, _u8 = (_unsigned(width) for width in (1, 2, 4, 8))


def _push(value: Any) -> Step:
    return lambda m: m.stack.append(value)


def _number(m: _Machine) -> None:
    said = m.line()
    try:
        m.stack.append(int(said.rstrip("L"), 0) if said else 0)
    except ValueError:
        m.stack.append(0)


def _long(width: int) -> Step:
    def step(m: _Machine) -> None:
        size = int.from_bytes(m.take(width), "little")
        content = m.take(size)
        m.stack.append(int.from_bytes(content, "little", signed=True) if size <= 64 else 0)

    return step


def _mark(m: _Machine) -> None:
    m.stack.append(MARK)


def _dup(m: _Machine) -> None:
    top = m.pop()
    m.stack += [top, top]


def _pop(m: _Machine) -> None:
    if not m.stack:
        raise Fault("the stack is empty")
    m.stack.pop()


def _pop_mark(m: _Machine) -> None:
    m.to_mark()


def _float(m: _Machine) -> None:
    m.line()
    m.stack.append(0.0)


def _get(read: Callable[[_Machine], int]) -> Step:
    def step(m: _Machine) -> None:
        key = read(m)
        if key not in m.memo:
            raise Fault("it recalls what it never kept")
        m.stack.append(m.memo[key])

    return step


def _put(read: Callable[[_Machine], int]) -> Step:
    def step(m: _Machine) -> None:
        key = read(m)
        if not m.stack or m.stack[-1] is MARK:
            raise Fault("the stack is empty")
        m.memo[key] = m.stack[-1]

    return step


def _text_key(m: _Machine) -> int:
    return int(m.line())


def _memoize(m: _Machine) -> None:
    if not m.stack:
        raise Fault("the stack is empty")
    m.memo[len(m.memo)] = m.stack[-1]


def _tuple(size: int) -> Step:
    def step(m: _Machine) -> None:
        if size:
            found = m.stack[-size:]
            if len(found) < size or any(one is MARK for one in found):
                raise Fault("the stack is empty")
            del m.stack[-size:]
            m.stack.append(tuple(found))
        else:
            m.stack.append(())

    return step


def _extend(m: _Machine, found: list[Any]) -> None:
    thing = m.stack[-1] if m.stack else None
    if isinstance(thing, list):
        thing.extend(found)


def _append(m: _Machine) -> None:
    _extend(m, [m.pop()])


def _appends(m: _Machine) -> None:
    _extend(m, m.to_mark())


def _setitem(m: _Machine) -> None:
    value, key = m.pop(), m.pop()
    _extend(m, [key, value])


def _reduce(m: _Machine) -> None:
    at, arguments, of = m.at - 1, m.pop(), m.pop()
    m.call(of, arguments, at)


def _newobj_ex(m: _Machine) -> None:
    at, _, arguments, of = m.at - 1, m.pop(), m.pop(), m.pop()
    m.call(of, arguments, at)


def _global(m: _Machine) -> None:
    at = m.at - 1
    module, name = m.line(), m.line()
    m.name(module, name, at)


def _stack_global(m: _Machine) -> None:
    at, name, module = m.at - 1, m.pop(), m.pop()
    m.name(module, name, at)


def _inst(m: _Machine) -> None:
    at = m.at - 1
    module, name = m.line(), m.line()
    arguments = tuple(m.to_mark())
    m.name(module, name, at)
    m.program.forbidden.append(("INST", at))
    m.call(m.pop(), arguments, at)


def _obj(m: _Machine) -> None:
    at, found = m.at - 1, m.to_mark()
    if not found:
        raise Fault("OBJ without a class")
    m.program.forbidden.append(("OBJ", at))
    m.call(found[0], tuple(found[1:]), at)


def _ext(width: int) -> Step:
    def step(m: _Machine) -> None:
        at = m.at - 1
        m.program.forbidden.append((f"EXT{width}, a name from the registry of extensions", at))
        m.take(width)
        m.stack.append(Name("copyreg", "extension"))

    return step


def _persid(m: _Machine) -> None:
    m.program.forbidden.append(("PERSID, an object from outside", m.at - 1))
    m.line()
    m.stack.append(None)


def _binpersid(m: _Machine) -> None:
    m.program.forbidden.append(("PERSID, an object from outside", m.at - 1))
    m.pop()
    m.stack.append(None)


def _buffer(m: _Machine) -> None:
    m.program.forbidden.append(("NEXT_BUFFER, bytes from outside", m.at - 1))
    m.stack.append(None)


def _proto(m: _Machine) -> None:
    m.program.protocol = _u1(m)
    if m.program.protocol > 5:
        raise Fault(f"protocol {m.program.protocol} is not known")


def _frame(m: _Machine) -> None:
    size = _u8(m)
    m.frame = m.at + size


def _quoted(m: _Machine) -> None:
    said = m.line()
    m.stack.append(said[1:-1] if len(said) > 1 and said[0] == said[-1] and said[0] in "'\"" else said)


_STEPS: dict[str, Step] = {
    "(": _mark,
    "0": _pop,
    "1": _pop_mark,
    "2": _dup,
    "F": _float,
    "I": _number,
    "J": lambda m: m.stack.append(int.from_bytes(m.take(4), "little", signed=True)),
    "K": lambda m: m.stack.append(m.take(1)[0]),
    "L": _number,
    "M": lambda m: m.stack.append(_u2(m)),
    "N": _push(None),
    "P": _persid,
    "Q": _binpersid,
    "R": _reduce,
    "S": _quoted,
    "T": lambda m: m.text(_u4(m)),
    "U": lambda m: m.text(_u1(m)),
    "V": lambda m: m.stack.append(m.line()),
    "X": lambda m: m.text(_u4(m)),
    "a": _append,
    "b": lambda m: m.build(),
    "c": _global,
    "d": lambda m: m.stack.append(Pairs(m.to_mark())),
    "}": lambda m: m.stack.append(Pairs()),
    "e": _appends,
    "g": _get(_text_key),
    "h": _get(_u1),
    "i": _inst,
    "j": _get(_u4),
    "l": lambda m: m.stack.append(m.to_mark()),
    "]": lambda m: m.stack.append([]),
    "o": _obj,
    "p": _put(_text_key),
    "q": _put(_u1),
    "r": _put(_u4),
    "s": _setitem,
    "t": lambda m: m.stack.append(tuple(m.to_mark())),
    ")": _tuple(0),
    "u": _appends,
    "G": lambda m: m.stack.append(struct.unpack(">d", m.take(8))[0]),
    "\x80": _proto,
    "\x81": _reduce,
    "\x82": _ext(1),
    "\x83": _ext(2),
    "\x84": _ext(4),
    "\x85": _tuple(1),
    "\x86": _tuple(2),
    "\x87": _tuple(3),
    "\x88": _push(True),
    "\x89": _push(False),
    "\x8a": _long(1),
    "\x8b": _long(4),
    "B": lambda m: m.blob(_u4(m)),
    "C": lambda m: m.blob(_u1(m)),
    "\x8c": lambda m: m.text(_u1(m)),
    "\x8d": lambda m: m.text(_u8(m)),
    "\x8e": lambda m: m.blob(_u8(m)),
    "\x8f": lambda m: m.stack.append([]),
    "\x90": _appends,
    "\x91": lambda m: m.stack.append(m.to_mark()),
    "\x92": _newobj_ex,
    "\x93": _stack_global,
    "\x94": _memoize,
    "\x95": _frame,
    "\x96": lambda m: m.blob(_u8(m)),
    "\x97": _buffer,
    "\x98": lambda m: None,
}
_TABLE: list[Step | None] = [_STEPS.get(chr(code)) for code in range(256)]
