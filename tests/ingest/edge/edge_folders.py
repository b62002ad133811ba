"""Embedded indexes in folders, written here and by other processes."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from edge_process import write
from index_contract import (
    VECTORS,
    document,
    put,
)

from ingest.edge import EdgeWriter

PROCESS = Path(__file__).parents[1] / "edge_process.py"


@contextmanager
def folder_in_memory() -> Iterator[Path]:
    """Yield a folder in memory where there is one: the engine syncs a lot of small files."""
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as folder:
        yield Path(folder)


def writer(folder: Path, **options: object) -> EdgeWriter:
    return EdgeWriter(folder, "p", VECTORS, **options)  # type: ignore[arg-type]


def publish(folder: Path, version: int = 1) -> None:
    with writer(folder) as index:
        write(index, version)
        index.publish()


def fail_after_writing(folder: Path, document_id: str) -> None:
    def run() -> None:
        with writer(folder) as index:
            put(index, document(document_id), "甲")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        run()


def start(*arguments: object) -> subprocess.Popen[str]:
    command = [sys.executable, str(PROCESS), *map(str, arguments)]
    root = str(PROCESS.parents[2])
    return subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": root},
    )


def finish(process: subprocess.Popen[str], code: int = 0) -> str:
    output, errors = process.communicate(timeout=120)
    assert process.returncode == code, errors
    return output


def digests(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }
