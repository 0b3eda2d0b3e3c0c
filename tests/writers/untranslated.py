"""Lists the sentences of reports that a language's catalogue does not know, most frequent first.

python tests/writers/untranslated.py zh report.json ...
"""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

from riskaudit.report import Report, read_report
from riskaudit.writers import WRITERS, lingo
from riskaudit.writers.terminal import terminal


def untranslated(report: Report, language: str) -> set[str]:
    """What the page, the Markdown, the summary and the terminal say of a report that the catalogue does not know."""
    from importlib import import_module

    missed: set[str] = set()
    for name in ("html", "md", "summary"):
        module, _, function = WRITERS[name].home.partition(":")
        with lingo.speaking(language, report) as speaking:
            text = getattr(import_module(module), function)(report)
            if name == "html":
                lingo.page(text)
        missed |= speaking.missed if speaking else set()
    with lingo.speaking(language, report) as speaking:
        terminal(report, width=100, report_path="report.html")
    return missed | (speaking.missed if speaking else set())


if __name__ == "__main__":
    counted = Counter(
        one for path in sys.argv[2:] for one in untranslated(read_report(Path(path)), sys.argv[1])
    )
    for sentence, times in counted.most_common():
        print(f"{times}\t{sentence}")
    print(f"{len(counted)} sentences", file=sys.stderr)
