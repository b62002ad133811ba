"""What the tests of the Slack rig share: a bare bot on the real slack-bolt, parts of messages.

As a program (`python -m rigs.slack_bot`) it is a bot that can be killed: SLACK_API_URL says where,
and ECHO_DELAY how many seconds it thinks before it answers.
"""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Callable, Coroutine
from types import TracebackType
from typing import Any, Self

import aiohttp
import pytest
from rigs.slack_rig import SlackRig
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry.async_handler import AsyncRetryHandler
from slack_sdk.http_retry.builtin_interval_calculators import FixedValueRetryIntervalCalculator
from slack_sdk.web.async_client import AsyncWebClient

Json = dict[str, Any]
Register = Callable[[AsyncApp], None]

SOUMU = "C0SOUMU001"
SATO = "U0SATO0001"
TEAM = "T0KURAGE01"
# Between a failed call and its retry; half a second and more by default.
SOON = FixedValueRetryIntervalCalculator(0.02)


def refusal(error: str) -> Any:
    """Return a context in which the client has to report this error."""
    return pytest.raises(SlackApiError, match=f"'error': '{error}'")


def section(text: str, kind: str = "mrkdwn") -> Json:
    return {"type": "section", "text": {"type": kind, "text": text}}


def button(label: str, action: str, **more: Any) -> Json:
    text = {"type": "plain_text", "text": label}
    return {"type": "button", "text": text, "action_id": action, **more}


def echo(app: AsyncApp) -> None:
    """Answer mentions in their thread, and direct messages."""

    @app.event("app_mention")
    async def mentioned(event: dict[str, Any], say: Any) -> None:
        said = event["text"].partition("> ")[2] or "?"
        await say(text=f"答え: {said}", thread_ts=event.get("thread_ts", event["ts"]))

    @app.event("message")
    async def written(event: dict[str, Any], say: Any) -> None:
        if event["channel_type"] == "im" and "subtype" not in event:
            await say(text=f"答え: {event['text']}")


class Bot:
    """Runs a bolt app in a thread with a loop of its own; a context manager."""

    def __init__(
        self,
        rig: SlackRig,
        register: Register = echo,
        *,
        ping_interval: float = 1.0,
        retry_handlers: list[AsyncRetryHandler] | None = None,
    ) -> None:
        self._rig = rig
        self._register = register
        self._ping_interval = ping_interval
        self._retry_handlers = retry_handlers
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self.handler: AsyncSocketModeHandler

    def __enter__(self) -> Self:
        self._thread.start()
        self.run(self._connect())
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.run(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        """Return what a coroutine returns in the bot's loop."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(30)

    async def _connect(self) -> None:
        self._session = aiohttp.ClientSession()
        client = AsyncWebClient(
            token=self._rig.bot_token,
            base_url=self._rig.api_url,
            session=self._session,
            retry_handlers=self._retry_handlers,
        )
        app = AsyncApp(client=client)
        self._register(app)
        self.handler = AsyncSocketModeHandler(
            app, self._rig.app_token, ping_interval=self._ping_interval
        )
        await self.handler.connect_async()  # type: ignore[no-untyped-call]

    async def _close(self) -> None:
        await self.handler.close_async()  # type: ignore[no-untyped-call]
        await self._session.close()
        left = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)


async def _serve() -> None:
    async with aiohttp.ClientSession() as session:
        client = AsyncWebClient(
            token="xoxb-rig-bot", base_url=os.environ["SLACK_API_URL"], session=session
        )
        app = AsyncApp(client=client)

        @app.event("app_mention")
        async def mentioned(event: Json, say: Any) -> None:
            await asyncio.sleep(float(os.environ["ECHO_DELAY"]))
            await say(text=event["text"], thread_ts=event["ts"])

        await AsyncSocketModeHandler(app, "xapp-1-A0KURAGE01-rig").start_async()  # type: ignore[no-untyped-call]


if __name__ == "__main__":
    asyncio.run(_serve())
