"""The four APIs as googleapiclient builds them, each once, when it is first asked for.

Importing takes half a second; what asks nothing does not pay for it.
"""

from __future__ import annotations

import json
from functools import lru_cache
from threading import Lock
from typing import Any

from connectors.drive.api.errors import DIRECTORY, DRIVE, SHEETS, SLIDES

_APIS = {
    # name and version as in the library's documents, the path of the service under a root
    DRIVE: ("drive", "v3", "drive/v3/"),
    SHEETS: ("sheets", "v4", ""),
    SLIDES: ("slides", "v1", ""),
    DIRECTORY: ("admin", "directory_v1", ""),
}
_ROOTS = (
    "https://www.googleapis.com",
    "https://sheets.googleapis.com",
    "https://slides.googleapis.com",
    "https://admin.googleapis.com",
)


class _NoHttp:
    """Given to googleapiclient so that it looks for no credentials of its own."""

    def request(self, *_: object, **__: object) -> None:
        raise NotImplementedError("each request is executed with what carries it")

    def close(self) -> None:
        """There is nothing to close."""


class Services:
    """The collections of the APIs, such as `files`; threads share them."""

    def __init__(self, api_url: str | None) -> None:
        self._root = api_url.rstrip("/") if api_url else None
        self._lock = Lock()
        self._apis: dict[str, Any] = {}
        self._collections: dict[tuple[str, str], Any] = {}

    @property
    def roots(self) -> tuple[str, ...]:
        """What all requests but those for exported files begin with."""
        return (self._root,) if self._root else _ROOTS

    def collection(self, api: str, name: str) -> Any:
        """Return one collection of an API; its methods make requests."""
        with self._lock:
            if (api, name) not in self._collections:
                if api not in self._apis:
                    self._apis[api] = self._built(api)
                self._collections[api, name] = getattr(self._apis[api], name)()
            return self._collections[api, name]

    def _built(self, api: str) -> Any:
        from googleapiclient.discovery import build_from_document  # noqa: PLC0415 - half a second

        name, version, path = _APIS[api]
        options = {"api_endpoint": f"{self._root}/{path}"} if self._root else None
        return build_from_document(
            _description(name, version), http=_NoHttp(), client_options=options
        )


@lru_cache(maxsize=len(_APIS))
def _description(name: str, version: str) -> dict[str, Any]:
    """Return the description of an API that the library ships with, without its schemas.

    The library writes them out as help texts of its methods: 0.2 s for each connector.
    """
    from googleapiclient.discovery_cache import get_static_doc  # noqa: PLC0415 - half a second

    described: dict[str, Any] = json.loads(get_static_doc(name, version))
    empty = {schema: {"id": schema, "type": "object"} for schema in described["schemas"]}
    return {**described, "schemas": empty}
