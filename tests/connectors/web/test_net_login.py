"""Who we are is told to the origins of the login alone; TLS, proxies and what they may learn."""

from __future__ import annotations

import base64
import socket
import ssl
import traceback
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
import trustme
from http_server import Answer, Server
from rigs.website import WebsiteRig

from connectors.http import HttpError
from connectors.web.net import Login, Web

COOKIE = "session=Abc123secret; theme=dark"
HEADER = "X-Api-Key: k3y-Secret-77"
BASIC = ("sato", "p4ss:Secret")
LOGIN = Login(cookie=COOKIE, header=HEADER, basic=BASIC)
ENCODED = base64.b64encode(b"sato:p4ss:Secret").decode()


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as server:
        yield server


@pytest.fixture
def other() -> Iterator[Server]:
    """Another host; its port may be asked, its origin is none of the login's."""
    with Server(host="127.0.0.2") as server:
        yield server


@pytest.fixture
def web(server: Server, other: Server) -> Iterator[Web]:
    client = behind(server, also=other)
    yield client
    client.close()


def behind(server: Server, *, also: Server | None = None, login: Login | None = LOGIN) -> Web:
    ports = [also.url.replace("127.0.0.2", "127.0.0.9")] if also else []
    return Web(
        login=login,
        login_hosts=[f"{server.url}/docs/", *ports],
        private_hosts=["127.0.0.1", "127.0.0.2"],
        delay=0,
        backoff=0.001,
        timeout=5,
    )


def moved(to: str, **headers: str) -> Answer:
    return Answer(status=302, headers={"Location": to, **headers})


def assert_unknown(server: Server) -> None:
    """Check that a host learned nothing of us."""
    assert server.seen
    for seen in server.seen:
        said = " ".join(f"{name}: {value}" for name, value in seen.headers.items())
        assert "secret" not in said.lower()
        assert not {"cookie", "authorization", "x-api-key", "referer"} & set(seen.headers)


# The login


def test_the_login_goes_to_its_origin_wherever_the_page_is(server: Server, web: Web) -> None:
    server.on("/elsewhere", Answer())
    web.get(f"{server.url}/elsewhere", max_bytes=10)
    web.may_fetch(f"{server.url}/x")
    for seen in server.seen:
        assert seen.headers["cookie"] == COOKIE
        assert seen.headers["x-api-key"] == "k3y-Secret-77"
        assert seen.headers["authorization"] == f"Basic {ENCODED}"


def test_nobody_else_learns_it_by_link_redirect_or_robots(
    server: Server, other: Server, web: Web
) -> None:
    other.on("/", Answer())
    web.get(f"{other.url}/", max_bytes=10)
    server.on("/away", moved(f"{other.url}/?from=us"))
    web.get(f"{server.url}/away", max_bytes=10)
    server.on("/robots.txt", moved(f"{other.url}/robots.txt"))
    web.may_fetch(f"{server.url}/x")
    assert len(other.seen) == 3
    assert_unknown(other)


def test_another_port_and_another_name_of_the_same_host_are_others(server: Server) -> None:
    with Server() as neighbour, Server(host="127.0.0.2") as same:
        web = Web(
            login=LOGIN,
            login_hosts=[server.url],
            private_hosts=["127.0.0.1", "localhost", "127.0.0.2"],
            delay=0,
            resolve=lambda _, port, **__: [(0, 0, 0, "", ("127.0.0.1", port))],
        )
        server.on("/", Answer())
        server.on("/a", moved(f"{server.url.replace('127.0.0.1', 'localhost')}/"))
        web.get(f"{server.url}/a", max_bytes=10)
        assert "cookie" in server.seen[0].headers
        assert not {"cookie", "authorization", "x-api-key"} & set(server.seen[1].headers)
        for stranger in (neighbour, same):  # their ports are not even asked
            with pytest.raises(HttpError, match="port"):
                web.get(f"{stranger.url}/", max_bytes=10)
        web.close()


