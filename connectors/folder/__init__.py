"""A folder of files as a source.

Ids are POSIX paths relative to the root in NFC, so that they survive a move of the root and a Mac.
Knows nothing of media types: what a file is, its bytes tell.
"""

# os.path keeps a path as the disk spells it, byte for byte.
# ruff: noqa: PTH100, PTH112, PTH116, PTH118, PTH123, PTH208

from __future__ import annotations

import errno
import os
import stat
import unicodedata
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

from connectors.base import (
    ConnectorError,
    Cursor,
    Document,
    Gone,
    Group,
    Presence,
    Readers,
    Ref,
)
from connectors.folder.side_file import SIDE_FILE, SideFiles
from connectors.folder.versions import Versions
from connectors.folder.walk import (
    DEFAULT_EXCLUDE,
    MEDIA_SUFFIXES,
    Entry,
    Selection,
    Walk,
    inside,
)

__all__ = ["DEFAULT_EXCLUDE", "MEDIA_SUFFIXES", "SIDE_FILE", "FolderConnector"]

MAX_BYTES = 50_000_000
"""The default limit of a document: 250 times the largest page of a documentation site."""


class FolderConnector:
    """A `Connector` over the files of one folder. It has no change feed: every listing is full."""

    def __init__(
        self,
        root: Path,
        *,
        include: Iterable[str] = (),
        exclude: Iterable[str] = (),
        url_prefix: str | None = None,
        max_bytes: int = MAX_BYTES,
        memory: Path | None = None,
    ) -> None:
        """Read nothing yet.

        `include` and `exclude` are globs with gitignore's meaning; no `include` means every file
        but `MEDIA_SUFFIXES`, and `exclude` adds to `DEFAULT_EXCLUDE`. Links are `url_prefix` and
        the quoted path, or `file:` addresses. A file above `max_bytes` is reported, not read.
        `memory` is a database of folder connectors' own (see `connectors.folder.versions`); None:
        a touched file has changed.
        Raises `ConnectorError` for a glob that is none.
        """
        self._root = Path(os.path.abspath(root.expanduser()))
        self._selection = Selection(include, exclude)
        self._url_prefix = url_prefix
        self._max_bytes = max_bytes
        self._versions = Versions(os.fsencode(self._root).hex(), memory)
        self._problems: dict[str, str] = {}
        # An address is part of a version: where it leads elsewhere, every document has changed.
        base = url_prefix if url_prefix is not None else self._root.as_uri()
        self._address_version = f"{zlib.crc32(base.encode('utf-8', 'surrogateescape')):08x}"

    def changes(self, cursor: Cursor | None) -> Iterator[Ref | Gone | Cursor]:  # noqa: ARG002
        """Yield every document, whatever the cursor: a folder keeps no record of changes.

        What can be listed is yielded before a folder below that can not be listed raises.
        """
        root = self._resolved_root()
        identity = _identity(root)
        side_files = SideFiles(root)
        walk = Walk(root, self._selection)
        found = False
        self._problems = {}
        for entry in walk:
            found = True
            yield self._ref(entry, side_files)
        if walk.unreadable:
            raise ConnectorError(
                f"These folders can not be listed: {', '.join(walk.unreadable)}. "
                "Make them readable, or exclude them."
            )
        if _identity(self._resolved_root()) != identity:
            raise ConnectorError(f"{self._root} was replaced while it was listed. Run again.")
        if not found:
            raise ConnectorError(
                f"{self._root} holds no document. Is this the right folder, is it mounted, "
                "do `include` and `exclude` leave anything?"
            )

    def fetch(self, ref: Ref) -> Document:
        """Return the document with its bytes as they are now."""
        entry = self._entry(ref.id)
        side_files = SideFiles(self._resolved_root())
        readers = side_files.readers(entry.path, entry.real)
        body, status = self._read(entry)
        version = self._versions.fetched(entry.id, status, body)
        return Document(
            ref=self._as_ref(replace(entry, status=status), version, side_files),
            title=None,
            url=self._url(entry),
            body=body,
            media_type=None,
            readers=readers,
            updated=datetime.fromtimestamp(status.st_mtime, UTC),
        )

    def readers(self, ref: Ref) -> Readers:
        """Return who may read the document by the side files of now."""
        entry = self._entry(ref.id)
        return SideFiles(self._resolved_root()).readers(entry.path, entry.real)

    def groups(self) -> Iterable[Group]:
        """Return none: side files name groups of other sources."""
        return ()

    def check(self, ref: Ref) -> Presence:
        """Return whether the file is still a document, at which version and for whom."""
        try:
            entry = self._entry(ref.id)
        except ConnectorError:
            return Presence(exists=False, version=None, readers=())
        side_files = SideFiles(self._resolved_root())
        now = self._ref(entry, side_files)
        return Presence(
            exists=True, version=now.version, readers=side_files.readers(entry.path, entry.real)
        )

    def _resolved_root(self) -> str:
        root = os.path.realpath(self._root)
        if not os.path.lexists(root):
            raise ConnectorError(
                f"{self._root} does not exist. Is it mounted, is it spelled right?"
            )
        if not os.path.isdir(root):
            raise ConnectorError(f"{self._root} is no folder. Name the folder that holds the file.")
        return root

    def _ref(self, entry: Entry, side_files: SideFiles) -> Ref:
        """Return what a listing shows of an entry; what can not be read has a version, too."""
        if entry.problem is None and entry.status is not None:
            try:
                version = self._versions.listed(
                    entry.id, entry.status, lambda: self._read(entry)[0]
                )
                return self._as_ref(entry, version, side_files)
            except ConnectorError as error:
                self._problems[entry.id] = str(error)
        else:
            self._problems[entry.id] = entry.problem or "it can not be read"
        return self._as_ref(entry, "unreadable", side_files)

    def _as_ref(self, entry: Entry, version: str, side_files: SideFiles) -> Ref:
        return Ref(
            id=entry.id,
            version=f"{version}+{self._address_version}",
            readers_version=side_files.version(entry.path, entry.real),
            name=entry.id,
            size=entry.status.st_size if entry.status else None,
        )

    def _entry(self, identity: str) -> Entry:
        """Return where a document lies now, or raise what keeps it from being read."""
        if identity in self._problems:
            raise ConnectorError(self._problems[identity])
        if not self._selection.lists(identity):
            raise ConnectorError("it is no document of this source any more: it is excluded")
        root = self._resolved_root()
        try:
            path = _spelled(root, identity)
            target = os.path.realpath(os.path.join(root, path), strict=True)
            if not inside(root, target):
                raise ConnectorError("it leads out of the folder by a symbolic link")
            return Entry(identity, path, os.path.relpath(target, root), os.lstat(target))
        except OSError as error:
            raise ConnectorError(_why(error)) from error

    def _read(self, entry: Entry) -> tuple[bytes, os.stat_result]:
        """Return the bytes of a file and the status that they belong to.

        A file that is being written is read once more; then it is left to the next run.
        """
        for _ in range(2):
            try:
                body, before, after = self._read_once(entry)
            except OSError as error:
                raise ConnectorError(_why(error)) from error
            if _same(before, after) and len(body) == after.st_size:
                return body, after
        raise ConnectorError("it is being written right now; the next run reads it")

    def _read_once(self, entry: Entry) -> tuple[bytes, os.stat_result, os.stat_result]:
        # Neither waits for a pipe nor follows a link that took the file's place since.
        flags = os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
        descriptor = os.open(os.path.join(self._resolved_root(), entry.real), flags)
        with open(descriptor, "rb", buffering=0) as file:
            before = os.fstat(descriptor)
            if not stat.S_ISREG(before.st_mode):
                raise ConnectorError("it is no regular file; exclude it")
            if before.st_size > self._max_bytes:
                raise ConnectorError(
                    f"its {_megabytes(before.st_size)} are more than the limit of "
                    f"{_megabytes(self._max_bytes)}; raise `max_bytes` or exclude it"
                )
            body = file.read(before.st_size + 1)
            return body, before, os.fstat(descriptor)

    def _url(self, entry: Entry) -> str:
        if self._url_prefix is None:
            return (self._root / entry.path).as_uri()
        ends_open = self._url_prefix.endswith(("/", "=", "#", "?"))
        return f"{self._url_prefix}{'' if ends_open else '/'}{quote(entry.id)}"


