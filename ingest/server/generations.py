"""Collections and aliases of one index on a server: which generation there is, and which is served.

    kurage-3f2a9c…     a collection: what one extractor, chunker and encoder produced
    kurage             the alias of the one that is served, switched in one request
    kurage-former      the alias of the one before, kept for a way back

A collection says in its metadata who made it; what does not is never read, written or deleted.
Knows nothing of points.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any, Self

from qdrant_client import QdrantClient, models

from ingest import extra_points
from ingest.encode import VectorSpec
from ingest.index import Origin, SearchIndexError, generation_name
from ingest.server import requests
from ingest.server.connection import Connection
from ingest.server.failures import ExistsError, MissingError

# Names the layout of payload and points; a change makes new generations.
_LAYOUT = 1
_KEY = "kurage_bot"
# The first version that keeps metadata of collections and fuses ranks with a constant of our own.
_OLDEST = (1, 16)


@dataclass(frozen=True, slots=True)
class Generation:
    """A collection that one pipeline fills."""

    name: str
    encoder: str
    """Fingerprint of the encoder: a question must be encoded by the same one."""
    pipeline: str
    """Fingerprint of extractor, chunker and encoder."""
    vectors: Mapping[str, VectorSpec]
    created: str
    """ISO 8601, UTC: what is older than the one that is served can go."""
    status: str = "green"
    """Qdrant's: yellow while it optimises, red where an operation failed."""
    indexed: frozenset[str] = frozenset()
    """Fields with a payload index."""

    @classmethod
    def of(
        cls, prefix: str, pipeline: str, encoder: str, vectors: Mapping[str, VectorSpec]
    ) -> Self:
        """Return the generation of a pipeline, whether or not it exists yet."""
        name = f"{prefix}-{generation_name(_LAYOUT, pipeline, encoder)}"
        created = datetime.now(UTC).isoformat(timespec="microseconds")
        return cls(name, encoder, pipeline, dict(vectors), created)

    @property
    def origin(self) -> Origin:
        """Return which pipeline fills it."""
        return Origin(self.pipeline, self.encoder, self.vectors)

    @property
    def metadata(self) -> dict[str, Any]:
        """Return what the collection says of itself."""
        return {
            _KEY: {
                "layout": _LAYOUT,
                "encoder": self.encoder,
                "pipeline": self.pipeline,
                "vectors": {name: asdict(spec) for name, spec in self.vectors.items()},
                "created": self.created,
            }
        }

    @classmethod
    def read(cls, name: str, info: models.CollectionInfo) -> Self:
        """Return the generation that a collection is. Raises `SearchIndexError` if it is none."""
        said = (info.config.metadata or {}).get(_KEY)
        if not isinstance(said, dict) or not isinstance(said.get("layout"), int):
            raise SearchIndexError(
                f"the collection {name} was not made by Kurage Bot, or by hand; choose another "
                "`collection` in [index] of kurage.toml, or delete it"
            )
        if said["layout"] > _LAYOUT:
            raise SearchIndexError(
                f"the collection {name} was made by a newer version of Kurage Bot; update this one"
            )
        try:
            generation = cls(
                name=name,
                encoder=said["encoder"],
                pipeline=said["pipeline"],
                vectors={key: VectorSpec(**spec) for key, spec in said["vectors"].items()},
                created=said["created"],
                status=info.status.value,
                indexed=frozenset(info.payload_schema or {}),
            )
        except (KeyError, TypeError, AttributeError) as error:
            raise SearchIndexError(
                f"the metadata of the collection {name} is damaged ({error!r}); delete the "
                "collection and run `kurage ingest --all`"
            ) from error
        if _specs(info) != generation.vectors:
            raise SearchIndexError(
                f"the collection {name} holds other vectors than it says; delete it and run "
                "`kurage ingest --all`"
            )
        return generation


