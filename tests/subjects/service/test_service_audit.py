"""A service under audit: what it answers is judged, what it does not is counted, nothing is sent unasked."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from cli_helpers import run
from service_helpers import chance, honest, people, reply, serving

from riskaudit.errors import UsageError
from riskaudit.loading import load
from riskaudit.measure import Measure
from riskaudit.pipeline import plan
from riskaudit.pipeline import run as audit
from riskaudit.report import Report
from riskaudit.request import Request
from riskaudit.subjects.service.settings import Endpoint

QUICK: dict[str, Any] = {"effort": "quick", "only": ("bias", "exposure", "compute")}


def request(url: str, table: Path, **settings: Any) -> Request:
    """A request for a service of the people; settings of the endpoint by their names."""
    fields = {name: settings.pop(name) for name in list(settings) if name in Endpoint.model_fields}
    given: dict[str, Any] = {
        "model": url,
        "data": str(table),
        "target": "paid",
        "favourable": ("yes",),
        "sensitive": ("sex",),
        "features": ("id", "age", "job"),
        "classes": ("no", "yes"),
        "endpoint": Endpoint(**({"protocol": "json", "retries": 0, "timeout": 3.0} | fields)),
    }
    return Request(**(given | QUICK | settings))


def measures(report: Report, name: str) -> dict[str, Measure]:
    """Measures of a name by their slice."""
    return {m.slice: m for result in report.all_results for m in result.measures if m.name == name}


@pytest.fixture
def table(tmp_path: Path) -> Path:
    return people(tmp_path / "people.csv")


def rows_of(body: bytes) -> list[dict[str, Any]]:
    """The rows of a request; none of a probe."""
    found: list[dict[str, Any]] = json.loads(body).get("instances", [])
    return found


def failing_for(who: Any, status: int = 500) -> Any:
    """A service that fails where a batch holds one of these rows."""

    def behave(handler: Any, body: bytes) -> None:
        if any(who(row) for row in rows_of(body)):
            reply(handler, {"error": "no"}, status=status)
        else:
            honest(handler, body)

    return behave


def test_a_service_is_audited_as_its_model_would_be(table: Path) -> None:
    """The same numbers of bias as from the formula behind it; the same row is sent once."""
    import pandas as pd

    with serving(honest) as (url, seen):
        report = audit(request(url, table))
    frame = pd.read_csv(table)
    chosen = frame.age > 40  # at 40 the two are even, and the first is taken
    rates = chosen.groupby(frame.sex).mean()
    told = measures(report, "bias.selection_rate")
    assert {m.where["sex"]: m.value for m in told.values()} == pytest.approx(rates.to_dict())
    sent = [json.dumps(row, sort_keys=True) for _, _, body in seen for row in rows_of(body)]
    assert len(sent) == 240 + 30
    assert len(set(sent)) == 240


def test_every_default_audit_runs_or_says_why_not(table: Path) -> None:
    """What a black box cannot give is not assessed, with the reason; nothing fails."""
    members = people(table.with_name("members.csv"), seed=1)
    with serving(honest) as (url, _):
        report = audit(request(url, table, only=(), train=str(members), features=("age", "job")))
    status = {result.audit: (result.status, result.reason) for result in report.all_results}
    assert all(state != "failed" for state, _ in status.values()), status
    assert status["explainability"][0] == "measured"
    for name in (
        "compute.prediction_energy",
        "compute.model_size",
        "compute.parameters",
        "compute.training_energy",
    ):
        assert all(m.value is None and "another machine" in m.note for m in measures(report, name).values())
    strongest = [
        m for m in measures(report, "privacy.membership_auc").values() if m.where.get("attack") == "strongest"
    ]
    assert any(m.value is None and "a service cannot be fitted again" in m.note for m in strongest), strongest


@pytest.mark.parametrize("seed", [0, 7])
def test_one_poisoned_row_costs_one_row(table: Path, seed: int) -> None:
    """The batch is halved until the row is found; it is counted and left out."""
    with serving(failing_for(lambda row: row["id"] == 17)) as (url, seen):
        report = audit(request(url, table, seed=seed))
    share = measures(report, "exposure.unanswered_share")[""]
    assert (share.value, share.n) == (pytest.approx(1 / 240), 240)
    assert "HTTP 500" in share.note
    assert report.data.rows == 239
    assert any("1 of 240 rows" in note and "not assessed" in note for note in report.data.notes)
    assert len(seen) < 30


def test_a_group_that_is_not_answered_is_not_judged(tmp_path: Path) -> None:
    """Under 5 % of all rows, but over 5 % of one group: nothing passes on the rest."""
    import pandas as pd

    table = people(tmp_path / "people.csv", n=400)
    frame = pd.read_csv(table)
    frame["sex"] = ["x" if at % 8 == 0 else "y" for at in range(len(frame))]
    frame.to_csv(table, index=False)
    silent = set(frame.index[frame.sex == "x"][:10])
    with serving(failing_for(lambda row: row["id"] in silent)) as (url, _):
        report = audit(request(url, table, max_requests=5000))
    told = measures(report, "exposure.unanswered_share")
    assert told[""].value == pytest.approx(0.025)
    assert told["sex=x"].value == pytest.approx(0.2)
    assert report.gate.code == 3
    bias = next(r for r in report.all_results if r.audit == "bias")
    assert bias.status == "not_applicable"
    assert "sex=x" in bias.reason
    assert all(v.outcome == "missing" for v in report.all_verdicts)


def test_a_service_that_answers_nobody_is_an_input_error(table: Path) -> None:
    """Exit 4 with what to do, after a handful of requests."""
    with serving(lambda h, _: reply(h, {}, status=401)) as (url, seen):
        code, _, err = run(*words(url, table))
    assert code == 4
    assert "none of 240 rows" in err
    assert "--header-env" in err
    assert len(seen) <= 6


def words(url: str, table: Path, *more: str) -> list[str]:
    """A command line."""
    return [
        *("audit", "--model", url, "--protocol", "json", "--data", str(table), "--target", "paid"),
        *("--favourable", "yes", "--sensitive", "sex", "--features", "id,age,job", "--classes", "no,yes"),
        *("--retries", "0", "--timeout", "2", "--only", "bias,exposure", "--effort", "quick", *more),
    ]


def reversed_answers(handler: Any, body: bytes) -> None:
    """The right answers in the wrong order."""
    told = [[1 - chance(row), chance(row)] for row in rows_of(body)]
    reply(handler, {"predictions": told[::-1]})


def one_short(handler: Any, body: bytes) -> None:
    """An answer too few."""
    reply(handler, {"predictions": [[0.5, 0.5]] * max(0, len(rows_of(body)) - 1)})


def some_nan(handler: Any, body: bytes) -> None:
    """NaN for one row in twenty-four, as Python writes it."""
    told = [[float("nan")] * 2 if row["id"] % 24 == 0 else [0.4, 0.6] for row in rows_of(body)]
    reply(handler, json.dumps({"predictions": told}).encode())


def test_answers_in_another_order_are_found_out(table: Path) -> None:
    """Rows sent again in the opposite order get other answers."""
    with serving(reversed_answers) as (url, _):
        report = audit(request(url, table))
    told = measures(report, "exposure.repeat_disagreement")[""]
    assert told.value is not None
    assert told.value > 0.5
    with serving(honest) as (url, _):
        report = audit(request(url, table))
    assert measures(report, "exposure.repeat_disagreement")[""].value == 0


def test_another_number_of_answers_is_no_answer(table: Path) -> None:
    """No row is matched with a neighbour's answer."""
    with serving(one_short) as (url, _):
        code, _, err = run(*words(url, table))
    assert code == 4
    assert "0 answers to 1 rows" in err


