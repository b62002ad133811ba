"""One turn of a conversation, from its first row in the log to its last.

Every turn ends in exactly one state: answered, abstained or failed. Knows nothing of platforms.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from bot.answer import Answerer
from bot.conversations import Conversations, ConversationsError, Thread, Turn
from bot.exchange import Answer, Question
from bot.generate import GeneratorError
from ingest.encode import EncodeError
from ingest.index import SearchIndexError
from ingest.state import StateError

if TYPE_CHECKING:
    from bot.dialogue import Said, Standalone

_log = logging.getLogger(__name__)

EXPECTED = (EncodeError, GeneratorError, SearchIndexError, StateError)
"""Errors that make a failed turn; others do too, but are a fault of ours and raised again."""

CONTEXT = 4
"""So many earlier turns may give a follow-up its meaning."""


def told(turns: Sequence[Turn]) -> list[Turn]:
    """Return the turns that were questions, and were answered or said to have no answer."""
    return [
        turn for turn in turns if turn.state in {"answered", "abstained"} and turn.task == "answer"
    ]


def said(turns: Sequence[Turn]) -> list[Said]:
    """Return earlier turns as a follow-up is completed by them: those that were answered."""
    from bot.dialogue import Said  # noqa: PLC0415 - `kurage ask` starts without its rules

    return [
        Said(turn.searched or turn.question, "\n".join(part.text for part in turn.statements))
        for turn in told(turns)
    ]


async def take_turn(
    question: Question,
    answerer: Answerer,
    conversations: Conversations,
    *,
    thread: Thread,
    asker: str,
    message: str | None = None,
    generator: str | None = None,
    standalone: Standalone | None = None,
) -> Answer:
    """Return the answer, logged; its `turn` finds it in the log.

    With `standalone` a follow-up is completed by the turns before it in the thread. A failure is
    an answer too, with the reason for the log. Raises `ConversationsError` where the turn can not
    even be stored.
    """
    turn = await asyncio.to_thread(
        conversations.open_turn, thread, question, asker=asker, message=message
    )
    try:
        if standalone is not None:
            completed = partial(_completed, question, turn, conversations, standalone)
            question = await asyncio.to_thread(completed)
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


def _completed(
    question: Question, turn: Turn, conversations: Conversations, standalone: Standalone
) -> Question:
    searched = standalone(question.text, said(conversations.history(turn.thread, CONTEXT)))
    conversations.start_turn(turn.id, searched=searched)
    return replace(question, text=searched) if searched else question
