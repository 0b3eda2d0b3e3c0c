"""Canvas: an SVG in the making; colours stand in attributes and classes, so it lives without CSS.

Texts are told in the reader's language here, before they are measured and cut; `lingo.page` leaves pictures alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from itertools import groupby
from typing import Any

from riskaudit.writers import words
from riskaudit.writers.lingo import tr
from riskaudit.writers.svg.palette import LIGHT

WIDTH = 420
FONT = 12
MOST_LETTERS = 400  # of a stranger's text in a picture; the table has the whole
LETTER = 6.4  # a letter's mean width at 12 pixels in a system font


PLACE = ("d", "x", "y", "cx", "cy", "r", "rx", "width", "height", "transform")  # the rest is style


@dataclass(frozen=True)
class Shape:
    """One shape: what it is, where it stands, how it looks, what it holds."""

    tag: str
    place: tuple[tuple[str, str], ...]
    style: tuple[tuple[str, str], ...]
    inner: str


class Canvas:
    """Shapes on a sheet of a fixed width that is described in words; neighbours that look alike share their style."""

    def __init__(self, name: str, *, title: str, desc: str, width: int = WIDTH) -> None:
        self.name, self.title, self.desc, self.width = name, title, desc, width
        self.shapes: list[Shape] = []

    def add(
        self, tag: str, *, text: str = "", hint: str = "", fill: str = "", stroke: str = "", **more: Any
    ) -> None:
        """One shape; `fill` and `stroke` are colour names of the palette, `hint` is shown on hovering."""
        attributes = {key.rstrip("_").replace("_", "-"): value for key, value in more.items()}
        for key, colour, letter in (("fill", fill, "f"), ("stroke", stroke, "k")):
            if colour in LIGHT:
                attributes[key] = LIGHT[colour]
                attributes["class"] = f"{attributes.get('class', '')} {letter}-{colour}".strip()
            elif colour:
                attributes[key] = colour
        inner = (f"<title>{clean(words.shorten(hint, MOST_LETTERS))}</title>" if hint else "") + clean(text)
        told = [(k, pixel(v)) for k, v in attributes.items() if v != ""]
        place = tuple(pair for pair in told if pair[0] in PLACE)
        self.shapes.append(Shape(tag, place, tuple(pair for pair in told if pair[0] not in PLACE), inner))

    def line(self, x1: float, y1: float, x2: float, y2: float, stroke: str, **more: Any) -> None:
        """A straight line."""
        self.add(
            "path", d=f"M{pixel(x1)} {pixel(y1)}L{pixel(x2)} {pixel(y2)}", fill="none", stroke=stroke, **more
        )

    def text(self, x: float, y: float, text: str, *, room: float = 0, fill: str = "ink", **more: Any) -> None:
        """A text; cut where it needs more than `room` pixels, and whole when hovered."""
        text = tr(text)
        short = words.shorten(words.escape_terminal(text), int(room / LETTER)) if room else text
        self.add("text", x=x, y=y, text=short, hint=text if short != text else "", fill=fill, **more)

    def label(self, x: float, y: float, text: str, *, room: float, **more: Any) -> None:
        """A row's name to the left of x, in two lines where one is too short."""
        lines, text = fold(text, room), tr(text)
        for at, line in enumerate(lines):
            last = at + 1 == len(lines)
            short = _middle(line, int(room / LETTER)) if last else line
            hint = text if last and short != line else ""
            place = y + 4 + 13 * (at - (len(lines) - 1) / 2)
            self.add("text", x=x, y=place, text=short, hint=hint, fill="ink", text_anchor="end", **more)

    def whisker(
        self, low: float, high: float, y: float, stroke: str, *, cap: float = 4, wide: float = 1.5
    ) -> None:
        """An interval: a line with an end at either side."""
        ends = "".join(f"M{pixel(x)} {pixel(y - cap)}v{pixel(2 * cap)}" for x in (low, high)) if cap else ""
        d = f"M{pixel(low)} {pixel(y)}H{pixel(high)}{ends}"
        self.add("path", d=d, fill="none", stroke=stroke, stroke_width=wide)

    def pole(self, x: float, low: float, high: float, stroke: str) -> None:
        """An upright interval."""
        d = f"M{pixel(x)} {pixel(low)}V{pixel(high)}"
        self.add("path", d=d, fill="none", stroke=stroke, stroke_width=1.5)

    def marker(self, x: float, y: float, at: int, *, size: float = 4.5, fill: str = "") -> None:
        """A point in its series' shape, and in its colour where no other is given."""
        d = _shape(at % 4, x, y, size)
        self.add("path", d=d, fill=fill or f"s{at % 8}", stroke="ground", stroke_width=1)

    def render(self, height: float) -> str:
        """The whole SVG; its title and a sentence that says what it shows come first."""
        ids = f"{self.name}-t {self.name}-d"
        return (
            f'<svg role="img" aria-labelledby="{ids}" width="{self.width}" height="{pixel(height)}" '
            f'viewBox="0 0 {self.width} {pixel(height)}" font-family="system-ui,sans-serif" font-size="{FONT}">'
            f'<title id="{self.name}-t">{clean(words.shorten(tr(self.title), MOST_LETTERS))}</title>'
            f'<desc id="{self.name}-d">{clean(words.shorten(tr(self.desc), MOST_LETTERS))}</desc>'
            + "".join(_markup(self.shapes))
            + "</svg>"
        )


