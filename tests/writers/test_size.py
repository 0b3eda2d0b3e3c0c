"""The page's size: a crowd on one page, a monster under the cap, and a word on what is left out."""

from __future__ import annotations

import re

import pytest
from writers import fakes, pictures

from riskaudit.measure import Measure
from riskaudit.report import Report
from riskaudit.writers import write
from riskaudit.writers.html import CAP

ATTRIBUTES = 6


def crowd(groups: int) -> Report:
    """So many groups of each of six attributes, with every picture that the bias audit draws of them."""
    base = fakes.bias_result()
    measures, exhibits = list(base.measures), list(base.exhibits)
    for at in range(ATTRIBUTES):
        found = {f"group {i}": (40 + 7 * i, 0.1 + (i * (at + 3) % 40) / 100) for i in range(groups)}
        measures += fakes.group_measures(f"attribute {at}", found)
        for kind in ("dots", "bars"):
            exhibit = fakes.rate_exhibit(f"attribute {at}", found, kind)
            exhibits.append(exhibit.model_copy(update={"name": f"bias.{kind}-{at}"}))
    result = base.model_copy(update={"measures": tuple(measures), "exhibits": tuple(exhibits)})
    return fakes.assemble([result, fakes.explainability_result(), fakes.privacy_result(), fakes.compute_result()])


def test_forty_groups_of_six_attributes() -> None:
    """400 KB at most, with a picture and a table for every attribute."""
    text = write(crowd(40), "html")
    assert text.count("<svg role") >= 2 * ATTRIBUTES
    assert len(text.encode()) <= 400_000


@pytest.fixture(scope="module")
def monster() -> str:
    """Thousands of findings, hundreds of pictures, texts without end."""
    base = fakes.bias_result({f"group {i} " + "x" * 300: (100, 0.9 - 0.8 * (i > 0)) for i in range(500)})
    pages = [
        made().model_copy(update={"name": f"bias.picture-{i}", "caption": "y" * 20_000})
        for i in range(80) for made in pictures.ALL
    ]  # fmt: skip
    endless = [
        Measure(name="bias.accuracy", value=0.5, n=10, unit="fraction", where={f"column {i}": "z" * 5000}, note="n" * 9000)
        for i in range(400)
    ]  # fmt: skip
    update = {"exhibits": (*base.exhibits, *pages), "measures": (*base.measures, *endless)}
    return write(fakes.assemble([base.model_copy(update=update)]), "html")


def test_a_monster_stays_under_two_megabytes(monster: str) -> None:
    """However large the report, the page has 2 MB at most and is whole."""
    assert len(monster.encode()) <= CAP
    assert monster.rstrip().endswith("</html>")


def test_a_monster_says_what_it_leaves_out(monster: str) -> None:
    """What is left out is counted on the first screen, and where all of it is."""
    told = re.search(r'<p class="banner">(.*?)</p>', monster)[1]  # type: ignore[index]
    assert re.search(r"leaves out [\d,]+ findings and [\d,]+ pictures", told)
    assert "all of it is in report.json" in told
    assert monster.index('class="banner"') < monster.index('<nav class="toc"')


def test_a_report_of_usual_size_leaves_nothing_out() -> None:
    """No banner where all is shown."""
    assert '<p class="banner">' not in write(fakes.rich(), "html")
