"""What the text of a generated file must hold and must not hold, and where it stands."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True)
class Written:
    """What was written into one file."""

    present: list[str] = field(default_factory=list)
    absent: list[str] = field(default_factory=list)
    comments: list[str] = field(default_factory=list)
    anchors: dict[str, str] = field(default_factory=dict)

    def say(self, text: str, anchor: str = "") -> None:
        """Note a text; where it stands is only known while it stands in one place."""
        if text in self.anchors and self.anchors[text] != anchor:
            anchor = ""
        self.present.append(text)
        self.anchors[text] = anchor


@dataclass(frozen=True, slots=True)
class Truth:
    """What a mirror of one file is measured by."""

    present: tuple[str, ...]
    """One for each sentence, entry, cell: word for word."""
    absent: tuple[str, ...]
    """Hidden rows and sheets, skipped slides, and what an export has beside its text."""
    comments: tuple[str, ...]
    """Talk about the document; not asked for, not forbidden."""
    anchors: dict[str, str]
    """Where texts stand: `heading=h.…`, `gid=0&range=B7` (of the cell), `slide=id.…`, `page=2`.
    Texts that stand in several places, or before any heading, are not there."""
    visible: bool
    """Whether the service account may read it, and not only by a link."""
    readers: frozenset[str]
    """People who may read it, and find it without having its link."""
    by_link: frozenset[str]
    """People of the organisation who may read it, by its link too."""
