"""`/healthz` and `/metrics`: whether the process does what it is there for, and figures of it.

Knows nothing of how the parts work; it asks them. Neither page holds texts, names or secrets.
"""

from __future__ import annotations

import errno
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from aiohttp import web
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

from bot.inbox import Inbox, Platform
from bot.metrics import Metrics
from bot.settings import Serve, SettingsError

IndexState = Literal["ok", "empty", "away"]
"""`empty`: nothing was ingested yet; `away`: it can not be opened, or its server is silent."""


@dataclass(slots=True)
class Condition:
    """How the parts of the process are, now."""

    platforms: Mapping[str, Platform] = field(default_factory=dict)
    wanted: tuple[str, ...] = ()
    """Names of the platforms that are configured."""
    inbox: Inbox | None = None
    database: bool = False
    """Whether it answered when it was last asked, where there is no inbox to tell."""
    index: IndexState = "away"

    @property
    def database_works(self) -> bool:
        return self.inbox.database_healthy if self.inbox else self.database

    @property
    def open_turns(self) -> int:
        return self.inbox.open_turns if self.inbox else 0

    def hears(self, platform: str) -> bool:
        """Tell whether a platform is connected, with a token that is valid."""
        return platform in self.platforms and self.platforms[platform].healthy

    @property
    def well(self) -> bool:
        """Whether everything that is configured works."""
        heard = all(self.hears(name) for name in self.wanted)
        return heard and self.database_works and self.index == "ok"

    def report(self) -> dict[str, Any]:
        """Return what `/healthz` says."""
        return {
            "status": "ok" if self.well else "failing",
            "platforms": {name: self.hears(name) for name in self.wanted},
            "database": self.database_works,
            "index": self.index,
            "open_turns": self.open_turns,
        }


class HealthServer:
    """Serves both pages on one address."""

    def __init__(self, serve: Serve, condition: Condition, metrics: Metrics) -> None:
        self._serve = serve
        self._condition = condition
        self._metrics = metrics
        self._runner: web.AppRunner | None = None

    async def start(self) -> None:
        """Listen; `SettingsError` where the address can not be had. Port 0: do not."""
        if not self._serve.port:
            return
        application = web.Application()
        application.router.add_get("/healthz", self._healthz)
        application.router.add_get("/metrics", self._figures)
        # Pages are small and asked for by machines: nobody needs a line for each of them.
        runner = web.AppRunner(application, access_log=None, handle_signals=False)
        await runner.setup()
        site = web.TCPSite(runner, self._serve.host, self._serve.port, shutdown_timeout=0.5)
        try:
            await site.start()
        except OSError as error:
            await runner.cleanup()
            raise SettingsError(_unavailable(self._serve, error)) from None
        self._runner = runner

    async def close(self) -> None:
        """Stop listening."""
        if self._runner:
            await self._runner.cleanup()

    async def _healthz(self, _: web.Request) -> web.Response:
        well = self._condition.well
        return web.json_response(self._condition.report(), status=200 if well else 503)

    async def _figures(self, _: web.Request) -> web.Response:
        condition = self._condition
        for name in condition.wanted:
            self._metrics.up(name, works=condition.hears(name))
        self._metrics.up("database", works=condition.database_works)
        self._metrics.up("index", works=condition.index == "ok")
        self._metrics.open_turns(condition.open_turns)
        body = generate_latest(self._metrics.registry)
        return web.Response(body=body, headers={"Content-Type": CONTENT_TYPE_LATEST})


def _unavailable(serve: Serve, error: OSError) -> str:
    where = f"{serve.host}:{serve.port}"
    if error.errno == errno.EADDRINUSE:
        return (
            f"{where} is in use, perhaps by another `kurage serve`; end that one, or set another "
            "`port` in [serve] of kurage.toml (0: no /healthz and /metrics)"
        )
    return f"can not listen on {where} ({error.strerror}); see `host` and `port` in [serve]"
