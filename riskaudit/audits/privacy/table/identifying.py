"""Identifying columns: emails, phones, cards, accounts and national numbers, found by form and checksum."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from riskaudit.evidence import Evidence
from riskaudit.measure import Exhibit, Measure

SAMPLE = 5_000
FEWEST, SHARE = 3, 0.01  # values that must match, in number and share of those looked at
NUMBERS = 0.9  # share of a numeric column that must pass a checksum: one in ten passes Luhn's by chance


def luhn(text: str) -> bool:
    """Whether the digits end in their Luhn checksum (ISO/IEC 7812-1), as card numbers do."""
    digits = [int(c) for c in text if c.isdigit()]
    if not 13 <= len(digits) <= 19 or len(set(digits)) == 1:
        return False
    doubled = [d if i % 2 == 0 else (2 * d if d < 5 else 2 * d - 9) for i, d in enumerate(reversed(digits))]
    return sum(doubled) % 10 == 0


def iban(text: str) -> bool:
    """Whether it is an account number by ISO 13616: the rearranged digits are 1 modulo 97."""
    text = re.sub(r"\s", "", text).upper()
    if not 15 <= len(text) <= 34:
        return False
    return int("".join(str(int(c, 36)) for c in text[4:] + text[:4])) % 97 == 1


def _social_security(text: str) -> bool:
    """US: no area 000, 666 or 9xx, no group 00, no serial 0000."""
    area, group, serial = re.findall(r"\d+", text)
    return area not in ("000", "666") and area < "900" and group != "00" and serial != "0000"


def _dni(text: str) -> bool:
    """Spain: the letter is the number modulo 23."""
    number = text[:-1].upper().translate(str.maketrans("XYZ", "012")).replace("-", "")
    return "TRWAGMYFPDXBNJZSQVHLCKE"[int(number) % 23] == text[-1].upper()


def _ahv(text: str) -> bool:
    """Switzerland: EAN-13 check digit."""
    digits = [int(c) for c in text if c.isdigit()]
    return (
        len(digits) == 13
        and (10 - sum(d * (3 if i % 2 else 1) for i, d in enumerate(digits[:12]))) % 10 == digits[12]
    )


def _nir(text: str) -> bool:
    """France: the key is 97 less the number modulo 97."""
    digits = re.sub(r"\D", "", text)
    return len(digits) == 15 and 97 - int(digits[:13]) % 97 == int(digits[13:])


def _yes(_: str) -> bool:
    return True


def _phone(text: str) -> bool:
    return 8 <= sum(c.isdigit() for c in text) <= 15


KINDS: dict[str, tuple[str, Callable[[str], bool]]] = {
    "email address": (r"[\w.+-]+@[\w-]+(?:\.[\w-]+)*\.[A-Za-z]{2,}", _yes),
    "payment card": (r"(?<!\d)(?:\d[ -]?){12,18}\d(?!\d)", luhn),
    "bank account (IBAN)": (r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]){11,30}\b", iban),
    "US social security number": (r"(?<![\d-])\d{3}-\d{2}-\d{4}(?![\d-])", _social_security),
    "UK national insurance number": (r"\b(?!BG|GB|NK|KN|TN|NT|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] ?\d{2} ?\d{2} ?\d{2} ?[A-D]\b", _yes),
    "Spanish DNI or NIE": (r"\b[XYZ\d]-?\d{7}-?[A-Za-z]\b", _dni),
    "Swiss AHV number": (r"\b756\.?\d{4}\.?\d{4}\.?\d{2}\b", _ahv),
    "French NIR": (r"(?<!\d)[12] ?\d{2} ?(?:0[1-9]|1[0-2]) ?\d{2} ?\d{3} ?\d{3} ?\d{2}(?!\d)", _nir),
    "phone number": (r"(?<![\w.])(?:\+\d{1,3}[ ./-]?|0|\()\(?\d{1,4}\)?(?:[ ./-]\(?\d{2,5}\)?){1,5}(?![\w.])", _phone),
    "IP address": (r"(?<![\d.])(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)(?![\d.])", _yes),
}  # fmt: skip


def look(evidence: Evidence) -> Iterator[Measure | Exhibit]:
    """Every column of the training table by form; values are never shown, only counted."""
    data = evidence.rows("train")
    frame = data.frame.drop(columns=data.target, errors="ignore")
    rows = frame.iloc[evidence.sample(SAMPLE, "identifying columns", "train")]
    features = set(evidence.subject.features or frame.columns)
    found = [(str(name), kind, hits) for name in frame.columns for kind, hits in kinds_of(rows[name])]
    told = ", ".join(f"{name} ({kind})" for name, kind, _ in found) or "none found"
    yield Measure(
        name="privacy.identifying_columns",
        value=len({name for name, _, _ in found}),
        n=len(rows),
        unit="count",
        note=f"Counted by form and checksum in {len(rows):,} rows of {frame.shape[1]} columns: {told}. Names and rare "
        "words are not recognised.",
    )
    if found:
        yield Exhibit(
            name="privacy.identifying",
            kind="table",
            title="Columns that name people",
            caption="Found by form and checksum; values are counted, never shown.",
            columns={
                "column": [name for name, _, _ in found],
                "what it holds": [kind for _, kind, _ in found],
                "share of rows": [round(hits / len(rows), 3) for _, _, hits in found],
                "the model sees it": ["yes" if name in features else "no" for name, _, _ in found],
            },
        )


def kinds_of(column: Any) -> list[tuple[str, int]]:
    """What personal data a column holds, and in how many of its rows."""
    import pandas as pd

    known = column.dropna()
    if not len(known) or pd.api.types.is_bool_dtype(column) or pd.api.types.is_float_dtype(column):
        return []
    numeric = pd.api.types.is_numeric_dtype(column)
    if not (numeric or pd.api.types.is_string_dtype(column) or column.dtype == object):
        return []
    texts = known.astype(str)
    words, times = texts.value_counts().index.tolist(), texts.value_counts().to_numpy()
    found = []
    for kind, (pattern, right) in KINDS.items():
        if numeric and kind != "payment card":
            continue
        form = re.compile(pattern)
        hits = int(sum(n for word, n in zip(words, times, strict=True) if _holds(word, form, right)))
        if hits >= max(FEWEST, (NUMBERS if numeric else SHARE) * len(texts)):
            found.append((kind, hits))
    return found or _by_values(known, texts, numeric=numeric)


def _holds(text: str, form: re.Pattern[str], right: Callable[[str], bool]) -> bool:
    return any(right(match.group()) for match in form.finditer(text))


def _by_values(known: Any, texts: Any, *, numeric: bool) -> list[tuple[str, int]]:
    """An identifier told by its values: a running number, a word of its own for each row, or free text."""
    n = len(known)
    if n < 50 or known.nunique() < n:
        return [("free text", n)] if not numeric and _prose(texts) else []
    if numeric:
        running = int(known.max()) - int(known.min()) < 2 * n and bool(known.is_monotonic_increasing)
        return [("running number", n)] if running else []
    return [("free text" if _prose(texts) else "a value of its own in every row", n)]


def _prose(texts: Any) -> bool:
    """Whether most values are sentences, and different ones."""
    return bool((texts.str.count(" ") >= 4).mean() > 0.5 and texts.nunique() > 0.5 * len(texts))
