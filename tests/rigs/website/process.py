"""The sites in a process of their own, so that neither their work nor their memory is the measured.

    with WebsiteProcess(pages=5000) as rig:
        rig.site.edit("/a", "…")
        rig.company.rewrite(url)

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
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import asdict, is_dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from rigs.faults import Fault, as_json
from rigs.website.values import Asked, Truth

_TESTS = Path(__file__).parents[2]
_START_S = 120.0


class Remote:
    """A part of the rig in the other process: its methods are called there."""

    def __init__(self, call: Callable[..., Any], name: str) -> None:
        self._call, self._name = call, name

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def method(*args: Any, **named: Any) -> Any:
            return self._call(f"{self._name}.{name}", *args, **named)

        return method


class RemoteCompany(Remote):
    """`rigs.website.company.Company` in the other process."""

    @property
    def documents(self) -> frozenset[str]:
        """The addresses of all pages and files in scope."""
        return frozenset(self._call("company.documents"))

    @property
    def unversioned(self) -> frozenset[str]:
        """Those of the documents that never come with a validator."""
        return frozenset(self._call("company.unversioned"))

    @property
    def entrances(self) -> frozenset[str]:
        """The first page of each trap, which may count as a document."""
        return frozenset(self._call("company.entrances"))

    @property
    def not_documents(self) -> frozenset[str]:
        """Addresses that may be asked for and are no documents."""
        return frozenset(self._call("company.not_documents"))

    @property
    def forbidden(self) -> tuple[str, ...]:
        """Beginnings of addresses that nobody may ask for."""
        return tuple(self._call("company.forbidden"))

    def truth(self, url: str) -> Truth:
        """Return what the text of a document holds and does not hold."""
        return _truth(self._call("company.truth", url))

    def truths(self) -> dict[str, Truth]:
        """Return the truth of all documents by their addresses."""
        return {url: _truth(one) for url, one in self._call("company.truths").items()}

    def trapped(self) -> dict[str, int]:
        """Return how many requests each trap took so far."""
        return dict(self._call("trapped"))


class WebsiteProcess:
    """Web sites of one test, in a process of their own; a context manager."""

    def __init__(self, **options: Any) -> None:
        """Prepare; `options` are those of `WebsiteRig`."""
        self._options = options
        self._process: subprocess.Popen[str] | None = None
        self._control = 0
        self._lock = threading.Lock()
        self._connection: http.client.HTTPConnection | None = None
        self.site = Remote(self._do, "site")
        """What people do to the sites; values come back as JSON has them."""
        self.company = RemoteCompany(self._do, "company")
        """The company's site, where `pages` were asked for."""
        self.url, self.port = "", 0

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "rigs.website", json.dumps(self._options)],
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
        self.url, self.port, self._control = said["url"], said["port"], said["control"]
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

    # As `WebsiteRig`

    @property
    def requests(self) -> int:
        """How many requests came in."""
        return int(self._do("requests"))

    @property
    def journal(self) -> list[Asked]:
        """The requests, in order."""
        return [
            Asked(**{**one, "credentials": tuple(one["credentials"])})
            for one in self._do("journal")
        ]

    @property
    def connections(self) -> Counter[str]:
        """How many connections were accepted, by the address that they led to."""
        return Counter(self._do("connections"))

    @property
    def violations(self) -> list[str]:
        """What went wrong within the rig itself."""
        return list(self._do("violations"))

    def url_of(self, host: str) -> str:
        """Return a host's address, without a slash at its end."""
        return str(self._do("url_of", host))

    def forget(self) -> None:
        """Set journal and connections back to nothing."""
        self._do("forget")

    def fail(self, path: str = "*", *, host: str | None = None, **how: Any) -> None:
        """Let requests that fit fail; `how`: fields of `Fault`."""
        self.fault(Fault(path=path, **how), host=host)

    def fault(self, fault: Fault, *, host: str | None = None) -> None:
        """Let requests that fit fail."""
        self._do("fail", host=host, **as_json(fault))

    def throttle(self, times: int | None = 1, **how: Any) -> None:
        """Let requests be refused with Retry-After."""
        self._do("throttle", times, **how)

    def recover(self) -> None:
        """End all faults."""
        self._do("recover")

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
    if asked["do"] == "trapped":  # the journal stays here
        return rig.company.trapped(rig.journal)
    target = rig
    for step in asked["do"].split("."):
        target = getattr(target, step)
    if callable(target):
        named = {key: _unpacked(value) for key, value in asked["named"].items()}
        target = target(*(_unpacked(one) for one in asked["args"]), **named)
    return _plain(target)


def _plain(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    if isinstance(value, Mapping):
        return {key: _plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(one) for one in value]
    return value


def _truth(said: Mapping[str, Any]) -> Truth:
    lists = {name: tuple(said[name]) for name in ("present", "absent", "joined")}
    return Truth(said["url"], said["title"], anchors=said["anchors"], **lists)


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
