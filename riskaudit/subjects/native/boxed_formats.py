"""Boxed formats: ONNX and CatBoost, whose libraries load and predict in the sandbox alone."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from riskaudit.subjects.native.needing import check_there
from riskaudit.subjects.sandbox.loading import sandboxed
from riskaudit.subjects.scan.others import looks_like_onnx
from riskaudit.subjects.source import Source
from riskaudit.subjects.subject import Subject
from riskaudit.subjects.trust import Trust

HERE = "riskaudit.subjects.native"
PARTS = ("numpy", "pandas", "riskaudit.subjects.sandbox.rows", "riskaudit.subjects.pickled.restricted")


class OnnxFormat:
    """ONNX, by onnxruntime: a list of operators, then the sandbox."""

    name = "ONNX"

    def recognise(self, head: bytes, path: Path) -> bool:
        """A protocol buffer with a version and a graph."""
        return looks_like_onnx(head)

    def load(self, source: Source, *, flag: str, trust: Trust) -> Subject:
        """The model. Its content is checked too, so a lesser sandbox will do."""
        for library in ("onnx", "onnxruntime"):
            check_there(library, "ONNX models", flag)
        imports: tuple[str, ...] = (*PARTS, "onnx", "onnxruntime", f"{HERE}.onnx_check", f"{HERE}.onnx_model")
        if b"riskaudit" in source.raw:  # perhaps our own export, which is prepared for as it says
            imports = (*imports, "riskaudit.subjects.core_header", "riskaudit.subjects.core_preparation")
            imports = (*imports, "riskaudit.training.columns", "sklearn.compose", "sklearn.preprocessing")
        made = sandboxed(
            source,
            payload=source.raw,
            loader=f"{HERE}.onnx_model:made",
            kind="a checked graph",
            imports=imports,
            flag=flag,
            reduced=True,
        )
        return replace(
            made, numbered=bool(made.classes) and made.classes == tuple(map(str, range(len(made.classes))))
        )


class CatBoostFormat:
    """CatBoost's own binary form: it cannot be looked through, so the sandbox must be whole."""

    name = "CatBoost"

    def recognise(self, head: bytes, path: Path) -> bool:
        """The four letters it starts with."""
        return head[:4] == b"CBM1"

    def load(self, source: Source, *, flag: str, trust: Trust) -> Subject:
        """The model, in the sandbox alone."""
        check_there("catboost", "CatBoost models", flag)
        made = sandboxed(
            source,
            payload=source.raw,
            loader=f"{HERE}.catboost_model:made",
            kind="a .cbm that was not looked through",
            imports=(*PARTS, "catboost", f"{HERE}.catboost_model"),
            flag=flag,
            reduced=trust.reduced_sandbox,
        )
        return replace(
            made, numbered=bool(made.classes) and made.classes == tuple(map(str, range(len(made.classes))))
        )
