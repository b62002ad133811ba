"""The rules for the body of a message, wherever it is sent or edited.

Lengths and counts are those of Discord's pages "Message" and "Interactions".
"""

from __future__ import annotations

from typing import Any

from rigs.discord_server import components
from rigs.discord_server.errors import Form, refused
from rigs.discord_server.world import V2

Json = dict[str, Any]


BOT_CONTENT, NITRO_CONTENT = 2000, 4000
"""Characters that a bot, and a person who pays, may write at once."""


def check_message(body: Json, *, flags: int, prefix: str = "", longest: int = BOT_CONTENT) -> None:
    """Raise ApiError 50035 where a body breaks a rule; `flags` are those the message will have."""
    form = Form()
    v2 = bool(flags & V2)
    if v2:
        for name in ("content", "embeds", "poll", "sticker_ids"):
            if body.get(name):
                form.wrong(
                    f"{prefix}{name}",
                    "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2",
                    f"The '{name}' field cannot be used when using MessageFlags.IS_COMPONENTS_V2",
                )
    else:
        form.longest(f"{prefix}content", body.get("content"), longest)
        _check_embeds(form, form.most(f"{prefix}embeds", body.get("embeds"), 10), prefix)
    components.check(form, body.get("components"), v2=v2)
    _check_allowed(form, body.get("allowed_mentions"), prefix)
    nonce = body.get("nonce")
    if isinstance(nonce, str):
        form.longest(f"{prefix}nonce", nonce, 25)
    form.most(f"{prefix}attachments", body.get("attachments"), 10)
    form.refuse()


def check_not_empty(content: str | None, *things: Any) -> None:
    """Raise ApiError 50006 where a message would show nothing."""
    if not (content or "").strip() and not any(things):
        raise refused(50006)


def _check_embeds(form: Form, embeds: list[Any], prefix: str) -> None:
    characters = 0
    for place, embed in enumerate(embeds):
        path = f"{prefix}embeds.{place}"
        if not isinstance(embed, dict):
            only = "Only dictionaries may be used in a DictType"
            form.wrong(path, "DICT_TYPE_CONVERT", only)
            continue
        fields = form.most(f"{path}.fields", embed.get("fields"), 25)
        form.longest(f"{path}.title", embed.get("title"), 256)
        form.longest(f"{path}.description", embed.get("description"), 4096)
        form.longest(f"{path}.footer.text", (embed.get("footer") or {}).get("text"), 2048)
        form.longest(f"{path}.author.name", (embed.get("author") or {}).get("name"), 256)
        for number, field in enumerate(fields):
            below = f"{path}.fields.{number}"
            for name, limit in (("name", 256), ("value", 1024)):
                if not field.get(name):
                    form.required(f"{below}.{name}")
                form.longest(f"{below}.{name}", field.get(name), limit)
        if (url := embed.get("url")) and not str(url).startswith(("http://", "https://")):
            scheme = "Scheme must be one of ('http', 'https')."
            form.wrong(f"{path}.url", "URL_TYPE_INVALID_SCHEME", scheme)
        characters += size(embed)
    if characters > 6000:
        over = "Embed size exceeds maximum size of 6000"
        form.wrong(f"{prefix}embeds", "MAX_EMBED_SIZE_EXCEEDED", over)


def size(embed: Json) -> int:
    """Return the characters of an embed that count towards the 6,000 of a message."""
    texts = [embed.get("title"), embed.get("description")]
    texts += [(embed.get("footer") or {}).get("text"), (embed.get("author") or {}).get("name")]
    for field in embed.get("fields") or []:
        texts += [field.get("name"), field.get("value")]
    return sum(len(text) for text in texts if isinstance(text, str))


def _check_allowed(form: Form, allowed: Json | None, prefix: str) -> None:
    if allowed is None:
        return
    path = f"{prefix}allowed_mentions"
    parse = allowed.get("parse") or []
    for place, one in enumerate(parse):
        if one not in {"users", "roles", "everyone"}:
            choices = "Value must be one of ('roles', 'users', 'everyone')."
            form.wrong(f"{path}.parse.{place}", "BASE_TYPE_CHOICES", choices)
    for name in ("users", "roles"):
        ids = form.most(f"{path}.{name}", allowed.get(name), 100)
        if ids and name in parse:
            both = f'parse:["{name}"] and {name}: [ids...] are mutually exclusive.'
            form.wrong(path, "MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE", both)
