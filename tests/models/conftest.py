"""A vLLM that serves the tiny Kurage, for all tests of this folder; without vLLM they are skipped.

One process at a time: it fills two cores and a few GB. A test that kills it starts it again.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from rigs import vllm_server
from rigs.vllm_server import VllmServer


@pytest.fixture(scope="session")
def tiny_kurage() -> Path:
    """The checkpoint's folder."""
    if reason := vllm_server.missing():
        pytest.skip(reason)
    return vllm_server.checkpoint()


@pytest.fixture(scope="session")
def _worker(tiny_kurage: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[VllmServer]:
    with VllmServer(tiny_kurage, tmp_path_factory.mktemp("vllm")) as running:
        yield running


@pytest.fixture
def kurage_worker(_worker: VllmServer) -> VllmServer:
    """The worker, up and well, whatever the test before did."""
    if not _worker.healthy():
        _worker.kill()
        _worker.start()
        _worker.ready()
    return _worker
