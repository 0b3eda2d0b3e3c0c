"""Signing: an in-toto statement about a report in a DSSE envelope, by an ed25519 key; no service needed.

Formats: in-toto Statement v1 (github.com/in-toto/attestation, spec/v1) and DSSE v1 (secure-systems-lab/dsse,
protocol.md): what is signed is the pre-authentication encoding of type and payload, so that neither can be
taken for another.
"""

from __future__ import annotations

import base64
import json
import os
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from riskaudit.errors import InputError, UsageError
from riskaudit.files import write_whole
from riskaudit.report import Report

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

STATEMENT = "https://in-toto.io/Statement/v1"
PREDICATE = "urn:riskaudit:predicate:audit:1"
PAYLOAD = "application/vnd.in-toto+json"
PASSPHRASE = "RISKAUDIT_KEY_PASSPHRASE"  # noqa: S105 -- the name of a variable, no secret


def statement(report: Report, raw: bytes, name: str) -> dict[str, Any]:
    """What is signed: this very report file, and the model it speaks of where that has a hash."""
    subjects = [{"name": name, "digest": {"sha256": sha256(raw).hexdigest()}}]
    if report.subject.sha256:
        subjects.append({"name": report.subject.name, "digest": {"sha256": report.subject.sha256}})
    return {
        "_type": STATEMENT,
        "subject": subjects,
        "predicateType": PREDICATE,
        "predicate": {
            "gate": {"code": report.gate.code, "name": report.gate.name},
            "data": {"name": report.data.name, "digest": {"sha256": report.data.sha256 or ""}},
            "rules": [{"name": s.name, "digest": {"sha256": s.sha256}} for s in report.rulebook.sources],
            "seed": report.seed,
            "started": report.run.started,
            "versions": report.run.versions,
        },
    }


def signed(report: Report, raw: bytes, name: str, key: Ed25519PrivateKey) -> str:
    """The DSSE envelope around the statement, on one line."""
    payload = json.dumps(statement(report, raw, name), sort_keys=True, separators=(",", ":")).encode()
    signature = {"keyid": key_id(key.public_key()), "sig": _base64(key.sign(encoding(PAYLOAD, payload)))}
    return json.dumps({"payloadType": PAYLOAD, "payload": _base64(payload), "signatures": [signature]}) + "\n"


def encoding(kind: str, payload: bytes) -> bytes:
    """DSSE's pre-authentication encoding: lengths before type and payload."""
    told = kind.encode()
    return b"DSSEv1 %d %b %d %b" % (len(told), told, len(payload), payload)


def verified(
    envelope: str, raw: bytes, key: Ed25519PublicKey, *, name: str = "the signature"
) -> dict[str, Any]:
    """The statement in an envelope, once this key signed it and it speaks of these very bytes.

    Raises
    ------
    InputError
        If it is no envelope, another key's, altered, or about another file.
    """
    from cryptography.exceptions import InvalidSignature

    try:
        plain = json.loads(envelope)
        payload = base64.b64decode(plain["payload"], validate=True)
        kind, given = plain["payloadType"], plain["signatures"]
        sigs = [base64.b64decode(one["sig"], validate=True) for one in given]
        told = json.loads(payload)
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise InputError(f"{name} is no DSSE envelope: {error}", "sign the report again with 'riskaudit sign'") from error  # fmt: skip
    for sig in sigs:
        try:
            key.verify(sig, encoding(str(kind), payload))
            break
        except InvalidSignature:
            continue
    else:
        raise InputError(f"{name} is not by this key, or was altered", "ask for a report signed by the key you trust", where="--key")  # fmt: skip
    if not isinstance(told, dict) or (kind, told.get("_type"), told.get("predicateType")) != (PAYLOAD, STATEMENT, PREDICATE):  # fmt: skip
        raise InputError(f"{name} is a statement of another kind", "sign the report with 'riskaudit sign'")
    if sha256(raw).hexdigest() not in [s["digest"].get("sha256") for s in told["subject"][:1]]:
        raise InputError(f"{name} speaks of another report", "sign this one, or find the one that was signed")
    return told


def envelope_path(report: Path) -> Path:
    """Where a report's signature stands: beside it, by in-toto's own suffix."""
    return report.with_name(report.stem + ".intoto.jsonl")


def new_key(path: Path) -> Path:
    """Make a key pair: the private one at `path`, readable by its owner only, the public one beside it.

    With a passphrase in RISKAUDIT_KEY_PASSPHRASE the private key is encrypted by it.

    Raises
    ------
    UsageError
        If there is a file already: a key is never written over.
    """
    _needed()
    from cryptography.hazmat.primitives import serialization as s
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    public = path.with_suffix(".pub.pem")
    for taken in (path, public):
        if taken.exists():
            raise UsageError(f"{taken} is there already", "a key is never written over; name another", where="--new-key")  # fmt: skip
    key = Ed25519PrivateKey.generate()
    lock = s.BestAvailableEncryption(secret) if (secret := _passphrase()) else s.NoEncryption()
    private = key.private_bytes(s.Encoding.PEM, s.PrivateFormat.PKCS8, lock)
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(private)
    except OSError as error:
        raise InputError(f"{path} cannot be written: {error.strerror}", "name another file", where="--new-key") from error  # fmt: skip
    write_whole(public, key.public_key().public_bytes(s.Encoding.PEM, s.PublicFormat.SubjectPublicKeyInfo))
    return public


def private_key(path: Path) -> Ed25519PrivateKey:
    """An ed25519 private key in a PEM file.

    Raises
    ------
    InputError
        If the file is none.
    """
    _needed()
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    hint = f"make one with 'riskaudit sign --new-key {path}'; its passphrase, if any, is in {PASSPHRASE}"
    try:
        key = load_pem_private_key(_read(path), _passphrase())
    except (ValueError, TypeError) as error:
        raise InputError(
            f"{path} is no private key that can be opened: {error}", hint, where="--key"
        ) from error
    if not isinstance(key, Ed25519PrivateKey):
        raise InputError(f"{path} is a key of another kind than ed25519", hint, where="--key")
    return key


def public_key(path: Path) -> Ed25519PublicKey:
    """An ed25519 public key in a PEM file.

    Raises
    ------
    InputError
        If the file is none.
    """
    _needed()
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    hint = "give the .pub.pem that 'riskaudit sign --new-key' wrote"
    try:
        key = load_pem_public_key(_read(path))
    except ValueError as error:
        raise InputError(f"{path} is no public key: {error}", hint, where="--key") from error
    if not isinstance(key, Ed25519PublicKey):
        raise InputError(f"{path} is a key of another kind than ed25519", hint, where="--key")
    return key


def key_id(key: Ed25519PublicKey) -> str:
    """A key's name: the sha256 of its DER encoding."""
    from cryptography.hazmat.primitives import serialization as s

    return sha256(key.public_bytes(s.Encoding.DER, s.PublicFormat.SubjectPublicKeyInfo)).hexdigest()


def _needed() -> None:
    """Say what to install where signing is not."""
    try:
        import cryptography  # noqa: F401
    except ImportError:
        raise UsageError("signing is not installed", "pip install 'riskaudit[sign]'") from None


def _passphrase() -> bytes | None:
    return os.environ.get(PASSPHRASE, "").encode() or None


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(
            f"{path} cannot be read: {error.strerror}", "check the path", where="--key"
        ) from error


def _base64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()
