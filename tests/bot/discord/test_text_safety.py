"""What documents, models and people wrote, in real messages: it notifies nobody, forges nothing.

Everything is posted to a real channel of the rig three times: with nobody to be notified, as the
bot with Discord's default, and by the server's administrator, who may notify everyone.
"""

from __future__ import annotations

import re
from urllib.parse import unquote

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from rigs.discord_rig import DiscordRig
from rigs.discord_server.world import World
from view_samples import (
    abstained,
    addresses,
    answered,
    folded,
    hit,
    loose,
    posted,
    read,
    shown,
    source,
    turn,
)

from bot import reply
from bot.discord.view import LIMIT, Part, literal, progress_text, size
from bot.discord.view.text import URL_LIMIT, clean, linked, url
from bot.exchange import Answer, Source, Statement
from bot.inbox.platform import HandOver, Line, Sharing
from bot.indexed import IndexedSource

WORLD = World()
TANAKA = WORLD.user("tanaka").id
SOUMU = next(one.id for one in WORLD.guild(None).roles.values() if one.name == "総務部")
GENERAL = WORLD.channel("general").id

HOSTILE = [
    "@everyone", "@here", "@EVERYONE", f"<@{TANAKA}>", f"<@!{TANAKA}>", f"<@&{SOUMU}>",
    f"<#{GENERAL}>", "</ask:1>", "<t:1700000000:R>", "<:party:1>", "<a:party:1>", "<id:customize>",
    "||", "||spoiler||", "```", "```py\n", "\n```\n", "``", "`", "`a`", "\\", "\\\\", "**", "*",
    "_", "__", "~~", "> ", ">>> ", "\n> ", "# ", "\n## ", "-# ", "\n-# ", "\n- ", "1. ", "\n3. ",
    "[", "]", "(", ")", "](", "](https://evil.example)", "[就業規則](https://evil.example)",
    "[a](<https://evil.example>)", "https://evil.example/x_y*z", "http://evil.example)",
    "<https://evil.example>", "https://", "steam://run", "discord.gg/evil", "javascript:alert(1)",
    "https://日本.example", "www.google.com", "google.com", ":smile:", ":", "/", "//", ".pdf",
    "\u202e", "\u2066", "\u200b", "\u200d", "\u2060", "\ufeff", "\x00", "\x1b[31m", "\r\n", "\n",
    "\u2028", "\u3164", "\ud800", "👨‍👩‍👧", "📌", "㊙", "1️⃣", "が\u3099", "　", " ", "\t", "。",
    "、", "就業規則", "有給休暇", "3営業日前", "a", "1",
]  # fmt: skip

hostile = st.lists(st.sampled_from(HOSTILE) | st.text(max_size=3), min_size=1, max_size=8).map(
    "".join
)
addresses_of_sources = st.sampled_from(
    ["https://wiki.example.co.jp/", "http://10.0.0.1:8080/"]
).flatmap(
    lambda start: st.lists(st.sampled_from(HOSTILE), max_size=4).map(
        lambda more: start + "".join(more)
    )
)

# A busy machine is no fault of a text.
untimed = settings(deadline=None)

