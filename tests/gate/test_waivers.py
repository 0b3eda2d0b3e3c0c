"""Waivers: let be, never hidden; expired, void and unmatched ones speak up."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path

import pytest
from cli_helpers import ANSWERS, run
from gate_reports import people, ratio, report, saved
from hypothesis import given
from hypothesis import strategies as st

from riskaudit.policy import this_day
from riskaudit.report import from_json, to_json
from riskaudit.waiver_file import add_waiver, prune_waivers
from riskaudit.waivers import Waiver, read_waivers, waiver_source, waivers_schema

LATER, PAST = this_day() + timedelta(days=30), this_day() - timedelta(days=12)


def entry(**changes: object) -> str:
    given = {"rule": "ratio", "match": "{attribute: sex, group: f}", "reason": "counsel", "owner": "ana", "expires": LATER}  # fmt: skip
    lines = [f"{key}: {value}" for key, value in (given | changes).items() if value is not None]
    return "- " + "\n  ".join(lines) + "\n"


def file(folder: Path, *entries: str) -> str:
    path = folder / "waivers.yaml"
    path.write_text("".join(entries), encoding="utf-8")
    return str(path)


def test_a_waived_finding_passes_and_stays_in_sight(tmp_path: Path) -> None:
    """Exit 0; terminal, JSON, Markdown and HTML show it with reason, owner and day; its outcome stays fail."""
    path = saved(tmp_path, "r", ratio(0.6))
    plain = json.loads(Path(path).read_text())
    words = ("--waivers", file(tmp_path, entry()), "-o", str(tmp_path / "o"), "-f", "json,md,html,summary")
    code, out, err = run("gate", path, *words)
    assert (code, err) == (0, "")
    assert "waived high[ratio]" in out
    assert "1 waived" in out
    judged = json.loads((tmp_path / "o" / "report.json").read_text())
    assert judged["verdicts"][0]["outcome"] == "fail"
    assert judged["verdicts"][0]["waived"]["owner"] == "ana"
    assert judged["gate"]["waived"] == 1
    assert judged["scores"] == plain["scores"]  # a waiver never raises a score
    for name in ("report.md", "report.html", "summary.md"):
        text = (tmp_path / "o" / name).read_text()
        assert str(LATER) in text, name


def test_a_report_carries_its_waivers_and_they_expire(tmp_path: Path) -> None:
    """Gated again without a flag it passes while they hold; with --no-waivers it fails."""
    path = saved(tmp_path, "r", ratio(0.6))
    run("gate", path, "--waivers", file(tmp_path, entry()), "-o", str(tmp_path / "o"))
    judged = tmp_path / "o" / "report.json"
    assert run("gate", str(judged))[0] == 0
    assert run("gate", str(judged), "--no-waivers")[0] == 1
    old = report(ratio(0.6))
    del old
    text = judged.read_text().replace(str(LATER), str(PAST))
    judged.write_text(text)
    assert run("gate", str(judged))[0] == 4  # its text is not the one its hash is of


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"expires": PAST}, "expired after"),
        ({"match": "{attribute: race}"}, "matches nothing"),
        ({"rule": "ratoi"}, "did you mean 'ratio'"),
        ({"limit": 0.7}, "is void: it allows 0.7, found 0.6"),
    ],
)
def test_a_waiver_that_does_not_hold_speaks_up_and_excuses_nothing(
    tmp_path: Path, changes: dict[str, object], words: str
) -> None:
    """Exit 1, told on stderr and in the report."""
    path = saved(tmp_path, "r", ratio(0.6))
    given = ("--waivers", file(tmp_path, entry(**changes)), "-o", str(tmp_path / "o"), "-f", "json,md,html")
    code, _, err = run("gate", path, *given)
    assert code == 1
    assert words in err
    note = json.loads((tmp_path / "o" / "report.json").read_text())["waivers"]["notes"][0]
    assert words in note["told"]
    assert "waiver of" in (tmp_path / "o" / "report.md").read_text()
    assert "waiver of" in (tmp_path / "o" / "report.html").read_text()


def test_a_waiver_of_what_holds_says_so(tmp_path: Path) -> None:
    """It excuses nothing, and nothing is counted as waived."""
    code, out, err = run("gate", saved(tmp_path, "r", ratio(0.95)), "--waivers", file(tmp_path, entry()))
    assert (code, "0 waived" in out) == (0, True)
    assert "the rule holds" in err


def test_a_limit_lets_the_waiver_live_until_the_number_is_worse(tmp_path: Path) -> None:
    """At the limit it holds, beyond it is void."""
    waivers = file(tmp_path, entry(limit=0.6))
    assert run("gate", saved(tmp_path, "at", ratio(0.6)), "--waivers", waivers)[0] == 0
    assert run("gate", saved(tmp_path, "worse", ratio(0.599)), "--waivers", waivers)[0] == 1


@pytest.mark.parametrize(("missing", "code"), [(None, 3), ("true", 0)])
def test_a_gap_is_waived_only_by_one_that_says_so(tmp_path: Path, missing: str | None, code: int) -> None:
    """Not assessed stays incomplete unless the waiver has `missing: true`; the score stays unknown."""
    path = saved(tmp_path, "r", ratio(None))
    given = ("--waivers", file(tmp_path, entry(missing=missing)), "-o", str(tmp_path / "o"))
    assert run("gate", path, *given)[0] == code
    assert json.loads((tmp_path / "o" / "report.json").read_text())["run"]["headline"] is None


def test_a_limit_cannot_hold_for_a_number_that_is_not_there(tmp_path: Path) -> None:
    """`missing: true` with a limit: what cannot be shown to be within is not."""
    waivers = file(tmp_path, entry(missing="true", limit=0.5))
    assert run("gate", saved(tmp_path, "r", ratio(None)), "--waivers", waivers)[0] == 3


@pytest.mark.parametrize("key", ["rule", "match", "reason", "owner", "expires"])
def test_what_a_waiver_needs_is_needed(tmp_path: Path, key: str) -> None:
    """Each key left out: exit 2 with the line."""
    waivers = file(tmp_path, entry(), entry(**{key: None}))
    code, _, err = run("gate", saved(tmp_path, "r", ratio(0.6)), "--waivers", waivers)
    assert code == 2
    assert f"lacks '{key}'" in err
    assert "waivers.yaml:6" in err


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (entry() + "  onwer: bo\n", "did you mean 'owner'"),
        (entry(reason="''"), "reason"),
        (entry(owner="' '"), "owner"),
        (entry(expires="soon"), "expires"),
        (entry(expires="2026-13-45"), "expires"),
        (entry(limit=".nan"), "limit"),
        (entry(limit="yes"), "limit"),
        (entry(match="sex"), "match"),
        (entry() + "  owner: bo\n", "duplicate"),
        ("rule: ratio\n", "a list of waivers"),
        ("- just words\n", "mapping"),
        ("- [\n", "not valid YAML"),
    ],
)
def test_what_is_no_waiver_is_refused(tmp_path: Path, text: str, words: str) -> None:
    """Exit 2 and the reason; never a waiver that holds by accident, nor one that is dropped."""
    code, _, err = run("gate", saved(tmp_path, "r", ratio(0.6)), "--waivers", file(tmp_path, text))
    assert code == 2
    assert words in err


def test_a_waiver_file_that_is_not_there_is_no_empty_one(tmp_path: Path) -> None:
    """Exit 2."""
    assert run("gate", saved(tmp_path, "r", ratio(0.95)), "--waivers", str(tmp_path / "no.yaml"))[0] == 2


def test_a_waiver_of_one_group_leaves_the_others(tmp_path: Path) -> None:
    """race still fails."""
    path = saved(tmp_path, "r", ratio(0.6), ratio(0.6, attribute="race"))
    assert run("gate", path, "--waivers", file(tmp_path, entry()))[0] == 1
    assert run("gate", path, "--waivers", file(tmp_path, entry(match="{}")))[0] == 0


@pytest.mark.parametrize(("third", "match", "code"), [(0.5, "group: young", 0), (0.3, "group: young", 1), (0.3, "attribute: age", 0)])  # fmt: skip
def test_a_waiver_of_one_group_does_not_hide_another_behind_it(
    tmp_path: Path, third: float, match: str, code: int
) -> None:
    """A widest gap names one pair; the old, at 0.6 of the middle, are not covered by the waiver of the young."""
    (tmp_path / "rules.yaml").write_text(
        "extends: predictions\noverrides:\n"
        + "".join(
            f"  {rule}: {{limit: 0.99, reason: a test}}\n"
            for rule in ("selection-rate-gap", "equalized-odds-gap", "equal-opportunity-gap")
        )
    )
    text = entry(rule="selection-rate-ratio", match="{" + match + "}")
    words = (
        *ANSWERS,
        "--sensitive",
        "age",
        "--only",
        "bias",
    )
    given = (
        "--rules",
        str(tmp_path / "rules.yaml"),
        "--waivers",
        file(tmp_path, text),
        "-o",
        str(tmp_path / "o"),
    )
    found, out, err = run("audit", "--data", people(tmp_path / "p.csv", third), *words, *given)
    assert found == code, out
    assert ("old is at 0.6," in err) == (code == 1)


COMMENTED = """\
# our waivers
# ask ana

