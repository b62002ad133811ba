"""Sudachi, loaded on first use and called from any thread, on text of any length.

Knows the library and its limits, and nothing of search terms.
"""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from ingest.japanese import characters, user_dictionary


class Tag(NamedTuple):
    """What Sudachi says of a morpheme beside its forms."""

    major: str
    """Part of speech: 名詞, 動詞, …"""
    detail: str
    """The next level: 固有名詞, 数詞, …"""
    conjugation: str
    """How the word conjugates: 五段-ラ行, …; else `*`."""
    form: str
    """The form it stands in: 連用形-一般, …; else `*`."""


class Sudachi:
    """A dictionary that threads share, with a tokenizer for each: one refuses a second caller."""

    def __init__(self, user_words: Sequence[str], cache: Path | None) -> None:
        self._user_words = user_words
        self._cache = cache
        self._loaded: Any = None
        self._lock = threading.Lock()
        self._local = threading.local()
        self.tag = lru_cache(maxsize=None)(self._tag)  # about a thousand ids

    def tokens(self, text: str) -> Iterator[tuple[int, Any]]:
        """Yield lists of Sudachi's morphemes, each with the offset that their positions lack.

        `text` holds no surrogates.
        """
        for offset, piece in characters.pieces(text):
            yield from self._tokens(offset, piece)

    def lookup(self, surface: str) -> Any:
        """Return the dictionary's entries with this surface, as Sudachi's morphemes."""
        return self._dictionary.lookup(surface)

    def _tokens(self, offset: int, piece: str) -> Iterator[tuple[int, Any]]:
        from sudachipy.errors import SudachiError  # noqa: PLC0415 - imported with the dictionary

        try:
            yield offset, self._tokenizer().tokenize(piece)
        except SudachiError:
            # NFKC makes 18 characters of ﷺ, and the limit counts what comes out too.
            if len(piece) == 1:
                raise
            for begin, part in characters.pieces(piece, (len(piece) + 1) // 2):
                yield from self._tokens(offset + begin, part)

    def _tag(self, part_of_speech: int) -> Tag:
        major, detail, _, _, conjugation, form = self._dictionary.pos_of(part_of_speech)
        return Tag(major, detail, conjugation, form)

    def _tokenizer(self) -> Any:
        try:
            return self._local.tokenizer
        except AttributeError:
            self._local.tokenizer = self._dictionary.tokenizer(mode="A")
            return self._local.tokenizer

    @property
    def _dictionary(self) -> Any:
        with self._lock:
            if self._loaded is None:
                self._loaded = _load(self._user_words, self._cache)
            return self._loaded


def _load(user_words: Sequence[str], cache: Path | None) -> Any:
    # 20 ms that a command without a question or a document need not spend.
    from sudachipy import Config, Dictionary  # noqa: PLC0415

    plain = Dictionary(dict="core")
    words = [word for word in _headwords(plain, user_words) if not _knows(plain, word)]
    if not words:
        return plain
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        compiled = user_dictionary.compiled(words, cache or Path(folder))
        return Dictionary(dict="core", config=Config(user=[str(compiled)]))


def _headwords(dictionary: Any, words: Sequence[str]) -> list[str]:
    """Return words as Sudachi looks them up: folded, and with one space where there are any."""
    read = dictionary.text_normalizer().normalize
    return [" ".join(read(characters.regular(word)[0]).split()) for word in words]


def _knows(dictionary: Any, word: str) -> bool:
    """Tell whether a word is one already; an entry of ours would hide its synonyms."""
    tokens = dictionary.tokenizer(mode="A").tokenize(word)
    return len(tokens) == 1 and not tokens[0].is_oov()
