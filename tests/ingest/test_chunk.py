"""Chunks: where blocks are cut, what is never cut, and that no text is lost."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ingest.chunk import CEILING, TARGET, Chunk, chunk, estimate_tokens
from ingest.extract.blocks import Block, Kind
from ingest.sentences import sentences

RULE = "有給休暇は取得日の3営業日前までに申請する。"


def block(
    text: str,
    kind: Kind = "paragraph",
    *,
    headings: tuple[str, ...] = ("休暇",),
    anchor: str = "休暇",
    header_rows: int = 0,
) -> Block:
    return Block(text, kind, headings, anchor, header_rows)


def texts(*blocks: Block, **options: int) -> list[str]:
    return [made.text for made in chunk("就業規則", blocks, **options)]  # type: ignore[arg-type]


def packed(text: str) -> str:
    """Return a text without blanks: only these may get lost at cuts."""
    return re.sub(r"\s", "", text)


class TestSections:
    def test_a_chunk_carries_where_it_stands(self) -> None:
        place = block(RULE, headings=("第3章 休暇", "年次有給休暇"), anchor="年次有給休暇")
        assert chunk("就業規則", [place]) == [
            Chunk(
                ordinal=0,
                title="就業規則",
                headings=("第3章 休暇", "年次有給休暇"),
                text=RULE,
                kind="paragraph",
                anchor="年次有給休暇",
            )
        ]

    def test_small_blocks_under_one_heading_share_a_chunk(self) -> None:
        made = texts(block("次のとおりとする。"), block("・甲\n・乙", "list"), block("以上。"))
        assert made == ["次のとおりとする。\n・甲\n・乙\n以上。"]

    def test_blocks_that_different_links_lead_to_never_share_one(self) -> None:
        """However small: the link must land where the answer stands."""
        made = chunk(
            "t",
            [
                block("甲", anchor="page=1", headings=()),
                block("乙", anchor="page=2", headings=()),
                block("丙", anchor="page=2", headings=("章",)),
            ],
        )
        assert [(c.text, c.anchor, c.ordinal) for c in made] == [
            ("甲", "page=1", 0),
            ("乙", "page=2", 1),
            ("丙", "page=2", 2),
        ]

    def test_a_sentence_stays_with_the_table_that_it_announces(self) -> None:
        """Alone it would be found before the table, and answer nothing."""
        [made] = chunk(
            "t",
            [
                block("日当は次のとおり。"),
                block("役職 | 日当\n部長 | 4,000円", "table", header_rows=1),
            ],
        )
        assert (made.text, made.kind) == (
            "日当は次のとおり。\n役職 | 日当\n部長 | 4,000円",
            "table",
        )

    def test_a_long_section_becomes_chunks_of_about_equal_size(self) -> None:
        """No crumb is left at the end of a section."""
        sizes = [estimate_tokens(text) for text in texts(block(RULE * 100))]
        assert len(sizes) == 4
        assert all(abs(size - TARGET) < 0.2 * TARGET for size in sizes)

    def test_nothing_makes_no_chunk(self) -> None:
        assert texts() == []
        assert texts(block(" \u3000\n")) == []


class TestCuts:
    def test_prose_is_cut_between_sentences(self) -> None:
        for text in texts(block(RULE * 60 + "（注。ただし書き。）は除く。" * 30)):
            assert text.endswith("。")
            assert not text.startswith("ただし書き")

    def test_a_list_is_cut_between_items(self) -> None:
        items = [f"・項目{number}は所属長の承認を得る" for number in range(200)]
        made = texts(block("\n".join(items), "list"))
        assert len(made) > 1
        assert "\n".join(made).split("\n") == items

    def test_a_sentence_above_the_ceiling_is_cut_at_a_comma(self) -> None:
        clause = "所属長の承認を得た者は、"
        made = texts(block(clause * 200))
        assert len(made) > 1
        assert all(text.endswith("、") for text in made)

    def test_numbers_and_addresses_are_not_torn(self) -> None:
        amount = "1,234,567.89円と"
        for text in texts(block(amount * 300), ceiling=50, target=40):
            assert packed(text).replace(amount, "") in {"", "1,234,567.89円"}
        address = "https://example.co.jp/a/b?c=1"
        made = texts(block(f"{'あ' * 45}{address}い" * 20), ceiling=60, target=50)
        assert sum(text.count(address) for text in made) == 20

    @pytest.mark.parametrize("sequence", ["か\u3099", "👩\u200d💻", "葛\U000e0100", "👍🏽", "ｶﾞ"])
    def test_what_is_one_character_to_a_reader_is_not_torn(self, sequence: str) -> None:
        made = texts(block(sequence * 300), ceiling=31, target=20)
        assert len(made) > 1
        assert all(text == sequence * (len(text) // len(sequence)) for text in made)

    def test_a_table_is_split_by_rows_under_a_repeated_header(self) -> None:
        rows = [f"役職{number} | {number},000円" for number in range(200)]
        table = block("\n".join(["日当一覧", "役職 | 日当", *rows]), "table", header_rows=2)
        made = texts(table)
        assert len(made) > 1
        assert all(text.startswith("日当一覧\n役職 | 日当\n役職") for text in made)
        assert [row for text in made for row in text.split("\n")[2:]] == rows

    def test_a_header_too_long_to_repeat_is_not_repeated(self) -> None:
        table = block("見出し" * 30 + "\n" + "\n".join("甲乙丙丁" * 20), "table", header_rows=1)
        made = texts(table, ceiling=80, target=40)
        assert all(estimate_tokens(text) <= 80 for text in made)
        assert packed("".join(made)).count("見出し") == 30

    def test_code_is_whole_while_it_fits(self) -> None:
        code = "def f():\n    return 1\n" * 80
        assert TARGET < estimate_tokens(code) <= CEILING
        assert texts(block(RULE * 10), block(code.rstrip(), "code")).count(code.rstrip()) == 1

    def test_code_that_does_not_fit_is_cut_between_lines(self) -> None:
        lines = [f"    value_{number} = {number}" for number in range(600)]
        made = texts(block("\n".join(lines), "code"))
        assert len(made) > 1
        assert "\n".join(made).split("\n") == lines


def _bytes(text: str) -> int:
    return len(text.encode("utf-8", "surrogatepass"))


_PIECES = st.sampled_from(
    [
        *"あ。、「」（）！？. \n\u3000a1,\ud83d\t|",
        "か\u3099",
        "https://a.jp/x",
        "👩\u200d💻",
        "語" * 40,
    ]
)
_TEXTS = st.lists(_PIECES, min_size=1, max_size=60).map("".join)
_BLOCKS = st.lists(
    st.builds(
        block,
        _TEXTS,
        st.sampled_from(["paragraph", "list", "code"]),
        headings=st.sampled_from([(), ("一",), ("一", "二")]),
        anchor=st.sampled_from(["", "x"]),
    ),
    max_size=8,
)


class TestRules:
    @given(
        _BLOCKS, st.integers(20, 80), st.integers(0, 60), st.sampled_from([estimate_tokens, len])
    )
    @settings(max_examples=300, deadline=None)
    def test_no_text_is_lost_or_repeated_and_all_stays_in_order(
        self, blocks: list[Block], target: int, more: int, count: Callable[[str], int]
    ) -> None:
        made = chunk("t", blocks, target=target, ceiling=target + more, count=count)
        assert packed("".join(c.text for c in made)) == packed("".join(b.text for b in blocks))
        assert [c.ordinal for c in made] == list(range(len(made)))
        assert all(c.text.strip() for c in made)

    @given(_BLOCKS, st.integers(1, 60), st.sampled_from([estimate_tokens, len, _bytes]))
    @settings(max_examples=300, deadline=None)
    def test_no_chunk_passes_the_ceiling_whatever_counts(
        self, blocks: list[Block], ceiling: int, count: Callable[[str], int]
    ) -> None:
        """Only a single character that alone is too large is let through."""
        for made in chunk("t", blocks, target=30, ceiling=ceiling, count=count):
            assert count(made.text) <= ceiling or len(made.text) == 1

    @given(
        st.lists(st.text("甲乙丙 |", min_size=1, max_size=30), min_size=1, max_size=30),
        st.integers(0, 3),
        st.integers(12, 60),
    )
    @settings(max_examples=200, deadline=None)
    def test_no_row_of_a_table_is_lost(self, rows: list[str], headers: int, ceiling: int) -> None:
        """Behind the repeated headers, the rows come in order and whole, or cut if too long."""
        # No row looks like a header: else a repeated one could not be told from a row.
        rows = [f"頭{row}" for row in rows[:headers]] + rows[headers:]
        table = block("\n".join(rows), "table", header_rows=min(headers, len(rows)))
        header = "\n".join(rows[: table.header_rows])
        made = chunk("t", [table], target=ceiling, ceiling=ceiling)
        rest = packed("\n".join(rows))
        for number, part in enumerate(made):
            text = packed(part.text)
            assert estimate_tokens(part.text) <= ceiling
            if number and header and not rest.startswith(text):
                assert text.startswith(packed(header))
                text = text.removeprefix(packed(header))
            assert rest.startswith(text)
            rest = rest.removeprefix(text)
        assert rest == ""

    @given(_TEXTS)
    @example("a" * 10_000 + "。")
    @settings(max_examples=300, deadline=None)
    def test_sentences_cover_the_text_in_order(self, text: str) -> None:
        end = 0
        for start, stop in sentences(text):
            assert not text[end:start].strip()
            assert text[start:stop] == text[start:stop].strip() != ""
            end = stop
        assert not text[end:].strip()


class TestSentences:
    @pytest.mark.parametrize(
        "marked",
        [
            "申請する。¦承認は上長！¦本当か？¦はい。",
            "価格は3.5円です。¦次は３．５です。",
            "旅費（宿泊費を含む。以下同じ。）は精算する。¦次。",
            "「はい。」と答えた。¦「そうです。」¦彼は言う。",
            "なぜ？という疑問。¦本当!?¦はい。",
            "ありますか?¦はい。¦Yahoo!ニュース。",
            "https://x.jp/検索?q=1 を開く。¦次",
            "Version 3.5 is out. ¦See e.g. the docs. ¦OK? ¦Yes!",
            "対象は次のとおり\n¦・正社員\n¦・契約社員",
            "目的である．¦方法は次である．",
            "閉じない（括弧。¦次の文。",
            "すごい！！！¦本当。",
            "\u3000字下げ。\u3000¦次。",
        ],
    )
    def test_where_sentences_end(self, marked: str) -> None:
        text = marked.replace("¦", "")
        expected = [sentence.strip() for sentence in marked.split("¦")]
        assert [text[start:end] for start, end in sentences(text)] == expected

    def test_blanks_have_no_sentence(self) -> None:
        assert sentences("") == sentences(" \n\u3000") == []


class TestTokens:
    def test_japanese_counts_a_token_a_character(self) -> None:
        assert estimate_tokens("有給休暇を取る。") == 8

    def test_other_characters_count_by_class(self) -> None:
        assert estimate_tokens("") == 0
        assert estimate_tokens("2026") == 4
        assert estimate_tokens("annual leave") == 4
        assert estimate_tokens("𠮷👍") == 6

    @given(st.text(), st.text())
    def test_the_whole_is_never_more_than_its_parts(self, left: str, right: str) -> None:
        assert estimate_tokens(left + right) <= estimate_tokens(left) + estimate_tokens(right)

    def test_marks_are_what_unicode_calls_marks(self) -> None:
        """The cut relies on the class of combining characters."""
        assert {unicodedata.category(c)[0] for c in "\u3099\u0301\ufe0f\U000e0100"} == {"M"}
