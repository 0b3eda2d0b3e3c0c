"""Kill -9 in mid-write, many times: `python tests/faults/kill.py 300`; ends with 1 if a broken report was believed.

A child writes two reports by turns into one folder. Every second time it is killed from outside at a moment drawn
at random; every other time at one of its own file operations (each open, rename, remove, chmod in turn), where a
random moment seldom falls. After each kill the folder is read as a user would read it.
"""

from __future__ import annotations

import os
import random
import signal
import sys
import tempfile
import time
from pathlib import Path

if __name__ == "__main__":
    sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parents[2])]

from writers import fakes

from riskaudit.errors import InputError
from riskaudit.manifest import MANIFEST, faults, read_manifest
from riskaudit.report import Report, read_report
from riskaudit.sealing import sealed
from riskaudit.writers import WRITERS, save

FORMATS = tuple(name for name in WRITERS if name != "html")


OPERATIONS = ("open", "os.rename", "os.remove", "os.chmod", "os.mkdir")


def die_at(operation: int, folder: Path) -> None:
    """Have this process killed just before its so-manieth operation on a file of the folder."""
    seen = 0

    def count(event: str, details: tuple[object, ...]) -> None:
        nonlocal seen
        if event in OPERATIONS and str(details[0]).startswith(str(folder)):
            seen += 1
            if seen == operation:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(count)


def write_for_ever(folder: Path, turns: tuple[Report, Report], operation: int) -> None:
    """In the child: one report, then the other, until killed."""
    if operation:
        die_at(operation, folder)
    while True:
        for report in turns:
            save(report, folder, FORMATS, alone=True)


def fault_of(folder: Path, turns: tuple[Report, Report]) -> tuple[str, str]:
    """What is wrong with what a reader finds (empty where nothing is), and what was found."""
    path = folder / "report.json"
    if not path.exists():
        return "", "nothing yet"
    try:
        found = read_report(path)
    except InputError as error:
        return f"a broken report.json: {error}", "broken"
    if found not in turns:
        return "a report.json that nobody wrote", "broken"
    told, wrong = read_manifest(folder), faults(folder)
    if told is None:
        return "", "a report, its manifest not yet written"
    if wrong:
        return "", "cut short, and the manifest tells"
    mixed = [
        p
        for p in folder.iterdir()
        if p.name not in {*told["files"], MANIFEST} and not p.name.endswith(".part")
    ]
    if told["report"] != found.run.digest or mixed:
        return f"a set that the manifest calls whole and is mixed: {mixed}", "broken"
    return "", "a whole set"


def _seconds(turns: tuple[Report, Report], folder: Path) -> float:
    """How long a save takes here and now, once all is imported: a kill while a child still imports hits nothing."""
    save(turns[1], folder, FORMATS, alone=True)
    began = time.perf_counter()
    save(turns[0], folder, FORMATS, alone=True)
    return time.perf_counter() - began


def main(kills: int, seed: int = 0) -> dict[str, int]:
    """Kill so many times; how often what was found.

    Raises
    ------
    SystemExit
        With the fault, if a reader would have believed something broken.
    """
    draw, counts = random.Random(seed), {}  # type: ignore[var-annotated]
    turns = (sealed(fakes.clean()), sealed(fakes.demo()))
    with tempfile.TemporaryDirectory() as home:
        folder = Path(home) / "out"
        long = _seconds(turns, Path(home) / "trial")
        for at in range(kills):
            operation = 0 if at % 2 else 1 + at // 2 * 37 % 90  # early ones and late ones by turns
            child = os.fork()
            if not child:
                try:
                    write_for_ever(folder, turns, operation)
                finally:
                    os._exit(70)
            if not operation:
                time.sleep(draw.uniform(0.0, 3 * long))
                os.kill(child, signal.SIGKILL)
            _, status = os.waitpid(child, 0)
            if not os.WIFSIGNALED(status):
                raise SystemExit("the writer ended by itself")
            fault, found = fault_of(folder, turns)
            if fault:
                raise SystemExit(fault)
            counts[found] = counts.get(found, 0) + 1
        save(turns[0], folder, FORMATS, alone=True)
        left = [p.name for p in folder.iterdir() if p.name.endswith(".part")]
        if left or faults(folder):
            raise SystemExit(f"a later run does not clean up: {left} {faults(folder)}")
    return counts


if __name__ == "__main__":
    asked = int(sys.argv[1]) if len(sys.argv) > 1 else 300
    print(f"{asked} kills, 0 broken reports believed: {main(asked)}")
