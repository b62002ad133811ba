"""Text of a PDF whose fonts lie about their characters: repaired where the lie is known.

Knows nothing of pages.
"""

from __future__ import annotations

# Some producers number the kana of MS fonts by glyph: の U+306E comes out as 䛾 U+46FE, all by the
# same distance. The rare ideographs that stand there occur in no Japanese text.
_SHIFT = 0x1690
_KANA = range(0x3041, 0x30FF)
_REPAIR = {code + _SHIFT: code for code in _KANA}
_ENOUGH = 3
_UNREADABLE = 0.3
"""Share of unreadable characters from which a document is not worth reading."""


def has_shifted_kana(text: str) -> bool:
    """Whether kana are shifted to rare ideographs."""
    shifted = sum(ord(char) in _REPAIR for char in text)
    return shifted >= _ENOUGH or (shifted > 0 and not any(ord(char) in _KANA for char in text))


def repair(text: str) -> str:
    """The text with shifted kana put back."""
    return text.translate(_REPAIR)


def is_unreadable(text: str, unmapped: int) -> bool:
    """Whether so much of the text is no text that it is better refused.

    `unmapped`: the characters that the fonts do not explain. Letters of Latin-1 in such density are
    CP932 that was taken for it.
    """
    high = sum("\x80" <= char <= "\xff" and char not in "°±·×÷©®«»§¶" for char in text)
    return bool(text) and (unmapped + high) > _UNREADABLE * len(text)
