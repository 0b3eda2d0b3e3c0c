"""People: flips, consistency, proxies and carriers find direct use of the column, stand-ins, and neither."""

import numpy as np
import pandas as pd
import pytest


@pytest.fixture
def people():
    """`skill` decides; `zip` gives the group away; `noise` says nothing."""
    rng = np.random.default_rng(0)
    n = 2500
    group = rng.choice(["a", "b"], n)
    zip_ = np.where(
        rng.random(n) < 0.9, np.where(group == "a", "north", "south"), rng.choice(["north", "south"], n)
    )
    skill = rng.normal(0, 1, n)
    y = (skill + 1.5 * (group == "a") + rng.normal(0, 0.5, n) > 0.7).astype(int)
    return pd.DataFrame({"group": group, "zip": zip_, "skill": skill, "noise": rng.normal(0, 1, n), "y": y})


def test_direct_use_of_the_column_flips_decisions(answers, people, fit):
    """A model that sees the group decides many people by it alone."""
    told = answers(people, **fit(people, ["group", "skill"]), effort="quick").one(
        "flip_rate", attribute="group"
    )
    assert told.interval.low > 0.2


def test_a_model_without_the_column_cannot_flip(answers, people, fit):
    """Not a feature: exactly 0, and the note points at proxies."""
    told = answers(people, **fit(people, ["zip", "skill"]), effort="quick").one(
        "flip_rate", attribute="group"
    )
    assert told.value == 0
    assert "proxies" in told.note


def test_the_proxy_is_named_and_carries_the_gap(answers, people, fit):
    """`zip` tells the group and takes most of the gap with it when shuffled."""
    told = answers(people, **fit(people, ["zip", "skill", "noise"]))
    assert told.one("proxy_auc", attribute="group").interval.low > 0.9
    assert told.one("proxy_column_auc", attribute="group", column="zip").value > 0.9
    carried = next(m for m in told.measures if m.name == "bias.gap_carried")
    assert carried.where["column"] == "zip"
    assert carried.value > 0.2


def test_without_a_proxy_nothing_tells_the_group(answers, people, fit):
    """Skill and noise alone: the AUC's interval holds a half."""
    told = answers(people, **fit(people, ["skill", "noise"])).one("proxy_auc", attribute="group")
    assert told.interval.low < 0.5 < told.interval.high


def test_alike_people_are_decided_alike(answers, people, fit):
    """A smooth rule is consistent; one that decides by the group is less so."""
    smooth = answers(people, **fit(people, ["skill"]), effort="quick").one("consistency")
    by_group = answers(people, **fit(people, ["group", "skill"]), effort="quick").one("consistency")
    assert smooth.interval.low > 0.95
    assert by_group.interval.high < smooth.interval.low
