"""Where the messages of a turn go: a channel, or what follows an interaction.

Knows nothing of when a turn is shown, nor of how it looks: parts come in, messages come out.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Protocol

from bot.conversations import Shown
from bot.discord import view
from bot.discord.rest import EPHEMERAL, LOADING, ClosedError, Json, MissingError, Rest
from bot.discord.view import Part

_SUPPRESS_EMBEDS = 1 << 2
_STYLES = {"primary": 1, "secondary": 2, "success": 3}
_PAGES = 5
"""Of 100 messages each: so far after a question its answer is looked for."""


class Outlet(Protocol):
    """One way to a person. Every method raises `PlatformError`."""

    async def post(self, part: Part, nonce: str) -> Shown:
        """Post a message; the same nonce within minutes is the same message."""
        ...

    async def edit(self, shown: Shown, part: Part) -> None:
        """Change a message. Raises `MissingError` where it is gone."""
        ...

    async def delete(self, shown: Shown) -> None:
        """Take a message away."""
        ...


def payload(part: Part) -> Json:
    """Return a part as the body of a request; nobody is notified but whom it names."""
    notified = {"parse": [], "users": [str(one) for one in part.users], "replied_user": False}
    return {
        "content": part.content,
        "components": components(part),
        "allowed_mentions": notified | {"roles": [str(one) for one in part.roles]},
        "flags": _SUPPRESS_EMBEDS if part.suppress_embeds else 0,
    }


def components(part: Part) -> list[Json]:
    """Return the row of buttons, if there are any."""
    row = [
        {
            "type": 2,
            "style": _STYLES[button.style],
            "label": button.label,
            "custom_id": button.custom_id,
        }
        for button in part.buttons
    ]
    return [{"type": 1, "components": row}] if row else []


class ChannelOutlet:
    """A channel, thread or conversation of two; `reply_to` is the message that is answered."""

    def __init__(self, rest: Rest, channel: str, reply_to: str | None = None) -> None:
        self._rest = rest
        self._channel = channel
        self._reply_to = reply_to

    async def post(self, part: Part, nonce: str) -> Shown:
        """Post; raises `ClosedError` where the bot may not write."""
        body = payload(part) | {"nonce": nonce, "enforce_nonce": True}
        posted = await self._posted(body)
        shown = Shown(self._channel, str(posted["id"]))
        # A nonce that is known gives back what an earlier try has posted, as it was posted.
        if _differs(posted, body):
            await self.edit(shown, part)
        return shown

    async def _posted(self, body: Json) -> Json:
        if self._reply_to is None:
            return await self._rest.post(self._channel, body)
        reference = {"message_id": self._reply_to, "fail_if_not_exists": False}
        try:
            return await self._rest.post(self._channel, body | {"message_reference": reference})
        except ClosedError as error:
            if not error.without_reply:
                raise
            # Who may not read the history may not reply, yet perhaps write.
            return await self._rest.post(self._channel, body)

    async def edit(self, shown: Shown, part: Part) -> None:
        await self._rest.edit(shown.channel, shown.id, payload(part))

    async def delete(self, shown: Shown) -> None:
        await self._rest.delete(shown.channel, shown.id)


class InteractionOutlet:
    """What answers an interaction, for as long as its token lives.

    `original`: the first message takes the place of "thinking"; else all follow what was pressed.
    """

    def __init__(
        self, rest: Rest, token: str, channel: str, *, original: bool, private: bool
    ) -> None:
        self._rest = rest
        self._token = token
        self._channel = channel
        self._original = original
        self._flags = EPHEMERAL if private else 0

    async def post(self, part: Part, nonce: str) -> Shown:  # noqa: ARG002 - webhooks take none
        """Post; raises `MissingError` where the token's time is over."""
        body = payload(part)
        if self._original:
            self._original = False
            posted = await self._rest.edit_answer(self._token, "@original", body)
        else:
            posted = await self._rest.follow_up(
                self._token, body | {"flags": body["flags"] | self._flags}
            )
        return Shown(self._channel, str(posted["id"]))

    async def edit(self, shown: Shown, part: Part) -> None:
        self._original = False
        await self._rest.edit_answer(self._token, shown.id, payload(part))

    async def delete(self, shown: Shown) -> None:
        await self._rest.delete_answer(self._token, shown.id)

    async def find(self) -> list[Shown]:
        """Return the first message, where it is more than "thinking"."""
        try:
            found = await self._rest.original(self._token)
        except MissingError:
            return []
        return [] if found["flags"] & LOADING else [Shown(self._channel, str(found["id"]))]


@dataclass(frozen=True, slots=True)
class Trace:
    """What the messages of a turn have in common, beside the bot."""

    turns: frozenset[str]
    """Whose buttons they may carry."""
    reply_to: str | None = None
    """What they reply to; None: nothing."""
    interaction: str | None = None
    """What they may answer: one that its buttons do not name has to."""

    def fits(self, message: Json) -> bool:
        """Tell whether a message of the bot can be one of them."""
        reference = (message.get("message_reference") or {}).get("message_id")
        interaction = (message.get("interaction_metadata") or {}).get("id")
        if (interaction or self.interaction) != self.interaction or reference != self.reply_to:
            return False
        named = set(_turns(message.get("components") or []))
        if named:
            return bool(named & self.turns)
        return interaction == self.interaction


async def traced(rest: Rest, channel: str, after: str, trace: Trace) -> list[Shown]:
    """Return the messages of the bot in a channel that fit, oldest first."""
    found = []
    for _ in range(_PAGES):
        page = await rest.history(channel, after)
        found += [one for one in page if _own(rest, one) and trace.fits(one)]
        if len(page) < 100:
            break
        after = str(page[-1]["id"])
    return [Shown(channel, str(one["id"])) for one in found]


def _own(rest: Rest, message: Json) -> bool:
    return str(message["author"]["id"]) == str(rest.user)


def _differs(posted: Json, body: Json) -> bool:
    same = str(posted.get("content", "")).strip() == body["content"].strip()
    return not same or bool(posted.get("components")) != bool(body["components"])


def _turns(rows: Iterable[dict[str, Any]]) -> Iterable[str]:
    for row in rows:
        for item in row.get("components") or []:
            if found := view.pressed(item.get("custom_id") or ""):
                yield found.turn
