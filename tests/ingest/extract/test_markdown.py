"""Of Markdown comes out what its reader sees, with the anchors that GitHub makes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.extract import Extracted, extract
from ingest.extract.markdown import slug


def read(source: str) -> Extracted:
    return extract(source.encode(), media_type=None, name="文書.md")


def texts(source: str) -> list[str]:
    return [block.text for block in read(source).blocks]


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("郵便物**の発送**は", "郵便物の発送は"),
        ("これは**「重要」**です", "これは「重要」です"),
        ("**（注）**を読む", "（注）を読む"),
        ("**重要:**必ず読む", "重要:必ず読む"),
        ("*強調*と_強調_と~~取り消し~~", "強調と_強調_と取り消し"),
        ("`code`は`a*b*c`", "codeはa*b*c"),
        ("有給\n休暇を\n取る", "有給休暇を取る"),
        ("paid\nleave", "paid leave"),
        ("一行目  \n二行目\\\n三行目", "一行目\n二行目\n三行目"),
        ('[申請書](https://example.com/a_b "題")を出す', "申請書を出す"),
        ("[申請書][form]を出す\n\n[form]: https://example.com", "申請書を出す"),
        ("![承認の流れ](a.png)のとおり", "承認の流れのとおり"),
        ("<https://example.com>を見る", "https://example.comを見る"),
        ("2 ** 8 は snake_case_name", "2 ** 8 は snake_case_name"),
        ("有給<b>休暇</b>の<ruby>稟議<rt>りんぎ</rt></ruby>", "有給休暇の稟議"),
        ("git checkout <branch> と <ブランチ名>", "git checkout <branch> と <ブランチ名>"),
        ("List<String> を使う", "List<String> を使う"),
        ("A & B &amp; C &lt;D&gt; 1 < 2", "A & B & C <D> 1 < 2"),
        (r"\*印と\_印", "*印と_印"),
        ("見出しは<script>タグ</script>", "見出しは"),
        ("閉じない <script> タグの話\n\n", "閉じない <script> タグの話"),
        ("> [!WARNING]\n> 注意する", "注意する"),
        ("改行<br>あり", "改行\nあり"),
    ],
)
def test_markup_never_stays_in_a_word(source: str, text: str) -> None:
    assert texts(source) == [text]


@pytest.mark.parametrize(
    "hidden",
    [
        "<!-- 秘密 -->",
        "<!--\n# 秘密\n\n秘密の段落\n-->",
        "<!-- 閉じない\n\n秘密",
        "<div style='display:none'>\n\n秘密\n\n</div>",
        "<div hidden>\n\n- 秘密\n\n</div>",
        "<script setup>\nconst x = '秘密'\n</script>",
        "<style>\n.秘密 {}\n\n.a {}\n</style>",
        "文中<!-- 秘密 -->の注釈",
        "[参照]: http://example.com '秘密'",
    ],
)
def test_what_is_hidden_in_markdown_is_never_indexed(hidden: str) -> None:
    extracted = read(f"# 規程\n\n本文\n\n{hidden}\n")
    assert "秘密" not in repr(extracted)
    assert "本文" in repr(extracted)


def test_front_matter_is_metadata() -> None:
    extracted = read(
        '---\ntitle: "旅費規程: 国内"  # 題\nlast-updated: 2024-04-01\nauthor: 佐藤\n'
        "担当部署: 経理部\n"
        "tags: [旅費, '出張']\nhero:\n  name: x\n---\n\n# 別の題\n\n本文\n"
    )
    assert extracted.title == "旅費規程: 国内"
    assert extracted.owner == "経理部"
    assert extracted.updated is not None
    assert extracted.updated.date().isoformat() == "2024-04-01"
    assert extracted.metadata["tags"] == "旅費, 出張"
    assert extracted.metadata["hero.name"] == "x"
    assert [block.text for block in extracted.blocks] == ["本文"]


@pytest.mark.parametrize(
    ("front", "owner"),
    [
        ("---\n更新日: 2024年4月1日\n担当: 総務部\n---\n", "総務部"),
        ("---\nupdated: '2024-04-01'\nowner: 総務部\n...\n", "総務部"),
        ('+++\ndate = 2024-04-01\nowner = "総務部"\n+++\n', "総務部"),
        ("\ufeff---\nlastmod: 2024/04/01\nauthors:\n  - name: 総務部\n---\n", "総務部"),
    ],
)
def test_front_matter_in_common_spellings(front: str, owner: str) -> None:
    extracted = read(front + "本文")
    assert extracted.updated is not None
    assert extracted.updated.date().isoformat() == "2024-04-01"
    assert extracted.owner == owner
    assert [block.text for block in extracted.blocks] == ["本文"]


def test_a_rule_at_the_top_is_no_front_matter() -> None:
    assert read("---\n\n本文\n\n---\n次: の話\n").metadata == {}
    assert texts("---\n\n本文\n\n---\n次: の話\n") == ["本文", "次: の話"]


@pytest.mark.parametrize(
    ("heading", "anchor"),
    [
        ("はじめに", "はじめに"),
        ("結合テスト準備（疎通確認）", "結合テスト準備疎通確認"),
        ("3.2 VPN の 接続", "32-vpn-の-接続"),
        ("`kurage ask` とは？", "kurage-ask-とは"),
        ("A/B テスト & C", "ab-テスト--c"),
        ("snake_case と kebab-case", "snake_case-と-kebab-case"),
        ("**太字**の[リンク](x)", "太字のリンク"),
        ("独自の id {#custom-id}", "custom-id"),
        ('<a name="no3-3">3.3.変数</a>', "no3-3"),
        ("属性つき {.wide #own}", "own"),
    ],
)
def test_anchors_are_the_slugs_of_github(heading: str, anchor: str) -> None:
    (block,) = read(f"## {heading}\n\n本文").blocks
    assert block.anchor == anchor
    assert "{" not in "".join(block.headings)


def test_equal_headings_are_numbered() -> None:
    extracted = read("# 例\n\na\n\n## 例\n\nb\n\n## 例-1\n\nc\n\n## 例\n\nd\n")
    assert [block.anchor for block in extracted.blocks] == ["例", "例-1", "例-1-1", "例-2"]


@given(st.text())
def test_a_slug_is_a_fragment_without_blanks_and_punctuation(heading: str) -> None:
    assert all(char.isalnum() or char in "-_" or not char.isascii() for char in slug(heading))


def test_lists_tables_and_code_have_their_kind() -> None:
    extracted = read(
        "# 規程\n\n1. 申請\n   - 紙\n   - [x] 電子\n2. 承認\n\n| 等級 | 日当 |\n"
        "|:--|--:|\n| 部長 | **3,000** 円 |\n| 課長 | a\\|b |\n\n"
        "```sh title=x\n$ ls  <a>  &amp;\n\n  # コメント\n```\n\n    indented\n"
    )
    assert [(block.kind, block.text, block.header_rows) for block in extracted.blocks] == [
        ("list", "1. 申請\n  - 紙\n  - [x] 電子\n2. 承認", 0),
        ("table", "等級 | 日当\n部長 | 3,000 円\n課長 | a|b", 1),
        ("code", "$ ls  <a>  &amp;\n\n  # コメント", 0),
        ("code", "indented", 0),
    ]


def test_containers_keep_title_and_text_without_their_fences() -> None:
    assert texts("前\n::: warning 免責事項\n本文\n\n- 項目\n:::\n後\n\n::: details\n中身\n:::") == [
        "前", "免責事項", "本文", "- 項目", "後", "中身",
    ]  # fmt: skip


def test_footnotes_keep_their_text_and_lose_their_marks() -> None:
    assert texts("規定する[^1]。\n\n[^1]: 労働基準法39条\n[^x]: 別の注\n") == [
        "規定する。",
        "労働基準法39条",
        "別の注",
    ]
    assert texts("正規表現 [^0-9] の話") == ["正規表現 [^0-9] の話"]


def test_raw_tables_are_tables() -> None:
    (block,) = read("<table><tr><th>a</th></tr>\n<tr><td>b</td></tr></table>").blocks
    assert (block.kind, block.header_rows) == ("table", 1)


def test_raw_anchors_and_headings_count() -> None:
    extracted = read('<h2 id="leave">休暇</h2>\n\n本文\n')
    assert (extracted.blocks[0].headings, extracted.blocks[0].anchor) == (("休暇",), "leave")


def test_an_unclosed_element_does_not_swallow_the_rest() -> None:
    assert texts("説明\n\n<textarea>\n\n続き\n\n<select>\n\n終わり")[-1].endswith("終わり")


def test_setext_headings_and_levels() -> None:
    extracted = read("規程\n====\n\n第1章\n----\n\n### 第1条\n\n本文\n\n## 第2章\n\n次")
    assert [block.headings for block in extracted.blocks] == [
        ("規程", "第1章", "第1条"),
        ("規程", "第2章"),
    ]
    assert extracted.title == "規程"


def test_the_title_falls_back_to_the_file_name() -> None:
    assert read("本文だけ").title == "文書"


WORDS = st.text(
    st.sampled_from("有給休暇申請経費精算のはをカナ、。「」（）"), min_size=1, max_size=8
)
MARKS = st.sampled_from(["", "**", "*", "~~", "`"])


@given(st.lists(st.lists(st.tuples(WORDS, MARKS), min_size=1, max_size=6), min_size=1, max_size=5))
def test_visible_japanese_comes_out_in_order_without_spaces(
    paragraphs: list[list[tuple[str, str]]],
) -> None:
    """Whatever emphasis its author put around the words, and wherever the lines were wrapped."""
    source = "\n\n".join(
        "\n".join(f"あ{mark}{word}{mark}い" for word, mark in words) for words in paragraphs
    )
    assert texts(source) == ["".join(f"あ{word}い" for word, _ in words) for words in paragraphs]


@given(st.lists(st.tuples(st.integers(0, 3), WORDS), min_size=1, max_size=12))
def test_nested_lists_keep_every_item_in_order(items: list[tuple[int, str]]) -> None:
    depth, lines, expected = 0, [], []
    for wanted, word in items:
        depth = min(wanted, depth + 1) if lines else 0
        lines.append(f"{'  ' * depth}- 項{word}")
        expected.append(f"{'  ' * depth}- 項{word}")
    assert texts("\n".join(lines)) == ["\n".join(expected)]


@pytest.mark.parametrize(
    ("heading", "anchor"),
    [
        pytest.param("テクニック① まず書く", "テクニック-まず書く", id="circled_number_goes"),
        pytest.param("単位 m²", "単位-m", id="raised_number_goes"),
        pytest.param("第Ⅳ章", "第ⅳ章", id="roman_number_stays"),
        pytest.param("か\u3099くしゅう", "か\u3099くしゅう", id="mark_stays"),
    ],
)
def test_slugs_keep_what_ruby_calls_a_word(heading: str, anchor: str) -> None:
    """GitHub's ids are made by Ruby, whose words are not Python's."""
    (block,) = extract(f"# {heading}\n\n本文\n".encode(), media_type=None, name="a.md").blocks
    assert block.anchor == anchor
