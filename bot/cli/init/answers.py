"""What `kurage init` wants to know, and which answers it takes.

Knows nothing of how it is asked, nor of the files that it ends up in.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from bot.exchange import Language

EVERY = "1h"
"""How often sources are synced where nobody says otherwise."""

_BY_HAND = frozenset({"0", "-", "no", "none", "手動", "なし"})
_WEB_ADDRESS = re.compile(r"https?://[^\s/]+(/\S*)?")
_NOT_IN_A_NAME = re.compile(r"[\s/\\:]+")


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder of documents that becomes a source."""

    name: str
    path: Path
    """Absolute."""
    url_prefix: str | None = None


@dataclass(frozen=True, slots=True)
class Answers:
    """Everything that the two files are made from; what is None is left to the default."""

    language: Language
    folders: tuple[Folder, ...] = ()
    every: str | None = None
    """How often the folders are synced; None: only by hand."""
    generator: str | None = None
    database_url: str | None = None
    """With its password; None: SQLite in KURAGE_HOME."""
    qdrant_url: str | None = None
    """None: the embedded index."""
    qdrant_api_key: str | None = None


def folder(text: str) -> Path:
    """Return the folder that somebody typed. Raises ValueError where there is none."""
    path = Path(text.strip().strip("'\"")).expanduser().absolute()
    if path.is_file():
        raise ValueError(f"{path}")
    if not path.is_dir():
        raise FileNotFoundError(f"{path}")
    return path


def every(text: str) -> str | None:
    """Return how often to sync, None for by hand. Raises ValueError."""
    from bot.settings import seconds

    typed = unicodedata.normalize("NFKC", text).strip().lower()
    if typed in _BY_HAND or seconds(typed) == 0:
        return None
    return typed.replace(" ", "")


def web_address(text: str) -> str:
    """Return an address that begins with http:// or https://. Raises ValueError."""
    typed = unicodedata.normalize("NFKC", text).strip()
    if not _WEB_ADDRESS.fullmatch(typed):
        raise ValueError(typed)
    return typed


def source_name(text: str) -> str:
    """Return what was typed as the name of a source. Raises ValueError where it can be none."""
    from bot.settings import RESERVED_SOURCE_NAMES

    typed = unicodedata.normalize("NFC", text).strip()
    if not typed or typed in RESERVED_SOURCE_NAMES or typed.startswith("-"):
        raise ValueError(typed)
    if _NOT_IN_A_NAME.search(typed) or not typed.isprintable():
        raise ValueError(typed)
    return typed


def suggested_name(path: Path, taken: Collection[str]) -> str:
    """Return a name for a folder: its own, as far as it can be one and is free."""
    plain = _NOT_IN_A_NAME.sub("-", unicodedata.normalize("NFC", path.name)).strip("-.")
    try:
        base = source_name(plain)
    except ValueError:
        base = "docs"
    if base not in taken:
        return base
    return next(name for n in range(2, len(taken) + 3) if (name := f"{base}-{n}") not in taken)
