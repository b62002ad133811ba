"""Which pages of the web count: hosts, folders, globs, and what to change where one does not.

Knows addresses alone; what a page or a robots.txt says of itself is told elsewhere.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Final
from urllib.parse import unquote, urlsplit

from connectors.base import ConnectorError
from connectors.web.addresses import host_of, normalised, site_of

_DEFAULT_PORTS: Final = frozenset((None, 80, 443))
_STARS = re.compile(r"\*{3,}")
_REPEATED = re.compile(r"(?:\*\*/)+")
_TOKEN = re.compile(r"\*\*/|\*\*|.", re.DOTALL)


class Scope:
    """What the options of a source say of addresses.

    A seed is asked for whatever `include` says, for the sake of its links; whether it is a document
    as well is told by `covers`, as of any other page.
    """

    def __init__(  # noqa: PLR0917 - the options of a source, in their order
        self,
        urls: Sequence[str],
        hosts: Sequence[str] = (),
        include: Sequence[str] = (),
        exclude: Sequence[str] = (),
        depth: int = 20,
        max_pages: int = 10_000,
        ignore_parameters: Sequence[str] = (),
    ) -> None:
        """Raise `ConnectorError` where a seed is no address of a page."""
        self.ignore_parameters = tuple(ignore_parameters)
        seeds: dict[str, None] = {}
        for place, url in enumerate(urls, 1):
            seed = self.normalised(url)
            if seed is None:
                # It is not repeated: there may be a password in it.
                raise ConnectorError(
                    f"number {place} of `urls` is no address of a page; write one such as "
                    "https://www.example.co.jp/docs/"
                )
            seeds[seed] = None
        self.seeds = tuple(seeds)
        """Normalised, each once, in order."""
        self.depth = depth
        self.max_pages = max_pages
        self._folders = {(site_of(seed), _folder_of(seed)): None for seed in seeds}
        self._sites = frozenset(site for site, _ in self._folders)
        self._ports = frozenset(urlsplit(seed).port for seed in seeds) | _DEFAULT_PORTS
        self._hosts = tuple(_plain_host(host) for host in hosts)
        self._include = tuple(_Glob(glob) for glob in include)
        self._exclude = tuple(_Glob(glob) for glob in exclude)
        told = (seeds.keys(), hosts, include, exclude, depth, self.ignore_parameters)
        self.fingerprint = hashlib.sha256(repr([*map(_listed, told)]).encode()).hexdigest()[:16]
        """Of the options that decide what counts; not of `max_pages`."""

    def normalised(self, url: str, base: str | None = None, encoding: str = "utf-8") -> str | None:
        """Return the one form of an address without the parameters that mean nothing here."""
        return normalised(url, base=base, ignore=self.ignore_parameters, encoding=encoding)

    def covers(self, url: str) -> bool:
        """Whether the page at this address counts."""
        return self.why_not(url) is None

    def covers_host(self, url: str) -> bool:
        """Whether any page of this address's host could count."""
        return site_of(url) in self._sites or self._named(url)

    def why_not(self, url: str) -> str | None:
        """Return why the page at this address does not count, and which option says so."""
        address = self.normalised(url)
        if address is None:
            return "it is no address of a page on the web"
        for glob in self._exclude:
            if glob.matches(address):
                return f"it matches {glob.text!r} of `exclude`"
        if not self.covers_host(address):
            return f"its host {host_of(address)} is neither in `urls` nor in `hosts`"
        if self._include:
            matched = any(glob.matches(address) for glob in self._include)
            return None if matched else "it matches nothing in `include`"
        folders = [folder for site, folder in self._folders if site == site_of(address)]
        if self._named(address) or any(_is_below(address, folder) for folder in folders):
            return None
        return (
            f"it is not below {' or '.join(folders)}, the folder in `urls`; `include` widens that"
        )

    def _named(self, url: str) -> bool:
        """Whether `hosts` names the host of an address."""
        host, port = _split(url)
        return port in self._ports and any(
            host.endswith(named[1:]) if named.startswith("*.") else _without_www(host) == named
            for named in self._hosts
        )


