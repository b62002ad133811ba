"""The wording around an answer: the anatomy is the same in both languages."""

import dataclasses
import string
from datetime import UTC, datetime

import pytest

from bot import reply
from bot.exchange import Answer, Source, Statement, Style
from ingest.chunk import Chunk
from ingest.index import Hit, IndexedDocument


def hit(
    anchor: str = "",
    headings: tuple[str, ...] = ("第5章 休暇",),
    updated: datetime | None = None,
    owner: str | None = None,
) -> Hit:
    document = IndexedDocument("wiki", "d", "1", "1", 1, "就業規則", "https://x/d", updated, owner)
    return Hit(1, document, Chunk(0, "就業規則", headings, "本文", "paragraph", anchor))


@pytest.mark.parametrize(
    ("anchor", "japanese", "english"),
    [
        ("kyuka", "就業規則 › 第5章 休暇", "就業規則 › 第5章 休暇"),
        ("page=3", "就業規則 › 第5章 休暇（3ページ）", "就業規則 › 第5章 休暇 (page 3)"),
        ("slide=7", "就業規則 › 第5章 休暇（スライド 7）", "就業規則 › 第5章 休暇 (slide 7)"),
        (
            "sheet=旅費&range=A1:C12",
            "就業規則 › 第5章 休暇（シート「旅費」A1:C12）",
            "就業規則 › 第5章 休暇 (sheet 旅費 A1:C12)",
        ),
        ("gid=7&range=A5:C9", "就業規則 › 第5章 休暇（A5:C9）", "就業規則 › 第5章 休暇 (A5:C9)"),
        ("gid=7", "就業規則 › 第5章 休暇", "就業規則 › 第5章 休暇"),
        ("slide=id.g1f_0_3", "就業規則 › 第5章 休暇", "就業規則 › 第5章 休暇"),
        ("heading=h.k3x9", "就業規則 › 第5章 休暇", "就業規則 › 第5章 休暇"),
    ],
)
def test_a_place_names_heading_page_slide_or_range(
    anchor: str, japanese: str, english: str
) -> None:
    """A reader sees where the answer stands before clicking."""
    assert reply.place(hit(anchor), "ja") == japanese
    assert reply.place(hit(anchor), "en") == english


def test_a_heading_that_repeats_the_title_shows_once() -> None:
    """Most documents begin with their title as the first heading."""
    assert reply.place(hit(headings=("就業規則", "休暇")), "ja") == "就業規則 › 休暇"


def test_dates_are_japanese_days() -> None:
    """15:30 UTC is past midnight in Tokyo."""
    late = datetime(2026, 3, 31, 15, 30, tzinfo=UTC)
    found = hit(updated=late, owner="人事部")
    assert reply.provenance(found, "ja") == "人事部・2026年4月1日更新"
    assert reply.provenance(found, "en") == "人事部, updated 1 Apr 2026"


def test_quotes_are_marked_and_numbered() -> None:
    """A reader can tell the source's words from ours."""
    quoted = Statement("3営業日前まで", (1, 2), verbatim=True)
    assert reply.statement(quoted, "ja") == "「3営業日前まで」[1][2]"
    assert reply.statement(dataclasses.replace(quoted, verbatim=False), "ja") == (
        "3営業日前まで[1][2]"
    )


DOUBTED = Statement("4営業日前です。\n", (1, 2), doubts=("4営業日",))


def test_a_doubted_statement_is_marked_before_its_numbers() -> None:
    """A reader is told what to look up, and where."""
    assert reply.statement(DOUBTED, "ja") == "4営業日前です。〔要確認〕[1][2]"
    assert reply.statement(DOUBTED, "en") == "4営業日前です。 [to be checked][1][2]"


def test_the_source_s_own_words_stand_below_what_is_doubted() -> None:
    """Once each, and only where there is a quote that the answer does not show itself."""
    sources = (
        Source(1, hit(), "3営業日前まで。"),
        Source(2, hit(), None),
        Source(3, hit(), "三。"),
    )
    sure, own = Statement("申請します。", (3,)), Statement("三。", (3,), verbatim=True)
    quote = Statement("3営業日前まで。", (1,), verbatim=True)
    again = dataclasses.replace(sure, doubts=("申請",))
    found = Answer("answered", (DOUBTED, sure, DOUBTED, again, own), sources, ())
    assert reply.shown(found) == (DOUBTED, quote, sure, DOUBTED, again, own)


def test_only_an_answer_that_is_not_the_usual_one_has_a_heading() -> None:
    """What was asked for stands above it, in the reader's language."""
    styles: list[Style] = ["short", "long", "simple", "summary"]
    assert [reply.heading(style, "ja") for style in styles] == [
        None, "詳しい回答", "やさしい日本語", "要約",
    ]  # fmt: skip
    assert None not in {reply.heading(style, "en") for style in styles[1:]}


def test_an_old_source_is_pointed_out_once() -> None:
    """Two chunks of a document that nobody has touched for years give one line."""
    now = datetime(2026, 11, 21, tzinfo=UTC)
    old, fresh = datetime(2020, 1, 1, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC)
    sources = [Source(n, hit(updated=when), None) for n, when in enumerate((old, old, fresh), 1)]
    assert reply.old_sources(sources, now, "ja") == ["※ 就業規則は3年以上更新されていません。"]
    assert reply.old_sources(sources[2:], now, "ja") == []


def test_every_line_has_its_twin_with_the_same_fields() -> None:
    """A translation that forgot the turn's number would hide it from an administrator."""
    for field in dataclasses.fields(reply.Wording):
        japanese, english = getattr(reply.JAPANESE, field.name), getattr(reply.ENGLISH, field.name)
        assert len(lines(japanese)) == len(lines(english)), field.name
        for one, other in zip(lines(japanese), lines(english), strict=True):
            assert fields(one) == fields(other), field.name
        assert japanese
        assert english


def lines(held: str | tuple[str, ...]) -> tuple[str, ...]:
    return (held,) if isinstance(held, str) else held


def fields(text: str) -> set[str]:
    names = {name for _, name, _, _ in string.Formatter().parse(text) if name}
    return {name.partition(".")[0] for name in names}


@pytest.mark.parametrize(
    ("question", "refused"), [("", True), (" \n", True), ("あ" * 2000, False), ("あ" * 2001, True)]
)
def test_only_a_question_of_a_sane_length_is_taken(question: str, refused: bool) -> None:
    """An empty one and one over 2,000 characters get a line that says so."""
    assert bool(reply.refusal(question, "ja")) is refused
    assert bool(reply.refusal(question, "en")) is refused


def test_an_unanswered_question_has_no_text() -> None:
    """The wording of an abstention is the platform's, not the answer's."""
    assert reply.answer_text(Answer("abstained", (), (), ()), "ja") == ""


def test_others_read_where_a_file_lies_in_its_source_and_not_on_the_machine() -> None:
    """A path of the server opens nothing for them, and tells what they need not know."""
    local = dataclasses.replace(hit().document, id="hr/rules.md", url="file:///srv/kb/hr/rules.md")
    assert reply.address(dataclasses.replace(hit("休暇"), document=local)) == "hr/rules.md"
    assert reply.address(hit("page=3")) == "https://x/d#page=3"
