"""Privacy: whether the model tells who was in its training data, and what it tells of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from riskaudit.audits.audit import NotApplicable
from riskaudit.evidence import Evidence
from riskaudit.measure import Exhibit, Measure

if TYPE_CHECKING:
    from riskaudit.audits.privacy.pool import Pool


class PrivacyAudit:
    """Membership inference and what stands around it: can one who asks the model tell its members from others?

    What it asks
        Whether the model behaves differently on the rows it was trained on (members) than on rows it
        never saw, so that somebody with a record in hand can tell that this person was in the training
        data: a patient of that clinic, a customer in arrears. And beside it: what the table and the model file
        give away by themselves, whether a hidden column can be read out of the model, and what would help.

    How it measures
        Up to ten attacks on members and held-out rows. Those that only ask: *loss* (Yeom 2018), *entropy* with
        a threshold a class (Song and Mittal 2021), *quantile* regression on outsiders (Bertran 2023),
        *label-only* by disturbed copies (Choquette-Choo 2021). Those that fit the same recipe again on
        complementary parts of the pooled rows, so that each row is in some refits and out of others:
        *reference* (RMIA online/BASE or the logit midpoint, chosen by attacking the refits, never
        with the audited labels), *rmia-offline* (2024), *lira* and *lira-offline* (2022), *shadow* (Shokri
        2017); for bagged forests one forest's trees with and without a row stand for refits, for linear and
        logistic models *leave-one-out* has a closed form. Each is told by its AUC (DeLong), its advantage and
        balanced accuracy at a threshold chosen on other rows (Newcombe), and the share of members found at 1 %
        and 0.1 % false alarms. *strongest* is the best of them, its interval widened for the choice. From it:
        how many of those named are members, the share of members who are exposed, an epsilon lower bound, and
        who is exposed most.

        Controls: a *blind* classifier that never asks the model shows whether the two tables differ anyway (then
        only attacks that compare with refits count); the attack with membership shuffled and with
        outsiders on both sides must find nothing; an overfit twin of the recipe must be found. Held-out rows
        that are members too are counted, and rows with a twin among the members are left out on both sides.

        The table: exact duplicates, uniqueness, columns that name people, and with --quasi k-anonymity,
        l-diversity, t-closeness and re-identification risk. The model file: rows stored as they are, leaves
        with one member, how many members share a decision region. Attribute inference stands beside a guess that never asks the model. Remedies are
        tried, and the attack and the accuracy measured before and after. At deep effort canaries with random
        outcomes are planted, with a coin for each, in one more training.

    What it cannot see
        Stronger attackers (hundreds of refits, several models of one person), gradients seen in federated
        training, or who may ask the model: de-identified columns, encryption and access control are
        outside its sight, and none of them changes what the model itself has learnt. It needs the
        member rows: without them nothing is assessed. People with several rows are treated as several
        people unless --unit tells whose each is; then attacks are judged by person. "No leak found" says that these attacks found none, on average over all rows: a few
        exposed people can hide in an AUC near 0.5, which is why the share found at 1 % is given too.
    """

    name = "privacy"
    question = "Does the model give away who was in its training data?"
    measures = {
        "privacy.membership_auc": "how well an attack orders members above held-out rows; 0.5 is guessing",
        "privacy.membership_advantage": "an attack's true- minus false-positive rate at a threshold chosen on other rows",
        "privacy.membership_balanced_accuracy": "mean of an attack's true-positive and true-negative rates at that threshold; 0.5 is guessing",
        "privacy.membership_tpr_at_1pct_fpr": "share of members an attack finds at 1 % false alarms; 0.01 is guessing",
        "privacy.membership_tpr_at_01pct_fpr": "share of members an attack finds at 0.1 % false alarms; 0.001 is guessing",
        "privacy.membership_precision": "of the people the strongest attack names as members, the share who are, at a stated prior",
        "privacy.exposed_share": "share of members whom the attack names where nine of ten named are members",
        "privacy.group_membership_auc": "how well the attack works within one group, class or kind of row",
        "privacy.group_membership_gap": "how much easier members of the most exposed group are found than those of the least",
        "privacy.attacks_tried": "how many attacks were made; the note says which were not, and why",
        "privacy.epsilon_lower_bound": "the least privacy loss epsilon that an attack proves; 0 proves nothing",
        "privacy.epsilon_claim_excess": "the proven epsilon minus the one the model claims; above 0 the claim does not hold",
        "privacy.canary_auc": "how well planted records with random outcomes are told from others that were left out; 0.5 is guessing",
        "privacy.canary_exposure": "mean exposure of planted records in bits: log2 of how many left-out ones rank below; 1.44 is guessing",
        "privacy.generalisation_gap": "how much better the model does on members than on held-out rows",
        "privacy.blind_auc": "how well members are told from held-out rows without the model; 0.5 is as it should be",
        "privacy.matched_auc": "the attack's AUC among members and held-out rows matched to look alike; given where the two tables differ",
        "privacy.negative_control_auc": "the attack's AUC where there is nothing to find; 0.5 but for chance",
        "privacy.positive_control_auc": "the attack's AUC on an overfit twin, which must be found",
        "privacy.shared_rows": "held-out rows that also stand among the members",
        "privacy.duplicate_share": "share of members whose row stands more than once in the training table",
        "privacy.unique_share": "share of members who alone have their combination of the columns",
        "privacy.below_k5_share": "share of members whose combination of the quasi-identifiers fewer than five share",
        "privacy.k_anonymity": "the smallest number of members who share a combination of the quasi-identifiers",
        "privacy.l_diversity": "the smallest number of different sensitive values within such a combination",
        "privacy.t_closeness": "the largest distance of sensitive values within such a combination from those of all",
        "privacy.reidentification_risk": "mean chance that somebody who knows the quasi-identifiers picks the right row",
        "privacy.identifying_columns": "columns whose values name people: email, phone, card, account or national number, free text",
        "privacy.stored_rows_share": "training rows that the model file holds as they are, as a share of the members",
        "privacy.single_member_leaves": "share of training rows that sit alone in a leaf, mean over trees",
        "privacy.region_k_anonymity": "the smallest number of members in one decision region of a tree or of trees together",
        "privacy.region_below_k5_share": "share of members in decision regions that fewer than five members share",
        "privacy.parameters_per_member": "numbers that the model learnt, per training row",
        "privacy.attribute_inference_excess": "how much more often a hidden column is read out of the model for members than for others",
        "privacy.attribute_inference_gain": "how much more often it is read out of the model for members than guessed without it",
        "privacy.remedy_auc": "the reference attack's AUC on the recipe with a remedy; compare 'as it is'",
        "privacy.remedy_tpr_at_1pct_fpr": "the share of members that attack finds at 1 % false alarms with the remedy",
        "privacy.remedy_quality_change": "how much accuracy (R2 for regression) the remedy costs or gains on held-out rows",
    }

    def examine(self, evidence: Evidence) -> Iterator[Measure | Exhibit]:
        """Yield the tables' own faults first (shared rows, shift), then the attacks."""
        _require(evidence)
        from riskaudit.audits.privacy import artefact, gap, pool, regions, table, told

        evidence.progress("privacy: looking at the table and the model file")
        yield from table.look(evidence)
        yield from artefact.look(evidence)
        yield from regions.look(evidence)
        rows = pool.once_only(evidence)
        yield rows.shared_measure()
        yield gap.generalisation_gap(evidence)
        if rows.too_few:
            yield from told.unassessed(rows.too_few, ("loss", "reference", "strongest"))
            yield told.missing("privacy.blind_auc", rows.too_few)
            return
        yield from _attacked(evidence, rows)


