"""Small bots on discord.py for the tests of the Discord rig, and bare ways to talk to it.

As a script it is the echo alone, in a process that can be killed: API, gateway and token.
"""

from __future__ import annotations

import asyncio
import http.client
import json
import sys
import threading
import time
import zlib
from collections.abc import Callable, Coroutine
from types import TracebackType
from typing import Any, Self

import aiohttp
import discord
import yarl
import zstandard
from discord import app_commands
from discord.gateway import DiscordWebSocket
from discord.http import Route
from rigs.discord_rig import DEFAULT_INTENTS, DiscordRig

Json = dict[str, Any]


class Running:
    """A client in a thread with a loop of its own, so that a test may block while it answers."""

    def __init__(self, rig: DiscordRig, make: Callable[[], discord.Client]) -> None:
        self._rig = rig
        self._make = make
        self._loop: asyncio.AbstractEventLoop
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self.client: discord.Client
        self.error: Exception | None = None
        """What ended it, where it was not the test."""

    def __enter__(self) -> Self:
        Route.BASE = self._rig.url
        DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(self._rig.gateway)
        self.client = self._make()
        self._thread.start()
        self._ready.wait()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._thread.is_alive():
            self.do(self.client.close())
        self._thread.join(timeout=10)

    def do(self, work: Coroutine[Any, Any, Any], timeout: float = 10.0) -> Any:
        """Run something beside the bot, and return what it returns."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(timeout)

    def ended(self, timeout: float = 5.0) -> Exception | None:
        """Wait until the client has given up, and return why."""
        self._thread.join(timeout)
        assert not self._thread.is_alive()
        return self.error

    def _run(self) -> None:
        with asyncio.Runner() as runner:
            self._loop = runner.get_loop()
            self._ready.set()
            try:
                runner.run(self._serve())
            except Exception as error:  # noqa: BLE001 - a test asks for it
                self.error = error

    async def _serve(self) -> None:
        try:
            async with self.client:
                await self.client.start(self._rig.token)
        finally:
            # The sockets of a closed session end with the loop's next turns.
            await asyncio.sleep(0.01)


def intents(value: int = DEFAULT_INTENTS) -> discord.Intents:
    """Return intents by their bits."""
    made = discord.Intents.none()
    made.value = value
    return made


class Echo(discord.Client):
    """Answers what is said to it with the same words."""

    def __init__(self, **options: Any) -> None:
        silent = discord.AllowedMentions.none()
        # The library waits 2 s for servers before it is "ready"; one server comes at once.
        given = {"intents": intents(), "allowed_mentions": silent, "guild_ready_timeout": 0.05}
        super().__init__(**{**given, **options})
        self.errors: list[Exception] = []
        self.heard: list[tuple[str, Any]] = []

    async def on_message(self, message: discord.Message) -> None:
        if message.author.bot:
            return
        self.heard.append(("message", message))
        addressed = message.guild is None or self.user in message.mentions
        if not addressed:
            return
        words = message.content.replace(f"<@{self.user.id}>", "").strip() if self.user else ""
        try:
            await message.reply(words or "…")
        except (discord.HTTPException, aiohttp.ClientError, OSError) as error:
            self.errors.append(error)

    async def on_raw_message_edit(self, event: discord.RawMessageUpdateEvent) -> None:
        self.heard.append(("edit", event.message))

    async def on_raw_message_delete(self, event: discord.RawMessageDeleteEvent) -> None:
        self.heard.append(("delete", event.message_id))

    async def on_raw_bulk_message_delete(self, event: discord.RawBulkMessageDeleteEvent) -> None:
        self.heard.append(("bulk", sorted(event.message_ids)))

    async def on_raw_reaction_add(self, event: discord.RawReactionActionEvent) -> None:
        self.heard.append(("reaction", event.emoji.name))

    async def on_thread_create(self, thread: discord.Thread) -> None:
        self.heard.append(("thread", thread.name))

    async def on_guild_join(self, guild: discord.Guild) -> None:
        self.heard.append(("joined", guild.name))

    async def on_guild_remove(self, guild: discord.Guild) -> None:
        self.heard.append(("left", guild.name))

    def of(self, kind: str) -> list[Any]:
        """Return what was heard of a kind."""
        return [what for each, what in self.heard if each == kind]


def met(bot: Running) -> list[Exception]:
    """Wait until an echo has met an error, and return what it met."""
    assert isinstance(bot.client, Echo)
    deadline = time.monotonic() + 5
    while not bot.client.errors:
        assert time.monotonic() < deadline, "there was no error"
        time.sleep(0.005)
    return list(bot.client.errors)


class More(discord.ui.DynamicItem[discord.ui.Button[Any]], template=r"more:(?P<turn>\d+)"):
    """A button that carries what it is about in its id, and so outlives its process."""

    def __init__(self, turn: str) -> None:
        self.turn = turn
        super().__init__(discord.ui.Button(label="詳しく", custom_id=f"more:{turn}"))

    @classmethod
    async def from_custom_id(cls, _: Any, __: Any, match: Any) -> More:
        return cls(match["turn"])

    async def callback(self, interaction: discord.Interaction) -> None:
        await interaction.response.send_message(f"turn {self.turn}", ephemeral=True)


class Reason(discord.ui.Modal, title="理由"):
    """Asks why."""

    why: discord.ui.TextInput[Any] = discord.ui.TextInput(label="なぜ", custom_id="why")

    async def on_submit(self, interaction: discord.Interaction) -> None:
        await interaction.response.send_message(f"thanks: {self.why.value}", ephemeral=True)


class Feedback(discord.ui.View):
    """Buttons of a view that is added again at every start."""

    def __init__(self) -> None:
        super().__init__(timeout=None)

    @discord.ui.button(label="👍", custom_id="up")
    async def up(self, interaction: discord.Interaction, _: Any) -> None:
        await interaction.response.edit_message(content="thanks", view=None)

    @discord.ui.button(label="👎", custom_id="down")
    async def down(self, interaction: discord.Interaction, _: Any) -> None:
        await interaction.response.send_modal(Reason())

    @discord.ui.button(label="later", custom_id="later")
    async def later(self, interaction: discord.Interaction, _: Any) -> None:
        await interaction.response.defer()
        await interaction.edit_original_response(content="changed later")


class Commands(Echo):
    """Has commands, buttons and modals beside its echo."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.tree = app_commands.CommandTree(self)
        self.wait = 0.0
        """Seconds before a command is answered."""
        tree = self.tree

        @tree.command(name="ask", description="Ask")
        @app_commands.describe(question="What", private="Only for me")
        async def ask(
            interaction: discord.Interaction, question: str, private: bool = False
        ) -> None:
            await interaction.response.defer(ephemeral=private, thinking=True)
            view = Feedback()
            view.add_item(More("42"))
            await interaction.followup.send(f"answer: {question}", view=view)
            await interaction.followup.send("more", ephemeral=private)

        @tree.command(name="now", description="Answer at once, or late")
        async def now(interaction: discord.Interaction, twice: bool = False) -> None:
            await asyncio.sleep(self.wait)
            try:
                await interaction.response.send_message("now @everyone")
                if twice:
                    again = interaction.client.http
                    route = Route(
                        "POST",
                        "/interactions/{number}/{token}/callback",
                        number=interaction.id,
                        token=interaction.token,
                    )
                    await again.request(route, json={"type": 4, "data": {"content": "again"}})
            except discord.HTTPException as error:
                self.errors.append(error)

        @ask.autocomplete("question")
        async def complete(_: discord.Interaction, current: str) -> list[app_commands.Choice[str]]:
            return [app_commands.Choice(name=f"{current}は？", value=current)]

        @tree.context_menu(name="Kurageに聞く")
        async def about(interaction: discord.Interaction, message: discord.Message) -> None:
            await interaction.response.send_message(f"about: {message.content}", ephemeral=True)

    async def setup_hook(self) -> None:
        self.add_view(Feedback())
        self.add_dynamic_items(More)
        await self.tree.sync()


