"""Reads the elements of storage format that are more than a block or a span of text.

Leaves macros to `macros`, tables to `tables`.
"""

from __future__ import annotations

import re
from typing import Final

from ingest.extract.confluence.markup import AC, RI
from ingest.extract.confluence.sinks import Line
from ingest.extract.confluence.walker import MAX_NAME, Detour, Leave, Node, Reader, nothing
from ingest.extract.html.gather import index
from ingest.extract.prose import BREAK, fold

_DAY = re.compile(r"(\d{4})-(\d{2})-(\d{2})")
_BODIES: Final = (f"{AC}link-body", f"{AC}plain-text-link-body")
_PERSON: Final = (f"{RI}account-id", f"{RI}userkey", f"{RI}username")
_CONTENT: Final = f"{AC}adf-content"
_ADF_NODE: Final = f"{AC}adf-node"
_ADF_ATTRIBUTE: Final = f"{AC}adf-attribute"
_MAX_HEADING: Final = 1_000  # characters; more is no heading, and would be kept with every chunk
_SLACK: Final = 200  # blanks of the source around a caption
# Data Center writes no character beside these names, and in a table they are the answer.
_EMOTICONS: Final = {
    "tick": "✔", "cross": "✘", "plus": "➕", "minus": "➖", "question": "❓", "warning": "⚠",
    "information": "ℹ",
}  # fmt: skip
# Cloud fills in the file's name where an author gives no text of his own.
_FILE = re.compile(
    r"[^\n]*\.(?:png|jpe?g|gif|svg|webp|bmp|tiff?|heic|avif|ico|pdf|mp4|mov|webm|drawio|vsdx?)\s*",
    re.IGNORECASE,
)


def line_break(reader: Reader, _node: Node) -> None:
    """`br`."""
    reader.say(BREAK, "[hardBreak]")


def unordered(reader: Reader, _node: Node) -> Leave:
    """A list without numbers, of tasks too."""
    reader.sink.open_list(None)
    return reader.sink.close_list


def ordered(reader: Reader, node: Node) -> Leave:
    """A list with numbers."""
    reader.sink.open_list(index(node.get("start"), 1))
    return reader.sink.close_list


def item(reader: Reader, node: Node) -> Leave:
    """`li`."""
    value = node.get("value")
    reader.sink.item(number=index(value, 1) if value else None)
    return reader.sink.end_block


def task(reader: Reader, node: Node) -> Leave:
    """A task with its state as a check box."""
    done = (node.findtext(f"{AC}task-status") or "").strip() == "complete"
    reader.sink.item(mark="☑ " if done else "☐ ")
    return reader.sink.end_block


def heading(reader: Reader, node: Node) -> Leave:
    """`h1` to `h6`, with the id that Confluence gives it."""
    if reader.nested:
        return reader.block()
    reader.sink.end_block()
    line = reader.hold()

    def leave() -> None:
        reader.release()
        if len(line.text) > _MAX_HEADING:
            reader.sink.add(line.text)
            reader.sink.end_block()
            return
        anchor = reader.passed if reader.framed else _anchor(reader, node, line)
        reader.passed = anchor or reader.passed
        reader.sink.heading(int(node.tag[1]), line.text, anchor)

    return leave


def _anchor(reader: Reader, node: Node, line: Line) -> str:
    made = ""
    if line.told:
        made = reader.anchors.heading(line.label if line.label.strip() else line.text)
    own = "" if reader.cloud else (node.get("id") or "").strip()
    # Data Center keeps an id that the markup brings.
    return own[:MAX_NAME] or made or line.anchor


def preformatted(reader: Reader, _node: Node) -> Leave:
    """`pre`."""
    if reader.nested:
        return reader.block()
    reader.sink.end_block()
    line = reader.hold()

    def leave() -> None:
        reader.release()
        reader.sink.code(line.text.replace(BREAK, "\n"))

    return leave


def web_link(reader: Reader, node: Node) -> Leave:
    """`a`. A heading's id holds no word of a link that Cloud shows as a card."""
    if node.get("data-card-appearance"):
        reader.blur()
    return nothing


def time(reader: Reader, node: Node) -> Leave | None:
    """A date, as a Japanese reader sees it: 2026年11月22日. A search finds each number of it."""
    found = _DAY.match(node.get("datetime") or "")
    if found is None:
        return nothing
    year, month, day = map(int, found.groups())
    reader.say(f"{year}年{month}月{day}日", "[date]")
    return None


