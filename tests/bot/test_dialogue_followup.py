"""A follow-up takes over what it leaves unsaid, and a new topic is left alone: by rule.

`followups.jsonl` holds conversations about the sample handbook: `turns`, and `documents`, of which
one has to be found for the last turn; none where the last turn is complete as it stands. `split`
says how a line was used: rules were written on `tune`; `held` and `late` were looked at later.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as settings_of_tests
from hypothesis import strategies as st

from bot import settings
from bot.app import App, open_app
from bot.dialogue import Said, Standalone, wants_more
from bot.dialogue.followup import LONGEST, TURNS
from bot.settings import FolderSource
from ingest.japanese import Analyzer

HANDBOOK = Path(__file__).parents[2] / "examples" / "handbook"
QUESTIONS = HANDBOOK.parent / "questions.jsonl"
CONVERSATIONS: list[dict[str, Any]] = [
    json.loads(line)
    for line in Path(__file__).with_name("followups.jsonl").read_text("utf-8").splitlines()
]
FOLLOW_UPS = [c for c in CONVERSATIONS if c["documents"] is not None]
COMPLETE = [c for c in CONVERSATIONS if c["documents"] is None]
STANDALONE = Standalone(Analyzer())


def before(turns: Sequence[str]) -> list[Said]:
    """The turns before the last one, as the log keeps them: completed where they were not."""
    said: list[Said] = []
    for question in turns[:-1]:
        said.append(Said(STANDALONE(question, said) or question, ""))
    return said


def completed(*turns: str) -> str | None:
    """What is searched for the last of these turns, None for itself."""
    return STANDALONE(turns[-1], before(turns))


@pytest.fixture(scope="module")
def handbook(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    """The program with the sample handbook ingested."""
    home = tmp_path_factory.mktemp("handbook")
    with open_app(settings.load({"KURAGE_HOME": str(home)}, home)) as kurage:
        kurage.sync("handbook", FolderSource(kind="folder", path=HANDBOOK))
        yield kurage


def found(kurage: App, question: str, documents: Sequence[str]) -> bool:
    """Whether one of the documents is among the first three that are found."""
    hits = kurage.retriever.search(question, kurage.principals(None), limit=10)
    first = list(dict.fromkeys(hit.document.id for hit in hits))[:3]
    return not set(first).isdisjoint(documents)


@pytest.mark.parametrize(("split", "floor"), [("tune", 0.95), ("held", 0.95), ("late", 0.9)])
def test_completed_follow_ups_find_their_document(handbook: App, split: str, floor: float) -> None:
    """Far more often than the bare follow-up, and about as often as both questions in one.

    Measured: 95, 97.5 and 96 % (bare: 57, 50 and 71 %; both questions in one: 95, 95 and 100 %,
    but see the next test). The first runs on `held` and `late`, before anybody had looked at
    them, gave 97.5 and 92 %.
    """
    chosen = [c for c in FOLLOW_UPS if c["split"] == split]
    hit = bare = 0
    for conversation in chosen:
        *_, last = turns = conversation["turns"]
        hit += found(handbook, completed(*turns) or last, conversation["documents"])
        bare += found(handbook, last, conversation["documents"])
    assert hit >= floor * len(chosen)
    assert hit >= bare + 0.15 * len(chosen)


def test_questions_of_the_handbook_are_not_spoilt_by_what_was_asked_before(handbook: App) -> None:
    """Each real question below another one, about another document.

    Measured: 98 % are left alone, and 94.7 % find their document among the first three, as 95.1 %
    do without a thread. Both questions searched in one: 82 %.
    """
    written = map(json.loads, QUESTIONS.read_text("utf-8").splitlines())
    questions = [question for question in written if question["answerable"]]
    alone = ours = untouched = 0
    for i, question in enumerate(questions):
        others = (questions[(i * 7 + 31 + j) % len(questions)] for j in range(len(questions)))
        former = next(q for q in others if q["document"] != question["document"])
        whole = completed(former["question"], question["question"])
        untouched += whole is None
        alone += found(handbook, question["question"], [question["document"]])
        ours += found(handbook, whole or question["question"], [question["document"]])
    assert untouched >= 0.96 * len(questions)
    assert ours >= alone - 0.015 * len(questions)


def test_the_conversations_are_enough() -> None:
    assert len(FOLLOW_UPS) >= 100
    assert len(COMPLETE) >= 65
    assert any(len(conversation["turns"]) > 2 for conversation in FOLLOW_UPS)
    assert len({tuple(c["turns"]) for c in CONVERSATIONS}) == len(CONVERSATIONS)


@pytest.mark.parametrize("conversation", COMPLETE, ids=lambda c: str(c["id"]))
def test_a_new_topic_in_a_thread_is_left_alone(conversation: dict[str, Any]) -> None:
    """What is complete is searched as it was written."""
    assert completed(*conversation["turns"]) is None


@pytest.mark.parametrize(
    "question", [question for c in CONVERSATIONS for question in c["turns"][:1]][:60]
)
def test_a_question_is_searched_as_written_where_nothing_was_said(question: str) -> None:
    assert STANDALONE(question, []) is None


@pytest.mark.parametrize(
    ("former", "follow_up", "whole"),
    [
        # What is pointed at
        ("在宅勤務手当はいくら？", "それはいつから？", "在宅勤務手当はいつから？"),
        (
            "副業やりたいです。申請はいつまで？",
            "その申請はどこに出しますか",
            "副業の申請はどこに出しますか？",
        ),
        ("経費の締め日はいつですか？", "その日が休みのときは？", "経費の締め日が休みのときは？"),
        (
            "出張の日当はいくら？",
            "ありがとう！ちなみにこれって課税されますか🙏",
            "出張の日当って課税されますか？",
        ),
        # A part or a property of it
        ("就業規則はどこ？", "英語版は？", "就業規則の英語版は？"),
        ("健康診断の予約はいつから？", "締め切りは？", "健康診断の予約の締め切りは？"),
        ("名刺って頼んでから何日で届く？", "費用は？", "名刺の費用は？"),
        # Another of its kind
        ("課長の日当はいくら？", "部長は？", "部長の日当はいくら？"),
        ("課長の日当はいくら？", "じゃあ、部長の場合は？", "部長の日当はいくら？"),
        ("福岡営業所の住所は？", "大阪は？", "大阪営業所の住所は？"),
        ("オンコール手当、休日はいくら？", "平日は？", "オンコール手当、平日はいくら？"),
        ("60万のサーバーの見積もりは何社？", "２０万なら？", "20万のサーバーの見積もりは何社？"),
        ("SEV1の第一報は何分以内？", "sev2は？", "sev2の第一報は何分以内？"),
        (
            "退職したら離職票はいつ届きますか",
            "源泉徴収票は？",
            "退職したら源泉徴収票はいつ届きますか？",
        ),
        (
            "ストレスチェックの結果は会社に見られますか",
            "健康診断は？",
            "健康診断の結果は会社に見られますか？",
        ),
        (
            "モバイルルーターは何日借りられる？",
            "プロジェクターは？",
            "プロジェクターは何日借りられる？",
        ),
        # For another case
        ("有給は何日前まで？", "パートでも？", "有給はパートでも何日前まで？"),
        ("有給は何日前まで？", "じゃあ、時間単位では？", "有給は時間単位では何日前まで？"),
        ("ビルは何時に閉まる？", "土日は？", "ビルは土日は何時に閉まる？"),
        (
            "家賃補助って月いくらですか",
            "転勤した場合は？",
            "転勤した場合は、家賃補助って月いくらですか？",
        ),
        # The rest of a sentence
        ("育休は分けて取れる？", "何回まで？", "育休は、何回まで？"),
        ("VPNにつながらないときは？", "スマホでもできますか？", "VPNは、スマホでもできますか？"),
        ("社員証をなくしました。再発行できますか", "どこに連絡？", "社員証は、どこに連絡？"),
        ("How many days of paid leave do I get?", "And for part-timers?", None),
        ("How many days of paid leave do I get?", "since when?", "days of paid leave: since when?"),
        (
            "What is the deadline for expenses?",
            "Who approves it?",
            "Who approves deadline for expenses?",
        ),
        # Only more of it
        ("年末調整はいつまで？", "もっと詳しく教えてください", "年末調整はいつまで？"),
        ("What is the deadline?", "Tell me more", "What is the deadline?"),
    ],
)
def test_what_is_left_unsaid_is_taken_over(former: str, follow_up: str, whole: str | None) -> None:
    expected = whole or "How many days of paid leave do I get, for part-timers?"
    assert completed(former, follow_up) == expected


def test_a_chain_of_follow_ups_keeps_its_topic() -> None:
    """Each is completed from the one before, which was completed itself."""
    turns = ["課長の日当はいくら？", "部長は？", "海外でも？", "それは税込？"]
    assert completed(*turns[:2]) == "部長の日当はいくら？"
    assert completed(*turns[:3]) == "部長の日当は海外でもいくら？"
    assert "日当" in (completed(*turns) or "")


def test_a_turn_that_names_no_topic_is_looked_over() -> None:
    said = [Said("在宅勤務手当はいくら？", ""), Said("どこですか", "")]
    assert STANDALONE("それはいつから？", said) == "在宅勤務手当はいつから？"


def test_only_the_last_turns_count() -> None:
    said = [Said("在宅勤務手当はいくら？", ""), *(Said("どこですか", "") for _ in range(TURNS))]
    assert "在宅" not in (STANDALONE("それはいつから？", said) or "")


@pytest.mark.parametrize(
    "text",
    [
        "ありがとうございます！",
        "そうなんですね",
        "え？",
        "了解です",
        "👍",
        "？",
        "",
        "在哪里买？",
        "thanks",
    ],
)
def test_what_asks_nothing_takes_nothing_over(text: str) -> None:
    assert completed("在宅勤務手当はいくら？", text) is None


def test_a_long_question_says_what_it_is_about() -> None:
    assert completed("在宅勤務手当はいくら？", "それは" + "とても" * 60 + "ですか？") is None


@pytest.mark.parametrize(
    "former", ["在宅勤務手当" * 100 + "はいくら？", "how much " * 100, "あ" * 2000]
)
@pytest.mark.parametrize(
    "follow_up", ["それはいつから？", "英語版は？", "パートでも？", "since when?"]
)
def test_a_completed_question_stays_short(former: str, follow_up: str) -> None:
    whole = completed(former, follow_up)
    assert whole is None or len(whole) <= LONGEST


@pytest.mark.parametrize(
    "text", ["もっと詳しく", "詳しく教えて", "具体的には？", "Tell me more", "more details please"]
)
def test_who_wants_more_is_told_from_who_asks(text: str) -> None:
    assert wants_more(text)


@pytest.mark.parametrize(
    "text", ["詳しい資料はどこ？", "それはいつから？", "more than 3 days?", "詳しい人は誰", ""]
)
def test_who_asks_is_told_from_who_wants_more(text: str) -> None:
    assert not wants_more(text)


@pytest.mark.parametrize(
    "piece", ["え", "ok ", "それは", "20万", "今年", "it ", "の", "<@", "ありがとう"]
)
def test_rows_of_one_word_take_no_long_time(piece: str) -> None:
    """No rule tries every way to part them, which would never end."""
    row = piece * (115 // len(piece))
    for tail in ("", "？", "x"):
        STANDALONE(row + tail, [Said(row * 20, "")] * 6)
        wants_more(row * 20 + tail)


PIECES = st.one_of(
    st.sampled_from(
        [
            *(
                "それ",
                "その",
                "は",
                "でも",
                "の場合",
                "？",
                "?",
                "英語版",
                "パート",
                "課長",
                "大阪",
                "20万",
                "何",
                "いつ",
            ),
            *(
                "有給休暇",
                "申請",
                "を",
                "。",
                "、",
                " ",
                "\n",
                "it",
                "and",
                "for",
                "what",
                "deadline",
                "じゃあ、",
                "もっと詳しく",
            ),
            *("👍", "\ud800", "葛\U000e0100", "ﾊﾟｰﾄ", "㈱", "㍿", "\u2028", "<@U1>", "髙", "ﷺ"),
        ]
    ),
    st.text(max_size=6),
)
TEXT = st.lists(PIECES, max_size=20).map("".join)


# The first text loads the dictionary.
FUZZ = settings_of_tests(deadline=None)


@FUZZ
@given(TEXT, st.lists(TEXT, max_size=6))
def test_any_text_is_completed_within_its_limit_or_left_alone(text: str, said: list[str]) -> None:
    whole = STANDALONE(text, [Said(question, "") for question in said])
    assert whole is None or (said and 0 < len(whole) <= LONGEST)


@FUZZ
@given(
    st.lists(TEXT.filter(str.strip), min_size=1, max_size=4),
    st.sampled_from(["それはいつから？", "上限は？", "英語版は？", "部長は？", "since when?"]),
)
def test_only_what_somebody_said_is_searched(said: list[str], text: str) -> None:
    """Beside the links は, の and 場合: an asker can tell where each word comes from."""
    whole = STANDALONE(text, [Said(question, "") for question in said]) or ""
    known = "".join(unicodedata.normalize("NFKC", one) for one in [*said, text])
    assert set(whole) <= set(f"{known}はの場合、？！, :?")
