"""Versions of pages over HTTP: validators, conditional requests and 304 (RFC 9110, section 13)."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Callable
from email.utils import formatdate, parsedate_to_datetime
from typing import cast

from rigs.website.values import Body, Policy, Reply, Resource, Visit

_RENEWED = itertools.count(1)


def served(resource: Resource, usual: Policy, visit: Visit, now: float) -> Reply:
    """Return what stands at an address, or 304 where the visitor has it."""
    policy = resource.policy or usual
    etag, modified = _validators(resource, policy, now)
    headers = resource.headers
    if etag:
        headers += (("ETag", etag),)
    if modified is not None:
        headers += (("Last-Modified", formatdate(modified, usegmt=True)),)
    if resource.status == 200 and policy != "deaf" and _has_it(visit, etag, modified):
        return Reply(304, b"", None, headers)
    body = resource.body
    if resource.dynamic:
        body = cast("Callable[[Visit], bytes]", body)(visit)
    return Reply(
        resource.status, cast("Body", body), resource.content_type, headers, resource.delivery
    )


def _validators(resource: Resource, policy: Policy, now: float) -> tuple[str | None, float | None]:
    tag = hashlib.blake2b(f"{resource.version}".encode(), digest_size=6).hexdigest()
    etag: str | None = f'"{tag}"'
    modified: float | None = float(int(resource.modified))
    if policy == "weak":
        etag = f"W/{etag}"
    elif policy == "renewed-etag":
        etag, modified = f'"{tag}-{next(_RENEWED)}"', None
    elif policy == "renewed-date":
        etag, modified = None, now
    if policy in {"modified", "none"}:
        etag = None
    if policy in {"etag", "none"}:
        modified = None
    return etag, modified


def _has_it(visit: Visit, etag: str | None, modified: float | None) -> bool:
    """Tell whether 304 is right: If-None-Match wins, and compares weakly."""
    if (known := visit.headers.get("if-none-match")) is not None:
        if known.strip() == "*":
            return True
        tags = {one.strip().removeprefix("W/") for one in known.split(",")}
        return etag is not None and etag.removeprefix("W/") in tags
    since = visit.headers.get("if-modified-since")
    if since is None or modified is None:
        return False
    try:
        return int(modified) <= parsedate_to_datetime(since).timestamp()
    except ValueError:
        return False  # a date that is none is ignored
