"""Proposals: which column may be the outcome, which hold groups of people, and why one would think so."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from riskaudit.datasets.labels import sort_labels, text_of
from riskaudit.datasets.noticing import LEAK, MANY_NUMBERS, MOST_SEARCHED, SAMPLE, alone
from riskaudit.datasets.roles import MOST_GROUPS
from riskaudit.datasets.tables import Table, column_kind

if TYPE_CHECKING:
    import pandas as pd

# Words in column names, in the languages that tables are kept in; the reason is what they mean in law.
SENSITIVE = {
    "sex or gender": "sex gender geschlecht sexe genre sexo genero sesso genere geslacht plec kon kjonn koen sukupuoli "
    "cinsiyet пол стать 性别 性別 성별 jender",
    "age": "age alter edad idade eta leeftijd wiek alder ika yas возраст 年龄 年齢 나이 birth birthdate birthyear "
    "dob geburtsdatum geburtsjahr naissance nacimiento nascita",
    "race or ethnic origin": "race ethnicity ethnic ethnie etnia etnicidad raza raca razza etnisch herkunft origine "
    "colour раса 民族 人種 tribe caste hispanic",
    "nationality or migration": "nationality nationalitaet nationalitat nationalite nacionalidad nacionalidade cittadinanza "
    "citizenship citizen nationaliteit staatsangehorigkeit migration migrant foreign foreigner auslander immigrant "
    "country birthplace гражданство 国籍",
    "religion or belief": "religion konfession religione religiao belief church glaube 宗教",
    "disability or health": "disability disabled behinderung handicap discapacidad deficiencia disabilita niepelnosprawnosc "
    "pregnant pregnancy schwanger diagnosis health",
    "family": "marital married familienstand zivilstand relationship children kinder enfants hijos figli matrimonial civil",
    "sexual orientation": "orientation sexuality",
    "language": "language sprache langue idioma lingua язык",
}
PROXIES = "zip zipcode postcode postal plz cap codepostal district neighbourhood neighborhood region"
TARGETS = (
    "target label y outcome class default defaulted approved accepted repaid hired admitted churn risk status result income "
    "recid recidivism fraud readmitted survived passed ziel ergebnis resultado resultat esito survie credit loan decision"
)
PREDICTIONS = "yhat pred predicted prediction predictions vorhersage prediccion decision"
SCORES = "score scores prob proba probability probabilite wahrscheinlichkeit p decile"
IDENTIFIERS = (
    "id uuid guid key ssn email mail phone name surname firstname nummer nr customer patient person account"
)
SEXES = (
    {"m", "f"}, {"male", "female"}, {"man", "woman"}, {"men", "women"}, {"w", "m"}, {"mannlich", "weiblich"}, {"h", "f"},
    {"homme", "femme"}, {"hombre", "mujer"}, {"uomo", "donna"}, {"masculino", "feminino"}, {"masculino", "femenino"},
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Proposal:
    """A column, the role it may have, and the reason."""

    column: str
    role: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class Proposals:
    """What a table looks like: every proposal, the outcome's labels with their shares, bins for numbers."""

    target: Proposal | None
    others: tuple[Proposal, ...]
    labels: tuple[tuple[str, float], ...] = ()
    prediction: Proposal | None = None
    score: Proposal | None = None
    sensitive: tuple[Proposal, ...] = ()
    proxies: tuple[Proposal, ...] = ()
    bins: tuple[tuple[str, tuple[float, ...]], ...] = ()
    identifiers: tuple[Proposal, ...] = ()
    unit: Proposal | None = None
    leaks: tuple[Proposal, ...] = ()


