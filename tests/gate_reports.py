"""Small reports to gate: one rule, a few slices, written where the command line finds them."""

from __future__ import annotations

from pathlib import Path

from writers.fakes import assemble

from riskaudit.measure import Interval, Measure
from riskaudit.pipeline import rejudge
from riskaudit.policy import Policy
from riskaudit.report import AuditResult, Report, to_json
from riskaudit.rulebook import Rulebook, Source, rulebook_of

RULES = """\
rules:
  - id: ratio
    measure: bias.ratio
    ideal: 1.0
    limit: 0.8
    severity: high
    when_unsure: warn
    why: w
    remedy: r
    reference: s
"""


def book(text: str = RULES, name: str = "test") -> Rulebook:
    """The rulebook of a text."""
    from hashlib import sha256

    return rulebook_of([Source(name=name, sha256=sha256(text.encode()).hexdigest(), text=text)])


def ratio(value: float | None, half: float | None = 0.02, *, attribute: str = "sex", group: str = "f", n: int = 900) -> Measure:  # fmt: skip
    """A ratio of a group with an interval of that half width."""
    interval = (
        None if value is None or half is None else Interval(low=value - half, high=value + half, method="m")
    )
    return Measure(
        name="bias.ratio", value=value, interval=interval, n=n, unit="ratio", note="n" if interval is None else "",
        where={"attribute": attribute, "group": group, "reference": "m"},
    )  # fmt: skip


def report(
    *measures: Measure, rules: str = RULES, policy: Policy | None = None, strict: bool = False
) -> Report:
    """The judged report on these measures."""
    result = AuditResult(audit="bias", status="measured", measures=measures)
    bare = assemble([result], ())
    bare = bare.model_copy(update={"data": bare.data.model_copy(update={"sensitive": ()})})
    return rejudge(bare, book(rules), policy=policy or Policy(), strict=strict)


def saved(folder: Path, name: str, *measures: Measure, rules: str = RULES) -> str:
    """The path of such a report's JSON."""
    path = folder / f"{name}.json"
    path.write_text(to_json(report(*measures, rules=rules)), encoding="utf-8")
    return str(path)


def people(path: Path, third: float) -> str:
    """Three age groups: the middle one selected at 0.5, the young at 0.2, the old at so much."""
    rates = {"young": 0.2, "middle": 0.5, "old": third}
    rows = [f"{i % 2},{int(i % 100 < 100 * rate)},{age}" for age, rate in rates.items() for i in range(1000)]
    path.write_text("y,yhat,age\n" + "\n".join(rows) + "\n")
    return str(path)
