"""The anatomy of what people read in Slack: UX.md, held against a person's screen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from rigs.slack_rig import SlackRig
from slack_samples import (
    BOT,
    FAILED,
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
    valid_blocks,
)
from slack_sdk import WebClient

from bot.exchange import Answer, Language, Statement, Style
from bot.inbox.platform import Content, HandOver, Line, Sharing
from bot.indexed import IndexedSource
from bot.reply import WORDINGS, Wording
from bot.slack import actions
from bot.slack.view import home_view, reason_modal, resolved, stream_text

APPLY = Statement("取得日の**3営業日前**までに、勤怠システムから申請します。", (1,))
CONFIRMED = Statement("上長の承認後に確定します。", (1, 2))
RULES = hit(
    "就業規則",
    headings=("第5章 休暇", "有給休暇の申請"),
    anchor="yukyu",
    owner="人事部",
    updated=datetime(2026, 4, 1, tzinfo=UTC),
)
SLIDES = hit(
    "勤怠システムの使い方",
    "https://drive.example.co.jp/s",
    anchor="slide=7",
    owner="総務部",
    updated=datetime(2025, 11, 20, tzinfo=UTC),
)
ANSWER = answered(APPLY, CONFIRMED, sources=[source(1, RULES), source(2, SLIDES)])
SAID = "取得日の3営業日前までに、勤怠システムから申請します。[1] 上長の承認後に確定します。[1][2]"
LANGUAGES: list[Language] = ["ja", "en"]
INDEXED = [
    IndexedSource("規程集", 1234, datetime(2026, 3, 31, 15, 30, tzinfo=UTC)),
    IndexedSource("wiki", 0, None),
]


See = Callable[..., Seen]


@pytest.fixture
def see(slack_rig: SlackRig, slack: WebClient) -> See:
    """Return what shows a content to a person."""

    def show(
        content: Content, language: Language = "ja", *, style: Style = "short", **how: Any
    ) -> Seen:
        return seen(slack_rig, slack, shown(content, turn(language, style=style), **how))

    return show


class TestAnAnswer:
    def test_is_the_text_then_numbered_sources_then_buttons(self, see: See) -> None:
        """The example of UX.md, line by line."""
        screen = see(ANSWER)
        assert screen.text.splitlines() == [
            SAID,
            "📄 出典",
            "1. 就業規則 › 第5章 休暇 › 有給休暇の申請 — 人事部・2026年4月1日更新",
            "2. 勤怠システムの使い方（スライド 7） — 総務部・2025年11月20日更新",
        ]
        assert screen.labels == ["詳しく", "👍", "👎", "担当者に聞く"]

    def test_has_an_english_twin(self, see: See) -> None:
        screen = see(ANSWER, "en")
        assert screen.text.splitlines()[1:] == [
            "📄 Sources",
            "1. 就業規則 › 第5章 休暇 › 有給休暇の申請 — 人事部, updated 1 Apr 2026",
            "2. 勤怠システムの使い方 (slide 7) — 総務部, updated 20 Nov 2025",
        ]
        assert screen.labels == ["More", "👍", "👎", "Ask a person"]

    def test_links_each_title_to_the_very_place(self, see: See) -> None:
        assert {link["label"]: link["url"] for link in see(ANSWER).links} == {
            "就業規則 › 第5章 休暇 › 有給休暇の申請": f"{WIKI}#yukyu",
            "勤怠システムの使い方（スライド 7）": "https://drive.example.co.jp/s#slide=7",
        }

    def test_carries_its_turn_in_every_button(self, see: See) -> None:
        buttons = see(ANSWER).buttons
        assert {button["value"] for button in buttons} == {"K7F3Q2"}
        assert [button["action_id"] for button in buttons] == [
            actions.MORE,
            actions.HELPFUL,
            actions.NOT_HELPFUL,
            actions.ASK_PERSON,
        ]

    def test_is_bold_beside_japanese(self) -> None:
        """In mrkdwn `*3営業日前*まで` shows its asterisks."""
        leaves = shown(ANSWER)[0].blocks[0]["elements"][0]["elements"]
        bold = [leaf["text"] for leaf in leaves if leaf.get("style") == {"bold": True}]
        assert bold == ["3営業日前"]

    @pytest.mark.parametrize(
        ("language", "quote"), [("ja", "「**引用**です。」"), ("en", "“**引用**です。”")]
    )
    def test_shows_a_quote_word_for_word(self, see: See, language: Language, quote: str) -> None:
        """A quote has its marks, is not read for markup, and stands on a line of its own."""
        quoted = Statement("**引用**です。", (2,), verbatim=True)
        sources = [source(1), source(2)]
        screen = see(answered(CONFIRMED, quoted, APPLY, sources=sources), language)
        assert screen.text.splitlines()[1] == f"{quote}[2]"

    def test_tells_of_old_sources_below_the_list(self, see: See) -> None:
        old = hit("旧規程", updated=datetime(2020, 1, 1, tzinfo=UTC))
        last = see(answered(APPLY, sources=[source(1, old)])).text.splitlines()[-1]
        assert last == "※ 旧規程は3年以上更新されていません。"

    def test_that_is_private_says_so_and_can_be_shared(self, see: See) -> None:
        screen = see(ANSWER, private=True)
        assert screen.labels == ["詳しく", "👍", "👎", "担当者に聞く", "共有する"]
        assert screen.text.endswith("この回答はあなただけに表示されています。")

    def test_that_failed_in_private_is_nothing_to_share(self, see: See) -> None:
        screen = see(FAILED, private=True)
        assert screen.text == WORDINGS["ja"].failure.format(turn="K7F3Q2")
        assert screen.labels == []
        assert see(abstained(), private=True).labels == ["担当者に聞く", "質問を言い換える"]

    def test_that_is_longer_is_headed_and_offers_no_more(self, see: See) -> None:
        screen = see(ANSWER, style="long")
        assert screen.text.splitlines()[0] == "詳しい回答"
        assert screen.labels == ["👍", "👎", "担当者に聞く"]

    def test_without_sources_has_no_list(self, see: See) -> None:
        screen = see(Answer("answered", (Statement("はい。", ()),), (), ()))
        assert screen.text == "はい。"

    def test_keeps_paragraphs_lists_and_code(self, see: See) -> None:
        """What is useful of a model's markdown shows; a list ends with the numbers."""
        text = "手順です。\n\n1. 開く\n2. `kurage` を打つ\n   - **必ず**\n\n```sh\nmake\n```\n"
        screen = see(answered(Statement(text, (1,)), Statement("- 以上", (1,))))
        assert screen.text.splitlines()[:7] == [
            "手順です。",
            "1. 開く",
            "2. kurage を打つ",
            "• 必ず",
            "make",
            "[1]",
            "• 以上[1]",
        ]

    def test_links_to_its_sources_alone(self, see: See) -> None:
        """A model that was talked into a link shows its address, and it can not be pressed."""
        text = f"[規則]({WIKI})と[ここ](https://evil.example/x)を見てください。"
        screen = see(answered(Statement(text, (1,))))
        assert [link["url"] for link in screen.links] == [WIKI, WIKI]
        assert "ここ (https://evil.example/x)を" in screen.text


