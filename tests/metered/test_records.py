"""Records of metered trainings: written, read strictly, and told in an audit."""

from __future__ import annotations

import json

import pytest
from cli_helpers import ANSWERS, run

import riskaudit
from riskaudit.errors import InputError, UsageError
from riskaudit.metered.emissions import read_emissions
from riskaudit.metered.run import check_model, model_of, read_run, run_beside

HEAD = "timestamp,project_name,run_id,duration,emissions,cpu_energy,gpu_energy,ram_energy,energy_consumed,country_iso_code,region,codecarbon_version,tracking_mode,pue"
ROW = "2026-11-01T10:00:00,bert,{run},{seconds},0.2,0.2,0.1,0.1,0.4,FRA,,3.2.1,machine,1.0"


def emissions(path, *rows, head=HEAD):
    path.write_text("\n".join([head, *rows]) + "\n")
    return path


# ------------------------------------------------------------------------------------ the Python block


def test_a_block_writes_its_record(tmp_path):
    """The record beside a model has the model's sha256, and is read back as it was."""
    (tmp_path / "m.onnx").write_bytes(b"model")
    path = tmp_path / "m.onnx.training.json"
    with riskaudit.meter(path, name="fit", country="FRA") as metered:
        sum(range(200_000))
    kept = read_run(path)
    assert kept.energy == metered.reading
    assert (kept.what, kept.exit_code, len(kept.model_sha256)) == ("fit", None, 64)
    assert run_beside(tmp_path / "m.onnx") == path
    check_model(kept, kept.model_sha256, path=path, flag="--model")
    with pytest.raises(InputError, match="record of another file"):
        check_model(kept, "0" * 64, path=path, flag="--model")


def test_a_block_that_raises_leaves_no_record(tmp_path):
    """A training that failed is metered, and its record is not written."""
    with pytest.raises(ZeroDivisionError), riskaudit.meter(tmp_path / "r.json") as metered:
        _ = [sum(range(200_000)), 1 / 0]
    assert metered.reading.kwh > 0
    assert not (tmp_path / "r.json").exists()


def test_an_unknown_country_stops_the_block(tmp_path):
    """Nothing runs where the country cannot be meant."""
    with pytest.raises(UsageError), riskaudit.meter(tmp_path / "r.json", country="XXQ"):
        pytest.fail("the block ran")


def test_a_name_tells_of_its_model(tmp_path):
    """MODEL.training.json is of MODEL; other names say nothing."""
    assert model_of(tmp_path / "m.onnx.training.json") == tmp_path / "m.onnx"
    assert model_of(tmp_path / "record.json") is model_of(tmp_path / ".training.json") is None


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "not JSON"),
        ("[1]", "no whole record"),
        ("{}", "no record of a metered training"),
        ('{"record_version": "1", "what": "x", "meter": "m"}', "energy"),
        ('{"record_version": "2"}', "record_version"),
        ("[" * 100_000, "not JSON"),
    ],
)
def test_what_is_no_record_is_refused(tmp_path, text, told):
    """Anything but a whole record is an error of input that names the file."""
    path = tmp_path / "r.json"
    path.write_text(text)
    with pytest.raises(InputError, match=told) as caught:
        read_run(path)
    assert str(path) in caught.value.problem


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"kg_co2e": 0.0}, "contradict"),
        ({"kg_co2e": None, "note": "gone"}, "contradict"),
        ({"kwh": 1e-9}, "contradict"),
        ({"watts": 1e9}, "contradict"),
        ({"kwh": None, "note": "gone"}, "of no energy"),
        ({"kwh": 1e300}, "cannot be meant"),
    ],
)
def test_a_number_changed_by_hand_is_found_out(tmp_path, change, told):
    """Carbon, power and time of a record follow from its energy; a record where they do not is refused."""
    path = tmp_path / "r.json"
    with riskaudit.meter(path, country="FRA"):
        sum(range(300_000))
    plain = json.loads(path.read_text())
    read_run(path)
    path.write_text(json.dumps(plain | {"energy": plain["energy"] | change}))
    with pytest.raises(InputError, match=told):
        read_run(path)


