"""Quoting: what is quoted is verbatim and answers the question, and nothing is quoted otherwise."""

from __future__ import annotations

import asyncio
import gzip
import json
from datetime import UTC, datetime
from itertools import islice, pairwise
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from bot.exchange import Evidence, Generation, Passage, Style
from bot.generate.extractive import ExtractiveGenerator, weights
from bot.generate.extractive.candidates import ANALYSED, candidates
from bot.generate.extractive.confidence import signals
from bot.generate.extractive.generator import rank
from bot.generate.extractive.question import Kind, folded, read
from bot.generate.extractive.units import LONGEST, units, without_marker
from ingest.chunk import Chunk
from ingest.index import Hit, IndexedDocument
from ingest.japanese import Analyzer

SHARED = Path(__file__).parents[3] / "shared" / "data"
ANALYZER = Analyzer()
GENERATOR = ExtractiveGenerator(ANALYZER)

# Pieces of which fuzzed passages and questions are made, so that every rule is met often.
PIECES = st.one_of(
    st.sampled_from(
        [
            *(
                "有給休暇は3営業日前までに申請する。",
                "それは、",
                "これを何という？",
                "「はい。」と答えた。",
            ),
            *(
                "No.3",
                "１．５",
                "https://example.com/a.b?c=1",
                "（注。）",
                "how many days",
                "Ask HR. ",
            ),
            *(
                "役職 | 日当",
                "\n課長 | 3,000円",
                " | ",
                "\n",
                "\r\n",
                "の\n",
                "、",
                "1. ",
                "- ",
                " ",
            ),
            *("㈱", "ｶﾞ", "𠮷", "👨\u200d👩", "葛\U000e0100", "\u2028", "\ud800"),
        ]
    ),
    st.text(max_size=8),
)
TEXT = st.lists(PIECES, max_size=20).map("".join)
STYLES = st.sampled_from(["short", "long"])
FUZZ = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


def passage(
    number: int, text: str, *, document: str = "d", headings: tuple[str, ...] = (), year: int = 2026
) -> Passage:
    return Passage(
        number,
        Hit(
            10.0 / number,
            IndexedDocument(
                "wiki", document, "1", "1", 0, document, "u", datetime(year, 4, 1, tzinfo=UTC)
            ),
            Chunk(0, document, headings, text, "paragraph", ""),
        ),
    )


def evidence(*texts: str) -> Evidence:
    return Evidence(
        tuple(passage(n, text, document=f"d{n}") for n, text in enumerate(texts, start=1))
    )


def ask(question: str, found: Evidence, style: Style = "short") -> Generation:
    """What the generator says in the end."""

    async def last() -> Generation:
        return [said async for said in GENERATOR.generate(question, found, style)][-1]

    return asyncio.run(last())


def answer(question: str, *texts: str) -> str:
    """All that a short answer quotes."""
    return "\n".join(statement.text for statement in ask(question, evidence(*texts)).statements)


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


# Answers


@pytest.mark.parametrize(
    ("question", "text", "expected"),
    [
        (
            "経費の締め日はいつですか",
            "経費の締め日は経理部が決めます。経費の締め日は毎月25日です。経費の申請は楽です。",
            "25日",
        ),
        (
            "研修の講師は誰ですか",
            "研修は年に二回です。研修の講師は田中一郎が務めます。研修の資料は配ります。",
            "田中一郎",
        ),
        (
            "備品の受け取り場所はどこですか",
            "備品の申請は上長が承認します。備品の受け取りは横浜の窓口です。",
            "横浜",
        ),
        (
            "宿泊費の上限はいくらですか",
            "宿泊費の上限は規程で定めます。宿泊費の上限は12,000円です。",
            "12,000円",
        ),
        (
            "有給休暇は何日前までに申請しますか",
            "有給休暇は上長に申請します。有給休暇は取得日の3営業日前までに申請します。",
            "3営業日前",
        ),
        (
            "How many days before a leave must I ask?",
            "A leave needs the consent of your manager. Ask at least 3 days before a leave.",
            "3 days",
        ),
    ],
)
def test_of_sentences_on_the_subject_the_one_with_the_kind_of_answer_is_quoted_first(
    question: str, text: str, expected: str
) -> None:
    said = ask(question, evidence(text, "まったく関係のない文です。"))
    assert expected in said.quotes[0].text


def test_a_sentence_inherits_the_subject_of_the_one_before_it() -> None:
    """Japanese names a subject once; the sentence that answers need not repeat it."""
    text = "アカウントは続けて間違えるとロックされます。30分たつと自動で解除されます。"
    other = "会議室は30分単位で予約できます。予約は総務部が管理します。"
    assert "30分たつと" in answer("アカウントのロックは何分で解除されますか", text, other)


