"""What a document's properties say of it, where they can be believed.

Knows the titles that programs write by themselves; knows nothing of where properties are stored.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone

from ingest.extract.lines import clean

_BY_PROGRAM = re.compile(
    r"\(?(untitled|anonymous|無題|タイトルなし|名称未設定|book|document|presentation|slide|sheet|スライド|プレゼンテーション"
    r"|powerpoint.{0,3}(presentation|プレゼンテーション)|word.{0,3}document|文書|新規.*)[\s\d)]*",
    re.IGNORECASE,
)
_PRINTED_FROM = re.compile(r"^microsoft\s+(word|excel|powerpoint)\s*-\s*", re.IGNORECASE)
_FILE = re.compile(
    r"\.(docx?m?|xlsx?m?|pptx?m?|pdf|indd|ai|tex|dvi|txt|rtf|html?|jtd|odt)$", re.IGNORECASE
)
_PDF_DATE = re.compile(
    r"D?:?(\d{4})(\d{2})?(\d{2})?(\d{2})?(\d{2})?(\d{2})?\s*([-+Z])?(\d{2})?'?(\d{2})?"
)
_JST = timezone(timedelta(hours=9))


def believable_title(title: str | None) -> str | None:
    """The title, or None where a program wrote it, it names a file, or it is mojibake."""
    text = clean(title or "").replace("\n", " ")
    if not text or _PRINTED_FROM.match(text) or _FILE.search(text):
        return None
    if _BY_PROGRAM.fullmatch(text) or "\ufffd" in text or "??" in text or len(text) > 200:
        return None
    # CP932 read as Latin-1, the commonest mojibake in old files, is dense in these letters.
    high = sum("\x80" <= char <= "\xff" for char in text)
    return None if high * 3 > len(text) else text


def person(name: str | None) -> str | None:
    """The author, or None where a program filled the field."""
    text = clean(name or "").replace("\n", " ")
    by_program = {"", "microsoft office user", "user", "owner", "admin", "administrator", "作成者"}
    program = ("openpyxl", "python-docx", "xlsxwriter", "apache poi", "anonymous")
    name_only = text.lower().strip("()")
    return None if name_only in by_program or name_only.startswith(program) else text


def iso_date(text: str | None) -> datetime | None:
    """A W3C date of Office's properties; UTC where it names no zone; None where it is none."""
    try:
        when = datetime.fromisoformat((text or "").strip())
    except ValueError:
        return None
    return when if when.tzinfo else when.replace(tzinfo=UTC)


def pdf_date(text: str | None) -> datetime | None:
    """A date of PDF 32000-1 7.9.4 (`D:20240401093000+09'00'`); JST where it names no zone."""
    found = _PDF_DATE.match((text or "").strip())
    if not found:
        return None
    year, month, day, hour, minute, second, sign, zone_hours, zone_minutes = found.groups()
    offset = timedelta(hours=int(zone_hours or 0), minutes=int(zone_minutes or 0))
    try:
        zone = _JST if sign is None else timezone(-offset if sign == "-" else offset)
        return datetime(
            int(year), int(month or 1), int(day or 1), int(hour or 0), int(minute or 0),
            int(second or 0), tzinfo=zone,
        )  # fmt: skip
    except ValueError:
        return None
