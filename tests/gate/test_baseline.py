"""Baseline: only what is new or worse fails, beyond tolerance and noise; a gap is never known."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from cli_helpers import run
from gate_reports import RULES, book, people, ratio, report, saved

from riskaudit.baseline import baseline_of, baseline_schema, difference, entry_of
from riskaudit.judge import fingerprint
from riskaudit.measure import Interval
from riskaudit.report import Entry
from riskaudit.statistics import wilson


def kept(folder: Path, *measures: object, rules: str = RULES) -> str:
    """A baseline of these measures."""
    out = str(folder / "base.json")
    assert run("baseline", "write", saved(folder, "then", *measures, rules=rules), "-o", out)[0] == 0  # type: ignore[arg-type]
    return out


@pytest.mark.parametrize(
    ("then", "now", "state", "code"),
    [
        (ratio(0.6), ratio(0.6), "same", 0),  # known, no worse
        (ratio(0.6), ratio(0.59), "same", 0),  # worse, but noise explains it
        (ratio(0.6), ratio(0.5), "worse", 1),
        (ratio(0.6), ratio(0.7), "better", 0),  # still fails, but better
        (ratio(0.6), ratio(0.95), "fixed", 0),
        (ratio(0.95), ratio(0.6), "new", 1),
        (ratio(0.82, 0.05), ratio(0.77, 0.02), "new", 1),  # unsure then, fails now: noise is no excuse
        (ratio(0.95), ratio(0.87), "worse", 0),  # worse, but within its limit: told, not failed
        (ratio(0.6, None), ratio(0.599, None), "same", 0),  # no interval: the tolerance decides
        (ratio(0.6, None), ratio(0.59, None), "worse", 1),
        (ratio(None), ratio(None), "same", 3),  # a gap is never known
        (ratio(0.6), ratio(None), "gone", 3),
        (ratio(0.95), ratio(None), "gone", 3),
        (ratio(None), ratio(0.6), "new", 1),
    ],
)
def test_new_and_worse_fail_known_and_better_do_not(
    tmp_path: Path, then: object, now: object, state: str, code: int
) -> None:
    """State and exit code of every move; the same from the stored report."""
    base = kept(tmp_path, then)
    path = saved(tmp_path, "now", now)  # type: ignore[arg-type]
    words = ("--baseline", base, "-o", str(tmp_path / "o"), "-f", "json,md,html")
    found, out, _ = run("gate", path, *words)
    judged = json.loads((tmp_path / "o" / "report.json").read_text())
    assert (found, judged["baseline"]["changes"][0]["state"]) == (code, state)
    assert f"exit {code}" in " ".join(out.split())
    assert run("gate", str(tmp_path / "o" / "report.json"))[0] == code
    if state != "same":
        assert state in (tmp_path / "o" / "report.md").read_text()
        assert f">{state}</th>" in (tmp_path / "o" / "report.html").read_text()


@pytest.mark.parametrize(("third", "code"), [(0.5, 0), (0.3, 1)])
def test_a_known_finding_does_not_hide_another_group_behind_it(
    tmp_path: Path, third: float, code: int
) -> None:
    """The young are known at 0.4 of the middle; that the old fall to 0.6 of it is new."""
    words = ("--target", "y", "--prediction", "yhat", "--favourable", "1", "--sensitive", "age", "--rules", "us-four-fifths", "--set", "selection-difference-significant.limit=0.99")  # fmt: skip
    for name, rate in (("then", 0.5), ("now", third)):
        run(
            "audit",
            "--data",
            people(tmp_path / f"{name}.csv", rate),
            *words,
            "-o",
            str(tmp_path / name),
            "-f",
            "json",
        )
    base = str(tmp_path / "base.json")
    run("baseline", "write", str(tmp_path / "then" / "report.json"), "-o", base)
    found, out, _ = run(
        "gate",
        str(tmp_path / "now" / "report.json"),
        "--baseline",
        base,
        "-o",
        str(tmp_path / "o"),
        "-f",
        "md",
    )
    assert found == code, out
    assert ("behind it, beyond the limit now" in (tmp_path / "o" / "report.md").read_text()) == (code == 1)


def test_a_strict_baseline_fails_what_got_worse_within_its_limit(tmp_path: Path) -> None:
    """The rule holds, the number got worse: exit 1 only when asked for."""
    base, path = kept(tmp_path, ratio(0.95)), saved(tmp_path, "now", ratio(0.87))
    assert run("gate", path, "--baseline", base)[0] == 0
    code, out, _ = run("gate", path, "--baseline", base, "--strict-baseline")
    assert (code, "worse than in the baseline" in out) == (1, True)


def test_the_tolerance_is_a_share_of_the_way_to_the_limit(tmp_path: Path) -> None:
    """0.6 to 0.5 is half the way from 1.0 to 0.8: tolerated at 0.6, worse at 0.4."""
    base, path = kept(tmp_path, ratio(0.6, None)), saved(tmp_path, "now", ratio(0.5, None))
    assert run("gate", path, "--baseline", base, "--tolerance", "0.6")[0] == 0
    assert run("gate", path, "--baseline", base, "--tolerance", "0.4")[0] == 1


def test_a_known_finding_keeps_outcome_and_score(tmp_path: Path) -> None:
    """The gate lets it be, the score does not."""
    base, path = kept(tmp_path, ratio(0.6)), saved(tmp_path, "now", ratio(0.6))
    _, out, _ = run("gate", path, "--baseline", base, "-o", str(tmp_path / "o"))
    judged = json.loads((tmp_path / "o" / "report.json").read_text())
    assert judged["verdicts"][0]["outcome"] == "fail"
    assert judged["verdicts"][0]["known"]
    assert judged["gate"]["known"] == 1
    assert judged["scores"] == json.loads(Path(path).read_text())["scores"]
    assert "high, known[ratio]" in out
    assert "1 known" in out


def test_what_was_waived_is_not_known(tmp_path: Path) -> None:
    """A baseline written over a waived finding does not outlive the waiver."""
    waivers = tmp_path / "w.yaml"
    waivers.write_text("- {rule: ratio, match: {}, reason: r, owner: o, expires: 2999-01-01}\n")
    run("gate", saved(tmp_path, "then", ratio(0.6)), "--waivers", str(waivers), "-o", str(tmp_path / "o"))
    base = str(tmp_path / "base.json")
    assert (
        "1 findings are waived"
        in run("baseline", "write", str(tmp_path / "o" / "report.json"), "-o", base)[2]
    )
    path = saved(tmp_path, "now", ratio(0.6))
    assert run("gate", path, "--baseline", base)[0] == 1
    assert run("gate", path, "--baseline", base, "--waivers", str(waivers))[0] == 0


def test_what_a_baseline_judged_and_nobody_does_now_is_incomplete(tmp_path: Path) -> None:
    """An attribute, or a rule, that is gone: exit 3 and its name."""
    base = kept(tmp_path, ratio(0.95), ratio(0.6, attribute="race"))
    code, out, _ = run("gate", saved(tmp_path, "now", ratio(0.95)), "--baseline", base)
    assert code == 3
    assert "ratio (attribute=race, group=f): judged in the baseline" in " ".join(out.split())


def test_another_worst_group_is_new(tmp_path: Path) -> None:
    """One group's finding does not absorb another's."""
    base = kept(tmp_path, ratio(0.6, group="f"))
    assert run("gate", saved(tmp_path, "now", ratio(0.6, group="x")), "--baseline", base)[0] == 1


def test_another_best_group_is_the_same_finding() -> None:
    """The group that others are compared with is not in the fingerprint."""
    one = report(ratio(0.6)).verdicts[0]
    where = {**one.measure.where, "reference": "x"}  # type: ignore[union-attr]
    other = one.model_copy(update={"measure": one.measure.model_copy(update={"where": where})})  # type: ignore[union-attr]
    assert fingerprint(one) == fingerprint(other)


def test_a_fingerprint_has_no_value_and_is_one_of_its_kind() -> None:
    """Numbers do not move it; slices that read alike are told apart."""
    values = {report(ratio(v, h, n=n)).verdicts[0].fingerprint for v, h, n in ((0.5, 0.1, 5), (0.9, 0.01, 7))}
    assert len(values) == 1
    twins = report(ratio(0.5), ratio(0.6)).verdicts
    assert twins[0].fingerprint != twins[1].fingerprint


def test_a_baseline_of_something_else_is_refused_with_what_it_is(tmp_path: Path) -> None:
    """Nothing in common: exit 2, both rulebooks named; it never passes by not matching."""
    base = kept(tmp_path, ratio(0.6))
    other = RULES.replace("id: ratio", "id: other")
    code, _, err = run("gate", saved(tmp_path, "now", ratio(0.6), rules=other), "--baseline", base)
    assert code == 2
    assert "nothing in common" in err
    plain = json.loads(Path(base).read_text()) | {"task": "regression"}
    Path(base).write_text(json.dumps(plain))
    code, _, err = run("gate", saved(tmp_path, "again", ratio(0.6)), "--baseline", base)
    assert (code, "of a regression model" in err) == (2, True)


@pytest.mark.parametrize(
    ("edit", "words"),
    [
        (lambda p: p | {"entires": []}, "did you mean 'entries'"),
        (lambda p: p | {"entries": []}, "no entries"),
        (lambda p: p | {"entries": p["entries"] * 2}, "one twice"),
        (lambda p: p | {"entries": [p["entries"][0] | {"value": "low"}]}, "entries.0.value"),
        (lambda p: {"schema_version": "1.1"}, "this is a report"),
        (lambda p: [], "no whole baseline"),
    ],
)
def test_what_is_no_baseline_is_refused(tmp_path: Path, edit: object, words: str) -> None:
    """Exit 2 with the reason: unknown key, empty, twice, a report in its place."""
    base = Path(kept(tmp_path, ratio(0.6)))
    base.write_text(json.dumps(edit(json.loads(base.read_text()))))  # type: ignore[operator]
    code, _, err = run("gate", saved(tmp_path, "now", ratio(0.6)), "--baseline", str(base))
    assert code == 2
    assert words in err


@pytest.mark.parametrize("text", [None, "", "{", "NaN"])
def test_a_baseline_that_cannot_be_read_is_no_empty_one(tmp_path: Path, text: str | None) -> None:
    """Absent, empty, cut short: exit 2, though the report alone would pass."""
    base = tmp_path / "base.json"
    if text is not None:
        base.write_text(text)
    assert run("gate", saved(tmp_path, "now", ratio(0.95)), "--baseline", str(base))[0] == 2


def test_known_smuggled_into_a_report_is_refused(tmp_path: Path) -> None:
    """known without a baseline, or a baseline's number changed: exit 4."""
    path = Path(saved(tmp_path, "now", ratio(0.6)))
    plain = json.loads(path.read_text())
    plain["verdicts"][0]["known"] = True
    plain["gate"] |= {"code": 0, "name": "pass", "known": 1, "reasons": []}
    path.write_text(json.dumps(plain))
    assert run("gate", str(path))[0] == 4
    base = kept(tmp_path, ratio(0.7))
    run("gate", saved(tmp_path, "b", ratio(0.6)), "--baseline", base, "-o", str(tmp_path / "o"))
    judged = tmp_path / "o" / "report.json"
    plain = json.loads(judged.read_text())
    plain["baseline"]["changes"][0]["before"]["value"] = 0.6
    plain["baseline"]["changes"][0]["before"]["interval"] |= {"low": 0.5, "high": 0.7}
    judged.write_text(json.dumps(plain))
    assert run("gate", str(judged))[0] == 4


