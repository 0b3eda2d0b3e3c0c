"""Rows: who is in the data, with what outcome, what is missing of whom, and whom only training knew."""

import dataclasses

import numpy as np
import pytest


def test_shares_and_label_rates_are_those_of_the_rows(answers, plant):
    """Representation and label rate by group; a gap of the labels is found without any model."""
    frame = plant(rates={"a": 0.5, "b": 0.5}, n=3000)
    frame["y"] = (np.random.default_rng(0).random(3000) < np.where(frame.group == "a", 0.6, 0.3)).astype(int)
    told = answers(frame)
    for name, mine in frame.groupby("group"):
        assert told.one("representation", group=name).value == pytest.approx(len(mine) / 3000)
        assert told.one("label_rate", group=name).value == pytest.approx(mine.y.mean())
    assert told.headline("label_rate_difference").interval.low > 0.2


def test_missing_values_of_one_group_are_found(answers, plant):
    """A column that is missing for b only is named; without missing values the gap is exactly 0."""
    frame = plant(rates={"a": 0.5, "b": 0.5}).assign(income=1.0)
    assert answers(frame).headline("missing_difference").value == 0
    gone = (frame.group == "b") & (frame.index % 3 == 0)
    told = answers(frame.assign(income=frame.income.mask(gone))).headline("missing_difference")
    assert told.interval.low > 0.2
    assert "missing share of 'income'" in told.note


def test_a_group_of_training_alone_is_told(plant, evidence):
    """A group that no held-out row has is named with the members that have it."""
    from riskaudit.audits.bias.rows import row_measures

    evidence = evidence(plant(rates={"a": 0.5, "b": 0.5}))
    train = dataclasses.replace(evidence.test, frame=plant(rates={"a": 0.5, "b": 0.5, "gone": 0.5}))
    told = [
        m
        for m in row_measures(dataclasses.replace(evidence, train=train), None)
        if m.name == "bias.representation"
    ]
    gone = next(m for m in told if m.where["group"] == "gone")
    assert gone.value == 0
    assert "how this group fares is not known" in gone.note
