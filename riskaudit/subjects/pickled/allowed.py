"""Allowed: the exact names that a pickle may call; `benchmarks/allow_list.py` wrote the list, people reviewed it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import cache
from importlib import resources

Pair = tuple[str, str]
# The names of Python 2 for modules that are on the list, as protocols 0 to 2 write them.
RENAMED = {"__builtin__": "builtins", "copy_reg": "copyreg"}
# The one partial call that models keep: boosting with categories checks its columns by it. Never on the list;
# whoever reads a pickle looks at what is called.
PARTIAL, CALLED = ("functools", "partial"), ("sklearn.utils.validation", "check_array")
WRITERS = {"xgboost": "XGBoost", "lightgbm": "LightGBM", "catboost": "CatBoost"}


@cache
def allowed_names() -> frozenset[Pair]:
    """Every pair on the list."""
    text = resources.files("riskaudit.subjects.pickled").joinpath("allowed.json").read_text(encoding="utf-8")
    return frozenset((module, name) for module, names in json.loads(text).items() for name in names)


def renamed(module: str, name: str) -> Pair:
    """The pair by today's name of its module."""
    return RENAMED.get(module, module), name


def is_allowed(module: str, name: str) -> bool:
    """Whether a pickle may name this; never a dotted path, whatever the list says."""
    return "." not in name and renamed(module, name) in allowed_names()


def strangers(names: Iterable[Pair]) -> list[Pair]:
    """Those that are not on the list."""
    return [pair for pair in names if not is_allowed(*pair)]


def native_library(names: Iterable[Pair]) -> str:
    """The boosting library whose own format should be used instead of a pickle; empty where none is named."""
    roots = {module.partition(".")[0] for module, _ in names}
    return next((told for root, told in WRITERS.items() if root in roots), "")
