"""Working models behind the port, without weights, and passages for them."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass, field

from bot.exchange import Evidence, Generation, Passage, Style
from bot.generate import Generator
from bot.generate.model import AwayError, Finish, Piece, Prompt, Sampling
from ingest.chunk import Chunk
from ingest.index import Hit, IndexedDocument
from ingest.sentences import sentences


@dataclass
class Speaker:
    """Says a text in pieces, whatever it is asked; keeps what it was asked.

    Honours `stop` and `max_tokens`, of which every piece is one, as a server does.
    """

    text: str
    size: int = 1
    """Characters of a piece."""
    ends: Finish = "stop"
    away_after: int | None = None
    """Pieces after which the worker is gone."""
    room: int | None = None
    asked: list[tuple[Prompt, Sampling]] = field(default_factory=list)
    said: int = 0
    """Pieces that somebody took."""
    closed: bool = False

    async def stream(self, prompt: Prompt, sampling: Sampling) -> AsyncIterator[Piece]:
        self.asked.append((prompt, sampling))
        text = self.answer(prompt)
        ends = [text.index(stop) for stop in sampling.stop if stop in text]
        text = text[: min(ends, default=len(text))]
        pieces = [text[i : i + self.size] for i in range(0, len(text), self.size)]
        try:
            for number, piece in enumerate(pieces[: sampling.max_tokens]):
                if number == self.away_after:
                    raise AwayError("the worker closed the connection")
                self.said += 1
                yield Piece(piece, "gpu1:8000", "speaker")
                await asyncio.sleep(0)
            cut = len(pieces) > sampling.max_tokens
            yield Piece("", "gpu1:8000", "speaker", "length" if cut else self.ends)
        finally:
            self.closed = True

    def answer(self, prompt: Prompt) -> str:
        """Return what is said to a prompt."""
        return self.text

    async def tokens(self, prompt: Prompt) -> int | None:
        return len(prompt.shown)

    async def context(self) -> int | None:
        return self.room


class Reader(Speaker):
    """Answers from the prompt: the sentence that shares most with the question, cited."""

    def answer(self, prompt: Prompt) -> str:
        block, _, question = prompt.shown.rpartition("\n</資料>\n\n質問: ")
        asked = _pairs(question.split(" ASSISTANT:")[0].split(" [ATTR]")[0])
        best = (0, self.text)
        for number, text in re.findall(
            r"^\[(\d+)\].*\n((?:(?!\[\d+\]).*\n?)*)", block.partition("<資料>\n")[2], re.MULTILINE
        ):
            for begin, end in sentences(text):
                shared = len(asked & _pairs(text[begin:end]))
                if shared > best[0]:
                    best = (shared, f"{text[begin:end]}[{number}]")
        return best[1]


def _pairs(text: str) -> set[str]:
    return {text[i : i + 2] for i in range(len(text) - 1)}


def passage(number: int, text: str, *, title: str = "", headings: tuple[str, ...] = ()) -> Passage:
    document = IndexedDocument("wiki", f"d{number}", "1", "1", 0, title, f"https://x/d{number}")
    return Passage(number, Hit(1.0, document, Chunk(0, title, headings, text, "paragraph", "")))


def evidence(*texts: str) -> Evidence:
    return Evidence(tuple(passage(n, text) for n, text in enumerate(texts, start=1)))


LEAVE = "有給休暇は取得日の3営業日前までに勤怠システムから申請します。上長の承認後に確定します。"
EXPENSES = "経費精算の締め日は毎月25日です。領収書の原本は経理部に提出します。"
VPN = "社外から接続するときはVPNを使います。接続先は vpn.example.co.jp です。"
THREE = evidence(LEAVE, EXPENSES, VPN)


def stream(
    generator: Generator, question: str, found: Evidence, style: Style = "short"
) -> list[Generation]:
    """Everything that a generator says, in order."""

    async def collected() -> list[Generation]:
        return [said async for said in generator.generate(question, found, style)]

    return asyncio.run(collected())


def texts(generations: Iterable[Generation]) -> list[str]:
    """What a reader saw, one after the other."""
    return ["\n".join(part.text for part in said.statements) for said in generations]


def is_subsequence(text: str, raw: Sequence[str] | str) -> bool:
    """Tell whether a text is left of another by taking characters out."""
    rest = iter(raw)
    return all(character in rest for character in text)
