"""Privacy of the table and the file: what they give away before any model is asked."""

import numpy as np
import pandas as pd
import pytest
from audits.privacy.worlds import audited, evidence, found, linear, table
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier

from riskaudit.audits.privacy import artefact, attribute, pool, regions
from riskaudit.audits.privacy.table import duplicates, identifying, quasi
from riskaudit.datasets.dataset import Dataset
from riskaudit.evidence import Evidence
from riskaudit.subjects.subject import Subject

NOBODY = Subject(name="m", kind="predictions")


def of(frame, test=None, *, quasi=(), sensitive=()):
    """Evidence on a table whose target is `y`, without a model."""
    parts = [
        Dataset(name="t", frame=part, target="y", task="binary", classes=("0", "1"), positive="1", sensitive=sensitive)
        for part in (frame, frame if test is None else test)
    ]  # fmt: skip
    return Evidence(subject=NOBODY, train=parts[0], test=parts[1], quasi=quasi)


def by(measures, name, **where):
    return next(m for m in measures if m.name == f"privacy.{name}" and where.items() <= m.where.items())


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        ("email address", "ann.lee+x@example.co.uk", "ann at example"),
        ("payment card", "4539 1488 0343 6467", "4539 1488 0343 6468"),
        ("bank account (IBAN)", "DE89 3704 0044 0532 0130 00", "DE89 3704 0044 0532 0130 01"),
        ("US social security number", "536-22-1234", "666-22-1234"),
        ("UK national insurance number", "AB123456C", "BG123456C"),
        ("Spanish DNI or NIE", "12345678Z", "12345678A"),
        ("Swiss AHV number", "756.9217.0769.85", "756.9217.0769.84"),
        ("French NIR", "2 55 08 14 168 025 38", "2 55 08 14 168 025 39"),
        ("phone number", "+44 20 7946 0958", "2079460958"),
        ("IP address", "192.168.1.20", "392.168.1.20"),
    ],
)
def test_a_personal_number_is_known_by_form_and_checksum(kind, good, bad):
    """The right one is found, one with a wrong digit or form is not taken for it."""
    right = identifying.kinds_of(pd.Series([good] * 5 + ["none"] * 5))
    assert kind in [name for name, _ in right]
    wrong = identifying.kinds_of(pd.Series([bad] * 5 + ["none"] * 5))
    assert kind not in [name for name, _ in wrong]


def test_plain_columns_name_nobody():
    """Ages, incomes, dates, codes, categories and random 14-digit numbers are no identifiers."""
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "age": rng.integers(18, 90, 400),
            "income": rng.normal(size=400),
            "day": [
                f"2024-{m:02}-{d:02}"
                for m, d in zip(rng.integers(1, 13, 400), rng.integers(1, 29, 400), strict=True)
            ],
            "grade": rng.choice(["A1", "B2", "C-3"], 400),
            "big": rng.integers(10**13, 10**14, 400),
            "zip": [f"{z:05}" for z in rng.integers(0, 99999, 400)],
        }
    )
    frame["zip"] = frame["zip"].where(np.arange(400) > 1, "01234")
    assert {name: identifying.kinds_of(frame[name]) for name in frame} == {name: [] for name in frame}


def test_running_numbers_names_and_prose_are_told_by_their_values():
    """A row number, a word of its own for each row, and sentences."""
    rows = {
        "running number": pd.Series(range(1000, 1200)),
        "a value of its own in every row": pd.Series([f"K{i:04}x" for i in range(200)]),
        "free text": pd.Series([f"the patient came in with complaint number {i}" for i in range(200)]),
    }
    assert {kind: identifying.kinds_of(column)[0][0] for kind, column in rows.items()} == {k: k for k in rows}


def test_identifying_values_are_never_shown():
    """The measure and the exhibit count; no address stands in them."""
    mail = [f"person{i}@example.org" for i in range(60)]
    items = list(identifying.look(of(pd.DataFrame({"mail": mail, "y": [0, 1] * 30}))))
    assert by([i for i in items if hasattr(i, "unit")], "identifying_columns").value == 1
    assert not [word for word in mail if any(word in item.model_dump_json() for item in items)]