class TestWithoutAnAnswer:
    def test_the_nearest_documents_are_linked(self, see: See) -> None:
        screen = see(abstained(RULES, SLIDES))
        assert screen.text.splitlines() == [
            "社内の資料からは答えが見つかりませんでした。近い資料はこちらです:",
            "・就業規則 › 第5章 休暇 › 有給休暇の申請",
            "・勤怠システムの使い方（スライド 7）",
        ]
        assert [link["url"] for link in screen.links] == [RULES.url, SLIDES.url]
        assert screen.labels == ["担当者に聞く", "質問を言い換える"]

    def test_nothing_near_is_said_in_one_line(self, see: See) -> None:
        screen = see(abstained(), "en")
        assert screen.text == "I found no answer in the company's documents."
        assert screen.labels == ["Ask a person", "Rephrase"]

    def test_a_failure_gives_the_number(self, see: See) -> None:
        screen = see(replace(FAILED, reason="secret of the administrator"))
        assert screen.text == WORDINGS["ja"].failure.format(turn="K7F3Q2")
        assert screen.labels == []

    def test_no_longer_answer_is_said(self, see: See) -> None:
        screen = see(abstained(RULES), style="long")
        assert screen.text == "資料にはこれ以上の記載がありません。"


LINES = [
    name
    for name in Wording.__dataclass_fields__
    if isinstance(getattr(WORDINGS["ja"], name), str) and "{" not in getattr(WORDINGS["ja"], name)
]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_line_can_be_said(language: Language) -> None:
    """A turn may ask for any line by its name."""
    for name in [*LINES, "failure", "invited", "usage"]:
        [part] = valid(shown(Line(name), turn(language)))
        assert part.text
        assert "{" not in part.text


