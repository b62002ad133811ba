"""What comes back for an address: every status, redirects hop by hop, bodies within bounds."""

from __future__ import annotations

import gzip
import threading
import zlib
from collections.abc import Iterator

import pytest
from http_server import Answer, Server
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rigs.website import WebsiteRig

from connectors.http import HttpError, TooLargeError
from connectors.web import values
from connectors.web.net import Web
from connectors.web.values import Validators

HTML = {"Content-Type": "text/html; charset=EUC-JP"}


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as server:
        yield server


@pytest.fixture
def web(server: Server) -> Iterator[Web]:
    client = Web(
        login_hosts=[server.url],
        private_hosts=["127.0.0.1", "127.0.0.2", "localhost", "日本語.jp"],
        delay=0,
        backoff=0.001,
        timeout=5,
        resolve=lambda host, port, **_: [(0, 0, 0, "", ("127.0.0.1", port))],
    )
    yield client
    client.close()


def moved(to: str, status: int = 302, **headers: str) -> Answer:
    return Answer(status=status, headers={"Location": to, **headers})


def get(web: Web, url: str, max_bytes: int = 100_000) -> values.Answer:
    return web.get(url, max_bytes=max_bytes)


# What an answer says


def test_an_answer_says_what_whoever_crawls_wants_to_know(server: Server, web: Web) -> None:
    headers = {
        **HTML,
        "ETag": 'W/"5"',
        "Last-Modified": "Sun, 01 Mar 2026 00:00:00 GMT",
        "X-Robots-Tag": "noindex, nofollow",
        "Link": '</style.css>; rel=preload, <https://www.example.co.jp/a>; rel="canonical"',
    }
    server.on("/a", Answer("題".encode("euc-jp"), headers=headers))
    assert get(web, f"{server.url}/a#part") == values.Answer(
        url=f"{server.url}/a",
        status=200,
        body="題".encode("euc-jp"),
        content_type="text/html; charset=EUC-JP",
        validators=Validators('W/"5"', "Sun, 01 Mar 2026 00:00:00 GMT"),
        robots="noindex, nofollow",
        canonical="https://www.example.co.jp/a",
    )
    assert "#" not in server.seen[0].target


@pytest.mark.parametrize("status", [401, 403, 404, 410, 418, 451, 501])
def test_a_refusal_is_an_answer_with_the_begin_of_its_body_and_is_asked_once(
    server: Server, web: Web, status: int
) -> None:
    server.on("/", Answer(b"x" * 100_000, status=status))
    answer = get(web, f"{server.url}/")
    assert (answer.status, answer.body) == (status, b"x" * 65_536)
    assert len(server.seen) == 1


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504, 524])
def test_trouble_is_asked_again_and_then_an_answer_as_well(
    server: Server, web: Web, status: int
) -> None:
    server.on("/", Answer(status=status), Answer(b"well"))
    assert get(web, f"{server.url}/").body == b"well"
    server.on("/", Answer(b"ill", status=status))
    answer = get(web, f"{server.url}/")
    assert (answer.status, answer.body) == (status, b"ill")
    assert len(server.seen) in {2 + 3, 2 + 6}  # who is told to wait comes more often


def test_a_refusals_body_that_can_not_be_read_is_no_error(server: Server, web: Web) -> None:
    server.on("/", Answer(b"no gzip", status=403, headers={"Content-Encoding": "gzip"}))
    assert get(web, f"{server.url}/").status == 403


def test_requests_counts_all_of_them(server: Server, web: Web) -> None:
    server.on("/", Answer(status=500), moved("/b"))
    server.on("/b", Answer())
    get(web, f"{server.url}/")
    web.may_fetch(f"{server.url}/")
    assert web.requests == len(server.seen) == 4


# Redirects


@pytest.mark.parametrize(
    ("statuses", "permanent"),
    [((301,), True), ((308, 301), True), ((302,), False), ((301, 307), False), ((303, 308), False)],
)
def test_redirects_are_followed_and_told(
    server: Server, web: Web, statuses: tuple[int, ...], permanent: bool
) -> None:
    for hop, status in enumerate(statuses):
        server.on(f"/{hop}", moved(f"/{hop + 1}", status))
    server.on(f"/{len(statuses)}", Answer(b"there"))
    answer = get(web, f"{server.url}/0")
    assert answer.body == b"there"
    assert answer.url == f"{server.url}/{len(statuses)}"
    assert answer.hops == tuple(f"{server.url}/{hop}" for hop in range(len(statuses)))
    assert answer.permanent is permanent


def test_a_redirect_that_is_not_followed_is_the_answer_itself(server: Server, web: Web) -> None:
    server.on("/a", moved("/b", 301))
    server.on("/b", moved("https://www.example.co.jp/c#part", 302))
    asked: list[str] = []

    def follow(url: str) -> bool:
        asked.append(url)
        return url.endswith("/b")

    answer = web.get(f"{server.url}/a", max_bytes=10, follow=follow)
    assert (answer.status, answer.url) == (302, "https://www.example.co.jp/c")
    assert answer.hops == (f"{server.url}/a", f"{server.url}/b")
    assert not answer.permanent
    assert asked == [f"{server.url}/b", "https://www.example.co.jp/c"]
    assert len(server.seen) == 2


