"""The audit keeps the house's contract."""

import subprocess
import sys

import pytest

from riskaudit.audits.bias import BiasAudit


def test_importing_it_costs_nothing():
    """Listing and explaining need neither numpy nor anything heavier."""
    code = (
        "import sys; from riskaudit.audits.bias import BiasAudit;"
        "from riskaudit.audits.explainability import ExplainabilityAudit;"
        "print([m for m in ('numpy', 'pandas', 'sklearn', 'shap', 'fairlearn') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_its_docstring_has_three_parts():
    """`riskaudit explain` prints what it asks, how it measures, what it cannot see."""
    for part in ("What it asks", "How it measures", "What it cannot see"):
        assert part in BiasAudit.__doc__


@pytest.mark.parametrize("task", ["binary", "regression"])
def test_every_number_knows_how_sure_it_is(answers, plant, task):
    """Each measure has an interval that holds it, or a note; each exhibit a finding."""
    frame = plant(rates={"a": 0.6, "b": 0.3}).assign(other=lambda f: f.index % 3)
    told = answers(frame, sensitive=("group", "other"), task=task)
    assert told.result.status == "measured"
    assert told.measures
    for one in told.measures:
        assert one.interval is None or one.interval.low <= one.value <= one.interval.high
    assert all(e.caption.endswith((".", ")")) for e in told.result.exhibits)


def test_every_measure_is_explained():
    """`riskaudit explain` has more than the meaning of each measure: a formula."""
    from riskaudit.audits.bias.meanings import DETAILS, MEANINGS

    assert set(DETAILS) == set(MEANINGS)
    assert not [name for name, told in DETAILS.items() if not told.startswith("Formula: ")]
