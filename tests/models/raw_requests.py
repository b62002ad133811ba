"""What the real server is asked without any of our code between: the truth that ours is held to."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import Any

import httpx2
from kurage_cases import Case
from rigs.vllm_server import VllmServer


@asynccontextmanager
async def server(worker: VllmServer) -> AsyncIterator[httpx2.AsyncClient]:
    """Yield a client of a worker's own addresses."""
    limits = httpx2.Limits(max_connections=64)
    async with httpx2.AsyncClient(
        base_url=worker.origin, timeout=120, limits=limits, trust_env=False
    ) as client:
        yield client


async def chat(client: httpx2.AsyncClient, prompt: str, **more: Any) -> dict[str, Any]:
    """Return the greedy answer to one user message, as the server words it."""
    asked = {"model": "kurage", "messages": [{"role": "user", "content": prompt}]}
    asked |= {"temperature": 0, "max_tokens": 128, **more}
    answer = await client.post("/v1/chat/completions", json=asked)
    answer.raise_for_status()
    return dict(answer.json())


async def said(client: httpx2.AsyncClient, cases: Iterable[Case]) -> list[str]:
    """Return what is said to each case, all asked at once."""
    answers = await asyncio.gather(*(chat(client, case.prompt) for case in cases))
    return [answer["choices"][0]["message"]["content"] for answer in answers]


async def tokenized(client: httpx2.AsyncClient, **asked: Any) -> dict[str, Any]:
    """Return the tokens of a prompt, or of messages, with their texts."""
    asked = {"model": "kurage", "return_token_strs": True, **asked}
    answer = await client.post("/tokenize", json=asked)
    answer.raise_for_status()
    return dict(answer.json())
