"""The energy room: readings that say what they rest on, from a meter that leaves no trace."""

from __future__ import annotations

import inspect
import json
import logging
import os
import subprocess
import sys
import threading
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
from pydantic import ValidationError

from riskaudit.energy import EnergyReading, carbon_intensity, countries, measure, meter, metering
from riskaudit.energy.regions import regions
from riskaudit.energy.tracker import IDLE_SECONDS, Station, _offline_tracker
from riskaudit.errors import UsageError

ROOT = Path(__file__).parents[1]


def spin(seconds):
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        pass


def fresh_python(code, *, cwd, **environment):
    """Run code in a new interpreter: first use, nothing imported, nothing prepared."""
    env = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1", **environment}
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=cwd,
        env=env,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def reading(**changed):
    fields = {
        "kwh": 1e-6, "kg_co2e": 1e-7, "seconds": 1.0, "cpu_seconds": 1.0, "watts": 3.6,
        "method": "estimated: told", "measured": False, "boundary": "process", "intensity_g_per_kwh": 100.0,
        "country": "FRA", "source": "told", "note": "",
    }  # fmt: skip
    return EnergyReading(**{**fields, **changed})


# ------------------------------------------------------------------------------------- the figures


def test_twice_the_time_is_twice_the_energy():
    """A busy block twice as long draws about twice the energy."""
    with meter() as short:
        spin(0.25)
    with meter() as long:
        spin(0.5)
    assert 1.4 < long.reading.kwh / short.reading.kwh < 2.8


def test_work_draws_more_than_sleep():
    """A busy block draws more than a sleeping one of the same length."""
    with meter() as busy:
        spin(0.3)
    with meter() as idle:
        time.sleep(0.3)
    assert busy.reading.kwh > idle.reading.kwh


def test_a_short_block_has_the_power_of_a_long_one():
    """10 ms of work, once, is neither zero nor absurd: its power is near that of half a second's."""
    with meter() as once:
        spin(0.01)
    many = measure(lambda: spin(0.01))
    assert 0.5 < once.reading.watts / many.watts < 2


def test_a_modelled_cpu_is_codecarbons_watts_times_our_clock():
    """Without a sensor energy is W per thread x CPU seconds and W of memory x seconds, on the block's own clocks."""
    station = Station(None, "cpu_load", "EPYC", 4, 8.0, "a constant", "")
    data = SimpleNamespace(gpu_energy=0.0, ram_power=10.0)
    assert station.kwh(data, cpu_seconds=1.8e6, seconds=3.6e5, share=0.5) == pytest.approx(1.0 + 1.0)
    told = station.told(data)
    assert told["method"].startswith(
        "estimated: CPU time x 2 W per thread (8 W for 4, a constant), RAM constant 10 W"
    )
    assert (told["measured"], told["boundary"], told["idle_watts"]) == (False, "process", 10.0)


def test_a_gpu_is_read_by_its_sensor():
    """With a GPU its counter's energy is shared out, the boundary is the machine, and idle power was looked at."""
    station = Station(None, "cpu_load", "EPYC", 4, 8.0, "a constant", ", GPU 1 x A100 by pynvml", 60.0)
    data = SimpleNamespace(gpu_energy=3.0, ram_power=10.0)
    assert station.kwh(data, cpu_seconds=0.0, seconds=0.0, share=0.5) == 1.5
    told = station.told(data)
    assert "GPU 1 x A100 by pynvml" in told["method"]
    assert (told["boundary"], told["idle_watts"]) == ("machine", 60.0)


def test_idle_power_of_a_sensor_is_measured_while_nothing_is_done():
    """Where a sensor reads the machine, a sleep is metered once, and its watts are the idle power."""
    read = SimpleNamespace(energy_consumed=1e-6, ram_power=10.0)
    tracker = SimpleNamespace(start_task=lambda: None, stop_task=lambda: read)
    rested = Station(tracker, "RAPL", "Xeon", 8, float("nan"), "", "").at_rest()
    assert 0 < rested.idle_watts <= 3.6 / IDLE_SECONDS
    assert (
        Station(tracker, "cpu_load", "Xeon", 8, 80.0, "", "").at_rest().idle_watts is None
    )  # a model needs no look


