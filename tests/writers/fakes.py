"""Reports to try writers on: rich, clean, predictions only, crowded and hostile; judged by the real judge."""

from __future__ import annotations

import math
import random
from collections.abc import Iterable

from riskaudit import judge
from riskaudit.measure import Exhibit, Interval, Measure
from riskaudit.report import AuditResult, DataCard, Report, Run, SubjectCard
from riskaudit.rulebook import Rule, Rulebook, Source

HOSTILE = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "a|b|c",
    "\x1b[31mred\x1b[0m\x1b]8;;http://evil.example\x07link\x1b]8;;\x07",
    "\u202egnp.exe\u2066",
    "[click](http://evil.example/)",
    "![i](http://evil.example/i.png)",
    "# heading\n- item\n\n<details>",
    "`code` ``two`` @everyone",
    "'; DROP TABLE people; --",
    '" onmouseover="alert(1)',
    "=cmd|' /C calc'!A0",
    "{{ 7*7 }}{% raw %}",
    "]]> & </style></svg>",
    "\x00\x07\x9b31mnull",
    "性別=女性の方",
    "<b>" + "very long " * 300,
)

LIMITS = {
    "bias": "It compares the groups it is told of. A group that no column names is not seen, and neither is a "
    "harm that the labels share.\n\nEqual rates may still mean different treatment.",
    "explainability": "An attribution says what the model uses, not what causes the outcome.",
    "privacy": "One family of attacks; a stronger attacker may find more. A low AUC is no proof of privacy.",
    "compute": "Estimated from the processor's rated power where no sensor can be read.",
}


def rule(id: str, measure: str, ideal: float, limit: float, severity: str, **more: object) -> Rule:
    plain = {
        "when_unsure": "warn",
        "finding": "",
        "why": "People in the worse group carry the cost of errors that they did not make, and the law looks at the ratio.",
        "remedy": "Look at the features that stand in for the group, then refit without them or move the threshold.",
        "reference": "US four-fifths rule, 29 CFR 1607.4(D)",
    }
    return Rule.model_validate(
        {**plain, "id": id, "measure": measure, "ideal": ideal, "limit": limit, "severity": severity, **more}
    )


RULES = (
    rule(
        "selection-rate-ratio", "bias.selection_rate_ratio", 1.0, 0.8, "high",
        finding="{group} is selected {value} times as often as {reference}",
    ),
    rule(
        "true-positive-gap", "bias.true_positive_rate_difference", 0.0, 0.1, "medium",
        finding="of those who qualify, {group} is found {value} less often than {reference}",
        reference="Hardt, Price, Srebro 2016, equal opportunity",
    ),
    rule("false-positive-gap", "bias.false_positive_rate_difference", 0.0, 0.1, "medium", reference="equalized odds"),
    rule(
        "proxy-share", "explainability.proxy_share", 0.0, 0.2, "medium",
        finding="{value} of the attribution goes to columns that stand in for a sensitive one",
        reference="house rule: a fifth of the attribution",
    ),
    rule("additivity-error", "explainability.additivity_error", 0.0, 0.01, "low", reference="Lundberg, Lee 2017"),
    rule(
        "membership-auc", "privacy.attack_auc", 0.5, 0.6, "high",
        finding="an attacker tells members from others with AUC {value} (0.5 is chance)",
        reference="Carlini et al. 2022",
    ),
    rule(
        "membership-tpr", "privacy.tpr_at_fpr", 0.01, 0.03, "critical",
        finding="at 1 % false alarms an attacker finds {value} of the members (chance 0.01)",
        reference="Carlini et al. 2022",
    ),
    rule("generalisation-gap", "privacy.generalisation_gap", 0.0, 0.1, "low", reference="Yeom et al. 2018"),
    rule("training-energy", "compute.training_energy", 0.0, 1.0, "low", reference="budget of the team"),
    rule("prediction-latency", "compute.latency", 0.0, 0.01, "low", reference="service level"),
    rule("model-size", "compute.model_size", 0.0, 5e7, "low", reference="budget of the team"),
)  # fmt: skip


def proportion(name: str, hits: int, n: int, where: dict[str, str], unit: str = "fraction") -> Measure:
    p = hits / n
    half = 1.96 * math.sqrt(max(p * (1 - p), 1e-6) / n)
    interval = Interval(low=max(0.0, p - half), high=min(1.0, p + half), method="Wilson")
    return Measure(name=name, value=p, interval=interval, n=n, unit=unit, where=where)


