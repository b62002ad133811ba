"""The anatomy of Discord's messages, in both languages, as a person reads them in the rig."""

from __future__ import annotations

import re
from dataclasses import fields

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rigs.discord_rig import DiscordRig
from view_samples import (
    APRIL,
    BOT,
    LEAVE,
    MANUAL,
    NOW,
    abstained,
    addresses,
    answered,
    hit,
    posted,
    shown,
    source,
    turn,
)

from bot import reply
from bot.conversations.store import ID_ALPHABET
from bot.discord import view
from bot.discord.view import Action, Part, custom_id, pressed, progress_text
from bot.exchange import Answer, Language, Statement
from bot.inbox.platform import HandOver, Line, Sharing
from bot.indexed import IndexedSource

# A busy machine is no fault of a text.
untimed = settings(deadline=None)

LEAVE_ANSWER = answered(
    Statement("取得日の **3営業日前** までに、勤怠システムから申請します。", (1,)),
    Statement("上長の承認後に確定します。", (1, 2)),
    sources=[source(1, LEAVE), source(2, MANUAL)],
)
LEAVE_LINE = (
    "取得日の 3営業日前 までに、勤怠システムから申請します。[1] 上長の承認後に確定します。[1][2]"
)
FAILURE_LINE = (
    "申し訳ありません。回答を作れませんでした（番号 K7F3Q2）。"
    "もう一度お試しいただくか、番号を管理者にお知らせください。"
)


def person_reads(rig: DiscordRig, parts: list[Part]) -> list[str]:
    """Return the lines of messages as a person reads them, without where links lead."""
    made = posted(rig, parts, {"parse": []})
    assert rig.refused() == []
    assert rig.violations() == []
    return re.sub(r" \(https?://[^\s()]*\)", "", "\n".join(one.text for one in made)).split("\n")


def labels(parts: list[Part]) -> list[str]:
    return [one.label for one in parts[-1].buttons]


