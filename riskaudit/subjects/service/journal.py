"""Journal: what was seen of a service while it was asked; kinds and counts, never what it wrote."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field

from riskaudit.subjects.service.wire import Reply

LEAKS: dict[str, re.Pattern[str]] = {
    "a stack trace": re.compile(
        r"Traceback \(most recent call last\)|\bat [\w.$]{1,200}\([\w]{1,80}\.(?:java|kt|scala):\d+\)|goroutine \d+ \["
    ),
    "paths of files": re.compile(
        r"File \\?\"[^\"]{1,300}\\?\", line \d+|/(?:usr|home|opt|root|app|var|srv)/[\w./-]{1,200}\.py|[A-Z]:\\\\?[\w\\]{1,200}\.py"
    ),
    "versions of software": re.compile(
        r"(?i)\b(?:python|scikit-learn|sklearn|numpy|pandas|xgboost|lightgbm|catboost|torch|tensorflow|mlflow|"
        r"mlserver|uvicorn|gunicorn|werkzeug|flask|fastapi|nginx|apache|tomcat|jetty|triton)\b[ /=_v:-]{1,3}\d+\.\d+"
    ),
    "classes of code": re.compile(r"\b[A-Za-z_]{1,80}(?:Error|Exception)\b"),
    "addresses of a private network": re.compile(
        r"\b(?:10(?:\.\d{1,3}){3}|192\.168(?:\.\d{1,3}){2}|172\.(?:1[6-9]|2\d|3[01])(?:\.\d{1,3}){2})\b"
    ),
}
"""What an error text may give away; none of it is of use to an honest caller."""
TELLING = ("server", "x-powered-by", "via", "x-aspnet-version", "x-runtime")
_VERSION = re.compile(r"\d+\.\d+")
MOST_TEXT = 65_536


@dataclass(kw_only=True)
class Journal:
    """Requests, troubles and giveaways, in the order they came.

    Attributes
    ----------
    waits : list of (purpose, rows, milliseconds, status)
        Of every request that was answered.
    leaks : Counter
        Error answers by what they give away.
    versions : set of str
        Names of headers that tell the version of some software.
    drift : Counter
        Answers of another form than the first ones.
    """

    waits: list[tuple[str, int, float, int]] = field(default_factory=list)
    troubles: Counter[str] = field(default_factory=Counter)
    leaks: Counter[str] = field(default_factory=Counter)
    errors: int = 0
    versions: set[str] = field(default_factory=set)
    drift: Counter[str] = field(default_factory=Counter)

    def answered(self, reply: Reply, *, rows: int, purpose: str) -> None:
        """Note an answer, and what it gives away."""
        self.waits.append((purpose, rows, round(1000 * reply.seconds, 3), reply.status))
        self.versions |= {
            name for name in TELLING if name in reply.headers and _VERSION.search(reply.headers[name])
        }
        if reply.status >= 400:
            text = reply.body[:MOST_TEXT].decode("utf-8", "replace")
            self.errors += 1
            self.leaks.update(kind for kind, pattern in LEAKS.items() if pattern.search(text))

    def failed(self, kind: str, *, rows: int, purpose: str) -> None:
        """Note a request without a usable answer."""
        self.troubles[kind] += 1

    def told(self) -> dict[str, object]:
        """As plain data, for a cassette."""
        return {
            "waits": [list(wait) for wait in self.waits],
            "troubles": dict(sorted(self.troubles.items())),
            "leaks": dict(sorted(self.leaks.items())),
            "errors": self.errors,
            "versions": sorted(self.versions),
            "drift": dict(sorted(self.drift.items())),
        }
