"""The values of an evaluation: what is asked, what a perfect run would say, what a run said."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


class EvaluationError(Exception):
    """A set of questions can not be used; the message says where it is wrong."""


@dataclass(frozen=True, slots=True)
class GoldQuestion:
    """A question with what a perfect run would say."""

    id: str
    question: str
    answers: tuple[str, ...]
    passage_ids: frozenset[str]
    """Of the documents that answer."""
    answerable: bool
    kind: str | None = None
    """Why it is unanswerable, where the set tells."""
    asker: str | None = None
    """E-mail address of the person with whose eyes it is asked; None: whoever runs the set."""


@dataclass(frozen=True, slots=True)
class RunLine:
    """What a system said of one question."""

    id: str
    ranking: list[str]
    """Passage ids, best first."""
    answer: str | None
    """None: it abstained."""
    confidence: float | None
    """Higher means answerable."""
    quotes: list[str]
    """Sentences, best first."""
    # What follows is no part of a run's file: others' runs have none of it.
    timings_ms: Mapping[str, float] = field(default_factory=dict)
    """How long each stage took: `retrieve`, `generate`, `total`."""
    given: list[str] = field(default_factory=list)
    """Passage ids of what was put before the generator, best first."""
    cited: list[str] | None = None
    """Passage ids that the answer cites, in order of use; None: it is not known."""
    doubted: bool = False
    """Whether a piece of the answer stands in none of the passages that it cites."""
    model: str | None = None
    """Who wrote it; None: no model."""
