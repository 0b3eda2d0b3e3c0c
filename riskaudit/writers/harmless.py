"""Harmless: strangers' strings with nothing left in them that a terminal, a page or Markdown would obey."""

from __future__ import annotations

import re
import unicodedata

MINUS = "\u2212"
_INVISIBLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f"
    "\ufdd0-\ufdef\ufeff\ufff9-\ufffb\ufffe\uffff\U000e0000-\U000e0fff]"
)


_ESCAPES = re.compile(
    r"\x1b(?:\[[0-?]*[ -/]*[@-~]|[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\\\)?)|\x9b[0-?]*[ -/]*[@-~]"
)


def printable(text: str) -> str:
    """The text without control characters, escape codes and marks that turn its direction; line breaks stay."""
    return _INVISIBLE.sub("", _ESCAPES.sub("", text.replace("\r\n", "\n")))


def escape_terminal(text: str) -> str:
    """The text on one line, with nothing in it that a terminal would obey."""
    return " ".join(printable(text).split())


def escape_markdown(text: str) -> str:
    """The text on one line, with nothing in it that GitHub-flavoured Markdown would obey."""
    text = re.sub(r"([\\`*_{}\[\]<>|~&$])", r"\\\1", escape_terminal(text))
    text = re.sub(r"!(?=\\\[)", r"\!", text)
    text = re.sub(r":(?=//)", r"\:", text)
    text = re.sub(r"(?i)\b(www|mailto|xmpp)([.:])", r"\1\\\2", text)
    text = re.sub(r"@(?=\w)", "@\u2060", text)  # a mention would call a stranger; a word joiner is unseen
    return re.sub(r"^(#{1,6}|[-+=:]|\d+(?=[.)](?:\s|$)))", lambda m: _lead(m[1]), text)


def _lead(mark: str) -> str:
    """The start of a line that would open a heading, a list or a rule, as plain text."""
    return f"{mark}\u2060" if mark[0].isdigit() else f"\\{mark}"


def code_markdown(text: str) -> str:
    """The text as a code span, fenced by more backticks than it holds."""
    text = escape_terminal(text)
    fence = "`" * (1 + max((len(run) for run in re.findall("`+", text)), default=0))
    pad = " " if text.startswith("`") or text.endswith("`") or not text else ""
    return f"{fence}{pad}{text}{pad}{fence}"


_ASCII = str.maketrans(
    {
        "\u00b7": "-", "\u2013": "-", "\u2014": "-", MINUS: "-", "\u00d7": "x", "\u2192": "->", "\u2026": "...",
        "\u2264": "<=", "\u2265": ">=", "\u00b1": "+/-", "\u00b5": "u", "\u2018": "'", "\u2019": "'",
        "\u201c": '"', "\u201d": '"', "\u2082": "2", "\u2500": "-", "\u2588": "#", "\u2591": ".", "\u00a0": " ",
    }
)  # fmt: skip


def ascii_words(text: str) -> str:
    """The text in ASCII: our own signs by their nearest kin, strangers' letters as \\x codes."""
    return text.translate(_ASCII).encode("ascii", "backslashreplace").decode("ascii")


def cells(text: str) -> int:
    """How many terminal columns a text takes: wide letters two, combining marks none."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text
    )


def shorten(text: str, width: int, ellipsis: str = "\u2026") -> str:
    """The text cut to a width, with an ellipsis where it was cut."""
    if cells(text) <= width:
        return text
    kept = ""
    for letter in text:
        if cells(kept + letter) > width - len(ellipsis):
            break
        kept += letter
    return kept.rstrip() + ellipsis
