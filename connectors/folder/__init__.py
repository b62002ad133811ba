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
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

from connectors.base import (
    READABLE_BY_ANYONE,
    ConnectorError,
    Cursor,
    Document,
    Gone,
    Group,
    Presence,
    Readers,
    Ref,
    Remark,
    Unread,
)
from connectors.folder.addresses import document_id, opened
from connectors.folder.side_file import SIDE_FILE, SideFiles, layer
from connectors.folder.versions import Versions
from connectors.folder.walk import (
    DEFAULT_EXCLUDE,
    MEDIA_SUFFIXES,
    Entry,
    Selection,
    Walk,
    identify,
    inside,
)

__all__ = ["DEFAULT_EXCLUDE", "MEDIA_SUFFIXES", "SIDE_FILE", "FolderConnector"]

MAX_BYTES = 50_000_000
"""The default limit of a document: 250 times the largest page of a documentation site."""

_TROUBLES = 10  # named one by one to whoever examines the folder


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
        readers: Collection[str] = (),
    ) -> None:
        """Read nothing yet.

        `include` and `exclude` are globs with gitignore's meaning; no `include` means every file
        but `MEDIA_SUFFIXES`, and `exclude` adds to `DEFAULT_EXCLUDE`. Links are `url_prefix` and
        the quoted path, or `file:` addresses. A file above `max_bytes` is reported, not read.
        `memory` is a database of folder connectors' own (see `connectors.folder.versions`); None:
        a touched file has changed. `readers` are who may read what no side file speaks of; none:
        anyone.
        Raises `ConnectorError` for a glob that is none.
        """
        self._root = Path(os.path.abspath(root.expanduser()))
        self._selection = Selection(include, exclude)
        self._url_prefix = url_prefix
        self._max_bytes = max_bytes
        self._versions = Versions(os.fsencode(self._root).hex(), memory)
        self._otherwise = (layer(readers),) if readers else READABLE_BY_ANYONE
        self._problems: dict[str, str] = {}
        # An address is part of a version: where it leads elsewhere, every document has changed.
        base = url_prefix if url_prefix is not None else self._root.as_uri()
        self._address_version = f"{zlib.crc32(base.encode('utf-8', 'surrogateescape')):08x}"

    @property
    def requests(self) -> int:
        """Return 0: there is no service that counts."""
        return 0

    def changes(self, cursor: Cursor | None) -> Iterator[Ref | Gone | Cursor]:  # noqa: ARG002
        """Yield every document, whatever the cursor: a folder keeps no record of changes.

        What can be listed is yielded before a folder below that can not be listed raises.
        """
        root = self._resolved_root()
        identity = _identity(root)
        side_files = self._side_files(root)
        walk = Walk(root, self._selection)
        found = False
        self._problems = {}
        for entry in walk:
            found = True
            yield self._ref(entry, side_files)
        _raise_for(walk)
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
        side_files = self._side_files(self._resolved_root())
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

    def fetch_all(self, refs: Sequence[Ref]) -> Iterator[Document | Unread]:
        """Yield the documents in the order in which they were asked for."""
        for ref in refs:
            try:
                yield self.fetch(ref)
            except ConnectorError as error:
                self._resolved_root()  # without it, no other document can be read either
                yield Unread(ref, str(error))

    def readers(self, ref: Ref) -> Readers:
        """Return who may read the document by the side files of now."""
        entry = self._entry(ref.id)
        return self._side_files(self._resolved_root()).readers(entry.path, entry.real)

    def groups(self) -> Iterable[Group]:
        """Return none: side files name groups of other sources."""
        return ()

    def check(self, ref: Ref) -> Presence:
        """Return whether the file is still a document, at which version and for whom."""
        try:
            entry = self._entry(ref.id)
        except ConnectorError:
            return Presence(exists=False, version=None, readers=())
        side_files = self._side_files(self._resolved_root())
        now = self._ref(entry, side_files)
        return Presence(
            exists=True, version=now.version, readers=side_files.readers(entry.path, entry.real)
        )

    def confirm_gone(self, document_ids: Collection[str]) -> frozenset[str]:
        """Return those that have no file, or whose file the globs leave out or another id has."""
        root = self._resolved_root()
        left = {identity for identity in document_ids if _is_there(root, identity)}
        if left:
            walk = Walk(root, self._selection)
            left &= {entry.id for entry in walk}
            _raise_for(walk)
        return frozenset(document_ids) - left

    def find(self, url: str) -> Ref | None:
        """Return the document at a link of this source, a `file:` address or a path."""
        root = self._resolved_root()
        identity = document_id(url, self._url_prefix, str(self._root), root)
        if identity is None or not self._selection.lists(identity):
            return None
        try:
            entry = self._entry(identity)
        except ConnectorError:
            return None
        listed_as = identify(entry.real)
        if listed_as != entry.id and self._selection.lists(listed_as):
            entry = replace(entry, id=listed_as, path=entry.real)
        if entry.status is None or not stat.S_ISREG(entry.status.st_mode):
            return None
        return self._ref(entry, self._side_files(root))

    def examine(self) -> Iterator[Remark]:
        """Yield whether the folder can be listed, what is in it, and what keeps it from readers."""
        try:
            root = self._resolved_root()
        except ConnectorError as error:
            yield Remark("problem", str(error))
            return
        walk, side_files = Walk(root, self._selection), self._side_files(root)
        count = 0
        troubles: dict[str, None] = {}
        for entry in walk:
            count += 1
            if entry.problem:
                troubles[f"{entry.id}: {entry.problem}"] = None
            else:
                try:
                    side_files.readers(entry.path, entry.real)
                except ConnectorError as error:
                    troubles[str(error)] = None
        if count:
            yield Remark("ok", f"{self._root} shows {count:,} documents.")
        else:
            yield Remark("problem", f"{self._root} shows no document; see `include`, `exclude`.")
        for place in walk.unreadable:
            yield Remark("problem", f"This folder can not be listed: {place}.")
        for trouble in list(troubles)[:_TROUBLES]:
            yield Remark("warning", trouble)

    def close(self) -> None:
        """Let go of the memory."""
        self._versions.close()

    def _side_files(self, root: str) -> SideFiles:
        return SideFiles(root, self._otherwise)

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
        return f"{opened(self._url_prefix)}{quote(entry.id)}"


def _raise_for(walk: Walk) -> None:
    """Raise for what a walk that has ended could not see."""
    if walk.unreadable:
        raise ConnectorError(
            f"These folders can not be listed: {', '.join(walk.unreadable)}. "
            "Make them readable, or exclude them."
        )


def _is_there(root: str, identity: str) -> bool:
    """Tell whether something lies there; where that can not be found out, it does."""
    try:
        return os.path.lexists(os.path.join(root, _spelled(root, identity)))
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        return True


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
