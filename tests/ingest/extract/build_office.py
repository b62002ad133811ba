"""Small Office and PDF files made by hand, so that a test holds exactly what it is about.

Knows the least that readers need of each format; python-docx and others would hide the traps.
"""

from __future__ import annotations

import hashlib
import io
import struct
import zipfile
from collections.abc import Iterable, Mapping, Sequence

OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
_W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_S = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_P = "http://schemas.openxmlformats.org/presentationml/2006/main"
_A = "http://schemas.openxmlformats.org/drawingml/2006/main"
_XDR = "http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing"
_MC = "http://schemas.openxmlformats.org/markup-compatibility/2006"
_WPS = "http://schemas.microsoft.com/office/word/2010/wordprocessingShape"
NAMES = (
    f'xmlns:w="{_W}" xmlns:r="{OFFICE}" xmlns:a="{_A}" xmlns:p="{_P}" xmlns:xdr="{_XDR}" '
    f'xmlns:mc="{_MC}" xmlns:wps="{_WPS}" xmlns:v="urn:schemas-microsoft-com:vml"'
)


def package(parts: Mapping[str, str | bytes]) -> bytes:
    """A ZIP with these members."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return out.getvalue()


def relationships(entries: Iterable[tuple[str, str, str]]) -> str:
    """A .rels part of (id, kind, target)."""
    inner = "".join(
        f'<Relationship Id="{key}" Type="{OFFICE}/{kind}" Target="{target}"/>'
        for key, kind, target in entries
    )
    return f'<Relationships xmlns="{_PACKAGE}">{inner}</Relationships>'


def core(title: str = "", modified: str = "2026-04-01T00:00:00Z", creator: str = "") -> str:
    """docProps/core.xml."""
    return (
        '<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/'
        'core-properties" xmlns:dc="http://purl.org/dc/elements/1.1/" '
        f'xmlns:dcterms="http://purl.org/dc/terms/"><dc:title>{title}</dc:title>'
        f"<dc:creator>{creator}</dc:creator><dcterms:modified>{modified}</dcterms:modified>"
        "</cp:coreProperties>"
    )


STYLES = (
    f'<w:styles xmlns:w="{_W}">'
    '<w:style w:type="paragraph" w:default="1" w:styleId="a"><w:name w:val="Normal"/></w:style>'
    '<w:style w:type="paragraph" w:styleId="1"><w:name w:val="heading 1"/>'
    '<w:basedOn w:val="a"/><w:pPr><w:outlineLvl w:val="0"/></w:pPr></w:style>'
    '<w:style w:type="paragraph" w:styleId="2"><w:name w:val="見出し 2"/></w:style>'
    '<w:style w:type="paragraph" w:styleId="T"><w:name w:val="Title"/></w:style>'
    '<w:style w:type="paragraph" w:styleId="11"><w:name w:val="toc 1"/></w:style>'
    '<w:style w:type="character" w:styleId="H"><w:name w:val="secret"/>'
    "<w:rPr><w:vanish/></w:rPr></w:style></w:styles>"
)


def docx(body: str, related: Mapping[str, tuple[str, str]] | None = None, **parts: str) -> bytes:
    """A document with this body; `related` maps an id to (kind, XML of the part)."""
    entries = [("rId1", "styles", "styles.xml")]
    members: dict[str, str | bytes] = {
        "word/document.xml": f"<w:document {NAMES}><w:body>{body}</w:body></w:document>",
        "word/styles.xml": STYLES,
    }
    for key, (kind, content) in (related or {}).items():
        entries.append((key, kind, f"{kind}{key}.xml"))
        members[f"word/{kind}{key}.xml"] = content
    members["word/_rels/document.xml.rels"] = relationships(entries)
    return package(members | parts)


def paragraph(text: str, style: str = "", properties: str = "") -> str:
    """A Word paragraph of one run."""
    styled = f'<w:pStyle w:val="{style}"/>' if style else ""
    return f"<w:p><w:pPr>{styled}{properties}</w:pPr>{run(text)}</w:p>"


def run(text: str, properties: str = "") -> str:
    """A Word run."""
    return f'<w:r><w:rPr>{properties}</w:rPr><w:t xml:space="preserve">{text}</w:t></w:r>'


def xlsx(sheets: Mapping[str, str], *, styles: str = "", strings: str = "", **parts: str) -> bytes:
    """A workbook; the values are what stands inside `<worksheet>`, a name `!x` is hidden."""
    entries = [("rIdS", "styles", "styles.xml"), ("rIdT", "sharedStrings", "sharedStrings.xml")]
    members: dict[str, str | bytes] = {}
    listed = ""
    for number, (name, content) in enumerate(sheets.items(), start=1):
        state = ' state="hidden"' if name.startswith("!") else ""
        listed += f'<sheet name="{name}" sheetId="{number}" r:id="rId{number}"{state}/>'
        entries.append((f"rId{number}", "worksheet", f"worksheets/sheet{number}.xml"))
        members[f"xl/worksheets/sheet{number}.xml"] = (
            f'<worksheet xmlns="{_S}" xmlns:r="{OFFICE}">{content}</worksheet>'
        )
    members["xl/workbook.xml"] = (
        f'<workbook xmlns="{_S}" xmlns:r="{OFFICE}"><sheets>{listed}</sheets></workbook>'
    )
    members["xl/_rels/workbook.xml.rels"] = relationships(entries)
    members["xl/styles.xml"] = f'<styleSheet xmlns="{_S}">{styles}</styleSheet>'
    members["xl/sharedStrings.xml"] = f'<sst xmlns="{_S}">{strings}</sst>'
    return package(members | {name.replace("__", "/"): content for name, content in parts.items()})


def cells(rows: Mapping[int, Mapping[str, str | float]], extra: str = "") -> str:
    """`<sheetData>` of rows by number, cells by column."""
    inner = ""
    for number, row in rows.items():
        inner += f'<row r="{number}">'
        for column, value in row.items():
            if isinstance(value, str):
                inner += f'<c r="{column}{number}" t="inlineStr"><is><t>{value}</t></is></c>'
            else:
                inner += f'<c r="{column}{number}"><v>{value}</v></c>'
        inner += "</row>"
    return f"<sheetData>{inner}</sheetData>{extra}"


def shape(row: int, column: int, text: str, *, hidden: bool = False) -> str:
    """A shape with text over a sheet, by row and column from 0."""
    return (
        f"<xdr:twoCellAnchor><xdr:from><xdr:col>{column}</xdr:col><xdr:row>{row}</xdr:row>"
        f"</xdr:from><xdr:to><xdr:col>{column + 2}</xdr:col><xdr:row>{row + 1}</xdr:row></xdr:to>"
        f'<xdr:sp><xdr:nvSpPr><xdr:cNvPr id="1" name="x" hidden="{int(hidden)}"/></xdr:nvSpPr>'
        f"<xdr:txBody><a:p><a:r><a:t>{text}</a:t></a:r></a:p></xdr:txBody></xdr:sp>"
        "</xdr:twoCellAnchor>"
    )


def pptx(slides: Sequence[str], notes: Mapping[int, str] | None = None) -> bytes:
    """Slides of shapes; a slide that begins with `!` is hidden; notes by index from 0."""
    members: dict[str, str | bytes] = {}
    entries = []
    listed = ""
    for number, shapes in enumerate(slides, start=1):
        show = ' show="0"' if shapes.startswith("!") else ""
        members[f"ppt/slides/slide{number}.xml"] = (
            f"<p:sld {NAMES}{show}><p:cSld><p:spTree>{shapes.lstrip('!')}"
            "</p:spTree></p:cSld></p:sld>"
        )
        entries.append((f"rId{number}", "slide", f"slides/slide{number}.xml"))
        listed += f'<p:sldId id="{255 + number}" r:id="rId{number}"/>'
        if notes and number - 1 in notes:
            members[f"ppt/notesSlides/notes{number}.xml"] = (
                f"<p:notes {NAMES}><p:cSld><p:spTree>"
                f"{placeholder('body', notes[number - 1])}{placeholder('sldNum', '7')}"
                "</p:spTree></p:cSld></p:notes>"
            )
            members[f"ppt/slides/_rels/slide{number}.xml.rels"] = relationships(
                [("rId1", "notesSlide", f"../notesSlides/notes{number}.xml")]
            )
    members["ppt/presentation.xml"] = (
        f"<p:presentation {NAMES}><p:sldIdLst>{listed}</p:sldIdLst></p:presentation>"
    )
    members["ppt/_rels/presentation.xml.rels"] = relationships(entries)
    return package(members)


def placeholder(kind: str, *lines: str) -> str:
    """A slide's placeholder with a paragraph a line."""
    return _drawn(f'<p:ph type="{kind}"/>', "", lines)


