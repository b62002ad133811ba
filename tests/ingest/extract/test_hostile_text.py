"""Input made to harm: each ends in blocks or in one `ExtractError`, and never takes long."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.extract import Extracted, ExtractError, extract

NAMES = ["a.md", "a.html", "a.rst", "a.yaml", "a.txt", "a.csv", "a.tsv", "a", "a.html.ja.utf8"]
MANY = 100_000


def read(source: str | bytes, name: str) -> Extracted:
    return extract(
        source.encode() if isinstance(source, str) else source, media_type=None, name=name
    )


def label(value: str) -> str:
    """A name for a parameter that may be a megabyte long."""
    return value[:16].strip()


def size(extracted: Extracted) -> int:
    return sum(len(block.text) for block in extracted.blocks)


@pytest.mark.parametrize("name", NAMES)
def test_a_file_of_0_bytes_is_an_error_with_a_reason(name: str) -> None:
    with pytest.raises(ExtractError, match="empty"):
        read(b"", name)


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("\n \n", "a.txt"),
        ("---\ntitle: 題\n---\n<!-- 本文なし -->\n", "a.md"),
        ("<title>題</title><script>x()</script>", "a.html"),
        (".. コメントだけ\n", "a.rst"),
        ("# 注だけ\n", "a.yaml"),
        (",,,\n,,,\n", "a.csv"),
        ("\ufeff", "a.txt"),
    ],
    ids=label,
)
def test_a_file_without_text_is_an_error_and_no_silent_success(source: str, name: str) -> None:
    with pytest.raises(ExtractError, match="no text"):
        read(source, name)


@pytest.mark.parametrize("name", ["a.md", "a.html", "a.rst", "a.yaml", "a.txt", "a.csv"])
def test_nul_bytes_are_an_error(name: str) -> None:
    with pytest.raises(ExtractError, match="NUL"):
        read(b"# \0\0\0\0\0\0\0\0" * 100, name)


ENTITIES = (
    '<!DOCTYPE {} [<!ENTITY a0 "lol">'
    + "".join(
        f'<!ENTITY a{n + 1} "&a{n};&a{n};&a{n};&a{n};&a{n};&a{n};&a{n};&a{n};&a{n};&a{n};">'
        for n in range(9)
    )
    + "]>"
)


@pytest.mark.parametrize(
    ("source", "name"),
    [
        (ENTITIES.format("html") + "<html><body><p>本文 &a9;</p></body></html>", "a.html"),
        (
            "<?xml version='1.0'?>"
            + ENTITIES.format("html")
            + "<html><body><p>本文 &a9;</p></body></html>",
            "a.xhtml",
        ),
        ("本文\n\n" + ENTITIES.format("x") + "\n\n&a9;", "a.md"),
        (
            "本文: &a0 [x, x]\n"
            + "".join(f"k{n}: &a{n + 1} [{', '.join([f'*a{n}'] * 10)}]\n" for n in range(9)),
            "a.yaml",
        ),
        (
            "本文\n\n"
            + "".join(f".. |a{n}| replace:: {f'|a{n + 1}| ' * 10}\n" for n in range(40))
            + "\n|a0|\n",
            "a.rst",
        ),
        (
            "<table>"
            "<tr>"
            + "<td colspan=1000 rowspan=65534>本文本文</td>" * 50
            + "<tr></tr>" * 1000
            + "</table>",
            "a.html",
        ),
    ],
    ids=label,
)
def test_nothing_that_expands_is_expanded(source: str, name: str) -> None:
    """Entities, aliases, substitutions and spans that would grow without bound."""
    extracted = read(source, name)
    assert "本文" in repr(extracted.blocks)
    assert size(extracted) < 2 * len(source) + 20_000


def test_entity_expansion_in_svg_is_never_tried() -> None:
    with pytest.raises(ExtractError, match="unknown media type"):
        read(
            "<?xml version='1.0'?>" + ENTITIES.format("svg") + "<svg><text>&a9;</text></svg>",
            "a.svg",
        )


@pytest.mark.parametrize(
    "source",
    [
        "<div>" * MANY + "本文",
        "<div>" * MANY + "本文" + "</div>" * MANY,
        "<ul><li>" * MANY + "本文",
        "<blockquote><p>" * MANY + "本文",
        "<table><tr><td>" * MANY + "本文",
        "<b><i><font>" * MANY + "本文",
        "<p " + " ".join(f"a{n}='x'" for n in range(MANY)) + ">本文",
        "<p>本文" + " " * MANY + "\n" * MANY + "</p>",
        "本文" + "<" * MANY,
        "本文<p " + '"' * MANY,
        "本文" + "<a " * MANY,
        "本文" + "<!--" * MANY,
        "本文" + "<sup><a href='#'>" * 1000,
    ],
    ids=label,
)
def test_deep_or_wide_html_is_read(source: str) -> None:
    """100,000 levels or attributes make parsers hang or return nothing; here the text comes out."""
    assert "本文" in repr(read(source, "a.html").blocks)


def test_depth_does_not_bring_hidden_text_to_light() -> None:
    deep = "<div>" * 3_000
    source = f"<p>本文</p>{deep}<div style='display:none'>秘密<div>秘密</div></div>末尾"
    extracted = read(source, "a.html")
    assert "秘密" not in repr(extracted.blocks)
    assert "末尾" in repr(extracted.blocks)
    assert "levels deep" in extracted.warnings[0]


def test_long_tags_keep_what_hides_them() -> None:
    padding = " ".join(f"data-a{n}='x'" for n in range(5_000))
    extracted = read(
        f"<p>本文</p><p {padding} hidden>秘密</p><h2 {padding} id=here>見出し</h2><p>次</p>",
        "a.html",
    )
    assert [(block.text, block.anchor) for block in extracted.blocks] == [
        ("本文", ""),
        ("次", "here"),
    ]


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("> " * 5_000 + "本文", "a.md"),
        ("- " * 5_000 + "本文", "a.md"),
        ("本文" + "[" * 20_000, "a.md"),
        ("本文" + "![" * 20_000, "a.md"),
        ("本文" + "*a **b_" * 10_000, "a.md"),
        ("本文" + "`a``" * 10_000, "a.md"),
        ("本文\n\n" + "<a " * 20_000, "a.md"),
        ("本文" + "~~a" * 20_000, "a.md"),
        ("".join("  " * depth + "* 本文\n\n" for depth in range(300)), "a.rst"),
        (("本文 " + "*a " * 10_000 + "\n") * 3, "a.rst"),
        ("本文: |\n" + "".join(" " * depth + f"k{depth}:\n" for depth in range(1_000)), "a.yaml"),
        ("本文: " + "[" * MANY, "a.yaml"),
        ("本文: " + '"x\n' * 5_000, "a.yaml"),
        ('本文,b\n"' + "x\n" * MANY, "a.csv"),
        ("本文" + '"' * 100_001, "a.csv"),
    ],
    ids=label,
)
def test_pathological_markup_is_read(source: str, name: str) -> None:
    assert "本文" in repr(read(source, name).blocks)


@pytest.mark.parametrize("name", ["a.md", "a.html", "a.rst", "a.yaml", "a.txt", "a.csv"])
def test_one_huge_line_is_read_whole(name: str) -> None:
    extracted = read("有給休暇" * 250_000, name)
    assert size(extracted) == 1_000_000


def test_a_wrong_suffix_is_seen_through() -> None:
    assert read("<!DOCTYPE html><h1>題</h1><p>本文</p>", "memo.txt").title == "題"
    with pytest.raises(ExtractError, match="JPEG"):
        read(b"\xff\xd8\xff\xe0" + b"\0" * 100, "就業規則.md")


def test_mojibake_is_an_error() -> None:
    damaged = ("有給休暇の申請は勤怠システムから行います。" * 5).encode().decode("cp932", "ignore")
    with pytest.raises(ExtractError, match="mojibake"):
        read(damaged, "a.md")


SIGNS = "<>&\"'#*_`[](){}|-+=~:;,.!?/\\\n\t\r\0\x1b$@%^ 有給、。「」　\u200b\u2028\ufeff\ud7ff"
TAGS = (
    "<div>", "</div>", "<p>", "<!--", "-->", "<table>", "<tr>", "<td rowspan=3>", "<script>",
    "</script>", "<h1>", "<pre>", "<ul>", "<li>", "<a href='#x'>", "<svg>", "&#0;", "&#xD800;",
    "&amp;",
)  # fmt: skip
MARKS = (
    "---\n", ":::", "[^1]:", "```", "~~~", "**", ".. ", "::", ":a:`", "`_", "|x|", "===\n", ">-",
    "|-", "{{", "}}", "a: ", "- ",
)  # fmt: skip
PIECES = st.sampled_from([*SIGNS, *TAGS, *MARKS])


@given(st.lists(PIECES, max_size=40).map("".join), st.sampled_from(NAMES))
def test_no_text_raises_anything_but_extract_error(source: str, name: str) -> None:
    """And every block that comes out has text, without blanks around it."""
    check(source.encode("utf-8", "ignore"), name)


@given(st.binary(max_size=200), st.sampled_from([*NAMES, "a.pdf.txt", "a.unknown"]))
def test_no_bytes_raise_anything_but_extract_error(data: bytes, name: str) -> None:
    check(data, name)


def check(data: bytes, name: str) -> None:
    if data.startswith((b"%PDF-", b"PK")) or b" obj" in data:
        return
    try:
        extracted = read(data, name)
    except ExtractError:
        return
    assert extracted.blocks
    assert extracted.title
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
