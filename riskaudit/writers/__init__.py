"""Writers: a report as text, one pure function a format; `save` puts them into a folder."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from riskaudit.errors import InputError, UsageError, did_you_mean
from riskaudit.files import beside, locked, sweep, sync_folder
from riskaudit.manifest import MANIFEST
from riskaudit.manifest import made as manifest_of

if TYPE_CHECKING:
    from riskaudit.report import Report


@dataclass(frozen=True, kw_only=True)
class Writer:
    """A format: its file, what it is for, where its function lives and which options that function knows."""

    name: str
    file_name: str
    summary: str
    home: str
    options: tuple[str, ...] = ()


WRITERS: dict[str, Writer] = {
    writer.name: writer
    for writer in (
        Writer(
            name="html",
            file_name="report.html",
            summary="the whole report in one file: no script, no request, light and dark, prints well",
            home="riskaudit.writers.html:page",
        ),
        Writer(
            name="md",
            file_name="report.md",
            summary="the whole report in GitHub-flavoured Markdown",
            home="riskaudit.writers.markdown:full",
        ),
        Writer(
            name="summary",
            file_name="summary.md",
            summary="the verdict and the worst findings, 60 KB at most: a pull request comment, a step summary",
            home="riskaudit.writers.markdown:summary",
        ),
        Writer(
            name="text",
            file_name="report.txt",
            summary="what the terminal shows, plain",
            home="riskaudit.writers.terminal:plain",
            options=("width", "ascii_only"),
        ),
        Writer(
            name="sarif",
            file_name="riskaudit.sarif",
            summary="SARIF 2.1.0 for GitHub code scanning; what is waived is left out",
            home="riskaudit.writers.sarif:sarif",
            options=("root",),
        ),
        Writer(
            name="junit",
            file_name="junit.xml",
            summary="JUnit XML: a case for every rule and slice; what is not assessed is an error",
            home="riskaudit.writers.junit:junit",
        ),
        Writer(
            name="gitlab",
            file_name="gl-code-quality-report.json",
            summary="GitLab code quality, for its merge request widget",
            home="riskaudit.writers.gitlab:gitlab",
            options=("root",),
        ),
        Writer(
            name="github",
            file_name="annotations.txt",
            summary="GitHub workflow annotations: the nine worst findings and the verdict",
            home="riskaudit.writers.annotations:workflow_commands",
            options=("root",),
        ),
        Writer(
            name="metrics",
            file_name="metrics.json",
            summary="flat numbers for DVC, MLflow and plots",
            home="riskaudit.writers.metrics:metrics",
        ),
        Writer(
            name="model-card",
            file_name="model-card.md",
            summary="a model card after Mitchell et al. 2019 under Hugging Face front matter; what nobody stated says so",
            home="riskaudit.writers.documents.model_card:card",
        ),
        Writer(
            name="cyclonedx",
            file_name="ml-bom.cdx.json",
            summary="CycloneDX 1.7 ML-BOM: model, data, hashes, metrics with intervals, groups at risk, energy",
            home="riskaudit.writers.documents.cyclonedx:cyclonedx",
        ),
        Writer(
            name="annex-iv",
            file_name="annex-iv.md",
            summary="EU AI Act, Annex IV: filled from evidence and statements, all else TO BE PROVIDED",
            home="riskaudit.writers.documents.annex_iv:annex_iv",
        ),
        Writer(
            name="ll144",
            file_name="ll144.md",
            summary="NYC Local Law 144: rates and impact ratios by category; named so only when nothing is lacking",
            home="riskaudit.writers.documents.local_law:sheet",
        ),
        Writer(
            name="json",
            file_name="report.json",
            summary="the source of truth: every other format is made from it",
            home="riskaudit.report:to_json",
        ),
    )
}


PRINTED = Writer(
    name="pdf",
    file_name="report.pdf",
    summary="the HTML report printed by an installed Chromium, Chrome or Edge (RISKAUDIT_CHROMIUM names one)",
    home="riskaudit.writers.documents.pdf:printed",
)
FORMATS = WRITERS | {
    PRINTED.name: PRINTED
}  # all that -f knows; a writer's result is text, the printed one's bytes


SPOKEN = (
    "html",
    "md",
    "summary",
    "text",
    "pdf",
)  # the formats that are for people; what machines read is English


def write(report: Report, format: str, *, lang: str = "en", **options: object) -> str:
    """A report in one format.

    Parameters
    ----------
    report : Report
    format : str
        A name in `WRITERS`.
    lang : str
        The language that formats for people are told in (`riskaudit.writers.lingo`); machines' stay English.
    **options
        Handed to the writers that know them (`width`, `ascii_only`), so that one call serves every format.

    Raises
    ------
    UsageError
        If there is no such format or language, or it is no text.
    """
    writer = _writer(format)
    if writer is PRINTED:
        raise UsageError("a PDF is no text", "name a folder with -o", where="--format")
    module, _, name = writer.home.partition(":")
    known = {key: value for key, value in options.items() if key in writer.options}
    from riskaudit.writers.lingo import page, speaking

    with speaking(lang if format in SPOKEN else "en", report):
        text: str = getattr(import_module(module), name)(report, **known)
        return page(text) if format == "html" else text


def rendered(report: Report, format: str, *, lang: str = "en", **options: object) -> bytes:
    """A report in any format, as the bytes of its file.

    Raises
    ------
    UsageError
        If there is no such format, or no browser that prints.
    InputError
        If the browser fails.
    """
    if format != PRINTED.name:
        return write(report, format, lang=lang, **options).encode()
    from riskaudit.writers.documents.pdf import browser, printed

    return printed(write(report, "html", lang=lang), browser())


def check_folder(folder: Path) -> None:
    """Refuse a folder that could not be written to, before any work is done for it.

    Raises
    ------
    InputError
        If it is a file, or may not be written.
    """
    nearest = next(place for place in (folder.absolute(), *folder.absolute().parents) if place.exists())
    if not nearest.is_dir() or not os.access(nearest, os.W_OK):
        raise InputError(
            f"{folder} cannot be written: {nearest} is no folder that may be written to",
            "name another with -o",
            where="--out",
        )


def save(
    report: Report,
    folder: Path,
    formats: Iterable[str],
    *,
    alone: bool = False,
    lang: str = "en",
    **options: object,
) -> list[Path]:
    """Write a report's formats into a folder, each file whole or not at all, and then their manifest.

    With `alone` the other formats of an older report are taken away, so that no folder tells two stories.

    All is rendered and stands on the disk under temporary names before the first file takes its own;
    report.json is the last of them, and manifest.json, with the sha256 of each, comes after it: a set that was
    cut short contradicts its manifest. One run at a time writes into a folder. Where the browser that prints the PDF
    fails, everything else is written before that is told.

    Raises
    ------
    UsageError
        If there is no such format.
    InputError
        If the folder cannot be made or written to, or the browser fails.
    """
    from riskaudit.sealing import sealed

    report = sealed(report)
    names = sorted(dict.fromkeys(formats), key=lambda name: name == "json")
    contents, failed = _contents(report, folder, names, {"lang": lang, **options})
    try:
        _put(contents, folder, report, alone=alone)
    except OSError as error:
        raise InputError(
            f"{folder} cannot be written: {error.strerror or error}",
            "give a folder you may write to, with room on its disk",
            where=str(error.filename or folder),
        ) from error
    if failed is not None:
        raise failed
    return list(contents)


def _contents(
    report: Report, folder: Path, names: Iterable[str], options: dict[str, Any]
) -> tuple[dict[Path, bytes], InputError | None]:
    """The bytes of each file, and what the browser failed by where it did."""
    contents: dict[Path, bytes] = {}
    failed = None
    for name in names:
        try:
            contents[folder / _writer(name).file_name] = rendered(report, name, **options)
        except InputError as error:
            if name != PRINTED.name:
                raise
            failed = error
    return contents, failed


def _writer(name: str) -> Writer:
    """The writer of that name."""
    if name not in FORMATS:
        raise UsageError(f"there is no format '{name}'", did_you_mean(name, list(FORMATS)), where="--format")
    return FORMATS[name]


def _put(contents: dict[Path, bytes], folder: Path, report: Report, *, alone: bool) -> None:
    """Write everything beside its place, then move it there; on trouble take away what was begun."""
    made = [parent for parent in (folder, *folder.parents) if not parent.exists()]
    known = {writer.file_name for writer in FORMATS.values()}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with locked(folder):
            sweep(folder, known | {MANIFEST})
            bytes_of = dict(contents)
            bytes_of[folder / MANIFEST] = manifest_of(report.run.digest, bytes_of, folder, alone=alone)
            _move(bytes_of, stale={folder / name for name in known} - set(contents) if alone else set())
            sync_folder(folder)
    except BaseException:
        for parent in made:
            _remove_if_empty(parent)
        raise


def _move(bytes_of: dict[Path, bytes], stale: set[Path]) -> None:
    """Every file under a temporary name first; then each takes its own, the manifest last of all."""
    waiting: dict[Path, str] = {}
    try:
        for path, content in bytes_of.items():
            waiting[path] = beside(path, content)
        for path in bytes_of:
            if path.name == MANIFEST:
                for old in stale:
                    old.unlink(missing_ok=True)
            os.replace(waiting[path], path)
            del waiting[path]
    finally:
        for temporary in waiting.values():
            Path(temporary).unlink(missing_ok=True)


def _remove_if_empty(folder: Path) -> None:
    """Take away a folder that was made for nothing."""
    try:
        folder.rmdir()
    except OSError:
        return
