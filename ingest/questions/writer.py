"""The Writer port: who makes questions and answers of a text.

Knows nothing of models. The bot gives it, as ingest may not know the bot.
"""

from __future__ import annotations

from typing import Protocol, runtime_checkable


class WriterError(Exception):
    """Nothing could be made of this text; others may go better."""


class WriterAwayError(WriterError):
    """Nothing can be made of any text now; the message says what to do."""


@runtime_checkable
class Writer(Protocol):
    """Makes questions and answers of a text; many at once."""

    async def questions(self, text: str) -> list[tuple[str, str]]:
        """Return questions with their answers, none where the text gives none.

        Raises `WriterError` and `WriterAwayError`.
        """
        ...
