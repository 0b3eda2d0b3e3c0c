"""Summary: what the attacks come to, in sentences for whoever must decide."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from riskaudit.audits.privacy.isolation import ALONE, SHARED
from riskaudit.audits.privacy.remedies import AS_IT_IS
from riskaudit.measure import Cell, Exhibit, Measure

HELPED = "privacy.membership_auc privacy.membership_tpr_at_1pct_fpr privacy.membership_precision"


def exhibits(
    best: Sequence[Measure],
    people: Sequence[Measure],
    blind: Measure,
    twin: Measure,
    groups: Sequence[Measure],
    remedies: Sequence[Measure],
) -> Iterator[Exhibit]:
    """The short answers, and the remedies side by side."""
    answers = {"Does the model tell who was in its training data?": verdict(best, blind, twin)}
    answers["What do the controls say?"] = controlled(blind, twin)
    for measure in people:
        if measure.name == "privacy.membership_precision":
            answers[f"What is an accusation worth, at prior {measure.where['prior']}?"] = measure.note.split(
                " '"
            )[0]
        elif measure.value is not None:
            answers["How many members are exposed?"] = (
                f"{measure.value:.1%} of members can be named with nine of ten right, where as many outsiders are asked about."
            )
    answers["Who is exposed most?"] = who(groups)
    if remedies:
        answers["What would stop it?"] = what_helps(remedies)
    answers["What would not stop it?"] = (
        "De-identified columns, encryption at rest and access control keep the table and the file from strangers, and "
        "federated training keeps rows at home; none of them changes what the finished model tells whoever may ask it."
    )
    yield Exhibit(
        name="privacy.in_short",
        kind="table",
        title="Privacy in short",
        caption="Each answer rests on the measures below, with their intervals.",
        columns={"question": list(answers), "answer": list(answers.values())},
    )
    if remedies:
        yield from _side_by_side(remedies)


def verdict(best: Sequence[Measure], blind: Measure, twin: Measure) -> str:
    """A leak, none found, or not known, and why; "none found" is only said where the positive control is found."""
    value = best[0]
    if value.value is None or value.interval is None:
        return f"Not known: {value.note.removeprefix('Not assessed: ')}"
    rate = next((m for m in best if m.name == "privacy.membership_tpr_at_1pct_fpr"), None)
    few = rate.interval.low > 0.01 if rate and rate.interval and "Indicative" not in rate.note else False
    odds = f"AUC {value.value:.2f}, {value.interval.low:.2f} to {value.interval.high:.2f}"
    if value.interval.low > 0.5 or few:
        return f"Yes: the strongest attack tells members from others better than guessing ({odds})."
    shifted = blind.interval is not None and blind.interval.low > 0.5
    if shifted:
        return f"No leak beyond the difference between the two tables was found ({odds}); hold rows out at random to be surer."
    if twin.interval is not None and twin.interval.low > 0.5:
        return f"No leak found: no attack did better than guessing ({odds}), and the same rows give an overfit twin away (AUC {twin.value:.2f})."
    return f"Not known: no attack did better than guessing ({odds}), but neither was an overfit twin found, so silence proves little."


def controlled(blind: Measure, twin: Measure) -> str:
    """What was found where nothing can leak, and where something must."""
    if blind.interval is None:
        told = "Whether the two tables differ anyway is not known"
    else:
        apart = "so they differ anyway" if blind.interval.low > 0.5 else "as it should be"
        told = f"Without asking the model the two tables are told apart at AUC {blind.value:.2f}, {apart}"
    if twin.interval is None:
        return f"{told}; there is no overfit twin to find ({twin.note.removeprefix('Not assessed: ').rstrip('.')})."
    found = "which was to be found" if twin.interval.low > 0.5 else "which is no better than guessing"
    return f"{told}; an overfit twin of the model is given away at AUC {twin.value:.2f}, {found}."


def who(groups: Sequence[Measure]) -> str:
    """The group that is found more easily than another, where that is sure."""
    gaps = [m for m in groups if m.name == "privacy.group_membership_gap" and m.interval is not None]
    sure = [m for m in gaps if m.interval is not None and m.interval.low > 0]
    told = [
        f"{m.where['attribute']} = {m.where['group']} more than {m.where['reference']} (AUC {m.value:.2f} higher)"
        for m in sure
    ] + _classes(groups, {m.where["attribute"] for m in gaps})
    if told:
        return "; ".join(told)
    if not any(m.value is not None for m in groups):
        return "Not known: no group could be assessed."
    return "No group or class is surely more exposed than another."


def _classes(groups: Sequence[Measure], attributes: set[str]) -> list[str]:
    """The class that is found most easily, where its interval is above that of the one found least."""
    known = [
        m
        for m in groups
        if m.name == "privacy.group_membership_auc" and m.interval and not attributes & set(m.where)
    ]
    told = []
    for kind in dict.fromkeys(key for m in known for key in m.where):
        mine = [m for m in known if kind in m.where]
        most, least = (pick(mine, key=lambda m: m.value or 0.0) for pick in (max, min))
        if most.interval and least.interval and most.interval.low > least.interval.high:
            told.append(
                f"{_slice(kind, most.where[kind])} more than {_slice(kind, least.where[kind])} "
                f"(AUC {most.value:.2f} against {least.value:.2f})"
            )
    return told


def _slice(kind: str, value: str) -> str:
    """One side of a comparison, in words."""
    if kind == "rows":
        return f"rows {value}"
    return (
        f"people {'alone in' if value == ALONE else 'who share'} {kind}"
        if value in (ALONE, SHARED)
        else (f"outcome {kind} = {value}")
    )


def what_helps(remedies: Sequence[Measure]) -> str:
    """The remedy after which the attack finds least, beside what it found before."""
    found = [m for m in remedies if m.name == "privacy.remedy_auc" and m.value is not None]
    told = []
    for place in dict.fromkeys(m.where["tried on"] for m in found):
        here = [m for m in found if m.where["tried on"] == place]
        before = next(m for m in here if m.where["remedy"] == AS_IT_IS)
        rest = [m for m in here if m is not before]
        if not rest:
            continue
        after = min(rest, key=lambda m: abs((m.value or 0.5) - 0.5))
        price = next(
            (
                m
                for m in remedies
                if m.name == "privacy.remedy_quality_change" and m.where["remedy"] == after.where["remedy"]
            ),
            None,
        )
        left = " (still above guessing)" if after.interval and after.interval.low > 0.5 else ""
        told.append(
            f"{after.where['remedy']} ({place}): AUC {before.value:.2f} to {after.value:.2f}{left}{_cost(price)}"
        )
    return "; ".join(told) or "Nothing was tried."


def _cost(price: Measure | None) -> str:
    """What it costs, in words; empty where that is not known."""
    if price is None or price.value is None:
        return ""
    if price.unit == "ratio":
        return f", mean squared error {-price.value:+.1%}"
    return f", accuracy {price.value:+.3f}"


def _side_by_side(remedies: Sequence[Measure]) -> Iterator[Exhibit]:
    """The attack before and after every remedy, within one kind of trial, and what the remedy costs."""
    by = {(m.name, m.where["remedy"], m.where.get("tried on", "")): m for m in remedies}
    rows = [m for m in remedies if m.name == "privacy.remedy_auc" and m.where["remedy"] != AS_IT_IS]
    if not rows:
        return
    befores = [by.get((m.name, AS_IT_IS, m.where["tried on"])) for m in rows]

    def found(remedy: Sequence[str]) -> list[float | None]:
        keys = zip(remedy, rows, strict=True)
        told = [by.get(("privacy.remedy_tpr_at_1pct_fpr", name, m.where["tried on"])) for name, m in keys]
        return [m.value if m else None for m in told]

    price = [by.get(("privacy.remedy_quality_change", m.where["remedy"], "")) for m in rows]
    yield Exhibit(
        name="privacy.remedies",
        kind="arrows",
        title="What would stop it",
        caption="The reference attack before and after each remedy, each within its own kind of trial; 0.5 is guessing.",
        axes={"x": "AUC of the reference attack", "x_mark": 0.5, "mark_label": "guessing", "helps": HELPED},
        columns={
            "label": [f"{m.where['remedy']}, {m.where['tried on']}" for m in rows],
            **_ends("before", befores),
            **_ends("after", rows),
            "members found before (1 % false alarms)": found([AS_IT_IS] * len(rows)),
            "members found after (1 % false alarms)": found([m.where["remedy"] for m in rows]),
            "change of quality": [m.value if m else None for m in price],
        },
    )


def _ends(name: str, found: Sequence[Measure | None]) -> dict[str, list[Cell]]:
    """Values and bounds as the columns of one end of an arrow."""
    bounds = [m.interval if m else None for m in found]
    return {
        name: [m.value if m else None for m in found],
        f"{name}_low": [i.low if i else None for i in bounds],
        f"{name}_high": [i.high if i else None for i in bounds],
    }
