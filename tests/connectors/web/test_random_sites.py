"""Sites that change at random between crawls, against an oracle that is told what changed."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

import pytest
from rigs.website import html
from web_site import WebSite, refs

GONE_AFTER = 2
_SYLLABLES = ("ka", "ki", "ku", "ke", "ko", "sa", "shi", "su", "se", "so", "na", "ni", "nu")


@dataclass
class Oracle:
    """A site as its owners know it, and what a mirror of it must hold."""

    site: WebSite
    drawn: random.Random
    links: dict[str, list[str]] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    """Of pages that answer."""
    state: dict[str, str] = field(default_factory=dict)
    """`ok`, `noindex`, `missing`, `trouble` or `moved`."""
    moved: dict[str, str] = field(default_factory=dict)
    # What the mirror must know
    documents: dict[str, str] = field(default_factory=dict)
    """The text at which each is held; empty: it could never be read."""
    remembered: dict[str, list[str]] = field(default_factory=dict)
    misses: dict[str, int] = field(default_factory=dict)

    def name(self) -> str:
        words = ("".join(self.drawn.choices(_SYLLABLES, k=3)) for _ in range(2))
        return "/" + "/".join(words)

    def add(self) -> None:
        path = self.name()
        self.links[path], self.state[path] = [], "ok"
        self.write(path)
        for other in self.drawn.sample(sorted(self.links), min(2, len(self.links))):
            if self.state[other] in {"ok", "noindex"}:
                self.links[other].append(path)
                self.put(other)

    def write(self, path: str) -> None:
        word = "".join(self.drawn.choices(_SYLLABLES, k=12))
        self.texts[path] = f"{path}に{word}と書いてあります。"
        count = min(self.drawn.randrange(4), len(self.links))
        self.links[path] = self.drawn.sample(sorted(self.links), count)
        self.put(path)

    def put(self, path: str) -> None:
        robots = "noindex" if self.state[path] == "noindex" else None
        text, links = self.texts[path], self.links[path]
        page = html.page(path, text, links=links, robots=robots)
        self.site.rig.site.add_page(path, page)

    def change(self) -> None:
        """Change one thing."""
        path = self.drawn.choice(sorted(self.links))
        what = self.drawn.choice(
            ["add", "write", "write", "noindex", "missing", "trouble", "moved", "heal", "touch"]
        )
        site = self.site.rig.site
        if what == "add":
            self.add()
        elif path == "/":
            self.write(path)
        elif what == "touch":
            if self.state[path] in {"ok", "noindex"}:
                site.touch(path)
        elif what in {"write", "noindex", "heal"}:
            self.state[path] = "noindex" if what == "noindex" else "ok"
            self.write(path)
        elif what == "missing":
            self.state[path] = what
            site.remove(path, self.drawn.choice([404, 410]))
        elif what == "trouble":
            self.state[path] = what
            site.add_page(path, "", status=self.drawn.choice([500, 403, 503]))
        else:
            to = self.drawn.choice(sorted(set(self.links) - {path}))
            self.state[path], self.moved[path] = what, to
            site.redirect(path, to, 301)

    def crawl(self) -> None:
        """Work out what a crawl must find now."""
        before, asked = dict(self.documents), set[str]()
        self._reach(["/"], asked)
        self._reach([path for path in before if path not in asked], asked)
        for path in asked:
            if self.state[path] in {"ok", "noindex"}:
                self.misses.pop(path, None)
            elif self.state[path] == "missing":
                self.misses[path] = self.misses.get(path, 0) + 1
        self.documents = {
            path: text for path in asked if (text := self._held(path, before)) is not None
        }
        self.remembered = {
            path: links
            for path, links in self.remembered.items()
            if path in asked or path in self.documents
        }
        # Of a page that nothing leads to nothing is remembered, but how often it was missing.
        self.misses = {path: n for path, n in self.misses.items() if path in asked}

    def _reach(self, waiting: list[str], asked: set[str]) -> None:
        while waiting:
            path = waiting.pop()
            if path in asked:
                continue
            asked.add(path)
            state = self.state[path]
            if state in {"ok", "noindex"}:
                self.remembered[path] = list(self.links[path])
            if state == "moved":
                waiting.append(self.moved[path])
            waiting += self.remembered.get(path, [])

    def _held(self, path: str, before: dict[str, str]) -> str | None:
        state = self.state[path]
        if state == "ok":
            return self.texts[path] + " ".join(self.links[path])
        if state == "missing":
            return before.get(path) or None if self.misses[path] < GONE_AFTER else None
        if state == "trouble":
            if before.get(path):
                return before[path]
            return "" if path not in self.remembered else None
        if state == "moved":
            return None if self._arrives(path) else before.get(path) or None
        return None

    def _arrives(self, path: str) -> bool:
        seen = []
        while self.state[path] == "moved" and path not in seen:
            seen.append(path)
            path = self.moved[path]
        return self.state[path] == "ok"


@pytest.mark.parametrize("seed", range(8))
def test_every_crawl_of_a_site_that_changes_shows_what_the_oracle_knows(
    site: WebSite, seed: int
) -> None:
    """Documents, and a version that is another one exactly where the page is."""
    oracle = Oracle(site, random.Random(seed))
    oracle.links["/"], oracle.state["/"] = [], "ok"
    oracle.write("/")
    for _ in range(25):
        oracle.add()
    texts: dict[str, dict[str, str]] = {}
    for _ in range(6):
        connector = site.connector(gone_after=GONE_AFTER, web={"attempts": 1})
        listed = {ref.id.removeprefix(site.rig.url): ref for ref in refs(connector).values()}
        former = dict(oracle.documents)
        oracle.crawl()
        assert sorted(listed) == sorted(oracle.documents)
        for path, ref in listed.items():
            told = texts.setdefault(path, {})
            assert told.setdefault(ref.version, oracle.documents[path]) == oracle.documents[path]
        lost = [path for path in former if path not in listed]
        ids = [site.rig.url + path for path in lost]
        assert connector.confirm_gone(ids) == frozenset(ids)
        for _ in range(oracle.drawn.randrange(8)):
            oracle.change()
