"""Passages, models that say what a test wants said, and mutated outputs, for the tests of prompts.

`bench/generate.py` takes `mutations` from here, too.
"""

from __future__ import annotations

import asyncio
import random
import re
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass, field

from bot.exchange import Evidence, Included, Passage
from bot.generate.model import AwayError, Finish, Message, Piece, Prompt, Sampling
from ingest.chunk import Chunk
from ingest.index import Hit, IndexedDocument

FACTS = (
    "有給休暇の申請は取得日の3営業日前までに勤怠システムから行う。上長の承認後に確定する。",
    "経費精算の締め日は毎月25日である。領収書の原本は経理部に提出する。",
    "社外から社内システムに接続するときはVPNを使う。接続先は vpn.example.co.jp である。",
    "定期健康診断は毎年6月に実施する。対象者には総務部から案内が届く。",
)


def passages(*texts: str) -> tuple[Passage, ...]:
    return tuple(_passage(number, text) for number, text in enumerate(texts, start=1))


def evidence(*texts: str) -> Evidence:
    return Evidence(passages(*texts))


def _passage(number: int, text: str) -> Passage:
    document = IndexedDocument("wiki", f"d{number}", "1", "1", 1, f"d{number}", "https://x/d")
    return Passage(number, Hit(1.0, document, Chunk(0, f"d{number}", (), text, "paragraph", "")))


def chunked(included: Sequence[Included]) -> Prompt:
    """Lay out passages in some format: what a budget needs of one."""
    text = "\n\n".join(f"[{part.number}] {part.text}" for part in included)
    return Prompt((Message("user", f"{text}\n\nいつですか？"),))


def byte_tokens(text: str) -> int:
    """Count as a tokenizer without a single merge does: the worst that there can be."""
    return len(text.encode(errors="replace"))


def word_tokens(text: str) -> int:
    """Count about as a large vocabulary does: words, single digits, pairs of kana, each kanji."""
    return len(re.findall(r"[A-Za-z]{1,6}|[ぁ-ん]{1,2}|[ァ-ヶー]{1,3}|\S|\s+", text))


@dataclass
class Scripted:
    """A Model of a script: what is said to a prompt, in pieces of `size` characters."""

    say: Callable[[Prompt], str]
    size: int = 3
    finish: Finish = "stop"
    window: int | None = 32_768
    count: Callable[[str], int] | None = word_tokens
    breaks_after: int | None = None
    """Characters until the worker is gone."""
    asked: list[tuple[Prompt, Sampling]] = field(default_factory=list)
    counted: int = 0
    open: int = 0
    """Streams that are open."""
    most_open: int = 0
    hold: Callable[[Prompt], float] | None = None
    """Seconds before the first piece."""

    async def stream(self, prompt: Prompt, sampling: Sampling) -> AsyncIterator[Piece]:
        self.asked.append((prompt, sampling))
        self.open += 1
        self.most_open = max(self.open, self.most_open)
        try:
            await asyncio.sleep(self.hold(prompt) if self.hold else 0)
            said = self.say(prompt)
            for begin in range(0, len(said), self.size):
                if self.breaks_after is not None and begin >= self.breaks_after:
                    raise AwayError("the worker has gone")
                yield Piece(said[begin : begin + self.size], "worker:1", "kurage")
                await asyncio.sleep(0)
            yield Piece("", "worker:1", "kurage", self.finish)
        finally:
            self.open -= 1

    async def tokens(self, prompt: Prompt) -> int | None:
        self.counted += 1
        if self.count is None:
            return None
        return 20 + sum(self.count(message.text) for message in prompt.messages)

    async def context(self) -> int | None:
        return self.window


# Outputs of every task, whole, from which mutations are made.
OUTPUTS = (
    "<<References>>\n2\n\n<<Answer>>\n4.4兆円",
    "<<References>>\n1\n3\n\n<<Answer>>\n毎月25日",
    "<<References>>\n1, 2\n\n<<Answer>>\n有給休暇の申請は、取得日の3営業日前までに行います。",
    "<<References>>\nNone",
    "<<References>>\n4\n\n<<Answer>>\nThe VPN host is vpn.example.co.jp.\nAsk the help desk.",
    "<<Question>>\n健康診断はいつですか？\n\n<<Answer>>\n毎年6月",
)
_PIECES = (
    *("<<References>>", "<<Answer>>", "<<Question>>", "<<Long>>", "<<Chunk 1>>", "<Answer>"),
    *(
        "＜＜References＞＞",
        "＜＜Answer＞＞",
        "<< Answer >>",
        "<<answer>>",
        "References: 2",
        "Answer:",
    ),
    *(
        "<|im_end|>",
        "<|im_start|>",
        "</s>",
        "None",
        "なし",
        "[2]",
        "[1][3]",
        "2、3",
        "1-3",
        "１，２",
    ),
    *(
        "99",
        "0",
        "-1",
        "1-99999999999999",
        "\n",
        "\n\n",
        " ",
        "\u3000",
        "<",
        ">",
        "<<",
        ">>",
        "＜",
        "|",
    ),
    *(
        "、",
        "。",
        "はい、",
        "\ufffd",
        "\x00",
        "\u2028",
        "𠮷",
        "👨\u200d👩",
        "答えは2です。",
        "*" * 5,
    ),
)


def mutations(seed: int, n: int) -> Iterator[str]:
    """Yield `n` outputs as no model should write them: cut, doubled, mixed and littered."""
    rng = random.Random(seed)
    for _ in range(n):
        text = rng.choice(OUTPUTS)
        for _ in range(rng.randint(1, 6)):
            text = _mutated(rng, text)
        yield text[:2000]


def _mutated(rng: random.Random, text: str) -> str:
    first, second = sorted((rng.randint(0, len(text)), rng.randint(0, len(text))))
    return rng.choice(
        (
            lambda: text[:first] + text[second:],
            lambda: text[:first] + rng.choice(_PIECES) + text[first:],
            lambda: text[:first] + rng.choice(_PIECES) + text[second:],
            lambda: text[:second] + text[first:second] * rng.randint(1, 4) + text[second:],
            lambda: text[:first] + rng.choice(OUTPUTS)[-rng.randint(1, 40) :] + text[second:],
            lambda: text[:second],
            lambda: text[first:],
            lambda: text.replace("\n", rng.choice(("", " ", "\r\n", "\n\n\n"))),
            lambda: text.upper() if rng.random() < 0.5 else text.lower(),
            lambda: text.translate(str.maketrans("<>0123456789", "＜＞０１２３４５６７８９")),
            lambda: text.replace(rng.choice(("<", ">", "<<", ">>")), rng.choice(("", "<", "＞"))),
        )
    )()
