"""Walks a page's tree in document order and holds what is open; leaves elements to their readers.

Knows no element by name. A reader of an element says how to go on: into it, past it, or into
another tree in its place, as an included page is.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from lxml import etree

from connectors.confluence.storage import Storage
from ingest.extract import page
from ingest.extract.confluence.anchors import Anchors
from ingest.extract.confluence.markup import Markup
from ingest.extract.confluence.sinks import Flow, Line, Sink
from ingest.extract.html.gather import BLOCKS
from ingest.extract.outline import Cell, Outline

Node = etree._Element  # noqa: SLF001 - lxml's only name for it
Leave = Callable[[], None]

MAX_NAME: Final = 200
"""Characters of a person's or a macro's name; what is longer is none, and could be repeated."""

_HIDING: Final = ("style", "hidden", "aria-hidden", "open")
_MAX_REPORTED: Final = 20  # different macros


def nothing() -> None:
    """Leave an inline element."""


@dataclass(slots=True)
class Table:
    """A table whose rows are being read."""

    rows: list[list[Cell]] = field(default_factory=list)
    caption: str = ""


@dataclass(frozen=True, slots=True)
class Detour:
    """Go on with what another element holds, in place of this one's."""

    root: Node
    leave: Leave = nothing


ReadElement = Callable[["Reader", Node], "Leave | Detour | None"]
"""Reads what an element is by itself, and tells how to go on: what to do after its content; None to
skip that content; or what to read in place of it."""


class Reader:
    """Carries what is open while the markup of one document is walked."""

    def __init__(self, storage: Storage, elements: Mapping[str, ReadElement]) -> None:
        self.storage = storage
        self.cloud = storage.edition == "cloud"
        self.markup = Markup()
        self.anchors = Anchors(storage.edition, storage.title)
        self.outline = Outline()
        self.sink: Sink = Flow(self.outline)
        self.tables: list[Table | None] = []
        """The tables around; None: its cells are read as blocks."""
        self.in_head = False
        self.including: list[str] = []
        """Keys of the included pages that are open, outermost first."""
        self.included_characters = 0
        self.passed = ""
        """The anchor that was passed last."""
        self._elements = elements
        self._held: list[Sink] = []
        self._unread: Counter[str] = Counter()
        self._bared: Counter[str] = Counter()
        self._notes: dict[str, None] = {}

    @property
    def framed(self) -> bool:
        """Whether headings have no ids in the page: in comments, and in Cloud's included pages."""
        return bool(self.storage.comments) or (self.cloud and bool(self.including))

    @property
    def nested(self) -> bool:
        """Whether lines stand in lines deeper than a heading in a cell: only a trick does that."""
        return len(self._held) > 1

    def read(self, storage: str) -> None:
        """Read a fragment of storage format; its blocks go to the outline."""
        self._walk(self.markup.tree(storage))
        self.sink.end_block()

    def say(self, text: str, label: str = "") -> None:
        """Add text that the markup only names; `label`: what Cloud makes of it in a heading's id.

        Data Center makes ids of written characters alone.
        """
        self.sink.add(text, label if self.cloud else "")

    def blur(self) -> None:
        """Note that the id of the heading around, if there is one, can not be told any more."""
        if isinstance(self.sink, Line):
            self.sink.told = False

    def hold(self) -> Line:
        """Let what follows become one line, until `release`."""
        self._held.append(self.sink)
        line = Line()
        self.sink = line
        return line

    def release(self) -> None:
        """Go on where `hold` interrupted."""
        self.sink = self._held.pop()

    def unread(self, macro: str, *, body_kept: bool = False) -> None:
        """Note that a macro is not read; `body_kept`: but for the text in its body."""
        (self._bared if body_kept else self._unread)[macro[:MAX_NAME]] += 1

    def note(self, sentence: str) -> None:
        """Note what else could not be read."""
        self._notes[sentence] = None

    def warnings(self) -> tuple[str, ...]:
        """Return what a sync should report, each thing once."""
        unread = [f'macro "{name}"{_times(n)} is not read' for name, n in self._unread.items()]
        bared = [
            f'macro "{name}"{_times(n)} is unknown; only the text in its body is read'
            for name, n in self._bared.items()
        ]
        return (*self.markup.warnings, *_some([*self._notes]), *_some(unread), *_some(bared))

    def _walk(self, root: Node) -> None:
        """Visit all of it without recursion: pages may be thousands of levels deep."""
        stack: list[tuple[Iterator[Node], Leave, str | None]] = []
        children: Iterator[Node] = iter(root)
        leave: Leave = nothing
        tail: str | None = None
        self._text(root.text)
        while True:
            node = next(children, None)
            if node is None:
                leave()
                self._text(tail)
                if not stack:
                    return
                children, leave, tail = stack.pop()
                continue
            after = self._enter(node)
            if after is None:
                self._text(node.tail)
                continue
            stack.append((children, leave, tail))
            inside = node
            if isinstance(after, Detour):
                inside, after = after.root, after.leave
            children, leave, tail = iter(inside), after, node.tail
            self._text(inside.text)

    def _text(self, text: str | None) -> None:
        if text:
            self.sink.add(text)

    def _enter(self, node: Node) -> Leave | Detour | None:
        tag = node.tag
        attributes = node.attrib
        if attributes:
            # Each by its name: listing them takes lxml quadratic time.
            hiding: page.Attributes = {key: node.get(key) for key in _HIDING if key in attributes}
            if hiding and not page.visible(tag, hiding):
                return None
        read = self._elements.get(tag)
        if read is not None:
            return read(self, node)
        if tag in BLOCKS:
            return self.block()
        # What is Confluence's own and unknown may hold settings as well as text.
        foreign = not isinstance(tag, str) or tag[0] == "{"
        return None if foreign or tag in page.UNSEEN else nothing

    def block(self) -> Leave:
        """Begin a block; what is returned ends it."""
        self.sink.end_block()
        return self.sink.end_block


def _times(count: int) -> str:
    return f" ×{count}" if count > 1 else ""


def _some(sentences: list[str]) -> list[str]:
    """As many of the sentences as somebody reads."""
    if len(sentences) <= _MAX_REPORTED:
        return sentences
    return [*sentences[:_MAX_REPORTED], f"and {len(sentences) - _MAX_REPORTED} more of the kind"]
