"""Answers by quoting: the sentences that bear the answer, word for word, or an abstention.

Knows nothing of retrieval and wording. Between questions only readings of passages are kept.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import islice

from bot.exchange import Evidence, Generation, Passage, Quote, Statement, Style
from bot.generate.extractive import weights
from bot.generate.extractive.candidates import Candidate, candidates
from bot.generate.extractive.confidence import Scored, signals
from bot.generate.extractive.question import folded, grams, read
from bot.generate.extractive.units import Unit, units, without_marker
from ingest.index import IndexedDocument
from ingest.japanese import Analyzer

_QUOTES = 5
"""Sentences that are named beside the answer, best first."""
_SECOND = 3.0
"""A second quote is shown where it scores at most this much below the first: the model then gives
it at least 5 % of the first one's probability."""
_FULL = 120
"""Characters up to which a quote takes in the sentences beside it: 宛名は当社名です。 alone leaves
out 「上様」は受け付けません。, and people read the two as one."""
_SHORT = 2
"""Quotes of a short answer."""
_LONG = 6
"""Units of a long answer, or two more than the short one has."""
_LONG_BEST = 4
"""Of these, how many for their own score; the others stand beside the best one."""
_LONG_BELOW = 3.0
"""A long answer holds what scores at most this much below the best: 5 % of its probability."""

_TWIN = 0.6
"""Share of the pairs of characters that two wordings of one rule have in common at least."""

_REMEMBERED = 1024
"""Sentences whose words are remembered: about 6 MB."""

_CELL = " | "

Place = tuple[int, int]
"""Position of a passage, and of a unit in it."""


class ExtractiveGenerator:
    """Quotes. Needs the analyzer that the collection was encoded with."""

    def __init__(self, analyzer: Analyzer) -> None:
        self._analyzer = analyzer
        # The same few passages answer most questions, and cutting them into words is half the work.
        self._morphemes = lru_cache(maxsize=_REMEMBERED)(analyzer.morphemes)

    async def generate(
        self, question: str, evidence: Evidence, style: Style
    ) -> AsyncIterator[Generation]:
        """Yield the one, finished generation; an abstention still names the nearest sentences.

        `evidence.term_weights` is wanted by `Morpheme.term`. Without it terms weigh the same, and
        a term that the collection never holds can not be told from one that it does.
        """
        # A few milliseconds of computing that other questions need not wait for.
        yield await asyncio.to_thread(self.quote, question, evidence, style)

    def quotes(self, text: str, evidence: Evidence) -> tuple[Quote, ...]:
        """Return the sentences that bear a text, such as a question with its answer, best first."""
        return self.quote(text, evidence, "short").quotes

    def quote(self, question: str, evidence: Evidence, style: Style) -> Generation:
        """Return the sentences that answer, as `generate` does."""
        passages = evidence.passages
        asked = read(question, self._analyzer, evidence.term_weights)
        ranked = rank(candidates(asked, passages, self._morphemes))
        if not ranked:
            return Generation((), confidence=0.0, finished=True)
        sure = probability(signals(asked, ranked, passages))
        ranked = _newest_first(ranked, passages)
        named = quotes(ranked, passages)
        if sure < weights.THRESHOLD:
            return Generation((), quotes=named, confidence=sure, finished=True)
        chosen = _long(ranked, passages) if style == "long" else _short(ranked, passages)
        statements = tuple(_statements(chosen, passages))
        references = dict.fromkeys(n for s in statements for n in s.references)
        return Generation(statements, tuple(references), named, sure, finished=True)


def quotes(ranked: Sequence[Scored], passages: Sequence[Passage]) -> tuple[Quote, ...]:
    """Return the best quotes, best first; none holds a sentence of another."""
    runs = _distinct(_around(candidate, passages) for _, candidate in ranked)
    return tuple(_quote(run, passages) for run in islice(runs, _QUOTES))


def rank(found: Iterable[Candidate], table: Mapping[str, float] = weights.SENTENCE) -> list[Scored]:
    """Return the candidates with their scores, best first, without repeated text."""
    scored = [(_weighted(table, c.features), c) for c in found]
    scored.sort(key=lambda entry: -entry[0])
    distinct: dict[str, Scored] = {}
    for entry in scored:
        distinct.setdefault(folded(entry[1].unit.text), entry)
    return list(distinct.values())


def probability(found: Mapping[str, float]) -> float:
    """Return how likely these signals come from a question that the passages answer."""
    log_odds = weights.INTERCEPT + _weighted(weights.CONFIDENCE, found)
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, log_odds))))


def _weighted(table: Mapping[str, float], features: Mapping[str, float]) -> float:
    return math.fsum(weight * features[name] for name, weight in table.items())


def _newest_first(ranked: list[Scored], passages: Sequence[Passage]) -> list[Scored]:
    """Put the newest wording of what the best unit says before it: this year's rules."""
    best = ranked[0]
    said = [entry for entry in ranked if entry is best or _is_twin(entry[1], best[1], passages)]
    dated = [entry for entry in said if _document(entry[1], passages).updated]
    if best not in dated:
        return ranked
    newest = max(dated, key=lambda entry: _age_key(entry[1], passages))
    return [newest, *(entry for entry in ranked if entry is not newest)]


def _age_key(candidate: Candidate, passages: Sequence[Passage]) -> float:
    updated = _document(candidate, passages).updated
    return updated.timestamp() if updated else -math.inf


