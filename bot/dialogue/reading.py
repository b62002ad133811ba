"""A Japanese question, read for what it is about: its noun phrases and what each of them does.

Knows nothing of other questions.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from bot.dialogue.vocabulary import CLASSES, GENERIC, OF_PLACES, TOPICS
from ingest.japanese import Analyzer, Morpheme

Kind = Literal["specific", "value", "generic"]

_NOMINAL = frozenset({"名詞", "接尾辞", "接頭辞", "形状詞"})
# A number's word for 何 and the nouns that only carry grammar.
_ASKING = frozenset({"何", "幾ら", "幾つ", "何時", "どれ", "どの"})
_GRAMMAR = frozenset(
    """
    時 事 こと 場合 際 物 もの 方 ほう 所 ところ 為 ため 内 うち 間 位 程 頃 様 風 訳 わけ 筈
    はず つもり 儘 まま 人 奴 やつ
    """.split()  # noqa: SIM905 - as in `vocabulary`
)

_LONGEST_VALUE = 12
"""Characters."""


@dataclass(frozen=True, slots=True)
class Value:
    """A word that says for which case something is asked."""

    kind: str
    """Its class; see `vocabulary`."""
    begin: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Phrase:
    """Nouns in a row: 通勤手当, 大阪営業所."""

    begin: int
    end: int
    text: str
    kind: Kind
    """`specific`: a topic; `value`: varies one; `generic`: neither."""
    terms: tuple[str, ...]
    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Reading:
    """A question with its phrases, in order."""

    text: str
    phrases: tuple[Phrase, ...]
    pronouns: tuple[Morpheme, ...]
    """それ, ここ, この …, wherever they stand."""

    @property
    def specific(self) -> tuple[Phrase, ...]:
        """The phrases that name a topic."""
        return tuple(phrase for phrase in self.phrases if phrase.kind == "specific")

    @property
    def has_topic(self) -> bool:
        """Whether it says what it is about: 経費の締め日は, 大阪営業所の住所は."""
        return bool(self.specific) or self.names_what_a_place_has or self._leads_somewhere

    @property
    def _leads_somewhere(self) -> bool:
        """Whether it asks for a way: 横浜から大阪営業所まで何時間."""
        places = {v.text for phrase in self.phrases for v in phrase.values if v.kind == "place"}
        return len(places) > 1

    @property
    def names_what_a_place_has(self) -> bool:
        """Whether it names a place or person and what only these have: 須賀さんの内線."""
        places = any(value.kind in {"place", "name"} for p in self.phrases for value in p.values)
        return places and any(OF_PLACES.intersection(p.terms) for p in self.phrases)


def read(text: str, analyzer: Analyzer) -> Reading:
    """Read a question."""
    morphemes = list(_in_a_row(analyzer.morphemes(text)))
    phrases = tuple(_phrase(text, run) for run in _runs(morphemes))
    pronouns = tuple(m for m in morphemes if m.part_of_speech in {"代名詞", "連体詞"})
    return Reading(text, tuple(p for p in phrases if p), pronouns)


def _in_a_row(morphemes: Sequence[Morpheme]) -> Iterator[Morpheme]:
    """Leave names of several words out, which stand over the words themselves."""
    end = 0
    for morpheme in morphemes:
        if morpheme.begin >= end:
            end = morpheme.end
            yield morpheme


def _runs(morphemes: Sequence[Morpheme]) -> Iterator[list[Morpheme]]:
    run: list[Morpheme] = []
    asking = False  # 何社: the counter belongs to the word that asks
    for morpheme in morphemes:
        counts = asking and morpheme.part_of_speech == "接尾辞"
        asking = _is_asking(morpheme) or counts
        if _is_nominal(morpheme) and not counts and not (run and run[-1].end != morpheme.begin):
            run.append(morpheme)
            continue
        if run:
            yield run
        run = [morpheme] if _is_nominal(morpheme) and not counts else []
    if run:
        yield run


def _is_asking(morpheme: Morpheme) -> bool:
    return morpheme.term in _ASKING or morpheme.surface[:1] in {"何", "幾"}


def _is_nominal(morpheme: Morpheme) -> bool:
    return (
        morpheme.part_of_speech in _NOMINAL
        and not _is_asking(morpheme)
        and not (morpheme.term in _GRAMMAR and morpheme.part_of_speech == "名詞")
    )


def _phrase(text: str, run: Sequence[Morpheme]) -> Phrase:
    begin, end = run[0].begin, run[-1].end
    values = tuple(_values(text, run))
    others = [m for m in run if not any(v.begin <= m.begin < v.end for v in values)]
    kind: Kind = "generic"
    if any(_names_a_topic(m) for m in others) or TOPICS.search(text, begin, end):
        kind = "specific"
    elif values:
        kind = "value"
    return Phrase(begin, end, text[begin:end], kind, tuple(m.term for m in run), values)


def _names_a_topic(morpheme: Morpheme) -> bool:
    if morpheme.part_of_speech == "接頭辞" or morpheme.detail == "数詞":
        return False
    return bool(morpheme.term) and morpheme.term not in GENERIC


def _values(text: str, run: Sequence[Morpheme]) -> Iterator[Value]:
    """Yield words of the known classes, where they are whole words of the phrase."""
    begins, ends = {m.begin for m in run}, {m.end for m in run}
    at, end = run[0].begin, run[-1].end
    while at < end:
        found = _value_at(text, at, end, ends) if at in begins else None
        if found:
            yield found
        at = found.end if found else at + 1


def _value_at(text: str, at: int, end: int, ends: set[int]) -> Value | None:
    # The longest word first: 今年 is not 今.
    for stop in range(min(end, at + _LONGEST_VALUE), at, -1):
        if stop not in ends:
            continue
        for name, words in CLASSES.items():
            if words.fullmatch(text, at, stop):
                return Value(name, at, stop, text[at:stop])
    return None
