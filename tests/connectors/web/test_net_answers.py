"""Whatever a server sends, and whatever an address is: an answer, or one line of why not."""

from __future__ import annotations

import gzip
import socket
import threading
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.http import HttpError
from connectors.web.net import Web
from connectors.web.values import Answer

FUZZED = settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


class Raw:
    """Sends the same bytes to everybody who asks, and hangs up."""

    def __init__(self) -> None:
        self.says = b""
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}/"

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with connection:
                try:
                    connection.recv(65_536)
                    connection.sendall(self.says)
                except OSError:
                    continue

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()


@pytest.fixture(scope="module")
def raw() -> Iterator[Raw]:
    raw = Raw()
    yield raw
    raw.close()


@pytest.fixture(scope="module")
def web(raw: Raw) -> Iterator[Web]:
    web = Web(
        login_hosts=[raw.url],
        private_hosts=["127.0.0.1"],
        delay=0,
        attempts=1,
        backoff=0.001,
        timeout=2,
        longest_wait=10**12,
    )
    yield web
    web.close()


def outcome(web: Web, url: str) -> Answer | HttpError:
    """Return what came of asking: nothing else may come."""
    try:
        return web.get(url, max_bytes=10_000, follow=lambda _: False)
    except HttpError as error:
        failed = error
    assert "\n" not in str(failed)
    assert len(str(failed)) < 600
    return failed


_STATUS = st.sampled_from([b"200", b"204", b"206", b"301", b"304", b"404", b"500", b"999", b"x"])
_FIELD = st.sampled_from([
    b"Content-Length: 5", b"Content-Length: " + b"9" * 19, b"Content-Length: -1",
    b"Content-Length: 5, 6", b"Content-Encoding: gzip", b"Content-Encoding: br, gzip",
    b"Transfer-Encoding: chunked", b"Location: http://[", b"Location: \xff\xfe", b"Location:",
    b"Location: //\xe9\xa1\x8c/", b'Link: <x>; rel="canonical', b"Link: >;<,,;=", b"Link: <a>;rel",
    b"Date: Sun, 99 Foo 99999", b"Date: Sun, 01 Mar 0000 00:00:00 GMT", b"X-Robots-Tag: \xe9",
    b"Content-Type: text/html; charset=\x80", b"ETag: \xff", b"Set-Cookie: =;;", b"no colon",
    b"Set-Cookie: a=b; Expires=Sun, 99 Foo; Max-Age=x; Domain=..", b": empty", b"\x00: nul",
])  # fmt: skip


@given(
    status=_STATUS,
    fields=st.lists(_FIELD, max_size=5),
    body=st.binary(max_size=60)
    | st.just(gzip.compress(b"x" * 20_000))
    | st.just(b"5\r\nhello\r\n"),
)
@FUZZED
def test_no_answer_breaks_it(
    raw: Raw, web: Web, status: bytes, fields: list[bytes], body: bytes
) -> None:
    raw.says = b"\r\n".join([b"HTTP/1.1 " + status + b" X", *fields, b"", body])
    got = outcome(web, raw.url)
    if isinstance(got, Answer):
        assert got.body == b"" or got.status >= 200
        assert len(got.body) <= 10_000 or got.status >= 400


@given(st.binary(max_size=200))
@FUZZED
def test_bytes_that_are_no_answer_are_an_error(raw: Raw, web: Web, says: bytes) -> None:
    raw.says = says
    assert isinstance(outcome(web, raw.url), HttpError)


@pytest.mark.parametrize("value", ["x", "-5", "1e5", "9" * 400, "Sun, 99 Foo 2026", "　", "0x10"])
def test_a_time_to_wait_that_is_none_is_none(raw: Raw, web: Web, value: str) -> None:
    head = f"HTTP/1.1 503 X\r\nContent-Length: 0\r\nRetry-After: {value}\r\n\r\n"
    raw.says = head.encode()
    got = outcome(web, raw.url)
    assert isinstance(got, Answer)
    assert got.status == 503


def test_headers_without_end_are_an_error(raw: Raw, web: Web) -> None:
    raw.says = b"HTTP/1.1 200 X\r\n" + b"".join(b"X-%d: y\r\n" % n for n in range(20_000))
    assert isinstance(outcome(web, raw.url), HttpError)


@given(st.text(max_size=40) | st.text("htps:/[]@%.#?&0aé題\ud800\x00 \\", max_size=25))
@FUZZED
def test_no_address_breaks_it(raw: Raw, web: Web, text: str) -> None:
    """With what follows the host of a site, and as a whole."""
    raw.says = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
    assert outcome(web, raw.url + text.replace("\\", "/"))
    if not text.lower().lstrip().startswith("http"):
        assert isinstance(outcome(web, text), HttpError)
    for ask in (web.may_fetch, web.sitemaps, web.pace):
        try:
            ask(text)
        except HttpError as error:
            assert "\n" not in str(error)  # noqa: PT017 - both ends are right
