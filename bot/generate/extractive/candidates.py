"""Candidates: the units of the passages that may answer, with what speaks for each.

Every feature is a number that a person can read, most of them shares from 0 to 1. Knows nothing of
how features are weighed: `weights.py` does.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from heapq import nlargest

from bot.exchange import Passage
from bot.generate.extractive.question import Asked, Kind, folded, grams
from bot.generate.extractive.units import Unit, is_caption, units
from ingest.japanese import Morpheme

ANALYSED = 24
"""Units that are read word by word. A screen by pairs of characters finds them at a tenth of the
cost: it keeps the sentence that holds the answer for 100 % of the questions of `jsquad`, and for
98 % of those of the handbook, whose units are shorter and more (12 units: 99 % and 95 %)."""
_DIGIT = re.compile("[0-9]")
_WITH_DIGIT = 0.2
"""Advantage in the screen of a unit with a digit where a number or a date is asked for."""

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
_CONTACT = re.compile(
    r"0[0-9]{1,3}-[0-9]{2,4}-[0-9]{3,4}|@|内線|電話|メール|窓口|チャンネル|連絡|#[a-z]"
)
_MONEY = re.compile(r"[0-9,万千]円|[¥$€]|\byen\b|[0-9]%|実費|全額|無料")
_CLOCK = re.compile(r"[0-9]{1,2}[:：][0-9]{2}|[0-9]{1,2}時")
_DECIDES = re.compile(
    r"でき(?:る|ます|ない|ません)|可能|禁止|不可|対象外|不要|必要|ください|認め|限る|限り|[○×◯✕]"
    r"|ない[。]?\Z|ません|してよい|構いません|かまいません|自由|\b(?:may|must|not|only|allowed|can)\b"
)
_INSTRUCTS = re.compile(r"ください|[くきしちりみ]ます。?\Z|する。?\Z|こと。?\Z|\bplease\b")
_FOREIGN = re.compile(r"[ァ-ヶー]{3,}|[A-Za-z]{2,}")
_BRACKETED = re.compile(r"[「『（(]([^「」『』（）()]{1,40})[」』）)]")
_DEMONSTRATIVE = re.compile(
    r"これ|それ|この|その|ここ|そこ|同|this |that |these |it ", re.IGNORECASE
)


Morphemes = Callable[[str], Sequence[Morpheme]]
"""Cuts a text into words: `Analyzer.morphemes`, or something that remembers what it said."""


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
        self.folded = _folded(passage.text)
        chunk = passage.hit.chunk
        self.title = folded(" ".join((chunk.title, *chunk.headings)))
        self.whole = "\n".join((self.title, *self.folded))
        self.score = max(0.0, passage.hit.score)
        self.document_share = self.share_of_best = 0.0

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


def candidates(asked: Asked, passages: Sequence[Passage], morphemes: Morphemes) -> list[Candidate]:
    """Return the candidates, in order of passages and of text; none where there is no text."""
    readings = [Reading(passage, position) for position, passage in enumerate(passages)]
    _compare(readings)
    by_reading: dict[int, list[int]] = {}
    for position, ordinal in sorted(_screened(asked, readings)):
        by_reading.setdefault(position, []).append(ordinal)
    return [
        candidate
        for position, ordinals in by_reading.items()
        for candidate in _of_passage(asked, readings[position], ordinals, morphemes)
    ]


def _compare(readings: Sequence[Reading]) -> None:
    """Tell each passage how it stands beside the others."""
    scores: dict[str, float] = {}
    for reading in readings:
        document = reading.passage.hit.document
        key = f"{document.source}\x00{document.id}"
        scores[key] = scores.get(key, 0.0) + max(0.0, reading.passage.hit.score)
    total, best = sum(scores.values()) or 1.0, max((r.score for r in readings), default=0.0) or 1.0
    for reading in readings:
        document = reading.passage.hit.document
        reading.document_share = scores[f"{document.source}\x00{document.id}"] / total
        reading.share_of_best = reading.score / best


def _screened(asked: Asked, readings: Sequence[Reading]) -> list[tuple[int, int]]:
    """Return (passage, unit) of the units that share most characters with the question."""
    scored: list[tuple[float, tuple[int, int]]] = []
    digits = _WITH_DIGIT if asked.kinds & _NUMERIC else 0.0
    for reading in readings:
        base = _share(asked.screen, reading.whole) + 0.3 / (1 + reading.position)
        scored += (
            (
                base + _share(asked.screen, text) + digits * bool(_DIGIT.search(text)),
                (reading.position, ordinal),
            )
            for ordinal, text in enumerate(reading.folded)
            if not reading.introduces(ordinal)
        )
    return [place for _, place in nlargest(ANALYSED, scored, key=lambda entry: entry[0])]


def _of_passage(
    asked: Asked, reading: Reading, ordinals: Sequence[int], morphemes: Morphemes
) -> Iterator[Candidate]:
    words = {n: morphemes(reading.units[n].text) for n in ordinals}
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
        self.unit = reading.units[ordinal]
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
            "share_of_best": self.reading.share_of_best,
            "document_share": self.reading.document_share,
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
            "row_names": self._row_names(),
        }

    def _row_names(self) -> float:
        """Return how much of a row's first cell the question says; 0 outside tables."""
        if self.unit.header is None:
            return 0.0
        cell = folded(self.unit.text.split(" | ", 1)[0])
        return _share(grams(cell, 2) or frozenset({cell}), self.asked.joined)

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
            "money_given": "money" in kinds and bool(_MONEY.search(text)),
            "contact_given": "contact" in kinds and bool(_CONTACT.search(text)),
            "clock_given": self.asked.counter == "時" and bool(_CLOCK.search(text)),
            "decides": "whether" in kinds and bool(_DECIDES.search(text)),
            "instructs": "how" in kinds and bool(_INSTRUCTS.search(text)),
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
_NUMERIC: frozenset[Kind] = frozenset({"when", "number", "money"})


@lru_cache(maxsize=512)
def _folded(text: str) -> tuple[str, ...]:
    return tuple(folded(unit.text) for unit in units(text))


def _found(asked: Asked, text: str) -> frozenset[int]:
    """Return the question's weighted terms of which a folded text holds a spelling."""
    return frozenset(
        term
        for term in asked.weights
        if any(spelling in text for spelling in asked.spellings[term])
    )


def _share(grams: frozenset[str], text: str) -> float:
    return sum(gram in text for gram in grams) / len(grams) if grams else 0.0
