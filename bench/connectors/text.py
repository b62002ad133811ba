"""What is wrong with the text that was taken out of documents, against what the site says of each.

Whoever took it out, it is judged alike. Knows nothing of how it was taken out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Truth:
    """What a document says, word for word, and what a reader of it must not see."""

    present: Sequence[str]
    forbidden: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """By what it is called in the table, such as `hidden text`."""


@dataclass(frozen=True)
class Faults:
    """How many documents have each fault, and how many blocks are lost."""

    documents: int = 0
    spaced: int = 0
    """A sentence is there only if white space is taken out of it: it splits a word."""
    lost: int = 0
    """Blocks whose words are not there at all."""
    leaking: Mapping[str, int] = field(default_factory=dict)
    """Documents in which something forbidden stands, by what it is called."""

    def __bool__(self) -> bool:
        return bool(self.spaced or self.lost or any(self.leaking.values()))

    def __str__(self) -> str:
        shown = "".join(f", {what} on {count:,}" for what, count in self.leaking.items())
        return (
            f"spaces inside words on {self.spaced:,} of {self.documents:,}, {self.lost:,} blocks "
            f"lost{shown}"
        )


def judged(truths: Mapping[str, Truth], texts: Mapping[str, str]) -> Faults:
    """Return the faults of the texts of documents, by id; one without a text loses all of it."""
    spaced = lost = 0
    leaking = {what: 0 for truth in truths.values() for what in truth.forbidden}
    for document, truth in truths.items():
        text = texts.get(document, "")
        bare = _bare(text)
        missing = [words for words in truth.present if words not in text]
        gone = [words for words in missing if _bare(words) not in bare]
        spaced += len(gone) < len(missing)
        lost += len(gone)
        for what, words in truth.forbidden.items():
            leaking[what] += _any(words, text)
    return Faults(len(truths), spaced, lost, leaking)


def _bare(text: str) -> str:
    return "".join(text.split())


def _any(words: Iterable[str], text: str) -> bool:
    return any(one in text for one in words)
