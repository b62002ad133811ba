"""The Gateway: hello, identify, resume, heartbeats, and events to the sessions that asked for them.

Opcodes, close codes and intents are those of Discord's pages "Gateway" and "Opcodes and Status
Codes". How long a lost session may be resumed (180 s) is modelled: Discord names no number.
"""

from __future__ import annotations

import asyncio
import json
import secrets
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from aiohttp import web
from rigs.discord_server import sessions, shapes
from rigs.discord_server.clock import Clock
from rigs.discord_server.journal import Journal
from rigs.discord_server.limits import Limits
from rigs.discord_server.sessions import Session, Socket
from rigs.discord_server.world import World

Json = dict[str, Any]

GUILDS, GUILD_MEMBERS, GUILD_PRESENCES = 1 << 0, 1 << 1, 1 << 8
GUILD_MESSAGES, GUILD_REACTIONS, GUILD_TYPING = 1 << 9, 1 << 10, 1 << 11
DIRECT_MESSAGES, DIRECT_REACTIONS, DIRECT_TYPING = 1 << 12, 1 << 13, 1 << 14
MESSAGE_CONTENT = 1 << 15
PRIVILEGED = GUILD_MEMBERS | GUILD_PRESENCES | MESSAGE_CONTENT
# Every intent that has a meaning; other bits are answered with 4013.
_KNOWN = (1 << 17) - 1 | 1 << 20 | 1 << 21 | 1 << 24 | 1 << 25

_LARGEST_PAYLOAD = 4096
_SENDS_A_MINUTE = 120
_RESUMABLE_S = 180.0


class _ClosedError(Exception):
    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


@dataclass
class Mischief:
    """What the gateway does wrong next, on purpose."""

    rewind: int = 0
    """A resume replays so many events too many."""
    copies: dict[str, list[int]] | None = None
    """For an event's name: how often it is sent, and for how many events."""
    planned: list[list[Any]] = field(default_factory=list)
    """After how many more events what is done to sockets: count, what, code, which."""


