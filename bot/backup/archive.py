"""The file that a backup is: a tar archive whose first member describes the rest.

Written in one go into one seekable file, so that conversations lie nowhere else on the disk: what
is only known at the end (sizes, checksums, the manifest) is put into its place afterwards. Nothing
is ever unpacked to a path that a file names. Knows nothing of what the parts mean.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import tarfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import IO, BinaryIO, Protocol, cast

from bot.backup.errors import BackupError
from bot.backup.manifest import MANIFEST, SUMS, Manifest, Part, damaged, parse

OnProgress = Callable[[int, int | None, str], None]
"""Done, of how many, of what."""

MANIFEST_ROOM = 1 << 17
"""Bytes that the manifest has at the start; a thousand torn documents fit."""
_BLOCK = tarfile.BLOCKSIZE
_CHUNK = 1 << 20
_LEVEL = 6


class Sink(Protocol):
    """What the content of a part is written to."""

    def write(self, data: bytes, /) -> int:
        """Take all of the data."""
        ...


class Writer:
    """Writes parts one after the other into an empty file; `finish` makes it a backup."""

    def __init__(self, file: BinaryIO, created: datetime) -> None:
        self._file = file
        self._created = int(created.timestamp())
        self.parts: list[Part] = []
        """What was written so far."""
        file.write(bytes(_BLOCK + MANIFEST_ROOM))

    @contextmanager
    def part(self, name: str) -> Iterator[Sink]:
        """Yield what takes the content of a part; it is compressed if its name ends in `.gz`."""
        start = self._file.tell()
        self._file.write(bytes(_BLOCK))
        stored = _Counted(self._file)
        content = stored
        if name.endswith(".gz"):
            with gzip.GzipFile("", "wb", _LEVEL, cast("IO[bytes]", stored), mtime=0) as packed:
                content = _Counted(packed)
                yield content
        else:
            yield content
        sha256 = stored.sha256.hexdigest()
        self.parts.append(Part(name=name, bytes=stored.size, content=content.size, sha256=sha256))
        self._head(start, name, stored.size)

    def finish(self, manifest: Manifest) -> None:
        """Put the manifest into its place, and checksums of everything at the end."""
        described = manifest.model_dump_json(indent=1).encode()
        if len(described) > MANIFEST_ROOM:
            raise BackupError(
                "too many documents changed while they were read; back up when no sync is running"
            )
        described = described.ljust(MANIFEST_ROOM - 1) + b"\n"
        with self.part(SUMS) as sums:
            sums.write(_sums(described, tuple(self.parts)))
        self._file.write(bytes(2 * _BLOCK))
        self._file.seek(_BLOCK)
        self._file.write(described)
        self._head(0, MANIFEST, MANIFEST_ROOM)

    def _head(self, start: int, name: str, size: int) -> None:
        """Write a member's header before it, and pad behind it up to the next one."""
        self._file.write(bytes(-size % _BLOCK))
        end = self._file.tell()
        member = tarfile.TarInfo(name)
        member.size, member.mode, member.mtime = size, 0o600, self._created
        self._file.seek(start)
        self._file.write(member.tobuf(tarfile.GNU_FORMAT))
        self._file.seek(end)