def _attacked(evidence: Evidence, rows: Pool) -> Iterator[Measure | Exhibit]:
    """All that needs members and held-out rows side by side."""
    from riskaudit.audits.privacy import (
        attacks,
        attribute,
        blind,
        canaries,
        claim,
        controls,
        groups,
        matched,
        remedies,
        roc,
        strongest,
        summary,
        told,
    )

    evidence.progress("privacy: comparing members with held-out rows")
    blindly = blind.look(evidence, rows)
    control = blindly.measure
    yield control
    tried = attacks.tried(evidence, rows)
    yield tried.measure()
    evidence.progress("privacy: controls")
    refused = tried.left_out.get("reference", "")
    twin = controls.positive(evidence, tried.made) if tried.made else "the recipe cannot be fitted again"
    found = controls.positive_measure(twin)
    best = list(strongest.measures(tried.attacks, control))
    silence = strongest.silence(found, refused)
    unproven = "" if any(map(strongest.is_found, best)) else silence
    best = list(strongest.vouched(best, silence))
    yield from best
    for attack in tried.attacks:
        yield from told.measures(attack, evidence, control)
    if "reference" in tried.left_out and attacks.refittable(evidence):
        yield from told.unassessed(tried.left_out["reference"], ("reference",))
    fair = strongest.comparable(tried.attacks, control)
    told_of = list(strongest.people(strongest.named(fair, evidence), evidence.prior)) if fair else []
    told_of = [strongest.unless_proven(measure, unproven) for measure in told_of]
    yield from told_of
    yield from matched.measures(tried.attacks, blindly, evidence)
    bounds = [strongest.epsilon(tried.main, evidence)] if tried.main in fair else []
    yield from controls.negative(tried.main, evidence)
    yield found
    who = [strongest.unless_proven(m, unproven) for m in groups.measures(tried.main, evidence)]
    yield from who
    yield from attribute.measures(evidence, rows)
    planted = list(canaries.measures(evidence, tried.made)) if evidence.effort == "deep" else []
    yield from planted
    yield from bounds
    if bounds:
        yield strongest.epsilon_at_threshold(tried.main, evidence)
    if tried.main.by_person:
        bounds = []  # a claim is of a row; of a person with several it is more
    bounds += [m for m in planted if m.name == "privacy.epsilon_lower_bound"]
    yield from (strongest.unless_proven(m, unproven) for m in claim.measures(evidence, bounds))
    evidence.progress("privacy: trying remedies")
    mended = list(remedies.measures(evidence, tried.made))
    yield from mended
    yield from summary.exhibits(best, told_of, control, found, who, mended)
    yield roc.curves(tried.attacks, twin if isinstance(twin, controls.Twin) else None)
    yield roc.bars(tried.attacks, control)


def _require(evidence: Evidence) -> None:
    """Refuse evidence that no attack can be made of."""
    if not evidence.subject.can_predict and not evidence.test.prediction:
        raise NotApplicable(
            "there is no model to ask, only its predictions",
            "pass --model and --train with the rows the model was trained on",
        )
    if evidence.train is None and not evidence.subject.can_predict:
        raise NotApplicable(
            "which of these rows the model was trained on is not said",
            "pass --member COLUMN, true for rows it was trained on; or --model and --train",
        )
    if evidence.train is None:
        raise NotApplicable("there are no member rows", "pass --train with the rows the model was trained on")
