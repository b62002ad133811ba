"""The index on a Qdrant server: one collection a generation, and an alias for the one served.

Any number of processes read; several may write, each another source. `ServerWriter` changes a
generation and publishes it, `ServerIndex` serves what was published. `connection.py` knows how a
server fails, `requests.py` how it is asked, `generations.py` its collections and aliases.

Importing this loads qdrant-client, a second of work that the embedded index has no use for.
"""

from ingest.server.connection import Address
from ingest.server.health import Health, health
from ingest.server.reader import ServerIndex
from ingest.server.writer import ServerWriter

__all__ = ["Address", "Health", "ServerIndex", "ServerWriter", "health"]