def test_a_record_that_is_not_there(tmp_path):
    """A file that cannot be read is an error of input."""
    with pytest.raises(InputError, match="cannot be read"):
        read_run(tmp_path / "none.json")


# -------------------------------------------------------------------------------- codecarbon's own file


def test_a_run_of_codecarbon_is_read(tmp_path):
    """Energy, carbon and seconds are the file's; how power was told is said to be unknown."""
    run_ = read_emissions(emissions(tmp_path / "e.csv", ROW.format(run="a", seconds=3600)))
    energy = run_.energy
    assert (energy.kwh, energy.kg_co2e, energy.seconds, energy.watts) == (0.4, 0.2, 3600.0, 400.0)
    assert (energy.intensity_g_per_kwh, energy.country, energy.boundary) == (500.0, "FRA", "machine")
    assert (energy.measured, energy.cpu_seconds, energy.idle_watts) == (False, None, None)
    assert "does not say whether a sensor or a model" in energy.note
    assert "codecarbon 3.2.1" in run_.meter


def test_codecarbons_own_writer_is_read(tmp_path):
    """A file that codecarbon itself has written is read as it stands."""
    from codecarbon.output_methods.emissions_data import EmissionsData
    from codecarbon.output_methods.file import FileOutput

    blank = dict.fromkeys(EmissionsData.__dataclass_fields__, "")
    data = EmissionsData(
        **{**blank, "run_id": "r1", "duration": 10.0, "emissions": 1e-5, "cpu_energy": 1e-4, "gpu_energy": 0.0,
           "ram_energy": 1e-4, "energy_consumed": 2e-4, "country_iso_code": "CAN", "region": "quebec", "pue": 1.5}
    )  # fmt: skip
    FileOutput("emissions.csv", str(tmp_path)).out(data, data)
    got = read_emissions(tmp_path / "emissions.csv").energy
    assert got.kwh == 2e-4
    assert "could not tell its place" in got.note
    assert "PUE of 1.5" in got.note


def test_of_a_flushed_run_the_last_row_counts(tmp_path):
    """Rows of one run are sums so far."""
    later = ROW.format(run="a", seconds=20).replace(",0.2,0.2,0.1,0.1,0.4,", ",0.4,0.4,0.2,0.2,0.8,")
    path = emissions(tmp_path / "e.csv", ROW.format(run="a", seconds=10), later)
    assert read_emissions(path).energy.kwh == 0.8
    with pytest.raises(InputError, match="do not ascend"):
        read_emissions(emissions(path, later, ROW.format(run="a", seconds=10)))


def test_of_several_runs_one_must_be_named(tmp_path):
    """Which run it was is never guessed; a wrong name has a suggestion."""
    path = emissions(
        tmp_path / "e.csv", ROW.format(run="first", seconds=1), ROW.format(run="second", seconds=2)
    )
    with pytest.raises(UsageError, match="holds 2 runs: first, second"):
        read_emissions(path)
    assert read_emissions(path, run_id="second").energy.seconds == 2.0
    with pytest.raises(UsageError) as caught:
        read_emissions(path, run_id="secnd")
    assert "did you mean 'second'?" in caught.value.hint


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda row: row.replace("0.4,FRA", "nan,FRA"), "energy_consumed is nan"),
        (lambda row: row.replace("0.4,FRA", "-1,FRA"), "energy_consumed is -1"),
        (lambda row: row.replace("0.4,FRA", "much,FRA"), "no number"),
        (lambda row: row.replace("0.4,FRA", "0,FRA"), "without energy"),
        (lambda row: row.replace("0.4,FRA", "0.5,FRA"), "add up to 0.4"),
        (lambda row: row + ",more", "cells under"),
        (lambda row: row.replace("bert", '"bert'), "line 2"),
    ],
)
def test_numbers_that_cannot_be_are_refused(tmp_path, change, told):
    """A cell that is no amount, parts that do not add up and torn lines are told with their line."""
    path = emissions(tmp_path / "e.csv", change(ROW.format(run="a", seconds=10)))
    with pytest.raises(InputError, match=told) as caught:
        read_emissions(path)
    assert "line 2" in caught.value.problem