class TestAnswer:
    def test_the_short_answer_comes_first_then_its_sources_then_what_can_be_done(
        self, discord_rig: DiscordRig
    ) -> None:
        assert person_reads(discord_rig, shown(LEAVE_ANSWER)) == [
            LEAVE_LINE,
            "",
            "📄 出典",
            "1. 就業規則 › 第5章 休暇 › 有給休暇の申請 — 人事部・2026年4月1日更新",
            "2. 勤怠システムの使い方 › 休暇申請（スライド 7）— 総務部・2025年11月20日更新",
            "[詳しく] [👍] [👎] [担当者に聞く]",
        ]

    def test_its_english_twin(self, discord_rig: DiscordRig) -> None:
        assert person_reads(discord_rig, shown(LEAVE_ANSWER, turn("en")))[1:] == [
            "",
            "📄 Sources",
            "1. 就業規則 › 第5章 休暇 › 有給休暇の申請 — 人事部, updated 1 Apr 2026",
            "2. 勤怠システムの使い方 › 休暇申請 (slide 7) — 総務部, updated 20 Nov 2025",
            "[More] [👍] [👎] [Ask a person]",
        ]

    def test_titles_lead_to_the_exact_place_without_a_preview(
        self, discord_rig: DiscordRig
    ) -> None:
        parts = shown(LEAVE_ANSWER)
        assert addresses(posted(discord_rig, parts)) == [
            "https://wiki.example.co.jp/rules#有給休暇の申請",
            "https://drive.example.co.jp/manual#slide=7",
        ]
        assert all(part.suppress_embeds for part in parts)
        assert re.findall(r"\]\((.)", parts[0].content) == ["<", "<"]

    def test_the_important_word_is_bold_beside_japanese(self) -> None:
        parts = shown(answered(Statement("取得日の**3営業日前**までに申請します。", (1,))))
        assert parts[0].content.startswith("取得日の**3営業日前**までに申請します。")

    @pytest.mark.parametrize(
        ("language", "quote"),
        [("ja", "「3営業日前[1]までに。」[1]"), ("en", "“3営業日前[1]までに。”[1]")],
    )
    def test_what_is_quoted_stands_in_brackets_on_a_line_of_its_own(
        self, discord_rig: DiscordRig, language: Language, quote: str
    ) -> None:
        quoted = Statement("3営業日前[1]までに。", (1,), verbatim=True)
        parts = shown(answered(Statement("はい。", (1,)), quoted, quoted), turn(language))
        assert person_reads(discord_rig, parts)[:3] == ["はい。[1]", quote, quote]

    def test_an_old_source_is_named_before_the_sources(self, discord_rig: DiscordRig) -> None:
        old = hit("旧マニュアル", updated=APRIL.replace(year=2020))
        lines = person_reads(
            discord_rig, shown(answered(Statement("はい。", (1,)), sources=[source(1, old)]))
        )
        assert lines[1] == "※ 旧マニュアルは3年以上更新されていません。"
        assert lines.index("📄 出典") > 1

    def test_a_source_of_unknown_owner_and_date_has_no_dash(self, discord_rig: DiscordRig) -> None:
        assert "1. 就業規則" in person_reads(
            discord_rig, shown(answered(Statement("はい。", (1,))))
        )

    def test_lists_and_code_of_a_model_are_kept(self) -> None:
        written = "手順です:\n- `kurage ask`\n* 次\n\n```sh\nask '<@1>'\n```\n以上です。"
        content = shown(answered(Statement(written, (1,))))[0].content
        assert content.startswith(
            "手順です:\n- `kurage ask`\n- 次\n```sh\nask '<\u2060@1>'\n```\n以上です。\\[1\\]"
        )

    def test_numbers_behind_code_stand_outside_of_it(self) -> None:
        content = shown(answered(Statement("```\nx\n```", (1, 2))))[0].content
        assert content.startswith("```\nx\n```\n\\[1\\]\\[2\\]\n")

    def test_numbered_lists_keep_their_numbers(self, discord_rig: DiscordRig) -> None:
        written = "3. 三番目\n5. 五番目"
        lines = person_reads(discord_rig, shown(answered(Statement(written, (1,)))))
        assert [line.replace("\u2060", "") for line in lines[:2]] == ["3. 三番目", "5. 五番目[1]"]
        assert "3. " not in shown(answered(Statement(written, (1,))))[0].content

    def test_a_private_answer_says_so_and_can_be_shared(self, discord_rig: DiscordRig) -> None:
        parts = shown(LEAVE_ANSWER, private=True)
        assert labels(parts) == ["詳しく", "👍", "👎", "担当者に聞く", "共有する"]
        assert person_reads(discord_rig, parts)[-2] == "この回答はあなただけに表示されています。"
        assert "-# Only you can see this answer." in (
            shown(LEAVE_ANSWER, turn("en"), private=True)[0].content
        )

    @pytest.mark.parametrize(("language", "heading"), [("ja", "詳しい回答"), ("en", "In detail")])
    def test_a_long_answer_is_headed_as_one_and_offers_no_longer_one(
        self, discord_rig: DiscordRig, language: Language, heading: str
    ) -> None:
        parts = shown(LEAVE_ANSWER, turn(language, style="long"))
        assert person_reads(discord_rig, parts)[0] == heading
        assert reply.WORDINGS[language].more not in labels(parts)

    def test_statements_of_a_long_answer_are_paragraphs(self, discord_rig: DiscordRig) -> None:
        lines = person_reads(discord_rig, shown(LEAVE_ANSWER, turn(style="long")))
        assert lines[2] == "上長の承認後に確定します。[1][2]"

    def test_a_line_can_stand_above_it(self, discord_rig: DiscordRig) -> None:
        lines = person_reads(discord_rig, shown(LEAVE_ANSWER, above="not_here"))
        assert lines[0] == "チャンネルに投稿できなかったため、こちらでお答えします。"
        assert lines[1].startswith("取得日の")


class TestNoAnswer:
    def test_an_abstention_names_the_nearest_documents(self, discord_rig: DiscordRig) -> None:
        parts = shown(abstained(LEAVE, MANUAL))
        assert person_reads(discord_rig, parts) == [
            "社内の資料からは答えが見つかりませんでした。近い資料はこちらです:",
            "・就業規則 › 第5章 休暇 › 有給休暇の申請",
            "・勤怠システムの使い方 › 休暇申請（スライド 7）",
            "[担当者に聞く] [質問を言い換える]",
        ]
        assert len(addresses(posted(discord_rig, parts))) == 2

    def test_without_any_document_it_promises_none(self, discord_rig: DiscordRig) -> None:
        assert person_reads(discord_rig, shown(abstained(), turn("en"))) == [
            "I found no answer in the company's documents.",
            "[Ask a person] [Rephrase]",
        ]

    def test_a_failure_names_the_turn_and_no_reason(self, discord_rig: DiscordRig) -> None:
        failed = Answer("failed", (), (), (), turn="K7F3Q2", reason="connection to 10.0.0.1 lost")
        assert person_reads(discord_rig, shown(failed)) == [FAILURE_LINE]

    def test_a_private_abstention_can_not_be_shared(self) -> None:
        assert labels(shown(abstained(), private=True)) == ["担当者に聞く", "質問を言い換える"]


