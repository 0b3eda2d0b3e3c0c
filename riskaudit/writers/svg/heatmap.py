"""Heat map: two ways of grouping at once, each cell with its number."""

from __future__ import annotations

from riskaudit.measure import Exhibit
from riskaudit.writers import words
from riskaudit.writers.svg.canvas import WIDTH, Canvas, measure, pixel
from riskaudit.writers.svg.columns import Number, axis, numbers, texts
from riskaudit.writers.svg.palette import STEPS, step

CELL = 30
MOST = 40
Spot = tuple[Number, float, float]
Cells = dict[tuple[str, str], Number]


def heatmap(exhibit: Exhibit, name: str, desc: str) -> str:
    """Cells shaded by value; two hues where values lie on both sides of zero; an empty cell is outlined."""
    keys = list(zip(texts(exhibit, "row"), texts(exhibit, "column"), strict=True))
    cells: Cells = dict(zip(keys, numbers(exhibit, "value"), strict=True))
    rows, columns = (list(dict.fromkeys(k[i] for k in keys))[:MOST] for i in (0, 1))
    left = min(max((measure(r) for r in rows), default=40) + 12, 150)
    room = WIDTH - left - 2
    wide = room / max(1, len(columns))
    longest = max((measure(c) for c in columns), default=0)
    over = (
        max(0.0, min(longest, 120) * 0.82 - wide / 2) if longest > wide - 4 else 0.0
    )  # a slanting head's reach
    wide = max(40.0, (room - over) / max(1, len(columns)))
    width = max(WIDTH, round(left + wide * len(columns) + over + 2))
    sheet = Canvas(name, title=exhibit.title, desc=desc, width=width)
    known = [v for v in cells.values() if v is not None] or [0.0]
    top = _titles(sheet, exhibit, columns, left, wide, slanting=over > 0)
    for i, row in enumerate(rows):
        sheet.label(left - 8, top + CELL * (i + 0.5), row, room=left - 10)
    spots = [
        (cells.get((row, column)), left + wide * j, top + CELL * i)
        for i, row in enumerate(rows) for j, column in enumerate(columns)
    ]  # fmt: skip
    _boxes(sheet, spots, wide, (min(known), max(known)))
    _figures(sheet, spots, wide, (min(known), max(known)))
    return sheet.render(_scale(sheet, exhibit, min(known), max(known), left, top + CELL * len(rows) + 10))


def _titles(
    sheet: Canvas, exhibit: Exhibit, columns: list[str], left: float, wide: float, *, slanting: bool
) -> float:
    """The column heads, slanting where they are long; gives the y below them."""
    longest = max((measure(c) for c in columns), default=0)
    title = 18.0 if axis(exhibit, "x") or axis(exhibit, "y") else 0.0
    if title:
        sheet.text(
            2,
            12,
            " \u00d7 ".join(filter(None, (axis(exhibit, "y"), axis(exhibit, "x")))),
            fill="muted",
            room=sheet.width,
        )
    if not slanting:
        for j, column in enumerate(columns):
            sheet.text(left + wide * (j + 0.5), title + 14, column, text_anchor="middle")
        return title + 22
    tall = min(longest, 120) * 0.6 + 18
    for j, column in enumerate(columns):
        x, y = left + wide * (j + 0.5), title + tall - 6
        sheet.text(x, y, column, room=120, transform=f"rotate(-35 {x:.1f} {y:.1f})")
    return title + tall


def _boxes(sheet: Canvas, spots: list[Spot], wide: float, ends: tuple[float, float]) -> None:
    """The cells, colour by colour; an empty one is outlined."""
    boxes: dict[str, str] = {}
    for value, x, y in spots:
        colour = "" if value is None else "".join(map(str, _colour(value, *ends)))
        d = f"M{pixel(x + 1)} {pixel(y + 1)}h{pixel(wide - 2)}v{CELL - 2}h{pixel(2 - wide)}z"
        boxes[colour] = boxes.get(colour, "") + d
    for colour, d in sorted(boxes.items()):
        if colour:
            sheet.add("path", d=d, fill=colour)
        else:
            sheet.add("path", d=d, fill="none", stroke="line", stroke_dasharray="3 3")


def _figures(sheet: Canvas, spots: list[Spot], wide: float, ends: tuple[float, float]) -> None:
    """Each cell's number in a colour that can be read on it."""
    inked = [(_ink(value, ends), value, x, y) for value, x, y in spots]
    for ink, value, x, y in sorted(inked, key=lambda spot: spot[0]):
        number = "\u2013" if value is None else words.shown(value).value
        sheet.text(x + wide / 2, y + CELL / 2 + 4, number, fill=ink, text_anchor="middle")


def _ink(value: Number, ends: tuple[float, float]) -> str:
    """What can be read on a cell."""
    if value is None:
        return "muted"
    return "on-deep" if _colour(value, *ends)[1] >= STEPS // 2 else "on-pale"


def _colour(value: float, low: float, high: float) -> tuple[str, int]:
    """Hue and step: blue from low to high, or orange below and blue above zero."""
    if low < 0 < high:
        return ("h" if value >= 0 else "w"), step(abs(value) / max(-low, high))
    return "h", step((value - low) / (high - low) if high > low else 0.0)


def _scale(sheet: Canvas, exhibit: Exhibit, low: float, high: float, left: float, y: float) -> float:
    """The colours from low to high below the cells; gives the y below them."""
    if high <= low:
        return y
    values = [low + (high - low) * (i + 0.5) / STEPS for i in range(STEPS)]
    start, end = words.shown(low).value, words.shown(high).value
    sheet.text(left, y + 12, start, fill="muted")
    x = left + measure(start) + 6
    for i, value in enumerate(values):
        hue, deep = _colour(value, low, high)
        sheet.add("rect", x=x + 18 * i, y=y + 3, width=18, height=10, fill=f"{hue}{deep}")
    label = " ".join(filter(None, (end, axis(exhibit, "value"))))
    sheet.text(x + 18 * STEPS + 6, y + 12, label, fill="muted", room=sheet.width - x - 18 * STEPS - 8)
    return y + 20
