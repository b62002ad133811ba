"""One turn of a conversation, from its first row in the log to its last.

Every turn ends in exactly one state: answered, abstained or failed. Knows nothing of platforms.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace

from bot.answer import Answerer
from bot.conversations import Conversations, ConversationsError, Thread
from bot.exchange import Answer, Question
from bot.generate import GeneratorError
from ingest.encode import EncodeError
from ingest.index import SearchIndexError
from ingest.state import StateError

_log = logging.getLogger(__name__)

EXPECTED = (EncodeError, GeneratorError, SearchIndexError, StateError)
"""Errors that make a failed turn; others do too, but are a fault of ours and raised again."""


async def take_turn(
    question: Question,
    answerer: Answerer,
    conversations: Conversations,
    *,
    thread: Thread,
    asker: str,
    message: str | None = None,
    generator: str | None = None,
) -> Answer:
    """Return the answer, logged; its `turn` finds it in the log.

    A failure is an answer too, with the reason for the log. Raises `ConversationsError` where the
    turn can not even be stored.
    """
    turn = await asyncio.to_thread(
        conversations.open_turn, thread, question, asker=asker, message=message
    )
    try:
        answer = replace(await answerer.answer(question), turn=turn.id)
    except EXPECTED as error:
        await asyncio.to_thread(conversations.fail_turn, turn.id, str(error))
        return Answer("failed", (), (), (), turn=turn.id, reason=str(error))
    except BaseException as error:
        await asyncio.to_thread(
            conversations.fail_turn, turn.id, f"{type(error).__name__}: {error}"
        )
        raise
    try:
        await asyncio.to_thread(conversations.finish_turn, turn.id, answer, generator=generator)
    except ConversationsError as error:
        # The asker still gets the answer; the log shows a turn that was never finished.
        _log.warning("turn %s is answered, but could not be logged: %s", turn.id, error)
    return answer
