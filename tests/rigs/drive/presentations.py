"""Google Slides: slides with titles, text and notes, some of them skipped; exported as pptx."""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from xml.sax.saxutils import escape

from pptx import Presentation
from rigs.drive.records import PPTX, SheetProperties, SlideProperties
from rigs.drive.zipped import Parts


@dataclass(frozen=True, slots=True)
class Slide:
    """One slide; lines of its text are paragraphs."""

    title: str
    text: str = ""
    notes: str = ""
    skipped: bool = False


@dataclass(slots=True)
class PresentationBody:
    """A presentation of slides."""

    content: tuple[Slide, ...]

    def exported(self, media_type: str, moment: int) -> bytes | None:
        return written(self.content) if media_type == PPTX else None

    def stored(self) -> bytes:
        return b""

    def sheets(self) -> tuple[SheetProperties, ...]:
        return ()

    def slides(self) -> tuple[SlideProperties, ...]:
        return tuple(
            SlideProperties(slide_id(one, n), one.skipped) for n, one in enumerate(self.content)
        )


def slide_id(slide: Slide, number: int) -> str:
    """Return a slide's id, as the editor makes them: the first one is called `p`."""
    if number == 0:
        return "p"
    return f"g{hashlib.sha256(f'{slide.title}{number}'.encode()).hexdigest()[:11]}_0_{number}"


def written(slides: Sequence[Slide]) -> bytes:
    """Return a file with these slides.

    The library takes long for each slide, so it makes a template of every length once; the words
    are put in behind it.
    """
    template = _template(len(slides))
    return template.filled(
        {
            name: _filled(name, data, slides)
            for name, data in template.plain.items()
            if name.startswith(("ppt/slides/slide", "ppt/notesSlides/notes"))
        }
    )


def _filled(name: str, data: bytes, slides: Sequence[Slide]) -> bytes:
    folder, _, last = name.rpartition("/")
    number = int("".join(one for one in last if one.isdigit())) - 1
    slide = slides[number]
    said = data.decode()
    for mark, text in (("TITLE", slide.title), ("TEXT", slide.text), ("NOTES", slide.notes)):
        said = _put(said, f"@@{mark}@@", text)
    if slide.skipped and folder == "ppt/slides":
        said = said.replace("<p:sld ", '<p:sld show="0" ', 1)
    return said.encode()


def _put(xml: str, mark: str, text: str) -> str:
    """Put a text in place of a paragraph that holds a mark: one paragraph a line."""
    at = xml.find(mark)
    if at < 0:
        return xml
    start, end = xml.rindex("<a:p>", 0, at), xml.index("</a:p>", at) + 6
    paragraph = xml[start:end]
    lines = "".join(paragraph.replace(mark, escape(line)) for line in text.split("\n"))
    return xml[:start] + lines + xml[end:]


@lru_cache(maxsize=64)
def _template(slides: int) -> Parts:
    made = Presentation()
    for _ in range(slides):
        slide = made.slides.add_slide(made.slide_layouts[1])
        slide.shapes.title.text = "@@TITLE@@"
        slide.placeholders[1].text = "@@TEXT@@"
        slide.notes_slide.notes_text_frame.text = "@@NOTES@@"
    file = io.BytesIO()
    made.save(file)
    with zipfile.ZipFile(file) as archive:
        return Parts((one, archive.read(one)) for one in archive.namelist())


def slides_of(content: object) -> tuple[Slide, ...]:
    """Return the slides that a test meant: see `contents.presentation`."""
    if isinstance(content, str):
        return (Slide(content),)
    assert isinstance(content, list | tuple), "slides are text or a sequence"
    return tuple(
        one if isinstance(one, Slide) else Slide(one) if isinstance(one, str) else Slide(**one)
        for one in content
    )
