"""An answer as the log holds it: enough to show it again, without the text of its sources."""

from __future__ import annotations

from typing import cast
from urllib.parse import urldefrag

from bot.answer import nearest
from bot.conversations import ShownPassage, Turn
from bot.conversations.values import OPEN
from bot.exchange import Answer, Place, Source, State
from bot.reply import PATH_SEPARATOR
from ingest.chunk import Chunk
from ingest.index import Hit, IndexedDocument

# Nobody satisfies it: what comes out of the log is shown, and never searched.
_NOBODY = -1


def answer_of(turn: Turn) -> Answer:
    """Return the answer of a finished turn; one that is open still has failed so far."""
    hits = [(passage, _hit(passage)) for passage in turn.passages]
    cited = sorted(
        (Source(passage.cited, hit, passage.quote) for passage, hit in hits if passage.cited),
        key=lambda source: source.number,
    )
    state = cast("State", "failed" if turn.state in OPEN else turn.state)
    ranking = tuple(dict.fromkeys(hit for _, hit in hits))
    return Answer(
        state=state,
        statements=turn.statements,
        sources=tuple(cited),
        nearest=nearest(ranking) if state == "abstained" else (),
        confidence=turn.confidence,
        timings_ms=turn.timings_ms,
        turn=turn.id,
        ranking=ranking,
        reason=turn.error,
    )


def places(turn: Turn) -> tuple[Place, ...]:
    """Return what a turn's answer was made from, best first."""
    return tuple(Place(p.source, p.document_id, p.ordinal, p.score) for p in turn.passages)


def _hit(passage: ShownPassage) -> Hit:
    url = urldefrag(passage.url).url if passage.anchor else passage.url
    document = IndexedDocument(
        source=passage.source,
        id=passage.document_id,
        version="",
        readers_version="",
        readers=_NOBODY,
        title=passage.title,
        url=url,
        updated=passage.updated,
        owner=passage.owner,
    )
    headings = tuple(passage.heading.split(PATH_SEPARATOR)) if passage.heading else ()
    chunk = Chunk(passage.ordinal, passage.title, headings, "", "paragraph", passage.anchor)
    return Hit(passage.score, document, chunk)
