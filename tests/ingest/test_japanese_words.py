"""Words of a user, groups of synonyms, and how a question is widened by what offices write."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from japanese_texts import MARKED_TEXT, PLAIN

from ingest.japanese import Analyzer, DictionaryError
from ingest.japanese.rewrites import Name
from ingest.japanese.synonyms import Synonyms
from ingest.japanese.vocabulary import Vocabulary, office_vocabulary
from ingest.japanese.words import key_of

WORDS = [
    "くらげぼっと", "クラゲ新報", "クラゲ", "楽々精算", "まいたび", "ＫＰＴ会", "Zoom Phone",
    "年休", "休暇くん", "C++", 'x,"y', "a\\b", "有給取得率",
]  # fmt: skip


@pytest.fixture(scope="module")
def with_words(tmp_path_factory: pytest.TempPathFactory) -> Analyzer:
    """Compiled once for all workers of a parallel run, which is a test of the cache by itself."""
    analyzer = Analyzer(WORDS, cache=tmp_path_factory.getbasetemp().parent / "kurage-dictionary")
    analyzer.keys("")
    return analyzer


@pytest.mark.parametrize(
    ("text", "term"),
    [
        ("新くらげぼっとを使う", "くらげぼっと"),
        ("ｸﾗｹﾞ新報の記事", "クラゲ新報"),
        ("楽々精算で申請", "楽々精算"),
        ("まいたびで申請", "まいたび"),
        ("kpt会をする", "kpt会"),
        ("ZOOM PHONEの番号", "zoom phone"),
        ("C++で書く", "c++"),
        ('x,"yとは', 'x,"y'),
        ("a\\bとは", "a\\b"),
        ("有給取得率を上げる", "有給取得率"),
        ("休暇くんに入力", "休暇くん"),
    ],
)
def test_a_user_word_is_one_term(with_words: Analyzer, text: str, term: str) -> None:
    assert term in with_words.terms(text)
    assert term not in PLAIN.terms(text)


def test_a_user_word_is_not_seen_where_it_is_not_meant(with_words: Analyzer) -> None:
    assert with_words.terms("今年休みです") == ["今年", "休み"]


def test_a_user_word_that_sudachi_knows_keeps_its_synonyms(with_words: Analyzer) -> None:
    assert with_words.keys("年休") == PLAIN.keys("有給")


@pytest.mark.parametrize("word", ["", "  ", "長" * 101])
def test_a_user_word_that_can_not_be_one_is_named(word: str, tmp_path: Path) -> None:
    with pytest.raises(DictionaryError, match="User word"):
        Analyzer([word], cache=tmp_path).keys("何か")


def test_a_cache_that_can_not_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(DictionaryError, match="Can not write"):
        Analyzer(["楽々精算"], cache=tmp_path / "file").keys("何か")


@pytest.mark.parametrize("text", ["足代", "旅費交通費", "トランスポーテーション費"])
def test_members_of_a_group_share_a_key(text: str) -> None:
    analyzer = Analyzer(synonyms=[["足代", "旅費交通費", "トランスポーテーション費"]])
    assert analyzer.keys("足代")[0] in analyzer.keys(f"{text}の申請")
    assert analyzer.keys("足代")[0] not in analyzer.keys("別の申請")


def test_a_member_of_several_words_is_still_found_by_each() -> None:
    analyzer = Analyzer(synonyms=[["足代", "旅費交通費"]])
    assert set(PLAIN.keys("旅費交通費")) < set(analyzer.keys("旅費交通費"))


def test_a_group_spans_the_words_it_stands_for() -> None:
    analyzer = Analyzer(synonyms=[["足代", "旅費交通費"]])
    text = "先月の旅費交通費を申請"
    group = [m for m in analyzer.morphemes(text) if m.surface == "旅費交通費"]
    assert [m.term for m in group] == ["".join(PLAIN.terms("足代"))]
    assert analyzer.keys(text) == [m.key for m in analyzer.morphemes(text) if m.key]


def test_a_synonym_without_a_word_is_named() -> None:
    with pytest.raises(DictionaryError, match="！"):
        Analyzer(synonyms=[["年休", "！"]]).keys("年休")


def _member(*terms: str) -> tuple[Name, ...]:
    return tuple(Name(term, key_of(term)) for term in terms)


def _keys(*terms: str) -> list[int]:
    return [key_of(term) for term in terms]


def test_the_longest_member_counts_and_one_within_it_does_not() -> None:
    synonyms = Synonyms([[_member("年休"), _member("有給"), _member("年次", "有給", "休暇")]])
    assert synonyms.expand(_keys("年次", "有給", "休暇")) == _keys("年次", "有給", "休暇", "年休")
    assert synonyms.expand(_keys("有給", "休暇")) == _keys("年休", "休暇")


def test_groups_that_share_a_member_are_one() -> None:
    synonyms = Synonyms([[_member("甲"), _member("乙")], [_member("乙"), _member("丙")]])
    assert synonyms.expand(_keys("甲")) == synonyms.expand(_keys("丙"))


@given(st.lists(st.sampled_from("甲乙丙丁"), max_size=12))
def test_expanding_leaves_everything_else_in_place(terms: list[str]) -> None:
    synonyms = Synonyms([[_member("戊"), _member("甲", "乙"), _member("丙")]])
    expanded = synonyms.expand(_keys(*terms))
    others = [key for key in expanded if key != key_of("戊")]
    assert others == _keys(*(term for term in terms if term != "丙"))
    text = "".join(terms)
    assert expanded.count(key_of("戊")) == text.count("甲乙") + text.count("丙")


def ways(question: str) -> dict[str, set[str]]:
    """What of a question can be said otherwise, and how, by the words' surfaces."""
    morphemes = PLAIN.morphemes(question)
    return {
        "".join(m.surface for m in morphemes[found.first : found.last + 1]): {
            "".join(word.surface for word in way) for way in found.ways
        }
        for found in PLAIN.related(morphemes)
    }


