"""A Qdrant server on loopback, backed by Qdrant's own engine, for tests and measurements.

    with QdrantRig(folder) as rig:
        client = QdrantClient(url=rig.url)

Real are scores, filters, fusion, IDF (the engine's), the words and codes of refusals (from the
server's source) and durability: what was acknowledged survives `kill -9`. Not there: several nodes,
snapshots, gRPC, inference, HNSW (a test's collection is searched exactly). What the rig does not
know it refuses with 501 and puts among `violations()`.
"""

from rigs.qdrant.faults import Fault
from rigs.qdrant.rig import QdrantRig, Request, specification

__all__ = ["Fault", "QdrantRig", "Request", "specification"]
