"""What the text of a generated page must hold and must not hold, as things stand now.

Included pages are told apart by who may read them: their text belongs to the page where every layer
of theirs is covered by a layer of the page's own; it must not be there where somebody who reads the
page may not read them. In between (groups that happen to lie in one another) nothing is asked.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from rigs.confluence.blocks import Block
from rigs.confluence.readers import Readers
from rigs.confluence.records import Content
from rigs.confluence.sight import Sight
from rigs.confluence.world import World

_DEEPEST = 3
"""How deep includes are followed: what stands deeper is neither asked for nor forbidden."""


@dataclass(frozen=True, slots=True)
class Truth:
    """What a mirror's text of one content is measured by."""

    present: tuple[str, ...]
    """One for each sentence, cell, task, code line: word for word, without an inner space."""
    parameters: tuple[str, ...]
    """Settings of macros, ids and the like."""
    hidden: tuple[str, ...]
    """What not every reader of the content may see, or what its own page does not show."""

    @property
    def absent(self) -> tuple[str, ...]:
        """Everything that the text must not hold."""
        return self.parameters + self.hidden


@dataclass(slots=True)
class Written:
    """What was generated for one content."""

    body: str
    """By which it is seen that nobody wrote something else since."""
    code: str
    """In what the page says of itself, and nowhere else in the site."""
    present: tuple[str, ...]
    parameters: tuple[str, ...] = ()
    hidden: tuple[str, ...] = ()
    includes: tuple[tuple[str, str, bool], ...] = ()
    excerpt: tuple[str, ...] = ()


@dataclass(slots=True)
class _Told:
    present: list[str] = field(default_factory=list)
    parameters: list[str] = field(default_factory=list)
    hidden: list[str] = field(default_factory=list)


def written(body: str, code: str, blocks: Iterable[Block]) -> Written:
    """Return the sum of some blocks."""
    blocks = list(blocks)
    return Written(
        body,
        code,
        tuple(one for block in blocks for one in block.present),
        tuple(one for block in blocks for one in block.parameters),
        tuple(one for block in blocks for one in block.hidden),
        tuple(one for block in blocks for one in block.includes),
        tuple(one for block in blocks for one in block.excerpt or ()),
    )


class Truths:
    """Knows what was generated, and judges by how the site is now."""

    def __init__(self, world: World, sight: Sight) -> None:
        self._world, self._sight = world, sight
        self._readers = Readers(world, sight)
        self._written: dict[str, Written] = {}
        self._titles: dict[tuple[str, str], str] = {}
        self._as_of = -1

    def note(self, content_id: str, what: Written) -> None:
        """Remember what was generated for a content."""
        self._written[content_id] = what

    def code(self, content_id: str) -> str:
        """Return the number that a generated page says of itself."""
        return self._written[content_id].code

    def of(self, content_id: str) -> Truth:
        """Return the truth of a page, file, or thread by its first comment.

        Raises KeyError where it was not generated, is not current, or was written anew by hand.
        """
        found = self._all([content_id])
        return found[content_id]

    def everything(self) -> dict[str, Truth]:
        """Return the truth of everything that was generated and still is a document."""
        return self._all(self._written)

    def _all(self, ids: Iterable[str]) -> dict[str, Truth]:
        with self._world.lock:
            self._learn_titles()
            found = {}
            for one in ids:
                content = self._world.contents.get(one)
                if content and self._is_document(content):
                    told = _Told()
                    self._tell(content, told, [content])
                    shown = "\n".join(told.present)
                    hidden = [text for text in told.hidden if text not in shown]
                    parameters = dict.fromkeys(told.parameters)
                    found[one] = Truth(
                        tuple(dict.fromkeys(told.present)),
                        tuple(parameters),
                        tuple(dict.fromkeys(hidden)),
                    )
            return found

    def _is_document(self, content: Content) -> bool:
        what = self._written.get(content.id)
        if what is None or content.status != "current" or self._sight.deleted(content):
            return False
        if content.kind == "comment" and (content.parent or content.resolution == "resolved"):
            return False
        return content.kind == "attachment" or what.body == content.body

    def _tell(self, content: Content, told: _Told, through: list[Content]) -> None:
        what = self._written[content.id]
        told.present += what.present
        told.parameters += what.parameters
        told.hidden += what.hidden
        if content.kind == "comment":
            for reply in self._world.children.get(content.id, ()):
                child = self._world.contents[reply]
                if child.status == "current" and reply in self._written:
                    self._tell(child, told, through)
        for space, title, only in what.includes:
            target_id = self._titles.get((space or content.space, title))
            target = self._world.contents.get(target_id or "")
            if target is None or target in through or len(through) > _DEEPEST:
                continue
            inner = self._written.get(target.id)
            if inner is None or inner.body != target.body:
                continue
            host = through[0]
            if self._readers.covers(target, host):
                if only:
                    told.present += inner.excerpt
                else:
                    self._tell(target, told, [*through, target])
            elif self._readers.leaks(target, host):
                told.hidden.append(inner.code)

    def _learn_titles(self) -> None:
        if self._as_of != self._world.structure:
            self._as_of = self._world.structure
            self._titles = {
                (one.space, one.title): one.id
                for one in self._world.contents.values()
                if one.kind == "page" and one.status == "current" and self._sight.viewable(one)
            }
