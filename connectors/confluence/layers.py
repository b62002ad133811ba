"""Readers as layers of principals: putting them together, comparing them, naming them.

Knows nothing of pages and spaces.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from connectors.base import ANYONE, Readers

UNREADABLE = "unreadable"
"""The version of readers that could not be read: it is none of any that were."""


def compose(layers: Iterable[frozenset[str]]) -> Readers:
    """Return layers in one order, each once: the same readers are the same value."""
    return tuple(sorted(set(layers), key=sorted))


def version(readers: Readers) -> str:
    """Return what changes exactly when the readers change."""
    written = "\n".join("\t".join(sorted(layer)) for layer in readers)
    return hashlib.blake2b(written.encode("utf-8", "replace"), digest_size=8).hexdigest()


def covers(included: Readers, host: Readers) -> bool:
    """Tell whether everybody who may read `host` may read `included`, whoever is in which group.

    True only where it must be so: groups are not looked into, so that it says no too often rather
    than once too seldom.
    """
    return bool(included) and all(
        ANYONE in layer or any(narrower <= layer for narrower in host) for layer in included
    )
