"""SVG: exhibits drawn with the standard library only, each with a title and a sentence that says what it shows."""

from __future__ import annotations

from collections.abc import Callable

from riskaudit.measure import Exhibit
from riskaudit.writers.svg.arrows import arrows
from riskaudit.writers.svg.bars import bars
from riskaudit.writers.svg.columns import numbers
from riskaudit.writers.svg.curve import curve
from riskaudit.writers.svg.heatmap import heatmap
from riskaudit.writers.svg.scatter import scatter
from riskaudit.writers.svg.sentences import describe, omitted
from riskaudit.writers.svg.swarm import swarm
from riskaudit.writers.svg.tree import nodes, tree
from riskaudit.writers.svg.waterfall import waterfall

__all__ = ["describe", "draw", "drawable", "omitted"]

_DRAW: dict[str, tuple[Callable[[Exhibit, str, str], str], tuple[str, ...], str]] = {
    "bars": (bars, ("label", "value"), "value"),
    "dots": (bars, ("label", "value"), "value"),
    "curve": (curve, ("x", "y"), "y"),
    "swarm": (swarm, ("row", "x"), "x"),
    "heatmap": (heatmap, ("row", "column", "value"), "value"),
    "scatter": (scatter, ("x", "y"), "y"),
    "waterfall": (waterfall, ("label", "value"), "value"),
    "arrows": (arrows, ("label", "before", "after"), ""),
    "tree": (tree, ("node", "parent", "label"), ""),
}


def draw(exhibit: Exhibit, name: str) -> str:
    """An exhibit as SVG, its ids starting with `name`; empty for a table or where there is nothing to draw."""
    if not drawable(exhibit):
        return ""
    return _DRAW[exhibit.kind][0](exhibit, name, " ".join(filter(None, (exhibit.caption, describe(exhibit)))))


def drawable(exhibit: Exhibit) -> bool:
    """Whether there is a picture in it: its kind is drawn, its columns are there, and one number at least."""
    if exhibit.kind not in _DRAW:
        return False
    _, needed, number = _DRAW[exhibit.kind]
    if not set(needed) <= exhibit.columns.keys():
        return False
    if exhibit.kind == "tree":
        return bool(nodes(exhibit))
    told = (number,) if number else needed[1:]
    return any(v is not None for column in told for v in numbers(exhibit, column))
