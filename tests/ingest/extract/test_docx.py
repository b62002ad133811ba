"""Of a Word document comes out what its reader sees, under the headings that stand above it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from build_office import NAMES, core, docx, package, paragraph, run
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.extract.blocks import Block, ExtractError
from ingest.extract.docx import extract
from ingest.extract.docx.numbering import number_text


def blocks(body: str, *args: dict[str, tuple[str, str]]) -> tuple[Block, ...]:
    return extract(docx(body, *args), "a.docx").blocks


def texts(body: str, *args: dict[str, tuple[str, str]]) -> list[str]:
    return [block.text for block in blocks(body, *args)]


def test_headings_by_style_form_the_path() -> None:
    """By outline level, and by the names that Japanese and English Word give."""
    found = blocks(
        paragraph("旅費", "1") + paragraph("宿泊", "2") + paragraph("上限は1万円。")
        + paragraph("附則", "1") + paragraph("施行する。")
    )  # fmt: skip
    assert [(block.text, block.headings) for block in found] == [
        ("上限は1万円。", ("旅費", "宿泊")),
        ("施行する。", ("附則",)),
    ]


def test_an_outline_level_of_the_paragraph_itself_makes_a_heading() -> None:
    found = blocks(paragraph("目的", properties='<w:outlineLvl w:val="0"/>') + paragraph("本文"))
    assert found[0].headings == ("目的",)


def test_clauses_are_headings_where_no_style_marks_any() -> None:
    """Most Japanese regulations are typed without styles."""
    found = blocks(
        paragraph("第1章　総則")
        + paragraph("第1条（目的）")
        + paragraph("この規程は目的を定める。")
    )
    assert [(block.text, block.headings) for block in found] == [
        ("この規程は目的を定める。", ("第1章　総則", "第1条（目的）"))
    ]


def test_the_title_style_gives_the_title() -> None:
    found = extract(docx(paragraph("就業規則", "T") + paragraph("本文")), "a.docx")
    assert found.title == "就業規則"
    assert [block.text for block in found.blocks] == ["本文"]


def test_properties_tell_title_date_and_owner() -> None:
    data = docx(paragraph("本文"), **{"docProps/core.xml": core("経費精算", creator="経理部")})
    found = extract(data, "a.docx")
    assert (found.title, found.owner) == ("経費精算", "経理部")
    assert found.updated == datetime(2026, 4, 1, tzinfo=UTC)


@pytest.mark.parametrize("title", ["無題", "Microsoft Word - 規程.doc", "規程.docx", "Document1"])
def test_a_title_that_a_program_wrote_is_not_believed(title: str) -> None:
    data = docx(paragraph("本文"), **{"docProps/core.xml": core(title)})
    assert extract(data, "a.docx").title is None


def test_runs_never_split_a_word() -> None:
    assert texts(f"<w:p>{run('郵便')}{run('物', '<w:b/>')}{run('の発送')}</w:p>") == [
        "郵便物の発送"
    ]


@pytest.mark.parametrize(
    "hidden",
    [
        run("秘密", "<w:vanish/>"),
        run("秘密", '<w:rStyle w:val="H"/>'),
        "<w:del><w:r><w:delText>秘密</w:delText></w:r></w:del>",
        f"<w:moveFrom>{run('秘密')}</w:moveFrom>",
        "<w:r><w:commentReference w:id='1'/></w:r>",
        (
            '<w:r><w:fldChar w:fldCharType="begin"/></w:r>'
            "<w:r><w:instrText>秘密</w:instrText></w:r>"
            '<w:r><w:fldChar w:fldCharType="end"/></w:r>'
        ),
        (
            '<w:r><w:fldChar w:fldCharType="begin"/></w:r>'
            "<w:r><w:instrText> PAGE </w:instrText></w:r>"
            f'<w:r><w:fldChar w:fldCharType="separate"/></w:r>{run("秘密")}'
            '<w:r><w:fldChar w:fldCharType="end"/></w:r>'
        ),
    ],
)
def test_what_the_reader_does_not_see_is_left_out(hidden: str) -> None:
    """Hidden and deleted text, comments, field codes, page numbers."""
    assert texts(f"<w:p>{run('公開')}{hidden}{run('資料')}</w:p>") == ["公開資料"]


@pytest.mark.parametrize(
    "shown",
    [
        run("追加"),
        f"<w:ins>{run('追加')}</w:ins>",
        f"<w:moveTo>{run('追加')}</w:moveTo>",
        f'<w:hyperlink r:id="x">{run("追加")}</w:hyperlink>',
        f"<w:sdt><w:sdtPr/><w:sdtContent>{run('追加')}</w:sdtContent></w:sdt>",
        f"<w:smartTag>{run('追加')}</w:smartTag>",
        run("追加", '<w:vanish w:val="0"/>'),
        (
            '<w:r><w:fldChar w:fldCharType="begin"/></w:r>'
            "<w:r><w:instrText> REF _x </w:instrText></w:r>"
            f'<w:r><w:fldChar w:fldCharType="separate"/></w:r>{run("追加")}'
            '<w:r><w:fldChar w:fldCharType="end"/></w:r>'
        ),
        (
            "<w:r><w:ruby><w:rubyPr/><w:rt><w:r><w:t>ついか</w:t></w:r></w:rt>"
            "<w:rubyBase><w:r><w:t>追加</w:t></w:r></w:rubyBase></w:ruby></w:r>"
        ),
    ],
)
def test_what_the_reader_sees_is_kept_wherever_it_stands(shown: str) -> None:
    """Insertions, links, content controls, results of fields; of ruby the base alone."""
    assert texts(f"<w:p>{run('資料の')}{shown}{run('分')}</w:p>") == ["資料の追加分"]


def test_a_table_of_contents_is_left_out() -> None:
    """As a field over several paragraphs, by style, and as a content control."""
    field = (
        '<w:p><w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText>TOC \\o</w:instrText>'
        f'</w:r><w:r><w:fldChar w:fldCharType="separate"/></w:r>{run("目的 1")}</w:p>'
        f'<w:p>{run("定義 2")}<w:r><w:fldChar w:fldCharType="end"/></w:r></w:p>'
    )
    control = (
        '<w:sdt><w:sdtPr><w:docPartObj><w:docPartGallery w:val="Table of Contents"/>'
        f"</w:docPartObj></w:sdtPr><w:sdtContent>{paragraph('目次')}</w:sdtContent></w:sdt>"
    )
    assert texts(field + control + paragraph("目的 1", "11") + paragraph("本文")) == ["本文"]


def test_a_field_that_is_never_closed_hides_nothing_for_good() -> None:
    """A code ends with its paragraph, contents end at the next heading."""
    begin = '<w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText>TOC</w:instrText></w:r>'
    separate = '<w:r><w:fldChar w:fldCharType="separate"/></w:r>'
    after = paragraph("目的", "1") + paragraph("本文")
    assert texts(f"<w:p>{begin}</w:p>{after}") == ["本文"]
    assert texts(f"<w:p>{begin}{separate}{run('目的 1')}</w:p>{after}") == ["本文"]


def test_a_paragraph_whose_end_was_deleted_runs_on_in_the_next() -> None:
    first = f"<w:p><w:pPr><w:rPr><w:del/></w:rPr></w:pPr>{run('有給')}</w:p>"
    assert texts(first + paragraph("休暇")) == ["有給休暇"]


def test_a_text_box_is_read_once() -> None:
    """Word writes it twice, for itself and for old versions."""
    box = f"<w:txbxContent>{paragraph('箱の中')}</w:txbxContent>"
    both = (
        "<w:p><w:r><mc:AlternateContent><mc:Choice Requires='wps'><w:drawing><wps:txbx>"
        f"{box}</wps:txbx></w:drawing></mc:Choice><mc:Fallback><w:pict><v:textbox>{box}"
        "</v:textbox></w:pict></mc:Fallback></mc:AlternateContent></w:r></w:p>"
    )
    old = f"<w:p><w:r><w:pict><v:textbox>{box}</v:textbox></w:pict></w:r></w:p>"
    assert texts(both) == ["箱の中"]
    assert texts(old) == ["箱の中"]


def test_a_footnote_follows_its_paragraph_and_headers_come_once() -> None:
    note = f'<w:footnote w:id="2">{paragraph("注の文")}</w:footnote>'
    notes = f"<w:footnotes {NAMES}>{note}</w:footnotes>"
    header = f"<w:hdr {NAMES}>{paragraph('社外秘')}{paragraph('12')}</w:hdr>"
    related = {
        "f": ("footnotes", notes),
        "h1": ("header", header),
        "h2": ("header", header),
    }
    body = f'<w:p>{run("本文")}<w:r><w:footnoteReference w:id="2"/></w:r></w:p>{paragraph("次")}'
    assert texts(body, related) == ["本文", "注の文", "次", "社外秘"]


NUMBERING = (
    f'<w:numbering {NAMES}><w:abstractNum w:abstractNumId="0">'
    '<w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="decimal"/>'
    '<w:lvlText w:val="第%1条"/></w:lvl>'
    '<w:lvl w:ilvl="1"><w:start w:val="1"/><w:numFmt w:val="aiueo"/>'
    '<w:lvlText w:val="(%2)"/></w:lvl>'
    '</w:abstractNum><w:abstractNum w:abstractNumId="1"><w:lvl w:ilvl="0">'
    '<w:numFmt w:val="bullet"/><w:lvlText w:val="•"/></w:lvl></w:abstractNum>'
    '<w:num w:numId="5"><w:abstractNumId w:val="0"/></w:num>'
    '<w:num w:numId="6"><w:abstractNumId w:val="1"/></w:num></w:numbering>'
)


def numbered(text: str, level: int = 0, number: int = 5, style: str = "") -> str:
    return paragraph(
        text, style, f'<w:numPr><w:ilvl w:val="{level}"/><w:numId w:val="{number}"/></w:numPr>'
    )


def test_the_numbers_that_word_counts_are_text() -> None:
    """People ask for 第2条, which stands nowhere in the file."""
    body = (
        numbered("目的", style="1") + paragraph("定める。")
        + numbered("旅費", style="1") + numbered("交通費", 1) + numbered("宿泊費", 1)
        + numbered("附則", style="1") + numbered("施行日", 1)
    )  # fmt: skip
    found = blocks(body, {"n": ("numbering", NUMBERING)})
    assert [(block.headings, block.text) for block in found] == [
        (("第1条 目的",), "定める。"),
        (("第2条 旅費",), "(ア) 交通費\n  (イ) 宿泊費"),
        (("第3条 附則",), "(ア) 施行日"),
    ]


def test_bullets_are_a_list() -> None:
    found = blocks(
        numbered("申請", number=6) + numbered("承認", number=6), {"n": ("numbering", NUMBERING)}
    )
    assert [(block.kind, block.text) for block in found] == [("list", "- 申請\n- 承認")]


@pytest.mark.parametrize(
    ("number", "form", "text"),
    [
        (3, "decimalEnclosedCircle", "③"),
        (12, "japaneseCounting", "十二"),
        (110, "japaneseCounting", "百十"),
        (4, "decimalFullWidth", "４"),
        (14, "lowerRoman", "xiv"),
        (3, "irohaFullWidth", "ハ"),
        (27, "lowerLetter", "aa"),
        (7, "noSuchForm", "7"),
    ],
)
def test_number_formats(number: int, form: str, text: str) -> None:
    assert number_text(number, form) == text


def cell(text: str, properties: str = "") -> str:
    return f"<w:tc><w:tcPr>{properties}</w:tcPr>{paragraph(text)}</w:tc>"


def row(*cells: str, properties: str = "") -> str:
    return f"<w:tr><w:trPr>{properties}</w:trPr>{''.join(cells)}</w:tr>"


def test_a_table_has_a_row_a_line_and_knows_its_header() -> None:
    table = (
        row(cell("区分"), cell("日当"), properties="<w:tblHeader/>")
        + row(cell("部長"), cell("3,000円"))
        + row(cell("課長"), cell("2,000円"))
    )
    (block,) = blocks(f"<w:tbl>{table}</w:tbl>")
    assert (block.kind, block.header_rows) == ("table", 1)
    assert block.text == "区分 | 日当\n部長 | 3,000円\n課長 | 2,000円"


def test_a_cell_merged_downwards_stands_beside_each_of_its_rows() -> None:
    table = (
        row(cell("国内", '<w:vMerge w:val="restart"/>'), cell("甲地"), cell("1万円"))
        + row(cell("", "<w:vMerge/>"), cell("乙地"), cell("9千円"))
    )  # fmt: skip
    assert texts(f"<w:tbl>{table}</w:tbl>") == ["国内 | 甲地 | 1万円\n国内 | 乙地 | 9千円"]


def test_spans_of_words_own_grid_do_not_repeat_text() -> None:
    """A span over grid columns that no other cell begins in is one cell to the reader."""
    wide = '<w:gridSpan w:val="3"/>'
    table = row(cell("項目", wide), cell("値")) + row(cell("期限", wide), cell("3日"))
    assert texts(f"<w:tbl>{table}</w:tbl>") == ["項目 | 値\n期限 | 3日"]


def test_deleted_and_hidden_rows_are_left_out() -> None:
    table = (
        row(cell("甲"), cell("1"))
        + row(cell("乙"), cell("2"), properties="<w:del/>")
        + row(cell("丙"), cell("3"), properties="<w:hidden/>")
    )
    assert texts(f"<w:tbl>{table}</w:tbl>") == ["甲 | 1"]


def test_a_table_of_one_column_is_a_frame() -> None:
    assert texts(f"<w:tbl>{row(cell('注意書き'))}</w:tbl>") == ["注意書き"]


def test_a_strict_document_is_read() -> None:
    members = {
        "word/document.xml": (
            '<w:document xmlns:w="http://purl.oclc.org/ooxml/wordprocessingml/main"><w:body>'
            "<w:p><w:r><w:t>厳格な形式</w:t></w:r></w:p></w:body></w:document>"
        )
    }
    assert extract(package(members), "a.docx").blocks[0].text == "厳格な形式"


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "0 bytes"),
        (package({"a.txt": "x"}), "no Office file of its kind"),
        (docx(""), "no text"),
        (docx(paragraph("x"))[:-40], "truncated"),
        (
            package({"word/document.xml": '<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>'}),
            "DTD",
        ),
        (package({"word/document.xml": "<w:document>" * 3000}), "damaged"),
        (package({"word/document.xml": " " * 60_000_000}), "ZIP bomb"),
    ],
)
def test_bad_files_are_refused_with_their_reason(data: bytes, reason: str) -> None:
    with pytest.raises(ExtractError, match=reason):
        extract(data, "a.docx")


WHOLE = docx(
    paragraph("旅費", "1") + paragraph("本文") + f"<w:tbl>{row(cell('甲'), cell('乙'))}</w:tbl>"
)


@settings(max_examples=60)
@given(st.integers(0, len(WHOLE) - 1), st.binary(max_size=6))
def test_damage_is_an_error_of_extraction(place: int, noise: bytes) -> None:
    """Cut or overwritten anywhere, a file gives blocks or ExtractError, never anything else."""
    for data in (WHOLE[:place], WHOLE[:place] + noise + WHOLE[place + len(noise) :]):
        try:
            found = extract(data, "a.docx").blocks
        except ExtractError:
            continue
        assert found


INNER = st.recursive(
    st.sampled_from([run("字"), "<w:r/>", "<w:tab/>", '<w:fldChar w:fldCharType="begin"/>']),
    lambda inner: st.builds(
        "<w:{0}>{1}</w:{0}>".format,
        st.sampled_from(
            ["p", "tbl", "tr", "tc", "r", "sdt", "sdtContent", "ins", "pPr", "drawing"]
        ),
        st.lists(inner, max_size=3).map("".join),
    ),
    max_leaves=20,
)


@settings(max_examples=100)
@given(INNER)
def test_elements_in_places_that_make_no_sense_do_no_harm(inner: str) -> None:
    """Damaged and foreign files nest elements in ways that no schema allows."""
    assert extract(docx(inner + paragraph("終わり")), "a.docx").blocks


def test_a_heading_across_a_table_makes_it_a_frame() -> None:
    """Coding rules are laid out so: a heading over the columns, its text below."""
    wide = f'<w:tc><w:tcPr><w:gridSpan w:val="2"/></w:tcPr>{paragraph("命名", "1")}</w:tc>'
    row = f"<w:tc>{paragraph('')}</w:tc><w:tc>{paragraph('名は業務の用語にする。')}</w:tc>"
    found = blocks(f"<w:tbl><w:tr>{wide}</w:tr><w:tr>{row}</w:tr></w:tbl>")
    assert [(block.text, block.headings) for block in found] == [
        ("名は業務の用語にする。", ("命名",))
    ]


def test_a_heading_as_the_label_of_a_column_leaves_the_table_one() -> None:
    rows = "".join(
        f"<w:tr><w:tc>{paragraph(left, style)}</w:tc><w:tc>{paragraph(right, style)}</w:tc></w:tr>"
        for left, right, style in (("区分", "日当", "1"), ("部長", "3,000円", ""))
    )
    assert [block.kind for block in blocks(f"<w:tbl>{rows}</w:tbl>")] == ["table"]


def test_a_title_inside_is_found_when_the_source_calls_the_document_otherwise() -> None:
    """Drive and Confluence call an upload by its file name: its own title stands above then."""
    body = paragraph("旅費規程", "T") + paragraph("日当", "1") + paragraph("本文")
    extracted = extract(docx(body), "v3_final.docx")
    assert extracted.title == "旅費規程"
    assert [block.headings for block in extracted.called("旅費規程")] == [("日当",)]
    assert [block.headings for block in extracted.called("旅費規程.docx")] == [("日当",)]
    assert [block.headings for block in extracted.called("v3_final.docx")] == [("旅費規程", "日当")]
