"""What became of a document: every state that one can be in, from the folder to the index.

It is asked for by id, path or address. Knows nothing of questions.
"""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import unquote, urlsplit

from bot.app import CONNECTORS, App
from bot.reply import JST, PATH_SEPARATOR
from bot.settings import FolderSource
from connectors.base import ConnectorError, Readers, Ref
from connectors.folder.globs import compile_globs
from connectors.folder.walk import DEFAULT_EXCLUDE, MEDIA_SUFFIXES, Selection, identify
from ingest.extract import unreadable
from ingest.index import Hit, SearchIndexError, StoredVersion
from ingest.state import Failure, State

_SIMILAR = 5
_FILE_NAME = re.compile(r"\S+\.[A-Za-z][A-Za-z0-9]{0,4}")


@dataclass(frozen=True, slots=True)
class _Source:
    """A source with what is known of it."""

    name: str
    kind: str
    location: str
    configured: bool
    every: str | None
    folder: FolderSource | None
    """None: it is no folder."""
    held: Mapping[str, StoredVersion]
    failures: Mapping[str, Failure]
    gone: Mapping[str, datetime]

    @property
    def ids(self) -> set[str]:
        """Every id that was ever seen of it."""
        return {*self.held, *self.failures, *self.gone}


def looks_like_a_document(text: str) -> bool:
    """Tell whether a text is an address, a file name or a path rather than a question."""
    if "://" in text or _FILE_NAME.fullmatch(text):
        return True
    try:
        return Path(text).exists()
    except (OSError, ValueError):  # a long question is no file name
        return False


def explain_document(kurage: App, what: str, *, email: str | None) -> dict[str, Any] | None:
    """Return what is known of a document; None where nothing is, and it looks like a question.

    Where several sources have it, the one that has it indexed comes first and `also` holds the
    others. A document that no source has is told with the names most like it.
    """
    sources = list(_sources(kurage))
    found = [
        _state(kurage, source, identity, email)
        for source in sources
        if (identity := _identity(what, source)) is not None
    ]
    if found:
        found.sort(key=lambda state: not state["indexed"])
        return {**found[0], "also": found[1:]}
    if not looks_like_a_document(what):
        return None
    everything = sorted({identity for source in sources for identity in source.ids})
    close = difflib.get_close_matches(what, everything, _SIMILAR, 0.5)
    return {
        "document": what,
        "source": None,
        "state": "in_no_source",
        "indexed": False,
        "sources": {source.name: source.location for source in sources},
        "similar": close,
    }


def _sources(kurage: App) -> Iterator[_Source]:
    configured = kurage.settings.config.sources
    stored = {source.name: source for source in kurage.state.sources()}
    state: State = kurage.state
    for name in dict.fromkeys([*configured, *stored]):
        source = configured.get(name)
        known = stored.get(name)
        kind = source.kind if source else known.kind if known else ""
        location = str(source.path) if source else known.location if known else ""
        folder = source
        if folder is None and kind == "folder":
            folder = FolderSource(kind="folder", path=Path(location))
        try:
            held = kurage.index.versions(name)
        except SearchIndexError:  # nothing is indexed yet
            held = {}
        yield _Source(
            name,
            kind,
            location,
            source is not None,
            source.every if source else None,
            folder,
            held,
            state.failures(name),
            state.tombstones(name),
        )


def _identity(what: str, source: _Source) -> str | None:
    """Return the id by which a source has, had or would have what somebody names."""
    if what in source.ids:
        return what
    if source.folder is not None:
        found = _identity_in_folder(what, source.folder)
        if found is not None:
            return found
    called = [identity for identity in source.ids if PurePosixPath(identity).name == what]
    return called[0] if len(called) == 1 else None


def _identity_in_folder(what: str, folder: FolderSource) -> str | None:
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


def _state(kurage: App, source: _Source, identity: str, email: str | None) -> dict[str, Any]:
    stored, failure = source.held.get(identity), source.failures.get(identity)
    found: dict[str, Any] = {
        "document": identity,
        "source": source.name,
        "state": "indexed" if stored else "failed" if failure else "not_indexed",
        "indexed": stored is not None,
        **_indexed(kurage, source, identity, stored, email),
        "failure": failure.reason if failure else None,
        "attempts": failure.attempts if failure else None,
        "deleted": source.gone[identity].astimezone(JST).isoformat(timespec="seconds")
        if identity in source.gone
        else None,
        "ignored_by": None,
        "last_sync": _last_sync(kurage, source.name),
        "every": source.every,
    }
    found.update(_at_the_source(kurage, source, identity, found))
    return found