def bounded(name: str, value: float, low: float, high: float, n: int, unit: str, **more: object) -> Measure:
    interval = Interval(low=low, high=high, method="bootstrap, 2,000 draws")
    return Measure.model_validate(
        {"name": name, "value": value, "interval": interval, "n": n, "unit": unit, **more}
    )


def compare(name: str, value: float, low: float, high: float, unit: str, attribute: str, group: str, reference: str, n: int = 4000) -> Measure:  # fmt: skip
    where = {"attribute": attribute, "group": group, "reference": reference}
    return bounded(name, value, low, high, n, unit, where=where)


def group_measures(attribute: str, groups: dict[str, tuple[int, float]]) -> Iterable[Measure]:
    for group, (n, rate) in groups.items():
        for noun, p in (
            ("selection_rate", rate), ("true_positive_rate", min(0.95, rate + 0.4)), ("false_positive_rate", rate / 3),
            ("precision", 0.7), ("accuracy", 0.82),
        ):  # fmt: skip
            yield proportion(f"bias.{noun}", round(p * n), n, {attribute: group})


def rate_exhibit(attribute: str, groups: dict[str, tuple[int, float]], kind: str = "bars") -> Exhibit:
    low, high = [], []
    for n, p in groups.values():
        half = 1.96 * math.sqrt(p * (1 - p) / n)
        low.append(max(0.0, p - half))
        high.append(min(1.0, p + half))
    worst = min(groups, key=lambda g: groups[g][1])
    return Exhibit.model_validate(
        {
            "name": f"bias.selection_rate_by_{len(groups)}_{kind}",
            "kind": kind,
            "title": f"Selection rate by {attribute}",
            "caption": f"Selected least often: {worst}, {groups[worst][1]:.2f}. Whiskers are 95% intervals.",
            "axes": {"x": "selection rate", "x_mark": 0.3, "mark_label": "all rows"},
            "columns": {
                "label": list(groups),
                "value": [p for _, p in groups.values()],
                "low": low,
                "high": high,
                "n": [n for n, _ in groups.values()],
            },
        }
    )


def series_exhibit() -> Exhibit:
    labels, series = (
        ["female", "male", "female × black", "male × black"],
        ["true positive rate", "false positive rate"],
    )
    rows = [(label, s, v, v - 0.04, v + 0.04) for label, vs in zip(labels, [(0.61, 0.12), (0.74, 0.21), (0.52, 0.16), (0.70, 0.23)], strict=True) for s, v in zip(series, vs, strict=True)]  # fmt: skip
    columns = [list(c) for c in zip(*rows, strict=True)]
    return Exhibit.model_validate(
        {
            "name": "bias.error_rates", "kind": "dots", "title": "Error rates by group",
            "caption": "Black women who qualify are found least often.", "axes": {"x": "rate"},
            "columns": dict(zip(["label", "series", "value", "low", "high"], columns, strict=True)),
        }
    )  # fmt: skip


def heatmap_exhibit() -> Exhibit:
    rows, columns = ["female", "male", "other"], ["asian", "black", "hispanic", "white", "two or more"]
    draw = random.Random(3)
    cells = [
        (r, c, None if (r, c) == ("other", "asian") else round(draw.uniform(0.12, 0.48), 3))
        for r in rows
        for c in columns
    ]
    return Exhibit.model_validate(
        {
            "name": "bias.intersections", "kind": "heatmap", "title": "Selection rate at the intersections",
            "caption": "Women of two groups meet the lowest rates; cells under 10 rows are left out.",
            "axes": {"x": "race", "y": "sex", "value": "selection rate"},
            "columns": {"row": [c[0] for c in cells], "column": [c[1] for c in cells], "value": [c[2] for c in cells]},
        }
    )  # fmt: skip


def swarm_exhibit(per_feature: int = 260) -> Exhibit:
    draw = random.Random(5)
    rows, xs, shades = [], [], []
    for at, feature in enumerate(["district", "income", "debt to income ratio", "years employed", "skill", "noise_1", "noise_2", "noise_3"]):  # fmt: skip
        for _ in range(per_feature):
            shade = draw.random()
            rows.append(feature)
            xs.append((shade - 0.5) * 1.6 / (1 + at) + draw.gauss(0, 0.06))
            shades.append(shade if feature != "noise_3" else None)
    return Exhibit.model_validate(
        {
            "name": "explainability.swarm", "kind": "swarm", "title": "What moves a decision",
            "caption": "High values of district push the score up most.",
            "axes": {"x": "SHAP value (log odds)", "x_mark": 0, "shade": "feature value"},
            "columns": {"row": rows, "x": xs, "shade": shades},
        }
    )  # fmt: skip


