"""What a listing says of a content: its version, and what people know it by.

Pure; the version of a page's includes is added by `connectors.confluence.includes`.
"""

from __future__ import annotations

import unicodedata
import zlib

from connectors.confluence.values import Content
from connectors.folder.walk import MEDIA_SUFFIXES

LONGEST = 300
"""Characters of a title; Confluence takes 255."""

PICTURES = ("image/", "audio/", "video/", "font/", "application/vnd.jgraph", "application/x-drawio")
"""Media types of attachments that hold no text: pictures, and the drawings behind pictures."""
_PICTURE_SUFFIXES = (*MEDIA_SUFFIXES, ".drawio", ".tmp")


def version(content: Content) -> str:
    """Return the version of a page or attachment: of its content, its title and its address."""
    return f"{content.version}-{stamp(content.title, content.space, content.url)}"


def stamp(*values: str) -> str:
    """Return what changes when one of the values does; 8 characters."""
    return f"{zlib.crc32(chr(0).join(values).encode('utf-8', 'replace')):08x}"


def printable(title: str) -> str:
    """Return a title as it may stand in a line: without what can not be seen, not too long."""
    short = shortened(title)
    if short.isprintable():
        return short
    return "".join(character if character.isprintable() else " " for character in short)


def titled(title: str) -> str:
    """Return a title as a document has it: without control characters, not too long."""
    short = shortened(title)
    if short.isprintable():
        return short
    return "".join(" " if unicodedata.category(one) == "Cc" else one for one in short)


def shortened(title: str) -> str:
    """Return a title that is not too long."""
    return title if len(title) <= LONGEST else title[: LONGEST - 1] + "…"


def below(page: str, part: str) -> str:
    """Return what people know a part of a page by: an attachment, a thread of comments."""
    return f"{printable(page)} / {printable(part)}"


def is_picture(attachment: Content) -> bool:
    """Tell whether an attachment is known to hold no text: most are pictures on their page."""
    return (attachment.media_type or "").lower().startswith(
        PICTURES
    ) or attachment.title.lower().endswith(_PICTURE_SUFFIXES)