def link(reader: Reader, node: Node) -> Detour | None:
    """A link to a page, a person or a file: its own words, else what it leads to is called."""
    target: Node | None = None
    for child in node:
        if child.tag in _BODIES and (len(child) or (child.text or "").strip()):
            return Detour(child)
        if target is None and child.tag.startswith(RI):
            target = child
    if target is None:
        reader.sink.add(node.get(f"{AC}anchor") or "")
    elif target.tag == f"{RI}user":
        person(reader, target)
    else:
        title = target.get(f"{RI}content-title") or target.get(f"{RI}filename")
        if title is None and target.tag == f"{RI}page":
            title = reader.storage.title
        reader.say(title or "", title or "")
    return None


def person(reader: Reader, node: Node) -> None:
    """Somebody who is mentioned, by name; an id says nothing to anybody."""
    for attribute in _PERSON:
        name = reader.storage.users.get(node.get(attribute) or "")
        if name:
            name = fold(name[:MAX_NAME]).replace("\n", " ")
            reader.say(name, f"@{name}")
            return


def image(reader: Reader, node: Node) -> Leave:
    """An image: the words that its author gave it, and its caption."""
    reader.blur()
    alternative = node.get(f"{AC}alt") or node.get("alt") or ""
    if not _FILE.fullmatch(alternative) and not _repeated(alternative, node):
        reader.sink.add(alternative)
    return nothing


def _repeated(alternative: str, node: Node) -> bool:
    """Whether an image's caption says the same."""
    caption = node.find(f"{AC}caption")
    if caption is None or not alternative:
        return False
    said = ""
    for text in caption.itertext():
        said += str(text)
        if len(said) > 2 * len(alternative) + _SLACK:  # no need to read it all
            return False
    return fold(said) == fold(alternative)


def emoticon(reader: Reader, node: Node) -> None:
    """An emoji, where there is a character for it."""
    fallback = (node.get(f"{AC}emoji-fallback") or "").strip()
    if not fallback or fallback[0] == ":" or len(fallback) > 16:
        fallback = _EMOTICONS.get(node.get(f"{AC}name") or "", "")
    reader.say(fallback, fallback or node.get(f"{AC}emoji-shortname") or "")


def adf_node(reader: Reader, node: Node) -> Leave:
    """A node of the new editor's own format: a panel, decisions, an app's macro."""
    kind = node.get("type") or ""
    if kind == "decision-list":
        return unordered(reader, node)
    if kind == "decision-item":
        return item(reader, node)
    if kind.endswith("extension"):
        reader.blur()
        for child in node.iterchildren(_ADF_ATTRIBUTE):
            if child.get("key") == "extension-key" and child.text:
                reader.unread(child.text.strip().rpartition("/")[2])
                break
    return reader.block()


def adf_fallback(reader: Reader, node: Node) -> Leave | None:
    """What stands in for a node of the new editor, unless the node itself was read."""
    before = node.getprevious()
    if before is not None and (
        before.tag == _CONTENT
        or before.find(_CONTENT) is not None
        or any(child.find(_CONTENT) is not None for child in before.iterchildren(_ADF_NODE))
    ):
        return None
    return reader.block()


def block(reader: Reader, _node: Node) -> Leave:
    """What stands in a block of its own."""
    return reader.block()


def transparent(_reader: Reader, _node: Node) -> Leave:
    """What only marks text."""
    return nothing


ELEMENTS: Final = {
    "br": line_break,
    "ul": unordered,
    "menu": unordered,
    "ol": ordered,
    "li": item,
    **{f"h{level}": heading for level in range(1, 7)},
    "pre": preformatted,
    "a": web_link,
    "time": time,
    "img": image,
    f"{AC}link": link,
    f"{RI}user": person,
    f"{AC}image": image,
    f"{AC}emoticon": emoticon,
    f"{AC}task-list": unordered,
    f"{AC}task": task,
    _ADF_NODE: adf_node,
    f"{AC}adf-fallback": adf_fallback,
    **dict.fromkeys(
        (
            f"{AC}layout",
            f"{AC}layout-section",
            f"{AC}layout-cell",
            f"{AC}task-body",
            f"{AC}caption",
            f"{AC}adf-extension",
            _CONTENT,
            f"{AC}rich-text-body",
        ),
        block,
    ),
    f"{AC}inline-comment-marker": transparent,
}
"""By tag. Other elements of Confluence's own are not read: parameters, ids, placeholders."""
