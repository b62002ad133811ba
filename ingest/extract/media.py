"""Tells the media type of a document: by its bytes where they say it, else by declaration and name.

Knows suffixes, magic bytes and what to do with types that can not be read; reads no text itself.
"""

from __future__ import annotations

import io
import re
import zipfile
from pathlib import PurePosixPath
from typing import Final

from ingest.extract.blocks import ExtractError

MARKDOWN: Final = "text/markdown"
RST: Final = "text/x-rst"
YAML: Final = "application/yaml"
HTML: Final = "text/html"
PLAIN: Final = "text/plain"
CSV: Final = "text/csv"
TSV: Final = "text/tab-separated-values"
PDF: Final = "application/pdf"
DOCX: Final = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PPTX: Final = "application/vnd.openxmlformats-officedocument.presentationml.presentation"
XLSB: Final = "application/vnd.ms-excel.sheet.binary.macroenabled.12"
XLS: Final = "application/vnd.ms-excel"
DOC: Final = "application/msword"
PPT: Final = "application/vnd.ms-powerpoint"
ODS: Final = "application/vnd.oasis.opendocument.spreadsheet"
ODT: Final = "application/vnd.oasis.opendocument.text"
ODP: Final = "application/vnd.oasis.opendocument.presentation"
CONFLUENCE: Final = "application/vnd.kurage.confluence+json"
"""What the connector hands over; spelt again here, so that no connector is imported to read files.
A page is called by its title, which may end in `.xlsx` or hold anything: only this type tells."""
GOOGLE: Final = "application/vnd.kurage.google"
"""The same of native Google files."""
_HANDED_OVER: Final = frozenset((CONFLUENCE, GOOGLE))

