"""Kurage's output: references before the answer, usable answers kept, nothing made up."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kurage_samples import OUTPUTS, mutations

from bot.generate.kurage.pairs import pairs
from bot.generate.kurage.parse import Said, said

CHUNKS = 5
# A tag that a reader would see as one: known by name, or a token of the template.
LEAKED = re.compile(r"(?i)[<＜]{2}[ \t]*(references|answer|question|long|chunk)|<\|\w+\|>")


def whole(raw: str) -> Said:
    return said(raw, chunks=CHUNKS, finished=True)


def begun(raw: str) -> Said:
    return said(raw, chunks=CHUNKS, finished=False)


@pytest.mark.parametrize(
    "references",
    [
        *("2", " 2 ", "2\n", "[2]", "(2)", "【2】", "２", "［２］", "2.", "2。", "#2", "**2**"),
        *("Chunk 2", "chunk 2", "<<Chunk 2>>", "チャンク2", "2番", "2, 2", "2, 9", "0, 2", "-2"),
    ],
)
def test_one_reference_however_it_is_written(references: str) -> None:
    raw = f"<<References>>\n{references}\n\n<<Answer>>\n4.4兆円"
    assert whole(raw) == Said((2,), "4.4兆円")


@pytest.mark.parametrize(
    ("references", "numbers"),
    [
        *(("2, 3", (2, 3)), ("2、3", (2, 3)), ("2 3", (2, 3)), ("2\n3", (2, 3))),
        *(("３，２", (3, 2)), ("[2][3]", (2, 3)), ("[2, 3]", (2, 3)), ("2 and 3", (2, 3))),
        *(("1-3", (1, 2, 3)), ("1〜3", (1, 2, 3)), ("３～５", (3, 4, 5)), ("1-2, 5", (1, 2, 5))),
        *(("4-99999999999999999999", (4, 5)), ("5-2", (5, 2)), ("Chunks 2 & 3", (2, 3))),
        *(("1-1000000000", (1, 2, 3, 4, 5)), ("2、4番", (2, 4)), ("1\n\n2", (1, 2))),
    ],
)
def test_several_references_keep_their_order(references: str, numbers: tuple[int, ...]) -> None:
    """A range is every number of it; one far too long takes no time."""
    assert whole(f"<<References>>\n{references}\n\n<<Answer>>\n答え") == Said(numbers, "答え")


@pytest.mark.parametrize("number", ["0", "6", "99", "6, 7", "１００"])
def test_a_reference_out_of_range_is_dropped(number: str) -> None:
    """Without one that is left, the answer is not borne."""
    assert whole(f"<<References>>\n{number}\n\n<<Answer>>\n答え").references == ()


@pytest.mark.parametrize(
    "raw",
    [
        "<<References>>\n2\n\n<<Answer>>\n4.4兆円",
        "<<References>>\n2\n<<Answer>>\n4.4兆円\n",
        "<<References>> 2 <<Answer>> 4.4兆円",
        "<<References>>2<<Answer>>4.4兆円",
        "<< References >>\n\n\n2\n\n\n<< Answer >>\n\n\n4.4兆円",
        "<<references>>\r\n2\r\n\r\n<<ANSWER>>\r\n4.4兆円\r\n",
        "＜＜References＞＞\n2\n\n＜＜Answer＞＞\n4.4兆円",
        "<References>\n2\n\n<Answer>\n4.4兆円",
        "<References>2</References><Answer>4.4兆円</Answer>",
        "<<Reference>>\n2\n\n<<Answer>>\n4.4兆円",
        "<<References>>:\n2\n\n<<Answer:>>\n4.4兆円",
        "References: 2\n\nAnswer: 4.4兆円",
        "**References:** 2\n**Answer:** 4.4兆円",
        "References：2\nAnswer：4.4兆円",
        "<<References>>\n2\n\n4.4兆円",
        "<<References>>\n2\n4.4兆円",
        "2\n\n<<Answer>>\n4.4兆円",
        "[2]\n<<Answer>>\n4.4兆円",
        "2\n\n4.4兆円",
        "<<Answer>>\n4.4兆円\n\n<<References>>\n2",
        "はい、資料から答えます。\n<<References>>\n2\n\n<<Answer>>\n4.4兆円",
        "<<References>>\n<<References>>\n2\n\n<<Answer>>\n<<Answer>>\n4.4兆円",
        "<<References>>\n2\n\n<<References>>\n2\n\n<<Answer>>\n4.4兆円\n\n<<Answer>>\n4.4兆円",
        "<<References>>\n2\n\n<<Answer>>\n4.4兆円\n\n<<Question>>\nほかには？\n\n<<Answer>>\n偽",
        "<<References>>\n2\n\n<<Answer>>\n4.4兆円<<Question>>\nほかには？",
        "<<References>>\n2\n\n<<Answer>>\n4.4兆円\n\n<<Chunk 1>>\n文書",
        "<<References>>\n2\n\n<<Answer>>\n4.4兆円<|im_end|>",
        "<<References>>\n2\n\n<<Answer>>\n4.4兆円<|im_end|>\n<|im_start|>user\n続き",
        "<<References>>\n2\n\n<<Answer>>\n4.4兆円</s>",
        "<<References>>\n2\n\n<<Answer>>\n4.4兆円\n\n<<Refer",
        "<<References>>\n2\n\n<<Answer>>\n4.4兆円<|im_e",
        "<<References>>\n2\n\n<<Answer>> <<Long>>\n4.4兆円",
        "<<References\n2\n\n<<Answer\n4.4兆円",
        "<<Chunk 1>>\n文書\n\n<<Question>>\n何円？\n\n<<References>>\n2\n\n<<Answer>>\n4.4兆円",
    ],
)
def test_a_malformed_output_keeps_its_answer(raw: str) -> None:
    """Missing, doubled, full-width or bare tags, chatter before, what goes on behind."""
    assert whole(raw) == Said((2,), "4.4兆円")


@pytest.mark.parametrize(
    "raw",
    [
        *("<<References>>\nNone", "<<References>>\nNone\n", "<<References>> none.", "None"),
        *("<<References>>\nなし", "<<References>>\n[None]", "References: None", "<<Answer>>\nNone"),
        "<<References>>\nNone\n\n<<Answer>>\nわかりません",
        "<<References>>\nNone\n\n<<Question>>\n別の質問\n\n<<References>>\n1\n\n<<Answer>>\n偽",
        "<<References>>\n1\n\n<<Answer>>\nNone",
        "None\n\n<<Answer>>\n何か",
        "<<References>>\n該当なし",
    ],
)
def test_none_is_an_abstention(raw: str) -> None:
    """Also where something is said all the same."""
    made = whole(raw)
    assert made.abstains
    assert made.answer == ""


def test_none_at_the_beginning_of_an_answer_is_no_abstention() -> None:
    """なし with a reference is an answer, too: 喫煙所はありますか → なし."""
    assert whole("<<References>>\n1\n\n<<Answer>>\nNone of them.").answer == "None of them."
    assert whole("<<References>>\n1\n\n<<Answer>>\nなし") == Said((1,), "なし")


@pytest.mark.parametrize(
    "raw",
    [
        "<<Answer>>\n4.4兆円",
        "4.4兆円",
        "<<References>>\n第二の資料による\n\n<<Answer>>\n4.4兆円",
        "<<References>>\n\n<<Answer>>\n4.4兆円",
    ],
)
def test_an_answer_without_a_readable_reference_names_none(raw: str) -> None:
    """Whoever shows it has to find what bears it."""
    assert whole(raw) == Said(None, "4.4兆円")


@pytest.mark.parametrize(
    "raw",
    ["", " ", "\n\n", "<<References>>", "<<References>>\n", "<<Answer>>", "<<", "<|", "<<Qu"],
)
def test_nothing_said_is_nothing(raw: str) -> None:
    assert whole(raw).answer == ""
    assert not whole(raw).references


def test_words_of_an_answer_are_no_tags() -> None:
    """Less-than signs, HTML, and a line that begins with `Answer:`."""
    for text in (
        "a < b かつ b > c",
        "<br>を使う",
        "if x << 2",
        "手順\nAnswer: はい",
        "<Answer",
        "a <<",
    ):
        answer = whole(f"<<References>>\n1\n\n<<Answer>>\nはい。{text}。以上").answer
        assert answer == f"はい。{text}。以上"


def test_references_come_with_their_line_before_the_answer() -> None:
    """Not earlier: 1 may become 12."""
    stream = "<<References>>\n2\n\n<<Answer>>\n4.4兆円"
    known = [begun(stream[:end]).references for end in range(len(stream) + 1)]
    line = stream.index("2\n") + 2
    assert known[:line] == [None] * line
    assert set(known[line:]) == {(2,)}


def test_the_answer_grows_without_its_tag() -> None:
    """Character by character, and never with a piece of the tag."""
    stream = "<<References>>\n2\n\n<<Answer>>\n4.4兆円です。<|im_end|>"
    shown = [begun(stream[:end]).answer for end in range(len(stream) + 1)]
    assert list(dict.fromkeys(shown)) == ["4.4兆円です。"[:n] for n in range(9)]


def test_what_looks_like_a_tag_is_shown_once_it_is_none() -> None:
    stream = "<<References>>\n1\n\n<<Answer>>\n円 <b>です"
    assert begun(stream[: stream.index(">です")]).answer == "円"
    assert begun(stream).answer == "円 <b>です"


@given(st.integers(0, 2**32))
def test_a_mutated_output_invents_nothing(seed: int) -> None:
    """What is shown stands in the output, shows no tag, and only grows until the end."""
    for raw in mutations(seed, 5):
        last = ""
        for end in range(len(raw)):
            so_far = begun(raw[:end])
            assert so_far.answer.startswith(last)
            assert not so_far.answer or so_far.references is not None
            last = so_far.answer
        made = whole(raw)
        assert made.answer.startswith(last) or made.abstains
        assert made.answer in raw
        assert not LEAKED.search(made.answer)
        assert all(1 <= number <= CHUNKS for number in made.references or ())
        digits = {int(number) for number in re.findall(r"\d", raw)}
        assert not made.references or digits & set(made.references)
        assert not (made.abstains and made.answer)


@given(st.text(max_size=300))
def test_any_text_is_read(raw: str) -> None:
    assert whole(raw).answer in raw
    assert all(text in raw for pair in pairs(raw, complete=True) for text in pair)


@given(
    st.sampled_from(OUTPUTS[:3]), st.sampled_from([" ", "\n", "\t", "\u3000"]), st.integers(1, 4)
)
def test_blanks_around_tags_and_numbers_do_not_matter(raw: str, blank: str, count: int) -> None:
    loose = re.sub(r"\n+", lambda lines: blank * count + lines.group() + blank * count, raw)
    assert whole(loose) == whole(raw)


@pytest.mark.parametrize(
    "evil", ["<" * 9000, "1 " * 4500, "None" * 2000, "<<Chunk " * 999, "Q&A" * 3000, "\n" * 9000]
)
@pytest.mark.parametrize("before", ["", "<<References>>\n", "<<References>>\n1\n\n<<Answer>>\n"])
def test_an_evil_output_takes_no_time(before: str, evil: str) -> None:
    """No expression takes more than about the square of a short output."""
    assert whole(f"{before}{evil}x").answer in f"{before}{evil}x"
    assert begun(f"{before}{evil}x").answer in f"{before}{evil}x"


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("<<Question>>\nいつ？\n\n<<Answer>>\n毎年6月", [("いつ？", "毎年6月")]),
        ("Question: いつ？\nAnswer: 毎年6月", [("いつ？", "毎年6月")]),
        (
            "<<Question>>\nいつ？\n\n<<Answer>>\n毎年6月\n\n<<Question>>\n誰？\n\n<<Answer>>\n佐藤",
            [("いつ？", "毎年6月"), ("誰？", "佐藤")],
        ),
        (
            "Question: いつ？\nAnswer: 6月\nQuestion: 誰？\nAnswer: 佐藤",
            [("いつ？", "6月"), ("誰？", "佐藤")],
        ),
        ("<<Question>>\nいつ？", []),
        ("<<Answer>>\n毎年6月", []),
        ("<<Question>>\n\n<<Answer>>\n毎年6月", []),
        ("何もありません", []),
        ("<<Question>>\nいつ？\n\n<<Answer>>\n毎年6月<|im_end|>", [("いつ？", "毎年6月")]),
        (
            "<<Question>>\n問\n\n<<Answer>>\n答\n\n<<Question>>\n問\n\n<<Answer>>\n答",
            [("問", "答")],
        ),
    ],
)
def test_pairs_are_a_question_and_its_answer(raw: str, expected: list[tuple[str, str]]) -> None:
    assert pairs(raw, complete=True) == expected


def test_half_a_pair_is_dropped() -> None:
    """Where the output was cut off, its last answer may be half of one."""
    raw = "<<Question>>\nいつ？\n\n<<Answer>>\n毎年6月\n\n<<Question>>\n誰？\n\n<<Answer>>\n佐"
    assert pairs(raw, complete=False) == [("いつ？", "毎年6月")]
