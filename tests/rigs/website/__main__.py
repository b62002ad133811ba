"""Serve the sites until they are ended: `python -m rigs.website --pages 5000`.

Prints one line of JSON when it is ready: `url`, `port`, and `control`, the port at which
`rigs.website.process` steers it.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import signal
import sys
from typing import Any

from aiohttp import web
from rigs.website.process import answered
from rigs.website.rig import WebsiteRig


def _options() -> dict[str, Any]:
    parser = argparse.ArgumentParser(prog="python -m rigs.website", description=__doc__)
    parser.add_argument("options", nargs="?", default="{}", help="of WebsiteRig, as JSON")
    parser.add_argument("--pages", type=int)
    parser.add_argument("--seed", type=int)
    parser.add_argument("--port", type=int, help="one that is free, where not given")
    given = vars(parser.parse_args())
    options = dict(json.loads(given.pop("options")))
    return options | {key: value for key, value in given.items() if value is not None}


def _controlled(rig: WebsiteRig) -> web.Application:
    async def control(request: web.Request) -> web.Response:
        try:
            said = answered(rig, await request.json())
        except Exception as error:  # noqa: BLE001 - told to the test, which raises it
            body = {"error": type(error).__name__, "message": str(error)}
            return web.json_response(body, status=500)
        return web.json_response({"result": said})

    app = web.Application(client_max_size=1 << 30)
    app.router.add_post("/", control)
    return app


async def _serve(rig: WebsiteRig) -> None:
    ended = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    runner = web.AppRunner(_controlled(rig), access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    said = {"url": rig.url, "port": rig.port, "control": runner.addresses[0][1]}
    sys.stdout.write(f"{json.dumps(said)}\n")
    sys.stdout.flush()
    await ended.wait()
    await runner.cleanup()


if __name__ == "__main__":
    with WebsiteRig(**_options()) as serving:
        asyncio.run(_serve(serving))
