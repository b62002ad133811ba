"""Bytes become text: byte order marks, declared charsets, and Japanese encodings told apart.

Knows encodings and mojibake; knows nothing of the formats that the text is written in.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from ingest.extract.blocks import ExtractError

# UTF-32's little-endian mark begins with UTF-16's, so it is asked first.
_MARKS: Final = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# What Windows and the Web mean by these labels (WHATWG Encoding Standard): Shift_JIS carries NEC's
# and IBM's characters (①㈱髙), Latin-1 carries the quotation marks of cp1252.
_MEANT: Final = {
    "shift_jis": "cp932",
    "shift-jis": "cp932",
    "sjis": "cp932",
    "x-sjis": "cp932",
    "windows-31j": "cp932",
    "ms932": "cp932",
    "ms_kanji": "cp932",
    "x-euc-jp": "euc_jp",
    "iso-8859-1": "cp1252",
    "latin1": "cp1252",
    "us-ascii": "cp1252",
    "ascii": "cp1252",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "utf-16": "utf-8",  # a label that could be read was not UTF-16, says the Standard
    "utf-16le": "utf-8",
    "utf-16be": "utf-8",
    "unicode": "utf-8",
}
_ESCAPE = re.compile(rb"\x1b(\$@|\$B|\$\(D|\$A|\(B|\(J|\(I)")
_KANA_OR_KANJI = re.compile("[\u3041-\u30ff\u4e00-\u9fff\uff01-\uff5e\u3000-\u3002\u300c-\u3011]")
_KANA = re.compile("[\u3041-\u3096\u30a1-\u30fa]")
_AMID_LETTERS = re.compile("(?<=[A-Za-z])[\u4e00-\u9fff]|[\u4e00-\u9fff](?=[A-Za-z])")
_TAKE_ANYTHING: Final = frozenset(("cp1252", "iso8859-1", "iso8859-15"))
_HALF_WIDTH_KANA = re.compile("[\uff61-\uff9f]")
_RARE = re.compile("[\ue000-\uf8ff\u0080-\u009f\ufffd]|[\U000f0000-\U0010fffd]")
# UTF-8 read as CP932: the lead bytes of kana (E3 81 .. E3 83) become these three, over and over.
_MOJIBAKE_CP932 = re.compile("[縺繧繝]")
# UTF-8 read as Latin-1 or cp1252: the same lead byte becomes ã followed by a sign or a control.
_MOJIBAKE_LATIN = re.compile("[ãåæçèéä][\u0080-\u00bf‚ƒ„…†‡ˆ‰Š‹Œ‘’“”•–—˜™š›œž€]")
_TOLERATED: Final = (
    0.01  # share of bytes that may be broken before the encoding counts as another one
)
_DETECTED: Final = 100_000  # bytes that charset-normalizer sees; it needs about 1 s a megabyte


@dataclass(frozen=True, slots=True)
class Decoded:
    """Text whose line ends are all LF, and what had to be said about it."""

    text: str
    warnings: tuple[str, ...] = ()


def decode(data: bytes, *, charset: str | None = None, also: str | None = None) -> Decoded:
    """Return the text of `data`; `charset` is what its source declares, `also` what itself says.

    Asked in turn: a byte order mark, ISO-2022-JP's escapes, strict UTF-8, the declared charsets,
    UTF-16 without a mark, CP932 and EUC-JP, these with a few broken bytes, and last a detector.
    A declared charset that takes any bytes, such as Latin-1, is not believed against Japanese.

    Raises `ExtractError` where the bytes are no text or only mojibake could be read.
    """
    if not data:
        raise ExtractError("the file is empty (0 bytes)")
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return _tidy(*_tolerant(data[len(mark) :], encoding))
    for encoding in _candidates(data, (charset, also)):
        text = _strict(data, encoding)
        if text is not None:
            return _tidy(text)
    return _tidy(*_least_broken(data))


def _candidates(data: bytes, charsets: Iterable[str | None]) -> Iterator[str]:
    """Encodings to be tried strictly, likeliest first; the costly guesses are made last."""
    if data.isascii() and _ESCAPE.search(data):
        yield "iso2022_jp"
    if b"\0" in data:
        wide = _wide(data)
        if wide:
            yield wide
        _refuse_binary(data)
    yield "utf-8"
    for declared in filter(None, map(_known, charsets)):
        if better := _against(data, declared):
            yield better
        yield declared
    yield from _japanese(data)


def _against(data: bytes, declared: str) -> str | None:
    """The Japanese encoding that the bytes are in where the declared one reads them as well.

    Servers declare Latin-1 for all that they have; a page that became EUC-JP still says Shift_JIS.
    """
    if declared in _TAKE_ANYTHING:
        for encoding in _japanese(data):
            text = _strict(data, encoding) or ""
            wide = len(_KANA_OR_KANJI.findall(text))
            # Accented letters read as kanji stand amid the other letters of their words.
            if _KANA.search(text) or 4 * len(_AMID_LETTERS.findall(text)) <= wide:
                return encoding
    elif declared == "cp932":
        read = _strict(data, "cp932") or ""
        if len(_HALF_WIDTH_KANA.findall(read)) > len(_KANA_OR_KANJI.findall(read)):
            other = _strict(data, "euc_jp") or ""
            if 10 * len(_KANA.findall(other)) > len(_KANA_OR_KANJI.findall(other)):
                return "euc_jp"
    return None


def _known(charset: str | None) -> str | None:
    name = (charset or "").strip().strip("\"'").lower()
    name = _MEANT.get(name, name)
    try:
        return codecs.lookup(name).name if name else None
    except LookupError:
        return None


def _wide(data: bytes) -> str | None:
    """UTF-16 without a byte order mark, told by the high bytes of kana, 、 and line ends."""
    if len(data) % 2:
        return None
    sample = data[:20_000]
    even, odd = sample[::2], sample[1::2]
    for high, low, encoding in ((odd, even, "utf-16-le"), (even, odd, "utf-16-be")):
        # Kana and CJK punctuation have 0x30 as their high byte, Latin text has 0x00.
        share = (high.count(0) + high.count(0x30)) / len(high)
        if share > 0.25 and low.count(0) <= len(low) * 0.02 and high.count(0):
            text = _strict(data, encoding)
            if text is not None and not _RARE.search(text):
                return encoding
    return None


def _refuse_binary(data: bytes) -> None:
    nuls = data.count(0)
    if nuls > max(3, len(data) * 0.001):
        raise ExtractError(
            f"binary data, not text ({nuls} NUL bytes); check the file's type or export it as text"
        )


def _strict(data: bytes, encoding: str) -> str | None:
    try:
        if encoding == "iso2022_jp":
            return _to_euc(data).decode("euc_jp", _NEC)
        if encoding == "euc_jp":
            return data.decode("euc_jp", _NEC)
        return data.decode(encoding)
    except (UnicodeDecodeError, LookupError):
        return None


def _japanese(data: bytes) -> list[str]:
    """CP932 and EUC-JP as far as they can be read, the one with more Japanese in it first."""
    scored = []
    for encoding in ("cp932", "euc_jp"):
        text = _strict(data, encoding)
        if text is not None and not _RARE.search(text):
            # EUC-JP read as CP932 is mostly half-width kana, which hardly anybody writes in a row.
            kana = len(_HALF_WIDTH_KANA.findall(text))
            scored.append((len(_KANA_OR_KANJI.findall(text)) - 2 * kana, encoding))
    return [
        encoding
        for score, encoding in sorted(scored, reverse=True)
        if score > 0 or _kana_only(data)
    ]


def _kana_only(data: bytes) -> bool:
    """Half-width kana and ASCII alone, as old machines export them: CP932 by definition."""
    return not any(0x80 <= byte < 0xA1 or byte > 0xDF for byte in data[:20_000])


def _least_broken(data: bytes) -> tuple[str, tuple[str, ...]]:
    """The encoding in which the fewest bytes are broken; with too many, what a detector says."""
    best = min(("utf-8", "cp932", "euc_jp"), key=lambda encoding: _broken(data, encoding))
    if _broken(data, best) <= max(1, len(data) * _TOLERATED):
        return _tolerant(data, best)
    return _detect(data)


def _broken(data: bytes, encoding: str) -> int:
    return len(_RARE.findall(data.decode(encoding, "replace")))


def _tolerant(data: bytes, encoding: str) -> tuple[str, tuple[str, ...]]:
    text = data.decode(encoding, "replace")
    where = text.find("\ufffd")
    if where < 0:
        return text, ()
    line = text.count("\n", 0, where) + 1
    warning = (
        f"{text.count(chr(0xFFFD))} characters could not be read as {encoding.upper()}, "
        f"the first in line {line}; they are shown as \ufffd"
    )
    return text, (warning,)


def _detect(data: bytes) -> tuple[str, tuple[str, ...]]:
    from charset_normalizer import from_bytes  # noqa: PLC0415 - slow to import, rarely needed

    best = from_bytes(data[:_DETECTED]).best()
    text = _strict(data, best.encoding) if best is not None else None
    if best is None or text is None or _RARE.search(text):
        raise ExtractError("the text is in no encoding that we know; save it as UTF-8")
    return text, (f"no charset is declared; the text was read as {best.encoding}",)


def _tidy(text: str, warnings: tuple[str, ...] = ()) -> Decoded:
    """Line ends made one kind; mojibake in the text itself repaired or refused."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")
    damaged = text.count("\ufffd")
    if damaged > 3 and damaged > len(text) * 0.05:
        raise ExtractError(
            f"mojibake: {damaged} of {len(text)} characters are unreadable; "
            "save the original as UTF-8"
        )
    repaired = _repair(text)
    if repaired is not None:
        return Decoded(
            repaired, (*warnings, "mojibake was repaired (UTF-8 saved as another encoding)")
        )
    return Decoded(text, warnings)


