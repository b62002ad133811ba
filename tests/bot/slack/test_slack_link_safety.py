"""Links in Slack lead where they say, and text is cleaned and cut without loss."""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rigs.slack_rig import SlackRig
from slack_hostile import HOSTILE, PURE, URLS, listed, safe, statements
from slack_samples import (
    WIKI,
    answered,
    hit,
    shown,
)
from slack_sdk import WebClient

from bot.slack.view.layout import messages, pieces
from bot.slack.view.markup import paragraphs
from bot.slack.view.safe import clean, linkable, names_another_site, one_line, shown_url
from bot.slack.view.values import Paragraph, Run


class TestLinks:
    @pytest.mark.parametrize(
        ("url", "kept"),
        [
            (
                'https://wiki.example.co.jp/a b"c|d>e',
                "https://wiki.example.co.jp/a%20b%22c%7Cd%3Ee",
            ),
            ("HTTP://Wiki.example/日", "http://Wiki.example/%E6%97%A5"),
            ("https://日本語.jp/", "https://xn--wgv71a119e.jp/"),
            ("http://intranet:8080/x#%E7%AF%80", "http://intranet:8080/x#%E7%AF%80"),
            ("file:///srv/a.md", None),
            ("javascript:alert(1)", None),
            ("https://user:pass@evil.example/", None),
            ("https://evil.example\\@wiki.example.co.jp/", None),
            ("https://a.example:99999/", None),
            ("https:evil.example", None),
            ("https://a.example/" + "b" * 3000, None),
            ("https://a.example/x#" + "節" * 400, "https://a.example/x"),
        ],
    )
    def test_lead_to_web_pages_alone(self, url: str, kept: str | None) -> None:
        """Anything else is shown, and can not be pressed; a name before the host only deceives."""
        assert linkable(url) == kept

    @PURE
    @given(URLS)
    def test_are_addresses_that_every_client_reads_alike(self, url: str) -> None:
        address = linkable(url)
        if address:
            assert re.fullmatch(r"https?://[!-~]+", address)
            assert not set(address) & set("\"'<>|\\^`{} ")
            assert urlsplit(address).hostname
            assert linkable(address) == address

    @pytest.mark.parametrize(
        ("url", "read"),
        [
            ("file:///srv/docs/%E8%A6%8F%E7%A8%8B%201.md#x", "/srv/docs/規程 1.md"),
            ("javascript:alert(1)\n", "javascript:alert(1)"),
            ("", ""),
        ],
    )
    def test_to_files_show_their_path(self, url: str, read: str) -> None:
        assert shown_url(url) == read

    @pytest.mark.parametrize(
        "label",
        [
            "https://bank.example/", "bank.co.jp", "ログインはbank.comへ", "www.bank.jp › 口座",
            "ｂａｎｋ．ｃｏｍ", "bank。com", "https://wiki.example.co.jp@evil.example/",
            "http:/bank",
            "wiki.example.co.jp.evil.example", "BANK.EXAMPLE", "http://intranet", "evil.zip/login",
            "銀行.jp", "xn--a.xn--p1ai", "sub.wiki.example.co.jp",
        ],
    )  # fmt: skip
    def test_that_read_like_another_site_are_not_the_text_of_a_link(self, label: str) -> None:
        assert names_another_site(label, WIKI)

    @pytest.mark.parametrize(
        "label",
        [
            "就業規則 › 第5章", "手順書.md", "2024.12.01 議事録.docx", "Node.js の導入", "1.2.3",
            "wiki.example.co.jp の使い方", "https://wiki.example.co.jp/d", "setup.py › main",
            "経費精算.xlsx（シート「旅費」A1:C12）", "です。次の章", "…", "A.B.",
            "Wiki.Example.co.jp",
        ],
    )  # fmt: skip
    def test_of_plain_titles_stay_links(self, label: str) -> None:
        assert not names_another_site(label, WIKI)

    def test_with_a_deceiving_title_name_their_own_site(
        self, slack_rig: SlackRig, slack: WebClient
    ) -> None:
        """The title can still be read, and the link says where it leads."""
        content = answered(
            *statements(False, "はい。"), sources=listed(hit("https://bank.example/login"))
        )
        screen = safe(slack_rig, slack, shown(content))
        assert "1. https://bank.example/login（wiki.example.co.jp）" in screen.text
        assert [link["label"] for link in screen.links] == ["wiki.example.co.jp"]


class TestCharacters:
    @PURE
    @given(HOSTILE)
    def test_that_nobody_sees_are_left_out(self, text: str) -> None:
        """Direction marks turn a title round; those without width hide what it really says."""
        cleaned = clean(text)
        hidden = {c for c in cleaned if unicodedata.category(c) in {"Cc", "Cf", "Cs", "Zl", "Zp"}}
        assert hidden <= {"\n", "\t", "\u200d"}
        assert clean(cleaned) == cleaned

    def test_of_one_emoji_stay_together(self) -> None:
        assert clean("👨‍👩‍👧 \u200dか\u200d🏳️‍🌈") == "👨‍👩‍👧 か🏳️‍🌈"

    @PURE
    @given(HOSTILE, st.integers(1, 50))
    def test_of_a_title_stand_in_one_line(self, text: str, limit: int) -> None:
        line = one_line(text, limit)
        assert len(line) <= limit
        assert "\n" not in line


class TestCutting:
    RUNS = st.lists(
        st.builds(
            Run,
            HOSTILE.map(lambda text: text * 20).filter(bool),
            kind=st.sampled_from(["text", "text", "link"]),
            url=st.just(WIKI),
            bold=st.booleans(),
            whole=st.booleans(),
        ),
        max_size=6,
    ).map(tuple)

    @PURE
    @given(RUNS)
    def test_loses_nothing_and_leaves_whole_what_is_whole(self, runs: tuple[Run, ...]) -> None:
        cut = pieces(Paragraph(runs))
        assert "".join(piece.text for piece in cut) == Paragraph(runs).text
        whole = [run for run in runs if run.whole or run.kind == "link"]
        kept = [run for piece in cut for run in piece.runs if run.whole or run.kind == "link"]
        assert kept == whole
        assert all(not piece.runs[0].whole for piece in cut[1:])

    @PURE
    @given(st.lists(RUNS.map(Paragraph), max_size=5), st.lists(RUNS.map(Paragraph), max_size=3))
    def test_packs_everything_in_order(self, body: list[Paragraph], foot: list[Paragraph]) -> None:
        packed = messages(body, foot)
        assert "".join(each.text for said, _ in packed for each in said) == "".join(
            each.text for each in body
        )
        assert "".join(each.text for _, below in packed for each in below) == "".join(
            each.text for each in foot
        )

    @pytest.mark.parametrize("mark", ["**", "`", "[", "](", "**a ", "`a``", "![", "。", "「", "、"])
    def test_takes_marks_without_end(self, mark: str) -> None:
        """Text that makes a careless expression go back for ever is read and packed like any."""
        text = mark * 30_000
        [only] = paragraphs(text, set())
        unmarked = str.maketrans("", "", "*` ")
        assert only.text.translate(unmarked) == text.translate(unmarked)
        assert "".join(piece.text for piece in pieces(only)) == only.text


def test_an_address_can_be_read_back() -> None:
    """Encoding leaves the page that is meant."""
    assert unquote(linkable("https://wiki.example.co.jp/日本語 1") or "").endswith("/日本語 1")
