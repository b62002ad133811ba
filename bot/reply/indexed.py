"""What is indexed, as people read it: a line a source."""

from __future__ import annotations

from collections.abc import Sequence

from bot.exchange import Language
from bot.indexed import IndexedSource
from bot.reply import JST
from bot.reply.wording import WORDINGS


def indexed_lines(indexed: Sequence[IndexedSource], language: Language) -> list[str]:
    """Return a line a source with its last sync in Japan's time; one that says so if none is."""
    words = WORDINGS[language]
    return [
        words.indexed_source.format(
            name=source.name,
            documents=source.documents,
            when=f"{source.synced.astimezone(JST):%Y-%m-%d %H:%M}"
            if source.synced
            else words.never_synced,
        )
        for source in indexed
    ] or [words.nothing_indexed]
