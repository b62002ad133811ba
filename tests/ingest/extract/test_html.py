"""Of an HTML page comes out what its reader sees, in order, with a way back to each place."""

from __future__ import annotations

from html import escape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.extract import Block, Extracted, extract


def read(source: str | bytes, **options: str) -> Extracted:
    data = source.encode() if isinstance(source, str) else source
    return extract(data, media_type=options.get("media_type", "text/html"), name="page.html")


def texts(source: str) -> list[str]:
    return [block.text for block in read(source).blocks]


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("<p>有給<strong>休暇</strong>の申請</p>", "有給休暇の申請"),
        ("<p>有給\n  <a href='x'>休暇</a>\nの申請</p>", "有給休暇の申請"),
        ("<p>1万<b>2千</b>円</p>", "1万2千円"),
        ("<p>郵便<!-- 隠す -->物</p>", "郵便物"),
        ("<p>有給<wbr>休<span>暇</span></p>", "有給休暇"),
        ("<p>paid\n<em>leave</em></p>", "paid leave"),
        ("<p><ruby>稟議<rp>（</rp><rt>りんぎ</rt><rp>）</rp></ruby>書</p>", "稟議書"),
        ("<p><ruby><rb>稟</rb><rt>りん</rt><rb>議</rb><rt>ぎ</rt></ruby>書</p>", "稟議書"),
        ("<p>A&amp;B&nbsp;&lt;社&gt; &#x9AD9; &hellip;</p>", "A&B <社> 髙 …"),
        ("<p>一行目<br>二行目</p>", "一行目\n二行目"),
        ("<p>図：<img src='a' alt='申請の流れ'></p>", "図：申請の流れ"),
        ("<p>注<sup><a href='#fn1'>1</a></sup>あり</p>", "注あり"),
        ("<p>10<sup>2</sup></p>", "102"),
        (
            "<p>入力欄<input value='隠'><select><option>選択</select><textarea>初期</textarea></p>",
            "入力欄",
        ),
    ],
)
def test_inline_markup_never_splits_a_word(source: str, text: str) -> None:
    assert texts(source) == [text]


def test_block_elements_split() -> None:
    assert texts("<div>一<p>二</p>三<section>四</section></div>") == ["一", "二", "三", "四"]


@pytest.mark.parametrize(
    "hidden",
    [
        "<p hidden>秘密</p>",
        "<p hidden=''>秘密</p>",
        "<span aria-hidden='true'>秘密</span>",
        "<div style='color:red; display : none'><p>秘密</p></div>",
        "<div style='VISIBILITY:hidden'>秘密</div>",
        "<script>秘密</script>",
        "<style>秘密{}</style>",
        "<template><p>秘密</p></template>",
        "<noscript>秘密</noscript>",
        "<!-- 秘密 -->",
        "<!-- <p>秘密</p> --",
        "<!--[if IE]><p>秘密</p><![endif]-->",
        "<dialog>秘密</dialog>",
        "<iframe>秘密</iframe>",
        "<object>秘密</object>",
        "<svg><title>秘密</title><desc>秘密</desc></svg>",
        "<math><annotation>秘密</annotation></math>",
        "<table hidden><tr><td>秘密</td></tr></table>",
        "<table><tr><td>可<tr style='display:none'><td>秘密</table>",
        "<table><tr><td>可<td hidden>秘密</table>",
        "<h2>見<span hidden>秘密</span></h2>",
        "<pre>可<span hidden>秘密</span></pre>",
        "<ul><li>可<li hidden>秘密</ul>",
        "<p>可<span class='sr-only'>秘密</span></p>",
        "<h2>可<span class='icon visually-hidden'>秘密</span></h2>",
        "<p>可<span class='screen-reader-text'>秘密</span></p>",
    ],
)
def test_what_a_reader_does_not_see_is_never_indexed(hidden: str) -> None:
    """Also where a comment is never closed."""
    extracted = read(f"<h1>規程</h1><p>本文</p>{hidden}")
    assert "秘密" not in repr(extracted.blocks)
    assert "本文" in repr(extracted.blocks)


