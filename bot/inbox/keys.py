"""By what a message and its turn are known. Knows nothing of where they are kept."""

from __future__ import annotations

import hashlib

from bot.conversations import Thread, Turn
from bot.conversations.store import ID_ALPHABET, ID_LENGTH

EDIT = "@"
"""Between a message's id and the time of its edit, in the key of the turn that answers the edit."""


def turn_id_of(thread: Thread, message: str, attempt: int = 0) -> str:
    """Return the id of a message's turn, the same in every process.

    One that could show a line but store nothing is followed by one that finds the line by it.
    Two in a million messages share an id by chance (32 ** 6): hence the further attempts.
    """
    name = "\0".join((thread.platform, thread.channel, message, str(attempt)))
    number = int.from_bytes(hashlib.sha256(name.encode("utf-8", "replace")).digest()[:8])
    letters = []
    for _ in range(ID_LENGTH):
        number, letter = divmod(number, len(ID_ALPHABET))
        letters.append(ID_ALPHABET[letter])
    return "".join(letters)


def asked_as(turn: Turn) -> tuple[str, str, str]:
    """Return platform, channel and id of the message of a turn, edited or not."""
    message = (turn.message or "").partition(EDIT)[0]
    return turn.thread.platform, turn.thread.channel, message
