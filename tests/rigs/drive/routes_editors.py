"""The Sheets and Slides APIs: what the exports do not say, the ids of sheets and slides."""

from __future__ import annotations

from rigs.drive.core import Answer, Call, Core, RefusedError, said
from rigs.drive.fields import applied, mask
from rigs.drive.records import PRESENTATION, SPREADSHEET, Item


def spreadsheet(core: Core, call: Call) -> Answer:
    """Answer `spreadsheets.get`, without the cells."""
    item = _item(core, call, SPREADSHEET)
    sheets = item.body.sheets() if item.body else ()
    body = {
        "spreadsheetId": item.id,
        "properties": {"title": item.name, "locale": "ja_JP", "timeZone": "Asia/Tokyo"},
        "sheets": [
            {
                "properties": {
                    "sheetId": one.gid,
                    "title": one.title,
                    "index": number,
                    "sheetType": "GRID",
                    "gridProperties": {"rowCount": one.rows, "columnCount": one.columns},
                    # Proto3 leaves out what is false.
                    **({"hidden": True} if one.hidden else {}),
                }
            }
            for number, one in enumerate(sheets)
        ],
        "spreadsheetUrl": f"https://docs.google.com/spreadsheets/d/{item.id}/edit",
    }
    return said(
        applied(body, mask(call.get("fields"), dotted=True) if call.get("fields") else None)
    )


def presentation(core: Core, call: Call) -> Answer:
    """Answer `presentations.get`, without what stands on the slides."""
    item = _item(core, call, PRESENTATION)
    slides = item.body.slides() if item.body else ()
    body = {
        "presentationId": item.id,
        "title": item.name,
        "locale": "ja",
        "revisionId": f"r{item.version}",
        "slides": [
            {
                "objectId": one.id,
                "slideProperties": {
                    "layoutObjectId": "p1",
                    "masterObjectId": "p2",
                    **({"isSkipped": True} if one.skipped else {}),
                },
            }
            for one in slides
        ],
    }
    return said(
        applied(body, mask(call.get("fields"), dotted=True) if call.get("fields") else None)
    )


def _item(core: Core, call: Call, media_type: str) -> Item:
    """Return the file; these APIs know neither shared drives' switches nor Drive's errors."""
    item = core.world.items.get(call.match[0])
    if item is None or item.root:
        raise RefusedError(404, "NOT_FOUND", "Requested entity was not found.")
    if core.world.sharing.role(call.account, item, metadata=False) is None:
        raise RefusedError(403, "PERMISSION_DENIED", "The caller does not have permission")
    if core.locked(call, item):
        raise RefusedError(403, "PERMISSION_DENIED", "The caller does not have permission")
    if item.media_type != media_type:
        words = "This operation is not supported for this document"
        raise RefusedError(400, "FAILED_PRECONDITION", words)
    return item
