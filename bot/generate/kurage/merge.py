"""Answers from single chunks become one: those that agree count together.

Knows nothing of models; it compares strings.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

_BLANK_IN_JAPANESE = re.compile(r"(?<![!-~]) | (?![!-~])")


@dataclass(frozen=True, slots=True)
class Found:
    """What a chunk says by itself."""

    number: int
    """Of the passage; the lower, the better it was ranked."""
    text: str


def agreeing(found: Iterable[Found]) -> list[tuple[Found, ...]]:
    """Return the answers in groups that agree, the largest first, then by their best passage.

    In a group everyone agrees with everyone: 25日 agrees with 毎月25日 and with 翌月25日, but those
    two do not agree with each other.
    """
    groups: list[list[Found]] = []
    for answer in sorted(found, key=lambda answer: answer.number):
        for group in groups:
            if all(agree(answer.text, other.text) for other in group):
                group.append(answer)
                break
        else:
            groups.append([answer])
    groups.sort(key=lambda group: (-len(group), group[0].number))
    return [tuple(group) for group in groups]


def settled(groups: Sequence[Sequence[Found]], waiting: int) -> bool:
    """Tell whether the first group stays the first, whatever `waiting` more chunks say."""
    if not groups:
        return False
    second = len(groups[1]) if len(groups) > 1 else 0
    return len(groups[0]) > second + waiting


def agree(one: str, other: str) -> bool:
    """Tell whether two answers are the same, or one says what the other one does, and more."""
    shorter, longer = sorted((folded(one), folded(other)), key=len)
    return bool(shorter) and stands_in(shorter, longer)


def stands_in(part: str, text: str) -> bool:
    """Tell whether folded text holds a part as such: 5日 does not stand in 25日."""
    before = r"(?<![\d.,])" if re.match(r"\d", part) else r"(?<![a-z])"
    before = before if re.match(r"[\da-z]", part) else ""
    after = r"(?![.,]?\d)" if re.search(r"\d\Z", part) else r"(?![a-z])"
    after = after if re.search(r"[\da-z]\Z", part) else ""
    return re.search(f"{before}{re.escape(part)}{after}", text) is not None


def folded(text: str) -> str:
    """Return the text without differences of width, case, closing marks and Japanese blanks."""
    plain = re.sub(r"\s+", " ", unicodedata.normalize("NFKC", text).casefold())
    return _BLANK_IN_JAPANESE.sub("", plain).strip(" 。.、,!「」『』\"'")
