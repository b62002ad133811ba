"""Before it quotes: passages are cut into units, and a question tells what it asks for."""

from __future__ import annotations

import pytest
from extractive_samples import ANALYZER, FUZZ, TEXT, answer, ask, evidence
from hypothesis import given

from bot.generate.extractive.question import Kind, read
from bot.generate.extractive.units import LONGEST, units, without_marker

# Units


@FUZZ
@given(TEXT)
def test_units_hold_all_text_but_blanks_in_order(text: str) -> None:
    """Nothing that a document says is beyond quoting, and each unit is a slice of its text."""
    found = units(text)
    assert all(unit.text == text[unit.begin : unit.end] == unit.text.strip() for unit in found)
    assert all(unit.text for unit in found)
    edges = [0, *(edge for unit in found for edge in (unit.begin, unit.end)), len(text)]
    assert edges == sorted(edges)
    gaps = [text[edges[i] : edges[i + 1]] for i in range(0, len(edges), 2)]
    assert not "".join(gaps).strip()


@FUZZ
@given(TEXT)
def test_no_unit_is_longer_than_a_reader_reads(text: str) -> None:
    """Rows of tables, which are read by their cells, may be twice as long."""
    assert all(len(unit.text) <= 2 * LONGEST for unit in units(text * 30))
    prose = text.replace(" | ", "")
    assert all(len(unit.text) <= LONGEST for unit in units(prose * 30) if " | " not in unit.text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1.5倍とする。No.3を見る。", ["1.5倍とする。", "No.3を見る。"]),
        ("「はい。」と答えた。次。", ["「はい。」と答えた。", "次。"]),
        ("1. 申請する。\n2. 承認を受ける。", ["1. 申請する。", "2. 承認を受ける。"]),
        ("- 一覧\n- 二覧", ["- 一覧", "- 二覧"]),
        ("申請は、\n3日前までに行う。", ["申請は、\n3日前までに行う。"]),
        ("you must ask\nyour manager first.", ["you must ask\nyour manager first."]),
        ("E42と表示される\n再起動します。", ["E42と表示される\n再起動します。"]),
        ("再起動します。\n電源を切ります。", ["再起動します。", "電源を切ります。"]),
    ],
)
def test_a_unit_is_what_a_reader_would_quote(text: str, expected: list[str]) -> None:
    """A marker goes with its item, a label with its text, and a wrapped line with the next."""
    assert [unit.text for unit in units(text)] == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("- Ask first.", "Ask first."),
        ("1. 申請する。", "申請する。"),
        ("・申請", "申請"),
        ("1.5倍とする。", "1.5倍とする。"),
        ("-", "-"),
        ("3月の予定", "3月の予定"),
        ("-v を付ける", "-v を付ける"),
    ],
)
def test_a_quote_leaves_the_marker_of_its_list(text: str, expected: str) -> None:
    assert without_marker(text) == expected


def test_a_long_sentence_is_cut_at_its_pauses() -> None:
    text = "あ" * 100 + "、" + "い" * 100 + "、" + "う" * 100 + "。"
    assert [unit.text[-1] for unit in units(text)] == ["、", "。"]


def test_rows_know_the_header_of_their_own_table() -> None:
    text = "役職 | 日当\n課長 | 3,000円\nまた別の表。\n地域 | 上限\n東京 | 12,000円"
    headers = [unit.header and text[slice(*unit.header)] for unit in units(text)]
    assert headers == [None, "役職 | 日当", None, None, "地域 | 上限"]


# Questions


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("風土記が編まれたのはいつですか", "when"),
        ("申請の締め切りは何日ですか？", "when"),
        ("承認するのは誰？", "who"),
        ("この条約を結んだ人物は？", "who"),
        ("受け取り場所はどこですか", "where"),
        ("日当はいくら", "number"),
        ("何営業日前までに申請しますか", "number"),
        ("パスワードは何文字以上？", "number"),
        ("なぜ凍結するのですか", "why"),
        ("申請の方法を教えてください", "how"),
        ("奈良時代の地誌を何という", "name"),
        ("When is the deadline?", "when"),
        ("How many days do I get?", "number"),
    ],
)
def test_the_kind_of_answer_is_told_by_the_words_that_ask(question: str, kind: Kind) -> None:
    assert kind in read(question, ANALYZER, {}).kinds


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("家賃補助って月いくら", "money"),
        ("How much is the housing allowance?", "money"),
        ("パソコンをなくしたらどこに電話すればいい？", "contact"),
        ("経理の内線は？", "contact"),
        ("カフェで仕事してもいい？", "whether"),
        ("育休は延ばせますか", "whether"),
        ("Can I bring my dog?", "whether"),
    ],
)
def test_what_employees_ask_for_is_told_too(question: str, kind: Kind) -> None:
    assert kind in read(question, ANALYZER, {}).kinds


def test_another_way_to_say_a_term_covers_it() -> None:
    """A rule on 夏季休暇 says all that a question for 夏休み asks, and is not short of a word."""
    asked = read("夏休みはいつ？", ANALYZER, {"夏季": 3.0, "休暇": 1.0})
    keys = frozenset(word.key for word in ANALYZER.morphemes("夏季休暇") if word.key)
    assert asked.unseen == 0
    assert asked.covered(asked.hits(keys)) == 1


def test_a_name_that_no_passage_holds_lowers_confidence() -> None:
    """The rules of Yokohama do not answer a question on Sapporo."""
    text = "営業所の住所は横浜市西区です。"
    here, there = (ask(f"{town}営業所の住所は？", evidence(text)) for town in ("横浜", "札幌"))
    assert (there.confidence or 0.0) < (here.confidence or 0.0)


def test_words_that_ask_or_are_polite_weigh_nothing() -> None:
    """They stand in no answer, and an index that holds them makes them look rare."""
    polite = read("有給休暇について教えてくださいませんか、それはいつですか", ANALYZER, {})
    plain = read("有給休暇について", ANALYZER, {})
    assert polite.weights.keys() == plain.weights.keys()


def test_what_the_collection_never_holds_is_missing_and_cannot_be_covered() -> None:
    asked = read("社員食堂の献立", ANALYZER, {"社員": 2.0})
    assert len(asked.weights) == 1
    assert asked.covered(frozenset(asked.weights)) < 0.5


def test_a_year_of_an_era_is_found_by_its_western_year() -> None:
    """令和6年 and 2024年 are one year to whoever asks."""
    said = answer(
        "2024年に改定した規程は？", "令和6年に旅費規程を改定した。", "経費の締め日は25日。"
    )
    assert "旅費規程" in said
