"""The loopback worker answers as the real server does: same statuses, same shapes, same order.

What other tests prove with the rig holds for vLLM as far as this does.
"""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
from rigs.vllm_server import VllmServer
from rigs.worker import WorkerRig

_CHAT = {"messages": [{"role": "user", "content": "<<Chunk 1>>\n黒字。\n\n<<Question>>\n何？"}]}
_TEXT = {"prompt": "<<Chunk 1>>\n黒字。\n\n<<Question>>\n何？"}
_GREEDY = {"model": "kurage", "temperature": 0, "max_tokens": 6, "stream": True}
_CONTEXT = 2048
_LONG = {"permission", "tokens"}
"""What nothing reads, and has its own length each time."""


def _shape(value: Any) -> Any:
    """Return what a value is made of."""
    if isinstance(value, dict):
        return {key: _shape(inner) for key, inner in value.items() if key not in _LONG}
    if isinstance(value, list):
        return [_shape(inner) for inner in value]
    return type(value).__name__


def _events(root: str, path: str, body: dict[str, Any]) -> tuple[str, list[Any]]:
    """Return the media type of a stream, and its events in order, equal ones in a row once."""
    with httpx.stream("POST", f"{root}{path}", json=body, timeout=60) as response:
        lines = [line.removeprefix("data: ") for line in response.iter_lines() if line]
    events: list[Any] = []
    for line in lines:
        event = line if line == "[DONE]" else _shape(json.loads(line))
        if not events or events[-1] != event:
            events.append(event)
    return response.headers["content-type"], events


@pytest.mark.parametrize(
    ("path", "said"), [("/v1/chat/completions", _CHAT), ("/v1/completions", _TEXT)]
)
def test_streams_are_alike(kurage_worker: VllmServer, path: str, said: dict[str, Any]) -> None:
    with WorkerRig(lambda _: "<<References>>", max_model_len=_CONTEXT, piece=1) as rig:
        body = _GREEDY | said
        assert _events(rig.root, path, body) == _events(kurage_worker.origin, path, body)


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/health", None),
        ("GET", "/v1/models", None),
        ("POST", "/tokenize", _TEXT),
        ("POST", "/tokenize", _CHAT | {"add_generation_prompt": True}),
        ("POST", "/v1/chat/completions", _CHAT | {"model": "other", "stream": True}),
        ("POST", "/v1/completions", _TEXT | {"model": "other", "stream": True}),
        ("POST", "/v1/nowhere", {}),
    ],
)
def test_other_answers_are_alike(
    kurage_worker: VllmServer, method: str, path: str, body: dict[str, Any] | None
) -> None:
    with WorkerRig(max_model_len=_CONTEXT) as rig:
        ours, real = (
            httpx.request(method, f"{root}{path}", json=body, timeout=60)
            for root in (rig.root, kurage_worker.origin)
        )
    assert ours.status_code == real.status_code
    if "model" in (body or {}):
        assert ours.json() == real.json()
    elif real.content:
        assert _shape(ours.json()) == _shape(real.json())


@pytest.mark.parametrize("path", ["/v1/chat/completions", "/v1/completions"])
def test_a_prompt_that_does_not_fit_is_refused_in_the_same_words(
    kurage_worker: VllmServer, path: str
) -> None:
    """But for the count: the tokens are not the same."""
    long = "黒字。" * _CONTEXT
    chat = {"messages": [{"role": "user", "content": long}]}
    said = chat if path == "/v1/chat/completions" else {"prompt": long}
    with WorkerRig(max_model_len=_CONTEXT) as rig:
        ours, real = (
            httpx.post(f"{root}{path}", json=_GREEDY | said, timeout=60)
            for root in (rig.root, kurage_worker.origin)
        )
    assert ours.status_code == real.status_code == 400
    beginning = f"This model's maximum context length is {_CONTEXT} tokens. However, your prompt"
    for answer in (ours, real):
        assert answer.json()["error"]["message"].startswith(beginning)
        assert answer.json()["error"]["type"] == "BadRequestError"


def test_more_than_the_context_is_refused_and_less_is_cut_without_a_word(
    kurage_worker: VllmServer,
) -> None:
    body = _GREEDY | _TEXT | {"stop": ["<"]}
    with WorkerRig(max_model_len=_CONTEXT) as rig:
        for wanted in (_CONTEXT, _CONTEXT + 1):
            ours, real = (
                httpx.post(f"{root}/v1/completions", json=body | {"max_tokens": wanted}, timeout=60)
                for root in (rig.root, kurage_worker.origin)
            )
            assert ours.status_code == real.status_code
        assert ours.json() == real.json()
        assert real.status_code == 400
