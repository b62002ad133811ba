"""What an answer means for what is known of an address. Pure; knows nothing of requests."""

from __future__ import annotations

from dataclasses import replace

from connectors.web import dates
from connectors.web.asking import Asked
from connectors.web.known import Known, packed


def noted(url: str, before: Known | None, asked: Asked) -> Known:
    """Return what is known of an address after an answer.

    Trouble, walls and redirects leave what was known of the page itself: it may be there still.
    """
    base = before or Known(url)
    base = replace(base, outcome=asked.outcome, why=asked.why)
    if asked.outcome != "ok":
        return replace(base, target=asked.target, permanent=asked.permanent)
    base = replace(base, target=None, permanent=False)
    told = asked.validators
    if asked.unchanged:
        return replace(
            base,
            kind=asked.kind,
            etag=told.etag or base.etag,
            last_modified=told.last_modified or base.last_modified,
        )
    page = asked.page
    same = bool(before and before.fingerprint and before.fingerprint == page.fingerprint)
    updated = dates.believed(
        told.last_modified, before=before.last_modified if before else None, same_text=same
    )
    if same and before and before.last_modified == told.last_modified:
        kept = before.updated  # it does not become believable by waiting
    else:
        kept = updated.isoformat() if updated else None
    return replace(
        base,
        kind=asked.kind,
        fingerprint=page.fingerprint,
        shape=page.shape,
        title=page.title,
        canonical=page.canonical,
        packed=packed(page.links),
        media_type=asked.media_type,
        # What nobody sees may be longer each time: a listing stays the same while its pages do.
        size=before.size if same and before else len(asked.body),
        etag=told.etag,
        last_modified=told.last_modified,
        updated=kept,
        rendered=asked.rendered,
    )
