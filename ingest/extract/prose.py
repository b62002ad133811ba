"""Source text becomes the text that a reader sees: how blanks and line ends between words fold.

Knows the Japanese rule (a line that ends inside a sentence leaves no space); knows no format.
"""

from __future__ import annotations

import re

BREAK = "\u2028"
"""Stands for a line end that the author asked for (`<br>`) until `fold` has folded the others."""

# Characters that are written without spaces between them: kana, ideographs, full-width forms and
# their punctuation. Hangul is absent on purpose: Korean separates words by spaces.
_WIDE = (
    "\u2e80-\u312f\u3190-\u4dbf\u4e00-\u9fff\uf900-\ufaff\ufe30-\ufe4f"
    "\uff01-\uff9f\uffe0-\uffe6\U00020000-\U0003ffff"
)
_STOPS = "\u3001-\u3003\u3008-\u301f\uff01-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff65"
_BLANK = " \t\r\f\v\u00a0\u2000-\u200a\u202f\u205f"

# Each pattern is linear on any text: runs of blanks are shortened before the rest looks at them.
_RUNS = re.compile(rf"[{_BLANK}]{{2,}}|[\t\r\f\v\u00a0\u2000-\u200a\u202f\u205f]")
_LINE_ENDS = re.compile(r" ?\n[ \n]*")
_INSIDE_JAPANESE = re.compile(rf"(?<=[{_WIDE}])\n(?=[{_WIDE}])|(?<=[{_STOPS}])\n|\n(?=[{_STOPS}])")
# Zero-width spaces and joins, soft hyphens, byte order marks, direction marks, noncharacters and
# controls: they are not seen, and they would cut a word in two for a search.
_NOTHING = (
    "\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u00ad\u200b\u200e\u200f\u202a-\u202e"
    "\u2060-\u2064\u2066-\u2069\ufeff\ufff9-\ufffb\ufffe\uffff"
)
_UNSEEN = re.compile(f"[{_NOTHING}]")
_FOLDS = re.compile(f"[{_NOTHING}{_BLANK[1:]}\n{BREAK}]|  ")


def fold(text: str) -> str:
    """Return running text as it is read: one line, but for each `BREAK`, which becomes a line end.

    A line end between two Japanese characters, or beside Japanese punctuation, vanishes; any other
    run of blanks becomes one space. Blanks that the author typed inside a line stay.
    """
    if not _FOLDS.search(text):  # most text: nothing to do
        return text.strip()
    text = _RUNS.sub(" ", _UNSEEN.sub("", text))
    if "\n" in text:
        text = _INSIDE_JAPANESE.sub("", _LINE_ENDS.sub("\n", text)).replace("\n", " ")
    if BREAK in text:
        lines = (line.strip() for line in text.split(BREAK))
        text = "\n".join(line for line in lines if line)
    return text.strip()


def verbatim(text: str) -> str:
    """Return code as it stands, without blank lines around it and blanks at the ends of lines."""
    lines = _UNSEEN.sub("", text.replace("\r\n", "\n").replace("\r", "\n")).split("\n")
    return "\n".join(line.rstrip() for line in lines).strip("\n")
