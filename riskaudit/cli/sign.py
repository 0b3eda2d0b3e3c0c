"""sign: sign a report with a key of your own; no service, no network."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from riskaudit.errors import UsageError


def sign(
    report: Annotated[Path | None, typer.Argument(metavar="REPORT", help="A report.json.")] = None,
    key: Annotated[
        Path | None, typer.Option("--key", metavar="KEY.PEM", help="An ed25519 private key.")
    ] = None,
    new_key: Annotated[
        Path | None, typer.Option("--new-key", metavar="KEY.PEM", help="Make a key pair first, and use it.")
    ] = None,
) -> None:
    """Sign a report with an ed25519 key, for 'riskaudit verify --key'.

    An in-toto statement in a DSSE envelope is written beside it. Only a report that holds together is signed. A
    passphrase of the key is taken from RISKAUDIT_KEY_PASSPHRASE.
    """
    from riskaudit.files import write_whole
    from riskaudit.signing import envelope_path, private_key, signed
    from riskaudit.signing import new_key as make_key
    from riskaudit.verify import read_verified

    if bool(key) == bool(new_key):
        raise UsageError(
            "no key, or two", "give --key KEY.PEM, or --new-key KEY.PEM to make one", where="--key"
        )
    if new_key:
        public = make_key(new_key)
        print(f"Key     {new_key} (keep it secret) and {public} (give it to those who verify)")
    if report is None:
        if key:
            raise UsageError("no report is named", "riskaudit sign REPORT --key KEY.PEM")
        return
    believed = read_verified(report)
    place = envelope_path(report)
    write_whole(place, signed(believed, report.read_bytes(), report.name, private_key(key or new_key or Path())).encode())  # fmt: skip
    print(f"Signed  {place}")
