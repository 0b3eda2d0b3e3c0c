"""Palette: every colour of the report, once for light and once for dark, safe for colour-blind eyes."""

from __future__ import annotations

from collections.abc import Mapping

# Series: each has 3:1 against its ground and lies at least 16 CIELAB steps from every other, to eyes with three kinds
# of cones and to eyes that lack one; text colours have 4.5:1. The tests compute both.
LIGHT: Mapping[str, str] = {
    "ground": "#ffffff", "panel": "#f6f5f2", "line": "#dddbd5", "grid": "#e9e7e2", "edge": "#85827a",
    "ink": "#1a1c1f", "muted": "#5b5f66", "link": "#0b5cad", "zone": "#fbe9e4",
    "fail": "#b3261e", "unsure": "#875500", "missing": "#4d5b6b", "pass": "#0b6b52",
    "s0": "#1f6fb4", "s1": "#c4561c", "s2": "#3a2330", "s3": "#8f3fe0", "s4": "#c77d95", "s5": "#17258c",
    "s6": "#6f8a5a", "s7": "#7d1d0a",
    "h0": "#eaf1f8", "h1": "#c9dcee", "h2": "#9dc0e0", "h3": "#3474ad", "h4": "#1d5c94", "h5": "#0f3f6b",
    "w0": "#fdeee2", "w1": "#f8d0b0", "w2": "#f0aa78", "w3": "#b8541f", "w4": "#97400f", "w5": "#6d2c06",
    "b0": "#1f6fb4", "b1": "#5b95c9", "b2": "#8a877f", "b3": "#c4835a", "b4": "#c4561c",
    "on-pale": "#1a1c1f", "on-deep": "#ffffff",
}  # fmt: skip
DARK: Mapping[str, str] = {
    "ground": "#111316", "panel": "#1a1d21", "line": "#33383f", "grid": "#2a2e34", "edge": "#858c96",
    "ink": "#eceef0", "muted": "#a9b0ba", "link": "#7db8f5", "zone": "#3a201d",
    "fail": "#ff9488", "unsure": "#f0b84a", "missing": "#b3bfcc", "pass": "#5fd0b0",
    "s0": "#6db0ea", "s1": "#f19a63", "s2": "#efece2", "s3": "#e03a78", "s4": "#8f62ee", "s5": "#b9e04a",
    "s6": "#6f8030", "s7": "#d3a9c4",
    "h0": "#1b2a38", "h1": "#1d3f5f", "h2": "#235a88", "h3": "#7ab2e3", "h4": "#a3cbee", "h5": "#d2e6f8",
    "w0": "#37241a", "w1": "#5a3419", "w2": "#7d4719", "w3": "#f0a878", "w4": "#f6c6a4", "w5": "#fbe3d2",
    "b0": "#74b6f0", "b1": "#4781b3", "b2": "#777c84", "b3": "#b37448", "b4": "#f6a06a",
    "on-pale": "#eceef0", "on-deep": "#111316",
}  # fmt: skip
SERIES = 8
STEPS = 6
TEXT = ("ink", "muted", "link", "fail", "unsure", "missing", "pass")
DASHES = ("", "6 3", "2 3", "9 3 2 3")


def step(share: float) -> int:
    """The colour step of a share of the scale, 0 to 1."""
    return min(STEPS - 1, max(0, int(share * STEPS)))


def series(at: int) -> str:
    """The name of a series' colour."""
    return f"s{at % SERIES}"


def stylesheet() -> str:
    """The palette as CSS variables by colour scheme, and the classes that let pictures follow it."""
    light, dark = ("".join(f"--{k}:{v};" for k, v in colours.items()) for colours in (LIGHT, DARK))
    fills = "".join(f".f-{k}{{fill:var(--{k})}}" for k in LIGHT)
    strokes = "".join(f".k-{k}{{stroke:var(--{k})}}" for k in LIGHT)
    return (
        f":root{{color-scheme:light dark;{light}}}"
        f"@media screen and (prefers-color-scheme:dark){{:root{{{dark}}}}}{fills}{strokes}"
    )


def contrast(one: str, other: str) -> float:
    """WCAG 2 contrast of two colours, 1 to 21."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    """WCAG 2 relative luminance of `#rrggbb`."""
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
