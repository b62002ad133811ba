"""The embedded index: Qdrant's own engine in the process, published in immutable revisions.

One process writes, any number read, and none waits for another. `EdgeWriter` changes a private copy
and publishes it as the next revision; `EdgeIndex` serves the revision that was published last.
`revisions.py` knows the folders, `shard.py` the engine.
"""

from ingest.edge.reader import EdgeIndex
from ingest.edge.revisions import Health, health
from ingest.edge.writer import SAVE_EVERY, EdgeWriter

__all__ = ["SAVE_EVERY", "EdgeIndex", "EdgeWriter", "Health", "health"]
