"""Hostile text, addresses and passages for Slack, and what must not happen to them."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlsplit

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from rigs.slack_rig import SlackRig
from slack_samples import (
    WIKI,
    Seen,
    hit,
    seen,
    source,
)
from slack_sdk import WebClient

from bot.exchange import Source, Statement
from bot.slack.view import Part
from bot.slack.view.safe import clean

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
