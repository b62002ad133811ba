"""Points of an index as a stream of bytes: nothing is encoded again, and no bit of a vector lost.

Pages of points one after the other. A page is two lengths (little-endian, 32 bits), then so many
bytes of JSON, a list of `{"id", "payload", "vectors"}` where a vector is `["sparse", n]` or
`["dense", n]`, then so many bytes of numbers: for each of these vectors in turn its n indices
(unsigned, 32 bits; sparse vectors only) and its n values (IEEE 754, 32 bits), little-endian. Knows
nothing of files and indexes.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any, BinaryIO

from bot.backup.archive import Sink
from bot.backup.manifest import damaged
from ingest.encode import Encoding, SparseVector
from ingest.extra_points import stored_id
from ingest.index import StoredPoint, hit

_PAGE = 256
_LENGTHS = struct.Struct("<II")
# A page of the largest chunks with a thousand dense dimensions is 2 MB.
_MOST = 1 << 26


def write_points(points: Iterable[StoredPoint], file: Sink) -> None:
    """Write every point, holding one page at a time."""
    waiting = iter(points)
    while page := list(islice(waiting, _PAGE)):
        head = json.dumps([_described(point) for point in page], ensure_ascii=False).encode()
        body = b"".join(_packed(vector) for point in page for vector in point.vectors.values())
        file.write(_LENGTHS.pack(len(head), len(body)) + head + body)


def read_points(file: BinaryIO) -> Iterator[StoredPoint]:
    """Yield every point that was written, holding one page at a time. Raises `BackupError`."""
    while lengths := file.read(_LENGTHS.size):
        try:
            head_size, body_size = _LENGTHS.unpack(lengths)
            if max(head_size, body_size) > _MOST:
                raise damaged("a page of points is too large")
            head, body = file.read(head_size), file.read(body_size)
            points = list(_page(json.loads(head), memoryview(body)))
        except (ValueError, TypeError, KeyError, AttributeError, struct.error) as error:
            raise damaged(f"its points can not be read: {error}") from None
        yield from points


def _described(point: StoredPoint) -> dict[str, Any]:
    vectors = {
        name: ["sparse", len(vector.indices)]
        if isinstance(vector, SparseVector)
        else ["dense", len(vector)]
        for name, vector in point.vectors.items()
    }
    return {"id": point.id, "payload": point.payload, "vectors": vectors}


def _packed(vector: SparseVector | list[float]) -> bytes:
    if not isinstance(vector, SparseVector):
        return struct.pack(f"<{len(vector)}f", *vector)
    count = len(vector.indices)
    return struct.pack(f"<{count}I{count}f", *vector.indices, *vector.values)


def _page(described: list[dict[str, Any]], body: memoryview) -> Iterator[StoredPoint]:
    at = 0
    for row in described:
        vectors: dict[str, SparseVector | list[float]] = {}
        for name, (kind, count) in row["vectors"].items():
            if kind == "sparse":
                numbers = struct.unpack_from(f"<{count}I{count}f", body, at)
                vectors[name] = SparseVector(list(numbers[:count]), list(numbers[count:]))
            else:
                numbers = struct.unpack_from(f"<{count}f", body, at)
                vectors[name] = list(numbers)
            at += 4 * len(numbers)
        yield _checked(row["id"], vectors, row["payload"])
    if at != len(body):
        raise ValueError("numbers are left over")


def _checked(id_: str, vectors: Encoding, payload: dict[str, Any]) -> StoredPoint:
    """Return the point if a search could show it and a sync could replace it."""
    hit(payload, 0.0)  # raises where a field is missing
    if id_ != stored_id(payload):
        raise ValueError(f"{id_} is not the id of its chunk")
    return StoredPoint(id_, vectors, payload)
