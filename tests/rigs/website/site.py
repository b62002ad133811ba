"""The sites with what real ones have beside pages: walls, logins, scripts, files, encodings."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from rigs.website import charsets, files, html, scripts, traps, walls
from rigs.website.hosts import Gate
from rigs.website.logins import BasicLogin, CookieLogin, HeaderLogin
from rigs.website.pages import Pages
from rigs.website.values import HTML, Reply, Visit

_OWN = ("/robots.txt", "/favicon.ico")


class Site(Pages):
    """All hosts of a rig, and what people do to them."""

    # Walls and logins: the first one that was put up is met first

    def wall(
        self,
        kind: walls.Challenge = "cloudflare",
        *,
        under: str = "/",
        robots: bool = True,
        host: str | None = None,
    ) -> None:
        """Let a test for robots stand before all pages below `under`.

        `robots`: whether robots.txt can still be read.
        """

        def gate(visit: Visit) -> Reply | None:
            passes = not visit.path.startswith(under) or (robots and visit.path in _OWN)
            return None if passes else walls.challenge(kind)

        self._put_up(gate, host)

    def cookie_login(
        self, under: str = "/", *, inline: bool = False, host: str | None = None, **how: Any
    ) -> None:
        """Want a cookie (see `rigs.website.logins.CookieLogin` for its name and value)."""
        self._put_up(CookieLogin(under, inline=inline, **how), host)

    def basic_login(self, under: str = "/", *, host: str | None = None, **how: str) -> None:
        """Want user and password (see `rigs.website.logins.BasicLogin`)."""
        self._put_up(BasicLogin(under, **how), host)

    def header_login(
        self, under: str = "/", *, status: int = 403, host: str | None = None, **how: str
    ) -> None:
        """Want a token in a header (see `rigs.website.logins.HeaderLogin`)."""
        login = HeaderLogin(under, status=status, **how)
        with self.lock:
            self.tokens |= {login.header.lower()}
        self._put_up(login, host)

    def sign_out(self, *, host: str | None = None) -> None:
        """Let cookies be good no more, until somebody signs in by the form."""
        with self.lock:
            for gate in self.host(host).gates:
                if isinstance(gate, CookieLogin):
                    gate.signed_out = True

    def open(self, *, host: str | None = None) -> None:
        """Take all walls and logins down."""
        with self.lock:
            self.host(host).gates.clear()

    def _put_up(self, gate: Gate, host: str | None) -> None:
        with self.lock:
            self.host(host).gates.append(gate)

    # Kinds of pages

    def add_application(
        self,
        path: str,
        title: str,
        paragraphs: Sequence[str],
        *,
        links: Mapping[str, str] | None = None,
        attempts: Sequence[str] = (),
        restless: bool = False,
        host: str | None = None,
    ) -> None:
        """Put a page that only its script draws: `path` is a folder such as `/app/`.

        `attempts` are addresses that it tries to reach by every means once it has drawn.
        `restless`: it never stops asking its server for news.
        """
        made = {
            "": (scripts.shell(path), HTML),
            "app.js": (scripts.script(path, attempts, restless=restless), "text/javascript"),
            "app.css": ("main { color: #222 }", "text/css"),
            "data.json": (scripts.data(title, paragraphs, dict(links or {})), "application/json"),
            "poll.json": ("{}", "application/json"),
        }
        for name, (text, media_type) in made.items():
            self.add_page(f"{path}{name}", text, content_type=media_type, host=host)

    def add_file(
        self,
        path: str,
        kind: files.FileKind,
        lines: Sequence[str],
        *,
        title: str = "資料",
        content_type: str | None = None,
        host: str | None = None,
    ) -> None:
        """Put a PDF, an Office file, a CSV or a text; `content_type` may be wrong."""
        media_type = content_type or files.MEDIA_TYPES[kind]
        self.add_page(path, files.file(kind, title, lines), content_type=media_type, host=host)

    def add_charsets(self, under: str = "/charset/", *, host: str | None = None) -> dict[str, str]:
        """Put a page for each way to declare an encoding; return what each path's page says."""
        for one in charsets.samples(under):
            self.add_page(one.path, one.body, content_type=one.content_type, host=host)
        return {one.path: one.text for one in charsets.samples(under)}

    def add_huge(self, path: str, size: int = 50_000_000, *, host: str | None = None) -> None:
        """Put a page of `size` bytes of HTML or a little more; no length is said."""
        self.add_page(path, partial(_huge, size), host=host)

    def add_noisy(self, path: str, text: str, *, host: str | None = None) -> None:
        """Put a page that is another one at each visit where nobody sees it: tokens, times, order.

        No validators: whether it changed, its words alone can tell.
        """
        with self.lock:
            self.add_page(path, text, policy="none", host=host)
            resource = self.host(host).resources[path]
            count = iter(range(1, 1 << 62))
            resource.body, resource.dynamic = partial(_noise, text, count), True

    def trap(self, name: str, *, host: str | None = None) -> str:
        """Put up one of `rigs.website.traps.TRAPS`; return the path that leads into it.

        Raises ValueError for one that has no pages of its own.
        """
        answering = traps.handler(name)
        if answering is None:
            raise ValueError(f"{name} has no pages of its own")
        with self.lock:
            self.host(host).mount(traps.named(name).path, answering)
        return traps.named(name).entrance


def _huge(size: int) -> Iterator[bytes]:
    head = html.page("巨大なページ", "これは巨大なページの最初の段落です。").encode()
    yield head[: head.index(b"</main>")]
    row = "".join(f"<p>表の{n:04}行目を毎月25日に更新します。</p>\n" for n in range(1000)).encode()
    for _ in range(size // len(row) + 1):
        yield row
    yield b"</main></body></html>\n"


def _noise(text: str, count: Iterator[int], visit: Visit) -> bytes:
    token = hashlib.blake2b(str(next(count)).encode(), digest_size=12).hexdigest()
    noise = (
        f'<meta name="csrf-token" content="{token}">\n<script nonce="{token}">var t="{token}";'
        f"</script>\n<!-- rendered for {token} -->\n"
    )
    hidden = f'<input type="hidden" name="_token" value="{token}">\n</main>'
    return text.replace("</head>", f"{noise}</head>").replace("</main>", hidden).encode()
