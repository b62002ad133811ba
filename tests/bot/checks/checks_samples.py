"""Passages and statements for the tests of the checks."""

from __future__ import annotations

from bot.checks import examined
from bot.exchange import Check, Passage, Statement
from ingest.chunk import Chunk
from ingest.index import Hit, IndexedDocument


def passage(text: str, number: int = 1, title: str = "") -> Passage:
    """Return a text as the passage of that number."""
    document = IndexedDocument(
        "wiki", f"d{number}", "1", "1", 0, title, "https://wiki.example.jp/d"
    )
    return Passage(number, Hit(1.0, document, Chunk(0, title, (), text, "paragraph", "")))


def passages(*texts: str) -> dict[int, Passage]:
    """Return texts as passages, numbered from 1."""
    return {number: passage(text, number) for number, text in enumerate(texts, 1)}


def doubts(answer: str, *texts: str, question: str = "どうなりますか？") -> tuple[str, ...]:
    """Return what is doubted of an answer that names all these texts."""
    held = passages(*texts)
    return examined(question, (Statement(answer, tuple(held)),), held)[0][0].doubts


def failed(answer: str, *texts: str, question: str = "どうなりますか？") -> list[Check]:
    """Return the checks that such an answer does not pass."""
    held = passages(*texts)
    checks = examined(question, (Statement(answer, tuple(held)),), held)[1]
    return [check for check in checks if not check.passed]
