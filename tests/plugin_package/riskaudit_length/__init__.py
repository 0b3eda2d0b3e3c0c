"""A plugin audit: how many rows the evidence has."""

from riskaudit.measure import Exhibit, Measure


class LengthAudit:
    """What it asks: are there enough rows to say anything?

    How it measures: by counting them.

    What it cannot see: whether they are the right ones.
    """

    name = "length"
    question = "are there enough rows to say anything?"
    measures = {"length.rows": "held-out rows"}

    def examine(self, evidence):
        rows = len(evidence.test)
        yield Measure(name="length.rows", value=float(rows), n=rows, unit="count", note="a count has no interval")
        yield Exhibit(
            name="length.rows",
            kind="bars",
            title="Rows",
            caption="How many rows there are.",
            axes={"x": "rows", "y": ""},
            columns={"label": ["held out"], "value": [rows]},
        )