class Gateway:
    """All sockets and sessions of the bot."""

    def __init__(
        self, world: World, clock: Clock, journal: Journal, limits: Limits, *, heartbeat: float
    ) -> None:
        self._world = world
        self._clock = clock
        self._journal = journal
        self._limits = limits
        self._heartbeat = heartbeat
        self.address = ""
        """Where sockets connect; known once the port is."""
        self.sessions: dict[str, Session] = {}
        self.sockets: list[Socket] = []
        """In the order in which they came."""
        self.mischief = Mischief()
        self.identified: list[float] = []
        self._working: set[asyncio.Task[int]] = set()

    # Events

    def dispatch(
        self, event: str, data: Json, *, guild_id: int | None = None, intents: int = 0
    ) -> None:
        """Send an event to the sessions of its shard that asked for any of these intents."""
        times = self._copies(event)
        reached = []
        for session in list(self.sessions.values()):
            if (intents and not session.intents & intents) or not session.covers(guild_id):
                continue
            seen = data
            if event in {"MESSAGE_CREATE", "MESSAGE_UPDATE"}:
                content = bool(session.intents & MESSAGE_CONTENT)
                seen = shapes.for_bot(self._world, data, content=content)
            for _ in range(times):
                session.push(event, seen)
            reached.append(session.id)
        self._journal.note("event", event=event, id=data.get("id"), sessions=reached)
        self._carry_out()

    def _carry_out(self) -> None:
        for plan in self.mischief.planned:
            plan[0] -= 1
        due = [plan for plan in self.mischief.planned if plan[0] <= 0]
        self.mischief.planned = [plan for plan in self.mischief.planned if plan[0] > 0]
        for _, what, code, which in due:
            work = asyncio.get_running_loop().create_task(self.disturb(what, code, which))
            self._working.add(work)
            work.add_done_callback(self._working.discard)

    def _copies(self, event: str) -> int:
        wanted = (self.mischief.copies or {}).get(event)
        if not wanted or wanted[1] <= 0:
            return 1
        wanted[1] -= 1
        return wanted[0]

    # Sockets

    async def serve(self, request: web.Request) -> web.WebSocketResponse:
        """Serve one socket until it ends."""
        ws = web.WebSocketResponse(compress=False, max_msg_size=1 << 20)
        await ws.prepare(request)
        socket = Socket(ws, request, request.query.get("compress", ""))
        self.sockets.append(socket)
        self._journal.note("gateway", what="open", query=dict(request.query))
        writing = asyncio.create_task(socket.write())
        watching = asyncio.create_task(self._watch(socket))
        try:
            _require_version(request)
            interval = int(self._heartbeat * 1000)
            socket.beat_at = self._clock.now()
            socket.put(
                {"op": sessions.HELLO, "s": None, "t": None, "d": {"heartbeat_interval": interval}}
            )
            await self._read(socket)
        except _ClosedError as closed:
            self._journal.note("gateway", what="closed", code=closed.code, reason=closed.reason)
            await self._close(socket, closed.code, closed.reason)
        finally:
            watching.cancel()
            socket.finish()
            self._lose(socket)
            await asyncio.gather(writing, watching, return_exceptions=True)
        return ws

    async def _read(self, socket: Socket) -> None:
        async for message in socket.ws:
            if message.type is aiohttp.WSMsgType.BINARY:
                raise _ClosedError(4002, "Error while decoding payload.")
            if message.type is not aiohttp.WSMsgType.TEXT:
                continue
            if socket.half_open:
                continue
            self._count(socket)
            if len(message.data.encode()) > _LARGEST_PAYLOAD:
                raise _ClosedError(4002, "Error while decoding payload.")
            try:
                payload = json.loads(message.data)
                op = payload["op"]
            except (ValueError, KeyError, TypeError) as error:
                raise _ClosedError(4002, "Error while decoding payload.") from error
            self._take(socket, op, payload.get("d"))
        # 1000 and 1001 give the session up; other ends leave it to be resumed.
        farewell = socket.ws.close_code in {1000, 1001} and not socket.closing
        if farewell and socket.session and not socket.half_open:
            self.sessions.pop(socket.session.id, None)
        self._journal.note("gateway", what="gone", code=socket.ws.close_code)

    def _count(self, socket: Socket) -> None:
        now = self._clock.now()
        socket.received.append(now)
        while socket.received[0] < now - self._clock.span(60):
            socket.received.popleft()
        if self._limits.on.gateway and len(socket.received) > _SENDS_A_MINUTE:
            raise _ClosedError(4008, "You are being rate limited.")

    def _take(self, socket: Socket, op: Any, data: Any) -> None:
        if op == sessions.HEARTBEAT:
            socket.beat_at = self._clock.now()
            socket.put({"op": sessions.ACK, "s": None, "t": None, "d": None})
            self._journal.note("gateway", what="heartbeat")
        elif op == sessions.IDENTIFY:
            if socket.session:
                raise _ClosedError(4005, "Already authenticated.")
            self._identify(socket, data)
        elif op == sessions.RESUME:
            if socket.session:
                raise _ClosedError(4005, "Already authenticated.")
            self._resume(socket, data)
        elif op not in {sessions.PRESENCE, sessions.VOICE, sessions.MEMBERS}:
            raise _ClosedError(4001, "Unknown opcode.")
        elif socket.session is None:
            raise _ClosedError(4003, "Not authenticated.")
        elif op == sessions.MEMBERS:
            self._members(socket.session, data)

    def _identify(self, socket: Socket, data: Any) -> None:
        if not isinstance(data, dict):
            raise _ClosedError(4002, "Error while decoding payload.")
        intents, shard = data.get("intents"), data.get("shard")
        if data.get("token", "").removeprefix("Bot ") != self._world.token:
            raise _ClosedError(4004, "Authentication failed.")
        if not isinstance(intents, int) or intents & ~_KNOWN:
            raise _ClosedError(4013, "Invalid intent(s).")
        if intents & PRIVILEGED & ~self._world.intents_granted:
            raise _ClosedError(4014, "Disallowed intent(s).")
        if shard is not None and not 0 <= shard[0] < shard[1]:
            raise _ClosedError(4010, "Invalid shard.")
        if self._too_many_identifies(shard):
            self._journal.note("gateway", what="identified too often")
            socket.put({"op": sessions.INVALID_SESSION, "s": None, "t": None, "d": False})
            return
        session = Session(secrets.token_hex(16), intents, tuple(shard) if shard else None)
        session.socket, socket.session = socket, session
        self._prune()
        self.sessions[session.id] = session
        self._journal.note("gateway", what="identify", session=session.id, intents=intents)
        self._greet(session)

    def _too_many_identifies(self, shard: Any) -> bool:
        now = self._clock.now()
        self.identified = [at for at in self.identified if at > now - self._clock.span(86_400)]
        recent = bool(self.identified) and self.identified[-1] > now - self._clock.span(5)
        # Shards of one start come one after another, each with its own five seconds.
        too_soon = recent and not (shard and shard[1] > 1)
        too_many = len(self.identified) >= self._limits.on.identifies_a_day
        if self._limits.on.identify and (too_soon or too_many):
            return True
        self.identified.append(now)
        return False

    def _greet(self, session: Session) -> None:
        world = self._world
        guilds = [
            guild
            for guild in world.guilds.values()
            if world.bot.id in guild.members and session.covers(guild.id)
        ]
        flags = shapes.application(world)["flags"]
        ready: Json = {
            "v": 10,
            "user": shapes.me(world),
            "guilds": [{"id": str(guild.id), "unavailable": True} for guild in guilds],
            "session_id": session.id,
            "session_type": "normal",
            "resume_gateway_url": self.address,
            "application": {"id": str(world.bot.id), "flags": flags},
            "private_channels": [],
            "relationships": [],
            "presences": [],
            "user_settings": {},
            "geo_ordered_rtc_regions": ["japan"],
            "_trace": [],
        }
        if session.shard:
            ready["shard"] = list(session.shard)
        session.push("READY", ready)
        if session.intents & GUILDS:
            everyone = bool(session.intents & GUILD_MEMBERS)
            for guild in guilds:
                if not guild.unavailable:
                    made = shapes.guild_create(world, guild, all_members=everyone)
                    session.push("GUILD_CREATE", made)

    def _resume(self, socket: Socket, data: Any) -> None:
        if data.get("token", "").removeprefix("Bot ") != self._world.token:
            raise _ClosedError(4004, "Authentication failed.")
        self._prune()
        session = self.sessions.get(data.get("session_id") or "")
        seq = data.get("seq")
        if session is None or not isinstance(seq, int):
            self._journal.note("gateway", what="resume of no session")
            socket.put({"op": sessions.INVALID_SESSION, "s": None, "t": None, "d": False})
            return
        if seq > session.seq:
            raise _ClosedError(4007, "Invalid seq.")
        if session.socket and session.socket is not socket:
            session.socket.session = None
            session.socket.cut(reset=False)
        session.socket, socket.session, session.lost_at = socket, session, None
        after = max(0, seq - self.mischief.rewind)
        self.mischief.rewind = 0
        if not session.replay(after):
            session.socket = socket.session = None
            del self.sessions[session.id]
            socket.put({"op": sessions.INVALID_SESSION, "s": None, "t": None, "d": False})
            return
        self._journal.note("gateway", what="resume", session=session.id, seq=seq, to=session.seq)
        session.push("RESUMED", {"_trace": []})

    def _members(self, session: Session, data: Any) -> None:
        guild_id = data["guild_id"][0] if isinstance(data["guild_id"], list) else data["guild_id"]
        guild = self._world.guilds[int(guild_id)]
        wanted = [int(one) for one in data.get("user_ids") or guild.members]
        found = [guild.members[one] for one in wanted if one in guild.members]
        chunk: Json = {
            "guild_id": str(guild.id),
            "members": [shapes.member(self._world, one) for one in found],
            "chunk_index": 0,
            "chunk_count": 1,
            "not_found": [str(one) for one in wanted if one not in guild.members],
        }
        if data.get("nonce"):
            chunk["nonce"] = data["nonce"]
        session.push("GUILD_MEMBERS_CHUNK", chunk)

    # The end of sockets

    async def _watch(self, socket: Socket) -> None:
        # Discord waits somewhat longer than it asks for; 1.5 is modelled.
        while True:
            await asyncio.sleep(self._heartbeat / 4)
            silent = self._clock.now() - socket.beat_at > 1.5 * self._heartbeat
            if silent and not socket.half_open:
                self._journal.note("gateway", what="closed", code=4009, reason="no heartbeat")
                await self._close(socket, 4009, "Session timed out.")
                return

    async def _close(self, socket: Socket, code: int, reason: str) -> None:
        socket.closing = True
        await socket.ws.close(code=code, message=reason.encode())

    def _lose(self, socket: Socket) -> None:
        self.sockets.remove(socket)
        if socket.session and socket.session.socket is socket:
            socket.session.socket = None
            socket.session.lost_at = self._clock.now()

    def _prune(self) -> None:
        oldest = self._clock.now() - self._clock.span(_RESUMABLE_S)
        for session in list(self.sessions.values()):
            if session.lost_at is not None and session.lost_at < oldest:
                del self.sessions[session.id]

    # On purpose

    async def disturb(self, what: str, code: int = 4000, which: int | None = None) -> int:
        """Do something to all sockets, or to the one of this place; returns to how many.

        `drop` (FIN), `reset` (RST), `half_open`, `heartbeat` (asked for), `reconnect` (op 7),
        `invalid_resumable` and `invalid` (op 9), `close` with a code.
        """
        struck = list(self.sockets)
        if which is not None:
            struck = struck[which : which + 1]
        for socket in struck:
            self._journal.note("gateway", what=f"on purpose: {what}", code=code)
            if what in {"drop", "reset"}:
                socket.cut(reset=what == "reset")
            elif what == "half_open":
                socket.half_open = True
            elif what == "heartbeat":
                socket.put({"op": sessions.HEARTBEAT, "s": None, "t": None, "d": None})
            elif what == "reconnect":
                socket.put({"op": sessions.RECONNECT, "s": None, "t": None, "d": None})
            elif what in {"invalid", "invalid_resumable"}:
                kept = what == "invalid_resumable"
                if socket.session and not kept:
                    self.sessions.pop(socket.session.id, None)
                    socket.session = None
                socket.put({"op": sessions.INVALID_SESSION, "s": None, "t": None, "d": kept})
            elif what == "close":
                await self._close(socket, code, "")
            else:
                raise KeyError(f"nothing is called {what!r}")
        return len(struck)


def _require_version(request: web.Request) -> None:
    if request.query.get("v", "10") not in {"9", "10"}:
        raise _ClosedError(4012, "Invalid API version.")
