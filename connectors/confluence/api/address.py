"""What the address of a site says of it: edition, and where its API begins. Asks nothing."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Self
from urllib.parse import urlsplit

from connectors.base import ConnectorError
from connectors.confluence.storage import Edition

_BY_GATEWAY = re.compile(r"(/ex/confluence/[^/]+)(/|$)")
_DEEPER = re.compile(r"/(spaces|pages|display|rest|x|label|[a-z]+\.action)(/|$)")
"""Where the site ends and a page of it begins, in an address that was copied from a browser."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where a site is."""

    base: str
    """What the paths of the API stand under, without a slash at its end."""
    edition: Edition
    by_gateway: bool = False
    """It is that of the gateway, not the one that people use."""

    @property
    def origin(self) -> str:
        """Scheme, host and port."""
        scheme, host, *_ = urlsplit(self.base)
        return f"{scheme}://{host}"

    @property
    def host(self) -> str:
        """Name alone."""
        return urlsplit(self.base).hostname or ""

    @classmethod
    def read(cls, url: str, edition: Edition | None) -> Self:
        """Return what an address that an operator wrote means; it may be one of a page.

        Raises ConnectorError for what is no address.
        """
        try:
            scheme, host, path, *_ = urlsplit(url.strip())
            name = urlsplit(url.strip()).hostname or ""
        except ValueError:
            scheme = name = host = path = ""
        if scheme not in {"http", "https"} or not name or "@" in host:
            raise ConnectorError(
                "the address of Confluence must be like https://example.atlassian.net or"
                " https://confluence.example.co.jp, without a name and password"
            )
        root = f"{scheme}://{host}"
        if found := _BY_GATEWAY.match(path):
            return cls(f"{root}{found[1]}/wiki", "cloud", by_gateway=True)
        if edition is None:
            wiki = path == "/wiki" or path.startswith("/wiki/")
            edition = "cloud" if wiki or name.endswith(".atlassian.net") else "data-center"
        if edition == "cloud":
            return cls(f"{root}/wiki", edition)
        context = _DEEPER.split(path, maxsplit=1)[0].rstrip("/")
        return cls(f"{root}{context}", edition)
