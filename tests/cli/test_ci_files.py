"""CI: the Action, its script under a faked GitHub, and the files for GitLab, Azure and pre-commit."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from cli_helpers import run, scored
from ruamel.yaml import YAML

from riskaudit import __version__
from riskaudit.cli.ci import HOMES, ci_text, write_ci
from riskaudit.errors import UsageError

ROOT = Path(__file__).parents[2]
ARGS = "--data scored.csv --target y --prediction yhat --sensitive sex --favourable 1 --rules predictions"
SCHEMAS = {"github": "github-workflows", "gitlab": "gitlab-ci", "azure": "azure-pipelines"}
SHA = re.compile(r"^[\w./-]+@[0-9a-f]{40}$")


def yaml(text: str) -> Any:
    return json.loads(json.dumps(YAML(typ="safe", pure=True).load(text)))


def schema(name: str) -> Any:
    """A CI's own JSON Schema, as check-jsonschema ships it."""
    return json.loads(
        files("check_jsonschema").joinpath(f"builtin_schemas/vendor/{name}.json").read_text("utf-8")
    )


def steps(tree: Any) -> list[dict[str, Any]]:
    """Every mapping that has `uses` or `run`, wherever it stands."""
    if isinstance(tree, dict):
        found = [tree] if "uses" in tree or "run" in tree else []
        return found + [step for value in tree.values() for step in steps(value)]
    return [step for item in tree for step in steps(item)] if isinstance(tree, list) else []


@pytest.mark.parametrize("name", list(HOMES))
def test_a_ci_file_is_valid_for_its_ci(name: str) -> None:
    """By the CI's own schema; the version is pinned, and the audit's command stands in it once."""
    text = ci_text(name, command="riskaudit audit --data 'my rows.csv' --strict")
    tree = yaml(text)
    described = schema(SCHEMAS[name])
    kind = jsonschema.validators.validator_for(described)
    assert not [error.message for error in kind(described).iter_errors(tree)]
    assert f'"riskaudit=={__version__}"' in text
    assert text.count("riskaudit audit --data 'my rows.csv' --strict -o riskaudit-report") == 1
    assert "@" not in re.sub(r"@[0-9a-f]{40}|@\d", "", text)
    assert "curl" not in text


def test_the_action_is_valid_and_pins_what_it_uses() -> None:
    """By GitHub's schema; every step of others by its commit, no input inside a shell line, no curl."""
    text = (ROOT / "action.yml").read_text(encoding="utf-8")
    tree = yaml(text)
    described = schema("github-actions")
    jsonschema.validators.validator_for(described)(described).validate(tree)
    for step in steps(tree):
        if "uses" in step:
            assert SHA.match(step["uses"]), step["uses"]
        if "run" in step:
            assert "${{" not in step["run"]
            assert "curl" not in step["run"]
            assert step["shell"] == "bash"
    uploads = [s for s in steps(tree) if "upload" in s.get("uses", "")]
    assert len(uploads) == 2
    assert all(s["if"].startswith("always()") for s in uploads)


@pytest.mark.parametrize("text", [ci_text("github"), (ROOT / "action.yml").read_text(encoding="utf-8")])
def test_workflows_use_others_by_commit(text: str) -> None:
    """A tag can be moved; a commit cannot."""
    assert all(SHA.match(step["uses"]) for step in steps(yaml(text)) if "uses" in step)


def test_a_ci_file_goes_where_its_ci_looks_and_never_over_another(tmp_path: Path) -> None:
    """A file that is there stays; ours goes aside and says what is left to do, or is refused."""
    path, told = write_ci("gitlab", tmp_path)
    assert (path, told) == (tmp_path / ".gitlab-ci.yml", "")
    aside, told = write_ci("gitlab", tmp_path)
    assert aside == tmp_path / ".gitlab" / "riskaudit.yml"
    assert "include" in told
    with pytest.raises(UsageError):
        write_ci("gitlab", tmp_path)
    assert write_ci("github", tmp_path)[0] == tmp_path / ".github" / "workflows" / "riskaudit.yml"
    with pytest.raises(UsageError):
        write_ci("github", tmp_path)
    with pytest.raises(UsageError, match="there is no CI 'jenkins'"):
        write_ci("jenkins", tmp_path)


