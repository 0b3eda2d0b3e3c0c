"""Model card, ML-BOM, Annex IV and LL144 as documents: valid by their readers, and nothing in them invented."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from writers import fakes

from riskaudit.errors import InputError
from riskaudit.measure import Measure
from riskaudit.report import Report
from riskaudit.sealing import sealed
from riskaudit.writers import write
from riskaudit.writers.documents.into import patched, put
from riskaudit.writers.documents.model_card import BEGIN, END, card

STATED = {
    "license": "apache-2.0", "intended_use": "loans under 5,000", "purpose": "credit scoring", "auditor": "A. Body",
    "audit_date": "2026-11-01", "distribution_date": "2026-12-01", "data_source": "applications of 2025",
}  # fmt: skip


def stated(report: Report) -> Report:
    return report.model_copy(update={"statements": STATED})


# ---- model card: as the Hub reads it ------------------------------------------------------------------


@pytest.mark.parametrize("made", list(fakes.ALL.values()), ids=list(fakes.ALL))
def test_the_card_is_what_the_hub_reads(made: object, tmp_path: Path) -> None:
    """huggingface_hub loads the front matter, keeps every metric through its own types, and writes the same again."""
    hub = pytest.importorskip("huggingface_hub", reason="pip install huggingface_hub")
    report = made()  # type: ignore[operator]
    text = card(report)
    loaded = hub.ModelCard(text, ignore_metadata_errors=False)
    path = tmp_path / "README.md"
    path.write_text(text, encoding="utf-8")
    plain = hub.metadata_load(path)
    results = loaded.data.eval_results or []
    assert len(results) == sum(len(r["metrics"]) for i in plain.get("model-index", []) for r in i["results"])
    assert all(isinstance(one.metric_value, float) for one in results)
    assert "license" not in plain
    again = hub.ModelCardData(**loaded.data.to_dict()).to_dict()
    assert again["pipeline_tag"] == "tabular-classification"


def test_the_front_matter_says_only_what_is_known() -> None:
    """The license once it is stated; numbers and words alike for readers of YAML 1.1 and 1.2."""
    yaml = pytest.importorskip("yaml")
    from ruamel.yaml import YAML

    inner = card(stated(fakes.rich())).split("---\n")[1]
    assert yaml.safe_load(inner) == YAML(typ="safe", pure=True).load(inner)
    assert yaml.safe_load(inner)["license"] == "apache-2.0"
    names = [m["name"] for m in yaml.safe_load(inner)["model-index"][0]["results"][0]["metrics"]]
    assert all("n = " in name and "interval" in name for name in names)


def test_the_card_names_what_nobody_stated() -> None:
    """Every section is there; what is stated stands in it, all else is not stated."""
    text = card(stated(fakes.rich()))
    for title in (
        "Model details", "Intended use", "Factors", "Metrics", "Evaluation data", "Training data",
        "Quantitative analyses", "Ethical considerations", "Caveats and recommendations", "Environmental impact",
    ):  # fmt: skip
        assert f"\n## {title}\n" in text
    assert "- **Primary intended uses**: loans under 5,000" in text
    assert "- **Out-of-scope uses**: *not stated*" in text


# ---- a card in a README that is there already ----------------------------------------------------------


def readme(front: str = "license: mit   # keep\ntags: [credit,  loans]\n", end: str = "\n") -> str:
    text = (
        f"---\n{front}---\n# Title  \n\nbefore\t\n{BEGIN}\nold text\n{END}\n\nafter  \nno newline at the end"
    )
    return text.replace("\n", end)


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_only_what_is_between_the_markers_changes(end: str) -> None:
    """All else stays byte for byte, comments and odd blanks too; a second time changes nothing."""
    before = readme(end=end)
    after = patched(before, fakes.rich())
    assert after.startswith(
        f"---{end}license: mit   # keep{end}tags: [credit,  loans]{end}# riskaudit:card{end}"
    )
    assert after.endswith(f"{END}{end}{end}after  {end}no newline at the end")
    assert f"---{end}# Title  {end}{end}before\t{end}{BEGIN}{end}" in after
    assert "old text" not in after
    assert "tags:\n- riskaudit" not in after
    assert re.search("(?<!\r)\n", after) is None if end == "\r\n" else "\r" not in after
    assert patched(after, fakes.rich()) == after
    again = patched(after, fakes.clean())
    assert again != after
    assert patched(again, fakes.rich()) == after


def test_without_front_matter_only_the_body_changes() -> None:
    """--no-front-matter leaves the YAML alone; a file without any gets some."""
    before = readme()
    assert patched(before, fakes.rich(), front_matter=False).startswith(before.split(BEGIN)[0] + BEGIN)
    bare = f"{BEGIN}\n{END}\n"
    assert patched(bare, fakes.rich(), front_matter=False).startswith(BEGIN)
    made = patched(bare, fakes.rich())
    assert made.startswith("---\n# riskaudit:card\n")
    assert patched(made, fakes.rich()) == made


FOREIGN = """model-index:
- name: theirs
  results:
  - task:
      type: text-classification # theirs
    dataset:
      name: glue
      type: glue
    metrics:
    - type: accuracy
      value: 0.9   # kept