@pytest.mark.parametrize(
    "login",
    [
        Login(header="no colon"),
        Login(header="X-Key:"),
        Login(header=": value"),
        Login(header="Host: evil.example"),
        Login(header="Transfer-Encoding: chunked"),
        Login(header="X-Key: line\r\nX-Other: break"),
        Login(cookie="session=line\nbreak"),
        Login(cookie="session=全角"),
        Login(header="Ключ: value"),
    ],
)
def test_a_login_that_can_not_be_sent_is_said_without_saying_it(
    server: Server, login: Login
) -> None:
    with pytest.raises(HttpError, match="login") as caught:
        behind(server, login=login)
    for secret in ("line", "全角", "evil", "no colon"):
        assert secret not in str(caught.value).replace("line break", "")


def test_a_login_does_not_show(server: Server, other: Server, web: Web) -> None:
    """Neither in what is printed of it, nor in messages and their tracebacks."""
    shown = [repr(LOGIN), str(LOGIN), repr(web)]
    server.on("/", moved("http://127.0.0.3/?Abc123secret"), Answer(reset=True))
    for _ in range(2):
        try:
            web.get(f"{server.url}/", max_bytes=10)
        except HttpError as error:
            shown += [str(error), "".join(traceback.format_exception(error))]
    assert len(shown) == 7
    for secret in ("Abc123secret", "k3y-Secret-77", "p4ss:Secret", ENCODED):
        assert secret not in "".join(shown)


# Cookies


def test_cookies_of_the_site_are_kept_for_the_run_and_win_over_the_login(
    server: Server, web: Web
) -> None:
    server.on("/", Answer(headers={"Set-Cookie": "session=renewed; Path=/; HttpOnly"}), Answer())
    web.get(f"{server.url}/", max_bytes=10)
    web.get(f"{server.url}/", max_bytes=10)
    assert server.seen[0].headers["cookie"] == COOKIE
    assert set(server.seen[1].headers["cookie"].split("; ")) == {"theme=dark", "session=renewed"}
    again = behind(server)
    again.get(f"{server.url}/", max_bytes=10)
    assert server.seen[2].headers["cookie"] == COOKIE
    again.close()


def test_cookies_of_others_are_not_kept(server: Server, other: Server, web: Web) -> None:
    tracking = {"Set-Cookie": "id=tracked; Path=/"}
    other.on("/", Answer(headers=tracking))
    for _ in range(2):
        web.get(f"{other.url}/", max_bytes=10)
    assert_unknown(other)


def test_without_a_login_cookies_of_the_seeds_are_kept(server: Server) -> None:
    """Some sites let nobody in who does not send back what they set."""
    web = behind(server, login=None)
    server.on("/", moved("/", **{"Set-Cookie": "seen=1; Path=/"}), Answer())
    assert web.get(f"{server.url}/", max_bytes=10).status == 200
    assert server.seen[1].headers["cookie"] == "seen=1"
    web.close()


# TLS


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
        web = behind(safe, also=server)
        safe.on("/x", moved(f"{server.url}/x"))
        safe.on("/y", Answer(b"well"))
        for follow in (None, lambda _: False):
            with pytest.raises(HttpError, match="from https to http"):
                web.get(f"{safe.url}/x", max_bytes=10, follow=follow)
        assert web.get(f"{safe.url}/y", max_bytes=10).body == b"well"
        web.close()
    assert not server.seen


