"""Credentials stay with the host they belong to, and no secret shows in what people see."""

from __future__ import annotations

import base64
import contextlib
import logging
import socket
import ssl
import traceback
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import httpx2
import pytest
import trustme
from http_server import Answer, Server
from hypothesis import given
from hypothesis import strategies as st

from connectors.http import Http, HttpError
from connectors.http.errors import FailedError, of_exception
from connectors.http.redaction import MARK, Redaction
from connectors.http.routes import base_url, redirected

TOKEN = "ATATT3xFfGF0-very+secret/token="
AUTH = ("me@example.co.jp", TOKEN)
ENCODED = base64.b64encode(TOKEN.encode()).decode()
BASIC = base64.b64encode(":".join(AUTH).encode()).decode()


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as server:
        yield server


@pytest.fixture
def other() -> Iterator[Server]:
    """Another host, as far as credentials and cookies go."""
    with Server(host="127.0.0.2") as server:
        yield server


@pytest.fixture
def http(server: Server) -> Iterator[Http]:
    client = Http(f"{server.url}/wiki/", auth=AUTH, backoff=0.001, timeout=5)
    yield client
    client.close()


def moved(to: str, status: int = 302) -> Answer:
    return Answer(status=status, headers={"Location": to})


def test_credentials_go_to_their_own_host(server: Server, http: Http) -> None:
    server.on("/wiki/x", Answer())
    http.get("/x", {"cql": "type = page", "id": ["1", "2"]})
    assert server.seen[0].headers["authorization"] == f"Basic {BASIC}"
    assert server.seen[0].target == "/wiki/x?cql=type+%3D+page&id=1&id=2"


def test_a_redirect_to_another_host_takes_no_credentials_along(
    server: Server, other: Server, http: Http
) -> None:
    """Attachments lie with a service of their own, which must not learn the token."""
    session = {"Set-Cookie": "session=abc; Path=/", "Location": f"{other.url}/file?token=t"}
    server.on("/wiki/x", Answer(status=302, headers=session))
    server.on("/wiki/y", Answer())
    other.on("/file", Answer(b"bytes"))
    assert http.download("x", max_bytes=10) == b"bytes"
    assert "authorization" not in other.seen[0].headers
    assert "cookie" not in other.seen[0].headers
    http.get("y")
    assert server.seen[-1].headers["cookie"] == "session=abc"


def test_another_port_is_another_host(server: Server, http: Http) -> None:
    with Server() as neighbour:
        server.on("/wiki/x", moved(f"{neighbour.url}/x"))
        neighbour.on("/x", Answer())
        http.get("x")
        assert "authorization" not in neighbour.seen[0].headers


def test_back_from_another_host_the_credentials_are_there_again(
    server: Server, other: Server, http: Http
) -> None:
    server.on("/wiki/x", moved(f"{other.url}/there"))
    other.on("/there", moved(f"{server.url}/wiki/home"))
    server.on("/wiki/home", Answer())
    http.get("x")
    assert "authorization" in server.seen[-1].headers
    assert http.requests == 3


def test_a_foreign_address_that_is_asked_for_gets_no_credentials(other: Server, http: Http) -> None:
    other.on("/x", Answer())
    http.get(f"{other.url}/x")
    assert "authorization" not in other.seen[0].headers


def test_redirects_end(server: Server, http: Http) -> None:
    server.on("/wiki/x", moved("/wiki/x", 307))
    with pytest.raises(HttpError, match="redirected more than 5 times"):
        http.get("x")
    assert len(server.seen) == 6


@pytest.mark.parametrize(
    "to", ["file:///etc/passwd", "ftp://example.com/", "http://", "//", "http://[x/"]
)
def test_a_redirect_out_of_the_web_is_not_followed(server: Server, http: Http, to: str) -> None:
    server.on("/wiki/x", moved(to))
    with pytest.raises(HttpError, match="redirect"):
        http.get("x")


@pytest.mark.parametrize(
    "to", ["http://169.254.169.254/latest", "http://localhost/", "http://[::1]/", "http://0.0.0.0/"]
)
def test_a_site_can_not_send_us_into_our_own_machine(to: str) -> None:
    """The metadata of a cloud's machine hold its credentials."""
    url = base_url("http://wiki.example.co.jp")
    with pytest.raises(FailedError, match="redirect leads to this machine"):
        redirected(url, to, url)