def textbox(x: int, y: int, *lines: str, hidden: bool = False) -> str:
    """A text box at a place in EMU."""
    place = f'<a:xfrm><a:off x="{x}" y="{y}"/><a:ext cx="9" cy="9"/></a:xfrm>'
    return _drawn("", place, lines, hidden=hidden)


def _drawn(holder: str, place: str, lines: Iterable[str], *, hidden: bool = False) -> str:
    paragraphs = "".join(f"<a:p><a:r><a:t>{line}</a:t></a:r></a:p>" for line in lines)
    return (
        f'<p:sp><p:nvSpPr><p:cNvPr id="2" name="x" descr="alt" hidden="{int(hidden)}"/>'
        f"<p:nvPr>{holder}</p:nvPr></p:nvSpPr><p:spPr>{place}</p:spPr>"
        f"<p:txBody>{paragraphs}</p:txBody></p:sp>"
    )


Placed = tuple[float, float, float, str]
"""Text of a PDF page: x and y of its baseline in points, size, text."""

_FONT = (
    "<< /Type /Font /Subtype /Type0 /BaseFont /HeiseiMin-W3 /Encoding /UniJIS-UTF16-H "
    "/DescendantFonts [<< /Type /Font /Subtype /CIDFontType0 /BaseFont /HeiseiMin-W3 /DW 1000 "
    "/W [1 [500] 2 95 500] "
    "/CIDSystemInfo << /Registry (Adobe) /Ordering (Japan1) /Supplement 4 >> "
    "/FontDescriptor << /Type /FontDescriptor /FontName /HeiseiMin-W3 /Flags 4 "
    "/FontBBox [0 -200 1000 900] /ItalicAngle 0 /Ascent 752 /Descent -271 /CapHeight 737 "
    "/StemV 58 >> >>] >>"
)
_IMAGE = (
    "<< /Type /XObject /Subtype /Image /Width 1 /Height 1 /ColorSpace /DeviceGray "
    "/BitsPerComponent 8 /Length 1 >>\nstream\n0\nendstream"
)