class Generations:
    """The generations of one prefix on one server."""

    def __init__(self, connection: Connection, prefix: str) -> None:
        self._connection = connection
        self._prefix = prefix
        self._ours = re.compile(re.escape(prefix) + r"-[0-9a-f]{12}")

    @property
    def place(self) -> str:
        """Name the index as messages do."""
        return f"{self._prefix} on {self._connection.address}"

    def served(self) -> str | None:
        """Return the name of the collection that is served; None before anything was published."""
        return self._aliases().get(self._prefix)

    def former(self) -> str | None:
        """Return the name of the collection that was served before."""
        return self._aliases().get(self._former)

    def find(self, name: str) -> Generation | None:
        """Return what a collection is, None if there is none. Refuses those of others."""
        try:
            info = self._ask("looking at the index", lambda c: c.get_collection(name))
        except MissingError:
            return None
        return Generation.read(name, info)

    def create(
        self, new: Generation, *, shards: int | None, replicas: int | None, on_disk: bool
    ) -> Generation:
        """Return the generation as the server has it now, made if it is not there."""
        self.check_version()
        # It exists where another process was faster, or where an answer was lost on the way.
        with suppress(ExistsError):
            self._ask(
                "making the index",
                lambda client: client.create_collection(
                    new.name,
                    vectors_config=requests.dense_vectors(new.vectors, on_disk=on_disk),
                    sparse_vectors_config=requests.sparse_vectors(new.vectors, on_disk=on_disk),
                    shard_number=shards,
                    replication_factor=replicas,
                    metadata=new.metadata,
                ),
            )
        made = self.find(new.name)
        if made is None:
            raise SearchIndexError(f"{self.place}: the new collection {new.name} is gone again")
        return made

    def index_payload(self, generation: Generation) -> None:
        """Index the fields that are filtered by, as far as they are not yet."""
        for field, schema in requests.payload_indexes().items():
            if field not in generation.indexed:
                self._ask(
                    "making the index",
                    lambda client, field=field, schema=schema: client.create_payload_index(
                        generation.name, field, field_schema=schema, wait=True
                    ),
                )

    def serve(self, name: str) -> None:
        """Let readers be served by this collection from now on, at once."""
        aliases = self._aliases()
        served = aliases.get(self._prefix)
        if served == name:
            return
        changes: list[models.AliasOperations] = []
        if served is not None:
            changes.append(_drop_alias(self._prefix))
            if self._former in aliases:
                changes.append(_drop_alias(self._former))
            changes.append(_name(self._former, served))
        changes.append(_name(self._prefix, name))
        try:
            self._ask("publishing the index", lambda c: c.update_collection_aliases(changes))
        except ExistsError as error:
            raise SearchIndexError(
                f"{self._connection.address} has a collection {self._prefix}, which is not ours; "
                "choose another `collection` in [index] of kurage.toml"
            ) from error

    def drop_before(self, generation: Generation) -> None:
        """Delete our collections that are older than this one, neither served nor the former.

        Newer ones stay: another version of the program may be filling them right now.
        """
        aliases = self._aliases()
        keep = {generation.name, aliases.get(self._prefix), aliases.get(self._former)}
        for name in self.names():
            if name not in keep and self._is_older(name, generation):
                self._ask("deleting an old index", lambda c, name=name: c.delete_collection(name))

    def names(self) -> list[str]:
        """Return the names of the collections that are called as ours are."""
        found = self._ask("looking at the index", lambda client: client.get_collections())
        return [c.name for c in found.collections if self._ours.fullmatch(c.name)]

    def version(self) -> str:
        """Return the version of the server."""
        return str(self._ask("asking the server", lambda client: client.info()).version)

    def check_version(self) -> None:
        """Raise `SearchIndexError` where the server is too old."""
        version = self.version()
        if is_too_old(version):
            oldest = ".".join(map(str, _OLDEST))
            raise SearchIndexError(
                f"Qdrant {version} at {self._connection.address} is too old; update it to {oldest} "
                "or newer"
            )

    @property
    def _former(self) -> str:
        return f"{self._prefix}-former"

    def _aliases(self) -> dict[str, str]:
        found = self._ask("looking at the index", lambda client: client.get_aliases())
        return {alias.alias_name: alias.collection_name for alias in found.aliases}

    def _is_older(self, name: str, generation: Generation) -> bool:
        try:
            other = self.find(name)
        except SearchIndexError:  # not ours to judge
            return False
        return other is not None and other.created < generation.created

    def _ask(self, doing: str, request: Any) -> Any:
        def typed(client: QdrantClient) -> Any:
            return request(client)

        return self._connection.ask(f"{doing} {self._prefix}", typed)


def is_too_old(version: str) -> bool:
    """Tell whether a version lacks what we need; one that is no number is a build of tomorrow's."""
    match = re.match(r"(\d+)\.(\d+)", version)
    return match is not None and (int(match[1]), int(match[2])) < _OLDEST


def _specs(info: models.CollectionInfo) -> dict[str, VectorSpec]:
    """Return the vectors that a collection really has, without those that questions added."""
    params = info.config.params
    dense = params.vectors if isinstance(params.vectors, dict) else {}
    found = {name: VectorSpec("dense", size=held.size) for name, held in dense.items()} | {
        name: VectorSpec("sparse", idf=held.modifier == models.Modifier.IDF)
        for name, held in (params.sparse_vectors or {}).items()
    }
    return {name: spec for name, spec in found.items() if not extra_points.is_vector_name(name)}


def _drop_alias(alias: str) -> models.DeleteAliasOperation:
    return models.DeleteAliasOperation(delete_alias=models.DeleteAlias(alias_name=alias))


def _name(alias: str, collection: str) -> models.CreateAliasOperation:
    named = models.CreateAlias(alias_name=alias, collection_name=collection)
    return models.CreateAliasOperation(create_alias=named)
