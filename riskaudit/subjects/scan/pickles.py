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
from typing import Any

from riskaudit.subjects.pickled.allowed import CALLED, PARTIAL
from riskaudit.subjects.scan.look import Budget, TooMuch
from riskaudit.subjects.scan.opcodes import TABLE
from riskaudit.subjects.scan.symbols import (
    LONGEST_NAME,
    MARK,
    Blob,
    Call,
    Fault,
    Name,
    Pairs,
    Program,
    array_bytes,
)

MOST_DEPTH = 5
SLICE = 50_000  # opcodes between two looks at the clock
_WRAPPER = ("NumpyArrayWrapper", "NDArrayWrapper", "ZNDArrayWrapper")


def walk(raw: bytes | memoryview, *, start: int = 0, budget: Budget, depth: int = 0) -> Program:
    """Follow one pickle from `start` to its STOP, its first fault, or the end of the budget."""
    machine = Machine(raw, start, budget, depth)
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


class Machine:
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
        raw, size, table = self.raw, len(self.raw), TABLE
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
        kind = _made(thing)
        if kind is not None and kind.name in _WRAPPER and "joblib" in kind.module:
            self.array(kind.name, state)

    def array(self, kind: str, state: Any) -> None:
        """Step over the raw bytes of an array that joblib wrote behind its wrapper."""
        if kind != "NumpyArrayWrapper" or not isinstance(state, Pairs):
            self.program.forbidden.append((f"joblib's old {kind}, whose array is another file", self.at))
            return
        if self.at < self.frame:
            raise Fault("an array begins inside a frame")
        size, pickled = array_bytes(state)
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


def _made(call: Call) -> Name | None:
    """The class of an object that is built: named outright, or to `copyreg._reconstructor` in protocols 0 and 1."""
    of, given = call.of, call.arguments
    if isinstance(of, Name) and of.name == "_reconstructor" and isinstance(given, tuple) and given:
        of = given[0]
    return of if isinstance(of, Name) else None


def _joined(one: Program, other: Program) -> None:
    """Add what a pickle inside a pickle holds."""
    one.names += other.names
    one.calls += other.calls
    one.forbidden += other.forbidden
    one.blobs += other.blobs
    one.opcodes += other.opcodes
