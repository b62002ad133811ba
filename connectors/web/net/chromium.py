"""Chromium without a way out, and one page of it while it is drawn.

Needs the extra `javascript`: `browser.py` imports it where a page is to be drawn, not before.
"""

from __future__ import annotations

import asyncio
import os
import re
import shutil
from concurrent.futures import ThreadPoolExecutor

from playwright.async_api import Browser as Chromium
from playwright.async_api import (
    BrowserContext,
    Error,
    Page,
    Playwright,
    Request,
    Route,
    async_playwright,
)
from playwright.async_api import TimeoutError as PlaywrightTimeout

from connectors.base import ConnectorError
from connectors.http.errors import FailedError, Failure
from connectors.web.net.loading import Drawn, Loading, Part

_SYSTEMS_OWN = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_QUIET = 0.5
"""Seconds without a request and without a change, after which a page counts as done."""
_STAY = Part(204, {}, b"")
"""What leaves a page where it is (RFC 9110, 15.3.5); an abort would show the browser's own page."""
_TICK = 0.1
_LAST = 2.0
"""Seconds for handing over what the page has become, when its time is over."""
_NAVIGATIONS = 5
"""So often a page may send itself elsewhere by script."""
_ARGUMENTS = (
    "--host-resolver-rules=MAP * ~NOTFOUND",
    "--proxy-server=socks5://127.0.0.1:9",
    "--proxy-bypass-list=<-loopback>",
    "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
    "--webrtc-ip-handling-policy=disable_non_proxied_udp",
    "--disable-quic",
    "--dns-prefetch-disable",
    "--no-pings",
    "--disable-background-networking",
    "--js-flags=--max-old-space-size=512",
)
_WITHOUT_SOCKETS = """
for (const name of ["RTCPeerConnection", "webkitRTCPeerConnection", "WebTransport",
                    "EventSource", "SharedWorker"])
  try { delete window[name]; } catch (error) {}
try { Object.defineProperty(Navigator.prototype, "sendBeacon", { value: () => false }); }
catch (error) {}
"""
_SIZE = "document.readyState == 'loading' ? -1 : document.getElementsByTagName('*').length"
_LENGTH = "document.documentElement ? document.documentElement.outerHTML.length : 0"
_ENVIRONMENT = (
    "HOME",
    "LANG",
    "LC_ALL",
    "PATH",
    "TMPDIR",
    "TZ",
    "XDG_CACHE_HOME",
    "XDG_RUNTIME_DIR",
)
"""What the browser sees of ours: no token."""
_NO_BROWSER = (
    "no browser to draw pages with: install one with `playwright install chromium`, or your"
    " system's package `chromium`"
)


async def started() -> Playwright:
    """Start what speaks to browsers."""
    return await async_playwright().start()


async def launched(playwright: Playwright) -> Chromium:
    """Start Playwright's own browser, or else the system's. Raises ConnectorError."""
    own = [path for name in _SYSTEMS_OWN if (path := shutil.which(name))]
    said = ""
    for path in [None, *own]:
        try:
            return await playwright.chromium.launch(
                executable_path=path,
                args=list(_ARGUMENTS),
                # Only root can not have the sandbox: Chromium refuses to start with it.
                chromium_sandbox=os.geteuid() != 0,
                env={name: os.environ[name] for name in _ENVIRONMENT if name in os.environ},
            )
        except Error as error:
            said = error.message if path else ""
    if "sandbox" in said.lower():
        raise ConnectorError(
            "the browser can not start in its sandbox: let the kernel allow user namespaces, or the"
            " container's seccomp profile"
        )
    if said:
        raise ConnectorError("the browser does not start; try it by hand: chromium --headless")
    raise ConnectorError(_NO_BROWSER)


async def new_context(chromium: Chromium) -> BrowserContext:
    """Return a fresh profile: nothing of a page stays for the next one."""
    return await chromium.new_context(
        accept_downloads=False,
        service_workers="block",
        locale="ja-JP",
        timezone_id="Asia/Tokyo",
        viewport={"width": 1280, "height": 2000},
    )


