"""Packaging: the wheel carries what it needs, and plugins join without an edit of ours."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A wheel built from this checkout, with the build backend that is here."""
    pytest.importorskip(
        "hatchling", reason="hatchling is not installed, so no wheel can be built without network"
    )
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    return next(folder.glob("*.whl"))


def environment(folder: Path, *packages: Path) -> Path:
    """A fresh environment that sees this one's libraries but not its riskaudit; gives its Python."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
    python = folder / "bin" / "python"
    ours = subprocess.run(
        [str(python), "-c", "import site; print(site.getsitepackages()[0])"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    theirs = [p for p in sys.path if p.endswith("site-packages")]
    for package in packages:
        with zipfile.ZipFile(package) as archive:
            archive.extractall(ours)
    (Path(ours) / "zz_theirs.pth").write_text(
        "\n".join(theirs) + "\n"
    )  # after ours: the new riskaudit is found first
    return python


def riskaudit(python: Path, *words: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(python), "-I", "-m", "riskaudit", *words], cwd=cwd, capture_output=True, text=True, check=False
    )


def test_the_wheel_carries_rules_and_templates(wheel: Path) -> None:
    """Policy and templates are in the package; tests and data are not."""
    names = zipfile.ZipFile(wheel).namelist()
    for needed in (
        "riskaudit/rules/default.yaml",
        "riskaudit/rules/strict.yaml",
        "riskaudit/cli/help.txt",
        "riskaudit/py.typed",
    ):
        assert needed in names
    assert any(name.startswith("riskaudit/writers/templates/") for name in names)
    assert not [name for name in names if name.startswith(("tests/", "reports/", "benchmarks/"))]


def test_the_wheel_runs_the_demo_from_another_folder(wheel: Path, tmp_path: Path) -> None:
    """Installed clean, run elsewhere: the two reports are there, and nothing else was written."""
    python = environment(tmp_path / "env", wheel)
    home = tmp_path / "elsewhere"
    home.mkdir()
    where = subprocess.run(
        [str(python), "-I", "-c", "import riskaudit; print(riskaudit.__file__)"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert str(tmp_path / "env") in where
    done = riskaudit(python, "demo", "-o", "out", cwd=home)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert {p.relative_to(home).as_posix() for p in home.rglob("*") if p.is_file()} == {
        f"out/{m}/{name}"
        for m in ("risky", "mended")
        for name in ("report.json", "report.md", "report.html", "manifest.json")
    }


@pytest.fixture(scope="module")
def plugin(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of the little package under tests/."""
    pytest.importorskip(
        "hatchling", reason="hatchling is not installed, so no wheel can be built without network"
    )
    folder = tmp_path_factory.mktemp("plugin")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)],
        cwd=ROOT / "tests" / "plugin_package",
        check=True,
        capture_output=True,
    )
    return next(folder.glob("*.whl"))


def test_an_installed_plugin_shows_up_everywhere(wheel: Path, plugin: Path, tmp_path: Path) -> None:
    """In list, explain, audit, JSON and HTML, with no edit of ours; a broken one is a failed result and exit 3."""
    from cli_helpers import ANSWERS, scored

    python = environment(tmp_path / "env", wheel, plugin)
    listed = riskaudit(python, "list", "audits", cwd=tmp_path).stdout
    assert "length " in listed
    assert "shattered" in listed
    assert "by counting them" in riskaudit(python, "explain", "length", cwd=tmp_path).stdout
    data = scored(tmp_path / "p.csv", n=2000, gap=0.0)
    words = (
        "--data",
        str(data),
        *ANSWERS,
        "--sensitive",
        "sex",
        "--rules",
        "predictions",
        "-o",
        "out",
    )
    done = riskaudit(python, "audit", *words, cwd=tmp_path)
    assert done.returncode == 3, done.stdout + done.stderr
    report = json.loads((tmp_path / "out" / "report.json").read_text())
    results = {result["audit"]: result for result in report["results"]}
    assert results["length"]["measures"][0]["value"] == 2000
    assert results["shattered"]["status"] == "failed"
    assert "NoSuchAudit" in results["shattered"]["reason"]
    page = (tmp_path / "out" / "report.html").read_text()
    assert "are there enough rows to say anything?" in page
    assert "NoSuchAudit" in page
