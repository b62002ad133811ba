"""The sites: what people do to them, by host. Every method holds the lock: the server reads along.

`path` is a path with its query, on the first host unless `host` names another one; hosts come into
being when they are named.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from rigs.confluence.clock import Clock
from rigs.website import html, sitemaps
from rigs.website.hosts import Host, key_of
from rigs.website.values import HTML, Body, Delivery, Policy, Reply, Resource

_DAY = 86_400.0


class Pages:
    """All hosts of a rig, and what stands at their addresses."""

    def __init__(self, first: str, *, policy: Policy = "strong") -> None:
        self.first = first
        self.clock = Clock()
        self.lock = threading.RLock()
        self.hosts: dict[str, Host] = {}
        self.tokens: frozenset[str] = frozenset()
        """Headers, in lower case, that hold credentials of the sites, beside the usual ones."""
        self._usual = policy
        self._versions = itertools.count(1)
        self._born = self.clock.now() - _DAY

    def host(self, name: str | None = None) -> Host:
        """Return a host by name, the first one without; a new one is empty."""
        with self.lock:
            name = (name or self.first).lower()
            if name not in self.hosts:
                self.hosts[name] = Host(name, self._usual)
            return self.hosts[name]

    # Pages

    def add_page(
        self,
        path: str,
        body: str | Body,
        *,
        content_type: str | None = HTML,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
        charset: str = "utf-8",
        policy: Policy | None = None,
        modified: float | None = None,
        host: str | None = None,
        **delivery: Any,
    ) -> None:
        """Put a page or file at a path.

        Text is sent in `charset`, whatever `content_type` says. `policy` is about its validators.
        `modified` is in seconds since 1970; None: a day ago. `delivery`: fields of `Delivery`.
        """
        if isinstance(body, str):
            body = body.encode(charset)
        when = self._born if modified is None else modified
        more = tuple((headers or {}).items())
        made = Resource(body, content_type, when, 0, status, more, policy, Delivery(**delivery))
        self.put(path, made, host=host)

    def put(self, path: str, resource: Resource, *, host: str | None = None) -> None:
        """Put anything at a path; it has a version that nothing had before."""
        with self.lock:
            there, key = self.host(host), key_of(path)
            resource.version = next(self._versions)
            there.resources[key] = resource
            there.gone.pop(key, None)
            there.redirects.pop(key, None)

    def edit(self, path: str, body: str | bytes, *, host: str | None = None) -> None:
        """Change what stands there; its validators change, too, its date by a second at least."""
        with self.lock:
            resource = self.host(host).resources[key_of(path)]
            resource.body = body.encode() if isinstance(body, str) else body
            self._renew(resource)

    def touch(self, path: str, *, host: str | None = None) -> None:
        """Deploy the same page again: new validators, not another word."""
        with self.lock:
            self._renew(self.host(host).resources[key_of(path)])

    def touch_all(self, *, host: str | None = None) -> None:
        """Deploy the whole host again: every page has new validators, and no other words."""
        with self.lock:
            for resource in self.host(host).resources.values():
                self._renew(resource)

    def _renew(self, resource: Resource) -> None:
        # Dates have whole seconds: an edit within one would hide behind If-Modified-Since, and no
        # server says a date that is still to come.
        earliest = float(int(resource.modified)) + 1
        if self.clock.now() < earliest:
            self.clock.advance(earliest - self.clock.now())
        resource.modified, resource.version = self.clock.now(), next(self._versions)

    def remove(self, path: str, status: int = 404, *, host: str | None = None) -> None:
        """Take a page away: 404, or 410."""
        with self.lock:
            there, key = self.host(host), key_of(path)
            there.resources.pop(key, None)
            there.redirects.pop(key, None)
            there.gone[key] = status

    def text(self, path: str, *, host: str | None = None) -> bytes:
        """Return the body of what was put at a path."""
        body = self.host(host).resources[key_of(path)].body
        assert isinstance(body, bytes), "it is made when it is asked for"
        return body

    # Ways

    def redirect(self, path: str, to: str, status: int = 301, *, host: str | None = None) -> None:
        """Send visitors of a path elsewhere; `to` stands in `Location` as it is."""
        with self.lock:
            there, key = self.host(host), key_of(path)
            there.resources.pop(key, None)
            there.redirects[key] = (to, status)

    def chain(self, path: str, length: int, to: str, *, host: str | None = None) -> None:
        """Let a path lead to `to` over `length` redirects."""
        steps = [path, *(f"{path}-{n}" for n in range(1, length))]
        for here, there in zip(steps, [*steps[1:], to], strict=True):
            self.redirect(here, there, 302, host=host)

    def loop(self, *paths: str, host: str | None = None) -> None:
        """Let each of the paths lead to the next, and the last to the first."""
        for here, there in zip(paths, [*paths[1:], paths[0]], strict=True):
            self.redirect(here, there, 302, host=host)

    def refresh(self, path: str, to: str, seconds: int = 0, *, host: str | None = None) -> None:
        """Send visitors on by `<meta http-equiv=refresh>`."""
        meta = f'<meta http-equiv="refresh" content="{seconds}; URL={html.escaped(to)}">'
        self.add_page(path, html.page("移動しました", head=f"{meta}\n"), host=host)

    # Robots and site maps

    def robots(
        self,
        text: str | Body | None = None,
        *,
        host: str | None = None,
        status: int = 200,
        content_type: str = "text/plain",
        hangs: bool = False,
        **rules: Any,
    ) -> None:
        """Put a robots.txt: `text`, or what `rules` say (see `rigs.website.sitemaps.robots`)."""
        self.add_page(
            "/robots.txt",
            sitemaps.robots(**rules) if text is None else text,
            content_type=content_type,
            status=status,
            hangs=hangs,
            host=host,
        )

    def sitemap(
        self,
        path: str,
        entries: sitemaps.Entries = (),
        kind: sitemaps.Kind = "urlset",
        *,
        zipped: bool = False,
        host: str | None = None,
    ) -> None:
        """Put a site map; `zipped` is for a path that ends in `.gz`."""
        text, media_type = sitemaps.body(entries, kind)
        if zipped:
            packed = sitemaps.zipped(text)
            self.add_page(path, packed, content_type="application/gzip", host=host)
        else:
            self.add_page(path, text, content_type=media_type, host=host)

    def sitemap_bomb(self, path: str, size: int = 1 << 30, *, host: str | None = None) -> None:
        """Put a site map that is `size` bytes when it is unpacked."""
        self.add_page(path, sitemaps.bomb(size), content_type="application/gzip", host=host)

    # The host as a whole

    def configure(self, host: str | None = None, **settings: Any) -> None:
        """Change fields of `rigs.website.hosts.Host`: `policy`, `head`, `secure_only` and so on."""
        with self.lock:
            there = self.host(host)
            for name, value in settings.items():
                if not hasattr(there, name):
                    raise ValueError(f"{name} is no field of a host")
                setattr(there, name, value)

    def alias(self, name: str, of: str | None = None) -> None:
        """Let another name show the same site: `www.`, or the bare domain."""
        with self.lock:
            self.hosts[name.lower()] = self.host(of)

    def soft_404(self, *, host: str | None = None) -> None:
        """Let what is not there be a page with status 200 that says so."""
        text = "お探しのページは見つかりませんでした。移動または削除された可能性があります。"
        body = html.page("ページが見つかりません", text).encode()
        self.configure(host, missing=Reply(200, body))

    def slow(self, path: str, *, host: str | None = None, **delivery: Any) -> None:
        """Change how an answer travels: fields of `Delivery`."""
        with self.lock:
            resource = self.host(host).resources[key_of(path)]
            resource.delivery = replace(resource.delivery, **delivery)

    def zeros(self, path: str, size: int, *, host: str | None = None) -> None:
        """Put a page whose body, packed by gzip on its way, is `size` bytes of nothing."""
        self.add_page(path, partial(_zeros, size), zipped="gzip", host=host)


def _zeros(size: int) -> Iterable[bytes]:
    import zlib  # noqa: PLC0415

    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    yield packer.compress(b"<!DOCTYPE html><title>\xe5\xa4\xa7</title><p>")
    block = b" " * (1 << 20)
    for _ in range(size >> 20):
        yield packer.compress(block)
    yield packer.flush()