FRAMES = [
    *("gnavi", "p-breadcrumb", "pankuzu", "btn-pagetop", "sns-share", "sidebar-right", "l-header"),
    *("headerInner", "footer_inner", "footer-links", "spMenu", "drawer-menu", "hamburger"),
    *("pagenation", "post-navigation", "hs-eu-cookie-confirmation", "modal-cookie", "utilityNav"),
    *("subColumn", "comment-respond", "c-footer", "post-tags", "newsletter-signup", "nav-links"),
    *("entry-meta", "entry-footer", "author-box"),
]
CONTENT = "subject contents main-contents path-to-success cookies menu-plan headline sharepoint"


@pytest.mark.parametrize("kind", ["id", "class"])
def test_frames_are_known_by_the_names_that_sites_give_them(kind: str) -> None:
    """And what only sounds like one is content: the section `cookies` of a policy, say."""
    body = "<h1>有給休暇</h1>" + "<p>取得日の3営業日前までに申請する。</p>" * 3
    for name in FRAMES:
        assert texts(f"<div {kind}='{name}'>枠</div><div>{body}</div>")[0] != "枠", name
    for name in CONTENT.split():
        assert texts(f"<div {kind}='{name}'>文</div><div>{body}</div>")[0] == "文", name


@pytest.mark.parametrize("source", ["<section id={}>", "<div class=section id={}>"])
def test_a_section_whose_heading_sounds_like_a_frame_is_content(source: str) -> None:
    """Generators give sections the words of their headings as ids."""
    for name in ("navigation", "footer", "share", "drawer"):
        assert texts(f"<main>{source.format(name)}<h2>{name}</h2><p>本文</p>") == ["本文"]


@pytest.mark.parametrize(
    "frame",
    [
        "<nav>枠</nav>",
        "<header>枠</header>",
        "<footer>枠</footer>",
        "<aside>枠</aside>",
        "<div role='navigation'>枠</div>",
        "<div class='cookie-banner'>枠</div>",
        "<div id='onetrust-consent-sdk'>枠</div>",
        "<div class='l-sidebar sidebar'>枠</div>",
        "<div id='side'>枠</div>",
        "<div class='side-contents'>枠</div>",
        "<ol class='breadcrumb'><li>枠</ol>",
        "<p><a href='/ja'>枠</a> | <a href='/en'>枠</a> | <a href='/fr'>枠</a></p>",
    ],
)
@pytest.mark.parametrize(
    "main", ["<main>{}</main>", "<div role=main>{}</div>", "<article>{}</article>", "<div>{}</div>"]
)
def test_the_frame_of_a_page_is_not_its_text(frame: str, main: str) -> None:
    body = "<h1>有給休暇</h1>" + "<p>取得日の3営業日前までに申請する。</p>" * 3
    extracted = read(f"<body>{frame}{main.format(body)}{frame}</body>")
    assert "枠" not in repr(extracted.blocks)
    assert [block.text for block in extracted.blocks] == ["取得日の3営業日前までに申請する。"] * 3


def test_a_header_inside_the_document_belongs_to_it() -> None:
    extracted = read("<main><header><h1>規程</h1><p>前文</p></header><p>本文</p></main>")
    assert [block.text for block in extracted.blocks] == ["前文", "本文"]


def test_an_element_with_the_main_heading_is_no_frame() -> None:
    extracted = read("<div class='page-header header'><h1>規程</h1></div><p>本文</p>")
    assert extracted.title == "規程"


def test_a_page_that_is_all_frame_is_read_all_the_same() -> None:
    """Better a menu than a silent nothing."""
    assert texts("<nav><p>社内リンク</p></nav>") == ["社内リンク"]


def test_notes_in_asides_belong_to_the_document() -> None:
    assert "注意" in texts("<main><p>本文</p><aside class='note'>注意</aside></main>")


