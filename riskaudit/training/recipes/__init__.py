"""Recipes: ways of training that depart from the plain one, a file each, and which of them was asked for."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from riskaudit.errors import UsageError
from riskaudit.training.recipes.way import Way

__all__ = ["Asked", "Way", "way_of"]


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What was asked for beyond a learner and its settings; None or empty where nothing was."""

    pretrain: int | None = None
    source: Path | None = None
    freeze: int | None = None
    teacher: Path | None = None
    temperature: float | None = None
    alpha: float | None = None
    epsilon: float | None = None
    delta: float | None = None
    clip: float | None = None
    clients: str = ""
    rounds: int | None = None
    local_epochs: int | None = None
    client_share: float | None = None
    reweigh: str = ""

    def recipes(self) -> list[str]:
        """The flags of recipes that were given."""
        flags = {
            "--pretrain": self.pretrain,
            "--from": self.source,
            "--teacher": self.teacher,
            "--dp-epsilon": self.epsilon,
            "--client-column": self.clients,
            "--reweigh": self.reweigh,
        }
        return [flag for flag, value in flags.items() if value not in (None, "")]


def way_of(asked: Asked, *, seed: int = 0) -> Way:
    """The one recipe that was asked for, or the plain way.

    Raises
    ------
    UsageError
        If two were, a flag stands without the one it belongs to, or a number is out of range.
    InputError
        If a model it starts from cannot be read.
    """
    given = asked.recipes()
    _check_alone(asked, given)
    if len(given) > 1:
        raise UsageError(f"{' and '.join(given)} cannot go together", "give one recipe a training")
    if asked.epsilon is not None:
        from riskaudit.training.recipes.private import Private

        return Private(asked.epsilon, asked.delta, asked.clip)
    if asked.clients:
        from riskaudit.training.recipes.averaged import Averaged

        return Averaged(
            asked.clients,
            asked.rounds,
            seed,
            share=asked.client_share,
            local_epochs=asked.local_epochs,
        )
    if asked.reweigh:
        from riskaudit.training.recipes.reweighed import Reweighed

        return Reweighed(asked.reweigh)
    return _from_another(asked)


def _from_another(asked: Asked) -> Way:
    """The recipes that begin with a model, or with layers."""
    if asked.teacher is not None:
        from riskaudit.training.recipes.distilled import Distilled

        return Distilled(asked.teacher, asked.temperature, asked.alpha)
    if asked.source is not None:
        from riskaudit.training.recipes.tuned import Tuned

        return Tuned(asked.source, asked.freeze)
    if asked.pretrain is not None:
        from riskaudit.training.recipes.pretrained import Pretrained

        return Pretrained(asked.pretrain)
    return Way()


def _check_alone(asked: Asked, given: list[str]) -> None:
    """Refuse a flag whose recipe was not asked for."""
    belongs = {
        "--dp-delta": (asked.delta, "--dp-epsilon"),
        "--dp-clip": (asked.clip, "--dp-epsilon"),
        "--rounds": (asked.rounds, "--client-column"),
        "--local-epochs": (asked.local_epochs, "--client-column"),
        "--client-share": (asked.client_share, "--client-column"),
        "--alpha": (asked.alpha, "--teacher"),
        "--temperature": (asked.temperature, "--teacher"),
        "--freeze": (asked.freeze, "--from"),
    }
    for flag, (value, recipe) in belongs.items():
        if value is not None and recipe not in given:
            raise UsageError(f"{flag} says nothing without {recipe}", f"give {recipe} too", where=flag)
