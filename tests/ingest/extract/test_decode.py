"""Bytes become text in the encoding that they were written in, and nothing is dropped silently."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.extract.blocks import ExtractError
from ingest.extract.decode import decode

SENTENCE = "有給休暇の申請は、取得日の3営業日前までに勤怠システムから行います。\nVPN は総務課へ。\n"
JAPANESE = st.text(
    st.sampled_from(
        "あいうえおかきくけこのはをにがですますアイウエオ有給休暇申請経費精算出張旅費、。「」ー"
    ),
    min_size=6,
    max_size=60,
)


@pytest.mark.parametrize(
    "encoding",
    [
        "utf-8",
        "utf-8-sig",
        "utf-16",
        "utf-16-le",
        "utf-16-be",
        "utf-32",
        "cp932",
        "euc_jp",
        "iso2022_jp",
    ],
)
def test_japanese_text_is_read_in_every_encoding_in_use(encoding: str) -> None:
    decoded = decode(SENTENCE.encode(encoding))
    assert decoded.text == SENTENCE
    assert decoded.warnings == ()


@given(JAPANESE, st.sampled_from(["utf-8", "cp932", "iso2022_jp", "utf-16"]))
def test_any_japanese_text_survives_its_encoding(text: str, encoding: str) -> None:
    assert decode(text.encode(encoding)).text == text


@given(JAPANESE)
def test_euc_jp_is_told_from_cp932(text: str) -> None:
    """The two overlap: a handful of kana and kanji is enough to tell them apart."""
    assert decode((SENTENCE + text).encode("euc_jp")).text == SENTENCE + text


@pytest.mark.parametrize("char", list("①⑳Ⅳ㈱㍻髙﨑～－∥"))
def test_cp932_carries_the_characters_of_nec_and_ibm(char: str) -> None:
    text = f"担当は{char}営業部です"
    assert decode(text.encode("cp932")).text == text


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"\xad\xa1\xc3\xb4\xc5\xf6\xa4\xc7\xa4\xb9", "①担当です"),
        (b"\xad\xea\xc3\xb4\xc5\xf6\xa4\xc7\xa4\xb9", "㈱担当です"),
    ],
)
def test_euc_jp_from_windows_carries_them_too(data: bytes, text: str) -> None:
    assert decode(data).text == text


def test_iso_2022_jp_from_windows_carries_them_too() -> None:
    assert decode(b"\x1b$B-!C4Ev\x1b(B (No.1)\n").text == "①担当 (No.1)\n"


def test_half_width_kana_of_iso_2022_jp_is_read() -> None:
    assert decode(b"\x1b(I6E\x1b(B\n\x1b$B4A;z\x1b(B").text == "ｶﾅ\n漢字"


def test_a_declared_charset_is_believed_where_the_bytes_allow_it() -> None:
    assert (
        decode("caf\u00e9 na\u00efve".encode("latin-1"), charset="iso-8859-1").text == "café naïve"
    )


def test_a_wrong_declaration_is_not_believed() -> None:
    """Pages that declare Shift_JIS and are UTF-8 are common."""
    assert decode(SENTENCE.encode(), charset="Shift_JIS").text == SENTENCE


def test_an_unknown_charset_name_is_no_error() -> None:
    assert decode(SENTENCE.encode("cp932"), charset="x-no-such-charset").text == SENTENCE


def test_a_few_broken_bytes_are_shown_and_reported_with_their_line() -> None:
    data = (SENTENCE * 20).encode()
    broken = data[: len(data) // 2].rstrip(b"\x80") + b"\xff" + data[len(data) // 2 :]
    decoded = decode(broken)
    assert "\ufffd" in decoded.text
    assert "line" in decoded.warnings[0]
    assert "UTF-8" in decoded.warnings[0]


def test_a_text_cut_in_the_middle_of_a_character_is_read() -> None:
    data = (SENTENCE * 5).encode("cp932")
    assert decode(data[:101]).text.startswith("有給休暇の申請は、")


@pytest.mark.parametrize("wrong", ["latin-1", "cp1252"])
def test_mojibake_is_repaired_where_it_can_be(wrong: str) -> None:
    """UTF-8 that was read as a Western encoding and saved again."""
    text = "ああいいかか、だだ" * 10
    damaged = text.encode().decode(wrong, "ignore" if wrong == "cp1252" else "strict")
    if damaged.encode(wrong) != text.encode():
        with pytest.raises(ExtractError, match="mojibake"):
            decode(damaged.encode())
        return
    decoded = decode(damaged.encode())
    assert decoded.text == text
    assert "mojibake" in decoded.warnings[0]


def test_mojibake_that_lost_bytes_is_an_error_that_names_the_line() -> None:
    damaged = SENTENCE.encode().decode("cp932", "ignore") * 3
    with pytest.raises(ExtractError, match="mojibake from line 1"):
        decode(damaged.encode())


def test_text_made_of_replacement_characters_is_an_error() -> None:
    with pytest.raises(ExtractError, match="mojibake"):
        decode(("\ufffd\ufffd\ufffd" * 10 + "です").encode())


def test_nul_bytes_are_binary_data() -> None:
    with pytest.raises(ExtractError, match="NUL"):
        decode(b"# title\n" + b"\0\0\0\0" * 100)


def test_an_empty_file_is_an_error() -> None:
    with pytest.raises(ExtractError, match="empty"):
        decode(b"")


@given(st.binary(max_size=300))
def test_no_bytes_raise_anything_but_extract_error(data: bytes) -> None:
    try:
        decoded = decode(data)
    except ExtractError:
        return
    assert "\r" not in decoded.text
    assert "\0" not in decoded.text
