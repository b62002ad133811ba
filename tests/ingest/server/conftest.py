"""A Qdrant server for each module, and places on it for indexes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from rigs.qdrant import QdrantRig
from server_index import RUNNING
from servers import KINDS, Place, place, running_rig


@pytest.fixture(scope="module", autouse=True)
def rig() -> Iterator[QdrantRig]:
    """One server for the tests of this module; each has a prefix of its own."""
    with running_rig() as running:
        RUNNING.append(running)
        yield running
        RUNNING.remove(running)


@pytest.fixture(params=KINDS)
def there(request: pytest.FixtureRequest, rig: QdrantRig) -> Iterator[Place]:
    """A place for an index."""
    with place(request.param, rig) as chosen:
        yield chosen
