"""What counts is told by host, folder and globs; what does not, with the option to change."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.base import ConnectorError
from connectors.web.scope import Scope

DOCS = "https://www.example.co.jp/docs/"


@pytest.mark.parametrize(
    ("seed", "url", "counts"),
    [
        (DOCS, "https://www.example.co.jp/docs/", True),
        (DOCS, "https://www.example.co.jp/docs/a/b.html?page=2", True),
        (DOCS, "http://example.co.jp/docs/a", True),  # `www.` and the scheme are no other site
        (DOCS, "https://www.example.co.jp/docs", False),
        (DOCS, "https://www.example.co.jp/", False),
        (DOCS, "https://www.example.co.jp/Docs/a", False),
        (DOCS, "https://blog.example.co.jp/docs/a", False),
        (DOCS, "https://www.example.co.jp.evil.com/docs/", False),
        (DOCS, "https://www.example.co.jp@evil.com/docs/", False),
        (DOCS, "https://www.example.co.jp:8443/docs/", False),
        (DOCS, "https://www.example.co.jp/docs/../private/", False),
        (DOCS, "mailto:info@example.co.jp", False),
        # a seed without a slash at its end is its own folder, never all of its site
        ("https://example.co.jp/docs", "https://example.co.jp/docs", True),
        ("https://example.co.jp/docs", "https://example.co.jp/docs/a", True),
        ("https://example.co.jp/docs", "https://example.co.jp/docs?page=2", True),
        ("https://example.co.jp/docs", "https://example.co.jp/docs-old", False),
        ("https://example.co.jp/docs", "https://example.co.jp/", False),
        ("https://example.co.jp/docs/index.html", "https://example.co.jp/docs/b.html", True),
        ("https://example.co.jp/docs/index.html", "https://example.co.jp/b.html", False),
        ("https://example.co.jp", "https://example.co.jp/anything", True),
        ("http://127.0.0.1:8080/", "http://127.0.0.1:8080/x", True),
        ("http://127.0.0.1:8080/", "http://127.0.0.1:8081/x", False),
        ("http://127.0.0.1:8080/", "http://127.1:8080/x", True),
    ],
)
def test_what_is_below_the_folder_of_a_seed_counts(seed: str, url: str, *, counts: bool) -> None:
    assert Scope([seed]).covers(url) is counts


@pytest.mark.parametrize(
    ("hosts", "url", "counts"),
    [
        (("blog.example.co.jp",), "https://blog.example.co.jp/any/where", True),
        (("www.blog.example.co.jp",), "http://blog.example.co.jp/", True),
        (("blog.example.co.jp",), "https://a.blog.example.co.jp/", False),
        (("*.example.co.jp",), "https://a.b.example.co.jp/x", True),
        (("*.example.co.jp",), "https://notexample.co.jp/x", False),
        (("*.other.jp",), "https://other.jp/x", False),
        (("日本語.jp",), "https://xn--wgv71a119e.jp/", True),
        (("127.0.0.2",), "http://127.0.0.2:8080/", True),  # a port that a seed names
        (("127.0.0.2",), "http://127.0.0.2:22/", False),
        (("::1",), "http://[::1]:8080/", True),
    ],
)
def test_further_hosts_count_as_a_whole(hosts: tuple[str, ...], url: str, *, counts: bool) -> None:
    assert Scope([DOCS, "http://127.0.0.1:8080/"], hosts=hosts).covers(url) is counts


@pytest.mark.parametrize(
    ("glob", "path", "matches"),
    [
        ("/docs/**", "/docs/", True),
        ("/docs/**", "/docs", True),
        ("/docs/**", "/docs/a/b?c=1", True),
        ("/docs/**", "/docsearch", False),
        ("/docs/*", "/docs/a", True),
        ("/docs/*", "/docs/a/b", False),
        ("/docs/*/", "/docs/a/", True),
        ("/docs/**/old/*", "/docs/old/x", True),
        ("/docs/**/old/*", "/docs/a/b/old/x", True),
        ("/search*", "/search?q=1", True),
        ("/search*", "/searching", True),
        ("/search*", "/a/search", False),
        ("*.pdf", "/a/b/c.pdf", True),
        ("*.pdf", "/c.pdf", True),
        ("*.pdf", "/c.pdf.html", False),
        ("print", "/a/print", True),
        ("**?print=1", "/a/b?a=2&print=1", True),
        ("**?print=1", "/a/b?print=10", False),
        ("**?print=*", "/a/b?print=10", True),
        ("**?sort=*&order=*", "/a?order=asc&page=1&sort=name", True),
        ("**?sort=*&order=*", "/a?sort=name", False),
        ("/list?", "/list?a", True),
        ("/list?", "/list", False),
        ("?replytocom=*", "/a/b?replytocom=7", True),
        ("/製品/**", "/%E8%A3%BD%E5%93%81/1", True),
        ("/%E8%A3%BD%E5%93%81/**", "/製品/1", True),
        ("/a.b", "/aXb", False),
        ("/a+(b)[c]", "/a+(b)[c]", True),
        ("https://www.example.co.jp/docs/**", "/docs/x", True),
        ("https://blog.example.co.jp/docs/**", "/docs/x", False),
        ("**", "/", True),
        ("/", "/", True),
        ("/", "/a", False),
    ],
)
def test_globs_match_paths_and_parameters(glob: str, path: str, *, matches: bool) -> None:
    url = f"https://example.co.jp{path}"
    assert Scope(["https://example.co.jp/"], include=(glob,)).covers(url) is matches
    assert Scope(["https://example.co.jp/"], exclude=(glob,)).covers(url) is not matches


def test_include_replaces_the_folder_and_exclude_wins() -> None:
    scope = Scope(
        [DOCS], include=("/news/**", "/docs/*.html"), exclude=("/news/old/**", "**?print=1")
    )
    assert scope.covers("https://example.co.jp/news/1")
    assert scope.covers("https://example.co.jp/docs/a.html")
    assert not scope.covers("https://example.co.jp/docs/a")
    assert not scope.covers("https://example.co.jp/news/old/1")
    assert not scope.covers("https://example.co.jp/news/1?print=1")
    assert not scope.covers("https://other.jp/news/1")
    assert not scope.covers(scope.seeds[0])  # asked for all the same: `seeds` says so


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("https://blog.example.co.jp/x", ["blog.example.co.jp", "`hosts`"]),
        ("https://example.co.jp/news/1", ["/docs/", "`include`", "`urls`"]),
        ("https://example.co.jp/docs/old/1", ["/docs/old/**", "`exclude`"]),
        ("javascript:alert(1)", ["no address"]),
    ],
)
def test_what_does_not_count_is_told_with_the_option_to_change(url: str, said: list[str]) -> None:
    line = Scope([DOCS], exclude=("/docs/old/**",)).why_not(url)
    assert line is not None
    assert "\n" not in line
    assert all(word in line for word in said)
    assert "`include`" in (Scope([DOCS], include=("/x/**",)).why_not(DOCS) or "")


def test_seeds_are_normalised_and_each_is_there_once() -> None:
    scope = Scope(["HTTPS://Example.co.jp:443/a?utm_source=x#y", "https://example.co.jp/a"])
    assert scope.seeds == ("https://example.co.jp/a",)


def test_ignored_parameters_make_no_other_page() -> None:
    scope = Scope([DOCS], ignore_parameters=("ref", "view_*"))
    assert scope.normalised("a?ref=1&VIEW_mode=2&id=3", base=DOCS) == f"{DOCS}a?id=3"


def test_a_seed_that_is_no_address_is_refused_without_being_repeated() -> None:
    with pytest.raises(ConnectorError, match="number 2 of `urls`") as refused:
        Scope([DOCS, "ftp://user:secret@example.co.jp/"])
    assert "secret" not in str(refused.value)
    with pytest.raises(ConnectorError, match="`hosts`"):
        Scope([DOCS], hosts=("a b",))


def test_the_fingerprint_changes_with_what_counts_and_with_nothing_else() -> None:
    plain = Scope([DOCS]).fingerprint
    assert (
        plain == Scope([DOCS], max_pages=3).fingerprint == Scope(["HTTPS" + DOCS[5:]]).fingerprint
    )
    others = [
        Scope([DOCS, "https://a.jp/"]),
        Scope([DOCS], hosts=("a.jp",)),
        Scope([DOCS], include=("/a",)),
        Scope([DOCS], exclude=("/a",)),
        Scope([DOCS], ignore_parameters=("a",)),
        Scope([DOCS], depth=1),
    ]
    assert len({plain, *(scope.fingerprint for scope in others)}) == 7


@settings(deadline=None)
@given(st.text(alphabet="/*?ab.資%&=", max_size=12), st.text(alphabet="/ab.資%&=?#", max_size=20))
def test_whatever_the_glob_it_is_taken_and_answers(glob: str, path: str) -> None:
    url = f"https://example.co.jp/{path}"
    included = Scope(["https://example.co.jp/"], include=(glob,)).covers(url)
    assert included is not Scope(["https://example.co.jp/"], exclude=(glob,)).covers(url)


def test_stars_in_great_number_take_no_longer_than_the_address_allows() -> None:
    """Each star may try every length: what could multiply is folded first."""
    glob = "*a" * 12 + "**" * 200 + "b"
    assert not Scope([DOCS], include=(glob,)).covers("https://example.co.jp/" + "a" * 60)
