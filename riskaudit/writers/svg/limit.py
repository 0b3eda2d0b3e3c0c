"""Limit: a value with its whisker against the line it must not cross; and the bar of a score."""

from __future__ import annotations

from typing import Any

from riskaudit.measure import Interval
from riskaudit.rulebook import Rule
from riskaudit.writers.svg.canvas import Canvas, measure
from riskaudit.writers.svg.palette import LIGHT
from riskaudit.writers.svg.scales import Scale
from riskaudit.writers.words import Shown

WIDE, TALL = 340, 58
MARKS = {"fail": "fail", "warn": "unsure", "pass": "pass"}


def limit(name: str, rule: Rule, value: float, interval: Interval | None, shown: Shown, outcome: str) -> str:
    """The interval against the limit; the side beyond it is shaded and named."""
    ends = (interval.low, interval.high) if interval else (value, value)
    scale = _scale(rule, value, ends)
    edge, beyond = scale.at(rule.limit), rule.sign
    desc = f"{shown.both}; the limit is {shown.limit}, the ideal {rule.ideal:g}; {'larger' if beyond > 0 else 'smaller'} is worse."
    sheet = Canvas(name, title="Value against its limit", desc=desc, width=WIDE)
    zone = (edge, scale.end) if beyond > 0 else (scale.start, edge)
    sheet.add("rect", x=zone[0], y=18, width=max(zone[1] - zone[0], 0), height=24, fill="zone")
    sheet.line(scale.start, 42, scale.end, 42, "edge")
    sheet.line(edge, 14, edge, 46, "ink", stroke_width=1.5)
    _label(sheet, edge, 11, f"limit {shown.limit}", "ink")
    if interval:
        sheet.whisker(scale.at(ends[0]), scale.at(ends[1]), 30, MARKS[outcome], cap=5)
    sheet.add(
        "circle", cx=scale.at(value), cy=30, r=5, fill=MARKS[outcome], stroke="ground", stroke_width=1.5
    )
    _label(sheet, scale.at(value), 56, shown.value, MARKS[outcome], font_weight="600")
    if abs(scale.at(rule.ideal) - scale.at(value)) > 70:
        _label(sheet, scale.at(rule.ideal), 56, f"ideal {rule.ideal:g}", "muted")
    return sheet.render(TALL)


def _scale(rule: Rule, value: float, ends: tuple[float, float]) -> Scale:
    """An axis with the limit, the value and the interval in sight, and the ideal where it does not dwarf them."""
    seen = [rule.limit, value, *ends]
    width = max(seen) - min(seen) or abs(rule.limit - rule.ideal)
    if abs(rule.ideal - rule.limit) <= 6 * width:
        seen.append(rule.ideal)
    low, high = min(seen), max(seen)
    pad = (high - low) * 0.08 or max(abs(low), 1.0) * 0.1
    return Scale(low - pad, high + pad, 2, WIDE - 2)


def _label(sheet: Canvas, x: float, y: float, text: str, fill: str, **more: Any) -> None:
    """A text centred at x that stays on the sheet."""
    half = measure(text) / 2
    sheet.text(
        min(max(x, half + 2), max(sheet.width - half - 2, half)),
        y,
        text,
        fill=fill,
        text_anchor="middle",
        **more,
    )


def score_bar(value: float | None, low: float | None, high: float | None) -> str:
    """A score's bar, the text beside it says all: 0 to 100, a notch at 50 (the limit), the range as a whisker."""
    parts = [_box(0, 200, "line")]
    if value is None:
        parts = ['<rect x=".5" y=".5" width="199" height="7" rx="2" fill="none" stroke-dasharray="3 3" '
                 f'stroke="{LIGHT["edge"]}" class="k-edge"/>']  # fmt: skip
    else:
        parts.append(_box(0, max(2 * value, 3), "fail" if value < 50 else "pass"))
    if value is not None and low is not None and high is not None and high - low >= 0.5:
        left, right = max(2 * low, 0.8), min(2 * high, 199.2)
        d = f"M{left:.1f} 12.5H{right:.1f}M{left:.1f} 10v5M{right:.1f} 10v5"
        parts += [f'<path d="{d}" fill="none" stroke="{LIGHT["ink"]}" stroke-width="1.5" class="k-ink"/>']
    parts.append(f'<path d="M100 0v8" stroke="{LIGHT["edge"]}" stroke-dasharray="2 2" class="k-edge"/>')
    return f'<svg aria-hidden="true" width="200" height="16" viewBox="0 0 200 16">{"".join(parts)}</svg>'


def _box(x: float, width: float, colour: str) -> str:
    """One piece of the bar."""
    return f'<rect x="{x:.0f}" y="0" width="{width:.1f}" height="8" rx="2" fill="{LIGHT[colour]}" class="f-{colour}"/>'
