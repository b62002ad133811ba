"""Listeners where nobody has any business: each connection that they accept is written down.

    with Canaries([("127.0.0.66", 0), ("169.254.169.254", 80)]) as canaries:
        …
        assert canaries.connections == []

They answer as what attackers look for does, so that a client that comes leaves with a secret, too:
whether it reached an index can be seen by `SECRET`. Accepting is what counts: a guard that checks
after it has connected is caught. They are threads of their own and know nothing of the sites.
"""

from __future__ import annotations

import contextlib
import selectors
import socket
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from types import TracebackType
from typing import Self, cast

SECRET = "海月海岸海図7731"
"""In what every canary answers, and nowhere else."""

_ANSWER = (
    "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {length}\r\n"
    "Connection: close\r\n\r\n"
)
_BODY = f"<!DOCTYPE html><title>meta-data</title><main><p>AccessKeyId は{SECRET}です。</p></main>"


@dataclass(slots=True)
class Connection:
    """Somebody who came where nobody should."""

    address: str
    """Where to: an address of this machine, and a port."""
    port: int
    first_line: str = ""
    """What was asked for, as far as it is known by now."""


class Canaries:
    """Listeners on some addresses; a context manager."""

    def __init__(self, addresses: Iterable[tuple[str, int]]) -> None:
        """Prepare; port 0 is one that is free."""
        self._wanted = list(addresses)
        self._lock = threading.Lock()
        self._told = threading.Condition(self._lock)
        self._selector = selectors.DefaultSelector()
        self._sockets: list[socket.socket] = []
        self._connections: list[Connection] = []
        self._ending, self._ended = socket.socketpair()
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self) -> Self:
        try:
            for address, port in self._wanted:
                self._listen(address, port)
        except OSError:
            self._close()
            raise
        self._selector.register(self._ended, selectors.EVENT_READ)
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._ending.send(b"x")
        self._thread.join()
        self._close()

    @property
    def addresses(self) -> list[tuple[str, int]]:
        """Where they listen, in the order in which they were asked for."""
        return [one.getsockname()[:2] for one in self._sockets]

    @property
    def urls(self) -> list[str]:
        """The same as addresses of the web."""
        return [
            f"http://{f'[{host}]' if ':' in host else host}:{port}/latest/meta-data/"
            for host, port in self.addresses
        ]

    @property
    def connections(self) -> list[Connection]:
        """Who came, in order: also those whom the kernel alone has met by now."""
        with self._lock:
            for listener in self._sockets:
                self._accept(listener)
            return list(self._connections)

    def wait_for(self, seen: Callable[[list[str]], bool], timeout: float = 20.0) -> None:
        """Wait until the first lines of what was asked for are as wanted; TimeoutError: never."""
        with self._told:
            if not self._told.wait_for(lambda: seen(self._lines()), timeout):
                raise TimeoutError(f"the canaries saw {self._lines()}")

    def _lines(self) -> list[str]:
        return [one.first_line for one in self._connections]

    def _listen(self, address: str, port: int) -> None:
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        listener = socket.socket(family, socket.SOCK_STREAM)
        self._sockets.append(listener)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if address.startswith("fe80:"):  # of a link: which one has to be said
            listener.bind((address, port, 0, socket.if_nametoindex("lo")))
        else:
            listener.bind((address, port))
        listener.listen(64)
        listener.setblocking(False)
        self._selector.register(listener, selectors.EVENT_READ)

    def _serve(self) -> None:
        while True:
            for key, _ in self._selector.select():
                if key.fileobj is self._ended:
                    return
                with self._lock:
                    self._accept(cast("socket.socket", key.fileobj))

    def _accept(self, listener: socket.socket) -> None:
        """Note and meet all who wait; under the lock."""
        while True:
            try:
                connection, _ = listener.accept()
            except BlockingIOError:
                return
            seen = Connection(*listener.getsockname()[:2])
            self._connections.append(seen)
            # Whoever says nothing must not keep others waiting.
            threading.Thread(target=self._meet, args=(connection, seen), daemon=True).start()

    def _meet(self, connection: socket.socket, seen: Connection) -> None:
        with connection, contextlib.suppress(OSError):
            connection.settimeout(5)
            said = connection.recv(65536)
            with self._told:
                seen.first_line = said.partition(b"\r\n")[0].decode("latin-1")
                self._told.notify_all()
            body = _BODY.encode()
            connection.sendall(_ANSWER.format(length=len(body)).encode() + body)

    def _close(self) -> None:
        for listener in self._sockets:
            listener.close()
        self._selector.close()
        self._ending.close()
        self._ended.close()
