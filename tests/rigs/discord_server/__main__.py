"""Serve the rig until it is ended: `python -m rigs.discord_server [--port N] [--seed N] …`.

Prints one line of JSON when it is ready: the two ports, and the bot's token.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import signal
import sys

from aiohttp import web
from rigs.discord_server.core import furnished
from rigs.discord_server.operate import admin
from rigs.discord_server.server import Server


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m rigs.discord_server", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0: one that is free")
    parser.add_argument("--admin-port", type=int, default=0)
    parser.add_argument("--seed", type=int, default=0, help="of the company and of the faults")
    parser.add_argument("--speed", type=float, default=1.0, help="Discord's seconds in one")
    parser.add_argument("--heartbeat", type=float, default=41.25, help="seconds that hello asks")
    return parser.parse_args()


async def _serve(arguments: argparse.Namespace) -> None:
    ended = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    options = {name: getattr(arguments, name) for name in ("seed", "speed", "heartbeat")}
    core = furnished(**options)
    server = Server(core)
    runners = []
    for app, port in [
        (server.app(), arguments.port),
        (admin(server, options), arguments.admin_port),
    ]:
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", port).start()
        runners.append(runner)
    ports = [runner.addresses[0][1] for runner in runners]
    core.base = f"http://127.0.0.1:{ports[0]}"
    core.gateway.address = f"ws://127.0.0.1:{ports[0]}/"
    sys.stdout.write(f"{json.dumps([*ports, core.world.token])}\n")
    sys.stdout.flush()
    await ended.wait()
    for runner in runners:
        await runner.cleanup()


if __name__ == "__main__":
    asyncio.run(_serve(_arguments()))
