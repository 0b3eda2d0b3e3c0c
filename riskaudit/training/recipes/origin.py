"""Origin: the model that a training starts from, and which rows it must not be judged on."""

from __future__ import annotations

from dataclasses import dataclass

from riskaudit.datasets.dataset import Dataset
from riskaudit.errors import UsageError
from riskaudit.subjects.record import Split, TrainingRecord
from riskaudit.subjects.subject import Subject


@dataclass(frozen=True, kw_only=True)
class Origin:
    """A model to start from or to learn from, and the flag that named it."""

    subject: Subject
    flag: str

    def check_split(self, data: Dataset, split: Split) -> None:
        """Refuse to split a table otherwise than its origin did: rows held out now would have trained it.

        Raises
        ------
        UsageError
            If the table is the origin's own and the split another.
        """
        record = self.subject.training
        if not _same_table(record, data) or record is None or record.split is None:
            return
        if record.split.sha256 == split.sha256:
            return
        own = record.split
        again = f"--seed {own.seed} --test-share {own.test_share:g}"
        again += f" --group-column {own.group_column}" if own.group_column else ""
        if split.group_column and not own.group_column:
            again += " and no --group-column"
        raise UsageError(
            f"{self.subject.name} was trained on other rows of {data.name} than this split would: rows held out "
            "here would have trained it, and every figure on them would be too good",
            f"split it as {self.subject.name} was: {again}",
            where=self.flag,
        )

    def cautions(self, data: Dataset) -> tuple[str, ...]:
        """What whoever reads the new model's figures must know of its origin."""
        record, name, told = self.subject.training, self.subject.name, []
        if record is None or record.split is None:
            told.append(
                f"{name} keeps no record of its rows: rows held out here may have trained it, and figures on them "
                "may be too good"
            )
        elif not _same_table(record, data):
            told.append(
                f"{name} was trained on another table ({record.data_name}): rows held out here may be among its "
                "rows, and figures on them may be too good"
            )
        if record is not None and record.epsilon is not None:
            told.append(
                f"{name} was trained with differential privacy; this training adds no noise, so that promise does "
                "not carry over"
            )
        return (*told, *(record.cautions if record is not None else ()))


def _same_table(record: TrainingRecord | None, data: Dataset) -> bool:
    """Whether the origin learnt from this very file."""
    return bool(record and data.sha256 and record.data_sha256 == data.sha256)
