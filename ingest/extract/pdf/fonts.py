"""A font of squares stands in for East Asian fonts that a PDF names but does not bring along.

pdfium drops a text of one character whose glyph is empty, and takes neighbours with empty glyphs
for doubles. Japanese PDFs of offices often embed no fonts, and servers have none installed: their
cells with ○ or 円, and whole documents drawn character by character, would be lost in silence.
Only the extent of a glyph matters for reading text, so one square serves for all characters, and
what comes out is the same on every machine. Knows TrueType's tables and pdfium's font interface.
"""

from __future__ import annotations

import ctypes
import struct
from typing import Any, Final

from pypdfium2 import raw

_UNITS: Final = 1000
_DESCENT, _ASCENT = -120, 880
_ANSI_CHARSET, _SYMBOL_CHARSET = 0, 2
"""Charsets of Windows' GDI, in which pdfium asks; for these it has fonts of its own."""
_HANDLE: Final = 1
_kept: list[Any] = []
"""pdfium holds pointers to the callbacks for as long as the process lives."""


def install() -> None:
    """Give pdfium the font; once in a process, further calls do nothing."""
    if _kept:
        return
    font = square_font()
    info = raw.FPDF_SYSFONTINFO()
    types = dict(info._fields_)

    def map_font(_info: Any, _weight: int, _italic: int, charset: int, *_: Any) -> int | None:
        return None if charset in (_ANSI_CHARSET, _SYMBOL_CHARSET) else _HANDLE

    def font_data(_info: Any, _font: Any, table: int, buffer: Any, size: int) -> int:
        if table:  # it asks for `ttcf`, which only collections have
            return 0
        if buffer and size >= len(font):
            ctypes.memmove(buffer, font, len(font))
        return len(font)

    info.version = 1
    info.Release = types["Release"](lambda *_: None)
    info.EnumFonts = types["EnumFonts"](lambda *_: None)
    info.MapFont = types["MapFont"](map_font)
    info.GetFont = types["GetFont"](lambda *_: None)
    info.GetFontData = types["GetFontData"](font_data)
    info.GetFaceName = types["GetFaceName"](lambda *_: 0)
    info.GetFontCharset = types["GetFontCharset"](lambda *_: 128)
    info.DeleteFont = types["DeleteFont"](lambda *_: None)
    _kept.append(info)
    raw.FPDF_SetSystemFontInfo(ctypes.byref(info))


def square_font() -> bytes:
    """A TrueType font with one square for every character (OpenType 1.9, `cmap` format 13)."""
    glyph = _square()
    tables = {
        b"cmap": struct.pack(">HHHHI", 0, 1, 3, 10, 12)
        + struct.pack(">HHIIIIII", 13, 0, 28, 0, 1, 0x20, 0x10FFFF, 1),
        b"glyf": glyph * 2,
        b"head": struct.pack(
            ">IIIIHHqqhhhhHHhhh",
            0x10000, 0x10000, 0, 0x5F0F3CF5, 0, _UNITS, 0, 0,
            0, _DESCENT, _UNITS, _ASCENT, 0, 8, 2, 1, 0,
        ),
        b"hhea": struct.pack(
            ">IhhhHhhhhhhhhhhhH",
            0x10000, _ASCENT, _DESCENT, 0, _UNITS, 0, 0, _UNITS, 1, 0, 0, 0, 0, 0, 0, 0, 1,
        ),
        b"hmtx": struct.pack(">Hhh", _UNITS, 0, 0),
        b"loca": struct.pack(">III", 0, len(glyph), 2 * len(glyph)),
        b"maxp": struct.pack(">I14H", 0x10000, 2, 4, 1, 0, 0, 1, *[0] * 8),
    }  # fmt: skip
    header = struct.pack(">IHHHH", 0x10000, len(tables), 64, 2, len(tables) * 16 - 64)
    start = len(header) + 16 * len(tables)
    directory = body = b""
    for tag, table in sorted(tables.items()):
        directory += struct.pack(">4sIII", tag, 0, start + len(body), len(table))
        body += table + b"\0" * (-len(table) % 4)
    return header + directory + body


def _square() -> bytes:
    outline = struct.pack(">hhhhh", 1, 0, _DESCENT, _UNITS, _ASCENT)
    outline += struct.pack(">HH", 3, 0) + b"\1\1\1\1"  # four points, all on the curve
    outline += struct.pack(">hhhh", 0, _UNITS, 0, -_UNITS)
    outline += struct.pack(">hhhh", _DESCENT, 0, _ASCENT - _DESCENT, 0)
    return outline + b"\0" * (-len(outline) % 4)
