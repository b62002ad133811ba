"""Each host in its own time: between two requests, at once, and when it asks for rest."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx2
import pytest
from http_server import Answer, Server

from connectors.http import HttpError
from connectors.http.errors import FailedError
from connectors.web.net import RobotsError, Web
from connectors.web.net.turns import Turns


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as server:
        yield server


@pytest.fixture
def other() -> Iterator[Server]:
    with Server(host="127.0.0.2") as server:
        yield server


def client(*servers: Server, **options: object) -> Web:
    given = {"delay": 0, "backoff": 0.001, "timeout": 5, **options}
    return Web(
        login_hosts=[server.url for server in servers],
        private_hosts=["127.0.0.1", "127.0.0.2"],
        **given,  # type: ignore[arg-type]
    )


def ask_all(web: Web, urls: list[str], threads: int) -> list[int]:
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(lambda url: web.get(url, max_bytes=1000).status, urls))


def assert_spaced(server: Server, begin: float, delay: float) -> None:
    """Check that each request came no sooner than its turn, counted from `begin`."""
    times = sorted(seen.at for seen in server.seen)
    assert all(at - begin >= turn * delay for turn, at in enumerate(times))


def test_so_much_time_passes_between_the_starts_of_two_requests(server: Server) -> None:
    """However many threads ask, and although answers take longer than the delay."""
    web = client(server, delay=0.05, at_once=4)
    server.on("/", Answer(delay=0.08))
    begin = time.monotonic()
    assert ask_all(web, [f"{server.url}/"] * 6, 6) == [200] * 6
    assert_spaced(server, begin, 0.05)
    web.close()


def test_redirects_tries_and_robots_take_turns_as_well(server: Server) -> None:
    web = client(server, delay=0.05)
    server.on("/a", Answer(status=500), Answer(status=302, headers={"Location": "/b"}))
    server.on("/b", Answer())
    begin = time.monotonic()
    assert web.may_fetch(f"{server.url}/a")
    assert web.get(f"{server.url}/a", max_bytes=10).status == 200
    assert len(server.seen) == 4
    assert_spaced(server, begin, 0.05)
    web.close()


def test_no_more_than_allowed_run_at_once_at_one_host(server: Server, other: Server) -> None:
    web = client(server, other, at_once=2)
    for each in (server, other):
        each.on("/", Answer(delay=0.02))
    ask_all(web, [f"{server.url}/", f"{other.url}/"] * 10, 10)
    assert server.most_at_once == other.most_at_once == 2
    assert web.workers() == 2
    web.close()


def test_a_host_does_not_wait_for_another(server: Server, other: Server) -> None:
    """While the first one is made to wait for ever, the second one is read to its end."""
    web = client(server, other)
    server.on("/", Answer(status=429, headers={"Retry-After": "200"}))
    other.on("/", Answer())
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(web.get, f"{server.url}/", max_bytes=10)
        while not server.seen:
            threading.Event().wait(0.001)
        assert ask_all(web, [f"{other.url}/"] * 20, 4) == [200] * 20
        assert len(server.seen) == 1
        web.close()
        assert isinstance(waiting.exception(10), HttpError)


@pytest.mark.parametrize("status", [429, 503])
def test_who_is_told_to_wait_waits_and_all_others_of_the_host_too(
    server: Server, status: int
) -> None:
    web = client(server, at_once=4)
    server.on("/a", Answer(status=status, headers={"Retry-After": "0.3"}), Answer())
    server.on("/b", Answer())
    assert web.get(f"{server.url}/a", max_bytes=10).status == 200
    assert server.seen[1].at - server.seen[0].at >= 0.3
    server.on("/a", Answer(status=status, headers={"Retry-After": "0.3"}), Answer())
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(web.get, f"{server.url}/a", max_bytes=10)
        pause = web._asker.turns(httpx2.URL(server.url))._pause
        while len(server.seen) < 3 or not pause.rest:
            threading.Event().wait(0.001)
        assert web.get(f"{server.url}/b", max_bytes=10).status == 200
        assert first.result(10).status == 200
    times = [seen.at for seen in server.seen]
    assert min(times[3:]) - times[2] >= 0.3
    web.close()


def test_a_503_without_a_time_is_a_matter_of_this_page_alone(server: Server) -> None:
    web = client(server)
    server.on("/", Answer(status=503), Answer())
    assert web.get(f"{server.url}/", max_bytes=10).status == 200
    web.close()


def test_who_is_told_to_wait_longer_than_a_run_asks_no_more(server: Server, other: Server) -> None:
    web = client(server, other, longest_wait=10)
    server.on("/", Answer(status=429, headers={"Retry-After": "3600"}))
    other.on("/", Answer())
    assert web.get(f"{server.url}/", max_bytes=10).status == 429
    with pytest.raises(HttpError, match="wait 60 minutes") as caught:
        web.get(f"{server.url}/next", max_bytes=10)
    assert caught.value.passing
    assert len(server.seen) == 1
    assert web.get(f"{other.url}/", max_bytes=10).status == 200
    web.close()


def test_a_host_that_only_ever_says_wait_is_an_answer_in_the_end(server: Server) -> None:
    web = client(server)
    server.on("/", Answer(status=429, headers={"Retry-After": "0"}))
    assert web.get(f"{server.url}/", max_bytes=10).status == 429
    assert len(server.seen) == 6
    web.close()


def test_after_being_refused_fewer_ask_at_once(server: Server) -> None:
    """Whoever comes back with all threads is refused again."""
    web = client(server, at_once=4)
    server.on("/no", Answer(status=429, headers={"Retry-After": "0"}))
    server.on("/", Answer(delay=0.02))
    assert web.get(f"{server.url}/no", max_bytes=10).status == 429
    server.most_at_once = 0
    ask_all(web, [f"{server.url}/"] * 5, 5)
    assert server.most_at_once == 1
    ask_all(web, [f"{server.url}/"] * 60, 5)
    assert server.most_at_once == 4
    web.close()


def test_the_crawl_delay_wins_where_it_is_longer_and_then_one_asks_at_a_time(
    server: Server, other: Server
) -> None:
    web = client(server, other, delay=0.02, at_once=4)
    rules = b"User-agent: *\nCrawl-delay: 0.1\n"
    server.on("/robots.txt", Answer(rules))
    other.on("/robots.txt", Answer(rules.replace(b"0.1", b"0.001")))
    for each, delay in ((server, 0.1), (other, 0.02)):
        each.on("/", Answer(delay=0.05))
        begin = time.monotonic()
        assert web.may_fetch(f"{each.url}/")
        ask_all(web, [f"{each.url}/"] * 5, 5)
        assert each.most_at_once == 1
        # The first page follows robots.txt after the delay of the settings, not yet known then.
        assert_spaced(each, begin - delay, delay)
        assert web.pace(f"{each.url}/x") == delay
    web.close()


def test_a_crawl_delay_for_others_does_not_slow_us(server: Server) -> None:
    web = client(server, at_once=4)
    server.on("/robots.txt", Answer(b"User-agent: otherbot\nCrawl-delay: 200\n"))
    server.on("/", Answer(delay=0.02))
    assert web.may_fetch(f"{server.url}/")
    ask_all(web, [f"{server.url}/"] * 8, 8)
    assert server.most_at_once > 1
    web.close()


def test_a_crawl_delay_that_no_run_waits_leaves_the_host_alone(server: Server) -> None:
    web = client(server, longest_wait=300)
    server.on("/robots.txt", Answer(b"User-agent: *\nCrawl-delay: 86400\n"))
    with pytest.raises(RobotsError, match="86400 s"):
        web.may_fetch(f"{server.url}/")
    web.close()


def test_a_turn_at_once_waits_for_nothing_and_is_refused_while_the_host_rests() -> None:
    turns = Turns(200, 1)
    with turns.one(), turns.at_once():
        pass
    turns.refused(200)
    with pytest.raises(FailedError), turns.at_once():
        pass


def test_waiting_for_a_turn_ends_with_the_client() -> None:
    turns = Turns(200, 2)
    with turns.one():
        pass
    begin = time.monotonic()
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(lambda: turns.one().__enter__())
        turns.close()
        assert isinstance(waiting.exception(10), FailedError)
    assert time.monotonic() - begin < 100
