"""The durable inbox between the chat platforms and the answers."""

from bot.inbox.content import Author
from bot.inbox.desk import Limits
from bot.inbox.inbox import Inbox
from bot.inbox.owner import Owner
from bot.inbox.platform import (
    Content,
    HandOver,
    Incoming,
    Line,
    Platform,
    PlatformError,
    Record,
    RefusedError,
    Reply,
    Sharing,
    Stage,
)
from bot.inbox.store import InboxStore

__all__ = [
    "Author",
    "Content",
    "HandOver",
    "Inbox",
    "InboxStore",
    "Incoming",
    "Limits",
    "Line",
    "Owner",
    "Platform",
    "PlatformError",
    "Record",
    "RefusedError",
    "Reply",
    "Sharing",
    "Stage",
]
