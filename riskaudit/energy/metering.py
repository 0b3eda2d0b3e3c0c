"""Metering: the energy of the block below.

codecarbon's offline tracker runs around every block and gives what sensors read (RAPL, NVML, ...)
and the power of memory (a constant). Without a CPU sensor codecarbon reckons `watts x share of CPU time`; of that
model we keep the watts and bring our own clock. codecarbon 3.3.2 counts CPU time in ticks of 10 ms (a
block of 10 ms is given 0, 1 or 2 of them), and its sampling thread waits for the interpreter's lock
between reading the clock and the CPU time: blocks of 1.5 to 3.3 s of pure Python were given 3 to
54 % too much.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from subprocess import SubprocessError
from typing import Any

from riskaudit.energy.arithmetic import carbon_kg
from riskaudit.energy.grid import CarbonIntensity, carbon_intensity, given_intensity
from riskaudit.energy.reading import JOULES_PER_KWH, EnergyReading
from riskaudit.energy.tracker import Station, prepared, silence

LEAST_SECONDS = 1e-3  # a shorter block is lost in the meter's own steps
LONGER = (1, 2, 4)  # times the least seconds, until a block can be told from idle
WRAPPING = 600.0  # seconds; RAPL counters of 32 bits come round after some 10 minutes at full power
IDLE_NOTE = "Idle power ({watts:.3g} W) is part of it."
UNTOLD = "Its energy cannot be told from idle power: repeat it more often."
WRAPPED = "RAPL counters may have come round unseen in a block this long: meter it in parts."
UNKNOWN = {"method": "not assessed", "measured": False, "boundary": "process"}

# What codecarbon may raise. Whatever ails the meter, the block runs and the reading says why it is missing.
TROUBLE = (
    *(ImportError, AttributeError, TypeError, ValueError, LookupError),
    *(ArithmeticError, OSError, RuntimeError, SubprocessError),
)

_resting: list[Station] = []  # prepared and not in use; more than one only where blocks nest


class Meter:
    """Where `meter()` leaves its reading when the block has ended."""

    def __init__(self) -> None:
        self._reading: EnergyReading | None = None

    @property
    def reading(self) -> EnergyReading:
        """What the block drew."""
        if self._reading is None:
            raise RuntimeError("the metered block has not ended: read the meter after the `with`")
        return self._reading


@contextmanager
def meter(*, country: str | None = None, intensity: float | None = None) -> Iterator[Meter]:
    """Meter the energy of the block below; when it has ended the meter has its `reading`.

    A block that raises is metered, and raises. Blocks may nest. The first use in a process probes the
    hardware for about 2 s, later ones cost about 6 ms: both before or after the clock runs.

    Parameters
    ----------
    country : str, optional
        ISO 3166 alpha-3, any case; without it the world average.
    intensity : float, optional
        Grams of CO2e per kWh, in place of the country's.
    """
    grid = _grid(country, intensity)
    box = Meter()
    with silence():
        watch = _Watch()
        try:
            yield box
        finally:
            box._reading = watch.stop(grid)


def measure(
    block: Callable[[], object],
    *,
    country: str | None = None,
    intensity: float | None = None,
    repeats: int = 1000,
    least_seconds: float = 0.5,
) -> EnergyReading:
    """The energy of one call of `block`, called until `least_seconds` have passed or `repeats` times.

    Where that cannot be told from idle power it is done again for twice and for four times as long; a reading
    that still cannot says so in its note, and has no `above_idle_kwh`.
    """
    for times in LONGER:
        reading = _repeated(block, country, intensity, repeats * times, least_seconds * times)
        if reading.kwh is None or reading.idle_watts is None or reading.above_idle_kwh is not None:
            return reading
        if reading.seconds * reading.calls >= least_seconds * LONGER[-1]:
            break  # one slow call lasts longer than all repeats would: more of them tell no more
    return reading.model_copy(update={"note": f"{reading.note} {UNTOLD}".strip()})


def _repeated(
    block: Callable[[], object],
    country: str | None,
    intensity: float | None,
    repeats: int,
    least_seconds: float,
) -> EnergyReading:
    """One call's share of the calls that were made."""
    with meter(country=country, intensity=intensity) as box:
        began, calls = time.perf_counter(), 0
        while calls == 0 or (calls < repeats and time.perf_counter() - began < least_seconds):
            block()
            calls += 1
    return box.reading.per_call(calls)