@pytest.mark.parametrize(
    ("kind", "advice"),
    [
        ("untrusted", "SSL_CERT_FILE"),
        ("expired", "has to renew it"),
        ("other-name", "is the address right"),
    ],
)
def test_a_certificate_that_does_not_hold_is_one_clear_line(
    kind: str, advice: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Asked once, and nothing was sent."""
    with WebsiteRig(tls=True, addresses=["127.0.0.1"]) as rig:
        (tmp_path / "ca.pem").write_bytes(rig.certificates.authority)
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
        good, wrong = rig.secure_url("good"), rig.secure_url(kind)
        web = Web(login_hosts=[good, wrong], private_hosts=["127.0.0.1"], delay=0)
        with closing(web):
            assert web.get(f"{good}/", max_bytes=1000).status == 404
            with pytest.raises(HttpError, match=rf"TLS: the certificate of .*{advice}") as caught:
                web.get(f"{wrong}/", max_bytes=10)
            assert "tries" not in str(caught.value)
            assert not caught.value.passing
            assert rig.requests == 1


def test_https_at_a_port_without_tls_is_said(server: Server) -> None:
    web = behind(server)
    with pytest.raises(HttpError, match="speaks no TLS"):
        web.get(server.url.replace("http:", "https:"), max_bytes=10)
    web.close()


def test_certificates_that_can_not_be_read_are_said(
    server: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "nowhere.pem"))
    web = behind(server)
    with pytest.raises(HttpError, match="SSL_CERT_FILE"):
        web.get(server.url.replace("http:", "https:"), max_bytes=10)
    web.close()


def test_a_port_where_nothing_listens_is_said() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}"
        web = Web(login_hosts=[url], private_hosts=["127.0.0.1"], attempts=2, backoff=0.001)
        with pytest.raises(HttpError, match=r"nothing answers; .*after 2 tries") as caught:
            web.get(url, max_bytes=10)
        assert caught.value.status is None
        assert caught.value.passing
        web.close()


# Proxies


@pytest.fixture
def proxy(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """A proxy that the environment names, with a password."""
    for name in ("all_proxy", "no_proxy", "https_proxy", "http_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    with Server(host="127.0.0.4") as server:
        named = server.url.replace("://", "://me:Pr0xySecret@")
        monkeypatch.setenv("http_proxy", named)
        monkeypatch.setenv("https_proxy", named)
        yield server


def resolving(table: dict[str, str]) -> Web:
    def resolve(host: str, port: int, **_: object) -> list[tuple[object, ...]]:
        if host not in table:
            raise socket.gaierror(socket.EAI_NONAME, "unknown")
        return [(0, 0, 0, "", (table[host], port))]

    return Web(delay=0, attempts=1, timeout=5, resolve=resolve)


def test_a_proxy_is_asked_for_public_hosts_and_those_that_it_alone_knows(proxy: Server) -> None:
    web = resolving({"www.example.co.jp": "93.184.216.34"})
    for url in ("http://www.example.co.jp/a", "http://only-outside.example.com/a"):
        proxy.on(url, Answer(b"through"))
        assert web.get(url, max_bytes=10).body == b"through"
    assert proxy.seen[0].target == "http://www.example.co.jp/a"
    web.close()


@pytest.mark.parametrize(
    "host",
    ["10.0.0.5", "169.254.169.254", "[::ffff:169.254.169.254]", "2852039166", "intra.example.co.jp",
     "intranet", "metadata.google.internal", "printer.local", "localhost", "127.0.0.1", "[::1]"],
)  # fmt: skip
def test_a_proxy_is_not_asked_for_what_is_inside(proxy: Server, host: str) -> None:
    """It would often reach further than we: it stands in the network's middle."""
    web = resolving({"intra.example.co.jp": "10.0.0.5"})
    for scheme in ("http", "https"):
        with pytest.raises(HttpError, match="private_hosts"):
            web.get(f"{scheme}://{host}/", max_bytes=10)
    proxy.on("http://www.example.co.jp/", moved(f"http://{host}/"))
    with pytest.raises(HttpError, match="private_hosts"):
        web.get("http://www.example.co.jp/", max_bytes=10)
    assert {seen.target for seen in proxy.seen} == {"http://www.example.co.jp/"}
    web.close()


def test_a_proxy_that_refuses_is_said_without_its_password(proxy: Server) -> None:
    proxy.on("http://www.example.co.jp/", Answer(status=407))
    web = resolving({})
    assert web.get("http://www.example.co.jp/", max_bytes=10).status == 407
    with pytest.raises(HttpError, match="proxy") as caught:
        web.get("https://www.example.co.jp/", max_bytes=10)
    assert "Pr0xySecret" not in "".join(traceback.format_exception(caught.value))
    web.close()
