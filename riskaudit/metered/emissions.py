"""Emissions: one run of codecarbon's own `emissions.csv`, read strictly."""

from __future__ import annotations

import csv
import math
from pathlib import Path

from riskaudit.energy import EnergyReading
from riskaudit.energy.reading import JOULES_PER_KWH
from riskaudit.errors import InputError, UsageError, did_you_mean
from riskaudit.metered.run import MeteredRun

FLAG = "--emissions"
NEEDED = ("run_id", "duration", "emissions", "energy_consumed")
PARTS = ("cpu_energy", "gpu_energy", "ram_energy")
LARGEST = 64 << 20  # bytes
ROUNDING = 1e-6  # of the sum of the parts
FALLBACK = ("CAN", "quebec")  # what codecarbon's online tracker writes where it cannot tell where it is


def read_emissions(path: Path, *, run_id: str = "") -> MeteredRun:
    """The run of an `emissions.csv`: the one there is, or the one that is named.

    A run that was flushed while it went on has several rows, each with the sums so far: the last one counts.

    Raises
    ------
    InputError
        If the file cannot be read, is none of codecarbon's, or its numbers contradict one another.
    UsageError
        If there are several runs and none is named, or no such run.
    """
    rows = _rows(path)
    runs = list(dict.fromkeys(row["run_id"] for _, row in rows))
    if not run_id and len(runs) > 1:
        raise UsageError(
            f"{path} holds {len(runs)} runs: {', '.join(runs[:6])}{', ...' if len(runs) > 6 else ''}",
            f"name one with --emissions-run, such as the last: {runs[-1]}",
            where=FLAG,
        )
    wanted = run_id or runs[0]
    if wanted not in runs:
        raise UsageError(
            f"{path} holds no run '{wanted}'", did_you_mean(wanted, runs), where="--emissions-run"
        )
    mine = [(line, row) for line, row in rows if row["run_id"] == wanted]
    seconds = [_number(path, line, row, "duration") for line, row in mine]
    if seconds != sorted(seconds):
        raise _fault(path, mine[-1][0], f"the durations of run '{wanted}' do not ascend")
    line, row = mine[-1]
    return MeteredRun(
        what=f"{row.get('project_name') or 'codecarbon'}, run {wanted}",
        started=row.get("timestamp", ""),
        meter=f"codecarbon {row.get('codecarbon_version') or '(version not told)'} in {path.name}",
        energy=_reading(path, line, row),
        host=row.get("os", ""),
    )


def _rows(path: Path) -> list[tuple[int, dict[str, str]]]:
    """The file's rows with their line numbers."""
    try:
        if path.stat().st_size > LARGEST:
            raise InputError(f"{path} is larger than any emissions.csv (64 MiB)", "give codecarbon's own file", where=FLAG)  # fmt: skip
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}", "give codecarbon's own file", where=FLAG) from error  # fmt: skip
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is not UTF-8 text", "give codecarbon's own file", where=FLAG) from error
    reader = csv.reader(text.splitlines(), strict=True)
    try:
        header = next(reader, [])
        missing = [name for name in NEEDED if name not in header]
        if missing or len(set(header)) < len(header):
            what = f"no column '{missing[0]}'" if missing else "a column twice"
            raise InputError(f"{path} has {what}, so it is no emissions.csv", "give codecarbon's own file", where=FLAG)  # fmt: skip
        rows = []
        for cells in reader:
            if len(cells) != len(header):
                raise _fault(path, reader.line_num, f"{len(cells)} cells under {len(header)} columns")
            rows.append((reader.line_num, dict(zip(header, cells, strict=True))))
    except csv.Error as error:
        raise _fault(path, reader.line_num, str(error)) from error
    if not rows:
        raise InputError(
            f"{path} holds no run", "let codecarbon's tracker stop before you read it", where=FLAG
        )
    return rows


def _reading(path: Path, line: int, row: dict[str, str]) -> EnergyReading:
    """A row as a reading; the file does not say whether a sensor or a model told of power."""
    kwh, kg, seconds = (
        _number(path, line, row, name) for name in ("energy_consumed", "emissions", "duration")
    )
    if kwh <= 0 or seconds <= 0:
        raise _fault(path, line, "a run without energy or without duration")
    parts = [_number(path, line, row, name) for name in PARTS if row.get(name)]
    if len(parts) == len(PARTS) and abs(sum(parts) - kwh) > ROUNDING * kwh:
        raise _fault(path, line, f"energy_consumed is {kwh:g} kWh, and its parts add up to {sum(parts):g}")
    country, region = row.get("country_iso_code", ""), row.get("region", "")
    mode, cpu = row.get("tracking_mode", ""), row.get("cpu_model", "")
    notes = ["The file does not say whether a sensor or a model told of power; idle power may be part of it."]
    if (country.upper(), region.lower()) == FALLBACK:
        notes.append(
            "Canada, Quebec is also what codecarbon writes where it could not tell its place; its grid is among the "
            "cleanest there are."
        )
    pue = row.get("pue", "")
    if pue and _number(path, line, row, "pue") != 1:
        notes.append(f"A PUE of {pue} is in it.")
    return EnergyReading(
        kwh=kwh,
        kg_co2e=kg,
        seconds=seconds,
        cpu_seconds=None,
        watts=kwh * JOULES_PER_KWH / seconds,
        method=f"told by codecarbon: {f'CPU {cpu!r}' if cpu else 'CPU not named'}, tracking mode {mode or 'not told'}",
        measured=False,
        boundary="process" if mode == "process" else "machine",
        intensity_g_per_kwh=1000 * kg / kwh,
        country=", ".join(filter(None, (country, region))) or "not told",
        source=f"codecarbon's own, year not told, in {path.name}",
        note=" ".join(notes),
    )


def _number(path: Path, line: int, row: dict[str, str], name: str) -> float:
    """A cell that is a finite number of 0 or more."""
    try:
        value = float(row[name])
    except ValueError:
        raise _fault(path, line, f"{name} is '{row[name][:40]}', no number") from None
    if not (math.isfinite(value) and value >= 0):
        raise _fault(path, line, f"{name} is {row[name][:40]}")
    return value


def _fault(path: Path, line: int, what: str) -> InputError:
    """A fault of the file, with its line."""
    return InputError(f"{path}, line {line}: {what}", "give the file as codecarbon wrote it", where=FLAG)
