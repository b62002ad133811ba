"""What people write for a document of a folder: a link, a `file:` address, a path.

Knows nothing of whether there is such a document.
"""

# os.path keeps a path as the disk spells it, byte for byte.
# ruff: noqa: PTH117, PTH118

from __future__ import annotations

import os
from urllib.parse import unquote, urlsplit

from connectors.folder.walk import identify


def document_id(text: str, url_prefix: str | None, *roots: str) -> str | None:
    """Return the id that an address or path stands for, or None where it leads elsewhere.

    `roots` are the spellings of the folder's own path. What is no address and no absolute path is
    an id already.
    """
    text = text.strip()
    if url_prefix is not None and text.startswith(opened(url_prefix)):
        return _relative(unquote(_bare(text.removeprefix(url_prefix))))
    try:
        parts = urlsplit(text)
    except ValueError:  # such as https://[
        return None
    if parts.scheme == "file" and parts.netloc in {"", "localhost"}:
        # bytes that are no UTF-8 as the file system's functions take them
        return _below(unquote(parts.path, errors="surrogateescape"), roots)
    if parts.scheme and parts.netloc:
        return None
    return _below(text, roots) if os.path.isabs(text) else _relative(text)


def opened(url_prefix: str) -> str:
    """Return a prefix that a path can be appended to."""
    return url_prefix if url_prefix.endswith(("/", "=", "#", "?")) else f"{url_prefix}/"


def _bare(text: str) -> str:
    """Return an address without the fragment that a link to a heading has."""
    return text.partition("#")[0]


def _below(path: str, roots: tuple[str, ...]) -> str | None:
    for root in roots:
        inner = path.removeprefix(os.path.join(root, ""))
        if inner != path:
            return _relative(inner)
    return None


def _relative(path: str) -> str | None:
    parts = [part for part in path.split("/") if part not in {"", "."}]
    if not parts or ".." in parts or "\0" in path:
        return None
    return identify("/".join(parts))