def test_what_is_told_is_what_is_reckoned():
    """The watts in a modelled reading's method, times its seconds, are its energy."""
    with meter() as box:
        spin(0.3)
    got = box.reading
    assert got.kwh * 3.6e6 == pytest.approx(got.watts * got.seconds)
    if not got.method.startswith("estimated: CPU time") or "GPU" in got.method:
        pytest.skip("this machine has a sensor")
    per_thread = float(got.method.split(" x ")[1].split(" W")[0])
    ram = float(got.method.split("RAM constant ")[1].split(" W")[0])
    assert got.kwh * 3.6e6 == pytest.approx(per_thread * got.cpu_seconds + ram * got.seconds, rel=0.15)


def test_children_count():
    """The CPU time of a child process belongs to the block."""
    burn = "import time\nwhile time.process_time() < 0.4: pass"
    with meter() as box:
        subprocess.run([sys.executable, "-c", burn], check=True)
    assert box.reading.cpu_seconds > 0.35


def test_a_running_child_counts():
    """A child that is still running when the block ends has its CPU time in it; without one nothing is looked for."""
    burn = "import time\nwhile time.process_time() < 0.3: pass\nprint('done', flush=True)\ntime.sleep(60)"
    with subprocess.Popen([sys.executable, "-c", burn], stdout=subprocess.PIPE) as child:
        with meter() as box:
            child.stdout.readline()
            assert metering._may_have_children()
        child.kill()
    assert box.reading.cpu_seconds > 0.15  # what the child took before the block began is not in it


def test_measure_shares_out():
    """A short block is repeated until it can be told from zero, and the reading is that of one call."""
    calls = []
    got = measure(lambda: calls.append(spin(0.01)), least_seconds=0.2)
    assert got.calls == len(calls) > 1
    assert 0.009 < got.seconds < 0.1
    assert got.kwh * got.calls * 3.6e6 == pytest.approx(got.watts * got.seconds * got.calls)


def test_repeats_are_a_ceiling():
    """No block is called more than `repeats` times, nor fewer than once."""
    calls = []
    assert measure(lambda: calls.append(1), repeats=3).calls == len(calls) == 3
    assert measure(lambda: time.sleep(0.01), least_seconds=0).calls == 1


def test_too_short_is_not_assessed():
    """A block too short to tell from zero has no energy, and says why; it is never 0."""
    with meter() as box:
        pass
    got = box.reading
    assert (got.kwh, got.kg_co2e, got.watts) == (None, None, None)
    assert "too short" in got.note


def test_carbon_is_energy_times_intensity():
    """kg CO2e are kWh times the country's grams."""
    with meter(country="fra") as box:
        spin(0.02)
    got = box.reading
    assert (got.country, got.intensity_g_per_kwh) == ("FRA", carbon_intensity("FRA").g_per_kwh)
    assert got.kg_co2e == pytest.approx(got.kwh * got.intensity_g_per_kwh / 1000)


def test_a_reading_says_what_it_rests_on():
    """The method names its means, watts and codecarbon's version; the note owns up to idle power."""
    with meter() as box:
        spin(0.02)
    got = box.reading
    assert got.method.startswith("measured: " if got.measured else "estimated: ")
    assert "RAM constant" in got.method
    assert " W" in got.method
    assert "codecarbon 3" in got.method
    assert got.note == f"Idle power ({got.idle_watts:.3g} W) is part of it."
    assert got.boundary == ("machine" if got.measured else "process") or "GPU" in got.method


def test_a_sensor_is_told_as_measured():
    """With RAPL the reading is codecarbon's own, of the whole machine, and only the CPU is measured."""
    station = Station(None, "RAPL", "Xeon", 8, float("nan"), "", "")
    data = SimpleNamespace(energy_consumed=2.0, ram_power=20.0)
    told = station.told(data)
    assert told["method"].startswith("measured: CPU 'Xeon' by RAPL counters, RAM constant 20 W; codecarbon")
    assert (told["measured"], told["boundary"]) == (True, "machine")
    assert station.kwh(data, cpu_seconds=99.0, seconds=99.0, share=0.5) == 1.0


# ---------------------------------------------------------------------------------------- the grid