class TestLine:
    @pytest.mark.parametrize("language", ["ja", "en"])
    def test_every_line_without_a_gap_is_said_as_it_stands(
        self, discord_rig: DiscordRig, language: Language
    ) -> None:
        words = reply.WORDINGS[language]
        plain = [
            one.name
            for one in fields(words)
            if isinstance(said := getattr(words, one.name), str) and "{" not in said
        ]
        assert len(plain) > 40
        for name in plain:
            lines = person_reads(discord_rig, shown(Line(name), turn(language)))
            assert "\n".join(lines) == getattr(words, name)

    def test_an_invitation_is_thanked_for_by_name(self) -> None:
        assert shown(Line("invited"))[0].content.startswith(f"<@{BOT}> です。")

    def test_usage_says_how_to_ask_and_what_is_indexed(self, discord_rig: DiscordRig) -> None:
        indexed = [IndexedSource("handbook", 1234, NOW), IndexedSource("wiki", 0, None)]
        lines = person_reads(discord_rig, shown(Line("usage"), indexed=indexed))
        assert lines[0] == "使い方"
        assert "・有給休暇はいつまでに申請すればいいですか？" in lines
        assert lines[-3:] == [
            "いま入っている資料",
            "・handbook: 文書 1,234 件、最後の同期 2026-11-21 09:00",
            "・wiki: 文書 0 件、最後の同期 まだありません",
        ]

    def test_usage_without_documents_says_so(self) -> None:
        said = shown(Line("usage"), turn("en"))[0].content
        assert said.endswith("Nothing is indexed yet. Please ask your administrator.")

    def test_an_unknown_line_is_a_mistake_of_ours(self) -> None:
        with pytest.raises(AttributeError):
            shown(Line("no_such_line"))


class TestHandOver:
    def test_the_question_goes_to_those_who_are_set_with_what_was_found(
        self, discord_rig: DiscordRig
    ) -> None:
        company = discord_rig.company()
        tanaka, role = company["users"]["tanaka"], company["roles"]["総務部"]
        asked = turn(question="いつまでに\n申請しますか？", asker=tanaka)
        parts = shown(HandOver(asked, LEAVE_ANSWER), turn(id="HAND22"), people=[f"role:{role}"])
        assert person_reads(discord_rig, parts) == [
            f"@総務部 さん、@{_called(discord_rig, tanaka)} さんからの質問です。",
            "",
            "質問",
            "いつまでに",
            "申請しますか？",
            "",
            "見つかった資料",
            "・就業規則 › 第5章 休暇 › 有給休暇の申請",
            "・勤怠システムの使い方 › 休暇申請（スライド 7）",
            "[解決済みにする]",
        ]
        # Only who is set is notified: suzuki by the role, and not tanaka who asked.
        allowed = {"users": [str(one) for one in parts[0].users],
                   "roles": [str(one) for one in parts[0].roles]}  # fmt: skip
        assert posted(discord_rig, parts, allowed)[0].pinged == ["suzuki"]
        assert pressed(parts[-1].buttons[0].custom_id) == view.Pressed("resolve", "HAND22")

    def test_several_people_are_named_once_each(self) -> None:
        people = ["user:11111", "role:22222", "user:11111", "nonsense"]
        part = shown(HandOver(turn(), abstained()), turn("en"), people=people)[0]
        assert part.content.startswith("<@11111>, <@&22222>, a question from <@")
        assert (part.users, part.roles) == ((11111,), (22222,))

    def test_nothing_found_is_said(self) -> None:
        said = shown(HandOver(turn(), abstained()), people=["user:11111"])[0].content
        assert said.endswith("関連する資料は見つかっていません。")

    def test_an_abstention_hands_over_the_nearest_documents(self) -> None:
        said = shown(HandOver(turn(), abstained(LEAVE)), people=["user:11111"])[0].content
        assert "・[就業規則 › 第5章 休暇 › 有給休暇の申請](<" in said

    def test_with_nobody_set_it_says_whom_to_ask(self) -> None:
        part = shown(HandOver(turn(), abstained()), people=[])[0]
        assert part.content == reply.JAPANESE.nobody_to_ask
        assert (part.buttons, part.users, part.roles) == ((), (), ())

    @untimed
    @given(st.text(max_size=3000), st.integers(0, 60))
    def test_a_resolved_one_says_by_whom_and_only_once(self, question: str, people: int) -> None:
        named = [f"user:{10**19 + number}" for number in range(people)]
        last = shown(HandOver(turn(question=question), abstained(LEAVE)), people=named)[-1]
        done = view.resolved(last.content, 10**19, "ja")
        assert done == f"{last.content}\n\n✅ <@{10**19}> さんが解決済みにしました。"
        assert view.size(done) <= view.LIMIT
        assert view.resolved(done, 7, "en") == done


