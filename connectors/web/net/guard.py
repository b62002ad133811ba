"""Decides which addresses may be connected to: those of the internet, and hosts allowed by name.

A page can lead anywhere: to this machine, into its network, to where a cloud tells secrets. So the
name is resolved here, each address is looked at, and the connection is made to the very address
that was looked at (`connections.py`): there is no second lookup that could say something else.

What `private_hosts` allows is a host by its name, and never more than is meant: a pattern such as
`*.example.co.jp` allows addresses inside of a network, this machine only a name that is spelt out,
link-local and metadata addresses only the address itself. What is no host (multicast, unspecified,
broadcast) nothing allows.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Collection
from typing import Any

from connectors.http.errors import FailedError, Failure
from connectors.web.net.ranges import Address, Reach, plain, reach, spelled

Resolve = Callable[..., list[tuple[Any, ...]]]
"""As `socket.getaddrinfo` is called: (host, port, type=SOCK_STREAM)."""

PORTS = frozenset({80, 443})
"""Where websites are; behind others are databases and printers."""
_INSIDE = ("localhost", "local", "internal", "intranet", "corp", "home", "lan", "private", "arpa")
"""Ends of names that mean something inside of a network only (RFC 6761, RFC 6762, RFC 8375, ICANN's
`.internal`, RFC 6762's appendix G)."""
_METADATA = frozenset({"instance-data", "metadata", "metadata.goog", "metadata.google.internal"})
_MOST_ADDRESSES = 16
"""Of one name that are tried."""


def bare(host: str) -> str:
    """Return a host as it is compared: lower case, without brackets and a dot at its end."""
    return host.strip().strip("[]").rstrip(".").lower()


def spelled_reach(host: str) -> Reach:
    """Return how far inside a host is, by its spelling alone."""
    name = bare(host)
    if literal := _address(name):
        return reach(literal)
    if name in _METADATA:
        return Reach.METADATA
    last = name.rpartition(".")[2]
    return Reach.PRIVATE if last in _INSIDE or last == name else Reach.PUBLIC


def _as_asked(host: str) -> str:
    """Return a host of the settings as requests name it: `*.日本語.jp` in punycode (RFC 5891)."""
    star = "*." if host.startswith("*.") else ""
    name = host.removeprefix("*.")
    try:
        return star + bare(name if name.isascii() else name.encode("idna").decode())
    except UnicodeError:
        return star + bare(name)


class Guard:
    """What may be connected to. `ports` are allowed beside 80 and 443.

    `private_hosts` are names, `*.` patterns and addresses that may be inside of a network.
    """

    def __init__(
        self,
        private_hosts: Collection[str] = (),
        ports: Collection[int] = (),
        resolve: Resolve = socket.getaddrinfo,
    ) -> None:
        hosts = {_as_asked(host) for host in private_hosts}
        self._names = frozenset(host for host in hosts if not host.startswith("*."))
        self._below = tuple(host[1:] for host in hosts if host.startswith("*."))
        self._literal = frozenset(filter(None, map(_address, self._names)))
        self._ports = PORTS | set(ports)
        self._resolve = resolve

    def is_private_host(self, host: str) -> bool:
        """Return whether a host may be inside of a network, by its name."""
        return self._most(bare(host), None) > Reach.PUBLIC

    def addresses(self, host: str, port: int) -> list[Address]:
        """Return the addresses of a host that may be connected to, in the resolver's order.

        Raises FailedError where there is none; OSError where the name can not be resolved.
        """
        literal = self._checked(host, port)
        found = [literal] if literal else self._resolved(host, port)
        most = self._most(bare(host), literal)
        allowed = [plain(address) for address in found if self._allows(address, most)]
        if not allowed:
            raise FailedError(Failure(_refusal(host, found)))
        return list(dict.fromkeys(allowed))[:_MOST_ADDRESSES]

    def check_for_proxy(self, host: str, port: int) -> None:
        """Raise FailedError for a host that a proxy must not be asked for.

        A proxy resolves the name itself, so which address it takes is its own matter: one that
        must not be reached refuses the host. A name that only the proxy can resolve passes, unless
        it is one that means something inside of a network.
        """
        literal = self._checked(host, port)
        most = self._most(bare(host), literal)
        last = bare(host).rpartition(".")[2]
        if not literal and most is Reach.PUBLIC and (last in _INSIDE or last == bare(host)):
            raise FailedError(Failure(_by_name(host)))
        try:
            found = [literal] if literal else self._resolved(host, port)
        except OSError:
            return
        if not all(self._allows(address, most) for address in found):
            raise FailedError(Failure(_refusal(host, found)))

    def _checked(self, host: str, port: int) -> Address | None:
        """Return the address that a host is, None for a name. Raises FailedError."""
        if port not in self._ports:
            raise FailedError(
                Failure(f"port {port} is none of a website's; only one that `urls` names is asked")
            )
        name = bare(host)
        try:
            literal = spelled(name)
        except ValueError:
            raise FailedError(Failure("its host is no name and no address")) from None
        local = name == "localhost" or name.endswith(".localhost") or name in _METADATA
        if local and self._most(name, None) is Reach.PUBLIC:
            raise FailedError(Failure(_by_name(host)))
        if "%" in name or not name:
            raise FailedError(Failure("its host is no name and no address"))
        return literal

    def _resolved(self, host: str, port: int) -> list[Address]:
        """Return the addresses of a name. Raises OSError, and FailedError for what is no name."""
        try:
            answers = self._resolve(host, port, type=socket.SOCK_STREAM)
        except (UnicodeError, ValueError):
            raise FailedError(Failure("its host is no name and no address")) from None
        # A zone (`fe80::1%eth0`) is dropped with the rest: link-local addresses are refused anyway.
        texts = [str(answer[4][0]).partition("%")[0] for answer in answers]
        return [address for address in map(_address, texts) if address]

    def _most(self, name: str, literal: Address | None) -> Reach:
        """Return how far inside an address of this host may be."""
        literal = literal or _address(name)
        if literal and plain(literal) in self._literal:
            return Reach.METADATA
        if name in self._names:
            return Reach.LOOPBACK
        if name.endswith(self._below) if self._below else False:
            return Reach.PRIVATE
        return Reach.PUBLIC

    @staticmethod
    def _allows(address: Address, most: Reach) -> bool:
        return reach(address) <= most


def _address(text: str) -> Address | None:
    try:
        return spelled(text)
    except ValueError:
        return None


def _by_name(host: str) -> str:
    return f"{bare(host)} is a host inside of a network; `private_hosts` allows one by its name"


def _refusal(host: str, found: list[Address]) -> str:
    if not found:
        return f"the name {bare(host)} has no address"
    worst = max(found, key=reach)
    name = bare(host)
    where = {
        Reach.PRIVATE: "inside of a network",
        Reach.LOOPBACK: "of this machine",
        Reach.METADATA: "link-local or a cloud's own",
    }.get(reach(worst), "of no host")
    at = "" if name == str(worst) else f" is at {worst}, which"
    said = f"{name}{at} is an address {where}"
    if reach(worst) is Reach.NEVER:
        return f"{said}; it is not asked"
    return f"{said}; `private_hosts` allows a host by its name"
