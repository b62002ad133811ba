"""One document that was asked for by its address or id: what there is to do about it alone.

Knows nothing of how it is done.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from connectors.base import Connector, ConnectorError, Ref
from ingest.index import Index, StoredVersion
from ingest.state import Failure
from ingest.sync.plan import Listing, Plan
from ingest.sync.ports import SyncError


def listing_of(
    asked: str,
    *,
    connector: Connector,
    index: Index,
    source: str,
    held: Mapping[str, StoredVersion],
    failures: Mapping[str, Failure],
) -> Listing:
    """Return a listing of the one document: as its source shows it now, or gone.

    `asked` is an address that a person copied, or an id. Raises `SyncError` where it stands for
    nothing that the source has, had or failed to give.
    """
    listing = Listing(full=False)
    try:
        ref = connector.find(asked)
        if ref is None:
            ref = _known(asked, index, source, held, failures)
            if connector.confirm_gone([ref.id]):
                listing.gone.add(ref.id)
                return listing
    except ConnectorError as error:
        raise SyncError(str(error)) from error
    listing.refs[ref.id] = ref
    return listing


def plan_of(
    listing: Listing,
    held: Mapping[str, StoredVersion],
    *,
    reader_sets: Collection[int],
    restored: Collection[str],
) -> Plan:
    """Return what there is to do: it is written whether or not it changed, or deleted."""
    todo = Plan(write=list(listing.refs.values()))
    for ref in todo.write:
        stored = held.get(ref.id)
        if stored and (
            stored.readers_version != ref.readers_version or stored.readers not in reader_sets
        ):
            todo.readers.append(ref)
    for document_id in listing.gone & held.keys():
        if document_id in restored:
            todo.unchanged += 1
        else:
            todo.delete.append(document_id)
    return todo


def _known(
    asked: str,
    index: Index,
    source: str,
    held: Mapping[str, StoredVersion],
    failures: Mapping[str, Failure],
) -> Ref:
    """Return what an earlier run knew of the document, by its id or the address that it had."""
    stored = held.get(asked)
    if stored:
        return Ref(asked, stored.version, stored.readers_version, name=asked)
    failure = failures.get(asked)
    if failure:
        return Ref(asked, failure.version, failure.readers_version, failure.name)
    # Addresses hold ids: only documents whose id stands in this one are looked at.
    candidates = (document_id for document_id in held if document_id in asked)
    for document_id in sorted(candidates, key=len, reverse=True):
        if leads_to(asked, _addresses(index, source, document_id)):
            stored = held[document_id]
            return Ref(document_id, stored.version, stored.readers_version, name=asked)
    raise SyncError(f"{source} has no document {asked!r}: neither now nor in the index.")


def leads_to(asked: str, addresses: Iterable[str]) -> bool:
    """Tell whether an address is one of these, or goes on from one of them, as with a title."""
    return any(
        asked == address or (asked.startswith(address) and asked[len(address)] in "/?#&")
        for address in addresses
    )


def _addresses(index: Index, source: str, document_id: str) -> list[str]:
    return [one.document.url for one in index.chunks(source, document_id)[:1]]
