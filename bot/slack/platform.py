"""Slack as a platform of the inbox: listens on sockets, and answers over the Web API.

Knows nothing of answers. An event is acknowledged once its turn is stored; what is not stored is
not acknowledged, and Slack delivers it again.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import structlog
from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_sdk.web.async_client import AsyncWebClient

from bot import settings
from bot.conversations import ConversationsError, Shown, Thread, Turn
from bot.inbox.inbox import Inbox
from bot.inbox.platform import Incoming, PlatformError, Record, RefusedError, Reply
from bot.indexed import ListIndexed
from bot.metrics import Metrics
from bot.slack import actions, home
from bot.slack.api import Api, Json
from bot.slack.checks import check
from bot.slack.commands import Commands, action_of
from bot.slack.directory import Directory
from bot.slack.gate import Gate
from bot.slack.messages import PLATFORM, Messages
from bot.slack.post import remove
from bot.slack.reply import SlackReply
from bot.slack.sockets import Sockets, library_log
from bot.slack.workspace import Identity, Workspace

COMMAND = "/kurage"
_AGAIN_S = 2.0
"""Between two tries to reach Slack at the start."""

_log = structlog.get_logger(__name__)


class NotStoredError(Exception):
    """An event that is not to be acknowledged."""


class SlackPlatform:
    """One Slack workspace; fills `bot.inbox.Platform`."""

    def __init__(
        self,
        bot_token: str,
        app_token: str,
        *,
        api_url: str | None,
        config: settings.Slack,
        source_handover: Mapping[str, tuple[str, ...]],
        indexed: ListIndexed,
        metrics: Metrics,
    ) -> None:
        """`source_handover` are the people and groups that take questions, by source."""
        self._bot_token = bot_token
        self._app_token = app_token
        self._api = Api(bot_token, api_url, metrics)
        self._workspace = Workspace(
            self._api, Directory(self._api), config, source_handover, indexed
        )
        self._gate = Gate()
        self._sockets: Sockets | None = None
        self._account = ""

    @property
    def name(self) -> str:
        return PLATFORM

    @property
    def account(self) -> str:
        """The bot's name and workspace, empty until Slack has told."""
        return self._account

    @property
    def healthy(self) -> bool:
        connected = self._sockets is not None and self._sockets.connected
        return connected and self._api.revoked is None

    @property
    def let_in(self) -> bool:
        return self._sockets is not None

    async def receive(self, inbox: Inbox, stop: asyncio.Event) -> None:
        self._workspace.inbox = inbox
        identity = await self._checked(stop)
        if identity is None:
            return
        self._account = identity.account
        app = self._app(identity)
        Listeners(self._workspace, inbox, identity, self._gate).register(app)
        self._sockets = Sockets(app, self._app_token, loopback=self._api.loopback)
        _log.info("slack_listening", user=identity.user, team=identity.team)
        watching = asyncio.create_task(self._watch())
        try:
            await self._sockets.run(stop)
        finally:
            watching.cancel()
            await asyncio.gather(watching, return_exceptions=True)

    def reply(self, turn: Turn, record: Record) -> Reply:
        return SlackReply(self._workspace, turn, record, self._gate)

    async def remove(self, messages: Sequence[Shown]) -> None:
        await remove(self._workspace, messages)

    async def close(self) -> None:
        await self._workspace.settle()
        await self._api.close()

    async def _checked(self, stop: asyncio.Event) -> Identity | None:
        """Return who the bot is, however long Slack does not answer; None once it is to stop."""
        while not stop.is_set():
            try:
                return await check(self._workspace, self._bot_token, self._app_token)
            except RefusedError:
                raise
            except PlatformError as error:
                _log.warning("slack_away", reason=str(error))
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(_AGAIN_S):
                        await stop.wait()
        return None

    async def _watch(self) -> None:
        """Say once when the token is taken no more, and notice when it is again."""
        told = None
        while True:
            await asyncio.sleep(1)
            if self._api.revoked != told:
                told = self._api.revoked
                if told:
                    _log.error("slack_token_refused", reason=told)
                else:
                    _log.info("slack_token_taken_again")

    def _app(self, identity: Identity) -> AsyncApp:
        # Without a token of its own, and with an answer to "who am I" that costs no call: the
        # library would ask Slack at each of the first events.
        client = AsyncWebClient(base_url=self._api.url, session=self._api.session)
        if self._api.loopback:
            client.proxy = None

        async def authorize() -> AuthorizeResult:
            return AuthorizeResult(
                enterprise_id=None,
                team_id=identity.team,
                bot_user_id=identity.user,
                bot_id=identity.bot,
                bot_token=self._bot_token,
            )

        return AsyncApp(
            name="kurage",
            logger=library_log,
            client=client,
            authorize=authorize,
            # The acknowledgement waits for the listener, and for nothing else.
            process_before_response=True,
            attaching_conversation_kwargs_enabled=False,
        )


