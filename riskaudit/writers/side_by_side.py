"""Side by side: what a change made better, what it made worse, what it cost."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from riskaudit.report import Report
from riskaudit.writers import words
from riskaudit.writers.findings import Finding, words_of
from riskaudit.writers.reading import Reading
from riskaudit.writers.screen import Screen, table


def side_by_side(
    before: Report,
    after: Report,
    *,
    names: tuple[str, str] = ("before", "after"),
    cost: Iterable[str] = (),
    colour: bool = False,
    width: int = 80,
    ascii_only: bool = False,
) -> str:
    """Two reports beside each other: scores, the measures that do not hold in both, then what it cost.

    Parameters
    ----------
    before, after : Report
    names : (str, str)
        The columns' titles.
    cost : iterable of str
        Lines below the table: what the mending cost.
    """
    screen = Screen(width=width, colour=colour, ascii_only=ascii_only)
    old, new = Reading(before), Reading(after)
    scores = [(f"score: {a}", _area_word(old, a), _area_word(new, a)) for a in _joint(old, new)]
    rows = [("verdict", f"{old.headline} {old.exit}", f"{new.headline} {new.exit}"), *scores]
    lines = _narrowest(("", *names), rows, (_pairs(old, new), _pairs(old, new, intervals=False)), screen)
    lines += [line for text in _alike(old, new) for line in screen.line(text)]
    told = list(cost)
    if told:
        lines += ["", *screen.line("What it cost", head="What it cost", kind="bold")]
        lines += [line for text in told for line in screen.line(f"  {text}", hang=4)]
    return "\n".join(lines) + "\n"


def _joint(old: Reading, new: Reading) -> list[str]:
    """The areas that both reports score."""
    return [a.name for a in old.areas if a.name in new.report.all_scores]


def _area_word(reading: Reading, area: str) -> str:
    """An area's score with its range."""
    score = reading.report.all_scores[area]
    extent = words.score_range(score.low, score.high)
    return words.score(score.value) + (f" ({extent})" if extent else "")


def _narrowest(
    titles: Sequence[str],
    rows: Sequence[tuple[str, ...]],
    ways: Iterable[Sequence[tuple[str, ...]]],
    screen: Screen,
) -> list[str]:
    """The table with the fullest of the ways to tell its measures that fits the screen, else stacked."""
    for way in ways:
        every = [titles, *rows, *way]
        wide = sum(max(words.cells(screen.fit(row[c])) for row in every) for c in range(len(titles)))
        if wide + 2 * (len(titles) - 1) <= screen.width:
            break
    return table(titles, [*rows, *way], screen, left=len(titles))


def _pairs(old: Reading, new: Reading, *, intervals: bool = True) -> list[tuple[str, str, str]]:
    """The worst slice of every rule that does not hold in both reports, its status in a word."""
    return [
        (_name(a), _status(a, intervals=intervals), _status(b, intervals=intervals))
        for a, b in _shared(old, new)
        if {a.verdict.outcome, b.verdict.outcome} != {"pass"}
    ]


def _shared(old: Reading, new: Reading) -> list[tuple[Finding, Finding]]:
    """The worst slice of every rule that both reports judge."""
    before, after = _worst(old), _worst(new)
    return [(found, after[rule]) for rule, found in before.items() if rule in after and found.measure]


def _alike(old: Reading, new: Reading) -> list[str]:
    """How many rules hold in both reports and are not in the table."""
    same = sum({a.verdict.outcome, b.verdict.outcome} == {"pass"} for a, b in _shared(old, new))
    return [f"{words.plural(same, 'more rule')} {'holds' if same == 1 else 'hold'} in both"] if same else []


def _worst(reading: Reading) -> dict[str, Finding]:
    """The finding with the lowest score of each rule, in the rulebook's order."""
    worst: dict[str, Finding] = {}
    for found in (*reading.findings, *reading.holding):
        kept = worst.get(found.verdict.rule)
        if kept is None or (found.verdict.score or 0) < (kept.verdict.score or 0):
            worst[found.verdict.rule] = found
    order = [v.rule for v in reading.verdicts]
    return dict(sorted(worst.items(), key=lambda item: order.index(item[0])))


def _name(found: Finding) -> str:
    """A measure's name in words for the table's first column."""
    return (
        words_of(found.measure.name) + words.per(found.measure.unit) if found.measure else found.verdict.rule
    )


def _status(found: Finding, *, intervals: bool) -> str:
    """A number with its interval and its verdict's word."""
    word = {"fail": "fails", "warn": "unsure", "pass": "holds"}.get(found.verdict.outcome, words.NOT_ASSESSED)
    extent = f" ({found.number.interval})" if found.number.interval and intervals else ""
    per = words.per(found.measure.unit) if found.measure else ""
    return f"{found.number.value.removesuffix(per)}{extent} {word}"
