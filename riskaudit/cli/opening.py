"""Opening: the finished page in the reader's browser, where there is one."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated

import typer

Open = Annotated[
    bool,
    typer.Option("--open", help="Open the HTML report in your browser when it is written."),
]


def open_page(written: Iterable[Path]) -> None:
    """Open the page among these files; where no browser can be shown, say where it is, and carry on."""
    page = next((path for path in written if path.suffix == ".html"), None)
    if page is None:
        return
    reason = no_browser(os.environ, sys.platform)
    if not reason:
        import webbrowser

        try:
            if webbrowser.open(page.resolve().as_uri()):
                return
            reason = "no browser was found"
        except webbrowser.Error as error:
            reason = f"the browser did not start: {error}"
    print(f"not opened ({reason}): {page}", file=sys.stderr)


def no_browser(environment: Mapping[str, str], platform: str) -> str:
    """Why none can be shown here; empty where one can be tried."""
    if environment.get("CI"):
        return "this is CI"
    if environment.get("BROWSER") or platform in ("darwin", "win32", "cygwin"):
        return ""
    shown = (
        environment.get("DISPLAY") or environment.get("WAYLAND_DISPLAY") or environment.get("WSL_DISTRO_NAME")
    )
    return "" if shown else "no display"
