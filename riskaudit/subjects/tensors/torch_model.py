"""Torch model: an exported program, or TorchScript, as a network that is asked; runs inside the sandbox."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable
from typing import Any

import numpy as np

from riskaudit.subjects.pickled.restricted import Refused
from riskaudit.subjects.tensors.asked import Network
from riskaudit.subjects.tensors.program import Program

FEW = 8
MOST_TRIED = 50


def made_program(raw: bytes) -> tuple[Any, bytes]:
    """The exported program in a file, and what is told of it, as JSON.

    Raises
    ------
    Refused
        If it is none, or asks for an operator that is not on the list.
    """
    import torch

    torch.set_num_threads(1)
    try:
        program = Program(raw)
        with torch.inference_mode():
            ask = _batched(program)
    except (KeyError, ValueError, TypeError, IndexError, struct.error, OverflowError) as error:
        raise Refused(f"it is no exported program as torch writes them ({type(error).__name__})") from error
    if not program.features:
        raise Refused("it does not say how many columns it takes; export it with a fixed width")
    model = Network(
        _inferring(ask),
        features=program.features,
        parameters=program.parameters,
        kind="PyTorch exported program",
    )
    return model, json.dumps(model.about()).encode()


def _inferring(ask: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Asked without gradients, from a NumPy table to a NumPy array."""
    import torch

    def asked(table: Any) -> Any:
        with torch.inference_mode():
            return ask(table).to(torch.float64).numpy()

    return asked


def _batched(program: Program) -> Callable[[Any], Any]:
    """All rows at once where the graph takes any number, else as many as it was exported with, filled up."""
    import torch

    def whole(table: Any) -> Any:
        return program(torch.from_numpy(table).to(program.kind))

    def pieces(table: Any) -> Any:
        found = []
        for at in range(0, len(table), program.batch):
            piece = table[at : at + program.batch]
            filled = np.resize(piece, (program.batch, table.shape[1]))
            found.append(whole(filled)[: len(piece)])
        return torch.cat(found)

    if not program.batch:
        return whole
    rows = np.random.default_rng(1).normal(size=(max(FEW, 2 * program.batch), program.features))
    one_by_one = pieces(rows)
    try:
        together = whole(rows)
    except (RuntimeError, IndexError):
        return pieces
    same = together.shape == one_by_one.shape and torch.allclose(together, one_by_one, rtol=1e-5, atol=1e-6)
    return whole if same else pieces


def made_script(raw: bytes) -> tuple[Any, bytes]:
    """The TorchScript module in a file, and what is told of it, as JSON.

    Raises
    ------
    Refused
        If it cannot be read, or takes no table.
    """
    import io
    import warnings

    import torch

    from riskaudit.subjects.tensors.script import checked

    checked(raw)
    torch.set_num_threads(1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that TorchScript is deprecated is no news to whoever audits one
        try:
            module = torch.jit.load(io.BytesIO(raw), map_location="cpu").eval()
        except (RuntimeError, ValueError) as error:
            first = str(error).splitlines()[0][:200] if str(error) else type(error).__name__
            raise Refused(f"torch cannot read it: {first}") from error
    kind, features = _width(module)
    model = Network(
        _inferring(lambda table: module(torch.from_numpy(table).to(kind))),
        features=features,
        parameters=sum(int(one.numel()) for one in module.parameters()),
        kind="TorchScript module",
    )
    return model, json.dumps(model.about()).encode()


def _width(module: Any) -> tuple[Any, int]:
    """The type and number of columns that it takes: found by trying the widths that its weights have."""
    import torch

    held = list(module.parameters())[:MOST_TRIED]
    kind = next((one.dtype for one in held if one.is_floating_point()), torch.float32)
    widths = dict.fromkeys(int(side) for one in held for side in reversed(one.shape) if side)
    for width in widths:
        try:
            with torch.inference_mode():
                said = module(torch.zeros((2, width), dtype=kind))
        except (RuntimeError, IndexError, TypeError):
            continue
        if isinstance(said, torch.Tensor) and len(said) == 2:
            return kind, width
    raise Refused("it takes no table of numbers (n, d), or none of the widths that its weights have")
