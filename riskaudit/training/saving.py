"""Saving: a trained model to the files that were asked for, each format checked before training starts."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

from riskaudit.errors import UsageError

if TYPE_CHECKING:
    from riskaudit.subjects.record import TrainingRecord
    from riskaudit.training.fit import Trained

CURVED = ("epochs", "optimizer")  # a learner with one of these settings walks epochs


def check_files(learner: str, out: Path, curve: Path | None, export: Path | None) -> None:
    """Refuse, before anything is read, files that could not be written in the end.

    Raises
    ------
    UsageError
        On a suffix that is another format's, a learner that the format cannot hold, or one without epochs.
    """
    from riskaudit.training.learners import LEARNERS

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
        from riskaudit.subjects.onnx_file import SUFFIX, check_onnx

        if export.suffix != SUFFIX:
            raise UsageError(
                f"--export writes ONNX, and {export} is no {SUFFIX} file",
                f"--export {export.stem}{SUFFIX}",
                where="--export",
            )
        _check_core(learner, "--export", but="text")
        check_onnx()
    if curve is not None and not any(
        name in known.settings_for(task) for name in CURVED for task in known.tasks
    ):
        raise UsageError(
            f"learner '{learner}' walks no epochs, so there is no curve", "leave it out", where="--save-curve"
        )


def _check_core(learner: str, flag: str, *, but: str = "") -> None:
    """Refuse learners that are not of the NumPy core, or one of it that the format has no words for."""
    from riskaudit.subjects.core_models import CORES
    from riskaudit.training.learners import LEARNERS

    able = sorted({core.learner for core in CORES.values()} & set(LEARNERS) - {but})
    if learner not in able:
        raise UsageError(
            f"{flag} can hold models of the NumPy core alone, and '{learner}' is none",
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
