"""Kurage's output, also a malformed one, is cut into sections at its tags.

A tag is read however it is written: `<<Answer>>`, `<Answer>` and `Answer:` as people write it down,
full-width, in capitals, with blanks. Knows nothing of what a section says.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

Kind = Literal["start", "references", "answer", "question", "other"]

_BLANK = r"[ \t\u3000]{0,4}"
_TAG = re.compile(
    rf"""
    (?P<tag>[<＜]{{1,12}}{_BLANK}/?{_BLANK}
        (?P<name>References?|Answers?|Questions?|Long|Chunk{_BLANK}\d{{0,4}}
          |Q[ ]?&[ ]?A[^<>＜＞\n]{{0,30}})
        # Its end may be lost where the line ends.
        {_BLANK}[:：]?{_BLANK}(?:[>＞]{{1,3}}[:：]?|(?<=\w)(?=[\r\n])))
  | (?P<label>^[ \t*\#]*(?P<word>References?|Answers?|Questions?)[ \t]*\**[ \t]*[:：]\**)
    """,
    re.VERBOSE | re.IGNORECASE | re.MULTILINE,
)
_LONGEST = 60
"""Characters of the longest tag, about."""
_ENDS = re.compile(r"<[|｜][^|｜<>\n]{1,40}[|｜]>|</s>", re.IGNORECASE)
"""Tokens that end a message, where a server lets them through."""
_BEGUN = re.compile(rf"(?<![<＜])[<＜]++[^<>＜＞\n]{{0,{_LONGEST}}}\Z")
_LABELS = ("references:", "answers:", "questions:")
_NAMES = ("references", "answer", "question", "long", "chunk 1", "q&a generation context")
_BROKEN = re.compile(r"[<＜]{2,12}[ \t]*(?:Ref|Ans|Que|Long|Chunk|Q ?& ?A)", re.IGNORECASE)
_CUT = re.compile(r"(?:[<＜]{2,12}(?P<name>[^<>＜＞\n]{0,30})|<\|\w{0,40}\|?)\Z")


@dataclass(frozen=True, slots=True)
class Section:
    """What stands behind a tag, up to the next one."""

    kind: Kind
    begin: int
    end: int
    closed: bool
    """Whether something follows that ends it."""


def sections(raw: str, *, going_on: bool = False) -> list[Section]:
    """Return the sections in order; the first one, before any tag, is `start`.

    Unless `going_on` is wanted, they end where the model went on to a question or chunk that nobody
    asked for.
    """
    end = _end(raw)
    found: list[Section] = []
    kind: Kind = "start"
    begin = 0
    bare = True
    for match in _TAG.finditer(raw, 0, end):
        blank = not raw[begin : match.start()].strip()
        bare = bare and bool(match["label"])
        if kind == "references" and (match["name"] or "").lower().startswith("chunk"):
            # A reference by its tag: `<<Chunk 2>>`.
            continue
        if not (blank or bare or _counts(match, raw, kind)):
            continue
        found.append(Section(kind, begin, match.start(), closed=True))
        kind, begin = _kind(match, kind, blank=blank), match.end()
    found.append(Section(kind, begin, end, closed=end < len(raw)))
    return found if going_on else _until_something_else(found, raw)


def without_begun_tag(text: str) -> str:
    """Return the text without what may become a tag when the next piece comes."""
    broken = _BROKEN.search(text)
    text = text[: broken.start()] if broken else text
    while begun := _BEGUN.search(text):
        text = text[: begun.start()]
    above, _, line = text.rpartition("\n")
    bare = line.strip(" \t*#").lower()
    return above if any(label.startswith(bare) for label in _LABELS) else text


def without_cut_tag(text: str) -> str:
    """Return the text without a tag that never came to its end: `<<Que`, `<<Answ 4.4兆円`."""
    broken = _BROKEN.search(text)
    text = text[: broken.start()] if broken else text
    while (cut := _CUT.search(text, max(0, len(text) - _LONGEST))) and _begins_name(cut["name"]):
        text = text[: cut.start()]
    return text


def _begins_name(said: str | None) -> bool:
    return said is None or any(name.startswith(said.strip().lower()) for name in _NAMES)


def without_tags(text: str) -> str:
    """Return the text up to the first tag, or to what looks like one."""
    tag = _TAG.search(text)
    return re.split(r"[<＜]{2}|<\||</?s>", text[: tag.start()] if tag else text, maxsplit=1)[0]


def _end(raw: str) -> int:
    """Return where the message ends; a token before anything is said ends nothing."""
    for token in _ENDS.finditer(raw):
        if raw[: token.start()].strip():
            return token.start()
    return len(raw)


def _counts(match: re.Match[str], raw: str, kind: Kind) -> bool:
    """Tell a tag from the words of an answer that has begun."""
    if kind != "answer":
        return True
    if match["label"]:
        return False
    at_line_start = raw[match.start() - 1] in "\r\n"
    return at_line_start or match["tag"][1] in "<＜/"


def _kind(match: re.Match[str], before: Kind, *, blank: bool) -> Kind:
    name = (match["name"] or match["word"]).lower()
    if name.startswith("reference"):
        return "references"
    if name.startswith("answer"):
        return "answer"
    if name == "long":
        # `<<Answer>> <<Long>>` is a slip; later on it begins something else.
        return before if blank else "other"
    return "question" if name.startswith("question") else "other"


def _until_something_else(found: list[Section], raw: str) -> list[Section]:
    said = False
    for position, section in enumerate(found):
        if section.kind in {"question", "other"} and said:
            return found[:position]
        if section.kind in {"references", "answer"} and raw[section.begin : section.end].strip():
            said = True
    return found