def _is_twin(one: Candidate, other: Candidate, passages: Sequence[Passage]) -> bool:
    """Tell whether two documents say the same, perhaps with another number or date."""
    if _document(one, passages) == _document(other, passages):
        return False
    a, b = (grams(folded(candidate.unit.text), 2) for candidate in (one, other))
    return len(a & b) >= _TWIN * len(a | b) > 0


def _document(candidate: Candidate, passages: Sequence[Passage]) -> IndexedDocument:
    return passages[candidate.passage].hit.document


def _short(ranked: Sequence[Scored], passages: Sequence[Passage]) -> list[Place]:
    """Choose the best unit with what stands beside it, and a second one nearly as good."""
    best = ranked[0][1]
    said = (c for score, c in ranked if c is best or _adds(score, c, ranked[0], passages))
    runs = _distinct(_around(candidate, passages) for candidate in said)
    return [place for run in islice(runs, _SHORT) for place in run]


def _adds(score: float, candidate: Candidate, best: Scored, passages: Sequence[Passage]) -> bool:
    return best[0] - score <= _SECOND and not _is_twin(candidate, best[1], passages)


def _around(candidate: Candidate, passages: Sequence[Passage]) -> list[Place]:
    """Return a unit's place with those that are quoted with it, in order of text.

    What it points back to, and then whole sentences of its paragraph while the quote stays short:
    first those that follow. A row of a table or an item of a list stands for itself.
    """
    text = passages[candidate.passage].text
    found = units(text)
    first = last = candidate.ordinal
    if candidate.features["points_back"] and first:
        first -= 1
    while True:
        if _is_beside(text, found, last) and found[last + 1].end - found[first].begin <= _FULL:
            last += 1
        elif _is_beside(text, found, first - 1) and (
            found[last].end - found[first - 1].begin <= _FULL
        ):
            first -= 1
        else:
            return [(candidate.passage, n) for n in range(first, last + 1)]


def _is_beside(text: str, found: Sequence[Unit], n: int) -> bool:
    """Tell whether unit n and the one behind it are sentences of one paragraph."""
    if not 0 <= n < len(found) - 1:
        return False
    pair = found[n], found[n + 1]
    between = text[pair[0].end : pair[1].begin]
    listed = without_marker(pair[1].text) != pair[1].text
    rows = any(unit.header or _CELL in unit.text for unit in pair)
    return between.count("\n") < 2 and not listed and not rows


def _distinct(runs: Iterable[list[Place]]) -> Iterator[list[Place]]:
    """Yield the runs that share no unit with one before them."""
    seen: set[Place] = set()
    for run in runs:
        if seen.isdisjoint(run):
            seen.update(run)
            yield run


def _quote(run: Sequence[Place], passages: Sequence[Passage]) -> Quote:
    passage = passages[run[0][0]]
    found = units(passage.text)
    text = passage.text[found[run[0][1]].begin : found[run[-1][1]].end]
    return Quote(passage.number, without_marker(text) if len(run) == 1 else text)


def _long(ranked: Sequence[Scored], passages: Sequence[Passage]) -> list[Place]:
    """Choose the best units and what stands around the best one, by source in order of text."""
    short = _short(ranked, passages)
    best = ranked[0][1]
    good = [_place(c) for score, c in ranked[:_LONG_BEST] if ranked[0][0] - score <= _LONG_BELOW]
    around = [n for passage, n in short if passage == best.passage]
    last = len(units(passages[best.passage].text)) - 1
    beside = [n for n in (max(around) + 1, min(around) - 1) if 0 <= n <= last]
    places = list(dict.fromkeys([*short, *good, *((best.passage, n) for n in beside)]))
    order = list(dict.fromkeys(passage for passage, _ in places))
    longest = max(_LONG, len(short) + len(beside))
    return sorted(places[:longest], key=lambda place: (order.index(place[0]), place[1]))


def _place(candidate: Candidate) -> Place:
    return candidate.passage, candidate.ordinal


def _statements(chosen: Sequence[Place], passages: Sequence[Passage]) -> Iterator[Statement]:
    """Yield what is said, neighbours as one, and a table's row under its header."""
    said: set[tuple[int, tuple[int, int]]] = set()
    for run in _runs(chosen):
        passage = passages[run[0][0]]
        found = units(passage.text)
        first, last = found[run[0][1]], found[run[-1][1]]
        for begin, end in _spans(first, last):
            if (passage.number, (begin, end)) not in said:
                said.add((passage.number, (begin, end)))
                text = passage.text[begin:end]
                quoted = without_marker(text) if len(run) == 1 else text
                yield Statement(quoted, (passage.number,), verbatim=True)


def _runs(chosen: Sequence[Place]) -> list[list[Place]]:
    """Return the places with neighbours of one passage together, in order of first use."""
    runs: list[list[Place]] = []
    for place in chosen:
        beside = next((run for run in runs if _extends(run, place)), None)
        if beside is None:
            runs.append([place])
        else:
            beside.append(place)
            beside.sort()
    return runs


def _extends(run: Sequence[Place], place: Place) -> bool:
    return place[0] == run[0][0] and place[1] in {run[0][1] - 1, run[-1][1] + 1}


def _spans(first: Unit, last: Unit) -> list[tuple[int, int]]:
    """Return the spans that quote a run: with its header first where that stands apart."""
    header = first.header
    if header is None or header[0] >= first.begin:
        return [(first.begin, last.end)]
    return [header, (first.begin, last.end)]
