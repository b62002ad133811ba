"""A gateway session, which outlives its sockets, and a socket, which compresses what it sends."""

from __future__ import annotations

import asyncio
import json
import zlib
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from rigs import faults

Json = dict[str, Any]

DISPATCH, HEARTBEAT, IDENTIFY, PRESENCE, VOICE, RESUME, RECONNECT = 0, 1, 2, 3, 4, 6, 7
MEMBERS, INVALID_SESSION, HELLO, ACK = 8, 9, 10, 11

# A session that missed more is not resumed. The number is modelled: Discord names none.
_REMEMBERED = 5_000


@dataclass(eq=False)
class Session:
    """What one identify began."""

    id: str
    intents: int
    shard: tuple[int, int] | None
    seq: int = 0
    log: deque[tuple[int, str, Json]] = field(default_factory=lambda: deque(maxlen=_REMEMBERED))
    socket: Socket | None = None
    lost_at: float | None = None
    """When its socket went; None while it has one."""

    def push(self, event: str, data: Json) -> None:
        """Number an event, keep it, and send it where there is a socket."""
        self.seq += 1
        self.log.append((self.seq, event, data))
        if self.socket:
            self.socket.put({"op": DISPATCH, "t": event, "s": self.seq, "d": data})

    def replay(self, after: int) -> bool:
        """Send again what came after a number; False where that is forgotten."""
        assert self.socket
        if self.log and self.log[0][0] > after + 1:
            return False
        for seq, event, data in self.log:
            if seq > after:
                self.socket.put({"op": DISPATCH, "t": event, "s": seq, "d": data})
        return True

    def covers(self, guild_id: int | None) -> bool:
        """Tell whether its shard has this server; conversations are on the first."""
        if self.shard is None:
            return True
        number, count = self.shard
        return number == ((guild_id >> 22) % count if guild_id else 0)


class Socket:
    """One connection: what is put goes out in order, compressed as was asked for."""

    def __init__(self, ws: web.WebSocketResponse, request: web.Request, compress: str) -> None:
        self.ws = ws
        self._transport = request.transport
        self._pack = _packer(compress)
        self._queue: asyncio.Queue[Json | None] = asyncio.Queue()
        self.session: Session | None = None
        self.half_open = False
        """Whether the far end is as if gone: nothing is read, nothing is sent."""
        self.closing = False
        """Whether the rig closed it: what the far end answers then is no farewell of its own."""
        self.received: deque[float] = deque()
        self.beat_at = 0.0

    def put(self, payload: Json) -> None:
        """Send a payload when its turn comes."""
        self._queue.put_nowait(payload)

    async def write(self) -> None:
        """Send what is put until the socket is gone."""
        while (payload := await self._queue.get()) is not None:
            if self.half_open:
                continue
            packed = self._pack(json.dumps(payload))
            try:
                if isinstance(packed, str):
                    await self.ws.send_str(packed)
                else:
                    await self.ws.send_bytes(packed)
            except (ConnectionError, RuntimeError):
                return

    def finish(self) -> None:
        """Let `write` end."""
        self._queue.put_nowait(None)

    def cut(self, *, reset: bool) -> None:
        """End the connection without a word of the WebSocket protocol."""
        faults.end(self._transport, reset=reset)


def _packer(compress: str) -> Callable[[str], str | bytes]:
    if compress == "zlib-stream":
        deflate = zlib.compressobj()
        return lambda text: deflate.compress(text.encode()) + deflate.flush(zlib.Z_SYNC_FLUSH)
    if compress == "zstd-stream":
        # Not with the standard library before 3.14.
        import zstandard  # noqa: PLC0415

        frame = zstandard.ZstdCompressor().compressobj()
        flush = zstandard.COMPRESSOBJ_FLUSH_BLOCK
        return lambda text: frame.compress(text.encode()) + frame.flush(flush)
    return lambda text: text