@pytest.mark.parametrize("head", ["a,b", HEAD.replace("run_id", "run"), HEAD.replace("region", "run_id")])
def test_another_table_is_no_emissions_file(tmp_path, head):
    """A table without codecarbon's columns, or with one twice, is refused."""
    with pytest.raises(InputError, match="so it is no"):
        read_emissions(emissions(tmp_path / "e.csv", ROW.format(run="a", seconds=1), head=head))
    with pytest.raises(InputError, match="holds no run"):
        read_emissions(emissions(tmp_path / "e.csv"))


# ----------------------------------------------------------------------------------------- in an audit


@pytest.fixture(scope="module")
def audited(tmp_path_factory):
    """A trained model and its table; a function that audits its compute, and gives the report."""
    import numpy as np

    folder = tmp_path_factory.mktemp("metered")
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(2, 400))
    lines = [f"{x:.3f},{z:.3f},{'yes' if x + z > 0 else 'no'}" for x, z in zip(a, b, strict=True)]
    (folder / "t.csv").write_text("a,b,y\n" + "\n".join(lines) + "\n")
    table, model = str(folder / "t.csv"), str(folder / "m.skops")
    assert run("train", table, "--target", "y", "--learner", "logistic", "-o", model)[0] == 0

    def audit(*words: str, code: int = 0):
        out = str(folder / "out")
        got, said, err = run(
            "audit", "--model", model, "--data", table, "--favourable", "yes", "--only", "compute", "--rules", "sci",
            "-f", "json", "-o", out, *words,
        )  # fmt: skip
        assert got == code, said + err
        return err if code else json.loads((folder / "out" / "report.json").read_text())

    return folder, audit


def measures(report, name):
    return [m for m in report["run"]["measures"] if m["name"] == name]


def test_an_audit_tells_of_the_metered_training(audited):
    """A record that is named, one of codecarbon's, and one beside the model: its energy is the training's."""
    folder, audit = audited
    emissions(folder / "e.csv", ROW.format(run="a", seconds=3600))
    (energy,) = measures(audit("--emissions", str(folder / "e.csv")), "compute.training_energy")
    assert energy["value"] == 0.4
    assert "codecarbon 3.2.1 in e.csv" in energy["note"]
    with riskaudit.meter(folder / "m.skops.training.json", name="my training") as metered:
        sum(range(300_000))
    (energy,) = measures(audit(), "compute.training_energy")
    assert energy["value"] == metered.reading.kwh
    assert "my training" in energy["note"]
    (folder / "m.skops.training.json").rename(folder / "other.json")
    (energy,) = measures(audit("--training-record", str(folder / "other.json")), "compute.training_energy")
    assert energy["value"] == metered.reading.kwh
    (energy,) = measures(audit(), "compute.training_energy")
    assert "One training run on 280 rows" in energy["note"]


def test_a_stale_record_beside_a_model_is_told(audited):
    """A record of a file that is no more the model's is an error of input, not somebody else's energy."""
    folder, audit = audited
    path = folder / "m.skops.training.json"
    with riskaudit.meter(path):
        sum(range(300_000))
    path.write_text(path.read_text().replace(read_run(path).model_sha256, "0" * 64))
    try:
        assert "record of another file" in audit(code=4)
    finally:
        path.unlink()