class _Watch:
    """One block under the tracker: it starts when made and stops once."""

    def __init__(self) -> None:
        self.station: Station | None = None
        self.trouble = ""
        try:
            station = _resting.pop() if _resting else prepared()
            self.opened = time.perf_counter()
            station.start()
            self.station = station
        except TROUBLE as error:
            self.trouble = _reason(error)
        self.children = _children_seconds()
        self.cpu, self.began = time.process_time(), time.perf_counter()

    def stop(self, grid: CarbonIntensity | None) -> EnergyReading:
        ended, cpu = time.perf_counter(), time.process_time() - self.cpu
        cpu += max(0.0, _children_seconds() - self.children)
        seconds = ended - self.began
        kwh, told, note = None, dict[str, Any](UNKNOWN), ""
        data = self._data()
        if self.station is not None and data is not None:
            share = seconds / (ended - self.opened)
            kwh = self.station.kwh(data, cpu_seconds=cpu, seconds=seconds, share=share)
            told = self.station.told(data)
            kwh, note = _tellable(kwh, seconds, told["idle_watts"])
            note += f" {WRAPPED}" if self.station.cpu_tracker == "RAPL" and seconds > WRAPPING else ""
        return _reading(kwh, grid, seconds=seconds, cpu=cpu, note=note or self.trouble, **told)

    def _data(self) -> Any:
        """What the tracker says of the block, or None and why."""
        if self.station is None:
            return None
        try:
            data = self.station.stop()
        except TROUBLE as error:
            self.trouble = _reason(error)
            return None
        _resting.append(self.station)
        self.trouble = "" if data else "codecarbon's tracker gave nothing."
        return data


def _reason(error: Exception) -> str:
    return f"codecarbon could not be used: {type(error).__name__}: {error}"


def _tellable(kwh: float, seconds: float, idle: float | None) -> tuple[float | None, str]:
    if seconds < LEAST_SECONDS:
        return None, f"The block took {seconds * 1e6:.0f} µs, too short to tell from zero: repeat it."
    if not kwh > 0:
        return None, "codecarbon's sensor gave no energy for the block."
    return kwh, "Idle power, not known, is part of it." if idle is None else IDLE_NOTE.format(watts=idle)


def _reading(
    kwh: float | None, grid: CarbonIntensity | None, *, seconds: float, cpu: float, note: str, **told: Any
) -> EnergyReading:
    g, label, source = grid[:3] if grid else (None, "not assessed", "not assessed")
    return EnergyReading(
        kwh=kwh,
        kg_co2e=None if kwh is None or g is None else carbon_kg(kwh, g),
        seconds=seconds,
        cpu_seconds=cpu,
        watts=None if kwh is None else kwh * JOULES_PER_KWH / seconds,
        intensity_g_per_kwh=g,
        country=label,
        source=source,
        note=note,
        **told,
    )


def _grid(country: str | None, intensity: float | None) -> CarbonIntensity | None:
    if intensity is not None:
        return given_intensity(intensity, country)
    try:
        return carbon_intensity(country)
    except ImportError:  # no codecarbon, no tables; the reading says so, for its energy is missing too
        return None


def _children_seconds() -> float:
    """CPU seconds of this process's children so far: those that run, and those it has waited for."""
    ended = os.times()
    total = ended.children_user + ended.children_system
    if not _may_have_children():
        return total
    try:
        import psutil
    except ImportError:  # it comes with codecarbon
        return total
    for child in psutil.Process().children(recursive=True):
        try:
            total += sum(child.cpu_times()[:4])  # user and system, of its own and of its ended children
        except psutil.Error:  # it ended under our eyes, or is not ours to read
            continue
    return total


def _may_have_children() -> bool:
    """False only where Linux itself says that no child runs: to look through all processes takes milliseconds."""
    try:
        for task in os.listdir("/proc/self/task"):
            with open(f"/proc/self/task/{task}/children", encoding="ascii") as listed:
                if listed.read(1):
                    return True
    except OSError:  # another system, a kernel without that list, or a thread that ended under our eyes
        return True
    return False