def test_world_average_is_stated():
    """Without a country it is the world's average, said so; never Quebec."""
    with meter() as box:
        spin(0.01)
    got = box.reading
    assert (got.country, got.intensity_g_per_kwh) == ("world average", 475)
    assert "iea.org" in got.source


def test_intensities_are_codecarbons():
    """Every country's intensity is the one codecarbon reckons with."""
    from codecarbon.core.emissions import Emissions
    from codecarbon.core.units import Energy
    from codecarbon.external.geography import GeoMetadata
    from codecarbon.input import DataSource

    engine = Emissions(DataSource())
    assert len(countries()) > 200
    for country in countries():
        kg = engine.get_country_emissions(Energy.from_energy(kWh=1), GeoMetadata(country))
        assert carbon_intensity(country).g_per_kwh == pytest.approx(kg * 1000)


def test_intensity_has_a_source():
    """An intensity names the country, the year of its data, the table and the version."""
    g, label, source, year = carbon_intensity("deu")
    assert 200 < g < 600
    assert label == "DEU"
    assert source.startswith(f"Germany, {year}, ")
    assert 2015 < int(year) < 2100
    assert carbon_intensity().year == "2018"
    assert "global_energy_mix.json of codecarbon 3" in source


def test_regions_are_codecarbons():
    """Every state, province and zone has the intensity that codecarbon reckons with, and its year."""
    from codecarbon.core.emissions import Emissions
    from codecarbon.core.units import Energy
    from codecarbon.external.geography import GeoMetadata
    from codecarbon.input import DataSource

    engine = Emissions(DataSource())
    for country, least in (("USA", 50), ("CHN", 25), ("SWE", 4), ("NOR", 5)):
        known = regions(country)
        assert len(known) >= least
        for code, region in known.items():
            name = code if country in ("SWE", "NOR") else region.name.lower()
            kg = engine.get_region_emissions(Energy.from_energy(kWh=1), GeoMetadata(country, region=name))
            got = carbon_intensity(f"{country}/{code.lower()}")
            assert got.g_per_kwh == pytest.approx(kg * 1000, rel=1e-5), (country, code)
            assert got.label == f"{country}/{code}"
            assert got.year.isdigit()
            assert region.year in got.source


@pytest.mark.parametrize(
    ("place", "told"), [("USA/CAL", "did you mean 'CA'"), ("FRA/75", "FRA"), ("USA/", "AK")]
)
def test_an_unknown_region_is_refused(place, told):
    """A region without a table is no guess at its country."""
    with pytest.raises(UsageError, match="no carbon intensity for region") as caught:
        carbon_intensity(place)
    assert told in caught.value.hint


@pytest.mark.parametrize(("wrong", "right"), [("USAX", "USA"), ("Germany", "DEU")])
def test_unknown_country_is_refused_before_the_block(wrong, right):
    """An unknown country is a usage error with a suggestion, and the block does not run."""
    with pytest.raises(UsageError, match=wrong) as caught, meter(country=wrong):
        pytest.fail("the block ran")
    assert f"did you mean '{right}'?" in caught.value.hint


def test_a_gap_in_the_table_is_no_free_grid():
    """The Central African Republic's 0 g/kWh is a gap in the table: refused, not passed on."""
    with pytest.raises(UsageError):
        carbon_intensity("CAF")


def test_own_intensity():
    """An intensity that is given is taken as it is, and said to be given."""
    got = measure(lambda: spin(0.01), intensity=20, country="xyz", repeats=1)
    assert (got.intensity_g_per_kwh, got.country, got.source) == (20, "XYZ", "as given")


@pytest.mark.parametrize("wrong", [-1.0, float("nan"), float("inf")])
def test_impossible_intensity(wrong):
    """An intensity that is negative or not finite is refused."""
    with pytest.raises(UsageError), meter(intensity=wrong):
        pytest.fail("the block ran")


# ---------------------------------------------------------------------------------------- no trace


