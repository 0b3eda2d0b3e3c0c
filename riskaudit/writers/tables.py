"""Tables: a report's numbers in rows, the same for HTML and Markdown; nothing in them is escaped yet."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import islice

from riskaudit.measure import Exhibit, Measure
from riskaudit.report import AuditResult, Report
from riskaudit.writers import words
from riskaudit.writers.findings import Finding, in_words, slice_of
from riskaudit.writers.reading import Reading, unassessed
from riskaudit.writers.svg.columns import numbers, spaced
from riskaudit.writers.svg.scatter import FEW

MOST = 300
LONG = 400  # letters of a note; report.json has the whole
PIVOT = 7
CURVE = 12  # points of a line that its table lists


@dataclass(frozen=True)
class Cell:
    """A cell: its text, a smaller text behind it, and the status it tells where it tells one."""

    text: str
    small: str = ""
    kind: str = ""


@dataclass(frozen=True, kw_only=True)
class Table:
    """A caption, a head, and rows whose first cell names the row."""

    caption: str
    head: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    right: Sequence[bool]
    notes: Sequence[str] = field(default_factory=tuple)
    more: str = ""

    @property
    def aligned(self) -> str:
        """The classes that set its columns of numbers to the right."""
        return " ".join(f"a{at}" for at, right in enumerate(self.right, 1) if right)


def cut(made: Table, rows: int) -> Table:
    """A table's first rows, with a word on where the rest is."""
    if len(made.rows) <= rows:
        return made
    return replace(
        made,
        rows=made.rows[:rows],
        more=f"{rows:,} of {words.plural(len(made.rows), 'row')}; all are in report.json.",
    )


def table(caption: str, head: Sequence[str], rows: Sequence[Sequence[Cell | str]], *, right: Sequence[int] = (), notes: Sequence[str] = ()) -> Table:  # fmt: skip
    """A table, cut after 300 rows with a word on where the rest is."""
    kept = [[c if isinstance(c, Cell) else Cell(c) for c in row] for row in rows[:MOST]]
    more = f"{len(kept)} of {len(rows):,} rows; all are in report.json." if len(rows) > MOST else ""
    return Table(
        caption=caption,
        head=head,
        rows=kept,
        right=[i in right for i in range(len(head))],
        notes=notes,
        more=more,
    )


def exhibit_table(exhibit: Exhibit) -> Table:
    """An exhibit's own data, numbers to the right, bounds behind the number they belong to."""
    size = len(next(iter(exhibit.columns.values()), []))
    if exhibit.kind == "swarm":
        return _swarm_table(exhibit, size)
    if exhibit.kind == "scatter" and size > FEW and not any(exhibit.columns.get("label", ())):
        return _scatter_table(exhibit)
    bounds = (
        {}
        if exhibit.kind == "table"
        else {b: e for b, e in _BOUNDS.items() if {b, *e} <= exhibit.columns.keys()}
    )
    head = [c for c in exhibit.columns if not any(c in ends for ends in bounds.values())]
    numeric = [
        i for i, c in enumerate(head)
        if any(v is not None for v in exhibit.columns[c])
        and all(v is None or not isinstance(v, str) for v in exhibit.columns[c])
    ]  # fmt: skip
    kept = _spaced(exhibit, size) if exhibit.kind == "curve" else list(range(size))
    rows = [[_with_bounds(exhibit, c, i, bounds.get(c)) for c in head] for i in kept]
    made = table(exhibit.title, [c.replace("_", " ") for c in head], rows, right=[i for i in numeric if i])
    if len(kept) == size:
        return made
    return replace(
        made,
        more=f"{len(made.rows)} of {size:,} points, evenly spaced along each line; all are in report.json.",
    )


_BOUNDS = {
    "value": ("low", "high"), "y": ("low", "high"),
    "before": ("before_low", "before_high"), "after": ("after_low", "after_high"),
}  # fmt: skip


