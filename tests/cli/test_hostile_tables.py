"""Hostile tables, through the command line: one clear error, or the very rates that a hand count gives."""

from __future__ import annotations

import io
import json
import resource
import sys
from pathlib import Path

import pytest
from cli_helpers import run
from hostile_tables import FORMULA, NASTY, REFUSED, RIGHT, P, renamed

ROLES = {
    "--target": "y",
    "--prediction": "yhat",
    "--sensitive": "sex",
    "--favourable": "1",
    "--rules": "predictions",
}
GIGABYTE = 1 << 20  # in the kilobytes that getrusage counts


def words(data: str, out: Path, flags: tuple[str, ...] = (), *more: str) -> list[str]:
    roles = {**ROLES, **dict(zip(flags[::2], flags[1::2], strict=True))}
    return [
        "audit",
        "--data",
        data,
        "-o",
        str(out),
        "--only",
        "bias",
        *(w for p in roles.items() for w in p),
        *more,
    ]


def written(folder: Path, content: bytes | str) -> str:
    path = folder / "t.csv"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return str(path)


@pytest.mark.parametrize("name", REFUSED)
def test_a_table_that_could_be_misread_is_refused(tmp_path: Path, name: str) -> None:
    """The documented code, one error that says what is wrong, no report, and bounded memory."""
    make, told, code = REFUSED[name]
    path = written(tmp_path, make())
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    ended, out, err = run(*words(path, tmp_path / "out", (), "--score", "score", "-f", "json"))
    assert (ended, out) == (code, ""), err
    assert err.count("error:") == 1
    assert told in err
    assert "  = help: " in err
    assert len(err) < 2_000
    assert not (tmp_path / "out").exists()
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < GIGABYTE


@pytest.mark.parametrize("name", RIGHT)
def test_an_odd_table_is_audited_right(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The selection rate of every group is the one counted by hand; what is odd is in the notes."""
    case = RIGHT[name]
    content = case.content()
    path = written(tmp_path, content)
    if case.stdin:
        raw = content.encode() if isinstance(content, str) else content
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(raw)))
        path = "-"
    code, _, err = run(*words(path, tmp_path / "out", case.flags, "-f", "json"))
    assert code in (0, 1, 3), err
    report = json.loads((tmp_path / "out" / "report.json").read_text())
    found = {
        next(iter(m["where"].values())): m["value"]
        for result in report["results"]
        for m in result["measures"]
        if m["name"] == "bias.selection_rate" and m["value"] is not None and len(m["where"]) == 1
    }
    assert found == pytest.approx(case.rates)
    assert case.note in " / ".join(report["data"]["notes"])


@pytest.mark.parametrize(
    ("raw", "encoding", "code", "told"),
    [
        ("féminin".encode(), "cp125", 2, "did you mean 'cp125"),
        ("féminin".encode(), "base64", 2, "is no encoding of text"),
        ("féminin".encode(), "unicode_escape", 2, "is no encoding of text"),
        ("féminin".encode(), "utf-7", 2, "is no encoding of text"),
        ("féminin".encode("latin-1"), "utf-8", 4, "is not whole UTF-8 text"),
        ("жен".encode("cp1251"), "shift_jis", 4, "is not whole SHIFT_JIS text"),
        ("féminin".encode(), "latin-1", 4, "is UTF-8 text"),
        ("\ufefff".encode(), "cp1252", 4, "begins with the mark of UTF-8"),
        ("“f”".encode("cp1252"), "latin-1", 4, "signs that no text has"),
    ],
)
def test_an_encoding_that_is_none_or_another_is_one_error(
    tmp_path: Path, raw: bytes, encoding: str, code: int, told: str
) -> None:
    """An unknown name is told before the file is read; one that contradicts the bytes, with the bytes' own."""
    mark, word = (raw[:3], raw[3:]) if raw.startswith(b"\xef\xbb\xbf") else (b"", raw)
    head, *rest = (line.encode("ascii") for line in P.splitlines(keepends=True))
    path = tmp_path / "t.csv"
    path.write_bytes(mark + head + b"".join(rest).replace(b",f,", b"," + word + b","))
    for command in (
        words(str(path), tmp_path / "out", ("--encoding", encoding)),
        ["init", "--data", str(path), "--encoding", encoding, "-o", str(tmp_path / "out")],
    ):
        ended, out, err = run(*command)
        assert (ended, out) == (code, ""), err
        assert err.count("error:") == 1
        assert told in err
        assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("cells", "flags", "code", "told"),
    [
        ("", ("--sensitive", "age", "--bins", "age=quantiles:4"), 4, "is empty"),
        ("inf", ("--sensitive", "age", "--bins", "age=quantiles:4"), 4, "is infinite"),
        ("inf", ("--sensitive", "age", "--bins", "age=40"), 4, "is infinite"),
        ("1e308", ("--weight", "age"), 4, "go up to 1e+308"),
        ("1e-320", ("--weight", "age"), 4, "no sum of squares can hold"),
        ("-1", ("--weight", "age"), 4, "are negative"),
        ("", ("--weight", "age"), 4, "'age' is not a finite number"),
        ("30", ("--sensitive", "sex,sex"), 2, "column 'sex' is named twice"),
        ("30", ("--bins", "age=50,40"), 2, "do not ascend"),
    ],
)
def test_a_role_that_its_column_cannot_have_is_one_error(
    tmp_path: Path, cells: str, flags: tuple[str, ...], code: int, told: str
) -> None:
    """Numbers without quantiles, weights without a sum of squares, a column named twice; nothing is written."""
    head, *rest = P.splitlines(keepends=True)
    path = written(tmp_path, head + "".join(f"{line.rpartition(',')[0]},{cells}\n" for line in rest))
    ended, out, err = run(*words(path, tmp_path / "out", flags, "-f", "json"))
    assert (ended, out) == (code, ""), err
    assert err.count("error:") == 1
    assert told in err
    assert not (tmp_path / "out").exists()


