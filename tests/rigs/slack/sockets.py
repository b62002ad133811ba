"""Socket Mode: tickets, sockets, envelopes, acknowledgements and their redelivery.

Modelled: a delivery without a socket waits for one up to the acknowledgement deadline; redelivery
follows the schedule of HTTP; sockets take turns; every attempt has an envelope id of its own. Also
modelled: a socket that answers no ping for three intervals is closed.
"""

from __future__ import annotations

import asyncio
import json
import time
import uuid
from random import Random
from typing import Any

from aiohttp import WSMsgType, web
from rigs import faults
from rigs.slack.clock import Clock
from rigs.slack.journal import Journal

Json = dict[str, Any]

MAX_SOCKETS = 10
REDELIVERY_S = (0.0, 60.0, 300.0)
ACK_S = 3.0
_TICKET_S = 30.0
# Between a `disconnect` and the end of the socket.
_WARNING_S = 10.0
_HOST = "applink-rig"


class Socket:
    def __init__(self, number: int, ws: web.WebSocketResponse, transport: Any) -> None:
        self.number = number
        self.ws = ws
        self.transport = transport
        self.silent = False
        """Half-open: what is sent vanishes, what comes in is not read."""
        self.going = False
        """Told to disconnect; gets no further envelopes."""
        self.heard = time.monotonic()

    async def send(self, message: Json) -> None:
        if not self.silent:
            await self.ws.send_str(json.dumps(message, ensure_ascii=False))

    def end(self, *, reset: bool) -> None:
        faults.end(self.transport, reset=reset)


