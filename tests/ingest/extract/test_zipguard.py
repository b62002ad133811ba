"""A ZIP is read with every byte counted, and XML without DTD or entities."""

from __future__ import annotations

import contextlib
import io
import struct
import zipfile

import pytest
from build_office import package
from hypothesis import given
from hypothesis import strategies as st

from ingest.extract.blocks import ExtractError
from ingest.extract.zipguard import MAX_MEMBERS, MAX_RATIO, Package, parse_xml, stream_xml


def zipped(content: bytes, name: str = "a.xml", method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        archive.writestr(name, content)
    return out.getvalue()


def with_declared_size(data: bytes, size: int) -> bytes:
    """The ZIP, where both headers of its only member claim another inflated size."""
    changed = bytearray(data)
    struct.pack_into("<I", changed, 22, size)
    struct.pack_into("<I", changed, data.index(b"PK\x01\x02") + 24, size)
    return bytes(changed)


def test_members_are_found_whatever_their_case_and_slashes() -> None:
    """Some writers begin names with a slash or write Windows' separators."""
    assert Package(zipped(b"x", "\\Word\\Document.xml")).read("word/document.xml") == b"x"


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "0 bytes"),
        (b"%PDF-1.7", "not a ZIP"),
        (b"PK\x03\x04rest", "truncated or damaged"),
        (zipped(b"x" * 1000)[:-30], "truncated or damaged"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "before 2007"),
        (
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"),
            "protected by a password",
        ),
    ],
    ids=["empty", "pdf", "only a start", "cut short", "ole2", "encrypted"],
)
def test_what_is_no_zip_is_refused_with_its_reason(data: bytes, reason: str) -> None:
    with pytest.raises(ExtractError, match=reason):
        Package(data)


def test_a_member_under_a_password_is_refused() -> None:
    """Bit 0 of the flags marks an encrypted member."""
    data = bytearray(zipped(b"x"))
    data[6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1
    with pytest.raises(ExtractError, match="password"):
        Package(bytes(data)).read("a.xml")


def test_a_bomb_is_refused_long_before_it_is_inflated() -> None:
    """100 MB of blanks are packed a thousandfold; no more comes out than the ratio allows."""
    data = zipped(b" " * 100_000_000)
    package_ = Package(data)
    inflated = 0
    with package_.open("a.xml") as stream, pytest.raises(ExtractError, match="ZIP bomb"):  # noqa: PT012
        while chunk := stream.read(1 << 16):
            inflated += len(chunk)
    assert inflated <= MAX_RATIO * len(data)


def test_a_bomb_that_declares_a_small_size_is_refused() -> None:
    """Zipfile would hand out what is declared and drop the rest: the checksum tells."""
    lying = with_declared_size(zipped(b" " * 20_000_000), 4_000)
    with pytest.raises(ExtractError, match=r"a\.xml"):
        Package(lying).read("a.xml")


def test_a_part_beyond_the_limit_of_its_reader_is_refused() -> None:
    with pytest.raises(ExtractError, match="too large"):
        Package(zipped(bytes(range(256)) * 5000)).read("a.xml", limit=1 << 20)


def test_a_part_packed_by_bzip2_is_refused() -> None:
    """Zipfile does not bound what it inflates at a time there, and Office never uses it."""
    with pytest.raises(ExtractError, match="Office does not use"):
        Package(zipped(b"x" * 100, method=zipfile.ZIP_BZIP2)).read("a.xml")


def test_a_zip_of_too_many_members_is_refused() -> None:
    with pytest.raises(ExtractError, match="parts"):
        Package(package({f"{n}": b"" for n in range(MAX_MEMBERS + 1)}))


BILLION_LAUGHS = (
    '<!DOCTYPE a [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]><a>&b;</a>'
)
EXTERNAL = '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>'


@pytest.mark.parametrize("source", [BILLION_LAUGHS, EXTERNAL])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_xml_with_a_dtd_is_refused(source: str, encoding: str) -> None:
    with pytest.raises(ExtractError, match="DTD"):
        parse_xml(source.encode(encoding))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_streamed_part_with_a_dtd_is_refused(encoding: str) -> None:
    package_ = Package(zipped(BILLION_LAUGHS.encode(encoding)))
    with package_.open("a.xml") as stream, pytest.raises(ExtractError, match="DTD"):
        stream_xml(stream, "a.xml", lambda *_: None, lambda _: None, lambda _: None)


@pytest.mark.parametrize(
    "source", [b"", b"<a>", b"<a></b>", b"<a>&x;</a>", b"\xff\xfe<", b"<a>" * 5000 + b"</a>" * 5000]
)
def test_malformed_or_bottomless_xml_is_an_error_of_extraction(source: bytes) -> None:
    with pytest.raises(ExtractError, match="damaged"):
        parse_xml(source)


def test_strict_namespaces_become_the_transitional_ones() -> None:
    """ISO strict files differ in their namespaces alone, as far as text is concerned."""
    root = parse_xml(b'<a xmlns="http://purl.oclc.org/ooxml/wordprocessingml/main"/>')
    assert root.tag == "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}a"


@given(st.binary(max_size=400), st.integers(0, 500))
def test_damage_anywhere_is_an_error_of_extraction(noise: bytes, place: int) -> None:
    """Whatever bytes are overwritten, reading ends in bytes or in ExtractError."""
    data = bytearray(zipped(bytes(range(256)) * 4))
    data[place : place + len(noise)] = noise
    with contextlib.suppress(ExtractError):
        package_ = Package(bytes(data))
        assert all(isinstance(package_.read(name), bytes) for name in package_.names())
