"""The options of the explainability audit: what they are read as, and that they reach the report."""

from __future__ import annotations

import pytest

from riskaudit.cli.explaining import background_of
from riskaudit.errors import UsageError


@pytest.mark.parametrize(
    ("given", "read"),
    [
        ("", ("", 0)),
        ("sample", ("sample", 0)),
        ("kmeans:25", ("kmeans", 25)),
        ("sample:200", ("sample", 200)),
    ],
)
def test_a_background_is_a_kind_and_perhaps_a_number(given, read):
    """KIND or KIND:ROWS."""
    assert background_of(given) == read


@pytest.mark.parametrize(
    "given", ["median", "kmeans:", "sample:1", "sample:1001", "kmeans:many", "kmeans:-3"]
)
def test_what_is_no_background_is_refused(given):
    """One error that says what to write."""
    with pytest.raises(UsageError, match="no background"):
        background_of(given)