def test_nan_rows_are_left_out_and_counted(table: Path) -> None:
    """Ten of 240, each with its reason, as drift of the form."""
    with serving(some_nan) as (url, _):
        report = audit(request(url, table, max_unanswered=0.5))
    assert measures(report, "exposure.unanswered_share")[""].value == pytest.approx(10 / 240)
    assert measures(report, "exposure.schema_drift")[""].value == 10
    assert report.data.rows == 230


@pytest.mark.parametrize(
    "behave",
    [
        lambda h, _: reply(h, b"<html>login</html>", Content_Type="text/html"),
        lambda h, _: reply(h, {}, status=302, Location="http://127.0.0.1:1/"),
        lambda h, _: reply(h, {"predictions": "yes"}),
        lambda h, body: reply(h, {"predictions": [{"a": 1, "b": [2]} for _ in rows_of(body)]}),
        lambda h, body: reply(h, {"predictions": ["maybe" for _ in rows_of(body)]}),
        lambda h, _: reply(h, {}, status=503),
        lambda h, _: setattr(h, "close_connection", True),
    ],
)
def test_a_hostile_service_ends_in_one_clear_error(table: Path, behave: Any, tmp_path: Path) -> None:
    """Exit 4, two lines and a hint, no traceback, no report."""
    with serving(behave) as (url, _):
        code, out, err = run(*words(url, table, "-o", str(tmp_path / "report")))
    assert code == 4
    assert "error:" in err
    assert "Traceback" not in err + out
    assert not (tmp_path / "report").exists()


