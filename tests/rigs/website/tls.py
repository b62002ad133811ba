"""Certificates of the sites: one that holds, and those that do not, in three ways.

Each kind has a port of its own: an address in a URL says no name in its handshake by which a server
could choose. Keys are made anew for each rig; nothing of them is ever written to the disk.
"""

from __future__ import annotations

import ssl
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Literal, get_args

import trustme

Kind = Literal["good", "untrusted", "expired", "other-name"]
KINDS: tuple[Kind, ...] = get_args(Kind)


class Certificates:
    """An authority that clients are told to trust, and one that nobody trusts."""

    def __init__(self) -> None:
        self._trusted, self._unknown = trustme.CA(), trustme.CA()
        self._made: dict[tuple[Kind, str], ssl.SSLContext] = {}

    @property
    def authority(self) -> bytes:
        """The certificate to trust, as PEM."""
        return self._trusted.cert_pem.bytes()

    def trusting(self) -> ssl.SSLContext:
        """Return a client's context that trusts the authority and nothing else."""
        context = ssl.create_default_context(cadata=self.authority.decode())
        assert context.check_hostname, "names are checked"
        return context

    def context(self, kind: Kind, addresses: Sequence[str]) -> ssl.SSLContext:
        """Return a server's context for a port, with a certificate for whatever name is asked for.

        `addresses` are those that clients reach it by without a name.
        """
        usual = self._context(kind, addresses)

        def chosen(connection: ssl.SSLObject, name: str | None, _: ssl.SSLContext) -> None:
            if name is not None:
                connection.context = self._context(kind, [name])

        usual.sni_callback = chosen
        return usual

    def _context(self, kind: Kind, names: Sequence[str]) -> ssl.SSLContext:
        key = (kind, ",".join(names))
        if key not in self._made:
            self._made[key] = self._new(kind, names)
        return self._made[key]

    def _new(self, kind: Kind, names: Sequence[str]) -> ssl.SSLContext:
        ends = datetime.now(UTC) + timedelta(days=30)
        if kind == "expired":
            ends = datetime.now(UTC) - timedelta(days=1)
        said = ["www.somebody-else.example"] if kind == "other-name" else list(names)
        authority = self._unknown if kind == "untrusted" else self._trusted
        made = authority.issue_cert(*said, not_after=ends)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        made.configure_cert(context)
        return context
