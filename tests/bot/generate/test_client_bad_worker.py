"""A worker that does wrong: nothing but `AwayError` or `RefusedError` comes of it, with the reason.

Never is half an answer taken for a whole one.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from client_asking import ANSWER, ASKED, CHAT, KNOWN, client_of, said
from rigs.worker import WorkerRig

from bot.generate.client import Client
from bot.generate.model import AwayError, Message, Prompt, RefusedError, Sampling

_SSE = {"Content-Type": "text/event-stream"}


async def _partly(client: Client) -> tuple[str, Exception]:
    """Return what was said before it failed, and how it failed."""
    text = ""
    with pytest.raises((AwayError, RefusedError)) as failed:  # noqa: PT012
        async for piece in client.stream(CHAT, Sampling(100)):
            text += piece.text
            assert piece.finish is None
    return text, failed.value


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ({"kind": "status", "status": 500}, "status 500: Internal server error"),
        ({"kind": "status", "status": 503, "message": "loading"}, "status 503: loading"),
        ({"kind": "status", "status": 500, "body": b"\xff\xfe{"}, "status 500"),
        ({"kind": "html", "status": 502}, "status 502"),
        ({"kind": "html", "status": 200}, "text/html instead of a stream"),
        ({"kind": "json"}, "application/json instead of a stream"),
        ({"kind": "reset"}, "connection reset"),
        ({"kind": "close"}, "Server disconnected without sending a response"),
        ({"kind": "status", "status": 200, "body": b"", "headers": _SSE}, "without saying that"),
        (
            {"kind": "status", "status": 200, "body": b"data: [DONE]\n\n", "headers": _SSE},
            "without saying that it is whole",
        ),
        (
            {"kind": "status", "status": 200, "body": b"data: " + b"[" * 9999 + b"\n\n"},
            "application/json instead",
        ),
        (
            {"kind": "status", "status": 200, "body": b"data: " + b"[" * 9999 + b"\n\n"}
            | {"headers": _SSE},
            "no JSON",
        ),
        (
            {"kind": "status", "status": 200, "body": b"x" * (3 << 20), "headers": _SSE},
            "no JSON",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
async def test_a_failure_before_the_first_word_is_tried_again_and_then_away(
    fault: dict[str, Any], reason: str
) -> None:
    with WorkerRig(KNOWN) as rig:
        async with client_of(rig) as client:
            rig.fail(**fault, times=1)
            assert await said(client) == ANSWER
            assert len(rig.asked()) == 2
            rig.fail(**fault, times=2)
            with pytest.raises(AwayError) as failed:
                await said(client)
            assert reason in str(failed.value)
            assert rig.name in str(failed.value)
            assert len(rig.asked()) == 4
            assert await said(client) == ANSWER


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("close_amid", "peer closed connection"),
        ("reset_amid", "connection"),
        ("end_amid", "without saying that it is whole"),
        ("error_amid", "it reports: Internal server error"),
        ("garbage_amid", "no JSON"),
        ("json_amid", "no JSON"),
        ("no_choices_amid", "no choices"),
        ("utf8_amid", "no UTF-8"),
    ],
)
async def test_an_answer_that_breaks_off_is_never_whole_and_never_asked_again(
    kind: str, reason: str
) -> None:
    with WorkerRig(KNOWN, delay=0.02) as rig:
        rig.fail(kind, after=3)
        async with client_of(rig) as client:
            text, error = await _partly(client)
            assert ANSWER.startswith(text)
            assert 0 < len(text) <= 6
            assert isinstance(error, AwayError)
            assert reason in str(error)
            assert "broke off" in str(error)
            assert len(rig.asked()) == 1
            assert await said(client) == ANSWER


@pytest.mark.parametrize("kind", ["hang", "hang_before_text"])
async def test_a_worker_that_does_not_begin_in_time_is_away(kind: str) -> None:
    with WorkerRig(KNOWN) as rig:
        rig.fail(kind)
        async with client_of(rig, first_token=0.2) as client:
            with pytest.raises(AwayError, match=r"no first token within 0\.2 s"):
                await said(client)
            # What nobody waits for any more must not go on being generated.
            await rig.until(lambda rig: rig.asked()[0].ending == "aborted")
        assert len(rig.asked()) == 1


async def test_a_worker_that_stops_in_the_middle_is_away() -> None:
    with WorkerRig(KNOWN) as rig:
        rig.fail("hang_amid", after=2)
        async with client_of(rig, first_token=1.0) as client:
            text, error = await _partly(client)
            assert ANSWER.startswith(text)
            assert text
            assert "nothing more came within 1 s" in str(error)
            await rig.until(lambda rig: rig.asked()[0].ending == "aborted")


async def test_an_answer_has_to_be_whole_in_time_however_lively_it_is() -> None:
    with WorkerRig(lambda _: "。" * 10_000, delay=0.05) as rig:
        async with client_of(rig, timeout=1.0) as client:
            text, error = await _partly(client)
            assert 0 < len(text) < 10_000
            assert "not whole after" in str(error)
            await rig.until(lambda rig: rig.asked()[0].ending == "aborted")


async def test_an_endless_repetition_ends_when_its_reader_has_enough() -> None:
    with WorkerRig(lambda _: "です。") as rig:
        rig.fail("endless")
        async with client_of(rig) as client:
            stream, text = client.stream(CHAT, Sampling(100)), ""
            async for piece in stream:
                text += piece.text
                if len(text) > 500:
                    break
            await stream.aclose()
            await rig.until(lambda rig: rig.asked()[0].ending == "aborted")


# What no waiting helps against


@pytest.mark.parametrize("status", [400, 422])
async def test_a_request_that_is_refused_is_asked_once_of_one_worker(status: int) -> None:
    with WorkerRig(KNOWN) as first, WorkerRig(KNOWN) as second:
        first.fail("status", status=status, message="temperature must be positive")
        async with client_of(first, second) as client:
            with pytest.raises(RefusedError, match="temperature must be positive"):
                await said(client)
        assert len(first.asked()) == 1
        assert second.asked() == []


@pytest.mark.parametrize(
    ("room", "said_so"),
    [(20, "max_model_len=20"), (101, "maximum context length is 101 tokens")],
)
async def test_what_does_not_fit_is_refused_with_what_to_change(room: int, said_so: str) -> None:
    """The answer alone, or the prompt."""
    prompt = Prompt((Message("user", "あ" * 200),))
    with WorkerRig(KNOWN, max_model_len=room) as rig:
        async with client_of(rig) as client:
            with pytest.raises(RefusedError, match="too long for the model") as failed:
                await said(client, prompt)
    assert said_so in str(failed.value)
    assert "[generator]" in str(failed.value)
    assert "--max-model-len" in str(failed.value)


@pytest.mark.parametrize(
    "message",
    [
        "This model's maximum context length is 4096 tokens. However, you requested 5000 tokens.",
        "request (5000 tokens) exceeds the available context size (4096 tokens), try increasing it",
        "Input length (5000) exceeds model's maximum context length (4096).",
    ],
)
async def test_other_servers_say_so_in_other_words(message: str) -> None:
    with WorkerRig(KNOWN) as rig:
        rig.fail("status", status=400, message=message)
        async with client_of(rig) as client:
            with pytest.raises(RefusedError, match="--max-model-len"):
                await said(client)


async def test_a_wrong_model_is_refused_with_the_names_that_there_are() -> None:
    with WorkerRig(KNOWN, model="kurage") as rig:
        async with client_of(rig, model="kurange") as client:
            with pytest.raises(RefusedError, match="KURAGE_GENERATOR_MODEL") as failed:
                await said(client)
    assert "kurange" in str(failed.value)
    assert "(kurage)" in str(failed.value)


async def test_a_worker_that_serves_another_model_now_is_asked_for_that() -> None:
    with WorkerRig(KNOWN) as rig:
        async with client_of(rig) as client:
            await said(client)
            rig.worker.model = "kurage-2"
            assert await said(client) == ANSWER
        assert [one.body["model"] for one in rig.asked()] == ["kurage", "kurage", "kurage-2"]


async def test_an_address_without_its_path_is_refused_with_what_to_change() -> None:
    with WorkerRig(KNOWN) as rig:
        client = Client([rig.root], model="kurage", api_key=None)
        try:
            with pytest.raises(RefusedError, match="/v1"):
                await said(client)
        finally:
            await client.close()


@pytest.mark.parametrize("key", [None, "kurage-key-wrong"])
async def test_a_wrong_key_is_refused_and_never_told(key: str | None) -> None:
    with WorkerRig(KNOWN, api_key="kurage-key-right") as rig:
        async with client_of(rig, api_key=key) as client:
            with pytest.raises(RefusedError, match="KURAGE_GENERATOR_API_KEY") as failed:
                await said(client)
    assert "kurage-key" not in str(failed.value)


async def test_a_worker_that_has_moved_is_refused_with_where_to() -> None:
    with WorkerRig(KNOWN) as rig:
        rig.fail("status", status=307, headers={"Location": "http://gpu.example/v1"})
        async with client_of(rig) as client:
            with pytest.raises(RefusedError, match=r"moved to http://gpu\.example/v1"):
                await said(client)


@pytest.mark.parametrize(
    "body",
    [{}, {"object": "list", "data": []}, {"data": [{"id": 7}, "x"]}, [1], "models"],
)
async def test_a_list_of_models_without_one_is_refused(body: object) -> None:
    with WorkerRig(KNOWN) as rig:
        rig.fail("status", path="*/models", status=200, body=body or b"{}")
        async with client_of(rig) as client:
            with pytest.raises(RefusedError, match="names none"):
                await said(client)


@pytest.mark.parametrize("kind", ["reset", "hang", "html", "status"])
async def test_a_list_of_models_that_does_not_come_is_a_worker_that_is_away(kind: str) -> None:
    with WorkerRig(KNOWN) as rig:
        rig.fail(kind, path="*/models", times=None)
        async with client_of(rig, first_token=0.2) as client:
            with pytest.raises(AwayError):
                await said(client)


@pytest.mark.parametrize(
    "message",
    [
        "1 validation error:\n  {'type': 'missing', 'loc': 'body.prompt', 'input': '%s'}",
        "cannot answer %s",
    ],
)
async def test_no_error_repeats_the_prompt(message: str) -> None:
    secret = "営業部の田中さんが七月末で退職する件を教えて"
    with WorkerRig(KNOWN) as rig:
        rig.fail("status", status=400, message=message % secret)
        async with client_of(rig) as client:
            with pytest.raises(RefusedError) as failed:
                await said(client, Prompt((Message("user", secret),)))
    assert "田中" not in str(failed.value)
    assert "400" in str(failed.value)


async def test_a_busy_worker_gets_the_peace_that_it_asks_for() -> None:
    with WorkerRig(KNOWN) as rig:
        rig.fail("status", status=429, times=2, headers={"Retry-After": "0.4"})
        async with client_of(rig) as client:
            assert await said(client) == ANSWER
        began = [one.began for one in rig.asked()]
    assert len(began) == 3
    assert all(later - earlier >= 0.39 for earlier, later in pairwise(began))


async def test_a_worker_that_stays_busy_is_away() -> None:
    with WorkerRig(KNOWN) as rig:
        rig.fail("status", status=429, times=None, headers={"Retry-After": "60"})
        async with client_of(rig) as client:
            with pytest.raises(AwayError, match="too many requests"):
                await said(client)
        assert len(rig.asked()) == 1


async def test_an_error_amid_the_stream_that_is_the_requests_fault_is_told_as_such() -> None:
    with WorkerRig(KNOWN) as rig:
        rig.fail("error_amid", after=0, status=400, message=f"bad {ASKED[:8]}")
        async with client_of(rig) as client:
            with pytest.raises(RefusedError, match="400"):
                await said(client)
