"""What only a folder can be asked: which of its rules leaves a path out, and why a file is unread.

Knows nothing of the index.
"""

from __future__ import annotations

import os
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import unquote, urlsplit

from bot.settings import FolderSource
from connectors.folder.globs import compile_globs
from connectors.folder.walk import DEFAULT_EXCLUDE, MEDIA_SUFFIXES, Selection, identify
from ingest.extract import unreadable


def identity(what: str, folder: FolderSource) -> str | None:
    """Return the id that a link, a `file:` address or a path has there, also of what is ignored.

    A path counts where there is such a file, seen from the working directory or from the folder.
    """
    address = urlsplit(what)
    if address.scheme in {"http", "https"}:
        prefix = folder.url_prefix
        bare = what.partition("#")[0]
        if not prefix or not bare.startswith(prefix):
            return None
        return identify(unquote(bare.removeprefix(prefix)).lstrip("/")) or None
    path = Path(unquote(address.path)) if address.scheme == "file" else Path(what).expanduser()
    root = Path(os.path.abspath(folder.path))  # noqa: PTH100 - a link to the folder stays one
    for candidate in (Path.cwd() / path, root / path):
        normal = os.path.normpath(candidate)
        if not os.path.isfile(candidate):  # noqa: PTH113 - pathlib raises for a long question
            continue
        for below in (root, root.resolve()):
            if normal.startswith(f"{below}{os.sep}"):
                return identify(os.path.relpath(normal, below).replace(os.sep, "/"))
    return None


def ignored_by(folder: FolderSource, document_id: str) -> dict[str, str] | None:
    """Return the rule by which a folder does not list a path: its kind and the glob.

    None: it is listed. As in git, a rule that excludes a folder above decides for what is below.
    """
    if Selection(folder.include, folder.exclude).lists(document_id):
        return None
    globs = (*DEFAULT_EXCLUDE, *folder.exclude)
    spec = compile_globs(globs)
    parts = document_id.split("/")
    above = ["/".join(parts[:depth]) + "/" for depth in range(1, len(parts))]
    for path in (*above, document_id):
        match = spec.check_file(path)
        if match.include and match.index is not None:
            kind = "default" if match.index < len(DEFAULT_EXCLUDE) else "exclude"
            return {"kind": kind, "glob": globs[match.index], "path": path}
    suffix = PurePosixPath(document_id).suffix.lower()
    if not folder.include and suffix in MEDIA_SUFFIXES:
        return {"kind": "media", "glob": f"*{suffix}", "path": document_id}
    return {"kind": "include", "glob": " ".join(folder.include), "path": document_id}


def not_read_yet(folder: FolderSource, document_id: str, limit: int) -> dict[str, Any]:
    """Return the state of a file that was never tried: too large for `limit`, of no known kind."""
    size = (folder.path / document_id).stat().st_size
    if size > limit:
        return {"state": "too_large", "size": size, "limit": limit}
    if reason := unreadable(document_id, None):
        return {"state": "unreadable", "failure": reason}
    return {"state": "not_synced_yet"}
