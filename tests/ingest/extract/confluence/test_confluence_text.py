"""Of Confluence's storage format comes out what a reader of the page sees, in order."""

from __future__ import annotations

import subprocess
import sys

import pytest
from confluence_markup import macro, read, texts

from connectors.confluence import storage
from connectors.confluence.storage import Comment
from ingest.chunk import Chunk
from ingest.encode import SparseVector
from ingest.extract import ExtractError, extract, media, unreadable
from ingest.extract.blocks import Block
from ingest.japanese import Analyzer
from ingest.lexical import VECTOR, LexicalEncoder


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("<p>有給<strong>休暇</strong>の申請</p>", "有給休暇の申請"),
        ("<p>有給\n  <u>休暇</u>\nの申請</p>", "有給休暇の申請"),
        ("<p>1万<em>2千</em>円</p>", "1万2千円"),
        ("<p>paid\n<em>leave</em> of <span>absence</span></p>", "paid leave of absence"),
        ("<p>A&amp;B&nbsp;&lt;社&gt; &#x9AD9; &hellip; &yen;100&rarr;</p>", "A&B <社> 髙 … ¥100→"),
        ("<p>知らない&foo;と&と&#0;</p>", "知らない&foo;と&と"),
        ("<p>一行目<br />二行目</p>", "一行目\n二行目"),
        ("<p>郵便<!-- 隠す -->物</p>", "郵便物"),
        (
            '<p>有給<ac:inline-comment-marker ac:ref="7f1c">休</ac:inline-comment-marker>暇</p>',
            "有給休暇",
        ),
        ("<p>前<ac:placeholder>ここに書く</ac:placeholder>後</p>", "前後"),
        ('<p>期限は<time datetime="2026-11-22" />です。</p>', "期限は2026年11月22日です。"),
        ('<p>期限は<time datetime="?">未定</time>です。</p>', "期限は未定です。"),
        ("<p>10<sup>2</sup>、H<sub>2</sub>O</p>", "102、H2O"),
    ],
)
def test_inline_markup_never_splits_a_word(markup: str, text: str) -> None:
    assert texts(markup) == [text]


def test_blocks_and_layouts_split() -> None:
    """Sections and columns only arrange a page."""
    assert texts(
        '<ac:layout><ac:layout-section ac:type="two_equal"><ac:layout-cell><p>一</p><p>二</p>'
        "</ac:layout-cell><ac:layout-cell><blockquote><p>三</p></blockquote></ac:layout-cell>"
        "</ac:layout-section></ac:layout><hr /><div>四</div>"
    ) == ["一", "二", "三", "四"]


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ('<ac:link><ri:user ri:account-id="acc-1" /></ac:link>', "佐藤 花子"),
        ('<ac:link><ri:user ri:userkey="key-2" /></ac:link>', "鈴木"),
        ('<ac:link><ri:user ri:username="tanaka" /></ac:link>', "田中 Ichiro"),
        ('<ac:link><ri:user ri:account-id="unknown-9" /></ac:link>', ""),
        ('<ac:link><ri:page ri:content-title="経費精算" /></ac:link>', "経費精算"),
        (
            (
                '<ac:link><ri:page ri:content-title="経費精算" ri:space-key="FIN" />'
                "<ac:link-body>締め<strong>日</strong></ac:link-body></ac:link>"
            ),
            "締め日",
        ),
        (
            (
                '<ac:link ac:anchor="x"><ri:page ri:content-title="経費精算" />'
                "<ac:plain-text-link-body><![CDATA[A & B]]></ac:plain-text-link-body></ac:link>"
            ),
            "A & B",
        ),
        (
            (
                '<ac:link><ri:page ri:content-title="経費精算" />'
                "<ac:plain-text-link-body><![CDATA[]]></ac:plain-text-link-body></ac:link>"
            ),
            "経費精算",
        ),
        ('<ac:link><ri:page ri:space-key="FIN" /></ac:link>', "旅費規程"),
        (
            (
                '<ac:link><ri:blog-post ri:content-title="お知らせ" ri:posting-day="2026/11/22" />'
                "</ac:link>"
            ),
            "お知らせ",
        ),
        ('<ac:link><ri:attachment ri:filename="様式1.xlsx" /></ac:link>', "様式1.xlsx"),
        (
            (
                '<ac:link><ri:attachment ri:filename="様式1.xlsx"><ri:page ri:content-title="元" />'
                "</ri:attachment><ac:link-body>様式</ac:link-body></ac:link>"
            ),
            "様式",
        ),
        ('<ac:link ac:anchor="第2条" />', "第2条"),
        ('<ac:link><ri:space ri:space-key="SECRETKEY" /></ac:link>', ""),
        ('<a href="https://example.com/?q=1">詳細</a>', "詳細"),
    ],
)
def test_a_link_reads_as_its_words_or_what_it_leads_to(markup: str, text: str) -> None:
    """A person is a name, never an id; somebody unknown is left out."""
    assert texts(f"<p>申請は{markup}へ。</p>") == [f"申請は{text}へ。"]


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        (
            (
                '<ac:image ac:alt="申請の流れ" ac:width="600"><ri:attachment ri:filename="a.png" />'
                "</ac:image>"
            ),
            "申請の流れ",
        ),
        ('<ac:image><ri:attachment ri:filename="構成図.png" /></ac:image>', ""),
        ('<ac:image ac:alt="スクリーンショット 1.PNG"><ri:url ri:value="x" /></ac:image>', ""),
        ("<img src='x' alt='組織図' />", "組織図"),
        ('<ac:emoticon ac:name="smile" ac:emoji-fallback="😄" />', "😄"),
        ('<ac:emoticon ac:name="x" ac:emoji-shortname=":x:" ac:emoji-fallback=":x:" />', ""),
        ('<ac:emoticon ac:name="tick" />', "✔"),
        ('<ac:emoticon ac:name="thumbs-up" />', ""),
    ],
)
def test_pictures_read_as_their_authors_words(markup: str, text: str) -> None:
    """Not as names of files, nor as codes of emoji."""
    assert texts(f"<p>図：{markup}</p>") == [f"図：{text}"]


