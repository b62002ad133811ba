"""A worker that is well: what it is asked, and what comes of its answer."""

from __future__ import annotations

import asyncio
import socket

import pytest
from client_asking import ANSWER, ASKED, CHAT, KNOWN, client_of, pieces, said
from httpx2 import URL
from rigs.worker import WorkerRig

from bot.generate.client import Client
from bot.generate.model import Message, Prompt, Sampling


async def test_a_chat_is_asked_as_its_messages_and_answered_in_pieces() -> None:
    prompt = Prompt((Message("system", "短く答える。"), Message("user", ASKED)))
    with WorkerRig(lambda _: ANSWER, delay=0.002) as rig:
        async with client_of(rig) as client:
            got = await pieces(client, prompt, Sampling(100, 0.1, 0.9, ("\n\n\n",), 7))
    assert "".join(piece.text for piece in got) == ANSWER
    assert len(got) > 3
    assert [piece.finish for piece in got] == [None] * (len(got) - 1) + ["stop"]
    assert {(piece.worker, piece.model) for piece in got} == {(rig.name, "kurage")}
    [asked] = rig.asked()
    assert asked.path == "/v1/chat/completions"
    assert asked.body == {
        "model": "kurage",
        "messages": [
            {"role": "system", "content": "短く答える。"},
            {"role": "user", "content": ASKED},
        ],
        "max_tokens": 100,
        "temperature": 0.1,
        "top_p": 0.9,
        "stop": ["\n\n\n"],
        "seed": 7,
        "stream": True,
    }


async def test_a_text_goes_to_the_completions_endpoint_to_the_letter() -> None:
    text = " [INST] 質問\r\n [/INST] "
    with WorkerRig(lambda _: "はい。") as rig:
        async with client_of(rig) as client:
            assert await said(client, Prompt(text=text)) == "はい。"
    [asked] = rig.asked()
    assert asked.path == "/v1/completions"
    assert asked.body["prompt"] == text
    assert "messages" not in asked.body
    assert "stop" not in asked.body
    assert "seed" not in asked.body


async def test_an_answer_that_runs_into_its_limit_says_so() -> None:
    with WorkerRig(KNOWN) as rig:
        async with client_of(rig) as client:
            got = await pieces(client, CHAT, Sampling(max_tokens=5))
    assert "".join(piece.text for piece in got) == ANSWER[:5]
    assert got[-1].finish == "length"


async def test_an_empty_answer_is_whole() -> None:
    with WorkerRig(lambda _: "") as rig:
        async with client_of(rig) as client:
            [last] = await pieces(client)
    assert (last.text, last.finish) == ("", "stop")


@pytest.mark.parametrize("kind", ["split", "no_done"])
async def test_bytes_may_come_one_by_one_and_the_last_word_may_be_missing(kind: str) -> None:
    """Characters of several bytes are never torn apart; `finish_reason` says that it is whole."""
    with WorkerRig(lambda _: "髙橋𠮷野家🦑。", piece=1) as rig:
        rig.fail(kind)
        async with client_of(rig) as client:
            assert await said(client) == "髙橋𠮷野家🦑。"
    assert len(rig.asked()) == 1


async def test_the_model_is_the_configured_one_else_the_first_that_the_worker_has() -> None:
    with WorkerRig(KNOWN, model="lightblue/kurage-ja") as rig:
        async with client_of(rig) as client:
            await said(client)
            await said(client)
        assert len(rig.asked("/models")) == 1
        rig.forget()
        async with client_of(rig, model="lightblue/kurage-ja") as client:
            await said(client)
    assert [one.body["model"] for one in rig.asked()] == ["lightblue/kurage-ja"]
    assert rig.asked("/models") == []


async def test_questions_one_after_another_share_a_connection() -> None:
    """Also those whose reader stops at the last piece."""
    with WorkerRig(KNOWN) as rig:
        async with client_of(rig) as client:
            for _ in range(3):
                await said(client)
                stream = client.stream(CHAT, Sampling(100))
                async for piece in stream:
                    if piece.finish:
                        break
                await stream.aclose()
    assert len({one.connection for one in rig.asked()}) == 1
    assert {one.ending for one in rig.asked()} == {"done"}


