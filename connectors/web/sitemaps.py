"""Reads site maps: XML, their indexes, plain text, RSS and Atom, packed or not.

By https://www.sitemaps.org/protocol.html: 50,000 addresses and 50 MB at most, unpacked. Knows
nothing of where a site map comes from, nor of which of its addresses count.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from itertools import chain
from typing import Any, Final

from lxml import etree

from connectors.base import ConnectorError
from connectors.web.addresses import normalised
from connectors.web.charsets import text_of

MAX_BYTES: Final = 50 * 1024 * 1024
"""Of a site map, unpacked."""
MAX_ENTRIES: Final = 50_000
"""Addresses in one site map."""
_Named = tuple[str, str | None, bool]
_BLANK: Final = b"\xef\xbb\xbf \t\r\n"
_UTF_16: Final = (b"\xff\xfe", b"\xfe\xff")
_ENTITY: Final = re.compile(rb"<!ENTITY|<!DOCTYPE[^>]{0,512}\[", re.IGNORECASE)
_GZIP: Final = b"\x1f\x8b"
_PIECE: Final = 65_536
_PACKED_TWICE: Final = 2  # `.xml.gz` sent with `Content-Encoding: gzip` by a server that packs all
_LONGEST: Final = 2_048  # characters of an address, says the protocol; more is text of another kind

_DATES: Final = ("lastmod", "updated", "date", "pubdate", "published")
_ROOTS: Final = frozenset(("urlset", "sitemapindex", "rss", "feed", "rdf"))
_FIELDS: Final = frozenset(("loc", "link", *_DATES))
_ENTRIES: Final = frozenset(("url", "sitemap", "item", "entry"))
# W3C's profile of ISO 8601 (https://www.w3.org/TR/NOTE-datetime), a year to parts of a second.
_MOMENT = re.compile(
    r"(\d{4})(?:-?(\d\d)(?:-?(\d\d)"
    r"(?:[T ](\d\d):?(\d\d)(?::?(\d\d)(?:[.,]\d+)?)?\s*(Z|[+-]\d\d:?\d\d)?)?)?)?",
    re.IGNORECASE,
)
_RFC_822 = re.compile(
    r"(?:[a-z]{3},\s*)?\d{1,2}\s[a-z]{3}\s\d{4}\s[\d:]{5,8}\b.{0,12}", re.IGNORECASE
)


class SitemapError(ConnectorError):
    """A site map can not be read, or not to its end; what was yielded before is true."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What a site map says of one address."""

    url: str
    """Absolute and normalised."""
    modified: datetime | None = None
    """Timezone-aware; None where it does not say, or in no form that is known."""
    is_index: bool = False
    """Whether it is that of another site map."""


def entries(
    body: bytes,
    url: str,
    *,
    max_bytes: int = MAX_BYTES,
    max_entries: int = MAX_ENTRIES,
    ignore: Collection[str] = (),
) -> Iterator[Entry]:
    """Yield what a site map names, in its order.

    `url`: its own address, which relative ones count from. `ignore`: parameters that mean nothing.
    Raises `SitemapError` after the last entry that could be read where it is broken, longer than
    the protocol allows, or none at all. Neither entities nor anything elsewhere are ever read.
    """
    count = 0
    pieces = (body[at : at + _PIECE] for at in range(0, len(body), _PIECE))
    for address, said, is_index in _read(_unpacked(pieces, max_bytes, _PACKED_TWICE)):
        if len(address) > _LONGEST:
            continue
        found = normalised(address, base=url, ignore=ignore)
        if found is None:
            continue
        if count >= max_entries:
            raise SitemapError(
                f"it names more than {max_entries:,} addresses; the others were left out "
                "(the protocol allows 50,000 in each; split it)"
            )
        count += 1
        yield Entry(found, moment(said), is_index)


def moment(text: str | None) -> datetime | None:
    """Return the moment that a W3C date names, or one of RFC 822 as in RSS; UTC without a zone.

    A year or a month alone is its first day.
    """
    text = (text or "").strip()[:64]
    found = _MOMENT.fullmatch(text)
    try:
        if found is None:
            when = parsedate_to_datetime(text) if _RFC_822.fullmatch(text) else None
            return when and (when if when.tzinfo else when.replace(tzinfo=UTC))
        year, month, day, hour, minute, second = (int(one or 0) for one in found.groups()[:6])
        zone = (found[7] or "Z").upper().replace("Z", "+00:00")
        zone = zone if ":" in zone else f"{zone[:3]}:{zone[3:]}"
        # `datetime` knows neither leap seconds nor 24:00, the end of a day.
        clock = f"{hour % 24:02}:{minute:02}:{min(second, 59):02}"
        return datetime.fromisoformat(f"{year:04}-{month or 1:02}-{day or 1:02}T{clock}{zone}")
    except (ValueError, OverflowError):
        return None


def _unpacked(pieces: Iterator[bytes], max_bytes: int, times: int) -> Iterator[bytes]:
    """The bytes piece by piece, never more than `max_bytes` of any packing; a bomb ends there."""
    first = next(pieces, b"")
    pieces = chain((first,), pieces)
    if first[:2] == _GZIP and times:
        yield from _unpacked(_bounded(_inflated(pieces), max_bytes), max_bytes, times - 1)
    else:
        yield from _bounded(pieces, max_bytes)


def _bounded(pieces: Iterator[bytes], max_bytes: int) -> Iterator[bytes]:
    total = 0
    for piece in pieces:
        total += len(piece)
        if total > max_bytes:
            yield piece[: max_bytes - total]
            raise SitemapError(
                f"it is larger than {max_bytes / 1024 / 1024:.0f} MB unpacked, more than the "
                "protocol allows; the rest was not read"
            )
        yield piece


