"""What a turn says in the end: an answer, a line, a hand-over. Knows nothing of platforms."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace

import structlog

from bot import access
from bot.answer import Answerer, length
from bot.conversations import Turn
from bot.dialogue import Standalone, wants_more
from bot.exchange import Answer, Question, State
from bot.inbox.logged import answer_of, places
from bot.inbox.platform import Content, HandOver, Line, Sharing
from bot.turns import CONTEXT, EXPECTED, said, told

_log = structlog.get_logger(__name__)

Before = Callable[[Turn, int], Awaitable[list[Turn]]]
"""Returns the last turns of a conversation before this one, oldest first."""


class Author:
    """Writes what is shown for a turn."""

    def __init__(
        self, answerer: Answerer, standalone: Standalone, *, generator: str | None = None
    ) -> None:
        self._answerer = answerer
        self._standalone = standalone
        self.generator = generator

    async def prepare(self, turn: Turn, before: Before) -> Turn:
        """Return the turn with what is searched for, where it goes on from earlier ones."""
        if turn.task != "answer" or turn.style == "long" or _first(turn):
            return turn
        turns = told(await before(turn, CONTEXT))
        if not turns:
            return turn
        answered = [one for one in turns if one.statements]
        if answered and wants_more(turn.question):
            # 「もっと詳しく」 in words is the button 「詳しく」.
            last = answered[-1]
            asked = last.searched or last.question
            return replace(turn, searched=asked, style="long", about=last.id)
        return replace(turn, searched=self._standalone(turn.question, said(turns)))

    async def content(
        self, turn: Turn, about: Turn | None, on_progress: Callable[[Answer], None]
    ) -> Content:
        """Return what to show; a failure is an answer too. `about` is the turn of `turn.about`."""
        if turn.task == "answer":
            return await self._answer(turn, about, on_progress)
        if turn.task not in {"hand_over", "share"}:
            return Line(turn.task)
        if about is None:
            return Line("purged")
        found = answer_of(about)
        return HandOver(about, found) if turn.task == "hand_over" else Sharing(about, found)

    def answer(self, turn: Turn, content: Content) -> Answer:
        """Return what the log keeps of it."""
        if isinstance(content, Answer):
            return content
        if not isinstance(content, Line):
            return Answer("answered", (), (), (), turn=turn.id)
        said: State = "answered" if content.name in _ANSWERING else "failed"
        reason = None if said == "answered" else f"said: {content.name}"
        return Answer(said, (), (), (), turn=turn.id, reason=reason)

    async def _answer(
        self, turn: Turn, about: Turn | None, on_progress: Callable[[Answer], None]
    ) -> Content:
        if turn.style == "long" and about is None:
            return Line("purged")
        asked = about or turn
        question = Question(
            asked.searched or asked.question,
            access.asker(turn.thread.platform, turn.asker),
            style=turn.style,
            language=turn.language,
            sources=turn.sources,
            places=places(about) if about else (),
            told=length(about.statements) if about else None,
        )
        try:
            answer = await self._answerer.answer(question, on_progress)
        except EXPECTED as error:
            return Answer("failed", (), (), (), turn=turn.id, reason=str(error))
        except Exception as error:  # noqa: BLE001 - no silence: who waits is told
            _log.exception("fault", turn=turn.id)
            reason = f"{type(error).__name__}: {error}"
            return Answer("failed", (), (), (), turn=turn.id, reason=reason)
        if about is not None and answer.nothing_more:
            return Line("nothing_more")
        return replace(answer, turn=turn.id)


_ANSWERING = frozenset({"usage", "welcome", "invited", "nothing_more"})
"""Lines that are what was asked for; the others say why there is no answer."""


def _first(turn: Turn) -> bool:
    """Tell whether a turn begins its conversation: then nothing was said before."""
    return turn.thread.root != "" and turn.thread.root == (turn.message or "").partition("@")[0]
