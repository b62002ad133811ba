"""HTTP/1.1 on loopback: connections, requests, and answers that end as badly as they are told to.

Written down to the socket because a proper server library refuses to send what bad servers send.
Knows nothing of what is answered.
"""

from __future__ import annotations

import asyncio
import gzip
import itertools
import ssl
import time
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import suppress
from http import HTTPStatus

from rigs.faults import end
from rigs.website.values import Asked, Reply, Visit

Answering = Callable[[Visit], Reply]
Noting = Callable[[Asked], None]

_HEAD_LIMIT = 1 << 17
_BODYLESS = frozenset({204, 304})


class Wire:
    """Serves one answerer on any number of addresses."""

    def __init__(
        self,
        answering: Answering,
        noting: Noting,
        *,
        date: Callable[[], str],
        tokens: Callable[[], frozenset[str]],
    ) -> None:
        """Prepare; `tokens` are the headers, beside the usual ones, that hold credentials."""
        self._answering, self._noting, self._date, self._tokens = answering, noting, date, tokens
        self._servers: list[asyncio.Server] = []
        self._open: set[asyncio.StreamWriter] = set()
        self._numbers = itertools.count(1)
        self._released = asyncio.Event()
        self.connections: list[str] = []
        """The address of this machine of each connection that was accepted, in order."""

    async def listen(self, host: str, port: int, context: ssl.SSLContext | None = None) -> int:
        """Listen; return the port. OSError where it is taken."""
        server = await asyncio.start_server(
            self._connected, host, port, ssl=context, limit=_HEAD_LIMIT, backlog=512
        )
        self._servers.append(server)
        return int(server.sockets[0].getsockname()[1])

    async def close(self) -> None:
        """End everything at once."""
        for server in self._servers:
            server.close()
        for writer in list(self._open):
            writer.transport.abort()
        # One turn for the connections to notice.
        await asyncio.sleep(0)
        await asyncio.sleep(0)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        address, port = writer.get_extra_info("sockname")[:2]
        secure = writer.get_extra_info("ssl_object") is not None
        number = next(self._numbers)
        self.connections.append(address)
        self._open.add(writer)
        asked: Asked | None = None
        try:
            with suppress(
                asyncio.IncompleteReadError, asyncio.LimitOverrunError, OSError, ValueError
            ):
                while visit := await _read(reader, secure=secure, port=port):
                    asked = self._asked(visit, address, number)
                    self._noting(asked)
                    if not await self._answer(visit, asked, reader, writer):
                        break
        finally:
            if asked and asked.ended is None:
                asked.ended = time.monotonic()
            self._open.discard(writer)
            writer.close()

    def release(self) -> None:
        """Let everything that hangs be answered."""
        self._released.set()
        self._released = asyncio.Event()

    async def _held(self, reader: asyncio.StreamReader) -> bool:
        """Wait; return whether there is still somebody to answer."""
        released = asyncio.ensure_future(self._released.wait())
        left = asyncio.ensure_future(reader.read(1))
        try:
            await asyncio.wait({released, left}, return_when=asyncio.FIRST_COMPLETED)
            return not left.done()
        finally:
            for one in (released, left):
                one.cancel()

    def _asked(self, visit: Visit, address: str, number: int) -> Asked:
        headers = visit.headers
        credentials = {"authorization", "cookie"} | self._tokens()
        return Asked(
            visit.host,
            visit.method,
            visit.target,
            address,
            number,
            time.monotonic(),
            visit.secure,
            "if-none-match" in headers or "if-modified-since" in headers,
            tuple(sorted(credentials & headers.keys())),
            headers.get("user-agent", ""),
        )

    async def _answer(
        self,
        visit: Visit,
        asked: Asked,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> bool:
        reply = self._answering(visit)
        delivery = reply.delivery
        if delivery.hangs and not await self._held(reader):
            return False
        if delivery.delay:
            await asyncio.sleep(delivery.delay)
        if delivery.cut == "before":
            end(writer.transport, reset=delivery.reset)
            return False
        asked.status = reply.status
        return await _Sending(visit, asked, reply, writer, self._date()).send()


class _Sending:
    """One answer on its way."""

    def __init__(
        self, visit: Visit, asked: Asked, reply: Reply, writer: asyncio.StreamWriter, date: str
    ) -> None:
        self._visit, self._asked, self._reply, self._writer = visit, asked, reply, writer
        self._date = date
        self._keeps = visit.headers.get("connection", "").lower() != "close"

    async def send(self) -> bool:
        """Send it; return whether the connection goes on."""
        reply, delivery = self._reply, self._reply.delivery
        known: bytes | None = reply.body if isinstance(reply.body, bytes) else None
        if known is not None and delivery.zipped:
            known = gzip.compress(known, mtime=0)
        chunked = known is None or delivery.chunked or delivery.cut == "chunk"
        bare = self._visit.method == "HEAD" or reply.status in _BODYLESS
        head = self._head(None if chunked else len(known or b""), bare=bare)
        if bare:
            self._asked.ended = time.monotonic()
            self._writer.write(head)
            await self._writer.drain()
            return self._keeps
        if known is not None and not chunked and delivery.pieces == 1 and not delivery.cut:
            # What nearly every answer is: one write.
            self._asked.sent = len(known)
            self._asked.ended = time.monotonic()
            self._writer.write(head + known)
            await self._writer.drain()
            return self._keeps
        self._writer.write(head)
        pieces = self._pieces(known)
        return await (self._in_chunks(pieces) if chunked else self._plainly(pieces))

    def _head(self, length: int | None, *, bare: bool) -> bytes:
        reply = self._reply
        try:
            phrase = HTTPStatus(reply.status).phrase
        except ValueError:
            phrase = "Unknown"
        lines = [f"HTTP/1.1 {reply.status} {phrase}", f"Date: {self._date}", "Server: nginx"]
        if reply.content_type is not None and reply.status not in _BODYLESS:
            lines.append(f"Content-Type: {reply.content_type}")
        if reply.delivery.zipped:
            lines.append(f"Content-Encoding: {reply.delivery.zipped}")
        if length is None:
            lines.append("Transfer-Encoding: chunked")
        elif reply.status not in _BODYLESS and not (bare and reply.status >= 400):
            lines.append(f"Content-Length: {length}")
        lines += [f"{name}: {value}" for name, value in reply.headers]
        lines.append(f"Connection: {'keep-alive' if self._keeps else 'close'}")
        # Old servers write file names into headers as they are: UTF-8.
        return "\r\n".join([*lines, "", ""]).encode()

    def _pieces(self, known: bytes | None) -> Iterable[bytes]:
        if known is None:
            assert callable(self._reply.body), "it is made in pieces"
            return self._reply.body()
        size = max(1, -(-len(known) // max(1, self._reply.delivery.pieces)))
        return [known[at : at + size] for at in range(0, len(known), size)]

    async def _in_chunks(self, pieces: Iterable[bytes]) -> bool:
        delivery = self._reply.delivery
        left = sum(1 for _ in pieces) // 2 if delivery.cut and isinstance(pieces, list) else None
        async for piece in _paced(pieces, delivery.pace):
            if left == 0:
                break
            left = None if left is None else left - 1
            await self._put(b"%x\r\n%b\r\n" % (len(piece), piece), len(piece))
        if delivery.cut:
            self._writer.close()
            return False
        self._asked.ended = time.monotonic()
        self._writer.write(b"0\r\n\r\n")
        await self._writer.drain()
        return self._keeps

    async def _plainly(self, pieces: Iterable[bytes]) -> bool:
        held = list(pieces)
        if self._reply.delivery.cut:
            whole = b"".join(held)
            half = whole[: len(whole) // 2]
            await self._put(half, len(half))
            self._writer.close()
            return False
        async for piece in _paced(held, self._reply.delivery.pace):
            self._asked.ended = time.monotonic()
            await self._put(piece, len(piece))
        return self._keeps

    async def _put(self, data: bytes, size: int) -> None:
        self._writer.write(data)
        await self._writer.drain()
        if self._writer.transport.is_closing():
            raise ConnectionResetError
        self._asked.sent += size


async def _paced(pieces: Iterable[bytes], pace: float) -> AsyncIterator[bytes]:
    for number, piece in enumerate(pieces):
        # A turn for other connections, too: a large body must not keep them waiting.
        await asyncio.sleep(pace if number else 0)
        if piece:
            yield piece


async def _read(reader: asyncio.StreamReader, *, secure: bool, port: int) -> Visit | None:
    """Return the next request of a connection, None where the client speaks no HTTP."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    first, *lines = head[:-4].split("\r\n")
    words = first.split(" ")
    if len(words) != 3:
        return None
    headers: dict[str, str] = {}
    for line in lines:
        name, _, value = line.partition(":")
        name, value = name.strip().lower(), value.strip()
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    length = headers.get("content-length", "0")
    body = await reader.readexactly(int(length)) if length != "0" else b""
    host = headers.get("host", "").lower()
    host = host[1:].partition("]")[0] if host.startswith("[") else host.partition(":")[0]
    return Visit(words[0], host, words[1], headers, body, secure, port)
