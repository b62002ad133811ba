"""Starts, ends, hurts and questions the rig's process from a test.

Knows nothing of Qdrant's API: tests talk to `url` with the real client.
"""

from __future__ import annotations

import http.client
import json
import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from rigs.qdrant import faults
from rigs.qdrant.faults import Fault

_TESTS = Path(__file__).parents[2]
# The description stands beside the checkout; the environment can name another place.
_SPECIFICATION = _TESTS.parents[1] / "shared" / "specs" / "qdrant.openapi.json"
_START_S = 30.0


def specification() -> Path | None:
    """Return Qdrant's OpenAPI description, None where it is not at hand."""
    path = Path(os.environ.get("QDRANT_OPENAPI", _SPECIFICATION))
    return path if path.exists() else None


@dataclass(frozen=True)
class Request:
    """One request that came in, in order of the answers."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    """Names in lower case."""
    size: int
    """Bytes of the body."""
    body: Any
    """None where there was none, or where it was longer than 64 KiB."""
    status: int | None
    """None where it got no answer on purpose."""


class QdrantRig:
    """A Qdrant server of one test, in a process of its own; a context manager.

    Data lies in `folder` and outlives `stop`, `kill` and the rig itself; after `start` it is served
    under the same address again.
    """

    def __init__(
        self,
        folder: Path,
        *,
        port: int = 0,
        api_key: str | None = None,
        read_only_api_key: str | None = None,
        max_body: int | None = None,
        certificate: Path | None = None,
        validated: bool = True,
    ) -> None:
        """Prepare a server; `certificate` is a PEM with key and chain, and makes it speak TLS.

        `validated` off leaves the bodies unchecked even where the OpenAPI description is at hand:
        for measuring.
        """
        self._folder = folder
        self._port = port
        self._admin_port = 0
        self._keys = {
            "QDRANT__SERVICE__API_KEY": api_key,
            "QDRANT__SERVICE__READ_ONLY_API_KEY": read_only_api_key,
        }
        self._options: list[str] = []
        description = specification()
        if validated and description:
            self._options += ["--specification", str(description)]
        if max_body is not None:
            self._options += ["--max-body", str(max_body)]
        if certificate:
            self._options += ["--certificate", str(certificate)]
        self._scheme = "https" if certificate else "http"
        self._process: subprocess.Popen[str] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    # The process

    @property
    def url(self) -> str:
        """Where clients find the server; the same after a restart."""
        return f"{self._scheme}://127.0.0.1:{self._port}"

    @property
    def running(self) -> bool:
        """Whether the process lives."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Start the process and wait until it serves; raises RuntimeError where it does not."""
        if self.running:
            return
        self._reap()
        self._folder.mkdir(parents=True, exist_ok=True)
        ports = ["--port", str(self._port), "--admin-port", str(self._admin_port)]
        keys = {name: value for name, value in self._keys.items() if value is not None}
        inherited = {n: v for n, v in os.environ.items() if n not in self._keys}
        command = [sys.executable, "-m", "rigs.qdrant", "--folder", str(self._folder)]
        with (self._folder / "log.txt").open("a", encoding="utf-8") as log:
            self._process = subprocess.Popen(
                [*command, *ports, *self._options],
                env={**inherited, **keys, "PYTHONPATH": str(_TESTS)},
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        self._port, self._admin_port = self._ready(self._process)

    def _ready(self, process: subprocess.Popen[str]) -> tuple[int, int]:
        assert process.stdout
        with selectors.DefaultSelector() as waiting:
            waiting.register(process.stdout, selectors.EVENT_READ)
            line = process.stdout.readline() if waiting.select(_START_S) else ""
        if not line:
            self.kill()
            said = (self._folder / "log.txt").read_text("utf-8")
            raise RuntimeError(f"the rig did not start:\n{said}")
        port, admin_port = json.loads(line)
        return port, admin_port

    def stop(self) -> None:
        """End the process as an operator would; connections are refused from then on."""
        self._signal(signal.SIGTERM)

    def kill(self) -> None:
        """End the process as a crash would (SIGKILL)."""
        self._signal(signal.SIGKILL)

    def wait_until_dead(self, timeout: float = 10.0) -> None:
        """Wait for the end that a fault with `kill` brings."""
        if self._process:
            self._process.wait(timeout)
            self._reap()

    def _signal(self, number: signal.Signals) -> None:
        if self.running and self._process:
            self._process.send_signal(number)
            try:
                self._process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                self._process.kill()
        self._reap()

    def _reap(self) -> None:
        if self._process:
            self._process.wait()
            if self._process.stdout:
                self._process.stdout.close()
            self._process = None

    # What goes wrong

    def fail(
        self, method: str = "*", path: str = "*", *, retry_after: int | None = None, **how: Any
    ) -> None:
        """Let requests that fit fail; `how` are the fields of `Fault`.

        >>> rig.fail("PUT", "*/points", status=429, retry_after=1, times=2)
        """
        if retry_after is not None:
            how["headers"] = {**how.get("headers", {}), "Retry-After": str(retry_after)}
        self._admin("POST", "/faults", faults.as_json(Fault(method=method, path=path, **how)))

    def fill_disk(self) -> None:
        """Refuse every upsert as a server whose disk is full does, until `recover`."""
        self.fail("PUT", "*/points", status=500, message=faults.DISK_FULL, times=None)

    def report(self, status: str | None) -> None:
        """Let collections report `green`, `yellow`, `grey` or `red`; None: what is true."""
        self._admin("POST", "/state", {"status": status})

    def hold_updates(self) -> None:
        """Let no update be applied until `recover`: those without `wait` are only promised."""
        self._admin("POST", "/state", {"held": True})

    def recover(self) -> None:
        """End all faults."""
        self._admin("DELETE", "/faults", None)
        self._admin("POST", "/state", {})

    def reset(self) -> None:
        """Make it as good as new, at a tenth of the cost: no collections, faults or records."""
        self.start()
        self._admin("DELETE", "/state", None)

    def _admin(self, method: str, path: str, body: Any) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self._admin_port, timeout=10)
        try:
            connection.request(method, path, json.dumps(body), {"Content-Type": "application/json"})
            answer = connection.getresponse()
            said = answer.read().decode()
        finally:
            connection.close()
        if answer.status != 200:
            raise RuntimeError(f"the rig refused {method} {path}: {said}")

    # What happened

    def requests(self, method: str = "*", path: str = "*") -> list[Request]:
        """Return the requests that came in, of all the rig's lives."""
        wanted = Fault(method=method, path=path)
        return [
            Request(**entry)
            for entry in self._lines("requests.jsonl")
            if wanted.fits(entry["method"], entry["path"])
        ]

    def forget(self) -> None:
        """Forget the requests so far."""
        (self._folder / "requests.jsonl").unlink(missing_ok=True)

    def violations(self) -> list[str]:
        """Return the bodies, of clients and of the rig, that break Qdrant's description."""
        return [str(line) for line in self._lines("violations.jsonl")]

    def _lines(self, name: str) -> list[Any]:
        path = self._folder / name
        if not path.exists():
            return []
        # A line without its end was being written when the process was killed.
        lines = path.read_bytes().splitlines(keepends=True)
        return [json.loads(line) for line in lines if line.endswith(b"\n")]


def wait_for(condition: Any, timeout: float = 5.0) -> None:
    """Wait until `condition()` holds; raises TimeoutError."""
    deadline = time.monotonic() + timeout
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{condition} did not come to hold")
        time.sleep(0.01)
