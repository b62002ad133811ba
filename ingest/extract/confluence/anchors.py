"""Tells the ids that Confluence gives headings, so that a link leads to them.

Two editions make them in two ways, both told from what their own code does. Cloud: the renderer of
the new editor (`@atlaskit/renderer`, `ReactSerializer.getHeadingId`); pages that still use Cloud's
old editor have ids as in Data Center, and a link to them opens at the top. Data Center:
`AbstractPageLink.generateUniqueAnchor` and `HtmlElementIdCreator`.
"""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import quote

from connectors.confluence.storage import Edition

MAX_LENGTH: Final = 1_500
"""Of an id in a link, where a kanji takes nine characters: chats refuse links of 2,000, and one
that leads to the section around is better than none."""

_SOURCE_BLANKS = re.compile(r"[ \t\r\n]+")
# What `\s` is in JavaScript, and White_Space in Unicode.
_CLOUD_BLANK = re.compile("[\t-\r \u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff]")
_DC_BLANKS = re.compile("[\t-\r \x85\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+")
_DC_UNITS: Final = 255  # of UTF-16: Java's length


class Anchors:
    """Gives each heading of a page its id, in the order of the page."""

    def __init__(self, edition: Edition, title: str) -> None:
        self._cloud = edition == "cloud"
        self._prefix = re.sub("[-#]", "", title[: 10 * _DC_UNITS]) + "-" if title else ""
        self._taken: set[str] = set()
        self._next: dict[str, int] = {}

    def heading(self, text: str) -> str:
        """Return the id of the next heading; empty where it has none that can be told."""
        if self._cloud:
            wanted = self._of_cloud(text)
        else:
            wanted = self._of_data_center(text) if text.strip() else ""
        return _short(self._free(wanted)) if wanted else ""

    def named(self, name: str) -> str:
        """Return the id of an anchor macro."""
        name = name.strip()
        if not name or self._cloud:
            return _short(_CLOUD_BLANK.sub("-", name))
        return _short(self._of_data_center(name))

    def _of_cloud(self, text: str) -> str:
        # Blanks of the source are one blank when Cloud reads it; of those that remain, each counts.
        text = _SOURCE_BLANKS.sub(" ", text).strip(" \u00a0\u3000\ufeff")
        return _CLOUD_BLANK.sub("-", text)

    def _of_data_center(self, text: str) -> str:
        identifier = _DC_BLANKS.sub("", self._prefix + text[:MAX_LENGTH])
        if not re.match("[a-zA-Z]", identifier):
            identifier = f"id-{identifier}"
        return identifier.encode("utf-16-le")[: 2 * _DC_UNITS].decode("utf-16-le", "ignore")

    def _free(self, wanted: str) -> str:
        """The id itself, or with the first number that is free."""
        number = self._next.get(wanted, 0)
        found = f"{wanted}.{number}" if number else wanted
        if self._cloud:  # which also looks at ids that a heading has by its own words
            while found in self._taken:
                number += 1
                found = f"{wanted}.{number}"
            self._taken.add(found)
        self._next[wanted] = number + 1
        return found


def _short(identifier: str) -> str:
    return identifier if len(quote(identifier[: MAX_LENGTH + 1])) <= MAX_LENGTH else ""
