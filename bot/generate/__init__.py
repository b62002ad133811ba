"""The Generator port: passages in, an answer out, as a stream.

Knows nothing of retrieval, access or wording. `extractive.py` quotes; the other implementations are
models.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Protocol

from bot.exchange import Evidence, Generation, Style


class GeneratorError(Exception):
    """A generator can not answer; the message says what to change."""


class Generator(Protocol):
    """Answers a question from numbered passages and from nothing else."""

    def generate(
        self, question: str, evidence: Evidence, style: Style
    ) -> AsyncIterator[Generation]:
        """Yield what is said so far; the last one is `finished`.

        No statement in the last one is an abstention. Raises `GeneratorError`.
        """
        ...
