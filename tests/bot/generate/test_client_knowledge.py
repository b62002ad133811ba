"""What a client knows of its workers: tokens, context, health."""

from __future__ import annotations

import asyncio
import subprocess
import sys

import pytest
from client_asking import ASKED, CHAT, KNOWN, client_of, said
from rigs.worker import WorkerRig

from bot.generate.client import Client, WorkerState
from bot.generate.model import AwayError, Message, Prompt

# Tokens


async def test_tokens_are_counted_as_the_endpoint_will_read_them() -> None:
    """The rig counts characters, one for BOS before a text, five for each message and the last."""
    with WorkerRig(KNOWN) as rig:
        async with client_of(rig) as client:
            assert await client.tokens(Prompt(text="四文字だ")) == 5
            assert await client.tokens(Prompt((Message("user", "四文字だ"),))) == 14
            both = Prompt((Message("system", "二字"), Message("user", "四文字だ")))
            assert await client.tokens(both) == 21
        assert [one.path for one in rig.asked("/tokenize")] == ["/tokenize"] * 3


async def test_a_prompt_is_counted_once() -> None:
    with WorkerRig(KNOWN) as rig:
        async with client_of(rig) as client:
            assert await client.tokens(CHAT) == await client.tokens(CHAT)
            await client.tokens(Prompt(text=ASKED))
        assert len(rig.asked("/tokenize")) == 2


async def test_only_so_many_prompts_are_remembered_those_asked_for_last() -> None:
    with WorkerRig(KNOWN) as rig:
        async with client_of(rig) as client:
            [worker] = client._workers
            for number in range(1024):
                client._counted[worker, Prompt(text=str(number))] = 1
            await client.tokens(Prompt(text="0"))
            await client.tokens(CHAT)
            assert len(client._counted) == 1024
            assert (worker, Prompt(text="0")) in client._counted
            assert (worker, Prompt(text="1")) not in client._counted
        assert len(rig.asked("/tokenize")) == 1


async def test_many_who_count_at_once_are_all_told() -> None:
    with WorkerRig(KNOWN) as rig:
        async with client_of(rig) as client:
            prompts = [Prompt(text="。" * number) for number in range(1, 33)]
            counts = await asyncio.gather(*map(client.tokens, prompts))
    assert counts == [number + 1 for number in range(1, 33)]


@pytest.mark.parametrize("status", [404, 405, 501])
async def test_a_server_without_a_tokenizer_is_asked_for_it_once(status: int) -> None:
    with WorkerRig(KNOWN) as rig:
        rig.fail("status", path="/tokenize", times=None, status=status)
        async with client_of(rig) as client:
            for text in ("一", "二", "三"):
                assert await client.tokens(Prompt(text=text)) is None
            assert len(rig.asked("/tokenize")) == 1
            assert await said(client)


@pytest.mark.parametrize(
    "body", [{"tokens": []}, {"count": "9"}, {"count": True}, {"count": 0}, [9], b"\xff", b"{", b""]
)
async def test_what_is_no_count_is_none(body: object) -> None:
    """llama.cpp has a `/tokenize`, too, which wants and says something else."""
    with WorkerRig(KNOWN) as rig:
        rig.fail("status", path="/tokenize", times=None, status=200, body=body)
        async with client_of(rig) as client:
            assert await client.tokens(CHAT) is None
            assert await client.tokens(CHAT) is None
        assert len(rig.asked("/tokenize")) == 1


@pytest.mark.parametrize("kind", ["reset", "hang", "status"])
async def test_a_tokenizer_that_fails_is_left_in_peace_for_a_while(kind: str) -> None:
    """A budget asks several times for a question, which must not wait each time."""
    with WorkerRig(KNOWN) as rig:
        rig.fail(kind, path="/tokenize", times=None)
        async with client_of(rig) as client:
            for text in ("一", "二", "三"):
                assert await client.tokens(Prompt(text=text)) is None
            assert len(rig.asked("/tokenize")) == 1
            assert await said(client)


async def test_the_next_worker_counts_where_the_first_is_away() -> None:
    with WorkerRig(KNOWN) as first, WorkerRig(KNOWN) as second:
        first.stop()
        async with client_of(first, second) as client:
            assert await client.tokens(Prompt(text="四文字だ")) == 5
            assert await client.context() == 32768


