"""Documents out of the crawl's bodies, or asked for where there is none any more.

Knows nothing of which pages there are.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Sequence
from itertools import zip_longest

from connectors.base import ConnectorError, Document, Ref, Unread
from connectors.run_ahead import Job, ahead
from connectors.web.addresses import host_of
from connectors.web.asking import Asked, Asker
from connectors.web.memory import Memory
from connectors.web.noting import noted
from connectors.web.refs import Teller

_AT_ONCE = 16
_BYTES = 100_000_000
"""Of the bodies that are under way, as far as listings told their sizes."""
_UNTOLD = 1_000_000
_LOOK_EACH = 10
"""Failures in a row, without an answer, after which the seeds are asked again."""


class Fetcher:
    """Fetches pages; `crawl` is the number of the crawl that this process has just ended, or 0."""

    def __init__(
        self,
        asker: Asker,
        memory: Memory,
        teller: Teller,
        *,
        crawl: int,
        seeds_answer: Callable[[], None],
    ) -> None:
        """`seeds_answer` raises `ConnectorError` where the source is away."""
        self._asker = asker
        self._memory = memory
        self._teller = teller
        self._crawl = crawl
        self._seeds_answer = seeds_answer
        self._lock = threading.Lock()
        self._failing = 0

    def all(self, refs: Sequence[Ref]) -> Generator[Document | Unread]:
        """Yield each of the documents, or why it could not be fetched."""
        asked_for = []
        for ref in refs:
            waiting = self._waiting(ref)
            if waiting is None:
                asked_for.append(ref)
            else:
                yield waiting
        jobs = (
            Job(lambda ref=ref: [self._asked_for(ref)], ref.size or _UNTOLD)  # type: ignore[misc]
            for ref in _by_turns(asked_for)
        )
        yield from ahead(jobs, at_once=_AT_ONCE, most=_BYTES, name="web")

    def _waiting(self, ref: Ref) -> Document | Unread | None:
        """Return what the crawl brought of a document; None: it has to be asked for."""
        known = self._memory.known(ref.id)
        if known is None:
            return None
        if not known.kind and known.crawl == self._crawl:
            return Unread(ref, known.why)
        body = self._memory.take_body(ref.id, known.fingerprint)
        return None if body is None else self._teller.document(known, body)

    def _asked_for(self, ref: Ref) -> Document | Unread:
        known = self._memory.known(ref.id)
        asked = self._asker.ask(ref.id, known, anew=True)
        self._watch(asked)
        if asked.outcome == "ok" and asked.kind == "content":
            return self._teller.document(noted(ref.id, known, asked), asked.body)
        return Unread(ref, why_not(asked))

    def _watch(self, asked: Asked) -> None:
        """Raise where not this page is in trouble, but its source."""
        with self._lock:
            self._failing = self._failing + 1 if asked.away else 0
            looks = self._failing % _LOOK_EACH == 1
        if looks:
            self._seeds_answer()


def why_not(asked: Asked) -> str:
    """Return why an answer is no document."""
    if asked.outcome == "redirect":
        return f"it leads to {asked.target} now; the next sync follows it"
    if asked.kind == "noindex":
        return "the page says that it wants to be in no index (noindex)"
    return asked.why or "it has no text to read"


def _by_turns(refs: Sequence[Ref]) -> list[Ref]:
    """Return refs of all hosts by turns, so that a slow one holds up none of the others."""
    hosts: dict[str, list[Ref]] = {}
    for ref in refs:
        hosts.setdefault(host_of(ref.id), []).append(ref)
    return [ref for turn in zip_longest(*hosts.values()) for ref in turn if ref is not None]


def document_or_error(answers: Generator[Document | Unread]) -> Document:
    """Return the one document. Raises `ConnectorError` where it could not be fetched."""
    for got in answers:
        if isinstance(got, Document):
            return got
        raise ConnectorError(got.reason)
    raise ConnectorError("it could not be fetched")
