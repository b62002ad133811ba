"""The rig in a process of its own, so that neither its work nor its memory is the measured one's.

    with DriveProcess(files=10_000, validated=False) as rig:
        rig.site.edit(document, "新しい本文")

What a test says is passed on to the process's rig, over a port that clients do not see.
"""

from __future__ import annotations

import base64
import http.client
import json
import os
import selectors
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import asdict, is_dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from rigs.drive.core import Oddity, Request
from rigs.drive.credentials import Kind
from rigs.drive.truth import Truth
from rigs.faults import Fault, as_json

_TESTS = Path(__file__).parents[2]
_START_S = 180.0


class Remote:
    """A part of the rig in the other process: its methods are called there."""

    def __init__(self, call: Callable[..., Any], name: str) -> None:
        self._call, self._name = call, name

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def method(*args: Any, **named: Any) -> Any:
            return self._call(f"{self._name}.{name}", *args, **named)

        return method


class DriveProcess:
    """A Google Workspace of one test, in a process of its own; a context manager."""

    def __init__(self, **options: Any) -> None:
        """Prepare a Workspace; `options` are those of `DriveRig`."""
        self._options = options
        self._process: subprocess.Popen[str] | None = None
        self._control = 0
        self._lock = threading.Lock()
        self._connection: http.client.HTTPConnection | None = None
        self.site = Remote(self._do, "site")
        """What people do in it; values come back as JSON has them."""
        self.generator = Remote(self._do, "generator")
        self.url = self.email = ""

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "rigs.drive", json.dumps(self._options)],
            env={**os.environ, "PYTHONPATH": str(_TESTS)},
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout
        with selectors.DefaultSelector() as waiting:
            waiting.register(self._process.stdout, selectors.EVENT_READ)
            line = self._process.stdout.readline() if waiting.select(_START_S) else ""
        if not line:
            self.stop()
            raise RuntimeError("the rig did not start; it says why on standard error")
        said = json.loads(line)
        self.url, self.email, self._control = said["url"], said["email"], said["control"]
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def pid(self) -> int:
        """The process."""
        assert self._process, "the rig does not run"
        return self._process.pid

    def stop(self) -> None:
        """End the process; connections are refused from then on."""
        if self._connection:
            self._connection.close()
        if self._process is None:
            return
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdout:
            self._process.stdout.close()
        self._process = None

    # As `DriveRig`

    @property
    def requests(self) -> int:
        """How many requests came in, those for tokens included."""
        return int(self._do("requests"))

    @property
    def routes(self) -> Mapping[str, int]:
        """The same by route."""
        return dict(self._do("routes"))

    @property
    def journal(self) -> list[Request]:
        """The requests, in the order of their answers."""
        return [
            Request(**{**one, "query": tuple((key, value) for key, value in one["query"])})
            for one in self._do("journal")
        ]

    @property
    def served(self) -> Mapping[str, int]:
        """How many times the content of each item was sent."""
        return dict(self._do("served"))

    @property
    def violations(self) -> list[str]:
        """Requests and answers that break the descriptions, or that no route knows."""
        return list(self._do("violations"))

    def generate(self, files: int, seed: int | None = None) -> list[str]:
        """Make so many files; return their ids."""
        return list(self._do("generate", files, seed))

    def truth(self, item_id: str) -> Truth:
        """Return what the text of a generated file holds and must not hold, and who may read it."""
        return _truth(self._do("truth", item_id))

    def truths(self) -> dict[str, Truth]:
        """Return the same for every generated file that holds text and is not in the trash."""
        return {key: _truth(one) for key, one in self._do("truths").items()}

    def readers(self, item_id: str, *, by_link: bool = False) -> frozenset[str]:
        """Return who may read any item."""
        return frozenset(self._do("readers", item_id, by_link=by_link))

    def credentials(
        self, kind: Kind = "service_account", directory: str | Path = ".", email: str | None = None
    ) -> Path:
        """Write a credentials file and return its path."""
        return Path(self._do("credentials", kind, str(directory), email))

    def client(self, directory: str | Path) -> Path:
        """Write an installed app's `client_secret.json` and return its path."""
        return Path(self._do("client", str(directory)))

    def fault(self, fault: Fault) -> None:
        """Let requests that fit fail."""
        self._do("fault", as_json(fault))

    def fail(self, reason: str | int, *path: str, **how: Any) -> None:
        """Let requests be refused with a reason, or with a status."""
        self._do("fail", reason, *path, **how)

    def odd(self, kind: Oddity, path: str = "*", **how: Any) -> None:
        """Let answers be odd although their status is 200."""
        self._do("odd", kind, path, **how)

    def recover(self) -> None:
        """End all faults and oddities."""
        self._do("recover")

    def expire_tokens(self) -> None:
        """Let every access token be too old."""
        self._do("expire_tokens")

    def revoke_tokens(self) -> None:
        """Let every token be revoked, refresh tokens too."""
        self._do("revoke_tokens")

    def forget_changes(self) -> None:
        """Let every change token of until now be refused."""
        self._do("forget_changes")

    def advance(self, seconds: float) -> None:
        """Let time pass at the service."""
        self._do("advance", seconds)

    def forget(self) -> None:
        """Set counters and journal back to nothing."""
        self._do("forget")

    def configure(self, **settings: Any) -> None:
        """Change fields of the settings."""
        self._do("configure", **settings)

    def _do(self, name: str, *args: Any, **named: Any) -> Any:
        body = json.dumps({"do": name, "args": args, "named": named}, default=_packed).encode()
        with self._lock:
            if self._connection is None:
                self._connection = http.client.HTTPConnection(
                    "127.0.0.1", self._control, timeout=120
                )
            self._connection.request("POST", "/", body)
            answer = self._connection.getresponse()
            said = json.loads(answer.read())
        if answer.status != 200:
            kinds: dict[str, type[Exception]] = {"KeyError": KeyError, "ValueError": ValueError}
            raise kinds.get(said["error"], RuntimeError)(f"{name}: {said['message']}")
        return said["result"]


def answered(rig: Any, asked: Mapping[str, Any]) -> Any:
    """Return what the rig of this process says to a call of another one, for JSON."""
    target = rig
    for step in asked["do"].split("."):
        target = getattr(target, step)
    args = [_unpacked(one) for one in asked["args"]]
    if asked["do"] == "fault":
        args = [Fault(**one) for one in args]
    named = {key: _unpacked(value) for key, value in asked["named"].items()}
    return _plain(target(*args, **named) if callable(target) else target)


def _plain(said: Any) -> Any:
    if is_dataclass(said) and not isinstance(said, type):
        return _plain(asdict(said))
    if isinstance(said, dict):
        return {key: _plain(one) for key, one in said.items()}
    if isinstance(said, set | frozenset):
        return sorted(said)
    if isinstance(said, list | tuple):
        return [_plain(one) for one in said]
    return str(said) if isinstance(said, Path) else said


def _truth(said: Mapping[str, Any]) -> Truth:
    return Truth(
        tuple(said["present"]),
        tuple(said["absent"]),
        tuple(said["comments"]),
        dict(said["anchors"]),
        bool(said["visible"]),
        frozenset(said["readers"]),
        frozenset(said["by_link"]),
    )


def _packed(value: Any) -> Any:
    if isinstance(value, bytes):
        return {"bytes": base64.b64encode(value).decode()}
    if isinstance(value, set | frozenset | tuple):
        return list(value)
    raise TypeError(f"{value!r} can not be said to another process")


def _unpacked(value: Any) -> Any:
    if isinstance(value, dict) and value.keys() == {"bytes"}:
        return base64.b64decode(value["bytes"])
    return value
