"""Audits: one package each, one line each in the registry; installed plugins join it."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from contextlib import redirect_stdout, suppress
from importlib import import_module

from riskaudit.apart import POSSIBLE, apart, within
from riskaudit.audits.audit import Audit, told
from riskaudit.errors import UsageError

AUDITS: dict[str, str] = {
    "bias": "riskaudit.audits.bias:BiasAudit",
    "explainability": "riskaudit.audits.explainability:ExplainabilityAudit",
    "privacy": "riskaudit.audits.privacy:PrivacyAudit",
    "compute": "riskaudit.audits.compute:ComputeAudit",
    "exposure": "riskaudit.audits.exposure:ExposureAudit",
    "release": "riskaudit.audits.release:ReleaseAudit",
}
ENTRY_POINTS = "riskaudit.audits"
IMPORT_SECONDS = 60  # that a plugin may take to be imported


class BrokenPlugin:
    """An installed audit that cannot be loaded.

    It stands in the registry so that the gap is seen: every run has a failed result that says why.
    """

    measures: dict[str, str] = {}

    def __init__(self, name: str, reason: str) -> None:
        self.name = name
        self.question = "this plugin could not be loaded"
        self.reason = reason

    def examine(self, evidence: object) -> object:
        """Fail with the reason."""
        raise RuntimeError(self.reason)


def audits() -> dict[str, Audit]:
    """Every audit by name: ours first, then installed plugins in the order of their names.

    Raises
    ------
    UsageError
        If two packages give an audit of the same name.
    """
    from importlib.metadata import entry_points

    found: dict[str, Audit] = {name: _make(home) for name, home in AUDITS.items()}
    givers = dict.fromkeys(found, "riskaudit")
    for point in sorted(entry_points(group=ENTRY_POINTS), key=lambda p: (p.name, p.value)):
        giver = point.dist.name if point.dist else point.value
        if point.name in found:
            raise UsageError(
                f"two packages give an audit '{point.name}': {givers[point.name]} and {giver}",
                f"uninstall one: pip uninstall {giver}",
            )
        found[point.name] = _plugin(point.name, point.value, giver)
        givers[point.name] = giver
    return found


def _make(home: str) -> Audit:
    """The audit that `module:Class` names."""
    module, _, name = home.partition(":")
    made: Audit = getattr(import_module(module), name)()
    return made


def _plugin(name: str, home: str, giver: str) -> Audit:
    """A plugin's audit, or a stand-in that fails with the reason."""
    try:
        _outlive(home)
        with (
            within(IMPORT_SECONDS),
            redirect_stdout(sys.stderr),
        ):  # stdout is the answer, no plugin's to print on
            made = _make(home)
            fault = _fault(made, name)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: BLE001 -- a plugin can fail in any way, SystemExit(0) among them
        return BrokenPlugin(name, f"plugin '{name}' of {giver} cannot be loaded: {told(error)}")  # type: ignore[return-value]
    return BrokenPlugin(name, f"plugin '{name}' of {giver} {fault}") if fault else made  # type: ignore[return-value]


def _outlive(home: str) -> None:
    """Import a plugin in a process of its own first: one that leaves by `os._exit(0)` or crashes there must not end
    this run, with 0 of all codes. What it raises is told when it is imported here.

    Raises
    ------
    Ended
        If that process did not outlive the import.
    """
    if POSSIBLE and home.partition(":")[0] not in sys.modules:
        apart(lambda: _tried(home), seconds=IMPORT_SECONDS)


def _tried(home: str) -> bytes:
    """In the child."""
    with suppress(Exception, SystemExit):
        _make(home)
    return b"alive"


def _fault(made: object, name: str) -> str:
    """What keeps an object from being an audit; empty where nothing does."""
    if not isinstance(made, Audit):
        return "is not an audit: it needs name, question, measures and examine()"
    if made.name != name:
        return f"calls itself '{made.name}'; entry point and name must be one word"
    if not isinstance(made.measures, Mapping) or not all(
        isinstance(w, str) for pair in made.measures.items() for w in pair
    ):
        return "declares its measures not as names with meanings"
    strange = [m for m in made.measures if not m.startswith(f"{name}.")]
    return f"declares measures outside its own area: {', '.join(strange)}" if strange else ""


def declared_measures(of: dict[str, Audit]) -> dict[str, str]:
    """Every declared measure with its meaning."""
    return {measure: meaning for audit in of.values() for measure, meaning in audit.measures.items()}
