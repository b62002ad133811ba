"""A ZIP of XML parts read with every byte counted, and XML read without DTD or entities.

Knows how files lie (declared sizes, bombs, entity expansion), and the two dialects of Office Open
XML; knows nothing of what the parts mean.
"""

from __future__ import annotations

import io
import re
import xml.parsers.expat
import zipfile
import zlib
from collections.abc import Callable
from typing import IO, Self

from lxml import etree

from ingest.extract.blocks import ExtractError

MAX_MEMBERS = 20_000
"""Workbooks of several hundred sheets with pictures stay below 5,000 members."""
MAX_INFLATED = 512 << 20
"""Bytes that may come out of one file in all: a sheet of a million rows has about 200 MB."""
MAX_TREE = 48 << 20
"""Bytes of a part that is held as a tree; lxml needs five to ten times as much memory."""
MAX_RATIO = 200
"""Inflated to compressed bytes; Office's XML shrinks 5 to 60 times."""
RATIO_FROM = 8 << 20
"""Below this a high ratio does no harm, and honest empty sheets have one."""

_OLE2 = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_CHUNK = 1 << 20
_DOCTYPE = re.compile(rb"<\0?!\0?D\0?O\0?C\0?T\0?Y\0?P\0?E")
_STRICT = re.compile(rb"http://purl\.oclc\.org/ooxml/(\w+)/")
# What zipfile and zlib raise on damaged input, by reading and by fuzzing them.
_DAMAGED = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    OSError,
    ValueError,
    NotImplementedError,
    RuntimeError,
    OverflowError,
    KeyError,
)


class Package:
    """The members of a ZIP, inflated under limits that span the whole file.

    Raises:
        ExtractError: from the constructor when the bytes are no readable ZIP, from the methods
            when a member is damaged or grows beyond a limit.
    """

    def __init__(self, data: bytes) -> None:
        if not data:
            raise ExtractError("the file is empty (0 bytes); upload it again or remove it")
        if data.startswith(_OLE2):
            raise ExtractError(_reason_for_ole2(data))
        if not data.startswith(b"PK"):
            raise ExtractError(
                "the file is no Office file inside (not a ZIP); check its file extension"
            )
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(data))
        except _DAMAGED as error:
            raise ExtractError(
                "the file is truncated or damaged (no readable ZIP directory); upload it again"
            ) from error
        members = self._zip.infolist()
        if len(members) > MAX_MEMBERS:
            raise ExtractError(
                f"the file holds more than {MAX_MEMBERS:,} parts, like a ZIP bomb; remove it"
            )
        # Some writers begin names with a slash, use backslashes or another case.
        self._members = {_canonical(member.filename): member for member in members}
        self._inflated = 0

    def __contains__(self, part: str) -> bool:
        return _canonical(part) in self._members

    def names(self) -> list[str]:
        """The names of the members, in the order of the directory, lower-cased."""
        return list(self._members)

    def open(self, part: str) -> CountedReader:
        """A stream of a member's bytes; reading it raises ExtractError at a limit or at damage."""
        member = self._members.get(_canonical(part))
        if member is None:
            raise ExtractError(f"the file is damaged ({part} is missing); upload it again")
        if member.flag_bits & 0x1:
            raise ExtractError("the file is protected by a password; remove it or ask its owner")
        if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            # zipfile bounds what it inflates at a time for deflate alone.
            raise ExtractError(
                "the file is packed in a way that Office does not use; save it again"
            )
        try:
            stream = self._zip.open(member)
        except _DAMAGED as error:
            raise damaged(part) from error
        return CountedReader(stream, part, member.compress_size, self._count)

    def read(self, part: str, limit: int = MAX_TREE) -> bytes:
        """The bytes of a member; ExtractError when there are more than `limit`."""
        with self.open(part) as stream:
            chunks, size = [], 0
            while chunk := stream.read(_CHUNK):
                size += len(chunk)
                if size > limit:
                    raise ExtractError(
                        f"the file is too large ({part} has more than {limit >> 20} MB); split it"
                    )
                chunks.append(chunk)
        return b"".join(chunks)

    def xml(self, part: str) -> etree._Element:
        """The root element of a member, in the transitional namespaces."""
        return parse_xml(self.read(part), part)

    def check(self) -> None:
        """Inflate every member once, for readers that do not count what they inflate."""
        for part in self._members:
            with self.open(part) as stream:
                while stream.read(_CHUNK):
                    pass

    def _count(self, size: int) -> None:
        self._inflated += size
        if self._inflated > MAX_INFLATED:
            raise ExtractError(
                f"the file inflates to more than {MAX_INFLATED >> 20} MB, like a ZIP bomb; "
                "split it or remove it"
            )


