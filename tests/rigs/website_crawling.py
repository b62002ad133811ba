"""A crawler as simple as it can be, written apart from the product's, and a reader of pages."""

from __future__ import annotations

import gzip
import re
from collections import deque
from collections.abc import Callable
from urllib.parse import parse_qsl, quote, unquote, urlencode, urljoin, urlsplit

import httpx2
from lxml import etree, html

_NO_LINK = ("mailto:", "tel:", "javascript:")
_UNSEEN = (
    "//script|//style|//template|//noscript|//dialog|//input|//textarea|//rt|//rp|//comment()"
    "|//*[@hidden]|//*[@aria-hidden='true']|//*[contains(@style,'display:none')]"
    "|//*[contains(@style,'visibility: hidden')]|//a[@class='anchor']"
)
_MAIN = ("//article", "//*[contains(@class,'entry-content')]", "//*[@id='contents']")


class Crawler:
    """Visits everything on one origin that is linked and not refused, each address once."""

    def __init__(self, client: httpx2.Client, origin: str, refuses: Callable[[str], bool]) -> None:
        self._client, self._origin, self._refuses = client, origin, refuses
        self.canonical: set[str] = set()
        """What the pages that were read call themselves; files by their addresses."""
        self.broken: list[str] = []

    def crawl(self, *also: str) -> None:
        """Begin at the first page and at `also`."""
        waiting = deque([f"{self._origin}/", *also])
        seen = set(waiting)
        while waiting:
            url = waiting.popleft()
            got = self._client.get(url, follow_redirects=True)
            if got.status_code != 200:
                self.broken.append(url)
                continue
            if not got.headers["content-type"].startswith("text/html"):
                self.canonical.add(url)
                continue
            root = html.fromstring(got.content)
            if root.xpath("//meta[@name='robots'][contains(@content,'noindex')]"):
                continue
            named = root.xpath("//link[@rel='canonical']/@href")
            self.canonical.add(named[0] if named else url)
            links = root.xpath("//a[not(@rel='nofollow')]/@href")
            for link in (normalised(urljoin(str(got.url), one.strip())) for one in links):
                if link.startswith(f"{self._origin}/") and link not in seen:
                    seen.add(link)
                    if not self._refuses(link):
                        waiting.append(link)


def normalised(url: str) -> str:
    """Return an address in its one form: no fragment, no session, no campaign."""
    if url.startswith(_NO_LINK):
        return url
    parts = urlsplit(url)
    path = quote(unquote(re.sub(";jsessionid=[0-9A-F]+", "", parts.path)))
    kept = [
        (name, value)
        for name, value in parse_qsl(parts.query)
        if not name.startswith("utm_") and name != "PHPSESSID"
    ]
    return parts._replace(path=path, query=urlencode(kept), fragment="").geturl()


def mapped(client: httpx2.Client, index: str) -> list[str]:
    """Return the addresses of all maps that an index names."""
    found: list[str] = []
    for url in _locations(client, index):
        found += _locations(client, url)
    return found


def _locations(client: httpx2.Client, url: str) -> list[str]:
    body = client.get(url).content
    body = gzip.decompress(body) if url.endswith(".gz") else body
    return [str(one) for one in etree.fromstring(body).xpath("//*[local-name()='loc']/text()")]


def seen_text(body: bytes, charset: str) -> tuple[str, str]:
    """Return the text of the main part as a reader sees it, and of the whole page's source."""
    source = body.decode(charset)
    root = html.fromstring(source)
    for one in root.xpath(_UNSEEN):
        one.drop_tree()
    main = next(found[0] for way in _MAIN if (found := root.xpath(way)))
    for one in main.xpath(".//ul[@class='child-pages']|.//nav|.//div[@class='toc']"):
        one.drop_tree()
    # A line end between two Japanese characters is nothing that a reader sees.
    return re.sub(r"(?<=[^\x00-\x7f])\s*\n\s*(?=[^\x00-\x7f])", "", main.text_content()), source