def test_a_year_and_an_sci_by_the_command_line(audited):
    """Every flag of cost is heard: SCI, water, money, a year, break-even and the countries."""
    _, audit = audited
    report = audit(
        "--pue", "1.2", "--embodied", "1200kg/4y/25%", "--water", "1.8", "--price", "0.30EUR",
        "--requests-per-day", "1e6", "--retrain", "weekly", "--lifetime", "2y", "--country", "FRA",
    )  # fmt: skip
    assert [m["where"]["per"] for m in measures(report, "compute.sci") if m["value"]] == [
        "training run", "1,000 predictions", "correct decision",
    ]  # fmt: skip
    for name, unit in (
        ("water", "L"),
        ("energy_price", "EUR"),
        ("yearly_price", "EUR"),
        ("yearly_energy", "kWh"),
    ):
        found = measures(report, f"compute.{name}")
        assert len(found) == 3
        assert all(m["value"] > 0 and m["unit"] == unit for m in found)
    assert measures(report, "compute.break_even")[0]["interval"]
    assert {"compute.countries", "compute.sci_terms"} <= {e["name"] for e in report["run"]["exhibits"]}
    (clause,) = [c for c in report["clauses"] if c["id"] == "M"]
    assert clause["status"] == "evidence"


def test_settings_of_cost_may_stand_in_a_file(audited, monkeypatch):
    """riskaudit.toml has the same words as the flags."""
    folder, audit = audited
    (folder / "costs.toml").write_text(
        '[audit]\nprice = "0.25 chf"\nrequests_per_day = 1000\nlifetime = "18m"\n'
    )
    report = audit("--config", str(folder / "costs.toml"))
    assert {m["unit"] for m in measures(report, "compute.yearly_price")} == {"CHF"}
    assert report["run"]["settings_from"]["requests_per_day"] == "costs.toml"


@pytest.mark.parametrize(
    ("words", "where"),
    [
        (["--embodied", "1200kg"], "--embodied"),
        (["--embodied", "1200kg/4y/150%"], "--embodied"),
        (["--embodied", "0kg/4y"], "--embodied"),
        (["--price", "0.3"], "--price"),
        (["--price", "0EUR"], "--price"),
        (["--pue", "0.9"], "--pue"),
        (["--pue", "nan"], "--pue"),
        (["--water", "-1"], "--water"),
        (["--requests-per-day", "0"], "--requests-per-day"),
        (["--retrain", "weekly"], "--retrain"),
        (["--lifetime", "2y"], "--lifetime"),
        (["--requests-per-day", "1", "--retrain", "often"], "--retrain"),
        (["--requests-per-day", "1", "--retrain", "0d"], "--retrain"),
        (["--requests-per-day", "1", "--lifetime", "2"], "--lifetime"),
        (["--requests-per-day", "1", "--rows-per-request", "0"], "--rows-per-request"),
        (["--emissions-run", "x"], "--emissions-run"),
        (["--emissions", "e.csv", "--training-record", "r.json"], "--emissions"),
        (["--refit", "--training-record", "r.json"], "--refit"),
        (["--requests-per-day", "1e300"], "--requests-per-day"),
        (["--requests-per-day", "1", "--lifetime", "1e300y"], "--lifetime"),
        (["--requests-per-day", "1", "--retrain", "1e-300d"], "--retrain"),
        (["--country", "Germany"], "--country"),
        (["--country", "USA/ZZ"], "--country"),
        (["--carbon-intensity", "inf"], "--carbon-intensity"),
    ],
)
def test_words_that_cannot_be_meant(audited, words, where):
    """Each is one error of usage, at its flag."""
    _, audit = audited
    assert f"--> {where}" in audit(*words, code=2)


def test_costs_of_predictions_alone_are_refused(tmp_path):
    """There is no model whose energy could be metered."""
    (tmp_path / "p.csv").write_text("y,yhat\n" + "1,1\n0,0\n" * 50)
    words = (
        "audit",
        "--data",
        str(tmp_path / "p.csv"),
        *ANSWERS,
    )
    assert "--> --prediction" in run(*words, "--price", "0.3EUR")[2]
    assert run(*words, "--emissions", "e.csv")[0] == 2
