"""What a message is made of before it is blocks: paragraphs of runs.

Knows nothing of answers. A run is one piece of text in one style, as rich text has it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

Json = dict[str, Any]

RunKind = Literal["text", "link", "user", "usergroup"]
ParagraphKind = Literal["plain", "bullet", "ordered", "quote", "code"]


@dataclass(frozen=True, slots=True)
class Run:
    """A piece of text in one style."""

    text: str
    """What is read; of a person or group, the id."""
    kind: RunKind = "text"
    url: str = ""
    """Where a link leads."""
    bold: bool = False
    code: bool = False
    whole: bool = False
    """Whether it stays in one piece, with what stands before it: the numbers of sources."""


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A line of text, a list item, a line of code."""

    runs: tuple[Run, ...]
    kind: ParagraphKind = "plain"
    indent: int = 0
    """Of a list item, from 0."""
    number: int = 0
    """Of an item of an ordered list."""
    goes_on: bool = False
    """Whether it is the rest of the paragraph before it, which was cut."""

    @property
    def text(self) -> str:
        """Return what is read."""
        return "".join(run.text for run in self.runs)

    def with_runs(self, *runs: Run) -> Paragraph:
        """Return the paragraph with more behind it."""
        return replace(self, runs=(*self.runs, *runs))


@dataclass(frozen=True, slots=True)
class Part:
    """One message."""

    text: str
    """All of it as mrkdwn, at most 3,000 characters: what a notification begins with, what a screen
    reader reads, and what stands where Slack refuses the blocks. As safe as they are."""
    blocks: list[Json]
    """At most 50, within Slack's limits."""


def plain(*runs: Run | str, bold: bool = False) -> Paragraph:
    """Return a paragraph; text may be given as it is."""
    return Paragraph(tuple(Run(run, bold=bold) if isinstance(run, str) else run for run in runs))


def plain_text(text: str, limit: int) -> Json:
    """Return a text object of which Slack reads nothing but line breaks; cut at `limit`."""
    cut = text if len(text) <= limit else text[: limit - 1] + "…"
    return {"type": "plain_text", "text": cut, "emoji": False}


def button(label: str, action: str, value: str, *, primary: bool = False) -> Json:
    """Return a button. Slack allows 75 characters of label and 2,000 of value."""
    made = {
        "type": "button",
        # Our own label: 👍 is a character of it, and Slack wants it marked to show its own picture.
        "text": {**plain_text(label, 75), "emoji": True},
        "action_id": action,
        "value": value,
    }
    return made | ({"style": "primary"} if primary else {})


def actions(buttons: Sequence[Json]) -> Json:
    """Return the block of some buttons."""
    return {"type": "actions", "elements": list(buttons)}
