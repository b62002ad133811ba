"""Tells the numbered headings of Japanese regulations and contracts from their text.

Knows 編, 章, 節, 款, 条 and 別表; knows nothing of formats.
"""

from __future__ import annotations

import re

_LEVELS = {"編": 1, "章": 2, "節": 3, "款": 4, "条": 5}
_NUMBER = r"[0-9０-９一二三四五六七八九十百千〇]{1,5}"
_CLAUSE = re.compile(
    rf"第\s?{_NUMBER}\s?([編章節款条])(の{_NUMBER})?(?=$|[\s　(（【「:：・])[\s　]*(\S.*)?"
)
_APPENDIX = re.compile(
    r"(附則|付則|附\s+則|別表|別紙|様式)(第?[0-9０-９一二三四五六七八九十]{0,3}号?)?"
)
_MAX_LENGTH = 40


def clause_level(line: str) -> int:
    """The level of a line that is a clause's heading (章 2, 条 5); 0 where it is text.

    `第5条（旅費） 社員が…する。` on one line is text: its heading has no line of its own.
    """
    line = line.strip()
    if len(line) > _MAX_LENGTH or line.endswith(("。", "、")):
        return 0
    if _APPENDIX.fullmatch(line):
        return _LEVELS["章"]
    found = _CLAUSE.fullmatch(line)
    return _LEVELS[found[1]] if found else 0