def pdf(
    pages: Sequence[Sequence[Placed]],
    *,
    info: str = "",
    user_password: str | None = None,
    scanned: bool = False,
) -> bytes:
    """A PDF of A4 pages in a Japanese font that is not embedded.

    With `user_password` it is encrypted by RC4, 40 bits; an empty one lets anybody read. With
    `scanned` each page shows an image.
    """
    objects: dict[int, bytes] = {3: _FONT.encode(), 4: _IMAGE.encode()}
    objects[5] = f"<< {info} >>".encode("latin-1")
    kids = []
    cipher = _Cipher(user_password) if user_password is not None else None
    for index, placed in enumerate(pages):
        page, content = 10 + 2 * index, 11 + 2 * index
        kids.append(f"{page} 0 R")
        stream = _content(placed, scanned=scanned)
        if cipher:
            stream = cipher.encrypt(content, stream)
        objects[page] = (
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents {content} 0 R "
            "/Resources << /Font << /F 3 0 R >> /XObject << /I 4 0 R >> >> >>"
        ).encode()
        objects[content] = b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream)
    objects[1] = b"<< /Type /Catalog /Pages 2 0 R >>"
    objects[2] = f"<< /Type /Pages /Kids [{' '.join(kids)}] /Count {len(kids)} >>".encode()
    if cipher:
        objects[6] = cipher.dictionary()
    return _file(objects, encrypted=cipher is not None)


