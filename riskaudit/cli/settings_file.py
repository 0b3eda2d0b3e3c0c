"""Settings file: riskaudit.toml, or [tool.riskaudit] in pyproject.toml, found, read and numbered."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from riskaudit.errors import UsageError, did_you_mean

NAME, PYPROJECT = "riskaudit.toml", "pyproject.toml"
_HEADER = re.compile(r"\s*\[{1,2}\s*([^\]]+?)\s*\]{1,2}\s*(#.*)?$")
_KEY = re.compile(r"""\s*(["']?)([A-Za-z0-9_.-]+)\1\s*=""")


@dataclass(frozen=True, kw_only=True)
class SettingsFile:
    """A file's settings: its table `values`, and the lines that each stands on."""

    path: Path
    values: dict[str, Any]
    lines: dict[tuple[str, str], int]

    def place(self, table: str, key: str) -> str:
        """`riskaudit.toml:12`: where a key stands."""
        line = self.lines.get((table, key)) or self.lines.get(("", table)) or self.lines.get(("", key))
        return f"{self.path.name}:{line}" if line else self.path.name


def settings_file(named: str, folder: Path | None = None) -> SettingsFile | None:
    """The file that --config names, else the nearest from this folder up to the repository's root.

    Raises
    ------
    UsageError
        If the named file is absent, or a file is not TOML.
    """
    if named == "none":
        return None
    if named:
        return _read(Path(named))
    here = (folder or Path.cwd()).resolve()
    for place in (here, *here.parents):
        for name in (NAME, PYPROJECT):
            found = _read(place / name) if (place / name).is_file() else None
            if found is not None:
                return found
        if (place / ".git").exists():
            break
    return None


def _read(path: Path) -> SettingsFile | None:
    """A file's settings; None where a pyproject.toml has none."""
    import tomllib

    try:
        raw = path.read_bytes()
        if path.name == PYPROJECT and b"riskaudit" not in raw:
            return None
        text = raw.decode("utf-8-sig")
        values = tomllib.loads(text)
    except OSError as error:
        raise UsageError(
            f"{path} cannot be read: {error.strerror}", "name a TOML file, or none", where="--config"
        ) from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{path} is not UTF-8 text", "save it as UTF-8", where=path.name) from error
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        line = re.search(r"at line (\d+)", str(error))
        raise UsageError(
            f"{path.name} is not TOML: {str(error).split(' (at')[0]}",
            "mend it, or run with --config none",
            where=f"{path.name}:{line[1]}" if line else path.name,
        ) from error
    prefix = ""
    if path.name == PYPROJECT:
        values, prefix = values.get("tool", {}).get("riskaudit"), "tool.riskaudit"
        if values is None:
            return None
    return SettingsFile(path=path, values=values, lines=_lines(text, prefix))


def _lines(text: str, prefix: str) -> dict[tuple[str, str], int]:
    """The line of each (table, key) and each table under the prefix; the first where one stands twice.

    TOML's own reader keeps no line numbers. Lines within a value of several lines could look like keys, but
    only keys that were read are ever looked up.
    """
    found: dict[tuple[str, str], int] = {}
    table: str | None = "" if not prefix else None
    for number, line in enumerate(text.splitlines(), start=1):
        if header := _HEADER.match(line):
            name = re.sub(r"[\s\"']", "", header[1])
            if prefix:
                inside = name == prefix or name.startswith(prefix + ".")
                table = name[len(prefix) :].lstrip(".") if inside else None
            else:
                table = name
            if table:
                found.setdefault(("", table), number)
        elif table is not None and (key := _KEY.match(line)):
            found.setdefault((table, key[2]), number)
    return found


def unknown(file: SettingsFile, table: str, key: str, known: list[str]) -> UsageError:
    """The error for a key that no command has."""
    where = f" in [{table}]" if table else ""
    return UsageError(
        f"there is no setting '{key}'{where}", did_you_mean(key, known), where=file.place(table, key)
    )
