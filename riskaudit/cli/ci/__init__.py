"""CI files: a workflow for GitHub, GitLab or Azure that audits, keeps the report and fails with the gate."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from riskaudit.errors import UsageError, did_you_mean

COMMAND = "riskaudit audit"


@dataclass(frozen=True, kw_only=True)
class Home:
    """Where a CI looks for its file; `aside` is where ours goes when the place is taken, and what to do then."""

    template: str
    path: str
    aside: str
    told: str


HOMES = {
    "github": Home(
        template="github.yml",
        path=".github/workflows/riskaudit.yml",
        aside="",
        told="",
    ),
    "gitlab": Home(
        template="gitlab.yml",
        path=".gitlab-ci.yml",
        aside=".gitlab/riskaudit.yml",
        told="add to .gitlab-ci.yml:  include: [{local: .gitlab/riskaudit.yml}]",
    ),
    "azure": Home(
        template="azure.yml",
        path="azure-pipelines.yml",
        aside="azure-riskaudit.yml",
        told="make a pipeline of azure-riskaudit.yml, or copy its steps into yours",
    ),
}


def ci_text(name: str, *, command: str = COMMAND) -> str:
    """The text of a CI file.

    Parameters
    ----------
    name : str
        `github`, `gitlab` or `azure`.
    command : str
        What audits, on one line, without `-o` and `-f`; by itself it reads riskaudit.toml.

    Raises
    ------
    UsageError
        If there is no such CI.
    """
    from riskaudit import __version__

    text = (Path(__file__).parent / _home(name).template).read_text(encoding="utf-8")
    return text.replace("@VERSION@", __version__).replace("@COMMAND@", " ".join(command.split()))


def write_ci(name: str, folder: Path, *, command: str = COMMAND) -> tuple[Path, str]:
    """Write a CI file where its CI looks for it, or aside where a file is there already.

    Returns
    -------
    path : Path
        The file.
    told : str
        What is left to do; empty where nothing is.

    Raises
    ------
    UsageError
        If there is no such CI, or its file is there already and has no place aside: nothing is written over.
    """
    from riskaudit.files import write_whole

    path, told = ci_place(name, folder)
    write_whole(path, ci_text(name, command=command).encode())
    return path, told


def ci_place(name: str, folder: Path) -> tuple[Path, str]:
    """Where `write_ci` would write, and what would be left to do.

    Raises
    ------
    UsageError
        As `write_ci`.
    """
    home = _home(name)
    for place, told in ((home.path, ""), (home.aside, home.told)):
        if place and not (folder / place).exists():
            return folder / place, told
    raise UsageError(
        f"{folder / (home.aside or home.path)} is there already",
        "take it away first; it is not written over",
        where="--ci",
    )


def _home(name: str) -> Home:
    if name not in HOMES:
        raise UsageError(f"there is no CI '{name}'", did_you_mean(name, list(HOMES)), where="--ci")
    return HOMES[name]
