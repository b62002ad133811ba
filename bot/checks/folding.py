"""Text in the one form in which it is compared, with the place of each character in the original.

Knows nothing of what is written.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

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
    }
)


@dataclass(frozen=True, slots=True)
class Folded:
    """A text as it is compared: NFKC, lower case, one sign for each of its variants."""

    original: str
    text: str
    offsets: tuple[int, ...] | None
    """Where each character stood, and the end; None: in the same place."""

    def piece(self, begin: int, end: int) -> str:
        """Return what stands in the original for a span of the folded text."""
        if self.offsets is None:
            return self.original[begin:end]
        last = self.offsets[end - 1] if end > begin else self.offsets[begin]
        following = next((at for at in self.offsets[end:] if at > last), len(self.original))
        return self.original[self.offsets[begin] : following]


def folded(text: str) -> Folded:
    """Return the text as it is compared; any text will do."""
    quick = text.lower()
    if len(quick) == len(text) and unicodedata.is_normalized("NFKC", text):
        return Folded(text, quick.translate(_SAME), None)
    parts: list[str] = []
    offsets: list[int] = []
    for found in _CLUSTER.finditer(text):
        if found["same"] is not None:
            parts.append(found[0].lower().translate(_SAME))
            offsets += range(found.start(), found.end())
            continue
        made = _character(found[0])
        parts.append(made)
        offsets += [found.start()] * len(made)
    return Folded(text, "".join(parts), (*offsets, len(text)))


def _character(cluster: str) -> str:
    if _CIRCLED.match(cluster):
        return "●"
    return unicodedata.normalize("NFKC", cluster).lower().translate(_SAME)
