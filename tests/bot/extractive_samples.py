"""Passages, questions and noise for the tests of quoting."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from bot.exchange import Evidence, Generation, Passage, Style
from bot.generate.extractive import ExtractiveGenerator
from ingest.chunk import Chunk
from ingest.index import Hit, IndexedDocument
from ingest.japanese import Analyzer

ANALYZER = Analyzer()
GENERATOR = ExtractiveGenerator(ANALYZER)
# Pieces of which fuzzed passages and questions are made, so that every rule is met often.
PIECES = st.one_of(
    st.sampled_from(
        [
            *(
                "有給休暇は3営業日前までに申請する。",
                "それは、",
                "これを何という？",
                "「はい。」と答えた。",
            ),
            *(
                "No.3",
                "１．５",
                "https://example.com/a.b?c=1",
                "（注。）",
                "how many days",
                "Ask HR. ",
            ),
            *(
                "役職 | 日当",
                "\n課長 | 3,000円",
                " | ",
                "\n",
                "\r\n",
                "の\n",
                "、",
                "1. ",
                "- ",
                " ",
            ),
            *("㈱", "ｶﾞ", "𠮷", "👨\u200d👩", "葛\U000e0100", "\u2028", "\ud800"),
        ]
    ),
    st.text(max_size=8),
)
TEXT = st.lists(PIECES, max_size=20).map("".join)
STYLES = st.sampled_from(["short", "long"])
FUZZ = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


def passage(
    number: int, text: str, *, document: str = "d", headings: tuple[str, ...] = (), year: int = 2026
) -> Passage:
    return Passage(
        number,
        Hit(
            10.0 / number,
            IndexedDocument(
                "wiki", document, "1", "1", 0, document, "u", datetime(year, 4, 1, tzinfo=UTC)
            ),
            Chunk(0, document, headings, text, "paragraph", ""),
        ),
    )


def evidence(*texts: str) -> Evidence:
    return Evidence(
        tuple(passage(n, text, document=f"d{n}") for n, text in enumerate(texts, start=1))
    )


def ask(question: str, found: Evidence, style: Style = "short") -> Generation:
    """What the generator says in the end."""

    async def last() -> Generation:
        return [said async for said in GENERATOR.generate(question, found, style)][-1]

    return asyncio.run(last())


def answer(question: str, *texts: str) -> str:
    """All that a short answer quotes."""
    return "\n".join(statement.text for statement in ask(question, evidence(*texts)).statements)