# Context


async def test_the_context_is_the_configured_one_else_what_the_worker_says() -> None:
    with WorkerRig(KNOWN, max_model_len=2048) as rig:
        async with client_of(rig) as client:
            assert await client.context() == 2048
        async with client_of(rig, model="kurage") as client:
            assert await client.context() == 2048
        rig.forget()
        async with client_of(rig, context=1024) as client:
            assert await client.context() == 1024
        assert rig.asked("/models") == []


async def test_a_server_that_does_not_tell_its_context_is_none() -> None:
    with WorkerRig(KNOWN, max_model_len=None) as rig:
        async with client_of(rig) as client:
            assert await client.context() is None
            assert await said(client)


async def test_a_worker_that_is_away_tells_no_context_and_raises_nothing() -> None:
    with WorkerRig(KNOWN) as rig:
        rig.stop()
        async with client_of(rig) as client:
            assert await client.context() is None
            assert await client.tokens(CHAT) is None


async def test_many_who_want_the_list_of_models_at_once_ask_for_it_once() -> None:
    """Also where it fails: 64 questions must not wait for it one after another."""
    with WorkerRig(KNOWN) as rig:
        async with client_of(rig) as client:
            rig.fail("status", path="*/models", status=500)
            assert await asyncio.gather(*(client.context() for _ in range(64))) == [None] * 64
            assert len(rig.asked("/models")) == 1
            rig.fail("slow", path="*/models", seconds=0.1)
            answers = await asyncio.gather(
                *(said(client) for _ in range(16)), return_exceptions=True
            )
            assert not [one for one in answers if not isinstance(one, str | AwayError)]
            assert len(rig.asked("/models")) <= 3


# Health


async def test_each_worker_says_how_it_is() -> None:
    with (
        WorkerRig(KNOWN, max_model_len=4096) as well,
        WorkerRig(KNOWN, healthy=False) as ill,
        WorkerRig(KNOWN, missing=frozenset({"/health"}), max_model_len=None) as other,
        WorkerRig(KNOWN) as gone,
    ):
        gone.stop()
        async with client_of(well, ill, other, gone) as client:
            assert await client.health() == [
                WorkerState(well.url, healthy=True, model="kurage", context=4096, reason=None),
                WorkerState(ill.url, healthy=False, model=None, context=None, reason="status 503"),
                WorkerState(other.url, healthy=True, model="kurage", context=None, reason=None),
                WorkerState(
                    gone.url, healthy=False, model=None, context=None, reason="connection refused"
                ),
            ]


async def test_a_wrong_model_and_a_wrong_key_are_told() -> None:
    with WorkerRig(KNOWN) as rig, WorkerRig(KNOWN, api_key="right") as locked:
        async with client_of(rig, locked, model="kurange", api_key="wrong") as client:
            open_one, locked_one = await client.health()
    assert open_one.healthy
    assert open_one.model == "kurange"
    assert "KURAGE_GENERATOR_MODEL" in str(open_one.reason)
    assert "KURAGE_GENERATOR_API_KEY" in str(locked_one.reason)


async def test_health_is_that_of_the_moment() -> None:
    with WorkerRig(KNOWN) as rig:
        async with client_of(rig) as client:
            assert (await client.health())[0].model == "kurage"
            rig.worker.model = "other"
            assert (await client.health())[0].model == "other"
            rig.fail("hang", path="/health")
            assert "no answer within" in str((await client.health())[0].reason)


async def test_a_password_in_an_address_is_never_shown() -> None:
    with WorkerRig(KNOWN) as rig:
        url = rig.url.replace("http://", "http://kurage:geheim@")
        client = Client([url], model=None, api_key=None)
        try:
            [state] = await client.health()
            assert state.url == rig.url
            rig.stop()
            with pytest.raises(AwayError) as failed:
                await said(client)
            assert "geheim" not in str(failed.value)
        finally:
            await client.close()


def test_quoting_needs_no_openai() -> None:
    """Its import takes longer than the rest of `kurage ask` may."""
    code = "import sys, bot.generate.fallback, bot.generate.model; print('openai' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
