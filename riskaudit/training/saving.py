"""Saving: a trained model to the files that were asked for, each format checked before training starts."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from riskaudit.errors import UsageError

if TYPE_CHECKING:
    from riskaudit.subjects.record import TrainingRecord
    from riskaudit.training.fit import Trained

CURVED = ("epochs", "optimizer")  # a learner with one of these settings walks epochs


def check_files(
    learner: str,
    out: Path,
    curve: Path | None,
    export: Path | None,
    *,
    read: Mapping[str, Path | None] | None = None,
) -> None:
    """Refuse, before anything is read, files that could not be written in the end, or must not be.

    Parameters
    ----------
    read : dict of flag to file
        What the training reads: none of it is to be written over.

    Raises
    ------
    UsageError
        On a file that is read or written twice, a suffix that is another format's, a learner that the format
        cannot hold, or one without epochs.
    """
    from riskaudit.training.learners import LEARNERS

    _check_apart({"-o": out, "--save-curve": curve, "--export": export}, read or {})
    _check_suffix("-o", out, ".skops", ".npz", ".onnx")
    _check_suffix("--save-curve", curve, ".csv")
    known = LEARNERS.get(learner)
    if known is None:
        return  # building it tells of that, with a suggestion
    if out.suffix == ".onnx":
        raise UsageError(
            "-o writes .skops or .npz, which riskaudit reads back; ONNX is written beside it",
            f"-o {out.with_suffix('.npz')} --export {out}",
            where="-o",
        )
    if out.suffix == ".npz":
        _check_core(learner, "-o")
    if export is not None:
        _check_export(learner, export)
    if curve is not None and not any(
        name in known.settings_for(task) for name in CURVED for task in known.tasks
    ):
        raise UsageError(
            f"learner '{learner}' walks no epochs, so there is no curve", "leave it out", where="--save-curve"
        )


def _check_export(learner: str, export: Path) -> None:
    """Refuse an export that is no ONNX, cannot be made, or not here."""
    from riskaudit.subjects.onnx_file import SUFFIX, check_onnx

    if export.suffix != SUFFIX:
        raise UsageError(
            f"--export writes ONNX, and {export} is no {SUFFIX} file",
            f"--export {export.stem}{SUFFIX}",
            where="--export",
        )
    _check_core(learner, "--export", but="text")
    check_onnx()


def _check_apart(written: Mapping[str, Path | None], read: Mapping[str, Path | None]) -> None:
    """Refuse to write a file twice, or one that is read; by any name, links included."""
    mine = [(flag, path) for flag, path in written.items() if path is not None]
    for at, (flag, path) in enumerate(mine):
        if path.is_dir():
            raise UsageError(f"{path} is a folder", f"name a file in it: {flag} {path}/NAME", where=flag)
        others = [*((name, one) for name, one in read.items() if one is not None), *mine[:at]]
        for name, other in others:
            if _same(path, other):
                raise UsageError(f"{flag} would write over {other} ({name})", "name another file", where=flag)


def _same(one: Path, other: Path) -> bool:
    """Whether two names lead to one file, which need not be there yet."""
    try:
        return one.samefile(other)
    except OSError:
        return os.path.realpath(one) == os.path.realpath(other)


def _check_suffix(flag: str, path: Path | None, *known: str) -> None:
    """Refuse a file whose name says it is of another format."""
    if path is not None and path.suffix not in known:
        able = " or ".join(known[:2])
        raise UsageError(
            f"{flag} writes {able}, and {path} is neither" if len(known) > 1 else f"{path} is no {able} file",
            f"{flag} {path.with_suffix(known[0]) if path.name else 'NAME' + known[0]}",
            where=flag,
        )


def _check_core(learner: str, flag: str, *, but: str = "") -> None:
    """Refuse learners that are not of the NumPy core, or one of it that the format has no words for."""
    from riskaudit.subjects.core_models import CORES
    from riskaudit.training.learners import LEARNERS

    able = sorted({core.learner for core in CORES.values()} & set(LEARNERS) - {but})
    if learner not in able:
        raise UsageError(
            f"{flag} has no words for a model of texts"
            if learner == but
            else f"{flag} can hold models of the NumPy core alone, and '{learner}' is none",
            f"these are: {', '.join(able)}; every model can be saved as .skops",
            where=flag,
        )


def save_all(trained: Trained, out: Path, *, curve: Path | None, export: Path | None) -> dict[Path, str]:
    """Write the model, and what was asked for beside it; each file's sha256.

    Raises
    ------
    UsageError
        If a curve is asked for and there is none: then nothing is written.
    InputError
        If a file cannot be written.
    """
    from riskaudit.files import write_whole
    from riskaudit.subjects.core_file import SUFFIX, save_core
    from riskaudit.subjects.skops_file import save_model

    estimator, record = trained.subject.estimator, trained.record
    table = curve_table(record) if curve else ""
    save = save_core if out.suffix == SUFFIX else save_model
    saved = {out: save(out, estimator, record)}
    if export:
        from riskaudit.subjects.onnx_file import export_onnx

        saved[export] = export_onnx(export, estimator, record)
    if curve:
        write_whole(curve, table.encode())
        saved[curve] = hashlib.sha256(table.encode()).hexdigest()
    return saved


def curve_table(record: TrainingRecord) -> str:
    """The learning curve as CSV: epoch, loss, validation_loss (empty without early stopping).

    Raises
    ------
    UsageError
        If the training had no epochs.
    """
    if record.epsilon is not None:
        raise UsageError(
            "a private training keeps no losses: they would tell of its rows",
            "leave --save-curve out",
            where="--save-curve",
        )
    if not record.loss_curve:
        raise UsageError(
            f"this {record.learner} was fitted by an exact solver, without epochs: there is no curve",
            "leave --save-curve out, or choose --param solver=adam",
            where="--save-curve",
        )
    held = [f"{loss!r}" for loss in record.validation_curve] or [""] * len(record.loss_curve)
    rows = [
        f"{at},{loss!r},{other}"
        for at, (loss, other) in enumerate(zip(record.loss_curve, held, strict=True), 1)
    ]
    return "\n".join(["epoch,loss,validation_loss", *rows]) + "\n"
