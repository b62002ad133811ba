"""Which addresses may hold text, which dates are believed, and whose turn it is."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.web import dates, kinds
from connectors.web.addresses import host_of
from connectors.web.memory import Waiting
from connectors.web.turns import Turns

HOST = "https://www.example.co.jp"
NOW = datetime(2026, 6, 1, tzinfo=UTC)
MARCH = "Sun, 01 Mar 2026 09:00:00 GMT"
APRIL = "Wed, 01 Apr 2026 09:00:00 GMT"


@pytest.mark.parametrize(
    ("path", "asked"),
    [
        ("/", True),
        ("/docs/v1.2", True),
        ("/a.html", True),
        ("/規程.PDF", True),
        ("/a.docx?download=1", True),
        ("/a.txt", True),
        ("/photo.JPG", False),
        ("/app.js?v=3", False),
        ("/a.tar.gz", False),
        ("/feed.rss", False),
        ("/page.php?file=a.zip", True),
    ],
)
def test_what_can_have_no_text_is_not_asked_for(path: str, *, asked: bool) -> None:
    assert kinds.is_asked_for(HOST + path) == asked


@pytest.mark.parametrize(
    ("media_type", "has_text"),
    [
        (None, True),
        ("text/html; charset=Shift_JIS", True),
        ("application/pdf", True),
        ("text/plain", True),
        ("text/csv", True),
        ("application/octet-stream", True),
        ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", True),
        ("IMAGE/PNG", False),
        ("video/mp4", False),
        ("application/json; charset=utf-8", False),
        ("application/zip", False),
        ("text/css", False),
    ],
)
def test_a_declared_type_tells_whether_there_is_text(
    media_type: str | None, *, has_text: bool
) -> None:
    assert (kinds.without_text(media_type) is None) == has_text


def test_a_type_that_says_nothing_is_not_handed_on() -> None:
    assert kinds.told("application/octet-stream") is None
    assert kinds.told("text/html; charset=EUC-JP") == "text/html; charset=EUC-JP"


def test_the_date_of_a_page_is_believed() -> None:
    expected = datetime(2026, 3, 1, 9, tzinfo=UTC)
    assert dates.believed(MARCH, before=None, same_text=False, now=NOW) == expected
    assert dates.believed(MARCH, before=MARCH, same_text=True, now=NOW) == expected


def test_a_date_that_moves_while_the_text_stays_is_not() -> None:
    assert dates.believed(APRIL, before=MARCH, same_text=True, now=NOW) is None
    assert dates.believed(APRIL, before=MARCH, same_text=False, now=NOW) is not None


@pytest.mark.parametrize(
    "told",
    [None, "", "yesterday", "Mon, 01 Jun 2026 00:00:00 GMT", "Thu, 01 Jan 1970 00:00:00 GMT"],
    ids=["none", "empty", "no date", "of the request itself", "the epoch"],
)
def test_what_is_no_date_of_a_page_is_not(told: str | None) -> None:
    assert dates.believed(told, before=None, same_text=False, now=NOW) is None


@given(st.text())
def test_no_header_breaks_the_reading_of_dates(told: str) -> None:
    when = dates.read(told)
    assert when is None or when.tzinfo is not None


@given(
    st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 99)), max_size=40), st.integers(1, 4)
)
def test_every_address_gets_its_turn_and_no_host_more_than_its_share(
    addresses: list[tuple[str, int]], of_a_host: int
) -> None:
    waiting = [Waiting(f"https://{host}.example/{number}", 0) for host, number in addresses]
    turns = Turns(waiting, of_a_host=of_a_host)
    under_way: list[Waiting] = []
    seen: list[Waiting] = []
    while True:
        while one := turns.next():
            under_way.append(one)
            seen.append(one)
            hosts = [host_of(other.url) for other in under_way]
            assert hosts.count(host_of(one.url)) <= of_a_host
        if not under_way:
            break
        turns.done(under_way.pop(0))
    assert sorted(one.url for one in seen) == sorted(one.url for one in waiting)


def test_a_busy_host_holds_up_none_of_the_others() -> None:
    slow = [Waiting(f"https://slow.example/{number}", 0) for number in range(9)]
    turns = Turns([*slow, Waiting("https://quick.example/", 0)], of_a_host=1)
    assert {turns.next(), turns.next()} == {slow[0], Waiting("https://quick.example/", 0)}
    assert turns.next() is None