SPY = """
import json, os, sys
sockets, written = [], []
def hook(event, args):
    if event.startswith("socket."):
        sockets.append(event)
        raise OSError("no sockets here")
    writing = os.O_WRONLY | os.O_RDWR | os.O_CREAT
    if event == "open" and isinstance(args[0], (str, bytes)) and args[2] & writing:
        written.append(os.fsdecode(args[0]))
sys.addaudithook(hook)
from riskaudit.energy import meter
with meter(country="DEU") as box:
    sum(range(10**6))
left = [path for path in written if os.path.exists(path) and path != os.devnull]
print(json.dumps({"sockets": sockets, "left": left, "kwh": box.reading.kwh}))
"""


def test_first_use_leaves_no_trace(tmp_path):
    """No output, no file, no network (a socket raises), even where the environment asks for them."""
    (tmp_path / "cwd").mkdir()
    (tmp_path / ".codecarbon.config").write_text(
        "[codecarbon]\nsave_to_file = true\noutput_methods = csv,api\n"
    )
    asked = {
        "LOG_LEVEL": "debug",
        "OUTPUT_METHODS": "csv,api",
        "EMISSIONS_ENDPOINT": "http://127.0.0.1:9",
        "CO2_SIGNAL_API_TOKEN": "x",
        "ALLOW_MULTIPLE_RUNS": "false",
    }
    asked = {f"CODECARBON_{name}": value for name, value in asked.items()}
    ran = fresh_python(SPY, cwd=tmp_path / "cwd", HOME=str(tmp_path), **asked)
    assert (ran.returncode, ran.stderr) == (0, "")
    told = json.loads(ran.stdout)
    assert told["sockets"] in ([], ["socket.__new__"])  # urllib3, when imported, looks whether there is IPv6
    assert told["left"] == []
    assert told["kwh"] > 0
    assert list((tmp_path / "cwd").iterdir()) == []


def test_every_argument_is_spelt_out(monkeypatch):
    """What codecarbon's tracker is not given it takes from files and environment: so it is given all."""
    import codecarbon
    from codecarbon.emissions_tracker import BaseEmissionsTracker, OfflineEmissionsTracker

    known = set()
    for tracker in (BaseEmissionsTracker, OfflineEmissionsTracker):
        known |= set(inspect.signature(tracker.__init__).parameters)
    replaced = {name for name in known if name.startswith("save_to_")} | {"co2_signal_api_token"}
    monkeypatch.setattr(codecarbon, "OfflineEmissionsTracker", lambda **given: given)
    given = _offline_tracker()
    assert set(given) == known - replaced - {"self", "args", "kwargs"}
    assert given["output_methods"] == given["output_handlers"] == []
    assert given["electricitymaps_api_token"] == ""  # None sends codecarbon looking for the older one


def test_no_thread_outlives_the_block():
    """codecarbon's sampling thread has ended with the block, also where it has fired."""
    before = set(threading.enumerate())
    with meter():
        spin(1.05)
    assert set(threading.enumerate()) == before


def test_a_timer_armed_while_it_was_stopped_is_caught():
    """codecarbon's scheduler can arm its timer again while it is being stopped; that one ends as well."""
    from codecarbon.external.scheduler import PeriodicScheduler

    class Tracker:
        def tick(self):
            pass

        def stop_task(self):
            return "data"

    before = set(threading.enumerate())
    tracker = Tracker()
    PeriodicScheduler(0.01, tracker.tick).start()
    assert Station(tracker, "cpu_load", "", 1, 1.0, "", "").stop() == "data"
    assert set(threading.enumerate()) == before


def test_logger_is_left_as_it_was(capfd, monkeypatch):
    """To prepare and to meter prints nothing, and codecarbon's logger is as its owner set it."""
    import codecarbon  # noqa: F401  # sets its logger up

    monkeypatch.setattr(metering, "_resting", [])
    logger = logging.getLogger("codecarbon")
    monkeypatch.setattr(logger, "level", logging.DEBUG)
    before = (logger.level, list(logger.handlers), logger.disabled)
    with meter():
        spin(0.01)
    assert (logger.level, list(logger.handlers), logger.disabled) == before
    assert capfd.readouterr() == ("", "")


def test_import_is_light(tmp_path):
    """To import the room loads neither codecarbon nor NumPy nor joblib."""
    heavy = "{'codecarbon', 'numpy', 'pandas', 'psutil', 'joblib', 'threadpoolctl'}"
    code = f"import sys, riskaudit.energy, riskaudit.workers; print({heavy} & set(sys.modules))"
    assert fresh_python(code, cwd=tmp_path).stdout == "set()\n"


