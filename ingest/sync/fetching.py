"""The documents that a sync asked for: out of the spool of a run that died, then from the source.

Knows nothing of what becomes of them.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import replace

from connectors.base import Connector, ConnectorError, Document, Ref, Unread
from ingest.sync.ahead import ahead
from ingest.sync.spool import Spool

OnUnread = Callable[[Ref, str], None]


def documents(
    connector: Connector, refs: Sequence[Ref], spool: Spool | None, unread: OnUnread
) -> Generator[Document]:
    """Yield each of the documents, or tell `unread` why not; every ref is answered once.

    Asks the source only a little faster than documents are taken. Raises `ConnectorError` where the
    source gives no further document at all; what was yielded before is true. Close it to stop.
    """
    waiting = {ref.id: ref for ref in refs}
    if spool is not None:
        spool.keep_only(refs)
        for ref in refs:
            document = _spooled(connector, ref, spool)
            if document is not None:
                del waiting[ref.id]
                yield document
    if waiting:
        yield from _fetched(connector, waiting, spool, unread)
    for ref in waiting.values():  # a cursor that covered it would hide it for good
        unread(ref, "the source gave no answer for it")


def _fetched(
    connector: Connector, waiting: dict[str, Ref], spool: Spool | None, unread: OnUnread
) -> Iterator[Document]:
    """Yield what the source gives of what is waiting, and leave there what it did not answer."""
    asked = list(waiting.values())
    answers = connector.fetch_all(asked) if spool is None else ahead(connector, asked, spool)
    try:
        for answer in answers:
            if answer.ref.id not in waiting:  # nobody asked for it, or it was given already
                continue
            ref = waiting.pop(answer.ref.id)
            if isinstance(answer, Unread):
                unread(ref, answer.reason)
            else:
                yield answer
    finally:
        close = getattr(answers, "close", None)  # an iterator that is no generator has none
        if close is not None:
            close()


def _spooled(connector: Connector, ref: Ref, spool: Spool) -> Document | None:
    """Return a document that was fetched before, for those who may read it now.

    Where that can not be found out, the source is asked for all of it, and says why.
    """
    document = spool.take(ref)
    if document is None:
        return None
    try:
        return replace(document, ref=ref, readers=connector.readers(ref))
    except ConnectorError:
        return None
