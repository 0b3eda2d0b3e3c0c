"""Block: a training in Python, metered: `with riskaudit.meter("model.skops.training.json"): ...`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from riskaudit.energy import Meter
from riskaudit.energy import meter as metered
from riskaudit.metered.run import MeteredRun, circumstances, file_sha256, model_of, write_run


@contextmanager
def meter(
    record: str | Path | None = None,
    *,
    name: str = "a block of Python",
    country: str | None = None,
    intensity: float | None = None,
) -> Iterator[Meter]:
    """Meter the energy of the block below; when it has ended, the meter has its `reading`.

        with riskaudit.meter("model.onnx.training.json", country="FRA") as metered:
            model.fit(X, y)
            save(model, "model.onnx")
        print(metered.reading.kwh)

    A block that raises is metered and raises, and no record of it is written. Blocks may nest. The first use in
    a process looks at the hardware for about two seconds, outside of what is metered.

    Parameters
    ----------
    record : path, optional
        Where to write what `riskaudit audit --training-record` reads; an audit finds
        `MODEL.training.json` beside the model by itself, and it then keeps the sha256 of the model.
    name : str
        What the record calls the training.
    country : str, optional
        ISO 3166 alpha-3; without it the world average counts.
    intensity : float, optional
        Grams of CO2e per kWh, in place of the country's.

    Raises
    ------
    UsageError
        If the country or the intensity cannot be meant; the block does not run then.
    InputError
        If the record cannot be written.
    """
    started = datetime.now(UTC).isoformat(timespec="seconds")
    with metered(country=country, intensity=intensity) as box:
        yield box
    if record is None:
        return
    path = Path(record)
    model = model_of(path)
    run = MeteredRun(
        what=name,
        started=started,
        model_sha256=file_sha256(model) if model else "",
        meter="riskaudit.meter",
        energy=box.reading,
        **circumstances(),
    )
    write_run(path, run)
