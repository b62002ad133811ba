"""Starts, steers and questions a Discord on loopback from a test; see `rigs.discord_server`.

The rig is a process of its own, so it outlives a bot that is killed. Methods block: a coroutine
that drives it beside a bot of the same loop calls them by `asyncio.to_thread`.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

from rigs import faults
from rigs.discord_server.process import Process
from rigs.discord_server.seen import Posted, Started, Timeline
from rigs.faults import Fault

Json = dict[str, Any]
Ref = str | int
"""An id, or the name of a person, channel or server."""

_TESTS = Path(__file__).parents[1]
# The description stands beside the checkout; the environment can name another place.
_SPECIFICATION = _TESTS.parents[1] / "shared" / "specs" / "discord-v10.openapi.json"

DEFAULT_INTENTS = 1 << 0 | 1 << 9 | 1 << 12
"""Servers, their messages, direct messages (4609): all that a bot for mentions needs."""
GUILD_MEMBERS, MESSAGE_CONTENT = 1 << 1, 1 << 15
"""Privileged intents, for `grant`."""


def specification() -> Path | None:
    """Return Discord's OpenAPI description, None where it is not at hand."""
    path = Path(os.environ.get("DISCORD_OPENAPI", _SPECIFICATION))
    return path if path.exists() else None


