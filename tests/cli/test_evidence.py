"""Evidence that holds: an edited, foreign, stale, unsigned or half-written report never passes."""

from __future__ import annotations

import base64
import json
import os
import stat
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from cli_helpers import run, scored
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from riskaudit.believing import age, refuse_foreign
from riskaudit.cli.secrets import cut
from riskaudit.errors import InputError, UsageError
from riskaudit.report import from_json
from riskaudit.sealing import content_digest, digest, sealed

ASKED = ("--target", "y", "--prediction", "yhat", "--sensitive", "sex", "--favourable", "1", "--rules", "predictions", "--only", "bias")  # fmt: skip


@pytest.fixture(scope="module")
def audited(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a table and the report on it, passing."""
    folder = tmp_path_factory.mktemp("audited")
    table = scored(folder / "scored.csv", n=4000, gap=0.0)
    code, _, err = run(
        "audit", "--data", str(table), *ASKED, "-o", str(folder / "out"), "-f", "html,sarif,junit"
    )
    assert code in (0, 1), err
    return folder


@pytest.fixture
def report(audited: Path, tmp_path: Path) -> Path:
    """A copy of the report alone."""
    path = tmp_path / "report.json"
    path.write_bytes((audited / "out" / "report.json").read_bytes())
    return path


def test_the_report_carries_what_it_speaks_of(audited: Path) -> None:
    """Hashes of rows, rules and code, seed, version, commit and its own digest."""
    plain = json.loads((audited / "out" / "report.json").read_text())
    assert plain["data"]["sha256"] == sha256((audited / "scored.csv").read_bytes()).hexdigest()
    assert all(len(source["sha256"]) == 64 for source in plain["rulebook"]["sources"])
    assert len(plain["run"]["code_sha256"]) == 64
    assert plain["run"]["versions"]["riskaudit"]
    assert plain["seed"] == 0
    assert plain["run"]["digest"] == digest(plain)
    git = plain["run"]["git"]
    assert git is None or (len(git["commit"]) == 40 and git["dirty"] in (True, False))


def test_the_html_report_shows_the_digest(audited: Path) -> None:
    """Whoever has the page can find the report it was made from."""
    plain = json.loads((audited / "out" / "report.json").read_text())
    assert plain["run"]["digest"] in (audited / "out" / "report.html").read_text()


def test_the_commit_is_the_one_checked_out_and_dirty_where_files_changed(tmp_path: Path) -> None:
    """As git says; a folder without a repository has none."""
    from riskaudit.provenance import git_state

    def git(*words: str) -> str:
        plain = ("-c", "user.name=a", "-c", "user.email=a@b.c", "-c", "commit.gpgsign=false")
        return subprocess.run(["git", *plain, *words], cwd=tmp_path, check=True, capture_output=True, text=True).stdout.strip()  # fmt: skip

    git("init", "-q")
    assert git_state(tmp_path) is None
    (tmp_path / "a").write_text("1")
    git("add", "a")
    git("commit", "-qm", "one")
    assert git_state(tmp_path) == (git("rev-parse", "HEAD"), False)
    (tmp_path / "untracked").write_text("1")
    assert git_state(tmp_path) == (git("rev-parse", "HEAD"), False)
    (tmp_path / "a").write_text("2")
    assert git_state(tmp_path) == (git("rev-parse", "HEAD"), True)


def test_a_repository_cannot_have_git_run_its_programs(tmp_path: Path) -> None:
    """A file system monitor that a stranger's settings name is not started."""
    from riskaudit.provenance import git_state

    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    mark = tmp_path / "ran"
    evil = tmp_path / "evil.sh"
    evil.write_text(f"#!/bin/sh\ntouch {mark}\n")
    evil.chmod(0o755)
    subprocess.run(["git", "-C", str(tmp_path), "config", "core.fsmonitor", str(evil)], check=True)
    (tmp_path / "a").write_text("1")
    git_state(tmp_path)
    assert not mark.exists()


def test_equal_runs_have_one_content_digest_and_two_digests(audited: Path) -> None:
    """What a clock makes is in the one and not in the other."""
    time.sleep(1.1)  # the report's clock counts seconds
    run("audit", "--data", str(audited / "scored.csv"), *ASKED, "-o", str(audited / "again"), "-f", "json")
    one, two = (json.loads((audited / name / "report.json").read_text()) for name in ("out", "again"))
    assert content_digest(one) == content_digest(two)
    assert one["run"]["started"] != two["run"]["started"] or one["run"]["command"] != two["run"]["command"]
    assert one["run"]["digest"] != two["run"]["digest"]


def leaves(plain: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The place of every number, word and null."""
    if isinstance(plain, dict):
        return [leaf for key, value in plain.items() for leaf in leaves(value, (*path, key))]
    if isinstance(plain, list):
        return [leaf for at, value in enumerate(plain) for leaf in leaves(value, (*path, at))]
    return [path]


def flipped(value: Any) -> Any:
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float):
        return value + 1
    return value + "x" if isinstance(value, str) else "x"


@settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_a_flip_of_any_leaf_is_seen(audited: Path, data: st.DataObject) -> None:
    """Whatever is changed in a report, nothing is made of it: exit 4 from gate."""
    plain = json.loads((audited / "out" / "report.json").read_text())
    *way, last = data.draw(st.sampled_from(leaves(plain)))
    place = plain
    for step in way:
        place = place[step]
    place[last] = flipped(place[last])
    path = audited / "flipped.json"
    path.write_text(json.dumps(plain))
    code, out, err = run("gate", str(path))
    assert code == 4, (way, last, out, err)


@pytest.mark.parametrize("version", ["1.0", "1.1"])
def test_a_report_cannot_shed_its_digest(report: Path, version: str) -> None:
    """Taking it out is an edit too, and calling the report an older one is another."""
    plain = json.loads(report.read_text())
    if version == "1.1":
        plain["run"]["digest"] = ""
    plain["schema_version"] = version
    report.write_text(json.dumps(plain))
    assert run("gate", str(report))[0] == 4


def test_a_report_that_says_one_thing_twice_is_refused(report: Path) -> None:
    """Of two equal keys readers believe the first or the last: neither is believed here."""
    text = report.read_text()
    report.write_text(text.replace('"seed":', '"seed": 0,\n "seed":', 1))
    code, _, err = run("gate", str(report))
    assert code == 4
    assert "twice" in err


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.9, 0.999])
def test_a_report_that_is_cut_short_is_no_report(report: Path, share: float) -> None:
    """However much of it is there."""
    raw = report.read_bytes()
    report.write_bytes(raw[: int(share * len(raw))])
    for command in ("gate", "verify", "render"):
        assert run(command, str(report))[0] == 4


def test_verify_says_what_it_looked_at(audited: Path) -> None:
    """The report, its set of files, and the rows: each in a line of its own, exit 0."""
    code, out, _ = run("verify", str(audited / "out" / "report.json"), "--data", str(audited / "scored.csv"))
    assert code == 0, out
    assert [line.split()[1] for line in out.splitlines()[:3]] == ["report", "manifest", "data"]
    assert "VERIFIED" in out


def test_verify_tells_another_table(audited: Path, tmp_path: Path) -> None:
    """One row more is another table: exit 4, and the line says which."""
    other = tmp_path / "other.csv"
    other.write_bytes((audited / "scored.csv").read_bytes() + b"1,1,m,0.5\n")
    code, out, err = run("verify", str(audited / "out" / "report.json"), "--data", str(other))
    assert code == 4
    assert "NOT  data" in out
    assert "VERIFIED" not in out
    assert "data" in err


def test_verify_of_a_model_where_none_was_audited(audited: Path) -> None:
    """A report on predictions speaks of no model file, whichever is shown to it."""
    code, out, _ = run("verify", str(audited / "out" / "report.json"), "--model", str(audited / "scored.csv"))
    assert code == 4
    assert "NOT  model" in out


@pytest.mark.parametrize("name", ["report.html", "riskaudit.sarif", "junit.xml"])
def test_verify_sees_a_changed_or_missing_sibling(audited: Path, tmp_path: Path, name: str) -> None:
    """The manifest knows every file of the set."""
    import shutil

    folder = shutil.copytree(audited / "out", tmp_path / "out")
    (folder / name).write_text("PASS")
    assert run("verify", str(folder / "report.json"))[0] == 4
    (folder / name).unlink()
    code, out, _ = run("verify", str(folder / "report.json"))
    assert code == 4
    assert f"{name} is not there" in out


def test_a_report_swapped_under_its_manifest_is_refused(audited: Path, tmp_path: Path) -> None:
    """An older report of the same name, whole and sealed, is not the one that was written here."""
    import shutil

    folder = shutil.copytree(audited / "out", tmp_path / "out")
    run(
        "audit",
        "--data",
        str(audited / "scored.csv"),
        *ASKED,
        "-o",
        str(tmp_path / "old"),
        "-f",
        "json",
        "--seed",
        "3",
    )
    (folder / "report.json").write_bytes((tmp_path / "old" / "report.json").read_bytes())
    code, _, err = run("gate", str(folder / "report.json"))
    assert code == 4
    assert "manifest" in err


def test_rendering_keeps_the_manifest_whole(audited: Path, tmp_path: Path) -> None:
    """A format that is added later joins the set."""
    import shutil

    folder = shutil.copytree(audited / "out", tmp_path / "out")
    assert run("render", str(folder / "report.json"), "-f", "md")[0] == 0
    told = json.loads((folder / "manifest.json").read_text())["files"]
    assert set(told) == {p.name for p in folder.iterdir()} - {"manifest.json"}
    assert run("verify", str(folder / "report.json"))[0] == 0


def test_gate_refuses_a_foreign_report(audited: Path) -> None:
    """By the rows' hash: this one and no other; one that is no hash is a usage error."""
    path = str(audited / "out" / "report.json")
    here = sha256((audited / "scored.csv").read_bytes()).hexdigest()
    asis = run("gate", path)[0]
    assert run("gate", path, "--data-sha256", here)[0] == asis
    assert run("gate", path, "--data-sha256", f"sha256:{here.upper()}")[0] == asis
    assert run("gate", path, "--data-sha256", "0" * 64)[0] == 4
    assert run("gate", path, "--model-sha256", "0" * 64)[0] == 4
    assert run("gate", path, "--data-sha256", here[:12])[0] == 2


NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("old", "most", "held"),
    [
        (timedelta(days=29), "30d", True),
        (timedelta(days=31), "30d", False),
        (timedelta(hours=11), "12h", True),
        (timedelta(hours=13), "12h", False),
        (timedelta(weeks=5), "6w", True),
        (timedelta(minutes=-30), "1h", True),
        (timedelta(days=-2), "30d", False),
    ],
)
def test_a_stale_report_is_refused(report: Path, old: timedelta, most: str, held: bool) -> None:
    """Older than allowed, or from tomorrow: not believed."""
    whole = from_json(report.read_text())
    made = whole.model_copy(update={"run": whole.run.model_copy(update={"started": (NOW - old).isoformat()})})
    if held:
        refuse_foreign(made, max_age=most, now=NOW)
    else:
        with pytest.raises(InputError):
            refuse_foreign(made, max_age=most, now=NOW)


def test_gate_refuses_a_stale_report_by_its_command_line(report: Path) -> None:
    """--max-age through the command line, 4 and never 0."""
    plain = json.loads(report.read_text())
    plain["run"]["started"] = "2020-01-01T00:00:00+00:00"
    plain["run"]["digest"] = digest(plain)
    report.write_text(json.dumps(plain))
    assert run("gate", str(report))[0] in (0, 1)
    code, _, err = run("gate", str(report), "--max-age", "30d")
    assert code == 4
    assert "days old" in err


@pytest.mark.parametrize("text", ["", "30", "d", "0d", "-3d", "30 d", "1y", "1e3d", "9999999d"])
def test_an_age_is_a_number_with_its_unit(text: str) -> None:
    """Anything else is a usage error, never `no limit`."""
    with pytest.raises(UsageError):
        age(text)


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a key pair and a stranger's."""
    folder = tmp_path_factory.mktemp("keys")
    for name in ("ours", "theirs"):
        assert run("sign", "--new-key", str(folder / f"{name}.pem"))[0] == 0
    return folder


def test_a_new_key_is_its_owners_alone_and_never_written_over(keys: Path) -> None:
    """Mode 0600; a second key of that name is refused and the first stays."""
    path = keys / "ours.pem"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    before = path.read_bytes()
    assert run("sign", "--new-key", str(path))[0] == 2
    assert path.read_bytes() == before


def test_a_signature_holds_for_its_key_and_its_report_only(keys: Path, report: Path) -> None:
    """Ours passes; a stranger's key, a resealed report and a missing signature are each refused."""
    asis = run("gate", str(report))[0]
    assert run("gate", str(report), "--key", str(keys / "ours.pub.pem"))[0] == 4  # not signed yet
    assert run("sign", str(report), "--key", str(keys / "ours.pem"))[0] == 0
    assert run("verify", str(report), "--key", str(keys / "ours.pub.pem"))[0] == 0
    assert run("gate", str(report), "--key", str(keys / "ours.pub.pem"))[0] == asis
    assert run("verify", str(report), "--key", str(keys / "theirs.pub.pem"))[0] == 4
    plain = json.loads(report.read_text())
    plain["run"]["host"] = "elsewhere"
    plain["run"]["digest"] = digest(plain)
    report.write_text(json.dumps(plain))
    assert run("verify", str(report))[0] == 0  # a digest alone is no proof
    assert run("verify", str(report), "--key", str(keys / "ours.pub.pem"))[0] == 4
    assert run("gate", str(report), "--key", str(keys / "ours.pub.pem"))[0] == 4


def test_the_envelope_is_in_totos_and_dsses_own(keys: Path, report: Path) -> None:
    """Checked by hand, with nothing of ours: pre-authentication encoding, ed25519, Statement v1, the file's hash."""
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    run("sign", str(report), "--key", str(keys / "ours.pem"))
    envelope = json.loads((report.parent / "report.intoto.jsonl").read_text())
    payload = base64.b64decode(envelope["payload"])
    kind = envelope["payloadType"].encode()
    signed = b" ".join([b"DSSEv1", str(len(kind)).encode(), kind, str(len(payload)).encode(), payload])
    key: Any = load_pem_public_key((keys / "ours.pub.pem").read_bytes())
    key.verify(base64.b64decode(envelope["signatures"][0]["sig"]), signed)
    told = json.loads(payload)
    assert told["_type"] == "https://in-toto.io/Statement/v1"
    assert told["subject"][0]["digest"]["sha256"] == sha256(report.read_bytes()).hexdigest()
    assert envelope["payloadType"] == "application/vnd.in-toto+json"


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_no_byte_of_an_envelope_can_be_changed(keys: Path, audited: Path, data: st.DataObject) -> None:
    """Not in payload, type or signature."""
    from riskaudit.signing import public_key, signed, verified

    raw = (audited / "out" / "report.json").read_bytes()
    from riskaudit.signing import private_key

    whole = signed(from_json(raw.decode()), raw, "report.json", private_key(keys / "ours.pem"))
    key = public_key(keys / "ours.pub.pem")
    verified(whole, raw, key)
    plain = json.loads(whole)
    part = data.draw(st.sampled_from(["payload", "payloadType", "sig"]))
    text = plain["signatures"][0]["sig"] if part == "sig" else plain[part]
    at = data.draw(st.integers(0, len(text.rstrip("=")) - 3))
    other = "A" if text[at] != "A" else "B"
    changed = text[:at] + other + text[at + 1 :]
    if part == "sig":
        plain["signatures"][0]["sig"] = changed
    else:
        plain[part] = changed
    with pytest.raises(InputError):
        verified(json.dumps(plain), raw, key)


def test_a_locked_key_needs_its_passphrase(
    tmp_path: Path, report: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It comes from the environment, never from the command line."""
    monkeypatch.setenv("RISKAUDIT_KEY_PASSPHRASE", "open sesame")
    path = tmp_path / "locked.pem"
    assert run("sign", "--new-key", str(path))[0] == 0
    assert b"ENCRYPTED" in path.read_bytes()
    assert run("sign", str(report), "--key", str(path))[0] == 0
    monkeypatch.setenv("RISKAUDIT_KEY_PASSPHRASE", "wrong")
    assert run("sign", str(report), "--key", str(path))[0] == 4


def test_an_edited_report_is_not_signed(keys: Path, report: Path) -> None:
    """Signing what contradicts itself would lend it a name."""
    report.write_text(report.read_text().replace('"seed": 0', '"seed": 1'))
    assert run("sign", str(report), "--key", str(keys / "ours.pem"))[0] == 4
    assert not (report.parent / "report.intoto.jsonl").exists()


@pytest.mark.parametrize("words", [(), ("--key", "a.pem", "--new-key", "b.pem")])
def test_sign_takes_one_key(report: Path, words: tuple[str, ...]) -> None:
    """None, or two, is a usage error."""
    assert run("sign", str(report), *words)[0] == 2


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        (["--api-key", "abc", "--seed", "3"], ["--api-key", "***", "--seed", "3"]),
        (["--token=abc"], ["--token=***"]),
        (["--data", "https://ana:pw@host/x.csv"], ["--data", "https://***@host/x.csv"]),
        (["--data", "s3://b/x?sig=abc&v=1"], ["--data", "s3://b/x?sig=***&v=1"]),
        (["--header", "Authorization: Bearer abc"], ["--header", "***"]),
        (["Authorization: Bearer abc"], ["Authorization: Bearer ***"]),
        (["ghp_" + "a" * 36], ["***"]),
        (["--key", "key.pem", "--target", "y"], ["--key", "key.pem", "--target", "y"]),
        (["--data", "author=1.csv"], ["--data", "author=***"]),
    ],
)
def test_secrets_are_cut_from_the_command(given: list[str], kept: list[str]) -> None:
    """Flags named after a secret, passwords in addresses, known tokens; rather too much than too little."""
    assert cut(given) == kept


def test_sealing_twice_is_sealing_once(report: Path) -> None:
    """The digest is not of itself."""
    whole = from_json(report.read_text())
    assert sealed(sealed(whole)) == sealed(whole) == whole


@pytest.mark.parametrize(
    "words", [("gate",), ("verify",), ("render", "-f", "sarif,junit,gitlab,github,metrics,html")]
)
def test_light_and_quick(report: Path, words: tuple[str, ...]) -> None:
    """No numpy, pandas or sklearn is imported."""
    code = "import sys, atexit; sys.argv[0] = 'riskaudit'\natexit.register(lambda: print('MODULES', *sys.modules, file=sys.stderr))\nfrom riskaudit.__main__ import main; main()"  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-c", code, words[0], str(report), *words[1:]],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "GITHUB_STEP_SUMMARY": str(report.parent / "page.md")},
    )
    assert done.returncode in (0, 1), done.stderr
    assert not {"numpy", "pandas", "sklearn", "scipy"} & set(done.stderr.split("MODULES", 1)[1].split())


def test_the_step_summary_is_written_once(
    audited: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where GitHub asks for it: after what stands there, and not again for the same report."""
    page = tmp_path / "page.md"
    page.write_text("# before")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(page))
    path = str(audited / "out" / "report.json")
    run("gate", path)
    once = page.read_text()
    assert once.startswith("# before\n")
    assert once.count("<!-- riskaudit ") == 1
    run("gate", path)
    assert page.read_text() == once
    page.write_bytes(b"x" * 1_000_000)
    assert "step summary was not written" in run("gate", path)[2]


@pytest.mark.parametrize(
    ("started", "words"),
    [
        ("yesterday", "the report does not say when it was made: 'yesterday'"),
        ("2026-11-20T12:00:00", "the report is 2 days old"),  # without a zone: UTC
        ("2026-11-22T18:00:00+07:00", "the report is 1.0 hours old"),
        ("2026-11-21T12:00:00+00:00", "the report is 24.0 hours old"),
        ("2026-11-22T13:00:01+00:00", "the report was made in the future, at 2026-11-22T13:00:01+00:00"),
    ],
)
def test_an_age_is_told_in_words(report: Path, started: str, words: str) -> None:
    """What was found, and the flag."""
    whole = from_json(report.read_text())
    made = whole.model_copy(update={"run": whole.run.model_copy(update={"started": started})})
    late = NOW + timedelta(seconds=1) if "18:00" in started else NOW
    with pytest.raises(InputError) as caught:
        refuse_foreign(made, max_age="1h", now=late)
    assert (caught.value.problem, caught.value.where) == (words, "--max-age")
