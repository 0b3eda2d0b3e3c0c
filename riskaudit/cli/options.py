"""Options that several commands share, and how their words are read."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from math import isfinite
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from riskaudit.errors import UsageError

Severities = StrEnum("Severities", ["low", "medium", "high", "critical"])
Efforts = StrEnum("Efforts", ["quick", "normal", "deep"])
Languages = StrEnum("Languages", ["en", "zh"])
Tasks = StrEnum("Tasks", ["classification", "regression"])
Decimals = StrEnum("Decimals", {"point": ".", "comma": ","})

Rules = Annotated[
    list[str], typer.Option("--rules", metavar="NAME|PATH", help="Rulebook; repeat for several.")
]
Formats = Annotated[
    list[str],
    typer.Option(
        "-f",
        "--format",
        metavar="FORMAT",
        help="html, md, json, sarif, pdf, model-card, ... (riskaudit list formats); repeat, or separate by commas.",
    ),
]
Set = Annotated[
    list[str],
    typer.Option(
        "--set", metavar="RULE.LIMIT=VALUE", help="Change a rule's limit, and record it; repeatable."
    ),
]
Waivers = Annotated[
    list[str], typer.Option("--waivers", metavar="FILE", help="Findings that are let be (YAML).")
]
BaselineFile = Annotated[
    str, typer.Option("--baseline", metavar="FILE", help="Only what is new or worse than this fails.")
]
StrictBaseline = Annotated[
    bool, typer.Option("--strict-baseline", help="A number that got worse fails, even within its limit.")
]
Tolerance = Annotated[
    float | None,
    typer.Option("--tolerance", min=0, help="Share of the way from ideal to limit that is no change (0.02)."),
]
State = Annotated[
    list[str],
    typer.Option(
        "--state", metavar="KEY=TEXT", help="What a law asks for and no measure can say: auditor=..."
    ),
]
Strict = Annotated[bool, typer.Option("--strict", help="An unsure rule fails too.")]
FailOn = Annotated[
    Severities, typer.Option("--fail-on", help="Rules below this severity cannot fail the gate.")
]
Seed = Annotated[int, typer.Option("--seed", min=0, max=2**32 - 1, help="Same seed, same report.")]
Country = Annotated[
    str,
    typer.Option(
        "--country",
        metavar="ISO3[/REGION]",
        help="Where it runs: FRA, USA/CA, CHN/BJ, SWE/SE3, NOR/NO4; without it the world average counts.",
    ),
]
Lang = Annotated[
    Languages,
    typer.Option(
        "--lang",
        help="What people read (terminal, html, pdf, md, summary, text) in this language; the rest is English.",
    ),
]
TrustType = Annotated[
    list[str],
    typer.Option(
        "--trust", metavar="TYPE", help="A type that a .skops model may hold besides those on our list."
    ),
]
TrustPickle = Annotated[
    str,
    typer.Option(
        "--trust-pickle",
        metavar="sha256:HEX",
        help="Load this very pickle, in the sandbox; 'riskaudit inspect' prints its hash.",
    ),
]
ReducedSandbox = Annotated[
    bool,
    typer.Option("--allow-reduced-sandbox", help="With --trust-pickle: also where the kernel lacks a layer."),
]

Decimal = Annotated[
    Decimals,
    typer.Option("--decimal", help="The decimal sign of numbers in CSV tables; a comma must be said."),
]

Encoding = Annotated[
    str,
    typer.Option(
        "--encoding",
        metavar="NAME",
        help="The encoding of text tables that cannot be told: cp1251, shift_jis.",
    ),
]


def words(given: Iterable[str]) -> tuple[str, ...]:
    """`a,b` and repeated flags as one tuple."""
    return tuple(word.strip() for part in given for word in part.split(",") if word.strip())


def task_of(said: str | None) -> Literal["regression", "multiclass"] | None:
    """What --task says of the target, as a request has it; nothing where it is not given."""
    if not said:
        return None
    return "regression" if said == "regression" else "multiclass"


def pairs(given: Iterable[str], *, flag: str) -> dict[str, str]:
    """`key=value` words as a mapping.

    Raises
    ------
    UsageError
        If a word has no `=`, or a key stands twice.
    """
    found: dict[str, str] = {}
    for word in given:
        key, equals, value = word.partition("=")
        if not equals or not key.strip():
            raise UsageError(f"'{word}' is not KEY=VALUE", f"write {flag} key=value", where=flag)
        if key.strip() in found:
            raise UsageError(f"{flag} says '{key.strip()}' twice", "say it once", where=flag)
        found[key.strip()] = value.strip()
    return found


def cuts(given: Iterable[str]) -> tuple[dict[str, tuple[float, ...]], dict[str, int]]:
    """`age=25,45,65` words as ascending edges, `age=quantiles:4` as a number of parts.

    Raises
    ------
    UsageError
        If the edges are no ascending numbers, or the parts are no number from 2 to 50.
    """
    help_ = "write --bins age=25,45,65 or --bins age=quantiles:4"
    edges, parts = {}, {}
    for column, text in pairs(given, flag="--bins").items():
        if text.startswith("quantiles:"):
            count = text.removeprefix("quantiles:")
            if not count.isdecimal() or not 2 <= int(count) <= 50:
                raise UsageError(f"'{count}' is no number of parts from 2 to 50", help_, where="--bins")
            parts[column] = int(count)
            continue
        try:
            found = tuple(float(part) for part in text.split(","))
        except ValueError:
            raise UsageError(f"'{text}' is not a list of numbers", help_, where="--bins") from None
        if list(found) != sorted(set(found)) or not all(map(isfinite, found)):
            raise UsageError(f"the edges {text} do not ascend", help_, where="--bins")
        edges[column] = found
    return edges, parts


def formats(given: Iterable[str]) -> tuple[str, ...]:
    """The formats asked for, each known.

    Raises
    ------
    UsageError
        If one is not, or a PDF is asked for where no browser could print it.
    """
    from riskaudit.errors import did_you_mean
    from riskaudit.writers import FORMATS as WRITERS

    chosen = words(given)
    if not chosen:
        raise UsageError("no format is named", did_you_mean("", list(WRITERS)), where="--format")
    for name in chosen:
        if name not in WRITERS:
            raise UsageError(
                f"there is no format '{name}'", did_you_mean(name, list(WRITERS)), where="--format"
            )
    if "pdf" in chosen:
        from riskaudit.writers.documents.pdf import browser, without_sandbox

        browser()
        if without_sandbox():
            print("note: as root the browser prints the PDF without its own sandbox", file=sys.stderr)
    return chosen


def default_folder(digest: str) -> Path:
    """`reports/<UTC>-<8 hex of what was audited>`."""
    from datetime import UTC, datetime

    return Path("reports") / f"{datetime.now(UTC):%Y-%m-%dT%H%M%SZ}-{digest[:8]}"


def colour(stream: Any = None) -> bool:
    """Whether escape codes are welcome: a terminal that knows them, and nobody who said no."""
    import os

    stream = stream or sys.stdout
    return (
        stream is not None
        and bool(stream.isatty())
        and not os.environ.get("NO_COLOR")
        and os.environ.get("TERM") != "dumb"
    )


def ascii_only(stream: Any = None) -> bool:
    """Whether the stream cannot show typographic characters."""
    encoding = getattr(stream or sys.stdout, "encoding", None) or "ascii"
    try:
        "–×·→".encode(encoding)
    except (UnicodeEncodeError, LookupError):
        return True
    return False


def width() -> int:
    """The terminal's width; 100 in a pipe."""
    import shutil

    return max(30, min(120, shutil.get_terminal_size((100, 24)).columns))


