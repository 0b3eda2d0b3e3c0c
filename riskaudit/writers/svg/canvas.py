"""Canvas: an SVG in the making; colours stand in attributes and classes, so it lives without CSS."""

from __future__ import annotations

from html import escape
from typing import Any

from riskaudit.writers import words
from riskaudit.writers.svg.palette import LIGHT

WIDTH = 420
FONT = 12
LETTER = 6.4  # a letter's mean width at 12 pixels in a system font


class Canvas:
    """Shapes on a sheet of a fixed width that is described in words."""

    def __init__(self, name: str, *, title: str, desc: str, width: int = WIDTH) -> None:
        self.name, self.title, self.desc, self.width = name, title, desc, width
        self.parts: list[str] = []

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
        inner = (f"<title>{clean(hint)}</title>" if hint else "") + clean(text)
        told = "".join(f' {k}="{pixel(v)}"' for k, v in attributes.items() if v != "")
        self.parts.append(f"<{tag}{told}>{inner}</{tag}>" if inner else f"<{tag}{told}/>")

    def line(self, x1: float, y1: float, x2: float, y2: float, stroke: str, **more: Any) -> None:
        """A straight line."""
        self.add(
            "path", d=f"M{pixel(x1)} {pixel(y1)}L{pixel(x2)} {pixel(y2)}", fill="none", stroke=stroke, **more
        )

    def text(self, x: float, y: float, text: str, *, room: float = 0, fill: str = "ink", **more: Any) -> None:
        """A text; cut where it needs more than `room` pixels, and whole when hovered."""
        short = words.shorten(words.escape_terminal(text), int(room / LETTER)) if room else text
        self.add("text", x=x, y=y, text=short, hint=text if short != text else "", fill=fill, **more)

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

    def marker(self, x: float, y: float, at: int, *, size: float = 4.5) -> None:
        """A point in its series' colour and shape."""
        self.add("path", d=_shape(at % 4, x, y, size), fill=f"s{at % 8}", stroke="ground", stroke_width=1)

    def render(self, height: float) -> str:
        """The whole SVG; its title and a sentence that says what it shows come first."""
        ids = f"{self.name}-t {self.name}-d"
        return (
            f'<svg role="img" aria-labelledby="{ids}" width="{self.width}" height="{pixel(height)}" '
            f'viewBox="0 0 {self.width} {pixel(height)}" font-family="system-ui,sans-serif" font-size="{FONT}">'
            f'<title id="{self.name}-t">{clean(self.title)}</title>'
            f'<desc id="{self.name}-d">{clean(self.desc)}</desc>' + "".join(self.parts) + "</svg>"
        )


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
    return words.cells(text) * LETTER


def _shape(kind: int, x: float, y: float, r: float) -> str:
    """The outline of a circle, a square, a diamond or a triangle around a point."""
    if kind == 0:
        return f"M{pixel(x - r)} {pixel(y)}a{pixel(r)} {pixel(r)} 0 1 0 {pixel(2 * r)} 0a{pixel(r)} {pixel(r)} 0 1 0 {pixel(-2 * r)} 0z"
    if kind == 1:
        return f"M{pixel(x - r + 0.5)} {pixel(y - r + 0.5)}h{pixel(2 * r - 1)}v{pixel(2 * r - 1)}h{pixel(1 - 2 * r)}z"
    if kind == 2:
        return f"M{pixel(x)} {pixel(y - r - 1)}l{pixel(r + 1)} {pixel(r + 1)}l{pixel(-r - 1)} {pixel(r + 1)}l{pixel(-r - 1)} {pixel(-r - 1)}z"
    return f"M{pixel(x)} {pixel(y - r - 0.5)}L{pixel(x + r + 0.5)} {pixel(y + r - 0.5)}H{pixel(x - r - 0.5)}z"