class Sockets:
    def __init__(
        self, app_id: str, clock: Clock, journal: Journal, rules: faults.Faults, seed: int
    ) -> None:
        self.redelivery = REDELIVERY_S
        self.ack_deadline = ACK_S
        self.ping_interval = 10.0
        self.refresh_after: float | None = None
        """Seconds after which a socket is asked to refresh; None: never."""
        self.copies = 1
        self.copying = 1.0
        """How likely a delivery comes in `copies`, each in an envelope of its own."""
        self.held = False
        """Nothing is delivered until it is released."""
        self._app_id = app_id
        self._clock = clock
        self._journal = journal
        self._rules = rules
        self._drawn = Random(seed)
        self._tickets: dict[str, float] = {}
        self._open: list[Socket] = []
        self._turn = 0
        self._count = 0
        self._came = asyncio.Event()
        self._waiting: dict[str, asyncio.Future[Json]] = {}
        self._tasks: set[asyncio.Task[Any]] = set()

    # Connecting

    def ticket(self) -> str:
        """Return a ticket that opens one socket, once."""
        drawn = uuid.UUID(int=self._drawn.getrandbits(128), version=4)
        self._tickets[str(drawn)] = self._clock.now()
        return str(drawn)

    def numbers(self) -> list[int]:
        return [socket.number for socket in self._usable()]

    def _usable(self) -> list[Socket]:
        return [socket for socket in self._open if not socket.going]

    async def upgrade(self, request: web.Request) -> web.StreamResponse:
        """Serve one socket from its upgrade to its end."""
        ticket = request.query.get("ticket", "")
        fault = self._rules.next("GET", "socket")
        issued = self._tickets.pop(ticket, None)
        late = issued is None or self._clock.now() - issued > _TICKET_S
        if fault and fault.cut:
            self._journal.write("upgrade_refused", reason="cut")
            faults.end(request.transport, reset=fault.reset)
            return web.Response(status=500)
        if fault or late:
            status = (fault.status if fault else None) or 403
            self._journal.write(
                "upgrade_refused", reason="fault" if fault else "ticket", status=status
            )
            return web.Response(status=status, text="invalid ticket")
        ws = web.WebSocketResponse(autoping=False, max_msg_size=4 * 1024 * 1024)
        await ws.prepare(request)
        self._count += 1
        socket = Socket(self._count, ws, request.transport)
        await self._serve(socket)
        return ws

    async def _serve(self, socket: Socket) -> None:
        if len(self._open) >= MAX_SOCKETS:
            self._journal.write("socket_refused", socket=socket.number)
            await self._disconnect(socket, "too_many_websockets")
            await socket.ws.close()
            return
        self._open.append(socket)
        self._journal.write("socket_opened", socket=socket.number, open=len(self._open))
        await socket.send(
            {
                "type": "hello",
                "num_connections": len(self._open),
                "debug_info": {
                    "host": _HOST,
                    "build_number": 1,
                    "approximate_connection_time": 18060,
                },
                "connection_info": {"app_id": self._app_id},
            }
        )
        self._came.set()
        pings = self._start(self._ping(socket))
        try:
            async for message in socket.ws:
                if message.type == WSMsgType.PING and not socket.silent:
                    await socket.ws.pong(message.data)
                elif message.type == WSMsgType.PONG:
                    socket.heard = self._clock.now()
                elif message.type == WSMsgType.TEXT:
                    self._heard(socket, message.data)
        except ConnectionError:
            pass
        finally:
            pings.cancel()
            self._gone(socket)

    def _gone(self, socket: Socket) -> None:
        if socket in self._open:
            self._open.remove(socket)
            self._journal.write("socket_closed", socket=socket.number, open=len(self._open))
        if not self._usable():
            self._came.clear()

    async def _ping(self, socket: Socket) -> None:
        began = self._clock.now()
        while True:
            # Not hastened by the clock: a client answers as fast as it can.
            await asyncio.sleep(self.ping_interval)
            silence = self._clock.now() - socket.heard
            if silence > 3 * self.ping_interval:
                socket.end(reset=False)
            elif not socket.silent and not socket.ws.closed:
                await socket.ws.ping(f"Ping from {_HOST}".encode())
            age = self._clock.now() - began
            if self.refresh_after and age > self.refresh_after:
                await self.disconnect("refresh_requested", [socket.number])
                return

    # Trouble on demand

    def chosen(self, numbers: list[int] | None) -> list[Socket]:
        return [one for one in self._open if numbers is None or one.number in numbers]

    def cut(self, numbers: list[int] | None, *, reset: bool) -> None:
        """End sockets without a word: by FIN, or by RST."""
        for socket in self.chosen(numbers):
            self._journal.write("socket_cut", socket=socket.number, reset=reset)
            socket.end(reset=reset)
            self._gone(socket)

    def silence(self, numbers: list[int] | None) -> None:
        """Leave sockets half-open: they look alive and carry nothing."""
        for socket in self.chosen(numbers):
            self._journal.write("socket_silent", socket=socket.number)
            socket.silent = True
            socket.transport.pause_reading()

    async def close(self, numbers: list[int] | None) -> None:
        """End sockets with a CLOSE frame."""
        for socket in self.chosen(numbers):
            socket.going = True
            await socket.ws.close(code=1000)

    async def disconnect(self, reason: str, numbers: list[int] | None = None) -> None:
        """Ask clients to leave their sockets, and close these a little later."""
        for socket in self.chosen(numbers):
            await self._disconnect(socket, reason)
            if reason != "warning":
                socket.going = True
            self._start(self._close_later(socket))
        if not self._usable():
            self._came.clear()

    async def _disconnect(self, socket: Socket, reason: str) -> None:
        self._journal.write("disconnect", socket=socket.number, reason=reason)
        await socket.send({"type": "disconnect", "reason": reason, "debug_info": {"host": _HOST}})

    async def _close_later(self, socket: Socket) -> None:
        await self._clock.sleep(_WARNING_S)
        if not socket.ws.closed:
            await socket.ws.close(code=1000)

    # Envelopes

    def event(self, payload: Json, name: str) -> None:
        """Deliver an event until it is acknowledged or the schedule is at its end."""
        self._start(self._deliver(payload, name))

    async def _deliver(self, payload: Json, name: str) -> None:
        event_id = payload["event_id"]
        self._journal.write("event", event_id=event_id, name=name, payload=payload)
        acked: asyncio.Future[Json] = asyncio.get_running_loop().create_future()
        for attempt, wait in enumerate((0.0, *self.redelivery)):
            if attempt:
                await self._clock.sleep(wait)
            if not acked.done():
                envelope = {
                    "payload": payload,
                    "type": "events_api",
                    "accepts_response_payload": False,
                    "retry_attempt": attempt,
                    "retry_reason": "timeout" if attempt else "",
                }
                await self._attempt(envelope, name, acked)
            if acked.done():
                return
        self._journal.write("event_lost", event_id=event_id, name=name)

    async def request(self, kind: str, payload: Json, name: str, *, answered: bool) -> Json | None:
        """Deliver a command or an interaction once; return the ack's payload, None without one."""
        acked: asyncio.Future[Json] = asyncio.get_running_loop().create_future()
        envelope = {"payload": payload, "type": kind, "accepts_response_payload": answered}
        await self._attempt(envelope, name, acked)
        return acked.result() if acked.done() else None

    async def _attempt(self, envelope: Json, name: str, acked: asyncio.Future[Json]) -> None:
        fault = self._rules.next("ENVELOPE", f"{envelope['type']}/{name}")
        if fault and fault.delay:
            await asyncio.sleep(fault.delay)
        try:
            async with asyncio.timeout(self._clock.lasting(self.ack_deadline)):
                socket = await self._next()
                twice = self._drawn.random() < self.copying
                if fault and fault.cut == "before":
                    # What was to be said on it is lost: it comes again by the schedule.
                    self.cut([socket.number], reset=fault.reset)
                else:
                    for _ in range(self.copies if twice else 1):
                        await self._send(socket, envelope, name, acked)
                if fault and fault.cut == "after":
                    # Let the bytes leave first: what is tested is the lost acknowledgement.
                    await asyncio.sleep(0)
                    self.cut([socket.number], reset=fault.reset)
                await asyncio.shield(acked)
        except TimeoutError:
            self._journal.write("ack_missed", name=name, attempt=envelope.get("retry_attempt", 0))

    async def _next(self) -> Socket:
        while self.held or not (usable := self._usable()):
            self._came.clear()
            await self._came.wait()
        self._turn += 1
        return usable[self._turn % len(usable)]

    def release(self) -> None:
        self.held = False
        if self._usable():
            self._came.set()

    async def _send(
        self, socket: Socket, envelope: Json, name: str, acked: asyncio.Future[Json]
    ) -> None:
        envelope_id = str(uuid.UUID(int=self._drawn.getrandbits(128), version=4))
        self._waiting[envelope_id] = acked
        self._journal.write(
            "delivery",
            name=name,
            envelope_id=envelope_id,
            event_id=envelope["payload"].get("event_id"),
            socket=socket.number,
            attempt=envelope.get("retry_attempt", 0),
            vanished=socket.silent,
        )
        try:
            await socket.send({"envelope_id": envelope_id, **envelope})
        except (ConnectionError, RuntimeError):
            self._gone(socket)

    def _heard(self, socket: Socket, text: str) -> None:
        try:
            answer = json.loads(text)
            envelope_id = answer["envelope_id"]
        except (ValueError, KeyError, TypeError):
            self._journal.write(
                "violation", about="ack", what=f"not an acknowledgement: {text[:200]}"
            )
            return
        acked = self._waiting.get(envelope_id)
        payload = answer.get("payload") or {}
        self._journal.write(
            "ack", envelope_id=envelope_id, socket=socket.number, payload=payload or None
        )
        if acked is None:
            self._journal.write("violation", about="ack", what=f"unknown envelope {envelope_id}")
        elif not acked.done():
            acked.set_result(payload)

    def _start(self, work: Any) -> asyncio.Task[Any]:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def forget(self) -> None:
        """Drop everything that is under way; sockets stay open."""
        for task in [task for task in self._tasks if task.get_coro().__name__ == "_deliver"]:  # type: ignore[union-attr]
            task.cancel()

    async def end(self) -> None:
        for task in list(self._tasks):
            task.cancel()
        for socket in list(self._open):
            socket.end(reset=False)
