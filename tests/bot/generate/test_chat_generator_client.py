"""Other families over HTTP: profile, generator, client and an OpenAI-compatible server together."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest
from rigs.worker import WorkerRig
from spoken_models import THREE, Reader

from bot.exchange import Generation, Statement, Style
from bot.generate.chat import ChatGenerator
from bot.generate.client import Client
from bot.generate.model import AwayError, Message, Prompt, RefusedError
from bot.generate.profiles import NAMES, profile
from bot.settings import Karakuri

CITING = [name for name in NAMES if name != "stx"]
QUESTION = "経費精算の締め日はいつですか？"
SAID = Statement("経費精算の締め日は毎月25日です。", (2,))


def read(prompt: str) -> str:
    """Answer from what the prompt holds."""
    if prompt.endswith(f"\n\n{QUESTION}\n"):
        return "毎月25日"
    return Reader("資料からはわかりません。").answer(Prompt((Message("user", prompt),)))


@pytest.fixture
def rig() -> Iterator[WorkerRig]:
    with WorkerRig(read, piece=1) as rig:
        yield rig


@pytest.fixture
async def client(rig: WorkerRig) -> AsyncIterator[Client]:
    client = Client([rig.url], model=None, api_key=None)
    yield client
    await client.close()


async def told(client: Client, name: str, style: Style = "short") -> list[Generation]:
    generator = ChatGenerator(
        client, profile(name, Karakuri()), max_tokens=128, max_tokens_long=512
    )
    return [said async for said in generator.generate(QUESTION, THREE, style)]


@pytest.mark.parametrize("name", CITING)
async def test_a_family_answers_with_its_source(name: str, rig: WorkerRig, client: Client) -> None:
    said = await told(client, name)
    assert said[-1].statements == (SAID,)
    (call,) = said[-1].calls
    assert (call.task, call.worker, call.raw) == ("cite", rig.name, f"{SAID.text}[2]")


async def test_a_closed_question_is_answered_from_the_passage_that_says_it(client: Client) -> None:
    last = (await told(client, "stx"))[-1]
    assert (last.statements, last.references) == ((Statement("毎月25日", ()),), (2,))


@pytest.mark.parametrize("name", NAMES)
async def test_the_request_is_the_prompt_to_the_letter_and_the_familys_sampling(
    name: str, rig: WorkerRig, client: Client
) -> None:
    """Completions get the text, chats the messages; nothing is added on the way."""
    said = await told(client, name)
    (asked,) = rig.asked()
    shown = said[-1].calls[0].prompt
    greedy = name == "stx"
    sampling = {"temperature": 0 if greedy else 0.2, "top_p": 1 if greedy else 0.95}
    assert {"max_tokens": 128, "stream": True, **sampling}.items() <= asked.body.items()
    if name in {"openai", "qarasu"}:
        messages = asked.body["messages"]
        roles = [f"[{message['role']}]\n{message['content']}" for message in messages]
        assert "\n\n".join(roles) == shown
        assert asked.path == "/v1/chat/completions"
    else:
        assert asked.body["prompt"] == shown
        assert asked.path == "/v1/completions"
    assert (asked.body.get("stop") or None) == (["USER:"] if name == "rakuten" else None)


async def test_a_stream_that_breaks_leaves_its_record(rig: WorkerRig, client: Client) -> None:
    """What was said until then is kept for `kurage explain`, and no end is claimed."""
    seen: list[Generation] = []
    rig.fail("close_amid", after=5)
    generator = ChatGenerator(
        client, profile("openai", Karakuri()), max_tokens=128, max_tokens_long=512
    )

    async def listen() -> None:
        async for said in generator.generate(QUESTION, THREE, "short"):
            seen.append(said)  # noqa: PERF401 - it ends in an error, and what came stays

    with pytest.raises(AwayError):
        await listen()
    assert not any(said.finished for said in seen)
    (call,) = seen[-1].calls
    assert call.error
    assert SAID.text.startswith(call.raw)


async def test_a_wrong_model_name_is_refused(rig: WorkerRig) -> None:
    client = Client([rig.url], model="no-such-model", api_key=None)
    try:
        with pytest.raises(RefusedError):
            await told(client, "openai")
    finally:
        await client.close()
