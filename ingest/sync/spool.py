"""What was fetched from a service and is not known to be in the index yet, on disk.

A run that dies has not fetched in vain: the next one finds its documents here by id and version. A
convenience: whatever goes wrong with it costs another request, never a document or a run. Who may
read a document is not kept here: that is asked anew. Knows nothing of sources or indexes.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import shutil
from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO

from connectors.base import Document, Readers, Ref

RESERVE = 1_000_000_000
"""Bytes of the disk that are left to the index, which needs them more."""

MOST_BYTES = 2_000_000_000
"""Beyond these the oldest documents go: an index saves its work every few seconds or minutes."""

_MAGIC = b"kurage spool 1\n"
_DIGEST_BYTES = 16
_SUFFIX = ".document"
_PART = ".part"

_log = logging.getLogger(__name__)


class Spool:
    """The spool of one source, for the one process that holds its lease.

    One thread may take from it while another one puts.
    """

    def __init__(
        self, folder: Path, source: str, *, reserve: int = RESERVE, most_bytes: int = MOST_BYTES
    ) -> None:
        """Keep documents in a folder below `folder`, both of them for this user alone."""
        self._folder = folder / _name(source)
        self._reserve = reserve
        self._most_bytes = most_bytes
        self._sizes: dict[str, int] = {}
        """Of the files that are there, the oldest first."""
        self._usable = self._open(folder)
        self._bytes = sum(self._sizes.values())

    def keep_only(self, refs: Iterable[Ref]) -> None:
        """Remove what is not one of these documents at these versions."""
        if self._sizes:
            wanted = {_name(ref.id, ref.version) for ref in refs}
            for name in [name for name in self._sizes if name not in wanted]:
                self._remove(name)

    def take(self, ref: Ref, readers: Readers = ()) -> Document | None:
        """Return a document at this very version, for these readers; None: it is not here."""
        name = _name(ref.id, ref.version)
        if name not in self._sizes:
            return None
        try:
            with (self._folder / f"{name}{_SUFFIX}").open("rb") as file:
                return _unpacked(file, ref, readers)
        except (OSError, ValueError, KeyError, TypeError):  # broken, or not ours
            return None

    def put(self, document: Document) -> bool:
        """Keep a document and return True; without room, do nothing and return False."""
        if not self._usable:
            return False
        name = _name(document.ref.id, document.ref.version)
        parts = _packed(document)
        size = sum(map(len, parts))
        try:
            if shutil.disk_usage(self._folder).free < self._reserve + size:
                return False
            self._write(name, parts)
        except OSError as error:
            _log.warning("What is fetched is not kept for a run that dies: %s", error)
            self._usable = False
            return False
        self._bytes += size - self._sizes.pop(name, 0)
        self._sizes[name] = size
        while self._bytes > self._most_bytes and len(self._sizes) > 1:
            self._remove(next(iter(self._sizes)))
        return True

    def clear(self) -> None:
        """Remove all of it: the index holds it now."""
        for name in list(self._sizes):
            self._remove(name)
        with suppress(OSError):  # not empty, if somebody else put something there
            self._folder.rmdir()
        self._usable = False

    def _open(self, folder: Path) -> bool:
        """Make the folder and look at what a former run left."""
        try:
            for place in (folder, self._folder):
                place.mkdir(mode=0o700, parents=True, exist_ok=True)
                place.chmod(0o700)
            found = sorted(
                (entry.stat().st_mtime_ns, entry.name, entry.stat().st_size)
                for entry in self._folder.iterdir()
                if entry.suffix in {_SUFFIX, _PART} and entry.is_file() and not entry.is_symlink()
            )
            for _, name, size in found:
                if name.endswith(_PART):  # a run died while it wrote this
                    (self._folder / name).unlink()
                else:
                    self._sizes[name.removesuffix(_SUFFIX)] = size
        except OSError as error:
            _log.warning("What is fetched is not kept for a run that dies: %s", error)
            return False
        return True

    def _write(self, name: str, parts: Iterable[bytes]) -> None:
        part = self._folder / f"{name}{_PART}"
        flags = os.O_CREAT | os.O_WRONLY | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
        try:
            with open(os.open(part, flags, 0o600), "wb") as file:  # noqa: PTH123 - a descriptor
                file.writelines(parts)
            part.replace(self._folder / f"{name}{_SUFFIX}")
        except OSError:
            with suppress(OSError):
                part.unlink()
            raise

    def _remove(self, name: str) -> None:
        self._bytes -= self._sizes.pop(name)
        with suppress(OSError):
            (self._folder / f"{name}{_SUFFIX}").unlink()


def _name(*parts: str) -> str:
    """Return a file name for what may be any text."""
    text = "\0".join(parts).encode("utf-8", "surrogatepass")
    return hashlib.blake2b(text, digest_size=_DIGEST_BYTES).hexdigest()


def _packed(document: Document) -> tuple[bytes, ...]:
    """Return what a file holds; in parts, as a body may be large."""
    told = {
        "id": document.ref.id,
        "version": document.ref.version,
        "title": document.title,
        "url": document.url,
        "media_type": document.media_type,
        "updated": document.updated.isoformat() if document.updated else None,
        "owner": document.owner,
    }
    header = json.dumps(told).encode() + b"\n"
    return _MAGIC, _digest(header, document.body), header, document.body


def _unpacked(file: BinaryIO, ref: Ref, readers: Readers) -> Document:
    """Return the document of a file; raises ValueError, KeyError or TypeError for any other."""
    magic, digest = file.read(len(_MAGIC)), file.read(_DIGEST_BYTES)
    if magic != _MAGIC:
        raise ValueError("it is no file of a spool")
    header, body = file.readline(), file.read()
    if digest != _digest(header, body):
        raise ValueError("it is damaged, as after a power failure")
    told: dict[str, Any] = json.loads(header)
    if (told["id"], told["version"]) != (ref.id, ref.version):
        raise ValueError("it is another document")
    return Document(
        ref=ref,
        title=told["title"],
        url=told["url"],
        body=body,
        media_type=told["media_type"],
        readers=readers,
        updated=datetime.fromisoformat(told["updated"]) if told["updated"] else None,
        owner=told["owner"],
    )


def _digest(*parts: bytes) -> bytes:
    found = hashlib.blake2b(digest_size=_DIGEST_BYTES)
    for part in parts:
        found.update(part)
    return found.digest()
