"""The media type is the one that the bytes have, whatever the file is called."""

from __future__ import annotations

import io
import zipfile

import pytest

from ingest.extract import extract, media
from ingest.extract.blocks import ExtractError


def archive(*names: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as made:
        for name in names:
            made.writestr(zipfile.ZipInfo(name), "x")  # a fixed day: names of tests hold still
    return buffer.getvalue()


def ole2(stream: str) -> bytes:
    return (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 504 + stream.encode("utf-16-le") + b"\0" * 64
    )


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("規程.md", media.MARKDOWN),
        ("a/b/README.MARKDOWN", media.MARKDOWN),
        ("mod_ssl.html.ja.utf8", media.HTML),
        ("index.html.en", media.HTML),
        ("memo.txt.sjis", media.PLAIN),
        ("faq.yml", media.YAML),
        ("index.rst", media.RST),
        ("台帳.csv", media.CSV),
        ("C:\\共有\\一覧.xlsx", media.XLSX),
        ("README", None),
        ("写真.jpg", None),
    ],
)
def test_types_by_name(name: str, found: str | None) -> None:
    assert media.by_name(name) == found


def test_a_suffix_that_looks_like_a_language_is_a_suffix() -> None:
    """`.md` has two letters, as `.ja` has."""
    assert media.by_name("description.md") == media.MARKDOWN
    assert media.stem("就業規則.md") == "就業規則"
    assert media.stem("docs/mod_ssl.html.ja.utf8") == "mod_ssl"
    assert media.stem("v1.2 のお知らせ") == "v1.2 のお知らせ"


@pytest.mark.parametrize(
    ("data", "name", "found"),
    [
        (b"%PDF-1.7\n...", "memo.txt", media.PDF),
        (b"\n\n%PDF-1.4\n1 0 obj", "a.pdf", media.PDF),
        (archive("[Content_Types].xml", "word/document.xml"), "一覧.xlsx", media.DOCX),
        (archive("[Content_Types].xml", "xl/workbook.xml"), "一覧.zip", media.XLSX),
        (archive("[Content_Types].xml", "xl/workbook.bin"), "一覧.xlsx", media.XLSB),
        (archive("[Content_Types].xml", "ppt/presentation.xml"), "a", media.PPTX),
        (ole2("Workbook"), "古い台帳.xls", media.XLS),
        (ole2("Book"), "古い台帳", media.XLS),
        ("<!DOCTYPE html><p>本文</p>".encode(), "page.aspx", media.HTML),
        (b"<!-- a -->\n<?xml version='1.0'?><html>", "x", media.PLAIN),
        (b"<?xml version='1.0'?>\n<!-- a -->\n<html>", "page", media.HTML),
        (b"<html><table><tr><td>1</td></tr></table>", "export.xls", media.HTML),
        ("社員番号\t氏名\n1\t佐藤\n".encode("cp932"), "export.xls", media.TSV),
        ("社員番号,氏名\n1,佐藤\n".encode("cp932"), "export.xls", media.CSV),
        ("ただの文です。".encode(), "LICENSE", media.PLAIN),
        ("ただの文です。".encode(), "notes.unknown", media.PLAIN),
        ("%PDF- という文字で始まる説明".encode(), "memo.txt", media.PDF),
    ],
)
def test_types_by_content(data: bytes, name: str, found: str) -> None:
    assert media.detect(data, media_type=None, name=name) == found


def test_the_declared_type_decides_where_name_and_bytes_do_not() -> None:
    data = "# 見出し".encode()
    assert (
        media.detect(data, media_type="text/markdown; charset=utf-8", name="12345")
        == media.MARKDOWN
    )
    assert media.charset('text/html; charset="Shift_JIS"') == "Shift_JIS"
    assert media.bare("Application/XHTML+XML; q=1") == media.HTML


@pytest.mark.parametrize(
    ("data", "name", "reason"),
    [
        (b"\x89PNG\r\n\x1a\n\0\0", "図.png", "unknown media type.*PNG"),
        (b"\xff\xd8\xff\xe0\0\0", "就業規則.pdf", "unknown media type.*JPEG"),
        (archive("a.txt"), "資料.zip", "unknown media type.*zip"),
        (archive("[Content_Types].xml", "word/document.xml")[:60], "a.docx", "damaged.*zip"),
        (ole2("WordDocument"), "旧規程.doc", "convert it to docx"),
        (ole2("PowerPoint Document"), "旧資料.ppt", "convert it to pptx"),
        (ole2("EncryptedPackage"), "秘.xlsx", "encrypted"),
        (ole2("Contents"), "thumbs.db", "unknown media type"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "図.svg", "unknown media type.*SVG"),
        ("本文です".encode(), "規程.pdf", "damaged"),
        (b"\0\1\2\3" * 50, "台帳.xlsx", "damaged"),
        (b"{\\rtf1 a}", "a.doc", "RTF.*docx"),
        (b"\0\0\0\x20ftypmp42", "a.mp4", "film"),
    ],
)
def test_what_is_not_read_is_an_error_that_says_what_it_is(
    data: bytes, name: str, reason: str
) -> None:
    with pytest.raises(ExtractError, match=reason):
        extract(data, media_type=None, name=name)


@pytest.mark.parametrize(
    ("name", "media_type"),
    [
        ("a.doc", None),
        ("a.ppt", None),
        ("a.zip", None),
        ("図", "image/png"),
        ("a.svg", None),
        ("a.mp4", "video/mp4"),
    ],
)
def test_unreadable_types_are_known_before_they_are_fetched(
    name: str, media_type: str | None
) -> None:
    assert media.unreadable(name, media_type)


@pytest.mark.parametrize(
    "name", ["a.md", "a.pdf", "a.xls", "README", "a.conf", "page.html.ja.utf8"]
)
def test_what_may_be_readable_is_fetched(name: str) -> None:
    assert media.unreadable(name, None) is None


def test_a_sheet_embedded_in_an_old_document_does_not_make_it_a_workbook() -> None:
    data = ole2("Workbook") + "WordDocument".encode("utf-16-le") + b"\0\0"
    with pytest.raises(ExtractError, match="docx"):
        extract(data, media_type=None, name="報告.doc")
    assert media.detect(data, media_type=None, name="台帳.xls") == media.XLS