async def test_64_questions_at_once_are_all_answered_with_their_own_answer() -> None:
    with WorkerRig(lambda prompt: f"答えは{prompt}です。", delay=0.001) as rig:
        async with client_of(rig) as client:
            asked = [Prompt((Message("user", f"質問{n}"),)) for n in range(64)]
            answers = await asyncio.gather(*(said(client, prompt) for prompt in asked))
    assert answers == [f"答えは質問{n}です。" for n in range(64)]
    assert rig.most_at_once > 8


async def test_a_server_that_does_not_take_a_parameter_is_asked_without_it_from_then_on() -> None:
    """As OpenAI's reasoning models, which name what they do not take."""
    with WorkerRig(KNOWN) as rig:
        for parameter in ("max_tokens", "temperature"):
            error = {"message": "no", "param": parameter, "code": "unsupported_parameter"}
            rig.fail("status", status=400, body={"error": error})
        async with client_of(rig) as client:
            assert await said(client) == ANSWER
            assert await said(client) == ANSWER
    first, _, *later = (one.body for one in rig.asked())
    assert first["max_tokens"] == 100
    for body in later:
        assert body["max_completion_tokens"] == 100
        assert not {"max_tokens", "temperature"} & set(body)
        assert "top_p" in body
    assert len(later) == 2


async def test_the_key_is_sent_and_nothing_of_other_variables(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """`openai` reads variables of its own, which are meant for somebody else's server."""
    monkeypatch.setenv("OPENAI_API_KEY", "sk-other")
    monkeypatch.setenv("OPENAI_ORG_ID", "org-other")
    monkeypatch.setenv("OPENAI_PROJECT_ID", "proj-other")
    monkeypatch.setenv("OPENAI_BASE_URL", "http://192.0.2.1/v1")
    monkeypatch.setenv("OPENAI_CUSTOM_HEADERS", "X-Other: other")
    with WorkerRig(KNOWN) as rig:
        async with client_of(rig) as client:
            await said(client)
            await client.tokens(CHAT)
        seen = [*rig.asked(), *rig.asked("/models"), *rig.asked("/tokenize")]
        assert len(seen) == 3
        assert not any("other" in value for one in seen for value in one.headers.values())
        assert not any("authorization" in one.headers for one in seen)
        rig.forget()
        rig.worker.api_key = "right"
        async with client_of(rig, api_key="right") as client:
            assert await said(client) == ANSWER
            await client.tokens(CHAT)
        seen = [*rig.asked(), *rig.asked("/models"), *rig.asked("/tokenize")]
        assert [one.headers["authorization"] for one in seen] == ["Bearer right"] * 3


async def test_a_worker_on_this_machine_is_never_asked_through_a_proxy(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{nobody.getsockname()[1]}")
        for name in ("NO_PROXY", "no_proxy"):
            monkeypatch.delenv(name, raising=False)
        with WorkerRig(KNOWN) as rig:
            async with client_of(rig) as client:
                assert await said(client) == ANSWER
                assert (await client.health())[0].healthy


async def test_another_machine_is_asked_through_the_proxy_of_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The rig stands for the proxy here: it is handed requests to a host that does not exist."""
    with WorkerRig(KNOWN) as rig:
        for name in ("HTTP_PROXY", "http_proxy"):
            monkeypatch.setenv(name, rig.root)
        for name in ("NO_PROXY", "no_proxy"):
            monkeypatch.setenv(name, "direct.invalid")
        urls = ["http://gpu.invalid:8000/v1", "http://direct.invalid:8000/v1"]
        client = Client(urls, model=None, api_key=None)
        try:
            assert await said(client) == ANSWER
            assert rig.asked()[0].headers["host"] == "gpu.invalid:8000"
            by_proxy, direct = (worker._http for worker in client._workers)
            url = URL(urls[1])
            assert direct._transport_for_url(url) is direct._transport
            assert by_proxy._transport_for_url(URL(urls[0])) is not by_proxy._transport
        finally:
            await client.close()