def test_a_heading_lends_its_words_to_what_stands_below_it() -> None:
    found = Evidence(
        (
            passage(1, "窓口は9時から17時まで開いています。", document="a", headings=("図書館",)),
            passage(2, "窓口は10時から18時まで開いています。", document="b", headings=("市役所",)),
        )
    )
    assert "18時" in ask("市役所の窓口は何時まで開いていますか", found).quotes[0].text


def test_a_row_is_quoted_under_its_header_and_a_header_never_alone() -> None:
    """課長 | 3,000円 says nothing without 役職 | 日当."""
    text = "役職 | 日当 | 宿泊費\n部長 | 4,000円 | 14,000円\n課長 | 3,000円 | 12,000円"
    said = ask("課長の日当はいくらですか", evidence(text, "日当は後で精算します。"))
    assert said.quotes[0].text == "課長 | 3,000円 | 12,000円"
    assert all(quote.text != "役職 | 日当 | 宿泊費" for quote in said.quotes)
    quoted = "\n".join(statement.text for statement in said.statements)
    assert quoted.index("役職 | 日当 | 宿泊費") < quoted.index("課長 | 3,000円")


def test_what_points_back_is_quoted_with_what_it_points_to() -> None:
    """「これを…という。」 alone leaves open what this is."""
    text = "独立な6成分を並べてベクトルとする表記がある。これをフォークト表記という。便利である。"
    said = answer("独立な6成分を並べてベクトルとする表記を何という？", text)
    assert said.startswith(
        "独立な6成分を並べてベクトルとする表記がある。これをフォークト表記という。"
    )


def test_of_two_wordings_of_one_rule_the_newer_is_quoted() -> None:
    """Last year's rules are still in the archive, and rank higher by chance."""
    rule = "年次有給休暇は、取得日の{}営業日前までに勤怠システムから申請する。"
    found = Evidence(
        (
            passage(1, rule.format(5), document="old", year=2024),
            passage(2, rule.format(3), document="new", year=2026),
        )
    )
    said = ask("年次有給休暇は何営業日前までに申請しますか", found)
    assert [statement.text for statement in said.statements] == [rule.format(3)]


def test_nothing_is_quoted_where_nothing_answers() -> None:
    """The nearest sentences are still named, and the confidence says how far off they are."""
    said = ask(
        "社員食堂の今週の献立を決めるのは誰ですか",
        evidence("リリースは水曜日の14時です。", "パスワードは12文字以上です。"),
    )
    assert not said.statements
    assert not said.references
    assert said.quotes
    assert said.confidence is not None
    assert said.confidence < weights.THRESHOLD


@pytest.mark.parametrize("found", [Evidence(()), evidence(""), evidence(" \n ")])
def test_without_text_it_abstains(found: Evidence) -> None:
    assert ask("締め日は？", found) == Generation((), confidence=0.0, finished=True)


def test_confidence_falls_when_the_paragraph_with_the_answer_is_taken_away() -> None:
    gold = "有給休暇は取得日の3営業日前までに申請します。"
    others = [
        "備品は総務部に申請します。",
        "出張は部長が承認します。",
        "休暇の種類は別表に定めます。",
    ]
    question = "有給休暇は何営業日前までに申請しますか"
    with_it, without = ask(question, evidence(gold, *others)), ask(question, evidence(*others))
    assert with_it.confidence is not None
    assert without.confidence is not None
    assert with_it.confidence > without.confidence + 0.2


def test_an_unseen_term_lowers_confidence() -> None:
    """A collection without the word 札幌 can not know its address."""
    found = evidence("営業所の住所は横浜市中区です。", "営業所の電話は総務課が受けます。")
    question = "札幌営業所の住所はどこですか"
    idf = {"営業": 2.0, "所": 1.0, "住所": 3.0}
    confidences = [
        ask(question, Evidence(found.passages, known)).confidence or 0.0
        for known in (idf, {**idf, "札幌": 3.0})
    ]
    assert confidences[0] < confidences[1]


def test_a_short_sentence_is_quoted_with_those_beside_it_but_a_row_alone() -> None:
    """People read 宛名は… and 「上様」は… as one; another row of a table says something else."""
    text = "宛名は「株式会社ミナモ」です。\n「上様」は受け付けません。\n\n別の段落です。"
    found = evidence(text)
    assert ask("領収書の宛名は？", found).quotes[0].text == text.partition("\n\n")[0]
    rows = evidence("役職 | 日当\n課長 | 3,000円\n部長 | 4,000円")
    assert ask("課長の日当はいくら？", rows).quotes[0].text == "課長 | 3,000円"


