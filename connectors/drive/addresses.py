"""Addresses of Google Drive as people copy them, and what they lead to.

Knows nothing of whether it exists.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qs, urlsplit

_HOSTS: Final = frozenset(
    {
        "docs.google.com",
        "drive.google.com",
        "sheets.google.com",
        "slides.google.com",
        "drive.usercontent.google.com",
    }
)
_ID: Final = r"[A-Za-z0-9_-]{6,}"
_IN_PATH: Final = re.compile(rf"/(?:d|folders)/({_ID})(?:/|$)")
"""…/document/d/ID/edit, …/file/u/0/d/ID/view, …/a/example.co.jp/…/d/ID, …/drive/u/1/folders/ID.
A published copy (…/d/e/2PACX-…) has another id, that leads to no file."""
_BY_QUERY: Final = re.compile(r"/(?:open|uc|leaf|folderview|download|thumbnail)$|/viewer$")
_ALONE: Final = re.compile(r"[A-Za-z0-9_-]{15,}")
"""An id without an address: files have 33 or 44 characters, shared drives 19."""


@dataclass(frozen=True, slots=True)
class Address:
    """What an address leads to: a file, a folder or a shared drive, by its id."""

    id: str
    resource_key: str | None = None
    """That some links need beside the id: https://developers.google.com/workspace/drive/api/guides/resource-keys."""


def read(address: str) -> Address | None:
    """Return what an id or address leads to; None: it is none of Google Drive's."""
    address = address.strip()
    if _ALONE.fullmatch(address):
        return Address(address)
    try:
        parts = urlsplit(address)
        elsewhere = parts.scheme not in {"http", "https"} or parts.hostname not in _HOSTS
    except ValueError:
        return None
    if elsewhere:
        return None
    query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
    key = query.get("resourcekey") or query.get("resourceKey")
    if match := _IN_PATH.search(parts.path):
        return Address(match[1], key)
    named = query.get("id", "")
    if _BY_QUERY.search(parts.path.rstrip("/")) and re.fullmatch(_ID, named):
        return Address(named, key)
    return None
