"""One file of the tree that is remembered between runs, and how it is written down. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from sys import intern
from typing import Any

from connectors.base import Readers
from connectors.drive.values import FOLDER, SHORTCUT, File


@dataclass(frozen=True, slots=True)
class Node:
    """A file, folder or shortcut as the last run saw it."""

    file: File
    """Without its permissions."""
    log: str
    """Which change log tells of it."""
    listed: bool
    """Whether a listing shows it by itself; else only a folder or shortcut in scope does."""
    readers: Readers | str | None = None
    """None: it is no document."""
    until: float | None = None
    """When it has to be looked at again, although nothing changes."""
    stamp: str = ""
    """Of a folder: what changes when it is moved or shared with others."""

    @property
    def is_folder(self) -> bool:
        return self.file.media_type == FOLDER

    @property
    def is_shortcut(self) -> bool:
        return self.file.media_type == SHORTCUT


def stamp_of(file: File) -> str:
    """Return what changes when a folder is moved or shared with others; empty: nobody can tell."""
    if file.permissions is not None:
        granted = sorted(
            (
                one.id,
                one.type,
                one.email or one.domain or "",
                f"{one.discoverable} {one.deleted} {one.view} {one.expires}",
            )
            for one in file.permissions
        )
        told: object = granted
    elif file.permission_ids is not None:
        told = sorted(file.permission_ids)
    else:
        return ""
    written = repr((sorted(file.parents), file.drive, file.limited, told))
    return hashlib.blake2b(written.encode("utf-8", "replace"), digest_size=8).hexdigest()


def packed(file: File) -> str:
    """Return a file as text, without its permissions."""
    told: dict[str, Any] = {
        "n": file.name,
        "p": list(file.parents),
        "d": file.drive,
        "o": file.owner,
        "m": file.modified.isoformat() if file.modified else None,
        "h": file.md5,
        "s": file.size,
        "u": file.url,
        "i": sorted(file.permission_ids) if file.permission_ids is not None else None,
        "l": file.limited or None,
        "c": file.can_share or None,
        "x": None if file.can_download else True,
        "k": file.resource_key,
        "t": file.target,
        "y": file.target_type,
        "q": file.target_key,
        "e": file.encrypted or None,
    }
    short = {name: value for name, value in told.items() if value is not None}
    return json.dumps(short, ensure_ascii=False, separators=(",", ":"))


def unpacked(identity: str, media_type: str, text: str) -> File:
    """Return what `packed` wrote down."""
    told: Mapping[str, Any] = json.loads(text)
    ids = told.get("i")
    modified = told.get("m")
    drive, owner = told.get("d"), told.get("o")
    return File(
        id=identity,
        name=told["n"],
        media_type=intern(media_type),
        parents=tuple(map(intern, told["p"])),
        drive=intern(drive) if drive else None,
        owner=intern(owner) if owner else None,
        modified=datetime.fromisoformat(modified) if modified else None,
        md5=told.get("h"),
        size=told.get("s"),
        url=told.get("u", ""),
        permission_ids=frozenset(map(intern, ids)) if ids is not None else None,
        limited=bool(told.get("l")),
        can_share=bool(told.get("c")),
        can_download=not told.get("x"),
        resource_key=told.get("k"),
        target=told.get("t"),
        target_type=told.get("y"),
        target_key=told.get("q"),
        encrypted=bool(told.get("e")),
    )
