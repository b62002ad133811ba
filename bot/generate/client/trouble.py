"""What goes wrong at a worker, in words for the administrator. Knows nothing of what follows.

No word of a prompt gets into a message: some servers repeat the request in their errors.
"""

from __future__ import annotations

import math
import time
import traceback
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Any, Literal

import httpx2
import openai
import structlog

Kind = Literal["away", "slow", "late", "busy", "other", "refused"]
"""`away`: may pass, `slow`: no first token in time, `late`: nor in the little time that was left,
`busy`: the worker has too much to do, `other`: refused here, another worker may take it, `refused`:
no worker would."""

_LONGEST = 240
_TELLING = 20
_TELLING_JAPANESE = 6
"""Characters in a row that come from the prompt, rather than being the same words by chance: a
server's own words are English mostly, and six of another script are a word of somebody's."""
_TOO_LONG = ("context length", "context size", "context window", "max_model_len")
"""How vLLM, llama.cpp, OpenAI and others say that something does not fit."""
_ECHOES = ("'input'", '"input"', "input_value", "{'type'", '{"type"')
"""From here on a validation error shows the request itself."""

_log = structlog.get_logger(__name__)


class Trouble(Exception):  # noqa: N818 - it never leaves the package
    """Why a worker does not answer, or not to the end."""

    def __init__(
        self,
        kind: Kind,
        reason: str,
        *,
        status: int | None = None,
        retry_after: float | None = None,
    ) -> None:
        """Keep `reason` (without the worker's name), and what HTTP said, where it was that."""
        super().__init__(reason)
        self.kind = kind
        self.reason = reason
        self.status = status
        self.retry_after = retry_after
        """Seconds, as a busy worker says; None: it does not."""


def of(error: Exception) -> Trouble:
    """Return what an exception of `openai`, of its HTTP client or of a parser means."""
    if isinstance(error, Trouble):
        return error
    if isinstance(error, openai.APIStatusError):
        return _of_status(error)
    return Trouble("away", _of_reading(error))


def _of_reading(error: Exception) -> str:
    if isinstance(error, openai.APITimeoutError | httpx2.TimeoutException):
        return "no connection in time"
    if isinstance(error, openai.APIConnectionError | httpx2.HTTPError):
        return of_connection(error)
    if isinstance(error, UnicodeError):
        return "the answer is no UTF-8"
    if isinstance(error, ValueError | RecursionError):
        return "the answer is no JSON"
    # Perhaps a fault of ours. A whole traceback could show the question, with its local variables.
    frames = traceback.extract_tb(error.__traceback__)
    where = [f"{frame.filename}:{frame.lineno}" for frame in frames[-3:]]
    _log.error("fault", error=type(error).__name__, where=where)
    return f"the answer can not be read ({type(error).__name__})"


def of_connection(error: BaseException) -> str:
    """Return what became of a connection, in the innermost words that say something."""
    words = ""
    inner: BaseException | None = error
    while inner is not None:
        if isinstance(inner, ConnectionRefusedError):
            return "connection refused"
        if isinstance(inner, ConnectionResetError | BrokenPipeError):
            return "connection reset"
        if isinstance(inner, OSError | httpx2.HTTPError):
            words = str(inner) or words
        inner = inner.__cause__ or inner.__context__
    return f"connection failed: {short(words)}" if words else "connection failed"


def of_event(error: object) -> Trouble:
    """Return what an error means that comes as an event of the stream."""
    code = error.get("code") if isinstance(error, Mapping) else None
    said = _said({"error": error}) or "an error"
    if isinstance(code, int) and code in {400, 413, 422}:
        return _refused(code, said)
    return Trouble("away", f"it reports: {said}")


def _of_status(error: openai.APIStatusError) -> Trouble:
    status, said = error.status_code, _said(error.body)
    if status == 429:
        return Trouble("busy", "too many requests (429)", status=status, retry_after=_peace(error))
    if status in {401, 403}:
        reason = f"it refuses the key ({status}): set KURAGE_GENERATOR_API_KEY to one that it knows"
        return Trouble("other", reason, status=status)
    if status == 404:
        return Trouble("other", said or "not found (404)", status=status)
    if 300 <= status < 400:
        to = short(error.response.headers.get("location", ""))
        reason = f"it has moved to {to}: change KURAGE_GENERATOR_URL"
        return Trouble("other", reason, status=status)
    if status >= 500 or status in {408, 409, 425}:
        return Trouble("away", f"status {status}{': ' if said else ''}{said}", status=status)
    return _refused(status, said)


def _refused(status: int, said: str) -> Trouble:
    if any(word in said.lower() for word in _TOO_LONG):
        return Trouble(
            "refused",
            f"prompt and answer are too long for the model ({said}); lower `context`, `max_tokens` "
            "or `max_tokens_long` in [generator] of kurage.toml, or start the worker with a larger "
            "--max-model-len",
            status=status,
        )
    return Trouble("refused", f"it refuses the request ({status}): {said}", status=status)


def _said(body: Any) -> str:
    """Return the message of an error body; nothing of a page that a gateway shows."""
    if isinstance(body, Mapping):
        error = body.get("error", body)
        for key in ("message", "detail", "msg"):
            if isinstance(error, Mapping) and isinstance(error.get(key), str):
                return short(error[key])
        return short(error) if isinstance(error, str) else ""
    return ""


def short(text: str) -> str:
    """Return the beginning of what a server says, in one line, without the request's own words."""
    for echo in _ECHOES:
        text = text.partition(echo)[0]
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1]}…"


def _peace(error: openai.APIStatusError) -> float | None:
    return retry_after(error.response.headers.get("retry-after", ""))


def discreet(reason: str, prompt: str) -> str:
    """Return a reason as far as it does not repeat the prompt."""
    for place in range(len(reason)):
        telling = reason[place : place + _TELLING_JAPANESE]
        if telling.isascii():
            telling = reason[place : place + _TELLING]
            if len(telling) < _TELLING:
                continue
        if telling in prompt:
            return f"{reason[:place]}…"
    return reason


def retry_after(header: str) -> float | None:
    """Return the seconds that `Retry-After` asks for, in either form; None: it says nothing."""
    try:
        seconds = float(header)
    except ValueError:
        return _until(header)
    return max(seconds, 0.0) if math.isfinite(seconds) else None


def _until(date: str) -> float | None:
    try:
        moment = parsedate_to_datetime(date).timestamp()
    except (ValueError, OverflowError):
        return None
    return max(moment - time.time(), 0.0)
