"""Reads the body of an answer, counted while it comes: never more bytes than the caller takes.

Decompression is done here, not by the library: it takes a gzip stream that ends in the middle for
a whole one. Knows nothing of what the bytes mean.
"""

from __future__ import annotations

import time
import zlib
from collections.abc import Iterator
from io import BytesIO

import httpx2

from connectors.http.errors import FailedError, Failure

ACCEPT_ENCODING = "gzip"
_GZIP = zlib.MAX_WBITS | 16
_PIECE = 1 << 20
"""Bytes that are decompressed at once, so that a bomb is noticed before it goes off."""


def read(
    response: httpx2.Response, *, max_bytes: int, deadline: float, only_begin: bool = False
) -> bytes:
    """Return the body. Raises FailedError: too large, cut short, or not done at the deadline.

    The deadline (`time.monotonic`) is for a server that sends one byte at a time for ever. With
    `only_begin` a body that is too large is no error: its first bytes are returned.
    """
    encoding = response.headers.get("content-encoding", "").strip().lower()
    if encoding not in {"", "identity", "gzip", "x-gzip"}:
        raise FailedError(Failure("the answer is compressed in a way that was not asked for"))
    zipped = encoding.endswith("gzip")
    declared = response.headers.get("content-length", "")
    if not only_begin and not zipped and declared.isdecimal() and int(declared) > max_bytes:
        raise _too_large(max_bytes)
    body = BytesIO()
    raw = _in_time(response, deadline)
    for piece in _unzipped(raw) if zipped else raw:
        if body.tell() + len(piece) > max_bytes:
            if only_begin:
                body.write(piece[: max_bytes - body.tell()])
                break
            raise _too_large(max_bytes)
        body.write(piece)
    return body.getvalue()


def _in_time(response: httpx2.Response, deadline: float) -> Iterator[bytes]:
    for piece in response.iter_raw():
        if time.monotonic() > deadline:
            raise FailedError(Failure("the answer comes too slowly", again=True))
        yield piece


def _unzipped(raw: Iterator[bytes]) -> Iterator[bytes]:
    """Yield what the gzip members hold (RFC 1952: there may be several)."""
    unzip = zlib.decompressobj(_GZIP)
    begun = False
    try:
        for piece in raw:
            rest = piece
            while rest:
                if unzip.eof:
                    unzip = zlib.decompressobj(_GZIP)
                begun = True
                yield unzip.decompress(rest, _PIECE)
                rest = unzip.unconsumed_tail or unzip.unused_data
            while not unzip.eof and (more := unzip.decompress(b"", _PIECE)):
                yield more
    except zlib.error:
        raise FailedError(Failure("the answer's compression is broken", again=True)) from None
    if begun and not unzip.eof:
        raise FailedError(Failure("the answer is cut short", again=True))


def _too_large(max_bytes: int) -> FailedError:
    return FailedError(Failure(f"the answer is larger than {max_bytes:,} bytes", too_large=True))