# about women
- rule: ratio   # the law
  match: {attribute: sex, group: f}
  reason: "counsel"
  owner: ana
  expires: 2020-01-01

# about race
- rule: ratio
  match: {attribute: race}
  reason: 'ticket 7'   # still open
  owner: bo
  expires: 2999-01-01
# the end
"""


def test_adding_and_pruning_keep_every_other_line(tmp_path: Path) -> None:
    """Comments, quotes and blank lines stay; the comment right above a pruned waiver goes with it."""
    path = tmp_path / "w.yaml"
    path.write_text(COMMENTED)
    made = Waiver(rule="gap", match={"attribute": "age", "group": "18-24: #1"}, reason="why: not", owner="cy", expires=date(2998, 1, 1), limit=0.5)  # fmt: skip
    add_waiver(path, made)
    assert path.read_text().startswith(COMMENTED)
    assert read_waivers([waiver_source(path)])[-1] == made
    gone = prune_waivers(path, date(2026, 1, 1))
    assert [w.owner for w in gone] == ["ana"]
    text = path.read_text()
    for line in ("# our waivers", "# about race", "'ticket 7'   # still open", "# the end"):
        assert line in text
    assert "about women" not in text
    assert [w.owner for w in read_waivers([waiver_source(path)])] == ["bo", "cy"]


@given(
    words=st.lists(
        st.tuples(st.text(min_size=1, max_size=12), st.text(min_size=1, max_size=12), st.booleans()),
        min_size=1, max_size=4, unique_by=lambda w: w[0],
    )
)  # fmt: skip
def test_any_words_survive_the_file(tmp_path_factory: pytest.TempPathFactory, words: list[tuple[str, str, bool]]) -> None:  # fmt: skip
    """What is added is read back; pruning leaves exactly those that have not expired."""
    path = tmp_path_factory.mktemp("w") / "w.yaml"
    made = []
    for group, reason, old in words:
        if not reason.strip() or any(not c.isprintable() for c in group + reason):
            continue
        day = date(2020, 1, 1) if old else date(2990, 1, 1)
        made.append(Waiver(rule="r", match={"group": group}, reason=reason, owner="o", expires=day))
        add_waiver(path, made[-1])
    if made:
        assert read_waivers([waiver_source(path)]) == tuple(made)
        prune_waivers(path, date(2026, 1, 1))
        assert read_waivers([waiver_source(path)]) == tuple(w for w in made if w.expires > date(2026, 1, 1))


def test_the_commands_add_list_and_prune(tmp_path: Path) -> None:
    """add makes the file, list tells the state, a second add of the same is refused, prune empties it."""
    path, into = saved(tmp_path, "r", ratio(0.6)), str(tmp_path / "w.yaml")
    words = ("--rule", "ratio", "--match", "attribute=sex", "--reason", "x", "--owner", "ana", "-w", into)
    assert run("waiver", "add", *words, "--expires", str(PAST))[0] == 2
    assert run("waiver", "add", *words, "--expires", "soon")[0] == 2
    assert run("waiver", "add", *words, "--expires", str(LATER))[0] == 0
    assert run("waiver", "add", *words, "--expires", str(LATER))[0] == 2
    assert run("waiver", "list", "-w", into, "--report", path)[1].startswith("holds")
    rows = json.loads(run("waiver", "list", "-w", into, "--json")[1])
    assert [(row["rule"], row["days"]) for row in rows] == [("ratio", 30)]
    Path(into).write_text(Path(into).read_text().replace(str(LATER), str(PAST)))
    assert "expired" in run("waiver", "list", "-w", into)[1]
    assert "taken out" in run("waiver", "prune", "-w", into)[1]
    assert read_waivers([waiver_source(into)]) == ()


def test_waivers_survive_json_and_verify(tmp_path: Path) -> None:
    """A judged report with waivers is read back whole, and does not contradict itself."""
    path = saved(tmp_path, "r", ratio(0.6))
    run("gate", path, "--waivers", file(tmp_path, entry()), "-o", str(tmp_path / "o"))
    text = (tmp_path / "o" / "report.json").read_text()
    assert to_json(from_json(text)) == text
    assert run("render", str(tmp_path / "o" / "report.json"), "-f", "md", "-o", "-")[0] == 0


def test_a_waiver_smuggled_into_a_verdict_is_refused(tmp_path: Path) -> None:
    """A waiver on a verdict that no waiver text gives: exit 4."""
    path = Path(saved(tmp_path, "r", ratio(0.6)))
    plain = json.loads(path.read_text())
    plain["verdicts"][0]["waived"] = {
        "rule": "ratio",
        "match": {},
        "reason": "x",
        "owner": "y",
        "expires": str(LATER),
    }
    plain["gate"] |= {"code": 0, "name": "pass", "waived": 1, "reasons": []}
    path.write_text(json.dumps(plain))
    assert run("gate", str(path))[0] == 4


def test_the_schema_takes_what_add_writes(tmp_path: Path) -> None:
    """An editor that checks by the printed schema accepts the file."""
    jsonschema = pytest.importorskip("jsonschema")
    from ruamel.yaml import YAML

    tree = YAML(typ="safe", pure=True).load(entry(limit=0.5))
    tree[0]["expires"] = str(tree[0]["expires"])
    jsonschema.validate(tree, waivers_schema())
