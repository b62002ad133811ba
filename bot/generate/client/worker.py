"""One worker: its connections, what it serves, and what goes wrong there. Retries nothing."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

import httpx2
from openai import AsyncStream, BadRequestError, NotFoundError, Omit

from bot.generate.client import connection, request, trouble
from bot.generate.client.breaker import Breaker
from bot.generate.client.connection import ASIDE
from bot.generate.client.request import Dialect
from bot.generate.client.trouble import Trouble
from bot.generate.model import Prompt, Sampling

_NAMED = 5
"""Models of a server that are named in an error; some have hundreds."""
_TOKENIZER_REST = 30.0
"""Seconds until a tokenizer that failed is asked again: an estimate must do meanwhile."""


_NO_KEY = {"Authorization": Omit()}


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
        self.name = connection.name(parts)
        """Host and port."""
        self.url = connection.public(parts)
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
        self._http = connection.connections(parts.hostname or "", concurrency)
        self._openai = connection.connected(base, self._http, api_key, timeout)
        self._dialect = Dialect()
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
            async with asyncio.timeout(ASIDE):
                page = await self._openai.get(
                    "/models", cast_to=object, options={"headers": self._key or _NO_KEY}
                )
        except TimeoutError:
            raise Trouble("away", f"no list of models within {ASIDE:g} s") from None
        except NotFoundError as error:
            raise self._no_such_path("/models") from error
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
            raise await self._not_found(model, prompt) from error
        kind = response.headers.get("content-type", "").partition(";")[0].strip()
        if kind != "text/event-stream":
            await response.aclose()
            raise Trouble("away", f"it answers with {kind or 'nothing'} instead of a stream")
        return response, model

    async def _ask(self, model: str, prompt: Prompt, sampling: Sampling) -> httpx2.Response:
        body = request.body(model, prompt, sampling)
        while True:
            try:
                response = await self._openai.post(
                    request.path(prompt),
                    cast_to=httpx2.Response,
                    body=self._dialect.spoken(body),
                    options={"headers": self._key or _NO_KEY},
                    stream=True,
                    stream_cls=AsyncStream[object],
                )
            except BadRequestError as error:
                if not self._dialect.learned(error.code, error.param):
                    raise
            else:
                assert isinstance(response, httpx2.Response)  # noqa: S101 - by `cast_to`
                return response

    async def _not_found(self, model: str, prompt: Prompt) -> Trouble:
        """Return what is not there: the model, or the whole endpoint."""
        self.forget()
        if model in (await self.served()).models:
            return self._no_such_path(request.path(prompt))
        if self.configured is None:
            return Trouble("away", "it serves another model than a moment ago")
        return Trouble("other", await self.wrong_model() or "", status=404)

    def _no_such_path(self, path: str) -> Trouble:
        where = f"{self.url.rstrip('/')}{path}"
        reason = f"there is no {where}: does KURAGE_GENERATOR_URL end in /v1?"
        return Trouble("other", reason, status=404)

    async def tokens(self, prompt: Prompt) -> int | None:
        """Return how many tokens a prompt has; None where this server does not count them.

        Raises `Trouble` where it can not be reached.
        """
        now = asyncio.get_running_loop().time()
        if now < self._tokenizer_from:
            return None
        try:
            async with asyncio.timeout(ASIDE):
                response = await self._http.post(
                    f"{self._root}/tokenize",
                    json=request.counted(self.configured, prompt),
                    headers=self._key,
                )
        except (TimeoutError, httpx2.HTTPError) as error:
            self._tokenizer_from = now + _TOKENIZER_REST
            raise Trouble("away", f"no tokens counted ({type(error).__name__})") from error
        count = request.count(response)
        if count is None:
            broken = response.status_code >= 500 and response.status_code != 501
            self._tokenizer_from = now + _TOKENIZER_REST if broken else math.inf
        return count

    async def healthy(self) -> str | None:
        """Return why it is not healthy; None: it is."""
        try:
            async with asyncio.timeout(ASIDE):
                response = await self._http.get(f"{self._root}/health", headers=self._key)
            if response.is_success:
                return None
            if response.is_server_error and response.status_code != 501:
                return f"status {response.status_code}"
            await self._list()
        except TimeoutError:
            return f"no answer within {ASIDE:g} s"
        except httpx2.HTTPError as error:
            return trouble.of_connection(error)
        except Trouble as error:
            return error.reason if error.kind == "away" else None
        return None


def _seen(listing: asyncio.Task[Served]) -> None:
    """Have no complaint where everybody who asked has gone meanwhile."""
    if not listing.cancelled():
        listing.exception()


def _is_name(value: object) -> bool:
    return isinstance(value, str) and bool(value)
