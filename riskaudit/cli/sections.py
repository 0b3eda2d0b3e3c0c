"""Sections: the options of the large commands under headings, so that --help can be read and not only searched."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from typer.core import TyperCommand

FEW = 12  # options that need no headings
OTHERS = "Other options"
# Heading: options in the order they are shown; one that a command does not have is passed over.
SECTIONS: dict[str, tuple[str, ...]] = {
    "What is audited": ("row", "data", "model", "learner", "prediction", "score", "train", "against", "delta", "classes"),
    "Roles of columns": (
        "target", "favourable", "positive", "sensitive", "bins", "control", "weight", "unit", "member", "quasi",
        "features", "drop", "group_column", "task", "immutable", "wanted",
    ),
    "Rules and the gate": (
        "rules", "set_", "strict", "fail_on", "state", "waivers", "no_waivers", "baseline", "no_baseline",
        "strict_baseline", "tolerance", "model_sha256", "data_sha256", "max_age", "key", "policy_digest",
    ),
    "What is measured, and how long": (
        "only", "skip", "effort", "trials", "time_budget", "min_group", "reference", "cost", "threshold", "below", "top_k", "terms",
        "prior", "background", "group_correlated", "include_rows",
    ),
    "Energy, carbon and money": (
        "country", "carbon_intensity", "refit", "training_record", "emissions", "emissions_run", "pue", "embodied",
        "water", "price", "requests_per_day", "rows_per_request", "retrain", "lifetime",
    ),
    "Learning": (
        "hidden", "activation", "optimizer", "learning_rate", "momentum", "schedule", "decay", "l1", "l2", "epochs",
        "batch_size", "dropout", "early_stopping", "param", "test_share", "reweigh", "save_curve",
    ),
    "From another model": ("from_", "freeze", "pretrain", "teacher", "temperature", "alpha"),
    "Differential privacy and federation": (
        "dp_epsilon", "dp_delta", "dp_clip", "client_column", "rounds", "local_epochs", "client_share",
    ),
    "Files that are not trusted": ("weights", "trust", "trust_pickle", "allow_reduced_sandbox", "model_class"),
    "A model behind an address": (
        "protocol", "header_env", "batch", "rate", "timeout", "retries", "max_requests", "max_unanswered", "repeats",
        "no_probe", "answers", "output", "tensors", "cassette", "record", "dry_run",
    ),
    "What is written": ("out", "format_", "lang", "open_", "export"),
    "How it runs": ("seed", "jobs", "config", "decimal", "encoding", "help"),
}  # fmt: skip


class Sectioned(TyperCommand):
    """A command whose help has its options under headings, where there are many."""

    settable = False

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Write the options; the environment variable of each is told once, not at each of them."""
        _write(self, self.get_params(ctx), ctx, formatter)


def _write(command: Sectioned, params: Iterable[Any], ctx: Any, formatter: Any) -> None:
    """Arguments, then options, then where else these may stand."""
    records = {}
    for param in params:
        if getattr(param, "show_envvar", False):
            param.show_envvar = False
        record = param.get_help_record(ctx)
        if record is not None:
            records[param.name] = (param.param_type_name, record)
    arguments = [record for kind, record in records.values() if kind == "argument"]
    options = {name: record for name, (kind, record) in records.items() if kind == "option"}
    if arguments:
        with formatter.section("Arguments"):
            formatter.write_dl(arguments)
    short = [("Options", list(options.values()))]
    for heading, lines in _sorted(options) if len(options) > FEW else short:
        with formatter.section(heading):
            formatter.write_dl(lines)
    if command.settable:
        formatter.write_paragraph()
        formatter.write_text(
            "Any of these may stand in riskaudit.toml, or in the environment as "
            f"RISKAUDIT_{(command.name or '').upper()}_ and the option's name in capitals."
        )


def _sorted(options: dict[str, Any]) -> Iterator[tuple[str, list[Any]]]:
    """The headings that a command has options for, what is in none of them last."""
    left = dict(options)
    for heading, names in SECTIONS.items():
        found = [left.pop(name) for name in names if name in left]
        if found:
            yield heading, found
    if left:
        yield OTHERS, list(left.values())
