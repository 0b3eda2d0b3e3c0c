"""Model card: the sections of Mitchell et al. 2019 filled from evidence, under the Hub's front matter."""

from __future__ import annotations

from collections.abc import Sequence

from riskaudit.measure import Measure
from riskaudit.report import AuditResult, Report
from riskaudit.writers import words
from riskaudit.writers.documents.front_matter import metadata, yaml_text
from riskaudit.writers.findings import Finding, in_words, slice_of
from riskaudit.writers.limits import cannot_see
from riskaudit.writers.markdown import grid
from riskaudit.writers.reading import WORD, Reading
from riskaudit.writers.tables import Table, measure_tables, table
from riskaudit.writers.words import code_markdown as code
from riskaudit.writers.words import escape_markdown as esc

BEGIN, END = "<!-- riskaudit:card -->", "<!-- /riskaudit:card -->"
YAML_BEGIN, YAML_END = "# riskaudit:card", "# /riskaudit:card"
NOT_STATED = "*not stated*"
Lines = list[str]


def card(report: Report) -> str:
    """The whole card: front matter, title, and the body between its markers."""
    top = ["---", YAML_BEGIN, yaml_text(metadata(report)).rstrip("\n"), YAML_END, "---", ""]
    title = [f"# Model card: {esc(report.subject.name) or 'model'}", ""]
    return "\n".join([*top, *title, BEGIN, "", body(report).strip("\n"), "", END]) + "\n"


def body(report: Report) -> str:
    """The card's sections; what nobody has stated is said to be not stated."""
    reading, said = Reading(report), _said(report)
    sections: Sequence[tuple[str, Lines]] = (
        ("Model details", _details(report, said)),
        ("Intended use", _named(said, {"Primary intended uses": "intended_use", "Primary intended users": "intended_users", "Out-of-scope uses": "out_of_scope"})),
        ("Factors", _factors(report, said)),
        ("Metrics", _metrics(report, said)),
        ("Evaluation data", _evaluation(report, said)),
        ("Training data", _training(report, said)),
        ("Quantitative analyses", _analyses(reading)),
        ("Ethical considerations", _ethics(reading, said)),
        ("Caveats and recommendations", _caveats(reading, said)),
        ("Environmental impact", _environment(report)),
    )  # fmt: skip
    about = f"Filled by riskaudit {esc(report.run.versions.get('riskaudit', ''))} from report {code(report.run.digest[:12] or 'unsealed')} of {esc(report.run.started[:10])}."
    lines = [about, "Sections after Mitchell et al. 2019, Model Cards for Model Reporting.", ""]
    for title, told in sections:
        lines += [f"## {title}", "", *told, ""]
    return "\n".join(lines)


def _said(report: Report) -> dict[str, str]:
    """What was stated, by key."""
    return {key: esc(text) for key, text in report.statements.items() if text.strip()}


def _named(said: dict[str, str], asked: dict[str, str]) -> Lines:
    """One line for each thing that only a person can say."""
    return [f"- **{name}**: {said.get(key, NOT_STATED)}" for name, key in asked.items()]


def _details(report: Report, said: dict[str, str]) -> Lines:
    """Who made what, when, under which terms."""
    subject = report.subject
    columns = ", ".join(map(code, subject.features[:40]))
    more = f" and {len(subject.features) - 40} more" if len(subject.features) > 40 else ""
    known = [
        f"- **Name**: {esc(subject.name)}",
        f"- **Type**: {esc(', '.join(filter(None, (subject.kind, subject.learner))))}",
        f"- **Task**: {esc(subject.task)}",
        f"- **Outcomes**: {', '.join(map(code, subject.classes)) or 'a number'}",
        f"- **Inputs**: {words.plural(len(subject.features), 'column')}: {columns}{more}"
        if subject.features
        else f"- **Inputs**: {NOT_STATED}",
        f"- **File sha256**: {code(subject.sha256) if subject.sha256 else 'no file'}",
    ]
    return known + _named(
        said,
        {
            "Developed by": "developers", "Date": "model_date", "Version": "model_version", "License": "license",
            "More information": "resources", "Citation": "citation", "Contact": "contact",
        },
    )  # fmt: skip


def _factors(report: Report, said: dict[str, str]) -> Lines:
    """Over whom performance may vary, and over whom it was looked at."""
    data = report.data
    looked = ", ".join(map(code, data.sensitive)) or "no column was named as sensitive"
    control = f"; within {code(data.control)}" if data.control else ""
    return [*_named(said, {"Relevant factors": "factors"}), f"- **Evaluation factors**: {looked}{control}"]


def _metrics(report: Report, said: dict[str, str]) -> Lines:
    """What was judged by which limit, and how uncertainty was reckoned."""
    rules = {rule.id: rule for rule in report.rulebook.rules}
    names = list(dict.fromkeys(v.rule for v in report.all_verdicts if v.rule in rules))
    rows = [
        (
            id, in_words(rules[id].measure.partition(".")[2]), f"{rules[id].ideal:g}", f"{rules[id].limit:g}",
            rules[id].severity, rules[id].reference,
        )
        for id in names
    ]  # fmt: skip
    methods = sorted({m.interval.method for m in report.measures() if m.interval is not None})
    told = _named(
        said, {"Why these measures": "metrics_rationale", "Decision thresholds": "decision_thresholds"}
    )
    told += [f"- **Uncertainty**: {esc('; '.join(methods)) or 'no interval was reckoned'}", ""]
    made = table("", ("rule", "measure", "ideal", "limit", "severity", "source"), rows, right=(2, 3))
    return told + (grid(made) if rows else ["No rule was judged."])