def test_duplicates_are_counted():
    """Three equal rows and two equal rows among ten: half of the members have a twin."""
    frame = pd.DataFrame({"a": [1, 1, 1, 2, 2, 3, 4, 5, 6, 7], "y": [0, 0, 0, 1, 1, 0, 1, 0, 1, 0]})
    told = list(duplicates(of(frame)))
    assert by(told, "duplicate_share").value == 0.5
    assert by(told, "unique_share").value == 0.5


def test_k_l_and_t_by_hand():
    """Classes of 4, 2 and 1 on (age, zip): k 1, l 1, t of the class that is all ones."""
    frame = pd.DataFrame(
        {
            "age": [30, 30, 30, 30, 40, 40, 50],
            "zip": ["a"] * 4 + ["b"] * 3,
            "y": [0, 1, 0, 1, 1, 1, 0],
        }
    )
    told = list(quasi.look(of(frame, quasi=("age", "zip"))))
    assert by(told, "k_anonymity").value == 1
    assert by(told, "below_k5_share").value == 1
    assert by(told, "unique_share").value == pytest.approx(1 / 7)
    assert by(told, "l_diversity").value == 1
    assert by(told, "t_closeness").value == pytest.approx(4 / 7)  # all zeros against 3 in 7
    assert by(told, "reidentification_risk", attacker="prosecutor").value == pytest.approx(3 / 7)


def test_a_journalist_knows_less_than_a_prosecutor():
    """With a population beyond the members the journalist's risk is smaller, and never larger."""
    rng = np.random.default_rng(1)
    frame, population = (
        pd.DataFrame({"q": rng.integers(0, 60, n), "y": rng.integers(2, size=n)}) for n in (100, 2000)
    )
    told = list(quasi.look(of(frame, population, quasi=("q",))))
    risks = [by(told, "reidentification_risk", attacker=a).value for a in ("prosecutor", "journalist")]
    assert risks[1] < 0.2 * risks[0]


