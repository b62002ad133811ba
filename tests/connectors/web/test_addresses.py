"""A page has one address, whatever way it was written."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.web.addresses import _normalised, host_of, normalised, same_site, site_of

TABLE = [
    # what was written, what it is
    ("HTTPS://WWW.Example.CO.JP/Docs", "https://www.example.co.jp/Docs"),
    ("https://example.co.jp", "https://example.co.jp/"),
    ("https://example.co.jp?q=1", "https://example.co.jp/?q=1"),
    ("https://example.co.jp:443/a", "https://example.co.jp/a"),
    ("http://example.co.jp:80/a", "http://example.co.jp/a"),
    ("http://example.co.jp:443/a", "http://example.co.jp:443/a"),
    ("http://example.co.jp:08080/a", "http://example.co.jp:8080/a"),
    ("https://example.co.jp.:/a", "https://example.co.jp/a"),
    ("https://user:secret@example.co.jp/a", "https://example.co.jp/a"),
    # hosts beyond ASCII, full-width dots, escapes
    ("https://日本語.jp/", "https://xn--wgv71a119e.jp/"),
    ("https://日本語。jp/", "https://xn--wgv71a119e.jp/"),
    ("https://ＥＸＡＭＰＬＥ.jp/", "https://example.jp/"),
    ("https://%65xample.jp/", "https://example.jp/"),
    # every way to write an IP address
    ("http://127.1/", "http://127.0.0.1/"),
    ("http://0x7f.0.0.1/", "http://127.0.0.1/"),
    ("http://017700000001/", "http://127.0.0.1/"),
    ("http://2130706433:8080/", "http://127.0.0.1:8080/"),
    ("http://[0:0:0:0:0:0:0:1]:8080/", "http://[::1]:8080/"),
    # dot segments, however they are written
    ("https://a.jp/x/./y/../z", "https://a.jp/x/z"),
    ("https://a.jp/x/%2E%2e/z", "https://a.jp/z"),
    ("https://a.jp/../../z/..", "https://a.jp/"),
    ("https://a.jp/x/.", "https://a.jp/x/"),
    ("https://a.jp\\x\\y?a\\b", "https://a.jp/x/y?a\\b"),
    # escapes
    ("https://a.jp/%7Esato/%e8%b3%87", "https://a.jp/~sato/%E8%B3%87"),
    ("https://a.jp/資料 1", "https://a.jp/%E8%B3%87%E6%96%99%201"),
    ("https://a.jp/%8E%91%97%BF", "https://a.jp/%8E%91%97%BF"),
    ("https://a.jp/100%", "https://a.jp/100%25"),
    ("https://a.jp/%%34%31", "https://a.jp/%2541"),
    ("https://a.jp/a%2Fb", "https://a.jp/a%2Fb"),
    ('https://a.jp/<a>"', "https://a.jp/%3Ca%3E%22"),
    # queries
    ("https://a.jp/?", "https://a.jp/"),
    ("https://a.jp/?&&", "https://a.jp/"),
    ("https://a.jp/?b=2&a=1&b=1", "https://a.jp/?a=1&b=2&b=1"),
    ("https://a.jp/?page", "https://a.jp/?page"),
    ("https://a.jp/?a=", "https://a.jp/?a="),
    ("https://a.jp/?q=旅費 規程", "https://a.jp/?q=%E6%97%85%E8%B2%BB%20%E8%A6%8F%E7%A8%8B"),
    ("https://a.jp/?q=%8E%91", "https://a.jp/?q=%8E%91"),
    ("https://a.jp/?next=https://b.jp/?c", "https://a.jp/?next=https://b.jp/?c"),
    # trackers and sessions
    ("https://a.jp/?utm_source=x&id=7&UTM_Medium=y", "https://a.jp/?id=7"),
    ("https://a.jp/?gclid=1&fbclid=2&yclid=3&_ga=4", "https://a.jp/"),
    ("https://a.jp/?PHPSESSID=abc&p=2", "https://a.jp/?p=2"),
    ("https://a.jp/?sid=42", "https://a.jp/?sid=42"),
    ("https://a.jp/?sid=9f86d081884c7d659a2feaa0c55ad015", "https://a.jp/"),
    ("https://a.jp/?s=旅費", "https://a.jp/?s=%E6%97%85%E8%B2%BB"),
    ("https://a.jp/x;jsessionid=0A1B.node1?q=1", "https://a.jp/x?q=1"),
    ("https://a.jp/(S(lit3py55t21z5v55vlm25s55))/x.aspx", "https://a.jp/x.aspx"),
    ("https://a.jp/x;v=1", "https://a.jp/x;v=1"),
    # no server ever sees a fragment
    ("https://a.jp/x#y", "https://a.jp/x"),
    ("https://a.jp/#!/docs/1", "https://a.jp/"),
    # what browsers forgive
    ("  https://a.jp/x\n", "https://a.jp/x"),
    ("https://a.jp/x\ny", "https://a.jp/xy"),
    ("https:/a.jp/x", "https://a.jp/x"),
    # what only a server could say
    ("https://a.jp/index.html", "https://a.jp/index.html"),
    ("https://a.jp/docs/", "https://a.jp/docs/"),
    ("https://a.jp/a//b", "https://a.jp/a//b"),
]


@pytest.mark.parametrize(("written", "form"), TABLE)
def test_what_was_written_in_many_ways_is_one_address(written: str, form: str) -> None:
    assert normalised(written) == form
    assert normalised(form) == form


@pytest.mark.parametrize(
    "written",
    [
        "",
        "/relative",
        "mailto:info@example.co.jp",
        "javascript:void(0)",
        "data:text/html,x",
        "tel:0312345678",
        "ftp://a.jp/x",
        "file:///etc/passwd",
        "https://",
        "https:///",
        "https://a..jp/",
        "https://a b.jp/",
        "https://a.jp:99999/",
        "https://a.jp:x/",
        "https://[::1",
        "https://[::1]x/",
        "https://[fe80::1%25eth0]/",
        "https://256.256.256.256/",
        "https://1.2.3.4.5/",
        "https://09/",
        "https://a%00b.jp/",
        "https://" + "a" * 300 + ".jp/",
        "https://a.jp/" + "a" * 9_000,
    ],
)
def test_what_is_no_address_of_a_page_has_none(written: str) -> None:
    assert normalised(written) is None


# RFC 3986 §5.4: the examples of the standard itself, as far as they are of http.
REFERENCES = [
    ("g", "http://a/b/c/g"),
    ("./g", "http://a/b/c/g"),
    ("g/", "http://a/b/c/g/"),
    ("/g", "http://a/g"),
    ("//g", "http://g/"),
    ("?y", "http://a/b/c/d;p?y"),
    ("g?y", "http://a/b/c/g?y"),
    ("#s", "http://a/b/c/d;p?q"),
    ("g#s", "http://a/b/c/g"),
    (";x", "http://a/b/c/;x"),
    ("g;x", "http://a/b/c/g;x"),
    ("", "http://a/b/c/d;p?q"),
    (".", "http://a/b/c/"),
    ("./", "http://a/b/c/"),
    ("..", "http://a/b/"),
    ("../g", "http://a/b/g"),
    ("../..", "http://a/"),
    ("../../g", "http://a/g"),
    ("../../../../g", "http://a/g"),
    ("/./g", "http://a/g"),
    ("/../g", "http://a/g"),
    ("g.", "http://a/b/c/g."),
    ("..g", "http://a/b/c/..g"),
    ("./g/.", "http://a/b/c/g/"),
    ("g/../h", "http://a/b/c/h"),
    ("g?y/../x", "http://a/b/c/g?y/../x"),
]


@pytest.mark.parametrize(("reference", "whole"), REFERENCES)
def test_relative_addresses_count_from_their_base_as_rfc_3986_says(
    reference: str, whole: str
) -> None:
    assert normalised(reference, base="http://a/b/c/d;p?q") == whole


def test_a_query_is_sent_in_the_encoding_of_its_page_and_a_path_in_utf_8() -> None:
    """The WHATWG Standard: a link of a Shift_JIS page asks its server in Shift_JIS."""
    found = normalised("/検索?q=資料", base="https://a.jp/", encoding="cp932")
    assert found == "https://a.jp/%E6%A4%9C%E7%B4%A2?q=%8E%91%97%BF"
    assert normalised("?q=☃", base="https://a.jp/", encoding="cp932") == "https://a.jp/?q=%E2%98%83"


def test_parameters_that_an_option_names_are_left_out() -> None:
    url = "https://a.jp/x?Ref=top&ref_id=3&id=1&sort=asc"
    assert normalised(url, ignore=("ref", "ref_*")) == "https://a.jp/x?id=1&sort=asc"


def test_www_and_the_scheme_are_one_site_and_ports_are_not() -> None:
    assert same_site("https://www.a.jp/x", "http://a.jp/y?z")
    assert not same_site("https://a.jp/", "https://b.a.jp/")
    assert not same_site("https://a.jp:8443/", "https://a.jp/")
    assert host_of("http://127.0.0.1:8080/x") == "127.0.0.1:8080"
    assert site_of("https://www.a.jp/") == "a.jp"


_WRITTEN = (
    "/ // . .. % %2 %2e %2F %41 %E8%B3%87 %8e a 資料 & = ? # #! ; ;sid=1 ;jsessionid=A (S(x)) sid= "
    "utm_x=1 0000000000000000 \\ + : @ [ ] | ' \" < ~ \x00 \x7f \ud800 b"
)
_PIECES = st.sampled_from(_WRITTEN.split(" "))
_HOSTS = st.sampled_from(["a.jp", "日本.jp", "WWW.A.JP", "127.1", "[::1]", "a.jp:8080", "u:p@a.jp"])


@settings(deadline=None)
@given(_HOSTS, st.lists(_PIECES | st.text(max_size=3), max_size=12))
def test_the_form_of_a_form_is_itself(host: str, pieces: list[str]) -> None:
    form = normalised(f"https://{host}/{''.join(pieces)}")
    assert form is not None
    assert form.isascii()
    assert "#" not in form
    assert normalised(form) == form
    assert normalised(form, base="https://other.jp/x", encoding="cp932") == form


@settings(deadline=None)
@given(st.text(max_size=40), st.text(max_size=20))
def test_whatever_is_written_there_is_a_form_or_none(written: str, base: str) -> None:
    for form in (
        normalised(written),
        normalised(written, base="https://a.jp/b/c?d"),
        normalised(f"http://{base}/{written}"),
    ):
        assert form is None or normalised(form) == form


@settings(deadline=None)
@given(st.permutations(["a=1", "b=2", "c", "d=4"]))
def test_the_order_of_parameters_makes_no_other_page(parameters: list[str]) -> None:
    assert normalised("https://a.jp/?" + "&".join(parameters)) == "https://a.jp/?a=1&b=2&c&d=4"


@pytest.mark.parametrize(
    "base", ["http://a.jp", "http://a.jp/", "https://a.jp/x/y?q=/z", "http://a.jp?q=/z"]
)
@pytest.mark.parametrize(
    "reference",
    ["/p", "/../p", "/", "/?a=1", "//b.jp/p", "/\\b.jp/p", "\\p", "/\t/b.jp/p", "p", "?a", "", "#x",
     "http://b.jp/p", "HTTPS://b.jp", "https:p", "http:/p", "http:\\\\b.jp"],
)  # fmt: skip
def test_what_is_remembered_of_a_base_changes_no_form(base: str, reference: str) -> None:
    whole = _normalised.__wrapped__(reference, base, (), "utf-8")
    assert normalised(reference, base=base) == whole
