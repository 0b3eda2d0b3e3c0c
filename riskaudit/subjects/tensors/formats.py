"""Formats: PyTorch's exported programs and TorchScript, Keras archives; each asked in the sandbox alone."""

from __future__ import annotations

import os
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

from riskaudit.errors import InputError, RefusedError
from riskaudit.subjects.native.needing import check_there
from riskaudit.subjects.sandbox.loading import sandboxed
from riskaudit.subjects.scan.judging import judge
from riskaudit.subjects.source import Source
from riskaudit.subjects.subject import Subject
from riskaudit.subjects.trust import Trust

HERE = "riskaudit.subjects.tensors"
PARTS = ("numpy", "pandas", "riskaudit.subjects.sandbox.rows", "riskaudit.subjects.pickled.restricted")
TAIL = 2**22
BACKENDS = ("torch", "jax", "tensorflow")


class TorchFormat:
    """Zip archives that PyTorch writes: `.pt2`, TorchScript, and pickles of tensors or of whole modules."""

    name = "PyTorch"

    def recognise(self, head: bytes, path: Path) -> bool:
        """By the members in the zip's directory."""
        if not head.startswith(b"PK\x03\x04"):
            return False
        tail = head[-TAIL:]
        return (b"/archive_format" in tail and b"/models/" in tail) or (
            b"/data.pkl" in tail and b"/version" in tail
        )

    def load(self, source: Source, *, flag: str, trust: Trust) -> Subject:
        """An exported program is checked step by step; TorchScript needs the person's word.

        Raises
        ------
        InputError
            If torch is absent, or the archive holds weights alone.
        RefusedError
            If it is a program that is not trusted, or pickles whole classes.
        """
        found = judge(source)
        script = source.look.format == "TorchScript archive"
        if found.flag and not (script and trust.pickle == source.sha256):
            raise (RefusedError if script else InputError)(
                f"{source.name} {found.why}", found.hint, where=flag
            )
        check_there("torch", "PyTorch models", flag)
        if script:
            return _network(
                source,
                f"{HERE}.torch_model:made_script",
                kind="a program that runs",
                imports=("torch", "torch.jit", f"{HERE}.torch_model", f"{HERE}.script"),
                flag=flag,
                reduced=trust.reduced_sandbox,
            )
        return _network(
            source,
            f"{HERE}.torch_model:made_program",
            kind="a checked graph",
            imports=("torch", f"{HERE}.torch_model"),
            flag=flag,
            reduced=True,
        )


class KerasFormat:
    """`model.save('model.keras')` of Keras 3."""

    name = "Keras"

    def recognise(self, head: bytes, path: Path) -> bool:
        """A zip with a configuration, metadata and weights."""
        tail = head[-TAIL:]
        return head.startswith(b"PK\x03\x04") and b"config.json" in tail and b"model.weights.h5" in tail

    def load(self, source: Source, *, flag: str, trust: Trust) -> Subject:
        """The model, after a look at every class it names, in safe mode, in the sandbox."""
        check_there("keras", "Keras models", flag)
        backend = _backend(flag)
        return _network(
            source,
            f"{HERE}.keras_model:made",
            kind="a .keras archive in safe mode",
            imports=(backend, "keras", "h5py", f"{HERE}.keras_model"),
            flag=flag,
            reduced=trust.reduced_sandbox,
            environment={"KERAS_BACKEND": backend},
        )


def _backend(flag: str) -> str:
    """The library that Keras computes with: the one of the environment, else the first that is here."""
    wanted = os.environ.get("KERAS_BACKEND", "")
    for name in BACKENDS:
        if find_spec(name) is not None and wanted in ("", name):
            return name
    raise InputError(
        "Keras models need a library to compute with, which is not here",
        "pip install torch, or one of: " + ", ".join(BACKENDS[1:]),
        where=flag,
    )


def _network(
    source: Source,
    loader: str,
    *,
    kind: str,
    imports: tuple[str, ...],
    flag: str,
    reduced: bool,
    environment: dict[str, str] | None = None,
) -> Subject:
    """A network in a sandbox; its classes have numbers only."""
    subject = sandboxed(
        source,
        payload=source.raw,
        loader=loader,
        kind=kind,
        imports=(*PARTS, *imports),
        flag=flag,
        reduced=reduced,
        environment=environment,
    )
    return replace(subject, numbered=True, named=bool(subject.features), either=subject.estimator.either)
