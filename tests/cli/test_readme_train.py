"""The README's training commands run as they are printed, one after the other, on tables with its columns."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import numpy as np
import pytest
from cli_helpers import run

README = Path(__file__).resolve().parents[2] / "README.md"


def commands() -> list[list[str]]:
    """Every `riskaudit train` in a fenced block, as words."""
    text = README.read_text(encoding="utf-8")
    blocks = re.findall(r"^```bash\n(.*?)^```", text, flags=re.DOTALL | re.MULTILINE)
    lines = "\n".join(blocks).replace("\\\n", " ").splitlines()
    return [shlex.split(line)[1:] for line in lines if line.startswith("riskaudit train ")]


def tables(place: Path) -> None:
    """`loans.csv` and `notes.csv`, synthetic."""
    rng = np.random.default_rng(0)
    loans, notes = ["age,income,sex,branch,repaid"], ["note,mood"]
    for _ in range(400):
        age, sex, branch = (
            rng.integers(20, 70),
            rng.choice(["f", "m"]),
            rng.choice(["north", "south", "west"]),
        )
        income = rng.lognormal(10, 0.5)
        repaid = "yes" if income / 30_000 + age / 80 + (sex == "m") / 3 + rng.normal(0, 0.4) > 1.5 else "no"
        loans.append(f"{age},{income:.0f},{sex},{branch},{repaid}")
        mood = rng.choice(["good", "bad"])
        words = ["kind", "warm", "quick"] if mood == "good" else ["late", "rude", "cold"]
        notes.append(f"the staff were {rng.choice(words)} and the room was {rng.choice(words)},{mood}")
    (place / "loans.csv").write_text("\n".join(loans) + "\n")
    (place / "notes.csv").write_text("\n".join(notes) + "\n")


def test_the_readme_has_training_commands() -> None:
    """So that the test below does not pass for want of any."""
    assert len(commands()) >= 9
    assert all("-o" in words for words in commands())


@pytest.mark.slow
def test_the_readmes_training_commands_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each ends with 0 and its files; another seed than the source's is refused, whoever prints it."""
    monkeypatch.chdir(tmp_path)
    tables(tmp_path)
    for words in commands():
        code, _, err = run(*words)
        assert code == 0, f"{shlex.join(words)}: {err}"
        assert (tmp_path / words[words.index("-o") + 1]).exists()
    assert (tmp_path / "curve.csv").exists()