@pytest.fixture
def authority(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> trustme.CA:
    """Let the system trust nobody but this authority."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    return authority


def speaking_tls(authority: trustme.CA) -> Server:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    return Server(tls=context)


def test_https_never_becomes_http(server: Server, authority: trustme.CA) -> None:
    with speaking_tls(authority) as safe:
        safe.on("/x", moved(f"{server.url}/x"))
        safe.on("/y", Answer())
        http = Http(safe.url, auth=AUTH)
        with pytest.raises(HttpError, match="from https to http"):
            http.get("x")
        assert http.get("y") == {}
        http.close()
    assert not server.seen


def test_a_certificate_that_nobody_vouches_for_is_said_at_once(authority: trustme.CA) -> None:
    with speaking_tls(trustme.CA()) as unknown:
        http = Http(unknown.url, auth=AUTH)
        with pytest.raises(HttpError, match=r"TLS: the certificate .*SSL_CERT_FILE") as raised:
            http.get("x")
        assert "tries" not in str(raised.value)
        http.close()


def test_https_at_a_port_without_tls_is_said(server: Server) -> None:
    http = Http(server.url.replace("http:", "https:"))
    with pytest.raises(HttpError, match="speaks no TLS"):
        http.get("x")
    http.close()


def test_a_port_where_nothing_listens_is_said() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        http = Http(f"http://127.0.0.1:{unused.getsockname()[1]}", attempts=2, backoff=0.001)
        with pytest.raises(HttpError, match=r"nothing answers; .*after 2 tries") as raised:
            http.get("x")
        assert raised.value.status is None
        http.close()


def test_an_address_that_does_not_answer_is_said() -> None:
    """A port whose queue is full drops what knocks, as a firewall does."""
    with socket.socket() as deaf, contextlib.ExitStack() as queue:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen(0)
        for _ in range(3):
            waiting = queue.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(deaf.getsockname())
        http = Http(f"http://127.0.0.1:{deaf.getsockname()[1]}", attempts=1, timeout=0.1)
        with pytest.raises(HttpError, match="it can not be reached"):
            http.get("x")
        http.close()


def test_a_name_that_does_not_exist_is_said() -> None:
    """The resolver's own exception, made without asking a name server."""
    with pytest.raises(socket.gaierror) as unresolved:
        socket.getaddrinfo("wiki.example", 443, flags=socket.AI_NUMERICHOST)
    error = httpx2.ConnectError("…")
    error.__cause__ = unresolved.value
    failure = of_exception(error, "wiki.example", timeout=1, proxied=False)
    assert failure.words.startswith("the name wiki.example can not be resolved")
    assert failure.again


@pytest.fixture
def proxied(monkeypatch: pytest.MonkeyPatch, server: Server) -> Server:
    for name in ("http_proxy", "HTTP_PROXY"):
        monkeypatch.setenv(name, server.url.replace("//", "//user:proxy%20secret@"))
    for name in ("no_proxy", "NO_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    return server


def test_the_proxy_of_the_environment_is_used_but_not_for_loopback(
    proxied: Server, other: Server
) -> None:
    there = "http://wiki.example.co.jp/x"
    proxied.on(there, Answer(b'{"by": "proxy"}'))
    other.on("/x", Answer(b'{"by": "itself"}'))
    http = Http("http://wiki.example.co.jp", auth=AUTH)
    assert http.get("x") == {"by": "proxy"}
    assert http.get(f"{other.url}/x") == {"by": "itself"}
    assert [seen.target for seen in proxied.seen] == [there]
    login = base64.b64encode(b"user:proxy secret").decode()
    assert proxied.seen[0].headers["proxy-authorization"] == f"Basic {login}"
    assert "proxy-authorization" not in other.seen[0].headers
    http.close()


def test_hosts_that_the_environment_excepts_are_asked_directly(
    proxied: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("no_proxy", "example.co.jp")
    http = Http("http://wiki.example.co.jp")
    assert http._routes.proxy(base_url("http://wiki.example.co.jp")) is None
    http.close()


def test_what_a_proxy_repeats_of_itself_is_redacted(proxied: Server) -> None:
    said = b'{"message": "user:proxy secret and proxy%20secret are wrong"}'
    proxied.on("http://wiki.example.co.jp/x", Answer(said, status=407))
    http = Http("http://wiki.example.co.jp")
    with pytest.raises(HttpError, match="407: the proxy") as raised:
        http.get("x")
    assert "secret" not in str(raised.value)
    http.close()


def test_a_proxy_that_is_none_of_http_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY"):
        monkeypatch.setenv(name, "socks9://127.0.0.1:1")
    http = Http("http://wiki.example.co.jp")
    with pytest.raises(HttpError, match="proxy that is none of HTTP"):
        http.get("x")
    http.close()


@pytest.mark.parametrize(
    ("answer", "hint"),
    [
        (Answer(status=401), "expired, revoked or mistyped"),
        (Answer(b'{"message": "Unauthorized; scope does not match"}', 401), "lacks a scope"),
        (Answer(status=403), "lacks a permission"),
        (Answer(status=403, headers={"X-Why": "CAPTCHA_CHALLENGE"}), "log in with it once"),
        (Answer(status=404), "check the address"),
        (Answer(status=429), "too many requests"),
        (Answer(b"<html>", headers={"Content-Type": "text/html"}), "a web page in place of data"),
        (Answer(headers={"Content-Encoding": "br"}), "compressed in a way"),
    ],
)
def test_every_refusal_says_what_to_change_in_one_line(
    server: Server, http: Http, answer: Answer, hint: str
) -> None:
    server.on("/wiki/x", answer)
    with pytest.raises(HttpError, match=hint) as raised:
        http.get("x")
    assert "\n" not in str(raised.value)
    assert "/wiki/x" in str(raised.value)


def test_the_server_is_quoted_in_one_short_line(server: Server, http: Http) -> None:
    said = '{"statusCode": 400, "message": "Could not\\nparse cql\\u0007: ' + "x" * 10_000 + '"}'
    server.on("/wiki/x", Answer(said.encode(), status=400))
    with pytest.raises(HttpError, match="the server says: Could not parse cql") as raised:
        http.get("x")
    assert len(str(raised.value)) < 400
    assert str(raised.value).isprintable()


def test_the_errors_of_the_second_version_of_the_api_are_quoted(server: Server, http: Http) -> None:
    said = b'{"errors": [{"status": 400, "code": "X", "title": "Bad cursor", "detail": null}]}'
    server.on("/wiki/x", Answer(said, status=400))
    with pytest.raises(HttpError, match="Bad cursor"):
        http.get("x")


def test_a_download_that_fails_does_not_name_the_file(server: Server, http: Http) -> None:
    with pytest.raises(HttpError) as raised:
        http.download("x/salaries.xlsx?token=abc", max_bytes=1)
    assert "salaries" not in str(raised.value)


@pytest.mark.parametrize("token", ["two\nlines", "日本語"])
def test_credentials_that_can_not_be_sent_are_said(token: str) -> None:
    with pytest.raises(HttpError, match="copy them again") as raised:
        Http("https://example.com", headers={"Authorization": f"Bearer {token}"})
    assert token not in str(raised.value)


@pytest.mark.parametrize(
    "base", ["example.com", "ftp://x", "https://", "https://me:pw@x", "http://["]
)
def test_an_address_that_is_none_is_said(base: str) -> None:
    with pytest.raises(HttpError, match="an address must"):
        Http(base)


@pytest.mark.parametrize(
    "fault",
    [
        Answer(status=401, body=f'{{"message": "bad Basic {BASIC} of {TOKEN}"}}'.encode()),
        Answer(status=500, body=f'{{"message": "{quote(TOKEN)}"}}'.encode()),
        Answer(status=500, body=f'{{"errors": [{{"detail": "{ENCODED}"}}]}}'.encode()),
        Answer(status=302, headers={"Location": f"/{quote(TOKEN)}"}),
        Answer(status=302, headers={"Location": f"http://x:{TOKEN}@[/"}),
        Answer(b"half", length=100),
        Answer(reset=True),
    ],
)  # fmt: skip
def test_no_secret_shows_whatever_the_server_repeats(
    server: Server, http: Http, fault: Answer, caplog: pytest.LogCaptureFixture
) -> None:
    """Neither in the message, nor in what led to it, nor in a log of any level."""
    caplog.set_level(logging.INFO)
    server.on("/wiki/x", fault)
    with pytest.raises(HttpError) as raised:
        http.get("x", {"q": TOKEN})
    trace = "".join(traceback.format_exception(raised.value))
    shown = [str(raised.value), repr(raised.value), repr(http), trace, caplog.text]
    assert raised.value.__cause__ is None
    assert raised.value.__context__ is None
    for secret in (TOKEN, quote(TOKEN), quote(TOKEN, safe=""), BASIC):
        assert not any(secret in text for text in shown)


SECRETS = st.text(st.characters(exclude_characters=MARK, exclude_categories=["Cs"]), min_size=4)


@given(st.lists(SECRETS, min_size=1, max_size=3), st.text(), st.text())
def test_redaction_leaves_no_secret(secrets: list[str], before: str, after: str) -> None:
    """As it is, quoted for an address, or in base64; also between other text."""
    redact = Redaction(secrets)
    for secret in secrets:
        encoded = base64.b64encode(secret.encode()).decode()
        for form in (secret, quote(secret), quote(secret, safe=""), encoded):
            shown = redact(f"{before} {form} {after}")
            assert form not in shown.replace(before, "", 1).replace(after, "", 1)


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_redaction_leaves_other_text_as_it_is(text: str) -> None:
    if "://" not in text and "asic" not in text.lower() and "earer" not in text.lower():
        assert Redaction(["a-secret-that-is-not-there"])(text) == text


@pytest.mark.parametrize(
    "text", ["Bearer abcdef", "basic YTpi", "https://me:secret@example.com/", "Bearer  x.y-z_1="]
)
def test_what_looks_like_credentials_is_taken_out(text: str) -> None:
    shown = Redaction([])(text)
    assert MARK in shown
    assert not any(part in shown for part in ("abcdef", "YTpi", "secret", "x.y"))
