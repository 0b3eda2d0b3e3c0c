"""Why: single decisions explained, for the terminal, as Markdown and as a page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from riskaudit.decision import Contribution, Counterfactual, Decision, Decisions, told
from riskaudit.writers import svg, words
from riskaudit.writers.markdown import grid
from riskaudit.writers.screen import Screen, table
from riskaudit.writers.tables import Cell, Table
from riskaudit.writers.words import escape_markdown as esc

SHOWN, BAR = 10, 24
REASONS, CHANGES = "Principal reasons", "What would change it"
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
    lines = screen.line(
        f"row {one.row} ({one.picked}): {headline(one)}", hang=4, head=f"row {one.row}", kind="bold"
    )
    lines += screen.line(f"  {sum_of(one)}", hang=4)
    steps = one.contributions[:SHOWN]
    lines += [f"  {line}" for line in _columns(steps, _narrower(screen))]
    if len(one.contributions) > SHOWN:
        rest = sum(step.adds for step in one.contributions[SHOWN:])
        lines += screen.line(f"  and {signed(rest)} by {len(one.contributions) - SHOWN} other columns")
    for title, parts in _parts(one):
        lines += screen.line(f"  {title}", hang=4, head=f"  {title}", kind="bold")
        for place, part in enumerate(parts, 1):
            mark = (
                f"{place}. " if title == REASONS else "- " if title == CHANGES and one.counterfactuals else ""
            )
            lines += screen.line(f"    {mark}{part}", hang=4 + len(mark) if mark else 6)
    return lines


def _columns(steps: Sequence[Contribution], screen: Screen) -> list[str]:
    """Steps as a table, each with a bar behind it where there is room; all bars start at one place."""
    if not steps:
        return []
    rows = [(step.column, told(step.value), signed(step.adds)) for step in steps]
    lines = table(("column", "value", "adds"), rows, screen, left=1)
    start = max(map(words.cells, lines)) + 2
    if len(lines) != len(steps) + 1 or start + BAR > screen.width:
        return lines
    most = max(abs(step.adds) for step in steps)
    bars = [_bar(step.adds, most) for step in steps]
    drawn = [
        line + " " * (start - words.cells(line)) + bar for line, bar in zip(lines[1:], bars, strict=True)
    ]
    return [lines[0], *(line.rstrip() for line in drawn)]


def _narrower(screen: Screen) -> Screen:
    """The screen less an indent."""
    return Screen(width=screen.width - 2, colour=screen.colour, ascii_only=screen.ascii_only)


def _bar(adds: float, most: float) -> str:
    """A bar of the size of a step, plus or minus."""
    size = round(abs(adds) / most * BAR) if most > 0 else 0
    return ("+" if adds > 0 else "-") * size


def headline(one: Decision) -> str:
    """The decision, and what happened."""
    score = (
        "" if one.score is None or one.explains == "predicted value" else f" (probability {one.score:.3g})"
    )
    actual = f"; what happened: {_outcome(one.actual, one)}" if one.actual else ""
    return f"the model says {_outcome(one.decision, one)}{score}{actual}"


def sum_of(one: Decision) -> str:
    """What the contributions add up to."""
    total = one.output - one.base
    return f"{one.explains}: {one.output:.4g} = {one.base:.4g} on average {'+' if total >= 0 else words.MINUS} {abs(total):.4g} by the columns:"


def signed(value: float) -> str:
    """A step with its sign."""
    return f"{value:+.3g}".replace("-", words.MINUS)


def _outcome(words_of: str, one: Decision) -> str:
    """An outcome as it is called: a class in quotes, a value as a number."""
    return words_of if one.explains == "predicted value" else f"'{words_of}'"


def change(found: Counterfactual, of: Decision) -> str:
    """A counterfactual in words."""
    parts = ", ".join(f"{one.column} from {told(one.before)} to {told(one.after)}" for one in found.changes)
    return f"{parts}: then {_outcome(found.outcome, of)} (cost {found.cost:.3g})"


def _parts(one: Decision) -> Iterator[tuple[str, list[str]]]:
    """Reasons, counterfactuals and cautions, each with its title."""
    if one.reasons:
        yield REASONS, [f"{reason.words}{_flag(reason.sensitive)}" for reason in one.reasons]
    if one.counterfactuals:
        yield CHANGES, [change(found, one) for found in one.counterfactuals]
    yield ("How that was looked for" if one.counterfactuals else CHANGES), [one.searched]
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
        lines += [
            f"## Row {one.row}: {esc(one.picked)}",
            "",
            f"{esc(_started(headline(one)))}.",
            "",
            esc(_started(sum_of(one))),
            "",
        ]
        lines += [*grid(_steps(one)), ""]
        for title, parts in _parts(one):
            lines += [f"**{title}**", "", *_listed(title, parts), ""]
    return "\n".join([*lines, *(f"{esc(note)}\n" for note in _footnotes(found))]).rstrip("\n") + "\n"


def _listed(title: str, parts: list[str]) -> list[str]:
    """Parts as a list in Markdown, reasons by number."""
    return [
        f"{place}. {esc(part)}" if title == REASONS else f"- {esc(part)}"
        for place, part in enumerate(parts, 1)
    ]


def _started(sentence: str) -> str:
    """A sentence with a capital at its start."""
    return sentence[:1].upper() + sentence[1:]


def _steps(one: Decision) -> Table:
    """The waterfall's steps as a table."""
    first, rest = one.contributions[:SHOWN], one.contributions[SHOWN:]
    rows = [(step.column, told(step.value), signed(step.adds)) for step in first]
    if rest:
        rows.append((f"{len(rest)} other columns", "", signed(sum(step.adds for step in rest))))
    return Table(
        caption=f"What each column adds to the {one.explains}",
        head=("column", "value", "adds"),
        rows=[tuple(Cell(text=text) for text in row) for row in rows],
        right=(False, True, True),
    )


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
            (one, f"{_started(headline(one))}.", _started(sum_of(one)), picture, _steps(one),
             [(title, title == REASONS, lines) for title, lines in _parts(one)])
            for one, picture in zip(found.decisions, pictures, strict=True)
        ],
    )  # fmt: skip


def _clean(value: object) -> object:
    """Text without what is not text; markup of our own as it is."""
    return words.printable(value) if type(value) is str else value


def as_json(found: Decisions) -> str:
    """The decisions as they are."""
    return found.model_dump_json(indent=1) + "\n"