class _Glob:
    """A glob of paths: `*` within a segment, `**` across them, what follows `?` is of the query."""

    def __init__(self, text: str) -> None:
        self.text = text
        site, _, path = text.partition("://")[2].partition("/") if "://" in text else ("", "", text)
        self._site = site.lower().removeprefix("www.")
        path, mark, query = (path if not site else f"/{path}").partition("?")
        if path and not path.startswith(("/", "**")):
            path = f"**/{path}"  # `*.pdf`: in whatever folder
        self._path = _Automaton(unquote(path) or "**")
        # `**?print=1`: a page that has this parameter, among others perhaps.
        self._query = [_Automaton(unquote(one), across=True) for one in query.split("&") if one]
        self._any_query = bool(mark) and not self._query

    def matches(self, url: str) -> bool:
        if self._site and site_of(url) != self._site:
            return False
        path, query = _readable(url)
        if not self._path.matches(path):
            return False
        parameters = query.split("&") if query else []
        if self._any_query:
            return bool(parameters)
        return all(any(one.matches(given) for given in parameters) for one in self._query)


class _Automaton:
    """A glob as the set of places where its reading may stand: linear, however many its stars."""

    def __init__(self, glob: str, *, across: bool = False) -> None:
        """`across`: one star crosses slashes as well."""
        glob = _REPEATED.sub("**/", _STARS.sub("**", glob))
        # `/docs/**` is the folder as well, with or without its slash.
        folder = glob.endswith("/**") and not across
        self._literal: dict[str, int] = {}
        self._any = self._within = self._until_slash = self._skipped = 0
        place = 1  # the bit of a place in the glob
        ends = 0
        for part in _TOKEN.findall(glob[:-3] if folder else glob):
            if part == "**/":  # `/docs/**/x.html` is `/docs/x.html`, too
                self._skipped |= place
                place <<= 1
                self._until_slash |= place
            elif part == "**" or (part == "*" and across):
                self._any |= place
            elif part == "*":
                self._within |= place
            else:
                self._literal[part] = self._literal.get(part, 0) | place
            place <<= 1
        if folder:
            ends = place
            self._literal["/"] = self._literal.get("/", 0) | place
            self._any |= place << 1
            place <<= 2
        self._ends = ends | place

    def matches(self, text: str) -> bool:
        places = self._further(1)
        for character in text:
            literal = places & self._literal.get(character, 0)
            stay = places & (self._any | self._until_slash)
            if character == "/":
                literal |= places & self._until_slash
            else:
                stay |= places & self._within
            places = self._further(literal << 1 | stay)
            if not places:
                return False
        return bool(places & self._ends)

    def _further(self, places: int) -> int:
        """Those places, and where one comes from them without a character."""
        while True:
            skipped = places & self._skipped
            more = places | (places & (self._any | self._within)) << 1 | skipped << 1 | skipped << 2
            if more == places:
                return places
            places = more


@lru_cache(maxsize=256)  # each glob asks anew
def _readable(url: str) -> tuple[str, str]:
    """Path and query as people write them into a glob."""
    path, _, query = url.partition("://")[2].partition("/")[2].partition("?")
    return "/" + unquote(path), unquote(query)


def _folder_of(url: str) -> str:
    """The folder of a seed. One without a file's name is its own: `/docs` is not all of `/`."""
    path = urlsplit(url).path
    folder, _, name = path.rpartition("/")
    return path if name and "." not in name else f"{folder}/"


def _is_below(url: str, folder: str) -> bool:
    path = urlsplit(url).path
    return path.startswith(folder) if folder.endswith("/") else f"{path}/".startswith(f"{folder}/")


def _plain_host(host: str) -> str:
    star = host.startswith("*.")
    name = host.removeprefix("*.")
    plain = normalised(
        f"http://[{name}]/" if name.count(":") > 1 and name[0] != "[" else f"http://{name}/"
    )
    if plain is None:
        raise ConnectorError(f"{host!r} of `hosts` is no name of a host, such as www.example.co.jp")
    name = _split(plain)[0]
    return f"*.{name}" if star else _without_www(name)


def _split(url: str) -> tuple[str, int | None]:
    """Host and port; None: the scheme's own."""
    host = host_of(url)
    name, colon, port = host.rpartition(":")
    return (name, int(port)) if colon and port.isdigit() else (host, None)


def _without_www(host: str) -> str:
    return host.removeprefix("www.")


def _listed(value: object) -> object:
    return value if isinstance(value, int) else list(value)  # type: ignore[call-overload]
