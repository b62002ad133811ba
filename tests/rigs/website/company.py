"""A Japanese company's site of any size, from a seed: pages in a tree, and what is true of them.

The same seed makes the same site. Bodies are written when they are asked for: five thousand pages
are there in a moment. Around the pages stand those that a crawler must not ask for, must not keep,
or must not stay in. Knows nothing of connections.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from functools import partial
from random import Random
from urllib.parse import quote, urlsplit

from rigs.confluence import prose
from rigs.website import files, surroundings, templates, traps, writing
from rigs.website.plan import SECTIONS, Page, Section, attribute, href, kept, path_of, quoted
from rigs.website.site import Site
from rigs.website.values import HTML, Asked, Resource, Truth, Visit

_FAN = 15
"""Pages that one page lists."""
_RELATED = 4
_FILE_EVERY = 100
_ORPHAN_EVERY = 40
_KINDS: tuple[files.FileKind, ...] = ("pdf", "xlsx", "docx", "csv-cp932", "pptx")


class Company:
    """One company's site on one host, and its truth."""

    def __init__(
        self,
        site: Site,
        origin: Callable[[], str],
        *,
        pages: int,
        seed: int = 1,
        host: str | None = None,
        with_files: bool = True,
        with_traps: bool = True,
        with_sitemap: bool = True,
        with_widgets: bool = True,
    ) -> None:
        """Put `pages` pages on a host; `origin` tells its address without a slash at its end.

        `with_files`: one page in a hundred links to a file, which is a document beside the pages.
        `with_widgets`: votes, tags, neighbours and newsletters stand within the main part of pages.
        `with_sitemap`: robots.txt names an index of site maps, in which some pages stand that no
        page links to.
        """
        self._site, self._origin, self._seed, self._host = site, origin, seed, host
        self._pages: dict[int, Page] = {}
        self._by_path: dict[str, Page] = {}
        self._files: dict[str, Page] = {}
        self._written: dict[str, tuple[int, bytes]] = {}
        """Bodies by path, with the version that they are of: see `warm`."""
        self._last = 0
        self._news = 0
        self._first_count = pages
        self.with_traps, self.with_sitemap = with_traps, with_sitemap
        self._with_files, self._with_widgets = with_files, with_widgets
        self.redirected: dict[str, str] = {}
        """Old paths of pages, and where they lead."""
        with site.lock:
            for _ in range(pages):
                self._grow()
            self._surround()

    # What is true

    @property
    def documents(self) -> frozenset[str]:
        """The addresses of all pages and files in scope, each once, in their one right form."""
        origin = self._origin()
        shop = traps.ITEMS if self.with_traps else {}
        return frozenset(origin + quoted(one) for one in (*self._by_path, *self._files, *shop))

    @property
    def unversioned(self) -> frozenset[str]:
        """Those of the documents that never come with a validator: the shop's, made by scripts."""
        shop = traps.ITEMS if self.with_traps else {}
        return frozenset(self._origin() + one for one in shop)

    @property
    def forbidden(self) -> tuple[str, ...]:
        """Beginnings of addresses that nobody may ask for: by robots.txt, or linked by nofollow."""
        return tuple(self._origin() + one for one in surroundings.FORBIDDEN)

    @property
    def not_documents(self) -> frozenset[str]:
        """Addresses that may be asked for and are no documents: noindex, moved, not there."""
        paths = (*surroundings.NOT_DOCUMENTS, *self.redirected)
        return frozenset(self._origin() + one for one in paths)

    @property
    def traps(self) -> tuple[traps.Trap, ...]:
        """The parts without an end."""
        return traps.TRAPS if self.with_traps else ()

    @property
    def entrances(self) -> frozenset[str]:
        """The first page of each trap, which may count as a document: it is one of its kind."""
        own = (one.entrance for one in self.traps if one.name not in {"print", "sessions"})
        return frozenset(self._origin() + one for one in own)

    def in_trap(self, url: str) -> bool:
        """Tell whether an address belongs to a trap."""
        parts = urlsplit(url)
        target = f"{parts.path}?{parts.query}" if parts.query else parts.path
        return any(trap.holds(target) for trap in self.traps)

    def trapped(self, asked: Iterable[Asked]) -> dict[str, int]:
        """Return how many requests each trap took; `Trap.deserves` says how many it may."""
        host = self._site.host(self._host).name
        targets = [one.target for one in asked if one.host == host]
        return {trap.name: sum(map(trap.holds, targets)) for trap in self.traps}

    def truth(self, url: str) -> Truth:
        """Return what the text of a document holds and does not hold; KeyError: it is none."""
        with self._site.lock:
            path = kept(url)
            if self.with_traps and path in traps.ITEMS:
                title, words = traps.ITEMS[path]
                return Truth(url, title, (words,), ())
            if path in self._files:
                page = self._files[path]
                return Truth(url, f"資料 {page.number}", tuple(self._lines(page)), ())
            page = self._by_path[path]
            _, blocks = self._blocks(page)
            told = {words for _, words in self._targets(page)}
            told |= {one.title for one in page.children} | {page.title}
            related = {one.title for one in self._related(page)} - told
            present = [text for block in blocks for text in block.present]
            said = "\n".join((*present, page.title))
            absent = [text for block in blocks for text in block.absent if text not in said]
            absent += [*templates.FRAME, *sorted(related), self._ticker()]
            return Truth(
                url,
                page.title,
                tuple(present),
                tuple(absent),
                {words: name for block in blocks for words, name in block.anchors},
                tuple(text for block in blocks for text in block.joined),
            )

    def truths(self) -> dict[str, Truth]:
        """Return the truth of all documents by their addresses."""
        return {url: self.truth(url) for url in sorted(self.documents)}

    # What happens

    def rewrite(self, url: str) -> str:
        """Give a page new content; return a sentence of it that stands nowhere else."""
        with self._site.lock:
            page = self._by_path[kept(url)]
            page.revision += 1
            self._touch(page)
            return _fresh(page) or ""

    def add(self) -> str:
        """Write a further page, to which its parent and the site map lead; return its address."""
        with self._site.lock:
            page = self._grow()
            self._touch(page, *([page.parent] if page.parent else []))
            return self._origin() + quoted(page.path)

    def remove(self, url: str, status: int = 404, *, linked: bool = False) -> None:
        """Take a page away; `linked`: the pages that link to it go on doing so."""
        with self._site.lock:
            page = self._by_path.pop(kept(url))
            self._site.remove(page.path, status, host=self._host)
            if page.file and self._files.pop(page.file, None):
                self._site.remove(page.file, status, host=self._host)
            if linked:
                return
            del self._pages[page.number]
            if (parent := page.parent) is not None:
                parent.children = [one for one in parent.children if one is not page]
                parent.children += page.children
                for child in page.children:
                    child.parent = parent
            linking = [
                one
                for one in self._pages.values()
                if one is page.parent or page.number in self._related_numbers(one.number)
            ]
            self._touch(*linking)

    def warm(self) -> None:
        """Write all bodies now, so that a measurement does not pay for it; as soon as it runs."""
        with self._site.lock:
            there = self._site.host(self._host).resources
            for path, page in self._by_path.items():
                self._written[path] = there[path].version, self._new_body(page)

    def redecorate(self) -> None:
        """Change what stands around the content of all pages: news in the side column."""
        with self._site.lock:
            self._news += 1
            self._touch(*self._by_path.values())

    # Pages

    def _grow(self) -> Page:
        self._last += 1
        number = self._last
        random = Random(f"{self._seed}-{number}")
        title = prose.title(random, number)
        if number == 1:
            page = Page(1, None, "/", "海月商事の総合案内", None)
        elif number == 2:
            page = Page(2, None, "/privacy", "個人情報の取り扱い", self._pages[1])
        elif number - 3 < len(SECTIONS):
            section = SECTIONS[number - 3]
            page = Page(number, section, f"/{section.slug}/", section.name, self._pages[1])
        else:
            section = SECTIONS[number % len(SECTIONS)]
            page = Page(number, section, path_of(section, number), title, None)
            page.parent = self._parent(section, number)
        page.orphan = self.with_sitemap and number > 20 and number % _ORPHAN_EVERY == 0
        if page.parent and not page.orphan and number != 2:
            page.parent.children.append(page)
        self._pages[number] = self._by_path[page.path] = page
        resource = self._put(page.path, partial(self._body, page), page.content_type)
        if self._with_files and number % _FILE_EVERY == 50:
            self._attach(page, resource)
        return page

    def _parent(self, section: Section, number: int) -> Page | None:
        """Return the page that lists it; orphans list nothing."""
        first = 3 + SECTIONS.index(section)
        own = number // len(SECTIONS)
        above = (own - 1) // _FAN
        while above > 0:
            candidate = self._pages.get(above * len(SECTIONS) + number % len(SECTIONS))
            if candidate and candidate.section is section and not candidate.orphan:
                return candidate
            above = (above - 1) // _FAN
        return self._pages[first]

    def _attach(self, page: Page, resource: Resource) -> None:
        kind = _KINDS[page.number // _FILE_EVERY % len(_KINDS)]
        page.file = f"/files/{page.number:05}.{kind.partition('-')[0]}"
        self._files[page.file] = page
        made: list[bytes] = []

        def body(_: Visit) -> bytes:
            if not made:  # the library takes its time, and nobody may ever ask
                made.append(files.file(kind, f"資料 {page.number}", self._lines(page)))
            return made[0]

        self._put(page.file, body, files.MEDIA_TYPES[kind])

    def _lines(self, page: Page) -> list[str]:
        random = Random(f"{self._seed}-file-{page.number}")
        return [f"資料番号はFILE-{page.number:06}です。", *(prose.sentence(random) for _ in "abc")]

    def _put(self, path: str, body: Callable[[Visit], bytes], content_type: str = HTML) -> Resource:
        when = self._site.clock.now() - 86_400 - (self._last % 3000) * 60
        resource = Resource(body, content_type, when, 0, dynamic=True)
        self._site.put(path, resource, host=self._host)
        return resource

    def _body(self, page: Page, _: Visit) -> bytes:
        version, body = self._written.get(page.path, (None, b""))
        there = self._site.host(self._host).resources[page.path]
        return body if version == there.version else self._new_body(page)

    def _new_body(self, page: Page) -> bytes:
        _writer, blocks = self._blocks(page)
        main = "\n".join(block.html for block in blocks)
        if page.file:
            main += f'\n<p><a href="{page.file}">資料のダウンロード</a></p>'
        crumbs = [("/", "総合案内")]
        if page.section:
            crumbs.append((f"/{quote(page.section.slug)}/", page.section.name))
        around = templates.Around(
            page.title,
            main,
            f'<link rel="canonical" href="{attribute(self._origin() + quoted(page.path))}">\n',
            crumbs,
            [(href(page, one, self._origin()), one.title) for one in page.children],
            [(href(page, one, self._origin()), one.title) for one in self._related(page)],
            [f"/{quote(one.slug)}/" for one in SECTIONS[:4]],
            self._ticker(),
            self._more(page),
            self._with_widgets,
        )
        return page.design(around).encode("cp932" if page.design is templates.old else "utf-8")

    def _blocks(self, page: Page) -> tuple[writing.Writer, Sequence[writing.Block]]:
        random = Random(f"{self._seed}-{page.number}-{page.revision}")
        writer = writing.Writer(random, page.number, self._targets(page))
        code = f"KRG-{page.number:06}"
        return writer, writing.composed(writer, code, _fresh(page))

    # Links

    def _related_numbers(self, number: int) -> list[int]:
        count = max(1, self._first_count)
        return [(number * k + 11 * k) % count + 1 for k in range(3, 3 + _RELATED)]

    def _related(self, page: Page) -> list[Page]:
        found = (self._pages.get(one) for one in self._related_numbers(page.number))
        return [one for one in found if one and one is not page and not one.orphan]

    def _targets(self, page: Page) -> list[tuple[str, str]]:
        return [(href(page, one, self._origin()), one.title) for one in self._related(page)[:2]]

    def _more(self, page: Page) -> list[tuple[str, str]]:
        more = [(f"/{quote(one.slug)}/", one.name) for one in SECTIONS[4:]]
        if page.number % 5 == 0:
            more += surroundings.LINKS
        if page.number % 10 == 3 and self.redirected:
            old = sorted(self.redirected)
            more.append((old[page.number % len(old)], "旧ページ"))
        if self.with_traps:
            if page.number <= 2 or page.number % 100 == 7:
                more += [(attribute(one.entrance), one.name) for one in traps.TRAPS]
            if page.section and page.section.slug == "news":
                more.append((f"{quoted(page.path)}?print=1", "印刷用"))
        return more

    def _ticker(self) -> str:
        return f"最新情報第{self._news + 1}号を掲載しました"

    # What stands around

    def _surround(self) -> None:
        site, host = self._site, self._host
        site.put("/robots.txt", Resource(self._robots, "text/plain", 0, 0, dynamic=True), host=host)
        for path, words in surroundings.UNWANTED.items():
            site.add_page(path, words, host=host)
        for number in range(10, min(self._last, 2000), 97):
            old = f"/old/{number:05}.html"
            self.redirected[old] = self._pages[number].path
            site.redirect(old, quoted(self.redirected[old]), 301, host=host)
        if self.with_sitemap:
            for part in range(self._last // surroundings.MAP_SIZE + 2):
                body = partial(self._map, part)
                self._put(surroundings.map_path(part), body, surroundings.map_type(part))
        for trap in self.traps:
            if answering := traps.handler(trap.name):
                site.host(host).mount(trap.path, answering)

    def _robots(self, _: Visit) -> bytes:
        return surroundings.robots(f"{self._origin()}/sitemap.xml" if self.with_sitemap else None)

    def _map(self, part: int, _: Visit) -> bytes:
        origin, there = self._origin(), self._site.host(self._host).resources
        if part == 0:
            return surroundings.index(origin, self._last)

        def address(number: int) -> str | None:
            page = self._pages.get(number)
            return origin + quoted(page.path) if page and page.path in there else None

        def date(number: int) -> str:
            modified = there[self._pages[number].path].modified
            return datetime.fromtimestamp(modified, UTC).isoformat(timespec="seconds")

        return surroundings.urls(part, address, date)

    def _touch(self, *pages: Page) -> None:
        """Let pages, and the maps that tell of them, have new validators."""
        maps = {page.number // surroundings.MAP_SIZE + 1 for page in pages}
        paths = [page.path for page in pages]
        if self.with_sitemap:
            paths += [surroundings.map_path(part) for part in (0, *sorted(maps))]
        for path in paths:
            if path in self._site.host(self._host).resources:
                self._site.touch(path, host=self._host)


def _fresh(page: Page) -> str | None:
    if not page.revision:
        return None
    return f"この頁は改定第{page.number:06}の{page.revision}号で改められました。"
