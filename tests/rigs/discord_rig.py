"""Starts, steers and questions a Discord on loopback from a test; see `rigs.discord_server`.

The rig is a process of its own, so it outlives a bot that is killed. Methods block: a coroutine
that drives it beside a bot of the same loop calls them by `asyncio.to_thread`.
"""

from __future__ import annotations

import http.client
import json
import os
import selectors
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from rigs import faults
from rigs.faults import Fault

Json = dict[str, Any]
Ref = str | int
"""An id, or the name of a person, channel or server."""

_TESTS = Path(__file__).parents[1]
# The description stands beside the checkout; the environment can name another place.
_SPECIFICATION = _TESTS.parents[1] / "shared" / "specs" / "discord-v10.openapi.json"
_START_S = 30.0

DEFAULT_INTENTS = 1 << 0 | 1 << 9 | 1 << 12
"""Servers, their messages, direct messages (4609): all that a bot for mentions needs."""
GUILD_MEMBERS, MESSAGE_CONTENT = 1 << 1, 1 << 15
"""Privileged intents, for `grant`."""


def specification() -> Path | None:
    """Return Discord's OpenAPI description, None where it is not at hand."""
    path = Path(os.environ.get("DISCORD_OPENAPI", _SPECIFICATION))
    return path if path.exists() else None


@dataclass(frozen=True)
class Posted:
    """A message as the rig knows it."""

    id: str
    channel: str
    author: str
    content: str
    text: str
    """As a person reads it: names for ids, `[buttons]`, embeds and components line by line."""
    embeds: list[Json]
    components: list[Json]
    flags: int
    reply_to: str | None
    seen_by: str | None
    """The only one who sees it; None: everyone in the channel."""
    pinged: list[str]
    """Who was notified of it."""
    forged: list[list[str]]
    """Links whose words name another host: words and address."""
    nonce: str | int | None
    reactions: dict[str, list[int]]
    thread: str | None
    """The thread on it."""
    edited: bool
    deleted: bool
    revisions: list[Json]
    at: float
    """When it was sent, or when the request for it arrived; seconds of the rig's clock."""
    changed_at: float


@dataclass(frozen=True)
class Started:
    """A command, a pressed button or a sent modal, as its person sees it."""

    id: str
    state: str
    """`waiting`, `thinking`, `answered`, `modal` or `failed`."""
    messages: list[str]
    modal: Json | None
    choices: list[Json] | None
    answered_after: float | None
    """Seconds until the first answer's request arrived."""


@dataclass(frozen=True)
class Timeline:
    """Seconds from a question until the bot's requests arrived; None: none did."""

    first_sign: float | None
    complete: float | None


class DiscordRig:
    """One Discord in a process of its own; a context manager."""

    def __init__(self, *, seed: int = 0, speed: float = 1.0, heartbeat: float = 41.25) -> None:
        """Prepare a Discord.

        `seed` makes the company and draws faults. `speed` is how many of Discord's seconds pass in
        one: rate limits, the 3 s to answer an interaction and the 15 min of its token all shrink.
        `heartbeat` is what the gateway asks for, in seconds that no speed changes.
        """
        self._options = ["--seed", str(seed), "--speed", str(speed), "--heartbeat", str(heartbeat)]
        self._port = self._admin_port = 0
        self._process: subprocess.Popen[str] | None = None
        self._idle: list[http.client.HTTPConnection] = []
        self.token = ""
        """The bot's."""

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    # The process

    @property
    def url(self) -> str:
        """The REST API; `DISCORD_API_URL` of the bot and `Route.BASE` of discord.py."""
        return f"http://127.0.0.1:{self._port}/api/v10"

    @property
    def gateway(self) -> str:
        """The gateway; `DiscordWebSocket.DEFAULT_GATEWAY` of discord.py."""
        return f"ws://127.0.0.1:{self._port}/"

    def start(self) -> None:
        """Start the process and wait until it serves; raises RuntimeError where it does not."""
        ports = ["--port", str(self._port), "--admin-port", str(self._admin_port)]
        self._process = subprocess.Popen(
            [sys.executable, "-m", "rigs.discord_server", *ports, *self._options],
            env={**os.environ, "PYTHONPATH": str(_TESTS)},
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout
        with selectors.DefaultSelector() as waiting:
            waiting.register(self._process.stdout, selectors.EVENT_READ)
            line = self._process.stdout.readline() if waiting.select(_START_S) else ""
        if not line:
            self.stop()
            raise RuntimeError("the rig did not start; it says why on standard error")
        self._port, self._admin_port, self.token = json.loads(line)

    def stop(self) -> None:
        """End the process; connections are refused from then on."""
        while self._idle:
            self._idle.pop().close()
        if self._process is None:
            return
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdout:
            self._process.stdout.close()
        self._process = None

    def reset(self, **options: float) -> None:
        """Make a new company in the same process; `options` as at the beginning."""
        self.token = self._do("reset", **options)

    def _do(self, name: str, /, **asked: Any) -> Any:
        body = json.dumps(asked).encode()
        # Connections are kept: a test's burst is not to be slowed by handshakes.
        connection = self._idle.pop() if self._idle else self._connection()
        connection.request("POST", f"/{name}", body, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        said = json.loads(answer.read())
        self._idle.append(connection)
        if answer.status == 200:
            return said
        kinds: dict[str, type[Exception]] = {"TimeoutError": TimeoutError, "KeyError": KeyError}
        raise kinds.get(said["error"], RuntimeError)(f"{name}: {said['message']}")

    def _connection(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self._admin_port, timeout=120)

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

    def edit(self, message: Posted | Ref, text: str) -> Posted:
        """Change what a person wrote; a mention of the bot in it stays."""
        return _posted(self._do("edit", message=_id(message), text=text))

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

    def add_to_guild(self, name: str, *, locale: str = "ja") -> str:
        """Invite the bot to another server with a channel `NAME-general`; returns its id."""
        return str(self._do("add_to_guild", name=name, locale=locale))

    def kick(self, guild: Ref | None = None) -> None:
        """Put the bot out of a server."""
        self._do("kick", guild=guild)

    def outage(self, guild: Ref | None = None) -> None:
        """Let a server be unavailable, as in an outage of Discord's own."""
        self._do("outage", guild=guild)

    def grant(self, intents: int) -> None:
        """Set which privileged intents the developer portal grants; at first none."""
        self._do("grant", intents=intents)

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

    def disturb(self, what: str, *, code: int = 4000) -> int:
        """Do something to all sockets; returns to how many.

        `drop` (FIN), `reset` (RST), `half_open`, `heartbeat` (asked for), `reconnect` (op 7),
        `invalid_resumable` and `invalid` (op 9), `close` with a code.
        """
        return int(self._do("disturb", what=what, code=code))

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
