"""Sentences: English with slots against another language's, whole first, then by its parts."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import cache

_SLOT = re.compile(r"\{([a-z_]+\d*)\}")
_NUMBER = r"[\u2212+-]?\d[\d,]*(?:\.\d+)?(?:e[\u2212+-]?\d+)?"
_RANGE = rf"{_NUMBER}(?:(?:\u2013| to ){_NUMBER})?"
_CLAUSE = r"(?:(?!; |[.!?] +[A-Z0-9'(\"-]).)+?"
_KINDS = {"n": _NUMBER, "x": _RANGE, "v": rf"[\u2212+-]?\d{_CLAUSE}|\d"}
_UNIT = r"(?:[k\u00b5mMGT]?(?:Wh|B)|[\u00b5m]?s|[\u00b5mk]?g|t|CO2e)"
_SPAN = re.compile(rf"(?:{_NUMBER}|\b{_UNIT}\b|\bn\b|=|%|[\s/\u2013\u00d7.,()]|\bto\b)+")
_CONDITION = r"(?:[\d.\u2212-]+ <=? )?[A-Za-z_][\w.-]*(?: [\w.-]+)? (?:<=?|>=?|=) [^,;:() ]+"
# What is no sentence: rule ids, hashes, versions, file names, slices, conditions, quoted names, commands of ours.
_CODE = re.compile(
    r"[a-z0-9_]+(?:[-_][a-z0-9_]*)+\u2026?|[0-9a-f]{12,64}|'[^']*'|[^\s=]+(?: [^\s=]+)?=\S+(?: [^\s=,;:]+)*|[\w.-]+ v?\d+(?:\.\d+){2,}"
    r"|[a-z]+\.[a-z0-9_]+|\S+\.(?:csv|json|md|html|parquet|skops)|riskaudit(?: (?:audit|demo|train|explain|gate|render|mend|diff|verify) .*)?|(?:Linux|Windows|Darwin) \S+"
    rf"|(?:slice=)?{_CONDITION}(?: and {_CONDITION})*\u2026?(?: [+\u2212\d.]+)?"
)
_SENTENCE = r"(?<=[.?!]) +(?=[A-Z0-9'(\"]|--)|(?<=[a-z]{4}[.?!]) +(?=[a-z+\u2212])"
_END = {".": "\u3002", ":": "\uff1a"}


@dataclass(frozen=True)
class Pattern:
    """An English sentence with slots, and what it becomes.

    A slot `{n}`, `{n2}` takes a number, `{x}` a number or a range, `{v}` what starts with a number, `{k}` a stranger's
    name; `{t}`, `{t2}` takes words that are translated in their turn, `{p}` words that are translated as far as they
    are known; any other letter takes a piece of one clause and keeps it, a longer word (`{note}`) takes anything.
    """

    english: str
    own: str
    match: re.Pattern[str]
    word: str

    @classmethod
    def of(cls, english: str, own: str) -> Pattern:
        """A pattern made ready."""
        pieces, at, seen = [], 0, set()
        for slot in _SLOT.finditer(english):
            pieces.append(re.escape(english[at : slot.start()]))
            name, at = slot[1], slot.end()
            inner = _KINDS.get(
                re.sub(r"\d", "", name),
                _CLAUSE if re.fullmatch(r"[a-jq-z]\d*", name) and name[0] != "t" else r".+?",
            )
            pieces.append(f"(?P={name})" if name in seen else f"(?P<{name}>{inner})")
            seen.add(name)
        literal = max(_SLOT.sub("\n", english).split("\n"), key=len)
        return cls(english, own, re.compile("".join([*pieces, re.escape(english[at:])]), re.DOTALL), literal)


@cache
def _patterns(language: str, known: tuple[tuple[str, str], ...]) -> tuple[Pattern, ...]:
    """Every sentence with slots, those that say most first."""
    made = [Pattern.of(english, own) for english, own in known if _SLOT.search(english)]
    return tuple(sorted(made, key=lambda one: -len(_SLOT.sub("", one.english))))


@dataclass
class Sentences:
    """A catalogue at work on one report; `missed` are the sentences that it did not know, `told` those it gave."""

    language: str
    known: Mapping[str, str]
    names: Collection[str] = ()
    missed: set[str] = field(default_factory=set)
    _told: dict[str, str | None] = field(default_factory=dict)
    told: set[str] = field(default_factory=set)  # what was said already: said again, it is not missed

    def said(self, text: str) -> str:
        """A text in this language; as it is, and noted, where it is not known."""
        core = text.strip()
        if not core:
            return text
        found = self._whole(core)
        if found is None:
            found = self._partly(core)
        self.told.add(found)
        start = len(text) - len(text.lstrip())
        return text[:start] + found + text[start + len(core) :]

    def _partly(self, core: str) -> str:
        """A text of which only some sentences or clauses are known: those in this language, the others as they are."""
        for mark, join in ((_SENTENCE, ""), (r"; +", "\uff1b")):
            parts = re.split(mark, core)
            if len(parts) > 1:
                told = [self._whole(part.strip()) or self._partly(part.strip()) for part in parts]
                return "".join(one + ("" if at == len(told) - 1 else join or ("" if one.endswith("\u3002") else " ")) for at, one in enumerate(told))  # fmt: skip
        if core.replace("\\", "") not in self.told:  # what was told already may be escaped for Markdown since
            self.missed.add(core)
        return core

    def _whole(self, core: str, depth: int = 0) -> str | None:
        """A text without blanks around it; None where it is not known."""
        if (
            core in self.names
            or not re.search(r"[A-Za-z]{2}", core)
            or _SPAN.fullmatch(core)
            or _CODE.fullmatch(core)
        ):
            return core
        if core in self._told:
            return self._told[core]
        self._told[core] = None  # a sentence within itself is not known
        found = self._found(core, depth) if depth < 12 else None
        self._told[core] = found
        return found

    def _found(self, core: str, depth: int) -> str | None:
        """The ways in which a text may be known, the surest first; what a way that fails has missed is not missed."""
        before = set(self.missed)
        for way in (self._exactly, self._ended, self._by_pattern, self._labelled, self._bracketed, self._parted, self._numbered, self._named):  # fmt: skip
            found = way(core, depth)
            if found is not None:
                return found
            self.missed &= before
        return None

    def _exactly(self, core: str, depth: int) -> str | None:
        """As the catalogue has it, but for a capital at its start."""
        for form in (core, core[:1].lower() + core[1:], core[:1].upper() + core[1:]):
            if form in self.known:
                return self.known[form]
        return None

    def _by_pattern(self, core: str, depth: int) -> str | None:
        """By a sentence with slots, those that are to be translated known too."""
        for form in dict.fromkeys((core, core[:1].lower() + core[1:])):
            for pattern in _patterns(self.language, _items(self.known)):
                if pattern.word not in form:
                    continue
                match = pattern.match.fullmatch(form)
                filled = self._filled(match.groupdict(), depth) if match else None
                if filled is not None:
                    return _SLOT.sub(lambda slot, filled=filled: filled.get(slot[1], slot[0]), pattern.own)  # type: ignore[misc]
        return None

    def _filled(self, slots: dict[str, str], depth: int) -> dict[str, str] | None:
        """The slots' words, translated where they are to be; None where one of these is not known."""
        filled = {}
        for name, text in sorted(
            slots.items(), key=lambda slot: slot[0][0] == "p"
        ):  # `{p}` notes what it misses
            if re.fullmatch(r"p\d*", name):
                filled[name] = self._whole(text.strip(), depth + 1) or self._partly(text.strip())
                continue
            if re.fullmatch(r"k\d*", name) and text not in self.names:
                return None
            if not re.fullmatch(r"t\d*", name):
                filled[name] = text
                continue
            several = re.search(_SENTENCE, text) or "   " in text  # are told one by one, not as a slot of one
            told = None if several else self._whole(text.strip(), depth + 1)
            if told is None:
                return None
            filled[name] = told
        return filled

    def _ended(self, core: str, depth: int) -> str | None:
        """Without the full stop or colon at its end."""
        if core[-1] not in _END or len(core) < 3:
            return None
        told = self._whole(core[:-1].rstrip(), depth + 1)
        return None if told is None else told + _END[core[-1]]

    def _labelled(self, core: str, depth: int) -> str | None:
        """A label and what it says."""
        label, colon, rest = core.partition(": ")
        told = self._exactly(label, depth) if colon else None
        more = self._whole(rest.strip(), depth + 1) if told is not None and rest.strip() else None
        return None if told is None or more is None else f"{told}\uff1a{more}"

    def _bracketed(self, core: str, depth: int) -> str | None:
        """A text and what stands in brackets behind it."""
        match = re.fullmatch(r"(.+?) \((.+)\)", core, re.DOTALL)
        if match is None:
            return None
        outer, inner = (self._whole(part, depth + 1) for part in match.groups())
        return None if outer is None or inner is None else f"{outer}\uff08{inner}\uff09"

    def _parted(self, core: str, depth: int) -> str | None:
        """Sentence by sentence, clause by clause; all of it known, or none of it."""
        for mark, join in ((_SENTENCE, ""), (r"; +", "\uff1b"), (r" +\u00b7 +", " \u00b7 "), (r" vs ", " \u5bf9 "), (r", +", "\uff0c")):  # fmt: skip
            parts = [part.strip() for part in re.split(mark, core)]
            if len(parts) < 2 or not all(parts):
                continue
            told = [self._whole(part, depth + 1) for part in parts]
            if all(one is not None for one in told):
                return join.join(one for one in told if one is not None)
        return None

    def _numbered(self, core: str, depth: int) -> str | None:
        """Words before or after a number."""
        before = re.fullmatch(rf"(.*?[A-Za-z%)]) ((?:{_NUMBER}|[%/\u2013 ]|to)+(?:{_UNIT})?)", core)
        if before is not None:
            told = self._whole(before[1], depth + 1)
            return None if told is None else f"{told} {before[2]}"
        after = re.fullmatch(rf"({_NUMBER}) ([A-Za-z].*)", core, re.DOTALL)
        told = self._whole(after[2], depth + 1) if after is not None else None
        return None if told is None or after is None else f"{after[1]} {told}"

    def _named(self, core: str, depth: int) -> str | None:
        """A name of a stranger's, and words about it."""
        for blank in re.finditer(" ", core):
            if core[: blank.start()] in self.names:
                told = self._whole(core[blank.end() :], depth + 1)
                if told is not None:
                    return f"{core[: blank.start()]} {told}"
        return None


_ITEMS: dict[int, tuple[tuple[str, str], ...]] = {}


def _items(known: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """A catalogue's entries, made once."""
    if id(known) not in _ITEMS:
        _ITEMS[id(known)] = tuple(known.items())
    return _ITEMS[id(known)]