def fold(text: str, room: float) -> list[str]:
    """A text on one line, or in two where it needs more than `room` pixels: parted at a blank, or before a wide letter."""
    text = words.escape_terminal(tr(text))
    if words.cells(text) * LETTER <= room:
        return [text]
    kept, parted = "", text.split(" ")
    while len(parted) > 1 and words.cells(f"{kept} {parted[0]}") * LETTER <= room:
        kept = f"{kept} {parted.pop(0)}".strip()
    if kept:
        return [kept, " ".join(parted)]
    at = len(words.shorten(text, int(room / LETTER), ""))
    return [text[:at], text[at:]] if at and words.cells(text[at]) > 1 else [text]


def _middle(text: str, width: int) -> str:
    """A text cut in its middle: names that begin alike often differ at their end."""
    if words.cells(text) <= width:
        return text
    tail, taken = "", 0
    for letter in reversed(text):
        taken += words.cells(letter)
        if taken > width // 2 - 1:
            break
        tail = letter + tail
    return words.shorten(text, width - words.cells(tail)) + tail.lstrip()


def _markup(shapes: list[Shape]) -> Iterator[str]:
    """The shapes in their order; a run of one style is one path or one group."""
    for (tag, style), run in groupby(shapes, key=lambda s: (s.tag, s.style)):
        alike = list(run)
        if tag == "path" and not any(s.inner for s in alike):
            whole = (("d", "".join(dict(s.place)["d"] for s in alike)),)
            yield _element(tag, (*whole, *style), "")
        elif len(alike) > 1 and style:
            yield _element("g", style, "".join(_element(tag, s.place, s.inner) for s in alike))
        else:
            yield from (_element(tag, (*s.place, *style), s.inner) for s in alike)


def _element(tag: str, attributes: tuple[tuple[str, str], ...], inner: str) -> str:
    """One element."""
    told = "".join(f' {k}="{v}"' for k, v in attributes)
    return f"<{tag}{told}>{inner}</{tag}>" if inner else f"<{tag}{told}/>"


def clean(text: str) -> str:
    """Text that is only text inside a tag or an attribute."""
    return escape(words.printable(text), quote=True)


def pixel(value: object) -> str:
    """A coordinate with one decimal at most; anything else as escaped text."""
    if isinstance(value, int | float):
        text = f"{value:.1f}".removesuffix(".0")
        return "0" if text == "-0" else text
    return clean(str(value))


def measure(text: str) -> float:
    """About how many pixels a text takes."""
    return words.cells(tr(text)) * LETTER


def _shape(kind: int, x: float, y: float, r: float) -> str:
    """The outline of a circle, a square, a diamond or a triangle around a point."""
    if kind == 0:
        return f"M{pixel(x - r)} {pixel(y)}a{pixel(r)} {pixel(r)} 0 1 0 {pixel(2 * r)} 0a{pixel(r)} {pixel(r)} 0 1 0 {pixel(-2 * r)} 0z"
    if kind == 1:
        return f"M{pixel(x - r + 0.5)} {pixel(y - r + 0.5)}h{pixel(2 * r - 1)}v{pixel(2 * r - 1)}h{pixel(1 - 2 * r)}z"
    if kind == 2:
        return f"M{pixel(x)} {pixel(y - r - 1)}l{pixel(r + 1)} {pixel(r + 1)}l{pixel(-r - 1)} {pixel(r + 1)}l{pixel(-r - 1)} {pixel(-r - 1)}z"
    return f"M{pixel(x)} {pixel(y - r - 0.5)}L{pixel(x + r + 0.5)} {pixel(y + r - 0.5)}H{pixel(x - r - 0.5)}z"
