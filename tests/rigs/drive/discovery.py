"""The discovery documents that ship with google-api-python-client."""

from __future__ import annotations

import json
from functools import lru_cache
from importlib import resources
from typing import Any

Json = Any

APIS = {
    "drive": "drive.v3",
    "sheets": "sheets.v4",
    "slides": "slides.v1",
    "admin": "admin.directory_v1",
}


@lru_cache(maxsize=8)
def document(api: str) -> Json:
    """Return an API's document."""
    folder = resources.files("googleapiclient") / "discovery_cache" / "documents"
    return json.loads((folder / f"{APIS[api]}.json").read_text("utf-8"))


def methods(api: str) -> dict[str, tuple[str, Json]]:
    """Return an API's methods by name, with the API."""
    return {
        f"{resource}.{name}": (api, method)
        for resource, one in document(api)["resources"].items()
        for name, method in one.get("methods", {}).items()
    }


RESPONSES: dict[str, tuple[str, str]] = {
    name: (api, method["response"]["$ref"])
    for api in APIS
    for name, (_, method) in methods(api).items()
    if "response" in method
}
"""API and schema of what each method answers."""
