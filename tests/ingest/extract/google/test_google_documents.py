"""Of a Docs export comes out what its reader sees, each block with a link that Docs understands."""

from __future__ import annotations

import base64
import os
from contextlib import suppress
from html import escape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.drive.exported import MEDIA_TYPE, Exported
from ingest.extract import Extracted, ExtractError, extract

STYLE = """<style type="text/css">@import url(https://themes.googleusercontent.com/fonts/css?kit=x);
.lst-kix_a-0>li:before{content:"" counter(lst-ctn-kix_a-0,decimal) ". "}
.lst-kix_a-1>li:before{content:"(" counter(lst-ctn-kix_a-1,lower-latin) ") "}
.lst-kix_j-0>li:before{content:"\\007b2c" counter(lst-ctn-kix_j-0,decimal) "\\006761 "}
.lst-kix_m-1>li:before{content:"" counter(lst-ctn-kix_m-0,upper-roman) "." counter(
lst-ctn-kix_m-1,decimal) " "}
.lst-kix_b-0>li:before{content:"\\0025cf   "}ul.lst-kix_b-0{list-style-type:none}</style>"""


def read(body: str, *, name: str = "旅費規程") -> Extracted:
    source = (
        '<html><head><meta content="text/html; charset=UTF-8" http-equiv="content-type">'
        f'{STYLE}</head><body class="c3 doc-content">{body}</body></html>'
    )
    data = Exported("document", name, source.encode()).to_bytes()
    return extract(data, media_type=MEDIA_TYPE, name=name)


def found(body: str) -> list[tuple[str, tuple[str, ...], str]]:
    return [(block.text, block.headings, block.anchor) for block in read(body).blocks]


def texts(body: str) -> list[str]:
    return [block.text for block in read(body).blocks]


def test_headings_make_a_path_and_anchors_are_those_of_docs() -> None:
    assert found(
        '<p class="c1 title" id="h.t"><span class="c2">旅費規程</span></p><p><span>前文</span></p>'
        '<h1 class="c4" id="h.gjdgxs"><span>第1章</span><span> 総則</span></h1><p>一</p>'
        '<h2 id="h.30j0zll"><span>日当</span></h2><p>二</p><h2><span>宿泊</span></h2><p>三</p>'
    ) == [
        ("前文", ("旅費規程",), "heading=h.t"),
        ("一", ("旅費規程", "第1章 総則"), "heading=h.gjdgxs"),
        ("二", ("旅費規程", "第1章 総則", "日当"), "heading=h.30j0zll"),
        ("三", ("旅費規程", "第1章 総則", "宿泊"), "heading=h.gjdgxs"),
    ]


def test_text_before_any_heading_leads_to_the_top() -> None:
    assert found('<a id="t.0"></a><p>本文</p>') == [("本文", (), "")]


def test_the_title_of_each_tab_opens_a_section_of_its_own() -> None:
    assert found(
        '<p class="c1 title" id="h.a">国内</p><h1 id="h.b">日当</h1><p>一</p>'
        '<hr style="page-break-before:always;display:none;"><p class="title c1" id="h.c">海外</p>'
        "<p>二</p>"
    ) == [("一", ("国内", "日当"), "heading=h.b"), ("二", ("海外",), "heading=h.c")]


def test_the_file_name_is_the_title() -> None:
    """Also where it looks like another type's: people call documents as they like."""
    assert read("<p>本文</p>", name="旅費規程.doc").title == "旅費規程.doc"


@pytest.mark.parametrize(
    ("source", "text"),
    [
        (
            '<span class="c1">有給</span><span class="c2">休</span><span>暇の申請</span>',
            "有給休暇の申請",
        ),
        ("<span>有給休暇&nbsp;</span><span>の申請</span>", "有給休暇 の申請"),
        ("<span>一行目<br></span><span>二行目</span>", "一行目\n二行目"),
        ("<span>A&amp;B &lt;社&gt; &quot;x&quot;</span>", 'A&B <社> "x"'),
        ("<span>&#60419;code&#60418;</span>", "code"),
        (
            '<a href="https://www.google.com/url?q=https://example.co.jp/&amp;sa=D">経費サイト</a>へ',
            "経費サイトへ",
        ),
        (
            "<a>https://www.google.com/url?q=https://example.co.jp/a%3Fb&amp;sa=D</a> を開く",
            "https://example.co.jp/a?b を開く",
        ),
    ],
)
def test_text_is_as_it_is_read(source: str, text: str) -> None:
    assert texts(f"<p>{source}</p>") == [text]


