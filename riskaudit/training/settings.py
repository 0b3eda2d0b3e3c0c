"""Settings: what a learner lets you set, what each takes, and how words from a terminal become it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import inf, isfinite
from numbers import Integral, Real
from typing import Any

from riskaudit.errors import UsageError, did_you_mean


class SettingError(UsageError):
    """A setting that a learner has not, or a value it does not take; `setting` is its name."""

    def __init__(self, problem: str, hint: str = "", *, setting: str, where: str = "") -> None:
        super().__init__(problem, hint, where=where)
        self.setting = setting


@dataclass(frozen=True, kw_only=True)
class Setting:
    """What one setting takes: any of the kinds that are switched on.

    Attributes
    ----------
    whole, real : (low, high) or None
        Whole or real numbers from low to high, both allowed unless `above` shuts the low end, `below` the high.
    words : tuple of str
        Words with a meaning of their own.
    infinite : bool
        Whether a real number may be infinity.
    none, flag, several, name : bool
        `none`; true or false; several whole numbers (`64,32`, or `none` for none at all); the name of a
        column, as it is written.
    """

    whole: tuple[float, float] | None = None
    real: tuple[float, float] | None = None
    above: bool = False
    below: bool = False
    infinite: bool = False
    words: tuple[str, ...] = ()
    none: bool = False
    flag: bool = False
    several: bool = False
    name: bool = False

    def parsed(self, value: Any) -> Any:
        """The value as its Python type.

        Raises
        ------
        ValueError
            If it is none of what this setting takes.
        """
        for read in (self._none, self._flag, self._word, self._several, self._whole, self._real, self._name):
            found = read(value)
            if found is not _NOT:
                return found
        endless = (self.whole or self.real) and not isfinite(_number(value) or 0)
        raise ValueError(f"{self.range}, and finite" if endless else self.range)

    @property
    def range(self) -> str:
        """What it takes, in words: `a whole number from 1, or none`."""
        told = []
        if self.several:
            told.append("whole numbers from 1 with commas (64,32), or none")
        if self.flag:
            told.append("true or false")
        told += [f"a whole number {_span(self.whole)}"] if self.whole else []
        told += [f"a number {_span(self.real, above=self.above, below=self.below)}"] if self.real else []
        told += ["the name of a column"] if self.name else []
        told += [*self.words, *(["none"] if self.none else [])]
        return told[0] if len(told) == 1 else f"{', '.join(told[:-1])} or {told[-1]}"

    def _none(self, value: Any) -> Any:
        return None if self.none and (value is None or _word(value) == "none") else _NOT

    def _flag(self, value: Any) -> Any:
        if not self.flag:
            return _NOT
        return value if isinstance(value, bool) else _FLAGS.get(_word(value), _NOT)

    def _word(self, value: Any) -> Any:
        return _word(value) if _word(value) in self.words else _NOT

    def _several(self, value: Any) -> Any:
        if not self.several:
            return _NOT
        listed = list(value) if isinstance(value, list | tuple) else str(value).strip("()[] ").split(",")
        if len(listed) == 1 and isinstance(listed[0], str) and listed[0].strip().lower() in ("", "none"):
            return ()
        numbers = [_number(part) for part in listed if part != ""]  # (16,) ends in nothing
        fine = all(n is not None and n >= 1 and float(n).is_integer() for n in numbers)
        return tuple(int(n) for n in numbers if n is not None) if fine else _NOT

    def _whole(self, value: Any) -> Any:
        number = _number(value) if self.whole else None
        if number is None or self.whole is None or not isfinite(number) or not float(number).is_integer():
            return _NOT
        # With a real kind beside it (a share of features), 1.0 is a share and 1 a count.
        if self.real and not (isinstance(value, Integral) or str(value).strip().lstrip("+").isdigit()):
            return _NOT
        return int(number) if self.whole[0] <= number <= self.whole[1] else _NOT

    def _real(self, value: Any) -> Any:
        number = _number(value) if self.real else None
        if number is None or self.real is None or not (self.infinite or isfinite(number)):
            return _NOT
        low, high = self.real
        shut = (self.above and number == low) or (self.below and number == high)
        return float(number) if low <= number <= high and not shut else _NOT

    def _name(self, value: Any) -> Any:
        return value if self.name and isinstance(value, str) and value.strip() else _NOT


def parse(settings: Mapping[str, Any], known: Mapping[str, Setting], *, learner: str) -> dict[str, Any]:
    """Settings with values of the right type.

    Raises
    ------
    SettingError
        On a setting the learner has not, or a value it does not take.
    """
    parsed = {}
    for name, value in settings.items():
        key = str(name).replace("-", "_")
        if key in _ELSEWHERE:
            problem = f"'{name}' is not a setting of learner '{learner}'"
            raise SettingError(problem, _ELSEWHERE[key], setting=key)
        if key not in known:
            hint = did_you_mean(key, sorted(known))
            raise SettingError(f"learner '{learner}' has no setting '{name}'", hint, setting=key)
        try:
            parsed[key] = known[key].parsed(value)
        except ValueError as error:
            problem = f"{name} of learner '{learner}' cannot be {value!r}"
            raise SettingError(problem, f"it takes {error}", setting=key) from None
    return parsed


_NOT = object()
_FLAGS = {
    "true": True,
    "yes": True,
    "on": True,
    "1": True,
    "false": False,
    "no": False,
    "off": False,
    "0": False,
}
_ELSEWHERE = {
    "random_state": "the seed is its own option: --seed",
    "seed": "the seed is its own option: --seed",
    "n_jobs": "cores are their own option, --jobs, and change no result",
}


def _word(value: Any) -> str:
    return value.strip().lower() if isinstance(value, str) else ""


def _number(value: Any) -> float | None:
    """A number from a number or a word; None for anything else, NaN included."""
    if isinstance(value, bool) or not isinstance(value, Real | str):
        return None
    try:
        number = float(value)
    except ValueError:
        return None
    return None if number != number else number


def _span(bounds: tuple[float, float] | None, *, above: bool = False, below: bool = False) -> str:
    low, high = bounds or (-inf, inf)
    start = f"{'above' if above else 'from'} {low:g}"
    return start if high == inf else f"{start} to {'below ' if below else ''}{high:g}"
