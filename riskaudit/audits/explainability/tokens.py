"""Tokens: which words of a text move the output, by leaving words out."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from riskaudit.audits.explainability.attribution import Attribution
from riskaudit.audits.explainability.bench import Table, said
from riskaudit.audits.explainability.importance import mean_measure, unit_of
from riskaudit.evidence import Evidence
from riskaudit.measure import Measure

NAME = "explainability.token_effect"
WORD = re.compile(r"\w+(?:['\N{RIGHT SINGLE QUOTATION MARK}-]\w+)*")
ROWS = {"quick": 50, "normal": 150, "deep": 600}
PAIRS = {"quick": 2, "normal": 4, "deep": 10}  # of a permutation and its reverse, for each text
MOST_WORDS = 40  # distinct ones of a text that are left out; those after stay where they are
SHOWN, FEWEST = 10, 5  # words told, and texts that a word must be in: rarer ones could be somebody's name
ANSWERS = 5_000  # texts in one call of the model


def text_columns(evidence: Evidence) -> list[str]:
    """Features that hold texts: mostly distinct, of four words and more on average."""
    frame = evidence.subject.columns(evidence.test.frame)
    known = frame.iloc[evidence.sample(200, "explainability texts")]
    found = []
    for name in known.columns:
        values = [value for value in known[name] if isinstance(value, str)]
        if len(values) < max(2, len(known) // 2) or len(set(values)) < len(values) / 2:
            continue
        if np.mean([len(WORD.findall(value)) for value in values]) >= 4:
            found.append(str(name))
    return found


def token_effects(evidence: Evidence, attribution: Attribution, output: int) -> Iterator[Measure]:
    """How far the words of each text column move the output on average, the ones that move most first.

    A word's value in a text is its Shapley value among the text's words, where an absent word is left out
    of the text; the rest of the row stays. Sampled by antithetic permutations, so that values add up to
    the output less that of the text without its words.
    """
    if evidence.subject.remote:
        return  # each word is two requests' rows: not without being asked for
    ask = _asking(evidence, attribution, output)
    for column in text_columns(evidence):
        rows = attribution.rows[: ROWS[evidence.effort]]
        frame = evidence.subject.columns(evidence.test.frame).iloc[rows]
        rng, pairs = evidence.rng(f"explainability words {column}"), PAIRS[evidence.effort]
        found: dict[str, list[float]] = defaultdict(list)
        for words, values in word_values(frame, column, ask, pairs=pairs, rng=rng):
            for word, value in zip(words, values, strict=True):
                found[word].append(float(value))
        yield from _told(found, column, attribution, texts=len(rows), pairs=pairs)


def _asking(evidence: Evidence, attribution: Attribution, output: int) -> Callable[[Any], Table]:
    """The output that is looked at (n,), of raw rows."""
    bench, model = attribution.bench, evidence.subject.estimator
    margin = "margin" in bench.words

    def ask(frame: Any) -> Table:
        pieces = [frame.iloc[start : start + ANSWERS] for start in range(0, len(frame), ANSWERS)]
        return np.concatenate([said(model, piece, bench.at, margin=margin)[:, output] for piece in pieces])

    return ask


def word_values(
    frame: Any, column: str, ask: Callable[[Any], Table], *, pairs: int, rng: np.random.Generator
) -> Iterator[tuple[list[str], Table]]:
    """The distinct words (lower case) of each row's text, and what each adds to the output."""
    games = [_Game(str(text), pairs, rng) for text in frame[column]]
    repeats = [len(game.texts) for game in games]
    asked = frame.iloc[np.repeat(np.arange(len(frame)), repeats)].reset_index(drop=True)
    asked[column] = [text for game in games for text in game.texts]
    ends = np.cumsum(repeats)
    answers = ask(asked)
    for game, end in zip(games, ends, strict=True):
        yield game.words, game.values(answers[end - len(game.texts) : end])


class _Game:
    """A text whose words are put in one by one, in several orders."""

    def __init__(self, text: str, pairs: int, rng: np.random.Generator) -> None:
        spans = [(m.group().casefold(), m.start(), m.end()) for m in WORD.finditer(text)]
        self.words = list(dict.fromkeys(word for word, _, _ in spans))[:MOST_WORDS]
        k = len(self.words)
        orders = [rng.permutation(k) for _ in range(pairs)]
        self.orders = [order for one in orders for order in (one, one[::-1])]
        place = {word: at for at, word in enumerate(self.words)}
        self.texts = []
        for order in self.orders:
            turn = order.argsort()
            for present in range(k + 1):
                gone = [(a, b) for word, a, b in spans if word in place and turn[place[word]] >= present]
                self.texts.append(_without(text, gone))

    def values(self, answers: Table) -> Table:
        """Mean marginal effects (k,)."""
        k = len(self.words)
        told, values = answers.reshape(len(self.orders), k + 1), np.zeros(k)
        for order, chain in zip(self.orders, told, strict=True):
            values[order] += np.diff(chain) / len(self.orders)
        return values


def _without(text: str, gone: list[tuple[int, int]]) -> str:
    """The text without these stretches."""
    kept, at = [], 0
    for start, end in gone:
        kept.append(text[at:start])
        at = end
    return "".join([*kept, text[at:]])


def _told(
    found: dict[str, list[float]], column: str, attribution: Attribution, *, texts: int, pairs: int
) -> Iterator[Measure]:
    """The words that move most in all, each with its mean value over the texts it is in."""
    weight = {word: sum(map(abs, values)) for word, values in found.items() if len(values) >= FEWEST}
    for word in sorted(weight, key=lambda word: (-weight[word], word))[:SHOWN]:
        note = (
            f"mean Shapley value of the word where it occurs, of the {attribution.bench.words}; {texts:,} texts, "
            f"{2 * pairs} antithetic permutations each, absent words left out; words of {FEWEST} texts and more"
        )
        where = {"column": column, "word": word}
        yield mean_measure(NAME, np.array(found[word]), unit=unit_of(attribution), where=where, note=note)
