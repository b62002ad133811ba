"""Names as they are compared: Latin words and katakana, without differences of spelling.

Works on folded text. Knows nothing of numbers, nor of which passage is meant.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from bot.checks.folding import Folded

LATIN = re.compile(
    "(?<![a-z0-9])(?=[0-9]*[a-zà-ɏ])[a-z0-9à-ɏ]+(?:[-_.&'’/+]?[a-z0-9à-ɏ#]+)*(?:[+#]+)?"
)
_JOINT = re.compile("[-_.&'’/+#]+")
KATAKANA = re.compile("[ァ-ヺ][ァ-ヺー]+")
_SPACED = re.compile(r"[\s・=＝]+")
_SENTENCE_START = re.compile(r"(?:\A|[.!?:\n\"“(•*-])\s*\Z")
# Said by everybody who words an answer anew; none of them is a fact.
_EVERYDAY = frozenset(["ケース", "ポイント", "タイミング", "ステップ", "メリット", "デメリット"])
_ABBREVIATIONS = frozenset(["am", "pm", "no", "vs", "etc", "ok", "eg", "ie", "ex"])


def latin_words(text: str) -> set[str]:
    """Return the words of a folded text, and those that a joint divides also as one."""
    words: set[str] = set()
    for found in LATIN.finditer(text):
        words |= {found[0], *_parts(found[0]), _JOINT.sub("", found[0])}
    return words


def kana_text(text: str) -> str:
    """Return folded text in which katakana terms can be looked for."""
    return _SPACED.sub("", text)


def is_latin_borne(term: str, words: Collection[str]) -> bool:
    """Tell whether a term is among the words, whole or in parts, singular or plural."""
    if any(form in words for form in _forms(_JOINT.sub("", term))):
        return True
    parts = [part for part in _parts(term) if len(part) > 1]
    return bool(parts) and all(any(form in words for form in _forms(part)) for part in parts)


def is_katakana_borne(term: str, text: str, text_without_marks: str) -> bool:
    """Tell whether a term stands in the text, サーバー as サーバ too."""
    if term in text or term.rstrip("ー") in text:
        return True
    # ビール is no ビル: only of longer words the marks make no difference.
    return len(term) > 3 and term.replace("ー", "") in text_without_marks


def terms(text: Folded, *, names_only: bool) -> Iterator[tuple[int, int, str]]:
    """Yield the terms with their spans; `names_only`: in English, where every word is Latin."""
    for found in LATIN.finditer(text.text):
        word = found[0]
        if len(word) < 2 or word in _ABBREVIATIONS:
            continue
        if names_only and not _is_name(text, found.start(), found.end()):
            continue
        yield found.start(), found.end(), word
    for found in KATAKANA.finditer(text.text):
        if found[0] not in _EVERYDAY:
            yield found.start(), found.end(), found[0]


def is_katakana(term: str) -> bool:
    """Tell which of the two kinds a term is of."""
    return bool(KATAKANA.match(term))


def _is_name(text: Folded, begin: int, end: int) -> bool:
    """Tell whether a word of English is a name: WebSphere, VPN, Tanaka within a sentence."""
    said = text.piece(begin, end)
    capitals = sum(char.isupper() for char in said)
    if capitals > 1 or any(char.isdigit() for char in said):
        return True
    before = text.text[max(0, begin - 4) : begin]
    return capitals == 1 and said[0].isupper() and not _SENTENCE_START.search(before)


def _parts(term: str) -> list[str]:
    return [part for part in _JOINT.split(term) if part]


def _forms(word: str) -> tuple[str, ...]:
    return (word, f"{word}s", word[:-1] if len(word) > 3 and word.endswith("s") else word)
