"""Opening: a model's loader, picked by what the file holds and never by its name."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from riskaudit.errors import InputError
from riskaudit.subjects.core_file import CoreFormat
from riskaudit.subjects.mlflow_folder import MlflowFormat
from riskaudit.subjects.native.boxed_formats import CatBoostFormat, OnnxFormat
from riskaudit.subjects.native.lightgbm_file import LightGBMFormat
from riskaudit.subjects.native.xgboost_file import XGBoostFormat
from riskaudit.subjects.pickled.format import PickleFormat
from riskaudit.subjects.scan.judging import refuse_dangers
from riskaudit.subjects.skops_file import SkopsFormat
from riskaudit.subjects.source import Source, read_source
from riskaudit.subjects.subject import Subject
from riskaudit.subjects.tensors.formats import KerasFormat, TorchFormat
from riskaudit.subjects.trust import NOBODY, Trust


class Loader(Protocol):
    """A format of files or folders. To add one: a class in a file of its own, and a line in `LOADERS`."""

    name: str
    """What it is called: "ONNX"."""

    def recognise(self, head: bytes, path: Path) -> bool:
        """Whether the content is of this format.

        `head` is the file's whole content, empty for a folder; `path` is to tell a folder from a file and
        to look at a folder's members, never for its extension. Must be quick, and import nothing heavy.
        """

    def load(self, source: Source, *, flag: str, trust: Trust) -> Subject:
        """The model; InputError where it is broken, RefusedError where it must not be opened.

        Must take the bytes from `source.raw` and not open a single file's path again.
        """


class Opener(Protocol):
    """A model that is no file: an address, or the name of a callable. A line in `OPENERS` adds one."""

    name: str

    def recognise(self, model: str) -> bool:
        """Whether what was given is meant for this opener: by its prefix, such as `https://`."""

    def open(self, model: str, *, flag: str, trust: Trust) -> Subject:
        """The model."""


OPENERS: tuple[Opener, ...] = ()

LOADERS: tuple[Loader, ...] = (
    CoreFormat(),
    SkopsFormat(),
    XGBoostFormat(),
    LightGBMFormat(),
    OnnxFormat(),
    CatBoostFormat(),
    TorchFormat(),
    KerasFormat(),
    MlflowFormat(),
    PickleFormat(),
)
"""Asked in this order, after a scan that refuses what no flag can make loadable; the first that recognises
the content loads it. `PickleFormat` is last: it takes every file that nobody knows, and says what it is."""


def open_model(model: str | Path, *, flag: str = "--model", trust: Trust = NOBODY) -> Subject:
    """The model behind a path or another name, of any format that is known.

    Raises
    ------
    InputError
        If it is absent, broken, or no model.
    RefusedError
        If it could run code when opened, or holds what no honest model does.
    """
    for opener in OPENERS:
        if opener.recognise(str(model)):
            return opener.open(str(model), flag=flag, trust=trust)
    return open_source(read_source(Path(model), flag=flag), flag=flag, trust=trust)


def open_source(source: Source, *, flag: str, trust: Trust) -> Subject:
    """The model in content that was read already.

    Raises
    ------
    InputError, RefusedError
        As `open_model`.
    """
    for loader in LOADERS:
        if loader.recognise(source.raw, source.path):
            if not source.folder and not getattr(loader, "stricter", False):
                refuse_dangers(source, flag)
            return loader.load(source, flag=flag, trust=trust)
    raise InputError(f"{source.path} is a folder that no loader knows", "give a model's file", where=flag)
