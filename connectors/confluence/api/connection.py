"""The way to a site: by its own address, or by the gateway where a scoped token needs that.

A scoped API token of Cloud is refused at the site's own address; it works under
https://api.atlassian.com/ex/confluence/{cloudId}, and the site tells its cloudId to anybody. Which
way is right shows with the first answer. Knows nothing of what is asked.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from threading import Lock
from typing import Any, TypeVar

from connectors.base import ConnectorError
from connectors.confluence.api.address import Address
from connectors.http import Http, HttpError
from connectors.http.client import MAX_ANSWER, Params
from connectors.http.routes import is_inward

GATEWAY = "https://api.atlassian.com"
_REFUSED = frozenset({401, 403})
_T = TypeVar("_T")


class Connection:
    """Requests to one site; threads may share it. Paths are relative to the site's base."""

    def __init__(self, address: Address, gateway: str | None, **options: Any) -> None:
        """`options` are those of `Http`; `gateway` None: Atlassian's."""
        self.address = address
        self._gateway = (gateway or GATEWAY).rstrip("/")
        self._options = options
        self._http = Http(address.base, **options)
        self._opened = [self._http]
        self._decided = (
            address.by_gateway
            or address.edition != "cloud"
            # A site on this machine, as tests have it, is none of Atlassian's.
            or (gateway is None and is_inward(address.host))
        )
        self._lock = Lock()

    @property
    def requests(self) -> int:
        """How many requests were made."""
        return sum(http.requests for http in self._opened)

    def date(self) -> datetime | None:
        """Return the site's time at its last answer."""
        return self._http.date()

    def get(
        self,
        path: str,
        params: Params | None = None,
        *,
        attempts: int | None = None,
        max_bytes: int = MAX_ANSWER,
    ) -> Any:
        """Return the JSON of an answer; see `Http.get`."""
        return self._by(lambda http: http.get(path, params, attempts=attempts, max_bytes=max_bytes))

    def download(self, path: str, *, max_bytes: int) -> bytes:
        """Return the bytes of a file; see `Http.download`."""
        return self._by(lambda http: http.download(path, max_bytes=max_bytes))

    def close(self) -> None:
        """Release connections."""
        for http in self._opened:
            http.close()

    def _by(self, ask: Callable[[Http], _T]) -> _T:
        http = self._http
        try:
            got = ask(http)
        except HttpError as error:
            if error.status not in _REFUSED:
                raise
            refused = error
        else:
            self._decided = True
            return got
        return ask(self._other(http, refused))

    def _other(self, http: Http, refused: HttpError) -> Http:
        """Return another way than the one that was refused; raises the refusal if none is."""
        with self._lock:
            if self._http is http:
                if self._decided:
                    raise refused
                self._decided = True
                self._http = self._by_gateway() or http
            if self._http is http:
                raise refused
            return self._http

    def _by_gateway(self) -> Http | None:
        """Return the way by the gateway, if the token is taken there."""
        options = {key: value for key, value in self._options.items() if key != "auth"}
        anybody = Http(self.address.origin, **{**options, "headers": {}})
        self._opened.append(anybody)
        try:
            cloud_id = anybody.get("_edge/tenant_info", attempts=2)["cloudId"]
            http = Http(f"{self._gateway}/ex/confluence/{cloud_id}/wiki", **self._options)
            self._opened.append(http)
            http.get("api/v2/spaces", {"limit": 1})
        except (ConnectorError, KeyError, TypeError):
            return None
        return http
