"""Believing: whether a report is as it was written, about these very files, and young enough."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

from riskaudit.errors import InputError, UsageError
from riskaudit.manifest import faults, read_manifest
from riskaudit.provenance import file_sha256
from riskaudit.report import Report
from riskaudit.sealing import digest

_AUDIT_AGAIN = "it was edited or cut short; audit again"


def unsealed(text: str, report: Report) -> str:
    """What is wrong with a report's digest of itself; empty where it is right.

    Reports of schema 1.0 were written before there was one.
    """
    if report.schema_version == "1.0" and not report.run.digest:
        return ""
    if not report.run.digest:
        return "it carries no digest of itself"
    plain = json.loads(text, object_pairs_hook=_once)
    return "" if digest(plain) == report.run.digest else "it is not what its digest is of"


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """An object whose keys are each said once; a second one would hide the first from some readers."""
    made = dict(pairs)
    if len(made) < len(pairs):
        raise InputError("the report says one thing twice", _AUDIT_AGAIN)
    return made


def check_manifest(path: Path, text: str) -> None:
    """Refuse a report that the manifest beside it does not know: its writing was cut short, or it was swapped.

    Raises
    ------
    InputError
        If the manifest names this file with another sha256.
    """
    told = read_manifest(path.parent)
    said = (told or {}).get("files", {}).get(path.name)
    if said is not None and said != sha256(text.encode()).hexdigest():
        raise InputError(
            f"{path} is not the one that the manifest beside it speaks of",
            "its writing was cut short, or it was changed; audit again",
        )


@dataclass(frozen=True, kw_only=True)
class Check:
    """One thing that was looked at: what, whether it holds, and what was found."""

    name: str
    holds: bool
    told: str


def checks(path: Path, report: Report, files: Mapping[str, Path]) -> list[Check]:
    """What can be said of a report that holds together: its set of files, and the files it speaks of.

    Parameters
    ----------
    files : mapping of str to path
        `model`, `data`, `train`: files that the report ought to be about.

    Raises
    ------
    InputError
        If one of them cannot be read.
    """
    found = [
        Check(
            name="report",
            holds=True,
            told=f"holds together, digest {report.run.digest or 'none (schema 1.0)'}",
        )
    ]
    if read_manifest(path.parent) is not None:
        wrong = faults(path.parent)
        found.append(
            Check(name="manifest", holds=not wrong, told="; ".join(wrong) or "every file is what was written")
        )
    said = {
        "model": (report.subject.name, report.subject.sha256),
        "data": (report.data.name, report.data.sha256),
        "train": (report.data.members_name, report.data.members_sha256),
    }
    return found + [_same(name, place, *said[name]) for name, place in files.items()]  # fmt: skip


def _same(name: str, place: Path, called: str, digest: str | None) -> Check:
    """Whether a file is the one that was audited."""
    try:
        there = file_sha256(place)
    except OSError as error:
        raise InputError(
            f"{place} cannot be read: {error.strerror}", "check the path", where=f"--{name}"
        ) from error
    if not digest:
        return Check(name=name, holds=False, told=f"the report knows no sha256 of its {name}")
    if there == digest:
        return Check(name=name, holds=True, told=f"{place} is the audited {called}, sha256 {digest}")
    return Check(name=name, holds=False, told=f"{place} is not the audited {called}: sha256 {there}, audited was {digest}")  # fmt: skip


def refuse_foreign(
    report: Report,
    *,
    model_sha256: str | None = None,
    data_sha256: str | None = None,
    max_age: str | None = None,
    now: datetime | None = None,
) -> None:
    """Refuse a report of another model or other data, or one that is too old to speak for today.

    Parameters
    ----------
    model_sha256, data_sha256 : str or None
        What the report has to be about, in full. None asks for nothing; an empty word, such as a variable of a
        CI that is not set, is refused.
    max_age : str or None
        How old it may be: `12h`, `30d`, `6w`.

    Raises
    ------
    UsageError
        If a hash is none, or an age cannot be read.
    InputError
        If the report is foreign or stale.
    """
    for flag, asked, there in (
        ("--model-sha256", model_sha256, report.subject.sha256),
        ("--data-sha256", data_sha256, report.data.sha256),
    ):
        if asked is None:
            continue
        if whole_sha256(asked, flag) != there:
            raise InputError(
                f"the report is not about this file: it says {there or 'nothing of its sha256'}",
                "audit this model on these data, and gate that report",
                where=flag,
            )
    if max_age is not None:
        _check_age(report.run.started, age(max_age), now or datetime.now(UTC))


def whole_sha256(text: str, flag: str) -> str:
    """A sha256 as a flag gives it, in lower case and without its `sha256:`.

    Raises
    ------
    UsageError
        If it is none.
    """
    asked = text.strip().lower().removeprefix("sha256:")
    if not re.fullmatch("[0-9a-f]{64}", asked):
        raise UsageError(f"'{asked}' is no sha256", "give its 64 hexadecimal digits", where=flag)
    return asked


def refuse_softened(report: Report, pinned: str | None) -> None:
    """Refuse a verdict by other rules, waivers or a baseline than those whose digest was pinned.

    Parameters
    ----------
    pinned : str or None
        What `policy.policy_digest` has to be. None asks for nothing; an empty word is refused.

    Raises
    ------
    UsageError
        If it is no sha256.
    InputError
        If the policy in force is another one.
    """
    from riskaudit.policy import policy_digest, policy_words

    if pinned is not None and whole_sha256(pinned, "--policy-digest") != policy_digest(report):
        raise InputError(
            f"this is not the pinned policy: {policy_words(report)}",
            "undo the change of rules, waivers, baseline or flags, or have the new digest approved",
            where="--policy-digest",
        )


def age(text: str) -> timedelta:
    """A duration such as `12h`, `30d` or `6w`.

    Raises
    ------
    UsageError
        If it is none.
    """
    found = re.fullmatch(r"(\d{1,6})([hdw])", text.strip())
    if not found or not int(found[1]):
        raise UsageError(f"'{text}' is no age", "write hours, days or weeks: 12h, 30d, 6w", where="--max-age")
    return (
        int(found[1]) * {"h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}[found[2]]
    )


def _check_age(started: str, most: timedelta, now: datetime) -> None:
    """Refuse a report that is older, or that comes from tomorrow."""
    try:
        made = datetime.fromisoformat(started)
    except ValueError:
        raise InputError(f"the report does not say when it was made: '{started}'", _AUDIT_AGAIN, where="--max-age") from None  # fmt: skip
    old = now - (made if made.tzinfo else made.replace(tzinfo=UTC))
    if old > most:
        raise InputError(f"the report is {_days(old)} old", "audit again", where="--max-age")
    if old < -timedelta(hours=1):
        raise InputError(f"the report was made in the future, at {started}", "mend the clocks, and audit again", where="--max-age")  # fmt: skip


def _days(old: timedelta) -> str:
    """An age in words."""
    return f"{old.days} days" if old.days > 1 else f"{old.total_seconds() / 3600:.1f} hours"
