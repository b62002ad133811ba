"""Candidates: the units of the passages that may answer, with what speaks for each.

Every feature is a number that a person can read, most of them shares from 0 to 1. Knows nothing of
how features are weighed: `weights.py` does.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from heapq import nlargest

from bot.exchange import Passage
from bot.generate.extractive.question import Asked, folded
from bot.generate.extractive.units import Unit, is_caption, units
from ingest.japanese import Analyzer, Morpheme

ANALYSED = 12
"""Units that are read word by word. A screen by pairs of characters finds them at a tenth of the
cost: of the sentences that hold the answer, it keeps 99 % of those that all would have kept."""

_DATE_UNIT = re.compile(r"(?:年代?|月|日間?|世紀|時|分|曜日?|頃|週間?|営業|以内)\Z")
_DATE = re.compile(
    r"[月火水木金土日]曜|午前|午後|平成|昭和|令和|明治|大正|元年|以内|まで|頃|ごろ|期間|当日|翌|毎|前|後"
)
_REASON = re.compile(
    r"ため|から|ので|により|によって|よる|理由|原因|目的|影響|結果|because|due to|since"
)
_DEFINITION = re.compile(
    r"とは|という|といい|と言|と呼|と称|である|のこと|を指|を意味|略称|別名|名称|通称"
    r"|called|known as|means"
)
_FOREIGN = re.compile(r"[ァ-ヶー]{3,}|[A-Za-z]{2,}")
_BRACKETED = re.compile(r"[「『（(]([^「」『』（）()]{1,40})[」』）)]")
_DEMONSTRATIVE = re.compile(
    r"これ|それ|この|その|ここ|そこ|同|this |that |these |it ", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A unit that may be quoted."""

    passage: int
    """Position of its passage, from 0."""
    ordinal: int
    """Position in its passage, from 0."""
    unit: Unit
    features: Mapping[str, float]


class Reading:
    """A passage as text that is searched for a question's terms."""

    def __init__(self, passage: Passage, position: int) -> None:
        self.position = position
        self.passage = passage
        self.units = units(passage.text)
        self.folded = [folded(unit.text) for unit in self.units]
        chunk = passage.hit.chunk
        self.title = folded(" ".join((chunk.title, *chunk.headings)))
        self.whole = "\n".join((self.title, *self.folded))

    def introduces(self, ordinal: int) -> bool:
        """Tell whether a unit is a table's header row, or a caption: neither answers by itself."""
        unit, following = self.units[ordinal], self.units[ordinal + 1 : ordinal + 2]
        header = any(row.header == (unit.begin, unit.end) for row in following)
        return header or any(is_caption(unit.text, below.text) for below in following)

    def context(self, ordinal: int) -> str:
        """Return what a unit is read with, folded: its table's header, else the unit before it."""
        header = self.units[ordinal].header
        if header is not None:
            return folded(self.passage.text[slice(*header)])
        return self.folded[ordinal - 1] if ordinal else ""


def candidates(asked: Asked, passages: Sequence[Passage], analyzer: Analyzer) -> list[Candidate]:
    """Return the candidates, in order of passages and of text; none where there is no text."""
    readings = [Reading(passage, position) for position, passage in enumerate(passages)]
    by_reading: dict[int, list[int]] = {}
    for position, ordinal in sorted(_screened(asked, readings)):
        by_reading.setdefault(position, []).append(ordinal)
    return [
        candidate
        for position, ordinals in by_reading.items()
        for candidate in _of_passage(asked, readings[position], ordinals, analyzer)
    ]


def _screened(asked: Asked, readings: Sequence[Reading]) -> list[tuple[int, int]]:
    """Return (passage, unit) of the units that share most characters with the question."""
    scored: list[tuple[float, tuple[int, int]]] = []
    for reading in readings:
        base = _share(asked.screen, reading.whole) + 0.3 / (1 + reading.position)
        scored += (
            (base + _share(asked.screen, text), (reading.position, ordinal))
            for ordinal, text in enumerate(reading.folded)
            if not reading.introduces(ordinal)
        )
    return [place for _, place in nlargest(ANALYSED, scored, key=lambda entry: entry[0])]


def _of_passage(
    asked: Asked, reading: Reading, ordinals: Sequence[int], analyzer: Analyzer
) -> Iterator[Candidate]:
    words = {n: analyzer.morphemes(reading.units[n].text) for n in ordinals}
    terms = {n: frozenset(word.key for word in words[n] if word.key) for n in ordinals}
    in_title = _found(asked, reading.title)
    in_passage = _found(asked, reading.whole).union(*map(asked.hits, terms.values()))
    for n in ordinals:
        unit = _UnitReading(asked, reading, n, words[n], terms[n])
        yield Candidate(reading.position, n, reading.units[n], unit.features(in_title, in_passage))


