"""Requests and answers held against Discord's own OpenAPI description, where a test has it at hand.

The description is of OpenAPI 3.1, whose schemas are JSON Schema; its `discriminator`s and formats
are not checked. Where it differs from the service, `EXCEPTIONS` says how and why.
"""

from __future__ import annotations

import json
import re
from functools import lru_cache
from pathlib import Path
from typing import Any

import jsonschema_rs
from rigs.qdrant.contract import Contract as Described

Json = dict[str, Any]

EXCEPTIONS: list[tuple[str, str]] = [
    (
        r"media: .*is not valid",
        "Pictures are answered as they were sent: the rig keeps no files to describe.",
    ),
]
"""Patterns of breaches that are none, and the reason.

Three more differences are met before a body is looked at: ids may come as numbers; the codes inside
a refusal's `errors` are words in Discord's reference and on the wire (`BASE_TYPE_REQUIRED`), where
the description wants numbers; and the answers of the proxy before Discord (5xx, and 429 without
`Via`) are not described at all.
"""

_TOKENS = re.compile(r"(/webhooks/\d+|/interactions/\d+)/[^/]+")
_NUMBERS = re.compile(r"\d{15,}")


class Contract:
    """Discord's description of its API."""

    def __init__(self, description: Path) -> None:
        self._described = Described(description)
        # Refusals are references in the description, which `Described` does not follow.
        self._refusals = {
            name: jsonschema_rs.Draft202012Validator(
                {"$ref": f"urn:api#/components/schemas/{name}"}, registry=self._described._registry
            )
            for name in ("Error", "RatelimitedResponse")
        }

    def breaches(self, call: Json) -> list[str]:
        """Return what is wrong with a call on record: its request, then its answer."""
        found = []
        method, path, status = call["method"], call["path"], call["status"]
        if call["body"] is not None and status is not None and status < 400:
            breach = self._described.request(method, path, _with_text_ids(call["body"]))
            found.append(("request", breach.message) if breach else None)
        if call["answer"] and status is not None and status < 500:
            body = _parsed(call["answer"])
            if status < 400:
                breach = self._described.response(method, path, status, body)
                found.append((f"answer {status}", breach.message) if breach else None)
            elif body is not None:
                name = "RatelimitedResponse" if status == 429 else "Error"
                wrong = next(self._refusals[name].iter_errors(body), None)
                found.append((f"answer {status}", wrong.message) if wrong else None)
        where = f"{method} " + _TOKENS.sub(r"\1/…", path)
        lines = [f"{each[0]} of {where}: {each[1]}" for each in found if each]
        return [_NUMBERS.sub("#", line) for line in lines if not _excused(line)]


def _with_text_ids(body: Any, within: str = "") -> Any:
    # The service takes ids as numbers too, and discord.py sends them so: snowflakes, and the places
    # by which attachments are told apart.
    if isinstance(body, dict):
        named = {name: _with_text_ids(value, name) for name, value in body.items()}
        if "nonce" in body:
            named["nonce"] = body["nonce"]
        if within == "attachments" and "id" in body:
            named["id"] = str(body["id"])
        return named
    if isinstance(body, list):
        return [_with_text_ids(one, within) for one in body]
    is_id = isinstance(body, int) and not isinstance(body, bool) and body > 10**15
    return str(body) if is_id else body


def _excused(line: str) -> bool:
    return any(re.search(pattern, line, re.DOTALL) for pattern, _ in EXCEPTIONS)


def _parsed(answer: bytes) -> Any:
    try:
        return json.loads(answer)
    except ValueError:
        return None


@lru_cache(maxsize=1)
def described(description: Path) -> Contract:
    """Return the description's contract; reading it takes a moment, so it is read once."""
    return Contract(description)