def _repair(text: str) -> str | None:
    """The text before it was read in a wrong encoding and saved, or None where it never was."""
    for pattern, encodings in (
        (_MOJIBAKE_CP932, ("cp932",)),
        (_MOJIBAKE_LATIN, ("latin-1", "cp1252")),
    ):
        sample = text[:20_000]
        marks = len(pattern.findall(sample))
        if marks < 3 or marks * 8 < sum(not char.isascii() for char in sample):
            continue
        for encoding in encodings:
            try:
                return text.encode(encoding).decode("utf-8")
            except UnicodeError:
                continue
        line = text.count("\n", 0, pattern.search(text).start()) + 1  # type: ignore[union-attr]
        raise ExtractError(
            f"mojibake from line {line} on: the text was read in a wrong encoding, then saved; "
            "save the original as UTF-8"
        )
    return None


# EUC-JP and ISO-2022-JP from Windows use rows of JIS X 0208 that the standard leaves free: NEC's
# row 13 (①㈱), IBM's rows 89 to 92 (髙﨑). Python's codecs refuse them; CP932 has them.
_NEC: Final = "kurage-nec-rows"


def _nec_rows(error: UnicodeError) -> tuple[str, int]:
    if isinstance(error, UnicodeDecodeError):
        pair = error.object[error.start : error.start + 2]
        if len(pair) == 2 and min(pair) >= 0xA1:
            return _shifted(pair[0] - 0xA0, pair[1] - 0xA0).decode("cp932"), error.start + 2
    raise error


