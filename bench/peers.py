"""The peers' retrievers over the same passages, each as a function that ranks passage ids.

At their defaults; where a default can not cut Japanese into words, also with the obvious remedy.
"""

from __future__ import annotations

import tempfile
import uuid
import warnings
from collections.abc import Callable, Sequence
from typing import Any

from bench.figures import shared
from bot import settings
from bot.app import open_app
from bot.evaluate import read_lines
from ingest.chunk import Chunk
from ingest.encode import SparseVector

TOP = 10
Search = Callable[[str], list[str]]
"""Returns the ids of the best passages, best first."""
Rows = Sequence[dict[str, Any]]
"""Passages: `{"id", "title", "text"}`."""

# Every pair of neighbouring characters: `findall` returns the group of an empty match.
_PAIRS = r"(?=(\w\w))"


def passages(name: str = "jsquad") -> Rows:
    """Return the passages of a shared set; `jsquad` has 17,000."""
    return list(read_lines(shared(name) / "passages.jsonl.gz"))


def haystack(rows: Rows) -> Search:
    """Return Haystack's InMemoryBM25Retriever; by default a Japanese character is a term."""
    from haystack import Document
    from haystack.components.retrievers.in_memory import InMemoryBM25Retriever
    from haystack.document_stores.in_memory import InMemoryDocumentStore

    store = InMemoryDocumentStore()
    store.write_documents([Document(id=row["id"], content=_text(row)) for row in rows])
    retriever = InMemoryBM25Retriever(store, top_k=TOP)
    return lambda question: [found.id for found in retriever.run(query=question)["documents"]]


def llama_index(rows: Rows, **options: Any) -> Search:
    """Return LlamaIndex's BM25Retriever; by default a run of Japanese letters is a term."""
    from llama_index.core.schema import TextNode
    from llama_index.retrievers.bm25 import BM25Retriever

    nodes = [TextNode(id_=row["id"], text=_text(row)) for row in rows]
    retriever = BM25Retriever.from_defaults(nodes=nodes, similarity_top_k=TOP, **options)
    return lambda question: [found.node.node_id for found in retriever.retrieve(question)]


def llama_index_pairs(rows: Rows) -> Search:
    """Return the same over pairs of characters."""
    return llama_index(rows, token_pattern=_PAIRS, skip_stemming=True)


def qdrant_local(rows: Rows) -> Search:
    """Return qdrant-client's local mode over the vectors that our own encoder makes."""
    from qdrant_client import QdrantClient, models

    client = QdrantClient(":memory:")
    modifier = models.SparseVectorParams(modifier=models.Modifier.IDF)
    client.create_collection("passages", {}, sparse_vectors_config={"lexical": modifier})
    with tempfile.TemporaryDirectory() as home, open_app(settings.load({"KURAGE_HOME": home})) as a:
        encoder = a.encoder
    chunks = [Chunk(0, row["title"], (), row["text"], "paragraph", "") for row in rows]
    points = [
        models.PointStruct(
            id=str(uuid.uuid5(uuid.NAMESPACE_URL, row["id"])),
            vector={"lexical": _sparse(encoding["lexical"])},
            payload={"id": row["id"]},
        )
        for row, encoding in zip(rows, encoder.encode_documents(chunks), strict=True)
    ]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it advises against local mode at this size
        for start in range(0, len(points), 1000):
            client.upsert("passages", points[start : start + 1000])

    def search(question: str) -> list[str]:
        query = _sparse(encoder.encode_query(question).vectors["lexical"])
        found = client.query_points("passages", query, using="lexical", limit=TOP)
        return [point.payload["id"] for point in found.points if point.payload]

    return search


def _sparse(vector: SparseVector | list[float]) -> Any:
    from qdrant_client import models

    assert isinstance(vector, SparseVector)
    return models.SparseVector(indices=vector.indices, values=vector.values)


def _text(row: dict[str, Any]) -> str:
    return f"{row['title']}\n{row['text']}"


RETRIEVERS: dict[str, Callable[[Rows], Search]] = {
    "Haystack InMemoryBM25Retriever": haystack,
    "LlamaIndex BM25Retriever": llama_index,
    "LlamaIndex BM25Retriever, pairs of characters": llama_index_pairs,
    "qdrant-client local mode, our vectors": qdrant_local,
}
