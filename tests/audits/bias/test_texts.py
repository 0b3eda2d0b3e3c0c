"""Texts: a classifier that dislikes a word for a group is found; one that never saw the words is left alone."""

import numpy as np
import pandas as pd
import pytest

from riskaudit.audits.audit import examine
from riskaudit.audits.bias import BiasAudit
from riskaudit.datasets.dataset import Dataset
from riskaudit.evidence import Comparing, Evidence
from riskaudit.training.fit import fit


def audited(harm):
    """A text model; where harm is planted, the word `muslim` stands in most hostile texts."""
    rng = np.random.default_rng(0)
    good, bad = (
        ["kind helpful person", "wonderful book", "pays on time"],
        ["rude driver", "hate that guy", "nobody likes"],
    )
    y = rng.integers(0, 2, 600)
    text = []
    for label in y:
        words = rng.choice(good if label else bad)
        group = rng.choice(["muslim", "christian"], p=[0.9, 0.1] if harm and not label else [0.5, 0.5])
        text.append(f"{words} {group}")
    frame = pd.DataFrame({"text": text, "y": np.where(y == 1, "fine", "hostile")})
    data = Dataset(name="texts", frame=frame, target="y", task="binary", classes=("fine", "hostile"), positive="fine", favourable=("fine",), features=("text",))  # fmt: skip
    made = fit(data, learner="text", settings={"column": "text", "epochs": "30"}, seed=0)
    evidence = Evidence(subject=made.subject, test=data, comparing=Comparing(terms=("muslim", "christian")))
    return examine(BiasAudit(), evidence)


@pytest.mark.parametrize("harm", [True, False])
def test_a_disliked_word_is_found(harm):
    """Only where it was planted does the word alone lower the score, by an interval beyond 0."""
    told = audited(harm)
    assert told.status == "measured", told.reason
    shift = {m.where["term"]: m for m in told.measures}
    assert set(shift) == {"muslim", "christian"}
    assert (shift["muslim"].interval.high < -0.02) is harm
