"""MeteredRun: what one training took, in a file that `riskaudit audit` reads."""

from __future__ import annotations

import json
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import Any, Literal

from pydantic import ValidationError, model_validator

from riskaudit.energy import EnergyReading
from riskaudit.energy.arithmetic import carbon_kg
from riskaudit.energy.reading import JOULES_PER_KWH
from riskaudit.errors import InputError
from riskaudit.files import write_whole
from riskaudit.measure import Document

BESIDE = ".training.json"  # model.onnx.training.json is looked for beside model.onnx
LARGEST = 1 << 20  # bytes; a record has some 2,000
CHUNK = 1 << 20
MOST_KWH = 1e12  # some 3 % of the world's electricity of a year
ROUNDING = 1e-6  # relative
AGAIN = "meter the training again: riskaudit meter -o FILE -- COMMAND"


class MeteredRun(Document):
    """One training, metered.

    Attributes
    ----------
    what : str
        The command, what looked like a secret cut from it, or the name it was given.
    started : str
        UTC, ISO 8601; empty where it is not known.
    exit_code : int or None
        How the command ended; None of a block of Python, or where it is not known.
    model_sha256 : str
        Of the model's file as it lay there afterwards; empty where none was named.
    meter : str
        Who metered it.
    """

    record_version: Literal["1"] = "1"
    what: str
    started: str = ""
    exit_code: int | None = None
    model_sha256: str = ""
    meter: str
    energy: EnergyReading
    host: str = ""
    versions: dict[str, str] = {}

    @model_validator(mode="after")
    def _adds_up(self) -> MeteredRun:
        """Numbers that follow from one another do: who changes one by hand is found out."""
        energy = self.energy
        if energy.kwh is None:
            if energy.kg_co2e is not None:
                raise ValueError("it tells of carbon, and of no energy")
            return self
        if energy.kwh > MOST_KWH:
            raise ValueError(f"an energy of {energy.kwh:g} kWh cannot be meant")
        if energy.intensity_g_per_kwh is not None:
            _same("kg_co2e", energy.kg_co2e, carbon_kg(energy.kwh, energy.intensity_g_per_kwh))
        if energy.watts is not None:
            _same("watts x seconds", energy.watts * energy.seconds, energy.kwh * JOULES_PER_KWH)
        return self

    @property
    def told(self) -> str:
        """The run in words."""
        when = f" of {self.started[:10]}" if self.started else ""
        ended = f", which ended with exit code {self.exit_code}" if self.exit_code else ""
        return f"One training run{when}, '{self.what[:200]}'{ended}, by {self.meter}"


def _same(name: str, value: float | None, wanted: float) -> None:
    """Refuse a number that contradicts the energy."""
    if value is None or abs(value - wanted) > ROUNDING * wanted:
        raise ValueError(f"its numbers contradict one another: {name} is {value}, by kwh it is {wanted:g}")


def write_run(path: Path, run: MeteredRun) -> None:
    """Write a record, whole or not at all.

    Raises
    ------
    InputError
        If it cannot be written.
    """
    text = json.dumps(run.model_dump(mode="json"), indent=1, allow_nan=False, ensure_ascii=False)
    write_whole(path, f"{text}\n".encode())


def read_run(path: Path, *, flag: str = "--training-record") -> MeteredRun:
    """The record in a file.

    Raises
    ------
    InputError
        If it cannot be read, or is no whole record.
    """
    plain = _plain(path, flag)
    if isinstance(plain, dict) and "record_version" not in plain:
        raise InputError(f"{path} is JSON, but no record of a metered training", AGAIN, where=flag)
    try:
        return MeteredRun.model_validate(plain)
    except ValidationError as error:
        fault = error.errors()[0]
        place = ".".join(str(part) for part in fault["loc"]) or "the whole"
        raise InputError(
            f"{path} is no whole record of a metered training: {place}: {fault['msg']}", AGAIN, where=flag
        ) from error


def _plain(path: Path, flag: str) -> Any:
    """The file's JSON."""
    try:
        with path.open("rb") as file:
            raw = file.read(LARGEST + 1)
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}", AGAIN, where=flag) from error
    if len(raw) > LARGEST:
        raise InputError(f"{path} is larger than any record (1 MiB)", AGAIN, where=flag)
    try:
        return json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path} is not JSON: {error}", AGAIN, where=flag) from error


def run_beside(model: Path) -> Path | None:
    """The record that lies beside a model's file, if there is one."""
    path = model.with_name(model.name + BESIDE)
    return path if model.is_file() and path.is_file() else None


def check_model(run: MeteredRun, digest: str | None, *, path: Path, flag: str) -> None:
    """Refuse the record of another model's file.

    Raises
    ------
    InputError
        Naming both.
    """
    if run.model_sha256 and digest and run.model_sha256 != digest:
        raise InputError(
            f"{path} is the record of another file: of a model with sha256 {run.model_sha256[:12]}, this one has "
            f"{digest[:12]}",
            "meter the training of this one, or take the record away",
            where=flag,
        )


def file_sha256(path: Path) -> str:
    """The sha256 of a file; empty where it cannot be read."""
    digest = sha256()
    try:
        with path.open("rb") as file:
            while chunk := file.read(CHUNK):
                digest.update(chunk)
    except OSError:
        return ""
    return digest.hexdigest()


def model_of(record: Path) -> Path | None:
    """The model that a record's name says it lies beside; None where it says none."""
    name = record.name.removesuffix(BESIDE)
    return record.with_name(name) if name and name != record.name else None


def circumstances() -> dict[str, Any]:
    """The host's kind and the versions that metered, as a record keeps them."""
    import platform
    from importlib.metadata import PackageNotFoundError, version

    found = {"python": platform.python_version()}
    for name in ("riskaudit", "codecarbon"):
        with suppress(PackageNotFoundError):
            found[name] = version(name)
    return {"host": f"{platform.system()} {platform.machine()}", "versions": found}