def test_secrets_reach_the_service_and_nothing_else(
    table: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The header's value is in no report, cassette, error or output."""
    secret = "s3cr3t-value-of-the-token"
    monkeypatch.setenv("MY_TOKEN", f"Bearer {secret}")
    folder, tape = tmp_path / "report", tmp_path / "tape.jsonl"
    with serving(honest) as (url, seen):
        _, out, err = run(
            *words(
                url,
                table,
                "--header-env",
                "Authorization=MY_TOKEN",
                "-o",
                str(folder),
                "--cassette",
                str(tape),
            )
        )
    assert seen[0][1]["Authorization"] == f"Bearer {secret}"
    written = "".join(path.read_text() for path in [*folder.iterdir(), tape])
    assert secret not in written + out + err


@pytest.mark.parametrize("given", ["Authorization=Bearer-sk-123", "Authorization", "Host=PATH", "A b=PATH"])
def test_a_header_from_no_variable_is_refused_without_repeating_it(table: Path, given: str) -> None:
    """A secret typed by mistake is not shown once more."""
    code, out, err = run(*words("http://127.0.0.1:9/", table, "--header-env", given))
    assert code == 2
    assert "sk-123" not in out + err


def test_a_plan_sends_nothing_and_tells_the_truth(table: Path) -> None:
    """Rows and requests by audit; the audit then sends as many."""
    with serving(honest) as (url, seen):
        asked = request(url, table, only=("bias", "explainability", "exposure"), features=("age", "job"))
        planned = plan(asked)
        assert seen == []
        audit(asked)
    assert sum(part.rows for part in planned.parts) == len(
        {json.dumps(row) for _, _, body in seen for row in rows_of(body)}
    )
    assert planned.requests == len(seen)


def test_a_dry_run_never_gives_a_report(table: Path) -> None:
    """Made-up answers stand in no report."""
    with pytest.raises(UsageError, match="no report"):
        audit(request("http://127.0.0.1:9/", table, dry_run=True))


def test_the_command_shows_the_plan(table: Path) -> None:
    """--dry-run: exit 0, a line for each audit, nothing sent."""
    with serving(honest) as (url, seen):
        code, out, _ = run(*words(url, table, "--dry-run"))
    assert (code, seen) == (0, [])
    assert "nothing was sent" in out
    assert "exposure" in out


def test_a_spent_budget_is_not_assessed_and_never_a_pass(table: Path) -> None:
    """Enough for the rows but not for explaining: that audit says so."""
    with serving(honest) as (url, seen):
        report = audit(request(url, table, only=("bias", "explainability"), max_requests=6))
    assert len(seen) == 6
    told = {result.audit: result for result in report.all_results}
    assert told["bias"].status == "measured"
    assert told["explainability"].status == "not_applicable"
    assert "budget of 6 requests" in told["explainability"].reason
    assert report.gate.code in (1, 3)


def test_errors_that_give_the_inside_away_are_counted(table: Path) -> None:
    """By the probe: a stack trace, a path, a version, a header; none of their text is in the report."""

    def telling(handler: Any, body: bytes) -> None:
        if rows_of(body):
            honest(handler, body)
        else:
            text = 'Traceback (most recent call last):\n  File "/app/secret_model.py", line 3\nKeyError: numpy 2.1.0'
            reply(handler, {"error": text}, status=500, X_Powered_By="Toy/1.2")

    with serving(telling) as (url, _):
        report = audit(request(url, table))
    told = measures(report, "exposure.error_details")[""]
    assert told.value == 4
    assert measures(report, "exposure.version_headers")[""].value >= 1  # type: ignore[operator]
    assert "secret_model" not in report.model_dump_json()


def test_without_a_probe_no_request_lacks_rows(table: Path) -> None:
    """--no-probe is kept."""
    with serving(honest) as (url, seen):
        report = audit(request(url, table, probe=False))
    assert all(rows_of(body) for _, _, body in seen)
    assert measures(report, "exposure.error_details")[""].value is None


def test_labels_alone_are_enough_for_bias(table: Path) -> None:
    """Explainability then says that there is nothing graded."""

    def labels(handler: Any, body: bytes) -> None:
        reply(handler, {"predictions": ["yes" if chance(row) >= 0.5 else "no" for row in rows_of(body)]})

    with serving(labels) as (url, _):
        report = audit(request(url, table, only=("bias", "explainability"), classes=()))
    told = {result.audit: result for result in report.all_results}
    assert told["bias"].status == "measured"
    assert told["explainability"].status == "not_applicable"


def test_a_regression_is_asked_for_values(tmp_path: Path) -> None:
    """--task regression, or a target that looks like it."""
    table = tmp_path / "pay.csv"
    table.write_text(
        "age,sex,pay\n" + "\n".join(f"{20 + at % 40},{'fm'[at % 2]},{1000.5 + at}" for at in range(120))
    )

    def values(handler: Any, body: bytes) -> None:
        reply(handler, {"predictions": [100.0 * row["age"] for row in rows_of(body)]})

    with serving(values) as (url, _):
        report = audit(
            request(url, table, target="pay", features=("age",), favourable=(), classes=(), task="regression")
        )
    assert report.subject.task == "regression"
    assert {r.audit: r.status for r in report.all_results}["bias"] == "measured"


def test_a_model_that_is_here_has_no_exposure(table: Path) -> None:
    """Not applicable, with the reason."""
    from riskaudit.audits.audit import examine
    from riskaudit.audits.exposure import ExposureAudit

    evidence = load(Request(data=str(table), target="paid", prediction="age >= 40", favourable=("yes",)))
    assert examine(ExposureAudit(), evidence).status == "not_applicable"
