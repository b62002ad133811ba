"""What is gone leaves the index, if it is really gone and not too much at once.

Its tombstone stays. Knows nothing of how a source is listed.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Collection, Iterator, Sequence

from connectors.base import Connector, ConnectorError
from ingest.index import Hit, hit, payload
from ingest.state import Grave, State
from ingest.sync.plan import too_many
from ingest.sync.ports import Terms, Writer
from ingest.sync.report import CHANGES_TOLD, Change, Report, sentence

_BATCH = 100  # documents whose content is in memory at once


class Deleting:
    """The deletions of one source in one run."""

    def __init__(self, connector: Connector, index: Writer, state: State, terms: Terms) -> None:
        self._connector = connector
        self._index = index
        self._state = state
        self._terms = terms

    def settle(
        self,
        missing: list[str],
        held: int,
        report: Report,
        stop: Callable[[str], None],
        *,
        confirm: bool,
    ) -> list[str]:
        """Return those of `missing` that are to be deleted: all that are gone, or none.

        `held` is how many documents the index has of the source, `stop` is told why none is
        deleted. `confirm`: they were only left out of a listing, so that the source is asked.
        """
        if confirm and missing:
            try:
                gone = self._connector.confirm_gone(missing)
            except ConnectorError as error:
                stop(f"{sentence(error)} Nothing is deleted before it is confirmed to be gone.")
                return []
            left_out = sum(document_id not in gone for document_id in missing)
            if left_out:
                told = f"{left_out} documents were missing from the listing, and are still there"
                report.warnings.append((self._terms.source, f"{told}: they stay as they are"))
                missing = [document_id for document_id in missing if document_id in gone]
        share = self._terms.max_delete_share
        if too_many(len(missing), held, share):
            stop(
                f"{len(missing)} of {held} documents are gone from the source, more than "
                f"{share:.0%}: nothing was deleted. If they are meant to be gone, run again with "
                "--allow-delete."
            )
            return []
        return missing

    def delete(self, document_ids: Sequence[str], report: Report) -> None:
        """Bury these documents with their content, and take them out of the index."""
        keeps = bool(self._terms.keep_deleted)
        for start in range(0, len(document_ids), _BATCH):
            batch = document_ids[start : start + _BATCH]
            named = len(report.changes) < CHANGES_TOLD
            if keeps or named:
                graves = [self._grave(document_id, keeps=keeps) for document_id in batch]
            else:
                graves = [Grave(document_id) for document_id in batch]
            self._state.bury(self._terms.source, graves)
            for grave in graves:
                report.tell(Change("delete", grave.id, grave.title or grave.id))
        if document_ids:
            self._index.delete(self._terms.source, document_ids)
        report.deleted += len(document_ids)

    def rehearse(self, document_ids: Collection[str], report: Report) -> None:
        """Tell what would be deleted."""
        report.deleted = len(document_ids)
        for document_id in document_ids:
            title = self._grave(document_id, keeps=False).title
            report.tell(Change("delete", document_id, title or document_id))

    def _grave(self, document_id: str, *, keeps: bool) -> Grave:
        chunks = self._index.chunks(self._terms.source, document_id)
        if not chunks:  # a document without text, or half written by a run that died
            return Grave(document_id)
        document = chunks[0].document
        return Grave(document_id, document.title, document.url, packed(chunks) if keeps else None)


def packed(chunks: Sequence[Hit]) -> bytes:
    """Return what a document can be restored from: what the index has stored beside its vectors."""
    stored = [payload(one.document, one.chunk) for one in chunks]
    return zlib.compress(json.dumps(stored, ensure_ascii=False).encode("utf-8", "surrogatepass"))


def unpacked(content: bytes) -> Iterator[Hit]:
    """Yield the chunks of what `packed` returned."""
    stored = json.loads(zlib.decompress(content).decode("utf-8", "surrogatepass"))
    return (hit(point, 0.0) for point in stored)
