"""One request after another until there is an answer, or a clear line why not.

Waits as told, tries again, and shares its waits among all threads, as `connectors.http.Http` does.
Knows nothing of files.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from functools import cached_property
from threading import Lock
from typing import Any, TypeVar

from connectors.drive.api import errors
from connectors.drive.api.tokens import Token
from connectors.drive.api.transport import Answer, Request, Transport
from connectors.http import waits
from connectors.http.errors import FailedError, Failure
from connectors.http.redaction import MARK, Redaction
from connectors.http.slots import Slots

MAX_ANSWER = 200_000_000
"""Bytes of an answer about files; a page of a thousand has some 5 MB."""
_A_PAGE = (
    "a web page in place of what was asked for: is GOOGLE_API_URL right, or is there a login page"
    " or a proxy before the service?"
)
_TOKENS = re.compile(r"\b(?:ya29\.|1//0)[\w.-]+")
"""How Google's access and refresh tokens begin; one that was replaced is still a secret."""

_T = TypeVar("_T")


class Asking:
    """Asks for one account; threads share it. The numbers are those of `connectors.http.Http`."""

    def __init__(
        self,
        transport: Transport,
        *,
        at_once: int,
        attempts: int,
        backoff: float,
        longest_wait: float,
        secrets: tuple[str, ...],
    ) -> None:
        self._transport = transport
        self._attempts, self._backoff = attempts, backoff
        self._longest_wait, self._secrets = longest_wait, (*secrets, *transport.secrets())
        self._pause = waits.Pause()
        self._slots = Slots(at_once)
        self._lock = Lock()
        self._running = 0

    @cached_property
    def _redact(self) -> Redaction:
        return Redaction(self._secrets)  # a key makes it slow to build

    def json(self, api: str, token: Token, request: Any) -> dict[str, Any]:
        """Return the answer to a request of googleapiclient's that is answered by an object.

        Raises GoogleError.
        """

        def work() -> dict[str, Any]:
            try:
                found = request.execute(http=_Carrier(self, api, token, MAX_ANSWER))
            except (ValueError, RecursionError):
                found = None
            # googleapiclient hands over as text what it can not read.
            if not isinstance(found, dict):
                raise FailedError(Failure("the answer is cut short or no JSON", again=True))
            return found

        return self._until_answered(api, token, work)

    def parsed(
        self, api: str, token: Token, request: Any, parse: Callable[[Mapping[str, Any]], _T]
    ) -> _T:
        """Return what `parse` makes of an answer; its ValueError tells of a garbled one."""
        try:
            return parse(self.json(api, token, request))
        except ValueError:
            pass
        raise errors.GoogleError(f"{api}: the answer lacks what was asked for", passing=True)

    def content(
        self, api: str, token: Token, request: Any, *, media_type: str, max_bytes: int
    ) -> bytes:
        """Return the bytes that answer a request of googleapiclient's.

        `media_type`: of what is asked for. Raises GoogleError.
        """
        html = "html" in media_type

        def work() -> bytes:
            found = request.execute(http=_Carrier(self, api, token, max_bytes, html=html))
            return found if isinstance(found, bytes) else b""  # 204: no content

        return self._until_answered(api, token, work)

    def link(self, api: str, token: Token, link: str, *, media_type: str, max_bytes: int) -> bytes:
        """Return the bytes at an address that an answer gave, as `content` does."""
        html = "html" in media_type

        def work() -> bytes:
            url = self._transport.linked(link)
            return _Carrier(self, api, token, max_bytes, html=html).request(url)[1]

        return self._until_answered(api, token, work)

    def close(self) -> None:
        """End every wait, and release the connections when nobody is being answered."""
        self._pause.close()
        with self._lock:
            if not self._running:
                self._transport.close()

    def exchange(self, api: str, token: Token, request: Request) -> Answer:
        """Return one good answer. Raises FailedError for any other."""
        proof = token.headers()
        answer = self._transport.ask(request, proof)
        if answer.status == 401:
            # It may have been taken back before its time: once more, with a new one.
            answer = self._transport.ask(request, token.headers(refused=proof))
        if answer.status >= 300 or answer.status < 200:
            refusal = errors.refused(api, answer.status, answer.body)
            raise FailedError(errors.as_told(refusal, answer.headers, self._longest_wait))
        return answer

    def _until_answered(self, api: str, token: Token, work: Callable[[], _T]) -> _T:
        failed = waited = 0
        while True:
            with self._turn():
                got = self._once(work)
                if not isinstance(got, Failure):
                    self._slots.answered()
                    return got
                failed, waited = failed + (not got.everyone), waited + got.everyone
                wait = got.wait or waits.back_off(failed + waited, self._backoff)
                if got.everyone:
                    # While the slot is held: who gets it next is to know of the wait.
                    self._slots.refused()
                    self._pause.extend(wait)
            if not got.again or failed >= self._attempts or waited >= 2 * self._attempts:
                break
            if not got.everyone:
                self._pause.sleep(wait)
        words = Redaction([token.secret])(self._redact(got.words))
        # Raised outside of any `except`: what a library says of a failure is no context of it.
        raise errors.raised(replace(got, words=_TOKENS.sub(MARK, words)), api, failed + waited)

    def _once(self, work: Callable[[], _T]) -> _T | Failure:
        if self._pause.closed:
            return Failure("the client was closed")
        try:
            return work()
        except FailedError as failed:
            return failed.failure

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """Hold one of the slots, when nobody was told to wait."""
        with self._slots.one():
            self._pause.wait()
            with self._lock:
                self._running += 1
            try:
                yield
            finally:
                with self._lock:
                    self._running -= 1
                    if self._pause.closed and not self._running:
                        self._transport.close()


class _Carrier:
    """What googleapiclient takes for its `httplib2.Http`: one good answer, or FailedError."""

    def __init__(
        self, asking: Asking, api: str, token: Token, max_bytes: int, *, html: bool = False
    ) -> None:
        self._asking, self._api, self._token, self._max_bytes = asking, api, token, max_bytes
        self._html = html

    def request(
        self,
        uri: str,
        method: str = "GET",
        body: str | bytes | None = None,
        headers: Mapping[str, str] | None = None,
        **_: object,
    ) -> tuple[Answer, bytes]:
        """Return the answer and its body."""
        sent = body.encode() if isinstance(body, str) else body
        request = Request(method, uri, headers or {}, sent, self._max_bytes)
        answer = self._asking.exchange(self._api, self._token, request)
        if not self._html and "html" in answer.headers.get("content-type", ""):
            raise FailedError(Failure(_A_PAGE))
        return answer, answer.body
