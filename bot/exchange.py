"""The values of one exchange: question, passages, what a generator says of them, the answer.

Knows nothing of platforms, stores or models.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, Self

from ingest.index import Hit

Language = Literal["ja", "en"]
Style = Literal["short", "long", "simple", "summary"]
"""What is wanted: an answer, a longer one, one in simple words, or a summary of what was found."""
Mode = Literal["multi", "single"]
"""Whether a model reads all passages at once, or each by itself, in parallel."""
State = Literal["answered", "abstained", "failed"]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a chunk stands, so that it can be read again."""

    source: str
    document_id: str
    ordinal: int
    score: float = field(default=0.0, compare=False)
    """Of the hit that stood there: how far a passage can be relied on hangs on it."""

    @classmethod
    def of(cls, hit: Hit) -> Self:
        """Return where a hit stands."""
        return cls(hit.document.source, hit.document.id, hit.chunk.ordinal, hit.score)


@dataclass(frozen=True, slots=True)
class Question:
    """What somebody asks, and with whose eyes the sources are read."""

    text: str
    principals: frozenset[str]
    """Who the asker is for the access filter; never defaulted."""
    style: Style = "short"
    language: Language = "ja"
    """The language of the wording around the answer."""
    sources: frozenset[str] | None = None
    """Names of the sources that may be used; None: all."""
    places: tuple[Place, ...] = ()
    """What an earlier answer was made from, best first: a longer one is made from the same."""
    told: int | None = None
    """Characters of that answer; None: there was none."""


@dataclass(frozen=True, slots=True)
class Passage:
    """A chunk as it is put before a generator."""

    number: int
    """From 1, by which a generator names it."""
    hit: Hit

    @property
    def text(self) -> str:
        """Return the chunk's own text, without title and headings."""
        return self.hit.chunk.text


@dataclass(frozen=True, slots=True)
class Evidence:
    """The passages of a question with what retrieval knows of its terms."""

    passages: tuple[Passage, ...]
    """Best first."""
    term_weights: Mapping[str, float] = field(default_factory=dict)
    """IDF of the question's terms that the collection holds; empty where the index can not tell."""


@dataclass(frozen=True, slots=True)
class Quote:
    """A sentence that stands word for word in a passage."""

    passage: int
    """Number of the passage."""
    text: str


@dataclass(frozen=True, slots=True)
class Statement:
    """A sentence or paragraph of an answer with what bears it.

    Numbers are kept beside the text, not in it: a quoted source may well contain `[1]` itself.
    """

    text: str
    references: tuple[int, ...]
    """Numbers of the passages (in a Generation) or sources (in an Answer) that bear it."""
    verbatim: bool = False
    """Whether it is quoted word for word from a source, and to be shown so."""
    doubts: tuple[str, ...] = ()
    """Pieces of the text, such as a number, that no passage it names bears; shown as 〔要確認〕."""


@dataclass(frozen=True, slots=True)
class Included:
    """A passage, or the part of it that found room, in a prompt."""

    number: int
    """Of the passage."""
    begin: int
    end: int
    """Where the part stands in the passage's text."""
    text: str
    """As it stands in the prompt, where a passage's own tags are neutralised."""


@dataclass(frozen=True, slots=True)
class Call:
    """One request to a model, for `kurage explain TURN`."""

    task: str
    """`multi`, `single`, `long`, `cite`, `closed`, `simplify`, `summarise` or `questions`."""
    model: str
    worker: str
    """Host and port; never a key."""
    prompt: str
    """As it was sent; of a chat each message behind a line with its role, such as `[user]`."""
    raw: str
    """What came back, unparsed."""
    included: tuple[Included, ...]
    """What of the passages stood in the prompt, in its order."""
    milliseconds: float
    first_token_ms: float | None = None
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Check:
    """One check of an answer that a model wrote."""

    name: str
    """`citations`, `numbers`, `dates`, `amounts`, `addresses`, `terms`, `language` or `tags`."""
    passed: bool
    detail: str = ""
    """What was not found, for the administrator."""


@dataclass(frozen=True, slots=True)
class Generation:
    """What a generator has said so far; each one of a stream replaces the one before it."""

    statements: tuple[Statement, ...]
    """Empty while nothing is said, or when it abstains."""
    references: tuple[int, ...] = ()
    """Numbers of the passages that bear the answer, in order of use; may come before the text."""
    quotes: tuple[Quote, ...] = ()
    """Sentences that bear the answer, best first; also where the generator abstains."""
    confidence: float | None = None
    """Probability that the passages answer the question, where the generator can tell."""
    finished: bool = False
    calls: tuple[Call, ...] = ()
    """What was asked of models, in order; of the last generation of a stream at least."""
    model_away: str | None = None
    """Why the sources are quoted although a model should have written; None: as it should be."""


@dataclass(frozen=True, slots=True)
class Source:
    """One entry of the list under an answer."""

    number: int
    """From 1, as cited inline."""
    hit: Hit
    quote: str | None
    """The sentence that bears the answer, verbatim."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the asker sees, whatever the platform."""

    state: State
    statements: tuple[Statement, ...]
    """Empty unless answered: the wording of an abstention or failure is the platform's."""
    sources: tuple[Source, ...]
    nearest: tuple[Hit, ...]
    """Where nothing answers: the nearest documents, one hit each."""
    confidence: float | None = None
    timings_ms: Mapping[str, float] = field(default_factory=dict)
    turn: str | None = None
    """Id by which `kurage log` and `kurage explain` find it, such as K7F3Q2."""
    ranking: tuple[Hit, ...] = ()
    """Everything retrieval found, best first."""
    quotes: tuple[str, ...] = ()
    """Sentences that bear the answer, best first, also of an abstention."""
    reason: str | None = None
    """Why it failed, for the log and the administrator."""
    model_away: str | None = None
    """Why the sources are quoted although a model should have written; None: as it should be."""
    nothing_more: bool = False
    """A longer answer was wanted, and the sources hold none."""
    calls: tuple[Call, ...] = ()
    checks: tuple[Check, ...] = ()
