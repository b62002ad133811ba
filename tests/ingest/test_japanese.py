"""Search-side Japanese: what becomes the same term, what does not, and that no text breaks it."""

from __future__ import annotations

import pickle
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.japanese import Analyzer, DictionaryError, characters, rewrites
from ingest.japanese.rewrites import Name
from ingest.japanese.synonyms import Synonyms
from ingest.japanese.vocabulary import Vocabulary, office_vocabulary
from ingest.japanese.words import key_of

PLAIN = Analyzer()
# Every code point, lone surrogates included, and what the rules look for more often than chance.
ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=60)
MARKED_TEXT = st.lists(
    st.one_of(
        st.sampled_from(
            [
                *(
                    "令和",
                    "R",
                    "H",
                    "6",
                    "31",
                    "元年",
                    "年",
                    "年度",
                    ".",
                    "/",
                    "㈱",
                    "(株)",
                    "1,000",
                    "ﷺ",
                ),
                *(
                    "受け",
                    "取る",
                    "申し",
                    "込み",
                    "髙",
                    "葛\U000e0100城",
                    "サ－バ",
                    "か\u3099",
                    "\ud83d",
                ),
                *("有給", "休暇", "年休", "。", "\n", "\t", "\x00", "　", "ー", " "),
            ]
        ),
        ANY_TEXT,
    ),
    max_size=12,
).map("".join)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        # width and case
        ("ｸﾗﾌﾄﾞ", "クラウド".replace("ウ", "フ")),
        ("ﾊﾟｿｺﾝ", "パソコン"),
        ("ハ\u309aソコン", "パソコン"),
        ("ＳｈａｒｅＰｏｉｎｔ", "sharepoint"),
        ("ＶＰＮ", "vpn"),
        ("Ｅメール", "e-mail"),
        ("㎡", "m2"),
        ("㎏", "KG"),
        # long vowels
        ("サーバ", "サーバー"),
        ("コンピュータ", "コンピューター"),
        ("クローラ", "クローラー"),
        ("インタフェース", "インターフェイス"),
        ("コンピュ－タ", "コンピュータ"),
        ("ヴァイオリン", "バイオリン"),
        # okurigana, and a verb and its noun
        ("受付", "受け付け"),
        ("申込み", "申し込み"),
        ("申込", "申し込み"),
        ("見積", "見積もり"),
        ("打合せ", "打ち合わせ"),
        ("引越し", "引っ越し"),
        ("問合せ", "問い合わせ"),
        ("引き渡し", "引渡し"),
        ("行なう", "行う"),
        ("支払う", "支払い"),
        ("休む", "休み"),
        ("使えます", "使います"),
        ("書けない", "書かない"),
        ("引っ越した", "引越し"),
        # kana and kanji
        ("子ども", "こども"),
        ("子供", "子ども"),
        ("できる", "出来る"),
        # numbers
        ("1,000円", "1000円"),
        ("１，０００円", "1000円"),
        ("1万円", "10000円"),
        ("一万二千円", "12,000円"),
        ("三営業日", "3営業日"),
        ("第五章", "第5章"),
        ("１２月", "十二月"),
        # ideographs
        ("髙橋", "高橋"),
        ("山﨑", "山崎"),
        ("渡邉", "渡辺"),
        ("渡邊", "渡辺"),
        ("齋藤", "斎藤"),
        ("廣澤", "広沢"),
        ("葛\U000e0100城", "葛城"),
        # company types
        ("㈱くらげ", "株式会社くらげ"),
        ("(株)くらげ", "株式会社くらげ"),
        ("（株）くらげ", "㈱くらげ"),
        ("くらげ㍿", "くらげ株式会社"),
        ("㈲山田", "有限会社山田"),
        ("（有）山田", "有限会社山田"),
        # dates
        ("2024/04/01", "2024.4.1"),
        ("2024-04-01", "2024年4月1日".replace("年", "/").replace("月", "/").replace("日", "")),
        ("２０２４年", "2024年"),
        ("二〇二四年", "2024年"),
    ],
)
def test_two_spellings_of_one_thing_are_one_term(one: str, other: str) -> None:
    assert PLAIN.terms(one)
    assert PLAIN.terms(one) == PLAIN.terms(other)
    assert PLAIN.keys(one) == PLAIN.keys(other)


