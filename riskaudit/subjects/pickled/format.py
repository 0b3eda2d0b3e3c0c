"""Format: pickles, and the last word on every file that no other loader knows."""

from __future__ import annotations

from pathlib import Path

from riskaudit.errors import RefusedError
from riskaudit.subjects.pickled.allowed import renamed
from riskaudit.subjects.sandbox.loading import PARTS, sandboxed
from riskaudit.subjects.scan.judging import is_plain_pickle, judge, unknown
from riskaudit.subjects.source import Source
from riskaudit.subjects.subject import Subject
from riskaudit.subjects.trust import Trust

LOADER = "riskaudit.subjects.pickled.making:made"


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
            payload=source.raw,
            kind="a pickle",
            imports=(*PARTS, *modules),
            flag=flag,
            reduced=trust.reduced_sandbox,
        )
