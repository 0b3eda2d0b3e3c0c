"""Demo: the built-in example, audited risky and audited mended."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from riskaudit.audits import audits, declared_measures
from riskaudit.datasets.credit import credit
from riskaudit.evidence import Evidence
from riskaudit.measure import Interval, Measure
from riskaudit.pipeline import report_on
from riskaudit.report import Report
from riskaudit.request import Request
from riskaudit.rulebook import Rulebook, read_rulebooks

RISKY = ("skill", "district", "noise_1", "noise_2", "noise_3")
MENDED = ("skill", "noise_1", "noise_2", "noise_3")


@dataclass(frozen=True, kw_only=True)
class Demo:
    """Two reports on the same rows, and what the mending cost."""

    before: Report
    after: Report
    cost: Measure


def run_demo(
    *, seed: int = 0, country: str = "", command: str = "", progress: Callable[[str], None] = lambda _: None
) -> Demo:
    """Audit a risky random forest that sees `district`, a proxy, then a logistic regression that does not."""
    rulebook = read_rulebooks(["default"], measures=declared_measures(audits()))
    risky = _evidence("random-forest", RISKY, seed, country, progress)
    mended = _evidence("logistic", MENDED, seed, country, progress)
    before = _report(risky, rulebook, command, progress)
    after = _report(mended, rulebook, command, progress)
    return Demo(before=before, after=after, cost=_cost(risky, mended))


def _evidence(
    learner: str, features: tuple[str, ...], seed: int, country: str, progress: Callable[[str], None]
) -> Evidence:
    """A learner fitted to the members of the example, to be looked at on its held-out rows."""
    from riskaudit.training.fit import fit
    from riskaudit.training.ladder import ladder
    from riskaudit.training.many import fit_many
    from riskaudit.training.remedies import remedies
    from riskaudit.workers import default_workers

    members, held_out = credit(seed=seed, features=features)
    progress(f"training {learner} on {', '.join(features)}")
    trained = fit(members, learner=learner, seed=seed, country=country)
    return Evidence(
        subject=trained.subject,
        test=held_out,
        train=members,
        seed=seed,
        workers=default_workers(),
        country=country,
        fit_many=fit_many,
        mend=remedies,
        smaller=ladder,
    )


def _report(evidence: Evidence, rulebook: Rulebook, command: str, progress: Callable[[str], None]) -> Report:
    """All four audits by the default rules."""
    request = Request(data="", command=command)
    name = evidence.subject.name
    return report_on(
        evidence, audits(), rulebook, request=request, progress=lambda said: progress(f"{name}, {said}")
    )


def _cost(risky: Evidence, mended: Evidence) -> Measure:
    """The accuracy given up, against the example's own (biased) labels: a paired difference on the same rows."""
    from riskaudit.statistics import mean_t

    actual = risky.outcome()
    lost = (risky.decisions() == actual).astype(float) - (mended.decisions() == actual).astype(float)
    interval: Interval = mean_t(lost)
    return Measure(
        name="demo.accuracy_given_up",
        value=float(lost.mean()),
        interval=interval,
        n=len(lost),
        unit="difference",
        note="paired, on the same held-out rows",
    )
