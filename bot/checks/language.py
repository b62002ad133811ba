"""In which language something is written, by its scripts. Knows nothing of words but a few."""

from __future__ import annotations

import re
from typing import Literal

Written = Literal["ja", "zh", "ko", "en", "han"]
"""`en` is any language in Latin letters; `han` only ideographs, Japanese or Chinese."""

_KANA = re.compile("[ぁ-ゖァ-ヺー]")
_HIRAGANA = re.compile("[ぁ-ゖ]")
_HAN = re.compile("[一-鿿㐀-䶿々]")
_HANGUL = re.compile("[가-힣ᄀ-ᇿ㄰-㆏]")
_WORD = re.compile("[A-Za-zÀ-ɏ]{2,}")
# Simplified forms, or words that Japanese seldom writes twice in a line.
_CHINESE = re.compile(
    "[这们您吗呢么对应该时间说请让给从个为发现实际关务规则员负责门业经费线电话]"
    "|[的了是在][^的了是在\n]{0,40}[的了是在]"
)
_ENGLISH = re.compile(
    r"\b(?:the|is|are|was|of|to|and|in|on|for|by|you|your|must|can|should|with|from|it|be|not|at)\b",
    re.IGNORECASE,
)
# A name or a title in another language fits any answer; a sentence does not.
_SENTENCE_WORDS = 8
_FUNCTION_WORDS = 2
_ENOUGH = 250
"""Characters of a document that tell its language."""
_SHORT_HAN = 12
_SHORT_HIRAGANA = 3
_SHORT_HANGUL = 8


def written(text: str) -> Written | None:
    """Return the language of a question or document; None where nothing tells."""
    text = text[:_ENOUGH]
    hangul, kana, han = (len(sign.findall(text)) for sign in (_HANGUL, _KANA, _HAN))
    words = len(_WORD.findall(text))
    # An ideograph or two kana are about a word.
    if hangul and hangul >= kana + han and hangul >= words:
        return "ko"
    if kana + han and kana + 2 * han >= words:
        if kana * 20 >= han:
            return "ja" if kana else "han"
        return "zh" if _CHINESE.search(text) else "han"
    return "en" if words else None


def shared(one: Written | None, other: Written | None) -> bool:
    """Tell whether two texts may be of one language."""
    if one is None or other is None:
        return False
    return one == other or ("han" in {one, other} and {one, other} <= {"han", "ja", "zh"})


def fits(answer: str, question: str) -> bool:
    """Tell whether an answer may be in the question's language.

    What is short or a name fits any: 4.4兆円, vpn.example.co.jp, Google Workspace.
    """
    asked = written(question)
    if asked is None:
        return True
    hiragana, kana = len(_HIRAGANA.findall(answer)), len(_KANA.findall(answer))
    han, hangul = len(_HAN.findall(answer)), len(_HANGUL.findall(answer))
    japanese = hiragana > _SHORT_HIRAGANA and kana + han > _SHORT_HAN
    korean = hangul > _SHORT_HANGUL and hangul > kana + han
    chinese = not kana and han > _SHORT_HAN and bool(_CHINESE.search(answer))
    english = not kana and not hangul and han <= _SHORT_HAN and is_english(answer)
    said = {"ja": japanese, "ko": korean, "zh": chinese, "en": english}
    said.pop(asked, None)
    if asked == "han":
        said["ja"] = said["zh"] = False
    return not any(said.values())


def is_english(text: str) -> bool:
    """Tell whether a text is in English by its words, and no mere name in Latin letters."""
    words = len(_WORD.findall(text))
    return words > _SENTENCE_WORDS // 2 and (len(_ENGLISH.findall(text)) >= _FUNCTION_WORDS)
