"""Text in the one form in which it is compared, with the place of each character in the original.

Knows nothing of what is written.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

_MARKS = "\uff9e\uff9f\u3099\u309a\u0300-\u036f"
# A half-width kana and its voicing mark, or a letter and its accents, become one character. Runs of
# what normalisation leaves alone, most of any text, are taken as they are.
_CLUSTER = re.compile(
    f"(?P<same>[\n -~ぁ-ゖァ-ヺー、。・「」一-鿿]+(?![{_MARKS}]))|.[{_MARKS}]*", re.DOTALL
)
# ① numbers the items of a list, and says nothing about the world: not a 1 to be looked for.
_CIRCLED = re.compile("[\u2460-\u249b\u24ea-\u24ff\u2776-\u2793]")
_SAME = str.maketrans(
    {
        **dict.fromkeys("‐‑‒–—―−", "-"),
        **dict.fromkeys("〜～", "~"),
        "⁄": "/",
        "〇": "零",
        "○": "零",
        "壱": "一",
        "弐": "二",
        "参": "三",
        "拾": "十",
        "亿": "億",
        "ヵ": "カ",
        "ヶ": "ケ",
        "ヴ": "ブ",
        "ヂ": "ジ",
        "ヅ": "ズ",
    }
)


@dataclass(frozen=True, slots=True)
class Folded:
    """A text as it is compared: NFKC, lower case, one sign for each of its variants."""

    original: str
    text: str

    def piece(self, begin: int, end: int) -> str:
        """Return what stands in the original for a span of the folded text."""
        if len(self.text) == len(self.original) and _is_plain(self.original):
            return self.original[begin:end]
        offsets = _offsets(self.original)
        last = offsets[end - 1] if end > begin else offsets[begin]
        following = next((at for at in offsets[end:] if at > last), len(self.original))
        return self.original[offsets[begin] : following]


def folded(text: str) -> Folded:
    """Return the text as it is compared; any text will do."""
    if _is_plain(text):
        return Folded(text, text.lower().translate(_SAME))
    return Folded(text, "".join(_clusters(text)).translate(_SAME))


def _is_plain(text: str) -> bool:
    """Tell whether each character stays in its place."""
    return len(text.lower()) == len(text) and unicodedata.is_normalized("NFKC", text)


def _clusters(text: str) -> Iterator[str]:
    for found in _CLUSTER.finditer(text):
        yield found[0].lower() if found["same"] is not None else _character(found[0])


@lru_cache(maxsize=8)
def _offsets(text: str) -> tuple[int, ...]:
    """Return where each character of the folded text stood, and the end."""
    offsets: list[int] = []
    for found in _CLUSTER.finditer(text):
        if found["same"] is not None:
            offsets += range(found.start(), found.end())
        else:
            offsets += [found.start()] * len(_character(found[0]))
    return (*offsets, len(text))


def _character(cluster: str) -> str:
    if _CIRCLED.match(cluster):
        return "●"
    return unicodedata.normalize("NFKC", cluster).lower()