def _shifted(row: int, cell: int) -> bytes:
    """JIS X 0208 row and cell (1 to 94) in the arithmetic of Shift_JIS."""
    lead = (row - 1) // 2 + (0x81 if row <= 62 else 0xC1)
    if row % 2:
        return bytes((lead, cell + (0x3F if cell <= 63 else 0x40)))
    return bytes((lead, cell + 0x9E))


codecs.register_error(_NEC, _nec_rows)


def _to_euc(data: bytes) -> bytes:
    """ISO-2022-JP as EUC-JP: each escape says what the seven bits after it mean."""
    parts = _ESCAPE.split(data)
    out = [parts[0]]
    for escape, body in zip(parts[1::2], parts[2::2], strict=True):
        # A line end returns to ASCII, also where the writer forgot the escape.
        wide, newline, plain = body.partition(b"\n")
        if escape in (b"$B", b"$@"):
            out.append(bytes(byte | 0x80 for byte in wide))
        elif escape == b"$(D":
            out.extend(
                b"\x8f" + bytes((a | 0x80, b | 0x80))
                for a, b in zip(wide[::2], wide[1::2], strict=False)
            )
        elif escape == b"(I":
            out.extend(bytes((0x8E, byte | 0x80)) for byte in wide)
        else:
            out.append(wide)
        out.append(newline + plain)
    return b"".join(out)
