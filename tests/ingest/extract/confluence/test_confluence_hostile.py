"""Markup that is damaged, or made to harm: it ends in blocks or in one `ExtractError`, and soon."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from confluence_markup import include, macro, read, texts
from hypothesis import given
from hypothesis import strategies as st

from connectors.confluence.storage import MEDIA_TYPE, Storage
from ingest.extract import Extracted, ExtractError, extract
from ingest.extract.confluence.markup import MAX_NODES

MANY = 100_000


def label(value: str) -> str:
    """A name for a parameter that may be a megabyte long."""
    return value[:24].strip()


def size(extracted: Extracted) -> int:
    return sum(len(block.text) for block in extracted.blocks)


DAMAGED = "the storage format is damaged; what could be read of it was"


@pytest.mark.parametrize(
    ("markup", "found"),
    [
        ("<p>一</p></div><p>二", ["一", "二"]),
        ("</p></p></x></ac:link>一<p>二</p>", ["一", "二"]),
        ("<p>一<b>二</p>三</b><p>四</p>", ["一二", "三", "四"]),
        ("<p>一<br>二</br></p><hr>三", ["一\n二", "三"]),
        ("<p>1 < 2 <= 3 & 4</p>", ["1 < 2 <= 3 & 4"]),
        ("<p style=color:red id='a' id='b' nowrap>一</p>", ["一"]),
        ('<p title="a > b">一</p></p>', ["一"]),
        ('<p>一</p><ac:structured-macro ac:name="info"><ac:rich-text-body>二', ["一", "二"]),
        ("<p>一</p><p style=display:none>秘密</p><p hidden=1>秘密</p>", ["一"]),
        ("<ul><li>一<li>二</ul>", ["- 一\n- 二"]),
    ],
)  # fmt: skip
def test_damaged_markup_is_mended_and_said_to_be(markup: str, found: list[str]) -> None:
    extracted = read(markup)
    assert [block.text for block in extracted.blocks] == found
    assert extracted.warnings == (DAMAGED,)


@pytest.mark.parametrize(
    "markup",
    [
        '<p>本文</p><ac:structured-macro ac:name="drawio',
        '<p>本文</p><ac:structured-macro ac:name="drawio"><ac:parameter ac:name="x">SECRET',
        '<p>本文</p><ac:structured-macro ac:name="drawio"><ac:parameter ac:name="x">S<p>SECRET',
        '<p>本文</p><ac:structured-macro ac:name="a"><ac:parameter ac:name="SECRET',
        "<p>本文</p><ac:placeholder>SECRET",
        '<p>本文</p><p style="display:none">SECRET',
        "<p>本文</p><!-- SECRET",
        "<p>本文</p><?php SECRET",
        '<p>本文</p><ri:page ri:content-title="SECRET',
        "<p>本文</p>" + macro("sql", plain="SECRET")[:-40],
    ],
    ids=label,
)  # fmt: skip
def test_what_is_cut_off_in_a_setting_does_not_come_to_light(markup: str) -> None:
    extracted = read(markup)
    assert [block.text for block in extracted.blocks] == ["本文"]
    assert "SECRET" not in repr(extracted)


def test_code_that_is_never_closed_ends_with_its_macro() -> None:
    opened = macro("code", plain="x = 1").replace("]]>", "")
    extracted = read(f"<p>前</p>{opened}<p>後</p>{macro('drawio', k='SECRET')}")
    assert [block.text for block in extracted.blocks] == ["前", "x = 1", "後"]
    assert texts(f"<p>前</p>{opened}{opened}<p>後</p>") == ["前", "x = 1", "x = 1", "後"]
    assert texts(
        "<p>前</p>" + '<ac:structured-macro ac:name="code"><ac:plain-text-body><![CDATA[x'
    ) == [
        "前",
        "x",
    ]


def test_a_prefix_can_not_be_declared_anew() -> None:
    """Else a parameter would be an element that nobody knows, and its value text."""
    for declaration in ('xmlns:ac="urn:x"', 'xmlns="urn:x"', "xmlns:ac = 'urn:x'"):
        inside = macro("drawio", k="SECRET").replace(" ac:schema", f" {declaration} ac:schema")
        extracted = read(f"<p>本文</p><div {declaration}>{inside}<p>末尾</p></div>")
        assert [block.text for block in extracted.blocks] == ["本文", "末尾"]
        assert extracted.warnings == ('macro "drawio" is not read',)


def test_code_about_namespaces_is_kept_verbatim() -> None:
    plain = "<x xmlns:ac=\"urn:x\" a='1'>\n  <ac:parameter/> &amp; &nbsp;\n</x>"
    assert texts(macro("code", plain=plain)) == [plain]


def test_an_undeclared_prefix_is_no_obstacle() -> None:
    assert texts("<p>一<o:p>二</o:p>三</p>") == ["一二三"]


BOMB = (
    '<!DOCTYPE p [<!ENTITY a0 "lol">'
    + "".join(f'<!ENTITY a{n + 1} "{f"&a{n};" * 10}">' for n in range(9))
    + '<!ENTITY file SYSTEM "file:///etc/hostname">]>'
)


def test_no_entity_is_declared_expanded_or_fetched() -> None:
    extracted = read(BOMB + "<p>本文 &a9; &file;</p>")
    assert size(extracted) < 200
    assert "&file;" in extracted.blocks[-1].text


@pytest.mark.parametrize(
    "markup",
    [
        "<div>" * MANY + "本文" + "</div>" * MANY,
        "<div>" * MANY + "本文",
        "<ul><li>" * MANY + "本文",
        "<table><tbody><tr><td>" * MANY + "本文",
        "<b><i><ac:inline-comment-marker>" * MANY + "本文",
        '<ac:structured-macro ac:name="expand"><ac:rich-text-body>' * MANY + "本文",
        "<ac:adf-extension><ac:adf-node type='panel'><ac:adf-content>" * MANY + "本文",
        "<ac:task-list><ac:task><ac:task-body>" * MANY + "本文",
        "<h1>" * MANY + "本文",
        "<ac:link><ac:link-body>" * MANY + "本文",
        "<p " + " ".join(f"a{n}='x'" for n in range(MANY)) + ">本文</p>",
        "<p " + " ".join(f"a{n}='x'" for n in range(MANY)) + ">本文",
        "<p>本文" + " " * MANY + "\n" * MANY + "</p>",
        "本文" + "<" * MANY,
        "本文" + "&" * MANY,
        "本文" + "<a " * MANY,
        "本文<p " + '"' * MANY,
        "<p>本文</p>" + "<!--" * MANY,
        "<p " + "a" * MANY + ">本文",
        "<p " + "a= " * MANY + ">本文",
        "<p a" + " " * MANY + "b>本文",
        "<p>本文</p><" + "a" * MANY,
        "<p>本文</p>" + "<a b='" * MANY,
        "<p>本文</p>" + "]]>" * MANY + "<![CDATA[" * MANY,
        "<p>本文</p>" + "<![CDATA[" * MANY,
        "<p>本文</p>" + "</p>" * MANY,
        "<p>本文</p>" + "<b>" * MANY + "</i>" * MANY,
        "<p>本文</p>" + macro("x") * 10_000,
        "<p>本文</p>" + macro("code", plain="a") * 10_000,
        "<table>" + "<tr><td colspan='1000' rowspan='65534'>本文</td></tr>" * 2_000 + "</table>",
        "<p>本文</p>" + "<h2>同じ</h2>" * 20_000,
    ],
    ids=label,
)
def test_deep_or_wide_markup_is_read(markup: str) -> None:
    extracted = read(markup)
    assert "本文" in repr(extracted.blocks)
    assert size(extracted) < 2 * len(markup) + 20_000


@pytest.mark.parametrize(
    "hidden",
    [
        (
            '<ac:structured-macro ac:name="drawio"><ac:parameter ac:name="x">秘密<b>秘密</b>秘密'
            "</ac:parameter></ac:structured-macro>"
        ),
        "<div style='display:none'>秘密<div>秘密</div></div>",
        "<ac:placeholder>秘密</ac:placeholder>",
    ],
)
def test_depth_does_not_bring_hidden_text_to_light(hidden: str) -> None:
    extracted = read(f"<p>本文</p>{'<div>' * 3_000}{hidden}末尾{'</div>' * 3_000}")
    assert "秘密" not in repr(extracted.blocks)
    assert "末尾" in repr(extracted.blocks)
    assert "levels deep" in extracted.warnings[0]


def test_characters_that_xml_forbids_are_dropped() -> None:
    assert texts("<p>有\x00給\x0b休\ufffe暇です&#x1F;。&#xFFFFFF;</p>") == ["有給休暇です。"]
    body = b'{"edition":"cloud","title":"a","storage":"<p>a\\ud800b\\u0000c</p>","comments":[]}'
    (block,) = extract(body, media_type=MEDIA_TYPE, name="a").blocks
    assert block.text == "abc"


def test_more_markup_than_memory_is_for_is_an_error_that_says_what_to_do() -> None:
    with pytest.raises(ExtractError, match="split it"):
        read("<b/>" * (MAX_NODES + 1))


def test_includes_count_towards_the_same_bound() -> None:
    half = "<b/>" * (MAX_NODES // 2)
    with pytest.raises(ExtractError, match="split it"):
        read(include("大") + half, included={":大": half})


def test_a_long_title_and_long_headings_make_no_long_anchors() -> None:
    markup = f"<h1>{'章' * 900}</h1><p>本文</p><p>{macro('anchor', _='a' * 10_000)}次</p>"
    for edition in ("cloud", "data-center"):
        extracted = read(markup, edition=edition, title="題" * 10_000)
        assert [block.text for block in extracted.blocks] == ["本文", "次"]
        assert all(len(quote(block.anchor)) <= 1_500 for block in extracted.blocks)


@pytest.mark.parametrize("tag", ["h1", "pre", "ac:caption", "ul"])
def test_text_at_the_bottom_of_a_thousand_elements_is_not_copied_for_each(tag: str) -> None:
    """It would take the time and the memory of a document a thousand times as large."""
    inside = f"<{tag}><li>" if tag == "ul" else f"<ac:image ac:alt='{'x' * 100}'><{tag}>"
    closing = f"</li></{tag}>" if tag == "ul" else f"</{tag}></ac:image>"
    bottom = "<p>文</p>" * 2_000 + "長い文。" * 100_000
    extracted = read(inside * 1_000 + bottom + closing * 1_000)
    assert size(extracted) < 4 * len(bottom)


def test_a_heading_that_is_none_becomes_text() -> None:
    extracted = read(f"<h2>題</h2><h2>{'長い文。' * 300}</h2><p>本文</p>")
    assert [block.headings for block in extracted.blocks] == [("題",), ("題",)]
    assert extracted.blocks[0].text == "長い文。" * 300


def test_a_name_can_not_be_used_to_multiply_text() -> None:
    mention = '<ac:link><ri:user ri:account-id="a" /></ac:link>'
    storage = Storage("cloud", "題", f"<p>{mention * 1_000}</p>", {"a": "長" * 100_000})
    extracted = extract(storage.to_bytes(), media_type=MEDIA_TYPE, name="題")
    assert size(extracted) == 200_000


PIECES = st.sampled_from([
    "<p>", "</p>", "<ac:structured-macro ac:name='code'>", "<ac:structured-macro ac:name='info'>",
    "</ac:structured-macro>", "<ac:plain-text-body>", "</ac:plain-text-body>", "<![CDATA[", "]]>",
    "<ac:rich-text-body>", "</ac:rich-text-body>", "<ac:parameter ac:name='title'>",
    "</ac:parameter>", "<ac:link>", "</ac:link>", "<ri:user ri:account-id='acc-1'/>", "<table>",
    "</table>", "<tr>", "<td rowspan='3'>", "</td>", "<th>", "<thead>", "<caption>",
    "<h2>", "</h2>", "<ul>", "<ol start='x'>", "<li value='9'>", "</li>", "</ul>",
    "<ac:task-list>", "<ac:task>",
    "<ac:adf-extension>", "<ac:adf-node type='extension'>", "<ac:adf-content>",
    "<ac:adf-fallback>",
    "<ac:image ac:alt='図'>", "<ac:caption>", "<time datetime='2026-99-99'/>", "<pre>", "</pre>",
    "<ac:emoticon ac:name='tick'/>", "<!--", "-->", "&nbsp;", "&#0;", "&#xD800;", "&lt;", "&amp",
    "<?x", "<!DOCTYPE", "<", ">", '"', "'", "有給", "休暇", " ", "\n", "\u3000", "\x00", "a<b",
    "xmlns:ac='x'", "<foo:bar>", "<br>", "</", include("無"), include("有"), macro("anchor", _="x"),
])  # fmt: skip


@given(st.lists(PIECES, max_size=40).map("".join), st.sampled_from(["cloud", "data-center"]))
def test_no_markup_raises_anything_but_extract_error(markup: str, edition: str) -> None:
    """And every block that comes out has text, without blanks around it."""
    included = {":有": markup, ":無": None}
    try:
        extracted = read(markup, edition="cloud" if edition == "cloud" else "data-center",
                         included=included)  # fmt: skip
    except ExtractError:
        return
    assert extracted.blocks
    for block in extracted.blocks:
        assert block.text.strip()
        assert block.text == block.text.rstrip()
        assert not block.text.startswith("\n")
        assert block.kind in ("code", "table") or block.text == block.text.lstrip()
        assert all(
            heading.strip() == heading and heading and "\n" not in heading
            for heading in block.headings
        )
        assert 0 <= block.header_rows <= block.text.count("\n")
        assert "\n" not in block.anchor
        assert "acc-1" not in block.text


@given(st.binary(max_size=200))
def test_no_bytes_raise_anything_but_extract_error(data: bytes) -> None:
    with pytest.raises(ExtractError):
        extract(data, media_type=MEDIA_TYPE, name="a")