_BY_SUFFIX: Final = {
    ".md": MARKDOWN,
    ".markdown": MARKDOWN,
    ".mdx": MARKDOWN,
    ".rst": RST,
    ".rest": RST,
    ".yaml": YAML,
    ".yml": YAML,
    ".html": HTML,
    ".htm": HTML,
    ".xhtml": HTML,
    ".shtml": HTML,
    ".txt": PLAIN,
    ".text": PLAIN,
    ".log": PLAIN,
    ".csv": CSV,
    ".tsv": TSV,
    ".pdf": PDF,
    ".docx": DOCX,
    ".docm": DOCX,
    ".dotx": DOCX,
    ".xlsx": XLSX,
    ".xlsm": XLSX,
    ".xltx": XLSX,
    ".xlsb": XLSB,
    ".xls": XLS,
    ".pptx": PPTX,
    ".pptm": PPTX,
    ".ppsx": PPTX,
    ".doc": DOC,
    ".dot": DOC,
    ".ppt": PPT,
    ".pps": PPT,
    ".ods": ODS,
    ".odt": ODT,
    ".odp": ODP,
}
_ALIASES: Final = {
    "application/xhtml+xml": HTML,
    "text/x-markdown": MARKDOWN,
    "text/x-web-markdown": MARKDOWN,
    "text/prs.fallenstein.rst": RST,
    "text/restructuredtext": RST,
    "text/yaml": YAML,
    "text/x-yaml": YAML,
    "application/x-yaml": YAML,
    "application/csv": CSV,
    "application/x-pdf": PDF,
}
# Types that carry no text for us, with what their reader can do about it.
_UNREADABLE: Final = {
    DOC: "Word 97-2003 (.doc) is not read; convert it to docx",
    PPT: "PowerPoint 97-2003 (.ppt) is not read; convert it to pptx",
    ODT: "OpenDocument text (.odt) is not read; convert it to docx",
    ODP: "OpenDocument slides (.odp) are not read; convert them to pptx",
}
_BINARY_SUFFIXES: Final = frozenset((
    ".7z", ".ai", ".avi", ".avif", ".bin", ".bmp", ".bz2", ".class", ".db", ".dll", ".dmg", ".dwg",
    ".eps", ".exe", ".gif", ".gz", ".heic", ".ico", ".iso", ".jar", ".jpeg", ".jpg", ".jtd", ".key",
    ".lzh", ".m4a", ".mov", ".mp3", ".mp4", ".mpp", ".msg", ".msi", ".numbers", ".o", ".otf",
    ".pages", ".parquet", ".png", ".psd", ".pyc", ".rar", ".so", ".sqlite", ".svg", ".tar", ".tgz",
    ".tif", ".tiff", ".ttf", ".vsd", ".vsdx", ".wasm", ".wav", ".webm", ".webp", ".wmv", ".woff",
    ".woff2", ".xz", ".zip", ".zst",
))  # fmt: skip
_MAGIC: Final = (
    (b"\x89PNG", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF8", "a GIF image"),
    (b"II*\0", "a TIFF image"),
    (b"MM\0*", "a TIFF image"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (b"Rar!", "a RAR archive"),
    (b"\xfd7zXZ", "an xz archive"),
    (b"BZh", "a bzip2 archive"),
    (b"\x28\xb5\x2f\xfd", "a zstd archive"),
    (b"\x7fELF", "a program"),
    (b"MZ\x90\0", "a program"),
    (b"{\\rtf", "an RTF document; convert it to docx"),
    (b"OggS", "a sound or a film"),
    (b"ID3", "a sound"),
    (b"RIFF", "a sound, a film or an image"),
    (b"SQLite format 3\0", "a database"),
)
_OLE2 = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
# The main stream's name, as OLE2 directories spell it (UTF-16).
_OLE2_STREAMS: Final = (
    ("EncryptedPackage", "encrypted"),
    ("WordDocument", DOC),
    ("PowerPoint Document", PPT),
    ("Workbook", XLS),
    ("Book", XLS),
)
_PARTS: Final = (("word/", DOCX), ("xl/", XLSX), ("ppt/", PPTX))
_PROLOGUE: Final = rb"\s*+(?:<\?xml[^>]*+>\s*+)?(?:<!--(?:(?!-->).)*+-->\s*+)*+"
_LOOKS_HTML = re.compile(
    _PROLOGUE + rb"<(?:!doctype\s+html|html[\s>]|head[\s>]|body[\s>])", re.IGNORECASE | re.DOTALL
)
_LOOKS_MARKUP = re.compile(rb"(?:\xef\xbb\xbf|\xff\xfe|\xfe\xff)?[\s\0]*+<[\0]?[!?a-zA-Z]")
_LOOKS_SVG = re.compile(_PROLOGUE + rb"<(?:!doctype\s+)?svg[\s>]", re.IGNORECASE | re.DOTALL)
_LANGUAGE_SUFFIX = re.compile(
    r"\.(?:[a-z]{2}(?:[-_][a-z]{2,4})?|utf-?8|s?jis|euc-?jp|iso-?2022-?jp|bak|orig|old)$"
)


def bare(media_type: str | None) -> str | None:
    """The media type without its parameters, in lower case and by its usual name."""
    name = (media_type or "").partition(";")[0].strip().lower()
    return _ALIASES.get(name, name) or None


def charset(media_type: str | None) -> str | None:
    """The `charset` parameter of a media type, if it has one."""
    found = re.search(r"charset\s*=\s*[\"']?([\w.:-]+)", media_type or "", re.IGNORECASE)
    return found[1] if found else None


def by_name(name: str) -> str | None:
    """The media type that a file name promises; `page.html.ja.utf8` is HTML."""
    return _BY_SUFFIX.get(_plain_name(name).suffix.lower())


def stem(name: str) -> str:
    """What a file is called without its folder and suffixes: the title of last resort."""
    plain = _plain_name(name)
    return plain.stem if by_name(name) else plain.name


def _plain_name(name: str) -> PurePosixPath:
    last = PurePosixPath(name.replace("\\", "/")).name
    while PurePosixPath(last).suffix.lower() not in _BY_SUFFIX and _LANGUAGE_SUFFIX.search(last):
        last = _LANGUAGE_SUFFIX.sub("", last)
    return PurePosixPath(last)


def unreadable(name: str, media_type: str | None) -> str | None:
    """Why a document can not be read, as far as name and declared type tell; else None."""
    declared = bare(media_type)
    if declared in _HANDED_OVER:
        return None
    promised = by_name(name) or declared
    if promised in _UNREADABLE:
        return _UNREADABLE[promised]
    suffix = PurePosixPath(name.lower()).suffix
    if by_name(name) is None and suffix in _BINARY_SUFFIXES:
        return f"unknown media type ({suffix[1:]}); only documents with text are read"
    if declared and declared.partition("/")[0] in ("image", "audio", "video", "font"):
        return f"unknown media type ({declared}); only documents with text are read"
    return None


def detect(data: bytes, *, media_type: str | None, name: str) -> str:
    """Return the media type that the bytes have, whatever they are called.

    Raises `ExtractError` for types that are not read, each with its name and what to do.
    """
    declared = bare(media_type)
    if declared in _HANDED_OVER:
        return str(declared)
    found = _by_magic(data, by_name(name))
    if found is None and declared == HTML and _LOOKS_MARKUP.match(data[:4096]):
        found = HTML  # an address, or a title, may end in anything: README.md is a page about it
    if found is None:
        found = by_name(name) or declared
        if found not in _TEXT:
            found = _text_type(data, found)
        elif found in (PLAIN, None) and _LOOKS_HTML.match(data[:4096]):
            found = HTML
    if found in _UNREADABLE:
        raise ExtractError(_UNREADABLE[found])
    return found


_TEXT: Final = frozenset((MARKDOWN, RST, YAML, HTML, PLAIN, CSV, TSV))
_BINARY: Final = frozenset((PDF, DOCX, XLSX, XLSB, PPTX, XLS, DOC, PPT, ODS, ODT, ODP))


def _text_type(data: bytes, promised: str | None) -> str:
    """Bytes without magic that promise nothing we know, or something that they are not."""
    if promised in _BINARY:
        # Old systems export HTML and CSV as .xls; Excel opens them, so people never notice.
        if b"\0" in data[:4096] or promised == PDF:
            raise ExtractError(f"damaged: this is no {promised.rpartition('/')[2]}; save it again")
    elif promised and promised.partition("/")[0] in ("image", "audio", "video", "font"):
        raise ExtractError(f"unknown media type ({promised}); only documents with text are read")
    if _LOOKS_HTML.match(data[:4096]) or (promised in _BINARY and b"<table" in data[:4096].lower()):
        return HTML
    if _LOOKS_SVG.match(data[:4096]):
        raise ExtractError("unknown media type (an SVG image); only documents with text are read")
    if promised in (XLS, XLSX) and b"\t" in data[:4096]:
        return TSV
    return CSV if promised in (XLS, XLSX) else PLAIN


def _by_magic(data: bytes, promised: str | None) -> str | None:
    # Readers accept some bytes before the header; text that only speaks of %PDF- has no object.
    if data.startswith(b"%PDF-") or (b"%PDF-" in data[:1024] and b" obj" in data):
        return PDF
    if data.startswith(b"PK\x03\x04"):
        return _by_parts(data)
    if data.startswith(_OLE2):
        return _by_streams(data, promised)
    for magic, meaning in _MAGIC:
        if data.startswith(magic):
            raise ExtractError(
                f"unknown media type: this is {meaning}; only documents with text are read"
            )
    if data[4:8] == b"ftyp":
        raise ExtractError(
            "unknown media type: this is a film or an image; only documents with text are read"
        )
    return None


def _by_parts(data: bytes) -> str:
    """A zip archive by the names of its parts: Office Open XML, OpenDocument, or neither."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise ExtractError("damaged: the file is a truncated zip archive; save it again") from error
    if "[Content_Types].xml" in names:
        if "xl/workbook.bin" in names:
            return XLSB
        for folder, found in _PARTS:
            if any(part.startswith(folder) for part in names):
                return found
    if "mimetype" in names:
        head = data[
            30:140
        ]  # OpenDocument stores its type first, uncompressed, to be read like magic
        for found in (ODS, ODT, ODP):
            if found.encode() in head:
                return found
    raise ExtractError(
        "unknown media type: this is a zip archive; unpack it, archives are not read"
    )


def _by_streams(data: bytes, promised: str | None) -> str:
    """An OLE2 file by the names of its streams: Word, Excel or PowerPoint of 1997 to 2003."""
    found = [kind for name, kind in _OLE2_STREAMS if name.encode("utf-16-le") + b"\0\0" in data]
    if "encrypted" in found:
        raise ExtractError("the document is encrypted; save it without a password")
    if not found:
        raise ExtractError(
            "unknown media type: an OLE2 file, but no Word, Excel or PowerPoint document"
        )
    # A sheet that is embedded in a report brings its own stream: then the name decides.
    return promised if promised in found else found[0]
