"""robots.txt as RFC 9309 has it: what is not there allows all, what can not be had nothing."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from http_server import Answer, Server
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.http import HttpError
from connectors.web.net import RobotsError, Web
from connectors.web.net.robots import _rules


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as server:
        yield server


@pytest.fixture
def other() -> Iterator[Server]:
    with Server(host="127.0.0.2") as server:
        yield server


def client(*servers: Server, robots: bool = True) -> Web:
    return Web(
        login_hosts=[server.url for server in servers],
        private_hosts=["127.0.0.1", "127.0.0.2"],
        robots=robots,
        delay=0,
        backoff=0.001,
        timeout=5,
    )


@pytest.fixture
def web(server: Server, other: Server) -> Iterator[Web]:
    web = client(server, other)
    yield web
    web.close()


RULES = """\ufeff# 規則
User-agent: *
Disallow: /

User-agent: Kurage-Bot
Disallow: /private/
Allow: /private/open
Disallow: /*?print=
Disallow: /題/
Sitemap: https://www.example.co.jp/sitemap.xml
sitemap: /here.xml.gz
Sitemap: ftp://x/y
""".encode()


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("/", True), ("/private/", False), ("/private/x", False), ("/private/open/x", True),
        ("/a?print=1", False), ("/a?x=1", True), ("/題/a", False), ("/%E9%A1%8C/a", False),
        ("/robots.txt", True), ("/Private/", True),
    ],
)  # fmt: skip
def test_the_rules_for_us_hold(server: Server, web: Web, path: str, allowed: bool) -> None:
    server.on("/robots.txt", Answer(RULES))
    assert web.may_fetch(f"{server.url}{path}") is allowed


def test_it_names_site_maps_wherever_they_are(server: Server, web: Web) -> None:
    server.on("/robots.txt", Answer(RULES))
    expected = ("https://www.example.co.jp/sitemap.xml", f"{server.url}/here.xml.gz")
    assert web.sitemaps(f"{server.url}/a") == expected


def test_it_is_read_once_for_a_host_however_many_ask(
    server: Server, other: Server, web: Web
) -> None:
    server.on("/robots.txt", Answer(b"User-agent: *\nDisallow: /x", delay=0.05))
    with ThreadPoolExecutor(8) as pool:
        asked = pool.map(web.may_fetch, [f"{server.url}/{number}" for number in range(20)])
        assert all(asked)
    assert web.may_fetch(f"{other.url}/x")
    assert not web.may_fetch(f"{server.url}/x")
    assert [seen.target for seen in server.seen] == ["/robots.txt"]
    assert [seen.target for seen in other.seen] == ["/robots.txt"]


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 451])
def test_one_that_is_not_there_allows_everything(server: Server, web: Web, status: int) -> None:
    server.on("/robots.txt", Answer(b"User-agent: *\nDisallow: /", status=status))
    assert web.may_fetch(f"{server.url}/x")
    assert web.sitemaps(f"{server.url}/x") == ()


@pytest.mark.parametrize("answer", [Answer(status=500), Answer(status=503), Answer(status=429),
    Answer(reset=True), Answer(b"half", length=100)])  # fmt: skip
def test_one_that_can_not_be_had_leaves_the_host_alone(
    server: Server, web: Web, answer: Answer
) -> None:
    """And is not asked for again with every page."""
    server.on("/robots.txt", answer)
    for _ in range(3):
        with pytest.raises(RobotsError, match=r"127\.0\.0\.1:\d+: its robots\.txt can not be had"):
            web.may_fetch(f"{server.url}/x")
    assert len(server.seen) in {3, 6}
    with pytest.raises(RobotsError) as caught:
        web.sitemaps(f"{server.url}/x")
    assert caught.value.passing
    assert isinstance(caught.value, HttpError)


def test_redirects_are_followed_to_other_hosts_too_but_not_more_than_five(
    server: Server, other: Server, web: Web
) -> None:
    for hop in range(10):
        to = Answer(status=301, headers={"Location": f"/{hop + 1}"})
        server.on(f"/{hop}", to)
    server.on("/robots.txt", Answer(status=302, headers={"Location": f"{other.url}/robots.txt"}))
    other.on("/robots.txt", Answer(status=302, headers={"Location": f"{server.url}/7"}))
    server.on("/10", Answer(b"User-agent: *\nDisallow: /x"))
    assert not web.may_fetch(f"{server.url}/x")
    other.on("/robots.txt", Answer(status=302, headers={"Location": f"{server.url}/1"}))
    assert web.may_fetch(f"{other.url}/x")


def test_what_is_no_robots_txt_allows_everything(server: Server, web: Web) -> None:
    """A page for people in its place, as sites without one have it."""
    html = {"Content-Type": "text/html"}
    body = "<!DOCTYPE html><title>見つかりません</title><p>Disallow: /</p>".encode("cp932")
    server.on("/robots.txt", Answer(body, headers=html))
    assert web.may_fetch(f"{server.url}/x")


def test_500_kib_of_it_count(server: Server, web: Web) -> None:
    filling = b"# \n" * 160_000
    server.on("/robots.txt", Answer(b"User-agent: *\nDisallow: /a\n" + filling + b"Disallow: /b"))
    assert not web.may_fetch(f"{server.url}/a")
    assert web.may_fetch(f"{server.url}/b") is (len(filling) > 512_000)
    assert web.may_fetch(f"{server.url}/c")


def test_where_robots_do_not_hold_everything_is_allowed_and_site_maps_are_known(
    server: Server, other: Server
) -> None:
    web = client(server, other, robots=False)
    server.on("/robots.txt", Answer(RULES + b"Crawl-delay: 86400"))
    assert web.may_fetch(f"{server.url}/private/")
    assert server.seen == []
    assert len(web.sitemaps(f"{server.url}/")) == 2
    other.on("/robots.txt", Answer(status=500))
    assert web.sitemaps(f"{other.url}/") == ()
    web.close()


@pytest.mark.parametrize("delay", ["-1", "nan", "inf", "1e999", "soon", ""])
def test_a_delay_that_is_none_is_none(server: Server, web: Web, delay: str) -> None:
    server.on("/robots.txt", Answer(f"User-agent: *\nCrawl-delay: {delay}".encode()))
    assert web.may_fetch(f"{server.url}/x")


_LINES = st.lists(
    st.sampled_from([
        b"User-agent: *", b"User-agent: kurage-bot", b"Disallow: /", b"Disallow: *?$", b"Allow:",
        b"Crawl-delay: 1e3", b"Sitemap: http://[", b"Sitemap: //x/%zz", b"Disallow: /%E9%",
        b"Request-rate: 1/0", b"Visit-time: x", b"\xff\xfe\x00", b":::", b"Disallow: " + b"*a" * 50,
    ])
    | st.binary(max_size=30)
)  # fmt: skip


@given(_LINES, st.sampled_from([b"\n", b"\r", b"\r\n"]), st.text(max_size=20))
@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_no_robots_txt_breaks_it(lines: list[bytes], end: bytes, path: str) -> None:
    rules = _rules(end.join(lines), "https://www.example.co.jp/robots.txt", "kurage-bot")
    assert rules.parser
    assert rules.parser.can_fetch(f"https://www.example.co.jp/{path}", "kurage-bot") in {
        True,
        False,
    }
    assert rules.delay is None or 0 <= rules.delay < float("inf")
    assert all(url.startswith(("http://", "https://")) for url in rules.sitemaps)
