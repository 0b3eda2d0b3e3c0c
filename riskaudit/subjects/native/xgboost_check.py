"""XGBoost check: a model's JSON, rebuilt from the fields that are known, each of them looked at."""

from __future__ import annotations

import math
import re
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from riskaudit.errors import RefusedError
from riskaudit.subjects.native.shape import (
    MOST_CLASSES,
    MOST_FEATURES,
    MOST_NODES,
    MOST_TREES,
    integers,
    reached,
    reals,
    refuse,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

BINARY = ("binary:logistic",)
MULTICLASS = ("multi:softprob", "multi:softmax")
VALUES = (
    *("reg:squarederror", "reg:linear", "reg:squaredlogerror", "reg:pseudohubererror", "reg:absoluteerror"),
    *("reg:logistic", "count:poisson", "reg:gamma", "reg:tweedie", "reg:quantileerror"),
)
_INTEGERS = ("left_children", "right_children", "split_indices", "default_left")
_REALS = ("split_conditions", "base_weights", "loss_changes", "sum_hessian")
_NO_PARENT = 2_147_483_647
MOST_CATEGORY = 1_000_000


class Checked:
    """A model that may be handed to its library: the document, and what it predicts."""

    def __init__(self, document: dict[str, Any], *, objective: str, classes: int, features: int) -> None:
        self.document = document
        self.objective = objective
        self.classes = classes
        self.features = features
        self.nodes = 0


def checked(document: Any, *, name: str, flag: str) -> Checked:
    """The document with nothing in it that was not looked at.

    Raises
    ------
    RefusedError
        If a count, an index or a size in it is not what it must be.
    """
    try:
        return _Check(name, flag).whole(document)
    except (KeyError, TypeError, AttributeError, IndexError, ValueError, OverflowError) as error:
        word = (
            f"'{error.args[0]}' is absent"
            if isinstance(error, KeyError)
            else "a part of it is of another kind"
        )
        raise refuse(name, f"it is no XGBoost model as XGBoost writes them: {word[:100]}", flag) from error


class _Check:
    def __init__(self, name: str, flag: str) -> None:
        self.name, self.flag = name, flag

    def fault(self, what: str) -> RefusedError:
        return refuse(self.name, what, self.flag)

    def need(self, holds: bool, what: str) -> None:
        if not holds:
            raise self.fault(what)

    def whole(self, document: Any) -> Checked:
        """The learner and the version."""
        learner = document["learner"]
        param = {
            key: str(learner["learner_model_param"][key])[:400] for key in learner["learner_model_param"]
        }
        features = self.count(param["num_feature"], MOST_FEATURES, "features")
        classes = self.count(param.get("num_class", "0"), MOST_CLASSES, "classes")
        self.need(param.get("num_target", "1") in ("0", "1"), "it predicts several outcomes at once")
        base = [float(one) for one in param["base_score"].strip("[]").split(",")]
        self.need(
            all(map(math.isfinite, base)) and len(base) in (1, max(1, classes)), "its base score is no number"
        )
        objective = str(learner["objective"]["name"])
        self.need(
            objective in (*BINARY, *MULTICLASS, *VALUES),
            f"objective '{objective[:60]}' is not one that is audited",
        )
        groups = max(1, classes)
        self.need((objective in MULTICLASS) == (classes > 1), "its classes do not go with its objective")
        made = {
            "version": self.ints(document["version"], "version", most=3),
            "learner": {
                "attributes": {},
                "feature_names": self.names(learner.get("feature_names", []), features),
                "feature_types": self.names(learner.get("feature_types", []), features),
                "gradient_booster": self.booster(learner["gradient_booster"], features, groups),
                "learner_model_param": {
                    "base_score": param["base_score"],
                    "boost_from_average": "1",
                    "num_class": str(classes),
                    "num_feature": str(features),
                    "num_target": "1",
                },
                "objective": self.settings(learner["objective"]),
            },
        }
        found = Checked(made, objective=objective, classes=classes, features=features)
        found.nodes = self.nodes
        return found

    nodes = 0

    def booster(self, told: dict[str, Any], features: int, groups: int) -> dict[str, Any]:
        """Trees, trees with dropout, or a linear model."""
        kind = told["name"]
        if kind == "gblinear":
            weights = self.floats(told["model"]["weights"], "weights", most=(features + 1) * groups)
            self.need(
                len(weights) == (features + 1) * groups, "it has another number of weights than features"
            )
            rounds = self.count(told["model"].get("boosted_rounds", 0), MOST_TREES, "rounds")
            return {"name": kind, "model": {"boosted_rounds": rounds, "weights": weights}}
        if kind == "dart":
            trees = self.trees(told["gbtree"]["model"], features, groups)
            drop = self.floats(told["weight_drop"], "weight_drop", most=MOST_TREES)
            self.need(len(drop) == len(trees["trees"]), "it has another number of weights than trees")
            return {"name": kind, "gbtree": {"name": "gbtree", "model": trees}, "weight_drop": drop}
        self.need(kind == "gbtree", "its booster is not known")
        return {"name": kind, "model": self.trees(told["model"], features, groups)}

    def trees(self, told: dict[str, Any], features: int, groups: int) -> dict[str, Any]:
        """All trees, and which class each is for."""
        trees = told["trees"]
        self.need(isinstance(trees, list) and len(trees) <= MOST_TREES, "its trees are no list, or too many")
        param = told["gbtree_model_param"]
        self.need(
            self.count(param["num_trees"], MOST_TREES, "trees") == len(trees),
            "it has another number of trees than it says",
        )
        parallel = self.count(param.get("num_parallel_tree", "1"), MOST_TREES, "parallel trees")
        info = self.ints(told["tree_info"], "tree_info", most=MOST_TREES)
        self.need(
            len(info) == len(trees) and all(0 <= one < groups for one in info),
            "a tree is for a class that is not there",
        )
        ends = self.ints(told.get("iteration_indptr", []), "iteration_indptr", most=MOST_TREES + 1)
        if ends:
            ascending = all(a <= b for a, b in pairwise(ends))
            self.need(
                ascending and ends[0] == 0 and ends[-1] == len(trees), "its rounds do not add up to its trees"
            )
        cats = told.get("cats", {"enc": []})
        self.need(not len(cats.get("enc", [])), "it holds categories by name; train it on numbers or codes")
        self.need(all(self.plain(one) for one in trees), "a tree is no tree")
        made = {
            "gbtree_model_param": {"num_parallel_tree": str(parallel), "num_trees": str(len(trees))},
            "tree_info": info,
            "trees": [self.tree(one, at, features) for at, one in enumerate(trees)],
        }
        empty: dict[str, Any] = {"enc": [], "feature_segments": [], "sorted_idx": []}
        made |= {"cats": empty} if "cats" in told else {}
        return made | ({"iteration_indptr": ends} if ends else {})

    @staticmethod
    def plain(tree: Any) -> bool:
        return isinstance(tree, dict) and isinstance(tree.get("tree_param"), dict)

    def tree(self, told: dict[str, Any], at: int, features: int) -> dict[str, Any]:
        """One tree: equal lengths, one root, no circle, features that are there."""
        import numpy as np

        param, where = told["tree_param"], f"tree {at}"
        n = self.count(param["num_nodes"], MOST_NODES, "nodes")
        self.nodes += n
        self.need(n > 0 and self.nodes <= MOST_NODES, f"{where} has no nodes, or there are too many in all")
        self.need(
            str(param.get("size_leaf_vector", "1")) in ("0", "1"), f"{where} has leaves of several values"
        )
        arrays: dict[str, NDArray[Any]] = {}
        for key, read in [*((k, integers) for k in _INTEGERS), *((k, reals) for k in _REALS)]:
            found = read(told[key])
            if found is None or len(found) != n:
                raise self.fault(f"{where}: '{key}' is not {n:,} numbers")
            arrays[key] = found
        kept = reached(arrays["left_children"], arrays["right_children"])
        if isinstance(kept, str):
            raise self.fault(f"{where}: {kept}")
        inner = kept & (arrays["left_children"] != -1)
        asked = arrays["split_indices"]
        self.need(
            not ((asked[inner] < 0) | (asked[inner] >= features)).any(),
            f"{where} asks for a feature that is not there",
        )
        asked[~inner] = 0
        # Nodes that pruning cut off stay in XGBoost's arrays; here they are left out, and the others renumbered.
        number = np.cumsum(kept) - 1
        for side in ("left_children", "right_children"):
            arrays[side] = np.where(inner, number[arrays[side]], -1)
        made: dict[str, Any] = {key: array[kept].tolist() for key, array in arrays.items()}
        parents = np.full(int(kept.sum()), _NO_PARENT)
        for side in ("left_children", "right_children"):
            parents[arrays[side][inner]] = number[inner]
        made["default_left"] = [int(one != 0) for one in made["default_left"]]
        made |= self.categories(told, where, inner, kept)
        size = {
            "num_deleted": "0",
            "num_feature": str(features),
            "num_nodes": str(len(parents)),
            "size_leaf_vector": "1",
        }
        return made | {"id": at, "parents": parents.tolist(), "tree_param": size}

    def categories(
        self, told: dict[str, Any], where: str, inner: NDArray[Any], kept: NDArray[Any]
    ) -> dict[str, Any]:
        """Splits by sets of category codes: each set within the list, each node an inner one."""
        n = len(inner)
        kinds = self.ints(told.get("split_type", [0] * n), "split_type", most=n)
        parts = {
            key: self.ints(told.get(key, []), key, most=MOST_NODES)
            for key in ("categories", "categories_nodes", "categories_segments", "categories_sizes")
        }
        held, nodes = parts["categories"], parts["categories_nodes"]
        by_set = [at for at, kind in enumerate(kinds) if kind == 1]
        sane = len(kinds) == n and set(kinds) <= {0, 1} and nodes == by_set and all(inner[at] for at in nodes)
        sane = sane and len(nodes) == len(parts["categories_segments"]) == len(parts["categories_sizes"])
        spans = zip(parts["categories_segments"], parts["categories_sizes"], strict=False)
        sane = sane and all(start >= 0 and size > 0 and start + size <= len(held) for start, size in spans)
        self.need(
            sane and all(0 <= one <= MOST_CATEGORY for one in held), f"{where}: its categories do not add up"
        )
        self.need(not nodes or bool(kept.all()), f"{where}: it has categories and was pruned")
        return {"split_type": [kind for kind, there in zip(kinds, kept, strict=True) if there], **parts}

    def count(self, told: Any, most: int, what: str) -> int:
        """A count that is written as text."""
        text = str(told)
        if not re.fullmatch(r"[0-9]{1,12}", text) or int(text) > most:
            raise self.fault(f"its number of {what} is none, or larger than {most:,}")
        return int(text)

    def ints(self, values: Any, key: str, *, most: int) -> list[int]:
        found = integers(values, most=most)
        if found is None:
            raise self.fault(f"'{key}' is no list of integers, or too long")
        listed: list[int] = found.tolist()
        return listed

    def floats(self, values: Any, key: str, *, most: int) -> list[float]:
        found = reals(values, most=most)
        if found is None:
            raise self.fault(f"'{key}' is no list of finite numbers, or too long")
        listed: list[float] = found.tolist()
        return listed

    def names(self, values: Any, features: int) -> list[str]:
        """Names or types of the features: none, or one for each."""
        sane = (
            isinstance(values, list)
            and len(values) in (0, features)
            and all(isinstance(v, str) for v in values)
        )
        self.need(sane, "it has another number of names than of features")
        return list(values)

    def settings(self, told: dict[str, Any]) -> dict[str, Any]:
        """The objective: its name and plain settings."""
        made: dict[str, Any] = {"name": str(told["name"])}
        for key, inner in told.items():
            if isinstance(inner, dict) and len(inner) <= 20 and re.fullmatch(r"[a-z_]{1,60}", key):
                plain = {
                    k: v for k, v in inner.items() if isinstance(v, str) and len(v) <= 400 and len(k) <= 60
                }
                made[key] = plain
        return made