class Listeners:
    """What is listened to, and who does what about it."""

    def __init__(self, workspace: Workspace, inbox: Inbox, identity: Identity, gate: Gate) -> None:
        self._workspace = workspace
        self._inbox = inbox
        self._identity = identity
        self._messages = Messages(workspace, inbox, identity)
        self._commands = Commands(workspace, inbox, gate)

    def register(self, app: AsyncApp) -> None:
        """Have the app call these."""
        app.use(_limited)
        app.event("app_mention")(_body(self._heard))
        app.event("message")(_body(self._heard))
        app.event("member_joined_channel")(_body(self._joined))
        app.event("app_home_opened")(_body(self._opened))
        app.event("user_change")(_body(self._changed))
        app.event("tokens_revoked")(_body(self._revoked))
        app.event("app_uninstalled")(_body(self._revoked))
        app.event(re.compile(""))(_body(_nothing))
        app.command(COMMAND)(self._slash)
        app.action(actions.HELPFUL)(self._acknowledged(self._up))
        app.action(actions.NOT_HELPFUL)(self._acknowledged(self._down))
        app.action(re.compile("^kurage_"))(self._acknowledged(self._pressed))
        app.action(re.compile(""))(self._acknowledged(_nothing))
        app.view(actions.REASON)(self._acknowledged(self._commands.reasoned))
        app.error(_failed)

    async def _heard(self, body: Json) -> None:
        if not await self._messages.heard(body):
            raise NotStoredError

    async def _joined(self, body: Json) -> None:
        event = body["event"]
        channel = str(event["channel"])
        rules = self._workspace.rules(channel)
        if event["user"] != self._identity.user or not rules.enabled:
            return
        inviter = str(event.get("inviter") or self._identity.user)
        person = await self._workspace.directory.person(inviter)
        outside = await self._workspace.directory.external(channel) and not rules.external
        stored = await self._inbox.receive(
            Incoming(
                thread=Thread(PLATFORM, channel),
                message=f"joined:{event['event_ts']}",
                asker=inviter,
                text="",
                asked=datetime.now(UTC),
                language=person.language,
                task="external" if outside else "invited",
                reach={"team": body.get("team_id")},
            )
        )
        if not stored:
            raise NotStoredError

    async def _opened(self, body: Json) -> None:
        self._workspace.spawn(home.opened(self._workspace, body["event"]), "opening the home tab")

    async def _changed(self, body: Json) -> None:
        self._workspace.directory.changed(body["event"]["user"])

    async def _revoked(self, body: Json) -> None:
        kind = str(body["event"]["type"])
        tokens = body["event"].get("tokens") or {}
        if kind == "app_uninstalled" or self._identity.user in (tokens.get("bot") or ()):
            self._workspace.api.revoked = kind

    async def _slash(self, ack: AsyncAck, body: Json) -> None:
        line = await self._commands.slash(body)
        await (ack(text=line, response_type="ephemeral") if line else ack())

    async def _up(self, body: Json) -> None:
        await self._commands.voted("up", body)

    async def _down(self, body: Json) -> None:
        await self._commands.voted("down", body)

    async def _pressed(self, body: Json) -> None:
        await self._commands.pressed(action_of(body), body)

    def _acknowledged(self, work: Callable[[Json], Any]) -> Callable[..., Awaitable[None]]:
        """Return a listener that says at once that a press has arrived, and works on it beside."""

        async def listener(ack: AsyncAck, body: Json) -> None:
            self._workspace.spawn(work(body), "answering a button")
            await ack()

        return listener


def _body(work: Callable[[Json], Awaitable[None]]) -> Callable[..., Awaitable[None]]:
    """Return a listener that is called with the event's whole body, as the library names it."""

    async def listener(body: Json) -> None:
        await work(body)

    return listener


async def _nothing(_: Json) -> None:
    """Acknowledge what concerns nobody."""


async def _limited(
    body: Json,
    ack: AsyncAck,
    next: Callable[[], Awaitable[Any]],  # noqa: A002 - the library's name
) -> Any:
    """Log that Slack holds events back (30,000 an hour), which is no event of a listener's."""
    if body.get("type") != "app_rate_limited":
        return await next()
    _log.error("slack_events_limited", minute=body.get("minute_rate_limited"))
    return await ack()


async def _failed(error: Exception, body: Json) -> None:
    """Log why an event is not acknowledged; Slack delivers it again."""
    event = str((body.get("event") or {}).get("type") or body.get("type") or "command")
    if isinstance(error, NotStoredError):
        _log.info("not_acknowledged", kind=event)
    elif isinstance(error, PlatformError | ConversationsError):
        _log.warning("not_acknowledged", kind=event, reason=str(error))
    else:
        _log.error("fault", kind=event, exc_info=error)
