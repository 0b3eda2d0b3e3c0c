"""Program: an exported program of PyTorch (`.pt2`) read as plain data and run step by step from a list of operators.

`torch.export.load` is never called: up to torch 2.13 it falls back to unpickling whatever it is given, and
evaluates the texts of symbolic shapes. Here the graph is JSON, the weights are raw bytes, and every step is
an ATen function of `operators.py`. What the archive holds besides (sample inputs, guards) is not opened.

References
----------
torch/_export/serde/schema.py and torch/export/pt2_archive of PyTorch 2.8 to 2.13 (schema 8).
"""

from __future__ import annotations

import io
import json
import math
import re
import zipfile
from typing import Any

from riskaudit.subjects.pickled.restricted import Refused
from riskaudit.subjects.tensors.operators import is_aten

MOST_NODES = 100_000
MOST_ELEMENTS = 2**29
_TARGET = re.compile(r"torch\.ops\.aten\.([A-Za-z_0-9]{1,80})\.([A-Za-z_0-9]{1,80})")
_TYPES = {
    1: "uint8",
    2: "int8",
    3: "int16",
    4: "int32",
    5: "int64",
    6: "float16",
    7: "float32",
    8: "float64",
    12: "bool",
}
_TYPES |= {13: "bfloat16"}
_MEMORY = {1: "contiguous_format", 2: "channels_last", 3: "channels_last_3d", 4: "preserve_format"}
_PLAIN = ("as_int", "as_float", "as_bool", "as_ints", "as_floats", "as_bools")


class Program:
    """A graph that takes one table of numbers.

    Attributes
    ----------
    features : int
        Columns of the table, 0 where it is not said.
    batch : int
        Rows that it must be given at once; 0 for any number.
    """

    def __init__(self, raw: bytes) -> None:
        self._archive = zipfile.ZipFile(io.BytesIO(raw))
        self._names = {name.partition("/")[2]: name for name in self._archive.namelist()}
        model = self._json("models/model.json")
        graph = model["graph_module"]["graph"]
        signature = model["graph_module"]["signature"]
        if len(graph["nodes"]) > MOST_NODES:
            raise Refused(f"it has more than {MOST_NODES:,} steps")
        self._values = self._weights(signature["input_specs"])
        self._input, meta = self._shown(signature["input_specs"], graph["tensor_values"])
        self.kind = _type(meta["dtype"])
        sizes = [side.get("as_int") for side in meta["sizes"]]
        if len(sizes) != 2:
            raise Refused(f"it takes an array of {len(sizes)} sides, not a table")
        self.features, self.batch = int(sizes[1] or 0), int(sizes[0] or 0)
        self._steps = [_Step(node) for node in graph["nodes"]]
        told = signature["output_specs"]
        if len(told) != 1 or "user_output" not in told[0] or "as_tensor" not in told[0]["user_output"]["arg"]:
            raise Refused("it gives something else than one array")
        self._output = told[0]["user_output"]["arg"]["as_tensor"]["name"]

    def __call__(self, rows: Any) -> Any:
        """The output for a tensor (n, d)."""
        values = {**self._values, self._input: rows}
        for step in self._steps:
            step.run(values)
        return values[self._output]

    @property
    def parameters(self) -> int:
        """How many weights."""
        return sum(int(one.numel()) for one in self._values.values())

    def _json(self, name: str) -> Any:
        """A member, as plain data."""
        if name not in self._names:
            raise Refused(f"it has no {name}")
        try:
            return json.loads(self._archive.read(self._names[name]))
        except (ValueError, RecursionError) as error:
            raise Refused(f"its {name} is no JSON") from error

    def _shown(self, specs: list[Any], told: dict[str, Any]) -> tuple[str, Any]:
        """The one input that is the table."""
        inputs = [one["user_input"]["arg"] for one in specs if "user_input" in one]
        if len(inputs) != 1 or "as_tensor" not in inputs[0]:
            raise Refused(f"it takes {len(inputs)} inputs; a table is one array (n, d)")
        name = inputs[0]["as_tensor"]["name"]
        return name, told[name]

    def _weights(self, specs: list[Any]) -> dict[str, Any]:
        """Every parameter, buffer and constant, by its name in the graph."""
        held = {"parameter": "weights", "buffer": "weights", "tensor_constant": "constants"}
        config = {
            kind: self._json(f"data/{kind}/model_{kind}_config.json").get("config", {})
            for kind in ("weights", "constants")
        }
        found = {}
        for spec in specs:
            ((what, told),) = spec.items()
            if what == "user_input":
                continue
            if what not in held:
                raise Refused(f"it takes a {what[:40]}, which is not read")
            name = str(told[f"{what}_name"])
            kind = held[what] if name in config[held[what]] else "constants"
            found[told["arg"]["name"]] = self._tensor(kind, config[kind].get(name), name)
        return found

    def _tensor(self, kind: str, told: Any, name: str) -> Any:
        """One array from its raw bytes; never from a pickle."""
        import torch

        if not isinstance(told, dict) or told.get("use_pickle"):
            raise Refused(f"its {name[:80]} is absent or a pickle")
        meta = told["tensor_meta"]
        shape: list[int] = [_whole(one) for one in meta["sizes"]]
        strides = [_whole(one) for one in meta["strides"]]
        raw = bytearray(self._archive.read(self._names[f"data/{kind}/{told['path_name']}"]))
        dtype = _type(meta["dtype"])
        start, n = _whole(meta["storage_offset"]), len(raw) // dtype.itemsize
        last = start + sum((side - 1) * step for side, step in zip(shape, strides, strict=True))
        count = int(math.prod(shape))
        if len(shape) > 8 or count > MOST_ELEMENTS or (count and last >= n):
            raise Refused(f"its {name[:80]} is larger than its file")
        if not count:
            return torch.empty(shape, dtype=dtype)
        return torch.frombuffer(raw, dtype=dtype).as_strided(shape, strides, start).clone()


