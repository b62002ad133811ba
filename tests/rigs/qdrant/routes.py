"""The paths of Qdrant's REST API, each with what it does to the storage.

Knows nothing of HTTP but paths: a handler is given a `Call` and returns the `result` of the answer.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from rigs.qdrant.refused import RefusedError, not_found
from rigs.qdrant.storage import Collection, Storage

Json = Any
Handler = Callable[["Call"], Awaitable[Json]]

# The release whose behaviour is imitated; qdrant-client compares it with its own.
VERSION = "1.20.0"


@dataclass(frozen=True)
class Call:
    """One request, as the handlers see it."""

    storage: Storage
    status: str | None
    """What collections report instead of their true status."""
    parts: Mapping[str, str]
    query: Mapping[str, str]
    body: Json

    @property
    def collection(self) -> Collection:
        """The collection that the path names."""
        return self.storage[self.parts["collection"]]

    async def update(self, kind: str, body: Json = None) -> Json:
        """Carry out an update as `wait` says; without it, Qdrant only promises."""
        wait = self.query.get("wait", "false")
        if wait not in {"true", "false"}:
            raise RefusedError(
                400, "Deserialize error in query parameters: provided string was not `true` or "
                "`false`"
            )  # fmt: skip
        return await self.collection.update(
            kind, self.body if body is None else body, wait=wait == "true"
        )


# Handlers: each returns the `result` of the answer.


async def _create(call: Call) -> Json:
    call.storage.create(call.parts["collection"], call.body)
    return True


async def _change(call: Call) -> Json:
    call.collection.change(call.body)
    return True


async def _remove(call: Call) -> Json:
    return call.storage.delete(call.parts["collection"])


async def _info(call: Call) -> Json:
    return {"status": call.status or "green", **call.collection.info()}


async def _exists(call: Call) -> Json:
    return {"exists": call.parts["collection"] in call.storage}


async def _list(call: Call) -> Json:
    return {"collections": [{"name": name} for name in sorted(call.storage.collections)]}


async def _change_aliases(call: Call) -> Json:
    call.storage.change_aliases(call.body["actions"])
    return True


def _described(aliases: Mapping[str, str]) -> Json:
    return {
        "aliases": [
            {"alias_name": alias, "collection_name": name}
            for alias, name in sorted(aliases.items())
        ]
    }


async def _aliases(call: Call) -> Json:
    return _described(call.storage.aliases)


async def _aliases_of(call: Call) -> Json:
    name = call.parts["collection"]
    _ = call.collection  # a name that leads nowhere is refused
    name = call.storage.aliases.get(name, name)
    return _described({a: of for a, of in call.storage.aliases.items() if of == name})


async def _drop_index(call: Call) -> Json:
    return await call.update("delete_index", {"field_name": call.parts["field"]})


async def _add_vector(call: Call) -> Json:
    body = {"name": call.parts["vector"], "config": call.body}
    return await call.update("create_vector", body)


async def _point(call: Call) -> Json:
    place = call.parts["id"]
    wanted = int(place) if place.isdecimal() else place
    found = await call.collection.retrieve({"ids": [wanted], "with_vector": True})
    if not found:
        raise not_found(f"Point with id {place} does not exists!")
    return found[0]


async def _retrieve(call: Call) -> Json:
    return await call.collection.retrieve(call.body)


async def _scroll(call: Call) -> Json:
    return await call.collection.scroll(call.body)


async def _count(call: Call) -> Json:
    return await call.collection.count(call.body)


async def _facet(call: Call) -> Json:
    return await call.collection.facet(call.body)


async def _query(call: Call) -> Json:
    return {"points": (await call.collection.query([call.body]))[0]}


async def _query_batch(call: Call) -> Json:
    found = await call.collection.query(call.body["searches"])
    return [{"points": points} for points in found]


async def _batch(call: Call) -> Json:
    result = await call.update("batch")
    return [result for _ in call.body["operations"]]


async def _telemetry(call: Call) -> Json:
    return {
        "id": "00000000-0000-0000-0000-000000000000",
        "app": {"name": "qdrant", "version": VERSION, "startup": "2026-01-01T00:00:00Z"},
        "collections": {"number_of_collections": len(call.storage.collections)},
    }


def _updating(kind: str) -> Handler:
    async def handle(call: Call) -> Json:
        return await call.update(kind)

    return handle


_NAME = "/collections/{collection}"
ROUTES: list[tuple[str, str, Handler]] = [
    ("GET", "/telemetry", _telemetry),
    ("GET", "/collections", _list),
    ("POST", "/collections/aliases", _change_aliases),
    ("GET", "/aliases", _aliases),
    ("GET", _NAME, _info),
    ("PUT", _NAME, _create),
    ("PATCH", _NAME, _change),
    ("DELETE", _NAME, _remove),
    ("GET", f"{_NAME}/exists", _exists),
    ("GET", f"{_NAME}/aliases", _aliases_of),
    ("PUT", f"{_NAME}/index", _updating("create_index")),
    ("DELETE", f"{_NAME}/index/{{field}}", _drop_index),
    ("PUT", f"{_NAME}/vectors/{{vector}}", _add_vector),
    ("GET", f"{_NAME}/points/{{id}}", _point),
    ("POST", f"{_NAME}/points", _retrieve),
    ("PUT", f"{_NAME}/points", _updating("upsert")),
    ("POST", f"{_NAME}/points/delete", _updating("delete")),
    ("POST", f"{_NAME}/points/payload", _updating("set_payload")),
    ("PUT", f"{_NAME}/points/payload", _updating("overwrite_payload")),
    ("POST", f"{_NAME}/points/payload/delete", _updating("delete_payload")),
    ("POST", f"{_NAME}/points/payload/clear", _updating("clear_payload")),
    ("PUT", f"{_NAME}/points/vectors", _updating("update_vectors")),
    ("POST", f"{_NAME}/points/vectors/delete", _updating("delete_vectors")),
    ("POST", f"{_NAME}/points/batch", _batch),
    ("POST", f"{_NAME}/points/scroll", _scroll),
    ("POST", f"{_NAME}/points/count", _count),
    ("POST", f"{_NAME}/points/query", _query),
    ("POST", f"{_NAME}/points/query/batch", _query_batch),
    ("POST", f"{_NAME}/facet", _facet),
]
