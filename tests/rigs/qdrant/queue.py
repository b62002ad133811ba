"""The updates that a collection promised, on disk until its engine has them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

Json = Any


class Queue:
    """The updates that were promised and that the engine may not have yet."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._done = path.with_suffix(".done")

    def left_over(self) -> Iterator[tuple[str, Json]]:
        """Yield what a process that died had promised; it applied them in this order."""
        if not self._path.exists():
            return
        done = int(self._done.read_text()) if self._done.exists() else 0
        for line in self._path.read_bytes()[done:].splitlines(keepends=True):
            if line.endswith(b"\n"):  # else it died while it wrote, and had promised nothing
                kind, body = json.loads(line)
                yield kind, body

    def clear(self) -> None:
        """Forget everything: the engine has it."""
        self._path.unlink(missing_ok=True)
        self._done.unlink(missing_ok=True)

    def append(self, kind: str, body: Json) -> int:
        """Write an update down; return how long the file is then."""
        with self._path.open("ab") as file:
            file.write(json.dumps([kind, body]).encode() + b"\n")
            return file.tell()

    def done(self, end: int) -> None:
        """Note that the engine has everything up to `end`."""
        new = self._done.with_suffix(".new")
        new.write_text(str(end))
        new.replace(self._done)
