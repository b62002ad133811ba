"""What travels: never more than was asked for, never a token to another host, nothing cut short."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import parse_qs

import pytest
from api_accounts import (
    ABOUT,
    FILES,
    ME,
    TOKEN,
    asked,
    authorized_user,
    google,
    refusal,
    refused,
    said,
    token,
    written,
)
from http_server import Answer, Server

from connectors.drive.api import FileTooLargeError, Google, GoogleError
from connectors.drive.values import File
from connectors.http import TooLargeError

DOC = File("doc1", "議事録", "application/vnd.google-apps.document")
PDF = File("pdf1", "規程.pdf", "application/pdf", resource_key="0-key")


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as server:
        server.on(TOKEN, token())
        server.on(ABOUT, ME)
        yield server


@pytest.fixture
def account(server: Server, tmp_path: Path) -> Iterator[Google]:
    with closing(google(server, tmp_path)) as found:
        yield found


def test_who_asks_is_told_and_compression_is_taken(server: Server, account: Google) -> None:
    """Google compresses only for agents whose name holds `gzip`."""
    body = gzip.compress(ME.body)
    server.on(ABOUT, Answer(body, headers={"Content-Encoding": "gzip"}))
    assert account.me.about() == "kurage@example.co.jp"
    headers = asked(server, ABOUT)[0].headers
    assert headers["user-agent"].startswith("kurage-bot")
    assert "gzip" in headers["user-agent"]
    assert headers["authorization"] == "Bearer ya29.first"


def test_a_long_search_travels_in_the_body(server: Server, account: Google) -> None:
    """The library turns addresses above 2,048 characters around; many parents make such."""
    server.on(FILES, said(files=[]))
    query = " or ".join(f"'{'x' * 33}{number:02}' in parents" for number in range(60))
    assert not list(account.me.files(query))
    seen = asked(server, FILES)[0]
    assert seen.headers["x-http-method-override"] == "GET"
    assert parse_qs(seen.body.decode())["q"] == [query]


def test_a_file_above_the_limit_is_not_read_whole(server: Server, account: Google) -> None:
    """Nor is one that grows when it is unpacked."""
    server.on(f"{FILES}/pdf1", Answer(b"x" * 1001))
    bomb = Answer(gzip.compress(bytes(5_000_000)), headers={"Content-Encoding": "gzip"})
    for answer in (Answer(b"x" * 1001), bomb):
        server.on(f"{FILES}/pdf1", answer)
        with pytest.raises(FileTooLargeError, match="larger than 1,000 bytes") as caught:
            account.me.download(PDF, max_bytes=1000)
        assert isinstance(caught.value, TooLargeError)
        assert not caught.value.ends_run
    server.on(f"{FILES}/pdf1", Answer(b"x" * 1000))
    assert account.me.download(PDF, max_bytes=1000) == b"x" * 1000
    assert asked(server, f"{FILES}/pdf1")[0].headers["x-goog-drive-resource-keys"] == "pdf1/0-key"


def test_bytes_that_were_cut_are_fetched_again(server: Server, account: Google) -> None:
    """Half a file is none."""
    server.on(f"{FILES}/pdf1", Answer(b"ha", length=4), Answer(b"half"))
    assert account.me.download(PDF, max_bytes=1000) == b"half"


TOO_LARGE = refusal(403, "exportSizeLimitExceeded")


def _exported_by(server: Server, link: str) -> None:
    server.on(f"{FILES}/doc1/export", TOO_LARGE)
    server.on(
        f"{FILES}/doc1", said(id="doc1", mimeType=DOC.media_type, exportLinks={"text/html": link})
    )


def test_what_is_too_large_to_export_is_read_by_its_link(server: Server, account: Google) -> None:
    """The link is asked for only then: in listings it would be half of the bytes."""
    _exported_by(server, f"{server.url}/feeds/download/x?id=doc1")
    server.on("/feeds/download/x", Answer(b"<html>"))
    assert account.me.export(DOC, "text/html", max_bytes=100) == b"<html>"
    assert asked(server, "/feeds/download/x")[0].headers["authorization"] == "Bearer ya29.first"
    with pytest.raises(GoogleError) as caught:
        account.me.export(DOC, "application/pdf", max_bytes=100)
    assert caught.value.reason == "exportSizeLimitExceeded"


def test_the_token_does_not_go_to_another_host(server: Server, account: Google) -> None:
    """Whoever names the link: to a stranger's host goes a request at most, and no proof."""
    with Server(host="127.0.0.2") as stranger:
        stranger.on("/x", Answer(b"fine"))
        _exported_by(server, f"{stranger.url}/x")
        assert account.me.export(DOC, "text/html", max_bytes=100) == b"fine"
        assert "authorization" not in stranger.seen[0].headers


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_takes_no_token_along(status: int, server: Server, account: Google) -> None:
    """Bytes lie with hosts that need none: there the address is the ticket."""
    with Server(host="127.0.0.2") as stranger:
        stranger.on("/x", Answer(b"fine"))
        moved = Answer(status=status, headers={"Location": f"{stranger.url}/x"})
        server.on(f"{FILES}/pdf1", moved)
        assert account.me.download(PDF, max_bytes=100) == b"fine"
        assert "authorization" not in stranger.seen[0].headers
        assert "authorization" in server.seen[-1].headers


def test_a_page_for_people_is_no_answer(server: Server, account: Google) -> None:
    """What stands before the service answers 200 and asks for a login; a PDF that is HTML is it."""
    page = Answer(b"<html>", headers={"Content-Type": "text/html; charset=utf-8"})
    server.on(ABOUT, page)
    server.on(f"{FILES}/pdf1", page)
    assert "a web page in place" in str(refused(account))
    with pytest.raises(GoogleError, match="a web page in place"):
        account.me.download(PDF, max_bytes=100)
    hypertext = File("pdf1", "index.html", "text/html")
    assert account.me.download(hypertext, max_bytes=100) == b"<html>"


def test_a_redirect_to_the_login_page_is_no_content(server: Server, account: Google) -> None:
    """Its text would be indexed in place of the document's."""
    to_login = {"Location": "https://accounts.google.com/ServiceLogin?continue=x"}
    server.on(f"{FILES}/pdf1", Answer(status=302, headers=to_login))
    with pytest.raises(GoogleError, match="asks for a login"):
        account.me.download(PDF, max_bytes=100)


def test_redirects_end(server: Server, account: Google) -> None:
    """A loop of them is an error."""
    server.on(f"{FILES}/pdf1", Answer(status=302, headers={"Location": f"{FILES}/pdf1"}))
    with pytest.raises(GoogleError, match="redirected more than 5 times"):
        account.me.download(PDF, max_bytes=100)


def test_the_proxy_of_the_environment_is_used(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As every other program of the machine does; loopback is asked directly."""
    with Server() as proxy:
        proxy.on("http://drive.invalid/drive/v3/about", ME)
        proxy.on("http://drive.invalid/token", token())
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        monkeypatch.delenv("NO_PROXY", raising=False)
        info = authorized_user("http://drive.invalid/token")
        path = written(tmp_path / "login.json", info)
        account = Google(path, api_url="http://drive.invalid")
        assert account.me.about() == "kurage@example.co.jp"
        account.close()
        direct = google(server, tmp_path)
        assert direct.me.about() == "kurage@example.co.jp"
        direct.close()
        assert len(proxy.seen) == 2
