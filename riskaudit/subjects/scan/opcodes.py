"""Opcodes: one step of the scan's pickle machine for each opcode of protocols 0 to 5."""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from riskaudit.subjects.scan.symbols import MARK, Fault, Name, Pairs

if TYPE_CHECKING:
    from riskaudit.subjects.scan.pickles import Machine

Step = Callable[["Machine"], None]


def _unsigned(width: int) -> Callable[[Machine], int]:
    return lambda m: int.from_bytes(m.take(width), "little")


_u1, _u2, _u4, _u8 = (_unsigned(width) for width in (1, 2, 4, 8))


def _push(value: Any) -> Step:
    return lambda m: m.stack.append(value)


def _number(m: Machine) -> None:
    said = m.line()
    try:
        m.stack.append(int(said.rstrip("L"), 0) if said else 0)
    except ValueError:
        m.stack.append(0)


def _long(width: int) -> Step:
    def step(m: Machine) -> None:
        size = int.from_bytes(m.take(width), "little")
        content = m.take(size)
        m.stack.append(int.from_bytes(content, "little", signed=True) if size <= 64 else 0)

    return step


def _mark(m: Machine) -> None:
    m.stack.append(MARK)


def _dup(m: Machine) -> None:
    top = m.pop()
    m.stack += [top, top]


def _pop(m: Machine) -> None:
    if not m.stack:
        raise Fault("the stack is empty")
    m.stack.pop()


def _pop_mark(m: Machine) -> None:
    m.to_mark()


def _float(m: Machine) -> None:
    m.line()
    m.stack.append(0.0)


def _get(read: Callable[[Machine], int]) -> Step:
    def step(m: Machine) -> None:
        key = read(m)
        if key not in m.memo:
            raise Fault("it recalls what it never kept")
        m.stack.append(m.memo[key])

    return step


def _put(read: Callable[[Machine], int]) -> Step:
    def step(m: Machine) -> None:
        key = read(m)
        if not m.stack or m.stack[-1] is MARK:
            raise Fault("the stack is empty")
        m.memo[key] = m.stack[-1]

    return step


def _text_key(m: Machine) -> int:
    return int(m.line())


def _memoize(m: Machine) -> None:
    if not m.stack:
        raise Fault("the stack is empty")
    m.memo[len(m.memo)] = m.stack[-1]


def _tuple(size: int) -> Step:
    def step(m: Machine) -> None:
        if size:
            found = m.stack[-size:]
            if len(found) < size or any(one is MARK for one in found):
                raise Fault("the stack is empty")
            del m.stack[-size:]
            m.stack.append(tuple(found))
        else:
            m.stack.append(())

    return step


def _extend(m: Machine, found: list[Any]) -> None:
    thing = m.stack[-1] if m.stack else None
    if isinstance(thing, list):
        thing.extend(found)


def _append(m: Machine) -> None:
    _extend(m, [m.pop()])


def _appends(m: Machine) -> None:
    _extend(m, m.to_mark())


def _setitem(m: Machine) -> None:
    value, key = m.pop(), m.pop()
    _extend(m, [key, value])


def _reduce(m: Machine) -> None:
    at, arguments, of = m.at - 1, m.pop(), m.pop()
    m.call(of, arguments, at)


def _newobj_ex(m: Machine) -> None:
    at, _, arguments, of = m.at - 1, m.pop(), m.pop(), m.pop()
    m.call(of, arguments, at)


def _global(m: Machine) -> None:
    at = m.at - 1
    module, name = m.line(), m.line()
    m.name(module, name, at)


def _stack_global(m: Machine) -> None:
    at, name, module = m.at - 1, m.pop(), m.pop()
    m.name(module, name, at)


def _inst(m: Machine) -> None:
    at = m.at - 1
    module, name = m.line(), m.line()
    arguments = tuple(m.to_mark())
    m.name(module, name, at)
    m.program.forbidden.append(("INST", at))
    m.call(m.pop(), arguments, at)


def _obj(m: Machine) -> None:
    at, found = m.at - 1, m.to_mark()
    if not found:
        raise Fault("OBJ without a class")
    m.program.forbidden.append(("OBJ", at))
    m.call(found[0], tuple(found[1:]), at)


def _ext(width: int) -> Step:
    def step(m: Machine) -> None:
        at = m.at - 1
        m.program.forbidden.append((f"EXT{width}, a name from the registry of extensions", at))
        m.take(width)
        m.stack.append(Name("copyreg", "extension"))

    return step


def _persid(m: Machine) -> None:
    m.program.forbidden.append(("PERSID, an object from outside", m.at - 1))
    m.line()
    m.stack.append(None)


def _binpersid(m: Machine) -> None:
    m.program.forbidden.append(("PERSID, an object from outside", m.at - 1))
    m.pop()
    m.stack.append(None)


def _buffer(m: Machine) -> None:
    m.program.forbidden.append(("NEXT_BUFFER, bytes from outside", m.at - 1))
    m.stack.append(None)


def _proto(m: Machine) -> None:
    m.program.protocol = _u1(m)
    if m.program.protocol > 5:
        raise Fault(f"protocol {m.program.protocol} is not known")


def _frame(m: Machine) -> None:
    size = _u8(m)
    m.frame = m.at + size


def _quoted(m: Machine) -> None:
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
TABLE: list[Step | None] = [_STEPS.get(chr(code)) for code in range(256)]