def _with_bounds(exhibit: Exhibit, column: str, at: int, ends: tuple[str, str] | None) -> Cell:
    """A cell, its bounds small behind it where they are known."""
    text = words.cell(exhibit.columns[column][at])
    low, high = (exhibit.columns[end][at] for end in ends) if ends else (None, None)
    if not isinstance(low, int | float) or not isinstance(high, int | float):
        return Cell(text)
    return Cell(text, small=words.span(words.cell(low), words.cell(high)))


def _spaced(exhibit: Exhibit, size: int) -> list[int]:
    """The points of each line that a table lists: first, last, and evenly between."""
    lines: dict[object, list[int]] = {}
    for i in range(size):
        lines.setdefault(exhibit.columns.get("series", [""] * size)[i], []).append(i)
    return sorted(points[i] for points in lines.values() for i in spaced(len(points), CURVE))


def _swarm_table(exhibit: Exhibit, size: int) -> Table:
    """A swarm strip by strip: people are counted, never listed."""
    strips: dict[str, list[float]] = {}
    for i in range(size):
        x = exhibit.columns.get("x", [None] * size)[i]
        if isinstance(x, int | float):
            strips.setdefault(str(exhibit.columns.get("row", [""] * size)[i]), []).append(float(x))
    rows = [
        (
            name,
            words.count(len(xs)),
            *(words.shown(v).value for v in (min(xs), sorted(xs)[len(xs) // 2], max(xs))),
        )
        for name, xs in strips.items()
    ]
    return table(exhibit.title, ("row", "points", "lowest", "median", "highest"), rows, right=(1, 2, 3, 4))


def _scatter_table(exhibit: Exhibit) -> Table:
    """A cloud by tenths of its points along x: people are counted, never listed."""
    known = sorted(
        (x, y) for x, y in zip(numbers(exhibit, "x"), numbers(exhibit, "y"), strict=True)
        if x is not None and y is not None
    )  # fmt: skip
    parts = [known[len(known) * i // 10 : len(known) * (i + 1) // 10] for i in range(10)]
    rows = []
    for part in filter(None, parts):
        ys = sorted(y for _, y in part)
        ends = words.span(words.shown(part[0][0]).value, words.shown(part[-1][0]).value)
        rows.append(
            (ends, words.count(len(part)), *(words.shown(v).value for v in (ys[0], ys[len(ys) // 2], ys[-1])))
        )
    x, y = (str(exhibit.axes.get(name) or name) for name in "xy")
    return table(exhibit.title, (x, "points", f"lowest {y}", "median", "highest"), rows, right=(1, 2, 3, 4))


def measure_tables(result: AuditResult) -> list[Table]:
    """All measures: group rates as one table a grouping, groups down and rates across; the rest as a list."""
    groupings: dict[tuple[str, ...], list[Measure]] = {}
    for measure in result.measures:
        groupings.setdefault(tuple(measure.where), []).append(measure)
    tables, rest = [], []
    for keys, found in groupings.items():
        names, slices = {m.name for m in found}, {tuple(m.where.values()) for m in found}
        single = len({(m.name, tuple(m.where.values())) for m in found}) == len(found)
        if single and len(names) > 1 and len(slices) > 1 and "attribute" not in keys:
            tables += _pivots(result.audit, keys, found)
        else:
            rest += found
    return ([_list(result.audit, rest)] if rest else []) + tables


def _list(audit: str, found: Sequence[Measure]) -> Table:
    """Measures one under the other; a note that comes again and again stands under the table, once."""
    often = [note for note, times in Counter(m.note for m in found).items() if times > 2 and len(note) > 20]
    numbered = {note: f"note {at}" for at, note in enumerate(often, 1)}
    rows = [
        (
            in_words(m.name.partition(".")[2]), slice_of(m), words.number(m).value, words.number(m).interval,
            words.count(m.n), numbered.get(m.note) or words.shorten(m.note, LONG),
        )
        for m in found
    ]  # fmt: skip
    empty = {i for i in range(1, 6) if not any(row[i] for row in rows)} | (
        {1} if all(not m.where for m in found) else set()
    )
    head = ("measure", "slice", "value", "interval", "n", "note")
    kept = [i for i in range(6) if i not in empty]
    return table(
        f"{audit}: measures",
        [head[i] for i in kept],
        [[row[i] for i in kept] for row in rows],
        right=[at for at, i in enumerate(kept) if i in (2, 3, 4)],
        notes=[f"{told}: {words.shorten(note, LONG)}" for note, told in numbered.items()],
    )


def _pivots(audit: str, keys: tuple[str, ...], found: Sequence[Measure]) -> list[Table]:
    """Group rates across, a few to a table."""
    names = list(dict.fromkeys(m.name for m in found))
    return [_pivot(audit, keys, names[at : at + PIVOT], found) for at in range(0, len(names), PIVOT)]


def _pivot(audit: str, keys: tuple[str, ...], names: Sequence[str], found: Sequence[Measure]) -> Table:
    """One table of group rates."""
    known = {(tuple(m.where.values()), m.name): m for m in found if m.name in names}
    slices = list(dict.fromkeys(s for s, _ in known))
    sizes = {s: max(known[s, n].n for n in names if (s, n) in known) for s in slices}
    rows: list[list[Cell | str]] = [
        [", ".join(s), words.count(sizes[s]), *(_rate(known.get((s, n)), sizes[s]) for n in names)]
        for s in slices
    ]
    notes = list(dict.fromkeys(m.note for m in known.values() if m.note))
    head = (", ".join(keys), "n", *(in_words(n.partition(".")[2]) for n in names))
    return table(
        f"{audit} by {', '.join(keys)}", head, rows, right=range(1, len(head)), notes=list(islice(notes, 8))
    )


def _rate(measure: Measure | None, rows: int) -> Cell:
    """A rate with its interval behind it, and its own n where that is not the group's."""
    if measure is None:
        return Cell("\u2013")
    number, own = words.number(measure), f"n {words.count(measure.n)}" if measure.n != rows else ""
    return Cell(number.value, ", ".join(filter(None, (number.interval, own))))


def group_table(found: Finding) -> Table:
    """Both sides of a comparison."""
    rows = [(g.name, g.value, words.count(g.n)) for g in found.groups]
    return table("The groups compared", ("group", "value", "n"), rows, right=(1, 2))


def finding_table(found: Finding) -> Table:
    """What a finding's picture shows: both sides of a comparison, the judged number, its limit and its ideal."""
    rows: list[tuple[str, ...]] = [(g.name, g.value, g.interval, words.count(g.n)) for g in found.groups]
    rows.append((found.label, found.number.value, found.number.interval, found.n))
    rows.append(("limit", found.number.limit, "", ""))
    if found.rule is not None:
        rows.append(("ideal", f"{found.rule.ideal:g}", "", ""))
    return table("The numbers of the picture", ("number", "value", "interval", "n"), rows, right=(1, 2, 3))


def rest_table(findings: Sequence[Finding]) -> Table:
    """Findings beyond those that are told at length, a row each."""
    rows = [
        (f.verdict.rule, f.slice, Cell(f.number.value, f.number.interval), f.n, f.number.limit, f.word)
        for f in findings
    ]  # fmt: skip
    return table("More findings", ("rule", "slice", "value", "n", "limit", "status"), rows, right=(2, 3, 4))


def holding_table(reading: Reading) -> Table:
    """The rules that hold, with the room they have."""
    rows = [
        (
            f.verdict.rule, f.slice, Cell(f.number.value, f.number.interval), f.n, f.number.limit, words.score(f.verdict.score),
            Cell("holds" if f.verdict.sure else "holds, unsure", kind="pass" if f.verdict.sure else "unsure"),
        )
        for f in reading.holding
    ]  # fmt: skip
    return table(
        "Rules that hold",
        ("rule", "slice", "value", "n", "limit", "score", "status"),
        rows,
        right=(2, 3, 4, 5),
    )


def gap_table(reading: Reading) -> Table:
    """What was not assessed, by reason."""
    rows = [(", ".join(g.rules) or "no rule", g.area, "; ".join(g.slices), g.reason) for g in reading.gaps]
    if not any(row[2] for row in rows):
        return table("Not assessed", ("rules", "audit", "reason"), [(r[0], r[1], r[3]) for r in rows])
    return table("Not assessed", ("rules", "audit", "slice", "reason"), rows)


def unmeasured_table(reading: Reading) -> Table:
    """Every measure without a number."""
    rows = [
        (m.name, slice_of(m), words.count(m.n), words.shorten(m.note, LONG))
        for _, m in unassessed(reading.results)
    ]
    return table("Numbers that could not be measured", ("measure", "slice", "n", "reason"), rows, right=(2,))


def score_tables(reading: Reading) -> list[Table]:
    """Each area's score as a sum."""
    return [
        table(
            f"{area.name}: {words.score(area.score.value)}",
            ("rule", "score", "weight", "score \u00d7 weight"),
            [
                *((t.rule, words.fine_score(t.score), str(t.weight), _product(t.score, t.weight)) for t in area.score.terms),
                ("together", words.fine_score(area.score.value), str(sum(t.weight for t in area.score.terms)), _sum(area.score.terms)),
            ],
            right=(1, 2, 3),
        )
        for area in reading.areas
    ]  # fmt: skip


def _product(score: float | None, weight: int) -> str:
    return words.UNKNOWN if score is None else f"{score * weight:,.1f}"


def _sum(terms: Sequence[object]) -> str:
    """The numerator of the mean."""
    products = [(getattr(t, "score", None), getattr(t, "weight", 0)) for t in terms]
    known = [s * w for s, w in products if s is not None]
    return f"{sum(known):,.1f}" if len(known) == len(products) else words.UNKNOWN


def provenance(report: Report) -> list[tuple[str, str]]:
    """Where everything came from, name by name."""
    subject, data, run = report.subject, report.data, report.run
    return [
        ("Model", ", ".join(filter(None, (subject.name, subject.kind, subject.learner, subject.task)))),
        ("Model sha256", subject.sha256 or ""),
        ("Training", ", ".join(f"{k} {words.cell(v)}" for k, v in subject.training.items())),
        ("Data", f"{data.name}, {words.plural(data.rows, 'row')}"),
        ("Data sha256", data.sha256 or ""),
        ("Members", f"{words.count(data.members)} rows of {data.members_name}" if data.members is not None else ""),
        ("Members sha256", data.members_sha256 or ""),
        ("Target", ", ".join(filter(None, (data.target, f"favourable: {', '.join(data.favourable)}" if data.favourable else "")))),
        ("Sensitive", ", ".join(data.sensitive)),
        ("Data notes", "; ".join(data.notes)),
        *((f"Rules sha256, {s.name}", s.sha256) for s in report.rulebook.sources),
        ("Seed", str(report.seed)),
        ("Effort", report.effort),
        ("Settings", ", ".join(f"{k} {words.cell(v)}" for k, v in report.settings.items())),
        ("Command", run.command),
        ("Settings from", ", ".join(f"{k}: {v}" for k, v in run.settings_from.items())),
        ("Started", run.started),
        ("Took", words.shown(run.seconds, unit="seconds").value),
        ("Per audit", ", ".join(f"{k} {words.shown(v, unit='seconds').value}" for k, v in run.audit_seconds.items())),
        ("Versions", ", ".join(f"{k} {v}" for k, v in run.versions.items())),
        ("Code sha256", run.code_sha256),
        ("Git commit", f"{run.git.commit}{' (with changes)' if run.git.dirty else ''}" if run.git else ""),
        ("Host", run.host),
        ("Report digest", run.digest),
    ]  # fmt: skip
