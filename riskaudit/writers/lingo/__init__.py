"""Lingo: a report told in another language, by one catalogue of sentences a language; report.json stays English.

Writers say everything in English. What they say passes one door on its way out (`tr`), where a catalogue of whole
sentences with slots turns it into the reader's language. What the catalogue does not know stays English, and is
noted as missed; names of columns, groups, files and models are never translated.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from riskaudit.errors import UsageError, did_you_mean
from riskaudit.writers.lingo.sentences import Sentences

if TYPE_CHECKING:
    from riskaudit.report import Report

ENGLISH = "en"
LANGUAGES = {"en": "English", "zh": "简体中文"}
HTML_CODES = {"zh": "zh-CN"}
_SPEAKING: ContextVar[Sentences | None] = ContextVar("speaking", default=None)


def tr(text: str) -> str:
    """The text in the language that is being spoken; as it is in English, or where the catalogue does not know it."""
    speaking = _SPEAKING.get()
    return text if speaking is None or not text else speaking.said(text)


def spoken() -> str:
    """The code of the language that is being spoken."""
    speaking = _SPEAKING.get()
    return speaking.language if speaking is not None else ENGLISH


@contextmanager
def speaking(language: str, *reports: Report) -> Iterator[Sentences | None]:
    """Speak a language inside the block; the reports' own names are kept as they are.

    Raises
    ------
    UsageError
        If there is no such language.
    """
    if language not in LANGUAGES:
        raise UsageError(
            f"there is no language '{language}'", did_you_mean(language, list(LANGUAGES)), where="--lang"
        )
    made = None if language == ENGLISH else Sentences(language, catalogue(language), names_of(*reports))
    token = _SPEAKING.set(made)
    try:
        yield made
    finally:
        _SPEAKING.reset(token)


@cache
def catalogue(language: str) -> dict[str, str]:
    """A language's sentences: English, with slots in braces, to its own."""
    plain = json.loads((Path(__file__).parent / f"{language}.json").read_text(encoding="utf-8"))
    return {english: own for section in plain.values() for english, own in section.items()}


def names_of(*reports: Report) -> frozenset[str]:
    """What strangers have named: models, files, columns, groups, outcomes."""
    names: set[str] = set()
    for report in reports:
        subject, data = report.subject, report.data
        names |= {subject.name, *subject.classes, *subject.features}
        names |= {data.name, data.members_name, data.target, data.positive, *data.favourable, *data.sensitive, data.control, data.weight}  # fmt: skip
        for measure in report.measures():
            own = {k: v for k, v in measure.where.items() if k in (*data.sensitive, *_NAMING)}
            names |= {*own.values(), *(set(measure.where) & set(data.sensitive))}
    return frozenset(name for name in names if name)


_NAMING = ("attribute", "group", "reference", "column", "value")
_NODE = re.compile(r"(<[^>]*>)")
_SPOKEN_ATTRIBUTE = re.compile(r'\b(aria-label)="([^"]*)"')


def page(html: str) -> str:
    """A page in the language that is being spoken: every text between its tags, and its labels for readers aloud.

    What stands in `pre`, `code` and `style` is kept: commands, rulebooks and style sheets; so are pictures, whose
    texts were told before they were cut to their room.
    """
    from html import escape, unescape

    if spoken() == ENGLISH:
        return html
    made, kept = [], 0
    for part in _NODE.split(html):
        if part.startswith("<"):
            name = re.match(r"</?([a-zA-Z0-9]+)", part)
            if name and name[1] in ("pre", "code", "style", "svg"):
                kept += -1 if part.startswith("</") else 1
            made.append(_SPOKEN_ATTRIBUTE.sub(lambda m: f'{m[1]}="{escape(tr(unescape(m[2])))}"', part))
        else:
            made.append(part if kept or not part.strip() else escape(tr(unescape(part)), quote=False))
    return "".join(made).replace('<html lang="en"', f'<html lang="{HTML_CODES[spoken()]}"', 1)
