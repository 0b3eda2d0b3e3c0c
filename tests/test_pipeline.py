"""The spine: same seed, same report; an audit that is added moves no other number."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from riskaudit.audits import audits, declared_measures
from riskaudit.datasets.credit import credit
from riskaudit.demo import run_demo
from riskaudit.evidence import Evidence
from riskaudit.measure import Measure
from riskaudit.pipeline import rejudge, report_on, run
from riskaudit.report import Report, from_json, to_json
from riskaudit.request import Request
from riskaudit.rulebook import read_rulebooks
from riskaudit.training.fit import fit


def evidence(learner: str = "logistic", seed: int = 0) -> Evidence:
    members, held_out = credit(seed=seed)
    return Evidence(
        subject=fit(members, learner=learner, seed=seed).subject, test=held_out, train=members, seed=seed
    )


def rulebook() -> Any:
    return read_rulebooks(["default"], measures=declared_measures(audits()))


def steady(report: Report) -> str:
    """The report without `run`."""
    plain = json.loads(to_json(report))
    del plain["run"]
    return json.dumps(plain)


class Noisy:
    """An audit that draws random numbers."""

    name, question, measures = "noisy", "?", {"noisy.draw": "a draw"}

    def examine(self, evidence: Evidence) -> Iterator[Measure]:
        draw = float(evidence.rng("noisy").random())
        yield Measure(name="noisy.draw", value=draw, n=1, unit="count", note="one draw")


def test_same_seed_same_report_and_another_audit_moves_no_number() -> None:
    """Outside `run` two runs are equal byte for byte; with one more audit the others' results are."""
    one = report_on(evidence(), audits(), rulebook(), request=Request(data=""))
    two = report_on(evidence(), audits(), rulebook(), request=Request(data=""))
    assert steady(one) == steady(two)
    more = report_on(evidence(), {"noisy": Noisy(), **audits()}, rulebook(), request=Request(data=""))
    assert more.results[1:] == one.results


def test_json_of_a_real_report_is_the_identity_and_rejudges_alike() -> None:
    """What was written is read back whole, and the same rules say the same of it."""
    report = report_on(evidence(), audits(), rulebook(), request=Request(data=""))
    again = from_json(to_json(report))
    assert again == report
    assert rejudge(again, again.rulebook) == report
    assert report.gate.code in (0, 1, 3)
    states = {result.audit: result.status for result in report.results}
    assert set(states.values()) == {"measured"}


def test_every_measure_is_declared_and_none_is_naked() -> None:
    """Each number has an interval or says why not, and its name is in the registry."""
    report = report_on(evidence("random-forest"), audits(), rulebook(), request=Request(data=""))
    known = declared_measures(audits())
    for measure in report.measures():
        assert measure.name in known
        assert measure.interval or measure.note


def test_the_demo_finds_what_was_planted_and_the_mending_works() -> None:
    """Impact ratio about 0.63 against 1.0, membership AUC about 0.74 against 0.51, 2-3 points of accuracy."""
    demo = run_demo(seed=0)

    def value(report: Report, name: str, **where: str) -> float:
        found = report.find(name, where)
        assert found is not None
        assert found.value is not None
        return found.value

    assert value(demo.before, "bias.selection_rate_ratio", attribute="group") == pytest.approx(0.63, abs=0.08)
    assert value(demo.after, "bias.selection_rate_ratio", attribute="group") == pytest.approx(1.0, abs=0.12)
    assert value(demo.before, "privacy.membership_auc", attack="loss") == pytest.approx(0.74, abs=0.04)
    assert value(demo.after, "privacy.membership_auc", attack="reference") == pytest.approx(0.51, abs=0.04)
    assert demo.cost.value is not None
    assert demo.cost.value < 0.06
    assert demo.before.gate.code == 1


def test_run_reads_files_and_knows_the_models_own_split(tmp_path: Path) -> None:
    """Trained on a table, audited on the same: held-out rows and members are the record's."""
    from riskaudit.datasets.credit import credit_table
    from riskaudit.subjects.skops_file import save_model

    table = credit_table(seed=2)
    table.frame.to_csv(tmp_path / "loans.csv", index=False)
    base = {
        "data": str(tmp_path / "loans.csv"),
        "target": "repaid",
        "favourable": ("yes",),
        "sensitive": ("group",),
        "drop": ("followup",),
    }
    from riskaudit.loading import training_data
    from riskaudit.training.fit import train

    trained = train(training_data(Request.model_validate(base)), learner="logistic", seed=5)
    save_model(tmp_path / "m.skops", trained.subject.estimator, trained.record)
    report = run(Request(model=str(tmp_path / "m.skops"), data=base["data"], only=("bias",)))
    assert (report.data.rows, report.data.members) == (900, 2100)
    assert report.data.favourable == ("yes",)
    assert report.gate.code in (1, 3)
    assert any(v.outcome == "missing" for v in report.verdicts)
