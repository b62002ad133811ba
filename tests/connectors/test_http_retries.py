"""The client tries again where that helps, waits as it is told, and no more."""

from __future__ import annotations

import gzip
import json
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from http_server import Answer, Server
from hypothesis import given
from hypothesis import strategies as st

from connectors.http import Http, HttpError, TooLargeError
from connectors.http.waits import a_little_over, back_off, retry_after

GOOD = Answer(b'{"good": 1}')
NOON = datetime(2026, 4, 1, 12, tzinfo=UTC)


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as server:
        yield server


@pytest.fixture
def http(server: Server) -> Iterator[Http]:
    client = Http(server.url, backoff=0.01, timeout=5)
    yield client
    client.close()


@pytest.mark.parametrize(
    "fault",
    [
        Answer(status=500),
        Answer(status=502, body=b"<html>"),
        Answer(status=504),
        Answer(status=408),
        Answer(status=429),
        Answer(status=429, headers={"Retry-After": "nonsense"}),
        Answer(reset=True),
        Answer(b'{"good": 1', length=100),
        Answer(b'{"good": 1'),
        Answer(b""),
        Answer(b"[" * 100_000),
        Answer(gzip.compress(b'{"good": 1}')[:-5], headers={"Content-Encoding": "gzip"}),
        Answer(b"no gzip at all", headers={"Content-Encoding": "gzip"}),
    ],
    ids=[
        "500",
        "502",
        "504",
        "408",
        "429",
        "odd",
        "reset",
        "short",
        "half",
        "empty",
        "deep",
        "gzip",
        "no",
    ],
)
def test_what_passes_by_itself_is_asked_again(server: Server, http: Http, fault: Answer) -> None:
    """Server faults, resets and answers that are cut short, however that shows."""
    server.on("/x", fault, fault, GOOD)
    assert http.get("x") == {"good": 1}
    assert http.requests == len(server.seen) == 3


def test_to_be_told_to_wait_is_no_failed_try(server: Server, http: Http) -> None:
    """Also who asks for few tries, as the request may be too large, is patient with that."""
    rest = Answer(status=429, headers={"Retry-After": "0"})
    server.on("/x", rest, rest, Answer(status=500), rest, rest, rest, rest, GOOD)
    assert http.get("x", attempts=2) == {"good": 1}


def test_patience_ends(server: Server) -> None:
    http = Http(server.url, backoff=0.0001)
    server.on("/x", Answer(status=429))
    with pytest.raises(HttpError, match=r"429: too many requests.*after 10 tries"):
        http.get("x")
    http.close()


def test_fewer_run_at_once_while_the_service_wants_rest(server: Server) -> None:
    """All threads at once after a pause are what it refuses again."""
    http = Http(server.url, at_once=8, backoff=0.001)
    server.on("/x", Answer(status=429), Answer(status=429), Answer(status=429), GOOD)
    server.on("/y", Answer(delay=0.02))
    assert http.get("x") == {"good": 1}
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(http.get, ["y"] * 8))
        assert server.most_at_once == 1
        list(pool.map(http.get, ["y"] * 120))
    assert server.most_at_once > 4
    http.close()


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 413, 501])
def test_what_does_not_pass_is_asked_once(server: Server, http: Http, status: int) -> None:
    server.on("/x", Answer(status=status))
    with pytest.raises(HttpError) as raised:
        http.get("x")
    assert raised.value.status == status
    assert len(server.seen) == 1


def test_it_gives_up_after_so_many_tries_and_says_so(server: Server, http: Http) -> None:
    server.on("/x", Answer(status=503))
    with pytest.raises(HttpError, match=r"503: .*run again later.*after 5 tries") as raised:
        http.get("x")
    assert raised.value.status == 503
    assert len(server.seen) == 5


def test_a_caller_may_ask_for_fewer_tries(server: Server, http: Http) -> None:
    server.on("/x", Answer(status=500), GOOD)
    with pytest.raises(HttpError, match="500"):
        http.get("x", attempts=1)


def test_a_slow_answer_is_given_up_and_asked_again(server: Server) -> None:
    server.on("/x", Answer(delay=2), GOOD)
    http = Http(server.url, timeout=0.2, backoff=0.01)
    assert http.get("x") == {"good": 1}
    http.close()


def test_an_answer_that_drips_is_given_up(server: Server) -> None:
    """Each byte comes within the timeout, the whole would take minutes."""
    server.on("/x", Answer(b'"' + b"a" * 1000 + b'"', drip=0.03), GOOD)
    http = Http(server.url, timeout=0.05, backoff=0.01)
    began = time.monotonic()
    assert http.get("x") == {"good": 1}
    assert time.monotonic() - began < 3
    http.close()


@pytest.mark.parametrize("status", [429, 503, 403])
def test_it_waits_as_many_seconds_as_told(server: Server, http: Http, status: int) -> None:
    server.on("/x", Answer(status=status, headers={"Retry-After": "1"}), GOOD)
    http.get("x")
    first, second = server.seen
    assert 1 <= second.at - first.at < 2


