"""Reads a page as a crawler does: where it leads, what it asks of crawlers, whether it changed.

Knows nothing of blocks and headings as a document; that is `ingest.extract`'s.
"""

from __future__ import annotations

import hashlib
import re
import zlib
from array import array
from base64 import b64decode, b64encode
from collections.abc import Callable, Collection, Iterator
from html import unescape
from typing import Final
from urllib.parse import unquote

from connectors.web.addresses import normalised
from connectors.web.charsets import text_of
from connectors.web.markup import BEGIN, END, Link, Markup, lines_of, markup_of
from connectors.web.values import Answer, Page
from connectors.web.walls import wall_of

AGENT: Final = "kurage-bot"
"""What `meta` and `X-Robots-Tag` call us by."""
_READ: Final = 10_000_000
"""Characters of a page that are read, about 4 s; of more, the fingerprint alone takes notice."""
_REFRESH_WITHIN: Final = 10.0  # seconds; slower ones renew a page or end a session

_HTML_TYPES: Final = frozenset(("text/html", "application/xhtml+xml"))
_BEGINS_LIKE_HTML = re.compile(
    rb"(?:\xef\xbb\xbf)?\s*(?:<!--.{0,2048}?-->\s*|<\?xml[^>]{0,256}>\s*)*"
    rb"<(?:!doctype\s+html|html|head|body|title|meta|script|h1|div|p|table|a|br)[\s/>]",
    re.IGNORECASE | re.DOTALL,
)
# What a `link` element leads on to; most of them bring styles and icons.
_LEADING: Final = frozenset((
    "next", "prev", "previous", "contents", "index", "start", "first", "last", "up", "chapter",
    "section", "subsection", "appendix", "help", "glossary",
))  # fmt: skip
_REFRESH = re.compile(
    r"\s*+(\d{0,9}(?:\.\d{0,9})?)\s*[;,\s]\s*(?:url\s*=\s*)?[\"']?([^\"']+)", re.IGNORECASE
)
# Directives of X-Robots-Tag with a value of their own: no names of crawlers.
_VALUED: Final = frozenset(
    ("unavailable_after", "max-snippet", "max-image-preview", "max-video-preview")
)
# Parameters of links that are another with every answer.
_RESTLESS = re.compile(
    r"(?<=[?&])(?:_|ts|timestamp|rnd|rand|random|nocache|cb|_dc|token|nonce|sig|signature|expires|"
    r"x-amz-[\w-]+|policy|key-pair-id)=[^&]*",
    re.IGNORECASE,
)
_SESSION = re.compile(
    r"[?&;](?:phpsessid|jsessionid|session_?id|sid|_wpnonce|nonce|csrf\w{0,20})=[\w.-]+",
    re.IGNORECASE,
)
_RANDOM_ANCHOR = re.compile(r"[0-9a-f-]{8,}|\d{4,}", re.IGNORECASE)
_SPACE = re.compile(r"\s+")

# What the pages of an endless series differ in: numbers, the names of months and days, random keys.
# In lower case, as the text is then: a third of the time.
_SERIAL = re.compile(
    r"\b(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|"
    r"sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?|mon(?:day)?|tue(?:s(?:day)?)?|"
    r"wed(?:nesday)?|thu(?:rs(?:day)?)?|fri(?:day)?|sat(?:urday)?|sun(?:day)?)\b"
    r"|\b(?=[a-f-]{0,24}\d)[0-9a-f-]{8,}\b|\b(?=[a-z_-]{0,24}\d)[0-9a-z_-]{20,}\b|[\d_]+|[^\w\n]+"
)
# Three digits and more, but neither years nor dates.
_NUMBER = re.compile(
    r"(?<![\d.,/-])(?!(?:19|20|21)\d\d(?:\d{4})?(?![\d.,]))\d[\d,]*[\d,.]\d(?![\d/-])"
)
_PIECE: Final = 16  # characters of text that count as one in a shape
_PIECES: Final = 1_000  # of a page; 4 bytes each, 5.3 KB in web.db at most
_ADDRESS = re.compile(r"\s*(?:https?://|/)\S*\s*")  # says nothing; each link's is another
_WORD = re.compile(r"[^\W\d_]{2,}")
_SHAPED: Final = 200_000  # characters of text by which pages are compared
_ECHOES: Final = 12  # parts of an address that are looked for in its page


def is_html(answer: Answer) -> bool:
    """Whether an answer holds an HTML page: by its declared type, else by how it begins."""
    declared = (answer.content_type or "").partition(";")[0].strip().lower()
    if declared:
        return declared in _HTML_TYPES
    return bool(_BEGINS_LIKE_HTML.match(answer.body[:4096]))


def fingerprint_of(body: bytes) -> str:
    """Return the fingerprint of a body that is no HTML page: of its bytes."""
    return hashlib.sha256(body).hexdigest()[:32]


def read(answer: Answer, *, ignore: Collection[str] = (), agent: str = AGENT) -> Page:
    """Return what an HTML page says. Never raises, whatever the body; see `values.Page`.

    `ignore`: names of parameters that are left out of its links. Links stand in the page's order;
    nothing leads on from hidden templates, from what says `nofollow`, from alternates of another
    media type.
    """
    source, charset = text_of(answer.body, answer.content_type)
    markup = markup_of(source[:_READ])
    base = (markup.base and normalised(markup.base, base=answer.url)) or answer.url

    def address(href: str | None) -> str | None:
        return normalised(href, base=base, ignore=ignore, encoding=charset) if href else None

    targets: dict[str, bool] = {}
    for link in markup.links:
        if (follow := _leads_on(link)) is not None and (target := address(link.href)):
            targets[target] = targets.get(target, False) or follow
    targets.pop(answer.url, None)
    asked = _directives(markup, answer.robots, agent)
    nofollow = not asked.isdisjoint(("nofollow", "none"))
    wall = wall_of(answer, markup)
    return Page(
        title=markup.title or None,
        links=() if nofollow else tuple(url for url, follow in targets.items() if follow),
        canonical=_canonical(markup, answer, address),
        noindex=not asked.isdisjoint(("noindex", "none")),
        nofollow=nofollow,
        refresh=_refresh(markup, answer.url, address),
        fingerprint=_fingerprint(markup, targets, source[_READ:]),
        shape=_shape(markup, answer.url),
        wall=wall[0] if wall else None,
        why=wall[1] if wall else "",
    )


