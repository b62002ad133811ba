"""Serve the rig until it is ended: `python -m rigs.slack`, settings as JSON on standard input.

Prints one line of JSON when it is ready: the two ports.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import socket
import sys
from pathlib import Path

from aiohttp import web
from rigs.slack.server import Server


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m rigs.slack", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0: one that is free")
    parser.add_argument("--admin-port", type=int, default=0)
    parser.add_argument("--specification", type=Path, help="Slack's description of its Web API")
    parser.add_argument("--with-parent", action="store_true", help="end when the caller is gone")
    return parser.parse_args()


async def _serve(arguments: argparse.Namespace) -> None:
    ended = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    server = Server(json.loads(sys.stdin.read() or "{}"), arguments.specification)
    runners = []
    # Bound before the application is made: it tells clients its own address.
    listening = _listen(arguments.port)
    port = listening.getsockname()[1]
    service = web.AppRunner(
        server.app(f"http://127.0.0.1:{port}"), access_log=None, shutdown_timeout=0.05
    )
    await service.setup()
    await web.SockSite(service, listening).start()
    runners.append(service)
    admin = web.AppRunner(server.admin(), access_log=None, shutdown_timeout=0.05)
    await admin.setup()
    await web.TCPSite(admin, "127.0.0.1", arguments.admin_port).start()
    runners.append(admin)
    sys.stdout.write(f"{json.dumps([port, admin.addresses[0][1]])}\n")
    sys.stdout.flush()
    if arguments.with_parent:
        watch = asyncio.create_task(_orphaned(ended))
        await ended.wait()
        watch.cancel()
    await ended.wait()
    await server.end()
    for runner in runners:
        await runner.cleanup()


async def _orphaned(ended: asyncio.Event) -> None:
    """End with the test run, also where that was killed."""
    parent = os.getppid()
    while os.getppid() == parent:  # noqa: ASYNC110 (nothing tells of it)
        await asyncio.sleep(1)
    ended.set()


def _listen(port: int) -> socket.socket:
    listening = socket.socket()
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listening.bind(("127.0.0.1", port))
    return listening


if __name__ == "__main__":
    asyncio.run(_serve(_arguments()))
