"""Pages become text, whatever charset they are in and whatever they declare.

The same order of questions as `ingest.extract.decode` asks, which a connector does not import; its
answers need be good enough to see what a page says and where it leads, not to quote it.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from typing import Final

_MARKS: Final = (  # UTF-32's little-endian mark begins with UTF-16's, so it is asked first
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# What the Web means by these labels (https://encoding.spec.whatwg.org/#names-and-labels).
_MEANT: Final = {
    **dict.fromkeys(
        ("shift_jis", "shift-jis", "sjis", "x-sjis", "windows-31j", "ms932", "ms_kanji"), "cp932"
    ),
    **dict.fromkeys(("iso-8859-1", "latin1", "us-ascii", "ascii"), "cp1252"),
    **dict.fromkeys(("gb2312", "gbk", "x-gbk"), "gb18030"),
    "x-euc-jp": "euc_jp",
}
_DECLARED = re.compile(
    rb"<meta[^>]{0,512}?charset\s*=\s*[\"']?\s*([\w.:-]+)|<\?xml[^>]{0,128}?encoding\s*=\s*[\"']([\w.:-]+)",
    re.IGNORECASE,
)
_IN_HEADER = re.compile(r"charset\s*=\s*[\"']?([\w.:-]+)", re.IGNORECASE)
_ESCAPE = re.compile(rb"\x1b(?:\$[@B]|\(J)")
_JAPANESE = re.compile("[\u3041-\u30ff\u4e00-\u9fff\uff01-\uff5e\u3000-\u3002\u300c-\u3011]")
_HALF_WIDTH_KANA = re.compile("[\uff61-\uff9f]")
_SAMPLE: Final = 65_536  # characters by which two charsets that both fit are told apart


def text_of(body: bytes, content_type: str | None) -> tuple[str, str]:
    """Return the text of a page, and the charset it was read in (a name that Python knows).

    Asked in turn: a byte order mark, ISO-2022-JP's escapes, strict UTF-8, the charset of the
    header and of the page itself, CP932 and EUC-JP, and last the one in which the least is broken.
    Never raises.
    """
    for mark, charset in _MARKS:
        if body.startswith(mark):
            return body[len(mark) :].decode(charset, "replace"), charset
    for charset in _candidates(body, content_type):
        try:
            return body.decode(charset), charset
        except UnicodeError:
            continue
    texts = {charset: body.decode(charset, "replace") for charset in ("utf-8", "cp932", "euc_jp")}
    best = min(texts, key=lambda charset: texts[charset].count("\ufffd"))
    return texts[best], best


def _candidates(body: bytes, content_type: str | None) -> Iterator[str]:
    if _ESCAPE.search(body) and body.isascii():
        yield "iso2022_jp_ext"
    yield "utf-8"
    inside = _DECLARED.search(body[:4096])
    in_header = _IN_HEADER.search(content_type or "")
    for label in (
        in_header and in_header[1],
        inside and (inside[1] or inside[2]).decode("ascii", "replace"),
    ):
        if charset := _known(label):
            yield charset
    yield from sorted(("cp932", "euc_jp"), key=lambda charset: -_japanese(body, charset))


def _known(label: str | None) -> str | None:
    name = (label or "").lower()
    try:
        found = codecs.lookup(_MEANT.get(name, name)) if name else None
    except LookupError:
        return None
    # `base64`, `zip` and their like are codecs of Python, not charsets.
    return found.name if found is not None and found._is_text_encoding else None  # noqa: SLF001


def _japanese(body: bytes, charset: str) -> int:
    """How much Japanese it is so; EUC-JP read as CP932 is mostly half-width kana."""
    text = body[:_SAMPLE].decode(charset, "replace")
    return len(_JAPANESE.findall(text)) - 2 * len(_HALF_WIDTH_KANA.findall(text))
