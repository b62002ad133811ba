"""The rig in a process of its own, so that neither its work nor its memory is the measured one's.

    with ConfluenceProcess(pages=10_000, validated=False) as rig:
        rig.site.edit(page, "<p>新しい本文</p>")

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

from rigs.confluence.core import Oddity, Request
from rigs.confluence.truth import Truth
from rigs.faults import Fault, as_json

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


class ConfluenceProcess:
    """A Confluence site of one test, in a process of its own; a context manager."""

    def __init__(self, **options: Any) -> None:
        """Prepare a site; `options` are those of `ConfluenceRig`."""
        self._options = options
        self._process: subprocess.Popen[str] | None = None
        self._control = 0
        self._lock = threading.Lock()
        self._connection: http.client.HTTPConnection | None = None
        self.site = Remote(self._do, "site")
        """What people do to the site; values come back as JSON has them."""
        self.generator = Remote(self._do, "generator")
        self.url = self.gateway = self.email = self.token = ""

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "rigs.confluence", json.dumps(self._options)],
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
        self.url, self.gateway = said["url"], said["gateway"]
        self.email, self.token, self._control = said["email"], said["token"], said["control"]
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

    # As `ConfluenceRig`

    @property
    def requests(self) -> int:
        """How many requests came in."""
        return int(self._do("requests"))

    @property
    def contents_served(self) -> int:
        """How many bodies were sent whole, repetitions included."""
        return int(self._do("contents_served"))

    @property
    def journal(self) -> list[Request]:
        """The requests, in the order of their answers."""
        return [
            Request(**{**one, "query": tuple((key, value) for key, value in one["query"])})
            for one in self._do("journal")
        ]

    @property
    def bodies_served(self) -> Mapping[tuple[str, int], int]:
        """How many times the body of a content's version was sent whole."""
        parted = {tuple(key.rsplit("@", 1)): n for key, n in self.served().items()}
        return {(key, int(version)): n for (key, version), n in parted.items()}

    @property
    def violations(self) -> list[str]:
        """Requests and answers that break the descriptions, or that no route knows."""
        return list(self._do("violations"))

    @property
    def skew(self) -> float:
        """How far the site's clock is ahead of ours, in seconds."""
        return float(self._do("skew"))

    @skew.setter
    def skew(self, seconds: float) -> None:
        self._do("set_skew", seconds)

    def served(self) -> dict[str, int]:
        """Return how many times each body was sent whole, by `ID@VERSION`."""
        return dict(self._do("served"))

    def truth(self, content_id: str) -> Truth:
        """Return what the text of a generated content holds, and must not hold."""
        return _truth(self._do("truth", content_id))

    def truths(self) -> dict[str, Truth]:
        """Return the same for everything that was generated and is a document now, by id."""
        return {key: _truth(one) for key, one in self._do("truths").items()}

    def anchors(self, page_id: str) -> dict[str, str]:
        """Return the id of each heading of a page by its text."""
        return dict(self._do("anchors", page_id))

    def headings(self, page_id: str) -> list[tuple[str, str]]:
        """Return text and id of the headings that the web page of a page shows, in order."""
        return [(text, name) for text, name in self._do("headings", page_id)]

    def web(self, page_id: str) -> str:
        """Return a page's web address, by id."""
        return str(self._do("web", page_id))

    def fault(self, fault: Fault) -> None:
        """Let requests that fit fail."""
        self._do("fault", as_json(fault))

    def throttle(self, times: int | None = 1, **how: Any) -> None:
        """Let requests be refused with Retry-After."""
        self._do("throttle", times, **how)

    def odd(self, kind: Oddity, path: str = "*", **how: Any) -> None:
        """Let answers be odd although their status is 200."""
        self._do("odd", kind, path, **how)

    def expire_token(self, after: int = 0) -> None:
        """Let the token be refused after so many further requests."""
        self._do("expire_token", after)

    def renew_token(self) -> None:
        """Let the token be good again."""
        self._do("renew_token")

    def recover(self) -> None:
        """End all faults and oddities."""
        self._do("recover")

    def advance(self, seconds: float) -> None:
        """Let time pass at the site."""
        self._do("advance", seconds)

    def settle(self) -> None:
        """Let the search index learn of everything at once."""
        self._do("settle")

    def forget(self) -> None:
        """Set counters and journal back to nothing."""
        self._do("forget")

    def configure(self, **settings: Any) -> None:
        """Change fields of the site's settings."""
        self._do("configure", **settings)

    def _do(self, name: str, *args: Any, **named: Any) -> Any:
        body = json.dumps({"do": name, "args": args, "named": named}, default=_packed).encode()
        with self._lock:
            if self._connection is None:
                self._connection = http.client.HTTPConnection(
                    "127.0.0.1", self._control, timeout=60
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
    said = target(*args, **named) if callable(target) else target
    if isinstance(said, dict):
        return {key: asdict(one) if is_dataclass(one) else one for key, one in said.items()}  # type: ignore[arg-type]
    if isinstance(said, list):
        return [asdict(one) if is_dataclass(one) else one for one in said]  # type: ignore[arg-type]
    return asdict(said) if is_dataclass(said) else said  # type: ignore[arg-type]


def _truth(said: Mapping[str, Any]) -> Truth:
    return Truth(tuple(said["present"]), tuple(said["parameters"]), tuple(said["hidden"]))


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
