"""What generated files hold: the same from the same number, made when somebody asks.

Nothing of a file is kept but its number, so ten thousand of them are made in a moment and take no
memory; its text, its bytes and its truth are worked out alike from the number.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from random import Random
from typing import Any

from rigs.confluence import prose
from rigs.drive import uploads
from rigs.drive.documents import Block, DocumentBody, Run, heading_ids, picture
from rigs.drive.presentations import PresentationBody, Slide, slide_id
from rigs.drive.presentations import written as pptx
from rigs.drive.records import SheetProperties, SlideProperties
from rigs.drive.spreadsheets import Sheet, SpreadsheetBody, gid
from rigs.drive.spreadsheets import written as xlsx
from rigs.drive.truth import Written

_NEVER = ("lst-kix", "google.com/url", "source=editors", "AOvVaw", "line-height", "#cmnt", "#ftnt")
"""What the HTML of an export has beside the text."""


class Speaker:
    """Says sentences, none of them twice in one file, and notes them."""

    def __init__(self, number: int, revision: int) -> None:
        self.random = Random(number * 1009 + revision)
        self.code = f"KRG-{number:06}-{revision:02}"
        """In what the file says of itself, and nowhere else."""
        self.written = Written()
        self._said: set[str] = set()

    def sentence(self, anchor: str = "", *, hidden: bool = False) -> str:
        """Return a sentence that was not said yet."""
        said = prose.sentence(self.random)
        while said in self._said:
            said = f"{said[:-1]}（{self.random.randint(2, 9999)}）。"
        self._said.add(said)
        self.note(said, anchor, hidden=hidden)
        return said

    def note(self, text: str, anchor: str = "", *, hidden: bool = False) -> None:
        """Note a text that the file holds."""
        if hidden:
            self.written.absent.append(text)
        else:
            self.written.say(text, anchor)

    def heading(self) -> str:
        """Return the words of a heading, which are often those of others."""
        return prose.topic(self.random)


@dataclass(frozen=True, slots=True)
class Generated:
    """A file of a kind, by its number."""

    kind: str
    number: int
    revision: int = 0

    def _made(self) -> tuple[Any, Speaker]:
        speaker = Speaker(self.number, self.revision)
        return _CONTENT[self.kind](speaker), speaker

    def truth(self) -> Written:
        """Return what is in it."""
        return self._made()[1].written

    def exported(self, media_type: str, moment: int) -> bytes | None:
        content, _ = self._made()
        if self.kind == "doc":
            return DocumentBody(content).exported(media_type, moment)
        if self.kind == "sheet":
            return SpreadsheetBody(content).exported(media_type, moment)
        return PresentationBody(content).exported(media_type, moment)

    def stored(self) -> bytes:
        return _bytes(self.kind, self.number, self.revision)

    def sheets(self) -> tuple[SheetProperties, ...]:
        return SpreadsheetBody(self._made()[0]).sheets() if self.kind == "sheet" else ()

    def slides(self) -> tuple[SlideProperties, ...]:
        return PresentationBody(self._made()[0]).slides() if self.kind == "slides" else ()


@lru_cache(maxsize=5000)
def _bytes(kind: str, number: int, revision: int) -> bytes:
    # Who lists a file wants its checksum, who fetches it the same bytes again.
    return _STORED[kind](_CONTENT[kind](Speaker(number, revision)))


# Documents


def _document(speaker: Speaker, *, google: bool = True) -> tuple[Block, ...]:
    """Return the blocks of a document; their places are those of the headings above them."""
    random, content = speaker.random, list[Block]()
    if random.random() < 0.5:
        content.append(Block("title", (Run(prose.title(random, random.randrange(10**5))),)))
    content.append(Block("text", (Run(f"文書番号は{speaker.code}です。"),)))
    for _ in range(random.randint(2, 4)):
        content.append(Block("heading", (Run(speaker.heading()),), level=random.choice((1, 1, 2))))
        for _ in range(random.randint(1, 3)):
            content.append(_paragraph(speaker, google=google))
        if random.random() < 0.3:
            content += _entries(speaker)
        if random.random() < 0.25:
            content.append(_table(speaker))
        if google and random.random() < 0.1:
            content.append(Block("image", (Run("図"),)))
    _place(speaker, content, google=google)
    return tuple(content)


def _paragraph(speaker: Speaker, *, google: bool) -> Block:
    random, runs = speaker.random, list[Run]()
    for _ in range(random.randint(1, 3)):
        said = _silent(speaker)
        drawn = random.random()
        at = random.randint(2, len(said) - 3)
        if drawn < 0.15:
            runs += [Run(said[:at]), Run(said[at : at + 3], bold=True), Run(said[at + 3 :])]
        elif drawn < 0.25 and google:
            link = f"https://portal.example.co.jp/{random.randint(1, 999)}?a=1&b=規程"
            runs += [Run(said[:at], link=link), Run(said[at:])]
        elif drawn < 0.30 and google:
            runs += [Run(said[:-1], footnote=_silent(speaker)), Run(said[-1])]
        elif drawn < 0.34 and google:
            talk = f"ここは{random.randint(100, 999)}の件で見直しますか？"
            speaker.written.comments.append(talk)
            runs += [Run(said[:at], comment=talk), Run(said[at:])]
        else:
            runs.append(Run(said))
    return Block("text", tuple(runs))


def _silent(speaker: Speaker) -> str:
    """Return a sentence that is noted later, when it is known where it stands."""
    said = speaker.sentence()
    speaker.written.present.pop()
    del speaker.written.anchors[said]
    return said


def _entries(speaker: Speaker) -> list[Block]:
    kind: Any = speaker.random.choice(("bullet", "number"))
    return [
        Block(kind, (Run(_silent(speaker)),), level=speaker.random.choice((0, 0, 1)) if n else 0)
        for n in range(speaker.random.randint(2, 4))
    ]


def _table(speaker: Speaker) -> Block:
    random = speaker.random
    rows = [("項目", "担当", "説明")]
    rows += [
        (f"{speaker.code}-T{n}", random.choice(prose.DEPARTMENTS), _silent(speaker))
        for n in range(random.randint(2, 4))
    ]
    return Block("table", rows=tuple(rows))


def _place(speaker: Speaker, content: list[Block], *, google: bool) -> None:
    anchor = ""
    for block, name in heading_ids(content):
        if name and google and block.kind == "heading":
            anchor = f"heading={name}"
        if block.kind == "heading":
            speaker.note(block.text, anchor)
        elif block.kind == "title":
            speaker.note(block.text)
        for row in block.rows:
            for cell in row:
                speaker.note(cell, anchor)
        if block.kind in {"text", "bullet", "number"}:
            for said in _sentences(block.text):
                speaker.note(said, anchor)
        for run in block.runs:
            if run.footnote:
                speaker.note(run.footnote)
    if google:
        speaker.written.absent += _NEVER


def _sentences(text: str) -> list[str]:
    return [f"{one}。" for one in text.split("。") if one]


# Spreadsheets and presentations


def _sheets(speaker: Speaker) -> tuple[Sheet, ...]:
    random, found = speaker.random, []
    titles = random.sample(("申請一覧", "2026年度", "集計", "担当表", "Q&A"), random.randint(1, 3))
    hides = random.random() < 0.3
    for number, title in enumerate([*titles, "作業用（非公開）"] if hides else titles):
        hidden = hides and number == len(titles)
        rows: list[tuple[str | int, ...]] = [("番号", "項目", "説明", "件数")]
        left_out = []
        for n in range(2, random.randint(6, 14)):
            code = f"{speaker.code}-{number}-{n}"
            out_of_sight = hidden or random.random() < 0.08
            if out_of_sight and not hidden:
                left_out.append(n)
            place = f"gid={gid(title, number)}&range="
            said = speaker.sentence(f"{place}C{n}", hidden=out_of_sight)
            speaker.note(code, f"{place}A{n}", hidden=out_of_sight)
            rows.append((code, prose.term(random), said, random.randint(1, 999)))
        found.append(Sheet(title, tuple(rows), hidden, tuple(left_out)))
    return tuple(found)


def _slides(speaker: Speaker) -> tuple[Slide, ...]:
    random, found = speaker.random, list[Slide]()
    for number in range(random.randint(3, 6)):
        skipped = number > 0 and random.random() < 0.12
        slide = Slide(f"{speaker.heading()} {speaker.code}-{number}", skipped=skipped)
        anchor = f"slide=id.{slide_id(slide, number)}"
        speaker.note(slide.title, anchor, hidden=skipped)
        said = [speaker.sentence(anchor, hidden=skipped) for _ in range(random.randint(1, 3))]
        notes = speaker.sentence(anchor, hidden=skipped) if random.random() < 0.4 else ""
        found.append(Slide(slide.title, "\n".join(said), notes, skipped))
    return tuple(found)


# Uploads


def _pages(speaker: Speaker) -> list[tuple[str, list[str]]]:
    found = []
    for number in range(1, speaker.random.randint(2, 4)):
        heading = f"{speaker.heading()} {speaker.code}-{number}"
        speaker.note(heading, f"page={number}")
        said = [speaker.sentence(f"page={number}") for _ in range(speaker.random.randint(3, 7))]
        found.append((heading, said))
    return found


def _lines(speaker: Speaker) -> str:
    speaker.note(f"管理番号は{speaker.code}です。")
    return "\n\n".join(
        [f"管理番号は{speaker.code}です。"]
        + [speaker.sentence() for _ in range(speaker.random.randint(4, 14))]
    )


def _table_of_text(speaker: Speaker) -> str:
    rows = ["番号,部門,説明"]
    for n in range(speaker.random.randint(5, 20)):
        code = f"{speaker.code}-{n}"
        speaker.note(code)
        rows.append(f"{code},{speaker.random.choice(prose.DEPARTMENTS)},{speaker.sentence()}")
    return "\r\n".join(rows) + "\r\n"


def _markdown(speaker: Speaker) -> str:
    parts = [f"管理番号は{speaker.code}です。"]
    speaker.note(parts[0])
    for _ in range(speaker.random.randint(2, 4)):
        heading = speaker.heading()
        speaker.note(heading)
        parts += [f"## {heading}", "".join(speaker.sentence() for _ in range(2))]
    return "\n\n".join(parts) + "\n"


def _office_sheets(speaker: Speaker) -> tuple[Sheet, ...]:
    found = _sheets(speaker)
    speaker.written.anchors.clear()  # an uploaded workbook has no ids
    return found


def _office_slides(speaker: Speaker) -> tuple[Slide, ...]:
    found = _slides(speaker)
    speaker.written.anchors.clear()
    return found


def _png(speaker: Speaker) -> str:
    return speaker.code


_CONTENT: dict[str, Callable[[Speaker], Any]] = {
    "doc": _document,
    "sheet": _sheets,
    "slides": _slides,
    "pdf": _pages,
    "docx": lambda speaker: _document(speaker, google=False),
    "xlsx": _office_sheets,
    "pptx": _office_slides,
    "txt": _lines,
    "txt-cp932": _lines,
    "txt-euc": _lines,
    "csv": _table_of_text,
    "csv-cp932": _table_of_text,
    "md": _markdown,
    "png": _png,
    "form": _png,
}
_STORED: dict[str, Callable[[Any], bytes]] = {
    "pdf": uploads.pdf,
    "docx": uploads.docx,
    "xlsx": xlsx,
    "pptx": pptx,
    "txt": lambda text: text.encode(),
    "txt-cp932": lambda text: text.replace("\n", "\r\n").encode("cp932"),
    "txt-euc": lambda text: text.encode("euc_jp"),
    "csv": lambda text: b"\xef\xbb\xbf" + text.encode(),
    "csv-cp932": lambda text: text.encode("cp932"),
    "md": lambda text: text.encode(),
    "png": lambda code: picture(str(zlib.crc32(code.encode()))),
}