class _Step:
    """One call of an operator."""

    def __init__(self, node: dict[str, Any]) -> None:
        import torch

        hit = _TARGET.fullmatch(str(node.get("target")))
        if hit is None or not is_aten(hit[1]):
            raise Refused(
                f"it asks for {str(node.get('target'))[:80]}, which is not on the list of operators"
            )
        packet = getattr(torch.ops.aten, hit[1], None)
        if packet is None or hit[2] not in packet.overloads():
            raise Refused(f"this torch has no {hit[0]}")
        self.operator = getattr(packet, hit[2])
        self.known = {one.name: one for one in self.operator._schema.arguments}
        self.inputs = [(str(one.get("name")), one["arg"], one.get("kind")) for one in node["inputs"]]
        if unknown := [name for name, _, _ in self.inputs if name not in self.known]:
            raise Refused(f"{hit[0]} has no argument {unknown[0][:40]}")
        self.outputs = [_name_of(one) for one in node["outputs"]]

    def run(self, values: dict[str, Any]) -> None:
        """Call it, and keep what it gives under its names."""
        made = {name: _argument(arg, values) for name, arg, _ in self.inputs}
        plain = [made[name] for name, one in self.known.items() if name in made and not one.kwarg_only]
        skipped = [name for name, one in self.known.items() if not one.kwarg_only and name not in made]
        named = {name: value for name, value in made.items() if self.known[name].kwarg_only}
        given = (
            self.operator(*plain, **named)
            if not skipped
            or list(self.known)[: len(plain)] == [n for n in made if not self.known[n].kwarg_only]
            else self.operator(**made)
        )
        if len(self.outputs) == 1 and isinstance(self.outputs[0], str):
            values[self.outputs[0]] = given
            return
        flat = self.outputs[0] if len(self.outputs) == 1 else self.outputs
        for name, one in zip(flat, given, strict=False):
            if name:
                values[name] = one


def _name_of(told: dict[str, Any]) -> Any:
    """The name, or names, of an output."""
    match told:
        case {"as_tensor": {"name": str(name)}} | {"as_sym_int": {"as_name": str(name)}}:
            return name
        case {"as_tensors": list(held)}:
            return [str(one["name"]) for one in held]
        case {"as_none": _}:
            return ""
    raise Refused("a step gives what is not known")


def _argument(told: dict[str, Any], values: dict[str, Any]) -> Any:
    """An argument: an earlier value, or a plain one."""
    import torch

    ((kind, held),) = told.items()
    if kind in _PLAIN:
        return held
    match kind:
        case "as_none":
            return None
        case "as_tensor":
            return values[held["name"]]
        case "as_tensors":
            return [values[one["name"]] for one in held]
        case "as_optional_tensors":
            return [values[one["as_tensor"]["name"]] if "as_tensor" in one else None for one in held]
        case "as_optional_tensor":
            return values[held["as_tensor"]["name"]] if "as_tensor" in held else None
        case "as_sym_int":
            return _symbol(held, values)
        case "as_sym_ints":
            return [_symbol(one, values) for one in held]
        case "as_scalar_type":
            return _type(held)
        case "as_memory_format" if held in _MEMORY:
            return getattr(torch, _MEMORY[held])
        case "as_layout":
            return torch.strided
        case "as_device":
            return torch.device("cpu")
        case "as_string" if held in ("none", "tanh", "mean", "sum", "floor", "trunc"):
            return held
    raise Refused(f"a step has an argument that is not known ({kind[:40]})")


def _symbol(told: dict[str, Any], values: dict[str, Any]) -> Any:
    return values[told["as_name"]] if "as_name" in told else int(told["as_int"])


def _whole(told: Any) -> int:
    """A size that is a number."""
    if not isinstance(told, dict) or not isinstance(told.get("as_int"), int) or told["as_int"] < 0:
        raise Refused("a weight's size is no number")
    return int(told["as_int"])


def _type(told: Any) -> Any:
    import torch

    if told not in _TYPES:
        raise Refused("it holds numbers of a type that is not read")
    return getattr(torch, _TYPES[told])