class _UnitReading:
    """One unit beside one question."""

    def __init__(
        self,
        asked: Asked,
        reading: Reading,
        ordinal: int,
        words: Sequence[Morpheme],
        terms: frozenset[int],
    ) -> None:
        self.asked = asked
        self.reading = reading
        self.ordinal = ordinal
        self.words = words
        self.terms = terms
        self.text = reading.folded[ordinal]
        self.hits = asked.hits(terms)
        self.new = [i for i, word in enumerate(words) if word.term and word.key not in asked.said]
        """Positions of words that the question does not hold: an answer is among them."""
        self.numbers = [i for i in self.new if words[i].detail == "数詞" or words[i].term.isdigit()]
        self.dates = [i for i in self.numbers if _DATE_UNIT.match(self._next(i))]
        self.proper = [i for i in self.new if words[i].detail == "固有名詞"]
        self.foreign = [i for i in self.new if _FOREIGN.search(words[i].surface)]

    def features(self, in_title: frozenset[int], in_passage: frozenset[int]) -> dict[str, float]:
        """Return every feature by name."""
        return {
            **self._coverage(in_title, in_passage),
            **self._characters(),
            **self._shape(),
            **self._evidence(),
        }

    def _coverage(self, in_title: frozenset[int], in_passage: frozenset[int]) -> dict[str, float]:
        asked, hits = self.asked, self.hits
        before = _found(asked, self.reading.context(self.ordinal)) - hits
        return {
            "covered": sum(asked.late_weights[term] for term in hits),
            "covered_before": asked.covered(before),
            "points_back": asked.covered(before) * bool(_DEMONSTRATIVE.match(self.text)),
            "covered_by_title": asked.covered(in_title - hits),
            "passage_covers": asked.covered(in_passage),
            "passage_dense": self._density(in_passage),
            "near": self._near(),
            "rank": 1 / (1 + self.reading.position),
        }

    def _density(self, in_passage: frozenset[int]) -> float:
        """Return coverage damped by length as BM25 damps it (k1 1.2, b 0.75, 250 characters)."""
        penalty = 1.2 * (0.25 + 0.75 * len(self.reading.whole) / 250)
        asked, whole = self.asked, self.reading.whole
        total = 0.0
        for term in in_passage:
            count = max((whole.count(s) for s in asked.spellings[term]), default=0) or 1
            total += asked.weights[term] * count / (count + penalty)
        return total / asked.total

    def _near(self) -> float:
        """Return how near the question's terms stand to the best possible answer, from 0 to 1."""
        meaning = self.asked.meaning
        terms = [(i, meaning[w.key]) for i, w in enumerate(self.words) if w.key in meaning]
        best = 0.0
        for place in self._answers():
            nearest: dict[int, float] = {}
            for i, term in terms:
                nearest[term] = max(nearest.get(term, 0.0), 1 / (1 + abs(i - place) / 8))
            best = max(
                best, sum(self.asked.weights[term] * share for term, share in nearest.items())
            )
        return best / self.asked.total

    def _answers(self) -> list[int]:
        """Return positions of words of the kind that is asked for, else of any new noun."""
        kinds = self.asked.kinds
        wanted: list[int] = []
        if "when" in kinds:
            wanted = self.dates or self.numbers
        elif "number" in kinds:
            wanted = self.numbers
        elif kinds & {"who", "where"}:
            wanted = self.proper or self.foreign
        return wanted or [i for i in self.new if self.words[i].part_of_speech in _NOUNS]

    def _characters(self) -> dict[str, float]:
        return {
            "pairs": _share(self.asked.bigrams, self.text),
            "triples": _share(self.asked.trigrams, self.text),
            "length": math.log(1 + len(self.text)),
        }

    def _shape(self) -> dict[str, float]:
        return {
            "first": float(self.ordinal == 0),
        }

    def _evidence(self) -> dict[str, float]:
        kinds, text = self.asked.kinds, self.text
        proper, foreign = bool(self.proper), bool(self.foreign)
        bracketed = any(m not in self.asked.text for m in _BRACKETED.findall(text))
        defines = bool(_DEFINITION.search(text))
        counted = bool(self.asked.counted and self.asked.counted.search(text))
        answers = {
            "new_foreign": foreign,
            "nothing_new": not self.new,
            "class_named": bool(self.asked.asked_class) and self.asked.asked_class in text,
            "class_ends_word": self._class_ends_word(),
            "when_date": "when" in kinds and bool(self.dates),
            "when_neither": "when" in kinds and not self.dates and not _DATE.search(text),
            "who_proper": "who" in kinds and proper,
            "where_proper": "where" in kinds and proper,
            "number_number": "number" in kinds and bool(self.numbers),
            "number_counter": counted,
            "why_reason": "why" in kinds and bool(_REASON.search(text)),
            "name_defines": "name" in kinds and defines,
            "name_bracketed": "name" in kinds and bracketed,
        }
        return {name: float(found) for name, found in answers.items()}

    def _class_ends_word(self) -> bool:
        """党 of どの党 ends 日本共産党, as a word or a part of one."""
        head = self.asked.asked_class[-1:]
        return bool(head) and any(self.words[i].surface.endswith(head) for i in self.new)

    def _next(self, i: int) -> str:
        return self.words[i + 1].surface if i + 1 < len(self.words) else ""


_NOUNS = frozenset({"名詞", "代名詞", "接尾辞"})


def _found(asked: Asked, text: str) -> frozenset[int]:
    """Return the question's weighted terms of which a folded text holds a spelling."""
    return frozenset(
        term
        for term in asked.weights
        if any(spelling in text for spelling in asked.spellings[term])
    )


def _share(grams: frozenset[str], text: str) -> float:
    return sum(gram in text for gram in grams) / len(grams) if grams else 0.0
