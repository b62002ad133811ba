"""The lexical encoder: BM25's arithmetic, what a question is made of, and sound vectors."""

from __future__ import annotations

import math
from collections import Counter
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.chunk import Chunk
from ingest.encode import EncodedQuery, SparseVector
from ingest.japanese import Analyzer
from ingest.lexical import VECTOR, LexicalEncoder, grams

ANALYZER = Analyzer()
ENCODER = LexicalEncoder(ANALYZER)
ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=80)


def chunk(text: str, title: str = "", headings: tuple[str, ...] = ()) -> Chunk:
    return Chunk(0, title, headings, text, "paragraph", "")


def document(text: str, title: str = "", headings: tuple[str, ...] = ()) -> dict[int, float]:
    [encoding] = ENCODER.encode_documents([chunk(text, title, headings)])
    return weights_of(encoding[VECTOR])


def query(text: str) -> dict[int, float]:
    return weights_of(ENCODER.encode_query(text).vectors[VECTOR])


def own_terms(question: str) -> dict[int, str]:
    """The question's own words by dimension, without other ways to say them."""
    terms = ENCODER.encode_query(question).terms
    return {term.index: term.term for term in terms if term.weight >= 1}


def weights_of(vector: object) -> dict[int, float]:
    assert isinstance(vector, SparseVector)
    assert len(vector.indices) == len(set(vector.indices)) == len(vector.values)
    return dict(zip(vector.indices, vector.values, strict=True))


def score(question: str, weights: dict[int, float]) -> float:
    return sum(value * weights.get(index, 0.0) for index, value in query(question).items())


def plain_bm25(counts: Counter[int], average: float) -> dict[int, float]:
    """BM25 as it stands in Robertson and Zaragoza (2009), without the IDF, k1 1.0 and b 0.75."""
    length = sum(counts.values())
    return {
        term: tf * (1.0 + 1) / (tf + 1.0 * (1 - 0.75 + 0.75 * length / average))
        for term, tf in counts.items()
    }


@given(
    st.text(st.sampled_from("年休は申込書で2024年VPNにlogin。\n "), max_size=60),
    st.sampled_from(["", "就業規則", "VPN"]),
    st.lists(st.sampled_from(["休暇", "有給休暇", "login"]), max_size=2).map(tuple),
)
@settings(deadline=None)
def test_a_chunk_weighs_as_plain_bm25_says(
    text: str, title: str, headings: tuple[str, ...]
) -> None:
    """Words and grams are two BM25s side by side; title and headings count twice."""
    words, pairs = Counter(ANALYZER.keys(text)), Counter(grams(text))
    for context in (title, *headings):
        words += Counter(ANALYZER.keys(context) * 2)
        pairs += Counter(list(grams(context).elements()) * 2)
    expected = plain_bm25(words, 110) | plain_bm25(pairs, 150)
    assert document(text, title, headings) == pytest.approx(expected)


@given(ANY_TEXT, ANY_TEXT)
@settings(deadline=None)
def test_any_text_becomes_a_vector_that_an_index_takes(text: str, title: str) -> None:
    for weights in (document(text, title), query(text)):
        assert all(0 <= index < 2**32 for index in weights)
        assert all(math.isfinite(value) and value > 0 for value in weights.values())


@given(ANY_TEXT)
@settings(deadline=None)
def test_a_chunk_is_found_by_its_own_text(text: str) -> None:
    """Whatever a question itself emits, the same text emitted as a document."""
    widened = {term.index for term in ENCODER.encode_query(text).terms} - own_terms(text).keys()
    assert query(text).keys() - widened <= document(text).keys()


@given(st.lists(st.sampled_from(["年休を取る", "VPNの申請", "", "経費"]), max_size=4))
@settings(deadline=None)
def test_a_chunk_weighs_the_same_whatever_it_is_encoded_with(texts: list[str]) -> None:
    together = ENCODER.encode_documents([chunk(text, "規程") for text in texts])
    assert [weights_of(one[VECTOR]) for one in together] == [document(t, "規程") for t in texts]


def test_a_term_weighs_more_the_more_often_it_occurs_but_never_without_limit() -> None:
    [key] = ANALYZER.keys("経費")
    filler = "会議の資料を作る。"
    series = [document("経費。" * n + filler * (60 - n))[key] for n in (1, 2, 4, 8, 16)]
    assert all(less < more < 2.0 for less, more in pairwise(series))


def test_a_term_weighs_less_in_a_longer_chunk() -> None:
    [key] = ANALYZER.keys("経費")
    assert document("経費")[key] > document("経費" + "と資料" * 50)[key]


