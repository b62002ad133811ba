"""Serve the rig until it is ended: `python -m rigs.qdrant --folder F [--port N] …`.

Prints one line of JSON when it is ready: the two ports.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import ssl
import sys
from pathlib import Path

from aiohttp import web
from rigs.qdrant.contract import Contract
from rigs.qdrant.server import MAX_BODY, Keys, Server


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m rigs.qdrant", description=__doc__)
    parser.add_argument("--folder", type=Path, required=True, help="where the data is kept")
    parser.add_argument("--port", type=int, default=0, help="0: one that is free")
    parser.add_argument("--admin-port", type=int, default=0)
    parser.add_argument("--specification", type=Path, help="Qdrant's OpenAPI description")
    parser.add_argument("--max-body", type=int, default=MAX_BODY, help="bytes")
    parser.add_argument("--certificate", type=Path, help="PEM with key and chain: serve TLS")
    return parser.parse_args()


async def _serve(arguments: argparse.Namespace) -> None:
    ended = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    tls = None
    if arguments.certificate:
        tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        tls.load_cert_chain(arguments.certificate)
    server = Server(
        arguments.folder,
        contract=Contract(arguments.specification) if arguments.specification else None,
        # Keys come by the environment, as the server's own do: arguments are seen by everyone.
        keys=Keys(
            os.environ.get("QDRANT__SERVICE__API_KEY"),
            os.environ.get("QDRANT__SERVICE__READ_ONLY_API_KEY"),
        ),
        max_body=arguments.max_body,
    )
    runners = []
    for app, port, context in [
        (server.app(), arguments.port, tls),
        (server.admin(), arguments.admin_port, None),
    ]:
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", port, ssl_context=context).start()
        runners.append(runner)
    ports = json.dumps([runner.addresses[0][1] for runner in runners])
    sys.stdout.write(f"{ports}\n")
    sys.stdout.flush()
    await ended.wait()
    for runner in runners:
        await runner.cleanup()
    server.close()


if __name__ == "__main__":
    asyncio.run(_serve(_arguments()))