def test_flags_that_need_a_baseline_say_so(tmp_path: Path) -> None:
    """--tolerance and --strict-baseline alone are usage errors."""
    path = saved(tmp_path, "now", ratio(0.95))
    assert run("gate", path, "--tolerance", "0.1")[0] == 2
    assert run("gate", path, "--strict-baseline")[0] == 2


def test_a_baseline_has_no_path_and_fits_its_schema(tmp_path: Path) -> None:
    """What is committed names no folder of this machine."""
    jsonschema = pytest.importorskip("jsonschema")
    base = Path(kept(tmp_path, ratio(0.6)))
    assert str(tmp_path) not in base.read_text()
    jsonschema.validate(json.loads(base.read_text()), baseline_schema())
    assert "ratio" in run("baseline", "show", str(base))[1]


@pytest.mark.parametrize("form", ["table", "md", "json"])
def test_diff_tells_better_worse_new_and_gone(tmp_path: Path, form: str) -> None:
    """One of each, with the difference and its interval."""
    then = saved(tmp_path, "then", ratio(0.6, group="a"), ratio(0.6, group="b"), ratio(0.95, group="c"), ratio(0.9, group="d"))  # fmt: skip
    now = saved(tmp_path, "now", ratio(0.5, group="a"), ratio(0.7, group="b"), ratio(0.6, group="c"))
    code, out, err = run("diff", then, now, "-f", form)
    assert (code, err) == (0, "")
    if form == "json":
        plain = json.loads(out)
        assert plain["counts"] == {"new": 1, "worse": 1, "gone": 1, "fixed": 0, "better": 1, "same": 0}
        assert plain["changes"][1]["difference"] == pytest.approx(-0.1)
        assert plain["changes"][1]["interval"]["low"] < -0.1
        return
    flat = " ".join(out.split())
    assert "1 new, 1 worse, 1 gone, 1 better" in flat
    for group in "abcd":
        assert f"group={group}" in flat