def roc_exhibit() -> Exhibit:
    xs = [10 ** (-4 + 4 * i / 40) for i in range(41)]
    rows = [("loss threshold", x, min(1.0, x**0.72)) for x in xs] + [
        ("reference models", x, min(1.0, x**0.6)) for x in xs
    ]
    return Exhibit.model_validate(
        {
            "name": "privacy.attack_roc", "kind": "curve", "title": "The attack, members found against false alarms",
            "caption": "At 1% false alarms the reference attack finds 6% of the members.",
            "axes": {
                "x": "false positive rate", "y": "true positive rate", "x_scale": "log", "y_scale": "log",
                "x_mark": 0.01, "mark_label": "1% false alarms",
            },
            "columns": {"series": [r[0] for r in rows], "x": [r[1] for r in rows], "y": [r[2] for r in rows]},
        }
    )  # fmt: skip


def calibration_exhibit() -> Exhibit:
    rows = [
        (s, x / 10, x / 10 + d * (1 - x / 10), x / 10 + d * (1 - x / 10) - 0.05, x / 10 + d * (1 - x / 10) + 0.05)
        for s, d in (("female", -0.08), ("male", 0.06)) for x in range(11)
    ]  # fmt: skip
    columns = [list(c) for c in zip(*rows, strict=True)]
    return Exhibit.model_validate(
        {
            "name": "bias.calibration", "kind": "curve", "title": "Calibration by sex",
            "caption": "Scores of women promise more than happens.",
            "axes": {"x": "predicted probability", "y": "observed share"},
            "columns": dict(zip(["series", "x", "y", "low", "high"], columns, strict=True)),
        }
    )  # fmt: skip


def energy_exhibit() -> Exhibit:
    return Exhibit.model_validate(
        {
            "name": "compute.energy", "kind": "bars", "title": "Energy", "caption": "Training took most of it.",
            "axes": {"x": "Wh"}, "metered": True,
            "columns": {"label": ["training", "1,000 predictions", "one refit"], "value": [12.3, 0.04, 11.9]},
        }
    )  # fmt: skip


def importance_exhibit() -> Exhibit:
    values = {
        "district": 0.41,
        "income": 0.28,
        "debt to income ratio, monthly, as declared": 0.14,
        "skill": 0.11,
        "noise_1": 0.01,
    }
    return Exhibit.model_validate(
        {
            "name": "explainability.importance", "kind": "bars", "title": "Mean attribution by feature",
            "caption": "District carries 41% of the attribution.", "axes": {"x": "mean |SHAP|"},
            "columns": {
                "label": list(values), "value": list(values.values()),
                "low": [v * 0.9 for v in values.values()], "high": [v * 1.1 for v in values.values()],
            },
        }
    )  # fmt: skip


def table_exhibit() -> Exhibit:
    return Exhibit.model_validate(
        {
            "name": "privacy.attacks", "kind": "table", "title": "Attacks tried", "caption": "Two attacks, the stronger one is judged.",
            "columns": {"attack": ["loss threshold", "reference models"], "AUC": [0.69, 0.74], "models": [0, 16], "note": [None, "8 in, 8 out"]},
        }
    )  # fmt: skip


SEX = {"female": (1842, 0.19), "male": (2158, 0.31)}


def bias_result(groups: dict[str, tuple[int, float]] | None = None) -> AuditResult:
    groups = groups or {}
    measures = [
        *group_measures("sex", SEX),
        *(group_measures("race", groups) if groups else ()),
        compare("bias.selection_rate_ratio", 0.62, 0.57, 0.67, "ratio", "sex", "female", "male"),
        compare("bias.true_positive_rate_difference", 0.13, 0.06, 0.2, "difference", "sex", "female", "male"),
        compare("bias.false_positive_rate_difference", 0.04, 0.01, 0.07, "difference", "sex", "female", "male"),
        Measure(name="bias.precision", value=None, n=7, unit="fraction", where={"sex": "other"}, note="7 rows; a rate needs 30"),
    ]  # fmt: skip
    for group, (_, rate) in list(groups.items())[1:]:
        ratio = rate / max(next(iter(groups.values()))[1], 0.01)
        measures.append(
            compare(
                "bias.selection_rate_ratio",
                ratio,
                ratio * 0.9,
                ratio * 1.1,
                "ratio",
                "race",
                group,
                next(iter(groups)),
            )
        )
    exhibits = [rate_exhibit("sex", SEX), series_exhibit(), heatmap_exhibit(), calibration_exhibit()]
    if groups:
        exhibits.append(rate_exhibit("race", groups, "dots"))
    question = "Who is treated differently, and by how much?"
    return AuditResult(audit="bias", question=question, status="measured", measures=tuple(measures), exhibits=tuple(exhibits))  # fmt: skip


