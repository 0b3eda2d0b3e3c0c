"""The command: `riskaudit` and `python -m riskaudit`."""

from __future__ import annotations

import os
import sys


def main() -> None:
    """Answer --version and --help at once; hand anything else to the command line proper."""
    words = sys.argv[1:]
    if words in (["--version"], ["-V"]):
        from riskaudit import __version__

        _say(f"riskaudit {__version__}\n")
    elif words in ([], ["--help"], ["-h"]):
        from riskaudit.cli.help import root_help

        _say(root_help())
    else:
        import gc
        import os

        os.environ.setdefault(
            "PYDANTIC_DISABLE_PLUGINS", "__all__"
        )  # or it reads every installed package's metadata
        gc.set_threshold(
            50_000
        )  # importing makes many objects and no garbage: a fifth of a light command's time
        from riskaudit.cli.app import run_command

        raise SystemExit(run_command(words))


def _say(text: str) -> None:
    """Print in whatever the terminal can show; a reader who left early is no error."""
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="replace")
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        sys.stderr.close()
    except OSError as error:
        sys.stderr.write(f"error: the answer could not be written to stdout: {error.strerror}\n")
        sys.stderr.flush()
        os._exit(4)  # the interpreter would try to write it once more


if __name__ == "__main__":
    main()
