"""Secrets: cut from a command line before it is kept; they belong into the environment or a file."""

from __future__ import annotations

import re
from collections.abc import Sequence

CUT = "***"
_FLAG = re.compile(
    r"(?i)^--?[\w-]*(token|secret|passw|passphrase|api-?key|access-?key|credential|auth|header|cookie)[\w-]*$"
)
_KEY = re.compile(
    r"(?i)(token|secret|passw\w*|api[_-]?key|access[_-]?key|credential|sig|signature|auth\w*)=[^&\s]+"
)
_USER = re.compile(r"(?<=://)[^/@\s]+@")
_BEARER = re.compile(r"(?i)\b(bearer|basic)\s+\S+")
_KNOWN = re.compile(
    r"\b(gh[pousr]_\w{20,}|github_pat_\w{20,}|glpat-[\w-]{16,}|hf_\w{16,}|sk-[\w-]{16,}|xox[abprs]-[\w-]{10,}"
    r"|AKIA[0-9A-Z]{16}|eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*)"
)


def cut(words: Sequence[str]) -> list[str]:
    """The words of a command line with `***` for whatever looks like a secret.

    Cut are the values of flags that are named after one, passwords and tokens in addresses, and words that
    have a known token's form. A secret that looks like any other word is not seen.
    """
    kept, after = [], False
    for word in words:
        if after and not word.startswith("--"):
            kept.append(CUT)
            after = False
            continue
        flag, equals, _ = word.partition("=")
        if word.startswith("-") and _FLAG.match(flag):
            kept.append(f"{flag}={CUT}" if equals else word)
            after = not equals
            continue
        kept.append(_cleaned(word))
        after = False
    return kept


def _cleaned(word: str) -> str:
    """One word with nothing secret in it."""
    word = _USER.sub(f"{CUT}@", word)
    word = _KEY.sub(lambda found: f"{found[1]}={CUT}", word)
    word = _BEARER.sub(lambda found: f"{found[1]} {CUT}", word)
    return _KNOWN.sub(CUT, word)
