"""What is gone from a source, and putting it back."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Any

from bot.cli.console import say
from bot.cli.sources.rows import iso

if TYPE_CHECKING:
    from bot.app import App
    from ingest.state import Tombstone


class UnknownError(Exception):
    """A document was named that was never deleted from the source."""


def tombstones(kurage: App, name: str) -> list[dict[str, Any]]:
    """Return what is gone from a source, the latest first."""
    found = kurage.state.tombstones(name).values()
    return [
        {
            "id": stone.id,
            "title": stone.title,
            "url": stone.url,
            "deleted": iso(stone.deleted),
            "restorable": stone.restorable and stone.restored is None,
            "restored": iso(stone.restored),
        }
        for stone in sorted(found, key=lambda stone: stone.deleted, reverse=True)
    ]


def restore(kurage: App, name: str, documents: Collection[str] | None) -> list[str]:
    """Put deleted documents back into the index, or all that can be; return their ids.

    Raises `UnknownError`, and what the index and the database raise.
    """
    from ingest.sync import restore as put_back

    ids = _ids(kurage, name, documents)
    with kurage.index_writer() as index:
        return put_back(
            index, kurage.state, kurage.encoder.encode_documents, source=name, document_ids=ids
        )


def release(kurage: App, name: str, documents: Collection[str] | None) -> list[str]:
    """Let restored documents, or all, be deleted by the next full listing; return their ids.

    Raises `UnknownError`, and what the database raises.
    """
    from ingest.sync import release as let_go

    return let_go(kurage.state, source=name, document_ids=_ids(kurage, name, documents))


def _ids(kurage: App, name: str, documents: Collection[str] | None) -> list[str] | None:
    """Return the ids of what was named by id or address."""
    if documents is None:
        return None
    found = kurage.state.tombstones(name).values()
    by_name: dict[str, Tombstone] = {}
    for stone in found:
        if stone.url:
            by_name[stone.url] = stone
        by_name[stone.id] = stone
    unknown = [one for one in documents if one.partition("#")[0] not in by_name]
    if unknown:
        raise UnknownError(
            say(
                f"{name} has no deleted document {unknown[0]!r}; "
                f"`kurage sources {name} --deleted` lists them",
                f"{name} で削除した文書に {unknown[0]!r} はありません。"
                f"kurage sources {name} --deleted で一覧できます",
            )
        )
    return [by_name[one.partition("#")[0]].id for one in documents]
