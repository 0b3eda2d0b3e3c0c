"""Light commands: instant because they import nothing heavy; help, README and code agree."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from cli_helpers import run

from riskaudit.cli.app import made
from riskaudit.report import EXIT_CODES

ROOT = Path(__file__).parents[2]
HEAVY = (
    "numpy",
    "pandas",
    "scipy",
    "sklearn",
    "shap",
    "fairlearn",
    "codecarbon",
    "skops",
    "pyarrow",
    "matplotlib",
    "joblib",
)
SAMPLE = ROOT / "tests" / "samples" / "core-v1.npz"
EXAMPLE = ROOT / "reports" / "example" / "report.json"


def loaded(*words: str) -> set[str]:
    """The modules that a command line has imported when it ends."""
    code = "import sys, atexit; sys.argv[0] = 'riskaudit'\natexit.register(lambda: print('MODULES', *sys.modules, file=sys.stderr))\nfrom riskaudit.__main__ import main; main()"
    done = subprocess.run([sys.executable, "-c", code, *words], capture_output=True, text=True, check=False)
    assert done.returncode in (0, 1, 3), done.stderr
    return set(done.stderr.split("MODULES", 1)[1].split())


@pytest.mark.parametrize(
    "words",
    [
        ("--version",),
        ("--help",),
        ("audit", "--help"),
        ("list", "audits"),
        ("list", "measures"),
        ("list", "rules"),
        ("list", "learners"),
        ("explain", "bias"),
        ("schema", "report"),
        ("gate", str(EXAMPLE)),
        ("gate", str(EXAMPLE), "--rules", "strict", "--set", "selection-rate-ratio.limit=0.7"),
        ("diff", str(EXAMPLE), str(EXAMPLE), "-f", "md"),
        ("schema", "baseline"),
        ("inspect", str(SAMPLE)),
        ("render", str(EXAMPLE), "-f", "html", "-o", "-"),
        ("render", str(EXAMPLE), "-f", "md", "-o", "-"),
    ],
)
def test_a_light_command_imports_nothing_heavy(words: tuple[str, ...]) -> None:
    """No numpy, pandas or sklearn for what needs none."""
    assert not loaded(*words) & set(HEAVY)


def test_governing_imports_nothing_heavy(tmp_path: Path) -> None:
    """baseline write and show, waiver add, list and prune, and a gate with both."""
    base, waivers = str(tmp_path / "b.json"), str(tmp_path / "w.yaml")
    added = ("--rule", "membership-told", "--every-slice", "--reason", "r", "--owner", "o")
    for words in (
        ("baseline", "write", str(EXAMPLE), "-o", base),
        ("baseline", "show", base),
        ("waiver", "add", *added, "--expires", "2999-01-01", "-w", waivers),
        ("waiver", "list", "-w", waivers, "--report", str(EXAMPLE)),
        ("waiver", "prune", "-w", waivers),
        ("gate", str(EXAMPLE), "--baseline", base, "--waivers", waivers),
    ):
        assert not loaded(*words) & set(HEAVY), words


@pytest.mark.parametrize("words", [("--version",), ("--help",)])
def test_version_and_help_do_not_even_load_the_parser(words: tuple[str, ...]) -> None:
    """The fast path is one file and a print."""
    assert not loaded(*words) & {"typer", "pydantic", "rich", "riskaudit.cli.app"}


def test_the_fast_help_is_typers_help() -> None:
    """`riskaudit --help` and the parser's own root help are one text."""
    fast = subprocess.run(
        [sys.executable, "-m", "riskaudit", "--help"], capture_output=True, text=True, check=True
    ).stdout
    code, slow, _ = run("--help")
    assert code == 0
    assert fast.strip() == slow.strip()


def test_help_names_every_command_with_its_own_words() -> None:
    """A command that is added or reworded shows up in the root help."""
    import typer

    told = run("--help")[1]
    for name, command in typer.main.get_command(made()).commands.items():  # type: ignore[attr-defined]
        assert re.search(rf"^  {name}\s+{re.escape(command.get_short_help_str(200))}$", told, re.M), name


def test_exit_codes_agree_in_code_help_readme_and_explain() -> None:
    """One table in four places."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    told, explained = run("--help")[1], run("explain", "exit-codes")[1]
    for code, (name, meaning) in EXIT_CODES.items():
        assert re.search(rf"^ +{code}  {name} +{re.escape(meaning)}$", told, re.M), code
        assert re.search(rf"^ +{code}  {name} +{re.escape(meaning)}$", explained, re.M), code
        assert (
            f"| {code} | {name} | {meaning.replace('--strict', '`--strict`').replace('(with `--strict`', '(with `--strict`')} |"
            in readme
        ), code


@pytest.mark.parametrize(
    "words",
    [("--help",), ("audit", "--help"), ("list", "rules"), ("explain", "scores"), ("gate", str(EXAMPLE))],
)
def test_a_pipe_gets_plain_text(words: tuple[str, ...]) -> None:
    """No escape code in a pipe, whatever the environment says of colour."""
    env = {
        "PATH": "/usr/bin:/bin",
        "GITHUB_ACTIONS": "true",
        "FORCE_COLOR": "1",
        "LC_ALL": "C",
        "COLUMNS": "40",
        "PYTHONUTF8": "0",
        "PYTHONPATH": str(ROOT),
    }
    done = subprocess.run(
        [sys.executable, "-m", "riskaudit", *words], capture_output=True, check=False, env=env
    )
    assert done.returncode in (0, 1, 3), done.stderr
    assert b"\x1b" not in done.stdout + done.stderr
    assert done.stdout


def test_a_reader_who_leaves_early_is_no_error() -> None:
    """`| head -1` ends quietly."""
    done = subprocess.run(
        f"{sys.executable} -m riskaudit list measures | head -1",
        shell=True,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    "name", ["bias", "privacy.membership_auc", "selection-rate-ratio", "scores", "exit-codes"]
)
def test_explain_knows_audits_measures_rules_and_words(name: str) -> None:
    """Each has a text of its own."""
    code, out, _ = run("explain", name)
    assert code == 0
    assert len(out.splitlines()) > 3


def test_explain_suggests() -> None:
    """biass is told of bias."""
    code, _, err = run("explain", "biass")
    assert code == 2
    assert "did you mean 'bias'" in err


@pytest.mark.parametrize("things", ["audits", "measures", "rules", "rulebooks", "learners", "formats"])
def test_list_has_a_line_each_and_json(things: str) -> None:
    """As text and as JSON, the same names; what is told of one of them is indented."""
    import json

    _, out, _ = run("list", things)
    _, as_json, _ = run("list", things, "--json")
    lines = [line for line in out.splitlines() if not line.startswith(" ")]
    assert [line.split()[0] for line in lines] == [row["name"] for row in json.loads(as_json)]
