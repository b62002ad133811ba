"""What the client's tests have in common: a question, and clients that leave nothing behind."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from rigs.worker import WorkerRig, facts

from bot.generate.client import Client
from bot.generate.model import Message, Piece, Prompt, Sampling

ASKED = "<<Chunk 1>>\n黒字額は4.4兆円だった。\n\n<<Question>>\n黒字額はいくら？"
CHAT = Prompt((Message("user", ASKED),))
ANSWER = "<<References>>\n1\n\n<<Answer>>\n4.4兆円"
SAMPLING = Sampling(max_tokens=100)
KNOWN = facts({"黒字額はいくら？": "4.4兆円"})


@asynccontextmanager
async def client_of(*rigs: WorkerRig, **settings: Any) -> AsyncIterator[Client]:
    """Yield a client of these workers; afterwards neither task nor connection of it may be left."""
    before = asyncio.all_tasks()
    told = {"model": None, "api_key": None, "first_token": 5.0, "timeout": 10.0} | settings
    client = Client([rig.url for rig in rigs], **told)
    try:
        yield client
    finally:
        await client.close()
    for _ in range(3):
        await asyncio.sleep(0)
    assert asyncio.all_tasks() == before
    for rig in rigs:
        await rig.until(lambda rig: rig.connections == 0)


async def pieces(
    client: Client, prompt: Prompt = CHAT, sampling: Sampling = SAMPLING
) -> list[Piece]:
    """Return all that is said."""
    return [piece async for piece in client.stream(prompt, sampling)]


async def said(client: Client, prompt: Prompt = CHAT, sampling: Sampling = SAMPLING) -> str:
    """Return the text of all that is said."""
    return "".join(piece.text for piece in await pieces(client, prompt, sampling))