_Address = Callable[[str | None], str | None]


def _leads_on(link: Link) -> bool | None:
    """Whether a crawler follows a link; None: it is no link from page to page."""
    if link.kind in ("a", "area"):
        return "nofollow" not in link.rel
    if link.kind == "link":
        translated = "alternate" in link.rel and "hreflang" in link.attributes
        if not translated and link.rel.isdisjoint(_LEADING):
            return None
    return True


def _canonical(markup: Markup, answer: Answer, address: _Address) -> str | None:
    """What the page calls its own address; nothing where it says several."""
    said = {
        address(link.href)
        for link in markup.links
        if link.kind == "link" and "canonical" in link.rel
    } - {None}
    if not said and answer.canonical:
        return normalised(answer.canonical, base=answer.url)
    return said.pop() if len(said) == 1 else None


def _refresh(markup: Markup, url: str, address: _Address) -> str | None:
    for meta in markup.metas:
        if meta.get("http-equiv", "").lower() == "refresh":
            found = _REFRESH.match(meta.get("content", "")[:2_048])
            if found and float(found[1].strip(".") or 0) <= _REFRESH_WITHIN:
                target = address(found[2].strip())
                return target if target != normalised(url) else None
    return None


def _directives(markup: Markup, header: str | None, agent: str) -> frozenset[str]:
    """What is asked of every crawler and of us by name, lower case.

    https://developers.google.com/search/docs/crawling-indexing/robots-meta-tag: what forbids wins,
    wherever it stands.
    """
    asked: set[str] = set()
    for meta in markup.metas:
        if meta.get("name", "").strip().lower() in ("robots", agent):
            asked.update(meta.get("content", "").lower().replace(",", " ").split())
    whom = ""
    for part in (header or "").lower().split(","):
        before, colon, after = part.partition(":")
        if colon and before.strip() not in _VALUED:
            whom, part = before.strip(), after  # noqa: PLW2901 - it holds for what follows as well
        if whom in ("", "robots", agent):
            asked.add(part.strip())
    return frozenset(asked)


def _fingerprint(markup: Markup, targets: Collection[str], unread: str) -> str:
    text = "".join(markup.seen).replace(BEGIN + END, " ")
    text = _SPACE.sub(" ", unescape(text) if "&" in text else text)
    text = _SESSION.sub("", text) if "=" in text else text  # of an address that is shown
    text = text.replace(f" {BEGIN}", BEGIN).replace(f"{END} ", END)  # how the source is indented
    anchors = [anchor for anchor in markup.anchors if not _RANDOM_ANCHOR.search(anchor)]
    authors = [
        meta.get("content", "")
        for meta in markup.metas
        if meta.get("name", "").lower() in ("author", "dcterms.creator", "description")
    ]
    links = [_RESTLESS.sub("", target) for target in targets]
    parts = (markup.title or "", text.strip(), *anchors, "", *authors, "", *links, "", unread)
    return hashlib.sha256("\0".join(parts).encode("utf-8", "replace")).hexdigest()[:32]


def _shape(markup: Markup, url: str) -> str:
    """Which pieces of text the page holds, as short hashes: `Traps` compares them.

    Without what the pages of an endless series differ in, and without what a page repeats of its
    own address (`“/no/such/page” was not found`, `red, size L: 12 articles`). Long numbers are
    kept apart (`is_number`), as tables of figures differ in nothing else.
    """
    text = "\n".join(line for line in lines_of(markup) if not _ADDRESS.fullmatch(line))
    text = text[:_SHAPED].lower()
    for echo in _echoes(url):
        text = text.replace(echo, "")
    hashes = {zlib.crc32(number.encode()) | 1 for number in _NUMBER.findall(text)}
    for line in _SERIAL.sub("", text).split("\n"):
        letters = line.encode("utf-8", "replace")
        hashes.update(
            zlib.crc32(letters[start : start + 3 * _PIECE]) & ~1
            for start in range(0, len(letters), 3 * _PIECE)
        )
    kept = array("I", sorted(hashes)[:_PIECES])
    return b64encode(kept.tobytes()).decode("ascii")


def hashes_of(shape: str) -> array[int]:
    """Return the hashes that a shape holds; none where it is no shape."""
    try:
        return array("I", b64decode(shape, validate=True))
    except ValueError:
        return array("I")


def is_number(piece: int) -> bool:
    """Whether a hash of a shape is one of a number; else it is one of text."""
    return bool(piece & 1)


def _echoes(url: str) -> Iterator[str]:
    """What a page may repeat of its address, longest first."""
    rest = unquote(url.partition("://")[2].partition("/")[2]).lower()
    path, _, query = rest.partition("?")
    values = [one.partition("=")[2] for one in query.split("&")]
    parts = {path, rest, *path.split("/"), *values, *_WORD.findall(f"{path} {' '.join(values)}")}
    worth = sorted((part for part in parts if len(part) > 1), key=lambda part: (-len(part), part))
    yield from worth[:_ECHOES]
