"""The page in headless Chromium, looked at closely: axe, requests, texts, folds, print, strangers' strings.

Needs Chromium, Node.js and the npm packages playwright-core and axe-core, found by NODE_PATH or in RISKAUDIT_NODE
(a folder with `node_modules`). It installs nothing; without them it skips and says which is missing. With
RISKAUDIT_SHOTS=FOLDER it leaves its screenshots there.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from functools import cache
from pathlib import Path
from shutil import which
from typing import Any

import pytest
from writers import fakes, pictures
from writers.test_browser import CHROMIUM
from writers.test_hostile_documents import decisions

from riskaudit.report import Report, read_report
from riskaudit.writers import why, write

pytestmark = pytest.mark.slow
HERE = Path(__file__).parent
SHOTS = os.environ.get("RISKAUDIT_SHOTS", "")
NEEDED = "npm install playwright-core axe-core, then RISKAUDIT_NODE=<that folder>"


def pictured() -> Report:
    """Every kind of picture, on a page with findings that were tried to mend."""
    report = fakes.demo()
    first = report.results[0]
    remedies = pictures.remedies()
    helps = {"helps": "bias.selection_rate_ratio", "attribute": "sex"}
    remedies = remedies.model_copy(update={"axes": {**remedies.axes, **helps}})
    others = (pictures.dependence(), pictures.pareto(), pictures.decision(), remedies, pictures.surrogate())
    changed = first.model_copy(update={"exhibits": (*first.exhibits, *others)})
    return report.model_copy(update={"results": (changed, *report.results[1:])})


def example() -> Report:
    """The committed report of the demo: every audit's pictures as they come."""
    return read_report(HERE.parents[1] / "reports" / "example" / "report.json")


PAGES: dict[str, Callable[[], str]] = {
    "pictured": lambda: write(pictured(), "html"),
    "hostile": lambda: write(fakes.hostile(), "html"),
    "clean": lambda: write(fakes.clean(), "html"),
    "crowded": lambda: write(fakes.crowded(30), "html"),
    "example": lambda: write(example(), "html"),
    "decision": lambda: why.page(decisions()),
}


@cache
def _environment() -> dict[str, str]:
    """The environment in which node finds both packages."""
    named = os.environ.get("RISKAUDIT_NODE", "")
    paths = [str(Path(named) / "node_modules")] if named else []
    paths += list(filter(None, [os.environ.get("NODE_PATH", "")]))
    return {**os.environ, "NODE_PATH": os.pathsep.join(paths)}


@cache
def _missing() -> str:
    """What is not installed; empty where all is."""
    if CHROMIUM is None:
        return "no Chromium: apt-get install chromium"
    if which("node") is None:
        return "no Node.js: apt-get install nodejs"
    asked = ["node", "-e", "require('playwright-core'); require.resolve('axe-core/axe.min.js')"]
    found = subprocess.run(asked, cwd=HERE, env=_environment(), capture_output=True, timeout=60, check=False)
    return f"no playwright-core or axe-core: {NEEDED}" if found.returncode else ""


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What the browser saw of every page, in one run."""
    if reason := _missing():
        pytest.skip(reason)
    folder = tmp_path_factory.mktemp("pages")
    for name, made in PAGES.items():
        (folder / f"{name}.html").write_text(made(), encoding="utf-8")
    command = ["node", str(HERE / "browser.cjs"), str(CHROMIUM), SHOTS or "-"]
    command += [str(folder / f"{name}.html") for name in PAGES]
    done = subprocess.run(
        command, env=_environment(), capture_output=True, text=True, timeout=600, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    told: dict[str, Any] = json.loads(done.stdout)
    for name, views in told.items():
        kilobytes = (folder / f"{name}.html").stat().st_size / 1000
        print(
            f"{name}: {kilobytes:.0f} kB, loaded in {views['light']['seconds']:.2f} s, {views['print']['pages']} pages"
        )
    return told


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("view", ["light", "dark", "phone", "still"])
def test_nothing_is_asked_for_or_complained_of(seen: dict[str, Any], name: str, view: str) -> None:
    """One request, for the page itself; no message, no dialog, no element or handler that could act."""
    found = seen[name][view]
    assert [url.rpartition("/")[2] for url in found["asked"]] == [f"{name}.html"]
    assert found["told"] == []
    assert found["scripts"] == found["handlers"] == 0
    assert all(link.startswith("#") or link == "data:," for link in found["links"])


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("view", ["light", "dark"])
def test_axe_finds_nothing(seen: dict[str, Any], name: str, view: str) -> None:
    """No violation of any rule of axe-core, with everything opened, in either theme."""
    assert seen[name][view]["axe"] == []


@pytest.mark.parametrize("name", PAGES)
def test_the_text_is_the_same_without_scripts_and_without_style(seen: dict[str, Any], name: str) -> None:
    """Scripts off, another theme, a narrow screen: the same words; without any style too, in the same order."""
    told = [" ".join(seen[name][view]["text"].split()) for view in ("light", "dark", "still")]
    assert told[0] == told[1] == told[2]
    bare = seen[name]["bare"]
    assert not bare["styled"]
    assert _letters(bare["text"]) == _letters(seen[name]["light"]["text"])
    assert bare["black"] == bare["huge"] == 0


@pytest.mark.parametrize("name", PAGES)
def test_nothing_is_wider_than_its_screen(seen: dict[str, Any], name: str) -> None:
    """No sideways scrolling on a desk, a phone or paper."""
    assert [seen[name][view]["wide"] for view in ("light", "phone", "print")] == [0, 0, 0]


@pytest.mark.parametrize("name", PAGES)
def test_the_first_screen_answers(seen: dict[str, Any], name: str) -> None:
    """Verdict, exit code, counts, scores and the three worst findings lie above the fold of 1200 by 900."""
    assert seen[name]["light"]["fold"] == 0


@pytest.mark.parametrize("name", PAGES)
def test_paper_opens_what_the_screen_folds(seen: dict[str, Any], name: str) -> None:
    """Printed, every short section is open."""
    assert seen[name]["print"]["hidden"] == 0
    assert seen[name]["print"]["pages"] >= 1


def _letters(text: str) -> str:
    """A text without blanks and without case: a style may set capitals, and hide what repeats a title."""
    return "".join(text.lower().split())
