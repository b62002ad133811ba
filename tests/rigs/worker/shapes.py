"""The JSON of vLLM's OpenAI-compatible server, as version 0.32 writes it."""

from __future__ import annotations

import json
import time
import uuid
from http import HTTPStatus
from typing import Any

Json = dict[str, Any]

_NAMES = {
    400: "BadRequestError",
    404: "NotFoundError",
    422: "UnprocessableEntityError",
    500: "InternalServerError",
    503: "ServiceUnavailableError",
}
DONE = b"data: [DONE]\n\n"


def error(status: int, message: str, *, param: str | None = None) -> Json:
    """Return the body of an error."""
    kind = _NAMES.get(status) or HTTPStatus(status).phrase
    return {"error": {"message": message, "type": kind, "param": param, "code": status}}


def models(name: str, max_model_len: int | None) -> Json:
    """Return the list of models, with the length of the context as only vLLM has it."""
    model: Json = {"id": name, "object": "model", "created": int(time.time()), "owned_by": "vllm"}
    model |= {"root": name, "parent": None, "max_model_len": max_model_len, "permission": []}
    if max_model_len is None:
        del model["max_model_len"]
    return {"object": "list", "data": [model]}


def no_model(name: str, served: str) -> Json:
    """Return the error where a model is asked for that is not served."""
    message = f"The model `{name}` does not exist. Valid aliases: {served}."
    return error(404, message, param="model")


def too_long(tokens: int, max_model_len: int) -> Json:
    """Return the error where a prompt does not fit into the context."""
    return error(
        400,
        f"This model's maximum context length is {max_model_len} tokens. However, your prompt "
        f"contains {tokens} input tokens, which exceeds this limit even without any output tokens. "
        "Please reduce the length of the input prompt. "
        f"(parameter=input_tokens, value={tokens})",
        param="input_tokens",
    )


def too_many(max_tokens: int, max_model_len: int) -> Json:
    """Return the error where more is asked for than the whole context has room for."""
    return error(
        400,
        f"max_tokens={max_tokens} cannot be greater than max_model_len={max_model_len}. Please "
        f"request fewer output tokens. (parameter=max_tokens, value={max_tokens})",
        param="max_tokens",
    )


class Chunks:
    """The events of one streamed answer."""

    def __init__(self, model: str, *, chat: bool) -> None:
        self._chat = chat
        self._frame: Json = {
            "id": f"{'chatcmpl' if chat else 'cmpl'}-{uuid.uuid4().hex[:16]}",
            "object": "chat.completion.chunk" if chat else "text_completion",
            "created": int(time.time()),
            "model": model,
        }

    def role(self) -> bytes:
        """Return the first event of a chat, which only names who speaks."""
        choice = {"index": 0, "delta": {"role": "assistant", "content": ""}}
        choice |= {"logprobs": None, "finish_reason": None}
        more = {"prompt_token_ids": None, "prompt_text": None}
        return event(self._frame | {"choices": [choice]} | more)

    def text(self, text: str) -> bytes:
        """Return the event of a piece of text."""
        return event(self._frame | {"choices": [self._choice(text, None)]})

    def last(self, text: str, reason: str) -> bytes:
        """Return the event of the last piece of text, which says why it ends."""
        end = {"choices": [self._choice(text, reason)], "system_fingerprint": "vllm-0.32.0-rig"}
        return event(self._frame | end)

    def whole(self, text: str, reason: str) -> Json:
        """Return the answer where no stream was asked for."""
        said: Json = {"message": {"role": "assistant", "content": text}}
        choice = {"index": 0, "logprobs": None, "finish_reason": reason, "stop_reason": None}
        return self._frame | {
            "object": "chat.completion" if self._chat else "text_completion",
            "choices": [choice | (said if self._chat else {"text": text})],
        }

    def _choice(self, text: str, reason: str | None) -> Json:
        said: Json = {"delta": {"content": text}} if self._chat else {"text": text}
        choice = {"index": 0, **said, "logprobs": None, "finish_reason": reason}
        if not self._chat:
            return choice | {"stop_reason": None, "prompt_token_ids": None, "token_ids": None}
        return choice | ({"stop_reason": None} if reason else {}) | {"token_ids": None}


def event(data: Json) -> bytes:
    """Return a server-sent event."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return f"data: {text}\n\n".encode()
