"""Further: the looks beyond importance, the cheap ones first, so that a spent budget costs the dear ones."""

from __future__ import annotations

from collections.abc import Iterator

from riskaudit.audits.explainability.attribution import Attribution
from riskaudit.audits.explainability.bench import Table
from riskaudit.audits.explainability.concentration import effective_features
from riskaudit.audits.explainability.dependence import dependence
from riskaudit.audits.explainability.effects import effects
from riskaudit.audits.explainability.faithfulness import faithfulness
from riskaudit.audits.explainability.interactions import interactions
from riskaudit.audits.explainability.refits import refits
from riskaudit.audits.explainability.simplicity import simplicity
from riskaudit.audits.explainability.stability import stability
from riskaudit.audits.explainability.telling import leak_suspects, proxy_shares
from riskaudit.evidence import Evidence
from riskaudit.measure import Exhibit, Measure


def further(
    evidence: Evidence, attribution: Attribution, sizes: Table, *, output: int, of: str
) -> Iterator[Measure | Exhibit]:
    """Spread, proxies and leaks; what ten lines can say; faithfulness, stability, interactions, effects; refits."""
    yield effective_features(sizes, attribution.pulls)
    yield from proxy_shares(evidence, attribution, sizes)
    yield from leak_suspects(evidence, attribution, sizes)
    yield from dependence(evidence, attribution, sizes, output, of)
    evidence.progress("explainability: small stand-ins")
    yield from simplicity(evidence, attribution, output)
    evidence.progress("explainability: faithfulness and stability")
    yield from faithfulness(evidence, attribution, output)
    yield from stability(evidence, attribution, sizes)
    evidence.progress("explainability: interactions and effects")
    yield from interactions(evidence, attribution, sizes, output)
    yield from effects(evidence, attribution, sizes, output)
    yield from refits(evidence, attribution, sizes)
