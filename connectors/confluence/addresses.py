"""Addresses of a site as people copy them, and what they lead to.

Knows nothing of whether it exists.
"""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass
from urllib.parse import SplitResult, parse_qs, unquote, unquote_plus, urlsplit

_ID_PARAMETERS = ("pageId", "homepageId", "contentId")
_BY_ID = re.compile(r"/(?:pages(?:/edit-v2|/edit)?|blog(?:/\d{4}/\d{2}/\d{2})?)/(\d+)(?:/|$)")
"""…/spaces/KEY/pages/ID/Title, …/pages/edit-v2/ID, …/blog/2026/11/22/ID/Title."""
_BY_TITLE = re.compile(r"/display/([^/]+)/(?:\d{4}/\d{2}/\d{2}/)?([^/]+)/?$")
_SHORT = re.compile(r"/x/([A-Za-z0-9_-]{1,11})/?$")
_FILE = re.compile(r"/download/(?:attachments|thumbnails)/(\d+)/([^/]+)$")
_PREVIEW = re.compile(r"/(\d+)/(?:att)?(\d+)(?:/|$)")
_COMMENT = re.compile(r"(?:comment-|cm-)(\d+)$")


@dataclass(frozen=True, slots=True)
class Address:
    """What an address leads to: a page by its id, or by its space and title, or a part of it."""

    page: str | None = None
    """Id of a page or blog post."""
    space: str | None = None
    title: str | None = None
    comment: str | None = None
    """Id of a comment on it."""
    attachment: str | None = None
    """Number of an attachment of it, without the `att` that Cloud has before it."""
    file: str | None = None
    """Name of an attachment of it."""


def read(address: str, host: str | None = None) -> Address | None:
    """Return what an id or address leads to; None: to no content.

    `host`: of the site; an address of another one leads to none of its contents.
    """
    if re.fullmatch(r"\d+", address.strip()):
        return Address(page=address.strip())
    try:
        parts = urlsplit(address.strip())
        elsewhere = host is not None and host not in {parts.hostname, parts.netloc}
    except ValueError:
        return None
    if elsewhere or not parts.path:
        return None
    query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
    return _part(parts, query, _page(parts.path, query))


def _page(path: str, query: dict[str, str]) -> Address | None:
    by_query = [query[name] for name in _ID_PARAMETERS if query.get(name, "").isdigit()]
    if by_query:
        return Address(page=by_query[0])
    if query.get("spaceKey") and query.get("title"):
        return Address(space=query["spaceKey"], title=query["title"])
    return _page_in_path(path)


def _page_in_path(path: str) -> Address | None:
    if match := _FILE.search(path):
        return Address(page=match[1], file=unquote(match[2]))
    if match := _BY_ID.search(path):
        return Address(page=match[1])
    if match := _BY_TITLE.search(path):
        return Address(space=unquote_plus(match[1]), title=unquote_plus(match[2]))
    if (match := _SHORT.search(path)) and (page := _of_short_link(match[1])):
        return Address(page=page)
    return None


def _part(parts: SplitResult, query: dict[str, str], page: Address | None) -> Address | None:
    """Return the address with the comment or attachment that it points to."""
    if page is None:
        return None
    comment = query.get("focusedCommentId", "")
    if match := _COMMENT.search(parts.fragment):
        comment = comment or match[1]
    if comment.isdigit():
        return Address(page.page, page.space, page.title, comment=comment)
    if match := _PREVIEW.match(query.get("preview", "")):
        return Address(page.page, page.space, page.title, attachment=match[2])
    return page


def _of_short_link(code: str) -> str | None:
    """Return the id that a short link stands for: its bytes, the lowest first, in base 64.

    Trailing zeros are left out, and `/` and `+` are written `-` and `_`.
    """
    digits = code.replace("-", "/").replace("_", "+").ljust(11, "A") + "="
    try:
        return str(int.from_bytes(base64.b64decode(digits, validate=True), "little"))
    except (binascii.Error, ValueError):
        return None