@pytest.mark.parametrize(
    ("imperial", "western"),
    [
        ("令和6年", "2024年"),
        ("令和６年度", "2024年度"),
        ("令和六年", "2024年"),
        ("令和 6 年", "2024年"),
        ("令和元年", "2019年"),
        ("㋿6年", "2024年"),
        ("平成31年", "2019年"),
        ("平成元年", "1989年"),
        ("昭和64年", "1989年"),
        ("大正12年", "1923年"),
        ("明治45年", "1912年"),
        ("昭和100年", "2025年"),
        ("R6年", "2024年"),
        ("Ｒ６年度", "2024年度"),
        ("R6.4.1", "2024.4.1"),
        ("令和6.4.1", "2024.4.1"),
        ("S64.1.7", "1989.1.7"),
        ("H31/04/30", "2019/4/30"),
        ("R6", "2024"),
        ("H31", "2019"),
        ("令和6", "2024"),
    ],
)
def test_an_imperial_year_is_found_by_the_western_one_and_the_other_way_round(
    imperial: str, western: str
) -> None:
    """One term stands for both, so it does not matter which of them is asked for."""
    assert set(PLAIN.keys(western)) <= set(PLAIN.keys(imperial))


@pytest.mark.parametrize(
    "text", ["S3に保存", "T5", "M1のMac", "大正3丁目", "令和の時代", "H264", "R2D2"]
)
def test_what_only_looks_like_an_imperial_year_is_left_alone(text: str) -> None:
    years = {str(year) for year in range(1868, 2100)}
    assert years.isdisjoint(PLAIN.terms(text))


def test_an_initial_that_may_be_something_else_is_found_as_both() -> None:
    """H2 is a heading more often than 1990."""
    assert PLAIN.terms("H2") == ["h", "2", "1990"]


def test_an_era_beside_its_year_is_marked() -> None:
    era, *_ = PLAIN.morphemes("令和6年")
    assert (era.term, era.detail) == ("令和", rewrites.ERA)
    assert PLAIN.morphemes("令和の時代")[0].detail != rewrites.ERA


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("高橋", "髙島"),
        ("斎藤", "斉藤"),  # two names, not two spellings
        ("1000円", "10000円"),
        ("2024年", "令和5年"),
        ("得る", "得"),
        ("080-1234", "80-1234"),
        ("病院", "美容院"),
        ("カ", "カー"),
        ("株式会社", "有限会社"),
    ],
)
def test_different_things_stay_different(one: str, other: str) -> None:
    assert PLAIN.keys(one) != PLAIN.keys(other)


@pytest.mark.parametrize(
    ("verb", "noun"),
    [
        ("申し込む", "申込"),
        ("受け取りたい", "受取"),
        ("振り込んだ", "振込"),
        ("取り消せば", "取消"),
        ("引き継いで", "引継ぎ"),
        ("払い戻します", "払戻し"),
        ("貸し出している", "貸出"),
        ("届け出る", "届出"),
    ],
)
def test_a_compound_verb_is_found_by_its_noun(verb: str, noun: str) -> None:
    """Mode A cuts the verb in two and leaves the noun whole."""
    assert set(PLAIN.keys(noun)) <= set(PLAIN.keys(verb))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("年休", "有給"),
        ("会議", "ミーティング"),
        ("給与", "給料"),
        ("PW", "パスワード"),
        ("締切", "期日"),
    ],
)
def test_common_synonyms_share_a_key_and_keep_their_terms(one: str, other: str) -> None:
    assert PLAIN.keys(one) == PLAIN.keys(other)
    assert PLAIN.terms(one) != PLAIN.terms(other)


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("経費を精算しました。", ["経費", "精算", "為る"]),
        ("「VPN」は、使えますか？", ["vpn", "使い"]),
        ("😀 ※ → ★", []),
        ("", []),
        (" \n\t　", []),
        ("한국어 문서", ["한국어", "문서"]),
        ("документы", ["документы"]),
    ],
)
def test_particles_auxiliaries_symbols_and_spaces_are_no_terms(text: str, terms: list[str]) -> None:
    assert PLAIN.terms(text) == terms


