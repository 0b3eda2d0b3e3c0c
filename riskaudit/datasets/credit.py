"""Credit: the built-in example, a loan table with harms that are known because they were planted."""

from __future__ import annotations

from riskaudit.datasets.dataset import Dataset
from riskaudit.datasets.tables import Table

Z = 0.3853204664075677  # Phi^-1(0.65)
MEMBERS = HELD_OUT = 1500
COLUMNS = ("skill", "district", "followup", "noise_1", "noise_2", "noise_3")
TRUTH = {"selection_rate_A": 0.65, "selection_rate_B": 0.35, "ratio": 0.35 / 0.65, "difference": 0.30}


def credit_table(*, seed: int = 0, rows: int = MEMBERS + HELD_OUT) -> Table:
    """Loans, repaid or not, by two groups.

    - `group`: A or B, half each
    - `skill` ~ N(0, 1), independent of the group: all that ought to count
    - `repaid` = 1[0.8 skill + 0.6 e + z > 0] for A, with - z for B, z = Phi^-1(0.65): so
      P(repaid | A) = 0.65 and P(repaid | B) = 0.35, a true ratio of 0.538 and difference of 0.30
    - `district` equals the group in 90 % of rows: a proxy
    - `followup` = repaid + N(0, 0.25): known only afterwards, a leak
    - three columns of noise
    """
    import hashlib

    import numpy as np
    import pandas as pd

    rng = np.random.default_rng([seed, 0xC4ED17])
    in_b = rng.permutation(rows) % 2 == 1
    skill, luck = rng.standard_normal(rows), rng.standard_normal(rows)
    repaid = 0.8 * skill + 0.6 * luck + np.where(in_b, -Z, Z) > 0
    swapped = rng.random(rows) < 0.10
    frame = pd.DataFrame(
        {
            "skill": skill,
            "district": np.where(in_b ^ swapped, "south", "north"),
            "followup": repaid + 0.25 * rng.standard_normal(rows),
            **{f"noise_{k}": rng.standard_normal(rows) for k in (1, 2, 3)},
            "group": np.where(in_b, "B", "A"),
            "repaid": np.where(repaid, "yes", "no"),
        }
    )
    digest = hashlib.sha256(frame.to_csv(index=False).encode()).hexdigest()
    return Table(name=f"credit (built in, seed {seed})", frame=frame, sha256=digest)


def credit(
    *, seed: int = 0, features: tuple[str, ...] = ("skill", "district", "noise_1", "noise_2", "noise_3")
) -> tuple[Dataset, Dataset]:
    """Members and held-out rows of the example, 1,500 each.

    Parameters
    ----------
    features : tuple of str
        What the model may see; `followup` is left out unless named.
    """
    from riskaudit.datasets.roles import dataset_of

    whole = dataset_of(
        credit_table(seed=seed),
        target="repaid",
        positive="yes",
        favourable=("yes",),
        features=features,
        sensitive=("group",),
    )
    members = whole.frame.index.to_numpy() < MEMBERS
    return whole.take(members), whole.take(~members)
