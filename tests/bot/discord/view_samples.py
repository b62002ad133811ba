"""Turns and answers for the tests of Discord's messages, and ways to see them in a real channel."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote

from rigs.discord_bots import Call
from rigs.discord_rig import DiscordRig
from rigs.discord_server.seen import Posted
from rigs.discord_server.text import links

from bot.conversations import Thread, Turn
from bot.discord.view import LIMIT, Part, render, size
from bot.exchange import Answer, Language, Source, Statement, Style
from bot.inbox.platform import Content
from ingest.chunk import Chunk
from ingest.index import Hit, IndexedDocument

Json = dict[str, Any]

BOT = 1090000000000000001
WIKI = "https://wiki.example.co.jp/d"
NOW = datetime(2026, 11, 21, tzinfo=UTC)
APRIL = datetime(2026, 4, 1, tzinfo=UTC)

SUPPRESS_EMBEDS = 1 << 2
STYLES = {"primary": 1, "secondary": 2, "success": 3}


def hit(title: str = "就業規則", url: str = WIKI, **more: Any) -> Hit:
    """Return a hit; `headings`, `anchor`, `updated` and `owner` as a document has them."""
    document = IndexedDocument(
        "wiki", "d", "1", "1", 1, title, url, more.get("updated"), more.get("owner")
    )
    headings, anchor = more.get("headings", ()), more.get("anchor", "")
    return Hit(1.0, document, Chunk(0, title, headings, "本文", "paragraph", anchor))


LEAVE = hit(
    url="https://wiki.example.co.jp/rules",
    headings=("第5章 休暇", "有給休暇の申請"),
    anchor="有給休暇の申請",
    updated=APRIL,
    owner="人事部",
)
MANUAL = hit(
    "勤怠システムの使い方",
    url="https://drive.example.co.jp/manual",
    headings=("休暇申請",),
    anchor="slide=7",
    updated=datetime(2025, 11, 20, tzinfo=UTC),
    owner="総務部",
)


def source(number: int, found: Hit | None = None) -> Source:
    return Source(number, found or hit(), None)


def answered(*statements: Statement, sources: Sequence[Source] = ()) -> Answer:
    return Answer("answered", statements, tuple(sources) or (source(1),), ())


def abstained(*nearest: Hit) -> Answer:
    return Answer("abstained", (), (), nearest)


def turn(
    language: Language = "ja",
    *,
    question: str = "有給休暇はいつまでに申請しますか？",
    style: Style = "short",
    asker: str = "1090000000000000002",
    id: str = "K7F3Q2",  # noqa: A002 - as the field is called
) -> Turn:
    return Turn(
        id, Thread("discord", "1"), "1", asker, question, None, "answered", style, language, NOW,
        NOW,
    )  # fmt: skip


def shown(content: Content, about: Turn | None = None, **how: Any) -> list[Part]:
    return render(content, about or turn(), **{"bot_user": BOT, "now": NOW, **how})


def body(part: Part) -> Json:
    """Return what an adapter posts, without whom it lets it notify."""
    row = [
        {"type": 2, "style": STYLES[one.style], "label": one.label, "custom_id": one.custom_id}
        for one in part.buttons
    ]
    components = [{"type": 1, "components": row}] if row else []
    return {"content": part.content, "components": components, "flags": SUPPRESS_EMBEDS}


def posted(
    rig: DiscordRig, parts: Sequence[Part], allowed: Json | None = None, channel: str = "general"
) -> list[Posted]:
    """Post parts as the bot; `allowed` None: text notifies whom Discord lets it by default."""
    call, place = Call(rig), rig.company()["channels"][channel]
    made = []
    for part in parts:
        assert 0 < size(part.content) <= LIMIT
        assert part.content == part.content.strip()
        more = {} if allowed is None else {"allowed_mentions": allowed}
        status, said = call("POST", f"/channels/{place}/messages", {**body(part), **more})
        assert status == 200, said
        made.append(rig.message(said["id"]))
    return made


def addresses(messages: Sequence[Posted]) -> list[str]:
    """Return where the links of messages lead, as the rig reads them, decoded."""
    return [unquote(url) for one in messages for _, url in links(one.content)]


def read(messages: Sequence[Posted]) -> str:
    """Return messages as people read them, with `[buttons]`; to be compared by `folded`."""
    text = folded("\n".join(one.text for one in messages))
    for one in messages:
        for _, address in links(one.content):
            text = text.replace(folded(f"({address})"), "", 1)
    return text


def folded(text: str) -> str:
    """Return what the eye compares: full-width or not, blanks and invisible signs aside."""
    # Sign by sign: what stands beside each other is not to melt into one.
    wide = "".join(unicodedata.normalize("NFKC", char) for char in text)
    return "".join(char for char in wide if not (char.isspace() or _hidden(char)))


def _hidden(char: str) -> bool:
    fillers = "\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u3164\uffa0"
    return unicodedata.category(char) in {"Cc", "Cf", "Cs"} or char in fillers


_CODE = re.compile(r"^```[A-Za-z0-9_+.\-]*\n(?:.|\n)*?\n```$|`[^`\n]+`", re.MULTILINE)
_LINK = re.compile(r"\[([^\[\]<>*_~|\\`\n]+)\]\(<https?://[^\s()<>*~|`\[\]\\]+>\)")
_ESCAPE = re.compile(r"\\[^0-9A-Za-z\s]")
_BOLD = re.compile(r"\*\*(?![\s*])[^*\n]+\*\*(?!\*)")
_LEFT = re.compile(
    r"[\\*_~|\[\]<>`]|\]\(|://|discord\.gg/|@(?:everyone|here)\b|^ *(?:#{1,3}|-#|>|>>>|\d+\.)\s"
    r"|:(?!\d+:)[a-z0-9_+\-]+:",
    re.MULTILINE | re.IGNORECASE,
)
_NUMBERED = re.compile(r"(?m)^\d+\. (?=.*(?:\]\(<| `(?:ftp:|[^`\n/:]+/)))")
_SMALL = re.compile(r"(?m)^-# ")
_QUOTE = re.compile(r"(?m)^> ")


def loose(content: str) -> list[str]:
    """Return what a strict reader finds in a message beyond the markup that we set ourselves.

    Stricter than any client: what is neither code, link, escape nor bold may hold no sign at all.
    """
    bare = _NUMBERED.sub("", content)
    bare = _CODE.sub(lambda found: "¢" if "@" not in found[0] else _pings(found[0]), bare)
    bare = _ESCAPE.sub("¤", bare)
    bare = _SMALL.sub("", _QUOTE.sub("", bare))
    bare = _LINK.sub("¬", bare)
    return [*_LEFT.findall(_BOLD.sub("¦", bare)), *_joints(content)]


def _joints(content: str) -> list[str]:
    # A desktop client lets the words of a link go on to the last `](` before the next `[`, whatever
    # stands between: behind the first link there may be no joint but those of links, code or not.
    first = _LINK.search(content)
    behind = content[first.end() :] if first else ""
    return re.findall(r"\]\(", _LINK.sub("", behind))


def _pings(code: str) -> str:
    return "".join(re.findall(r"<@[!&]?\d+>|@everyone|@here", code)) or "¢"