@given(MARKED_TEXT)
@settings(deadline=None, max_examples=300)
def test_keys_are_those_of_the_morphemes(text: str) -> None:
    """Documents take the short way, questions the long one: they must meet in the index."""
    morphemes = PLAIN.morphemes(text)
    assert PLAIN.keys(text) == [morpheme.key for morpheme in morphemes if morpheme.key]
    assert all(bool(morpheme.key) == bool(morpheme.term) for morpheme in morphemes)
    assert all(0 <= key < 2**32 and key % 2 == 0 for key in PLAIN.keys(text))


@given(MARKED_TEXT)
@settings(deadline=None, max_examples=300)
def test_spans_are_offsets_into_the_given_text(text: str) -> None:
    """Whatever was folded, dropped or renamed on the way, a surface is a slice of the original."""
    covered: set[int] = set()
    for morpheme in PLAIN.morphemes(text):
        assert 0 <= morpheme.begin <= morpheme.end <= len(text)
        assert text[morpheme.begin : morpheme.end] == morpheme.surface
        covered.update(range(morpheme.begin, morpheme.end))
    missing = [char for i, char in enumerate(text) if i not in covered]
    assert all(characters.is_variation_selector(char) for char in missing)


@given(st.text(st.sampled_from("あ。\n漢 x、1"), max_size=80), st.integers(1, 12))
def test_pieces_are_the_text_and_no_longer_than_allowed(text: str, size: int) -> None:
    pieces = list(characters.pieces(text, size))
    assert "".join(piece for _, piece in pieces) == text
    assert all(text.startswith(piece, offset) for offset, piece in pieces)
    assert all(len(piece) <= size for _, piece in pieces)


def test_a_long_text_is_cut_where_no_word_is() -> None:
    lines = "令和6年度の有給休暇は申込書で。" * 4_000  # 64,000 characters, 176 KB
    assert PLAIN.keys(lines) == PLAIN.keys("令和6年度の有給休暇は申込書で。") * 4_000


@pytest.mark.parametrize(
    "char", ["あ", "a", "ー", "漢", "\x00", "😀", "ﷺ", "\ud800", "か\u3099", "1,"]
)
def test_a_text_beyond_the_limit_of_sudachi_is_read(char: str) -> None:
    """Without any place to cut; ﷺ grows eighteenfold on the way."""
    text = char * (60_000 // len(char))
    assert PLAIN.morphemes(text)[-1].end == len(text)


def test_threads_share_an_analyzer() -> None:
    analyzer = Analyzer()
    texts = [f"令和{n}年の{n},000円を受け取る" for n in range(1, 33)] * 4
    start = threading.Barrier(8)

    def read(worker: int) -> list[list[int]]:
        start.wait()
        return [analyzer.keys(text) for text in texts[worker::8]]

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(read, range(8)))
    assert found == [[PLAIN.keys(text) for text in texts[worker::8]] for worker in range(8)]


def test_an_analyzer_goes_to_another_process_as_its_settings() -> None:
    analyzer = Analyzer(synonyms=[["交通費", "足代"]])
    analyzer.keys("使った後でも")
    copy = pickle.loads(pickle.dumps(analyzer))
    assert copy.keys("足代") == analyzer.keys("足代")
    assert copy.fingerprint == analyzer.fingerprint


def test_the_fingerprint_changes_with_what_is_emitted() -> None:
    prints = {
        Analyzer().fingerprint,
        Analyzer(["楽々精算"]).fingerprint,
        Analyzer(synonyms=[["年休", "お休み"]]).fingerprint,
        Analyzer(synonyms=[["年休", "休暇"]]).fingerprint,
    }
    assert len(prints) == 4
    assert Analyzer(["甲乙", "丙丁"]).fingerprint == Analyzer(["丙丁", "甲乙"]).fingerprint


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


def test_an_auxiliary_makes_no_compound_verb() -> None:
    """なくしちゃう is なくす: a noun なくしちゃい would be a word that nobody writes."""
    assert PLAIN.terms("なくしちゃいました") == ["なくし"]
