"""`kurage explain`: why something is found, or is not."""

from __future__ import annotations

import asyncio
import json
from typing import Annotated, Any

import typer

from bot.cli.arguments import AsJson, AsPerson
from bot.cli.console import LANGUAGE, out, say

HELP = say(
    """Explain a question (its terms, who may read, the candidates with their scores), a turn of the
    log by its number, or a document by its id or path (indexed or not, and why).

    [bold]Examples[/bold]

    kurage explain 'How many days of notice does paid leave need?'

    kurage explain K7F3Q2

    kurage explain 就業規則.md
    """,
    """質問（検索語・閲覧権限・候補と点数）、番号で指定した会話の1件、またはIDやパスで指定した文書
    （索引にあるか、なければ理由）を説明します。

    [bold]例[/bold]

    kurage explain '有給休暇は何日前までに申請すればいい？'

    kurage explain K7F3Q2

    kurage explain 就業規則.md
    """,
)


def command(
    what: Annotated[
        str,
        typer.Argument(
            metavar="QUESTION|TURN|DOCUMENT",
            help=say("What to explain.", "説明する質問・番号・文書"),
            show_default=False,
        ),
    ],
    as_: AsPerson = None,
    json_: AsJson = False,
) -> None:
    """Explain."""
    from bot import app

    with app.open_app() as kurage:
        found = _turn(kurage, what) or _document(kurage, what) or _question(kurage, what, as_)
    if json_:
        typer.echo(json.dumps(found, ensure_ascii=False, indent=2, default=str))
    else:
        _print(found)


def _turn(kurage: Any, text: str) -> dict[str, Any] | None:
    from bot import conversations

    turn = conversations.turn_id(text)
    if turn is None:
        return None
    try:
        found = kurage.conversations.get(turn)
    except conversations.ConversationsError:
        return None
    return {
        "turn": found.id,
        "question": found.question,
        "state": found.state,
        "error": found.error,
        "confidence": found.confidence,
        "timings_ms": dict(found.timings_ms),
        "candidates": [
            {
                "rank": passage.position,
                "score": passage.score,
                "place": " › ".join(filter(None, (passage.title, passage.heading))),
                "cited_as": passage.cited,
            }
            for passage in found.passages
        ],
    }


def _document(kurage: Any, text: str) -> dict[str, Any] | None:
    """Return what is known of a document, where some source has or had one of this id."""
    for source in kurage.state.sources():
        stored = kurage.index.versions(source.name).get(text)
        failure = kurage.state.failures(source.name).get(text)
        gone = kurage.state.tombstones(source.name).get(text)
        if stored or failure or gone:
            readers = kurage.state.reader_sets().get(stored.readers, ()) if stored else ()
            return {
                "document": text,
                "source": source.name,
                "indexed": bool(stored),
                "version": stored.version if stored else None,
                "chunks": len(kurage.index.chunks(source.name, text)) if stored else 0,
                "readers": [sorted(layer) for layer in readers],
                "failure": failure.reason if failure else None,
                "deleted": gone,
            }
    return None


def _question(kurage: Any, question: str, email: str | None) -> dict[str, Any]:
    principals = kurage.principals(email)
    retriever = kurage.retriever
    query = retriever.encoder.encode_query(question)
    held = kurage.index.inverse_document_frequencies(query)
    evidence = retriever.retrieve(question, principals, limit=kurage.answerer.passages)
    generation = asyncio.run(_generate(kurage, question, evidence))
    return {
        "question": question,
        "terms": [
            {"term": term.term, "weight": round(term.weight, 3), "idf": _idf(held, term.term)}
            for term in query.terms
        ],
        "reader_sets": {
            "satisfied": len(retriever.readers.allowed(principals)),
            "known": len(kurage.state.reader_sets()),
        },
        "candidates": [_candidate(passage, kurage, query) for passage in evidence.passages],
        "confidence": generation.confidence,
        "answers": bool(generation.statements),
    }


def _idf(held: dict[str, float], term: str) -> float | None:
    """Return the rarity of a term, or None where no document holds it."""
    return round(held[term], 3) if term in held else None


async def _generate(kurage: Any, question: str, evidence: Any) -> Any:
    stream = kurage.answerer.generator.generate(question, evidence, "short")
    return [generation async for generation in stream][-1]


def _candidate(passage: Any, kurage: Any, query: Any) -> dict[str, Any]:
    from bot import reply

    chunk = passage.hit.chunk
    text = " ".join((chunk.title, *chunk.headings, chunk.text))
    inside = set(kurage.analyzer.terms(text))
    return {
        "rank": passage.number,
        "score": round(passage.hit.score, 3),
        "place": reply.place(passage.hit, LANGUAGE),
        "document": passage.hit.document.id,
        "terms": [term.term for term in query.terms if term.term in inside],
    }


def _print(found: dict[str, Any]) -> None:
    from rich.table import Table
    from rich.text import Text

    from bot.cli import render

    console = out()
    plain = {k: v for k, v in found.items() if k not in {"terms", "candidates"}}
    console.print(render.figures({key: _words(value) for key, value in plain.items()}))
    for rows in (found.get("terms"), found.get("candidates")):
        if rows:
            table = Table(box=None, padding=(0, 1))
            for name in rows[0]:
                table.add_column(name)
            for row in rows:
                table.add_row(*(Text(render.printable(_words(value))) for value in row.values()))
            console.print(table)


def _words(value: Any) -> str:
    match value:
        case None:
            return "—"
        case dict():
            return ", ".join(f"{key} {_words(inner)}" for key, inner in value.items())
        case list():
            return " ".join(_words(inner) for inner in value)
        case float():
            return f"{value:.3f}"
        case _:
            return str(value)