def show(report: Any, written: Iterable[Path] = (), *, lang: str = "en") -> None:
    """Print a report for whoever reads this terminal or pipe, and where to read on."""
    from riskaudit.writers.lingo import speaking
    from riskaudit.writers.terminal import terminal

    names = {path.suffix: str(path) for path in written}
    path = names.get(".html") or names.get(".md") or next(iter(names.values()), "")
    if lang != "en" and ascii_only():
        print(
            "note: this terminal cannot show the language asked for; it is told in English here",
            file=sys.stderr,
        )
        lang = "en"
    with speaking(lang, report):
        print(terminal(report, report_path=path, **look()), end="")


def speak_up(report: Any) -> None:
    """Tell on stderr of every waiver that does not hold or excuses nothing."""
    from riskaudit.writers.words import escape_terminal

    for note in report.waivers.notes if report.waivers else ():
        print(f"warning: {escape_terminal(note.told)}", file=sys.stderr)


def look() -> dict[str, Any]:
    """How to write for this terminal or pipe."""
    return {"colour": colour(), "width": width(), "ascii_only": ascii_only()}


def told(measure: Any) -> str:
    """One measure in a line: `accuracy 0.78, 95% interval 0.76-0.80, n = 1,500 (note)`."""
    from riskaudit.writers.words import ascii_words, count, number

    name = measure.name.split(".", 1)[1].replace("_", " ")
    note = f" ({measure.note})" if measure.note else ""
    line = f"{name} {number(measure).both}, n = {count(measure.n)}{note}"
    return ascii_words(line) if ascii_only() else line


def shown(text: str) -> str:
    """A sentence with words from data in it, as this terminal may show it."""
    from riskaudit.writers.words import ascii_words, escape_terminal

    plain = escape_terminal(text)
    return ascii_words(plain) if ascii_only() else plain


@contextmanager
def progress() -> Iterator[Any]:
    """A callable that tells what is being done: a spinner on a terminal, silence in a pipe."""
    if not colour(sys.stderr):
        yield lambda _: None
        return
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    with Progress(
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        TimeElapsedColumn(),
        console=Console(stderr=True),
        transient=True,
    ) as bar:
        task = bar.add_task("starting", total=None)
        yield lambda said: bar.update(task, description=said)


def command_line() -> str:
    """The command as it was typed, secrets cut, for the report's provenance."""
    import shlex

    from riskaudit.cli.secrets import cut

    return shlex.join(["riskaudit", *cut(sys.argv[1:])]).encode("utf-8", "backslashreplace").decode()