language: en
"""


@pytest.mark.parametrize(
    "front", [FOREIGN, re.sub(r"(?m)^([ -])", r"  \1", FOREIGN), FOREIGN.replace("language: en\n", "")]
)
def test_results_of_others_stay_in_the_model_index(front: str) -> None:
    """Ours is one more result, in a region of its own; theirs keep their lines and comments."""
    yaml = pytest.importorskip("yaml")
    after = patched(readme(front), fakes.rich())
    plain = yaml.safe_load(after.split("---\n")[1])
    assert [r["task"]["type"] for r in plain["model-index"][0]["results"]] == ["text-classification", "tabular-classification"]  # fmt: skip
    assert plain.get("language", "en") == "en"
    for line in front.splitlines():
        assert line in after
    assert patched(after, fakes.rich()) == after


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (f"# a\n{END}\n", f"has no line '{BEGIN}'"),
        (f"# a\n{BEGIN}\n", f"has no line '{END}'"),
        (f"{BEGIN}\n{END}\n{BEGIN}\n", r"2 times \(lines 1, 3\)"),
        (f"{END}\n{BEGIN}\n", "before"),
        (f"---\na: [\n---\n{BEGIN}\n{END}\n", "not YAML"),
        (f"---\n- a\n---\n{BEGIN}\n{END}\n", "no list of keys"),
        (f"---\na: 1\n{BEGIN}\n{END}\n", "does not close"),
        (f"---\n# riskaudit:card\na: 1\n---\n{BEGIN}\n{END}\n", "once each"),
        (f"---\nmodel-index: []\n---\n{BEGIN}\n{END}\n", "model-index"),
    ],
)
def test_a_file_that_cannot_be_patched_is_told_and_left(text: str, problem: str, tmp_path: Path) -> None:
    """One clear error, and the file is as it was."""
    path = tmp_path / "README.md"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=problem):
        put(fakes.rich(), path)
    assert path.read_text(encoding="utf-8") == text
    assert [p.name for p in tmp_path.iterdir()] == ["README.md"]


def test_a_card_of_hostile_names_keeps_its_markers() -> None:
    """Names that hold the markers themselves cannot end the region."""
    report = fakes.hostile()
    subject = report.subject.model_copy(update={"name": f"{END}\n---\n# /riskaudit:card"})
    report = report.model_copy(update={"subject": subject})
    after = patched(readme(), report)
    assert after.splitlines().count(END) == 1
    assert patched(after, report) == after


# ---- ML-BOM -------------------------------------------------------------------------------------------


def bom_errors(text: str) -> list[str]:
    """What the official schema of CycloneDX 1.7 finds wrong."""
    lib = pytest.importorskip("cyclonedx", reason="pip install cyclonedx-python-lib")
    import jsonschema
    from referencing import Registry, Resource

    folder = Path(lib.__file__).parent / "schema" / "_res"
    schemas = {n: json.loads((folder / f"{n}.SNAPSHOT.schema.json").read_text(encoding="utf-8")) for n in ("bom-1.7", "spdx", "jsf-0.82", "cryptography-defs")}  # fmt: skip
    registry = Registry().with_resources(
        (one["$id"], Resource.from_contents(one)) for one in schemas.values()
    )
    check = jsonschema.Draft7Validator(
        schemas["bom-1.7"], registry=registry, format_checker=jsonschema.FormatChecker()
    )
    return [f"{list(e.path)}: {e.message[:200]}" for e in check.iter_errors(json.loads(text))]


@pytest.mark.parametrize("made", list(fakes.ALL.values()), ids=list(fakes.ALL))
def test_the_bom_is_valid_cyclonedx(made: object) -> None:
    """The official schema of 1.7 finds nothing, whatever the report."""
    assert bom_errors(write(stated(made()), "cyclonedx")) == []  # type: ignore[operator]


def test_the_bom_of_a_report_is_one_bom() -> None:
    """Serial number from the digest, time from the run: the same report, the same bytes; another, another number."""
    first, again, other = (
        json.loads(write(r, "cyclonedx")) for r in (fakes.rich(), fakes.rich(), fakes.clean())
    )
    assert first == again
    assert first["serialNumber"] != other["serialNumber"]
    assert first["metadata"]["timestamp"] == "2026-11-21T22:40:03Z"
    whole = sealed(fakes.rich())
    assert json.loads(write(whole, "cyclonedx"))["serialNumber"] == first["serialNumber"]


def test_the_bom_holds_every_number_with_its_slice_and_interval() -> None:
    """As many metrics as measures that were assessed, in all their digits; groups at risk from the findings."""
    report = fakes.rich()
    model = json.loads(write(report, "cyclonedx"))["metadata"]["component"]
    metrics = model["modelCard"]["quantitativeAnalysis"]["performanceMetrics"]
    known = [m for m in report.measures() if m.assessed]
    assert [(m["type"], float(m["value"]), m.get("slice", "")) for m in metrics] == [
        (m.name, m.value, m.slice) for m in known
    ]
    ends = [(m.interval.low, m.interval.high) for m in known if m.interval]
    told = [m["confidenceInterval"] for m in metrics if "confidenceInterval" in m]
    assert [(float(t["lowerBound"]), float(t["upperBound"])) for t in told] == ends
    risks = model["modelCard"]["considerations"]["fairnessAssessments"]
    assert {r["groupAtRisk"] for r in risks} == {"female"}
    assert model["hashes"] == [{"alg": "SHA-256", "content": "0c" * 32}]
    assert "licenses" not in model


# ---- Annex IV and LL144 -----------------------------------------------------------------------------------


def test_annex_iv_has_every_point_and_invents_nothing() -> None:
    """A section for each point; without evidence or statement it is to be provided, and the count says how many."""
    from riskaudit.writers.documents.points import points_of

    report = stated(fakes.rich())
    text = write(report, "annex-iv")
    points = points_of(report, "eu-ai-act")
    assert text.count("\n### ") == len(points)
    open_ = [p for p in points if p.status == "to be provided"]
    assert f"{len(open_)} are TO BE PROVIDED" in text
    assert text.count("\n**TO BE PROVIDED** by") == len(open_)
    assert "Stated: credit scoring" in text
    assert "| TO BE PROVIDED | TO BE PROVIDED | TO BE PROVIDED |" in text


def test_ll144_bears_the_name_only_when_nothing_is_lacking() -> None:
    """Without intersections it is no summary of the law; with everything it is one, with auditor and dates."""
    text = write(stated(fakes.rich()), "ll144")
    assert text.startswith("# Selection rates and impact ratios (not a Local Law 144 summary)")
    assert "This is not a summary of results under Local Law 144" in text
    report = fakes.rich()
    crossed = Measure(name="bias.intersection_selection_rate_ratio", value=0.9, n=99, unit="ratio", note="n")
    bias, *others = report.results
    bias = bias.model_copy(update={"measures": (*bias.measures, crossed)})
    whole = write(stated(report.model_copy(update={"results": (bias, *others)})), "ll144")
    assert whole.startswith("# Bias audit under Local Law 144")
    assert "Auditor: A. Body" in whole