def test_a_caption_is_read_once_and_as_a_block() -> None:
    image = '<ac:image ac:alt="{}"><ri:attachment ri:filename="a.png" /><ac:caption><p>図1 流れ</p>'
    closed = "</ac:caption></ac:image>"
    assert texts(image.format("図1 流れ") + closed) == ["図1 流れ"]
    assert texts(image.format("承認の順序") + closed) == ["承認の順序", "図1 流れ"]


def test_lists_keep_numbers_and_nesting() -> None:
    assert texts(
        '<ol start="3"><li><p>申請する</p><ul><li><p>紙</p></li><li>電子</li></ul></li>'
        "<li><p>承認する</p><p>部長が行う</p></li></ol>"
    ) == ["3. 申請する\n  - 紙\n  - 電子\n4. 承認する\n   部長が行う"]


def test_tasks_show_their_state_who_has_them_and_until_when() -> None:
    def task(state: str, body: str) -> str:
        return (
            f"<ac:task><ac:task-id>17</ac:task-id><ac:task-uuid>u-u</ac:task-uuid>"
            f"<ac:task-status>{state}</ac:task-status><ac:task-body>"
            f'<span class="placeholder-inline-tasks">{body}</span></ac:task-body></ac:task>'
        )

    who = '<ac:link><ri:user ri:account-id="acc-1" /></ac:link>'
    tasks = (
        task("incomplete", f'{who} が<time datetime="2026-12-01" />までに承認')
        + task("complete", "書式を作る")
        + f"<ac:task-list>{task('complete', '雛形')}</ac:task-list>"
        + task("incomplete", "<ac:placeholder>入力</ac:placeholder>")
    )
    assert texts(f"<ac:task-list>{tasks}</ac:task-list>") == [
        "- ☐ 佐藤 花子 が2026年12月1日までに承認\n- ☑ 書式を作る\n  - ☑ 雛形"
    ]


def test_tables_have_a_row_a_line_with_merged_cells_filled() -> None:
    (block,) = read(
        '<table data-layout="wide"><ac:adf-fragment-mark><ac:adf-fragment-mark-detail name="T" />'
        '</ac:adf-fragment-mark><colgroup><col /></colgroup><tbody><tr><th rowspan="2"><p>等級</p>'
        '</th><th colspan="2"><p>日当</p></th></tr><tr><th><p>国内</p></th><th><p>海外</p></th>'
        '</tr><tr><td><p>部長</p></td><td><p>3,000<br />円</p></td><td rowspan="2"><p>別途</p></td>'
        "</tr><tr><td><p>課長</p></td><td><ul><li><p>2,500</p></li><li><p>円</p></li></ul></td>"
        '</tr><tr><td colspan="3"><p>宿泊を伴わない場合</p></td></tr></tbody></table>'
    ).blocks
    assert (block.kind, block.header_rows) == ("table", 2)
    assert block.text.split("\n") == [
        "等級 | 日当 | 日当",
        "等級 | 国内 | 海外",
        "部長 | 3,000 円 | 別途",
        "課長 | 2,500 円 | 別途",
        "宿泊を伴わない場合",
    ]


