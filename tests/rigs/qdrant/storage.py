"""Collections and aliases on disk, each collection a shard of the embedded engine.

Knows nothing of HTTP. What was acknowledged survives SIGKILL: updates by the engine's write-ahead
log, or by this module's queue file until the engine has them; settings and aliases by files that
are replaced whole.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import shutil
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

import qdrant_edge as engine
from rigs.qdrant import translate
from rigs.qdrant.queue import Queue
from rigs.qdrant.refused import RefusedError, bad_input, exists, from_engine, not_found

Json = Any
_log = logging.getLogger(__name__)

# The server's defaults: config/config.yaml of github.com/qdrant/qdrant.
_HNSW = {
    "m": 16,
    "ef_construct": 100,
    "full_scan_threshold": 10000,
    "max_indexing_threads": 0,
    "on_disk": False,
}
_OPTIMIZERS = {
    "deleted_threshold": 0.2,
    "vacuum_min_vector_number": 1000,
    "default_segment_number": 0,
    "max_segment_size": None,
    "memmap_threshold": None,
    "indexing_threshold": 10000,
    "flush_interval_sec": 5,
    "max_optimization_threads": None,
    "prevent_unoptimized": None,
}
_WAL = {"wal_capacity_mb": 32, "wal_segments_ahead": 0, "wal_retain_closed": 1}
_PARAMS = ("vectors", "sparse_vectors", "shard_number", "sharding_method", "replication_factor")
_PARAMS += ("write_consistency_factor", "on_disk_payload", "payload")
_PARAM_DEFAULTS = {
    "shard_number": 1,
    "replication_factor": 1,
    "write_consistency_factor": 1,
    "on_disk_payload": True,
}
_FORBIDDEN = set('<>:"/\\|?*\0\x1f')


def _merged(settings: Json, changes: Json) -> Json:
    """Return settings with changes; None leaves a setting as it is."""
    if not isinstance(settings, Mapping) or not isinstance(changes, Mapping):
        return settings if changes is None else changes
    return {**settings, **{name: _merged(settings.get(name), changes[name]) for name in changes}}


def _save(path: Path, content: Json) -> None:
    """Replace a file whole, on the disk when this returns."""
    new = path.with_suffix(".new")
    with new.open("w", encoding="utf-8") as file:
        json.dump(content, file)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)


class Collection:
    """One collection. Updates run one after another in the order in which they came."""

    applying = threading.Event()
    """Updates wait until it is set; all collections share it."""
    applying.set()

    def __init__(self, folder: Path, settings: dict[str, Json], shard: engine.EdgeShard) -> None:
        self._folder = folder
        self._settings = settings
        self._shard = shard
        self._updates = ThreadPoolExecutor(max_workers=1)
        self._operations = 0
        self._queue = Queue(folder / "queue.jsonl")
        for kind, body in self._queue.left_over():
            self._apply_logged(kind, body)
        self._queue.clear()

    @classmethod
    def create(cls, folder: Path, body: Mapping[str, Json]) -> Collection:
        """Make a collection; it is there whole or not at all."""
        config = translate.edge_config(body)
        settings = {"config": _config(body), "payload_schema": {}}
        unfinished = folder.with_name(f".{folder.name}")
        shutil.rmtree(unfinished, ignore_errors=True)
        (unfinished / "shard").mkdir(parents=True)
        _save(unfinished / "settings.json", settings)
        _engine(lambda: engine.EdgeShard.create(str(unfinished / "shard"), config).close())
        unfinished.rename(folder)
        return cls.load(folder)

    @classmethod
    def load(cls, folder: Path) -> Collection:
        """Open a collection with all that was acknowledged."""
        settings = json.loads((folder / "settings.json").read_text("utf-8"))
        return cls(folder, settings, engine.EdgeShard.load(str(folder / "shard")))

    def close(self) -> None:
        """Apply what is waiting and bring everything to the disk."""
        self.applying.set()
        self._updates.shutdown()
        self._shard.close()

    def remove(self) -> None:
        """Delete the files."""
        self.applying.set()
        self._updates.shutdown(cancel_futures=True)
        self._shard.close()
        shutil.rmtree(self._folder)

    # Settings

    @property
    def config(self) -> dict[str, Json]:
        """The configuration as `GET /collections/{name}` shows it."""
        return dict(self._settings["config"])

    def change(self, body: Mapping[str, Json]) -> None:
        """Apply `PATCH /collections/{name}`; the vectors' sizes and distances can not change."""
        config = self._settings["config"]
        params = dict(config["params"])
        params = _merged(params, body.get("params"))
        for kind in ("vectors", "sparse_vectors"):
            for name, diff in (body.get(kind) or {}).items():
                if name not in (params.get(kind) or {}):
                    raise bad_input(f"Not existing vector name error: {name}")
                params[kind] = {**params[kind], name: _merged(params[kind][name], diff)}
        config = {
            **config,
            "params": params,
            "hnsw_config": _merged(config["hnsw_config"], body.get("hnsw_config")),
            "optimizer_config": _merged(config["optimizer_config"], body.get("optimizers_config")),
        }
        for name in ("quantization_config", "strict_mode_config"):
            if body.get(name) is not None:
                config[name] = None if body[name] == "Disabled" else body[name]
        if body.get("metadata") is not None:
            kept = {**(config.get("metadata") or {}), **body["metadata"]}
            config["metadata"] = {name: value for name, value in kept.items() if value is not None}
        self._settings = {**self._settings, "config": config}
        _save(self._folder / "settings.json", self._settings)

    def info(self) -> dict[str, Json]:
        """Return what `GET /collections/{name}` shows, but for the status."""
        state = _engine(self._shard.info)
        parameters = self._settings["payload_schema"]
        schema = {}
        for field, index in state.payload_schema.items():
            schema[field] = {
                "data_type": str(index.data_type).rpartition(".")[2].lower(),
                "points": index.points,
            }
            if isinstance(parameters.get(field), Mapping):
                schema[field]["params"] = parameters[field]
        return {
            "optimizer_status": "ok",
            "indexed_vectors_count": state.indexed_vectors_count,
            "points_count": state.points_count,
            "segments_count": state.segments_count,
            "config": self.config,
            "payload_schema": schema,
        }

    # Writing

    async def update(self, kind: str, body: Json, *, wait: bool) -> dict[str, Json]:
        """Carry out one operation, or with `wait` off promise to; return `UpdateResult`.

        A promise is kept whatever happens to the process. As with the server, an operation that
        the engine refuses is only reported to who waits for it.
        """
        for one_kind, one in _operations(kind, body):  # refuse what is malformed either way
            _operation(one_kind, one)
        operation, self._operations = self._operations, self._operations + 1
        if not wait:
            end = self._queue.append(kind, body)
            self._updates.submit(self._apply_logged, kind, body, end)
            return {"operation_id": operation, "status": "acknowledged"}
        work: Future[None] = self._updates.submit(self._apply, kind, body)
        await asyncio.wrap_future(work)
        return {"operation_id": operation, "status": "completed"}

    def _apply_logged(self, kind: str, body: Json, end: int | None = None) -> None:
        try:
            self._apply(kind, body)
        except RefusedError as refused:
            _log.warning("An update that nobody waits for was refused: %s", refused.message)
        if end is not None:
            self._queue.done(end)

    def _apply(self, kind: str, body: Json) -> None:
        self.applying.wait()
        for one_kind, one in _operations(kind, body):
            operation = _operation(one_kind, one)
            _engine(lambda operation=operation: self._shard.update(operation))
            if one_kind == "create_index":
                self._keep_schema({one["field_name"]: one["field_schema"]}, set())
            elif one_kind == "delete_index":
                self._keep_schema({}, {one["field_name"]})
            elif one_kind == "create_vector":
                self._keep_vector(one["name"], one["config"])

    def _keep_schema(self, added: dict[str, Json], removed: set[str]) -> None:
        schema = {**self._settings["payload_schema"], **added}
        kept = {field: value for field, value in schema.items() if field not in removed}
        self._settings = {**self._settings, "payload_schema": kept}
        _save(self._folder / "settings.json", self._settings)

    def _keep_vector(self, name: str, added: Mapping[str, Json]) -> None:
        """Show a vector that came later as one of the collection's."""
        [(kind, params)] = added.items()
        place = {"sparse": "sparse_vectors", "dense": "vectors"}[kind]
        config = self._settings["config"]
        held = {name: params, **(config["params"].get(place) or {})}
        shown = {**config, "params": {**config["params"], place: held}}
        self._settings = {**self._settings, "config": shown}
        _save(self._folder / "settings.json", self._settings)

    # Reading

    async def query(self, bodies: Sequence[Mapping[str, Json]]) -> list[list[dict[str, Json]]]:
        """Return the points of each query."""
        return await asyncio.to_thread(self._query, bodies)

    def _query(self, bodies: Sequence[Mapping[str, Json]]) -> list[list[dict[str, Json]]]:
        requests = [translate.query(body, self._example) for body in bodies]
        batch = engine.QueryBatchRequest(requests)
        found = _engine(lambda: self._shard.query_batch(batch))
        return [[translate.scored(point) for point in points] for points in found]

    def _example(self, wanted: Json, using: str) -> Any:
        place = translate.point_id(wanted)
        points = _engine(lambda: self._shard.retrieve([place], with_vector=True))
        return translate.example_vector(points, wanted, using)

    async def scroll(self, body: Mapping[str, Json]) -> dict[str, Json]:
        """Return a page of points and where the next one starts."""
        request = translate.scroll(body)
        points, offset = await asyncio.to_thread(_engine, lambda: self._shard.scroll(request))
        return {
            "points": [translate.record(point) for point in points],
            "next_page_offset": translate.found_id(offset),
        }

    async def retrieve(self, body: Mapping[str, Json]) -> list[dict[str, Json]]:
        """Return the points of these ids that there are."""
        ids = [translate.point_id(one) for one in body["ids"]]
        payload = translate.with_payload(body.get("with_payload", True))
        vector = translate.with_vector(body.get("with_vector"))
        points = await asyncio.to_thread(
            _engine, lambda: self._shard.retrieve(ids, payload, vector)
        )
        return [translate.record(point) for point in points]

    async def count(self, body: Mapping[str, Json]) -> dict[str, Json]:
        """Return how many points there are."""
        request = translate.count(body)
        return {"count": await asyncio.to_thread(_engine, lambda: self._shard.count(request))}

    async def facet(self, body: Mapping[str, Json]) -> dict[str, Json]:
        """Return how many points there are of each value of a field."""
        request = translate.facet(body)
        found = await asyncio.to_thread(_engine, lambda: self._shard.facet(request))
        return {"hits": [{"value": hit.value, "count": hit.count} for hit in found.hits]}


