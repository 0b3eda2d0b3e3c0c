"""Loading: a subject whose model lives in a sandbox."""

from __future__ import annotations

from riskaudit.errors import RefusedError
from riskaudit.subjects.sandbox.lockdown import MEMORY
from riskaudit.subjects.source import Source
from riskaudit.subjects.subject import Subject

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


def sandboxed(
    source: Source,
    *,
    loader: str,
    payload: bytes,
    kind: str,
    imports: tuple[str, ...],
    flag: str,
    reduced: bool,
    memory: int = MEMORY,
    environment: dict[str, str] | None = None,
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
    from riskaudit.subjects.sandbox import estimator as boxed
    from riskaudit.subjects.sandbox.box import Box
    from riskaudit.subjects.sandbox.lockdown import NEEDED

    box = Box(loader, name=source.name, flag=flag, imports=imports, memory=memory, environment=environment)
    _meanwhile()
    layers = box.layers()
    missing = [layer for layer in NEEDED if layer not in layers]
    if missing and not reduced:
        box.close()
        raise RefusedError(
            f"{source.name} cannot be loaded: this system's sandbox has no {', '.join(missing)}",
            "use a Linux kernel from 5.13 on, or add --allow-reduced-sandbox",
            where=flag,
        )
    estimator = boxed.loaded(box, payload, layers)
    return Subject(
        name=source.name,
        kind=f"{estimator.kind} from {kind}, in a sandbox ({', '.join(sorted(layers)) or 'no layer'})",
        estimator=estimator,
        regression=not hasattr(estimator, "classes_"),
        classes=tuple(text_of(one) for one in getattr(estimator, "classes_", ())),
        features=tuple(getattr(estimator, "feature_names_in_", ())),
        sha256=source.sha256,
        size_bytes=source.size,
    )


def _meanwhile() -> None:
    """Import here what every audit needs next, while the sandbox imports its own: two processors, half the wait."""
    import pandas
    import sklearn.base  # noqa: F401

    _ = pandas
