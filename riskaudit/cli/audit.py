"""audit: run audits, write the report, apply the gate."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from riskaudit.cli import comparing, explaining, service, spending
from riskaudit.cli.config import ConfigFile, sources, tell_softer
from riskaudit.cli.opening import Open, open_page
from riskaudit.cli.options import (
    BaselineFile,
    Country,
    Decimal,
    Decimals,
    Efforts,
    Encoding,
    FailOn,
    Formats,
    Lang,
    Languages,
    ReducedSandbox,
    Rules,
    Seed,
    Set,
    Severities,
    State,
    Strict,
    StrictBaseline,
    Tasks,
    Tolerance,
    TrustPickle,
    TrustType,
    Waivers,
    command_line,
    cuts,
    default_folder,
    formats,
    pairs,
    progress,
    show,
    speak_up,
    task_of,
    words,
)


def audit(
    data: Annotated[
        str,
        typer.Option(
            "--data",
            metavar="FILE",
            help="Held-out rows (CSV, JSON Lines, Parquet, Arrow, packed or not; - is stdin); or the whole table a model was trained from.",
        ),
    ],
    model: Annotated[
        str,
        typer.Option(
            "--model",
            metavar="MODEL",
            help="A saved model's file; http(s)://... for a service; python:module:name for your own code.",
        ),
    ] = "",
    weights: service.Weights = "",
    classes: service.Classes = "",
    protocol: service.ProtocolOption = None,
    header_env: service.HeaderEnv = [],  # noqa: B006 -- typer copies it
    batch: service.Batch = None,
    rate: service.Rate = None,
    timeout: service.Timeout = None,
    retries: service.Retries = None,
    max_requests: service.MaxRequests = None,
    max_unanswered: service.MaxUnanswered = None,
    repeats: service.Repeats = None,
    no_probe: service.NoProbe = False,
    answers: service.AnswersOption = None,
    output: service.Output = "",
    tensors: service.TensorsOption = None,
    cassette: service.CassetteOption = "",
    record: service.Record = False,
    dry_run: service.DryRun = False,
    trust: TrustType = [],  # noqa: B006 -- typer copies it
    trust_pickle: TrustPickle = "",
    allow_reduced_sandbox: ReducedSandbox = False,
    learner: Annotated[
        str,
        typer.Option("--learner", metavar="NAME", help="Or: train this learner on a split of --data first."),
    ] = "",
    prediction: Annotated[
        str,
        typer.Option(
            "--prediction",
            metavar="COLUMN",
            help="Or: predictions alone, a column or a condition such as 'score >= 5'.",
        ),
    ] = "",
    against: Annotated[
        str,
        typer.Option(
            "--against",
            metavar="MODEL",
            help="The last release, on the same rows: a saved model; with --prediction, a column of it.",
        ),
    ] = "",
    delta: Annotated[
        float | None,
        typer.Option("--delta", min=0, help="With --against: how much worse is bearable, for any group."),
    ] = None,
    score: Annotated[
        str, typer.Option("--score", metavar="COLUMN", help="With --prediction: the score behind it.")
    ] = "",
    train: Annotated[
        str,
        typer.Option("--train", metavar="FILE", help="Rows the model was trained on, for the privacy audit."),
    ] = "",
    target: Annotated[str, typer.Option("--target", metavar="COLUMN", help="The actual outcome.")] = "",
    favourable: Annotated[
        list[str],
        typer.Option(
            "--favourable",
            metavar="VALUE",
            help="The outcome that is good for the person; never guessed. Repeatable.",
        ),
    ] = [],  # noqa: B006 -- typer copies it
    positive: Annotated[
        str,
        typer.Option(
            "--positive",
            metavar="VALUE",
            help="The class that TPR and FPR speak of (default: the last in order).",
        ),
    ] = "",
    sensitive: Annotated[
        list[str],
        typer.Option(
            "--sensitive", metavar="COLUMN", help="Columns of groups; repeat, or separate by commas."
        ),
    ] = [],  # noqa: B006
    bins: Annotated[
        list[str],
        typer.Option(
            "--bins",
            metavar="COLUMN=EDGES",
            help="Cut a numeric sensitive column: age=25,45,65, or age=quantiles:4.",
        ),
    ] = [],  # noqa: B006
    control: Annotated[
        str, typer.Option("--control", metavar="COLUMN", help="A legitimate stratum to compare within.")
    ] = "",
    weight: Annotated[str, typer.Option("--weight", metavar="COLUMN", help="Survey weights.")] = "",
    unit: comparing.Unit = "",
    reference: comparing.Reference = [],  # noqa: B006
    cost: comparing.Cost = [],  # noqa: B006
    threshold: comparing.Threshold = None,
    top_k: comparing.TopK = None,
    terms: comparing.Terms = None,
    background: explaining.Background = "",
    group_correlated: explaining.GroupCorrelated = None,
    task: Annotated[
        Tasks | None, typer.Option("--task", help="What the target is, where it cannot be told from it.")
    ] = None,
    features: Annotated[
        list[str],
        typer.Option(
            "--features",
            metavar="COLUMN",
            help="With --learner, a service or your own code: what it may see.",
        ),
    ] = [],  # noqa: B006
    drop: Annotated[
        list[str], typer.Option("--drop", metavar="COLUMN", help="With --learner: what it may not see.")
    ] = [],  # noqa: B006
    param: Annotated[
        list[str], typer.Option("--param", metavar="KEY=VALUE", help="With --learner: a setting of it.")
    ] = [],  # noqa: B006
    group_column: Annotated[
        str,
        typer.Option(
            "--group-column",
            metavar="COLUMN",
            help="With --learner: rows that share a value stay on one side.",
        ),
    ] = "",
    test_share: Annotated[
        float,
        typer.Option("--test-share", min=0.01, max=0.99, help="With --learner: the share of rows held out."),
    ] = 0.3,
    rules: Rules = ["default"],  # noqa: B006
    set_: Set = [],  # noqa: B006
    waivers: Waivers = [],  # noqa: B006
    baseline: BaselineFile = "",
    strict_baseline: StrictBaseline = False,
    tolerance: Tolerance = None,
    state: State = [],  # noqa: B006
    only: Annotated[
        list[str],
        typer.Option("--only", metavar="AUDIT", help="Run only these; rules on others are then missing."),
    ] = [],  # noqa: B006
    skip: Annotated[
        list[str],
        typer.Option("--skip", metavar="AUDIT", help="Leave these out; rules on them are then missing."),
    ] = [],  # noqa: B006
    effort: Annotated[Efforts, typer.Option("--effort", help="How much work to put in.")] = Efforts.normal,
    min_group: Annotated[
        int, typer.Option("--min-group", min=2, help="Rows a group needs to be assessed.")
    ] = 30,
    country: Country = "",
    carbon_intensity: Annotated[
        float | None,
        typer.Option(
            "--carbon-intensity", min=0, metavar="G/KWH", help="Grams of CO2e per kWh, if you know better."
        ),
    ] = None,
    refit: Annotated[
        bool, typer.Option("--refit", help="Fit the recipe once more on the members, to meter its training.")
    ] = False,
    pue: spending.Pue = None,
    embodied: spending.EmbodiedWords = "",
    water: spending.Water = None,
    price: spending.PriceWords = "",
    requests_per_day: spending.PerDay = None,
    rows_per_request: spending.RowsPerRequest = None,
    retrain: spending.Retrain = "",
    lifetime: spending.Lifetime = "",
    training_record: spending.TrainingRecord = "",
    emissions: spending.Emissions = "",
    emissions_run: spending.EmissionsRun = "",
    time_budget: Annotated[
        float,
        typer.Option(
            "--time-budget",
            min=0,
            metavar="SECONDS",
            help="An audit that takes longer has failed (0: no limit; an hour for a plugin's).",
        ),
    ] = 0,
    member: Annotated[
        str,
        typer.Option(
            "--member",
            metavar="COLUMN",
            help="With --prediction: a 0/1 column, 1 for rows the model was trained on; the others are held out.",
        ),
    ] = "",
    quasi: Annotated[
        list[str],
        typer.Option(
            "--quasi",
            metavar="COLUMN",
            help="Columns outsiders may know of a person, for k-anonymity; repeat, or separate by commas.",
        ),
    ] = [],  # noqa: B006
    prior: Annotated[
        float,
        typer.Option(
            "--prior",
            min=0.000001,
            max=0.999999,
            help="Share of members among those an attacker asks about, for the worth of an accusation.",
        ),
    ] = 0.5,
    seed: Seed = 0,
    jobs: Annotated[int, typer.Option("--jobs", "-j", min=0, help="Cores to use (0: all).")] = 0,
    out: Annotated[
        Path | None,
        typer.Option(
            "-o", "--out", metavar="FOLDER", help="Where to write (default: reports/<time>-<hash>)."
        ),
    ] = None,
    format_: Formats = ["html,md,json"],  # noqa: B006
    strict: Strict = False,
    fail_on: FailOn = Severities.low,
    decimal: Decimal = Decimals.point,
    encoding: Encoding = "",
    lang: Lang = Languages.en,
    open_: Open = False,
    config: ConfigFile = "",
) -> None:
    """Run audits, write the report, apply the gate.

    Give the subject as --model, --learner or --prediction, the rows as --data. The exit code says how it ended:
    0 pass, 1 fail, 2 usage, 3 incomplete, 4 input, 70 internal, 130 interrupted.
    """
    from riskaudit.request import Request

    chosen = formats(format_)
    edges, parts = cuts(bins)
    background_kind, background_rows = explaining.background_of(background)
    endpoint = service.endpoint(
        protocol=protocol,
        headers=service.headers(header_env),
        batch=batch,
        rate=rate,
        timeout=timeout,
        retries=retries,
        max_requests=max_requests,
        max_unanswered=max_unanswered,
        repeats=repeats,
        probe=False if no_probe else None,
        answers=answers,
        output=output,
        tensors=tensors,
        cassette=cassette,
        record=record,
        dry_run=dry_run,
    )
    request = Request(
        model=model,
        endpoint=endpoint,
        weights=weights,
        classes=words([classes]),
        trust=words(trust),
        trust_pickle=trust_pickle,
        allow_reduced_sandbox=allow_reduced_sandbox,
        learner=learner,
        learner_settings=pairs(param, flag="--param"),
        prediction=prediction,
        against=against,
        delta=_above_zero(delta),
        score=score,
        data=data,
        decimal=decimal.value,
        encoding=encoding,
        train=train,
        target=target,
        task=task_of(task),
        positive=positive,
        favourable=tuple(favourable),
        sensitive=words(sensitive),
        bins=edges,
        quantiles=parts,
        control=control,
        weight=weight,
        unit=unit,
        cost=comparing.costs(cost),
        reference=pairs(reference, flag="--reference"),
        threshold=threshold,
        top_k=top_k,
        terms=comparing.term_list(terms),
        background=background_kind,
        background_rows=background_rows,
        group_correlated=group_correlated,
        group_column=group_column,
        features=words(features),
        drop=words(drop),
        test_share=test_share,
        rules=tuple(rules),
        overrides=pairs(set_, flag="--set"),
        waivers=words(waivers),
        baseline=baseline,
        strict_baseline=strict_baseline,
        tolerance=tolerance,
        statements=pairs(state, flag="--state"),
        only=words(only),
        skip=words(skip),
        effort=effort.value,
        min_group=min_group,
        country=country,
        intensity=carbon_intensity,
        refit=refit,
        costs=spending.costs(
            pue=pue,
            embodied=embodied,
            water=water,
            price=price,
            per_day=requests_per_day,
            rows=rows_per_request,
            retrain=retrain,
            lifetime=lifetime,
        ),
        training_record=training_record,
        emissions=emissions,
        emissions_run=emissions_run,
        time_budget=time_budget,
        member=member,
        quasi=words(quasi),
        prior=prior,
        seed=seed,
        jobs=jobs,
        strict=strict,
        fail_on=fail_on.value,
        command=command_line(),
        sources=sources(),
    )
    service.warn(model)
    if dry_run:
        _asked_here("dry_run")
        service.show_plan(request)
    else:
        _finish(request, out, chosen, lang.value, page=open_)


def _asked_here(setting: str) -> None:
    """Refuse a setting of a file or the environment that only a command line may have: nobody would see it there."""
    from riskaudit.errors import UsageError

    flag, told = f"--{setting.replace('_', '-')}", sources().get(setting, "flag")
    if told != "flag":
        raise UsageError(f"{flag} audits nothing and ends with 0", "say it on the command line", where=told)


def _above_zero(delta: float | None) -> float | None:
    """A delta that can be held; a rule whose limit is its ideal has no direction."""
    from riskaudit.errors import UsageError

    if delta is not None and not 0 < delta < float("inf"):
        raise UsageError(
            "--delta must be above 0", "no sample rules out every loss; give 0.01", where="--delta"
        )
    return delta


def _finish(request: Any, out: Path | None, chosen: tuple[str, ...], lang: str, *, page: bool) -> None:
    """Run, write, print, exit."""
    from riskaudit.cli.step_summary import append_summary
    from riskaudit.pipeline import run
    from riskaudit.writers import check_folder, save
    from riskaudit.writers.anchors import repository

    if out is not None:
        check_folder(out)
    with progress() as tell:
        report = run(request, progress=tell)
    folder = out or default_folder(report.subject.sha256 or report.data.sha256 or "0" * 8)
    names = ("json", *(name for name in chosen if name != "json"), *(["html"] if page else []))
    written = save(report, folder, formats=names, alone=True, lang=lang, root=repository(Path.cwd()))
    append_summary(report, lang)
    tell_softer()
    speak_up(report)
    show(report, written=written, lang=lang)
    if page:
        open_page(written)
    raise typer.Exit(report.gate.code)
