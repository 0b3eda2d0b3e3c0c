"""Config: a flag beats the environment, the environment beats riskaudit.toml, and the report says which spoke."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from contextvars import ContextVar
from pathlib import Path
from typing import Annotated, Any

import typer

from riskaudit.cli.sections import Sectioned
from riskaudit.cli.settings_file import SettingsFile, settings_file, unknown
from riskaudit.errors import UsageError, all_of, did_you_mean

CONFIGURED = ("audit", "train", "gate")
SOFTER = frozenset({"set", "waivers", "baseline", "tolerance", "fail_on", "only", "skip", "state"})
SUBJECTS = ("model", "learner", "prediction")
# What a path is called in an option's metavar; an address, or `-`, is left alone.
PATHS = frozenset({"FILE", "FOLDER", "PATH", "MODEL", "DATA", "REPORT"})
_NOT_SETTINGS = frozenset({"help", "config"})
_SOURCES: ContextVar[dict[str, str]] = ContextVar("sources")

ConfigFile = Annotated[
    str,
    typer.Option(
        "--config",
        metavar="FILE|none",
        help="Settings (default: riskaudit.toml or [tool.riskaudit] in pyproject.toml, here or above).",
    ),
]


def sources() -> dict[str, str]:
    """Where each setting of the running command came from: `flag`, `environment`, or a file's name."""
    return dict(_SOURCES.get({}))


def tell_softer() -> None:
    """Tell on stderr of settings that can soften a gate and stand on no command line: a pull request may change them."""
    found: dict[str, list[str]] = {}
    for key, source in sources().items():
        if source != "flag" and key in SOFTER:
            found.setdefault(source, []).append(f"--{key.replace('_', '-')}")
    for source, flags in found.items():
        where = "the environment" if source == "environment" else source
        print(f"note: {', '.join(flags)} from {where}", file=sys.stderr)


class Configured(Sectioned):
    """A command whose options may stand in the settings file and the environment too."""

    settable = True

    def make_context(self, info_name: Any, args: list[str], parent: Any = None, **extra: Any) -> Any:
        """The parsed command line, with what it leaves out taken from the file."""
        name = self.name or ""
        file = None
        if not {"--help", "-h"} & set(args):
            _check_environment(name, self.params)
            file = settings_file(_named(args, name))
        if file is not None:
            extra["default_map"] = _given(file, name, _commands() | {name: self}, args)
        context = super().make_context(info_name, args, parent, **extra)
        _SOURCES.set(dict(_told(context, self.params, file)))
        return context


def _commands() -> dict[str, Any]:
    """Every command that a file may set; only the one that was asked for is there already."""
    from riskaudit.cli.app import made

    return dict(typer.main.get_command(made(CONFIGURED)).commands)  # type: ignore[attr-defined]


def _named(args: list[str], name: str) -> str:
    """The file that --config names, or the environment: RISKAUDIT_AUDIT_CONFIG, RISKAUDIT_CONFIG."""
    for at, word in enumerate(args):
        if word == "--config" and at + 1 < len(args):
            return args[at + 1]
        if word.startswith("--config="):
            return word.removeprefix("--config=")
    own = os.environ.get(f"RISKAUDIT_{name.upper()}_CONFIG", "")
    return own or os.environ.get("RISKAUDIT_CONFIG", "")


def _key(param: Any) -> str:
    """What an option is called in the file: its long flag with _ for -."""
    long = next((word for word in param.opts if word.startswith("--")), param.name or "")
    return long.lstrip("-").replace("-", "_")


def _options(command: Any) -> dict[str, Any]:
    """A command's options by the name they have in the file."""
    return {_key(param): param for param in command.params if _key(param) not in _NOT_SETTINGS}


def _given(file: SettingsFile, name: str, commands: Mapping[str, Any], args: list[str]) -> dict[str, Any]:
    """The file's settings for one command, every key known and every value of the right kind.

    Raises
    ------
    UsageError
        Each fault with its line, all at once.
    """
    known = {one: _options(commands[one]) for one in CONFIGURED if one in commands}
    everywhere = {key: param for options in known.values() for key, param in options.items()}
    found: dict[str, Any] = {}
    checks = []
    tables = {key: value for key, value in file.values.items() if key in known and isinstance(value, dict)}
    shared = {key: value for key, value in file.values.items() if key not in tables}
    for table, entries in {"": shared, **tables}.items():
        options = known[table] if table else everywhere
        for written, value in entries.items():
            key = written.replace("-", "_")
            mine = known[name].get(key) if table in ("", name) else None
            checks.append(lambda t=table, w=written, v=value, o=options: _check(file, t, w, v, o))
            if mine is not None:
                found[mine.name] = (mine, value)
    all_of(*checks)
    plain = {key: _paths(_plain(value, param), param, file) for key, (param, value) in found.items()}
    return _one_subject(plain, known[name], args)