def _spelled(root: str, identity: str) -> str:
    """Return the path as the disk spells it, where that is not in NFC. Raises OSError."""
    if os.path.lexists(os.path.join(root, identity)):
        return identity
    path = ""
    for part in identity.split("/"):
        names = os.listdir(os.path.join(root, path))
        found = [name for name in names if unicodedata.normalize("NFC", name) == part]
        if not found:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), identity)
        path = f"{path}/{min(found)}" if path else min(found)
    return path


def _why(error: OSError) -> str:
    match error.errno:
        case errno.ENOENT | errno.ENOTDIR:
            return "it was removed while the folder was read"
        case errno.EACCES | errno.EPERM:
            return "it can not be read: permission denied; make it readable for this user"
        case errno.ELOOP:
            return "it is a symbolic link that leads nowhere; remove it or repair it"
        case _:
            return f"it can not be read: {error.strerror or error}"


def _same(before: os.stat_result, after: os.stat_result) -> bool:
    return (before.st_size, before.st_mtime_ns) == (after.st_size, after.st_mtime_ns)


def _identity(root: str) -> tuple[int, int]:
    status = os.stat(root)
    return status.st_dev, status.st_ino


def _megabytes(size: int) -> str:
    return f"{size / 1e6:,.1f} MB" if size < 10e6 else f"{size / 1e6:,.0f} MB"