def test_headings_make_a_path_and_anchors_lead_to_them() -> None:
    extracted = read(
        "<title>規程集</title><h1 id=top>就業規則</h1><p>一</p><h2>"
        "<a name=leave>休暇</a></h2><p>二</p>"
        "<section id=special><h3>特別休暇<a class=headerlink href='#special'>¶</a></h3>"
        "<p>三</p></section>"
        "<a id=pay></a><h2>賃金</h2><p>四</p><h3>番号なし</h3><p>五</p>"
    )
    assert [(block.text, block.headings, block.anchor) for block in extracted.blocks] == [
        ("一", ("就業規則",), "top"),
        ("二", ("就業規則", "休暇"), "leave"),
        ("三", ("就業規則", "休暇", "特別休暇"), "special"),
        ("四", ("就業規則", "賃金"), "pay"),
        ("五", ("就業規則", "賃金", "番号なし"), "pay"),
    ]
    assert extracted.title == "就業規則"


def test_a_heading_without_text_under_it_is_found_too() -> None:
    extracted = read("<h1>規程</h1><h2 id=a>廃止</h2><h2>次</h2><p>本文</p>")
    assert extracted.blocks[0] == Block("廃止", "paragraph", ("規程",), "a")


def test_the_title_falls_back_to_the_title_element_and_the_file_name() -> None:
    assert read("<title> 社内\n規程 </title><p>本文").title == "社内規程"
    assert extract("<p>本文".encode(), media_type=None, name="a/旅費.html.ja.utf8").title == "旅費"


def test_lists_keep_numbers_and_nesting() -> None:
    assert texts(
        "<ol start=3><li>申請する<ul>"
        "<li>紙<li>電子</ul>続き<li value=7>承認する<p>部長が行う</p></ol>"
    ) == ["3. 申請する\n  - 紙\n  - 電子\n   続き\n7. 承認する\n   部長が行う"]


def test_definition_lists_keep_terms_with_their_meaning() -> None:
    extracted = read("<dl><dt>年休<dd>年次有給休暇<dt id=furi>振休<dd>振替休日<dd>休日の振替</dl>")
    assert [(block.text, block.anchor) for block in extracted.blocks] == [
        ("年休\n  年次有給休暇", ""),
        ("振休\n  振替休日\n  休日の振替", "furi"),
    ]


def test_code_stays_as_it_is() -> None:
    (block,) = read("<pre><code>if x:\n    y  = <b>1</b>\n\nend</code></pre>").blocks
    assert (block.kind, block.text) == ("code", "if x:\n    y  = 1\n\nend")


def test_tables_have_a_row_a_line_with_merged_cells_filled() -> None:
    (block,) = read(
        "<table><thead><tr><th rowspan=2>等級<th colspan=2>日当</tr><tr>"
        "<th>国内<th>海外</tr></thead>"
        "<tr><td>部長<td>3,000<br>円<td rowspan=2>別途</tr><tr><td>課長<td><ul>"
        "<li>2,500<li>円</ul></tr>"
        "<tr><td colspan=3>宿泊を伴わない場合</table>"
    ).blocks
    assert block.kind == "table"
    assert block.header_rows == 2
    assert block.text.split("\n") == [
        "等級 | 日当 | 日当",
        "等級 | 国内 | 海外",
        "部長 | 3,000 円 | 別途",
        "課長 | 2,500 円 | 別途",
        "宿泊を伴わない場合",
    ]


def test_tables_that_lay_out_a_page_are_walked_as_a_page() -> None:
    extracted = read(
        "<table><tr><td><h2>休暇</h2><p>本文</p><td><table><tr><th>a<td>b</table></table>"
    )
    assert [(block.kind, block.text) for block in extracted.blocks] == [
        ("paragraph", "本文"),
        ("table", "a | b"),
    ]


def test_a_caption_stands_before_its_table() -> None:
    assert texts("<table><caption>表1</caption><tr><td>a<td>b</table>") == ["表1", "a | b"]


