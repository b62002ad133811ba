"""The analyzer: text in, morphemes and search terms out.

Puts the parts together: characters, Sudachi, rewrites, synonyms.
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
from ingest.japanese.rewrites import Override, Overrides
from ingest.japanese.sudachi import Sudachi
from ingest.japanese.synonyms import Synonyms
from ingest.japanese.user_dictionary import DictionaryError

_REVISION = 1
"""Raised by hand when this package emits other terms than before."""

SYNONYM = "同義語"
"""Detail of a group's term, over morphemes that are listed as well."""


@dataclass(frozen=True, slots=True)
class Morpheme:
    """A word of a text, as Sudachi's mode A cuts them."""

    surface: str
    term: str
    """Search-side form; empty for particles, auxiliaries, symbols and spaces."""
    part_of_speech: str
    """Sudachi's first level: 名詞, 動詞, …"""
    detail: str
    """Sudachi's second level: 数詞, 固有名詞, …; or `rewrites.ERA`, or `SYNONYM`."""
    begin: int
    """Offset of the first code point in the text that was given."""
    end: int
    """Offset behind the last one. Several morphemes may share a span (㈱ is 株式 and 会社)."""


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
        self._term = lru_cache(maxsize=1 << 16)(self._usual_term)

    def __reduce__(self) -> tuple[Callable[..., Analyzer], tuple[Any, ...]]:
        return _analyzer, (self._user_words, self._groups, self._cache)

    @cached_property
    def fingerprint(self) -> str:
        """Identify what is emitted: it changes when the terms of a text could."""
        what = (_REVISION, user_dictionary.versions(), sorted(self._user_words), self._groups)
        return hashlib.sha256(json.dumps(what).encode()).hexdigest()[:16]

    def terms(self, text: str) -> list[str]:
        """Return the search terms of a text in order, each as often as it occurs."""
        terms = self._terms(text)
        return self._synonyms.expand(terms) if self._groups else terms

    def morphemes(self, text: str) -> list[Morpheme]:
        """Return the morphemes of a text in order, those without a search term too."""
        regular, positions = characters.regular(text)
        found: list[Morpheme] = []
        for offset, tokens in self._sudachi.tokens(regular):
            terms, overrides = self._read(tokens)
            for i, token in enumerate(tokens):
                begin, end = offset + token.begin(), offset + token.end()
                if positions:
                    begin, end = characters.original_span(positions, begin, end)
                tag = self._sudachi.tag(token.part_of_speech_id())
                called, detail = overrides.get(i) or Override((terms[i],))
                found += (
                    Morpheme(text[begin:end], term, tag.major, detail or tag.detail, begin, end)
                    for term in called or ("",)
                )
        return self._with_synonyms(found) if self._groups else found

    def _terms(self, text: str) -> list[str]:
        found: list[str] = []
        for _, tokens in self._sudachi.tokens(characters.regular(text)[0]):
            terms, overrides = self._read(tokens)
            for i in sorted(overrides, reverse=True):
                terms[i : i + 1] = overrides[i].terms
            found += filter(None, terms)
        return found

    def _read(self, tokens: Any) -> tuple[list[str], Overrides]:
        """Return each token's usual term, and those that are called something else here."""
        forms = [token.normalized_form() for token in tokens]
        tags = [token.part_of_speech_id() for token in tokens]
        return list(map(self._term, forms, tags)), rewrites.overrides(forms)

    def _usual_term(self, form: str, part_of_speech: int) -> str:
        return rewrites.term(form, self._sudachi.tag(part_of_speech))

    @cached_property
    def _synonyms(self) -> Synonyms:
        return Synonyms([self._member(surface) for surface in group] for group in self._groups)

    def _member(self, surface: str) -> tuple[str, ...]:
        terms = tuple(self._terms(surface))
        if not terms:
            raise DictionaryError(f"Synonym {surface!r} holds no word: leave it out")
        return terms

    def _with_synonyms(self, morphemes: list[Morpheme]) -> list[Morpheme]:
        named = [i for i, morpheme in enumerate(morphemes) if morpheme.term]
        for match in self._synonyms.matches([morphemes[i].term for i in named]):
            first, last = named[match.begin], named[match.end - 1]
            if first == last:
                morphemes[first] = replace(morphemes[first], term=match.term)
            else:
                morphemes.insert(last + 1, _spanning(morphemes[first : last + 1], match.term))
        return morphemes


def _spanning(parts: Sequence[Morpheme], term: str) -> Morpheme:
    surface = "".join(part.surface for part in parts)
    return Morpheme(surface, term, "名詞", SYNONYM, parts[0].begin, parts[-1].end)


def _analyzer(
    words: Sequence[str], groups: Sequence[Sequence[str]], cache: Path | None
) -> Analyzer:
    return Analyzer(words, groups, cache=cache)
