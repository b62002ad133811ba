"""What a reader sees of a document, whatever its format."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final

HARD: Final = "\n"
"""The end of a block, a cell, or a line that the author ended."""
SOFT: Final = "\x1f"
"""A line end of the source that a reader does not see as one."""
EITHER: Final = "\x1e"
"""A line end of which only the words beside it tell whether it parts them."""


@dataclass(slots=True)
class Source:
    """A document as other software shows it."""

    parts: list[str] = field(default_factory=list)
    """Visible text, with `HARD`, `SOFT` and `EITHER` for line ends and blanks as typed."""
    margins: list[str] = field(default_factory=list)
    """Page headers and footers, which may be read or not."""
    hidden: list[str] = field(default_factory=list)
    """Text that is in the file and that no reader sees."""
    headings: list[str] = field(default_factory=list)
    anchors: set[str] | None = None
    """The fragments that lead somewhere; None where the format has no such thing."""
    outlined: bool = True
    """Whether the format marks its headings, so that no others may be made up."""

    @property
    def text(self) -> str:
        """All that is visible, in order, without the ids that authors give to headings."""
        return re.sub(
            r"[ \t]*\{:?[^{}\n]*?#[^\s{}]+[^{}\n]*\}[ \t]*(?=\n)", "", "".join(self.parts)
        )
