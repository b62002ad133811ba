"""The ids by which Slack tells which button was pressed and which form was sent.

Knows nothing of what they do. Messages of earlier versions stay in channels for years: an id that
has been released keeps its meaning.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

MORE: Final = "kurage_more"
"""詳しく; like every button below, its value is the id of the turn whose answer it stands under."""
HELPFUL: Final = "kurage_helpful"
NOT_HELPFUL: Final = "kurage_not_helpful"
ASK_PERSON: Final = "kurage_ask_person"
SHARE: Final = "kurage_share"
REPHRASE: Final = "kurage_rephrase"
RESOLVE: Final = "kurage_resolve"
"""Under a hand-over; its value is the id of the hand-over's own turn."""

REASON: Final = "kurage_reason"
"""Callback id of the form that asks why an answer did not help; its `private_metadata` is the
turn's id."""
REASON_BLOCK: Final = "kurage_reason_block"
REASON_INPUT: Final = "kurage_reason_input"


def reason(view: Mapping[str, Any]) -> tuple[str, str | None]:
    """Return the turn and what was written (None: nothing) of a form that was sent off."""
    values = view.get("state", {}).get("values", {})
    written = values.get(REASON_BLOCK, {}).get(REASON_INPUT, {}).get("value")
    return str(view.get("private_metadata", "")), (written or "").strip() or None
