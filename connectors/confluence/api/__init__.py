"""The REST APIs of Confluence Cloud and Data Center, as one `Site`.

Cloud is asked by version 1 (search, restrictions, people) and version 2 (spaces, permissions, what
exists); Data Center by its own, which is version 1's elder. Knows nothing of documents: what is
read of a site, and when, is the connector's business.
"""

from __future__ import annotations

from connectors.confluence.api.address import Address
from connectors.confluence.api.cloud import CloudSite
from connectors.confluence.api.connection import Connection
from connectors.confluence.api.data_center import DataCenterSite
from connectors.confluence.storage import Edition
from connectors.confluence.values import Site

__all__ = ["open_site"]


def open_site(
    url: str,
    *,
    email: str | None,
    token: str,
    edition: Edition | None = None,
    at_once: int = 4,
    timeout: float = 60,
    backoff: float = 0.5,
    gateway: str | None = None,
) -> Site:
    """Return the site at an address; nothing is asked yet.

    `token`: an API token of Cloud, scoped or not, with the `email` of its account; in Data Center a
    personal access token. `edition`: None, where the address tells. `at_once`: requests. `timeout`
    and `backoff`, in seconds, are those of `connectors.http.Http`. `gateway` is where scoped tokens
    are taken; None: Atlassian's, except for a site on this machine. Raises ConnectorError for what
    is no address.
    """
    address = Address.read(url, edition)
    auth = (email, token) if email and address.edition == "cloud" else None
    connection = Connection(
        address,
        gateway,
        auth=auth,
        headers={} if auth else {"Authorization": f"Bearer {token}"},
        secrets=[token],
        at_once=at_once,
        timeout=timeout,
        backoff=backoff,
    )
    kind = CloudSite if address.edition == "cloud" else DataCenterSite
    return kind(connection, at_once)
