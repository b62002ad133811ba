"""A resolver with a table of its own, to be handed to whoever resolves names.

    names = Names({"www.example.co.jp": "127.0.0.1"})
    names.rebind("evil.example.com", ["203.0.113.9"], ["169.254.169.254"])
    Web(…, resolve=names)

It is called and answers as `socket.getaddrinfo` does; what is in no table is not found, so that no
test asks the name servers of the machine that it runs on. Addresses resolve to themselves.
"""

from __future__ import annotations

import ipaddress
import socket
import threading
from collections.abc import Mapping, Sequence
from typing import Any

Answers = str | Sequence[str]
Found = list[tuple[socket.AddressFamily, socket.SocketKind, int, str, tuple[Any, ...]]]


class Names:
    """A table of names; thread-safe."""

    def __init__(self, table: Mapping[str, Answers] | None = None) -> None:
        self._lock = threading.Lock()
        self._answers: dict[str, list[list[str]]] = {}
        self.asked: list[str] = []
        """The names that were asked for, in order."""
        for name, addresses in (table or {}).items():
            self.add(name, addresses)

    def add(self, name: str, addresses: Answers) -> None:
        """Let a name stand for an address, or for several."""
        self.rebind(name, addresses)

    def rebind(self, name: str, *answers: Answers) -> None:
        """Let a name answer differently the second time, and so on; the last answer stays."""
        with self._lock:
            self._answers[name.lower()] = [
                [one] if isinstance(one, str) else list(one) for one in answers
            ]

    def __call__(  # noqa: PLR0917 - it takes what `socket.getaddrinfo` takes
        self,
        host: bytes | str | None,
        port: bytes | str | int | None,
        family: int = 0,
        type: int = 0,  # noqa: A002 - as `socket.getaddrinfo` calls it
        proto: int = 0,
        flags: int = 0,
    ) -> Found:
        """Return what `socket.getaddrinfo` would; `socket.gaierror` for an unknown name."""
        name = host.decode() if isinstance(host, bytes) else str(host)
        number = int(port or 0)
        with self._lock:
            self.asked.append(name)
            addresses = self._next(name.lower().rstrip("."))
        found = [_entry(one, number) for one in addresses]
        wanted = [one for one in found if family in {0, one[0]}]
        if not wanted:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return wanted

    def _next(self, name: str) -> list[str]:
        if answers := self._answers.get(name):
            return answers.pop(0) if len(answers) > 1 else answers[0]
        try:
            return [str(ipaddress.ip_address(name.strip("[]")))]
        except ValueError:
            return []


def _entry(
    address: str, port: int
) -> tuple[socket.AddressFamily, socket.SocketKind, int, str, tuple[Any, ...]]:
    stream, tcp = socket.SOCK_STREAM, socket.IPPROTO_TCP
    if ":" not in address:
        return socket.AF_INET, stream, tcp, "", (address, port)
    bare, _, zone = address.partition("%")
    return socket.AF_INET6, stream, tcp, "", (bare, port, 0, int(zone or 0))
