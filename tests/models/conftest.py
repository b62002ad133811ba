"""A vLLM that serves the tiny Kurage, and one of a Llama; without vLLM all tests are skipped.

Each is started once, takes most of a minute and two GB, and rests while it is asked nothing. What a
test kills is started again for the next one that wants it.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from asking import kurage
from kurage_cases import HANDBOOK
from rigs import vllm_server
from rigs.discord_fixtures import discord_process, discord_rig
from rigs.slack_fixtures import slack_process, slack_rig
from rigs.vllm_server import VllmServer

_LLAMA = Path(__file__).parent / "llama_checkpoint.py"

__all__ = ["discord_process", "discord_rig", "slack_process", "slack_rig"]


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
    """The tiny Kurage's worker, up and well, whatever the test before did."""
    return _up(_worker)


@pytest.fixture(scope="session")
def _llama(tmp_path_factory: pytest.TempPathFactory) -> Iterator[VllmServer]:
    if reason := vllm_server.missing():
        pytest.skip(reason)
    folder = tmp_path_factory.mktemp("llama")
    checkpoint = folder / "checkpoint"
    subprocess.run([vllm_server.PYTHON, _LLAMA, checkpoint], check=True, capture_output=True)
    with VllmServer(checkpoint, folder, name="llama", context=4096) as running:
        yield running


@pytest.fixture
def llama_worker(_llama: VllmServer) -> VllmServer:
    """A worker of a Llama that was never trained: it says anything, and never stops by itself."""
    return _up(_llama)


def _up(worker: VllmServer) -> VllmServer:
    if not worker.healthy():
        worker.kill()
        worker.start()
        worker.ready()
    return worker


@pytest.fixture
def little_home(tmp_path: Path) -> Path:
    """A home that holds the little handbook."""
    folder = tmp_path / "home"
    folder.mkdir()
    kurage(folder, {}, "ingest", "folder", str(HANDBOOK))
    return folder