class Drawing:
    """One page while it is drawn."""

    def __init__(
        self,
        context: BrowserContext,
        url: str,
        begin: Part,
        loading: Loading,
        loaders: ThreadPoolExecutor,
    ) -> None:
        self._context, self._url = context, url
        self._begin, self._loading, self._loaders = begin, loading, loaders
        self._pending = self._navigations = 0
        self._page: Page | None = None
        self._status = begin.status

    async def done(self, seconds: float, max_bytes: int) -> Drawn:
        """Return what the page has become after at most so many seconds. Raises FailedError."""
        try:
            html = await self._html(seconds, max_bytes)
            return Drawn(self._url, self._status, html)
        except (PlaywrightTimeout, TimeoutError):
            words = f"its scripts are not done within {seconds:g} s"
        except Error:
            words = "the browser can not draw it"
        raise FailedError(Failure(words, again=True))

    async def _html(self, seconds: float, max_bytes: int) -> str:
        await self._context.add_init_script(_WITHOUT_SOCKETS)
        await self._context.route(re.compile(""), self._route)
        await self._context.route_web_socket(re.compile(""), lambda socket: socket.close())
        page = self._page = await self._context.new_page()
        self._context.on("page", lambda opened: opened.close() if opened is not page else None)
        until = asyncio.get_running_loop().time() + seconds
        # Nothing later: a script that sends the page elsewhere makes the library wait for ever.
        await page.goto(self._url, wait_until="commit", timeout=seconds * 1000)
        # A script without end answers no question.
        async with asyncio.timeout_at(until + _LAST):
            await self._settled(page, until)
            if await page.evaluate(_LENGTH) > max_bytes:
                words = f"drawn, it is larger than {max_bytes:,} bytes"
                raise FailedError(Failure(words, too_large=True))
            return await page.content()

    async def _settled(self, page: Page, until: float) -> None:
        """Return when nothing changes any more, or the time is over."""
        loop = asyncio.get_running_loop()
        size, since = -1, loop.time()
        while loop.time() < until:
            try:
                now = await page.evaluate(_SIZE)
            except Error:  # it goes elsewhere just now
                if page.is_closed():
                    raise
                now = -1
            if self._pending or now != size or now < 0:
                size, since = now, loop.time()
            elif loop.time() - since >= _QUIET:
                return
            await asyncio.sleep(_TICK)

    async def _route(self, route: Route, request: Request) -> None:
        self._pending += 1
        try:
            part = await self._part(request)
            if part is None:
                await route.abort()
            else:
                headers = dict(part.headers)
                await route.fulfill(status=part.status, headers=headers, body=part.body)
        except Error:  # the page is gone, and does not want it any more
            return
        finally:
            self._pending -= 1

    async def _part(self, request: Request) -> Part | None:
        """Return what the page gets; None: nothing."""
        url, kind = request.url, request.resource_type
        if request.is_navigation_request():
            return await self._document(request)
        if not self._loading.may_load(url, kind, request.method):
            return None
        headers = request.headers
        work = asyncio.get_running_loop().run_in_executor
        return await work(self._loaders, self._loading.load, url, kind, headers)

    async def _document(self, request: Request) -> Part | None:
        """Return what the page, or a frame of it, is sent to."""
        if self._page is None or request.frame != self._page.main_frame:
            return None
        self._navigations += 1
        if self._navigations == 1:
            return self._begin
        is_ours = self._loading.is_same_origin(request.url) and request.method == "GET"
        if not is_ours or self._navigations > _NAVIGATIONS:
            return _STAY
        work = asyncio.get_running_loop().run_in_executor
        part = await work(self._loaders, self._loading.load, request.url, "document", {})
        if part is None:
            return _STAY
        self._url, self._status = request.url, part.status
        return part