class TestSharing:
    def test_the_channel_reads_who_shares_what_was_asked_and_the_answer(
        self, discord_rig: DiscordRig
    ) -> None:
        tanaka = discord_rig.company()["users"]["tanaka"]
        shared = Sharing(turn(id="ANSW22"), LEAVE_ANSWER)
        parts = shown(shared, turn(id="SHAR22", asker=tanaka))
        lines = person_reads(discord_rig, parts)
        assert lines[:4] == [
            f"@{_called(discord_rig, tanaka)} さんが共有しました。",
            "有給休暇はいつまでに申請しますか？",
            "",
            LEAVE_LINE,
        ]
        assert labels(parts) == ["詳しく", "👍", "👎", "担当者に聞く"]
        # Votes and longer answers are about the answer, whoever shares it.
        assert {pressed(one.custom_id).turn for one in parts[-1].buttons} == {"ANSW22"}  # type: ignore[union-attr]


def _called(rig: DiscordRig, user: str) -> str:
    """Return what a person is called, by letting the rig read a mention."""
    return rig.say("general", "sato", f"<@{user}>").text.removeprefix("@")


class TestProgress:
    def test_it_begins_as_the_answer_will(self) -> None:
        for style in ("short", "long"):
            final = shown(LEAVE_ANSWER, turn(style=style))[0].content
            assert final.startswith(progress_text(LEAVE_ANSWER, "ja", style))

    def test_before_the_first_word_it_says_what_is_done(self) -> None:
        assert progress_text(answered(), "ja") == "回答を書いています…"
        assert progress_text(answered(), "en") == "Writing the answer…"

    def test_what_does_not_fit_yet_is_hinted_at(self) -> None:
        long = answered(*(Statement("申請します。" * 50, (1,)) for _ in range(10)))
        said = progress_text(long, "ja")
        assert said.endswith("\n…")
        assert view.size(said) <= view.LIMIT

    @untimed
    @given(st.text(max_size=200), st.data())
    def test_a_growing_answer_never_breaks_it(self, text: str, data: st.DataObject) -> None:
        cut = data.draw(st.integers(0, len(text)))
        said = progress_text(answered(Statement(text[:cut], (1,))), "ja")
        assert 0 < view.size(said) <= view.LIMIT


class TestIds:
    @untimed
    @given(st.sampled_from(view.ACTIONS), st.text(ID_ALPHABET, min_size=6, max_size=6))
    def test_a_button_tells_what_it_does_and_for_which_turn(
        self, action: Action, turn_id: str
    ) -> None:
        made = custom_id(action, turn_id)
        assert pressed(made) == view.Pressed(action, turn_id)
        assert len(made) <= 100
        assert re.fullmatch(view.TEMPLATE, made)
        assert view.reason_turn(made) is None
        assert view.reason_turn(view.reason_id(turn_id)) == turn_id
        assert len(view.reason_id(turn_id)) <= 100

    @untimed
    @given(st.text(max_size=120))
    def test_ids_of_others_are_none_of_ours(self, text: str) -> None:
        if not text.startswith("kurage:"):
            assert pressed(text) is None
            assert view.reason_turn(text) is None

    @pytest.mark.parametrize("bad", ["", "a b", "あ", "x" * 41, "a:b", "K7F3Q2\n"])
    def test_an_id_that_could_not_be_read_again_is_never_made(self, bad: str) -> None:
        with pytest.raises(ValueError, match="no id"):
            custom_id("more", bad)
        with pytest.raises(ValueError, match="no id"):
            view.reason_id(bad)
        assert pressed(f"kurage:more:{bad}") is None
