"""One worker: its connections, what it serves, and what goes wrong there. Retries nothing."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import httpx2
from openai import AsyncOpenAI, AsyncStream, NotFoundError, Omit

from bot.generate.client import trouble
from bot.generate.client.breaker import Breaker
from bot.generate.client.trouble import Trouble
from bot.generate.model import Prompt, Sampling

_CONNECT = 5.0
"""Seconds until a connection stands; a host that drops what is sent to it must not cost more."""
_ASIDE = 2.0
"""Seconds for what is asked beside an answer: health, models, tokens. It takes milliseconds."""
_SPARE = 8
"""Connections for that, beside those that answer."""
_KEPT = 4.0
"""Seconds an idle connection is kept: vLLM's server cuts after 5, perhaps under a question."""
_NAMED = 5
"""Models of a server that are named in an error; some have hundreds."""
_TOKENIZER_REST = 30.0
"""Seconds until a tokenizer that failed is asked again: an estimate must do meanwhile."""


_NO_KEY = {"Authorization": Omit()}


class _OpenAI(AsyncOpenAI):
    """`openai`'s client, which says nothing by itself.

    It would send what it finds in variables that are meant for somebody else's server, and what
    machine this is.
    """

    @property
    def default_headers(self) -> dict[str, str | Omit]:
        return {"Content-Type": "application/json", "User-Agent": "kurage-bot"}


@dataclass(frozen=True, slots=True)
class Served:
    """What a worker serves."""

    models: tuple[str, ...]
    """Names, the first one its own."""
    contexts: Mapping[str, int]
    """Tokens that prompt and answer may have together, by name; only vLLM tells."""


class Worker:
    """A worker, for one event loop."""

    def __init__(
        self, url: str, *, model: str | None, api_key: str | None, concurrency: int, timeout: float
    ) -> None:
        """Prepare one; nothing is connected. `timeout` is that of a whole answer, in seconds."""
        parts = urlsplit(url)
        self.name = _name(parts.hostname or "", parts.port, parts.scheme)
        """Host and port."""
        self.url = urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))
        """Without a password."""
        self.breaker = Breaker()
        self.running = 0
        """Answers that it is asked for at the moment."""
        self.concurrency = concurrency
        self.busy_until = 0.0
        """Of the event loop's clock: before it the worker wants to be asked nothing."""
        self.configured = model
        """The name that is asked for; None: the first one that it serves."""
        base = url.rstrip("/")
        self._root = base.removesuffix("/v1")
        self._key = {"Authorization": f"Bearer {api_key}"} if api_key else {}
        self._http = _http(parts.hostname or "", concurrency)
        self._openai = _OpenAI(
            base_url=base,
            api_key=api_key or "none",
            max_retries=0,
            http_client=self._http,
            timeout=httpx2.Timeout(timeout, connect=min(_CONNECT, timeout)),
        )
        self._served: Served | None = None
        self._listing: asyncio.Task[Served] | None = None
        self._tokenizer_from = 0.0

    async def close(self) -> None:
        """Close the connections."""
        if self._listing:
            self._listing.cancel()
        await self._openai.close()

    @property
    def room(self) -> bool:
        """Whether it takes one more question."""
        return self.running < self.concurrency

    def forget(self) -> None:
        """Know nothing of what it serves: it may be another server now."""
        self._served = None
        self._tokenizer_from = 0.0

    # What it serves

    async def model(self) -> str:
        """Return the name to ask for. Raises `Trouble`."""
        return self.configured or (await self.served()).models[0]

    async def context(self) -> int | None:
        """Return how many tokens the model has room for; None: it does not tell. `Trouble`."""
        served = await self.served()
        return served.contexts.get(self.configured or served.models[0])

    async def served(self) -> Served:
        """Return what it serves, asked once, whoever asks meanwhile. Raises `Trouble`."""
        if self._served is None:
            if self._listing is None or self._listing.done():
                self._listing = asyncio.create_task(self._list())
                self._listing.add_done_callback(_seen)
            self._served = await asyncio.shield(self._listing)
        return self._served

    async def wrong_model(self) -> str | None:
        """Return what is wrong with the configured model; None: it is served. `Trouble`."""
        served = await self.served()
        if self.configured is None or self.configured in served.models:
            return None
        return (
            f"it does not serve {self.configured}: set KURAGE_GENERATOR_MODEL to one that it has "
            f"({', '.join(served.models[:_NAMED])})"
        )

    async def _list(self) -> Served:
        try:
            async with asyncio.timeout(_ASIDE):
                page = await self._openai.get(
                    "/models", cast_to=object, options={"headers": self._key or _NO_KEY}
                )
        except TimeoutError:
            raise Trouble("away", f"no list of models within {_ASIDE:g} s") from None
        # Whatever a server sends, nothing else may come of it.
        except Exception as error:
            raise trouble.of(error) from error
        listed = page.get("data") if isinstance(page, Mapping) else None
        entries = listed if isinstance(listed, list) else []
        known = [one for one in entries if isinstance(one, Mapping) and _is_name(one.get("id"))]
        if not known:
            raise Trouble("other", "its list of models names none")
        contexts = {one["id"]: one.get("max_model_len") for one in known}
        return Served(
            tuple(contexts), {name: n for name, n in contexts.items() if isinstance(n, int)}
        )

    # What it is asked

    async def ask(self, prompt: Prompt, sampling: Sampling) -> tuple[httpx2.Response, str]:
        """Return an answer that is still to be read, and the model that gives it.

        Closing it ends the generation. Raises `Trouble`, and what `openai` raises.
        """
        model = await self.model()
        try:
            response = await self._ask(model, prompt, sampling)
        except NotFoundError as error:
            raise await self._not_found(error, model, prompt) from error
        kind = response.headers.get("content-type", "").partition(";")[0].strip()
        if kind != "text/event-stream":
            await response.aclose()
            raise Trouble("away", f"it answers with {kind or 'nothing'} instead of a stream")
        return response, model

    async def _ask(self, model: str, prompt: Prompt, sampling: Sampling) -> httpx2.Response:
        response = await self._openai.post(
            _path(prompt),
            cast_to=httpx2.Response,
            body=_body(model, prompt, sampling),
            options={"headers": self._key or _NO_KEY},
            stream=True,
            stream_cls=AsyncStream[object],
        )
        assert isinstance(response, httpx2.Response)  # noqa: S101 - by `cast_to`
        return response

    async def _not_found(self, error: NotFoundError, model: str, prompt: Prompt) -> Trouble:
        """Return what is not there: the model, or the whole endpoint."""
        self.forget()
        if model not in (await self.served()).models:
            if self.configured is None:
                return Trouble("away", "it serves another model than a moment ago")
            return Trouble("other", await self.wrong_model() or "", status=404)
        said = trouble.of(error).reason
        where = f"{self.url.rstrip('/')}{_path(prompt)}"
        return Trouble(
            "other",
            f"{where} is not there ({said}): does KURAGE_GENERATOR_URL end in /v1?",
            status=404,
        )

    async def tokens(self, prompt: Prompt) -> int | None:
        """Return how many tokens a prompt has; None where this server does not count them.

        Raises `Trouble` where it can not be reached.
        """
        now = asyncio.get_running_loop().time()
        if now < self._tokenizer_from:
            return None
        self._tokenizer_from = now + _TOKENIZER_REST
        try:
            async with asyncio.timeout(_ASIDE):
                response = await self._post("/tokenize", _counted(self.configured, prompt))
                count = _count(response)
        except TimeoutError:
            raise Trouble("away", f"no tokens counted within {_ASIDE:g} s") from None
        except httpx2.HTTPError as error:
            raise Trouble("away", f"no tokens counted: {type(error).__name__}") from error
        if response.status_code < 500:
            self._tokenizer_from = 0.0 if count is not None else math.inf
        return count

    async def _post(self, path: str, body: Mapping[str, Any]) -> httpx2.Response:
        return await self._http.post(f"{self._root}{path}", json=body, headers=self._key)

    async def healthy(self) -> str | None:
        """Return why it is not healthy; None: it is."""
        try:
            async with asyncio.timeout(_ASIDE):
                response = await self._http.get(f"{self._root}/health", headers=self._key)
                if response.status_code not in {404, 405, 501}:
                    return None if response.is_success else f"status {response.status_code}"
            await self._list()
        except TimeoutError:
            return f"no answer within {_ASIDE:g} s"
        except httpx2.HTTPError as error:
            return trouble.of_connection(error)
        except Trouble as error:
            return error.reason if error.kind == "away" else None
        return None


