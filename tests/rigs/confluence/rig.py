"""Starts, ends, hurts and questions the rig from a test, in a thread of its own.

    with ConfluenceRig(edition="cloud") as rig:
        space = rig.site.add_space("ENG")
        page = rig.site.add_page(space, "休暇", "<p>有給休暇の申請</p>")

For measurements `rigs.confluence.process` runs the same in a process.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Mapping
from email.utils import formatdate
from types import TracebackType
from typing import Any, Self
from zoneinfo import ZoneInfo

from aiohttp import web
from rigs.confluence.contract import contract, specifications
from rigs.confluence.core import Core, Oddity, Request, Settings
from rigs.confluence.generator import Generator
from rigs.confluence.records import Edition
from rigs.confluence.routes_web import identified
from rigs.confluence.server import Server
from rigs.confluence.truth import Truth, Truths
from rigs.confluence.world import World
from rigs.ending import end
from rigs.faults import Fault

_WAIT_S = 30.0


class ConfluenceRig:
    """A Confluence site on loopback; a context manager."""

    def __init__(
        self,
        *,
        edition: Edition = "cloud",
        seed: int = 1,
        pages: int = 0,
        extras: bool = False,
        size: int = 5000,
        validated: bool = True,
        lag: float = 0.0,
        time_zone: str = "Asia/Tokyo",
        port: int = 0,
        **settings: Any,
    ) -> None:
        """Prepare a site of `pages` generated pages of `size` bytes: see `Generator.fill`.

        `validated` off leaves requests and answers unchecked even where the OpenAPI descriptions
        are at hand: for measuring. `lag` is that of the search index, in seconds of the site's
        clock. `settings` are fields of `rigs.confluence.core.Settings`.
        """
        world = World(edition, seed=seed, lag=lag)
        self.settings = Settings(edition=edition, zone=ZoneInfo(time_zone), **settings)
        """May be changed while it runs: `rig.settings.per_second = 10`."""
        self.site = world
        """The site: what people do to it."""
        self.core = Core(world, self.settings, seed=seed)
        self._truths = Truths(world, self.core.sight)
        self.generator = Generator(world, self._truths, seed=seed, size=size)
        """Fills the site and goes on writing in it: `rewrite`, `remark`."""
        if pages or extras:
            self.generator.fill(pages, extras=extras)
        paths = specifications() if validated and edition == "cloud" else None
        self._server = Server(self.core, contract(paths) if paths else None)
        self._port = port
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._runners: list[web.AppRunner] = []

    def __enter__(self) -> Self:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._run(self._start())
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        assert self._loop, "it was entered"
        assert self._thread, "it was entered"
        self._run(self._stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    # Where it is

    @property
    def url(self) -> str:
        """The site's base: with `/wiki` in Cloud, without in Data Center."""
        return self.core.shapes.base

    @property
    def gateway(self) -> str:
        """Where scoped tokens work (Cloud)."""
        return f"{self.core.root}/ex/confluence/{self.core.cloud_id}/wiki"

    @property
    def email(self) -> str:
        """Of the account that reads the site."""
        return self.site.people[self.site.account].email

    @property
    def token(self) -> str:
        """Its API token, or personal access token."""
        return self.core.token

    # Time

    @property
    def skew(self) -> float:
        """How far the site's clock is ahead of ours, in seconds."""
        return self.site.clock.skew

    @skew.setter
    def skew(self, seconds: float) -> None:
        self.site.clock.skew = seconds

    def set_skew(self, seconds: float) -> None:
        """Let the site's clock be so far ahead of ours."""
        self.skew = seconds

    def advance(self, seconds: float) -> None:
        """Let time pass at the site: index lag, `now()`, the dates of changes."""
        self.site.clock.advance(seconds)

    def settle(self) -> None:
        """Let the search index learn of everything at once."""
        with self.site.lock:
            self.site.index.settle()

    def configure(self, **settings: Any) -> None:
        """Change fields of `settings`."""
        for name, value in settings.items():
            setattr(self.settings, name, value)

    # What goes wrong

    def fault(self, fault: Fault) -> None:
        """Let requests that fit fail; paths begin with `/wiki` in Cloud."""
        self.core.faults.add(fault)

    def throttle(
        self,
        times: int | None = 1,
        *,
        seconds: int = 1,
        as_date: bool = False,
        status: int = 429,
        **rule: Any,
    ) -> None:
        """Let requests be refused with Retry-After, in seconds or as a date (RFC 9110)."""
        wait = formatdate(self.site.clock.now() + seconds, usegmt=True) if as_date else str(seconds)
        self.fault(Fault(times=times, status=status, headers={"Retry-After": wait}, **rule))

    def odd(self, kind: Oddity, path: str = "*", *, times: int | None = 1, skip: int = 0) -> None:
        """Let answers be odd although their status is 200: see `Oddity`."""
        self.core.odd(kind, Fault(path=path, times=times, skip=skip))

    def expire_token(self, after: int = 0) -> None:
        """Let the token be refused after so many further requests, for good."""
        self.core.good_for = after

    def renew_token(self) -> None:
        """Let the token be good again."""
        self.core.good_for, self.core.gone_bad = None, False

    def recover(self) -> None:
        """End all faults and oddities."""
        self.core.recover()

    # What was seen

    @property
    def requests(self) -> int:
        """How many requests came in, those to the host of files included."""
        return self.core.requests

    @property
    def journal(self) -> list[Request]:
        """The requests, in the order of their answers."""
        return list(self.core.journal)

    @property
    def bodies_served(self) -> Mapping[tuple[str, int], int]:
        """How many times the body of a content's version was sent whole."""
        return dict(self.core.bodies_served)

    @property
    def contents_served(self) -> int:
        """How many bodies were sent whole, repetitions included."""
        return self.core.bodies_served.total()

    def served(self) -> dict[str, int]:
        """Return the same with `ID@VERSION` as keys."""
        return {f"{key}@{version}": n for (key, version), n in self.core.bodies_served.items()}

    @property
    def violations(self) -> list[str]:
        """Requests and answers that break the descriptions, or that no route knows."""
        return list(self.core.violations)

    def forget(self) -> None:
        """Set counters and journal back to nothing."""
        self.core.requests = 0
        self.core.journal.clear()
        self.core.bodies_served.clear()
        self.core.violations.clear()

    # What is true

    def truth(self, content_id: str) -> Truth:
        """Return what the text of a generated page, file or thread holds, and must not hold."""
        return self._truths.of(content_id)

    def truths(self) -> dict[str, Truth]:
        """Return the same for everything that was generated and is a document now, by id."""
        return self._truths.everything()

    def anchors(self, page_id: str) -> dict[str, str]:
        """Return the id of each heading of a page by its text; the first where two are alike."""
        return dict(reversed(self.headings(page_id)))

    def headings(self, page_id: str) -> list[tuple[str, str]]:
        """Return text and id of the headings that the web page of a page shows, in order."""
        with self.site.lock:
            return identified(self.core, self.site.contents[page_id])

    def web(self, page_id: str) -> str:
        """Return a page's web address, by id."""
        content = self.site.contents[page_id]
        if self.settings.edition == "cloud" and content.kind == "page":
            return f"{self.url}/spaces/{content.space}/pages/{page_id}"
        return f"{self.url}/pages/viewpage.action?pageId={page_id}"

    # In its thread

    def _run(self, work: Any) -> Any:
        assert self._loop, "it was entered"
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(_WAIT_S)

    async def _start(self) -> None:
        ports = []
        for app, port in ((self._server.app(), self._port), (self._server.media(), 0)):
            runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
            await runner.setup()
            await web.TCPSite(runner, "127.0.0.1", port).start()
            self._runners.append(runner)
            ports.append(runner.addresses[0][1])
        self._port = ports[0]
        self.core.root = f"http://127.0.0.1:{ports[0]}"
        # Another host, as the real one is: by name what the site is by number.
        self.core.media = f"http://localhost:{ports[1]}"
        context = "/wiki" if self.settings.edition == "cloud" else ""
        self.core.shapes.base = self.core.root + context

    async def _stop(self) -> None:
        await end(self._runners)
        self._runners.clear()
