"""Judging: from what was seen in a file to whether it may be loaded, and with which flag."""

from __future__ import annotations

from dataclasses import dataclass

from riskaudit.errors import InputError, RefusedError
from riskaudit.subjects.pickled.allowed import native_library, strangers
from riskaudit.subjects.scan.look import Finding
from riskaudit.subjects.source import Source

MOST_TOLD = 4
MODELS = ("sklearn.", "riskaudit.")
TORCH = frozenset(
    {
        *(("torch._utils", name) for name in ("_rebuild_tensor_v2", "_rebuild_tensor", "_rebuild_parameter")),
        *(
            ("torch", f"{kind}Storage")
            for kind in [
                "Float",
                "Double",
                "Half",
                "Long",
                "Int",
                "Short",
                "Char",
                "Byte",
                "Bool",
                "BFloat16",
            ]
        ),
        *(
            ("torch", kind)
            for kind in [
                "float32",
                "float64",
                "float16",
                "bfloat16",
                "int64",
                "int32",
                "int16",
                "int8",
                "uint8",
                "bool",
            ]
        ),
        *(("torch", "Size"), ("torch", "device"), ("torch.storage", "UntypedStorage")),
        *(("collections", "OrderedDict"), ("torch.jit._pickle", "restore_type_tag")),
        *(("torch.jit._pickle", f"build_{kind}list") for kind in ("int", "double", "bool", "tensor")),
    }
)
"""What PyTorch's own archives of tensors and scripts name; exact pairs."""
OWN_CLASSES = ("__torch__", "torch.nn.modules.")
"""Classes of an archive's own code, which is looked at; and PyTorch's layers, which are refused by the loader."""
_EXPORT = "export it: torch.export.save(torch.export.export(model.eval(), (rows,)), 'model.pt2')"
_SAVE = "save the model in a form that runs nothing: skops.io.dump(model, 'model.skops')"


@dataclass(frozen=True, kw_only=True)
class Judgement:
    """Whether a file may be loaded.

    Attributes
    ----------
    load : bool
        Whether it may, with `flag` if that is not empty.
    flag : str
        What the person must say to load it.
    why : str
        What stands against it, or what it would be loaded as; in a sentence without its subject.
    hint : str
        What to do.
    """

    load: bool
    flag: str = ""
    why: str = ""
    hint: str = ""


def judge(source: Source) -> Judgement:
    """What is to be done with a file, by what a scan saw in it."""
    look = source.look
    dangers = dangers_of(source)
    if is_plain_pickle(look.format):
        return _pickle(source, dangers)
    if dangers:
        return Judgement(
            load=False,
            why=f"is a {look.format or 'file'} with {told(dangers)}; it was not opened",
            hint="no flag loads it: get the model from whoever made it, in a form that runs nothing",
        )
    if look.fault and look.format and not look.format.startswith("unknown content"):
        return Judgement(load=False, why=f"is a broken {look.format}: {look.fault}", hint=_SAVE)
    if look.pickled and not look.format.startswith(("PyTorch", "TorchScript")):
        return Judgement(
            load=False, why=f"is a {look.format} with pickles inside; it was not opened", hint=_SAVE
        )
    if look.format in ("TorchScript archive", "PyTorch archive"):
        return _torch(source)
    return Judgement(load=True, why=f"is a {look.format}" if look.format else "")


def _torch(source: Source) -> Judgement:
    """TorchScript, a program of its own that may loop for ever; and PyTorch's pickles of weights, or of classes."""
    if source.look.format == "TorchScript archive":
        flag = f"--trust-pickle sha256:{source.sha256}"
        return Judgement(
            load=True,
            flag=flag,
            why="is TorchScript: a program, which is not run unasked; it was not opened",
            hint=f"if you trust it, add {flag} to load it in a sandbox; or {_EXPORT}",
        )
    if any(module.startswith("torch.nn") for module, _ in source.look.names):
        return Judgement(
            load=False, why="pickles a PyTorch module class by class; it was not opened", hint=_EXPORT
        )
    return Judgement(
        load=True,
        flag="--model python:package.module:Class --weights FILE",
        why="holds weights of PyTorch and no model",
        hint=f"name the class they belong to, --model python:package.module:Class --weights {source.name}, or {_EXPORT}",
    )


