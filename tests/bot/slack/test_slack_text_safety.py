"""Hostile text through Slack: it pings nobody, forges no link, breaks no block, and is all there.

What is written here comes from documents, models and people; everything is posted by the real
client into the loopback Slack, and judged by what a person would see there.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from rigs.slack_rig import SlackRig
from slack_samples import (
    HELPDESK,
    SATO,
    SOUMU,
    SUZUKI,
    WIKI,
    Seen,
    abstained,
    answered,
    hit,
    seen,
    shown,
    source,
    turn,
    valid,
)
from slack_sdk import WebClient

from bot import reply
from bot.exchange import Source, Statement
from bot.inbox.platform import HandOver, Line, Sharing
from bot.slack.view import Part, line_text, render, stream_text
from bot.slack.view.layout import messages, pieces
from bot.slack.view.markup import paragraphs
from bot.slack.view.safe import clean, linkable, names_another_site, one_line, shown_url
from bot.slack.view.values import Paragraph, Run

ATTACKS = [
    "<!channel>", "<!here|you>", "<!everyone>", "<@U0SATO0001>", "<!subteam^S0HELPDESK>",
    "<!subteam^S1|@team>", "@channel", "@here", "@soumu-helpdesk", "&lt;!channel&gt;",
    "&amp;lt;!channel&amp;gt;", "<https://evil.example|https://wiki.example.co.jp/>",
    "[https://wiki.example.co.jp](https://evil.example/)", '[規則](https://evil.example/ "x")',
    "<#C0SECRET01>", "<!date^1^{date}^https://evil.example|x>", ":tada:", "*a* _b_ ~c~ `d`",
    "**太字**", "```", "```\n<!channel>\n```", "> 引用", "# 見出し", "- 項目", "1. 項目", "|a|b|",
    "\u202eevil\u202c", "\u2066x\u2069", "zero\u200bwidth\ufeff", "\u00ad", "a\r\nb\u2028c",
    "\x00\x1b[31m", "\ud800", "👨‍👩‍👧", "が", "🇯🇵", "＠channel",
    "＜!channel＞", "<", ">", "&", "\ue000", "\ufffc",
    "https://bank.example/login", "bank.co.jp", "www.bank.jp", "ｂａｎｋ．ｃｏｍ", "bank。com",
    "https://wiki.example.co.jp@evil.example/", "wiki.example.co.jp.evil.example",
]  # fmt: skip
HOSTILE = st.lists(
    st.one_of(st.sampled_from(ATTACKS), st.text(max_size=12), st.sampled_from(["。", " ", "\n"])),
    max_size=8,
).map("".join)
URLS = st.one_of(
    st.sampled_from([
        WIKI, "https://wiki.example.co.jp/a b\"c'|d>e<f", "HTTPS://Wiki.Example.co.jp:8443/日本語?q=「」#節",
        "file:///srv/docs/規程 1.md", "javascript:alert(1)", "data:text/html,<b>", "mailto:a@b.jp",
        "slack://user?id=U1", "tel:110", "//evil.example/x", "https:evil.example", "https:///x", "",
        "https://user:pass@evil.example/", "https://evil.example\\@wiki.example.co.jp/",
        "https://[::1]/x", "https://[::1", "https://日本語.jp/", "https://a.example:99999/",
        "https://a.example/" + "あ" * 400, "https://a.example/" + "b" * 3000, "http://intranet/x",
        " https://wiki.example.co.jp/\n", "https://wiki.example.co.jp/%E3%81%82%", "https://-/",
    ]),
    HOSTILE.map(lambda text: f"https://wiki.example.co.jp/{text}"),
    HOSTILE,
)  # fmt: skip
HITS = st.builds(
    hit,
    HOSTILE,
    URLS,
    headings=st.lists(HOSTILE, max_size=3).map(tuple),
    # No index can hold half a character.
    anchor=st.one_of(
        st.sampled_from(["", "page=3", "sheet=<!here>&range=A1"]),
        HOSTILE.map(lambda text: text.replace("\ud800", "")),
    ),
    owner=st.none() | HOSTILE,
)
# The rig is emptied before each test, not before each example: what an example saw is its own.
THROUGH_THE_RIG = settings(
    deadline=None,
    max_examples=20,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
# How long an example takes says nothing on a machine that others use.
PURE = settings(deadline=None, max_examples=50, suppress_health_check=[HealthCheck.too_slow])
LONG = settings(THROUGH_THE_RIG, max_examples=8)


def statements(verbatim: bool, *texts: str) -> list[Statement]:
    return [
        Statement(text, (number,), verbatim) for number, text in enumerate(texts, start=1) if text
    ]


def listed(*found: object) -> list[Source]:
    return [source(number, one) for number, one in enumerate(found, start=1)]  # type: ignore[arg-type]


def safe(rig: SlackRig, slack: WebClient, parts: Sequence[Part], *pinged: str) -> Seen:
    """Post parts into an empty workspace and check that they did no harm."""
    rig.reset(limits={"enabled": False})
    screen = seen(rig, slack, parts)
    assert {ping["target"] for ping in rig.pinged()} <= set(pinged)
    assert {ping["target"] for ping in screen.pings} == set(pinged)
    assert rig.forged() == []
    assert all(urlsplit(link["url"]).scheme in {"http", "https"} for link in screen.links)
    return screen


def letters(text: str) -> str:
    """Return what of a text must be read again: all but blanks and what is not seen."""
    return "".join(clean(text).split())


class TestAnAnswer:
    @THROUGH_THE_RIG
    @given(st.lists(HOSTILE, min_size=1, max_size=4), st.lists(HITS, min_size=1, max_size=4))
    def test_of_quotes_shows_every_letter(
        self, slack_rig: SlackRig, slack: WebClient, texts: list[str], found: list[object]
    ) -> None:
        """Quotes, numbers, titles and links are all there, and harmless."""
        content = answered(*statements(True, *texts), sources=listed(*found))
        screen = safe(slack_rig, slack, shown(content))
        read = letters(screen.text)
        for part in content.statements:
            assert letters(f"「{clean(part.text).strip()}」[{part.references[0]}]") in read
        for each in content.sources:
            assert letters(one_line(each.hit.document.title, 100).rstrip("…")) in read
            leads = reply.address(each.hit)
            if address := linkable(leads):
                assert address in {link["url"] for link in screen.links}
            else:
                assert letters(shown_url(leads)) in read
            assert f"{each.number}." in screen.text

    @THROUGH_THE_RIG
    @given(st.lists(HOSTILE, min_size=1, max_size=4))
    def test_of_a_model_loses_nothing_but_markup(
        self, slack_rig: SlackRig, slack: WebClient, texts: list[str]
    ) -> None:
        """Letters and digits come through in order, whatever markdown they stand in."""
        content = answered(*statements(False, *texts))
        screen = safe(slack_rig, slack, shown(content))
        read = iter(screen.text)
        wanted = [
            c for part in content.statements for c in clean(_unfenced(part.text)) if c.isalnum()
        ]
        # An ordered item's number is shown by the list; the rest stands as it was written.
        assert all(any(c == other for other in read) for c in wanted)

    @LONG
    @given(
        st.text(st.sampled_from("あ漢a 。、\n「」*`[]()"), max_size=200),
        st.integers(1, 60_000),
        st.booleans(),
    )
    @example("あ", 60_000, True)
    @example("あ。", 60_000, False)
    @example("a b ", 60_000, False)
    @example("が", 30_000, True)
    def test_of_any_length_is_all_there(
        self, slack_rig: SlackRig, slack: WebClient, text: str, length: int, verbatim: bool
    ) -> None:
        """60,000 characters come in several messages: sources and buttons below the last one."""
        long = (text * (length // max(1, len(text)) + 1))[:length]
        content = answered(Statement(long, (1,), verbatim), sources=listed(*[hit()] * 3))
        parts = shown(content)
        screen = safe(slack_rig, slack, parts)
        if verbatim:
            assert letters(f"「{clean(long).strip()}」[1]") in letters(screen.text)
        assert len(letters(screen.text)) >= sum(c.isalnum() for c in long)
        assert all(len(each["text"]) <= 4100 for each in screen.parts)
        assert all(not each["buttons"] for each in screen.parts[:-1])
        assert all("📄 出典" not in each["text"] for each in screen.parts[:-1])
        last = screen.parts[-1]
        assert len(last["buttons"]) == 4
        assert [f"{number}. 就業規則" in last["text"] for number in (1, 2, 3)] == [True] * 3

    def test_with_hundreds_of_sources_names_them_all(
        self, slack_rig: SlackRig, slack: WebClient
    ) -> None:
        """More than one message holds: numbers go on in the next one, buttons stand below all."""
        found = [hit(f"規程{number}" * 20, f"{WIKI}/{number}") for number in range(1, 301)]
        screen = safe(
            slack_rig, slack, shown(answered(*statements(False, "はい。"), sources=listed(*found)))
        )
        lines = re.findall(r"^(\d+)\. 規程(\d+)", screen.text, re.MULTILINE)
        assert lines == [(str(number), str(number)) for number in range(1, 301)]
        assert [link["url"] for link in screen.links] == [one.url for one in found]
        assert screen.labels == ["詳しく", "👍", "👎", "担当者に聞く"]
        assert len(screen.parts) > 1

    def test_ends_its_messages_between_sentences(self) -> None:
        """A reader is never left in the middle of a sentence, nor of its numbers."""
        texts = [f"第{number}条は、次のとおりとします。" for number in range(1, 1500)]
        content = answered(
            *(Statement("".join(texts[n : n + 30]), (1, 2)) for n in range(0, 1499, 30))
        )
        parts = valid(shown(content))
        assert len(parts) > 5
        for part in parts[:-1]:
            leaf = part.blocks[0]["elements"][-1]["elements"][-1]["text"]
            assert leaf.rstrip().endswith(("。", "[2]"))
        assert all(not part.text.startswith("[") for part in parts)

    @THROUGH_THE_RIG
    @given(st.lists(HITS, max_size=4))
    def test_that_is_none_links_the_nearest(
        self, slack_rig: SlackRig, slack: WebClient, found: list[object]
    ) -> None:
        content = abstained(*found)  # type: ignore[arg-type]
        screen = safe(slack_rig, slack, shown(content))
        addresses = [address for one in content.nearest if (address := linkable(one.url))]
        assert [link["url"] for link in screen.links] == addresses


class TestWordsAlone:
    @THROUGH_THE_RIG
    @given(st.lists(HOSTILE, min_size=1, max_size=3), HITS)
    def test_are_as_safe_as_blocks(
        self, slack_rig: SlackRig, slack: WebClient, texts: list[str], found: object
    ) -> None:
        """They show in notifications, to screen readers, and where blocks are refused."""
        content = answered(*statements(True, *texts), sources=listed(found))
        parts = shown(content)
        slack_rig.reset(limits={"enabled": False})
        for part in parts:
            slack.chat_postMessage(channel=SOUMU, text=part.text)
        assert slack_rig.pinged() == []
        assert slack_rig.forged() == []
        addresses = {address for one in content.sources if (address := linkable(one.hit.url))}
        links = slack_rig.screen("soumu")[-1]["links"]
        # Addresses that a text names lead where they say.
        assert addresses <= {link["url"] for link in links}

    def test_are_cut_where_slack_would_refuse_them(
        self, slack_rig: SlackRig, slack: WebClient
    ) -> None:
        posted = slack.chat_postMessage(channel=SOUMU, text="…")
        for text in ("&" * 4000, "<!here>" * 600, "あ" * 60_000):
            for part in shown(answered(Statement(text, (1,), verbatim=True))):
                slack.chat_update(channel=SOUMU, ts=posted["ts"], text=part.text)
                assert "&am" not in slack_rig.screen("soumu")[-1]["text"]
        assert slack_rig.pinged() == []


class TestWhatPeopleWrote:
    @THROUGH_THE_RIG
    @given(HOSTILE, HITS, HOSTILE)
    def test_pings_none_but_the_people_of_a_hand_over(
        self, slack_rig: SlackRig, slack: WebClient, question: str, found: object, text: str
    ) -> None:
        content = HandOver(
            turn(question=question), answered(*statements(False, text), sources=listed(found))
        )
        parts = shown(content, people=[HELPDESK, SUZUKI])
        screen = safe(slack_rig, slack, parts, HELPDESK, SUZUKI, SATO)
        assert letters(clean(question).strip()) in letters(screen.text)

    @THROUGH_THE_RIG
    @given(HOSTILE, HOSTILE)
    def test_pings_nobody_where_an_answer_is_shared(
        self, slack_rig: SlackRig, slack: WebClient, question: str, name: str
    ) -> None:
        content = Sharing(turn(question=question), answered(*statements(False, "はい。")))
        safe(slack_rig, slack, shown(content, names={SATO: f"佐藤{name}"}))

    @THROUGH_THE_RIG
    @given(HOSTILE)
    def test_is_harmless_in_a_stream(
        self, slack_rig: SlackRig, slack: WebClient, text: str
    ) -> None:
        """What a stream shows is markdown, in which a model could say more than words."""
        content = answered(*statements(False, text, text), *statements(True, text, text))
        said = stream_text(content, "ja")
        slack_rig.reset(limits={"enabled": False})
        if said.strip():
            slack.chat_postMessage(channel=SOUMU, markdown_text=said[:12_000])
            labels = {link["label"] for link in slack_rig.screen("soumu")[-1]["links"]}
            urls = {link["url"] for link in slack_rig.screen("soumu")[-1]["links"]}
            assert labels == urls
        assert slack_rig.pinged() == []
        assert slack_rig.violations() == []

    @THROUGH_THE_RIG
    @given(HOSTILE)
    def test_is_harmless_as_the_text_of_a_message(
        self, slack_rig: SlackRig, slack: WebClient, text: str
    ) -> None:
        said = line_text(f"はい。{text}")
        slack.chat_postMessage(channel=SOUMU, text=said)
        assert slack_rig.pinged() == []
        assert slack_rig.forged() == []

    @THROUGH_THE_RIG
    @given(HOSTILE)
    def test_is_harmless_as_the_id_of_somebody(
        self, slack_rig: SlackRig, slack: WebClient, who: str
    ) -> None:
        parts = render(Line("invited"), turn(), bot_user=f"x{who}")
        safe(slack_rig, slack, parts)


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


def _unfenced(text: str) -> str:
    """Return a text without what stands behind the marks of a block of code."""
    return re.sub(r"^\s{0,3}```[\w+#.-]*\s*$", "", clean(text), flags=re.MULTILINE)


def test_an_address_can_be_read_back() -> None:
    """Encoding leaves the page that is meant."""
    assert unquote(linkable("https://wiki.example.co.jp/日本語 1") or "").endswith("/日本語 1")