class Call:
    """Bare requests with the bot's token."""

    def __init__(self, rig: DiscordRig) -> None:
        self._rig = rig
        self.headers: dict[str, str] = {}
        """Of the last answer."""

    def __call__(
        self, method: str, path: str, body: Any = None, *, token: str | None = None
    ) -> tuple[int, Any]:
        url = yarl.URL(self._rig.url)
        connection = http.client.HTTPConnection(str(url.host), url.port, timeout=10)
        sent = {"Content-Type": "application/json"}
        sent["Authorization"] = f"Bot {self._rig.token if token is None else token}"
        try:
            content = None if body is None else json.dumps(body)
            connection.request(method, f"{url.path}{path}", content, sent)
            answer = connection.getresponse()
            said = answer.read()
        finally:
            connection.close()
        self.headers = dict(answer.getheaders())
        if self.headers.get("Content-Type") == "application/json":
            return answer.status, json.loads(said)
        return answer.status, said.decode()


class Wire:
    """A bare socket to the gateway; an async context manager that has read hello."""

    def __init__(self, rig: DiscordRig, compress: str = "", version: int = 10) -> None:
        self._url = f"{rig.gateway}?v={version}&encoding=json"
        self._url += f"&compress={compress}" if compress else ""
        self._token = rig.token
        self._unpack = _unpacker(compress)
        self.hello: Json = {}
        self.seq: int | None = None
        self.session = ""
        self.beats = 0

    async def __aenter__(self) -> Self:
        self._http = aiohttp.ClientSession()
        self._ws = await self._http.ws_connect(self._url, autoclose=True)
        self.hello = await self.receive() if "v=10" in self._url else {}
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._http.close()
        # aiohttp closes its transports in the loop's next turn.
        await asyncio.sleep(0)

    async def reconnect(self) -> None:
        """Leave the socket without giving up the session, and open another one."""
        await self._ws.close(code=4000)
        self._ws = await self._http.ws_connect(self._url)
        self.hello = await self.receive()

    async def send(self, op: int, data: Any = None) -> None:
        await self._ws.send_str(json.dumps({"op": op, "d": data}))

    async def say(self, text: str) -> None:
        await self._ws.send_str(text)

    async def receive(self, seconds: float = 3.0) -> Json:
        """Return the next payload; a closed socket is `{"closed": code}`."""
        message = await self._ws.receive(timeout=seconds)
        if message.type is aiohttp.WSMsgType.BINARY:
            payload = json.loads(self._unpack(message.data))
        elif message.type is aiohttp.WSMsgType.TEXT:
            payload = json.loads(message.data)
        else:
            return {"closed": self._ws.close_code}
        if payload.get("s") is not None:
            self.seq = payload["s"]
        return dict(payload)

    async def until(self, event: str) -> Json:
        """Return the next event of a name."""
        while (payload := await self.receive()).get("t") != event:
            assert "closed" not in payload, payload
        return payload

    async def identify(self, value: int = DEFAULT_INTENTS, **more: Any) -> Json:
        """Identify; returns READY, or what came instead."""
        data = {"token": self._token, "intents": value, "properties": {}, **more}
        await self.send(2, data)
        payload = await self.receive()
        if payload.get("t") == "READY":
            self.session = payload["d"]["session_id"]
        return payload

    async def resume(self, session: str, seq: int | None) -> None:
        await self.send(6, {"token": self._token, "session_id": session, "seq": seq})


def _unpacker(compress: str) -> Callable[[bytes], bytes]:
    if compress == "zstd-stream":
        return zstandard.ZstdDecompressor().decompressobj().decompress
    inflate = zlib.decompressobj()

    def unpack(data: bytes) -> bytes:
        assert data.endswith(b"\x00\x00\xff\xff")
        return inflate.decompress(data)

    return unpack


if __name__ == "__main__":
    Route.BASE, _gateway, _token = sys.argv[1:]
    DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(_gateway)
    asyncio.run(Echo().start(_token))