class DiscordRig(Process):
    """One Discord in a process of its own; a context manager."""

    # People

    def say(
        self,
        channel: Ref,
        user: Ref,
        text: str,
        *,
        reply_to: Ref | None = None,
        files: Sequence[str] = (),
        quiet_reply: bool = False,
    ) -> Posted:
        """Write in a channel or thread; `quiet_reply` is a reply whose ping is switched off."""
        options = {"reply_to": reply_to, "files": list(files), "quiet_reply": quiet_reply}
        return _posted(self._do("say", channel=channel, user=user, text=text, **options))

    def mention(
        self,
        channel: Ref,
        user: Ref,
        text: str,
        reply_to: Ref | None = None,
        *,
        files: Sequence[str] = (),
    ) -> Posted:
        """Write to the bot by name."""
        options = {"reply_to": reply_to, "files": list(files)}
        return _posted(self._do("mention", channel=channel, user=user, text=text, **options))

    def burst(self, mentions: Sequence[tuple[Ref, Ref, str]]) -> list[Posted]:
        """Mention the bot many times at one moment: channel, user, text."""
        named = [{"channel": one[0], "user": one[1], "text": one[2]} for one in mentions]
        return [_posted(one) for one in self._do("burst", messages=named)]

    def direct(
        self, user: Ref, text: str, reply_to: Ref | None = None, *, files: Sequence[str] = ()
    ) -> Posted:
        """Write to the bot in a conversation of two."""
        options = {"reply_to": reply_to, "files": list(files)}
        return _posted(self._do("direct", user=user, text=text, **options))

    def webhook(self, channel: Ref, name: str, text: str) -> Posted:
        """Let another application post in a channel under any name."""
        return _posted(self._do("webhook", channel=channel, name=name, text=text))

    def edit(self, message: Posted | Ref, text: str) -> Posted:
        """Change what a person wrote; a mention of the bot in it stays."""
        return _posted(self._do("edit", message=_id(message), text=text))

    def unfurl(self, message: Posted | Ref, url: str, title: str) -> None:
        """Let Discord add the preview of a link: MESSAGE_UPDATE, though nobody edited anything."""
        self._do("unfurl", message=_id(message), url=url, title=title)

    def delete(self, *messages: Posted | Ref) -> None:
        """Take back what was written, many at once as moderators do."""
        if len(messages) == 1:
            self._do("delete", message=_id(messages[0]))
        else:
            channel = self.message(messages[0]).channel
            self._do("delete_many", channel=channel, messages=[_id(one) for one in messages])

    def react(self, message: Posted | Ref, user: Ref, emoji: str) -> None:
        """React to a message."""
        self._do("react", message=_id(message), user=user, emoji=emoji)

    def type(self, channel: Ref, user: Ref) -> None:
        """Begin to type."""
        self._do("type", channel=channel, user=user)

    def create_thread(
        self,
        channel: Ref,
        user: Ref,
        name: str,
        *,
        message: Posted | Ref | None = None,
        private: bool = False,
    ) -> str:
        """Open a thread, on a message or without one; returns its id."""
        on = None if message is None else _id(message)
        asked = {"channel": channel, "user": user, "name": name, "message": on, "private": private}
        return str(self._do("create_thread", **asked))

    def forum_post(self, channel: Ref, user: Ref, title: str, text: str) -> Posted:
        """Open a post in a forum; returns its first message, whose id is also the thread's."""
        asked = {"channel": channel, "user": user, "title": title, "text": text}
        return _posted(self._do("forum_post", **asked))

    def archive(self, thread: Ref, *, archived: bool = True, locked: bool | None = None) -> None:
        """Put a thread into the archive, or take it out."""
        self._do("archive", thread=thread, archived=archived, locked=locked)

    def slash(
        self, user: Ref, channel: Ref | None, name: str, options: Mapping[str, Any] | None = None
    ) -> Started:
        """Use a slash command, in a channel or (None) in the conversation with the bot."""
        asked = {"user": user, "channel": channel, "name": name, "options": dict(options or {})}
        return Started(**self._do("slash", **asked))

    def autocomplete(
        self, user: Ref, channel: Ref | None, name: str, option: str, typed: str
    ) -> Started:
        """Type into an option that offers choices."""
        asked = {"user": user, "channel": channel, "name": name, "option": option, "typed": typed}
        return Started(**self._do("autocomplete", **asked))

    def message_command(self, user: Ref, message: Posted | Ref, name: str) -> Started:
        """Use a command from a message's menu."""
        asked = {"user": user, "message": _id(message), "name": name}
        return Started(**self._do("message_command", **asked))

    def press(
        self, message: Posted | Ref, custom_id: str, user: Ref, values: Sequence[str] = ()
    ) -> Started:
        """Press a button, found by its id or its label, or choose `values` of a select."""
        asked = {"message": _id(message), "custom_id": custom_id, "user": user}
        return Started(**self._do("press", **asked, values=list(values)))

    def submit(self, modal: Started, values: Mapping[str, Any]) -> Started:
        """Fill in and send the modal that an interaction opened; `values` by custom_id."""
        return Started(**self._do("submit", interaction=modal.id, values=dict(values)))

    # The company

    def company(self) -> Json:
        """Return ids: `bot`, and by name `users`, `channels`, `guilds`, `roles`."""
        return dict(self._do("company"))

    def add_user(self, name: str, shown: str, *, locale: str = "ja", dms_open: bool = True) -> str:
        """Let a person join every server; returns the id."""
        asked = {"name": name, "shown": shown, "locale": locale, "dms_open": dms_open}
        return str(self._do("add_user", **asked))

    def remove_user(self, user: Ref, *, guild: Ref | None = None) -> None:
        """Let a person leave a server."""
        self._do("remove_user", user=user, guild=guild)

    def rename(self, user: Ref, nick: str, *, guild: Ref | None = None) -> None:
        """Give a member another name in a server."""
        self._do("rename", user=user, nick=nick, guild=guild)

    def add_channel(
        self,
        name: str,
        kind: str = "text",
        *,
        guild: Ref | None = None,
        bot_denied: Sequence[str] = (),
    ) -> str:
        """Make a channel: `text`, `voice`, `announcement`, `forum`; returns its id.

        `bot_denied` names permissions that the bot lacks there: `view_channel`, `send_messages` …
        """
        asked = {"name": name, "kind": kind, "guild": guild, "bot_denied": list(bot_denied)}
        return str(self._do("add_channel", **asked))

    def permit(self, channel: Ref, *, bot_denied: Sequence[str] = ()) -> None:
        """Set what the bot may not do in a channel; nothing: all that everyone may."""
        self._do("permit", channel=channel, bot_denied=list(bot_denied))

    def remove_channel(self, channel: Ref) -> None:
        """Delete a channel or thread."""
        self._do("remove_channel", channel=channel)

    def add_to_guild(self, name: str, *, locale: str = "ja", announcing: bool = False) -> str:
        """Invite the bot to another server with a channel `NAME-general`; returns its id.

        `announcing`: the channel is the server's system channel.
        """
        asked = {"name": name, "locale": locale, "announcing": announcing}
        return str(self._do("add_to_guild", **asked))

    def kick(self, guild: Ref | None = None) -> None:
        """Put the bot out of a server."""
        self._do("kick", guild=guild)

    def outage(self, guild: Ref | None = None, *, over: bool = False) -> None:
        """Let a server be unavailable, as in an outage of Discord's own, or come back."""
        self._do("outage", guild=guild, over=over)

    def grant(self, intents: int) -> None:
        """Set which privileged intents the developer portal grants; at first none."""
        self._do("grant", intents=intents)

    def send_interactions_to(self, endpoint: str | None) -> None:
        """Set an interactions endpoint in the portal: the gateway gets none from then on."""
        self._do("send_interactions_to", endpoint=endpoint)

    # Waiting; raises TimeoutError

    def wait_for_reply(
        self, to: Posted | Started | Ref, timeout: float = 5.0, *, containing: str = ""
    ) -> Posted:
        """Return the bot's first answer to a message or interaction that is more than thinking."""
        asked = {"to": _id(to), "seconds": timeout, "containing": containing}
        return _posted(self._do("wait_for_reply", **asked)[0])

    def wait_for_message(
        self, channel: Ref, timeout: float = 5.0, *, containing: str = "", after: Posted | Ref = 0
    ) -> Posted:
        """Return the first that the bot says in a channel, whatever it answers."""
        asked = {"channel": channel, "seconds": timeout, "containing": containing}
        return _posted(self._do("wait_for_message", **asked, after=_id(after)))

    def wait_for_state(self, started: Started, *states: str, timeout: float = 5.0) -> Started:
        """Return an interaction once its person sees it in one of the states."""
        asked = {"interaction": started.id, "states": states, "seconds": timeout}
        return Started(**self._do("wait_for_state", **asked))

    def wait_for_sockets(self, count: int = 1, timeout: float = 10.0) -> None:
        """Wait until the bot has identified or resumed on so many sockets."""
        self._do("wait_for_sockets", count=count, seconds=timeout)

    def wait_for_entry(
        self, kind: str, timeout: float = 5.0, *, after: int = 0, **having: Any
    ) -> Json:
        """Return the first entry of the journal with these values, from a `mark` on."""
        asked = {"kind": kind, "having": having, "seconds": timeout, "after": after}
        return dict(self._do("wait_for_entry", **asked))

    def quiet(self, seconds: float = 0.2, *, timeout: float = 30.0) -> None:
        """Wait until the bot has called nothing for so long."""
        self._do("quiet", seconds=seconds, most=timeout)

    # Looking

    def answers(self, to: Posted | Started | Ref) -> list[Posted]:
        """Return the bot's messages that answer a message or an interaction."""
        return [_posted(one) for one in self._do("answers", to=_id(to))]

    def message(self, message: Posted | Ref) -> Posted:
        """Return a message as it is now, deleted ones too."""
        return _posted(self._do("message", message=_id(message)))

    def interaction(self, started: Started) -> Started:
        """Return an interaction as its person sees it now."""
        return Started(**self._do("interaction", interaction=started.id))

    def view(self, channel: Ref | None, user: Ref) -> list[Posted]:
        """Return what a person sees in a channel, or (None) in the conversation with the bot."""
        return [_posted(one) for one in self._do("view", channel=channel, user=user)]

    def typing(self, channel: Ref) -> bool:
        """Tell whether the bot is seen typing."""
        return bool(self._do("typing", channel=channel))

    def timeline(self, to: Posted | Started | Ref) -> Timeline:
        """Return how long a person waited."""
        return Timeline(**self._do("timeline", to=_id(to)))

    def doubled(self) -> list[Posted]:
        """Return messages of the bot that say again what another one says to the same question."""
        return [_posted(one) for one in self._do("doubled")]

    def commands(self) -> list[Json]:
        """Return the registered commands."""
        return list(self._do("commands"))

    def journal(self, kind: str | None = None, *, after: int = 0) -> list[Json]:
        """Return what happened, in order, or one kind of it: `call`, `event`, `gateway`, `post`."""
        return list(self._do("journal", kind=kind, after=after))

    def calls(self, method: str = "*", path: str = "*") -> list[Json]:
        """Return the bot's requests that fit these shell patterns."""
        wanted = Fault(method=method, path=path)
        return [one for one in self.journal("call") if wanted.fits(one["method"], one["path"])]

    def refused(self) -> list[tuple[str, str, int]]:
        """Return the bot's requests that were refused: method, path, status."""
        calls = [one for one in self.journal("call") if (one["status"] or 0) >= 400]
        return [(one["method"], one["path"], one["status"]) for one in calls]

    def mark(self) -> int:
        """Return the place in the journal that is now, for `after`."""
        return int(self._do("mark"))

    def violations(self) -> list[str]:
        """Return what breaks Discord's description, of the bot and of the rig, or is unknown.

        Without the description at hand only what the rig does not know.
        """
        path = specification()
        return list(self._do("violations", description=str(path) if path else None))

    def limit_hits(self) -> Json:
        """Return `hits` (429 by route, `global`, `ban`) and `most_invalid` within ten minutes."""
        return dict(self._do("limit_hits"))

    # Going wrong

    def fail(
        self,
        method: str = "*",
        path: str = "*",
        *,
        retry_after: float | None = None,
        via: bool = True,
        **how: Any,
    ) -> None:
        """Let requests that fit fail; `how` are the fields of `Fault`. UPGRADE is a new socket.

        `retry_after` is for 429; without `via` it is the proxy before Discord that refuses.

        >>> rig.fail("POST", "*/messages", status=429, retry_after=0.2, times=2)
        """
        headers = dict(how.pop("headers", {}))
        if retry_after is not None:
            headers["Retry-After"] = str(retry_after)
        if not via:
            headers["Via"] = ""
        fault = Fault(method=method, path=path, headers=headers, **how)
        self._do("fail", fault=faults.as_json(fault))

    def refuse_upgrades(self, times: int | None = 1, *, status: int = 503) -> None:
        """Refuse the next sockets."""
        self.fail("UPGRADE", status=status, times=times)

    def disturb(
        self, what: str, *, code: int = 4000, which: int | None = None, after: int = 0
    ) -> int:
        """Do something to all sockets, or to one by its place; returns to how many.

        `after` so many more events instead of now: amid a burst, at the same place in every run.

        `drop` (FIN), `reset` (RST), `half_open`, `heartbeat` (asked for), `reconnect` (op 7),
        `invalid_resumable` and `invalid` (op 9), `close` with a code.
        """
        return int(self._do("disturb", what=what, code=code, which=which, after=after))

    def copies(self, event: str, copies: int, *, times: int = 1) -> None:
        """Send each of the next events of a name so often."""
        self._do("copies", event=event, copies=copies, times=times)

    def rewind(self, events: int) -> None:
        """Let the next resume replay so many events too many."""
        self._do("rewind", events=events)

    def revoke_token(self) -> None:
        """Let the bot's token be reset in the portal while it runs."""
        self._do("revoke_token")

    def recover(self) -> None:
        """End all faults; the token is valid again."""
        self._do("recover")

    def hurry(self, speed: float) -> None:
        """Let Discord's seconds pass so much faster from now on."""
        self._do("hurry", speed=speed)

    def limit(self, **switches: Any) -> None:
        """Switch limits and set their sizes: the fields of `Switches` in `limits.py`."""
        self._do("limit", switches=switches)

    def unlimited(self) -> None:
        """Let no limit be reached."""
        names = ("everywhere", "gateway", "identify", "invalid")
        self.limit(generous=True, **dict.fromkeys(names, False))


def _posted(body: Json) -> Posted:
    return Posted(**{one.name: body[one.name] for one in fields(Posted)})


def _id(one: Posted | Started | Ref) -> str:
    return one.id if isinstance(one, Posted | Started) else str(one)
