"""list: what there is to ask for."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

Things = StrEnum("Things", ["audits", "measures", "rules", "rulebooks", "learners", "formats"])


def list_(
    things: Annotated[
        Things, typer.Argument(help="audits, measures, rules, rulebooks, learners or formats.")
    ],
    rules: Annotated[
        list[str], typer.Option("--rules", metavar="NAME|PATH", help="With rules: of which rulebooks.")
    ] = ["default"],  # noqa: B006
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """List audits, measures, rules, rulebooks, learners or formats."""
    import json

    rows = _rows(things, rules)
    if as_json:
        print(
            json.dumps(
                [dict(zip(("name", "about"), row, strict=True)) for row in rows], indent=1, ensure_ascii=False
            )
        )
        return
    broad = max(len(name) for name, _ in rows)
    for name, about in rows:
        print(f"{name:<{broad}}  {about}")


def _rows(things: Things, rules: list[str]) -> list[tuple[str, str]]:
    """Name and one line about each."""
    from riskaudit.audits import audits, declared_measures

    if things is Things.audits:
        return [(name, audit.question) for name, audit in audits().items()]
    if things is Things.measures:
        return list(declared_measures(audits()).items())
    if things is Things.rules:
        from riskaudit.rulebook import read_rulebooks

        book = read_rulebooks(rules, measures=declared_measures(audits()))
        return [
            (rule.id, f"{rule.severity:<8}  {rule.measure} within {rule.limit:g} (ideal {rule.ideal:g})")
            for rule in book.rules
        ]
    if things is Things.rulebooks:
        from riskaudit.rulebook import about_rulebook, shipped_rulebooks

        return [(name, about_rulebook(name)) for name in shipped_rulebooks()]
    if things is Things.learners:
        from riskaudit.training.learners import LEARNERS

        return [
            (name, f"{', '.join(learner.tasks)}: {learner.summary}") for name, learner in LEARNERS.items()
        ]
    from riskaudit.writers import WRITERS

    return [(name, f"{writer.file_name}: {writer.summary}") for name, writer in WRITERS.items()]