def test_what_stands_in_a_cell_is_read_like_anything_else() -> None:
    status = macro("status", colour="Green", title="完了")
    panel = macro("info", "<p>要承認</p>", title="注意")
    code = macro("code", plain="kurage ingest  --all", language="bash")
    who = '<ac:link><ri:user ri:userkey="key-2" /></ac:link>'
    tasks = (
        "<ac:task-list><ac:task><ac:task-status>complete</ac:task-status><ac:task-body>確認"
        "</ac:task-body></ac:task></ac:task-list>"
    )
    row = "".join(f"<td>{cell}</td>" for cell in (status, panel, code, who, tasks))
    assert texts(f"<table><tbody><tr>{row}</tr></tbody></table>") == [
        "完了 | 注意 要承認 | kurage ingest --all | 鈴木 | ☑ 確認"
    ]


@pytest.mark.parametrize(
    ("inside", "kinds"),
    [
        ("<table><tr><th>a</th><td>b</td></tr></table>", ["paragraph", "table"]),
        ("<h2>節</h2><p>本文</p>", ["paragraph", "paragraph"]),
        (macro("code", plain="if x:\n    y"), ["paragraph", "code"]),
    ],
)
def test_a_table_that_holds_what_no_line_can_is_read_as_blocks(
    inside: str, kinds: list[str]
) -> None:
    found = read(f"<table><tbody><tr><td><p>左</p></td><td>{inside}</td></tr></tbody></table>")
    assert [block.kind for block in found.blocks] == kinds


def test_a_caption_stands_before_its_table() -> None:
    markup = "<table><caption>表1</caption><tbody><tr><td>a</td><td>b</td></tr></tbody></table>"
    assert texts(markup) == ["表1", "a | b"]


def test_preformatted_text_stays_as_it_is() -> None:
    (block,) = read("<pre>if x:\n    y  = <b>1</b><br />end</pre>").blocks
    assert block == Block("if x:\n    y  = 1\nend", "code")


@pytest.mark.parametrize(
    "hidden",
    [
        '<p style="color: red; display : none">秘密</p>',
        '<span style="visibility:hidden">秘密</span>',
        "<p hidden=''>秘密</p>",
        "<script>秘密</script>",
        "<style>秘密</style>",
        "<ac:unheard-of>秘密</ac:unheard-of>",
        "<at:declarations><at:string at:name='秘密'>秘密</at:string></at:declarations>",
        '<table><tbody><tr><td>可</td><td style="display:none">秘密</td></tr></tbody></table>',
    ],
)
def test_what_a_reader_does_not_see_is_never_indexed(hidden: str) -> None:
    extracted = read(f"<p>本文</p>{hidden}")
    assert "秘密" not in repr(extracted)
    assert "本文" in repr(extracted.blocks)


def adf(node: str, fallback: str = "") -> str:
    return (
        f"<ac:adf-extension>{node}<ac:adf-fallback>{fallback}</ac:adf-fallback></ac:adf-extension>"
    )


def test_a_panel_of_the_new_editor_is_read_once() -> None:
    """Its node and its stand-in hold the same words."""
    node = (
        '<ac:adf-node type="panel"><ac:adf-attribute key="panel-type">note</ac:adf-attribute>'
        '<ac:adf-attribute key="local-id">u-u</ac:adf-attribute><ac:adf-content><p>注意点</p>'
        "</ac:adf-content></ac:adf-node>"
    )
    fallback = '<div class="panel"><p>注意点</p></div>'
    assert texts(f"<p>前</p>{adf(node, fallback)}<p>後</p>") == ["前", "注意点", "後"]
    assert texts(adf("", fallback)) == ["注意点"]


def test_decisions_are_a_list_and_read_once() -> None:
    items = "".join(
        '<ac:adf-node type="decision-item"><ac:adf-attribute key="state">DECIDED</ac:adf-attribute>'
        f"<ac:adf-content>{text}</ac:adf-content></ac:adf-node>"
        for text in ("月末に締める", "翌月払い")
    )
    fallback = "<ul><li>月末に締める</li><li>翌月払い</li></ul>"
    node = (
        '<ac:adf-node type="decision-list"><ac:adf-attribute key="local-id">u</ac:adf-attribute>{}'
        "</ac:adf-node>"
    )
    assert texts(adf(node.format(items), fallback)) == ["- 月末に締める\n- 翌月払い"]
    inside = f"{items}<ac:adf-fallback>{fallback}</ac:adf-fallback>"
    assert texts(adf(node.format(inside))) == ["- 月末に締める\n- 翌月払い"]


