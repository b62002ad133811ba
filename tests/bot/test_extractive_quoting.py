"""Quoting: what is quoted is verbatim and answers the question, and nothing is quoted otherwise."""

from __future__ import annotations

import gzip
import json
from itertools import islice, pairwise
from pathlib import Path

import pytest
from extractive_samples import ANALYZER, FUZZ, STYLES, TEXT, answer, ask, evidence, passage
from hypothesis import example, given
from hypothesis import strategies as st

from bot.exchange import Evidence, Generation, Style
from bot.generate.extractive import weights
from bot.generate.extractive.candidates import ANALYSED, candidates
from bot.generate.extractive.confidence import signals
from bot.generate.extractive.generator import rank
from bot.generate.extractive.question import folded, read

SHARED = Path(__file__).parents[3] / "shared" / "data"

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
