"""Compute: what training cost and what each prediction costs, in energy, carbon, time and size."""

from __future__ import annotations

from collections.abc import Iterator

from riskaudit.audits.audit import NotApplicable
from riskaudit.evidence import Evidence
from riskaudit.measure import Exhibit, Measure


class ComputeAudit:
    """What does the model cost to train, to keep and to ask?

    What it asks
        How much energy and carbon training took, how much a thousand predictions take, how long a caller
        waits, and how large the model is: what is paid on every retraining and every request.

    How it measures
        Training from the record that `riskaudit train` keeps beside the model, or that `riskaudit meter` wrote
        while any other program trained. Prediction by metering the model on held-out rows, preparation of the
        rows included, in batches of 1,000 (codecarbon; a sensor where the machine has one, else CPU time times
        the CPU's power: each note says which), repeated, as a median with its order-statistic interval, with
        idle power and without. Carbon by the grid of `--country` or `--carbon-intensity`, else the world's
        average. The Software Carbon Intensity (ISO/IEC 21031), water, money and a year of planned use are
        reckoned from these and from what is given: `--pue`, `--embodied`, `--water`, `--price`,
        `--requests-per-day`. What is not given is not assessed, never 0. Latency by the clock, with 1, 32 and
        1,024 rows a call: percentiles with order-statistic intervals, where there are calls enough for them.
        Size is that of the file, and what the model takes in memory; parameters, multiplications and visits
        of tree nodes are counted in the model. A fresh process opens the model's file and answers a first
        row. From effort normal on, sweeps time growing batches and refits, all cores are held against one,
        and smaller models are fitted to the model's own members: each is measured on the same held-out rows
        for accuracy (paired by row), gap, what its loss tells of members, energy and size.

    What it cannot see
        The making of the hardware and cooling (PUE), unless they are given. In no case networks, data
        collection, the runs that were thrown away before this training, and other machines than this one. Power
        that is modelled and not sensed can be off by a factor of two: its interval covers repeats only. A busy
        machine is slower: latency is this machine's, today. An exponent holds over the sizes swept. The smaller
        models are a few, with settings fixed beforehand: that all of them lose says nothing of others. Of a
        model behind an address only what a caller waits for can be seen: percentiles of the audit's own
        requests, one after another, not what many callers at once would wait.
    """

    name = "compute"
    question = "What does the model cost in energy, carbon, time and size?"
    measures = {
        "compute.training_energy": "energy of the training run, in kWh",
        "compute.training_carbon": "carbon of the training run, in kg CO2e",
        "compute.prediction_energy": "energy of 1,000 predictions, in Wh",
        "compute.prediction_carbon": "carbon of 1,000 predictions, in g CO2e",
        "compute.energy_above_idle": "energy without what the machine draws idle, of a training run and of 1,000 "
        "predictions, in Wh",
        "compute.sci": "Software Carbon Intensity, (E x I + M) per R: a training run, 1,000 predictions, a correct "
        "decision, in g CO2e",
        "compute.water": "water that the site takes per R, in litres",
        "compute.energy_price": "what the power for R costs, in the currency given",
        "compute.yearly_energy": "energy of a year of the planned use, in kWh",
        "compute.yearly_carbon": "carbon of a year of the planned use, in kg CO2e",
        "compute.yearly_price": "what the power for a year of the planned use costs, in the currency given",
        "compute.break_even": "requests after which serving has taken the energy of one training",
        "compute.latency": "how long a call takes, by rows in it and percentile, in milliseconds",
        "compute.throughput": "rows answered in a second, one caller, the largest batch",
        "compute.cold_start": "seconds from starting a process to its first answer, the model's file loaded on the way",
        "compute.peak_memory": "bytes that predicting 1,024 rows takes at its peak",
        "compute.scaling_exponent": "to which power time grows with the batch, training rows or columns",
        "compute.thread_gain": "how many times sooner a batch is answered with all cores than with one",
        "compute.service_latency": "how long a service takes to answer a request, network included, in milliseconds",
        "compute.model_size": "bytes of the saved model",
        "compute.memory_size": "bytes of the model once loaded",
        "compute.parameters": "how many coefficients, weights or tree nodes the model holds",
        "compute.operations": "floating-point operations, or visits of tree nodes, of one prediction",
        "compute.smaller_price": "accuracy that a smaller model gives up, or mean absolute error that it adds, paired by row",
        "compute.smaller_energy": "energy of 1,000 predictions of each smaller model, and of this one, in Wh",
        "compute.smaller_size": "bytes of each smaller model, and of this one, in memory",
        "compute.smaller_gap": "widest gap in selection rates (or mean values) of each smaller model, and of this one",
        "compute.smaller_membership_auc": "how well the loss of each smaller model, and of this one, tells its members",
    }

    def examine(self, evidence: Evidence) -> Iterator[Measure | Exhibit]:
        """Yield training's cost, then prediction's, then size."""
        if not evidence.subject.can_predict:
            raise NotApplicable(
                "there is no model to run, only its predictions", "pass --model to meter the model itself"
            )
        if evidence.subject.remote:
            from riskaudit.audits.compute import service

            yield from service.measures(evidence)
            return
        from riskaudit.audits.compute import (
            latency,
            memory,
            operations,
            parameters,
            prediction,
            reckoned,
            size,
            training,
        )

        trained = training.cost(evidence)
        yield from training.measures(evidence, trained)
        yield from training.curve(evidence.subject.training)
        evidence.progress("compute: metering predictions")
        readings = prediction.metered(evidence)
        yield from prediction.measures(evidence, readings)
        yield from reckoned.measures(evidence, trained, readings)
        waits = latency.waits_of(evidence)
        yield from latency.measures(waits, effort=evidence.effort)
        yield size.measure(evidence.subject)
        yield memory.measure(evidence.subject)
        yield parameters.measure(evidence.subject)
        yield operations.measure(evidence)
        yield latency.bars(waits)
        yield from self._started_anew(evidence)
        if evidence.effort != "quick":
            yield from self._swept(evidence)
            yield from self._smaller(evidence)

    @staticmethod
    def _started_anew(evidence: Evidence) -> Iterator[Measure]:
        from riskaudit.audits.compute import cold

        yield from cold.measures(evidence)

    @staticmethod
    def _swept(evidence: Evidence) -> Iterator[Measure | Exhibit]:
        """How time grows, and what threads give."""
        from riskaudit.audits.compute import curves, sweeps, threads

        evidence.progress("compute: how time grows")
        found = sweeps.sweeps(evidence)
        yield from sweeps.measures(found)
        picture = curves.curve(found)
        if picture:
            yield picture
        yield threads.measure(evidence)

    @staticmethod
    def _smaller(evidence: Evidence) -> Iterator[Measure | Exhibit]:
        """What smaller models would lose and save."""
        from riskaudit.audits.compute import smaller, trade

        evidence.progress("compute: smaller models")
        ladder = smaller.climb(evidence)
        yield from trade.measures(ladder)
        yield from trade.exhibits(ladder)