def test_a_heading_weighs_more_than_the_text() -> None:
    other = "会議室の予約"
    assert score("経費", document(other, headings=("経費",))) > score(
        "経費", document(f"{other}経費")
    )


@pytest.mark.parametrize(
    ("question", "terms"),
    [
        ("年休はいつまでに申請しますか？", ["年休", "申請"]),
        ("この書類はどこに出しますか", ["書類"]),
        ("VPNに接続できません", ["vpn", "接続"]),
        ("令和6年の予算", ["2024", "年", "予算"]),
        ("経費と経費", ["経費"]),
    ],
)
def test_a_question_consists_of_what_tells_it_from_others(question: str, terms: list[str]) -> None:
    assert list(own_terms(question).values()) == terms


@pytest.mark.parametrize("question", ["どこですか", "いつ？", "これは何"])
def test_a_question_of_nothing_else_keeps_its_words(question: str) -> None:
    assert ENCODER.encode_query(question).terms


@pytest.mark.parametrize("question", ["", "？", " \n", "😀", "\ud800", "のですか"])
def test_a_question_without_a_word_is_an_empty_vector(question: str) -> None:
    assert ENCODER.encode_query(question) == EncodedQuery({VECTOR: SparseVector([], [])})


def test_a_repeated_word_of_a_question_counts_as_often() -> None:
    once, twice = (ENCODER.encode_query(text).terms[0] for text in ("経費", "経費と経費"))
    assert (once.weight, twice.weight) == (1.0, 2.0)
    assert once.index == twice.index


def test_terms_name_dimensions_of_the_vector() -> None:
    encoded = ENCODER.encode_query("有給休暇を受け取りたいです。年休と有給")
    weights = weights_of(encoded.vectors[VECTOR])
    assert {term.index: term.weight for term in encoded.terms}.items() <= weights.items()


def test_words_and_grams_never_share_a_dimension() -> None:
    """母子 is a word and a pair of characters, and is frequent to a different degree as each."""
    text = "母子手帳の受け取り場所"
    assert grams(text).keys().isdisjoint(ANALYZER.keys(text))


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("母子手帳", 3),
        ("手を洗う", 3),  # 手を, を洗, 洗う
        ("という", 0),
        ("手 帳", 0),
        ("手、帳", 0),
        ("ab", 0),
        ("abc", 0),
        ("login", 3),  # log, ogi, gin
        ("ｌｏｇｉｎ", 3),
        ("VPNを", 1),
        ("2024", 0),
        ("第3章", 2),
    ],
)
def test_grams_are_pairs_of_characters_and_triples_of_letters(text: str, count: int) -> None:
    assert grams(text).total() == count


def test_grams_find_what_was_cut_differently() -> None:
    """Sudachi takes 東京都庁前 apart in its own way; its parts are found all the same."""
    assert score("都庁", document("東京都庁前駅")) > 0


def test_wording_breaks_a_tie() -> None:
    """The same words in the same number: the chunk in the question's order wins."""
    question = "経費の申請方法"
    assert score(question, document("経費の申請方法")) > score(question, document("方法の申請経費"))


def test_the_fingerprint_names_the_analyzer() -> None:
    other = LexicalEncoder(Analyzer(synonyms=[["年休", "お休み"]]))
    assert ENCODER.fingerprint != other.fingerprint
    assert ENCODER.fingerprint == LexicalEncoder(Analyzer()).fingerprint


def test_one_sparse_vector_with_idf_is_all_the_index_needs() -> None:
    spec = ENCODER.vectors[VECTOR]
    assert (list(ENCODER.vectors), spec.kind, spec.idf) == ([VECTOR], "sparse", True)


def test_a_question_finds_what_is_written_in_other_words_of_offices() -> None:
    """夏休み and 夏季休暇 share one pair of characters at most, and no word."""
    right = document("夏季休暇は、7月1日から9月30日までの間に3日とする。")
    wrong = document("郵便物は、毎日11時と15時に総務課が各部の棚に仕分ける。")
    assert score("夏休みっていつまでに取るの", right) > score("夏休みっていつまでに取るの", wrong)


def test_the_askers_own_word_counts_more_than_another_way_to_say_it() -> None:
    same, other = document("夏休みは別に定める。"), document("夏季休暇は別に定める。")
    assert score("夏休み", same) > score("夏休み", other) > 0


def test_documents_are_not_widened() -> None:
    """A changed vocabulary needs no new index."""
    assert set(document("夏休み")).isdisjoint(document("お盆"))
    assert set(query("夏休み")) & set(document("お盆"))
