"""What somebody wrote becomes plain text, whatever they wrote."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.slack import written

BOT, SATO = "U0KURAGE01", "U0SATO0001"
NAMES = {SATO: "佐藤 花子"}


@pytest.mark.parametrize(
    ("raw", "read"),
    [
        (f"<@{BOT}> 有給は？", "有給は？"),
        (f"有給は <@{BOT}> いつ？", "有給は いつ？"),
        (f"有給は？<@{BOT}|kurage>", "有給は？"),
        (f"<@{BOT}><@{BOT}> 有給", "有給"),
        (f"<@{SATO}> さんの件", "@佐藤 花子 さんの件"),
        ("<@U0UNKNOWN1> と <@U0UNKNOWN2|ito>", "@U0UNKNOWN1 と @ito"),
        ("<#C0GENERAL1|general> と <#C0GENERAL1>", "#general と #C0GENERAL1"),
        ("<https://a.example/b|規程> と <https://a.example/c>", "規程 と https://a.example/c"),
        ("<mailto:a@b.example|a@b.example> <mailto:c@d.example>", "a@b.example c@d.example"),
        ("<!subteam^S0HELPDESK|@helpdesk> <!subteam^S0HELPDESK>", "@helpdesk @S0HELPDESK"),
        ("<!here> <!channel>", "@here @channel"),
        ("<!date^1392734382^{date_short}|2014年2月18日>", "2014年2月18日"),
        ("R&amp;D &lt;b&gt; &amp;lt;", "R&D <b> &lt;"),
        ("`x &amp; y` と ```a\n  b```", "`x & y` と ```a\n  b```"),
        (f"`<@{BOT}>` と <@{BOT}>", "`@kurage` と"),
        ("", ""),
        ("a < b > c", "a < b > c"),
    ],
)
def test_markup_becomes_what_people_read(raw: str, read: str) -> None:
    assert written.plain(raw, BOT, {**NAMES, BOT: "kurage"}) == read


@pytest.mark.parametrize(
    ("raw", "addressed"),
    [
        (f"<@{BOT}> a", True),
        (f"a <@{BOT}|kurage>", True),
        (f"`a` <@{BOT}> `b`", True),
        (f"`<@{BOT}>`", False),
        (f"```\n<@{BOT}> a\n```", False),
        (f"&lt;@{BOT}&gt;", False),
        ("<@U0KURAGE012> a", False),
        (f"@{BOT}", False),
    ],
)
def test_a_mention_is_one_that_slack_shows_as_such(raw: str, *, addressed: bool) -> None:
    assert written.addresses(raw, BOT) is addressed


@pytest.mark.parametrize(
    ("raw", "others"),
    [
        (f"<@{BOT}> a", False),
        (f"<@{BOT}> <@{SATO}> a", True),
        ("<!here> a", True),
        ("<!subteam^S0HELPDESK> a", True),
        (f"`<@{SATO}>` a", False),
        ("<#C0GENERAL1> <https://a.example>", False),
    ],
)
def test_who_else_is_addressed_is_noticed(raw: str, *, others: bool) -> None:
    assert written.addresses_others(raw, BOT) is others


marks = st.sampled_from(
    [
        "<", ">", "|", "@", "#", "!", "`", "```", "&amp;", "&lt;", "\n", " ", "有給", "a",
        f"<@{BOT}>", f"<@{SATO}>", "<!here>", "<https://a.example|b>", "subteam^", "date^",
    ]
)  # fmt: skip


@given(st.lists(marks, max_size=40).map("".join))
def test_no_text_breaks_it(raw: str) -> None:
    """Nothing is raised; what is left does not mention the bot outside of code."""
    read = written.plain(raw, BOT, NAMES)
    assert read == read.strip()
    written.addresses(raw, BOT)
    written.addresses_others(raw, BOT)
    written.people(raw)


@given(st.text(st.characters(exclude_characters="<>&`"), max_size=200))
def test_text_without_markup_stays_as_it_is(text: str) -> None:
    """Also with the bot's mention before it."""
    assert written.plain(f"<@{BOT}> {text}", BOT, {}) == text.strip()


@pytest.mark.parametrize("piece", ["<", "`", "```", " ", "<@", f"<@{BOT}", "<!", "&", "|>"])
def test_much_of_one_thing_takes_no_time(piece: str) -> None:
    """40,000 characters are what Slack lets through; a pattern that looks back would hang on it."""
    raw = piece * (40_000 // len(piece))
    written.plain(raw, BOT, {})
    written.addresses(raw, BOT)
    written.addresses_others(raw, BOT)
