"""Kurage's output becomes references and an answer while it still comes in.

Knows nothing of passages, only of how many chunks there were. What it returns as an answer always
stands word for word in the output.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from bot.generate.kurage.sections import (
    Section,
    sections,
    without_begun_tag,
    without_cut_tag,
    without_tags,
)

_LIST = re.compile(
    r"""
    (?: chunks? | チャンク | 番 | and | および
      | [\d\s\[\]()（）［］【】「」<>＜＞*\#,，、;；/・･&と‐–—~〜～-] )+
    """,
    re.VERBOSE | re.IGNORECASE,
)
_NUMBER = re.compile(r"(\d+)(?:\s*[‐–—~〜～-]\s*(\d+))?")
_NONE = re.compile(
    r"""
    [\s\[\]()（）「」<>＜＞*・-]*
    (?: none | n/?a | null | no[ ]references? | 无 | 없음
      | (?:該当|参照)?(?:する)?(?:箇所)?は?(?:なし|無し|ありません) )
    [\s\[\]()（）「」<>＜＞*.。]*
    """,
    re.VERBOSE | re.IGNORECASE,
)
_LONGEST = 200
"""Characters of the longest list of references."""


@dataclass(frozen=True, slots=True)
class Said:
    """What the output says so far."""

    references: tuple[int, ...] | None
    """Numbers of chunks, those out of range dropped; None: it has not named any (yet)."""
    answer: str = ""
    """Without tags, also without the beginning of one."""
    abstains: bool = False
    """It says itself that no chunk answers."""


def said(raw: str, *, chunks: int, finished: bool) -> Said:
    """Return what an output, or its beginning, says of `chunks` chunks.

    References come as soon as their line is complete. While it is not `finished`, an answer only
    grows, and there is one only behind its tag and with its references known.
    """
    parts = sections(raw)
    named = _first(parts, "references", raw)
    answered = _first(parts, "answer", raw)
    listed, rest = _unnamed(raw[: parts[0].end], answered=answered is not None)
    # References behind the answer count only where none stand before it.
    if named and not (listed and answered and answered.begin < named.begin):
        complete = named.closed or finished
        text = raw[named.begin : named.end]
        listed, rest = _listed(text, complete=complete, alone=answered is not None)
    if listed is not None and _NONE.fullmatch(listed):
        return Said((), abstains=True)
    references = None if listed is None else _numbers(listed, chunks)
    answer = ""
    if answered and (references is not None or finished):
        answer = _answer(raw, answered, finished=finished)
    elif finished and not answered:
        answer = without_tags(rest).strip()
    if finished and (answer == "None" or (references is None and _NONE.fullmatch(answer))):
        return Said(references, abstains=True)
    return Said(references, answer)


def _first(parts: list[Section], kind: str, raw: str) -> Section | None:
    """Return the first section of a kind that says something: tags may be doubled."""
    for part in parts:
        if part.kind == kind and raw[part.begin : part.end].strip():
            return part
    return None


def _answer(raw: str, part: Section, *, finished: bool) -> str:
    text = raw[part.begin : part.end]
    if part.closed or finished:
        return without_cut_tag(text).strip()
    shown = without_begun_tag(text).strip()
    # `None` is no answer, but `None of them` is.
    return "" if "None".startswith(shown) else shown


def _listed(text: str, *, complete: bool, alone: bool) -> tuple[str | None, str]:
    """Return what names the references, and what stands below.

    Only where it stands `alone`, as the answer has a tag of its own, may it have several lines:
    else a `2` below may be the answer.
    """
    body = text.strip() if complete else text.lstrip()
    if complete and alone and _is_list(body):
        return body, ""
    line, newline, rest = body.partition("\n")
    if not newline and not complete:
        return None, ""
    if _is_list(line) or _NONE.fullmatch(line):
        return line, rest
    return None, body


def _unnamed(text: str, *, answered: bool) -> tuple[str | None, str]:
    """Return the same where no tag announces the references.

    They may stand right before the answer's tag, or, without any tag, above a blank line.
    """
    lines = text.strip().splitlines()
    if answered:
        last = lines[-1] if lines else ""
        return (last if _is_list(last) or _NONE.fullmatch(last) else None), ""
    if len(lines) > 2 and not lines[1].strip() and _is_list(lines[0]):
        return lines[0], text.strip().partition("\n")[2]
    return None, text


def _is_list(text: str) -> bool:
    line = text.strip().rstrip(".。")
    return bool(len(line) <= _LONGEST and re.search(r"\d", line) and _LIST.fullmatch(line))


def _numbers(listed: str, chunks: int) -> tuple[int, ...]:
    """Return the numbers that chunks have, in order, each once; `1-3` are three."""
    numbers: list[int] = []
    for match in _NUMBER.finditer(listed):
        first, last = map(_number, (match[1], match[2] or match[1]))
        between = range(max(first, 1), min(last, chunks) + 1)
        numbers += between if first <= last else (first, last)
    return tuple(dict.fromkeys(number for number in numbers if 1 <= number <= chunks))


def _number(digits: str) -> int:
    """Return the number; one that no list of chunks has may be cut."""
    return int(digits[:9])
