"""What is wrong with the text that was taken out of documents, against what the site says of each.

Whoever took it out, it is judged alike. Knows nothing of how it was taken out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol


class Truth(Protocol):
    """What a document says, word for word, and what a reader of it must not see."""

    @property
    def present(self) -> Sequence[str]: ...
    @property
    def parameters(self) -> Sequence[str]: ...
    @property
    def hidden(self) -> Sequence[str]: ...


@dataclass(frozen=True)
class Faults:
    """How many documents have each fault, and how many blocks are lost."""

    documents: int = 0
    spaced: int = 0
    """A sentence is there only if white space is taken out of it: it splits a word."""
    leaking: int = 0
    """A parameter of a macro stands in the text."""
    lost: int = 0
    """Blocks whose words are not there at all."""
    hidden: int = 0
    """Text of an included page that a reader of this one may not see."""

    def __bool__(self) -> bool:
        return bool(self.spaced or self.leaking or self.lost or self.hidden)

    def __str__(self) -> str:
        return (
            f"spaces inside words on {self.spaced:,} of {self.documents:,}, parameters leaked on "
            f"{self.leaking:,}, {self.lost:,} blocks lost, hidden text shown on {self.hidden:,}"
        )


def judged(truths: Mapping[str, Truth], texts: Mapping[str, str]) -> Faults:
    """Return the faults of the texts of documents, by id; one without a text loses all of it."""
    spaced = leaking = lost = hidden = 0
    for document, truth in truths.items():
        text = texts.get(document, "")
        bare = _bare(text)
        missing = [words for words in truth.present if words not in text]
        gone = [words for words in missing if _bare(words) not in bare]
        spaced += len(gone) < len(missing)
        leaking += _any(truth.parameters, text)
        lost += len(gone)
        hidden += _any(truth.hidden, text)
    return Faults(len(truths), spaced, leaking, lost, hidden)


def _bare(text: str) -> str:
    return "".join(text.split())


def _any(words: Iterable[str], text: str) -> bool:
    return any(one in text for one in words)