def _check(file: SettingsFile, table: str, written: str, value: Any, options: Mapping[str, Any]) -> None:
    """Refuse a key that is unknown, or a value of the wrong kind."""
    param = options.get(written.replace("-", "_"))
    if param is None:
        names = [*options, *(() if table else CONFIGURED)]
        raise unknown(file, table, written, names)
    kind = _wrong(value, param)
    if kind:
        raise UsageError(
            f"'{written}' is {kind}", f"write {_example(param)}", where=file.place(table, written)
        )


def _wrong(value: Any, param: Any) -> str:
    """What is wrong with a value; empty where nothing is."""
    if getattr(param, "is_flag", False):
        return "" if isinstance(value, bool) else "neither true nor false"
    if isinstance(value, dict):
        pairs = "=" in (param.metavar or "")
        parts = [part for v in value.values() for part in (v if isinstance(v, list) else [v])]
        return "" if pairs and all(map(_scalar, parts)) else "a table, which it cannot be"
    if isinstance(value, list):
        return "" if param.multiple and all(map(_scalar, value)) else "a list, which it cannot be"
    return "" if _scalar(value) else f"a {type(value).__name__}, which it cannot be"


def _scalar(value: Any) -> bool:
    """Whether a value is a word, a number or a truth value."""
    return isinstance(value, (str, int, float))


def _example(param: Any) -> str:
    """How the option is written in the file."""
    key = _key(param)
    if getattr(param, "is_flag", False):
        return f"{key} = true"
    word = (param.metavar or "VALUE").split("|")[0]
    return f'{key} = ["{word}", ...]' if getattr(param, "multiple", False) else f'{key} = "{word}"'


def _plain(value: Any, param: Any) -> Any:
    """A value as the command line would have it: words, a list of them where the option repeats."""
    if getattr(param, "is_flag", False):
        return value
    if isinstance(value, dict):
        return [
            f"{key}={','.join(map(str, part)) if isinstance(part, list) else part}"
            for key, part in value.items()
        ]
    words = [str(part) for part in (value if isinstance(value, list) else [value])]
    return words if getattr(param, "multiple", False) else words[0]


def _paths(value: Any, param: Any, file: SettingsFile) -> Any:
    """Paths as they are from here: in the file they are relative to it."""
    kinds = {kind.split(".")[0] for kind in (param.metavar or "").split("|")}
    if not kinds & PATHS or not isinstance(value, (str, list)):
        return value
    named = not kinds <= PATHS
    if isinstance(value, list):
        return [_path(one, file, named=named) for one in value]
    return _path(value, file, named=named)


def _path(word: str, file: SettingsFile, *, named: bool) -> str:
    """One path; a word that may be a name as well is a path only where there is such a file."""
    folder = file.path.resolve().parent
    if word in ("", "-") or ":" in word.split("/")[0] or Path(word).is_absolute():
        return word
    if named and not (folder / word).exists():
        return word
    return word if folder == Path.cwd() else os.path.relpath(folder / word)


def _one_subject(found: dict[str, Any], options: Mapping[str, Any], args: list[str]) -> dict[str, Any]:
    """The settings without another subject than the flag's, and what goes with it alone."""
    from riskaudit.asking import FLAGS, STRANGE

    flags = [name for name in SUBJECTS if any(a == f"--{name}" or a.startswith(f"--{name}=") for a in args)]
    if len(flags) != 1 or not set(SUBJECTS) <= set(options):
        return found
    strange = {FLAGS.get(name, name).lstrip("-").replace("-", "_") for name in STRANGE[flags[0]]}
    leave = {options[key].name for key in {*SUBJECTS, *strange} - set(flags) if key in options}
    return {key: value for key, value in found.items() if key not in leave}


def _check_environment(name: str, params: list[Any]) -> None:
    """Refuse a RISKAUDIT_AUDIT_... variable that is no option: a typing error would go unnoticed.

    Raises
    ------
    UsageError
        With the nearest name there is.
    """
    prefix = f"RISKAUDIT_{name.upper()}_"
    known = [prefix + (param.name or "").upper() for param in params]
    for variable in sorted(os.environ):
        if variable.startswith(prefix) and variable not in known:
            raise UsageError(
                f"the environment's {variable} is no option of 'riskaudit {name}'",
                did_you_mean(variable, known),
                where=variable,
            )


def _told(context: Any, params: list[Any], file: SettingsFile | None) -> Iterator[tuple[str, str]]:
    """Each setting that was given, and by what."""
    for param in params:
        if _key(param) in _NOT_SETTINGS:
            continue
        source = getattr(context.get_parameter_source(param.name), "name", "")
        where = {"COMMANDLINE": "flag", "ENVIRONMENT": "environment"}.get(source, "")
        if source == "DEFAULT_MAP" and file is not None:
            where = file.path.name
        if where:
            yield _key(param), where
