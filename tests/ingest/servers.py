"""Places for an index on a server: the rig, and a real server where `QDRANT_URL` names one."""

from __future__ import annotations

import os
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from index_contract import VECTORS
from rigs.qdrant import QdrantRig

from ingest.server import Address, ServerIndex, ServerWriter
from ingest.server.connection import Connection

KINDS = ["rig", "real server"]


@dataclass(frozen=True)
class Place:
    """An index of one test: a name that nothing else on the server has."""

    address: Address
    prefix: str = field(default_factory=lambda: f"test-{uuid.uuid4().hex[:12]}")

    def writer(self, fingerprint: str = "p", **options: Any) -> ServerWriter:
        """Return the index for writing."""
        return ServerWriter(self.address, self.prefix, fingerprint, VECTORS, **options)

    def reader(self, **options: Any) -> ServerIndex:
        """Return the index for reading."""
        return ServerIndex(self.address, self.prefix, **options)

    def collections(self) -> set[str]:
        """Return what is there of this index."""
        connection = Connection(self.address, patience=0)
        try:
            found = connection.ask("listing", lambda client: client.get_collections().collections)
        finally:
            connection.close()
        return {c.name for c in found if c.name.startswith(self.prefix)}

    def aliases(self) -> dict[str, str]:
        """Return what the aliases of this index name."""
        connection = Connection(self.address, patience=0)
        try:
            found = connection.ask("listing", lambda client: client.get_aliases().aliases)
        finally:
            connection.close()
        return {
            a.alias_name: a.collection_name for a in found if a.alias_name.startswith(self.prefix)
        }

    def drop(self) -> None:
        """Remove what the test left."""
        connection = Connection(self.address, patience=0)
        try:
            for name in self.collections():
                connection.ask("dropping", lambda client, name=name: client.delete_collection(name))
        finally:
            connection.close()


@contextmanager
def running_rig(**options: Any) -> Iterator[QdrantRig]:
    """Run a rig that keeps its data in memory, where there is a folder for that."""
    memory = Path("/dev/shm")
    where = memory if memory.is_dir() else None
    with tempfile.TemporaryDirectory(dir=where) as folder, QdrantRig(Path(folder), **options) as r:
        yield r


@contextmanager
def place(kind: str, rig: QdrantRig) -> Iterator[Place]:
    """Yield a place on a kind of server; what a client and the rig say must fit the description."""
    if kind == "real server":
        url = os.environ.get("KURAGE_TEST_QDRANT_URL")
        if not url:
            pytest.skip("QDRANT_URL names no real server")
        there = Place(Address(url, api_key=os.environ.get("KURAGE_TEST_QDRANT_API_KEY")))
        try:
            yield there
        finally:
            there.drop()
    else:
        known = rig.violations()
        yield Place(Address(rig.url))
        assert rig.violations() == known
