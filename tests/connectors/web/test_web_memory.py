"""What is remembered between crawls, and of one that was killed."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.base import ConnectorError
from connectors.web.known import Known, packed, unpacked
from connectors.web.memory import Memory, Waiting

URL = "https://www.example.co.jp/a"
PAGE = Known(URL, kind="content", fingerprint="f", title="題", packed=packed((URL, URL + "b")))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "home" / "web.db"


@pytest.fixture
def memory(path: Path) -> Iterator[Memory]:
    made = Memory(path, "one")
    yield made
    made.close()


def test_what_is_kept_comes_back_as_it_was_also_for_the_next_process(
    memory: Memory, path: Path
) -> None:
    memory.keep(PAGE)
    again = Memory(path, "one")
    assert again.known(URL) == PAGE
    assert again.known(URL + "b") is None
    again.close()


def test_sources_know_nothing_of_each_other(memory: Memory, path: Path) -> None:
    memory.keep(PAGE)
    other = Memory(path, "two")
    assert other.known(URL) is None
    assert list(other.all()) == []
    other.begin("")
    other.wait([Waiting(URL, 0)], 0)
    memory.begin("")
    assert memory.next_level() == []
    assert other.next_level() == [Waiting(URL, 0)]
    other.close()


@given(st.lists(st.text(st.characters(exclude_characters="\n", codec="utf-8"), min_size=1)))
def test_links_are_packed_without_loss(links: list[str]) -> None:
    assert unpacked(packed(tuple(links))) == tuple(links)


def test_all_yields_every_address_once(memory: Memory) -> None:
    with memory.writing():
        for number in range(1_234):
            memory.keep(Known(f"{URL}{number}", crawl=number % 2))
    assert len({known.url for known in memory.all()}) == 1_234
    assert len(list(memory.all("crawl = 1"))) == 617
    assert memory.count("crawl = 1") == 617


def test_the_frontier_is_taken_level_by_level_in_its_order(memory: Memory) -> None:
    memory.begin("")
    waiting = [Waiting("c", 1), Waiting("b", 1), Waiting("seed", 0), Waiting("old", 0, later=1)]
    memory.wait(waiting, 0)
    memory.wait([Waiting("c", 0)], 4)  # it waits already
    assert [one.url for one in memory.next_level()] == ["seed"]
    memory.done("seed")
    assert [one.url for one in memory.next_level()] == ["c", "b"]
    memory.done("c")
    memory.done("b")
    assert memory.next_level() == [Waiting("old", 0, later=1)]
    memory.done("old")
    assert memory.next_level() == []


def test_a_crawl_that_was_killed_goes_on_and_one_that_ended_does_not(
    memory: Memory, path: Path
) -> None:
    assert memory.begin("x") == (1, False)
    memory.wait([Waiting(URL, 0)], 0)
    again = Memory(path, "one")  # as after kill -9: nobody closed anything
    assert again.begin("x") == (1, True)
    assert again.next_level() == [Waiting(URL, 0)]
    again.end(1, [])
    assert again.begin("x") == (2, False)
    assert again.next_level() == []
    again.close()


def test_a_crawl_of_other_options_or_of_yesterday_is_begun_anew(memory: Memory, path: Path) -> None:
    memory.begin("x")
    assert memory.begin("y") == (2, False)
    with sqlite3.connect(path) as database:
        database.execute("UPDATE crawls SET began = began - 90000")
    assert memory.begin("y") == (3, False)


def test_a_crawl_beside_another_one_has_a_copy(memory: Memory, path: Path) -> None:
    """A dry run beside a sync takes nothing away, and knows what spares bodies."""
    memory.keep(PAGE)
    memory.end(*_begun(memory))
    other = Memory(path, "one")
    with memory.crawling() as mine, other.crawling() as theirs:
        assert mine is memory
        assert theirs is not other
        assert theirs.known(URL) == PAGE
        theirs.begin("")
        theirs.forget([URL])
        theirs.wait([Waiting(URL, 0)], 0)
        assert memory.next_level() == []
    assert memory.known(URL) == PAGE
    with other.crawling() as theirs:  # the other one ended
        assert theirs is other
    other.close()


def _begun(memory: Memory) -> tuple[int, list[tuple[str, str]]]:
    return memory.begin("")[0], []


def test_a_body_is_taken_once_and_at_its_version_alone(memory: Memory) -> None:
    memory.keep_body(PAGE, b"body")
    assert memory.take_body(URL, "f") == b"body"
    assert memory.take_body(URL, "f") is None
    memory.keep_body(PAGE, b"body")
    assert memory.take_body(URL, "newer") is None


def test_bodies_that_nobody_fetches_are_dropped(memory: Memory) -> None:
    for number in range(1, 5):
        crawl, _ = memory.begin("")
        assert crawl == number
        if number == 1:
            memory.keep_body(Known(URL, fingerprint="f", crawl=crawl), b"body")
        memory.end(crawl, [])
    assert memory.take_body(URL, "f") is None


def test_bodies_above_the_limit_are_asked_for_again(path: Path) -> None:
    memory = Memory(path, "one", body_bytes=100)
    memory.keep_body(PAGE, bytes(range(256)))
    assert memory.take_body(URL, "f") is None
    memory.keep_body(PAGE, b"small")
    assert memory.take_body(URL, "f") == b"small"
    memory.close()


def test_the_file_is_for_this_user_alone(memory: Memory, path: Path) -> None:
    memory.keep(PAGE)
    assert path.stat().st_mode & 0o077 == 0


def test_a_damaged_memory_is_begun_anew(path: Path) -> None:
    path.parent.mkdir()
    path.write_bytes(b"this is no database, whatever it is called" * 100)
    memory = Memory(path, "one")
    memory.keep(PAGE)
    assert memory.known(URL) == PAGE
    assert memory.lasts
    memory.close()


def test_a_memory_that_can_not_be_written_lasts_as_long_as_the_process(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    memory = Memory(tmp_path / "file" / "web.db", "one")
    assert not memory.lasts
    memory.keep(PAGE)
    assert memory.known(URL) == PAGE
    with memory.crawling() as store:
        assert store is memory
    memory.close()


def test_what_is_written_together_is_written_whole_or_not_at_all(memory: Memory) -> None:
    def half() -> None:
        with memory.writing():
            memory.keep(PAGE)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        half()
    assert memory.known(URL) is None


def test_a_closed_memory_says_so(memory: Memory) -> None:
    memory.close()
    memory.close()
    with pytest.raises(ConnectorError, match="closed"):
        memory.known(URL)


def test_site_maps_are_forgotten_when_no_crawl_read_them(memory: Memory) -> None:
    memory.keep(Known("sitemap https://x/s.xml", crawl=1))
    memory.keep(Known("sitemap https://x/t.xml", crawl=2))
    memory.keep(PAGE)
    memory.forget_sitemaps(before=2)
    assert memory.urls_in_order() == [URL, "sitemap https://x/t.xml"]