def test_no_two_quotes_overlap() -> None:
    """A second quote that repeats the first adds nothing."""
    text = "締めは25日です。支払いは月末です。" + "".join(
        f"{month}月分の経費は、翌月の{month}日に、申請した人の給与の口座へ支払います。"
        for month in range(1, 6)
    )
    quotes = [quote.text for quote in ask("経費の締めはいつ？", evidence(text)).quotes]
    spans = [(text.index(quote), text.index(quote) + len(quote)) for quote in quotes]
    assert all(a[1] <= b[0] or b[1] <= a[0] for a, b in pairwise(sorted(spans)))


def test_a_long_answer_adds_neighbours_in_order_of_text_by_source() -> None:
    text = (
        "この章は、休暇の種類と、取るときの手続きと、取った後にすることを、順に定めるものとする。"
        "有給休暇は3営業日前までに、勤怠システムから理由を付けずに申請し、上長の承認を受けます。"
        "承認後に確定します。"
        "確定した日を変えるときは、変える日の前日の終業時刻までに、上長に口頭で伝え、記録を直します。"
    )
    found = evidence(text, "有給休暇の申請は勤怠システムで行います。")
    question = "有給休暇は何営業日前までに申請しますか"
    short, long = ask(question, found), ask(question, found, "long")
    whole = "\n".join(statement.text for statement in long.statements)
    assert all(statement.text in whole for statement in short.statements)
    assert "承認後に確定します。" in whole
    assert len(whole) > sum(len(statement.text) for statement in short.statements)
    assert list(long.references) == sorted(set(long.references))
    places = [text.find(statement.text) for statement in long.statements]
    inside = [place for place in places if place >= 0]
    assert inside == sorted(inside)


# Whatever comes in


@FUZZ
@given(TEXT, st.lists(TEXT, max_size=4), STYLES)
@example("何？", ["|", "a | b", " | "], "long")
@example("", ["有給休暇。"], "short")
def test_every_quote_stands_word_for_word_in_a_passage_that_it_names(
    question: str, texts: list[str], style: Style
) -> None:
    """For any text at all: no citation without a source, no statement without a citation."""
    found = evidence(*texts)
    said = ask(question, found, style)
    by_number = {p.number: p.text for p in found.passages}
    assert said.finished
    assert said.confidence is not None
    assert 0 <= said.confidence <= 1
    assert all(quote.text in by_number[quote.passage] for quote in said.quotes)
    for statement in said.statements:
        assert statement.verbatim
        assert statement.text.strip()
        assert all(statement.text in by_number[n] for n in statement.references)
        assert set(statement.references) <= set(said.references)
    assert bool(said.statements) == (said.confidence >= weights.THRESHOLD)


@FUZZ
@given(TEXT, st.lists(TEXT, max_size=4))
def test_no_sentence_is_quoted_twice_and_the_best_comes_first(
    question: str, texts: list[str]
) -> None:
    found = evidence(*texts)
    ranked = rank(candidates(read(question, ANALYZER, {}), found.passages, ANALYZER.morphemes))
    assert all(a[0] >= b[0] for a, b in pairwise(ranked))
    assert len({folded(candidate.unit.text) for _, candidate in ranked}) == len(ranked)
    assert len(ranked) <= ANALYSED


@FUZZ
@given(st.sampled_from(["締め日はいつ？", "日当は？", "when?"]), st.lists(TEXT, min_size=1))
def test_the_same_question_gets_the_same_answer(question: str, texts: list[str]) -> None:
    found = evidence(*texts)
    assert ask(question, found) == ask(question, found)


def test_every_feature_and_signal_has_a_weight_and_every_weight_a_feature() -> None:
    """A feature that is added or renamed without learning again would be ignored in silence."""
    found = evidence("経費の締め日は毎月25日です。", "日当は3,000円です。")
    asked = read("締め日はいつですか", ANALYZER, {})
    ranked = rank(candidates(asked, found.passages, ANALYZER.morphemes))
    assert weights.SENTENCE.keys() == ranked[0][1].features.keys()
    assert weights.CONFIDENCE.keys() == signals(asked, ranked, found.passages).keys()


def test_quotes_of_real_paragraphs_hold_the_answer() -> None:
    """Five paragraphs of the right article, of which one answers: a sample of jsquad."""
    if not SHARED.exists():
        pytest.skip("the shared data sets are not beside this checkout")
    with gzip.open(SHARED / "jsquad" / "passages.jsonl.gz", "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    position = {row["id"]: i for i, row in enumerate(rows)}
    with gzip.open(SHARED / "jsquad" / "questions.jsonl.gz", "rt", encoding="utf-8") as lines:
        answerable = (q for q in map(json.loads, lines) if q["answerable"])
        sample = list(islice(answerable, 0, None, 40))
    held = 0
    for question in sample:
        gold = position[question["passage_ids"][0]]
        near = [row["text"] for row in rows[max(0, gold - 2) : gold + 3]]
        best = folded(ask(question["question"], evidence(*near)).quotes[0].text)
        held += any(folded(a) in best for a in question["answers"])
    assert held / len(sample) > 0.7
