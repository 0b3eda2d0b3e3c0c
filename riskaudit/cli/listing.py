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
    settings = _settings() if things is Things.learners else {}
    if as_json:
        told = [{"name": name, "about": about} | settings.get(name, {}) for name, about in rows]
        print(json.dumps(told, indent=1, ensure_ascii=False))
        return
    broad = max(len(name) for name, _ in rows)
    for name, about in rows:
        print(f"{name:<{broad}}  {about}")
        _print_settings(settings.get(name, {}).get("settings", []))


def _settings() -> dict[str, dict[str, list[dict[str, str]]]]:
    """Each learner's settings: name, range, and the one task it is for, where it is not for all."""
    from riskaudit.training.learners import LEARNERS

    found = {}
    for name, learner in LEARNERS.items():
        by_task = {task: learner.settings_for(task) for task in learner.tasks}
        everywhere = set.intersection(*(set(one) for one in by_task.values()))
        found[name] = {
            "settings": [
                {"name": key, "range": setting.range, "task": "" if key in everywhere else task}
                for task, known in by_task.items()
                for key, setting in known.items()
                if key not in everywhere or task == learner.tasks[0]
            ]
        }
    return found


def _print_settings(settings: list[dict[str, str]]) -> None:
    """A line for each, indented: --param NAME=VALUE sets it."""
    broad = max((len(one["name"]) for one in settings), default=0)
    for one in sorted(settings, key=lambda one: (one["name"].lower(), one["task"])):
        task = f" ({one['task']})" if one["task"] else ""
        print(f"    {one['name']:<{broad}}  {one['range']}{task}")


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
    from riskaudit.writers import FORMATS

    return [(name, f"{writer.file_name}: {writer.summary}") for name, writer in FORMATS.items()]
