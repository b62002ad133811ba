"""The analyzer: text in, morphemes and search terms out.

Puts the parts together: characters, Sudachi, words, rewrites, synonyms.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

from ingest.japanese import characters, rewrites, user_dictionary
from ingest.japanese.rewrites import Name
from ingest.japanese.sudachi import Sudachi
from ingest.japanese.synonyms import Member, Synonyms
from ingest.japanese.user_dictionary import DictionaryError
from ingest.japanese.vocabulary import Vocabulary, office_vocabulary
from ingest.japanese.words import Word, Words

_REVISION = 4
"""Raised by hand when this package emits other keys than before."""

SYNONYM = "同義語"
"""Detail of a synonym group's name, over several words that are listed as well."""


@dataclass(frozen=True, slots=True)
class Morpheme:
    """A word of a text, as Sudachi's mode A cuts them, or a name for several."""

    surface: str
    term: str
    """Search-side form; empty for particles, auxiliaries, symbols and spaces."""
    key: int
    """Equal for words that say the same, as synonyms do; 0 where there is no term."""
    part_of_speech: str
    """Sudachi's first level: 名詞, 動詞, …"""
    detail: str
    """Sudachi's second level: 数詞, 固有名詞, …; or 元号, 複合語, 同義語 (see `rewrites`)."""
    begin: int
    """Offset of the first code point in the text that was given."""
    end: int
    """Offset behind the last one. Spans may overlap: ㈱ is 株式 and 会社, 申し込む is 申し, 込み
    and 申し込み."""


@dataclass(frozen=True, slots=True)
class Related:
    """Morphemes of a question, and other ways to say what they say."""

    first: int
    """Position of the first morpheme."""
    last: int
    """Position of the last one."""
    ways: tuple[tuple[Morpheme, ...], ...]
    """The words of each other way; offsets are those in the way itself."""


class Analyzer:
    """Turns text into morphemes and search terms. May be shared between threads, and pickled."""

    def __init__(
        self,
        user_words: Sequence[str] = (),
        synonyms: Sequence[Sequence[str]] = (),
        *,
        cache: Path | None = None,
    ) -> None:
        """Take a company's own words and its groups of synonyms, both as people write them.

        `cache` is where a compiled user dictionary is kept; without it, every process compiles one.
        Nothing is loaded or compiled before the first text; then `DictionaryError` tells what is
        wrong with the words.
        """
        self._user_words = tuple(user_words)
        self._groups = tuple(tuple(group) for group in synonyms)
        self._cache = cache
        self._sudachi = Sudachi(self._user_words, cache)
        self._words = Words(self._sudachi, rewrites.MARKS)
        self._way = lru_cache(maxsize=4096)(self._way_morphemes)

    def __reduce__(self) -> tuple[Callable[..., Analyzer], tuple[Any, ...]]:
        return _analyzer, (self._user_words, self._groups, self._cache)

    @cached_property
    def fingerprint(self) -> str:
        """Identify what is emitted: it changes when the keys of a text could."""
        what = (_REVISION, user_dictionary.versions(), sorted(self._user_words), self._groups)
        return hashlib.sha256(json.dumps(what).encode()).hexdigest()[:16]

    def keys(self, text: str) -> list[int]:
        """Return the keys of a text in order, each as often as it occurs: what an index counts.

        A key is even and has 32 bits at most.
        """
        found: list[int] = []
        for _, tokens in self._sudachi.tokens(characters.regular(text)[0]):
            words, names = self._read(tokens)
            keys = [word.key for word in words]
            for i in sorted(names, reverse=True):
                keys[i : i + 1] = [name.key for name in names[i]]
            found += filter(None, keys)
        return self._synonyms.expand(found) if self._groups else found

    def terms(self, text: str) -> list[str]:
        """Return the search terms of a text in order, each as often as it occurs."""
        return [morpheme.term for morpheme in self.morphemes(text) if morpheme.term]

    def morphemes(self, text: str) -> list[Morpheme]:
        """Return the morphemes of a text in order, those without a search term too."""
        found = self._morphemes(text)
        return self._with_synonyms(text, found) if self._groups else found

    def related(self, morphemes: Sequence[Morpheme]) -> list[Related]:
        """Return what of a question can be said with other words of Japanese offices."""
        words = [(morpheme.surface, morpheme.term) for morpheme in morphemes]
        return [
            Related(found.first, found.last, tuple(map(self._way, found.ways)))
            for found in self._vocabulary.matches(words)
        ]

    def _way_morphemes(self, way: str) -> tuple[Morpheme, ...]:
        return tuple(morpheme for morpheme in self.morphemes(way) if morpheme.key)

    @cached_property
    def _vocabulary(self) -> Vocabulary:
        return office_vocabulary()

    def _read(self, tokens: Any) -> tuple[list[Word], rewrites.Names]:
        words = self._words.read(tokens)
        marked = [i for i, word in enumerate(words) if word.marked]
        return words, rewrites.names(words, marked, self._words.key)

    def _morphemes(self, text: str) -> list[Morpheme]:
        regular, positions = characters.regular(text)
        found: list[Morpheme] = []
        for offset, tokens in self._sudachi.tokens(regular):
            words, names = self._read(tokens)
            spans = [(offset + token.begin(), offset + token.end()) for token in tokens]
            if positions:
                spans = [characters.original_span(positions, *span) for span in spans]
            for i, word in enumerate(words):
                for name in names.get(i, (Name(word.term, word.key),)) or (Name("", 0),):
                    begin, end = spans[i - name.width + 1][0], spans[i][1]
                    major, detail = word.tag.major, name.detail or word.tag.detail
                    found.append(
                        Morpheme(text[begin:end], name.term, name.key, major, detail, begin, end)
                    )
        return found

    @cached_property
    def _synonyms(self) -> Synonyms:
        return Synonyms([self._member(surface) for surface in group] for group in self._groups)

    def _member(self, surface: str) -> Member:
        words = [morpheme for morpheme in self._morphemes(surface) if morpheme.term]
        if not words:
            raise DictionaryError(f"The synonym {surface!r} holds no word: leave it out")
        if words[-1].begin == words[0].begin and words[-1].detail == rewrites.COMPOUND:
            words = words[-1:]  # 申し込む, which is found as 申込 too
        return tuple(Name(word.term, word.key) for word in words)

    def _with_synonyms(self, text: str, morphemes: list[Morpheme]) -> list[Morpheme]:
        named = [i for i, morpheme in enumerate(morphemes) if morpheme.term]
        for match in self._synonyms.matches([morphemes[i].key for i in named]):
            first, last = named[match.begin], named[match.end - 1]
            term, key = match.name.term, match.name.key
            if first == last:
                morphemes[first] = replace(morphemes[first], term=term, key=key)
            else:
                begin, end = morphemes[first].begin, morphemes[last].end
                over = Morpheme(text[begin:end], term, key, "名詞", SYNONYM, begin, end)
                morphemes.insert(last + 1, over)
        return morphemes


def _analyzer(
    words: Sequence[str], groups: Sequence[Sequence[str]], cache: Path | None
) -> Analyzer:
    return Analyzer(words, groups, cache=cache)