def test_it_waits_until_the_date_that_it_is_told_by_the_clock_of_the_server(
    server: Server, http: Http
) -> None:
    """A server whose clock is a year behind means one second, too."""
    then = datetime(2025, 1, 1, tzinfo=UTC)
    headers = {
        "Date": format_datetime(then, usegmt=True),
        "Retry-After": format_datetime(then + timedelta(seconds=1), usegmt=True),
    }
    server.on("/x", Answer(status=429, headers=headers), GOOD)
    http.get("x")
    first, second = server.seen
    assert 1 <= second.at - first.at < 2
    assert http.date() == then


def test_told_to_wait_for_hours_it_ends_with_a_clear_line(server: Server, http: Http) -> None:
    server.on("/x", Answer(status=429, headers={"Retry-After": "7200"}), GOOD)
    with pytest.raises(HttpError, match=r"429: told to wait 120 minutes.*run again later"):
        http.get("x")


def test_all_threads_wait_when_one_is_told(server: Server, http: Http) -> None:
    """Nobody asks while the service wants rest: that is what makes it angry."""
    server.on("/x", Answer(status=429, headers={"Retry-After": "1"}), GOOD)
    server.on("/y", GOOD)
    told = threading.Thread(target=http.get, args=("x",))
    told.start()
    while not server.seen:
        time.sleep(0.01)
    time.sleep(0.05)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(http.get, ["y"] * 8))
    told.join()
    first = server.seen[0].at
    assert all(seen.at - first >= 1 for seen in server.seen[1:])


def test_no_more_requests_at_once_than_allowed(server: Server) -> None:
    server.on("/x", Answer(delay=0.02))
    http = Http(server.url, at_once=3)
    with ThreadPoolExecutor(12) as pool:
        list(pool.map(http.get, ["x"] * 24))
    assert server.most_at_once == 3
    http.close()


def test_closing_ends_every_wait(server: Server, http: Http) -> None:
    server.on("/x", Answer(status=429, headers={"Retry-After": "600"}))
    with ThreadPoolExecutor(2) as pool:
        waiting = [pool.submit(http.get, "x") for _ in range(2)]
        while not server.seen:
            time.sleep(0.01)
        began = time.monotonic()
        http.close()
        for one in waiting:
            with pytest.raises(HttpError, match="closed"):
                one.result(timeout=5)
    assert time.monotonic() - began < 1
    http.close()


def test_who_is_being_answered_while_it_closes_gets_the_answer(server: Server, http: Http) -> None:
    server.on("/x", Answer(b'{"good": 1}', delay=0.3))
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(http.get, "x")
        while not server.seen:
            time.sleep(0.01)
        http.close()
        assert asked.result() == {"good": 1}


def test_gzip_is_read_also_in_several_members(server: Server, http: Http) -> None:
    text = json.dumps({"好": "い" * 100_000}).encode()
    body = gzip.compress(text[:50_000]) + gzip.compress(text[50_000:])
    server.on("/x", Answer(body, headers={"Content-Encoding": "gzip"}))
    assert http.get("x") == {"好": "い" * 100_000}
    assert server.seen[0].headers["accept-encoding"] == "gzip"


@pytest.mark.parametrize("zipped", [False, True])
def test_a_file_above_the_limit_is_refused_while_it_is_read(
    server: Server, http: Http, *, zipped: bool
) -> None:
    """Also one that is small as long as it is compressed."""
    body, headers = b"\0" * 5_000_000, {}
    if zipped:
        body, headers = gzip.compress(body), {"Content-Encoding": "gzip"}
    server.on("/x", Answer(body, headers=headers))
    assert len(http.download("x", max_bytes=5_000_000)) == 5_000_000
    with pytest.raises(TooLargeError, match=r"larger than 4,999,999 bytes"):
        http.download("x", max_bytes=4_999_999)
    assert len(server.seen) == 2


def test_an_answer_above_the_limit_is_refused(server: Server, http: Http) -> None:
    server.on("/x", Answer(b'"' + b"a" * 100_000 + b'"'))
    with pytest.raises(TooLargeError):
        http.get("x", max_bytes=100_000)


@given(st.integers(0, 10**9))
def test_retry_after_holds_seconds(seconds: int) -> None:
    assert retry_after(f" {seconds} ", NOON) == seconds


@given(st.integers(-(10**6), 10**6))
def test_retry_after_holds_a_date_and_the_past_is_now(seconds: int) -> None:
    date = format_datetime(NOON + timedelta(seconds=seconds), usegmt=True)
    assert retry_after(date, NOON) == max(0, seconds)


@given(st.text() | st.from_regex(r"[A-Z][a-z]{2}, \d+ [A-Z][a-z]{2} \d+ \d+:\d+:\d+ ([A-Z]+|.*)"))
def test_any_retry_after_is_a_wait_or_none(value: str) -> None:
    """Whatever a proxy writes there, it is never an error and never negative."""
    wait = retry_after(value, NOON)
    assert wait is None or wait >= 0


@given(st.integers(1, 2000), st.floats(0.01, 10))
def test_back_off_grows_and_ends(tries: int, first: float) -> None:
    assert first / 2 <= back_off(tries, first) <= 60
    assert back_off(tries, first) <= first * 2 ** min(tries, 20)


@given(st.floats(0, 900))
def test_a_wait_is_never_shorter_than_told(told: float) -> None:
    assert told <= a_little_over(told) <= told + 1