def test_the_bot_is_named_as_slack_names_it(see: See) -> None:
    """Whoever invites it learns whom to mention."""
    assert see(Line("invited")).text.startswith("@Kurage です。社内の資料から、")


class TestUsage:
    @pytest.mark.parametrize("language", LANGUAGES)
    def test_tells_how_what_and_for_example(self, see: See, language: Language) -> None:
        words = WORDINGS[language]
        text = see(Line("usage"), language, indexed=INDEXED).text
        assert text.startswith(words.usage_title)
        assert all(f"• {example}" in text for example in words.usage_examples)
        # 15:30 UTC is past midnight in Tokyo.
        assert "2026-04-01 00:30" in text
        assert words.never_synced in text
        assert "1,234" in text

    def test_says_when_nothing_is_indexed(self, see: See) -> None:
        assert WORDINGS["ja"].nothing_indexed in see(Line("usage")).text


class TestHandOver:
    CONTENT = HandOver(turn(question="VPNは？\n<!channel>", id="ABC234"), ANSWER)

    def test_names_people_question_and_what_was_found(self, see: See) -> None:
        screen = see(self.CONTENT, people=[HELPDESK, SUZUKI])
        assert screen.text.splitlines() == [
            "@soumu-helpdesk、@鈴木 一郎 さん、@佐藤 花子 さんからの質問です。",
            "質問",
            "VPNは？",
            "<!channel>",
            "見つかった資料",
            SAID,
            "1. 就業規則 › 第5章 休暇 › 有給休暇の申請 — 人事部・2026年4月1日更新",
            "2. 勤怠システムの使い方（スライド 7） — 総務部・2025年11月20日更新",
        ]

    def test_pings_the_people_and_the_asker_alone(self, see: See) -> None:
        pings = see(self.CONTENT, people=[HELPDESK, SUZUKI]).pings
        assert {(ping["kind"], ping["target"]) for ping in pings} == {
            ("usergroup", HELPDESK),
            ("user", SUZUKI),
            ("user", SATO),
        }

    def test_names_who_asked_whoever_pressed_the_button(
        self, slack_rig: SlackRig, slack: WebClient
    ) -> None:
        parts = shown(self.CONTENT, turn(asker="U0SMITH001"), people=[HELPDESK])
        pings = seen(slack_rig, slack, parts).pings
        assert {ping["target"] for ping in pings} == {HELPDESK, SATO}

    def test_can_be_marked_as_resolved(self, slack_rig: SlackRig, slack: WebClient) -> None:
        """The button gives way to who did it, in the message as Slack has it; nobody is pinged."""
        content, about = self.CONTENT, turn(id="XYZ789")
        [part] = shown(content, about, people=[HELPDESK])
        posted = slack.chat_postMessage(channel=SOUMU, text=part.text, blocks=part.blocks)
        [before] = [one for one in slack_rig.screen("soumu") if one["ts"] == posted["ts"]]
        [button] = before["buttons"]
        assert (button["label"], button["value"]) == ("解決済みにする", "XYZ789")
        blocks = slack.conversations_history(channel=SOUMU, limit=1)["messages"][0]["blocks"]
        done = resolved(blocks, "<!channel> *鈴木*", "ja")
        slack.chat_update(channel=SOUMU, ts=posted["ts"], text=done.text, blocks=done.blocks)
        [after] = [one for one in slack_rig.screen("soumu") if one["ts"] == posted["ts"]]
        assert after["buttons"] == []
        assert after["text"] == before["text"] + "\n✅ <!channel> *鈴木* さんが解決済みにしました。"
        assert after["pings"] == before["pings"]
        valid_blocks(resolved(blocks, "鈴木", "en").blocks)
        assert resolved(done.blocks, "佐藤", "ja").blocks == done.blocks

    def test_tells_the_nearest_documents_of_an_abstention(self, see: See) -> None:
        content = HandOver(turn(), abstained(RULES))
        screen = see(content, "en", people=[SUZUKI])
        assert screen.text.splitlines()[-2:] == [
            "What was found",
            "・就業規則 › 第5章 休暇 › 有給休暇の申請",
        ]

    @pytest.mark.parametrize("found", [FAILED, abstained()])
    def test_says_when_nothing_was_found(self, see: See, found: Answer) -> None:
        screen = see(HandOver(turn(), found), people=[SUZUKI])
        assert screen.text.endswith("関連する資料は見つかっていません。")
        assert screen.labels == ["解決済みにする"]

    def test_without_people_says_so(self, see: See) -> None:
        screen = see(self.CONTENT)
        assert screen.text == WORDINGS["ja"].nobody_to_ask
        assert (screen.pings, screen.labels) == ([], [])

    def test_text_that_is_no_id_pings_nobody(self, see: See) -> None:
        screen = see(self.CONTENT, people=["<!channel>", "here"])
        assert {ping["target"] for ping in screen.pings} == {SATO}
        assert screen.text.startswith("<!channel>、here さん、")


