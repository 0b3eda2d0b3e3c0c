"""Why: single decisions explained, for the terminal, as Markdown and as a page."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from riskaudit.decision import Counterfactual, Decision, Decisions, told
from riskaudit.writers import svg, words
from riskaudit.writers.markdown import grid
from riskaudit.writers.screen import Screen, table
from riskaudit.writers.tables import Table, exhibit_table
from riskaudit.writers.words import escape_markdown as esc

SHOWN, BAR = 10, 24
TEMPLATE = Path(__file__).parent / "templates" / "why.html.j2"
BANNER = "This holds single rows with their own values, because they were asked for. No report does: give it to nobody who may not see them."
LAW = "The specific principal reasons, at most four, as 12 CFR 1002.9(b)(2) asks for them; what the law needs besides is for people to say."


def text(found: Decisions, *, width: int = 100, ascii_only: bool = False, colour: bool = False) -> str:
    """The decisions for a terminal or a pipe."""
    screen = Screen(width=width, colour=colour, ascii_only=ascii_only)
    lines: list[str] = []
    for one in found.decisions:
        lines += [*_told(one, screen), ""]
    for note in _footnotes(found):
        lines += screen.line(note, hang=2)
    return "\n".join(lines) + "\n"


def _told(one: Decision, screen: Screen) -> list[str]:
    """One decision."""
    lines = screen.line(headline(one), hang=4, head=f"row {one.row}", kind="bold")
    lines += screen.line(f"  {sum_of(one)}", hang=4)
    steps = one.contributions[:SHOWN]
    most = max((abs(step.adds) for step in steps), default=0.0)
    rows = [
        (step.column, told(step.value), signed(step.adds), _bar(step.adds, most))
        for step in steps
    ]  # fmt: skip
    if rows:
        titles = ("column", "value", "adds", "")
        lines += [f"  {line}" for line in table(titles, rows, _narrower(screen), drop=("",), left=1)]
    if len(one.contributions) > SHOWN:
        rest = sum(step.adds for step in one.contributions[SHOWN:])
        lines += screen.line(f"  and {signed(rest)} by {len(one.contributions) - SHOWN} other columns")
    for title, parts in _parts(one):
        lines += screen.line(f"  {title}", hang=4, head=f"  {title}", kind="bold")
        for part in parts:
            lines += screen.line(f"    {part}", hang=6)
    return lines


def _narrower(screen: Screen) -> Screen:
    """The screen less an indent."""
    return Screen(width=screen.width - 2, colour=screen.colour, ascii_only=screen.ascii_only)


def _bar(adds: float, most: float) -> str:
    """A bar of the size of a step, plus or minus."""
    size = round(abs(adds) / most * BAR) if most > 0 else 0
    return ("+" if adds > 0 else "-") * size


def headline(one: Decision) -> str:
    """The row, its decision, and why it is told of."""
    score = (
        "" if one.score is None or one.explains == "predicted value" else f" (probability {one.score:.3g})"
    )
    actual = f"; what happened: '{one.actual}'" if one.actual else ""
    return f"row {one.row} ({one.picked}): the model says '{one.decision}'{score}{actual}"


def sum_of(one: Decision) -> str:
    """What the contributions add up to."""
    total = one.output - one.base
    return f"{one.explains}: {one.output:.4g} = {one.base:.4g} on average {'+' if total >= 0 else words.MINUS} {abs(total):.4g} by the columns:"


def signed(value: float) -> str:
    """A step with its sign."""
    return f"{value:+.3g}".replace("-", words.MINUS)


def change(found: Counterfactual) -> str:
    """A counterfactual in words."""
    parts = ", ".join(f"{one.column} {told(one.before)} -> {told(one.after)}" for one in found.changes)
    return f"{parts}: then '{found.outcome}' (cost {found.cost:.3g})"


def _parts(one: Decision) -> Iterator[tuple[str, list[str]]]:
    """Reasons, counterfactuals and cautions, each with its title."""
    if one.reasons:
        numbered = [f"{place}. {reason.words}{_flag(reason.sensitive)}" for place, reason in enumerate(one.reasons, 1)]  # fmt: skip
        yield "Principal reasons", numbered
    if one.counterfactuals:
        yield "What would change it", [f"- {change(found)}" for found in one.counterfactuals]
    yield ("How that was looked for" if one.counterfactuals else "What would change it"), [one.searched]
    if one.cautions:
        yield "Caution", list(one.cautions)


def _flag(sensitive: bool) -> str:
    return " [SENSITIVE COLUMN]" if sensitive else ""


def _footnotes(found: Decisions) -> list[str]:
    """What holds for all of them."""
    lines = [
        f"Values: {found.method}; {found.compared_with}.",
        "Rows are counted from 0, the first below the header. Costs: 1 for a change by one median absolute deviation of a column, 1 for another word.",
    ]
    if found.immutable:
        lines.append(f"Not to be changed: {', '.join(found.immutable)}.")
    if any(one.reasons for one in found.decisions):
        lines.append(LAW)
    lines.append(
        "What moves a model need not move the world: a change that flips the model is no promise about people."
    )
    return [*lines, *found.notes]


def markdown(found: Decisions) -> str:
    """The decisions in GitHub-flavoured Markdown."""
    lines = [f"# Why: {esc(found.model)} on {esc(found.data)}", "", f"> {BANNER}", ""]
    for one in found.decisions:
        lines += [f"## Row {one.row}: {esc(one.picked)}", "", esc(headline(one)), "", esc(sum_of(one)), ""]
        lines += [*grid(_steps(one)), ""]
        for title, parts in _parts(one):
            lines += [f"**{title}**", "", *(f"- {esc(part.removeprefix('- '))}" for part in parts), ""]
    return "\n".join([*lines, *(f"{esc(note)}\n" for note in _footnotes(found))]).rstrip("\n") + "\n"


def _steps(one: Decision) -> Table:
    """The waterfall's steps as a table."""
    return exhibit_table(one.waterfall())


def page(found: Decisions) -> str:
    """The decisions as one HTML page: no script, no request."""
    from jinja2 import Environment, StrictUndefined
    from markupsafe import Markup

    from riskaudit.writers.html import style_hash, style_sheet

    style = style_sheet()
    environment = Environment(autoescape=True, undefined=StrictUndefined, finalize=_clean)
    pictures = [Markup(svg.draw(one.waterfall(), f"w{at}")) for at, one in enumerate(found.decisions)]  # noqa: S704
    return environment.from_string(TEMPLATE.read_text(encoding="utf-8")).render(
        found=found, style=Markup(style), style_hash=style_hash(style), notes=_footnotes(found), banner=BANNER,  # noqa: S704 -- our own
        rows=[
            (one, headline(one), sum_of(one), picture, _steps(one), [_listed(*part) for part in _parts(one)])
            for one, picture in zip(found.decisions, pictures, strict=True)
        ],
    )  # fmt: skip


def _listed(title: str, lines: list[str]) -> tuple[str, bool, list[str]]:
    """A part's title, whether its lines are numbered, and the lines without the marks that a list gives them."""
    numbered = all(re.match(r"\d+\. ", line) for line in lines)
    return title, numbered, [re.sub(r"^(?:- |\d+\. )", "", line) for line in lines]


def _clean(value: object) -> object:
    """Text without what is not text; markup of our own as it is."""
    return words.printable(value) if type(value) is str else value


def as_json(found: Decisions) -> str:
    """The decisions as they are."""
    return found.model_dump_json(indent=1) + "\n"
