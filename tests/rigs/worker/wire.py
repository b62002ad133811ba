"""Sends the events of an answer, with what is to go wrong on the way. Knows nothing of models."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from aiohttp import web
from rigs import faults as connections
from rigs.worker import shapes
from rigs.worker.faults import Fault

_GARBAGE = b"\x00\x7f<<>>: }{ \xe3\x81\x82 \r\n;;;\n\nevent\ndata\n\n"
_FOREVER = 3600.0
_GATEWAY = "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>nginx</body></html>\r\n"


async def instead(request: web.Request, fault: Fault | None) -> web.StreamResponse | None:
    """Return, or have happen, what comes instead of an answer; None: the answer comes."""
    if fault is None:
        return None
    if fault.kind in {"hang", "slow"}:
        await asyncio.sleep(_FOREVER if fault.kind == "hang" else fault.seconds)
    if fault.kind in {"reset", "close"}:
        connections.end(request.transport, reset=fault.kind == "reset")
        await asyncio.sleep(_FOREVER)
    if fault.kind == "html":
        return web.Response(
            status=fault.status, text=_GATEWAY, content_type="text/html", headers=fault.headers
        )
    if fault.kind == "status":
        return _status(fault)
    return None


def _status(fault: Fault) -> web.Response:
    if isinstance(fault.body, bytes):
        return web.Response(
            status=fault.status,
            body=fault.body,
            headers={"Content-Type": "application/json", **fault.headers},
        )
    body = fault.body or shapes.error(fault.status, fault.message)
    return web.json_response(body, status=fault.status, headers=fault.headers)


async def send(
    request: web.Request, events: AsyncIterator[tuple[bytes, bool]], fault: Fault | None
) -> web.StreamResponse:
    """Send events; those that carry text are told apart, for a fault that comes behind some."""
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream; charset=utf-8"})
    await response.prepare(request)
    amid = fault is not None and fault.kind.endswith("_amid")
    sent, last = 0, b""
    async for data, has_text in events:
        if fault and fault.kind == "hang_before_text" and has_text:
            await asyncio.sleep(_FOREVER)
        if fault and amid and has_text and sent >= fault.after:
            break
        if fault and fault.kind == "no_done" and data == shapes.DONE:
            continue
        if fault and fault.kind == "endless" and b'"finish_reason":"' in data:
            break
        await _write(response, data, one_by_one=bool(fault and fault.kind == "split"))
        sent, last = sent + has_text, data if has_text else last
    if fault and amid:
        await _trouble(request, response, fault, last)
    if fault and fault.kind == "endless":
        while True:
            await response.write(last)
            await asyncio.sleep(fault.seconds or 0.001)
    await response.write_eof()
    return response


async def _write(response: web.StreamResponse, data: bytes, *, one_by_one: bool) -> None:
    if not one_by_one:
        await response.write(data)
        return
    for place in range(len(data)):
        await response.write(data[place : place + 1])
        await asyncio.sleep(0)


async def _trouble(
    request: web.Request, response: web.StreamResponse, fault: Fault, last: bytes
) -> None:
    """Have happen what happens behind some pieces."""
    if fault.kind == "hang_amid":
        await asyncio.sleep(_FOREVER)
    elif fault.kind in {"close_amid", "reset_amid"}:
        # What was written must be on its way before a FIN; RST may well overtake it.
        await asyncio.sleep(0.01)
        connections.end(request.transport, reset=fault.kind == "reset_amid")
        await asyncio.sleep(_FOREVER)
    elif fault.kind == "error_amid":
        await response.write(shapes.event(shapes.error(fault.status, fault.message)) + shapes.DONE)
    elif fault.kind == "garbage_amid":
        await response.write(_GARBAGE)
    elif fault.kind == "json_amid":
        await response.write(last[: len(last) // 2] + b"\n\n")
    elif fault.kind == "no_choices_amid":
        await response.write(shapes.event({"object": "chat.completion.chunk", "choices": "none"}))
    elif fault.kind == "utf8_amid":
        for part in (b'data: {"choices": [{"delta": {"content": "\xe6\x97', b"\xff\xfe", b'"}}]}'):
            await response.write(part)
            await asyncio.sleep(0.01)
        await response.write(b"\n\n")
