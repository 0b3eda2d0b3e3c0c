"""Format: pickles, and the last word on every file that no other loader knows."""

from __future__ import annotations

from pathlib import Path

from riskaudit.errors import RefusedError
from riskaudit.subjects.pickled.allowed import renamed
from riskaudit.subjects.scan.judging import is_plain_pickle, judge, unknown
from riskaudit.subjects.source import Source
from riskaudit.subjects.subject import Subject
from riskaudit.subjects.trust import Trust

LOADER = "riskaudit.subjects.pickled.making:made"
# What the sandbox needs of ours; imported before its doors are shut.
PARTS = (
    "numpy",
    "pandas",
    "sklearn.base",
    "riskaudit.subjects.pickled.making",
    "riskaudit.subjects.sandbox.rows",
    "riskaudit.subjects.scan.unpacking",
    "riskaudit.subjects.size",
    "riskaudit.subjects.subject",
    "riskaudit.subjects.trusted",
)


class PickleFormat:
    """Pickles, joblib and cloudpickle files; and all other files, which it names and refuses."""

    name = "pickle"

    def recognise(self, head: bytes, path: Path) -> bool:
        """Any file that no loader before this one knew."""
        return bool(head)

    def load(self, source: Source, *, flag: str, trust: Trust) -> Subject:
        """The model in a pickle, if its very hash is trusted; it stays in a sandbox.

        Raises
        ------
        InputError
            If it is no model, or the sandbox dies of it.
        RefusedError
            If it is not trusted, names what no model needs, or the sandbox has not every layer.
        """
        if not is_plain_pickle(source.look.format):
            raise unknown(source, flag)
        found = judge(source)
        if not found.load or trust.pickle != source.sha256:
            raise RefusedError(f"{source.name} {found.why}", found.hint, where=flag)
        modules = sorted({renamed(module, name)[0] for module, name in source.look.names})
        return sandboxed(
            source,
            loader=LOADER,
            kind="a pickle",
            imports=(*PARTS, *modules),
            flag=flag,
            reduced=trust.reduced_sandbox,
        )


def sandboxed(
    source: Source, *, loader: str, kind: str, imports: tuple[str, ...], flag: str, reduced: bool
) -> Subject:
    """A model that lives in a sandbox.

    Raises
    ------
    RefusedError
        If a layer of the sandbox is missing and that was not allowed.
    InputError
        If the model cannot be loaded there.
    """
    from riskaudit.datasets.labels import text_of
    from riskaudit.subjects.sandbox.box import Box
    from riskaudit.subjects.sandbox.estimator import loaded
    from riskaudit.subjects.sandbox.lockdown import NEEDED

    box = Box(loader, name=source.name, flag=flag, imports=imports)
    layers = box.layers()
    missing = [layer for layer in NEEDED if layer not in layers]
    if missing and not reduced:
        box.close()
        raise RefusedError(
            f"{source.name} cannot be loaded: this system's sandbox has no {', '.join(missing)}",
            "use a Linux kernel from 5.13 on, or add --allow-reduced-sandbox",
            where=flag,
        )
    estimator = loaded(box, source.raw, layers)
    shut = "restricted loader, " if loader == LOADER else ""
    return Subject(
        name=source.name,
        kind=f"{estimator.kind} from {kind}, in a sandbox ({shut}{', '.join(sorted(layers)) or 'no layer'})",
        estimator=estimator,
        regression=not hasattr(estimator, "classes_"),
        classes=tuple(text_of(one) for one in getattr(estimator, "classes_", ())),
        features=tuple(getattr(estimator, "feature_names_in_", ())),
        sha256=source.sha256,
        size_bytes=source.size,
    )