COMMENTED = (
    "<p><span>日当は</span><sup><a href='#cmnt1' id='cmnt_ref1'>[a]</a></sup>3,000円</p>"
    "<table><tr><td><p>部長<sup><a href='#cmnt2' id='cmnt_ref2'>[b]</a></sup></p></td></tr></table>"
    "<div class='c9'><p><a href='#cmnt_ref1' id='cmnt1'>[a]</a><span>高すぎる</span></p>"
    "<p><span>同感</span></p></div>"
    "<div class='c9'><p><a href='#cmnt_ref2' id='cmnt2'>[b]</a><span>要確認</span></p></div>"
)


def test_comments_and_their_marks_are_left_out() -> None:
    """They are talk about the document, and cut its words in two."""
    assert texts(COMMENTED) == ["日当は3,000円", "部長"]


def test_a_footnote_follows_what_it_is_noted_at_and_comes_once() -> None:
    note = (
        "<hr><div><p><a href='#ftnt_ref{0}' id='ftnt{0}'>[{0}]</a><span>&nbsp;{1}</span></p></div>"
    )
    mark = "<sup><a href='#ftnt{0}' id='ftnt_ref{0}'>[{0}]</a></sup>"
    assert found(
        f"<h1 id='h.a'>日当{mark.format(1)}</h1><p>部長{mark.format(2)}は3,000円</p><p>後</p>"
        f"<h1 id='h.b'>宿泊</h1><ul class='lst-kix_b-0'><li>東京{mark.format(3)}</li>"
        f"<li>大阪</li></ul><p>続き</p><table><tr><td><p>上限{mark.format(4)}</p></td></tr></table>"
        + note.format(1, "税込")
        + note.format(2, "役員を含む")
        + note.format(3, "23区")
        + note.format(4, "一泊")
        + note.format(5, "印なし")
    ) == [
        ("税込", ("日当",), "heading=h.a"),
        ("部長は3,000円", ("日当",), "heading=h.a"),
        ("役員を含む", ("日当",), "heading=h.a"),
        ("後", ("日当",), "heading=h.a"),
        ("- 東京\n- 大阪", ("宿泊",), "heading=h.b"),
        ("23区", ("宿泊",), "heading=h.b"),
        ("続き", ("宿泊",), "heading=h.b"),
        ("上限", ("宿泊",), "heading=h.b"),
        ("一泊", ("宿泊",), "heading=h.b"),
        ("印なし", ("宿泊",), "heading=h.b"),
    ]


def test_footnotes_in_a_single_box_are_told_apart() -> None:
    assert texts(
        "<p>本文<sup><a href='#ftnt1' id='ftnt_ref1'>[1]</a></sup></p><p>次</p><div>"
        "<p><a href='#ftnt_ref1' id='ftnt1'>[1]</a> 一</p>"
        "<p><a href='#ftnt_ref2' id='ftnt2'>[2]</a> 二</p></div>"
    ) == ["本文", "一", "次", "二"]


def test_lists_in_lists_are_told_by_their_classes() -> None:
    """Docs writes them one after the other, not one in the other."""
    assert texts(
        '<ol class="c1 lst-kix_a-0 start" start="1"><li>申請する</li></ol>'
        '<ol class="c1 lst-kix_a-1 start" start="1"><li>紙</li><li>電子</li></ol>'
        '<ol class="c1 lst-kix_a-0" start="2"><li>承認する</li></ol>'
        '<ol class="c1 lst-kix_a-1 start" start="1"><li>部長</li></ol><p>間</p>'
        '<ol class="c1 lst-kix_a-0" start="3"><li>支払う</li></ol>'
        '<ul class="lst-kix_b-0 start"><li>現金</li></ul>'
    ) == [
        "1. 申請する\n  (a) 紙\n  (b) 電子\n2. 承認する\n  (a) 部長",
        "間",
        "3. 支払う\n- 現金",
    ]


def test_numbers_are_those_that_docs_prints() -> None:
    assert texts(
        '<ol class="lst-kix_j-0 start" start="1"><li>目的</li><li>適用</li></ol><p>間</p>'
        '<ol class="lst-kix_m-0 start" start="4"><li>章</li></ol>'
        '<ol class="lst-kix_m-1 start" start="1"><li>節</li></ol>'
    ) == ["第1条 目的\n第2条 適用", "間", "4. 章\n  IV.1 節"]


def test_a_numbered_heading_is_a_heading() -> None:
    """Docs puts it into an item of a list."""
    assert found(
        '<ol class="lst-kix_j-0 start" start="1"><li><h2 id="h.a" style="display:inline">'
        "<span>目的</span></h2></li></ol><p>本文</p>"
        '<ol class="lst-kix_j-0" start="2"><li><h2 id="h.b">適用</h2></li></ol><p>次</p>'
    ) == [
        ("本文", ("第1条 目的",), "heading=h.a"),
        ("次", ("第2条 適用",), "heading=h.b"),
    ]