# The rig is reset once a test, which is a new company; examples of one test share it.
examples = settings(
    deadline=None,
    max_examples=60,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


def harmless(rig: DiscordRig, parts: list[Part], targets: list[str]) -> str:
    """Hold messages against the rules that no text may break; return what people read."""
    for part in parts:
        assert loose(part.content) == []
        assert (part.users, part.roles) == ((), ())
    made = posted(rig, parts, {"parse": []})
    for one in [*made, *posted(rig, parts)]:
        assert one.pinged == []
        assert one.forged == []
    for part in parts:
        said = rig.say("general", "sato", part.content)
        assert said.pinged == []
    assert addresses(made) == [unquote(target) for target in targets]
    assert rig.refused() == []
    return read(made)


def in_order(text: str, *expected: str) -> bool:
    """Tell whether what is expected is to be read in a text, one behind the other."""
    at = 0
    for one in expected:
        found = text.find(folded(one), at)
        if found < 0:
            return False
        at = found + len(folded(one))
    return True


@examples
@given(
    st.lists(hostile.filter(lambda text: text.strip()), min_size=1, max_size=3), hostile, hostile
)
def test_a_quotation_and_its_sources_read_word_for_word(
    discord_rig: DiscordRig, texts: list[str], title: str, owner: str
) -> None:
    sources = [
        source(number, hit(title, headings=(text,), owner=owner))
        for number, text in enumerate(texts, 1)
    ]
    parts = shown(
        answered(*(Statement(text, (n,), verbatim=True) for n, text in enumerate(texts, 1)),
                 sources=sources)
    )  # fmt: skip
    said = harmless(discord_rig, parts, [one.hit.url for one in sources])
    quoted = [f"「{clean(text).strip()}」[{number}]" for number, text in enumerate(texts, 1)]
    listed = [
        # A longer path loses its middle.
        f"{one.number}. {reply.place(one.hit, 'ja')[:80]}" if title.strip() else f"{one.number}."
        for one in sources
    ]
    assert in_order(said, *quoted, "📄 出典", *listed)


@examples
@given(hostile)
@example("前。**太い。字**は`code`で```終わらない")
@example("`a``b` **a****b** `https://evil.example`https://evil.example")
def test_what_a_model_wrote_stands_between_nothing_that_it_did_not_open(
    discord_rig: DiscordRig, text: str
) -> None:
    if not text.strip():
        return
    parts = shown(answered(Statement(text, (1,)), Statement("次の文です。", (1,))))
    said = harmless(discord_rig, parts, [hit().url])
    # Marks that are markup are gone, and bullets read alike.
    expected = _unmarked(folded(clean(text)))
    assert in_order(_unmarked(said), expected, "[1]", "次の文です。[1]", "📄 出典", "1. 就業規則")


def _unmarked(text: str) -> str:
    return re.sub(r"[*`\-]", "", text)


@examples
@given(st.lists(addresses_of_sources, min_size=1, max_size=3), hostile)
def test_links_lead_to_the_sources_and_nowhere_else(
    discord_rig: DiscordRig, found: list[str], title: str
) -> None:
    hits = [hit(title, one) for one in found]
    targets = [made for one in found if (made := url(one))]
    harmless(discord_rig, shown(abstained(*hits)), targets)


@examples
@given(hostile, hostile, hostile)
def test_a_question_reads_as_it_was_asked_wherever_it_is_repeated(
    discord_rig: DiscordRig, question: str, title: str, name: str
) -> None:
    asked = turn(question=question)
    found = answered(Statement("はい。", (1,)), sources=[source(1, hit(title))])
    said = harmless(discord_rig, shown(Sharing(asked, found), turn(asker=f"名{name}")), [hit().url])
    assert in_order(said, "さんが共有しました。", clean(question), "はい。[1]", "📄 出典")
    over = shown(HandOver(asked, found), people=["user:1", "role:2"])
    assert (over[0].users, over[0].roles) == ((1,), (2,))
    assert all((one.users, one.roles) == ((), ()) for one in over[1:])
    over = [Part(one.content, one.buttons) for one in over]
    # The people are named in the first line; nothing else in it can be of use to anybody.
    people, _, rest = over[0].content.partition("\n")
    assert people == f"<@1>、<@&2> さん、<@{asked.asker}> さんからの質問です。"
    said = harmless(discord_rig, [Part(rest.strip()), *over[1:]], [hit().url])
    assert in_order(said, "質問", clean(question), "見つかった資料")


@examples
@given(hostile)
def test_names_of_sources_read_as_they_are(discord_rig: DiscordRig, name: str) -> None:
    listed = [IndexedSource(name, 3, None)]
    parts = shown(Line("usage"), indexed=listed)
    parts = [Part(one.content.replace("<@1090000000000000001>", "Kurage")) for one in parts]
    assert in_order(
        harmless(discord_rig, parts, []), "いま入っている資料", clean(name), "文書 3 件"
    )


@untimed
@given(hostile, st.integers(0, 3))
def test_an_unfinished_answer_is_as_harmless(text: str, cut: int) -> None:
    partial = text[: len(text) - cut]
    said = progress_text(Answer("answered", (Statement(partial, (1,)),), (), ()), "ja")
    assert loose(said) == []
    assert 0 < size(said) <= LIMIT


@untimed
@given(hostile)
def test_literal_text_is_read_back_whole(text: str) -> None:
    said = literal(text)
    assert loose(said) == []
    read_back = re.sub(r"\\([^0-9A-Za-z\s])|`", r"\1", said)
    assert folded(read_back) == folded(clean(text)).replace("`", "`")


@pytest.mark.parametrize(
    ("written", "leads"),
    [
        ("https://wiki.example/a b", "https://wiki.example/a%20b"),
        ("https://wiki.example/休暇(1)", "https://wiki.example/休暇%281%29"),
        ("https://wiki.example/a>b)c", "https://wiki.example/a%3Eb%29c"),
        ("https://wiki.example/%E4%BC%91?a=1&b=2#第5章", "https://wiki.example/%E4%BC%91?a=1&b=2#第5章"),
        ("https://wiki.example/a\nb", "https://wiki.example/a%0Ab"),
        ("https://wiki.example/\u202eb", "https://wiki.example/%E2%80%AEb"),
        ("HTTPS://wiki.example/", "HTTPS://wiki.example/"),
        ("https://wiki\n.example/", None),
        ("https://bank.example@evil.example/", None),
        ("https:///x", None),
        ("https://wiki.example:99999/", None),
        ("javascript:alert(1)", None),
        ("data:text/html,x", None),
        ("file:///srv/a.md", None),
        ("", None),
        ("https://wiki.example/" + "x" * URL_LIMIT, None),
        ("https://a.example/x#" + "a" * URL_LIMIT, "https://a.example/x"),
    ],
)  # fmt: skip
def test_only_plain_web_addresses_are_linked(written: str, leads: str | None) -> None:
    assert url(written) == leads
    said = linked("題名", written)
    assert said == (f"[題名](<{leads}>)" if leads else said)
    assert "](" not in said or leads


def test_an_address_that_can_not_be_linked_stands_as_text() -> None:
    assert linked("題名", "file:///srv/規則 (案).md") == "題名 `file:///srv/規則 (案).md`"
    # A fragment that is too long is given up before the link is.
    assert linked("題名", f"https://a.example/b#{'x' * URL_LIMIT}", "https://a.example/b") == (
        "[題名](<https://a.example/b>)"
    )


@pytest.mark.parametrize(
    ("title", "label"),
    [
        ("[社外秘] 就業規則", "[［社外秘］ 就業規則]("),
        ("就業規則.pdf", "[就業規則.\u2060pdf]("),
        ("https://google.com/login", "[https:／／google.\u2060com/login]("),
        ("📌 就業規則", "📌 [就業規則]("),
        ("就業規則 🎉", "[就業規則]("),
        ("🎉", "🎉 […]("),
        ("就業\n規則", "[就業 規則]("),
        (":tada: 就業規則", ":\u2060tada: [就業規則]("),
        ("a*b_c~d|e`f\\g<h>", "[a＊b＿c～d｜e｀f＼g＜h＞]("),
    ],
)
def test_words_of_a_link_hold_nothing_for_which_a_client_would_refuse_it(
    title: str, label: str
) -> None:
    assert linked(title, "https://wiki.example/").startswith(label)


def test_a_host_or_file_name_as_title_is_no_forged_link(discord_rig: DiscordRig) -> None:
    titles = ["google.com", "https://google.com/", "www.google.com", "手順.pdf", "a@b.example.com"]
    parts = shown(abstained(*(hit(title) for title in titles)))
    said = harmless(discord_rig, parts, [hit().url] * len(titles))
    assert in_order(said, *titles)


@pytest.mark.parametrize(
    "owner",
    [
        "x](https://evil.example)",
        "https://a.example/](https://evil.example)",
        "`](https://e.example)`",
    ],
)
def test_words_of_a_link_do_not_go_on_to_a_joint_behind_it(
    discord_rig: DiscordRig, owner: str
) -> None:
    found = [hit(owner=owner), hit(url="ftp:///a](https://evil.example)"), hit()]
    parts = shown(
        answered(
            Statement("`a](b)`", (1,)), sources=[source(n, one) for n, one in enumerate(found, 1)]
        )
    )
    said = harmless(discord_rig, parts, [hit().url, hit().url])
    assert in_order(said, owner.replace("`", ""), "ftp:///a](https://evil.example)")


def test_text_of_every_kind_keeps_to_the_description_of_the_service(
    discord_rig: DiscordRig,
) -> None:
    everything = "".join(HOSTILE)
    sources: list[Source] = [source(1, hit(everything, headings=(everything,), owner=everything))]
    harmless(
        discord_rig,
        shown(answered(Statement(everything, (1,)), sources=sources), private=True),
        [hit().url],
    )
    assert discord_rig.violations() == []
    assert discord_rig.refused() == []