@pytest.mark.parametrize("loop", [["/a"], ["/b", "/a"], ["/b", "/c", "/b"]])
def test_a_circle_ends(server: Server, web: Web, loop: list[str]) -> None:
    for here, there in zip(["/a", *loop], [*loop, loop[0]], strict=True):
        server.on(here, moved(there))
    with pytest.raises(HttpError, match="circle"):
        get(web, f"{server.url}/a")
    assert len(server.seen) <= 4


def test_more_than_ten_redirects_are_too_many(server: Server, web: Web) -> None:
    for hop in range(20):
        server.on(f"/{hop}", moved(f"/{hop + 1}"))
    server.on("/20", Answer(b"there"))
    assert get(web, f"{server.url}/11").hops[-1] == f"{server.url}/19"
    with pytest.raises(HttpError, match="more than 10 times"):
        get(web, f"{server.url}/0")


def test_a_cookie_that_was_missing_breaks_a_circle(server: Server, web: Web) -> None:
    server.on("/a", moved("/a", **{"Set-Cookie": "seen=1; Path=/"}), Answer(b"in"))
    assert get(web, f"{server.url}/a").body == b"in"
    assert server.seen[1].headers["cookie"] == "seen=1"


@pytest.mark.parametrize("status", [300, 302, 304, 305])
def test_a_redirect_to_nowhere_is_an_answer(server: Server, web: Web, status: int) -> None:
    server.on("/a", Answer(status=status, body=b""))
    assert get(web, f"{server.url}/a").status == status


def test_names_and_passwords_of_an_address_are_not_sent(server: Server, web: Web) -> None:
    host = server.url.removeprefix("http://")
    server.on("/a", moved(f"http://me:secret@{host}/b"))
    server.on("/b", Answer())
    assert get(web, f"http://you:secret@{host}/a").url == f"{server.url}/b"
    assert all("authorization" not in seen.headers for seen in server.seen)


def test_a_japanese_host_is_asked_for_in_punycode(server: Server, web: Web) -> None:
    server.on("/a", moved("/%E9%A1%8C?q=題"))
    server.on("/%E9%A1%8C", Answer(b"there"))
    port = server.url.rpartition(":")[2]
    answer = get(web, f"http://日本語.jp:{port}/a")
    assert answer.url == f"http://xn--wgv71a119e.jp:{port}/%E9%A1%8C?q=%E9%A1%8C"
    assert server.seen[0].headers["host"] == f"xn--wgv71a119e.jp:{port}"


@pytest.mark.parametrize("url", ["", "x", "/a", "ftp://x/", "http://", "http://[x", "https://a b/",
    "http://" + "a" * 9_000, "http://x\n.jp/", "http://xn--a/", "http://.jp/", "http://a..jp/",
])  # fmt: skip
def test_what_is_no_address_is_one_clear_line(web: Web, url: str) -> None:
    with pytest.raises(HttpError) as caught:
        get(web, url)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 500


@given(location=st.text(st.characters(codec="latin-1", exclude_characters="\r\n\0"), max_size=60))
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_no_location_breaks_it(server: Server, web: Web, location: str) -> None:
    """It leads somewhere that is asked (and 404), is an answer, or one line."""
    server.on("/a", moved(location.encode("latin-1").decode("latin-1")))
    try:
        web.get(f"{server.url}/a", max_bytes=1000, follow=lambda _: False)
    except HttpError as error:
        assert "\n" not in str(error)  # noqa: PT017 - both ends are right


# Conditional requests


def test_who_knows_a_version_is_spared_the_body(server: Server, web: Web) -> None:
    known = Validators('"5"', "Sun, 01 Mar 2026 00:00:00 GMT")
    server.on("/a", Answer(b"", status=304, headers={"ETag": '"5"'}))
    answer = web.get(f"{server.url}/a", validators=known, max_bytes=10)
    assert (answer.status, answer.body, answer.validators.etag) == (304, b"", '"5"')
    assert server.seen[0].headers["if-none-match"] == '"5"'
    assert server.seen[0].headers["if-modified-since"] == "Sun, 01 Mar 2026 00:00:00 GMT"


def test_a_version_is_of_the_address_that_was_asked_alone(server: Server, web: Web) -> None:
    server.on("/a", moved("/b"))
    server.on("/b", Answer())
    web.get(f"{server.url}/a", validators=Validators('"5"'), max_bytes=10)
    assert "if-none-match" not in server.seen[1].headers


def test_a_version_that_is_no_header_is_left_out(server: Server, web: Web) -> None:
    server.on("/a", Answer())
    known = Validators('"5"\r\nX-Evil: 1', "三月")
    web.get(f"{server.url}/a", validators=known, max_bytes=10)
    assert not {"if-none-match", "if-modified-since", "x-evil"} & set(server.seen[0].headers)