def _inflated(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """What gzip holds, a bounded piece at a time; several members in a row are one."""
    unpacker = zlib.decompressobj(wbits=31)
    whole = False
    for packed in pieces:
        data, out = packed, b""
        while data or len(out) == _PIECE:
            if whole:  # another member, or bytes that fill up the last one's block
                if not data.startswith(_GZIP[:1]):
                    break
                unpacker, whole = zlib.decompressobj(wbits=31), False
            try:
                out = unpacker.decompress(data, _PIECE)
            except zlib.error as error:
                raise SitemapError("its gzip is broken; what came before was read") from error
            whole = unpacker.eof
            data = unpacker.unused_data if whole else unpacker.unconsumed_tail
            if out:
                yield out
    if not whole:
        raise SitemapError("its gzip ends too early; what came before was read")


def _read(pieces: Iterator[bytes]) -> Iterator[_Named]:
    """What a site map of whatever form names."""
    trouble: SitemapError | None = None
    first = b""
    while not first.strip(_BLANK):
        try:
            first = next(pieces)
        except StopIteration:
            raise SitemapError("it is empty") from None
    if first.lstrip(_BLANK).startswith(b"<") or first.startswith(_UTF_16):
        yield from _xml(chain((first,), pieces))
        return
    whole = bytearray(first)
    try:
        for piece in pieces:
            whole += piece
    except SitemapError as error:
        trouble = error
    yield from _lines(bytes(whole))
    if trouble:
        raise trouble


def _lines(body: bytes) -> Iterator[_Named]:
    """https://www.sitemaps.org/protocol.html#otherformats: an address a line."""
    found = False
    for line in text_of(body, None)[0].splitlines():
        if line.strip().startswith(("http://", "https://")):
            found = True
            yield line.strip(), None, False
    if not found:
        raise SitemapError("it is no site map: neither XML nor a list of addresses")


def _xml(pieces: Iterator[bytes]) -> Iterator[_Named]:
    taker = _Taker()
    # `recover`: a bare `&` in an address is the commonest fault, and no reason to lose the others.
    parser = etree.XMLParser(
        target=taker, recover=True, resolve_entities=False, no_network=True, huge_tree=False
    )
    trouble: SitemapError | None = None
    begun = False
    try:
        for piece in pieces:
            # UTF-16 has zeros in between.
            if taker.root is None and _ENTITY.search(piece.replace(b"\0", b"")):
                taker.refused = "it declares entities, which no site map needs; it was not read"
                break
            parser.feed(piece if begun else piece.lstrip(_BLANK))
            begun = True
            yield from taker.taken()
            if taker.refused:
                break
    except SitemapError as error:
        trouble = error
    except etree.XMLSyntaxError as error:
        trouble = SitemapError(_broken(error))
    try:
        parser.close()
    except etree.XMLSyntaxError as error:
        trouble = trouble or SitemapError(_broken(error))
    yield from taker.taken()
    if taker.refused or taker.root is None:
        raise SitemapError(taker.refused or "it is no site map: its XML can not be read")
    if trouble:
        raise trouble
    if len(parser.feed_error_log):
        raise SitemapError(_broken(parser.feed_error_log[0]))


def _broken(error: Any) -> str:
    line = getattr(error, "line", None) or getattr(error, "lineno", None)
    return f"its XML is broken{f' in line {line}' if line else ''}; what could be read was"


class _Taker:
    """Takes the events of a parser; keeps one entry, so that no tree grows in memory."""

    def __init__(self) -> None:
        self.root: str | None = None
        self.refused: str | None = None
        self._taken: list[_Named] = []
        self._depth = 0
        self._entry: dict[str, str] | None = None
        self._entry_depth = 0
        self._field: str | None = None
        self._text: list[str] = []
        self._length = 0

    def taken(self) -> list[_Named]:
        """Return the entries that ended since the last call."""
        taken, self._taken = self._taken, []
        return taken

    def start(self, tag: str | bytes, attrib: Mapping[Any, Any]) -> None:
        name = _local(tag)
        self._depth += 1
        if self.root is None:
            self.root = name
            if name not in _ROOTS:
                kind = "an HTML page" if name == "html" else f"XML of another kind (<{name[:40]}>)"
                self.refused = f"it is no site map, but {kind}"
        if self._entry is None:
            if name in _ENTRIES and not self.refused:
                self._entry, self._entry_depth = {}, self._depth
        elif self._depth == self._entry_depth + 1 and name in _FIELDS:
            self._field, self._length = name, 0
            self._text.clear()
            if name == "link" and attrib.get("rel", "alternate") == "alternate":
                self._entry.setdefault("loc", attrib.get("href", ""))

    def data(self, data: str | bytes) -> None:
        if self._field and self._length <= 2 * _LONGEST:
            self._text.append(str(data))
            self._length += len(data)

    def end(self, tag: str | bytes) -> None:
        if self._entry is not None:
            if self._field and self._depth == self._entry_depth + 1:
                self._keep(self._field, "".join(self._text).strip())
                self._field = None
            elif self._depth == self._entry_depth:
                if address := self._entry.get("loc"):
                    is_index = _local(tag) == "sitemap"
                    self._taken.append((address, self._entry.get("date"), is_index))
                self._entry = self._field = None
        self._depth -= 1

    def comment(self, text: str | bytes) -> None: ...

    def close(self) -> None: ...

    def _keep(self, field: str, text: str) -> None:
        if self._entry is None or not text:
            return
        if field in _DATES:
            self._entry.setdefault("date", text)
        elif field == "loc" or not self._entry.get("loc"):
            self._entry["loc"] = text


def _local(tag: str | bytes) -> str:
    return str(tag).rpartition("}")[2].lower()