def proposals(table: Table) -> Proposals:
    """What the columns of a table may be, each with its reason; nothing of it is decided."""
    frame = table.frame
    columns = [str(name) for name in frame.columns]
    sensitive = tuple(p for name in columns if (p := _sensitive(frame[name], name)))
    taken = {p.column for p in sensitive}
    identifiers = tuple(p for name in columns if name not in taken and (p := _identifier(frame[name], name)))
    taken |= {p.column for p in identifiers}
    prediction = next(
        (p for n in columns if n not in taken and (p := _named(n, PREDICTIONS, "prediction"))), None
    )
    score = next(
        (
            p
            for n in columns
            if n not in taken and frame[n].dtype.kind in "iuf" and (p := _named(n, SCORES, "score"))
        ),
        None,
    )
    taken |= {p.column for p in (prediction, score) if p}
    ranked = sorted(
        (
            (weight, at, p)
            for at, n in enumerate(columns)
            if n not in taken
            for weight, p in _target(frame, n)
        ),
        key=lambda entry: (-entry[0], -entry[1]),
    )
    target = ranked[0][2] if ranked and ranked[0][0] >= 3 else None
    labels = _labels(frame[target.column]) if target else ()
    used = taken | {target.column if target else ""}
    return Proposals(
        target=target,
        others=tuple(p for _, _, p in ranked[1 if target else 0 :][:3]),
        labels=labels,
        prediction=prediction,
        score=score,
        sensitive=sensitive,
        proxies=tuple(p for n in columns if n not in used and (p := _proxy(frame[n], n))),
        bins=tuple(_bins(frame, sensitive)),
        identifiers=identifiers,
        unit=next((p for p in identifiers if p.role == "unit"), None),
        leaks=tuple(_leaks(frame, target.column, [n for n in columns if n not in used])) if target else (),
    )


def name_words(name: str) -> list[str]:
    """A column name in lower-case words without accents: `codePostal_2` is code, postal, codepostal."""
    parted = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name)
    plain = "".join(
        c
        for c in unicodedata.normalize("NFKD", parted.replace("ł", "l").replace("ø", "o"))
        if not unicodedata.combining(c)
    ).lower()
    words = [word for word in re.split(r"[\W_\d]+", plain) if word]
    return [*words, "".join(words)]


def _named(name: str, words: str, role: str) -> Proposal | None:
    """A proposal because of the name alone."""
    found = set(name_words(name)) & set(words.split())
    return Proposal(column=name, role=role, reason=f"its name says {sorted(found)[0]}") if found else None


def _share(column: pd.Series) -> str:
    """Cardinality and the share of the largest group, in words."""
    counts = column.value_counts(normalize=True)
    absent = f", {column.isna().mean():.1%} missing" if column.isna().any() else ""
    return (
        f"{len(counts):,} values, the most frequent in {counts.iloc[0]:.0%} of rows{absent}"
        if len(counts)
        else "empty"
    )


def _sensitive(column: pd.Series, name: str) -> Proposal | None:
    """A column of groups that the law protects, by its name in several languages or by its values."""
    distinct = column.nunique()
    if distinct < 2 or (distinct > MOST_GROUPS and column.dtype.kind not in "iuf"):
        return None
    words = set(name_words(name))
    for meaning, known in SENSITIVE.items():
        hit = words & {_plain(word) for word in known.split()}
        if hit:
            return Proposal(
                column=name,
                role="sensitive",
                reason=f"named after {meaning} ('{sorted(hit)[0]}'); {_share(column)}",
            )
    if distinct <= 4:
        values = {_plain(text_of(value)) for value in column.dropna().unique()}
        if any(pair <= values for pair in SEXES):
            return Proposal(column=name, role="sensitive", reason=f"its values are sexes; {_share(column)}")
    return None


def _plain(word: str) -> str:
    """A word without accents, blanks about it and capitals."""
    return "".join(
        c for c in unicodedata.normalize("NFKD", word.strip().lower()) if not unicodedata.combining(c)
    )


def _proxy(column: pd.Series, name: str) -> Proposal | None:
    """A place: often a stand-in for origin."""
    if not set(name_words(name)) & set(PROXIES.split()) or not column.nunique() >= 2:
        return None
    return Proposal(column=name, role="proxy", reason=f"a place often stands for origin; {_share(column)}")