class TestSharing:
    def test_names_who_shares_what_was_asked_and_the_answer(self, see: See) -> None:
        screen = see(Sharing(turn(id="ABC234"), ANSWER), names={SATO: "佐藤 <@U0SUZUKI01>"})
        assert screen.text.splitlines()[:4] == [
            "佐藤 <@U0SUZUKI01> さんが共有しました。",
            "質問",
            "有給休暇はいつまでに申請しますか？",
            SAID,
        ]
        assert screen.pings == []
        assert screen.labels == ["👍", "👎", "担当者に聞く"]
        assert {button["value"] for button in screen.buttons} == {"ABC234"}


class TestForms:
    @pytest.mark.parametrize("language", LANGUAGES)
    def test_the_home_tab_shows_usage(
        self, slack_rig: SlackRig, slack: WebClient, language: Language
    ) -> None:
        many = INDEXED + [IndexedSource(f"wiki{number}", 5, None) for number in range(500)]
        slack.views_publish(user_id=SATO, view=home_view(language, many, BOT))
        home = slack_rig.home("sato")
        assert home is not None
        valid_blocks(home_view(language, many, BOT)["blocks"])
        assert slack_rig.violations() == []
        assert WORDINGS[language].usage_title in str(home)
        assert "2026-04-01 00:30" in str(home)

    @pytest.mark.parametrize("language", LANGUAGES)
    @pytest.mark.parametrize(("typed", "read"), [(" 古い ", "古い"), (None, None), ("  ", None)])
    def test_the_reason_is_read_as_it_was_sent(
        self, language: Language, typed: str | None, read: str | None
    ) -> None:
        modal = reason_modal("K7F3Q2", language)
        valid_blocks(modal["blocks"])
        assert len(modal["title"]["text"]) <= 24
        element = modal["blocks"][0]["element"]["action_id"]
        block = modal["blocks"][0]["block_id"]
        sent = {**modal, "state": {"values": {block: {element: {"value": typed}}}}}
        assert actions.reason(sent) == ("K7F3Q2", read)


class TestStreams:
    def test_text_only_grows_with_the_answer(self) -> None:
        """What was sent to a stream can not be taken back."""
        whole = ["取得日の**3営業日前**までに、👨‍👩‍👧申請。", "引用 <!channel> [x](y)", "おわり。"]
        before = ""
        for count in range(len(whole)):
            for length in range(len(whole[count]) + 1):
                texts = [*whole[:count], whole[count][:length]]
                said = [
                    Statement(text, (1,) if number < count else (), verbatim=number == 1)
                    for number, text in enumerate(texts)
                ]
                now = stream_text(Answer("answered", tuple(said), (), ()), "ja")
                assert now.startswith(before)
                before = now
        assert "申請。[1]\n「引用" in before
        assert before.endswith("」[1]\nおわり。")

    def test_nothing_said_yet_is_nothing(self) -> None:
        assert stream_text(Answer("answered", (), (), ()), "en") == ""
