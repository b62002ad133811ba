"""Numbers, dates, times and addresses are compared by value, however they are written."""

from itertools import permutations

import pytest
from checks_samples import doubts
from hypothesis import given
from hypothesis import strategies as st

SAME = [
    ["4.4 trillion yen", "4.4兆円", "4兆4000億円", "4,400,000,000,000円", "４．４兆円",
     "四兆四千億円"],
    ["25日", "二十五日", "２５日", "25 days"],
    ["10%", "10パーセント", "1割", "１０％", "10 percent"],
    ["¥3,000", "3千円", "3000円", "３，０００円", "三千円", "3,000 yen"],
    ["1万5千円", "15,000円", "1万5,000円", "¥15000"],
    ["2026年4月1日", "2026/4/1", "令和8年4月1日", "April 1, 2026", "2026-04-01", "１ April 2026",
     "二〇二六年四月一日", "R8.4.1", "2026년 4월 1일"],
    ["午後3時", "15:00", "15時", "3 p.m.", "１５：００", "午後三時"],
    ["17時30分", "午後5時半", "17:30", "5:30pm"],
    ["3営業日", "３営業日", "three business days", "三営業日"],
    ["3か月", "3ヶ月", "3カ月", "３ヵ月", "三か月", "3 months"],
    ["3分の1", "三分の一", "1/3"],
    ["03-1234-5678", "０３－１２３４－５６７８", "03（1234）5678"],
    ["https://wiki.example.co.jp/a/", "HTTPS://wiki.example.co.jp/a", "wiki.example.co.jp/a"],
    ["Help@Example.co.jp", "help@example.co.jp", "ｈｅｌｐ＠ｅｘａｍｐｌｅ.co.jp"],
    ["水曜日", "水曜", "Wednesday"],
]  # fmt: skip
PAIRS = [pair for same in SAME for pair in permutations(same, 2)]


@pytest.mark.parametrize(("said", "held"), PAIRS)
def test_a_value_may_be_written_in_another_way(said: str, held: str) -> None:
    """What the passage says in one form the answer may say in any other."""
    assert doubts(f"「{said}」です。", f"規程では {held} とする。") == ()


OTHER = [
    ("26日", "25日"),
    ("5.4兆円", "4.4兆円"),
    ("4.4億円", "4.4兆円"),
    ("30,000円", "3,000円"),
    ("2026年4月2日", "2026年4月1日"),
    ("令和7年4月1日", "2026年4月1日"),
    ("2025年", "2026年4月1日"),
    ("5月1日", "2026年4月1日"),
    ("16:00", "15時"),
    ("午前3時", "15:00"),
    ("20%", "1割"),
    ("03-1234-5679", "03-1234-5678"),
    ("0120", "120"),
    ("wiki.example.com/a", "https://wiki.example.co.jp/a"),
    ("hr@example.co.jp", "help@example.co.jp"),
    ("木曜日", "水曜日"),
    ("2分の1", "3分の1"),
    ("3日", "3営業日"),
    ("3営業日", "3日"),
    ("5時間", "5時"),
    ("3か月", "3月"),
    ("5,000ドル", "5,000円"),
    ("4営業日前", "次のとおり。\n3. 3営業日前までに申請。\n4. 会社は変更できる。\n（4）その他"),
]


@pytest.mark.parametrize(("said", "held"), OTHER)
def test_another_value_or_unit_is_doubted_and_named(said: str, held: str) -> None:
    """The piece of the answer that the passage does not bear is what is marked."""
    found = doubts(f"期限は{said}です。", f"期限は{held}とする。")
    assert len(found) == 1
    assert found[0] in said or said in found[0]


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        ("4月30日まで", "期間は2026年4月1日から30日まで。"),
        ("2026年9月30日まで", "期間は2026年4月1日から9月30日まで。"),
        ("手順の4", "3. 申請する。\n4. 待つ。"),
        ("4項", "3. 申請する。\n4. 待つ。"),
        ("9時から", "受付は9〜17時。"),
        ("4月から6月まで", "期間は4〜6月。"),
        ("4月25日と4月26日", "4月25、26日に行う。"),
        ("土曜日と日曜日", "土日祝は休み。"),
        ("月曜日から金曜日まで", "平日のみ。"),
        ("2026年4月", "| 年 | 月 |\n| 2026 | 4 |"),
        ("3人です", "| 人数 |\n| 3 |"),
        ("3個", "備品は3件。"),
        ("3名", "定員は3人。"),
        ("1. 申請する\n2. 承認を待つ", "申請し、承認を待つ。"),
        ("一部の社員が十分に確認する", "社員が確認する。"),
        ("0312345678に電話", "電話は03-1234-5678。"),
        ("① 申請します", "申請する。"),
    ],
)
def test_what_the_passage_means_is_no_doubt(answer: str, text: str) -> None:
    """Ranges, tables, counters of pieces, and the marks of a list are read as people read them."""
    assert doubts(answer, text) == ()


def test_a_number_of_the_question_may_be_repeated() -> None:
    """Who asks about 5 days is answered about 5 days."""
    asked = "5日続けて休めますか？"
    assert doubts("5日続けて休めます。", "休暇は続けて取れる。", question=asked) == ()
    assert doubts("6日続けて休めます。", "休暇は続けて取れる。", question=asked) == ("6日",)


UNITS = ["円", "日", "人", "件", "%", "時間", "か月", "GB", "回", ""]


@given(
    number=st.integers(1, 10**15),
    unit=st.sampled_from(UNITS),
    before=st.sampled_from(["上限は", "約", "（", "最大 "]),
    form=st.sampled_from(["{}", "{:,}"]),
)
def test_any_number_is_found_in_its_passage_and_missed_in_another(
    number: int, unit: str, before: str, form: str
) -> None:
    """The same number is never doubted; one more is doubted always."""
    text = f"規程では、{before}{number}{unit}までとする。"
    assert doubts(f"{before}{form.format(number)}{unit}です。", text) == ()
    assert len(doubts(f"{before}{form.format(number + 1)}{unit}です。", text)) == 1
