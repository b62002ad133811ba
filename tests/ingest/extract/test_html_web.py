"""Pages as the web serves them: charsets that lie, frames, and headings that links must reach."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.extract import Extracted, ExtractError, extract

SENTENCE = "有給休暇の申請は、取得日の3営業日前までに総務部へ提出する。"
LABELS = {"cp932": "Shift_JIS", "euc_jp": "EUC-JP", "iso2022_jp": "ISO-2022-JP", "utf-8": "UTF-8"}


def read(source: str | bytes, media_type: str = "text/html", name: str = "page") -> Extracted:
    data = source.encode() if isinstance(source, str) else source
    return extract(data, media_type=media_type, name=name)


def anchored(source: str) -> list[tuple[str, tuple[str, ...], str]]:
    return [(block.text, block.headings, block.anchor) for block in read(source).blocks]


DECLARED = [None, *LABELS.values(), "iso-8859-1", "windows-1252", "us-ascii", "x-unknown", ""]


@pytest.mark.parametrize("encoding", ["cp932", "euc_jp", "iso2022_jp", "utf-8"])
@pytest.mark.parametrize("header", DECLARED)
def test_no_wrong_charset_makes_japanese_unreadable(encoding: str, header: str | None) -> None:
    """Neither the header's nor the page's own, nor both; what is true is believed first."""
    for meta in DECLARED:
        said = f'<meta charset="{meta}">' if meta else ""
        for text in ("有給休暇の申請は、取得日の3営業日前までに提出する。", "休暇", "申請はこちら"):
            page = f"<html><head>{said}<title>規程</title></head><body><p>{text}</p></body></html>"
            extracted = read(
                page.encode(encoding), "text/html" + (f"; charset={header}" if header else "")
            )
            assert (extracted.title, extracted.blocks[0].text) == ("規程", text)


@pytest.mark.parametrize("text", ["déménagé à l'été", "für Größe", "Ação não é só", "naïve café"])
@pytest.mark.parametrize("header", ["text/html; charset=ISO-8859-1", "text/html"])
def test_accents_declared_as_latin_are_no_kanji(text: str, header: str) -> None:
    meta = "" if "charset" in header else "<meta charset=iso-8859-1>"
    page = f"<html><head>{meta}<title>t</title></head><body><p>{text}</p></body></html>"
    assert read(page.encode("latin-1"), header).blocks[0].text == text


def test_half_width_kana_that_are_declared_are_kana() -> None:
    text = "ﾕｳｷｭｳ ｷｭｳｶﾉ ｼﾝｾｲ"
    page = f"<html><body><p>{text}</p></body></html>".encode("cp932")
    assert read(page, "text/html; charset=Shift_JIS").blocks[0].text == text


@given(
    st.text(
        st.sampled_from("あいうえおかきくけこのはをにがアイウエオ有給休暇申請経費精算、。"),
        min_size=6,
    ),
    st.sampled_from(["cp932", "euc_jp"]),
    st.sampled_from(["iso-8859-1", "Shift_JIS", "EUC-JP", "utf-8"]),
)
def test_any_japanese_survives_a_wrong_charset(text: str, encoding: str, label: str) -> None:
    page = f"<html><body><p>{SENTENCE}</p><p>{text}</p></body></html>".encode(encoding)
    blocks = read(page, f"text/html; charset={label}").blocks
    assert [block.text for block in blocks] == [SENTENCE, text]


@pytest.mark.parametrize(
    ("source", "anchor"),
    [
        ("<h2 id=a>休暇</h2>", "a"),
        ("<h2><a name=a>休暇</a></h2>", "a"),
        ("<h2><span id=a></span>休暇</h2>", "a"),
        ("<a name=a></a><h2>休暇</h2>", "a"),
        ("<p><a id=a></a></p><h2>休暇</h2>", "a"),
        ("<section id=a><div class=head><h2>休暇</h2></div>", "a"),
        ("<h2>休暇</h2><a name=a></a>", "a"),
        ("<h2>休暇</h2><div id=a>", "a"),
        ("<h2>休暇</h2><p id=a>", "a"),
        ("<h2 id='有給 休暇'>休暇</h2>", "有給 休暇"),
        ("<h2>休暇</h2>", ""),
    ],
)
def test_a_link_lands_at_the_heading_or_beside_it(source: str, anchor: str) -> None:
    assert anchored(f"<p>前</p>{source}<p>本文") == [
        ("前", (), ""),
        ("本文", ("休暇",), anchor),
    ]


def test_an_id_after_text_belongs_to_no_heading_above() -> None:
    """A link would lead past what stands between."""
    assert anchored("<h2>休暇</h2><p>一</p><div id=a><p>二</p></div>") == [
        ("一", ("休暇",), ""),
        ("二", ("休暇",), ""),
    ]
    assert anchored("<h2>表</h2><table><tr><td>一</table><div id=a><p>二</p></div>")[1][2] == ""


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("<frameset cols='20%,*'><frame src=a><frame src=b></frameset>", "frames other pages"),
        ("<body><iframe src=a></iframe></body>", "frames other pages"),
        ("<meta http-equiv=Refresh content='0;url=/new'><body></body>", "leads on"),
        ("<body><div id=app></div><script src=a></script></body>", "JavaScript"),
        ("<body><noscript>有効にしてください</noscript><script>x</script></body>", "JavaScript"),
        (
            "<body><noscript><iframe src=a></iframe></noscript><script src=b></script>",
            "JavaScript",
        ),
        ("<body></body>", "no text"),
    ],
)
def test_a_page_without_text_says_what_it_is_instead(source: str, reason: str) -> None:
    with pytest.raises(ExtractError, match=reason):
        read(f"<html>{source}</html>")


@pytest.mark.parametrize(
    "name", ["https://x.example/docs/README.md", "売上.csv", "/b.yaml", "/c.rst"]
)
def test_a_page_is_a_page_whatever_its_address_ends_in(name: str) -> None:
    for begins in ("<!DOCTYPE html><html><body>", "\ufeff\n<div>", "<meta charset=utf-8>"):
        page = f"{begins}<p>有給\n休暇</p>"
        assert read(page, "text/html; charset=utf-8", name).blocks[0].text == "有給休暇"


def test_more_elements_than_memory_are_told_in_one_line() -> None:
    """In a child of a sync, which has a limit of memory: no crash, and no report of a fault."""
    page = "<body>" + "<div><a href=x>a</a></div>" * 150_000
    program = (
        "import resource, sys\n"
        "from ingest.extract import ExtractError, extract\n"
        "data = sys.stdin.buffer.read()\n"
        "used = int(open('/proc/self/statm').read().split()[5]) * resource.getpagesize()\n"
        "limit = used + (48 << 20)\n"
        "resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))\n"
        "try:\n"
        "    extract(data, media_type='text/html', name='x')\n"
        "except (ExtractError, MemoryError) as error:\n"
        "    print(error or 'MemoryError')\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program], input=page.encode(), capture_output=True, check=False
    )
    assert ran.returncode == 0, ran.stderr
    assert b"more elements than fit into memory" in ran.stdout
