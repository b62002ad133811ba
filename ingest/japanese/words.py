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
from collections.abc import Container, Sequence
from dataclasses import dataclass, replace
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
_CACHE = 1 << 17
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
        self._unknown = lru_cache(maxsize=_CACHE)(self._unknown_word)
        self.called = lru_cache(maxsize=_CACHE)(self._called)

    def read(self, tokens: Any) -> list[Word]:
        """Return the words of a list of Sudachi's tokens."""
        words = list(map(self._known.get, map(_NUMBER, tokens)))
        if None in words:
            return [word or self._word(tokens[i]) for i, word in enumerate(words)]
        return cast("list[Word]", words)

    def _word(self, token: Any) -> Word:
        number = token.word_id()
        if number >= _UNKNOWN:
            return self._unknown(token.normalized_form(), token.part_of_speech_id())
        if len(self._known) >= _CACHE:
            self._known.clear()
        tag = self._sudachi.tag(token.part_of_speech_id())
        word = self._called_by_noun(token.normalized_form(), tag, token.synonym_group_ids())
        self._known[number] = word = self._marked(word)
        return word

    def _marked(self, word: Word) -> Word:
        joins = bool(word.noun) and word.tag.form.startswith("連用形")
        return replace(word, marked=True) if joins or word.form in self._marks else word

    def _unknown_word(self, form: str, part_of_speech: int) -> Word:
        return self._marked(_word(form, self._sudachi.tag(part_of_speech), ()))

    def _called_by_noun(self, form: str, tag: Tag, groups: Sequence[int]) -> Word:
        noun = nominal(form, tag)
        # 得る is not 得, nor 経る 経: one character is too little to tell a verb's noun by.
        if len(noun) < 2:
            return _word(form, tag, groups, noun)
        word, same = _word(noun, tag, groups, noun), self.called(noun)
        if not same or same.key == key_of(same.term):
            return word
        return replace(word, term=same.term, key=same.key)

    def _called(self, noun: str) -> Word | None:
        """Return the word that the dictionary has for a noun."""
        for entry in self._sudachi.lookup(noun):
            tag = self._sudachi.tag(entry.part_of_speech_id())
            if tag.major == "名詞":
                return _word(entry.normalized_form(), tag, entry.synonym_group_ids())
        return None


def _word(form: str, tag: Tag, groups: Sequence[int], noun: str = "") -> Word:
    term = _term(form, tag)
    one_group = len(groups) == 1 and _may_have_synonyms(tag)
    name = f"={groups[0]}" if one_group else term
    return Word(fold(form), tag, term, key_of(name) if term else 0, noun)


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
    """Return the noun that a verb's dictionary form makes, its 連用形; else nothing."""
    if tag.conjugation.startswith("五段") and form[-1:] in _TO_I_ROW:
        return form[:-1] + _TO_I_ROW[form[-1]]
    if "一段" in tag.conjugation and form.endswith("る"):
        return form[:-1]
    return ""