def test_an_encoding_can_stand_in_the_settings(tmp_path: Path) -> None:
    """`riskaudit init --encoding` writes it down, and an audit reads it there."""
    path = tmp_path / "t.csv"
    path.write_bytes(P.replace(",f,", ",жен,").encode("cp1251"))
    settings = tmp_path / "riskaudit.toml"
    code, _, err = run("init", "--data", str(path), "--encoding", "cp1251", "-o", str(settings))
    assert code == 0, err
    assert 'encoding = "cp1251"' in settings.read_text(encoding="utf-8")
    settings.write_text('encoding = "cp1251"\n')
    code, _, err = run(*words(str(path), tmp_path / "out", (), "-f", "json", "--config", str(settings)))
    assert code in (0, 1, 3), err
    assert "жен" in (tmp_path / "out" / "report.json").read_text(encoding="utf-8")


def test_the_corpus_is_as_large_as_the_readme_says() -> None:
    """At least 120 to refuse and 100 to read."""
    assert len(REFUSED) >= 120
    assert len(RIGHT) >= 100


@pytest.mark.parametrize("group", [NASTY, FORMULA, "\x1b[31mf\u202e"])
def test_names_from_data_are_shown_escaped_in_every_format(tmp_path: Path, group: str) -> None:
    """No tag, no escape code and no bidi mark of a group's name reaches a page or a terminal."""
    rows = renamed(group, "m").content()
    path = written(tmp_path, rows)
    code, out, err = run(*words(path, tmp_path / "out", (), "-f", "html,md,json,text,summary"))
    assert code in (0, 1, 3), err
    texts = {p.name: p.read_text(encoding="utf-8") for p in (tmp_path / "out").iterdir()}
    assert len(texts) >= 4
    for name, shown in {**texts, "terminal": out}.items():
        if name.endswith((".html", ".md")):
            assert "<script>alert" not in shown, name
        assert "\x1b[31m" not in shown, name
        if name != "report.json":
            assert "\u202e" not in shown, name


def test_all_faults_of_the_roles_are_told_at_once(tmp_path: Path) -> None:
    """A missing outcome, an infinite score and a column of identifiers: one error, two more below it."""
    rows = "\n".join(f"{k % 2 if k else ''},1,{k},{'inf' if k == 3 else k}" for k in range(200))
    path = written(tmp_path, "y,yhat,sex,score\n" + rows + "\n")
    code, _, err = run(*words(path, tmp_path / "out", (), "--score", "score"))
    assert code == 4
    assert err.count("error:") == 1
    assert err.count("  also:") == 2
    for told in ("missing in 1 of 200", "200 different values", "infinite in 1 of 200"):
        assert told in err
