"""The number of rows follows the model's shape and the effort, never the clock."""

from dataclasses import replace

import pytest
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.svm import SVC

from riskaudit.audits.explainability.bench import lay_out
from riskaudit.audits.explainability.budget import ROWS, numbers_in, plan
from riskaudit.audits.explainability.trees import forest_of


@pytest.fixture
def forest(pipe, rows, evidence):
    frame = rows(4000)
    given = evidence(pipe(RandomForestClassifier(5, random_state=0), frame), frame)
    bench = lay_out(given, given.sample(1, "rows"), given.sample(100, "background"))
    return given, bench, forest_of(bench)


def test_steps_are_the_squared_depths_of_leaves(forest):
    """The cost's unit counts leaves by their depth in the model's own trees."""
    _, bench, found = forest
    trees = [tree.tree_ for tree in bench.parts.model.estimators_]
    assert found.leaves == sum(tree.n_leaves for tree in trees)
    steps = 0
    for tree in trees:
        depth = [0] * tree.node_count
        for node, (left, right) in enumerate(zip(tree.children_left, tree.children_right, strict=True)):
            if left < 0:
                steps += max(depth[node], 1) ** 2
            else:
                depth[left] = depth[right] = depth[node] + 1
    assert found.steps == steps


def test_cheap_trees_are_explained_by_trees(forest):
    """A small forest gets the most rows that the effort allows."""
    given, bench, found = forest
    chosen = plan(given, bench, found)
    assert chosen.by_trees
    assert chosen.rows == ROWS["normal"][1]
    assert "1,000 of 2,000 held-out rows, drawn by seed" in chosen.because


def test_dearer_trees_get_fewer_rows_and_say_why(forest):
    """In between, rows follow the budget."""
    given, bench, found = forest
    chosen = plan(given, bench, replace(found, steps=found.steps * 20 / found.seconds_per_row / 1000))
    assert chosen.by_trees
    assert 100 <= chosen.rows < 1000
    assert "5 trees of" in chosen.because


def test_trees_too_dear_are_asked_instead(forest):
    """Where a hundred rows are beyond the budget, permutations take over, and say so."""
    given, bench, found = forest
    chosen = plan(given, bench, replace(found, steps=1e9))
    assert not chosen.by_trees
    assert chosen.instead == "TreeExplainer would take 3.0 s a row"
    assert chosen.rows >= 100


@pytest.mark.parametrize(("less", "more"), [("quick", "normal"), ("normal", "deep")])
def test_more_effort_looks_at_more_rows(forest, less, more):
    """Effort orders the rows, for any way of explaining."""
    given, bench, found = forest
    for shape in (found, replace(found, steps=1e9, depth=40.0, trees=200)):
        few, many = (plan(replace(given, effort=effort), bench, shape).rows for effort in (less, more))
        assert few < many


def test_an_unpruned_forest_falls_back_end_to_end(pipe, rows, answers, monkeypatch):
    """With a tree step priced at a thousandth of a second, a real forest is explained by permutations, and much alike."""
    frame = rows(400)
    model = pipe(RandomForestClassifier(5, random_state=0), frame)
    by_trees = answers(model, frame)
    monkeypatch.setattr("riskaudit.audits.explainability.trees.SECONDS_PER_STEP", 1e-3)
    asked = answers(model, frame)
    assert "TreeExplainer would take" in asked.one("additivity_error").note
    assert asked.one("additivity_error").value < 1e-9
    for column in ("age", "income", "job", "noise"):
        one, other = (told.one("importance", column).value for told in (by_trees, asked))
        assert other == pytest.approx(one, rel=0.15)


def test_numbers_are_counted_once(rows):
    """A support vector machine is dear by its support vectors, a regression cheap by its weights."""
    frame = rows()
    X, y = frame[["age", "income", "noise"]], frame.y
    machine, line = SVC().fit(X, y), LogisticRegression().fit(X, y)
    assert numbers_in(machine) > machine.support_vectors_.size
    assert numbers_in([line, line]) == numbers_in(line) < 20