def _evaluation(report: Report, said: dict[str, str]) -> Lines:
    """The rows it was audited on."""
    data = report.data
    return [
        f"- **Rows**: {esc(data.name)}, {words.plural(data.rows, 'row')}",
        f"- **sha256**: {code(data.sha256) if data.sha256 else 'unknown'}",
        f"- **Outcome**: {code(data.target)}{'; favourable: ' + ', '.join(map(code, data.favourable)) if data.favourable else ''}",
        *_named(said, {"Why these rows": "evaluation_data", "Preprocessing": "preprocessing"}),
        *(f"- **Note**: {esc(note)}" for note in data.notes),
    ]


def _training(report: Report, said: dict[str, str]) -> Lines:
    """The rows it was trained on, as far as they are known."""
    data = report.data
    told = _named(said, {"What they are and how they were gathered": "training_data"})
    if data.members is None:
        return [*told, f"- **Rows**: {NOT_STATED} (the audit was not given the training rows)"]
    sha = code(data.members_sha256) if data.members_sha256 else "unknown"
    return [*told, f"- **Rows**: {esc(data.members_name)}, {words.plural(data.members, 'row')}", f"- **sha256**: {sha}"]  # fmt: skip


def _analyses(reading: Reading) -> Lines:
    """The verdict, every judged number, and the groups' own rates, one factor at a time and crossed."""
    report = reading.report
    found = (*reading.findings, *reading.waived, *reading.holding)
    rows = [
        (f.verdict.rule, f.slice, f.number.value, f.number.interval, f.n, f.number.limit, _outcome(f))
        for f in found
    ]
    head = ("rule", "slice", "value", "interval", "n", "limit", "verdict")
    lines = [f"**{esc(' '.join(reading.line.split()))}**.", ""]
    lines += grid(table("", head, rows, right=(2, 3, 4, 5))) if rows else ["Nothing was judged."]
    for made in _group_tables(report):
        lines += ["", f"**{esc(made.caption[:1].upper() + made.caption[1:])}**:", "", *grid(made)]
    return lines


def _outcome(found: Finding) -> str:
    """A verdict's word."""
    return ("waived, " if found.verdict.waived else "") + WORD[found.verdict.outcome]


def _group_tables(report: Report) -> list[Table]:
    """Rates of the groups that sensitive columns name, unitary before intersectional."""
    told = set(report.data.sensitive)
    tables = []
    for result in report.all_results:
        own = [m for m in result.measures if m.where and set(m.where) <= told]
        kept: AuditResult = result.model_copy(update={"measures": tuple(own)})
        tables += measure_tables(kept) if own else []
    return tables


def _ethics(reading: Reading, said: dict[str, str]) -> Lines:
    """Harms that were found, and what only people can say of harm."""
    lines = _named(
        said,
        {
            "Sensitive data": "sensitive_data", "Human life": "human_life", "Mitigations": "mitigations",
            "Risks and harms": "risks", "Fraught uses": "fraught_uses",
        },
    )  # fmt: skip
    found = (*reading.findings, *reading.waived)
    if not found:
        return [*lines, "", "No judged number is beyond its limit. That says only that these rules found nothing in these rows."]  # fmt: skip
    told = [f"- **{esc(f.word)}** {code(f.verdict.rule)}: {esc(f.title)} ({esc(f.numbers)})" for f in found]
    return [*lines, "", "Found by the audit:", "", *told]


def _caveats(reading: Reading, said: dict[str, str]) -> Lines:
    """What to do, what was not assessed, and what no audit of this kind can see."""
    lines = _named(said, {"Caveats": "caveats"})
    remedies = dict.fromkeys(
        f"{code(f.verdict.rule)}: {esc(f.rule.remedy)}" for f in reading.findings if f.rule
    )
    lines += [f"- **What to do**, {told}" for told in remedies]
    lines += [f"- **Not assessed**, {', '.join(map(code, g.rules or (g.area,)))}: {esc(g.reason)}" for g in reading.gaps]  # fmt: skip
    return lines + [f"- **Limit**, {esc(name)}: {esc(p)}" for name, told in cannot_see(reading) for p in told]


def _environment(report: Report) -> Lines:
    """What was metered or estimated of energy and carbon."""
    found = [m for m in report.measures() if m.name.startswith("compute.") and _spent(m)]
    if not found:
        return [f"Energy and carbon: {NOT_STATED}; the audit metered neither."]
    return [f"- **{esc(in_words(m.name.partition('.')[2]).capitalize())}**, {esc(slice_of(m))}: {esc(words.number(m).both)}. {esc(m.note)}" for m in found]  # fmt: skip


def _spent(measure: Measure) -> bool:
    """Whether a measure is one of energy or carbon that was assessed."""
    return measure.assessed and any(word in measure.name for word in ("energy", "carbon"))
