"""Pages in the encodings of Japanese sites, declared well, wrongly and not at all."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

_PLAIN = (
    "有給休暇の申請は、勤怠システムから前月の末日までに行います。ソフトウェアの一覧表も同じです。"
)
_EXTENDED = "①第一営業部は㈱海月商事の髙橋部長へ、№5の見積もり（～100㎡、Ⅲ期分）を送付します。"
"""NEC's and IBM's characters, which are in CP932 but not in the Shift_JIS of JIS X 0208."""


@dataclass(frozen=True, slots=True)
class Sample:
    """A page, and what it says whatever is declared."""

    path: str
    encoding: str
    header: str | None
    """The charset in `Content-Type`; None: none."""
    meta: str | None
    """That of `<meta>`; None: none."""
    text: str
    old: bool = False
    """Whether `<meta>` is the long form with `http-equiv`."""
    bom: bool = False

    @property
    def name(self) -> str:
        """What tells its page from the others, in its text, too."""
        return self.path.rpartition("/")[2].removesuffix(".html")

    @property
    def content_type(self) -> str:
        """The header as it is sent."""
        return f"text/html; charset={self.header}" if self.header else "text/html"

    @property
    def body(self) -> bytes:
        """The page as it is sent."""
        meta = f'<meta charset="{self.meta}">\n' if self.meta else ""
        if self.meta and self.old:
            content = f"text/html; charset={self.meta}"
            meta = f'<META http-equiv="Content-Type" content="{content}">\n'
        text = (
            f"<!DOCTYPE html>\n<html lang=ja><head>{meta}<title>文字コードの試験</title></head>\n"
            f"<body><main><h1>文字コードの試験</h1>\n<p>{self.text}</p>\n"
            f"<p>{_PLAIN}これは{self.name}の頁です。</p></main></body></html>\n"
        )
        mark = b"\xef\xbb\xbf" if self.bom else b""
        return mark + text.encode(self.encoding)


def samples(under: str = "/charset/") -> tuple[Sample, ...]:
    """Return one page for each way in which sites say, or do not say, what they are written in."""
    return tuple(
        Sample(f"{under}{name}.html", encoding, header, meta, text, old, bom)
        for name, encoding, header, meta, text, old, bom in _rows()
    )


_Row = tuple[str, str, str | None, str | None, str, bool, bool]


def _rows() -> Iterator[_Row]:
    yield "utf-8", "utf-8", "utf-8", "utf-8", _EXTENDED, False, False
    yield "utf-8-undeclared", "utf-8", None, None, _EXTENDED, False, False
    yield "utf-8-bom", "utf-8", None, None, _EXTENDED, False, True
    yield "utf-8-bom-header-lies", "utf-8", "Shift_JIS", None, _EXTENDED, False, True
    yield "utf-8-header-latin", "utf-8", "ISO-8859-1", None, _EXTENDED, False, False
    yield "utf-8-meta-sjis", "utf-8", None, "Shift_JIS", _EXTENDED, False, False
    yield "utf-8-both-lie", "utf-8", "EUC-JP", "Shift_JIS", _EXTENDED, True, False
    yield "sjis-header", "cp932", "Shift_JIS", None, _EXTENDED, False, False
    yield "sjis-meta", "cp932", None, "Shift_JIS", _EXTENDED, False, False
    yield "sjis-meta-old", "cp932", None, "x-sjis", _EXTENDED, True, False
    yield "sjis-windows-31j", "cp932", "Windows-31J", "Shift_JIS", _EXTENDED, True, False
    yield "sjis-undeclared", "cp932", None, None, _EXTENDED, False, False
    yield "sjis-header-utf-8", "cp932", "utf-8", None, _EXTENDED, False, False
    yield "sjis-both-lie", "cp932", "UTF-8", "utf-8", _EXTENDED, False, False
    yield "sjis-header-latin", "cp932", "ISO-8859-1", "Shift_JIS", _EXTENDED, True, False
    yield "euc-header", "euc_jp", "EUC-JP", None, _PLAIN, False, False
    yield "euc-meta-old", "euc_jp", None, "x-euc-jp", _PLAIN, True, False
    yield "euc-undeclared", "euc_jp", None, None, _PLAIN, False, False
    yield "euc-header-sjis", "euc_jp", "Shift_JIS", None, _PLAIN, False, False
    yield "euc-header-utf-8", "euc_jp", "UTF-8", "EUC-JP", _PLAIN, True, False
    yield "jis-meta", "iso2022_jp", None, "ISO-2022-JP", _PLAIN, True, False
    yield "jis-undeclared", "iso2022_jp", None, None, _PLAIN, False, False