class Storage:
    """All collections and their aliases."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "collections"
        self._folder.mkdir(parents=True, exist_ok=True)
        self._alias_file = folder / "aliases.json"
        self.aliases: dict[str, str] = {}
        """Collection by alias."""
        if self._alias_file.exists():
            self.aliases = json.loads(self._alias_file.read_text("utf-8"))
        self.collections: dict[str, Collection] = {}
        for path in sorted(self._folder.iterdir()):
            if path.name.startswith("."):
                shutil.rmtree(path)
            else:
                self.collections[unquote(path.name)] = Collection.load(path)

    def close(self) -> None:
        """Close every collection."""
        for collection in self.collections.values():
            collection.close()

    def __getitem__(self, name: str) -> Collection:
        """Return a collection by its name or an alias; or raise `RefusedError`."""
        found = self.collections.get(self.aliases.get(name, name))
        if found is None:
            raise not_found(f"Collection `{name}` doesn't exist!")
        return found

    def __contains__(self, name: str) -> bool:
        """Tell whether a name or an alias leads to a collection."""
        return self.aliases.get(name, name) in self.collections

    def create(self, name: str, body: Mapping[str, Json]) -> None:
        """Make a collection."""
        self._check_name(name)
        if name in self.collections:
            raise exists(f"Collection `{name}` already exists!")
        if name in self.aliases:
            raise bad_input(
                f"Can't create collection with name {name}. Alias with the same name already exists"
            )
        # A leading dot marks what is unfinished.
        folder = self._folder / quote(name, safe="").replace(".", "%2E")
        self.collections[name] = Collection.create(folder, body)

    def delete(self, name: str) -> bool:
        """Remove a collection, not an alias, and its aliases; tell whether there was one."""
        kept = {alias: of for alias, of in self.aliases.items() if of != name}
        if kept != self.aliases:
            self._keep_aliases(kept)
        removed = self.collections.pop(name, None)
        if removed:
            removed.remove()
        return removed is not None

    def change_aliases(self, actions: Sequence[Mapping[str, Json]]) -> None:
        """Carry out all actions or, where one is refused, none."""
        aliases = dict(self.aliases)
        for action in actions:
            self._change_alias(aliases, action)
        self._keep_aliases(aliases)

    def _change_alias(self, aliases: dict[str, str], action: Mapping[str, Json]) -> None:
        if create := action.get("create_alias"):
            if create["collection_name"] not in self.collections:
                raise not_found(f"Collection `{create['collection_name']}` doesn't exist!")
            if create["alias_name"] in self.collections:
                raise exists(f"Collection `{create['alias_name']}` already exists!")
            aliases[create["alias_name"]] = create["collection_name"]
        elif delete := action.get("delete_alias"):
            aliases.pop(delete["alias_name"], None)
        elif rename := action.get("rename_alias"):
            if rename["old_alias_name"] not in aliases:
                raise not_found(f"Alias {rename['old_alias_name']} does not exists!")
            aliases[rename["new_alias_name"]] = aliases.pop(rename["old_alias_name"])

    def _keep_aliases(self, aliases: dict[str, str]) -> None:
        _save(self._alias_file, aliases)
        self.aliases = aliases

    @staticmethod
    def _check_name(name: str) -> None:
        wrong = next((character for character in name if character in _FORBIDDEN), None)
        if wrong:
            raise RefusedError(
                422,
                "Validation error in path parameters: [collection_name: collection name cannot "
                f'contain "{wrong}" char]',
            )
        if not 1 <= len(name) <= 255:
            raise RefusedError(
                422,
                "Validation error in path parameters: [collection_name: value invalid, must be "
                "from 1 to 255 characters]",
            )


def _config(body: Mapping[str, Json]) -> dict[str, Json]:
    given = {name: body[name] for name in _PARAMS if body.get(name) is not None}
    return {
        "params": {**_PARAM_DEFAULTS, **given},
        "hnsw_config": _merged(_HNSW, body.get("hnsw_config")),
        "optimizer_config": _merged(_OPTIMIZERS, body.get("optimizers_config")),
        "wal_config": _merged(_WAL, body.get("wal_config")),
        "quantization_config": body.get("quantization_config"),
        **{
            name: body[name]
            for name in ("strict_mode_config", "metadata")
            if body.get(name) is not None
        },
    }


def _operations(kind: str, body: Json) -> Iterator[tuple[str, Json]]:
    """Yield the single operations of an update; only a batch has several."""
    if kind != "batch":
        yield kind, body
        return
    for operation in body["operations"]:
        yield from operation.items()


def _operation(kind: str, body: Json) -> engine.UpdateOperation:
    if kind == "create_index":
        return translate.field_index(body)
    if kind == "delete_index":
        return engine.UpdateOperation.delete_field_index(body["field_name"])
    try:
        if kind == "create_vector":
            return translate.added_vector(body["name"], body["config"])
        return translate.update(kind, body)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise RefusedError(400, f"Format error in JSON body: {error}") from error


def _engine(work: Callable[[], Any]) -> Any:
    try:
        return work()
    except RefusedError:
        raise
    except Exception as error:  # the engine raises bare exceptions
        raise from_engine(error) from error
