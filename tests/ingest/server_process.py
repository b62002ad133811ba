"""Another process for test_server_trouble.py: `python server_process.py URL PREFIX DOCUMENTS`.

Writes documents of five chunks, over and over, and tells each round until it is killed.
"""

from __future__ import annotations

import sys
from itertools import count

from index_contract import VECTORS, document, put

from ingest.server import Address, ServerWriter

CHUNKS = 5


def write(url: str, prefix: str, documents: int) -> None:
    """Write version 1, 2, … of each document until the end."""
    with ServerWriter(Address(url), prefix, "p", VECTORS) as writer:
        for version in count(1):
            for number in range(documents):
                text = f"全{version}"
                put(writer, document(str(number), version=str(version)), *[text] * CHUNKS)
            writer._drain()
            sys.stdout.write(f"{version}\n")
            sys.stdout.flush()


if __name__ == "__main__":
    address, name, number = sys.argv[1:]
    write(address, name, int(number))
