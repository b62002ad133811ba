"""The other model families through the real server: how it reads their prompts, and what comes.

Nothing here knows how to answer: the models are a Llama that was never trained, and the tiny
Kurage, which speaks another format. So what must hold is that the prompt arrives to the letter, and
that of what comes nothing is shown that no passage bears.
"""

from __future__ import annotations

import re

import pytest
import raw_requests
from asking import among, client, fact, passages, stream
from rigs.vllm_server import VllmServer

from bot.exchange import Evidence, Generation, Style
from bot.generate import GeneratorError
from bot.generate.chat import ChatGenerator
from bot.generate.client import Client
from bot.generate.model import Prompt
from bot.generate.profiles import profile
from bot.generate.profiles.karakuri import conversation
from bot.generate.repeatable import Repeatable
from bot.settings import Karakuri

TELEPHONE = "夜間の障害はどこに電話しますか？"
COMPLETIONS: list[tuple[str, Style]] = [
    ("karakuri", "short"),
    ("karakuri", "long"),
    ("rakuten", "short"),
    ("stx", "short"),
    ("stx", "simple"),
    ("stx", "summary"),
]


def _evidence(style: Style) -> Evidence:
    if style in {"simple", "summary"}:
        return Evidence(passages(*fact("夜間の障害").chunks))
    return among(fact("夜間の障害").chunks, count=3, at=[2])


async def _asked(model: Client, name: str, style: Style) -> Generation:
    """Return the last that a family's generator says; `<<` is Kurage's, and never shown."""
    generator = ChatGenerator(
        Repeatable(model), profile(name, Karakuri()), max_tokens=64, max_tokens_long=96
    )
    said = await stream(generator, TELEPHONE, _evidence(style), style)
    numbers = {passage.number for passage in _evidence(style).passages}
    for one in said:
        for statement in one.statements:
            borne = set(statement.references or one.references)
            assert borne
            assert borne <= numbers
        assert not any("<<" in s.text or "<|" in s.text for s in one.statements)
    return said[-1]


@pytest.mark.parametrize(("name", "style"), COMPLETIONS)
async def test_a_completion_s_prompt_arrives_to_the_letter(
    llama_worker: VllmServer, name: str, style: Style
) -> None:
    """With `<s>` before it exactly once, put there by the server; the answer is charged for it."""
    async with (
        client(llama_worker, model="llama") as model,
        raw_requests.server(llama_worker) as server,
    ):
        (call,) = (await _asked(model, name, style)).calls
        assert call.raw
        told = await raw_requests.tokenized(server, model="llama", prompt=call.prompt)
        read = await server.post("/detokenize", json={"model": "llama", "tokens": told["tokens"]})
        asked = {"model": "llama", "prompt": call.prompt, "max_tokens": 1}
        charged = (await server.post("/v1/completions", json=asked)).json()["usage"]
        counted = await model.tokens(Prompt(text=call.prompt))
    assert told["token_strs"][0] == "<s>"
    assert told["token_strs"].count("<s>") == 1
    # Llama's tokenizer reads every text as if a blank stood before it.
    assert read.json()["prompt"] == f"<s> {call.prompt}"
    assert charged["prompt_tokens"] == told["count"] == counted


async def test_karakuri_s_attributes_are_those_of_the_settings(llama_worker: VllmServer) -> None:
    """As they stand before the model: nine, in the card's order, right before the answer."""
    settings = Karakuri(helpfulness=2, humor=3)
    async with client(llama_worker, model="llama") as model:
        generator = ChatGenerator(
            Repeatable(model), profile("karakuri", settings), max_tokens=16, max_tokens_long=16
        )
        last = (await stream(generator, TELEPHONE, _evidence("short")))[-1]
    assert last.calls[0].prompt.startswith("[INST] <<SYS>>\n")
    assert last.calls[0].prompt.endswith(
        " [ATTR] helpfulness: 2 correctness: 4 coherence: 4 complexity: 4 verbosity: 4 "
        "quality: 4 toxicity: 0 humor: 3 creativity: 0 [/ATTR] [/INST]"
    )


async def test_karakuri_s_turns_are_parted_by_the_tokens_of_begin_and_end(
    llama_worker: VllmServer,
) -> None:
    """The later `<s>` stand in the text, and the server reads each as the one token it is."""
    text = conversation("指示", [("一つめ", "答え")], "二つめ", Karakuri())
    async with raw_requests.server(llama_worker) as server:
        told = await raw_requests.tokenized(server, model="llama", prompt=text)
    special = [token for token in told["token_strs"] if token in {"<s>", "</s>"}]
    assert special == ["<s>", "</s>", "<s>"]


@pytest.mark.parametrize("name", ["qarasu", "openai"])
@pytest.mark.parametrize("style", ["short", "long"])
async def test_a_chat_s_messages_arrive_in_the_tokenizer_s_own_template(
    kurage_worker: VllmServer, name: str, style: Style
) -> None:
    """System and user message, in ChatML here; its tags are the template's alone."""
    async with client(kurage_worker) as model, raw_requests.server(kurage_worker) as server:
        (call,) = (await _asked(model, name, style)).calls
        shown = re.fullmatch(r"\[system\]\n(.*)\n\n\[user\]\n(.*)", call.prompt, re.DOTALL)
        assert shown
        system, user = shown.groups()
        messages = [{"role": "system", "content": system}, {"role": "user", "content": user}]
        told = await raw_requests.tokenized(server, messages=messages)
        read = await server.post("/detokenize", json={"model": "kurage", "tokens": told["tokens"]})
    assert read.json()["prompt"] == (
        f"<|im_start|>system\n{system}<|im_end|>\n<|im_start|>user\n{user}<|im_end|>\n"
        "<|im_start|>assistant\n"
    )
    assert call.raw
    assert (system == "あなたはAIアシスタントです。") == (name == "qarasu")
    assert "[2] d2\n夜間の障害は当番の携帯" in user
    assert user.endswith(TELEPHONE)


async def test_only_openorca_stx_simplifies(kurage_worker: VllmServer) -> None:
    """Another family says so, and which one does."""
    async with client(kurage_worker) as model:
        with pytest.raises(GeneratorError, match="stx"):
            await _asked(model, "openai", "simple")


async def test_karasu_reads_them_in_llama_s_template(llama_worker: VllmServer) -> None:
    """The same messages for another tokenizer; `<s>` once, by its template."""
    async with client(llama_worker, model="llama") as model:
        (call,) = (await _asked(model, "qarasu", "short")).calls
        system, user = call.prompt.removeprefix("[system]\n").split("\n\n[user]\n")
        messages = [{"role": "system", "content": system}, {"role": "user", "content": user}]
        async with raw_requests.server(llama_worker) as server:
            told = await raw_requests.tokenized(server, model="llama", messages=messages)
            asked = {"model": "llama", "tokens": told["tokens"]}
            read = (await server.post("/detokenize", json=asked)).json()["prompt"]
    assert told["token_strs"].count("<s>") == 1
    assert re.sub(r"^<s> ?", "", read) == (f"[INST] <<SYS>>\n{system}\n<</SYS>>\n\n{user} [/INST]")