def test_a_coarser_column_hides_more():
    """Age in bands of ten has no more people alone than age in years."""
    rng = np.random.default_rng(2)
    frame = pd.DataFrame({"age": rng.integers(18, 90, 300), "sex": rng.integers(2, size=300), "y": 0})
    frame["y"] = rng.integers(2, size=300)
    shares = [
        by(
            list(quasi.look(of(frame.assign(age=frame["age"] // step), quasi=("age", "sex")))),
            "below_k5_share",
        ).value
        for step in (1, 10)
    ]
    assert shares[0] > 0.5 > 0.1 > shares[1]


@pytest.mark.parametrize(
    ("model", "least", "most"),
    [
        (KNeighborsClassifier(), 1.0, 1.0),
        (SVC(), 0.3, 0.99),
        (LogisticRegression(), 0.0, 0.0),
        (RandomForestClassifier(10), 0.0, 0.0),
    ],
    ids=["neighbours", "support vectors", "logistic", "forest"],
)
def test_rows_in_the_file_are_counted(model, least, most):
    """Neighbours hold all rows, a support vector machine some, a linear model and trees none."""
    told = list(artefact.look(evidence(model, linear(1, 200), linear(2, 50))))
    assert least <= by(told, "stored_rows_share").value <= most


def test_leaves_with_one_member():
    """An unpruned tree on noise has many; with 20 rows a leaf it has none."""
    train, test = linear(1, 300), linear(2, 50)
    shares = [
        by(
            list(artefact.look(evidence(DecisionTreeClassifier(min_samples_leaf=leaf), train, test))),
            "single_member_leaves",
        ).value
        for leaf in (1, 20)
    ]
    assert shares[0] > 0.05
    assert shares[1] == 0


def _regions(model, rows, **rest):
    told = list(regions.look(evidence(model, rows, linear(2, 50), **rest)))
    return {(m.name.removeprefix("privacy.region_"), m.where["regions"]): m.value for m in told}


@pytest.mark.parametrize("leaf", [1, 4, 30])
def test_the_regions_of_a_tree_are_its_leaves(leaf):
    """k is the smallest leaf, and the share below five counts the members in such leaves, in a pipeline too."""
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    rows, tree = linear(1, 300), DecisionTreeClassifier(min_samples_leaf=leaf, random_state=0)
    found = _regions(tree, rows)
    sizes = tree.tree_.n_node_samples[tree.tree_.children_left == -1]
    assert found[("k_anonymity", "leaves")] == sizes.min()
    assert found[("below_k5_share", "leaves")] == pytest.approx(sizes[sizes < 5].sum() / 300)
    assert _regions(make_pipeline(StandardScaler(), tree), rows) == found


def test_the_regions_of_a_forest_are_the_leaves_of_all_trees_together():
    """Counted by hand over the tuples of leaves; most members of a forest stand alone though its leaves are large."""
    rows, forest = linear(1, 300), RandomForestClassifier(10, min_samples_leaf=20, random_state=0)
    found = _regions(forest, rows)
    tuples = [tuple(row) for row in forest.apply(rows.frame[list(rows.features)])]
    sizes = np.array([tuples.count(one) for one in tuples])
    assert found[("k_anonymity", regions.TOGETHER)] == sizes.min() == 1
    assert found[("below_k5_share", regions.TOGETHER)] == (sizes < 5).mean() > 0.9
    assert found[("below_k5_share", regions.EACH)] < 0.2


def test_regions_of_what_has_none_are_not_told(monkeypatch):
    """A logistic model has no regions; a forest too large for the effort is left out."""
    assert not _regions(LogisticRegression(), linear(1, 60))
    monkeypatch.setitem(regions.WORK, "quick", 3 * 60 - 1)
    assert not _regions(RandomForestClassifier(3), linear(1, 60), effort="quick")


def secret(seed, n, *, told):
    """A hidden binary column; the outcome is noise but for it where `told`."""
    rng = np.random.default_rng(seed)
    hidden = rng.integers(2, size=n)
    X = np.column_stack([rng.normal(size=(n, 4)), hidden])
    y = np.where(rng.random(n) < 0.8, hidden, 1 - hidden) if told else rng.integers(2, size=n)
    return table(X, y)


def _attribute(model, train, test):
    given = evidence(model, train, test)
    sensitive = [Dataset(**{**vars(part), "sensitive": ("x4",)}) for part in (train, test)]
    given = Evidence(subject=given.subject, train=sensitive[0], test=sensitive[1])
    return list(attribute.measures(given, pool.once_only(given)))


def test_a_hidden_column_is_read_out_of_a_tree_that_learnt_it_by_heart():
    """Outcome is noise: nothing can be guessed without the model, yet members' column is read from it."""
    told = _attribute(
        RandomForestClassifier(100, bootstrap=False, max_features=None, min_samples_leaf=1, random_state=0),
        secret(1, 600, told=False),
        secret(2, 900, told=False),
    )
    assert by(told, "attribute_inference_excess").interval.low > 0.02


def test_what_can_be_guessed_anyway_is_no_leak():
    """The outcome tells the column to whoever knows it: neither excess nor gain is above zero."""
    told = _attribute(LogisticRegression(), secret(3, 600, told=True), secret(4, 900, told=True))
    for name in ("attribute_inference_excess", "attribute_inference_gain"):
        assert by(told, name).interval.low <= 0
    assert (
        "78" in by(told, "attribute_inference_gain").note or by(told, "attribute_inference_gain").value < 0.1
    )


def test_the_audit_gives_the_table_and_the_file():
    """All of it stands in the audit's result, with --quasi where asked for."""
    result = audited(KNeighborsClassifier(), linear(1, 120), linear(2, 120), effort="quick", quasi=("x0",))
    assert found(result, "stored_rows_share").value == 1
    assert found(result, "k_anonymity").value == 1
    assert found(result, "identifying_columns").value == 0