def test_the_contents_list_of_a_page_is_not_repeated() -> None:
    links = "".join(f"<li><a href='#s{n}'>第{n}章</a>" for n in range(4))
    assert texts(f"<h1>規程</h1><ul>{links}</ul><p>本文</p>") == ["本文"]


@pytest.mark.parametrize("encoding", ["utf-8", "cp932", "euc_jp", "iso2022_jp", "utf-16"])
def test_the_charset_is_found(encoding: str) -> None:
    label = {"cp932": "Shift_JIS", "euc_jp": "EUC-JP", "iso2022_jp": "ISO-2022-JP"}.get(
        encoding, encoding
    )
    source = (
        f"<meta http-equiv=Content-Type content='text/html; charset={label}'><p>有給休暇の申請</p>"
    )
    assert read(source.encode(encoding)).blocks[0].text == "有給休暇の申請"


def test_the_charset_of_the_transport_is_used() -> None:
    data = "<p>caf\u00e9</p>".encode("latin-1")
    assert read(data, media_type="text/html; charset=iso-8859-1").blocks[0].text == "café"


def test_meta_elements_tell_day_and_owner() -> None:
    extracted = read(
        "<meta property='article:modified_time' content='2024-05-01T09:00:00+09:00'>"
        "<meta name=author content=総務部><p>本文"
    )
    assert extracted.owner == "総務部"
    assert extracted.updated is not None
    assert extracted.updated.isoformat() == "2024-05-01T09:00:00+09:00"


def test_xhtml_elements_that_close_themselves_swallow_nothing() -> None:
    source = (
        "<?xml version='1.0'?><html><head><title/><script src='x'/></head><body><a id='a'/>"
        "<p>本文</p></body></html>"
    )
    assert texts(source) == ["本文"]


WORDS = st.text(st.sampled_from("有給休暇申請経費精算のはをにカナ、。「」"), min_size=1, max_size=8)
INLINE = ["b", "span", "a", "em", "code", "strong", "u", "font", "mark", "i"]


@given(
    st.lists(
        st.lists(
            st.tuples(WORDS, st.sampled_from(INLINE), st.sampled_from(["", "\n", "\n  "])),
            min_size=1,
        ),
        min_size=1,
    )
)
def test_visible_japanese_comes_out_in_order_without_spaces(
    paragraphs: list[list[tuple[str, str, str]]],
) -> None:
    source = "".join(
        "<p>" + "".join(f"{gap}<{tag}>{escape(word)}</{tag}>" for word, tag, gap in words) + "</p>"
        for words in paragraphs
    )
    assert texts(source) == ["".join(word for word, _, _ in words) for words in paragraphs]


@given(
    st.recursive(
        WORDS.map(lambda word: (word, word)),
        lambda inner: st.tuples(
            st.sampled_from(
                [
                    "div",
                    "ul><li",
                    "b",
                    "section",
                    "blockquote",
                    "span",
                    "details",
                    "td",
                    "p",
                    "h3",
                    "li",
                ]
            ),
            st.lists(inner, min_size=1, max_size=4),
        ).map(
            lambda made: (
                f"<{made[0]}>"
                + "".join(s for s, _ in made[1])
                + "</"
                + made[0].split(">")[0]
                + ">",
                "".join(t for _, t in made[1]),
            )
        ),
        max_leaves=20,
    )
)
def test_any_nesting_keeps_every_character_in_order(made: tuple[str, str]) -> None:
    """Headings move from the running text to the path, but nothing is lost."""
    source, visible = made
    seen = "".join(
        "".join(block.text.replace("- ", "").split()) + "".join(block.headings)
        for block in read(f"<p>始</p>{source}").blocks
    )
    assert set("".join(visible.split())) <= set(seen)
    if "<h3>" not in source:
        assert seen == "始" + visible


def test_the_same_bytes_always_give_the_same_blocks() -> None:
    source = "<h1>a</h1><ul><li>b</ul><table><tr><td>c</table>"
    assert read(source) == read(source)
