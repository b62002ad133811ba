"""What is looked at in an answer, and what comes of it."""

import time

import pytest
from checks_samples import doubts, failed, passage, passages
from hypothesis import given
from hypothesis import strategies as st

from bot.checks import examined
from bot.checks.examination import NAMES
from bot.checks.reading import read
from bot.exchange import Statement

JA = "申請は勤怠システムで行います。"
LEAVE = "有給休暇は取得日の3営業日前までに勤怠システムから申請する。VPNの設定はクライアントで行う。"


def test_each_check_is_listed_whether_it_passed_or_not() -> None:
    """The administrator sees what was looked at, and what was not found."""
    _, checks = examined("いつ？", (Statement("4日前です。", (1,)),), passages(LEAVE))
    assert tuple(check.name for check in checks) == NAMES
    assert [(check.name, check.detail) for check in checks if not check.passed] == [
        ("numbers", "4日")
    ]


@pytest.mark.parametrize(
    ("answer", "name"),
    [
        ("9人です。", "numbers"),
        ("2026年5月です。", "dates"),
        ("17時です。", "dates"),
        ("500円です。", "amounts"),
        ("https://evil.example.com/ です。", "addresses"),
        ("Teamsで申請します。", "terms"),
        ("スケジューラーで申請します。", "terms"),
        ("Please submit the request to the manager in the system before the day.", "language"),
        ("휴가는 근태 시스템에서 신청하시면 됩니다.", "language"),
        ("申請します。<<Answer>>はい", "tags"),
        ("申請します。<|im_end|>", "tags"),
    ],
)
def test_a_failing_check_says_which_it_is(answer: str, name: str) -> None:
    """Each kind of piece belongs to one check."""
    assert [check.name for check in failed(answer, LEAVE, question="いつまでに申請しますか？")] == [
        name
    ]


def test_a_passage_that_was_not_in_the_prompt_bears_nothing() -> None:
    """Nothing can be looked up in it: what the answer says is doubted."""
    (part,), _ = examined("いつ？", (Statement("3営業日前です。", (7,)),), passages(LEAVE))
    assert part.doubts == ("3営業日",)


def test_a_number_has_to_stand_in_a_passage_that_its_own_sentence_names() -> None:
    """That another passage says it bears nothing."""
    held = passages("締め日は25日。", "上限は5,000円。")
    said = (Statement("締め日は25日です。", (2,)), Statement("上限は5,000円です。", (2,)))
    parts, _ = examined("いつ？", said, held)
    assert [part.doubts for part in parts] == [("25日",), ()]


def test_what_is_quoted_word_for_word_is_not_looked_at() -> None:
    """The extractive generator's answers have no checks at all."""
    said = (Statement("４日前です。", (1,), verbatim=True),)
    assert examined("いつ？", said, passages(LEAVE)) == (said, ())


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        ("サーバで設定します", "サーバーで設定する。"),
        ("サーバーで設定します", "サーバで設定する。"),
        ("ウェブサーバーです", "ウェブサーバを使う。"),
        ("Wi-Fiを使います", "ＷｉＦｉを使う。"),
        ("vpnを使います", "ＶＰＮを使う。"),
        ("APIsを使う", "APIを使う。"),
        ("ｻｰﾊﾞｰです", "サーバーを使う。"),
        ("3キロメートルです", "3kmまで。"),
        ("千駄ケ谷のオフィス", "千駄ヶ谷オフィスで。"),
        ("ヴァイオリンです", "ブァイオリンとも書く。"),
    ],
)
def test_a_name_may_be_written_in_another_way(answer: str, text: str) -> None:
    """Width, case, long-vowel marks and joints make no difference."""
    assert doubts(answer, text) == ()


def test_a_short_word_without_its_long_vowel_is_another_word() -> None:
    """ビール is no ビル."""
    assert doubts("ビールです。", "ビルに入る。") == ("ビール",)


def test_names_are_not_looked_for_across_languages() -> None:
    """A Japanese answer about an English page writes its names in katakana; numbers still count."""
    english = "Leave is requested in the attendance system, at least 3 business days in advance."
    assert doubts("アテンダンスシステムで3営業日前までに申請します。", english) == ()
    assert doubts("アテンダンスシステムで4営業日前までに申請します。", english) == ("4営業日",)