def is_plain_pickle(form: str) -> bool:
    """Whether a format is one pickle, as pickle, joblib or cloudpickle write it, compressed or not."""
    return form.partition(" (")[0] in ("pickle", "joblib pickle", "cloudpickle")


def dangers_of(source: Source) -> list[Finding]:
    """What would run, and the names that no list has."""
    look = source.look
    torch = look.format.startswith(("PyTorch", "TorchScript"))
    found = [one for one in look.findings if one.runs]
    for module, name in strangers(look.names):
        if not (torch and ((module, name) in TORCH or _own(module, name))):
            found.append(Finding(what=f"{module}.{name}", where=look.names[module, name]))
    return found


def _own(module: str, name: str) -> bool:
    return module.startswith(OWN_CLASSES) and "." not in name


def told(findings: list[Finding]) -> str:
    """The first few, and how many more there are."""
    words = ", ".join(one.words for one in findings[:MOST_TOLD])
    return words + (f" and {len(findings) - MOST_TOLD} more" if len(findings) > MOST_TOLD else "")


def _pickle(source: Source, dangers: list[Finding]) -> Judgement:
    """A pickle: never unasked, and never at all where it names what no model of scikit-learn needs."""
    look = source.look
    library = native_library(look.names)
    if library:
        own = {
            "XGBoost": "model.save_model('model.json')",
            "LightGBM": "model.booster_.save_model('model.txt')",
        }
        return Judgement(
            load=False,
            why=f"is a {look.format} of {library}, whose own bytes inside cannot be checked; it was not opened",
            hint=f"save it in {library}'s own format: {own.get(library, 'model.save_model(...)')}",
        )
    if dangers:
        return Judgement(
            load=False,
            why=f"is a {look.format} that would run or name {told(dangers)}; it was not opened",
            hint=f"no flag loads it; where you trust it, load it and {_SAVE}",
        )
    if look.fault:
        return Judgement(
            load=False, why=f"is a broken {look.format}: {look.fault}; it was not opened", hint=_SAVE
        )
    if not any(module.startswith(MODELS) for module, _ in look.names):
        return Judgement(
            load=False,
            why=f"is a {look.format} that names no model of scikit-learn; it was not opened",
            hint=_SAVE,
        )
    flag = f"--trust-pickle sha256:{source.sha256}"
    return Judgement(
        load=True,
        flag=flag,
        why=f"is a {look.format}: a program, which is not run unasked; it was not opened. "
        f"It names {len(look.names)} things ({named(source)}), all of them on the list of a model's parts",
        hint=f"if you trust it, add {flag} to load it in a sandbox; or {_SAVE}",
    )


def named(source: Source, most: int = 3) -> str:
    """The first names inside."""
    words = [f"{module}.{name}" for module, name in source.look.names]
    words.sort(key=lambda one: (not one.startswith("sklearn"), one))
    return ", ".join(words[:most]) + (", ..." if len(words) > most else "")


def refuse_dangers(source: Source, flag: str) -> None:
    """Raise where nothing could make the file loadable.

    Raises
    ------
    RefusedError
        Naming what is inside.
    """
    found = judge(source)
    if not found.load:
        raise RefusedError(f"{source.name} {found.why}", found.hint, where=flag)


def unknown(source: Source, flag: str) -> InputError:
    """No loader knows the content."""
    form, fault = source.look.format, source.look.fault
    if form.startswith("unknown content"):
        what = form.removeprefix("unknown content ")
        why = f": {fault}" if fault else ""
        return InputError(
            f"{source.name} is a compressed file {what} that holds no model{why}", _SAVE, where=flag
        )
    if form and fault:
        return InputError(f"{source.name} is a broken archive or pickle ({form}): {fault}", _SAVE, where=flag)
    if form:
        return InputError(f"{source.name} is a {form}, but no model that is known", _SAVE, where=flag)
    return InputError(
        f"{source.name} is not a model of a format that is known (first bytes {source.raw[:4]!r})",
        "save the model with 'riskaudit train' or skops.io.dump",
        where=flag,
    )