@pytest.mark.parametrize(
    ("question", "said", "written"),
    [
        ("夏休みっていつ", "夏休み", "夏季休暇"),
        ("ﾎﾞｰﾅｽいくら", "ﾎﾞｰﾅｽ", "賞与"),
        ("ﾕｳｷｭｳの申請", "ﾕｳｷｭｳ", "有給休暇"),
        ("ゆうきゅう取りたい", "ゆうきゅう", "有給休暇"),
        ("社員証をなくしちゃいました", "なくし", "紛失"),
        ("本を買ったら", "買っ", "購入"),
        ("電車が遅れたとき", "電車が遅れ", "運休"),
        ("How do I take paid leave?", "paidleave", "年次有給休暇"),
    ],
)
def test_a_question_is_widened_by_what_offices_write(
    question: str, said: str, written: str
) -> None:
    """Also where it is typed in kana, inflected, or in English."""
    found = {key.replace(" ", ""): value for key, value in ways(question).items()}
    assert written in found[said]


def test_every_word_of_the_file_is_found_in_a_question() -> None:
    """A word that the analyzer cuts or calls otherwise would stand in the file for nothing."""
    vocabulary = office_vocabulary()
    words = sorted(vocabulary.words)
    missed = [word for word in words if word not in _spanned(f"{word}。")]
    assert len(words) > 500
    assert missed == []


def _spanned(question: str) -> set[str]:
    morphemes = PLAIN.morphemes(question)
    return {
        question[morphemes[found.first].begin : morphemes[found.last].end]
        for found in PLAIN.related(morphemes)
    }


@pytest.mark.parametrize("question", ["今年休みます", "電車で行きます", "子会社", "本社"])
def test_a_word_inside_another_is_not_widened(question: str) -> None:
    """年休, 車, 子 and 本 stand in these, and are none of their words."""
    found = _spanned(question)
    assert not found & {"年休", "車", "子", "本"}


def test_an_arrow_leads_one_way_only() -> None:
    vocabulary = Vocabulary(["ホテル > 宿泊", "# 注釈 = 説明", ""])
    assert vocabulary.matches([("ホテル", "ホテル")])[0].ways == ("宿泊",)
    assert vocabulary.matches([("宿泊", "宿泊")]) == []
    assert vocabulary.matches([("注釈", "注釈")]) == []


@given(MARKED_TEXT)
@settings(deadline=None)
def test_what_is_widened_stands_in_the_question_and_never_overlaps(text: str) -> None:
    morphemes = PLAIN.morphemes(text)
    behind = 0
    for found in PLAIN.related(morphemes):
        assert behind <= found.first <= found.last < len(morphemes)
        assert all(way and all(word.key for word in way) for way in found.ways)
        behind = found.last + 1
