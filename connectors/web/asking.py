"""Asks for one address, and says what came back: a page, a redirect, nothing, a wall, trouble.

Knows nothing of other addresses, nor of what is remembered.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field, replace

from connectors.base import ConnectorError
from connectors.web import kinds
from connectors.web.addresses import normalised
from connectors.web.known import Kind, Known, Outcome
from connectors.web.net import RobotsError, Web
from connectors.web.page import fingerprint_of, is_html, read
from connectors.web.values import Answer, Page, Validators
from connectors.web.walls import is_login_address

MISSING = frozenset({404, 410})
_REDIRECTS = frozenset({301, 302, 303, 307, 308})


@dataclass(frozen=True, slots=True)
class Asked:
    """What one request brought."""

    url: str
    outcome: Outcome
    why: str = ""
    unchanged: bool = False
    """304: it is as it was, whatever that was."""
    target: str | None = None
    permanent: bool = False
    kind: Kind = ""
    page: Page = field(default_factory=Page)
    body: bytes = b""
    media_type: str | None = None
    validators: Validators = field(default_factory=Validators)
    rendered: bool = False
    away: bool = False
    """Whether the host itself seems to be in trouble, not this page of it."""
    robots_away: bool = False
    """Whether its robots.txt can not be had: nothing of the host may be asked for."""


class Asker:
    """Asks; threads may share it."""

    def __init__(self, web: Web, *, max_bytes: int, ignore: Collection[str] = ()) -> None:
        self._web = web
        self._max_bytes = max_bytes
        self._ignore = tuple(ignore)

    def ask(self, url: str, known: Known | None = None, *, anew: bool = False) -> Asked:
        """Return what the address says now.

        What is known of it spares its body; with `anew` it comes again all the same.
        """
        try:
            if not self._web.may_fetch(url):
                return Asked(url, "excluded", "robots.txt does not allow it")
        except RobotsError as error:
            return Asked(url, "trouble", str(error), away=True, robots_away=True)
        validators = known.validators if known and not anew else None
        try:
            # Each hop is an address of its own: asked for once, and only where the scope allows
            # it. One to the same page brings a cookie.
            answer = self._web.get(
                url,
                validators=validators,
                max_bytes=self._max_bytes,
                follow=lambda to: normalised(to, ignore=self._ignore) == url,
            )
        except ConnectorError as error:
            passing = getattr(error, "passing", True) and getattr(error, "status", None) is None
            return Asked(url, "trouble", _one_line(error), away=passing)
        return self._read(url, answer, known if validators else None)

    def _read(  # noqa: PLR0911 - a table, case by case
        self, url: str, answer: Answer, known: Known | None
    ) -> Asked:
        status = answer.status
        if status == 304 and known:
            # A header may say something new of what did not change.
            noindex = known.kind == "content" and _noindex(answer.robots)
            return Asked(
                url,
                "ok",
                unchanged=True,
                kind="noindex" if noindex else known.kind,
                validators=answer.validators,
            )
        if status in _REDIRECTS:
            return _led(url, answer.url, permanent=answer.permanent)
        if status in MISSING:
            return Asked(url, "missing", f"the server answers {status}")
        if not 200 <= status < 300:
            away = status >= 500 or status == 429
            if is_html(answer) and (page := read(answer)).wall in {"challenge", "login"}:
                return Asked(url, "wall", _at_the_wall(page), page=page, away=away)
            return Asked(url, "trouble", _words(status), away=away)
        if status not in {200, 203}:  # "accepted", "no content": nothing that could be a page
            return Asked(url, "trouble", f"{status}: the server sends no page")
        return self._content(url, answer)

    def _content(self, url: str, answer: Answer) -> Asked:
        if without := kinds.without_text(answer.content_type):
            return Asked(url, "ok", without, kind="other", validators=answer.validators)
        if not is_html(answer):
            page = Page(
                canonical=answer.canonical,
                noindex=_noindex(answer.robots),
                fingerprint=fingerprint_of(answer.body),
            )
            return _asked(url, answer, page)
        page = read(answer, ignore=self._ignore)
        if page.wall == "javascript" and self._web.javascript:
            return self._drawn(url, answer, page)
        return _asked(url, answer, page)

    def _drawn(self, url: str, answer: Answer, shell: Page) -> Asked:
        try:
            drawn = self._web.render(url, max_bytes=self._max_bytes, answer=answer)
        except ConnectorError as error:
            return Asked(url, "trouble", _one_line(error))
        if normalised(drawn.url, ignore=self._ignore) not in {url, None}:
            return _led(url, drawn.url)  # its script leads elsewhere
        page = read(drawn, ignore=self._ignore)
        # What asks for scripts (`<noscript>`) still stands there when they have run.
        if page.wall == "javascript" and page.fingerprint != shell.fingerprint:
            page = replace(page, wall=None, why="")
        if page.wall == "javascript":
            why = f"there is nothing on the page when its scripts have run, either ({page.why})"
            return Asked(url, "wall", why, page=page)
        return replace(_asked(url, drawn, page), rendered=True)


def _asked(url: str, answer: Answer, page: Page) -> Asked:
    if page.wall:
        return Asked(url, "wall", _at_the_wall(page), page=page)
    if page.refresh and page.refresh != url:
        return _led(url, page.refresh)
    return Asked(
        url,
        "ok",
        kind="noindex" if page.noindex else "content",
        page=page,
        body=answer.body,
        media_type=kinds.told(answer.content_type),
        validators=answer.validators,
    )


def _led(url: str, target: str, *, permanent: bool = False) -> Asked:
    """Return what a page says that leads elsewhere: it moved, or it wants to know who asks.

    A move for good to a plain address that looks like a login's may be one of a page on logins.
    """
    moved = permanent and "?" not in target
    if is_login_address(target) and not is_login_address(url) and not moved:
        where = target.partition("?")[0]
        why = f"a login stands in place of the page (it leads to {where}): {_LOGIN}"
        return Asked(url, "wall", why)
    return Asked(url, "redirect", target=target, permanent=permanent)


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())


def _noindex(robots: str | None) -> bool:
    """Tell whether `X-Robots-Tag` keeps a file out of indexes.

    A rule may name a robot (`otherbot: noindex`): one for others is none for us.
    """
    for rule in (robots or "").lower().split(","):
        name, colon, value = rule.partition(":")
        words = value if colon and name.strip() == "kurage-bot" else rule
        if words.strip() in {"noindex", "none"}:
            return True
    return False


_LOGIN = (
    "set `account` and WEB_…_COOKIE (or _HEADER, _USER and _PASSWORD), or renew what is set there"
)


def _at_the_wall(page: Page) -> str:
    how = f" ({page.why})" if page.why else ""
    return {
        "challenge": f"a test for robots stands in place of the page{how}: ask who runs the site "
        "to let kurage-bot in",
        "login": f"a login stands in place of the page{how}: {_LOGIN}",
        "javascript": f"there is nothing on the page before its scripts run{how}: set "
        "`javascript = true` for the source",
    }[page.wall or "challenge"]


def _words(status: int) -> str:
    known = {
        401: "it asks for a login: set `account` and WEB_…_USER and _PASSWORD, or a cookie",
        403: "it is not shown to us: it needs a login (`account`, WEB_…), or robots are refused",
        407: "the proxy asks for a name and password",
        429: "too many requests: raise `delay` for the source",
        451: "it is withheld for legal reasons",
    }
    if status >= 500:
        return f"{status}: the server has a problem of its own; the next sync tries again"
    return f"{status}: {known.get(status, 'the server does not give the page')}"