def _name(host: str, port: int | None, scheme: str) -> str:
    shown = f"[{host}]" if ":" in host else host
    return f"{shown}:{port or (443 if scheme == 'https' else 80)}"


def _http(host: str, concurrency: int) -> httpx2.AsyncClient:
    """Return the connections to a host; by a proxy of the environment, unless it is this machine.

    Exceptions from the proxy (`NO_PROXY`) are the HTTP client's own reading of it.
    """
    connections = concurrency + _SPARE
    return httpx2.AsyncClient(
        limits=httpx2.Limits(
            max_connections=connections,
            max_keepalive_connections=connections,
            keepalive_expiry=_KEPT,
        ),
        timeout=httpx2.Timeout(_ASIDE),
        trust_env=not _is_loopback(host),
        follow_redirects=False,
    )


def _is_loopback(host: str) -> bool:
    if host.lower() == "localhost" or host.lower().endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _seen(listing: asyncio.Task[Served]) -> None:
    """Have no complaint where everybody who asked has gone meanwhile."""
    if not listing.cancelled():
        listing.exception()


def _path(prompt: Prompt) -> str:
    return "/chat/completions" if prompt.text is None else "/completions"


def _is_name(value: object) -> bool:
    return isinstance(value, str) and bool(value)


def _body(model: str, prompt: Prompt, sampling: Sampling) -> dict[str, Any]:
    body: dict[str, Any] = {
        "model": model,
        **_said(prompt),
        "max_tokens": sampling.max_tokens,
        "temperature": sampling.temperature,
        "top_p": sampling.top_p,
        "stream": True,
    }
    if sampling.stop:
        body["stop"] = list(sampling.stop)
    if sampling.seed is not None:
        body["seed"] = sampling.seed
    return body


def _said(prompt: Prompt) -> dict[str, Any]:
    if prompt.text is not None:
        return {"prompt": prompt.text}
    return {"messages": [{"role": one.role, "content": one.text} for one in prompt.messages]}


def _counted(model: str | None, prompt: Prompt) -> dict[str, Any]:
    """Return what vLLM's `/tokenize` is asked, so that it counts as it does before it generates.

    A text gets the model's special tokens (BOS) there, too; a chat those of its template.
    """
    body = _said(prompt)
    body |= {"add_special_tokens": True} if "prompt" in body else {"add_generation_prompt": True}
    return body if model is None else {"model": model, **body}


def _count(response: httpx2.Response) -> int | None:
    """Return the count of an answer; None where it has none, as that of another kind of server."""
    if not response.is_success:
        return None
    try:
        said = response.json()
    except (ValueError, RecursionError):
        return None
    count = said.get("count") if isinstance(said, Mapping) else None
    return count if isinstance(count, int) and not isinstance(count, bool) and count > 0 else None
