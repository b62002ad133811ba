"""What a person reads of a message, whom it pings, and where its links lead.

Knows nothing of the workspace beyond the names it is given. Emphasis is taken as Slack's mrkdwn
takes it: `*bold*` with a letter right beside it, which in Japanese is the rule, stays as typed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from markdown_it import MarkdownIt
from markdown_it.token import Token

Json = dict[str, Any]

_ENTITY = re.compile(r"<([^<>\n]+)>")
_URL = re.compile(r"https?://[^\s<>|、。「」（）]+")
_SCHEME = re.compile(r"(?:https?|mailto|tel|slack):", re.IGNORECASE)
# Beside a delimiter stands nothing, a space or ASCII punctuation; anything else is a word's part.
_EDGE = r"\s!-/:-@\[-`{-~"
_EMPHASIS = [
    re.compile(
        rf"(?:(?<=[{_EDGE}])|(?<![\s\S]))(?<!{re.escape(mark)}){re.escape(mark)}(?=[^\s{re.escape(mark)}])"
        rf"([^\n{re.escape(mark)}]*?)(?<=[^\s]){re.escape(mark)}(?=[{_EDGE}]|$)",
        re.MULTILINE,
    )
    for mark in "*_~"
]
_CODE = re.compile(r"```.*?```|`[^`\n]+`", re.DOTALL)
_PLACEHOLDER = re.compile("[\ue000-\uf8ff]")
_DOMAIN = re.compile(
    r"(?:https?://)?(?:[\w-]+\.)+(?:com|co|jp|net|org|io|dev|app|gov|edu|biz|info|example|test)"
    r"(?=[/:?#]|$)",
    re.IGNORECASE,
)
_BROADCASTS = {"channel", "here", "everyone"}
_MARKDOWN = MarkdownIt("commonmark").enable(["table", "strikethrough"])


@dataclass(frozen=True)
class Ping:
    kind: str
    """`user`, `usergroup`, `channel`, `here`, `everyone`."""
    target: str
    where: str


@dataclass(frozen=True)
class Link:
    url: str
    label: str
    where: str

    @property
    def forged(self) -> bool:
        """Whether the label names another site than the one that the link leads to."""
        named = _DOMAIN.match(self.label.strip())
        if not named:
            return False
        label = named.group(0)
        return _host(label if "://" in label else f"https://{label}") != _host(self.url)


def _host(url: str) -> str | None:
    try:
        return urlsplit(url).hostname
    except ValueError:
        return None


@dataclass
class Reading:
    """A message as it meets the eye."""

    text: str = ""
    pings: list[Ping] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)
    buttons: list[Json] = field(default_factory=list)


class Reader:
    """Reads one message; `names` is what people see instead of ids."""

    def __init__(self, names: Mapping[str, str]) -> None:
        self._names = names
        self.reading = Reading()

    # Entities: <@U…>, <!channel>, <https://…|label>

    def _entity(self, inside: str, where: str) -> str | None:  # noqa: PLR0911 (one a kind)
        body, _, label = inside.partition("|")
        if body.startswith("@") and len(body) > 1:
            return self._ping("user", body[1:], where)
        if body.startswith("#"):
            return "#" + (label or self._names.get(body[1:], body[1:]))
        if body.startswith("!subteam^"):
            return self._ping("usergroup", body[9:], where)
        if body.startswith("!date^"):
            return label or body
        if body[:1] == "!" and body[1:] in _BROADCASTS:
            return self._ping(body[1:], body[1:], where)
        if _SCHEME.match(body):
            return self.link(_unescaped(body), _unescaped(label), where)
        return None

    def _ping(self, kind: str, target: str, where: str) -> str:
        self.reading.pings.append(Ping(kind, target, where))
        return "@" + self._names.get(target, target).removeprefix("@")

    def link(self, url: str, label: str, where: str) -> str:
        self.reading.links.append(Link(url, label or url, where))
        return label or url

    def _held(self, text: str, where: str) -> tuple[str, list[str]]:
        """Return the text with a private character for each entity, and what each reads as."""
        held: list[str] = []

        def hold(match: re.Match[str]) -> str:
            read = self._entity(match.group(1), where)
            if read is None:
                return match.group(0)
            held.append(read)
            return chr(0xE000 + len(held) - 1)

        return _ENTITY.sub(hold, _PLACEHOLDER.sub("\ufffd", text)), held

    # Texts

    def mrkdwn(self, text: str, where: str) -> str:
        text, held = self._held(text, where)
        parts = []
        last = 0
        for code in _CODE.finditer(text):
            parts += [self._emphasised(text[last : code.start()], where), code.group(0).strip("`")]
            last = code.end()
        parts.append(self._emphasised(text[last:], where))
        return _released(_unescaped("".join(parts)), held)

    def _emphasised(self, text: str, where: str) -> str:
        for url in _URL.findall(text):
            self.link(_unescaped(url), "", where)
        for emphasis in _EMPHASIS:
            text = emphasis.sub(r"\1", text)
        return text

    def names_in(self, text: str, where: str) -> None:
        """Note whom `@channel` pings where names are looked for (`link_names`, `parse: full`)."""
        for name in re.findall(r"(?<![\w<])@([\w.-]+)", text):
            ids = [key for key, value in self._names.items() if value == name]
            if name in _BROADCASTS:
                self._ping(name, name, where)
            elif ids:
                self._ping("usergroup" if ids[0].startswith("S") else "user", ids[0], where)

    def markdown(self, text: str, where: str) -> str:
        text, held = self._held(text, where)
        lines = self._tokens(_MARKDOWN.parse(text), where)
        return _released(lines.strip("\n"), held)

    def _tokens(self, tokens: list[Token], where: str) -> str:
        read: list[str] = []
        lists: list[int] = []
        for token in tokens:
            if token.type == "inline":
                read.append(self._inline(token.children or [], where))
            elif token.type in {"fence", "code_block", "html_block"}:
                read.append(token.content)
            elif token.type == "ordered_list_open":
                lists.append(int(token.attrGet("start") or 1))
            elif token.type == "bullet_list_open":
                lists.append(0)
            elif token.type in {"ordered_list_close", "bullet_list_close"}:
                lists.pop()
            elif token.type == "list_item_open":
                read.append("• " if not lists[-1] else f"{lists[-1]}. ")
                lists[-1] += 1 if lists[-1] else 0
            elif token.type in {"th_close", "td_close"}:
                read.append("\t")
            elif token.type in {"paragraph_close", "heading_close", "tr_close", "hr"}:
                read.append("\n")
        return "".join(read)

    def _inline(self, tokens: list[Token], where: str) -> str:
        read: list[str] = []
        opened: list[tuple[str, int]] = []
        for token in tokens:
            if token.type == "link_open":
                opened.append((str(token.attrGet("href")), len(read)))
            elif token.type == "link_close":
                url, start = opened.pop()
                self.link(url, "".join(read[start:]), where)
            elif token.type in {"softbreak", "hardbreak"}:
                read.append("\n")
            elif token.type in {"text", "code_inline", "html_inline", "image"}:
                if not opened:
                    for url in _URL.findall(token.content):
                        self.link(url, "", where)
                read.append(token.content)
        return "".join(read)

    def text(self, item: Json | str | None, where: str) -> str:
        """Return a text object as it reads."""
        if isinstance(item, str):
            return item
        if not item:
            return ""
        if item.get("type") == "mrkdwn":
            return self.mrkdwn(str(item.get("text", "")), where)
        return str(item.get("text", ""))

    def rich(self, element: Json, where: str) -> str:
        """Return an element of rich text as it reads."""
        kind = element.get("type", "")
        children = element.get("elements", [])
        if kind == "rich_text_list":
            mark = "{}. " if element.get("style") == "ordered" else "• "
            first = element.get("offset", 0) + 1
            return "".join(
                mark.format(number) + self.rich(child, where) + "\n"
                for number, child in enumerate(children, first)
            )
        if kind.startswith("rich_text"):
            inside = "".join(self.rich(child, where) for child in children)
            return inside if kind == "rich_text_section" else f"{inside}\n"
        return self._leaf(kind, element, where)

    def _leaf(self, kind: str, element: Json, where: str) -> str:  # noqa: PLR0911 (one a kind)
        match kind:
            case "text":
                return str(element.get("text", ""))
            case "link":
                return self.link(element["url"], element.get("text", ""), where)
            case "user":
                return self._ping("user", element["user_id"], where)
            case "usergroup":
                return self._ping("usergroup", element["usergroup_id"], where)
            case "broadcast":
                return self._ping(element["range"], element["range"], where)
            case "channel":
                return "#" + self._names.get(element["channel_id"], element["channel_id"])
            case "emoji":
                return f":{element['name']}:"
            case _:
                return str(element.get("fallback", element.get("value", "")))


def _released(text: str, held: list[str]) -> str:
    return _PLACEHOLDER.sub(lambda match: held[ord(match.group(0)) - 0xE000], text)


def _unescaped(text: str) -> str:
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def escaped(text: str) -> str:
    """Return what a person typed as Slack stores it."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