def explainability_result() -> AuditResult:
    measures = (
        bounded("explainability.proxy_share", 0.41, 0.38, 0.44, 500, "fraction"),
        Measure(
            name="explainability.additivity_error",
            value=2e-7,
            n=500,
            unit="fraction",
            note="exact by construction",
        ),
        *(
            bounded("explainability.attribution", v, v * 0.9, v * 1.1, 500, "fraction", where={"column": c})
            for c, v in (("district", 0.41), ("income", 0.28), ("skill", 0.11))
        ),
    )
    return AuditResult(
        audit="explainability", question="What does the model go by?", status="measured", measures=measures,
        exhibits=(importance_exhibit(), swarm_exhibit()),
    )  # fmt: skip


def privacy_result() -> AuditResult:
    measures = (
        bounded("privacy.attack_auc", 0.74, 0.71, 0.77, 3000, "auc"),
        bounded("privacy.tpr_at_fpr", 0.062, 0.024, 0.1, 3000, "fraction"),
        bounded("privacy.generalisation_gap", 0.21, 0.19, 0.23, 3000, "difference"),
    )
    return AuditResult(
        audit="privacy", question="Can it be told who was in the training data?", status="measured", measures=measures,
        exhibits=(roc_exhibit(), table_exhibit()),
    )  # fmt: skip


def compute_result() -> AuditResult:
    measures = (
        Measure(
            name="compute.training_energy",
            value=0.0123,
            n=1,
            unit="kWh",
            note="one training run",
            metered=True,
        ),
        bounded("compute.latency", 0.0034, 0.0031, 0.0039, 30, "seconds", metered=True),
        Measure(name="compute.model_size", value=1234567.0, n=1, unit="bytes", note="the file"),
    )
    return AuditResult(
        audit="compute", question="What does it cost to train and to run?", status="measured", measures=measures,
        exhibits=(energy_exhibit(),),
    )  # fmt: skip


def failed_result() -> AuditResult:
    return AuditResult(
        audit="robustness", question="Does a small change change the answer?", status="failed",
        reason="ValueError: cannot perturb column 'date'",
    )  # fmt: skip


def saying(report: Report, text: str) -> Report:
    """The report with every audit saying this of what it cannot see."""
    return report.model_copy(
        update={"results": tuple(r.model_copy(update={"cannot_see": text}) for r in report.results)}
    )


def assemble(
    results: Iterable[AuditResult],
    rules: Iterable[Rule] = RULES,
    *,
    strict: bool = False,
    name: str = "random_forest.skops",
) -> Report:
    """A report from results, judged, with what is metered put into `run`, as the pipeline does."""
    results = tuple(r.model_copy(update={"cannot_see": LIMITS.get(r.audit, "")}) for r in results)
    book = Rulebook(
        sources=(Source(name="default", sha256="ab" * 32, text="rules: []\n"),), rules=tuple(rules)
    )
    verdicts = judge.judge(results, book, task="binary")
    scores = judge.area_scores(verdicts)
    metered = {v.area for v in verdicts if v.metered}
    return Report(
        gate=judge.gate(verdicts, results, strict=strict),
        subject=SubjectCard(
            name=name, kind="skops", sha256="0c" * 32, task="binary", classes=("no", "yes"), learner="random forest",
            features=("district", "income", "skill"), training={"rows": 1500, "seconds": 1.25, "learner": "random-forest", "trees": 200},
        ),
        data=DataCard(
            name="holdout.csv", sha256="7f" * 32, rows=4000, members=1500, members_name="train.csv", target="approved",
            positive="yes", favourable=("yes",), sensitive=("sex", "race"), notes=("12 rows without a target left out",),
        ),
        seed=7,
        effort="normal",
        settings={"min_group": 30, "confidence": 0.95},
        rulebook=book,
        results=tuple(
            r.model_copy(update={
                "measures": tuple(m for m in r.measures if not m.metered),
                "exhibits": tuple(e for e in r.exhibits if not e.metered),
            }) for r in results
        ),
        verdicts=tuple(v for v in verdicts if not v.metered),
        scores={a: s for a, s in scores.items() if a not in metered},
        run=Run(
            started="2026-11-21T22:40:03Z",
            seconds=12.4,
            audit_seconds={r.audit: 1.5 for r in results},
            command="riskaudit audit --model random_forest.skops --data holdout.csv --target approved --sensitive sex,race --seed 7",
            versions={"riskaudit": "0.1.0", "python": "3.11.7", "scikit-learn": "1.9.1", "numpy": "2.3.1"},
            host="Linux x86_64, 2 cores",
            measures=tuple(m for r in results for m in r.measures if m.metered),
            exhibits=tuple(e for r in results for e in r.exhibits if e.metered),
            verdicts=tuple(v for v in verdicts if v.metered),
            scores={a: s for a, s in scores.items() if a in metered},
            headline=judge.headline(scores),
        ),
    )  # fmt: skip


