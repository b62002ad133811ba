"""How a generated site is laid out: its sections, its addresses, and how hands write links.

Knows neither what pages say nor how they are served.
"""

from __future__ import annotations

import functools
import posixpath
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import quote, urlsplit

from rigs.website import templates
from rigs.website.hosts import key_of
from rigs.website.values import HTML

Style = Literal["folder", "html", "query", "dated", "words", "old"]


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a site, with one design and one way to make addresses."""

    slug: str
    name: str
    style: Style
    design: templates.Design


SECTIONS = (
    Section("docs", "操作マニュアル", "folder", templates.modern),
    Section("products", "商品の紹介", "html", templates.blog),
    Section("support", "よくあるご質問", "query", templates.modern),
    Section("news", "新着のお知らせ", "dated", templates.blog),
    Section("規程", "規程と様式", "words", templates.modern),
    Section("archive", "過去の資料", "old", templates.old),
)


@dataclass(slots=True, eq=False)
class Page:
    """A generated page."""

    number: int
    section: Section | None
    """None: of the first page, and of the one on privacy."""
    path: str
    """As it is kept: without percent signs."""
    title: str
    parent: Page | None
    children: list[Page] = field(default_factory=list)
    revision: int = 0
    orphan: bool = False
    """Whether the site map alone tells of it."""
    file: str | None = None
    """The path of a file that it links to."""

    @property
    def design(self) -> templates.Design:
        """What stands around its content."""
        return self.section.design if self.section else templates.modern

    @property
    def content_type(self) -> str:
        """As the server declares it: old pages leave the charset to `<meta>`."""
        return "text/html" if self.design is templates.old else HTML


def path_of(section: Section, number: int) -> str:
    """Return the path of a page of a section."""
    slug = section.slug
    ways: dict[Style, str] = {
        "folder": f"/{slug}/{number:05}-guide/",
        "html": f"/{slug}/p{number:05}.html",
        "query": f"/{slug}/faq.php?id={number}",
        "dated": f"/{slug}/{2020 + number % 7}/{number % 12 + 1:02}/{number:05}.html",
        "words": f"/{slug}/様式-{number:05}/",
        "old": f"/{slug}/{number:05}.htm",
    }
    return ways[section.style]


def href(page: Page, to: Page, origin: str) -> str:
    """Return a link as one of the many hands wrote it that work on a site; for an attribute."""
    path = quoted(to.path)
    plain = "?" not in path
    way = (page.number * 31 + to.number) % 9
    if way == 1:
        path = origin + path
    elif way == 2:
        path = f"{path}#sec-{to.number}-1"
    elif way == 3 and plain:
        path = f"{path}?utm_source=site&utm_medium=link"
    elif way == 4 and plain:
        path = _relative(page, path)
    elif way == 5:
        path = origin.partition(":")[2] + path
    elif way == 6:
        path = to.path  # as people type it, without percent signs
    elif way == 7:
        path = f" {path}\n"
    elif way == 8:
        path = f"/.{path}"
    return attribute(path)


def _relative(page: Page, path: str) -> str:
    if path == "/":
        return path
    way = posixpath.relpath(path, quoted(posixpath.dirname(page.path)))
    return f"{way}/" if path.endswith("/") else way


@functools.lru_cache(maxsize=1 << 16)
def quoted(path: str) -> str:
    """Return a path with its percent signs, as it is requested."""
    plain, mark, query = path.partition("?")
    return quote(plain) + mark + query


def kept(url: str) -> str:
    """Return the path, as pages are kept by it, of an address."""
    parts = urlsplit(url)
    return key_of(f"{parts.path}?{parts.query}" if parts.query else parts.path or "/")


def attribute(url: str) -> str:
    """Return an address for an attribute."""
    return url.replace("&", "&amp;").replace('"', "&quot;")