def test_a_diff_of_a_report_with_itself_is_all_the_same(tmp_path: Path) -> None:
    """Nothing new, nothing worse."""
    path = saved(tmp_path, "r", ratio(0.6), ratio(None, attribute="race"))
    assert "0 new, 0 worse, 2 same" in run("diff", path, path)[1]


def test_a_diff_of_reports_with_nothing_in_common_says_so(tmp_path: Path) -> None:
    """Other rules: exit 2, and no word of a baseline that nobody gave."""
    other = RULES.replace("id: ratio", "id: other")
    code, _, err = run(
        "diff", saved(tmp_path, "a", ratio(0.6)), saved(tmp_path, "b", ratio(0.6), rules=other)
    )
    assert code == 2
    assert "the earlier report has nothing in common" in err
    assert "--baseline" not in err


def test_the_interval_of_a_difference_covers_what_it_says() -> None:
    """Of 4,000 pairs of independent samples about 95 % of the intervals hold the true difference."""
    rng, held, runs = np.random.default_rng(5), 0, 4000
    for p, q, n in ((0.5, 0.4, 200), (0.1, 0.12, 300), (0.9, 0.9, 150), (0.3, 0.6, 80)):
        for x, y in zip(rng.binomial(n, p, runs // 4), rng.binomial(n, q, runs // 4), strict=True):
            entries = [
                Entry(
                    fingerprint="f",
                    rule="r",
                    measure="m",
                    outcome="pass",
                    value=k / n,
                    interval=wilson(int(k), n),
                )
                for k in (x, y)
            ]
            _, interval = difference(*entries)
            assert isinstance(interval, Interval)
            held += interval.low <= q - p <= interval.high
    assert 0.94 <= held / runs <= 0.965


def test_an_unchanged_model_is_seldom_called_worse() -> None:
    """Fresh rows of the same population: worse in at most 4 of 100 (2.5 % on the bad side, by the level)."""
    rng, n, worse, runs = np.random.default_rng(6), 400, 0, 2000
    for x, y in rng.binomial(n, 0.3, (runs, 2)):
        entries = [Entry(fingerprint="f", rule="r", measure="m", outcome="fail", value=k / n, interval=wilson(int(k), n)) for k in (x, y)]  # fmt: skip
        _, interval = difference(*entries)
        worse += interval is not None and interval.low > 0
    assert worse / runs <= 0.04


def test_a_baseline_is_sorted_and_says_nothing_of_rows() -> None:
    """Two writings are the same bytes; entries hold counts, never rows."""
    made = baseline_of(report(ratio(0.6), ratio(0.7, attribute="race")), written="2026-11-22")
    again = baseline_of(report(ratio(0.7, attribute="race"), ratio(0.6)), written="2026-11-22")
    assert made == again
    assert set(entry_of(report(ratio(0.6)).verdicts[0], book().rules[0], ()).model_dump()) == set(
        Entry.model_fields
    )
