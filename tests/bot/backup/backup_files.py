"""Backups made to order, and the program that makes and restores them."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from installations import (
    unseen,
)

from bot.backup import Reader
from bot.backup.archive import Writer
from bot.backup.manifest import MANIFEST, Manifest, Part, StoredIndex

ROOT = Path(__file__).parents[3]
NOW = datetime(2026, 11, 22, tzinfo=UTC)


def content_of(backup: bytes) -> dict[str, bytes]:
    """Return everything that a restore would read."""
    reader = Reader(io.BytesIO(backup))
    reader.verify(unseen)
    content = {}
    for part in reader.manifest.parts:
        with reader.part(part.name) as file:
            content[part.name] = file.read()
    return {**content, MANIFEST: reader.manifest.model_dump_json().encode()}


def crafted(parts: dict[str, bytes], *, index: bool = False, claim: int = 0) -> bytes:
    """Return a backup with these parts whose checksums are right."""
    file = io.BytesIO()
    writer = Writer(file, NOW)
    for name, content in parts.items():
        with writer.part(name) as part:
            part.write(content)
    writer.parts = [
        part.model_copy(update={"content": part.content + claim}) for part in writer.parts
    ]
    stored = StoredIndex(pipeline="", encoder="", vectors={}, points=0, documents=0, chunks=0)
    writer.finish(manifest(tuple(writer.parts), stored if index else None))
    return file.getvalue()


def manifest(parts: tuple[Part, ...], index: StoredIndex | None = None, **fields: Any) -> Manifest:
    standing = {
        "format": 1,
        "program": "1.0",
        "created": NOW,
        "schema_revision": "0001",
        "encoder": "lexical",
        "generator": "extractive",
        "tables": (),
    }
    return Manifest(**{**standing, "index": index, "parts": parts, **fields})


def kurage(
    arguments: list[Any],
    home: Path,
    *,
    code: int = 0,
    program: Path = ROOT,
    stdin: bytes = b"",
    **environ: str,
) -> Any:
    """Run the command line in a folder of its own; standard output as bytes."""
    home.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(
        [sys.executable, "-m", "bot.cli", *map(str, arguments)],
        cwd=home,
        env={
            **os.environ,
            "PYTHONPATH": str(program),
            "KURAGE_HOME": str(home),
            "LANG": "C.UTF-8",
            **environ,
        },
        input=stdin,
        capture_output=True,
        timeout=120,
        check=False,
    )
    done.stderr = done.stderr.decode()
    assert done.returncode == code, (done.stdout, done.stderr)
    return done