def test_a_table_of_contents_is_not_repeated() -> None:
    assert texts(
        '<p><span><a href="#h.a">日当</a></span><span>&nbsp;&nbsp;</span><a href="#h.a">3</a></p>'
        '<p><a href="#h.b">宿泊 2024</a></p>'
        '<h1 id="h.a">日当</h1><p>一</p><h1 id="h.b">宿泊 2024</h1>'
        '<p>二は<a href="#h.a">日当</a>を見る</p><p><a href="#h.a">別の言い方</a></p>'
    ) == ["一", "二は日当を見る", "別の言い方"]


def test_tables_have_a_row_a_line() -> None:
    (block,) = read(
        '<a id="t.1"></a><table class="c1"><tr class="c2"><td colspan="1" rowspan="2"><p><span>等級'
        '</span></p></td><td colspan="2" rowspan="1"><p>日当</p></td></tr><tr><td><p>国内</p></td>'
        "<td><p>海</p><p>外</p></td></tr></table>"
    ).blocks
    assert (block.kind, block.text) == ("table", "等級 | 日当 | 日当\n等級 | 国内 | 海 外")


def test_headers_and_footers_come_once_at_the_end() -> None:
    """They belong to no section; page numbers alone are no text."""
    assert found(
        "<div><p>社外秘</p></div><h1 id='h.a'>日当</h1><p>本文</p>"
        "<div><p>株式会社例</p><p>3 / 7</p><p>社外秘</p></div>"
    ) == [
        ("本文", ("日当",), "heading=h.a"),
        ("社外秘\n株式会社例", (), ""),
    ]


def test_images_are_not_even_decoded() -> None:
    """Their base64 is most of a large export; what the document says of them stays."""
    image = base64.b64encode(os.urandom(30_000)).decode()
    body = (
        f'<p><span style="overflow: hidden; width: 1px"><img alt="申請の流れ" '
        f'src="data:image/png;base64,{image}" style="width: 1px" title=""></span></p>'
    )
    assert texts(body) == ["申請の流れ"]
    assert texts('<p>src="data:image/png;base64,AAAA" と書く</p>') == [
        'src="data:image/png;base64,AAAA" と書く'
    ]


def test_fifty_megabytes_of_images_are_read() -> None:
    image = "data:image/png;base64," + "QUJD" * 2_500_000
    extracted = read("".join(f'<p>図{n}<img src="{image}"></p>' for n in range(5)))
    assert [block.text for block in extracted.blocks] == [f"図{n}" for n in range(5)]


@pytest.mark.parametrize(
    "body", ["", "<p><span></span></p>", '<p><img src="data:image/png;x"></p>']
)
def test_a_document_without_text_is_told(body: str) -> None:
    with pytest.raises(ExtractError, match="no text"):
        read(body)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\n",
        b"{}\n",
        b"[]\nx",
        b"\xff\xfe\n",
        b'{"kind":"form","name":"x","sheets":[],"slides":[]}\n<p>x',
        b'{"kind":"document","name":1,"sheets":[],"slides":[]}\n<p>x',
        b'{"kind":"document","name":"x","sheets":[[true,"a",false]],"slides":[]}\n<p>x',
        b'{"kind":"document","name":"x","sheets":[[1,"a"]],"slides":[]}\n<p>x',
        b'{"kind":"document","name":"x","sheets":[],"slides":[[1,false]]}\n<p>x',
        b'{"kind":"document","name":"x","sheets":{"a":1},"slides":[]}\n<p>x',
        b"[" * 100_000 + b"\n<p>x",
    ],
)
def test_what_the_connector_did_not_write_is_refused(data: bytes) -> None:
    with pytest.raises(ExtractError, match=r"connector|empty"):
        extract(data, media_type=MEDIA_TYPE, name="x")


WORDS = st.text(
    st.sampled_from("有給休暇申請経費精算のはをにカナ、。「」Aa1"), min_size=1, max_size=8
)


@given(st.lists(st.lists(WORDS, min_size=1, max_size=4), min_size=1, max_size=6))
def test_words_split_over_spans_come_out_whole(paragraphs: list[list[str]]) -> None:
    body = "".join(
        "<p>" + "".join(f'<span class="c1">{escape(word)}</span>' for word in words) + "</p>"
        for words in paragraphs
    )
    assert texts(body) == ["".join(words) for words in paragraphs]


@given(st.text(alphabet="<>/ap h1uolid='\"=#ftnt_cm-kix0.& あ\n", max_size=200))
def test_no_markup_brings_it_down(body: str) -> None:
    with suppress(ExtractError):
        read(f"<p>始</p>{body}")
