"""Lists the sentences of reports that a language's catalogue does not know, most frequent first.

python tests/writers/untranslated.py zh report.json ...
"""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Collection
from pathlib import Path

from riskaudit.report import Report, read_report
from riskaudit.writers import WRITERS, lingo
from riskaudit.writers.terminal import terminal

# Works are cited in their own language, up to the next Chinese mark; so are the words of the meter and of a command.
CITED = re.compile(
    r"(?:\uff08\u89c4\u5219\u624b\u518c|\u65b9\u6cd5\uff1a|\u7535\u7f51\uff1a|riskaudit )[^\u3002]*"
)


def untranslated(report: Report, language: str) -> set[str]:
    """What the page, the Markdown, the summary and the terminal say of a report that the catalogue does not know."""
    from importlib import import_module

    missed: set[str] = set()
    told: set[str] = set()
    for name in ("html", "md", "summary"):
        module, _, function = WRITERS[name].home.partition(":")
        with lingo.speaking(language, report) as speaking:
            text = getattr(import_module(module), function)(report)
            if name == "html":
                lingo.page(text)
        missed |= speaking.missed if speaking else set()
        told |= speaking.told if speaking else set()
    with lingo.speaking(language, report) as speaking:
        terminal(report, width=100, report_path="report.html")
    names = speaking.names if speaking else ()
    return missed | {one for one in told if _half_told(one, names)} | (speaking.missed if speaking else set())


def _half_told(text: str, names: Collection[str]) -> bool:
    """Whether three plain English words in a row stand in a translated sentence, citations and commands left out."""
    for name in sorted(names, key=len, reverse=True):
        text = text.replace(name, "")
    text = CITED.sub("", text)
    return bool(
        re.search("[\u4e00-\u9fff]", text)
        and re.search(r"(?<![\w-])[a-z]{2,}(?: [a-z]{2,}){2,}(?![\w-])", text)
    )


if __name__ == "__main__":
    counted = Counter(
        one for path in sys.argv[2:] for one in untranslated(read_report(Path(path)), sys.argv[1])
    )
    for sentence, times in counted.most_common():
        print(f"{times}\t{sentence}")
    print(f"{len(counted)} sentences", file=sys.stderr)
