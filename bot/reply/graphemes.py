"""Where a text can be cut without tearing a character apart.

The rules of UAX #29 (extended grapheme clusters) as far as Python's own character data carry them:
combining marks, emoji sequences, flags, Hangul syllables, surrogate pairs. Knows nothing of words.
"""

from __future__ import annotations

import unicodedata

_ZWJ = "\u200d"
# Half-width voice marks and skin tones are no marks by category, tags and joiners are formats.
_EXTENDING = (
    ("\uff9e", "\uff9f"),
    ("\U0001f3fb", "\U0001f3ff"),
    ("\U000e0020", "\U000e007f"),
    ("\u200c", "\u200d"),
)


def is_border(text: str, at: int) -> bool:
    """Tell whether no character of a reader goes on across an offset of the text."""
    if not 0 < at < len(text):
        return True
    before, after = text[at - 1], text[at]
    if before < "\u0300" and after < "\u0300":
        return not (before == "\r" and after == "\n")
    if _extends(after) or before == _ZWJ:
        return False
    if "\ud800" <= before <= "\udbff" and "\udc00" <= after <= "\udfff":
        return False
    return not (_parts_flag(text, at) or _parts_syllable(before, after))


def _extends(char: str) -> bool:
    if char < "\u0300":
        return False
    return unicodedata.category(char)[0] == "M" or any(
        first <= char <= last for first, last in _EXTENDING
    )


def _is_regional(char: str) -> bool:
    return "\U0001f1e6" <= char <= "\U0001f1ff"


def _parts_flag(text: str, at: int) -> bool:
    """Tell whether an odd number of regional indicators stands before another one."""
    if not _is_regional(text[at]):
        return False
    start = at
    while start and _is_regional(text[start - 1]):
        start -= 1
    return (at - start) % 2 == 1


def _parts_syllable(before: str, after: str) -> bool:
    """Tell whether two pieces of one Hangul syllable stand beside each other."""
    if "\u1100" <= before <= "\u115f":  # a leading consonant
        return "\u1100" <= after <= "\u11a7" or "\uac00" <= after <= "\ud7a3"
    whole = "\uac00" <= before <= "\ud7a3"
    open_ = whole and (ord(before) - 0xAC00) % 28 == 0
    if open_ or "\u1160" <= before <= "\u11a7":  # ends with a vowel
        return "\u1160" <= after <= "\u11ff"
    if whole or "\u11a8" <= before <= "\u11ff":  # ends with a consonant
        return "\u11a8" <= after <= "\u11ff"
    return False
