"""What became of a document: every state that one can be in, from its source to the answers.

It is asked for by id, path or address. Knows nothing of any kind of source: `sight` asks them.
"""

from __future__ import annotations

import difflib
import re
from datetime import datetime
from pathlib import Path
from typing import Any

from bot.app import App
from bot.conversations import ConversationsError
from bot.conversations.finders import finders
from bot.explain import folders
from bot.explain.known import Known, known_sources
from bot.explain.sight import Sight, look
from bot.reply import JST, PATH_SEPARATOR
from bot.runs import latest_runs
from bot.settings import FolderSource
from connectors.base import Readers
from ingest.index import Hit, StoredVersion
from ingest.state import reader_set_id

_SIMILAR = 5
_FOUND_BY = 10
"""Turns that are listed of those that found a document."""
_FILE_NAME = re.compile(r"\S+\.[A-Za-z][A-Za-z0-9]{0,4}")


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
    others. A document that no source has is told with the names most like it, and with the sources
    that could not be asked.
    """
    sources = list(known_sources(kurage))
    seen = [(source, look(kurage, source, what)) for source in sources]
    found = [
        _state(kurage, source, sight, what, email)
        for source, sight in seen
        if sight.id is not None or sight.left_out is not None
    ]
    if found:
        found.sort(key=lambda state: not state["indexed"])
        return {**found[0], "also": found[1:]}
    if not looks_like_a_document(what):
        return None
    # Names of files are like each other where one was mistyped; numbers of pages are not.
    names = sorted({name for one in sources if one.kind == "folder" for name in one.ids})
    return {
        "document": what,
        "source": None,
        "state": "in_no_source",
        "indexed": False,
        "sources": {source.name: source.location for source in sources},
        "similar": difflib.get_close_matches(what, names, _SIMILAR, 0.5),
        "not_asked": {source.name: sight.error for source, sight in seen if sight.error},
    }


def _state(kurage: App, known: Known, sight: Sight, what: str, email: str | None) -> dict[str, Any]:
    identity = sight.id or what
    stored, failure = known.held.get(identity), known.failures.get(identity)
    stone = known.gone.get(identity)
    found: dict[str, Any] = {
        "document": identity,
        "source": known.name,
        "state": "indexed" if stored else "failed" if failure else "not_indexed",
        "indexed": stored is not None,
        **_indexed(kurage, known, identity, stored, email),
        "failure": failure.reason if failure else None,
        # Without a fingerprint of the pipeline, none had a part in it.
        "failed_at": ("extract" if failure.fingerprint else "fetch") if failure else None,
        "attempts": failure.attempts if failure else None,
        "next_attempt": _iso(failure.next_attempt) if failure else None,
        "deleted": _iso(stone.deleted) if stone else None,
        "restorable": stone.restorable if stone else None,
        "restored": _iso(stone.restored) if stone else None,
        "listed": sight.presence.exists if sight.presence else None,
        "current_version": sight.presence.version if sight.presence else None,
        "source_error": sight.error,
        "left_out": sight.left_out,
        "ignored_by": None,
        "last_sync": _last_sync(kurage, known.name),
        "every": known.settings.every if known.settings and known.configured else None,
        **_found_by(kurage, known.name, identity),
    }
    if stone and not found["title"]:
        found.update(title=stone.title, url=stone.url)
    found.update(_compared(kurage, known, sight, found, stored))
    return found


def _indexed(
    kurage: App, known: Known, identity: str, stored: StoredVersion | None, email: str | None
) -> dict[str, Any]:
    """Return what the index holds of a document."""
    hits: list[Hit] = kurage.index.chunks(known.name, identity) if stored else []
    readers: Readers = kurage.state.reader_sets().get(stored.readers, ()) if stored else ()
    document = hits[0].document if hits else None
    may = None
    if stored and email is not None:
        may = stored.readers in kurage.state.reader_set_ids(kurage.principals(email))
    return {
        "title": document.title if document else None,
        "url": document.url if document else None,
        "updated": _iso(document.updated) if document else None,
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
        "readers": _layers(readers),
        "readable_by": None if email is None else {"person": email, "may": may},
    }


def _compared(
    kurage: App, known: Known, sight: Sight, found: dict[str, Any], stored: StoredVersion | None
) -> dict[str, Any]:
    """Return what comes of comparing the index with what the source shows now."""
    folder = known.settings if isinstance(known.settings, FolderSource) else None
    if folder and (rule := folders.ignored_by(folder, found["document"])):
        return {"state": found["state"] if stored else "ignored", "ignored_by": rule}
    presence = sight.presence
    if presence is None and sight.error is not None:
        states = {"indexed": "indexed_unchecked", "not_indexed": "not_checked"}
        return {"state": states.get(found["state"], found["state"])}
    if presence is None or not presence.exists:
        return {"state": _gone(found)}
    shown = {"current_readers": _layers(presence.readers)}
    if stored is None:
        limit = kurage.settings.config.ingest.max_bytes
        return {**shown, **_not_indexed(folder, found, limit)}
    state = found["state"]
    # What nobody configures has lost options, such as the prefix of its links.
    if known.configured and presence.version and presence.version != stored.version:
        state = "changed_since"
    elif known.configured and reader_set_id(presence.readers) != stored.readers:
        state = "readers_changed"
    return {**shown, "state": state}


def _not_indexed(folder: FolderSource | None, found: dict[str, Any], limit: int) -> dict[str, Any]:
    """Return the state of what its source shows and the index lacks."""
    if found["failure"]:
        return {}
    if folder:
        return folders.not_read_yet(folder, found["document"], limit)
    return {"state": "not_synced_yet"}


def _gone(found: dict[str, Any]) -> str:
    """Return the state of what its source does not show."""
    if found["restored"]:
        return "restored"
    if found["indexed"]:
        return "indexed_but_gone"
    if found["deleted"]:
        return "deleted"
    return "left_out" if found["left_out"] else "not_there"


def _found_by(kurage: App, source: str, identity: str) -> dict[str, Any]:
    """Return the questions that found a document; none where the log can not be read."""
    try:
        count, latest = finders(kurage.engine, source, identity, limit=_FOUND_BY)
    except ConversationsError:
        count, latest = 0, []
    rows = [
        {
            "turn": one.turn,
            "question": one.question,
            "asked": _iso(one.asked),
            "rank": one.position,
            "cited": one.cited,
        }
        for one in latest
    ]
    return {"times_found": count, "found_by": rows}


def _layers(readers: Readers) -> list[list[str]]:
    return [sorted(layer) for layer in readers]


def _last_sync(kurage: App, source: str) -> dict[str, Any] | None:
    runs = latest_runs(kurage.state, source)
    return {"started": _iso(runs[0].started), "outcome": runs[0].outcome} if runs else None


def _iso(moment: datetime | None) -> str | None:
    return moment.astimezone(JST).isoformat(timespec="seconds") if moment else None
