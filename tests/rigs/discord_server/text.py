"""What text does and how it reads: whom it pings, which links lie, what a person sees.

Markdown only as far as a test asks: what stands between backticks pings nobody and links nowhere;
emphasis is taken off. A backslash before a mention is not trusted to disarm it: clients differ.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from rigs.discord_server import permissions
from rigs.discord_server.components import walk
from rigs.discord_server.permissions import Bits
from rigs.discord_server.world import LOADING, SUPPRESS_EMBEDS, V2, Channel, Message, World

Json = dict[str, Any]

_CODE = re.compile(r"(`{3,}).*?\1|(`{1,2})(?!`).+?(?<!`)\2(?!`)", re.DOTALL)
_USER = re.compile(r"<@!?(\d+)>")
_ROLE = re.compile(r"<@&(\d+)>")
_EVERYONE = re.compile(r"@(everyone|here)\b")
_LINK = re.compile(
    r"(?<!\\)\[((?:[^\[\]\\]|\\.)+)\]\(<?(\w+://[^\s()<>]+(?:\([^\s()]*\)[^\s()<>]*)*)>?[^)]*\)"
)
_ADDRESS = re.compile(
    r"(?:https?://)?((?:[\w-]+\.)+[a-z]{2,})(?::\d+)?(?:[/?#]\S*)?", re.IGNORECASE
)
_ESCAPED = re.compile(r"\\([*_~|\[\]<>#`\\-])")
# Emphasis comes off in pairs only: what has no partner is read as it stands. An underscore must
# stand at the edge of a word, an asterisk need not, so `*日当*は` is emphasis.
_PAIRS = [
    re.compile(pattern, re.DOTALL)
    for pattern in (
        r"\*\*(.+?)\*\*",
        r"__(.+?)__",
        r"~~(.+?)~~",
        r"\|\|(.+?)\|\|",
        r"\*(?=\S)(.+?)(?<=\S)\*",
        r"(?<!\w)_(.+?)_(?!\w)",
    )
]


@dataclass(frozen=True)
class Pings:
    """Whom a message mentions, and who is notified of it."""

    users: list[int]
    roles: list[int]
    everyone: bool
    notified: list[int]


def pings(
    world: World,
    channel: Channel,
    sender: int,
    text: str,
    allowed: Json | None,
    *,
    replied_to: int | None = None,
    users_only: bool = False,
) -> Pings:
    """Return what a text does under `allowed_mentions`; embeds ping nobody and are not asked.

    `users_only` is the default of answers to interactions, where `allowed` is None.
    """
    bare = _CODE.sub(" ", text)
    parse, only_users, only_roles = {"users", "roles", "everyone"}, set(), set()
    if users_only:
        parse = {"users"}
    reply = True
    if allowed is not None:
        parse = set(allowed.get("parse") or [])
        only_users = {int(one) for one in allowed.get("users") or []}
        only_roles = {int(one) for one in allowed.get("roles") or []}
        reply = bool(allowed.get("replied_user", False))
    may = permissions.of(world, sender, channel)
    may_everyone = channel.guild_id is not None and bool(may & Bits.MENTION_EVERYONE)
    named = list(dict.fromkeys(int(found) for found in _USER.findall(bare)))
    users = [one for one in named if one in world.users and ("users" in parse or one in only_users)]
    if replied_to is not None and reply and replied_to not in users:
        users.append(replied_to)
    roles = _roles(world, channel, bare, may_everyone=may_everyone)
    roles = [one for one in roles if "roles" in parse or one in only_roles]
    everyone = may_everyone and "everyone" in parse and bool(_EVERYONE.search(bare))
    notified = _notified(world, channel, sender, users, roles, everyone=everyone)
    return Pings(users, roles, everyone, notified)


def _roles(world: World, channel: Channel, bare: str, *, may_everyone: bool) -> list[int]:
    guild = world.guilds.get(channel.guild_id or 0)
    if guild is None:
        return []
    named = dict.fromkeys(int(found) for found in _ROLE.findall(bare))
    roles = [guild.roles[one] for one in named if one in guild.roles and one != guild.id]
    return [role.id for role in roles if role.mentionable or may_everyone]


def _notified(
    world: World,
    channel: Channel,
    sender: int,
    users: list[int],
    roles: list[int],
    *,
    everyone: bool,
) -> list[int]:
    guild = world.guilds.get(channel.guild_id or 0)
    reached = dict.fromkeys(users)
    for user_id, member in (guild.members if guild else {}).items():
        if everyone or set(member.roles) & set(roles):
            reached[user_id] = None
    return [one for one in reached if one != sender and permissions.sees(world, one, channel)]


def spoken(message: Message) -> str:
    """Return all text of a message that is parsed for mentions."""
    if not message.flags & V2:
        return message.content
    shown = [one.get("content") or "" for one in walk(message.components) if one.get("type") == 10]
    return "\n".join(shown)


def forged_links(text: str) -> list[tuple[str, str]]:
    """Return the links whose words name another place than the one they lead to."""
    forged = []
    for label, url in links(text):
        said = _ADDRESS.search(_unstressed(label))
        host = (urlsplit(url).hostname or "").lower()
        if said and said[1].lower().removeprefix("www.") != host.removeprefix("www."):
            forged.append((label, url))
    return forged


def links(text: str) -> list[tuple[str, str]]:
    """Return the masked links of a text: their words and where they lead."""
    return [(found[1], found[2]) for found in _LINK.finditer(_CODE.sub(" ", text))]


def texts(message: Message) -> list[str]:
    """Return all markdown of a message, piece by piece."""
    found: list[Any] = [message.content]
    if not message.flags & SUPPRESS_EMBEDS:
        for embed in message.embeds:
            found += [embed.get("title"), embed.get("description")]
            for field in embed.get("fields") or []:
                found += [field.get("name"), field.get("value")]
    found += [one.get("content") for one in walk(message.components) if one.get("type") == 10]
    return [one for one in found if one]


def rendered(world: World, message: Message) -> str:
    """Return a message as a person reads it, line by line: names, words, [buttons]."""
    if message.flags & LOADING:
        return "(thinking)"
    lines = [plain(world, message.content)] if message.content else []
    if not message.flags & SUPPRESS_EMBEDS:
        for embed in message.embeds:
            lines += _embed(world, embed)
    for one in message.components:
        lines += _component(world, one)
    lines += [f"📎 {one['filename']}" for one in message.attachments]
    return "\n".join(lines)


def plain(world: World, text: str) -> str:
    """Return markdown as it reads."""
    kept: list[str] = []
    text = text.replace("\0", "")

    def keep(found: re.Match[str]) -> str:
        kept.append(found[0].strip("`").strip("\n"))
        return f"\0{len(kept) - 1}\0"

    def keep_sign(found: re.Match[str]) -> str:
        kept.append(found[1])
        return f"\0{len(kept) - 1}\0"

    shown = _ESCAPED.sub(keep_sign, _CODE.sub(keep, text))
    shown = _LINK.sub(lambda found: f"{found[1]} ({found[2]})", shown)
    shown = _USER.sub(lambda found: f"@{_name(world.users, found[1], 'shown')}", shown)
    roles = {one.id: one for guild in world.guilds.values() for one in guild.roles.values()}
    shown = _ROLE.sub(lambda found: f"@{_name(roles, found[1], 'name')}", shown)
    shown = re.sub(r"<#(\d+)>", lambda found: f"#{_name(world.channels, found[1], 'name')}", shown)
    shown = re.sub(r"(?m)^(?:#{1,3}|-#|>) ", "", shown)
    # Addresses keep their underscores.
    shown = re.sub(r"\w+://[^\s)>*|~]+", keep, shown)
    shown = _unstressed(shown)
    # What is kept may hold what was kept before it.
    while "\0" in shown:
        shown = re.sub("\0(\\d+)\0", lambda found: kept[int(found[1])], shown)
    return shown


def _unstressed(text: str) -> str:
    for pattern in _PAIRS:
        text = pattern.sub(r"\1", text)
    return text


def _name(things: dict[int, Any], ref: str, attribute: str) -> str:
    thing = things.get(int(ref))
    return getattr(thing, attribute) if thing else "unknown"


def _embed(world: World, embed: Json) -> list[str]:
    lines = []
    title = embed.get("title")
    if title and embed.get("url"):
        lines.append(f"{plain(world, title)} ({embed['url']})")
    elif title:
        lines.append(plain(world, title))
    if embed.get("description"):
        lines.append(plain(world, embed["description"]))
    for field in embed.get("fields") or []:
        lines += [plain(world, field["name"]), plain(world, field["value"])]
    if footer := (embed.get("footer") or {}).get("text"):
        lines.append(footer)
    return lines


def _component(world: World, one: Json) -> list[str]:
    kind = one.get("type")
    if kind == 10:
        return [plain(world, one.get("content") or "")]
    if kind == 1:
        return [" ".join(_control(child) for child in one.get("components") or [])]
    lines = [line for child in one.get("components") or [] for line in _component(world, child)]
    accessory = one.get("accessory") or {}
    return [*lines, _control(accessory)] if accessory.get("type") == 2 else lines


def _control(one: Json) -> str:
    emoji = (one.get("emoji") or {}).get("name") or ""
    label = one.get("label") or one.get("placeholder") or ""
    shown = f"{emoji} {label}".strip()
    return f"[{shown}]({one['url']})" if one.get("url") else f"[{shown}]"
