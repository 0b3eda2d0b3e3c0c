"""LightGBM check: a model's text, rebuilt from the lines that are known, each of them looked at."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from riskaudit.errors import RefusedError
from riskaudit.subjects.native.shape import (
    MOST_CLASSES,
    MOST_FEATURES,
    MOST_NODES,
    MOST_TREES,
    reached,
    refuse,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

_HEAD = ("version", "num_class", "num_tree_per_iteration", "label_index", "max_feature_idx", "objective")
_WHOLE = ("split_feature", "decision_type", "left_child", "right_child")
_REAL = ("split_gain", "threshold", "internal_value", "internal_weight", "internal_count")
_LEAF = ("leaf_value", "leaf_weight", "leaf_count")
_INFO = re.compile(r"none|\[[-+.0-9einfa]{1,40}:[-+.0-9einfa]{1,40}\]|-?\d{1,10}(?::-?\d{1,10}){0,100000}")
VALUES = (
    *("regression", "regression_l1", "huber", "fair", "poisson", "quantile", "mape", "gamma", "tweedie"),
    "cross_entropy",
)
CATEGORICAL = 1
MOST_LINE = 2**28


@dataclass(frozen=True, kw_only=True)
class Checked:
    """A model that may be handed to its library.

    Attributes
    ----------
    text : str
        The model, rebuilt; sizes that the library would jump by are left out, so that it reads line by line.
    objective : str
        Its first word.
    classes : int
        How many; 0 for values.
    words : tuple of tuple of str
        Categories of pandas' category columns, in order, where it was trained on a table that had them.
    placed : tuple of int
        Which features those are; empty where the file does not tell, and then they are the columns of words.
    """

    text: str
    objective: str
    classes: int
    features: tuple[str, ...]
    words: tuple[tuple[str | int, ...], ...]
    placed: tuple[int, ...]
    nodes: int


def checked(raw: bytes, *, name: str, flag: str) -> Checked:
    """The model with nothing in it that was not looked at.

    Raises
    ------
    RefusedError
        If a count, an index or a size in it is not what it must be.
    """
    try:
        return _Check(name, flag).whole(raw.decode("utf-8"))
    except (KeyError, ValueError, IndexError, OverflowError, RecursionError) as error:
        word = (
            f"'{error.args[0]}' is absent"
            if isinstance(error, KeyError)
            else "a line of it is of another kind"
        )
        raise refuse(name, f"it is no LightGBM model as LightGBM writes them: {word[:100]}", flag) from error


class _Check:
    def __init__(self, name: str, flag: str) -> None:
        self.name, self.flag = name, flag
        self.nodes = 0

    def fault(self, what: str) -> RefusedError:
        return refuse(self.name, what, self.flag)

    def need(self, holds: Any, what: str) -> None:
        if not holds:
            raise self.fault(what)

    def whole(self, text: str) -> Checked:
        """Head, trees, and the categories after them."""
        body, ended, rest = text.partition("end of trees")
        self.need(ended, "it has no end of trees")
        complete = "\nend of parameters" in rest or "\npandas_categorical:" in rest
        self.need(
            complete and "\nversion=" not in rest,
            "it is cut short after its trees, or followed by another model",
        )
        first, *trees = re.split(r"\n(?=Tree=\d)", body)
        head = self.lines(first.removeprefix("tree\n"))
        features = self.count(head["max_feature_idx"], MOST_FEATURES, "features") + 1
        per_round = self.count(head["num_tree_per_iteration"], MOST_CLASSES, "trees a round")
        classes = self.count(head["num_class"], MOST_CLASSES, "classes")
        objective = head["objective"].split()[0]
        self.need(
            objective in ("binary", "multiclass", "multiclassova", *VALUES),
            f"objective '{objective[:60]}' is not one that is audited",
        )
        self.need(
            re.fullmatch(r"[a-z0-9_]+( [a-z_]+:[-+.0-9e]{1,20}| [a-z]+){0,5}", head["objective"]),
            "its objective is none",
        )
        many = objective.startswith("multiclass")
        self.need(
            classes == per_round == 1 or (many and classes == per_round > 1),
            "its classes do not go with its objective",
        )
        names, infos = head["feature_names"].split(" "), head["feature_infos"].split(" ")
        self.need(len(names) == len(infos) == features, "it has another number of names than of features")
        self.need(all(_INFO.fullmatch(one) for one in infos), "what it says of its features is unreadable")
        self.need(
            len(trees) <= MOST_TREES and len(trees) % per_round == 0, "its trees do not make whole rounds"
        )
        told = ["tree", *(f"{key}={head[key]}" for key in _HEAD)]
        told += [f"feature_names={head['feature_names']}", f"feature_infos={head['feature_infos']}"]
        told += ["average_output"] if "average_output" in head else []
        blocks = [self.tree(self.lines(one), at, features) for at, one in enumerate(trees)]
        whole = "\n".join(
            [*told, "", *(line for block in blocks for line in (*block, "")), "end of trees", ""]
        )
        return Checked(
            text=whole,
            objective=objective,
            classes=2 if objective == "binary" else classes if many else 0,
            features=() if names == [f"Column_{at}" for at in range(features)] else tuple(names),
            **self.categories(rest, infos),
            nodes=self.nodes,
        )

    def tree(self, told: dict[str, str], at: int, features: int) -> list[str]:
        """One tree, rebuilt line by line."""
        where = f"tree {at}"
        leaves = self.count(told["num_leaves"], MOST_NODES, "leaves")
        sets = self.count(told["num_cat"], MOST_NODES, "category sets")
        self.nodes += 2 * leaves - 1
        self.need(told["Tree"] == str(at) and leaves > 0, f"{where} is out of turn, or has no leaves")
        self.need(self.nodes <= MOST_NODES, "it has too many nodes")
        self.need(
            told.get("is_linear", "0") == "0", f"{where} has linear models in its leaves, which are not read"
        )
        made = [f"Tree={at}", f"num_leaves={leaves}", f"num_cat={sets}"]
        if leaves > 1:
            whole = {key: self.integers(told[key], leaves - 1, f"{where}: {key}") for key in _WHOLE}
            real = {key: self.reals(told[key], leaves - 1, f"{where}: {key}") for key in _REAL if key in told}
            self.structure(whole, leaves, features, where)
            self.sets(told, whole["decision_type"], real["threshold"], sets, where)
            made += [f"{key}={told[key]}" for key in (*_WHOLE, *real)]
        for key in _LEAF:
            if key in told and (leaves > 1 or key == "leaf_value"):
                self.reals(told[key], leaves, f"{where}: {key}")
                made.append(f"{key}={told[key]}")
        self.need("leaf_value" in told, f"{where} has no values")
        if sets:
            made += [f"{key}={told[key]}" for key in ("cat_boundaries", "cat_threshold")]
        self.reals(told["shrinkage"], 1, f"{where}: shrinkage")
        return [*made, "is_linear=0", f"shrinkage={told['shrinkage']}", ""]

    def structure(self, told: dict[str, NDArray[Any]], leaves: int, features: int, where: str) -> None:
        """Inner nodes are 0.., leaf j is -(j + 1): one tree, each leaf once, features that are there."""
        import numpy as np

        left, right = told["left_child"], told["right_child"]
        both = np.concatenate([left, right])
        self.need(((both >= -leaves) & (both < leaves - 1)).all(), f"{where}: a child is out of range")
        as_nodes = np.where(both < 0, leaves - 1 + ~both, both)
        none = np.full(leaves, -1)
        kept = reached(
            np.concatenate([as_nodes[: leaves - 1], none]), np.concatenate([as_nodes[leaves - 1 :], none])
        )
        if isinstance(kept, str):
            raise self.fault(f"{where}: {kept}")
        self.need(kept.all(), f"{where}: a node hangs in the air")
        asked = told["split_feature"]
        self.need(((asked >= 0) & (asked < features)).all(), f"{where} asks for a feature that is not there")
        kinds = told["decision_type"]
        self.need(((kinds >= 0) & (kinds < 12)).all(), f"{where} decides in a way that is not known")

    def sets(
        self, told: dict[str, str], kinds: NDArray[Any], thresholds: NDArray[Any], sets: int, where: str
    ) -> None:
        """Splits by category: the threshold names a set, the sets lie end to end."""
        import numpy as np

        by_set = thresholds[(kinds & CATEGORICAL) == 1]
        self.need(
            len(by_set) == sets or (not sets and not len(by_set)), f"{where}: its category sets do not add up"
        )
        if not sets:
            return
        ends = self.integers(told["cat_boundaries"], sets + 1, f"{where}: cat_boundaries")
        held = told["cat_threshold"].split(" ")
        self.integers(told["cat_threshold"], len(held), f"{where}: cat_threshold")
        in_order = ends[0] == 0 and ends[-1] == len(held) and (np.diff(ends) >= 0).all()
        named = ((by_set >= 0) & (by_set < sets) & (by_set == np.floor(by_set))).all()
        self.need(in_order and named, f"{where}: its category sets do not add up")

    def categories(self, rest: str, infos: list[str]) -> dict[str, Any]:
        """Categories of pandas' columns, from the last line, and their places: features that list their values."""
        found = re.search(r"\npandas_categorical:(.{0,10000000})\s*$", rest)
        told = json.loads(found[1], parse_constant=_no_constant) if found else None
        if not told:
            return {"words": (), "placed": ()}
        sane = isinstance(told, list) and all(
            isinstance(one, list) and len({type(w) for w in one}) == 1 and type(one[0]) in (str, int)
            for one in told
        )
        self.need(sane, "its categories are neither words nor whole numbers; train it on codes")
        placed = tuple(at for at, info in enumerate(infos) if re.fullmatch(r"-?\d+(:-?\d+)*", info))
        if len(placed) != len(told):
            self.need(
                all(isinstance(one[0], str) for one in told),
                f"{len(told)} columns of it have whole numbers for categories, but {len(placed)} features list any: "
                "which are which is not written; train it on words or on codes",
            )
            placed = ()
        return {"words": tuple(tuple(one) for one in told), "placed": placed}

    def lines(self, block: str) -> dict[str, str]:
        """`key=value` lines, each key once."""
        found: dict[str, str] = {}
        for line in block.split("\n"):
            key, _, value = line.partition("=")
            if not line.strip():
                continue
            self.need(
                key not in found and re.fullmatch(r"[A-Za-z_]{1,40}", key) and len(value) < MOST_LINE,
                "a line stands twice, or is none",
            )
            self.need(value.isprintable(), "a line holds what cannot be printed")
            found[key] = value
        return found

    def count(self, text: str, most: int, what: str) -> int:
        if not re.fullmatch(r"[0-9]{1,12}", text) or int(text) > most:
            raise self.fault(f"its number of {what} is none, or larger than {most:,}")
        return int(text)

    def integers(self, text: str, n: int, what: str) -> NDArray[Any]:
        """n integers in a line."""
        import numpy as np

        words = text.split(" ")
        if len(words) != n or not re.fullmatch(r"(?:-?[0-9]{1,10} ?)*", text):
            raise self.fault(f"{what} is not {n:,} integers")
        return np.array(words, dtype=np.int64)

    def reals(self, text: str, n: int, what: str) -> NDArray[Any]:
        """n finite numbers in a line; LightGBM writes 1e+300 for the infinite."""
        import numpy as np

        words = text.split(" ")
        if len(words) != n:
            raise self.fault(f"{what} is not {n:,} numbers")
        found = np.array(words, dtype=np.float64)
        self.need(np.isfinite(found).all(), f"{what} is not finite")
        return found


def _no_constant(word: str) -> float:
    raise ValueError(f"{word} is no number of JSON")