def _content(placed: Sequence[Placed], *, scanned: bool) -> bytes:
    lines = ["BT"]
    for x, y, size, text in placed:
        code = text.encode("utf-16-be").hex()
        lines.append(f"/F {size} Tf 1 0 0 1 {x} {y} Tm <{code}> Tj")
    lines.append("ET")
    if scanned:
        lines.append("q 500 0 0 700 50 50 cm /I Do Q")
    return "\n".join(lines).encode()


def _file(objects: Mapping[int, bytes], *, encrypted: bool) -> bytes:
    out = io.BytesIO()
    out.write(b"%PDF-1.7\n")
    places = {}
    for number in sorted(objects):
        places[number] = out.tell()
        out.write(b"%d 0 obj\n%s\nendobj\n" % (number, objects[number]))
    start = out.tell()
    out.write(b"xref\n0 1\n0000000000 65535 f \n")
    for number, place in places.items():
        out.write(b"%d 1\n%010d 00000 n \n" % (number, place))
    extra = " /Encrypt 6 0 R" if encrypted else ""
    identity = _ID.hex()
    out.write(
        f"trailer\n<< /Size {max(objects) + 1} /Root 1 0 R /Info 5 0 R /ID [<{identity}>"
        f"<{identity}>]{extra} >>\nstartxref\n{start}\n%%EOF\n".encode()
    )
    return out.getvalue()


_ID = bytes(range(16))
_PADDING = bytes.fromhex("28BF4E5E4E758A4164004E56FFFA01082E2E00B6D0683E802F0CA9FE6453697A")


class _Cipher:
    """The standard security handler, revision 2 (PDF 32000-1 7.6.3)."""

    _permissions = -64  # nothing but reading

    def __init__(self, user_password: str) -> None:
        padded = (user_password.encode() + _PADDING)[:32]
        owner_key = hashlib.md5((b"owner" + _PADDING)[:32]).digest()[:5]
        self._owner = _rc4(owner_key, padded)
        seed = padded + self._owner + struct.pack("<i", self._permissions) + _ID
        self._key = hashlib.md5(seed).digest()[:5]
        self._user = _rc4(self._key, _PADDING)

    def encrypt(self, number: int, data: bytes) -> bytes:
        """The stream of an object."""
        salted = self._key + struct.pack("<I", number)[:3] + b"\0\0"
        return _rc4(hashlib.md5(salted).digest()[:10], data)

    def dictionary(self) -> bytes:
        """The encryption dictionary."""
        return (
            f"<< /Filter /Standard /V 1 /R 2 /O <{self._owner.hex()}> /U <{self._user.hex()}> "
            f"/P {self._permissions} >>"
        ).encode()


def _rc4(key: bytes, data: bytes) -> bytes:
    state = list(range(256))
    j = 0
    for i in range(256):
        j = (j + state[i] + key[i % len(key)]) % 256
        state[i], state[j] = state[j], state[i]
    out = bytearray()
    i = j = 0
    for byte in data:
        i = (i + 1) % 256
        j = (j + state[i]) % 256
        state[i], state[j] = state[j], state[i]
        out.append(byte ^ state[(state[i] + state[j]) % 256])
    return bytes(out)
