"""Cassette: the same report without the service; a changed, foreign or too short one is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cli_helpers import run
from service_helpers import honest, people, serving


def words(url: str, table: Path, tape: Path, *more: str) -> list[str]:
    return [
        *("audit", "--model", url, "--protocol", "json", "--data", str(table), "--target", "paid"),
        *("--favourable", "yes", "--sensitive", "sex", "--features", "age,job", "--classes", "no,yes"),
        *("--cassette", str(tape), "--effort", "quick", "--retries", "0", "--timeout", "1", *more),
    ]


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path, Path, Path]:
    """A service's address, a table, its cassette and its report; the service is gone."""
    folder = tmp_path_factory.mktemp("tape")
    table, tape = people(folder / "people.csv"), folder / "tape.jsonl"
    with serving(honest) as (url, _):
        code, _, err = run(*words(url, table, tape, "-o", str(folder / "live")))
    assert code in (0, 1, 3), err
    return url, table, tape, folder / "live" / "report.json"


def without_run(path: Path) -> dict[str, object]:
    document: dict[str, object] = json.loads(path.read_text())
    document.pop("run")
    return document


def test_a_cassette_gives_the_same_report_without_the_service(
    recorded: tuple[str, Path, Path, Path], tmp_path: Path
) -> None:
    """All audits, byte for byte outside `run`, and the recorded waits within it."""
    url, table, tape, live = recorded
    before = tape.read_bytes()
    code, _, err = run(*words(url, table, tape, "-o", str(tmp_path / "r")))
    assert code in (0, 1, 3), err
    assert without_run(tmp_path / "r" / "report.json") == without_run(live)
    assert tape.read_bytes() == before


def test_a_cassette_holds_no_row(recorded: tuple[str, Path, Path, Path]) -> None:
    """Keys are hashes: no value of a column stands in it."""
    lines = [json.loads(line) for line in recorded[2].read_text().splitlines()]
    rows = [line for line in lines if "row" in line]
    assert len(rows) > 100
    assert all(set(line) <= {"row", "label", "scores", "digits"} and len(line["row"]) == 32 for line in rows)


def test_a_row_that_is_not_recorded_is_a_clear_error(
    recorded: tuple[str, Path, Path, Path], tmp_path: Path
) -> None:
    """Exit 4, how many, and how to record again."""
    url, _, tape, _ = recorded
    code, _, err = run(*words(url, people(tmp_path / "other.csv", seed=5), tape))
    assert code == 4
    assert "rows are not in the cassette" in err
    assert "--record" in err


def test_another_seed_finds_rows_missing_and_passes_nothing(recorded: tuple[str, Path, Path, Path]) -> None:
    """An audit that needs rows which were never asked fails with the reason: 3 or 4, not 0."""
    url, table, tape, _ = recorded
    code, out, err = run(*words(url, table, tape, "--seed", "9", "--repeats", "0"))
    assert code in (1, 3, 4)
    assert "not in the cassette" in out + err


@pytest.mark.parametrize("harm", ["changed", "cut", "empty", "nonsense", "foreign", "unsealed", "columns"])
def test_a_harmed_cassette_is_refused(
    recorded: tuple[str, Path, Path, Path], tmp_path: Path, harm: str
) -> None:
    """Exit 4, one clear error; never half of it believed."""
    url, table, tape, _ = recorded
    content = tape.read_bytes()
    harmed = tmp_path / "tape.jsonl"
    harmed.write_bytes(
        {
            "changed": content.replace(b'"label": "no"', b'"label": "yes"', 1),
            "cut": content[: len(content) // 2],
            "empty": b"",
            "nonsense": b"\xff\x00nonsense\n" * 5,
            "unsealed": content[: content.rstrip().rfind(b"\n") + 1],
        }.get(harm, content)
    )
    url = url.replace("/predict", "/another") if harm == "foreign" else url
    more = ("--features", "age") if harm == "columns" else ()
    given = words(url, table, harmed)
    if more:
        given[given.index("age,job")] = "age"
    code, _, err = run(*given)
    assert code == 4, err
    assert "--cassette" in err
    assert "Traceback" not in err


def test_record_records_again(recorded: tuple[str, Path, Path, Path], tmp_path: Path) -> None:
    """With --record the service is asked although the cassette is there."""
    _, table, _, _ = recorded
    tape = tmp_path / "tape.jsonl"
    tape.write_text("old")
    with serving(honest) as (url, seen):
        code, _, err = run(*words(url, table, tape, "--record", "--only", "bias"))
    assert code in (0, 1, 3), err
    assert seen
    assert tape.read_text().startswith('{"riskaudit_cassette": 1')


def test_nothing_is_recorded_of_an_audit_that_failed(tmp_path: Path) -> None:
    """Whole or not at all."""
    table, tape = people(tmp_path / "people.csv"), tmp_path / "tape.jsonl"
    with serving(lambda handler, _: setattr(handler, "close_connection", True)) as (url, _):
        code, _, _ = run(*words(url, table, tape))
    assert code == 4
    assert not tape.exists()
