"""What Discord refuses, limits, pings and shows: the rig's rules, asked for over the bare wire."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rigs.discord_bots import Call, Echo, Running
from rigs.discord_rig import DiscordRig
from rigs.discord_server.text import forged_links, links, pings, plain
from rigs.discord_server.world import World

Json = dict[str, Any]

V2 = 1 << 15
WORLD = World()


def buttons(count: int, **each: Any) -> Json:
    made = [
        {"type": 2, "style": 2, "label": "x", "custom_id": f"b{number}", **each}
        for number in range(count)
    ]
    return {"type": 1, "components": made}


def select(count: int, **each: Any) -> Json:
    options = [{"label": "x", "value": str(number), **each} for number in range(count)]
    one = {"type": 3, "custom_id": "s", "options": options}
    return {"type": 1, "components": [one]}


def embed(**of: Any) -> Json:
    return {"embeds": [{"description": "x", **of}]}


def rows(count: int) -> list[Json]:
    one = {"type": 2, "style": 2, "label": "x"}
    return [
        {"type": 1, "components": [{**one, "custom_id": f"r{number}"}]} for number in range(count)
    ]


def shown(*components: Json) -> Json:
    return {"flags": V2, "components": list(components)}


def words(length: int) -> Json:
    return {"type": 10, "content": "あ" * length}


# What is refused, and the same at its border, which is not.
BORDERS: dict[str, tuple[Json, Json, str]] = {
    "content": ({"content": "あ" * 2001}, {"content": "あ" * 2000}, "content"),
    "embeds": ({"embeds": [{"title": "x"}] * 11}, {"embeds": [{"title": "x"}] * 10}, "embeds"),
    "title": (embed(title="x" * 257), embed(title="x" * 256), "embeds.0.title"),
    "description": (
        embed(description="x" * 4097),
        embed(description="x" * 4096),
        "embeds.0.description",
    ),
    "fields": (
        embed(fields=[{"name": "x", "value": "x"}] * 26),
        embed(fields=[{"name": "x", "value": "x"}] * 25),
        "embeds.0.fields",
    ),
    "field": (
        embed(fields=[{"name": "x", "value": "x" * 1025}]),
        embed(fields=[{"name": "x", "value": "x" * 1024}]),
        "embeds.0.fields.0.value",
    ),
    "embeds together": (
        {"embeds": [{"description": "x" * 3001}, {"description": "x" * 3000}]},
        {"embeds": [{"description": "x" * 3000}, {"description": "x" * 3000}]},
        "embeds",
    ),
    "link of an embed": (
        embed(url="javascript:alert(1)"),
        embed(url="https://example.com"),
        "embeds.0.url",
    ),
    "rows": ({"components": rows(6)}, {"components": rows(5)}, "components"),
    "buttons": (
        {"components": [buttons(6)]},
        {"components": [buttons(5)]},
        "components.0.components",
    ),
    "label": (
        {"components": [buttons(1, label="x" * 81)]},
        {"components": [buttons(1, label="x" * 80)]},
        "components.0.components.0.label",
    ),
    "custom_id": (
        {"components": [buttons(1, custom_id="x" * 101)]},
        {"components": [buttons(1, custom_id="x" * 100)]},
        "components.0.components.0.custom_id",
    ),
    "custom_id twice": (
        {"components": [buttons(2, custom_id="x")]},
        {"components": [buttons(1, custom_id="x")]},
        "components",
    ),
    "button without words": (
        {"components": [buttons(1, label=None)]},
        {"components": [buttons(1, label=None, emoji={"name": "👍"})]},
        "components.0.components.0",
    ),
    "options": (
        {"components": [select(26)]},
        {"components": [select(25)]},
        "components.0.components.0.options",
    ),
    "option": (
        {"components": [select(1, label="x" * 101)]},
        {"components": [select(1, label="x" * 100)]},
        "components.0.components.0.options.0.label",
    ),
    "content beside a layout": (
        {**shown(words(1)), "content": "x"},
        {**shown(words(1)), "content": ""},
        "content",
    ),
    "components of a layout": (
        shown(*[words(1)] * 41),
        shown(*[words(1)] * 40),
        "components",
    ),
    "text of a layout": (shown(words(2001), words(2000)), shown(words(4000)), "components"),
    "layout without its flag": (
        {"components": [words(1)]},
        shown(words(1)),
        "components.0.type",
    ),
    "section without its button": (
        shown({"type": 9, "components": [words(1)]}),
        shown({"type": 9, "components": [words(1)], "accessory": buttons(1)["components"][0]}),
        "components.0.accessory",
    ),
    "users named and parsed": (
        {"content": "x", "allowed_mentions": {"parse": ["users"], "users": ["1"]}},
        {"content": "x", "allowed_mentions": {"parse": ["roles"], "users": ["1"]}},
        "allowed_mentions",
    ),
    "nonce": ({"content": "x", "nonce": "1" * 26}, {"content": "x", "nonce": "1" * 25}, "nonce"),
    "reply to nothing": (
        {"content": "x", "message_reference": {"message_id": "1"}},
        {
            "content": "x",
            "message_reference": {"message_id": "1", "fail_if_not_exists": False},
        },
        "message_reference",
    ),
}


@pytest.fixture
def post(discord_rig: DiscordRig) -> Callable[[Json], tuple[int, Any]]:
    """Return how to post a body in `general`."""
    call, channel = Call(discord_rig), discord_rig.company()["channels"]["general"]
    return lambda body: call("POST", f"/channels/{channel}/messages", body)


class TestRefused:
    @pytest.mark.parametrize("name", BORDERS)
    def test_one_beyond_the_border_is_refused_where_it_stands(
        self,
        discord_rig: DiscordRig,
        post: Callable[[Json], tuple[int, Any]],
        name: str,
    ) -> None:
        beyond, border, place = BORDERS[name]
        status, body = post(beyond)
        assert (status, body["code"]) == (400, 50035)
        node = body["errors"]
        for step in place.split("."):
            node = node[step]
        assert node["_errors"][0]["code"]
        assert post(border)[0] == 200
        assert discord_rig.violations() == []

    @pytest.mark.parametrize("body", [{}, {"content": " \n"}, {"embeds": []}], ids=str)
    def test_an_empty_message_is_refused(
        self, post: Callable[[Json], tuple[int, Any]], body: Json
    ) -> None:
        status, said = post(body)
        assert (status, said["code"]) == (400, 50006)

    @pytest.mark.parametrize(
        ("place", "code"), [("お知らせ", 50013), ("人事", 50001), ("質問", 50008)]
    )
    def test_where_the_bot_may_not_speak_it_is_told_why(
        self, discord_rig: DiscordRig, place: str, code: int
    ) -> None:
        channel = discord_rig.company()["channels"][place]
        status, said = Call(discord_rig)("POST", f"/channels/{channel}/messages", {"content": "x"})
        assert (status >= 400, said["code"]) == (True, code)

    def test_a_closed_conversation_refuses_only_what_is_said(self, discord_rig: DiscordRig) -> None:
        call, named = Call(discord_rig), discord_rig.company()["users"]
        status, channel = call("POST", "/users/@me/channels", {"recipient_id": named["sato"]})
        assert status == 200
        status, said = call("POST", f"/channels/{channel['id']}/messages", {"content": "x"})
        assert (status, said["code"]) == (403, 50007)

    def test_a_nonce_makes_one_message_only_where_it_is_enforced(
        self, discord_rig: DiscordRig, post: Callable[[Json], tuple[int, Any]]
    ) -> None:
        once = {"content": "x", "nonce": "7", "enforce_nonce": True}
        first = post(once)[1]["id"]
        assert post({**once, "content": "y"})[1]["id"] == first
        assert post({**once, "enforce_nonce": False})[1]["id"] != first
        assert [one.text for one in discord_rig.doubled()] == ["x"]

    def test_commands_of_wrong_names_or_without_words_are_refused(
        self, discord_rig: DiscordRig
    ) -> None:
        call, me = Call(discord_rig), discord_rig.company()["bot"]
        good = {"name": "質問", "description": "x", "type": 1}
        for bad in [
            {**good, "name": "Ask"},
            {**good, "name": "x" * 33},
            {**good, "description": ""},
            {**good, "description": "x" * 101},
            {**good, "type": 3},
        ]:
            status, said = call("PUT", f"/applications/{me}/commands", [bad])
            assert (status, said["code"]) == (400, 50035)
        assert call("PUT", f"/applications/{me}/commands", [good])[0] == 200

    def test_a_day_has_two_hundred_new_commands(self, discord_rig: DiscordRig) -> None:
        call, me = Call(discord_rig), discord_rig.company()["bot"]
        for number in range(3):
            many = [{"name": f"c{number}-{n}", "description": "x"} for n in range(100)]
            status, said = call("PUT", f"/applications/{me}/commands", many)
            assert status == (429 if number == 2 else 200)
        assert said["code"] == 30034
        assert said["retry_after"] > 86_000


class TestPings:
    """In `general` of the company: suzuki has the role 総務部, which may be mentioned by all."""

    @pytest.mark.parametrize(
        ("text", "allowed", "pinged"),
        [
            ("<@tanaka> <@!smith>", None, ["tanaka", "smith"]),
            ("<@tanaka>", {"parse": []}, []),
            ("<@tanaka> <@smith>", {"users": ["smith"]}, ["smith"]),
            ("<@&総務部>", None, ["suzuki"]),
            ("<@&総務部>", {"parse": ["users"]}, []),
            ("<@&管理者>", None, []),
            ("@everyone @here", None, []),
            ("`<@tanaka>` ```\n<@smith>\n```", None, []),
            ("``<@tanaka>`` <@smith>", None, ["smith"]),
            ("\\<@tanaka>", None, ["tanaka"]),
            ("<@1> @tanaka", None, []),
        ],
    )
    def test_text_pings_whom_allowed_mentions_let_it(
        self, discord_rig: DiscordRig, text: str, allowed: Json | None, pinged: list[str]
    ) -> None:
        named = discord_rig.company()
        for name, number in {**named["users"], **named["roles"]}.items():
            text = text.replace(f"@{name}>", f"@{number}>").replace(f"!{name}>", f"!{number}>")
            text = text.replace(f"&{name}>", f"&{number}>")
        body: Json = {"content": text}
        if allowed is not None:
            users = [named["users"][name] for name in allowed.get("users", [])]
            body["allowed_mentions"] = {**allowed, "users": users}
        channel = named["channels"]["general"]
        made = Call(discord_rig)("POST", f"/channels/{channel}/messages", body)[1]
        assert discord_rig.message(made["id"]).pinged == pinged
        layout = {"flags": V2, "components": [{"type": 10, "content": text}]}
        layout |= {name: body[name] for name in body if name == "allowed_mentions"}
        made = Call(discord_rig)("POST", f"/channels/{channel}/messages", layout)[1]
        assert discord_rig.message(made["id"]).pinged == pinged

    @pytest.mark.parametrize(
        ("allowed", "pinged"),
        [
            (None, ["tanaka"]),
            ({"parse": []}, []),
            ({"parse": [], "replied_user": True}, ["tanaka"]),
        ],
        ids=str,
    )
    def test_a_reply_pings_its_author_by_default(
        self, discord_rig: DiscordRig, allowed: Json | None, pinged: list[str]
    ) -> None:
        asked = discord_rig.say("general", "tanaka", "x")
        body: Json = {"content": "x", "message_reference": {"message_id": asked.id}}
        if allowed:
            body["allowed_mentions"] = allowed
        made = Call(discord_rig)("POST", f"/channels/{asked.channel}/messages", body)[1]
        assert discord_rig.message(made["id"]).pinged == pinged

    def test_everyone_is_pinged_where_the_bot_may(self, discord_rig: DiscordRig) -> None:
        asked = discord_rig.say("general", "sato", "@everyone 会議です")
        # The administrator's word reaches all others, bots among them.
        assert set(asked.pinged) == {"tanaka", "suzuki", "smith", "kurage", "otherbot"}

    def test_an_edit_pings_no_one(
        self, discord_rig: DiscordRig, post: Callable[[Json], tuple[int, Any]]
    ) -> None:
        person = discord_rig.company()["users"]["tanaka"]
        made = post({"content": "x"})[1]
        path = f"/channels/{made['channel_id']}/messages/{made['id']}"
        status, edited = Call(discord_rig)("PATCH", path, {"content": f"<@{person}>"})
        assert (status, [one["id"] for one in edited["mentions"]]) == (200, [person])
        assert discord_rig.message(made["id"]).pinged == []


class TestReading:
    @pytest.mark.parametrize(
        ("text", "forged"),
        [
            ("[規程](https://example.com)", []),
            ("[example.com](https://evil.test)", [["example.com", "https://evil.test"]]),
            ("[https://a.co/x](https://b.co)", [["https://a.co/x", "https://b.co"]]),
            ("[https://a.co/x](https://a.co/y)", []),
            ("`[a.co](https://b.co)`", []),
            ("[**a**.co](<https://b.co>)", [["**a**.co", "https://b.co"]]),
        ],
    )
    def test_a_link_that_names_another_place_is_forged(
        self, discord_rig: DiscordRig, text: str, forged: list[list[str]]
    ) -> None:
        assert discord_rig.say("general", "tanaka", text).forged == forged

    @pytest.mark.parametrize(
        ("text", "read"),
        [
            ("**太字** __下線__ ~~消~~ ||秘||", "太字 下線 消 秘"),
            ("# 見出し\n> 引用\n-# 小さく", "見出し\n引用\n小さく"),
            ("`**code**` a_b_c", "**code** a_b_c"),
            ("\\*そのまま\\*", "*そのまま*"),
            ("*3営業日前*まで、2 * 3、片方**だけ", "3営業日前まで、2 * 3、片方**だけ"),
            ("<@&1> <#1>", "@unknown #unknown"),
            ("[規程](https://example.com/a_b_c)", "規程 (https://example.com/a_b_c)"),
            ("https://example.com/a__b__c", "https://example.com/a__b__c"),
        ],
    )
    def test_markdown_is_read_as_a_person_reads_it(
        self, discord_rig: DiscordRig, text: str, read: str
    ) -> None:
        assert discord_rig.say("general", "tanaka", text).text == read


@given(st.text("`*_~|\\[]()<@&#!>/:.\0 aあ1\n"))
def test_any_text_can_be_read_and_pings_no_one_where_nothing_is_allowed(text: str) -> None:
    channel = WORLD.channel("general")
    assert pings(WORLD, channel, WORLD.bot.id, text, {"parse": []}).notified == []
    assert "\0" not in plain(WORLD, text)
    assert len(forged_links(text)) <= len(links(text))


class TestLimits:
    def test_fifteen_replies_to_one_channel_take_the_windows_they_need(
        self, discord_rig: DiscordRig
    ) -> None:
        discord_rig.reset(speed=20)  # five in five seconds are five in a quarter
        with Running(discord_rig, Echo) as bot:
            discord_rig.wait_for_sockets()
            began = time.monotonic()
            asked = discord_rig.burst([("general", "tanaka", str(n)) for n in range(15)])
            for one in asked:
                discord_rig.wait_for_reply(one, 10)
            assert time.monotonic() - began >= 0.5
            assert sum(discord_rig.limit_hits()["hits"].values()) <= 1
            assert bot.client.errors == []  # type: ignore[attr-defined]

    def test_a_bucket_names_itself_and_what_is_left_of_it(
        self, discord_rig: DiscordRig, post: Callable[[Json], tuple[int, Any]]
    ) -> None:
        discord_rig.limit(generous=False)
        call, channel = Call(discord_rig), discord_rig.company()["channels"]["総務"]
        for left in (4, 3, 2, 1, 0):
            assert call("POST", f"/channels/{channel}/messages", {"content": "x"})[0] == 200
            assert call.headers["X-RateLimit-Limit"] == "5"
            assert call.headers["X-RateLimit-Remaining"] == str(left)
        status, said = call("POST", f"/channels/{channel}/messages", {"content": "x"})
        assert (status, said["global"]) == (429, False)
        assert 4 < said["retry_after"] <= 5
        assert call.headers["X-RateLimit-Scope"] == "user"
        assert call.headers["Via"]
        assert post({"content": "another channel"})[0] == 200

    def test_fifty_a_second_are_the_most_overall_but_for_answers_to_interactions(
        self, discord_rig: DiscordRig
    ) -> None:
        discord_rig.reset(speed=0.1)  # a second lasts ten, however busy the machine is
        discord_rig.limit(generous=True, invalid=False)
        call = Call(discord_rig)
        answers = [call("GET", "/users/@me")[0] for _ in range(52)]
        assert answers[:50] == [200] * 50
        assert 429 in answers[50:]
        assert call.headers["X-RateLimit-Global"] == "true"
        assert call("POST", "/interactions/1/x/callback", {"type": 5})[0] == 404

    def test_who_keeps_sending_invalid_requests_is_shut_out(self, discord_rig: DiscordRig) -> None:
        discord_rig.limit(invalid=True, invalid_allowed=3)
        call = Call(discord_rig)
        assert [call("GET", "/users/@me", token="wrong")[0] for _ in range(4)] == [401] * 4
        status, said = call("GET", "/users/@me")
        assert (status, said) == (429, "error code: 1015")
        assert discord_rig.limit_hits()["most_invalid"] == 5

    def test_a_day_has_a_thousand_identifies(self, discord_rig: DiscordRig) -> None:
        limit = Call(discord_rig)("GET", "/gateway/bot")[1]["session_start_limit"]
        assert (limit["remaining"], limit["max_concurrency"]) == (1000, 1)
        with Running(discord_rig, Echo):
            discord_rig.wait_for_sockets()
        limit = Call(discord_rig)("GET", "/gateway/bot")[1]["session_start_limit"]
        assert limit["remaining"] == 999

    def test_json_comes_as_exactly_that(self, discord_rig: DiscordRig) -> None:
        call = Call(discord_rig)
        call("GET", "/users/@me")
        assert call.headers["Content-Type"] == "application/json"


def test_what_the_rig_does_not_know_is_a_violation(discord_rig: DiscordRig) -> None:
    assert Call(discord_rig)("GET", "/sounds")[0] == 404
    assert discord_rig.violations() == ["GET /api/v10/sounds is not known to the rig"]