def _indexed(
    kurage: App, source: _Source, identity: str, stored: StoredVersion | None, email: str | None
) -> dict[str, Any]:
    """Return what the index holds of a document."""
    hits: list[Hit] = kurage.index.chunks(source.name, identity) if stored else []
    readers: Readers = kurage.state.reader_sets().get(stored.readers, ()) if stored else ()
    document = hits[0].document if hits else None
    may = None
    if stored and email is not None:
        may = stored.readers in kurage.state.reader_set_ids(kurage.principals(email))
    return {
        "title": document.title if document else None,
        "url": document.url if document else None,
        "updated": document.updated.astimezone(JST).isoformat(timespec="seconds")
        if document and document.updated
        else None,
        "owner": document.owner if document else None,
        "version": stored.version if stored else None,
        "chunks": len(hits),
        "headings": [
            {
                "chunk": hit.chunk.ordinal,
                "heading": PATH_SEPARATOR.join(hit.chunk.headings),
                "characters": len(hit.chunk.text),
            }
            for hit in hits
        ],
        "readers": [sorted(layer) for layer in readers],
        "readable_by": None if email is None else {"person": email, "may": may},
    }


def _at_the_source(
    kurage: App, source: _Source, identity: str, found: Mapping[str, Any]
) -> dict[str, Any]:
    """Return what the source shows of it now: there, ignored, too large, changed since."""
    if source.folder is None:
        return {}
    rule = ignored_by(source.folder, identity)
    if rule is not None:
        return {"state": found["state"] if found["indexed"] else "ignored", "ignored_by": rule}
    there = os.path.lexists(source.folder.path / identity)
    if not there and not found["indexed"]:
        return {"state": "deleted" if found["deleted"] else "not_there"}
    if not there:
        return {"state": "indexed_but_gone"}
    if not found["indexed"] and not found["failure"]:
        return _not_read_yet(kurage, source.folder, identity)
    now = _version_now(kurage, source, identity)
    changed = bool(source.configured and now and found["version"] and now != found["version"])
    state = "changed_since" if changed else found["state"]
    return {"state": state, "current_version": now}


def _not_read_yet(kurage: App, folder: FolderSource, identity: str) -> dict[str, Any]:
    size = (folder.path / identity).stat().st_size
    limit = kurage.settings.config.ingest.max_bytes
    if size > limit:
        return {"state": "too_large", "size": size, "limit": limit}
    if reason := unreadable(identity, None):
        return {"state": "unreadable", "failure": reason}
    return {"state": "not_synced_yet"}


def _version_now(kurage: App, source: _Source, identity: str) -> str | None:
    if source.folder is None:
        return None
    try:
        connector = CONNECTORS[source.kind](source.folder, kurage)
        return connector.check(Ref(identity, "", "", identity)).version
    except ConnectorError:
        return None


def ignored_by(folder: FolderSource, identity: str) -> dict[str, str] | None:
    """Return the rule by which a folder does not list a path: its kind and the glob.

    None: it is listed. As in git, a rule that excludes a folder above decides for what is below.
    """
    if Selection(folder.include, folder.exclude).lists(identity):
        return None
    globs = (*DEFAULT_EXCLUDE, *folder.exclude)
    spec = compile_globs(globs)
    parts = identity.split("/")
    above = ["/".join(parts[:depth]) + "/" for depth in range(1, len(parts))]
    for path in (*above, identity):
        match = spec.check_file(path)
        if match.include and match.index is not None:
            kind = "default" if match.index < len(DEFAULT_EXCLUDE) else "exclude"
            return {"kind": kind, "glob": globs[match.index], "path": path}
    suffix = PurePosixPath(identity).suffix.lower()
    if not folder.include and suffix in MEDIA_SUFFIXES:
        return {"kind": "media", "glob": f"*{suffix}", "path": identity}
    return {"kind": "include", "glob": " ".join(folder.include), "path": identity}


def _last_sync(kurage: App, source: str) -> dict[str, Any] | None:
    runs = kurage.state.runs(source, limit=1)
    if not runs:
        return None
    return {
        "started": runs[0].started.astimezone(JST).isoformat(timespec="seconds"),
        "outcome": runs[0].outcome,
    }
