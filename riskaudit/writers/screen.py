"""Screen: lines and tables for a terminal of any width and alphabet; nothing in them is obeyed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from riskaudit.writers import words
from riskaudit.writers.lingo import tr

NARROWEST = 24
_WIDE = "\u2e80-\u9fff\uac00-\ud7a3\uf900-\ufaff\uff00-\uff60"
_CLOSING = "\u3001\u3002\uff0c\uff1b\uff1a\uff09\uff1f\uff01\u201d\u2019)\\],.;:"
_PIECE = re.compile(rf"(?:[\uff08\u201c\u2018(]*[{_WIDE}]|[^{_WIDE}]+)[{_CLOSING}]*")
_CODES = {"fail": "1;31", "unsure": "1;33", "missing": "1;36", "pass": "1;32", "faint": "2", "bold": "1"}


@dataclass(frozen=True, kw_only=True)
class Screen:
    """What the reader's terminal can do; lines leave through it wrapped, harmless and in its letters."""

    width: int = 80
    colour: bool = False
    ascii_only: bool = False

    def line(self, text: str, *, hang: int = 0, head: str = "", kind: str = "") -> list[str]:
        """One line of text, wrapped with a hanging indent; its head (where it starts so) in a colour."""
        head = self.fit(head)
        lines = _wrap(self.fit(text), max(self.width, NARROWEST), hang)
        if head and lines[0].startswith(head):
            lines[0] = self.paint(head, kind) + lines[0][len(head) :]
        return lines

    def fit(self, text: str) -> str:
        """The text without anything a terminal obeys, its leading blanks kept, in ASCII where that is asked."""
        indent = len(text) - len(text.lstrip(" "))
        clean = " " * indent + words.printable(tr(text)).strip().replace("\n", " ").replace("\t", " ")
        return words.ascii_words(clean) if self.ascii_only else clean

    def paint(self, text: str, kind: str) -> str:
        """The text in a colour; as it is where there is none to be had."""
        return f"\x1b[{_CODES[kind]}m{text}\x1b[0m" if self.colour and kind else text


def table(
    titles: Sequence[str],
    rows: Sequence[Sequence[str]],
    screen: Screen,
    *,
    drop: Sequence[str] = (),
    left: int = 1,
) -> list[str]:
    """A table without lines: the first columns to the left, the rest to the right.

    Columns named in `drop` go in that order until the table fits; then the first column is cut.
    """
    kept = list(range(len(titles)))
    grid = [[screen.fit(c) for c in row] for row in (titles, *rows)]
    for title in ("", *drop):
        kept = [c for c in kept if titles[c] != title or not title]
        widths = {c: max(words.cells(row[c]) for row in grid) for c in kept}
        spare = screen.width - sum(widths.values()) - 2 * (len(kept) - 1)
        if spare >= 0:
            break
    widths[0] = max(widths[0] + min(spare, 0), 8)
    if sum(widths.values()) + 2 * (len(kept) - 1) > max(screen.width, NARROWEST):
        return _stacked(grid, screen)
    return [_row([row[c] for c in kept], [widths[c] for c in kept], left, screen) for row in grid]


def _stacked(grid: Sequence[Sequence[str]], screen: Screen) -> list[str]:
    """A table too wide for the screen, one row under the other."""
    lines: list[str] = []
    for row in grid[1:]:
        lines += screen.line(row[0])
        lines += [
            li for t, c in zip(grid[0][1:], row[1:], strict=True) for li in screen.line(f"  {t}: {c}", hang=4)
        ]
    return lines


def _row(texts: Sequence[str], widths: Sequence[int], left: int, screen: Screen) -> str:
    """One row, each cell padded to its column."""
    made = []
    for at, (text, width) in enumerate(zip(texts, widths, strict=True)):
        short = words.shorten(text, width, "..." if screen.ascii_only else "\u2026")
        pad = " " * (width - words.cells(short))
        made.append(short + pad if at < left else pad + short)
    return "  ".join(made).rstrip()


def _wrap(text: str, width: int, hang: int) -> list[str]:
    """Text in lines of a width, the later ones indented; a word longer than a line is broken.

    Between wide letters (Chinese, Japanese) a line may end anywhere but before a mark that closes.
    """
    indent = text[: len(text) - len(text.lstrip(" "))]
    lines, line = [], indent
    for gap, word in _words(text[len(indent) :]):
        gap = gap if line.strip() else ""
        if line.strip() and words.cells(line + gap + word) > width:
            lines.append(line.rstrip())
            line, gap = " " * hang, ""
        line += gap + word
        while words.cells(line) > width:
            cut = _fitting(line, width)
            lines.append(line[:cut])
            line = " " * hang + line[cut:]
    return [*lines, line.rstrip()]


def _words(text: str) -> Iterator[tuple[str, str]]:
    """What may stand on a line of its own, with the blank before it where there is one."""
    for word in text.split(" "):
        pieces = _PIECE.findall(word) if not word.isascii() else [word]
        yield from ((" " if at == 0 else "", piece) for at, piece in enumerate(pieces or [""]))


def _fitting(line: str, width: int) -> int:
    """How many letters of a line fit into a width; one more than its indent at least."""
    at = len(line)
    while at > 1 and words.cells(line[:at]) > width:
        at -= 1
    return at
