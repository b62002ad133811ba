"""Files that look like documents and can not be read, each with what is said about it."""

from __future__ import annotations

import io
import random
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from ingest_desk import GOOD


def pdf(text: str = "Hello", trailer: str = "") -> bytes:
    """Return a PDF of one page."""
    stream = f"BT /F1 24 Tf 72 700 Td ({text}) Tj ET".encode()
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources 6 0 R >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
        b"<< /Font << /F1 5 0 R >> >>",
    ]
    out = bytearray(b"%PDF-1.7\n")
    places = []
    for number, content in enumerate(objects, start=1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    start = len(out)
    out += b"xref\n0 7\n0000000000 65535 f \n"
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    out += f"trailer\n<< /Size 7 /Root 1 0 R {trailer} >>\nstartxref\n{start}\n%%EOF\n".encode()
    return bytes(out)


def encrypted_pdf() -> bytes:
    """Return a PDF whose password is not the empty one: its check value is none of any password."""
    secret = "00" * 32
    return pdf(
        trailer=f"/ID [<{secret}> <{secret}>] /Encrypt << /Filter /Standard /V 1 /R 2 /P -4"
        f" /O <{secret}> /U <{secret}> >>"
    )


def docx(document: bytes | Iterator[bytes]) -> bytes:
    """Return a Word file with this main part."""
    out = io.BytesIO()
    office = "http://schemas.openxmlformats.org"
    main = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr(
            "[Content_Types].xml",
            f'<Types xmlns="{office}/package/2006/content-types"><Override '
            f'PartName="/word/document.xml" ContentType="{main}"/></Types>',
        )
        package.writestr(
            "_rels/.rels",
            f'<Relationships xmlns="{office}/package/2006/relationships"><Relationship Id="r1" '
            f'Type="{office}/officeDocument/2006/relationships/officeDocument" '
            'Target="word/document.xml"/></Relationships>',
        )
        with package.open("word/document.xml", "w") as part:
            for piece in [document] if isinstance(document, bytes) else document:
                part.write(piece)
    return out.getvalue()


def word_xml(body: str, before: str = "") -> bytes:
    namespace = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    return (
        f'<?xml version="1.0"?>{before}<w:document xmlns:w="{namespace}"><w:body>'
        f"<w:p><w:r><w:t>{body}</w:t></w:r></w:p></w:body></w:document>"
    ).encode()


def zip_bomb() -> bytes:
    """Return a Word file of 300 kB whose text has 300 MB."""
    head, tail = word_xml("TEXT").split(b"TEXT")
    return docx(iter([head, *[b"a" * (10 << 20)] * 30, tail]))


def expanding_xml() -> bytes:
    """Return a Word file whose entities expand to a billion words."""
    entities = '<!ENTITY e0 "ha">' + "".join(
        f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 10)
    )
    return docx(word_xml("&e9;", before=f"<!DOCTYPE w [{entities}]>"))


@dataclass(frozen=True)
class Bad:
    """A document that can be read, and what becomes of it."""

    title: str
    name: str
    good: Callable[[], bytes]
    bad: Callable[[], bytes]
    said: str
    """What the line about it has to say."""


def text() -> bytes:
    return GOOD.encode()


def word() -> bytes:
    return docx(word_xml("有給休暇は取得日の3営業日前までに申請します。"))


def mojibake() -> bytes:
    return (GOOD * 9).encode().decode("cp932", "replace").encode()


OLD_WORD = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(4096)
PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(99)
NOISE = random.Random(7).randbytes(5000)
BAD = [
    Bad("an encrypted PDF", "encrypted.pdf", pdf, encrypted_pdf, "password|encrypted"),
    Bad("a truncated PDF", "truncated.pdf", pdf, lambda: pdf()[:200], "damaged|truncated"),
    Bad("a PDF of 0 bytes", "empty.pdf", pdf, bytes, "0 bytes"),
    Bad("a zip bomb as docx", "bomb.docx", word, zip_bomb, "bomb|too large"),
    Bad("XML with entity expansion", "laughs.docx", word, expanding_xml, "DTD|DOCTYPE|entit"),
    Bad("a truncated docx", "truncated.docx", word, lambda: word()[:300], "truncated|damaged"),
    Bad("a picture called docx", "picture.docx", word, lambda: PICTURE, "image|PNG"),
    Bad("mojibake", "mojibake.txt", text, mojibake, "mojibake"),
    Bad("an unknown media type", "noise.xyz", text, lambda: NOISE, "type|text"),
    Bad("an old Word file", "old.doc", text, lambda: OLD_WORD, "Word|OLE2|doc"),
    Bad("a page without text", "empty.html", text, lambda: b"<html><img></html>", "no text"),
]