class CountedReader:
    """A member of a ZIP as a binary stream that never inflates more than it is asked for."""

    def __init__(
        self, stream: IO[bytes], part: str, compressed: int, count: Callable[[int], None]
    ) -> None:
        self._stream, self._part, self._compressed, self._count = stream, part, compressed, count
        self._size = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stream.close()

    def read(self, size: int) -> bytes:
        """At most `size` bytes; ExtractError at a limit or where the member is damaged."""
        try:
            chunk = self._stream.read(min(size, _CHUNK))
        except _DAMAGED as error:
            raise damaged(self._part) from error
        self._size += len(chunk)
        self._count(len(chunk))
        if self._size > RATIO_FROM and self._size > MAX_RATIO * max(self._compressed, 1):
            raise ExtractError(
                f"the file looks like a ZIP bomb ({self._part} inflates more than "
                f"{MAX_RATIO} times); remove it"
            )
        return chunk


def parse_xml(data: bytes, part: str = "its XML") -> etree._Element:
    """The root of an XML document, strict Office namespaces rewritten to the transitional ones.

    Raises:
        ExtractError: a DTD (the way to entity expansion and to outside files), malformed XML, or
            nesting deeper than libxml2's 256 levels.
    """
    _refuse_dtd(data, part)
    if b"http://purl.oclc.org/ooxml/" in data:
        data = _STRICT.sub(rb"http://schemas.openxmlformats.org/\1/2006/", data)
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise ExtractError(
            f"the file is damaged ({part} is no XML: {_first_line(error)}); upload it again"
        ) from error
    if root.getroottree().docinfo.internalDTD is not None:
        raise _dtd(part)
    return root


Attributes = dict[str, str]


def stream_xml(
    reader: CountedReader,
    part: str,
    start: Callable[[str, Attributes], None],
    end: Callable[[str], None],
    text: Callable[[str], None],
) -> None:
    """Feed the elements of a large part to callbacks, holding none of them.

    Names come as `namespace}name` and are the file's own: strict ones are not rewritten.
    ExtractError is as for `parse_xml`.
    """
    parser = xml.parsers.expat.ParserCreate(namespace_separator="}")
    parser.buffer_text = True
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = text

    def refuse(*_: object) -> None:
        raise _dtd(part)

    parser.StartDoctypeDeclHandler = refuse
    try:
        parser.ParseFile(reader)  # type: ignore[arg-type]  # asks for no more than read()
    except xml.parsers.expat.ExpatError as error:
        raise ExtractError(
            f"the file is damaged ({part} is no XML: {_first_line(error)}); upload it again"
        ) from error


def damaged(part: str) -> ExtractError:
    """The error of a member whose bytes are not what the directory says of them."""
    return ExtractError(
        f"the file is truncated or damaged ({part} can not be unpacked); upload it again"
    )


def _canonical(part: str) -> str:
    return part.replace("\\", "/").lstrip("/").lower()


def _refuse_dtd(data: bytes, part: str) -> None:
    # The expression also meets UTF-16, where a zero byte stands beside each letter.
    if _DOCTYPE.search(data):
        raise _dtd(part)


def _dtd(part: str) -> ExtractError:
    return ExtractError(
        f"the file has a DTD in {part}, which Office never writes and entity bombs need; remove it"
    )


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0][:120]


def _reason_for_ole2(data: bytes) -> str:
    # An encrypted workbook is an OLE2 file with a stream of this name (MS-OFFCRYPTO 2.3.4.4).
    if "EncryptedPackage".encode("utf-16-le") in data:
        return "the file is protected by a password; remove it or ask its owner"
    return "the file is in Office's format of before 2007; save it as .docx, .xlsx or .pptx"
