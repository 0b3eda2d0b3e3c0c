"""Trust: what a person says may be loaded although it is not on our lists."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from riskaudit.errors import UsageError


@dataclass(frozen=True, kw_only=True)
class Trust:
    """Named types and one named file; never everything.

    Attributes
    ----------
    types : frozenset of str
        Full names of types that a skops file may hold besides those on our list.
    pickle : str
        The sha256 (hex) of the one pickle that may be loaded, in the sandbox; empty for none.
    reduced_sandbox : bool
        Whether a pickle may be loaded where the kernel cannot give every layer of the sandbox.
    """

    types: frozenset[str] = frozenset()
    pickle: str = ""
    reduced_sandbox: bool = False


NOBODY = Trust()


def trust_of(*, types: Iterable[str] = (), pickle: str = "", reduced_sandbox: bool = False) -> Trust:
    """What the flags `--trust`, `--trust-pickle` and `--allow-reduced-sandbox` say.

    Raises
    ------
    UsageError
        If a digest is none, or a type is not a full name.
    """
    found = re.fullmatch(r"(?:sha256:)?([0-9a-fA-F]{64})", pickle.strip())
    if pickle and not found:
        raise UsageError(
            f"'{pickle[:80]}' is no sha256",
            "give the one that the refusal, or 'riskaudit inspect', prints: --trust-pickle sha256:<64 hex digits>",
            where="--trust-pickle",
        )
    for name in types:
        if not re.fullmatch(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)+", name):
            raise UsageError(
                f"'{name[:80]}' is not the full name of one type",
                "write package.module.Type; there is no way to trust everything",
                where="--trust",
            )
    return Trust(
        types=frozenset(types), pickle=found[1].lower() if found else "", reduced_sandbox=reduced_sandbox
    )