def test_pre_commit_hooks_are_commands_that_there_are(tmp_path: Path) -> None:
    """Each entry runs; the rulebook hook refuses a misspelt key, the gate hook ends as the gate does."""
    hooks = {hook["id"]: hook for hook in yaml((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))}
    assert all(hook["language"] == "python" and hook["pass_filenames"] is False for hook in hooks.values())
    book = tmp_path / "ours.yaml"
    book.write_text((ROOT / "rules" / "predictions.yaml").read_text(encoding="utf-8"))
    entry = hooks["riskaudit-rules"]["entry"].split()[1:]
    assert run(*entry, "--rules", str(book))[0] == 0
    book.write_text(book.read_text().replace("limit:", "limt:", 1))
    assert run(*entry, "--rules", str(book))[0] == 2
    example = ROOT / "reports" / "example" / "report.json"
    entry = hooks["riskaudit-gate"]["entry"].split()[1:]
    assert run(*entry, str(example))[0] == json.loads(example.read_text(encoding="utf-8"))["gate"]["code"]


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """A repository with a table, and GitHub's own files beside it."""
    work = tmp_path / "work"
    work.mkdir()
    subprocess.run(["git", "init", "-q", str(work)], check=True)
    scored(work / "scored.csv", n=3000, gap=0.5)
    (work / "riskaudit.toml").write_text("# settings\n")
    for name in ("output", "summary"):
        (tmp_path / name).write_text("")
    return work


def act(workspace: Path, **inputs: str) -> tuple[subprocess.CompletedProcess[str], dict[str, str]]:
    """The Action's own step, as its action.yml has it, with GitHub's environment faked by files."""
    tree = yaml((ROOT / "action.yml").read_text(encoding="utf-8"))
    step = next(s for s in tree["runs"]["steps"] if s.get("id") == "riskaudit")
    given = {name: one.get("default", "") for name, one in tree["inputs"].items()} | inputs
    env = {
        key: re.sub(r"\$\{\{ inputs\.([\w-]+) \}\}", lambda found: given[found[1]], value)
        for key, value in step["env"].items()
    }
    home = workspace.parent
    env |= {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "HOME": str(home),
        "PYTHONPATH": str(ROOT),
        "CI": "true",
        "GITHUB_ACTIONS": "true",
        "GITHUB_WORKSPACE": str(workspace),
        "GITHUB_OUTPUT": str(home / "output"),
        "GITHUB_STEP_SUMMARY": str(home / "summary"),
    }
    done = subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
        cwd=workspace, env=env, capture_output=True, text=True, check=False,
    )  # fmt: skip
    lines = (home / "output").read_text().splitlines()
    return done, dict(line.split("=", 1) for line in lines)


@pytest.mark.slow
def test_the_action_tells_github_and_ends_with_the_gates_code(workspace: Path) -> None:
    """A failing audit: exit 1, annotations, summary, outputs, SARIF pinned to a file of the repository."""
    done, told = act(workspace, args=f"{ARGS}\n--only bias", formats="sarif,junit")
    assert done.returncode == 1, done.stderr
    assert (told["code"], told["verdict"], told["report"]) == ("1", "fail", "riskaudit-report/report.json")
    assert int(told["failed"]) > 0
    assert "::error file=riskaudit.toml," in done.stdout
    assert len(re.findall("^::(?:error|warning|notice)", done.stdout, re.M)) <= 10
    page = (workspace.parent / "summary").read_text()
    assert page.count("# FAIL: risk audit") == 1
    results = json.loads((workspace / told["sarif"]).read_text())["runs"][0]["results"]
    places = {r["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for r in results}
    assert all((workspace / place).is_file() for place in places)
    again, told = act(
        workspace, command="gate", args="riskaudit-report/report.json --fail-on critical", out="again"
    )
    assert again.returncode in (0, 3)
    assert told["report"] == "again/report.json"


@pytest.mark.slow
def test_no_module_of_the_audited_repository_stands_in_for_ours(workspace: Path) -> None:
    """A folder riskaudit/ or a file statistics.py in the working directory is not imported."""
    (workspace / "riskaudit").mkdir()
    for name in ("riskaudit/__init__.py", "statistics.py", "typer.py"):
        (workspace / name).write_text("raise SystemExit(0)\n")
    done, told = act(workspace, args=f"{ARGS} --only bias", formats="junit")
    assert (done.returncode, told["code"]) == (1, "1"), done.stderr


@pytest.mark.slow
def test_the_action_cannot_pass_without_a_report_of_its_own(workspace: Path) -> None:
    """A shell line in an input is no command; a usage error is 2; an old passing report saves nobody."""
    done, told = act(workspace, args="--data x.csv; touch hacked $(touch hacked) `touch hacked`")
    assert done.returncode == 2
    assert (told["code"], told["verdict"]) == ("2", "usage")
    assert "report" not in told
    assert not (workspace / "hacked").exists()
    done, told = act(workspace, command="demo", args="")
    assert done.returncode == 2
    done, told = act(workspace, args="--help")  # ends with 0 and writes nothing
    assert done.returncode == 4
    assert told["code"] == "4"
    done, _ = act(workspace, args=f"{ARGS} --only bias --fail-on critical", formats="junit")
    assert done.returncode in (0, 1, 3)
    for command in ("audit", "gate"):  # an old report is there now, and nothing is written over it
        done, told = act(workspace, command=command, args="--help")
        assert done.returncode == 4
    done, told = act(workspace, args="--help")  # an old report is there now
    assert done.returncode == 4
