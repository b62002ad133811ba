"""The worker rig: seen with `openai` itself, and with plain HTTP where that would hide things."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import httpx
import openai
import pytest
from rigs.worker import WorkerRig, chunks, facts, first_sentence, question, reply

_PROMPT = (
    "<<Chunk 1>>\n有給休暇は3日前までに申請する。\n\n上長が承認する。\n\n"
    "<<Chunk 2>>\n交通費は月末に精算する。領収書が要る。\n\n<<Question>>\n交通費はいつ？"
)
_SAID = [{"role": "user", "content": _PROMPT}]


@pytest.fixture
def rig() -> Iterator[WorkerRig]:
    with WorkerRig(facts({"交通費はいつ？": "月末"})) as running:
        yield running


@pytest.fixture
def client(rig: WorkerRig) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=rig.url, api_key="none", max_retries=0) as client:
        yield client


def _streamed(client: openai.OpenAI, **more: object) -> list[tuple[str, str | None]]:
    stream = client.chat.completions.create(
        model="kurage", messages=_SAID, stream=True, **{"max_tokens": 100, **more}
    )
    said = [chunk.choices[0] for chunk in stream]
    return [(choice.delta.content or "", choice.finish_reason) for choice in said]


# What is said


def test_a_prompt_is_read_as_it_was_laid_out() -> None:
    assert chunks(_PROMPT) == {
        1: "有給休暇は3日前までに申請する。\n\n上長が承認する。",
        2: "交通費は月末に精算する。領収書が要る。",
    }
    assert question(_PROMPT) == question(f"{_PROMPT} <<Long>>") == "交通費はいつ？"


def test_scripts_answer_from_what_the_prompt_holds() -> None:
    known = facts({"交通費はいつ？": "月末", "昼食は？": "12時"})
    assert known(_PROMPT) == reply((2,), "月末")
    assert known(f"{_PROMPT} <<Long>>") == reply((2,), "交通費はいつについては、月末です。")
    assert known(_PROMPT.replace("交通費はいつ", "昼食は")) == "<<References>>\nNone"
    assert known(_PROMPT.replace("いつ", "いくら")) == "<<References>>\nNone"
    assert first_sentence(_PROMPT) == reply((1,), "有給休暇は3日前までに申請する。")
    made = first_sentence("<<Q&A Generation Context>>\n昼休みは12時から。")
    assert (
        made == "<<Question>>\n昼休みは12時から。とは何ですか？\n\n<<Answer>>\n昼休みは12時から。"
    )


def test_a_chat_streams_its_role_its_pieces_and_its_end(client: openai.OpenAI) -> None:
    said = _streamed(client)
    assert said[0] == ("", None)
    assert "".join(text for text, _ in said) == "<<References>>\n2\n\n<<Answer>>\n月末"
    assert [finish for _, finish in said] == [None] * (len(said) - 1) + ["stop"]
    assert max(len(text) for text, _ in said) == 2


def test_limits_and_stops_are_kept(client: openai.OpenAI) -> None:
    said = _streamed(client, max_tokens=5)
    assert ("".join(text for text, _ in said), said[-1][1]) == ("<<Ref", "length")
    said = _streamed(client, stop=["\n\n"])
    assert ("".join(text for text, _ in said), said[-1][1]) == ("<<References>>\n2", "stop")


def test_an_answer_that_fills_the_context_is_cut_there(
    rig: WorkerRig, client: openai.OpenAI
) -> None:
    """As vLLM 0.32 does: it takes a prompt that fits, and says less."""
    rig.worker.max_model_len = len(_PROMPT) + 10 + 4
    said = _streamed(client, max_tokens=50)
    assert ("".join(text for text, _ in said), said[-1][1]) == ("<<Re", "length")


def test_without_a_stream_the_answer_is_whole(client: openai.OpenAI) -> None:
    chat = client.chat.completions.create(model="kurage", messages=_SAID, max_tokens=100)
    assert chat.choices[0].message.content == "<<References>>\n2\n\n<<Answer>>\n月末"
    text = client.completions.create(model="kurage", prompt=_PROMPT, max_tokens=5)
    assert (text.choices[0].text, text.choices[0].finish_reason) == ("<<Ref", "length")


def test_a_script_may_never_end(rig: WorkerRig, client: openai.OpenAI) -> None:
    rig.worker.script = lambda _: itertools.repeat("です")
    said = _streamed(client, max_tokens=11)
    assert ("".join(text for text, _ in said), said[-1][1]) == ("ですですですですですで", "length")


# What else it is asked


def test_models_tokens_and_health_are_vllms(rig: WorkerRig) -> None:
    [model] = httpx.get(f"{rig.url}/models").json()["data"]
    assert (model["id"], model["max_model_len"]) == ("kurage", 32768)
    counted = httpx.post(f"{rig.root}/tokenize", json={"prompt": "四文字だ"}).json()
    assert (counted["count"], counted["max_model_len"]) == (5, 32768)
    assert httpx.get(f"{rig.root}/health").status_code == 200
    rig.worker.healthy = False
    assert httpx.get(f"{rig.root}/health").status_code == 503
    rig.worker.missing = frozenset({"/health"})
    assert httpx.get(f"{rig.root}/health").status_code == 404
    assert httpx.post(f"{rig.root}/nowhere").json() == {"detail": "Not Found"}


def test_refusals_are_vllms(rig: WorkerRig, client: openai.OpenAI) -> None:
    with pytest.raises(openai.NotFoundError, match="The model `other` does not exist"):
        client.completions.create(model="other", prompt="x")
    rig.worker.max_model_len = 20
    with pytest.raises(openai.BadRequestError, match="maximum context length is 20 tokens"):
        _streamed(client, max_tokens=20)
    with pytest.raises(openai.BadRequestError, match="max_tokens=21 cannot be greater"):
        _streamed(client, max_tokens=21)
    rig.worker.api_key = "right"
    with pytest.raises(openai.AuthenticationError):
        _streamed(client)
    assert httpx.get(f"{rig.root}/health").status_code == 200


# What goes wrong


def test_a_fault_strikes_as_often_as_it_is_to(rig: WorkerRig, client: openai.OpenAI) -> None:
    rig.fail("status", status=503, skip=1, times=2)
    assert _streamed(client)
    for _ in range(2):
        with pytest.raises(openai.InternalServerError):
            _streamed(client)
    assert _streamed(client)
    rig.fail("status", status=503, times=None)
    rig.heal()
    assert _streamed(client)
    assert [one.ending for one in rig.asked()] == ["done", "refused", "refused", "done", "done"]


@pytest.mark.parametrize("kind", ["close_amid", "reset_amid"])
def test_a_cut_comes_behind_as_many_pieces_as_are_wanted(
    rig: WorkerRig, client: openai.OpenAI, kind: str
) -> None:
    rig.fail(kind, after=3)
    with pytest.raises(openai.APIConnectionError):
        _streamed(client)
    rig.wait(lambda rig: rig.asked()[0].ending == "cut")
    assert rig.asked()[0].pieces == 3


def test_one_who_goes_away_is_noted(rig: WorkerRig) -> None:
    rig.worker.script = lambda _: itertools.repeat("。")
    rig.worker.delay = 0.01
    body = {"model": "kurage", "prompt": "x", "stream": True}
    with httpx.stream("POST", f"{rig.url}/completions", json=body) as response:
        assert next(response.iter_lines()).startswith("data: ")
    rig.wait(lambda rig: rig.asked()[0].ending == "aborted")


def test_a_worker_that_is_stopped_refuses_and_comes_back_on_its_port(
    rig: WorkerRig, client: openai.OpenAI
) -> None:
    url = rig.url
    rig.stop()
    with pytest.raises(openai.APIConnectionError):
        _streamed(client)
    rig.start()
    assert rig.url == url
    assert _streamed(client)


# Before another server


@pytest.fixture
def before(rig: WorkerRig) -> Iterator[WorkerRig]:
    with WorkerRig(upstream=rig.root) as proxy:
        yield proxy


def test_a_rig_before_another_server_hands_everything_on(rig: WorkerRig, before: WorkerRig) -> None:
    rig.worker.api_key = "right"
    with openai.OpenAI(base_url=before.url, api_key="right", max_retries=0) as client:
        assert "".join(text for text, _ in _streamed(client)).endswith("月末")
        assert [model.id for model in client.models.list()] == ["kurage"]
        with pytest.raises(openai.NotFoundError, match="does not exist"):
            client.completions.create(model="other", prompt="x")
    with (
        openai.OpenAI(base_url=before.url, api_key="wrong", max_retries=0) as client,
        pytest.raises(openai.AuthenticationError),
    ):
        _streamed(client)
    counted = httpx.post(f"{before.root}/tokenize", json={"prompt": "四文字だ"}).json()
    assert counted["count"] == 5


@pytest.mark.parametrize("kind", ["close_amid", "reset_amid"])
def test_a_rig_before_another_server_hurts_its_answers(
    rig: WorkerRig, before: WorkerRig, kind: str
) -> None:
    before.fail(kind, after=2)
    with openai.OpenAI(base_url=before.url, api_key="none", max_retries=0) as client:
        with pytest.raises(openai.APIConnectionError):
            _streamed(client)
        assert _streamed(client)
    assert before.asked()[0].ending == "cut"
    # The server behind is left as it would be by a client that goes away.
    rig.wait(lambda rig: rig.asked()[0].ending in {"aborted", "done"})
