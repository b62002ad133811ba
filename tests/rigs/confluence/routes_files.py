"""Routes of files: Cloud sends to a host of its own for the bytes, Data Center has them itself."""

from __future__ import annotations

import hashlib
import re
from urllib.parse import quote, unquote

from rigs.confluence.core import Answer, Call, Core, RefusedError
from rigs.confluence.records import Content


def redirected(core: Core, call: Call) -> Answer:
    """`GET rest/api/content/{id}/child/attachment/{id}/download`: where the bytes are."""
    page, file = call.match
    content = core.current(file, "attachment")
    if content is None or content.container != page:
        raise RefusedError(404, "Attachment not found")
    return _sent_away(core, content)


def by_name(core: Core, call: Call) -> Answer:
    """`GET download/attachments/{page}/{name}`: the bytes, or where they are."""
    page, name = call.match[0], unquote(call.match[1])
    for one in core.world.contained.get(page, ()):
        content = core.current(one, "attachment")
        if content and content.title == name:
            return (
                _sent_away(core, content) if core.settings.edition == "cloud" else _bytes(content)
            )
    raise RefusedError(404, "Attachment not found")


def media(core: Core, path: str, query: str, *, authorized: bool) -> Answer:
    """Answer as the host of the files, which takes its own tokens and nothing else."""
    if authorized:
        # As a bucket with signed addresses does.
        return Answer(400, b"<Error><Code>InvalidArgument</Code></Error>", "application/xml")
    found = re.fullmatch(r"/file/(att\d+)/(\d+)/binary", path)
    content = core.world.contents.get(found[1]) if found else None
    if not content or query != f"token={_signed(core, content)}":
        return Answer(403, b"<Error><Code>AccessDenied</Code></Error>", "application/xml")
    return _bytes(content)


def _sent_away(core: Core, content: Content) -> Answer:
    where = (
        f"{core.media}/file/{content.id}/{content.version}/binary?token={_signed(core, content)}"
    )
    return Answer(302, b"", headers={"Location": where})


def _signed(core: Core, content: Content) -> str:
    return hashlib.sha256(f"{core.cloud_id}{content.id}".encode()).hexdigest()


def _bytes(content: Content) -> Answer:
    name = quote(content.title)
    return Answer(
        body=content.data,
        content_type=content.media_type,
        headers={"Content-Disposition": f"attachment; filename*=UTF-8''{name}"},
        served=((content.id, content.version),),
    )
