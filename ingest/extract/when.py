"""Reads the day, and the time if there is one, that a document says it was written.

Knows how dates are written in front matter and metadata, Japanese eras included.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import datetime, timedelta, timezone
from typing import Final

JST: Final = timezone(timedelta(hours=9), "JST")
# First year of each era; 元年 is year 1.
_ERAS: Final = {"令和": 2019, "平成": 1989, "昭和": 1926, "R": 2019, "H": 1989, "S": 1926}
_ISO = re.compile(
    r"(?<!\d)(\d{4})-(\d{1,2})-(\d{1,2})"
    r"(?:[T ](\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?\s*(Z|[+-]\d{2}:?\d{2})?)?"
)
_DATE = re.compile(
    r"(?:(令和|平成|昭和|[RHS])\s*(元|\d{1,2})|(?<!\d)(\d{4}))\s*[年/.\-]\s*(\d{1,2})\s*[月/.\-]\s*(\d{1,2})"
)


def moment(text: str) -> datetime | None:
    """Return the first date in `text` as an aware datetime, or None where there is no valid one.

    A date or a time without a zone is Japanese time.
    """
    text = unicodedata.normalize("NFKC", text).strip()
    try:
        if found := _ISO.search(text):
            return _iso(found)
        if found := _DATE.search(text):
            era, in_era, year, month, day = found.groups()
            if era:
                year = str(_ERAS[era] + (1 if in_era == "元" else int(in_era)) - 1)
            return datetime(int(year), int(month), int(day), tzinfo=JST)
    except (ValueError, OverflowError):
        return None
    return None


def _iso(found: re.Match[str]) -> datetime:
    year, month, day, hour, minute, second = (int(part or 0) for part in found.groups()[:6])
    zone = found[7]
    if zone is None:
        tz = JST
    else:
        sign = -1 if zone[0] == "-" else 1
        digits = "0000" if zone == "Z" else zone[1:].replace(":", "")
        tz = timezone(sign * timedelta(hours=int(digits[:2]), minutes=int(digits[2:])))
    return datetime(year, month, day, hour, minute, second, tzinfo=tz)
