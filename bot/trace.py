"""What was asked of models for a turn, as it is kept: without the text of documents.

Deleting a document from its source must not leave its text behind in the log. So each part of a
passage in a prompt gives way to a mark that says where it stands and what its hash is; whoever may
read the index can have it filled in again as long as the source says the same. Knows nothing of SQL
and of how a trace is shown.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bot.exchange import Answer, Call, Check, Included, Place
from ingest.index import Hit

Change = tuple[int, str]
"""An offset in the part, and the character that stands there in the prompt: tags are neutralised
by other brackets of the same length."""


@dataclass(frozen=True, slots=True)
class Mark:
    """Stands in a kept prompt for a part of a passage."""

    number: int
    """The passage's in the prompt."""
    begin: int
    end: int
    """Where the part stands in the text of the chunk."""
    sha256: str
    """Of the part as the chunk has it."""
    place: Place | None
    """Where the chunk stands; None: not known, so it can not be filled in."""
    changes: tuple[Change, ...] = ()


@dataclass(frozen=True, slots=True)
class KeptCall:
    """A request to a model as it is kept; `bot.exchange.Call` says what the fields are."""

    task: str
    model: str
    worker: str
    prompt: tuple[str | Mark, ...] | None
    """None where the parts of passages could not be told from the rest of it."""
    raw: str
    milliseconds: float
    first_token_ms: float | None
    error: str | None


@dataclass(frozen=True, slots=True)
class Trace:
    """What is kept of how an answer came about."""

    calls: tuple[KeptCall, ...]
    checks: tuple[Check, ...]


def traced(answer: Answer) -> Trace | None:
    """Return what to keep of an answer; None where no model had a part in it."""
    if not answer.calls and not answer.checks:
        return None
    return Trace(tuple(_kept(call, answer.ranking) for call in answer.calls), answer.checks)


def restored(mark: Mark, text: str) -> str | None:
    """Return the part of a passage as it stood in the prompt, from its chunk as it is now.

    None where the chunk no longer says what the model was given.
    """
    part = text[mark.begin : mark.end]
    if _digest(part) != mark.sha256:
        return None
    signs = list(part)
    for at, sign in mark.changes:
        if at < len(signs):
            signs[at] = sign
    return "".join(signs)


def _kept(call: Call, ranking: Sequence[Hit]) -> KeptCall:
    return KeptCall(
        task=call.task,
        model=call.model,
        worker=call.worker,
        prompt=_marked(call, ranking),
        raw=call.raw,
        milliseconds=call.milliseconds,
        first_token_ms=call.first_token_ms,
        error=call.error,
    )


def _marked(call: Call, ranking: Sequence[Hit]) -> tuple[str | Mark, ...] | None:
    """Return the prompt in parts, or None rather than a prompt with a document's text left in."""
    parts: list[str | Mark] = []
    start = 0
    for included in call.included:
        if not included.text:
            continue
        at = call.prompt.find(included.text, start)
        if at < 0:
            return None
        parts += [call.prompt[start:at], _mark(included, ranking)]
        start = at + len(included.text)
    return tuple(part for part in (*parts, call.prompt[start:]) if part)


def _mark(included: Included, ranking: Sequence[Hit]) -> Mark:
    """Return the mark of a part: its hash is the source's own, before tags were neutralised."""
    number, begin, end = included.number, included.begin, included.end
    hit = ranking[number - 1] if 0 < number <= len(ranking) else None
    own = hit.chunk.text[begin:end] if hit else ""
    if hit is None or len(own) != len(included.text):
        return Mark(number, begin, end, _digest(included.text), None)
    place = Place(hit.document.source, hit.document.id, hit.chunk.ordinal)
    changes = tuple(
        (at, sign)
        for at, (was, sign) in enumerate(zip(own, included.text, strict=True))
        if was != sign
    )
    return Mark(number, begin, end, _digest(own), place, changes)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


# JSON


def calls_json(trace: Trace) -> list[dict[str, Any]]:
    """Return the calls as plain values that are ready for JSON."""
    return [
        {
            "task": call.task,
            "model": call.model,
            "worker": call.worker,
            "prompt": None if call.prompt is None else prompt_json(call.prompt),
            "raw": call.raw,
            "milliseconds": call.milliseconds,
            "first_token_ms": call.first_token_ms,
            "error": call.error,
        }
        for call in trace.calls
    ]


def prompt_json(prompt: Sequence[str | Mark]) -> list[str | dict[str, Any]]:
    """Return a prompt's parts: text as it is, each mark as an object."""
    return [part if isinstance(part, str) else _mark_json(part) for part in prompt]


def checks_json(checks: Sequence[Check]) -> list[dict[str, Any]]:
    """Return the checks as plain values that are ready for JSON."""
    return [{"name": one.name, "passed": one.passed, "detail": one.detail} for one in checks]


def trace_of(calls: Sequence[dict[str, Any]], checks: Sequence[dict[str, Any]]) -> Trace:
    """Return the trace that `calls_json` and `checks_json` were made of."""
    return Trace(
        tuple(KeptCall(**{**call, "prompt": _prompt(call["prompt"])}) for call in calls),
        tuple(Check(one["name"], one["passed"], one["detail"]) for one in checks),
    )


def _prompt(parts: Sequence[str | dict[str, Any]] | None) -> tuple[str | Mark, ...] | None:
    if parts is None:
        return None
    return tuple(part if isinstance(part, str) else _mark_of(part) for part in parts)


def _mark_json(mark: Mark) -> dict[str, Any]:
    place = mark.place
    return {
        "passage": mark.number,
        "begin": mark.begin,
        "end": mark.end,
        "sha256": mark.sha256,
        "source": place.source if place else None,
        "document": place.document_id if place else None,
        "ordinal": place.ordinal if place else None,
        "changes": [list(change) for change in mark.changes],
    }


def _mark_of(held: dict[str, Any]) -> Mark:
    known = held["source"] is not None
    return Mark(
        held["passage"],
        held["begin"],
        held["end"],
        held["sha256"],
        Place(held["source"], held["document"], held["ordinal"]) if known else None,
        tuple((at, sign) for at, sign in held["changes"]),
    )
