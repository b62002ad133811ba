"""What a word of Sudachi's is called in search, and which words say the same.

A verb is called by its noun (申し込む: 申し込み), since people ask for one and write the other.
Words that Sudachi's synonym dictionary puts into one group, and only one, share a *key*: 年休, 有休
and 有給 do. Knows nothing of neighbours: `rewrites` does.

Every document goes through here word by word, so the common case is kept to calls into C.
"""

from __future__ import annotations

import re
import unicodedata
import zlib
from collections.abc import Container
from dataclasses import dataclass
from functools import lru_cache
from operator import methodcaller
from typing import Any, cast

from ingest.japanese.sudachi import Sudachi, Tag

_FUNCTION_WORDS = frozenset({"助詞", "助動詞", "空白"})
_SYMBOLS = frozenset({"補助記号", "記号"})
# Counters and affixes are in groups as well (日 and days), but say little beside their number.
_WITH_SYNONYMS = frozenset({"名詞", "動詞", "形容詞", "形状詞"})
_WITHOUT_SYNONYMS = frozenset({"数詞", "非自立可能"})
_LONG_KATAKANA = re.compile("[ァ-ヺー]{3,}ー")
_TWO_DIGITS = re.compile("0[1-9]")
_TO_I_ROW = dict(zip("うくぐすつぬぶむる", "いきぎしちにびみり", strict=True))
# Sudachi numbers dictionary words below this, and gives an unknown word its part of speech's id.
_UNKNOWN = 0xF000_0000
_CACHE = 1 << 16
"""Words that are kept; 5.6 million characters of manuals have 40,000."""
_NUMBER = methodcaller("word_id")


@dataclass(frozen=True, slots=True, eq=False)  # one of each, compared by identity
class Word:
    """A word, whatever stands around it."""

    form: str
    """Normalised and case-folded."""
    tag: Tag
    term: str
    """What people would call it in search; empty for particles, auxiliaries, symbols, spaces."""
    key: int
    """Number that stands for the term, or for its synonym group; 0 where there is no term."""
    noun: str = ""
    """Of a verb, the noun made from it: 受ける, 受け; else empty."""
    marked: bool = False
    """Whether its neighbours matter for what it is called, or they are."""


class Words:
    """Gives words for Sudachi's tokens, each computed once."""

    def __init__(self, sudachi: Sudachi, marks: Container[str]) -> None:
        """Take the forms whose neighbours matter; so they do for verbs that may be part of one."""
        self._sudachi = sudachi
        self._marks = marks
        self._known: dict[int, Word] = {}
        self._unknown = lru_cache(maxsize=_CACHE)(self._word)
        self.key = lru_cache(maxsize=_CACHE)(self._key)

    def read(self, tokens: Any) -> list[Word]:
        """Return the words of a list of Sudachi's tokens."""
        words = list(map(self._known.get, map(_NUMBER, tokens)))
        if None in words:
            return [word or self._new(tokens[i]) for i, word in enumerate(words)]
        return cast("list[Word]", words)

    def _new(self, token: Any) -> Word:
        number = token.word_id()
        if number >= _UNKNOWN:
            return self._unknown(token.normalized_form(), token.part_of_speech_id())
        if len(self._known) >= _CACHE:
            self._known.clear()
        word = self._word(token.normalized_form(), token.part_of_speech_id())
        self._known[number] = word
        return word

    def _word(self, form: str, part_of_speech: int) -> Word:
        tag = self._sudachi.tag(part_of_speech)
        noun = nominal(form, tag)
        # 得る is not 得, nor 経る 経: one character is too little to tell a verb's noun by.
        term = _term(noun if len(noun) > 1 else form, tag)
        joins = bool(noun) and tag.form.startswith("連用形")
        marked = joins or fold(form) in self._marks
        return Word(fold(form), tag, term, self.key(term) if term else 0, noun, marked)

    def _key(self, term: str) -> int:
        """Return the key of a term: its group's, where the dictionary has it in one group only."""
        groups = {group for entry in self._entries(term) for group in entry.synonym_group_ids()}
        return key_of(f"={groups.pop()}" if len(groups) == 1 else term)

    def _entries(self, term: str) -> list[Any]:
        tag = self._sudachi.tag
        return [
            entry
            for surface in (term, f"{term}ー")  # a term lacks the last mark of クローラー
            for entry in self._sudachi.lookup(surface)
            if _may_have_synonyms(tag(entry.part_of_speech_id()))
            and _canonical(entry.normalized_form()) == term
        ]


def key_of(name: str) -> int:
    """Return the number that stands for a name: even, of 32 bits, the same in every process."""
    return zlib.crc32(name.encode()) & ~1 or 2


def _may_have_synonyms(tag: Tag) -> bool:
    return tag.major in _WITH_SYNONYMS and tag.detail not in _WITHOUT_SYNONYMS


def _term(form: str, tag: Tag) -> str:
    if tag.major in _FUNCTION_WORDS:
        return ""
    # Scripts that Sudachi has no words for (한국어, ไทย) come out as symbols.
    if tag.major in _SYMBOLS and not any(map(str.isalnum, form)):
        return ""
    return _canonical(form)


def _canonical(form: str) -> str:
    form = fold(form)
    if _LONG_KATAKANA.fullmatch(form):
        return form[:-1]  # クローラー and クローラ, whether or not the dictionary has them
    if _TWO_DIGITS.fullmatch(form):
        return form[1]  # 2024/04/01
    return form


def fold(form: str) -> str:
    """Return a normalised form without differences of width and case."""
    return unicodedata.normalize("NFKC", form).casefold()


def nominal(form: str, tag: Tag) -> str:
    """Return the noun that a verb's dictionary form makes, its 連用形; else nothing.

    使える conjugates like 受ける, but Sudachi's normalised form of it is 使う.
    """
    conjugation = tag.conjugation
    potential = conjugation == "下一段-ラ行" and not form.endswith("れる")
    if "一段" in conjugation and form.endswith("る") and not potential:
        return form[:-1]
    if "段" in conjugation and form[-1:] in _TO_I_ROW:
        return form[:-1] + _TO_I_ROW[form[-1]]
    return ""
