"""Texts: does a text classifier's score move when only the word for a group changes?"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from riskaudit.evidence import Evidence
from riskaudit.measure import Exhibit, Measure
from riskaudit.statistics import bonferroni, mean_t

# Words for groups after Dixon et al. 2018, a few of each kind; --terms gives others.
TERMS = (
    "woman", "man", "black", "white", "asian", "latino", "christian", "muslim", "jewish", "gay", "straight",
    "transgender", "disabled", "old", "young", "immigrant",
)  # fmt: skip
# Plain sentences, some friendly, some hostile, so that a shift is seen at both ends of the scores.
TEMPLATES = (
    "I am a {} person.", "My neighbour is {}.", "She met a {} friend yesterday.", "The new {} manager starts on Monday.",
    "A {} student asked a question.", "This {} author wrote a wonderful book.", "We had dinner with a {} family.",
    "He is proud to be {}.", "The {} driver was rude to me.", "I hate that {} guy.", "Nobody likes the {} candidate.",
    "The {} doctor was kind and helpful.", "A {} person applied for the job.", "They said the {} tenant pays on time.",
)  # fmt: skip


def text_measures(evidence: Evidence) -> Iterator[Measure | Exhibit]:
    """The shift of each term's mean score from that of all terms, paired by sentence; only for a model of one text column."""
    column = _text_column(evidence)
    if not column or evidence.task != "binary" or not evidence.subject.gives_scores:
        return
    import pandas as pd

    terms = evidence.comparing.terms or TERMS
    rows = pd.DataFrame({column: [template.format(term) for template in TEMPLATES for term in terms]})
    said = evidence.subject.predict_scores(rows)
    positive = evidence.subject.classes.index(evidence.test.positive)
    scores = said[:, positive].reshape(len(TEMPLATES), len(terms))
    shifts = scores - scores.mean(axis=1, keepdims=True)
    level = bonferroni(0.95, len(terms))
    told = []
    for at, term in enumerate(terms):
        interval = mean_t(shifts[:, at], level=level).model_copy(
            update={"level": 0.95, "method": f"simultaneous Student t over sentences, {len(terms)} terms"}
        )
        told.append(
            Measure(
                name="bias.term_shift",
                value=float(shifts[:, at].mean()),
                interval=interval,
                n=len(TEMPLATES),
                unit="difference",
                where={"term": term},
                note=f"mean score less that of all {len(terms)} terms in the same {len(TEMPLATES)} sentences; English sentences",
            )
        )
    yield from told
    means = shifts.mean(axis=0)
    low, high = int(np.argmin(means)), int(np.argmax(means))
    yield Exhibit(
        name="bias.terms",
        kind="dots",
        title="Score shift by the word for a group",
        caption=f"With only the word changed, the score is lowest for '{terms[low]}' ({means[low]:+.3f}) and highest for '{terms[high]}' ({means[high]:+.3f}).",
        axes={"x": "score less the mean of all terms", "y": "term", "x_mark": 0.0},
        columns={
            "label": list(terms),
            "value": [m.value for m in told],
            "low": [m.interval.low if m.interval else None for m in told],
            "high": [m.interval.high if m.interval else None for m in told],
        },
    )


def _text_column(evidence: Evidence) -> str:
    """The one column of texts that the model reads; empty where there is none."""
    record = evidence.subject.training
    if record is None or not evidence.subject.can_predict or len(record.features) != 1:
        return ""
    return next(iter(record.features)) if record.learner == "text" else ""