def _identifier(column: pd.Series, name: str) -> Proposal | None:
    """A column that names rows or people: useless to learn from, and personal."""
    distinct, rows = column.nunique(), column.notna().sum()
    if rows < 20 or (column.dtype.kind == "f" and not (column.dropna() % 1 == 0).all()):
        return None
    named = bool(set(name_words(name)[:-1]) & set(IDENTIFIERS.split()))
    if distinct == rows and (named or column.dtype.kind not in "iuf" or _counts(column)):
        return Proposal(column=name, role="identifier", reason="a different value in every row")
    if named and distinct > 0.2 * rows and distinct > MOST_GROUPS:
        return Proposal(
            column=name,
            role="unit",
            reason=f"named like an identifier, {distinct:,} values in {rows:,} rows: rows of one person?",
        )
    return None


def _counts(column: pd.Series) -> bool:
    """Whether a column counts its rows."""
    import numpy as np

    return bool((np.diff(column.dropna().to_numpy()) == 1).all())


def _target(frame: pd.DataFrame, name: str) -> Iterator[tuple[int, Proposal]]:
    """How likely a column is the outcome: its name, few values, and the last place all speak for it."""
    column = frame[name]
    distinct = column.nunique()
    named = set(name_words(name)) & set(TARGETS.split())
    few = distinct == 2
    if not 2 <= distinct <= 20 and not named:
        return
    last = name == str(frame.columns[-1])
    weight = 3 * bool(named) + 2 * few + 2 * last
    reasons = [f"its name says {sorted(named)[0]}"] if named else []
    reasons += ["it has two values"] if few else [f"it has {distinct:,} values"]
    reasons += ["it stands last"] if last else []
    yield weight, Proposal(column=name, role="target", reason=", ".join(reasons))


def _labels(column: pd.Series) -> tuple[tuple[str, float], ...]:
    """Each label with its share; none for a number."""
    if column.nunique() > 20:
        return ()
    shares = {text_of(label): float(share) for label, share in column.value_counts(normalize=True).items()}
    return tuple((label, shares[label]) for label in sort_labels(shares))


def _bins(frame: pd.DataFrame, sensitive: tuple[Proposal, ...]) -> Iterator[tuple[str, tuple[float, ...]]]:
    """Edges for sensitive numbers: round ones for an age, quartiles for the rest."""
    import numpy as np

    for proposal in sensitive:
        column = frame[proposal.column]
        if column.dtype.kind not in "iuf" or column.nunique() <= MANY_NUMBERS:
            continue
        values = column.dropna().to_numpy(dtype=np.float64)
        if "after age" in proposal.reason and values.min() >= 0 and values.max() <= 130:
            edges = [edge for edge in (25.0, 45.0, 65.0) if values.min() < edge <= values.max()]
        else:
            edges = [float(edge) for edge in np.unique(np.quantile(values, [0.25, 0.5, 0.75]))]
            edges = [edge for edge in edges if edge > values.min()]
        if edges:
            yield proposal.column, tuple(edges)


def _leaks(frame: pd.DataFrame, target: str, columns: list[str]) -> Iterator[Proposal]:
    """Columns that alone give the outcome away."""
    import numpy as np

    known = frame[target].notna().to_numpy()
    rows = np.flatnonzero(known)
    if len(rows) < 40:
        return
    if len(rows) > SAMPLE:
        rows = np.sort(np.random.default_rng(0x1EA4).choice(rows, SAMPLE, replace=False))
    outcome: Any = frame[target].iloc[rows]
    regression = outcome.nunique() > 20 and column_kind(outcome) == "number"
    actual = (
        outcome.to_numpy(dtype=np.float64) if regression else (outcome == outcome.mode().iloc[0]).to_numpy()
    )
    if not regression and (outcome.nunique() > 20 or min(actual.sum(), (~actual).sum()) < 10):
        return
    for name in columns[:MOST_SEARCHED]:
        value = alone(frame[name].iloc[rows], actual, regression=regression)
        if value is not None and value >= LEAK:
            yield Proposal(
                column=name,
                role="leak",
                reason=f"alone it gives '{target}' away ({'rank correlation' if regression else 'AUC'} {value:.3f})",
            )