class Reader:
    """Reads a backup. Every method raises `BackupError`."""

    def __init__(self, file: BinaryIO) -> None:
        """Take a file that can be read at any place, and read its manifest."""
        self._file = file
        with _explained():
            size = self._next(MANIFEST)
            if size > MANIFEST_ROOM:
                raise damaged(f"{MANIFEST} is too large")
            self._described = b"".join(self._chunks(MANIFEST, size))
        self.manifest: Manifest = parse(self._described)
        self.id = hashlib.sha256(self._described).hexdigest()
        """Tells this backup from any other."""
        self._starts: dict[str, int] = {}

    def verify(self, on_progress: OnProgress) -> None:
        """Compare every byte with its checksum; before this, nothing of a backup is to be used."""
        total = sum(part.bytes for part in self.manifest.parts)
        done = 0
        for part in self.manifest.parts:
            with _explained():
                size = self._next(part.name)
                if size != part.bytes:
                    raise damaged(f"{part.name} has {size} bytes, not {part.bytes}")
                start = self._file.tell()
                sha256 = hashlib.sha256()
                for chunk in self._chunks(part.name, size):
                    sha256.update(chunk)
                    done += len(chunk)
                    on_progress(done, total, "verify")
            if sha256.hexdigest() != part.sha256:
                raise damaged(f"{part.name} differs from its checksum")
            self._starts[part.name] = start
        with _explained():
            wanted = _sums(self._described, self.manifest.parts)
            if (
                self._next(SUMS) != len(wanted)
                or b"".join(self._chunks(SUMS, len(wanted))) != wanted
            ):
                raise damaged("its checksums are not those of its parts")

    @contextmanager
    def part(self, name: str) -> Iterator[BinaryIO]:
        """Yield the content of a part that was verified; it ends where the manifest says.

        One part is read at a time.
        """
        described = self.manifest.part(name)
        assert described  # noqa: S101 - only what the manifest names was verified
        self._file.seek(self._starts[name])
        stored = cast("BinaryIO", _Exactly(self._file, name, described.bytes))
        if name.endswith(".gz"):
            with gzip.GzipFile(fileobj=stored) as unpacked:
                content = cast("BinaryIO", unpacked)
                bounded = _Exactly(content, name, described.content, whole=True)
                yield cast("BinaryIO", io.BufferedReader(bounded, _CHUNK))
        else:
            yield stored

    def _next(self, name: str) -> int:
        """Step into the next member, which must have this name, and return its size.

        Headers are read one by one, as this format has no others: names beyond 100 bytes, links,
        holes and extensions of tar are none of it.
        """
        member = tarfile.TarInfo.frombuf(self._file.read(_BLOCK), "utf-8", "strict")
        if member.name != name or member.type != tarfile.REGTYPE:
            raise damaged(f"{name} is not where it belongs")
        return member.size

    def _chunks(self, name: str, size: int) -> Iterator[bytes]:
        """Yield what a member holds, and step behind it."""
        content = _Exactly(self._file, name, size)
        while chunk := content.read(_CHUNK):
            yield chunk
        self._file.seek(-size % _BLOCK, io.SEEK_CUR)


class _Counted:
    """Passes on what is written, counting and summing it up."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self.size = 0
        self.sha256 = hashlib.sha256()

    def write(self, data: bytes, /) -> int:
        self._sink.write(data)
        self.size += len(data)
        self.sha256.update(data)
        return len(data)

    def flush(self) -> None:
        """Do nothing; gzip wants to be able to."""


class _Exactly(io.RawIOBase):
    """So many bytes of something; less is damage, and so is more where it is the `whole`."""

    def __init__(self, source: BinaryIO, name: str, size: int, *, whole: bool = False) -> None:
        super().__init__()
        self._source = source
        self._name = name
        self._left = size
        self._whole = whole

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview, /) -> int:  # type: ignore[override]
        wanted = min(len(buffer), self._left)
        with _explained():
            chunk = self._source.read(wanted or int(self._whole))
        if len(chunk) > self._left or (wanted and not chunk):
            raise damaged(f"{self._name} does not hold what the manifest says")
        buffer[: len(chunk)] = chunk
        self._left -= len(chunk)
        return len(chunk)


@contextmanager
def _explained() -> Iterator[None]:
    try:
        yield
    except (tarfile.TarError, zlib.error, gzip.BadGzipFile, EOFError) as error:
        raise damaged(str(error)) from None
    except OSError as error:
        raise BackupError(f"the backup can not be read: {error.strerror or error}") from error


def _sums(described: bytes, parts: tuple[Part, ...]) -> bytes:
    """Return checksums in the format of `sha256sum`."""
    lines = [(hashlib.sha256(described).hexdigest(), MANIFEST)]
    lines += [(part.sha256, part.name) for part in parts]
    return "".join(f"{sha256}  {name}\n" for sha256, name in lines).encode()
