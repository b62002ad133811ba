"""Lines as they were laid out become text as it was written, the Japanese way.

Knows which characters take no space beside them and which carry no text; knows nothing of formats.
"""

from __future__ import annotations

import re

# Kana, ideographs, their punctuation, full-width and half-width forms. Hangul takes spaces.
_JAPANESE = re.compile(
    "["
    "\u2e80-\u312f\u3190-\u31ff\u3200-\u33ff\u3400-\u4dbf\u4e00-\u9fff"
    "\uf900-\ufaff\ufe30-\ufe4f\uff00-\uff9f\uffe0-\uffe6\U00020000-\U0003ffff]"
)
_BROKEN_WORD = re.compile(r"[^\W\d_]-$")
_MAX_URL = 200
_BROKEN_URL = re.compile(r"https?://\S*[/\-_.=&?%#~+]$")
# Controls without a meaning in text, soft hyphens, zero-width and bidirectional marks.
_NO_TEXT = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x84\x86-\x9f\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\ufeff\ufff9-\ufffb]"
)
_BLANKS = re.compile(r"[ \t\u00a0\u2002-\u200a\u202f\u205f]+")
_LIGATURES = str.maketrans(
    {
        "\ufb00": "ff",
        "\ufb01": "fi",
        "\ufb02": "fl",
        "\ufb03": "ffi",
        "\ufb04": "ffl",
        "\ufb05": "st",
        "\ufb06": "st",
    }
)
_BULLET = re.compile(
    r"[・•●○◎■□◆◇▪▶►※*–‐\-\uf06c\uf0b7\uf0d8\uf0fc](?=[\s\w「『（(【])"
    r"|[①-⑳㉑-㉟❶-❿⑴-⒇ⅰ-ⅹⅠ-Ⅻ]"
    r"|[(（][0-9０-９a-zａ-ｚア-ンｱ-ﾝ一二三四五六七八九十]{1,3}[)）]"
    r"|[0-9０-９]{1,3}[.．)）](?![0-9０-９])|[ア-ン][.．)）]"
)


def clean(text: str) -> str:
    """The text without characters that nobody sees, blanks collapsed within its lines.

    Line breaks stay, blank lines go, ligatures of Latin letters come apart.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\v", "\n").replace("\f", "\n")
    text = text.replace("\x85", "\n").replace("\u2028", "\n").replace("\u2029", "\n")
    text = _NO_TEXT.sub("", text).translate(_LIGATURES)
    lines = (_BLANKS.sub(" ", line).strip() for line in text.split("\n"))
    return "\n".join(line for line in lines if line)


def starts_japanese(text: str) -> bool:
    """Whether the first character is written without a space before it."""
    return _JAPANESE.match(text) is not None


def ends_japanese(text: str) -> bool:
    """Whether the last character is written without a space after it."""
    return _JAPANESE.match(text[-1:]) is not None


def starts_item(text: str) -> bool:
    """Whether the line begins with a bullet or a number of a list."""
    return _BULLET.match(text) is not None


def join(left: str, right: str) -> str:
    """Two lines that the layout broke, as one: no space where Japanese meets anything."""
    left, right = left.rstrip(), right.lstrip()
    if not left or not right:
        return left + right
    tail = left[-_MAX_URL:]  # the left side may be a long paragraph by now
    if _BROKEN_WORD.search(tail) and right[0].islower():
        return left[:-1] + right
    if ends_japanese(left) or starts_japanese(right) or _BROKEN_URL.search(tail):
        return left + right
    return f"{left} {right}"


def one_line(text: str) -> str:
    """The lines of a table's cell as one: wrapped prose is joined, items keep a space between."""
    first, *others = text.split("\n")
    for line in others:
        separate = ends_japanese(first) and starts_japanese(line) and _separate(first, line)
        first = f"{first} {line.lstrip()}" if separate or starts_item(line) else join(first, line)
    return first


def _separate(left: str, right: str) -> bool:
    # Short lines that end in no punctuation and go on with no kana of inflection are items.
    tail = left[-16:]
    wrapped = len(tail) == 16 or "ぁ" <= right[0] <= "ん" or tail[-1] in "。、，．」）(（・-ー"
    return not wrapped
