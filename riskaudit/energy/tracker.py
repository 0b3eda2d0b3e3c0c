"""Tracker: codecarbon's offline tracker, made once per process, kept silent, and what it detected."""

from __future__ import annotations

import logging
import math
import tempfile
import threading
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from riskaudit.energy.grid import codecarbon_version
from riskaudit.energy.reading import JOULES_PER_KWH

IDLE_SECONDS = 0.5
SENSORS = {
    "RAPL": "RAPL counters",
    "Windows EMI": "the Windows Energy Meter Interface",
    "Power Gadget": "Intel Power Gadget",
    "PowerMetrics": "Apple powermetrics",
    "raspberry": "the Raspberry Pi's power chip",
}


@dataclass(frozen=True)
class Station:
    """A prepared tracker and what codecarbon detected; probing costs seconds, so it is kept.

    `cpu_tracker` is codecarbon's word for its means: a key of SENSORS, or `cpu_load`, its model. `idle_watts` is
    what its sensors read while this process slept; a model without a sensor needs no such look.
    """

    tracker: Any
    cpu_tracker: str
    cpu: str
    threads: int
    cpu_watts: float
    watts_source: str
    gpu: str
    idle_watts: float | None = None

    @property
    def modelled(self) -> bool:
        """Whether the CPU's power is its load times a constant."""
        return self.cpu_tracker == "cpu_load"

    def start(self) -> None:
        """Start a task of the tracker."""
        try:
            self.tracker.start_task()
        except BaseException:
            self._settle()
            raise

    def stop(self) -> Any:
        """codecarbon's EmissionsData of the task; its threads have ended."""
        try:
            return self.tracker.stop_task()
        finally:
            self._settle()

    def kwh(self, data: Any, *, cpu_seconds: float, seconds: float, share: float) -> float:
        """The block's energy; `share` is the block's part of the time the tracker saw.

        What is modelled (W x CPU time, memory's constant W x time) is reckoned on the block's own clocks; only
        what a sensor read has to be shared out.
        """
        if not self.modelled:
            return float(data.energy_consumed * share)
        joules = self.cpu_watts / self.threads * cpu_seconds + data.ram_power * seconds
        return float(joules / JOULES_PER_KWH + data.gpu_energy * share)

    def told(self, data: Any) -> dict[str, Any]:
        """How the reading was had: its method, measured and boundary."""
        ram = f"RAM constant {data.ram_power:.3g} W"
        return {
            "method": f"{self._cpu_method()}, {ram}{self.gpu}; {codecarbon_version()}",
            "measured": self.cpu_tracker in SENSORS,
            "boundary": "machine" if self.sensed else "process",
            "idle_watts": self.idle_watts if self.sensed else float(data.ram_power),
        }

    @property
    def sensed(self) -> bool:
        """Whether anything but a model tells of power: a sensor reads the whole machine, idle or not."""
        return bool(self.gpu) or not self.modelled

    def at_rest(self) -> Station:
        """The station, knowing what its sensors read while nothing is done here; a model is 0 x W for the CPU."""
        if not self.sensed:
            return self
        self.start()
        began = time.perf_counter()
        time.sleep(IDLE_SECONDS)
        seconds = time.perf_counter() - began
        data = self.stop()
        if not data:
            return self
        kwh = self.kwh(data, cpu_seconds=0.0, seconds=seconds, share=1.0)
        return replace(self, idle_watts=kwh * JOULES_PER_KWH / seconds)

    def _cpu_method(self) -> str:
        if self.cpu_tracker in SENSORS:
            return f"measured: CPU '{self.cpu}' by {SENSORS[self.cpu_tracker]}"
        if not self.modelled:
            return f"estimated: CPU '{self.cpu}' by codecarbon's {self.cpu_tracker}"
        each = f"{self.cpu_watts / self.threads:.3g} W per thread"
        return (
            f"estimated: CPU time x {each} ({self.cpu_watts:.4g} W for {self.threads}, {self.watts_source})"
        )

    def _settle(self) -> None:
        """Wait until the tracker's cancelled timers are gone; stop one that was armed again meanwhile."""
        for _ in range(10):
            mine = [timer for timer in threading.enumerate() if _owner(timer) is self.tracker]
            for timer in mine:
                timer.function.__self__.stop()  # type: ignore[attr-defined]  # a Timer, see _owner
                timer.join(timeout=1)
            if not mine:
                return


