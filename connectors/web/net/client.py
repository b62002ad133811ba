"""The client for web pages: `Web`.

    web = Web(delay=0.5)
    if web.may_fetch(url):
        answer = web.get(url, max_bytes=50_000_000)

Guarded (`guard.py`), polite (`turns.py`, `robots.py`), and discreet (`login.py`). Knows nothing of
what pages say, which of them count, and what becomes of them.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Collection
from dataclasses import replace

import httpx2

from connectors.http.errors import Failure, HttpError
from connectors.web.net import robots
from connectors.web.net.asking import Asker, Got, Patience, Wanted, named
from connectors.web.net.browser import Browser
from connectors.web.net.connections import port_of
from connectors.web.net.guard import Guard, Resolve
from connectors.web.net.loading import Kept, Loading, Part
from connectors.web.net.login import Identity, Login
from connectors.web.net.robots import Robots, RobotsError
from connectors.web.values import Answer, Validators

_REDIRECTS = 10
_STATUS_REDIRECT = frozenset({301, 302, 303, 307, 308})
_STATUS_PERMANENT = frozenset({301, 308})
_LONGEST_ADDRESS = 8_000
"""Characters; servers refuse longer ones (RFC 9110, 4.1)."""


class Web:
    """A client for web pages; threads may share it.

    `login` is told to the origins of `login_hosts` (addresses) alone; their ports may be asked
    beside 80 and 443. `private_hosts` may be inside of a network, as `guard.py` says. `delay`
    (seconds) and `at_once` hold for each host; a longer Crawl-delay wins, and then one request runs
    at a time. `timeout` is in seconds, for each piece of an answer; a whole answer may take ten
    times as long. `resolve` is called as `socket.getaddrinfo` is.
    """

    def __init__(
        self,
        *,
        login: Login | None = None,
        login_hosts: Collection[str] = (),
        private_hosts: Collection[str] = (),
        robots: bool = True,
        delay: float = 0.5,
        at_once: int = 2,
        javascript: bool = False,
        secrets: Collection[str] = (),
        timeout: float = 30,
        attempts: int = 3,
        backoff: float = 0.5,
        longest_wait: float = 300,
        user_agent: str = "kurage-bot",
        resolve: Resolve = socket.getaddrinfo,
    ) -> None:
        seeds = [_address(url) for url in login_hosts]
        self._obeys = robots
        self._at_once = at_once
        self._javascript = javascript
        self._longest_wait = longest_wait
        self._asker = Asker(
            Guard(private_hosts, {port_of(url) for url in seeds}, resolve),
            Identity(login, [str(url) for url in seeds]),
            patience=Patience(timeout, attempts, backoff, longest_wait),
            delay=delay,
            at_once=at_once,
            user_agent=user_agent,
            secrets=secrets,
        )
        self._robots = Robots(self._robots_txt, user_agent)
        self._browser = Browser(timeout=timeout)
        self._kept = Kept()

    @property
    def requests(self) -> int:
        """How many requests were made: tries, redirects, robots.txt, those of the browser."""
        return self._asker.requests

    @property
    def javascript(self) -> bool:
        """Whether pages are to be drawn by a browser."""
        return self._javascript

    def workers(self) -> int:
        """Return how many requests run to one host at once, at most."""
        return self._at_once

    def get(
        self,
        url: str,
        *,
        validators: Validators | None = None,
        max_bytes: int,
        follow: Callable[[str], bool] | None = None,
    ) -> Answer:
        """Return the answer of an address, whatever its status.

        With `validators` it may be 304. Redirects are followed where `follow` says so (None: all);
        where it does not, the answer is the redirect itself, and `url` where it leads. Raises
        HttpError where nothing answers, or may; TooLargeError above `max_bytes`.
        """
        return self._follow(_address(url), validators, max_bytes, follow)

    def render(self, url: str, *, max_bytes: int, answer: Answer | None = None) -> Answer:
        """Return an HTML page as a browser shows it after its scripts ran, in UTF-8.

        `answer` is the page as `get` returned it; None: it is asked for. Only HTML of status 2xx
        is drawn, other answers are returned as they are. Where scripts send the page elsewhere
        within its origin, that counts as a temporary redirect. Raises ConnectorError that says
        what to install where there is no browser, HttpError where the page can not be drawn.
        """
        answer = answer or self.get(url, max_bytes=max_bytes)
        if not 200 <= answer.status < 300 or "html" not in (answer.content_type or "").lower():
            return answer
        begin = Part(answer.status, {"content-type": answer.content_type or ""}, answer.body)
        loading = Loading(self._asker, self._kept, answer.url)
        drawn = self._browser.draw(answer.url, begin, loading, max_bytes=max_bytes)
        if drawn.url != answer.url:
            hops = (*answer.hops, answer.url)
            answer = replace(answer, url=drawn.url, hops=hops, permanent=False)
        body = drawn.html.encode("utf-8", "replace")
        return replace(
            answer, status=drawn.status, body=body, content_type="text/html; charset=utf-8"
        )

    def browser(self) -> str:
        """Return the version of the browser. Raises ConnectorError where there is none."""
        return self._browser.check()

    def may_fetch(self, url: str) -> bool:
        """Return whether robots.txt allows an address. Raises RobotsError where nobody knows."""
        address = _address(url)
        if not self._obeys:
            return True
        allowed = self._robots.allows(address)
        self._keep_pace(address)
        return allowed

    def pace(self, url: str) -> float:
        """Return the seconds between two requests to an address's host, as robots.txt has it.

        Raises RobotsError where that can not be had.
        """
        address = _address(url)
        if self._obeys:
            self._keep_pace(address)
        return self._asker.turns(address).delay

    def sitemaps(self, url: str) -> tuple[str, ...]:
        """Return the site maps that the robots.txt of an address's host names.

        Raises RobotsError where it can not be had; where robots.txt does not hold, there are none
        then.
        """
        try:
            return self._robots.of(_address(url)).sitemaps
        except RobotsError:
            if self._obeys:
                raise
            return ()

    def close(self) -> None:
        """Release connections; who waits is refused at once."""
        self._asker.close()
        self._browser.close()

    def _keep_pace(self, url: httpx2.URL) -> None:
        """Slow down as robots.txt says. Raises RobotsError where it says more than a run waits."""
        delay = self._robots.of(url).delay
        if not delay:
            return
        if delay > self._longest_wait:
            where = named(url)
            raise RobotsError(
                f"{where}: its robots.txt asks for {delay:.0f} s between two pages, more than a run"
                " waits; ask whoever runs it for a Crawl-delay for kurage-bot"
            )
        self._asker.turns(url).slow_down(delay)

    def _robots_txt(self, address: str) -> bytes | None:
        url = httpx2.URL(address)
        for _ in range(robots.REDIRECTS + 1):
            got = self._asker.ask(Wanted(url, robots.MAX_BYTES, only_begin=True))
            to = _leads_to(got)
            if got.status == 429 or got.status >= 500:
                where = named(url)
                raise HttpError(f"{where}: it says {got.status}", status=got.status, passing=True)
            if to is None:
                return got.body if 200 <= got.status < 300 else None
            url = self._redirected(url, to)
        return None

    def _follow(
        self,
        url: httpx2.URL,
        validators: Validators | None,
        max_bytes: int,
        follow: Callable[[str], bool] | None,
    ) -> Answer:
        hops: list[str] = []
        permanent = True
        headers = _conditions(validators)
        while True:
            got = self._asker.ask(Wanted(url, max_bytes, headers))
            to = _leads_to(got)
            if to is None:
                return _answer(str(url), got, tuple(hops), permanent=permanent)
            target = self._redirected(url, to)
            hops.append(str(url))
            permanent = permanent and got.status in _STATUS_PERMANENT
            if follow is not None and not follow(str(target)):
                return _answer(str(target), got, tuple(hops), permanent=permanent)
            # A cookie may be all that was missing: then the same address answers otherwise.
            if str(target) in hops and not got.cookies:
                raise self._error(url, "it redirects in a circle")
            if len(hops) >= _REDIRECTS:
                raise self._error(url, f"it redirects more than {_REDIRECTS} times")
            url, headers = target, {}

    def _redirected(self, url: httpx2.URL, location: str) -> httpx2.URL:
        """Return where a redirect leads, absolute. Raises HttpError where we do not go."""
        try:
            to = url.join(location.strip())
        except (httpx2.InvalidURL, ValueError):
            raise self._error(url, "it redirects to what is no address") from None
        if to.scheme not in {"http", "https"} or not to.raw_host or len(str(to)) > _LONGEST_ADDRESS:
            raise self._error(url, "it redirects to what is no address of the web")
        if url.scheme == "https" and to.scheme == "http":
            raise self._error(url, "it redirects from https to http, which is not safe")
        return to.copy_with(userinfo=b"", fragment=None)

    def _error(self, url: httpx2.URL, words: str) -> HttpError:
        return Failure(words).error(named(url), 1)


def _address(url: str) -> httpx2.URL:
    """Return an address as it is asked for. Raises HttpError for what is none of the web."""
    try:
        found = httpx2.URL(url.strip())
    except (httpx2.InvalidURL, ValueError):
        found = httpx2.URL()
    if found.scheme not in {"http", "https"} or not found.raw_host:
        raise HttpError("this is no address of the form https://host/path")
    if len(url) > _LONGEST_ADDRESS:
        raise HttpError(f"an address of {len(url):,} characters is none that a server takes")
    return found.copy_with(userinfo=b"", fragment=None)


def _leads_to(got: Got) -> str | None:
    return got.headers.get("location") if got.status in _STATUS_REDIRECT else None


def _conditions(validators: Validators | None) -> dict[str, str]:
    """Return the headers that spare a body (RFC 9110, 13.1)."""
    if validators is None:
        return {}
    told = {"if-none-match": validators.etag, "if-modified-since": validators.last_modified}
    return {
        name: value
        for name, value in told.items()
        if value and value.isascii() and value.isprintable()
    }


def _answer(url: str, got: Got, hops: tuple[str, ...], *, permanent: bool) -> Answer:
    headers = got.headers
    return Answer(
        url=url,
        status=got.status,
        body=got.body,
        content_type=headers.get("content-type"),
        validators=Validators(headers.get("etag"), headers.get("last-modified")),
        robots=", ".join(headers.get_list("x-robots-tag")) or None,
        canonical=_canonical(headers),
        hops=hops,
        permanent=permanent,
    )


def _canonical(headers: httpx2.Headers) -> str | None:
    """Return the target of a `Link` header that says canonical (RFC 8288, RFC 6596)."""
    for value in headers.get_list("link"):
        for link in httpx2.Response(200, headers={"link": value}).links.values():
            if "canonical" in link.get("rel", "").lower().split():
                return link.get("url")
    return None
