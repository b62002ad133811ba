"""Examines the workers that run the model, where one is to write the answers.

Each is asked whether it is well and what it serves, and the model answers one question whose answer
is known. Nothing is logged, and no document is read.
"""

from __future__ import annotations

import unicodedata
from collections.abc import AsyncIterator, Iterator
from ipaddress import ip_address
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from bot.app import GENERATORS, App
from bot.doctor.finding import Finding
from bot.exchange import Evidence, Passage
from bot.generate import GeneratorError
from ingest.chunk import CEILING, TARGET, Chunk
from ingest.index import Hit, IndexedDocument

if TYPE_CHECKING:
    from bot.generate.client import WorkerState

_ASIDE = 200
"""Tokens for the question, the tags around the passages, and the chat template."""

# The fact is that of the example on the model's card, where the second of two chunks bears it.
_TEXTS = (
    "貿易収支は、モノの輸出額から輸入額を引いたものです。8月は輸入が輸出を上回り、赤字でした。",
    "第一次所得収支は、海外への投資から受け取る利子や配当などの収支です。8月は4.4兆円の黒字でした。",
)
_QUESTION = "第一次所得収支はいくらの黒字でしたか？"
_ANSWER = "4.4兆"
_REFERENCE = 2


def worker(kurage: App) -> Iterator[Finding]:
    """Yield whether the workers can do what the settings want of them."""
    if kurage.settings.generator != "extractive":
        yield from kurage.run(_collected(_examined(kurage)))


async def _collected(findings: AsyncIterator[Finding]) -> list[Finding]:
    return [finding async for finding in findings]


async def _examined(kurage: App) -> AsyncIterator[Finding]:
    states = await kurage.client.health()
    usable = [state for state in states if state.healthy and not state.reason]
    for state in states:
        for finding in _of(state, kurage, others=bool(usable)):
            yield finding
    if usable:
        yield await _sample(kurage)


def _of(state: WorkerState, kurage: App, *, others: bool) -> Iterator[Finding]:
    settings = kurage.settings
    if settings.generator_api_key and _open(state.url):
        message = f"the key travels to {state.url} unencrypted; use https beyond a private network"
        yield Finding("worker", "warning", message)
    if not state.healthy:
        meanwhile = "the other workers answer" if others else "answers are quotes"
        yield Finding(
            "worker",
            "warning" if others else "problem",
            f"{state.url} is away ({state.reason}), and {meanwhile} until it is back; start it, "
            "such as with `kurage worker kurage`, or mend KURAGE_GENERATOR_URL",
        )
    elif state.reason:
        yield Finding("worker", "problem", f"{state.url}: {state.reason}")
    else:
        yield _room(state, kurage)


def _room(state: WorkerState, kurage: App) -> Finding:
    """Return whether the passages of a question fit into what the model can read at once."""
    config = kurage.settings.config
    answer = max(config.generator.max_tokens, config.generator.max_tokens_long)
    count = 1 if config.generator.mode == "single" else config.search.passages
    here = f"{state.url} serves {state.model}"
    told = [tokens for tokens in (config.generator.context, state.context) if tokens is not None]
    if not told:
        remark = "does not tell its context, so 4,096 tokens are assumed: set `context` in"
        return Finding("worker", "ok", f"{here}; it {remark} [generator] of kurage.toml")
    room = min(told)
    if config.generator.context and state.context and config.generator.context > state.context:
        return Finding(
            "worker",
            "problem",
            f"{here} with {state.context:,} tokens; `context` in [generator] says "
            f"{config.generator.context:,}: lower it, or leave it out",
        )
    if room < CEILING + answer + _ASIDE:
        return Finding(
            "worker",
            "problem",
            f"{here} with {room:,} tokens, in which one passage of {CEILING:,} and an answer of "
            f"{answer:,} have no room; raise --max-model-len of the worker, or lower "
            "`max_tokens_long` in [generator]",
        )
    fit = (room - answer - _ASIDE) // TARGET
    if fit < count:
        return Finding(
            "worker",
            "warning",
            f"{here} with {room:,} tokens, enough for about {fit} of {count} passages; raise "
            "--max-model-len of the worker, or lower `passages` in [search]",
        )
    return Finding("worker", "ok", f"{here} with {room:,} tokens")


async def _sample(kurage: App) -> Finding:
    """Return what the model makes of a question whose answer is known."""
    evidence = Evidence(tuple(_passage(n, text) for n, text in enumerate(_TEXTS, start=1)))
    generator = GENERATORS[kurage.settings.generator](kurage)
    try:
        said = [one async for one in generator.generate(_QUESTION, evidence, "short")][-1]
    except GeneratorError as error:
        return Finding("worker", "problem", f"a sample question got no answer: {error}")
    text = "".join(statement.text for statement in said.statements)
    if _ANSWER in unicodedata.normalize("NFKC", text) and _REFERENCE in said.references:
        return Finding("worker", "ok", f"a sample question was answered as expected: {text}")
    named = ", ".join(map(str, said.references)) or "none"
    raw = said.calls[-1].raw if said.calls else ""
    return Finding(
        "worker",
        "warning",
        f"a sample question should have been answered with {_ANSWER}円 from passage {_REFERENCE}; "
        f"the answer was {text or 'none'} from {named}, the model's words: {_short(raw)}. "
        "Is it the model that KURAGE_GENERATOR says?",
    )


def _passage(number: int, text: str) -> Passage:
    document = IndexedDocument("doctor", str(number), "", "", 0, "国際収支", "")
    return Passage(number, Hit(1.0, document, Chunk(0, "国際収支", (), text, "paragraph", "")))


def _short(raw: str) -> str:
    """Return what a model said in one line that is no page long."""
    line = " ".join(raw.split())
    return f"{line[:160]}…" if len(line) > 160 else line or "nothing"


def _open(url: str) -> bool:
    """Tell whether a key that is sent there can be read on the way, outside a private network."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if parts.scheme == "https" or "." not in host:
        return False  # a name without a dot is one of this machine, or of its containers
    try:
        return not ip_address(host).is_private
    except ValueError:
        return True