# Bodies


def test_only_gzip_is_asked_for_and_anything_else_is_an_error(server: Server, web: Web) -> None:
    body = "本文".encode() * 100
    server.on("/gzip", Answer(gzip.compress(body), headers={"Content-Encoding": "gzip"}))
    assert get(web, f"{server.url}/gzip").body == body
    assert server.seen[0].headers["accept-encoding"] == "gzip"
    for name in ("br", "deflate", "zstd", "gzip, gzip"):
        server.on("/x", Answer(zlib.compress(body), headers={"Content-Encoding": name}))
        with pytest.raises(HttpError, match="compressed in a way"):
            get(web, f"{server.url}/x")


@pytest.mark.parametrize("zipped", [False, True])
def test_a_body_above_the_limit_is_an_error_and_not_held(
    server: Server, web: Web, zipped: bool
) -> None:
    """The limit holds for what is unpacked: a bomb of 50 MB is 50 kB on the wire."""
    body = b"\0" * 50_000_000
    headers = {"Content-Encoding": "gzip"} if zipped else {}
    server.on("/", Answer(gzip.compress(body) if zipped else body, headers=headers))
    with pytest.raises(TooLargeError, match="larger than 1,000"):
        get(web, f"{server.url}/", 1000)
    assert len(server.seen) == 1


def test_a_body_that_is_cut_short_is_asked_for_again_and_then_an_error(
    server: Server, web: Web
) -> None:
    server.on("/", Answer(b"half", length=100), Answer(b"whole"))
    assert get(web, f"{server.url}/").body == b"whole"
    whole = gzip.compress(b"whole" * 1000)
    gzipped = {"Content-Encoding": "gzip"}
    server.on("/", Answer(whole[:-9], headers=gzipped), Answer(whole, headers=gzipped))
    assert get(web, f"{server.url}/").body == b"whole" * 1000
    server.on("/", Answer(b"half", length=100))
    with pytest.raises(HttpError, match="broke off"):
        get(web, f"{server.url}/")


def test_a_part_that_nobody_asked_for_is_an_error(server: Server, web: Web) -> None:
    server.on("/", Answer(b"part", status=206))
    with pytest.raises(HttpError, match="part"):
        get(web, f"{server.url}/")


@pytest.mark.parametrize("slow", [Answer(b"x" * 1000, drip=0.05), Answer(delay=30)])
def test_an_answer_that_never_comes_to_its_end_is_given_up(server: Server, slow: Answer) -> None:
    """Ten times the timeout is the longest for a whole one, however often a byte comes."""
    server.on("/", slow)
    web = Web(
        login_hosts=[server.url], private_hosts=["127.0.0.1"], delay=0, timeout=0.1, attempts=1
    )
    with pytest.raises(HttpError, match=r"slowly|no answer within"):
        get(web, f"{server.url}/")
    web.close()


def test_connections_are_used_again() -> None:
    """After pages, redirects, refusals and answers without a body, which tell no length."""
    with WebsiteRig(addresses=["127.0.0.1"]) as rig:
        rig.site.add_page("/a", "<p>x</p>")
        rig.site.add_page("/empty", "", status=204)
        rig.site.redirect("/b", "/a")
        rig.site.remove("/gone", 410)
        web = Web(login_hosts=[rig.url], private_hosts=["127.0.0.1"], delay=0)
        known = get(web, f"{rig.url}/a").validators
        for path in ("/a", "/b", "/gone", "/missing", "/a"):
            web.get(f"{rig.url}{path}", max_bytes=10_000, validators=known)
        assert get(web, f"{rig.url}/empty").status == 204
        assert {asked.status for asked in rig.journal} >= {200, 204, 301, 304, 404, 410}
        assert rig.connections == {"127.0.0.1": 1}
        web.close()


# Its end


def test_closing_refuses_who_comes_and_who_waits(server: Server) -> None:
    server.on("/", Answer(status=429, headers={"Retry-After": "200"}))
    web = Web(login_hosts=[server.url], private_hosts=["127.0.0.1"], delay=0)
    errors: list[HttpError] = []

    def ask() -> None:
        with pytest.raises(HttpError, match="closed") as caught:
            get(web, f"{server.url}/")
        errors.append(caught.value)

    waiting = threading.Thread(target=ask)
    waiting.start()
    while not server.seen:
        threading.Event().wait(0.001)
    web.close()
    web.close()
    waiting.join(10)
    ask()
    assert len(errors) == 2
    assert len(server.seen) == 1


def test_messages_name_the_host_alone(server: Server, web: Web) -> None:
    server.on("/%E7%A7%98%E5%AF%86", moved("https://127.0.0.2:1/秘密?token=秘密"))
    with pytest.raises(HttpError) as caught:
        get(web, f"{server.url}/%E7%A7%98%E5%AF%86?token=abc")
    assert "abc" not in str(caught.value)
    assert "秘" not in str(caught.value)
    assert "%E7" not in str(caught.value)
