"""Pieces become messages, each as full as it can be. Knows nothing of what stands in them."""

from __future__ import annotations

from collections.abc import Iterable

from bot.discord.view.pieces import Fence, Piece
from bot.discord.view.text import glued
from bot.discord.view.values import LIMIT, size

_END = "\n```"


def packed(pieces: Iterable[Piece], limit: int = LIMIT) -> list[str]:
    """Return the texts of messages of 1 to `limit` characters, at least one unless nothing is said.

    A block of code that goes on in the next message is closed and opened again.
    """
    pages: list[str] = []
    page, fence = "", None
    for piece in pieces:
        longer = _added(page, fence, piece)
        if page and size(_closed(longer, piece.fence)) > limit:
            pages.append(_closed(page, fence))
            longer = _added("", None, piece)
        # A message that begins with a blank line of code begins with the next one.
        page, fence = longer, piece.fence if longer else None
    return [*pages, _closed(page, fence)] if page else pages


def _closed(page: str, fence: Fence | None) -> str:
    return page + _END if fence else page


def _added(page: str, fence: Fence | None, piece: Piece) -> str:
    if piece.fence and piece.fence is fence:
        return f"{page}\n{piece.text}"
    page = _closed(page, fence)
    if piece.fence:
        # Only a block that goes on can have come to a blank line here.
        opened = f"```{piece.fence.language}\n{piece.text}" if piece.text.strip() else ""
        return f"{page}\n{opened}" if page else opened
    text = piece.text if page else piece.text.lstrip()
    fresh = not page or "\n" in piece.joint
    quoted = piece.prefix + text.replace("\n", f"\n{piece.prefix}") if fresh else text
    return glued(page, quoted, piece.joint) if page else quoted