def demo() -> Report:
    """Four audits, findings of every severity, all assessed: about what `riskaudit demo` gives."""
    return assemble([bias_result(), explainability_result(), privacy_result(), compute_result()])


def rich() -> Report:
    """Every outcome: failed, unsure, holding, missing, a failed audit."""
    extra = (
        rule("fragile-answers", "robustness.flip_rate", 0.0, 0.05, "high"),
        rule("predictive-parity-gap", "bias.precision_difference", 0.0, 0.1, "medium"),
    )
    results = [bias_result(), explainability_result(), privacy_result(), compute_result(), failed_result()]
    return assemble(results, (*RULES, *extra))


def clean() -> Report:
    """Nothing found: every rule holds."""
    results = (
        AuditResult(
            audit="bias", question="Who is treated differently, and by how much?", status="measured",
            measures=(compare("bias.selection_rate_ratio", 0.99, 0.95, 1.03, "ratio", "sex", "female", "male"),),
        ),
    )  # fmt: skip
    return assemble(results, RULES[:1], name="logistic.skops")


def predictions_only() -> Report:
    """No model: three audits do not apply."""
    reason = "there is no model; pass --model"
    silent = [
        AuditResult(audit=a, question="?", status="not_applicable", reason=reason)
        for a in ("explainability", "privacy", "compute")
    ]
    return assemble([bias_result(), *silent], name="predictions")


def incomplete() -> Report:
    """Nothing fails, something is not assessed."""
    result = compare("bias.selection_rate_ratio", 0.99, 0.95, 1.03, "ratio", "sex", "female", "male")
    bias = AuditResult(
        audit="bias", question="Who is treated differently?", status="measured", measures=(result,)
    )
    return assemble(
        [bias, failed_result()],
        (RULES[0], rule("fragile-answers", "robustness.flip_rate", 0.0, 0.05, "high")),
    )


def nothing() -> Report:
    """No audit and no rule."""
    return assemble((), ())


def crowded(groups: int = 40) -> Report:
    """Many groups with long names: many findings, tall pictures, long tables."""
    draw = random.Random(11)
    names = {
        f"group {i:02d} " + ("of a district with a remarkably long official name" if i % 7 == 3 else ""): (draw.randrange(40, 900), draw.uniform(0.1, 0.5))
        for i in range(groups)
    }  # fmt: skip
    return assemble([bias_result(names), explainability_result(), privacy_result(), compute_result()])


def hostile() -> Report:
    """Group names, column names, notes and titles that would live if they could."""
    groups = {text: (100 + 10 * i, 0.1 + 0.02 * i) for i, text in enumerate(HOSTILE)}
    evil = bias_result(groups)
    exhibits = tuple(
        e.model_copy(
            update={"title": text, "caption": text, "axes": {**e.axes, "x": text, "mark_label": text}}
        )
        for e, text in zip((*evil.exhibits, *evil.exhibits), HOSTILE, strict=False)
    )
    named = [
        Measure(name="bias.accuracy", value=0.5, n=9, unit=text, where={text: text}, note=text)
        for text in HOSTILE
    ]
    result = evil.model_copy(
        update={"question": HOSTILE[0], "exhibits": exhibits, "measures": (*evil.measures, *named)}
    )
    broken = AuditResult(audit="privacy", question=HOSTILE[1], status="failed", reason=" ".join(HOSTILE))
    report = assemble([result, broken], name=HOSTILE[0])
    run = report.run.model_copy(
        update={"command": "riskaudit audit " + " ".join(HOSTILE), "host": HOSTILE[3]}
    )
    return report.model_copy(update={"run": run})


ALL = {
    made.__name__: made
    for made in (demo, rich, clean, predictions_only, incomplete, nothing, crowded, hostile)
}