def _owner(timer: threading.Thread) -> Any:
    """The tracker on whose behalf a PeriodicScheduler's Timer runs, if it is one."""
    scheduler = getattr(getattr(timer, "function", None), "__self__", None)
    return getattr(getattr(scheduler, "function", None), "__self__", None)


@contextmanager
def silence() -> Iterator[None]:
    """Mute codecarbon's logger; to set its level does not do it: two lines come before that."""
    logger = logging.getLogger("codecarbon")
    was, logger.disabled = logger.disabled, True
    try:
        yield
    finally:
        logger.disabled = was


def prepared() -> Station:
    """A new station: the first in a process probes the hardware (1 to 2 CPU seconds), later ones do not."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the sensor libraries codecarbon tries
        tracker = _offline_tracker()
        from codecarbon.core.resource_tracker import ResourceTracker

        found = tracker.get_detected_hardware()
        means = ResourceTracker(tracker)
        means.set_CPU_GPU_ram_tracking()  # from codecarbon's cache; says by which means it tracks
        watts, source = _cpu_watts(found) if means.cpu_tracker == "cpu_load" else (math.nan, "")
        gpu = f", GPU {found['gpu_model']} by {means.gpu_tracker}" if found["gpu_count"] else ""
        cpu, threads = str(found["cpu_model"]), int(found["cpu_count"])
        station = Station(tracker, means.cpu_tracker, cpu, threads, watts, source, gpu)
        station.start()  # the first task reads codecarbon's tables
        station.stop()
    return station.at_rest()


def _cpu_watts(found: dict[str, Any]) -> tuple[float, str]:
    """The full power codecarbon gives this CPU, and where it has that from."""
    from codecarbon.core import cpu
    from codecarbon.core.hardware_cache import get_cached_tdp
    from codecarbon.external.hardware import POWER_CONSTANT

    tdp, model, sockets = get_cached_tdp(cpu).tdp, found["cpu_model"], found["cpu_physical_count"]
    if tdp is None:
        return float(POWER_CONSTANT), f"a constant for a CPU that cannot be named, '{model}'"
    if tdp == cpu.DEFAULT_POWER_PER_CORE * found["cpu_count"]:
        source = f"a constant for the unknown model '{model}'"
    else:
        source = f"thermal design power of '{model}'"
    return float(tdp * sockets), source + (f", times {sockets} sockets" if sockets > 1 else "")


def _offline_tracker() -> Any:
    from codecarbon import OfflineEmissionsTracker

    logger = logging.getLogger("codecarbon")
    level, handlers = logger.level, list(logger.handlers)
    try:
        return OfflineEmissionsTracker(**_arguments())
    finally:  # the logger is everybody's: leave it as it was
        logger.setLevel(level)
        logger.handlers[:] = handlers


def _arguments() -> dict[str, Any]:
    """All of them: what codecarbon is not told it takes from files and the environment."""
    return {
        "project_name": "riskaudit",
        "experiment_name": "riskaudit",
        "experiment_id": "riskaudit",
        "tracking_mode": "process",  # this process and its children; a sensor sees the machine even so
        "measure_power_secs": 3600,  # start_task and stop_task measure; nothing periodic
        "allow_multiple_runs": True,  # no lock file, no signal handlers
        "output_methods": [],  # no file, no service
        "output_handlers": [],
        "output_dir": tempfile.gettempdir(),  # Power Gadget and powermetrics speak through a file
        "output_file": "emissions.csv",
        "on_csv_write": "append",
        "metadata": None,
        "logging_logger": None,
        "log_level": "critical",
        "logger_preamble": "",
        "api_call_interval": -1,
        "api_endpoint": "",
        "api_key": "",
        "emissions_endpoint": None,
        "prometheus_url": "",
        "electricitymaps_api_token": "",  # None would look for the token's older name in the environment
        "country_iso_code": None,
        "country_2letter_iso_code": None,
        "region": None,
        "cloud_provider": None,
        "cloud_region": None,
        "force_carbon_intensity_g_co2e_kwh": 0.0,  # carbon is reckoned in our own room, from a named source
        "force_cpu_power": None,
        "force_ram_power": None,
        "force_mode_cpu_load": False,
        "gpu_ids": None,
        "pue": 1.0,
        "wue": 0.0,
        "rapl_include_dram": False,  # codecarbon adds its estimate of memory all the same
        "rapl_prefer_psys": False,
    }
