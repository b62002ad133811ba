"""A server on loopback that answers as it is told, faults included; for tests of `connectors.http`.

    with Server() as server:
        server.on("/thing", Answer(status=503), Answer(b"{}"))    # the last one goes on for ever
        …
        server.seen     # what was asked

It speaks through bare sockets: most of what it does, a server's library would not let it do.
"""

from __future__ import annotations

import socket
import socketserver
import ssl
import struct
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

_HELLO = b"\x16"
"""How TLS begins; a server without it answers in plain text, as others do."""
_RESET = struct.pack("ii", 1, 0)
"""SO_LINGER of zero seconds: closing sends RST, not FIN."""


@dataclass(frozen=True)
class Answer:
    """What to answer to one request."""

    body: bytes = b"{}"
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    length: int | None = None
    """Content-Length, where it is not the body's own."""
    delay: float = 0
    """Seconds before anything is sent."""
    drip: float = 0
    """Seconds before each byte of the body."""
    reset: bool = False
    """The connection is reset in place of an answer."""

    def head(self) -> bytes:
        fields = {"Content-Type": "application/json", "Content-Length": str(len(self.body))}
        if self.length is not None:
            fields["Content-Length"] = str(self.length)
        fields |= self.headers
        lines = [f"HTTP/1.1 {self.status} Whatever", *(f"{k}: {v}" for k, v in fields.items())]
        return "\r\n".join([*lines, "", ""]).encode()


@dataclass(frozen=True)
class Seen:
    """One request as it came."""

    target: str
    """Path and query; the whole address where we are its proxy."""
    headers: Mapping[str, str]
    """Names in lower case."""
    at: float
    """Monotonic seconds."""
    body: bytes = b""


class Server:
    """Listens on a port of its own; a context manager."""

    def __init__(self, *, tls: ssl.SSLContext | None = None, host: str = "127.0.0.1") -> None:
        self.seen: list[Seen] = []
        self.most_at_once = 0
        """How many requests were in work at the same time, at most."""
        self._answers: dict[str, list[Answer]] = {}
        self._now = 0
        self._lock = threading.Lock()
        self._tls = tls
        self._host = host
        self._server = _Listener((host, 0), _Connection)
        self._server.owner = self
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def url(self) -> str:
        scheme = "https" if self._tls else "http"
        return f"{scheme}://{self._host}:{self._server.server_address[1]}"

    def on(self, path: str, *answers: Answer) -> None:
        """Answer a path (without query) so, one after another; the last one for ever."""
        self._answers[path] = list(answers)

    def wrapped(self, connection: socket.socket) -> socket.socket:
        return self._tls.wrap_socket(connection, server_side=True) if self._tls else connection

    def taken(self, target: str, headers: Mapping[str, str], body: bytes = b"") -> Answer:
        """Note a request, and return what to answer."""
        with self._lock:
            self._now += 1
            self.most_at_once = max(self.most_at_once, self._now)
            self.seen.append(Seen(target, headers, time.monotonic(), body))
            script = self._answers.get(target.partition("?")[0], [])
            if not script:
                return Answer(b'{"message": "nothing here"}', status=404)
            return script.pop(0) if len(script) > 1 else script[0]

    def done(self) -> None:
        with self._lock:
            self._now -= 1


class _Listener(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True
    block_on_close = False
    owner: Server

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: clients that hang up are what is tested."""


class _Connection(socketserver.StreamRequestHandler):
    disable_nagle_algorithm = True
    server: _Listener

    def setup(self) -> None:
        self.request = self.server.owner.wrapped(self.request)
        super().setup()

    def handle(self) -> None:
        while self._one():
            pass

    def finish(self) -> None:
        super().finish()
        self.request.close()  # the one with TLS around it, which the base class does not know

    def _one(self) -> bool:
        """Answer one request; False where the connection ends."""
        begin = self.rfile.read(1)
        if begin == _HELLO:
            self.request.sendall(Answer(status=400).head())
        if not begin or begin == _HELLO:
            return False
        first = self.rfile.readline().decode("latin-1").split(" ")
        headers = {}
        while line := self.rfile.readline().strip().decode("latin-1"):
            name, _, value = line.partition(":")
            headers[name.lower()] = value.strip()
        if len(first) < 2:
            return False
        owner = self.server.owner
        body = self.rfile.read(int(headers.get("content-length") or 0))
        answer = owner.taken(first[1], headers, body)
        try:
            return self._send(answer)
        finally:
            owner.done()

    def _send(self, answer: Answer) -> bool:
        time.sleep(answer.delay)
        if answer.reset:
            self.request.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            return False
        if answer.drip:
            self.request.sendall(answer.head())
            for byte in answer.body:
                time.sleep(answer.drip)
                self.request.sendall(bytes([byte]))
        else:
            self.request.sendall(answer.head() + answer.body)
        return answer.length is None
