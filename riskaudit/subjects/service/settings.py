"""Settings: how a service is asked, and how often at most."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from riskaudit.measure import Document

ProtocolName = Literal["mlflow", "oip-v2", "json"]
FormName = Literal["labels", "probabilities", "score", "values"]


class Endpoint(Document):
    """How to speak with a service.

    Attributes
    ----------
    headers : dict
        Header to the name of the environment variable that holds its value; values are never kept here.
    rate : float or None
        Requests a second at most.
    timeout : float
        Seconds a whole answer may take, from connecting to its last byte.
    retries : int
        Further tries of a request that met a passing trouble (408, 425, 429, 502, 503, 504, no connection).
    max_requests : int
        Of the whole audit, tries and probes included.
    most_bytes : int
        Of one answer.
    cassette : str
        A file of answers: replayed where it is there, recorded where it is not, or with `record`.
    answers : str
        What the answers are, where it cannot be told from them.
    output, tensors
        Of oip-v2: which output tensor is meant; whether rows go as one `matrix` or as `columns`.
    repeats : int
        Rows that are asked twice, to learn whether the service is deterministic.
    probe : bool
        Whether one request without rows is sent, to see what the error text gives away.
    max_unanswered : float
        The share of rows (in all, or in a group) without an answer beyond which nothing is judged.
    """

    protocol: ProtocolName | Literal[""] = ""
    headers: dict[str, str] = {}
    batch: Annotated[int, Field(ge=1, le=10_000)] = 100
    rate: Annotated[float, Field(gt=0)] | None = None
    timeout: Annotated[float, Field(gt=0, le=3600)] = 30.0
    retries: Annotated[int, Field(ge=0, le=20)] = 4
    max_requests: Annotated[int, Field(ge=1)] = 1000
    most_bytes: Annotated[int, Field(ge=1024)] = 16 * 2**20
    cassette: str = ""
    record: bool = False
    dry_run: bool = False
    answers: FormName | Literal[""] = ""
    output: str = ""
    tensors: Literal["", "matrix", "columns"] = ""
    repeats: Annotated[int, Field(ge=0, le=1000)] = 30
    probe: bool = True
    max_unanswered: Annotated[float, Field(ge=0, lt=1)] = 0.05