# ------------------------------------------------------------------------------------------ trouble


@pytest.mark.parametrize("sabotage", ["sys.modules['codecarbon'] = None", "BREAK"])
def test_without_codecarbon_the_block_runs(tmp_path, sabotage):
    """Where codecarbon is missing or breaks, the block runs and the reading says why there is none."""
    if sabotage == "BREAK":
        sabotage = "import codecarbon; codecarbon.OfflineEmissionsTracker.get_detected_hardware = None"
    code = (
        f"import sys; {sabotage}\nfrom riskaudit.energy import meter\n"
        "with meter() as box: print('ran')\nprint(box.reading.kwh, box.reading.note)"
    )
    ran = fresh_python(code, cwd=tmp_path)
    assert ran.stderr == ""
    assert ran.stdout.startswith("ran\nNone codecarbon could not be used: ")


def test_a_block_that_raises_is_metered():
    """A block that raises has drawn its energy, and raises."""
    with pytest.raises(ZeroDivisionError), meter() as box:
        _ = [spin(0.02), 1 / 0]
    assert box.reading.kwh > 0


def test_blocks_nest():
    """A block within a block is metered twice: by itself and as part of the whole."""
    with meter() as whole:
        spin(0.02)
        with meter() as part:
            spin(0.02)
    assert 0 < part.reading.kwh < whole.reading.kwh


def test_a_running_meter_has_no_reading():
    """To read a meter before its block has ended is an error, not an empty reading."""
    with meter() as box, pytest.raises(RuntimeError, match="has not ended"):
        _ = box.reading


def test_idle_power_is_taken_off_and_both_are_shown():
    """1 Wh in an hour at 0.4 W idle is 0.6 Wh above idle; where idle takes all of it there is none."""
    got = reading(kwh=1e-3, seconds=3600.0, idle_watts=0.4)
    assert got.above_idle_kwh == pytest.approx(0.6e-3)
    assert reading(kwh=1e-3, seconds=3600.0, idle_watts=1.2).above_idle_kwh is None
    assert reading(kwh=1e-3, seconds=3600.0).above_idle_kwh is None
    assert got.per_call(4).above_idle_kwh == pytest.approx(0.15e-3)


def test_a_block_that_is_idle_is_repeated_and_told(monkeypatch):
    """What cannot be told from idle power is tried for twice and four times as long, and then said."""
    tried = []

    def idle(_block, _country, _intensity, repeats, _seconds):
        tried.append(repeats)
        return reading(idle_watts=10.0, note="n")

    monkeypatch.setattr(metering, "_repeated", idle)
    got = measure(lambda: None, repeats=10)
    assert tried == [10, 20, 40]
    assert (got.above_idle_kwh, "cannot be told from idle" in got.note) == (None, True)


def test_a_slow_idle_call_is_made_once():
    """A call that by itself lasts as long as the longest repeats is not repeated, and is told as idle if it is."""
    calls = []

    def waits():
        calls.append(time.sleep(0.1))

    reading = measure(waits, least_seconds=0.01)
    assert len(calls) == 1
    assert reading.above_idle_kwh is not None or "cannot be told from idle" in reading.note


def test_legs_add_up():
    """Two legs of one block are one reading: amounts add up, watts are the mean; a missing leg takes it all."""
    both = reading(kwh=1e-3, seconds=3600.0).then(reading(kwh=3e-3, seconds=3600.0, cpu_seconds=None))
    assert (both.kwh, both.seconds, both.cpu_seconds) == (4e-3, 7200.0, None)
    assert both.watts == pytest.approx(2.0)
    lost = reading().then(reading(kwh=None, kg_co2e=None, watts=None, note="gone"))
    assert (lost.kwh, lost.watts, lost.note) == (None, None, "gone")


def test_readings_refuse_zero():
    """A reading of 0 kWh is refused, and one that is missing must say why."""
    assert reading().per_call(4).kwh == 0.25e-6
    with pytest.raises(ValidationError):
        reading(kwh=0.0)
    with pytest.raises(ValidationError, match="must say why"):
        reading(kwh=None)