def test_in_english_only_names_are_looked_for() -> None:
    """Every word is Latin there, and an answer words things anew."""
    text = "Requests are filed in the Attendance Portal three business days before."
    asked = "How do I request leave?"
    assert doubts("You must submit it in the Attendance Portal.", text, question=asked) == ()
    assert doubts("You must submit it in the Payroll Portal.", text, question=asked) == ("Payroll",)


@pytest.mark.parametrize(
    "answer", ["4.4兆円", "vpn.example.co.jp", "Google Workspace", "人事部", "はい"]
)
@pytest.mark.parametrize(
    "question", ["いくら？", "How much is it?", "多少钱？", "얼마입니까?", "？"]
)
def test_a_short_answer_fits_any_language(answer: str, question: str) -> None:
    """A name, an amount or an address is the same in all of them."""
    assert "language" not in {c.name for c in failed(answer, answer, question=question)}


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("How do I request leave?", "有給休暇は勤怠システムから三日前までに申請してください。"),
        ("如何申请休假？", "有給休暇は勤怠システムから三日前までに申請してください。"),
        ("どう申請しますか？", "请在考勤系统中提前三个工作日提交休假申请。"),
        ("휴가는 어떻게 신청합니까?", "You have to request it in the attendance system."),
    ],
)
def test_an_answer_in_another_language_is_doubted_as_a_whole(question: str, answer: str) -> None:
    """Who asked can not be expected to read it."""
    assert answer in doubts(answer, answer, question=question)


def test_a_title_is_read_with_its_passage() -> None:
    """Readers see it in the list of sources."""
    held = {1: passage("申請する。", title="2026年度 Slackの手引き")}
    assert examined("何？", (Statement("2026年度のSlack", (1,)),), held)[0][0].doubts == ()


_ANY = st.text(
    st.one_of(
        st.characters(),
        st.sampled_from("0123456789０９一二十百千万億兆年月日時分/:.,-¥$%@<>[]令和午後ｶﾞー①½h. "),
    ),
    max_size=60,
)


@given(_ANY, _ANY, st.lists(_ANY, max_size=3))
def test_any_text_can_be_examined(question: str, answer: str, texts: list[str]) -> None:
    """No text raises; doubts are pieces of the answer."""
    for found in doubts(answer, *texts, question=question):
        assert found
        assert found in answer


@given(_ANY, st.integers(0, 60), st.integers(0, 60))
def test_what_is_copied_from_a_passage_is_not_doubted(text: str, one: int, other: int) -> None:
    """Its numbers, names and addresses stand there; only its language and tags can be wrong."""
    lines = text.splitlines() or [""]
    copied = lines[one % len(lines)]
    missed = {c.name for c in failed(copied, text, question=copied)} - {"language", "tags"}
    assert not missed


_UNITS = (
    "1", "1,", "一", "十百", "1.1", "a.", "a@", "http://", "1-", "アー", "a-", "令和", "1 万", "1/",
    "午後 ", "1月", "a.b ", "1円", "VPN ", "<<", "<<Answer>>",
)  # fmt: skip


@pytest.mark.parametrize("unit", _UNITS)
def test_no_text_makes_a_check_slow(unit: str) -> None:
    """Time grows with the text, not with its square; endless repetitions are cut far below."""
    begin = time.process_time()
    doubts(unit * (20_000 // len(unit)), "申請する。")
    assert time.process_time() - begin < 5


def test_a_check_over_eight_new_passages_takes_milliseconds() -> None:
    """It stands between a model's last word and its reader; `bench.checks` measures it."""
    long = (LEAVE * 20)[:498]
    held = passages(*(f"{number}{long}" for number in range(1, 9)))
    spent = []
    for _ in range(5):
        read.cache_clear()
        begin = time.process_time()
        examined("いつ？", (Statement(JA, tuple(held)),), held)
        spent.append(time.process_time() - begin)
    assert min(spent) < 0.05
