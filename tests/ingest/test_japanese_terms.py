"""Search-side Japanese: what becomes the same term, what does not, and that no text breaks it."""

from __future__ import annotations

import pickle
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from japanese_texts import MARKED_TEXT, PLAIN

from ingest.japanese import Analyzer, characters, rewrites


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


def test_an_auxiliary_makes_no_compound_verb() -> None:
    """なくしちゃう is なくす: a noun なくしちゃい would be a word that nobody writes."""
    assert PLAIN.terms("なくしちゃいました") == ["なくし"]