def test_an_app_of_the_new_editor_is_reported_and_leaks_no_setting() -> None:
    node = (
        '<ac:adf-node type="extension"><ac:adf-attribute key="extension-key">'
        "app/env/static/plantuml</ac:adf-attribute>"
        '<ac:adf-attribute key="parameters"><ac:adf-parameter key="k">SECRET</ac:adf-parameter>'
        '</ac:adf-attribute><ac:adf-mark key="data-consumer"><ac:adf-data-consumer-source>SECRET'
        "</ac:adf-data-consumer-source></ac:adf-mark></ac:adf-node>"
    )
    extracted = read("<p>本文</p>" + adf(node, node))
    assert [block.text for block in extracted.blocks] == ["本文"]
    assert extracted.warnings == ('macro "plantuml" ×2 is not read',)


def test_the_title_is_the_page_s_whatever_it_looks_like() -> None:
    """Neither a suffix in it nor its length changes what the document is."""
    long = "規程" * 5_000
    for title in ("様式.xlsx", "手順.zip", "写真.png", long):
        assert unreadable(title, storage.MEDIA_TYPE) is None
        extracted = read("<p>本文</p>", title=title)
        assert extracted.title == title
        assert [block.text for block in extracted.blocks] == ["本文"]


@pytest.mark.parametrize(
    "question",
    ["2026年11月22日", "11月22日の期限", "2026-11-22", "2026/11/22", "11/22", "令和8年11月22日"],
)
def test_a_date_is_found_however_somebody_asks_for_it(question: str) -> None:
    """With 年月日 better than as 2026-11-22, and at least as well with every other spelling."""
    encoder = LexicalEncoder(Analyzer())
    wanted = encoder.encode_query(question).vectors[VECTOR]

    def score(text: str) -> float:
        (encoding,) = encoder.encode_documents([Chunk(0, "", (), text, "paragraph", "")])
        found = encoding[VECTOR]
        assert isinstance(found, SparseVector)
        assert isinstance(wanted, SparseVector)
        weights = dict(zip(found.indices, found.values, strict=True))
        pairs = zip(wanted.indices, wanted.values, strict=True)
        return sum(value * weights.get(index, 0.0) for index, value in pairs)

    (due,) = texts('<p>期限は<time datetime="2026-11-22" />です。</p>')
    assert score(due) > 0.9 * score("期限は2026-11-22です。") > 0
    assert score(due) > 1.5 * score("期限は2025年4月1日です。")


def test_reading_pages_needs_no_http_client() -> None:
    """Each process that extracts would load it."""
    program = (
        "import sys, ingest.extract.confluence as _; "
        "sys.exit(any(name.partition('.')[0] in ('httpx2', 'httpx') for name in sys.modules))"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


def test_the_media_type_is_the_one_that_the_connector_names() -> None:
    assert media.CONFLUENCE == storage.MEDIA_TYPE


@pytest.mark.parametrize(
    "body",
    [
        b"{}", b"[]", b"null", b"{", b"\xff\xfe", b"%PDF-1.7 1 0 obj",
        b'{"edition":"cloud","title":1,"storage":"","comments":[]}',
        b'{"edition":"cloud","title":"a","storage":["x"],"comments":[]}',
        b'{"edition":"cloud","title":"a","users":[],"comments":[]}',
        b'{"edition":"cloud","title":"a","comments":[{"author":1,"when":"","storage":""}]}',
        b"[" * 100_000,
    ],
    ids=lambda body: repr(body[:40]),
)  # fmt: skip
def test_what_the_connector_did_not_write_is_an_error_that_says_so(body: bytes) -> None:
    with pytest.raises(ExtractError, match="no page that the Confluence connector wrote"):
        extract(body, media_type=storage.MEDIA_TYPE, name="a")


@pytest.mark.parametrize("markup", ["", "<p> </p>", macro("children"), "<p>&nbsp;</p>"])
def test_a_page_without_text_is_found_by_its_title(markup: str) -> None:
    """Pages that only hold others together are many, and people look for them."""
    extracted = read(markup)
    assert extracted.blocks == (Block("旅費規程", "paragraph"),)
    assert extracted.warnings == ()


def test_what_a_page_without_text_holds_instead_is_told() -> None:
    extracted = read(macro("drawio"))
    assert [block.text for block in extracted.blocks] == ["旅費規程"]
    assert extracted.warnings == ('macro "drawio" is not read',)


def test_damaged_markup_without_text_is_an_error_and_so_is_a_blank_thread() -> None:
    for markup, comments in (("<p><b></p>", ()), ("", (Comment("", "", "<p></p>"),))):
        with pytest.raises(ExtractError, match="no text"):
            read(markup, comments=comments)


def test_the_same_bytes_always_give_the_same_blocks() -> None:
    markup = "<h1>a</h1><ul><li>b</li></ul>" + macro("x") + macro("y")
    assert read(markup) == read(markup)
